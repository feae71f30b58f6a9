//! One function for each parser that reads bytes of others: any bytes may be thrown at it. The
//! fuzz targets and the tests call the same ones. Each asserts what must hold whatever it is given:
//! places lie within their records, amounts within their limits, and it does not matter in which
//! pieces the bytes arrive.

use std::collections::BTreeSet;
use std::io::{self, BufReader, Cursor, Read, Write as _};
use std::ops::ControlFlow;
use std::rc::Rc;

use whomade_capture::limits::{STATIONS_MAX, TRACES_MAX};
use whomade_capture::{Capture, each_frame};
use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::Device;

use super::archive::Archive;
use super::encoding::Text;
use super::format::{Format, Input};
use super::head::Head;
use super::lines::Lines;
use super::records::Records;
use super::report::Report;
use super::sheet::Book;
use super::{
    DayOrder, Options, Sink, Understood, certificate, content, dates, dispatch, ip, json, kinds,
    labelled, letter, mac, moments, replies, sniff, xls, xml, zipped,
};

/// A parser, and what is thrown at it.
#[derive(Debug, Clone, Copy)]
pub struct Trial {
    /// Its name, which is that of the fuzz target.
    pub name: &'static str,
    /// Whether the parser is a library's, and only what stands around it is ours.
    pub is_library: bool,
    /// What its inputs look like.
    pub eats: Eats,
    /// Throws bytes at it.
    pub run: fn(&[u8]),
}

/// What the inputs of a trial look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eats {
    /// Whole files.
    Files,
    /// A byte that chooses, then a file.
    ChosenFiles,
    /// Captures of packets.
    Captures,
    /// Lines.
    Lines,
    /// A byte that chooses, then a line.
    ChosenLines,
    /// Parts of a workbook of today.
    Parts,
    /// The stream of records of an old workbook.
    Streams,
}

/// Bytes of a file that is begun with; longer ones only slow the trials.
const SEED_BYTES_MAX: usize = 24_000;

/// Lines that are begun with.
const SEED_LINES_MAX: usize = 400;

impl Eats {
    /// What trials begin with, out of such files: always the same of the same.
    #[must_use]
    pub fn seeds(self, files: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let short = || files.iter().filter(|bytes| bytes.len() <= SEED_BYTES_MAX);
        let with_choice = |(at, bytes): (usize, &[u8])| {
            let choice = u8::try_from(at % 256).unwrap_or(0);
            [&[choice][..], bytes].concat()
        };
        match self {
            Self::Files => short().cloned().collect(),
            Self::Captures => {
                short().filter(|bytes| whomade_capture::is_capture(bytes)).cloned().collect()
            }
            Self::ChosenFiles => short().map(Vec::as_slice).enumerate().map(with_choice).collect(),
            Self::Lines | Self::ChosenLines => {
                let lines: BTreeSet<&[u8]> =
                    short().flat_map(|bytes| bytes.split(|byte| *byte == b'\n')).collect();
                let step = lines.len().div_ceil(SEED_LINES_MAX).max(1);
                let some = lines.into_iter().step_by(step);
                match self {
                    Self::Lines => some.map(<[u8]>::to_vec).collect(),
                    _ => some.enumerate().map(with_choice).collect(),
                }
            }
            Self::Parts => files.iter().filter_map(|bytes| parts_of(bytes)).collect(),
            Self::Streams => files.iter().filter_map(|bytes| stream_of(bytes)).collect(),
        }
    }
}

/// The part of a workbook that holds its cells; of one with a table of strings both, a NUL between.
fn parts_of(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut part = |name: &str| {
        let mut content = vec![];
        archive.by_name(name).ok()?.read_to_end(&mut content).ok()?;
        (content.len() <= SEED_BYTES_MAX).then_some(content)
    };
    part("content.xml").or_else(|| {
        let sheet = part("xl/worksheets/sheet1.xml")?;
        Some([sheet, part("xl/sharedStrings.xml").unwrap_or_default()].join(&0))
    })
}

fn stream_of(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut container = cfb::CompoundFile::open(Cursor::new(bytes)).ok()?;
    let mut content = vec![];
    container.open_stream("/Workbook").ok()?.read_to_end(&mut content).ok()?;
    Some(content)
}

const fn own(name: &'static str, eats: Eats, run: fn(&[u8])) -> Trial {
    Trial { name, is_library: false, eats, run }
}

const fn of_library(name: &'static str, eats: Eats, run: fn(&[u8])) -> Trial {
    Trial { name, is_library: true, eats, run }
}

