//! Readers: a file or a stream in, devices with their observations out, one after the other.
//!
//! Rows stream: memory does not grow with the file. What was understood of a table is told before
//! its first device; what could not be read is a diagnostic, and the rest is read all the same.

pub mod archive;
mod bills;
mod broken;
mod captures;
pub mod catalogue;
mod certificate;
mod clusters;
mod columns;
mod container;
mod content;
mod dates;
mod days;
mod discovery;
mod dispatch;
mod encoding;
mod format;
mod gzip;
mod head;
mod host;
mod inventory;
mod ip;
mod json;
mod kinds;
mod kinds_text;
mod labelled;
mod leases;
mod letter;
mod limits;
mod lines;
mod list;
mod logs;
mod mac;
mod models;
mod moments;
mod ndjson;
mod ods;
mod pack;
mod prose;
mod records;
mod registry;
mod replies;
mod report;
mod rows;
mod said;
mod scan;
mod sheet;
mod sniff;
mod split;
mod sums;
mod table;
mod talks;
mod tools;
pub mod trials;
mod unpack;
mod walk;
mod words;
mod workbook;
mod xls;
mod xml;
mod zipped;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use whomade_core::diagnostic::Diagnostic;
use whomade_core::egress::{Answer, Flow, Recording};
use whomade_core::observation::{Device, Field};

pub use container::EXPANSION_BYTES_MAX;
pub use content::{observed, recognise};
pub use dates::DayOrder;
pub use dispatch::{read_file, read_live, read_stream};
pub use format::Format;
pub use kinds::{is_known as is_known_kind, observations_of};
pub(crate) use kinds_text::unescape;
pub use labelled::{Labelled, labelled_line, read_labelled};
pub use letter::{LETTER_BYTES_MAX, letter};
pub use limits::{LIMITS, Limit};
pub use mac::{Damage, Found as FoundMac, find as find_mac};
pub use pack::{PACK_FILE_BYTES_MAX, pack_file};
pub use replies::{observed_as, observed_text};
pub use unpack::{RATIO_FROM_BYTES, UNPACKED_BYTES_MAX, UNPACKED_RATIO_MAX};
pub use whomade_capture::{Networks, is_capture};

/// Which columns of a table say where its devices stand.
#[derive(Debug, Default)]
pub struct Sites {
    /// How likely each heading is that of a site, 0 the likeliest.
    ranks: HashMap<Arc<str>, Option<usize>>,
}

impl Sites {
    /// Where a device stands, by the column of its table that looks most like a site.
    pub fn of<'d>(&mut self, device: &'d Device) -> Option<&'d str> {
        ranked(&mut self.ranks, device, words::site_rank)
    }
}

/// Which columns of a table say who sold or installed its devices.
#[derive(Debug, Default)]
pub struct Suppliers {
    ranks: HashMap<Arc<str>, Option<usize>>,
}

impl Suppliers {
    /// Who sold or installed a device, by the column that looks most like a supplier.
    pub fn of<'d>(&mut self, device: &'d Device) -> Option<&'d str> {
        ranked(&mut self.ranks, device, words::supplier_rank)
    }
}

/// Which columns of a table say on which recorder its devices hang.
#[derive(Debug, Default)]
pub struct Recorders {
    ranks: HashMap<Arc<str>, Option<usize>>,
}

impl Recorders {
    /// What the recorder of a device is called, by the column that looks most like it.
    pub fn of<'d>(&mut self, device: &'d Device) -> Option<&'d str> {
        ranked(&mut self.ranks, device, words::recorder_rank)
    }
}

/// The value under the heading that ranks first.
fn ranked<'d>(
    ranks: &mut HashMap<Arc<str>, Option<usize>>,
    device: &'d Device,
    rank_of: fn(&str) -> Option<usize>,
) -> Option<&'d str> {
    let named = device.context.iter().map(|(heading, value)| (heading, value.trim()));
    let ranked = named.filter(|(_, value)| !value.is_empty()).filter_map(|(heading, value)| {
        let rank = match ranks.get(heading) {
            Some(rank) => *rank,
            None => {
                let rank = rank_of(heading);
                ranks.insert(Arc::clone(heading), rank);
                rank
            }
        };
        Some((rank?, value))
    });
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, value)| value)
}

