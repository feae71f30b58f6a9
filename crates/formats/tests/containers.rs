//! Packed inputs and archives of files: what is in them is read as if it lay there unpacked, and
//! what was made to do harm is said and passed over.

use std::io::{Cursor, Write};
use std::ops::ControlFlow;

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::observation::{Device, Field};
use whomade_formats::read::{
    Format, Options, RATIO_FROM_BYTES, Sink, UNPACKED_RATIO_MAX, Understood, read_file, read_stream,
};
use zip::write::SimpleFileOptions;

use crate::show::Show;

const TABLE: &[u8] = b"Make,Model\nLTS,CMIP7422N-28M\nAxis,P3245-LVE\n";

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(vec![], Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(vec![]));
    for (name, content) in entries {
        match name.strip_suffix('/') {
            Some(folder) => writer.add_directory(folder, SimpleFileOptions::default()).unwrap(),
            None => writer.start_file(*name, SimpleFileOptions::default()).unwrap(),
        }
        writer.write_all(content).unwrap_or_default();
    }
    writer.finish().unwrap().into_inner()
}

fn read_with(bytes: &[u8], options: &Options) -> Show {
    let mut show = Show::default();
    read_stream("box", &mut &bytes[..], options, &mut show);
    show
}

fn read(bytes: &[u8]) -> Show {
    read_with(bytes, &Options::default())
}

/// Where the devices stand: `box.zip:north/a.csv 2`.
fn places(show: &Show) -> Vec<String> {
    let place = |device: &Device| format!("{} {}", device.record.source, device.record.line);
    show.devices.iter().map(place).collect()
}

/// A sample among the cases.
fn case(name: &str) -> Vec<u8> {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    std::fs::read(data.join(name)).unwrap()
}

#[test]
fn each_file_of_an_archive_is_read_as_one_of_a_folder() {
    let workbook = case("workbook/sheets/input.xlsx");
    let bytes = zip(&[
        ("south/b.csv.gz", &gz(TABLE)),
        ("south/c.csv.zst", &zst(TABLE)),
        ("south/", b""),
        ("north/a.csv", TABLE),
        ("north/book.xlsx", &workbook),
        ("photo.jpg", b"\xFF\xD8\xFF\xE0"),
        (".hidden.csv", TABLE),
        ("__MACOSX/north/._a.csv", TABLE),
        ("empty.csv", b""),
    ]);
    let show = read(&bytes);
    let places = places(&show);
    for place in ["box:north/a.csv 2", "box:south/b.csv.gz 3", "box:south/c.csv.zst 3"] {
        assert!(places.iter().any(|one| one == place), "{place} in {places:?}");
    }
    assert!(places.iter().any(|one| one.starts_with("box:north/book.xlsx ")), "{places:?}");
    assert!(!places.iter().any(|one| one.contains("hidden") || one.contains("MACOSX")));
    let other: Vec<_> =
        show.diagnostics.iter().filter(|said| said.code == "read/unknown-format").collect();
    assert_eq!(other.len(), 1);
    assert_eq!(&*other[0].place.as_ref().unwrap().source, "box:photo.jpg");
    assert_eq!(other[0].severity, Severity::Warning, "nobody said that it can be read");
    assert!(show.codes().contains(&"read/empty"));
}

#[test]
fn a_file_on_the_disk_and_a_stream_give_the_same() {
    let bytes = zip(&[("a.csv", TABLE), ("b.csv", TABLE)]);
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("containers-{}.zip", std::process::id()));
    std::fs::write(&path, &bytes).unwrap();
    let mut show = Show::default();
    read_file(&path, &Options::default(), &mut show);
    std::fs::remove_file(&path).unwrap();
    let name = path.to_string_lossy().into_owned();
    assert_eq!(places(&show)[0], format!("{name}:a.csv 2"));
    assert_eq!(show.text.replace(&name, "box"), read(&bytes).text);
}

