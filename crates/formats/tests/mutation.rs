//! Every reader on damaged inputs: seeded, so that a failure can be repeated.

use std::io::{Cursor, Read, Write};
use std::path::Path;

use whomade_formats::read::{
    Format, Options, find_mac, labelled_line, observations_of, read_stream, recognise,
};

use crate::golden;
use crate::show::Show;

/// Rounds over the inputs of each format; `WHOMADE_ROUNDS=10000` asks for more.
const ROUNDS: u32 = 1000;

fn rounds_asked() -> u32 {
    let asked = std::env::var("WHOMADE_ROUNDS").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(ROUNDS)
}

/// Bytes of an input that are damaged; longer ones only slow the rounds.
const INPUT_BYTES_MAX: usize = 40_000;

/// A generator small enough to be read: xorshift64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap()
    }
}

/// Bytes that mean something to some reader.
const TELLING: &[u8] = b"\"\n\r,;\t|'=\0{}[]:<>/&\xFF\xFE\xEF\x80#-";

pub(crate) fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            1 if !bytes.is_empty() => bytes[at] = TELLING[random.below(TELLING.len())],
            2 => bytes.insert(at.min(bytes.len()), TELLING[random.below(TELLING.len())]),
            3 => bytes.truncate(at),
            4 if !bytes.is_empty() => {
                let end = (at + random.below(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                let end = (at + random.below(60)).min(bytes.len());
                let piece = bytes[at.min(end)..end].to_vec();
                let to = random.below(bytes.len());
                bytes.splice(to..to, piece);
            }
        }
    }
}

fn read(bytes: &[u8], from: Option<Format>) {
    let mut show = Show::default();
    let options = Options { from, ..Options::default() };
    read_stream("damaged", &mut &bytes[..], &options, &mut show);
    // Writing down what was read already checked every span; what is left is the amount.
    assert!(show.diagnostics.len() < 200, "{} diagnostics", show.diagnostics.len());
    let kept: usize = show.devices.iter().map(|device| device.record.text.len()).sum();
    assert!(kept <= bytes.len() * 40 + 4096, "{kept} bytes kept of {}", bytes.len());
}

fn rounds(name: &Path, seed: u64, rounds: u32, from: Option<Format>) {
    let original = std::fs::read(name).unwrap();
    let original = &original[..original.len().min(INPUT_BYTES_MAX)];
    let mut random = Random(seed);
    for _ in 0..rounds {
        let mut bytes = original.to_vec();
        damage(&mut bytes, &mut random);
        read(&bytes, from);
    }
}

/// The format whose case an input is.
fn format_of(input: &Path) -> String {
    let folder = input.parent().and_then(Path::parent).and_then(Path::file_name);
    folder.unwrap().to_string_lossy().into_owned()
}

/// Damages the cases of one format, so many rounds in all.
fn damaged(format: &str) {
    let inputs = golden::inputs();
    let own: Vec<_> = inputs.iter().filter(|input| format_of(input) == format).collect();
    assert!(!own.is_empty(), "no case of {format}");
    let each = rounds_asked() / u32::try_from(own.len()).unwrap() + 1;
    for (place, input) in own.iter().enumerate() {
        rounds(input, 0x9E37_79B9_7F4A_7C15 + place as u64, each, None);
    }
}

#[test]
fn damaged_tables_are_read() {
    damaged("table");
}

#[test]
fn damaged_workbooks_are_read() {
    damaged("workbook");
}

#[test]
fn damaged_files_of_every_other_format_are_read() {
    let mut formats: Vec<String> = golden::inputs().iter().map(|input| format_of(input)).collect();
    formats.sort();
    formats.dedup();
    formats.retain(|format| format != "table" && format != "workbook");
    assert!(formats.len() >= 5);
    // Who works at some formats names them, parted by commas: `WHOMADE_FORMATS=onvif,isapi`.
    if let Ok(only) = std::env::var("WHOMADE_FORMATS") {
        formats.retain(|format| only.split(',').any(|one| one == format));
        assert!(!formats.is_empty(), "no case of {only}");
    }
    std::thread::scope(|scope| {
        for half in formats.chunks(formats.len().div_ceil(2)) {
            scope.spawn(|| half.iter().for_each(|format| damaged(format)));
        }
    });
}

#[test]
fn every_reader_reads_what_is_not_its_own() {
    for (place, input) in golden::inputs().iter().enumerate() {
        for format in Format::all() {
            rounds(input, 0xD1B5_4A32_D192_ED03 + place as u64, 10, Some(format));
        }
    }
}