/// How to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Uses and the columns that have them: a heading (case does not matter), a column letter or
    /// a column number counted from 1. Wins over what the reader would find itself.
    pub map: Vec<(Use, String)>,
    /// The same as a format itself knows it of its own headings; what the user says wins.
    pub known: Vec<(Use, String)>,
    /// Which number of `3/5/2022` is the day, when the user says; otherwise the column tells.
    pub days: Option<DayOrder>,
    /// Whether the caller turns warnings into errors. The readers read on in either case.
    pub strict: bool,
    /// The format, when the user names it; otherwise the content tells.
    pub from: Option<Format>,
    /// Whether files were found in folders or by patterns: that one of them is of no format that
    /// is read is then no error.
    pub searched: bool,
    /// What a capture is of that is read while it is recorded.
    pub live: Option<Live>,
    /// Networks that are the user's own though their addresses are public ones: whoever sends from
    /// there in a capture is a device.
    pub networks: Networks,
}

/// What is heard while it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Live {
    /// What passes on a network; each station is told as it is heard.
    Network,
    /// What exporters report of flows, one datagram after the other.
    Reports,
    /// The log of a scan, one host after the other.
    Scan,
}

/// What was understood of one table, sheet or list, told before its first device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understood {
    /// Its format.
    pub format: Format,
    /// The encoding of its text, as far as it was seen when this was said; empty where it is none.
    pub encoding: &'static str,
    /// The byte between the cells; none when it has no cells.
    pub delimiter: Option<u8>,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// Line of the header (row, for a sheet), counted from 1; none without a header.
    pub header_line: Option<u64>,
    /// The columns from left to right.
    pub columns: Vec<ColumnUse>,
}

/// What a column is used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnUse {
    /// Its place, counted from 0.
    pub index: u32,
    /// Its heading; empty without a header.
    pub header: String,
    /// What it is used as.
    pub used_as: Use,
    /// Why.
    pub because: Because,
    /// How its days are read; none where no day could be read in two ways.
    pub days: Option<DayOrder>,
}

/// The uses of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Its cells are observations of that field.
    Field(Field),
    /// Its cells name the devices.
    Name,
    /// Its cells are kept as heading and value.
    Context,
    /// Its cells are the day of installation, purchase or record.
    Installed,
    /// Its cells are not read.
    Ignored,
}

impl Use {
    /// The word as typed and printed: a field's own, `name` or `installed`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Field(field) => field.id(),
            Self::Name => "name",
            Self::Installed => "installed",
            Self::Context => "kept beside",
            Self::Ignored => "not used",
        }
    }

    /// What a user may choose of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "name" => Some(Self::Name),
            "installed" => Some(Self::Installed),
            id => Field::from_id(id).map(Self::Field),
        }
    }
}

/// Why a column is used as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// Its heading says so.
    Header,
    /// Its cells look like it.
    Content,
    /// The user said so.
    Map,
    /// Nothing was recognised, or another column has the field.
    Nothing,
}

/// Who takes what is read.
pub trait Sink {
    /// A file or stream of that name begins.
    fn begins(&mut self, name: &str) {
        let _ = name;
    }
    /// The file is an archive, and so many files of it are read, each of which begins.
    fn opens(&mut self, files: usize) {
        let _ = files;
    }
    /// A table begins, and this was understood of it.
    fn understood(&mut self, understood: Understood);
    /// A device. `Break` ends the reading.
    fn device(&mut self, device: Box<Device>) -> ControlFlow<()>;
    /// A capture, and what it covers, before its devices.
    fn recorded(&mut self, recording: Recording) {
        let _ = recording;
    }
    /// With whom the device talked that comes next; of captures only. Who does not ask is told
    /// nothing, and nothing is made.
    fn talked(&mut self, flows: &mut dyn Iterator<Item = Flow>) {
        let _ = flows;
    }
    /// What the device that comes next was answered when it asked for names; of captures only.
    fn answered(&mut self, answers: &mut dyn Iterator<Item = Answer>) {
        let _ = answers;
    }
    /// The numbers of the questions about names of the device that comes next that nobody answered
    /// in this capture; of captures only.
    fn asked(&mut self, questions: Vec<u64>) {
        let _ = questions;
    }
    /// A station was heard for the first time, of a capture that is read while it is recorded;
    /// these are its addresses.
    fn heard(&mut self, addresses: &str) {
        let _ = addresses;
    }
    /// A device that was used before and whose memory may be used again.
    fn spare(&mut self) -> Box<Device> {
        Box::default()
    }
    /// Something was not as it should be.
    fn diagnostic(&mut self, diagnostic: Diagnostic);
    /// How far the reading is, in bytes of the file as it lies on the disk.
    fn progress(&mut self, bytes_read: u64, bytes_total: Option<u64>) {
        let _ = (bytes_read, bytes_total);
    }
}
