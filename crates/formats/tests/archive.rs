//! Archives: one form only when written, and nothing trusted when read.

use std::io::{Cursor, Read as _, Write as _};

use whomade_formats::read::archive::{Archive, Unfit, name_stays_inside};
use whomade_formats::write::archive::{ArchiveWriter, crc_of};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const MANY: u64 = 1 << 20;

fn written(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ArchiveWriter::new(Vec::new());
    for (name, content) in files {
        let (crc, bytes) = crc_of(&mut &content[..]).unwrap();
        archive.file(name, bytes, crc, &mut &content[..]).unwrap();
    }
    archive.finish().unwrap()
}

fn unfit(bytes: &[u8], bytes_max: u64) -> Unfit {
    Archive::open(Cursor::new(bytes), bytes_max).err().expect("it should not open")
}

#[test]
fn what_is_written_is_read_again_and_is_canonical() {
    let files: [(&str, &[u8]); 3] = [("a", b"one"), ("b/c", b""), ("b/é", &[7; 5_000])];
    let bytes = written(&files);
    assert_eq!(bytes, written(&files));
    let mut archive = Archive::open(Cursor::new(&bytes), MANY).unwrap();
    for (name, content) in files {
        let mut read = Vec::new();
        archive.content(name).unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, content, "{name}");
    }
    assert!(archive.is_canonical(&bytes[..]).unwrap());
    assert!(archive.content("nothing").is_err());
}

#[test]
fn files_out_of_order_or_other_than_announced_are_refused() {
    let mut archive = ArchiveWriter::new(Vec::new());
    archive.file("b", 0, 0, &mut &b""[..]).unwrap();
    assert!(archive.file("a", 0, 0, &mut &b""[..]).is_err());
    assert!(archive.file("b", 0, 0, &mut &b""[..]).is_err());
    assert!(archive.file("c", 2, 0, &mut &b"one"[..]).is_err());
    assert!(archive.file("d", 4, 0, &mut &b"one"[..]).is_err());
    assert!(archive.file("e", u64::MAX / 4, 0, &mut &b""[..]).is_err());
}

#[test]
fn the_same_files_packed_by_others_are_not_canonical() {
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let mut other = ZipWriter::new(Cursor::new(Vec::new()));
        other.start_file("a", SimpleFileOptions::default().compression_method(method)).unwrap();
        other.write_all(b"one").unwrap();
        let bytes = other.finish().unwrap().into_inner();
        let mut archive = Archive::open(Cursor::new(&bytes), MANY).unwrap();
        assert!(!archive.is_canonical(&bytes[..]).unwrap(), "{method:?}");
    }
    let own = written(&[("a", b"one")]);
    let longer = [&own[..], b"\0"].concat();
    let canonical = Archive::open(Cursor::new(&longer), MANY)
        .map(|mut archive| archive.is_canonical(&longer[..]).unwrap());
    assert!(!canonical.unwrap_or(false), "a byte behind it");
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let mut bomb = ZipWriter::new(Cursor::new(Vec::new()));
    let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    bomb.start_file("a", packed).unwrap();
    bomb.write_all(&vec![0; 4 << 20]).unwrap();
    let mut bytes = bomb.finish().unwrap().into_inner();
    assert!(bytes.len() < 64 << 10);
    assert!(matches!(unfit(&bytes, MANY), Unfit::TooMuch(_)));
    // One that lies of its size gives no more than it announced, and one byte.
    let size = (4_u32 << 20).to_le_bytes();
    let places: Vec<usize> = (0..bytes.len() - 4).filter(|at| bytes[*at..at + 4] == size).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + 4].copy_from_slice(&1_000_u32.to_le_bytes());
    }
    if let Ok(mut archive) = Archive::open(Cursor::new(&bytes), MANY) {
        let mut read = Vec::new();
        let _ = archive.content("a").map(|mut content| content.read_to_end(&mut read));
        assert!(read.len() <= 1_001, "{} bytes", read.len());
    }
}

#[test]
fn names_that_lead_elsewhere_and_links_are_refused() {
    for name in ["../a", "a/../b", "/a", "a//b", "a\\b", "C:a", "a\u{7}", ".", "a/.", ""] {
        assert!(!name_stays_inside(name), "{name:?}");
    }
    assert!(name_stays_inside("data/facts/labels/w-box.json"));
    assert!(matches!(unfit(&written(&[("../a", b"")]), MANY), Unfit::BadName(_)));
    let mut linked = ZipWriter::new(Cursor::new(Vec::new()));
    linked.add_symlink("a", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let bytes = linked.finish().unwrap().into_inner();
    assert!(matches!(unfit(&bytes, MANY), Unfit::NoFile(_)));
    assert!(matches!(unfit(b"PK\x03\x04 and nothing more", MANY), Unfit::Damaged(_)));
}
