//! Screenings as tables and texts, checked by reading back what was written.

use std::fs::File;
use std::io::{BufWriter, Cursor};
use std::path::{Path, PathBuf};

use calamine::{Data, Reader, Xlsx};
use jiff::civil::date;
use serde_json::json;
use whomade_core::kb::Base;
use whomade_core::kb::facts::Facts;
use whomade_core::kb::registry::Registry;
use whomade_core::kb::schema::{Reading, Source};
use whomade_core::observation::{Device, Field, Observation};
use whomade_core::report::{
    Candidate, DesignReport, DeviceReport, EvidenceReport, Exposed, Named, Readings, RecordOf,
    SourceReport, Standing, Written,
};
use whomade_core::role::Role;
use whomade_core::ruling::Context;
use whomade_formats::read::{Options, read_file};
use whomade_formats::write::book::{Book, Cell, Column, Tone};
use whomade_formats::write::format::{Ending, Finding, Format, Input, Run};

use crate::show::Show;

/// What a spreadsheet would run and a reader of HTML or Markdown would obey.
const HOSTILE: &str = "=HYPERLINK(\"http://evil.example\",\"x\")|<script>`[a](b)";

/// A part of a workbook as text.
fn part(bytes: &[u8], name: &str) -> String {
    use std::io::Read as _;
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_wide_sheet_prints_on_pages_side_by_side_that_all_name_the_row() {
    let mut book = Book::new().unwrap();
    let wide = (0..30).map(|at| Column::new(format!("column {at}"), 20)).collect();
    let wide = book.sheet("Wide", wide).unwrap();
    let narrow = book.sheet("Narrow", vec![Column::new("device", 9)]).unwrap();
    let summary = book.page("Summary", &[38, 28], &[]).unwrap();
    for sheet in [wide, narrow, summary] {
        book.row(sheet, &[Cell::text("CAM-1")]).unwrap();
    }
    let mut bytes = Cursor::new(Vec::new());
    book.save(&mut bytes).unwrap();
    let bytes = bytes.into_inner();
    let setup = |number: u8| {
        let sheet = part(&bytes, &format!("xl/worksheets/sheet{number}.xml"));
        let from = sheet.find("<pageSetup").unwrap();
        sheet[from..].split("/>").next().unwrap().to_owned()
    };
    assert!(setup(1).contains("fitToWidth=\"3\""), "{}", setup(1));
    assert!(setup(1).contains("orientation=\"landscape\""), "{}", setup(1));
    // One page is what the format takes where nothing is said.
    assert!(!setup(2).contains("fitToWidth"), "{}", setup(2));
    assert!(setup(3).contains("orientation=\"portrait\""), "{}", setup(3));
    let names = part(&bytes, "xl/workbook.xml");
    assert!(names.contains("Wide!$A:$A,Wide!$1:$1"), "{names}");
}

#[test]
fn a_sheet_that_is_full_goes_on_in_another_and_links_lead_to_the_right_rows() {
    static TONES: [(&str, Tone); 1] = [("barred", Tone::Grave)];
    let mut book = Book::new().unwrap().with_rows_max(3);
    let devices =
        book.sheet("Devices", vec![Column::new("device", 9), Column::new("evidence", 9)]).unwrap();
    let evidence = book.sheet("Evidence", vec![Column::new("of", 9).toned(&TONES)]).unwrap();
    for number in 0..5_u32 {
        let at = book.row(evidence, &[Cell::text(format!("piece {number}"))]).unwrap();
        let link = Cell::To(at, format!("row {}", at.row()));
        book.row(devices, &[Cell::text(format!("CAM-{number}")), link]).unwrap();
    }
    let mut bytes = Cursor::new(Vec::new());
    book.save(&mut bytes).unwrap();
    let bytes = bytes.into_inner();
    let mut read: Xlsx<_> = Xlsx::new(Cursor::new(bytes.clone())).unwrap();
    assert_eq!(
        read.sheet_names(),
        ["Devices", "Evidence", "Evidence 2", "Devices 2", "Evidence 3", "Devices 3"]
    );
    for (sheet, rows) in [("Devices", 3), ("Devices 2", 3), ("Devices 3", 2), ("Evidence 3", 2)] {
        assert_eq!(read.worksheet_range(sheet).unwrap().height(), rows, "{sheet}");
    }
    let second = part(&bytes, "xl/worksheets/sheet4.xml");
    assert!(second.contains("location=\"'Evidence 2'!A2\""), "{second}");
    assert!(second.contains("<autoFilter ref=\"A1:B3\""), "{second}");
    let evidence = part(&bytes, "xl/worksheets/sheet3.xml");
    assert!(evidence.contains("<conditionalFormatting sqref=\"A2:A3\">"), "{evidence}");
    assert!(evidence.contains("state=\"frozen\""), "{evidence}");
}

#[test]
fn cells_are_what_they_are_and_text_is_never_more() {
    let mut book = Book::new().unwrap();
    let id = book.sheet("All", vec![Column::new("a", 10); 6]).unwrap();
    let day = date(2019, 8, 13);
    let cells = [
        Cell::text(HOSTILE),
        Cell::Number(12.5),
        Cell::Day(day),
        Cell::Address("https://example.org/a?b=1#c".to_owned()),
        Cell::Address("javascript:alert(1)".to_owned()),
        Cell::Address("https://example.org/\"><x".to_owned()),
    ];
    book.row(id, &cells).unwrap();
    let mut bytes = Cursor::new(Vec::new());
    book.save(&mut bytes).unwrap();
    let bytes = bytes.into_inner();
    let mut read: Xlsx<_> = Xlsx::new(Cursor::new(bytes.clone())).unwrap();
    let range = read.worksheet_range("All").unwrap();
    let cell = |column: u32| range.get_value((1, column)).cloned().unwrap_or(Data::Empty);
    assert_eq!(cell(0), Data::String(format!("'{HOSTILE}")));
    assert_eq!(cell(1), Data::Float(12.5));
    assert!(matches!(&cell(2), Data::DateTime(moment) if moment.as_f64() == 43_690.0));
    assert_eq!(cell(4), Data::String("javascript:alert(1)".to_owned()));
    let formulas = read.worksheet_formula("All").unwrap();
    assert!(formulas.used_cells().next().is_none(), "{formulas:?}");
    let links = part(&bytes, "xl/worksheets/_rels/sheet1.xml.rels");
    assert_eq!(links.matches("<Relationship ").count(), 1, "{links}");
    assert!(links.contains("https://example.org/a?b=1"), "{links}");
}

fn base() -> Base {
    let mut facts = Facts::default();
    let source = Source {
        title: "A register".to_owned(),
        url: Some("https://example.org/register".to_owned()),
        by: None,
        date: Some("2024-05-06".to_owned()),
        reading: Reading::Primary,
        register: false,
        note: None,
    };
    facts.sources.insert("register".to_owned(), source);
    Base::new(facts, Registry::default())
}

fn evidence(value: &str) -> EvidenceReport {
    EvidenceReport {
        field: "http-server",
        value: value.to_owned(),
        derived: None,
        span: None,
        record: 0,
        polarity: "for",
        role: Role::Design,
        of: Named { id: "hikvision".to_owned(), name: "Hikvision".to_owned() },
        fact: "kb/signatures/http-server.toml#x".to_owned(),
        why: "Its web server says so.".to_owned(),
        sources: vec!["register".to_owned()],
        family: "http",
        decibans: Some(12.5),
        fitted: true,
        structural: false,
        contradicts: false,
    }
}

/// A device of which so many pieces of evidence speak.
fn report(number: u64, pieces: usize) -> DeviceReport {
    let maker = Named { id: "hikvision".to_owned(), name: "Hikvision".to_owned() };
    DeviceReport {
        v: 1,
        device: format!("CAM-{number}"),
        source: SourceReport {
            file: "estate.csv".to_owned(),
            sheet: None,
            line: number + 2,
            origin: None,
        },
        others: Vec::new(),
        headline: format!("CAM-{number}, sold as LTS, was probably designed by Hikvision"),
        standing: Standing::Behind,
        label: None,
        written: Written { label: Some(HOSTILE.to_owned()), model: Some("X-1".to_owned()) },
        installed: Some(date(2019, 8, 13)),
        class: None,
        design: DesignReport {
            maker: (pieces > 0).then(|| maker.clone()),
            one_of: Vec::new(),
            certainty: if pieces > 0 { "probable" } else { "unknown" },
            held_back: "",
            candidates: vec![Candidate { maker: maker.id, name: maker.name, p: 0.97 }],
            unknown: 0.03,
            record: Some(RecordOf { right: 41, of: 42, clusters: 31, lower_bound: 0.88 }),
        },
        roles: Vec::new(),
        readings: Readings::default(),
        evidence: (0..pieces).map(|_| evidence(HOSTILE)).collect(),
        contradictions: Vec::new(),
        asides: Vec::new(),
        packs: Vec::new(),
        place: None,
        rulings: Vec::new(),
        exempted: Vec::new(),
        exposures: Exposed::default(),
        would_settle: Vec::new(),
    }
}

/// Writes devices in a format, into a file of that name.
fn write(word: &str, name: &str, reports: &[DeviceReport]) -> PathBuf {
    let base = base();
    let context = Context::default();
    let inputs = [Input { name: "estate.csv".to_owned(), sha256: Some("00".repeat(32)) }];
    let run = Run {
        program: "0.1.0",
        body: None,
        base: &base,
        base_name: "test",
        on: date(2026, 11, 22),
        preset: None,
        context: &context,
        open: true,
        regimes: &[],
        inputs: &inputs,
        only: &[],
        advisories: false,
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tables");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    let target = BufWriter::new(File::create(&path).unwrap());
    let mut sink = Format::from_word(word).unwrap().open(target, &run).unwrap();
    for report in reports {
        let device = Device {
            name: report.device.as_str().into(),
            observations: vec![Observation::new(Field::HttpServer, HOSTILE)],
            ..Device::default()
        };
        let finding =
            Finding { device: &device, report, certainty: "probable", would: &[], unasked: &[] };
        sink.device(&finding).unwrap();
    }
    let summary = json!({
        "certainty": { "unknown": 1, "possible": 0, "probable": 2, "confirmed": 0 },
        "groups": [{ "standing": Standing::Behind, "maker": "Hikvision", "label": HOSTILE,
            "devices": 3, "unknown": 1, "possible": 0, "probable": 2, "confirmed": 0 }],
        "rulings": [], "would_settle_most": [], "contradictions": 0,
    });
    let ending = Ending { devices: 3, hidden: 0, said: None, summary: &summary };
    let said = sink.finish(&ending).unwrap();
    assert!(said.is_empty(), "{said:?}");
    path
}

fn three() -> Vec<DeviceReport> {
    vec![report(0, 2), report(1, 0), report(2, 1)]
}

#[test]
fn a_screening_as_a_workbook_has_every_device_its_evidence_and_its_sources() {
    let path = write("xlsx", "estate.xlsx", &three());
    let bytes = std::fs::read(&path).unwrap();
    let mut read: Xlsx<_> = Xlsx::new(Cursor::new(bytes.clone())).unwrap();
    assert_eq!(read.sheet_names(), ["Summary", "Devices", "Evidence", "Rulings", "Sources"]);
    let devices = read.worksheet_range("Devices").unwrap();
    assert_eq!(devices.height(), 4);
    let headings: Vec<String> =
        devices.rows().next().unwrap().iter().map(ToString::to_string).collect();
    let column = |heading: &str| {
        u32::try_from(headings.iter().position(|one| one == heading).unwrap()).unwrap()
    };
    let at = |row, heading: &str| devices.get_value((row, column(heading))).cloned().unwrap();
    assert_eq!(at(1, "designed by"), Data::String("Hikvision".to_owned()));
    assert_eq!(at(2, "designed by"), Data::String("unknown".to_owned()));
    assert_eq!(at(1, "right in"), Data::Float(41.0));
    assert_eq!(at(2, "evidence"), Data::String("none".to_owned()));
    assert_eq!(at(3, "evidence"), Data::String("1 piece, row 4".to_owned()));
    assert!(matches!(at(1, "installed or bought"), Data::DateTime(_)));
    let summary = read.worksheet_range("Summary").unwrap();
    let heading = Data::String(Standing::Behind.heading().to_owned());
    assert!(summary.used_cells().any(|(.., cell)| *cell == heading), "{summary:?}");
    let sources = read.worksheet_range("Sources").unwrap();
    assert_eq!(sources.get_value((1, 1)), Some(&Data::String("A register".to_owned())));
    let sheet = part(&bytes, "xl/worksheets/sheet2.xml");
    assert!(sheet.contains("location=\"'Evidence'!A4\""), "{sheet}");
    for at in 1..=5 {
        let sheet = part(&bytes, &format!("xl/worksheets/sheet{at}.xml"));
        assert!(!sheet.contains("<f>"), "{sheet}");
    }
    // It is a result: read again it is no estate.
    let mut show = Show::default();
    read_file(&path, &Options::default(), &mut show);
    assert!(show.devices.is_empty(), "{}", show.text);
    let again = std::fs::read(write("xlsx", "estate-again.xlsx", &three())).unwrap();
    assert!(again == bytes, "the same screening gives the same bytes");
}

#[test]
fn a_screening_as_markdown_tells_one_finding_of_each_group() {
    let text = std::fs::read_to_string(write("markdown", "estate.md", &three())).unwrap();
    assert!(text.contains("one of 2 devices of its kind here, the surest"), "{text}");
    assert!(text.contains("41 of 42 labelled observations like it were right"), "{text}");
    assert!(text.contains("| register | A register | 2024-05-06 | https://"), "{text}");
    assert!(text.contains("\\<script\\>"), "{text}");
    assert!(!text.contains("<script>") && !text.contains("[a](b)"), "{text}");
    assert!(text.contains("http\\://evil.example") && !text.contains("http://evil"), "{text}");
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let bars = line.replace("\\|", "").matches('|').count();
        assert!(bars == 3 || bars == 5 || bars == 6 || bars == 9, "{bars}: {line}");
    }
}

#[test]
fn a_screening_as_observations_is_read_as_it_was() {
    let path = write("ndjson", "estate.ndjson", &three());
    let mut show = Show::default();
    read_file(&path, &Options::default(), &mut show);
    let names: Vec<&str> = show.devices.iter().map(|device| device.name.as_str()).collect();
    assert_eq!(names, ["CAM-0", "CAM-1", "CAM-2"]);
    assert!(show.devices.iter().all(|one| one.first(Field::HttpServer) == Some(HOSTILE)));
}

#[cfg(feature = "parquet")]
mod parquet_file {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::{RowAccessor as _, RowFormatter};

    use super::{File, HOSTILE, report, three, write};

    #[test]
    fn a_screening_as_parquet_is_read_back_with_its_types_and_lists() {
        let path = write("parquet", "estate.parquet", &three());
        let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 3);
        let names: Vec<String> = rows[0].get_column_iter().map(|(name, _)| name.clone()).collect();
        let at = |name: &str| names.iter().position(|one| one == name).unwrap();
        assert_eq!(rows[2].get_string(at("device")).unwrap(), "CAM-2");
        assert_eq!(rows[0].get_string(at("certainty")).unwrap(), "probable");
        assert!((rows[0].get_double(at("p")).unwrap() - 0.97).abs() < 1e-9);
        assert_eq!(rows[0].get_int(at("right")).unwrap(), 41);
        let days = |row: usize, name: &str| RowFormatter::fmt(&rows[row], at(name)).to_string();
        assert!(days(0, "installed").starts_with("2019-08-13"), "{}", days(0, "installed"));
        assert!(days(0, "asked_for").starts_with("2026-11-22"));
        let pieces = |row: usize| rows[row].get_list(at("evidence")).unwrap().len();
        assert_eq!([pieces(0), pieces(1), pieces(2)], [2, 0, 1]);
        let piece = RowFormatter::fmt(&rows[2], at("evidence")).to_string();
        assert!(piece.contains(HOSTILE) && piece.contains("12.5"), "{piece}");
        let null = |row: usize| rows[row].is_null(at("maker_id")).unwrap();
        assert!(null(1) && !null(0));
    }

    #[test]
    fn groups_of_rows_are_written_as_they_fill() {
        let reports: Vec<_> = (0..10_000).map(|at| report(at, (at % 3) as usize)).collect();
        let path = write("parquet", "many.parquet", &reports);
        let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
        assert_eq!(reader.num_row_groups(), 2);
        let rows = reader.get_row_iter(None).unwrap().map(Result::unwrap);
        let pieces: usize = rows.map(|row| row.get_list(row.len() - 1).unwrap().len()).sum();
        assert_eq!(pieces, (0..10_000).map(|at| at % 3).sum::<usize>());
    }
}