#[test]
fn from_names_the_format_of_the_files_within() {
    let lines = b"one two three\nfour five six\n";
    let from = Options { from: Format::from_word("list"), ..Options::default() };
    let show = read_with(&zip(&[("notes", lines)]), &from);
    assert_eq!(show.understood[0].format.word, "list");
    assert_eq!(show.devices.len(), 2);
}

#[test]
fn an_archive_within_an_archive_is_said_and_not_opened() {
    let inner = zip(&[("a.csv", TABLE)]);
    let show = read(&zip(&[("b.csv", TABLE), ("inner.zip", &inner)]));
    assert_eq!(show.codes(), ["read/nested-archive"]);
    assert_eq!(show.devices.len(), 2);
    // Packed around an archive is one layer more, and no archive more.
    assert_eq!(read(&gz(&inner)).devices.len(), 2);
}

#[test]
fn what_was_packed_twice_or_by_others_is_said_and_not_read_as_text() {
    let tar = [&[b'x'; 257][..], b"ustar\x0000", &[0; 300]].concat();
    for (bytes, what, how) in [
        (gz(&gz(TABLE)), "packed twice", "gunzip"),
        (gz(&zst(TABLE)), "packed twice", "unzstd"),
        (b"BZh91AY&SY\x12\x34\x56".to_vec(), "packed with bzip2", "bunzip2"),
        (b"\xFD7zXZ\0\0\x04".to_vec(), "packed with xz", "unxz"),
        (b"7z\xBC\xAF\x27\x1C".to_vec(), "an archive (7z)", "7z x"),
        (gz(&tar), "an archive (tar)", "tar xf"),
    ] {
        for from in [None, Format::from_word("table")] {
            let show = read_with(&bytes, &Options { from, ..Options::default() });
            assert_eq!(show.codes(), ["read/unknown-format"], "{what}");
            assert!(show.text.contains(what), "{}", show.text);
            let help = show.diagnostics[0].help.as_ref().unwrap();
            assert!(help.contains("unpack it first") && help.contains(how), "{help}");
            assert!(show.devices.is_empty());
        }
    }
    // A name that begins with the same letters is none of it.
    assert_eq!(read(b"Make,Model\nBZh,CMIP7422N-28M\n").devices.len(), 1);
}

#[test]
fn a_bundle_of_ours_is_for_verify() {
    let bundle = zip(&[
        ("whomade-bundle/bagit.txt", b"BagIt-Version: 1.0\n"),
        ("whomade-bundle/tagmanifest-sha256.txt", b""),
        ("whomade-bundle/data/observations.jsonl", b"{\"device\":\"a\"}\n"),
    ]);
    let show = read(&bundle);
    assert_eq!(show.codes(), ["read/unknown-format"]);
    assert!(show.diagnostics[0].help.as_ref().unwrap().contains("whomade verify"));
    assert!(show.devices.is_empty());
}

#[test]
fn entries_that_are_no_plain_files_are_passed_over_and_the_others_read() {
    let mut writer = zip::ZipWriter::new(Cursor::new(vec![]));
    let options = SimpleFileOptions::default();
    writer.start_file("../out.csv", options).unwrap();
    writer.write_all(TABLE).unwrap();
    writer.add_symlink("link.csv", "/etc/hostname", options).unwrap();
    writer.start_file("a\x1b[31m.csv", options).unwrap();
    writer.write_all(TABLE).unwrap();
    writer.start_file("good.csv", options).unwrap();
    writer.write_all(TABLE).unwrap();
    let show = read(&writer.finish().unwrap().into_inner());
    assert_eq!(show.codes(), ["read/archive-entry"; 3], "{}", show.text);
    assert!(!show.text.contains('\x1b'));
    assert_eq!(places(&show), ["box:good.csv 2", "box:good.csv 3"]);
}

