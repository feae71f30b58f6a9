//! Inputs that are too long, too wide or too deep: generated here, never stored.

use std::io::{Cursor, Read, Write};
use std::ops::ControlFlow;

use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::Device;
use whomade_formats::read::{
    EXPANSION_BYTES_MAX, Options, Sink, Understood, read_file, read_stream,
};

use crate::show::Show;

/// A stream of a repeated pattern, without memory behind it.
struct Repeat {
    pattern: Vec<u8>,
    at: usize,
    left: u64,
}

impl Read for Repeat {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        for byte in &mut buffer[..length] {
            *byte = self.pattern[self.at];
            self.at = (self.at + 1) % self.pattern.len();
        }
        self.left -= length as u64;
        Ok(length)
    }
}

/// A sink that only counts what is said, for inputs of a million devices.
struct Said(usize);

impl Sink for Said {
    fn understood(&mut self, _: Understood) {}
    fn device(&mut self, _: Box<Device>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
    fn diagnostic(&mut self, _: Diagnostic) {
        self.0 += 1;
    }
}

fn repeat(pattern: &[u8], bytes: u64) -> Repeat {
    Repeat { pattern: pattern.to_vec(), at: 0, left: bytes }
}

fn read(input: &mut dyn Read) -> Show {
    let mut show = Show::default();
    read_stream("standard input", input, &Options::default(), &mut show);
    show
}

#[test]
fn one_endless_line_is_cut_and_the_next_line_is_read() {
    let head = Cursor::new(b"Make,Model\nLTS,CMIP7422N-28M\n".to_vec());
    let tail = Cursor::new(b"\nAxis,P3245-LVE\n".to_vec());
    let show = read(&mut head.chain(repeat(b"abc", 30_000_000)).chain(tail));
    assert!(show.codes().contains(&"read/long-line"), "{:?}", show.codes());
    assert_eq!(show.devices.last().unwrap().name, "line 4");
    assert!(show.devices.iter().all(|device| device.record.text.len() <= 1024 * 1024));
    assert!(
        show.diagnostics
            .iter()
            .all(|said| { said.place.as_ref().is_none_or(|place| place.text.len() <= 400) })
    );
}

#[test]
fn one_endless_line_of_a_list_or_of_json_is_cut() {
    for start in ["# list\nDS-2CD2143G2-I\n", "{\"device\":\"a\",\"mac\":\"44:19:b6:0a:1c:33\"}\n{"]
    {
        let head = Cursor::new(start.as_bytes().to_vec());
        let show = read(&mut head.chain(repeat(b"a", 20_000_000)));
        assert!(show.codes().contains(&"read/long-line"), "{start}: {:?}", show.codes());
        assert!(!show.devices.is_empty());
    }
}

#[test]
fn a_hundred_thousand_columns_are_cut_at_the_limit() {
    let head = Cursor::new(b"Make,Model".to_vec());
    let middle = Cursor::new(b"\nLTS,CMIP7422N-28M".to_vec());
    let wide = || repeat(b",x", 200_000);
    let show = read(&mut head.chain(wide()).chain(middle).chain(wide()));
    assert!(show.codes().contains(&"read/many-columns"), "{:?}", show.codes());
    assert_eq!(show.understood[0].columns.len(), 16_384);
    assert_eq!(show.devices[0].observations.len(), 2);
}

#[test]
fn delimiters_quotes_and_breaks_without_end_are_read() {
    for pattern in
        [&b","[..], b"\"", b"\"\n", b"\"\"\"\n", b"a,\"\n", b"\r", b"\n", b";\t|,", b"\"a\"b,"]
    {
        let mut said = Said(0);
        let mut input = repeat(pattern, 1_300_000);
        read_stream("standard input", &mut input, &Options::default(), &mut said);
        assert!(said.0 < 40, "{pattern:?}: {} said", said.0);
    }
}

#[test]
fn many_rows_of_many_troubles_are_told_a_few_times() {
    let head = Cursor::new(b"Name,MAC,Installed\n".to_vec());
    let row = b"cam,44:19:b6:0a:1c,soon\n";
    let show = read(&mut head.chain(repeat(row, row.len() as u64 * 10_000)));
    assert_eq!(show.devices.len(), 10_000);
    let bad: Vec<_> = show.diagnostics.iter().filter(|said| said.code == "read/bad-mac").collect();
    assert_eq!(bad.len(), 6);
    assert_eq!(bad[5].message, "\u{2026} and 9995 more of the same kind");
}

#[test]
fn a_long_cell_is_cut() {
    let head = Cursor::new(b"Make,Model\nLTS,".to_vec());
    let show = read(&mut head.chain(repeat(b"x", 100_000)));
    assert!(show.codes().contains(&"read/long-value"), "{:?}", show.codes());
    assert_eq!(show.devices[0].observations[1].value.len(), 32_767);
}

#[test]
fn a_device_with_too_many_observations_is_cut() {
    let line = b"{\"device\":\"a\",\"field\":\"dns-name\",\"value\":\"a.example.com\"}\n";
    let show = read(&mut repeat(line, line.len() as u64 * 5000));
    assert!(show.codes().contains(&"read/many-observations"), "{:?}", show.codes());
    assert_eq!(show.devices.len(), 1);
    assert_eq!(show.devices[0].observations.len(), 4096);
}

fn zip_with(name: &str, content: &mut dyn Read) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(vec![]));
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file("xl/workbook.xml", options).unwrap();
    writer.write_all(b"<workbook/>").unwrap();
    writer.start_file(name, options.compression_level(Some(1))).unwrap();
    std::io::copy(content, &mut writer).unwrap();
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_zip_bomb_is_not_unpacked_into_memory() {
    // One part of 16 MiB, copied as it is packed until all together are too much.
    let part = 16 * 1024 * 1024;
    let one = zip_with("xl/media/0", &mut repeat(b"0", part));
    let mut archive = zip::ZipArchive::new(Cursor::new(one)).unwrap();
    let mut writer = zip::ZipWriter::new(Cursor::new(vec![]));
    writer.raw_copy_file(archive.by_name("xl/workbook.xml").unwrap()).unwrap();
    for number in 0..=EXPANSION_BYTES_MAX / part {
        let name = format!("xl/media/{number}");
        writer.raw_copy_file_rename(archive.by_name("xl/media/0").unwrap(), name).unwrap();
    }
    let bomb = writer.finish().unwrap().into_inner();
    assert!(bomb.len() < 16 * 1024 * 1024);
    let show = read(&mut bomb.as_slice());
    assert_eq!(show.codes(), ["read/bomb"]);
}