/// Every trial.
pub const TRIALS: &[Trial] = &[
    own("encoding", Eats::ChosenFiles, of_encoding),
    own("head", Eats::Files, of_head),
    own("lines", Eats::ChosenFiles, of_lines),
    own("records", Eats::ChosenFiles, of_records),
    own("json_scan", Eats::ChosenFiles, of_json),
    own("xml", Eats::ChosenFiles, of_xml),
    own("xls_records", Eats::Streams, of_xls_records),
    own("xls", Eats::Files, of_xls),
    own("mac", Eats::Lines, of_mac),
    own("certificate", Eats::Lines, of_certificate),
    own("words", Eats::Lines, of_words),
    own("labelled", Eats::Lines, of_labelled),
    own("kinds", Eats::ChosenLines, of_kinds),
    own("letter", Eats::Files, of_letter),
    own("readers", Eats::ChosenFiles, of_readers),
    own("unpack", Eats::Files, of_unpack),
    own("frames", Eats::Captures, of_frames),
    of_library("xlsx", Eats::Parts, of_xlsx),
    of_library("ods", Eats::Parts, of_ods),
    of_library("zip", Eats::Files, of_zip),
    of_library("workbook", Eats::Files, of_workbook),
];

/// The trial of that name, over these bytes.
pub fn try_on(name: &str, bytes: &[u8]) {
    if let Some(trial) = TRIALS.iter().find(|trial| trial.name == name) {
        (trial.run)(bytes);
    }
}

/// Devices after which a trial has seen enough.
const DEVICES_ENOUGH: usize = 5_000;

/// Takes devices and checks them.
#[derive(Default)]
struct Checking {
    devices: usize,
    said: usize,
    /// Where each device stands and what was seen of it, to be compared with another reading.
    seen: Vec<(u64, String)>,
}

impl Sink for Checking {
    fn understood(&mut self, _: Understood) {}

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        for seen in &device.observations {
            let span = seen.at.span.start as usize..seen.at.span.end as usize;
            let record = device.records().nth(seen.at.of as usize);
            let there = record.and_then(|record| record.text.get(span));
            assert!(there.is_some(), "a place outside its record");
            assert!(!seen.value.is_empty(), "an observation of nothing");
        }
        self.devices += 1;
        self.seen.push((device.record.line, device.name.to_string()));
        if self.devices < DEVICES_ENOUGH {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }

    fn diagnostic(&mut self, said: Diagnostic) {
        if let Some(place) = &said.place {
            assert!(place.text.get(place.span.clone()).is_some(), "a place outside its text");
        }
        self.said += 1;
        assert!(self.said < 500, "the user is flooded: {}", said.message);
    }
}

/// Gives bytes in pieces of so many.
struct Pieces<'b> {
    left: &'b [u8],
    each: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.each);
        self.left.read(&mut buffer[..most])
    }
}

/// The choice, and the rest.
fn chosen(bytes: &[u8]) -> (usize, &[u8]) {
    bytes.split_first().map_or((0, bytes), |(first, rest)| (usize::from(*first), rest))
}

fn head_of(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len().min(super::gzip::HEAD_BYTES)].to_vec()
}

/// An input whose bytes arrive in pieces.
fn input<'b>(bytes: &'b [u8], each: usize, options: &'b Options) -> Input<'b> {
    let pieces: Box<dyn Read + 'b> = Box::new(Pieces { left: bytes, each });
    Input { head: head_of(bytes), stream: Cursor::new(vec![]).chain(pieces), file: None, options }
}