#[test]
fn an_encrypted_entry_is_passed_over() {
    let mut bytes = zip(&[("a.csv", TABLE), ("b.csv", TABLE)]);
    // The bit that says so, in the record and in the directory.
    for (sign, at) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let place = memchr::memmem::find(&bytes, sign).unwrap();
        bytes[place + at] |= 1;
    }
    let show = read(&bytes);
    assert_eq!(show.codes(), ["read/archive-entry"], "{}", show.text);
    assert!(show.text.contains("encrypted"), "{}", show.text);
    assert_eq!(places(&show), ["box:b.csv 2", "box:b.csv 3"]);
}

#[test]
fn a_damaged_entry_takes_no_other_with_it() {
    let mut bytes = zip(&[("a.csv", TABLE), ("b.csv", TABLE)]);
    let name = memchr::memmem::find(&bytes, b"a.csv").unwrap();
    bytes[name + 12] ^= 0xFF;
    let show = read(&bytes);
    assert_eq!(show.codes(), ["read/damaged-gz"], "{}", show.text);
    let source = &show.diagnostics[0].place.as_ref().unwrap().source;
    assert_eq!(&**source, "box:a.csv");
    assert!(places(&show).contains(&"box:b.csv 3".to_owned()));
}

#[test]
fn what_is_cut_short_is_read_as_far_as_it_goes() {
    let rows: String =
        (0..20_000).map(|at| format!("LTS,CMIP{at}N-28M,note {}\n", at * 7919)).collect();
    let table = format!("Make,Model,Note\n{rows}").into_bytes();
    for packed in [gz(&table), zst(&table)] {
        let show = read(&packed[..packed.len() / 2]);
        assert!(show.codes().contains(&"read/damaged-gz"), "{:?}", show.codes());
        assert!(show.devices.len() > 3_000, "{} devices", show.devices.len());
        assert_eq!(read(&packed).devices.len(), 20_000);
    }
    let archive = zip(&[("a.csv", &table)]);
    let show = read(&archive[..archive.len() / 2]);
    assert_eq!(show.codes(), ["read/broken-workbook"], "{}", show.text);
}

#[test]
fn the_line_within_which_a_stream_broke_off_is_left_out_and_that_is_said() {
    let header = ["Make,Model", "", "", ""];
    let row: [fn(usize) -> String; 4] = [
        |at| format!("LTS,CMIP{at}N-28M"),
        |at| format!("DS-2CD{at}G0-I"),
        |at| format!("{{\"device\":\"CAM-{at}\",\"model\":\"DS-2CD{at}G0-I\"}}"),
        |at| format!("1795341600 44:19:b6:{:02x}:{:02x}:33 10.0.0.5 * *", at >> 8, at & 0xff),
    ];
    for (header, row) in header.into_iter().zip(row) {
        let rows: Vec<String> = (1_000..9_000).map(|at| row(at * 7919 % 65_521)).collect();
        let text = format!("{header}\n{}\n", rows.join("\n"));
        let packed = gz(text.trim_start().as_bytes());
        let show = read(&packed[..packed.len() / 2]);
        assert_eq!(show.codes(), ["read/damaged-gz"], "{}", show.text);
        let note = show.diagnostics[0].notes.join(" ");
        assert!(note.ends_with("; the last line was cut and is left out"), "{note}");
        let whole = |device: &Device| rows.contains(&device.record.text);
        assert!(show.devices.iter().all(whole), "{:?}", show.devices.last());
    }
}