/// A workbook of OpenDocument with these rows.
fn open_document(rows: &str) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(vec![]));
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file("mimetype", options).unwrap();
    writer.write_all(b"application/vnd.oasis.opendocument.spreadsheet").unwrap();
    writer.start_file("content.xml", options).unwrap();
    let content = format!("<c><table:table table:name=\"A\">{rows}</table:table></c>");
    writer.write_all(content.as_bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}

#[test]
fn what_a_workbook_repeats_without_end_is_read_so_often_and_no_more() {
    let cell = |text: &str, repeats: &str| {
        format!("<table:table-cell {repeats}><text:p>{text}</text:p></table:table-cell>")
    };
    let heading =
        format!("<table:table-row>{}{}</table:table-row>", cell("Label", ""), cell("Model", ""));
    let row = cell("LTS", "") + &cell("CMIP7422N-28M", "");
    let endless = "table:number-rows-repeated=\"4000000000\"";
    let blank = format!("<table:table-row {endless}><table:table-cell/></table:table-row>");
    let rows = format!("{heading}<table:table-row {endless}>{row}</table:table-row>{blank}");
    let show = read(&mut open_document(&rows).as_slice());
    assert_eq!(show.devices.len(), 10_001);
    assert_eq!(show.codes(), ["read/many-cells"]);
    // A long text over every column of every row would fill any memory.
    let long = "x".repeat(100_000);
    let wide = cell(&long, "table:number-columns-repeated=\"4000000000\"");
    let rows = format!("<table:table-row>{wide}{wide}</table:table-row>").repeat(3);
    let show = read(&mut open_document(&(heading + &rows)).as_slice());
    assert!(show.devices.len() <= 3);
    assert!(show.devices.iter().all(|device| device.record.text.len() <= 1024 * 1024 + 64));
}