/// Gives a report to a reader, and what came of it.
fn reported(read: impl FnOnce(&mut Report<'_>)) -> Checking {
    let mut sink = Checking::default();
    let mut report = Report::new(&mut sink, "trial", Rc::default(), None);
    read(&mut report);
    report.finish();
    sink
}

/// Pieces of one length and of another, which must not matter.
const WHOLE: usize = 1 << 20;

fn of_encoding(bytes: &[u8]) {
    let (each, bytes) = chosen(bytes);
    let decoded = |each: usize| {
        let mut text = Text::new(Pieces { left: bytes, each }, &head_of(bytes));
        let mut out = String::new();
        while let Ok(true) = text.fill(&mut out) {}
        assert!(!out.contains('\0'), "a NUL was left");
        (out, text.nuls, text.name())
    };
    assert_eq!(decoded(each % 7 + 1), decoded(WHOLE), "pieces matter");
}

fn of_head(bytes: &[u8]) {
    let text = super::encoding::decode_head(bytes);
    let head = Head::new(bytes, &text);
    let _ = (sniff::guess(&head), head.root(), head.is_one_cut_object(), sniff::is_packed(&head));
    for format in Format::all() {
        let _ = (format.recognises)(&head);
    }
    let _ = (sniff::delimiter(&text), sniff::separator_line(&text), sniff::is_table(&text));
}

fn of_lines(bytes: &[u8]) {
    let (each, bytes) = chosen(bytes);
    let read = |each: usize| {
        let mut lines = Lines::new(Text::new(Pieces { left: bytes, each }, &head_of(bytes)));
        let mut all = vec![];
        while let Some(line) = lines.next() {
            assert!(!line.text.contains('\n'), "two lines in one");
            all.push((line.number, line.text.to_owned(), line.cut));
        }
        all
    };
    assert_eq!(read(each % 7 + 1), read(WHOLE), "pieces matter");
}

fn of_records(bytes: &[u8]) {
    let (choice, bytes) = chosen(bytes);
    let delimiter = b",;\t|"[choice % 4];
    let read = |each: usize| {
        let mut records = Records::new(Text::new(Pieces { left: bytes, each }, &head_of(bytes)));
        records.set_delimiter(delimiter);
        let mut all = vec![];
        while records.advance() {
            let row = records.row();
            for index in 0..row.cells.len() {
                let (value, span) = row.cell(index);
                assert!(row.text.get(span).is_some(), "a cell outside its row");
                assert_eq!(value, row.value(index), "a cell is two values");
            }
            all.push((row.line, row.text.to_owned(), row.cells.len()));
        }
        all
    };
    assert_eq!(read(choice % 7 + 1), read(WHOLE), "pieces matter");
}

fn of_json(bytes: &[u8]) {
    const PATHS: [&[&str]; 4] = [&[], &["a"], &["data", "devices"], &["results"]];
    let (choice, bytes) = chosen(bytes);
    let options = Options::default();
    let read = |each: usize| {
        let mut all = vec![];
        reported(|report| {
            json::each_at(
                input(bytes, each, &options),
                PATHS[choice % 4],
                report,
                &mut |one, _| {
                    all.push((one.line, one.text.to_owned()));
                    assert!(serde_json::from_str::<serde_json::Value>(one.text).is_ok());
                    ControlFlow::Continue(())
                },
            );
        });
        all
    };
    assert_eq!(read(choice % 7 + 1), read(WHOLE), "pieces matter");
    reported(|report| {
        json::each_line(input(bytes, WHOLE, &options), report, &mut |one, _| {
            let _ = json::text_at(one.value, "tls.subject");
            ControlFlow::Continue(())
        });
    });
}

fn of_xml(bytes: &[u8]) {
    const NAMES: [&[&str]; 3] = [&["host"], &["ReportHost", "result"], &["a", "b"]];
    let (choice, bytes) = chosen(bytes);
    let options = Options::default();
    let read = |each: usize| {
        let mut all = vec![];
        reported(|report| {
            let input = input(bytes, each, &options);
            xml::each(input, NAMES[choice % 3], report, &mut |one, _| {
                all.push((one.line, one.text.to_owned()));
                ControlFlow::Continue(())
            });
        });
        all
    };
    assert_eq!(read(choice % 7 + 1), read(WHOLE), "pieces matter");
}

fn of_xls_records(bytes: &[u8]) {
    let options = Options::default();
    reported(|report| {
        let mut book = Book::new(&options, report);
        xls::try_records(BufReader::new(Cursor::new(bytes)), &mut book);
        book.end();
    });
}

fn of_xls(bytes: &[u8]) {
    let options = Options::default();
    reported(|report| xls::read(Cursor::new(bytes), &options, report));
}

fn of_mac(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = (super::find_mac(&text), mac::Usual::of(&text).map(|mac| mac.as_str().len()));
    for (_, start, end, _) in mac::find_all(&text, 4) {
        assert!(text.get(start..end).is_some(), "an address outside its text");
    }
    if let Some(exact) = mac::exact(&text) {
        assert_eq!(mac::exact(&exact).as_ref(), Some(&exact), "another address the second time");
    }
}

fn of_certificate(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = (certificate::of_der(bytes), certificate::fingerprint(&text));
    if let Some(der) = certificate::of_base64(&text) {
        let _ = certificate::of_der(&der);
    }
    let once = certificate::usual_name(&text);
    assert!(once.len() <= text.len() + 64, "a name grew");
}

fn of_words(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(usual) = ip::usual(&text) {
        assert_eq!(ip::usual(&usual).as_deref(), Some(&*usual), "another address the second time");
    }
    let _ = moments::of_text(&text);
    for order in [DayOrder::DayFirst, DayOrder::MonthFirst] {
        let _ = dates::read(&text, order);
    }
    let _ = (content::recognise(&text), content::observed(&text), replies::observations(&text));
}

fn of_labelled(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(read) = labelled::labelled_line(&text) {
        assert!(read.device.observations.len() < 4_096);
    }
}

fn of_kinds(bytes: &[u8]) {
    let (choice, bytes) = chosen(bytes);
    let text = String::from_utf8_lossy(bytes);
    let kind = kinds::kind_at(choice);
    assert!(super::observations_of(kind, &text).len() < 4_096, "{kind}");
}

fn of_letter(bytes: &[u8]) {
    let (_, said) = letter::letter("letter", bytes);
    assert!(said.len() < 100, "the user is flooded");
}

fn of_readers(bytes: &[u8]) {
    let (choice, bytes) = chosen(bytes);
    let formats: Vec<Format> = Format::all().collect();
    let options = Options::default();
    let format = formats[choice % formats.len()];
    let read = |each: usize| reported(|to| (format.read)(input(bytes, each, &options), to)).seen;
    assert_eq!(read(choice % 5 + 1), read(WHOLE), "pieces matter to {}", format.word);
}

fn of_unpack(bytes: &[u8]) {
    let options = Options::default();
    reported(|report| dispatch::read_input(Box::new(bytes), None, &options, report));
}

/// From the bytes of a capture to stations, whatever the pieces in which they arrive.
fn of_frames(bytes: &[u8]) {
    let read = |each: usize| {
        let mut capture = Capture::default();
        let mut last = 0;
        let done = each_frame(Pieces { left: bytes, each }, &mut |frame| {
            assert_eq!(frame.number, last + 1, "a frame was left out");
            last = frame.number;
            capture.take(&frame);
            ControlFlow::Continue(())
        });
        let (stations, tally) = capture.finish();
        assert_eq!(tally.frames, last, "a frame was not counted");
        assert!(stations.len() <= STATIONS_MAX);
        for station in &stations {
            assert!(station.traces.len() <= TRACES_MAX, "too much is kept of a station");
            assert!(station.packets > 0 || !station.traces.is_empty(), "a station of nothing");
            assert!(station.number <= last, "a place behind the end");
        }
        (done.map_err(|why| why.to_string()), stations, tally)
    };
    let each = bytes.len() % 61 + 1;
    assert_eq!(read(each), read(WHOLE), "pieces matter");
}

fn of_zip(bytes: &[u8]) {
    let options = Options::default();
    reported(|report| zipped::read(Cursor::new(bytes), &options, report));
    if let Ok(mut archive) = Archive::open(Cursor::new(bytes), 1 << 20) {
        let _ = archive.is_canonical(bytes);
    }
}

fn of_workbook(bytes: &[u8]) {
    let mut sign = b"PK\x03\x04".to_vec();
    sign.extend(bytes.get(4..).unwrap_or_default());
    of_unpack(&sign);
}

/// Parts packed as they are.
fn packed(parts: &[(&str, &[u8])]) -> Option<Vec<u8>> {
    let stored = zip::CompressionMethod::Stored;
    let options = zip::write::SimpleFileOptions::default().compression_method(stored);
    let mut writer = zip::ZipWriter::new(Cursor::new(vec![]));
    for (name, content) in parts {
        writer.start_file(*name, options).ok()?;
        writer.write_all(content).ok()?;
    }
    writer.finish().ok().map(Cursor::into_inner)
}

/// Where the types of relations are named.
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// The relations of a workbook with one sheet; `@` stands for where the types are named.
const RELATIONS: [(&str, &str); 3] = [
    (
        "_rels/.rels",
        "<Relationships><Relationship Id=\"r1\" Type=\"@/officeDocument\" \
         Target=\"xl/workbook.xml\"/></Relationships>",
    ),
    (
        "xl/workbook.xml",
        "<workbook xmlns:r=\"@\"><sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"r1\"/></sheets>\
         </workbook>",
    ),
    (
        "xl/_rels/workbook.xml.rels",
        "<Relationships><Relationship Id=\"r1\" Type=\"@/worksheet\" \
         Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"@/sharedStrings\" \
         Target=\"sharedStrings.xml\"/></Relationships>",
    ),
];

/// The sheet, and behind a NUL its strings.
fn of_xlsx(bytes: &[u8]) {
    let mut two = bytes.splitn(2, |byte| *byte == 0);
    let (sheet, strings) = (two.next().unwrap_or_default(), two.next().unwrap_or_default());
    let relations = RELATIONS.map(|(name, text)| (name, text.replace('@', OFFICE)));
    let mut parts: Vec<(&str, &[u8])> =
        relations.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    parts.extend([("xl/worksheets/sheet1.xml", sheet), ("xl/sharedStrings.xml", strings)]);
    if let Some(bytes) = packed(&parts) {
        of_unpack(&bytes);
    }
}

fn of_ods(bytes: &[u8]) {
    let kind: &[u8] = b"application/vnd.oasis.opendocument.spreadsheet";
    if let Some(bytes) = packed(&[("mimetype", kind), ("content.xml", bytes)]) {
        of_unpack(&bytes);
    }
}
