//! Catalogues of holes as others publish them: CVE records (JSON 5), the National Vulnerability
//! Database (API 2.0 and feeds of its records), security advisories (CSAF 2.0), the catalogue of
//! known exploited vulnerabilities, and the scores of EPSS. One record after the other: a file may
//! be far larger than the memory.
//!
//! Forms by <https://github.com/CVEProject/cve-schema> (5.x),
//! <https://nvd.nist.gov/developers/vulnerabilities> (2.0),
//! <https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html>,
//! CISA's own JSON schema of its catalogue and <https://www.first.org/epss/data_stats>.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use jiff::civil::Date;

use super::archive::Archive;
use super::unpack::{Bomb, Packing};

mod csaf;
mod cve;
mod nvd;
mod scores;
mod top;

/// Bytes of one record: the largest known has some megabytes.
pub const RECORD_BYTES_MAX: u64 = 64 << 20;
/// Files of one archive of records.
const ARCHIVE_FILES_MAX: usize = 600_000;
/// Products of one record, and ranges of one product.
const PRODUCTS_MAX: usize = 20_000;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A security advisory in CSAF 2.0.
    Csaf,
    /// CVE records in JSON 5.
    Cve,
    /// Records of the National Vulnerability Database.
    Nvd,
    /// CISA's catalogue of known exploited vulnerabilities.
    Kev,
    /// Scores of EPSS.
    Epss,
}

impl Kind {
    /// What it is called.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Csaf => "CSAF 2.0",
            Self::Cve => "CVE JSON 5",
            Self::Nvd => "NVD 2.0",
            Self::Kev => "CISA KEV",
            Self::Epss => "EPSS",
        }
    }

    /// A word for names of files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Csaf => "csaf",
            Self::Cve => "cve",
            Self::Nvd => "nvd",
            Self::Kev => "kev",
            Self::Epss => "epss",
        }
    }
}

/// One entry of a catalogue.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A hole, with what it reaches.
    Hole(Box<Hole>),
    /// A number that its authority took back.
    Rejected(String),
    /// A record that cannot be used: its number is none, or a value of it none that can be.
    Unusable(String),
    /// A hole that is known to be exploited, and the day on which it was listed.
    Exploited(String, String),
    /// The probability of being exploited in the next thirty days, and the share of holes that
    /// have no higher one.
    Score(String, f64, f64),
}

/// A hole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hole {
    /// Its number.
    pub cve: String,
    /// What its record calls it.
    pub title: String,
    /// The day of its record.
    pub published: Option<Date>,
    /// The CVSS vector, of the newest version that stands there.
    pub vector: Option<String>,
    /// The base score beside it.
    pub score: Option<f64>,
    /// What it reaches.
    pub products: Vec<Product>,
}

/// A product that a record names.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Product {
    /// Whose it is, as written.
    pub company: String,
    /// What it is called, as written; empty: not said.
    pub name: String,
    /// Which versions.
    pub ranges: Vec<Range>,
}

/// A range of versions; one that says nothing means that no version is stated.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// The first affected version.
    pub from: Option<String>,
    /// The first that is no longer affected.
    pub before: Option<String>,
    /// The last affected version.
    pub until: Option<String>,
    /// Only this one.
    pub exact: Option<String>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What the file is.
    pub kind: Kind,
    /// Its day, where it tells one.
    pub day: Option<String>,
    /// What else names its edition: the model of EPSS, the version of a catalogue.
    pub edition: Option<String>,
    /// How many records it holds.
    pub records: u64,
}

/// Whoever takes entries.
pub type Each<'e> = &'e mut dyn FnMut(Entry);

/// Reads a file: plain, packed, or a ZIP of records.
///
/// # Errors
/// Why it cannot be read: no such file, none of these forms, damaged, or past a limit.
pub fn read_catalogue(path: &Path, each: Each<'_>) -> Result<Told, String> {
    let file = File::open(path).map_err(|wrong| wrong.to_string())?;
    let mut input = BufReader::new(file);
    let head = input.fill_buf().map_err(|wrong| wrong.to_string())?;
    if head.starts_with(b"PK\x03\x04") {
        return archive(input.into_inner(), each);
    }
    match Packing::of(head) {
        Some(packing) => read_stream(packing.unpack(input, Rc::new(Cell::new(0))), each),
        None => read_stream(input, each),
    }
}

/// The same of an archive: each of its JSON files is a catalogue.
fn archive(file: File, each: Each<'_>) -> Result<Told, String> {
    let wanted = |name: &str| name.ends_with(".json");
    let (mut archive, _) = Archive::look_through(file, ARCHIVE_FILES_MAX, wanted)
        .map_err(|unfit| unfit.to_string())?;
    let mut all: Option<Told> = None;
    for at in 0..archive.entries().len() {
        let entry = &archive.entries()[at];
        if let Some(bomb) = Bomb::of(entry.bytes, entry.packed) {
            return Err(format!("{}: {bomb}", entry.name));
        }
        let name = entry.name.clone();
        let content = archive.content(&name).map_err(|wrong| format!("{name}: {wrong}"))?;
        // An index or a list of changes beside the records is none of them.
        let Ok(told) = read_stream(content, &mut *each) else { continue };
        match &mut all {
            Some(all) => {
                all.records += told.records;
                all.day = all.day.take().max(told.day);
            }
            None => all = Some(told),
        }
    }
    all.ok_or_else(|| "no file in it is a catalogue of holes".to_owned())
}

/// Reads what passes.
///
/// # Errors
/// The same.
pub fn read_stream(input: impl Read, each: Each<'_>) -> Result<Told, String> {
    let record = Rc::new(Cell::new(0));
    let mut input = BufReader::with_capacity(1 << 16, Counted { input, record: record.clone() });
    let head = input.fill_buf().map_err(|wrong| wrong.to_string())?;
    let first = head.iter().find(|byte| !byte.is_ascii_whitespace() && **byte < 0x80);
    match first {
        Some(b'{') => top::read(input, &record, each),
        Some(b'#' | b'c') => scores::read(input, each),
        _ => Err(unknown()),
    }
}

fn unknown() -> String {
    "it is no CVE record (JSON 5), no record of NVD's API 2.0, no CSAF 2.0, no KEV and no EPSS"
        .to_owned()
}

/// Counts the bytes of a record, so that none fills the memory.
struct Counted<R> {
    input: R,
    record: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        let read = self.record.get().saturating_add(count as u64);
        self.record.set(read);
        if read > RECORD_BYTES_MAX {
            let why = format!("a record is larger than {RECORD_BYTES_MAX} bytes");
            return Err(io::Error::other(why));
        }
        Ok(count)
    }
}

/// A number that a record may have.
fn is_cve(text: &str) -> bool {
    let rest = text.strip_prefix("CVE-").and_then(|rest| rest.split_once('-'));
    rest.is_some_and(|(year, number)| {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        year.len() == 4 && (4..=12).contains(&number.len()) && digits(year) && digits(number)
    })
}

/// The day at the beginning of a time.
fn day_of(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}