#[test]
fn announced_strings_that_are_not_there_set_no_memory_aside() {
    let mut lie = &b"<sst uniqueCount=\"99999999999\"></sst>"[..];
    let show = read(&mut zip_with("xl/sharedStrings.xml", &mut lie).as_slice());
    assert_eq!(show.codes(), ["read/broken-workbook"]);
}

#[test]
fn what_is_no_file_is_told() {
    let mut show = Show::default();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    read_file(folder, &Options::default(), &mut show);
    read_file(&folder.join("no-such-file.csv"), &Options::default(), &mut show);
    assert_eq!(show.codes(), ["read/not-a-file", "read/cannot-open"]);
}

#[test]
fn a_row_that_claims_its_cells_again_and_again_holds_no_more_than_a_row() {
    let text = "x".repeat(30_000);
    let strings = format!("<sst><si><t>{text}</t></si></sst>");
    let cell = "<c r=\"A2\" t=\"s\"><v>0</v></c>".repeat(100_000);
    let rows = format!(
        "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>Model</t></is></c>\
         </row><row r=\"2\">{cell}</row></sheetData></worksheet>"
    );
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relations = |kind, target| {
        format!(
            "<Relationships><Relationship Id=\"r1\" Type=\"{office}/{kind}\" \
             Target=\"{target}\"/></Relationships>"
        )
    };
    let book = format!(
        "<workbook xmlns:r=\"{office}\"><sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"r1\"/>\
         </sheets></workbook>"
    );
    let mut writer = zip::ZipWriter::new(Cursor::new(vec![]));
    let options = zip::write::SimpleFileOptions::default();
    for (name, content) in [
        ("_rels/.rels", relations("officeDocument", "xl/workbook.xml")),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", relations("worksheet", "worksheets/sheet1.xml")),
        ("xl/sharedStrings.xml", strings),
        ("xl/worksheets/sheet1.xml", rows),
    ] {
        writer.start_file(name, options).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    let packed = writer.finish().unwrap().into_inner();
    // Three gigabytes, if each were kept.
    assert!(packed.len() < 100_000);
    let show = read(&mut packed.as_slice());
    assert_eq!(show.codes(), ["read/long-line"], "{}", show.text);
    assert_eq!(show.devices.len(), 1);
    assert_eq!(show.devices[0].observations[0].value.len(), 30_000);
}

#[test]
fn an_old_container_that_names_its_tables_again_and_again_is_not_opened() {
    const SECTORS: u32 = 4000;
    let mut file = vec![0; 512];
    file[..8].copy_from_slice(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
    file[26] = 3;
    file[28..30].copy_from_slice(&[0xFE, 0xFF]);
    (file[30], file[32]) = (9, 6);
    file[56..60].copy_from_slice(&4096_u32.to_le_bytes());
    file[72..76].copy_from_slice(&SECTORS.to_le_bytes());
    // Every sector names the first 127 times, and then the one behind it.
    for sector in 1..=SECTORS {
        file.resize(file.len() + 508, 0);
        file.extend(sector.to_le_bytes());
    }
    let show = read(&mut file.as_slice());
    assert_eq!(show.codes(), ["read/broken-workbook"], "{}", show.text);
    assert!(show.text.contains("names more than it has"), "{}", show.text);
}