#[test]
fn kinds_read_whatever_stands_in_them() {
    const KINDS: &[&str] = &[
        "onvif_register",
        "url_template",
        "http_headers",
        "isapi",
        "sadp",
        "dhip",
        "ws_discovery",
        "onvif_device_info",
        "onvif_envelope",
        "onvif_fault",
        "sdp",
        "rtsp",
        "dhcp",
        "ssdp",
        "dns",
        "tls",
        "mac",
        "magicbox",
        "nmap",
        "sip",
        "model",
        "firmware_version",
        "label",
        "favicon_md5",
        "snmp",
    ];
    let samples = std::fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/labelled/kinds/input.jsonl"),
    )
    .unwrap();
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    for line in String::from_utf8(samples).unwrap().lines() {
        let raw = labelled_line(line).map(|labelled| labelled.raw).unwrap_or_default();
        for _ in 0..100 {
            let mut bytes = raw.clone().into_bytes();
            damage(&mut bytes, &mut random);
            let text = String::from_utf8_lossy(&bytes);
            for kind in KINDS {
                assert!(observations_of(kind, &text).len() < 2000);
            }
            let _ = (recognise(&text), find_mac(&text), labelled_line(&text));
        }
    }
}

/// The parts of a workbook with one of them damaged, packed again so that its sums are right.
fn repacked(parts: &[(String, Vec<u8>)], victim: usize, random: &mut Random) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(vec![]));
    let stored = zip::CompressionMethod::Stored;
    let options = zip::write::SimpleFileOptions::default().compression_method(stored);
    for (place, (name, content)) in parts.iter().enumerate() {
        let mut content = content.clone();
        if place == victim {
            damage(&mut content, random);
        }
        writer.start_file(name.as_str(), options).unwrap();
        writer.write_all(&content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The parts of a workbook among the cases.
fn parts_of(case: &str) -> Vec<(String, Vec<u8>)> {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/workbook").join(case);
    let mut archive = zip::ZipArchive::new(std::fs::File::open(case).unwrap()).unwrap();
    let mut parts = vec![];
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = vec![];
        entry.read_to_end(&mut content).unwrap();
        parts.push((String::from_utf8_lossy(entry.name_raw()).into_owned(), content));
    }
    parts
}

#[test]
fn workbooks_of_open_document_with_damaged_content_are_read() {
    let parts = parts_of("open-document/input.ods");
    let content = parts.iter().position(|(name, _)| name == "content.xml").unwrap();
    let mut random = Random(0x7F4A_7C15_9E37_79B9);
    for _ in 0..rounds_asked() {
        let bytes = repacked(&parts, content, &mut random);
        let mut show = Show::default();
        read_stream("damaged", &mut bytes.as_slice(), &Options::default(), &mut show);
        assert!(show.diagnostics.len() < 100, "{} diagnostics", show.diagnostics.len());
    }
}

#[test]
fn workbooks_with_damaged_parts_are_read() {
    let parts = parts_of("sheets/input.xlsx");
    let mut random = Random(0x0123_4567_89AB_CDEF);
    // Numbers beyond every type, where a library may count without looking.
    for (old, new) in [
        ("r=\"E4\"", "r=\"ZZZZZZZZZ4\""),
        ("r=\"E4\"", "r=\"E99999999999999999999\""),
        ("row r=\"5\"", "row r=\"4294967296\""),
        ("row r=\"5\"", "row r=\"0\""),
        ("<v>0</v>", "<v>99999999999999999999</v>"),
        ("<v>43690</v>", "<v>1e308</v>"),
        ("C4:C5", "C4:XFD1048576"),
        ("C4:C5", "C5:A1"),
        ("<f>", "<f t=\"shared\" ref=\"A1:A9\" si=\"999999999999\">"),
        ("s=\"1\"", "s=\"18446744073709551615\""),
    ] {
        let mut parts = parts.clone();
        for (_, content) in &mut parts {
            let text = String::from_utf8_lossy(content).replace(old, new);
            *content = text.into_bytes();
        }
        let bytes = repacked(&parts, usize::MAX, &mut random);
        let mut show = Show::default();
        read_stream("damaged", &mut bytes.as_slice(), &Options::default(), &mut show);
        assert!(show.devices.iter().any(|device| device.name == "line 2"), "{new}: {}", show.text);
    }
    for round in 0..ROUNDS as usize {
        let bytes = repacked(&parts, round % parts.len(), &mut random);
        let mut show = Show::default();
        read_stream("damaged", &mut bytes.as_slice(), &Options::default(), &mut show);
        assert!(show.diagnostics.len() < 100, "{} diagnostics", show.diagnostics.len());
    }
}