/// Counts and keeps nothing.
#[derive(Default)]
struct Counting {
    devices: u64,
    said: Vec<(&'static str, Option<String>)>,
}

impl Sink for Counting {
    fn understood(&mut self, _: Understood) {}
    fn device(&mut self, _: Box<Device>) -> ControlFlow<()> {
        self.devices += 1;
        ControlFlow::Continue(())
    }
    fn diagnostic(&mut self, said: Diagnostic) {
        let source = said.place.map(|place| place.source.to_string());
        self.said.push((said.code, source));
    }
}

/// Packed pieces behind one another, which unpack to a table and more than is taken without a look
/// at how well it was packed: a thousand to one.
fn bomb(pack: fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    const PIECE: usize = 4 << 20;
    let piece = pack(&vec![b'x'; PIECE]);
    assert!(PIECE as u64 / piece.len() as u64 > UNPACKED_RATIO_MAX);
    let pieces = usize::try_from(RATIO_FROM_BYTES).unwrap() / PIECE + 2;
    [pack(TABLE), piece.repeat(pieces)].concat()
}

#[test]
fn a_bomb_is_left_where_it_is_seen_to_be_one_and_what_stood_before_is_kept() {
    for packed in [bomb(gz), bomb(zst)] {
        let mut counting = Counting::default();
        read_stream("bomb", &mut &packed[..], &Options::default(), &mut counting);
        let bombs = counting.said.iter().filter(|(code, _)| *code == "read/bomb");
        assert_eq!(bombs.count(), 1, "{:?}", counting.said);
        assert!(matches!(counting.devices, 2 | 3), "{}", counting.devices);
    }
}

#[test]
fn a_bomb_among_the_files_of_an_archive_takes_none_with_it() {
    let packed = bomb(zst);
    let mut archive =
        zip(&[("a.csv", TABLE), ("b.csv", TABLE), ("c.csv.zst", &packed), ("d.csv", TABLE)]);
    // One that says of itself that it unpacks to a gigabyte, in the record and in the directory.
    for (sign, name, size) in [(b"PK\x03\x04", 30, 22), (b"PK\x01\x02", 46, 24)] {
        let places: Vec<usize> = memchr::memmem::find_iter(&archive, sign).collect();
        let own = |at: &&usize| archive[**at + name..].starts_with(b"b.csv");
        let at = *places.iter().find(own).unwrap() + size;
        archive[at..at + 4].copy_from_slice(&(1_u32 << 30).to_le_bytes());
    }
    let mut counting = Counting::default();
    read_stream("box", &mut &archive[..], &Options::default(), &mut counting);
    let said_of = |code: &str| {
        let one = counting.said.iter().find(|(said, _)| *said == code);
        one.and_then(|(_, source)| source.as_deref())
    };
    assert_eq!(said_of("read/archive-entry"), Some("box"));
    assert_eq!(said_of("read/bomb"), Some("box:c.csv.zst"));
    assert!(matches!(counting.devices, 6 | 7), "{}", counting.devices);
}

#[test]
fn files_that_share_their_bytes_are_not_read() {
    let one = zip(&[("a00.csv", &TABLE.repeat(1_000))]);
    let directory = memchr::memmem::find(&one, b"PK\x01\x02").unwrap();
    let end = memchr::memmem::find(&one, b"PK\x05\x06").unwrap();
    let mut bytes = one[..directory].to_vec();
    for at in 0..50_u16 {
        let mut header = one[directory..end].to_vec();
        let place = memchr::memmem::find(&header, b"a00").unwrap();
        header[place..place + 3].copy_from_slice(format!("a{at:02}").as_bytes());
        bytes.extend(header);
    }
    let length = u32::try_from(bytes.len() - directory).unwrap();
    let mut tail = one[end..].to_vec();
    (tail[8], tail[10]) = (50, 50);
    tail[12..16].copy_from_slice(&length.to_le_bytes());
    bytes.extend(tail);
    // Without the fifty headers, they would be fewer bytes than fifty files need.
    let show = read(&bytes);
    assert_eq!(show.codes(), ["read/bomb"], "{}", show.text);
    assert!(show.devices.is_empty());
}

#[test]
fn an_archive_of_nothing_or_of_too_much_is_said() {
    assert_eq!(read(&zip(&[])).codes(), ["read/empty"]);
    let names: Vec<String> = (0..10_001).map(|at| format!("{at}.csv")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), TABLE)).collect();
    assert_eq!(read(&zip(&entries)).codes(), ["read/bomb"]);
}

#[test]
fn a_device_of_an_archive_keeps_its_observations() {
    let show = read(&zip(&[("a.csv", TABLE)]));
    assert_eq!(show.devices[0].first(Field::Model), Some("CMIP7422N-28M"));
}
