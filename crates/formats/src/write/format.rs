//! The formats that findings are written in: each is a file that declares its word, the endings
//! of file names that mean it, and who writes it. Here stands their list; to add a format is to
//! add its file and a line here.

use std::fs::File;
use std::io::{self, BufWriter};

use jiff::civil::Date;
use serde_json::Value;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::Base;
use whomade_core::kb::schema::Regime;
use whomade_core::observation::Device;
use whomade_core::report::DeviceReport;
use whomade_core::ruling::Context;

#[cfg(feature = "parquet")]
use super::columnar;
use super::{csaf, cyclonedx, estate_md, graphviz, observations, sarif, stix, xlsx};

/// A format that findings are written in.
#[derive(Clone, Copy)]
pub struct Format {
    /// The word as typed behind `--write` and printed.
    pub word: &'static str,
    /// What it is called in a sentence: `a CycloneDX 1.6 bill of materials`.
    pub title: &'static str,
    /// The ends of file names that can mean nothing else, lower-case: `.dot`.
    pub endings: &'static [&'static str],
    /// Begins a file of it.
    pub(crate) open: Open,
}

/// Begins a file: what is written before the first device, and the sink for all of them.
pub(crate) type Open = for<'r> fn(Target, &'r Run<'r>) -> io::Result<Box<dyn Sink + 'r>>;

/// Where a format is written: a new, empty file of its own that takes its name only when it is
/// whole. It may be written from any place.
pub type Target = BufWriter<File>;

impl Format {
    /// Every format, in the order in which they are listed.
    const ALL: &'static [Self] = &[
        xlsx::FORMAT,
        estate_md::FORMAT,
        observations::FORMAT,
        #[cfg(feature = "parquet")]
        columnar::FORMAT,
        cyclonedx::FORMAT,
        csaf::FORMAT,
        sarif::FORMAT,
        stix::FORMAT,
        graphviz::FORMAT,
    ];

    /// Every format.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied()
    }

    /// The format of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::all().find(|format| format.word == word)
    }

    /// The format that the end of a file's name means, where it can mean only one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        Self::all().find(|format| format.endings.iter().any(|end| name.ends_with(end)))
    }

    /// Begins a file of it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn open<'r>(self, target: Target, run: &'r Run<'r>) -> io::Result<Box<dyn Sink + 'r>> {
        (self.open)(target, run)
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word
    }
}

impl Eq for Format {}

impl std::fmt::Debug for Format {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Format({})", self.word)
    }
}

/// What is known before the first device: all that an output may say of the run. There is no
/// clock in it: the day is the one that was asked about.
#[derive(Debug)]
pub struct Run<'a> {
    /// The version of the program.
    pub program: &'a str,
    /// Whose estate it is, as `--body` says.
    pub body: Option<&'a str>,
    /// The facts: sources, owners, provisions, advisories by the ids that a report names.
    pub base: &'a Base,
    /// What the base is known by, as `doctor` names it.
    pub base_name: &'a str,
    /// The day asked about.
    pub on: Date,
    /// The preset of who asks, with what was told otherwise.
    pub preset: Option<&'a str>,
    /// What the rules were told.
    pub context: &'a Context,
    /// Nobody said who asks: then nothing is barred, and a regime says for whom it would be.
    pub open: bool,
    /// The regimes asked, in the order of each report's rulings.
    pub regimes: &'a [Regime],
    /// The files read, in their order.
    pub inputs: &'a [Input],
    /// The words of `--only`; empty: every device is told of.
    pub only: &'a [String],
    /// Whether it was asked which advisories reach the devices.
    pub advisories: bool,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Its name, as it stands in the reports' places.
    pub name: String,
    /// The SHA-256 of its bytes, in lower-case hex; absent where it was standard input or could
    /// not be read.
    pub sha256: Option<String>,
}

/// One device, and all that is said of it.
#[derive(Debug, Clone, Copy)]
pub struct Finding<'a> {
    /// What was observed, raw: text of the input that must be made harmless where it is written.
    pub device: &'a Device,
    /// What is said of it: the one shape of all outputs.
    pub report: &'a DeviceReport,
    /// How sure whose design it is, in one sentence with the counts behind it.
    pub certainty: &'a str,
    /// For each of the report's rulings, what it would be if the rule bound the holder or the
    /// missing facts were so: `would-be-barred`, `might-be-barred`, or empty.
    pub would: &'a [&'static str],
    /// For each of the rulings, why it is no answer, where its regime was not asked.
    pub unasked: &'a [Option<String>],
}

/// What is known behind the last device.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// Devices told of.
    pub devices: u64,
    /// Devices read and not told of, because of `--only`.
    pub hidden: u64,
    /// The sentence that says so, where `--only` was asked. An output without it would look like
    /// the whole estate.
    pub said: Option<&'a str>,
    /// The summary, as `screen --json` ends with it.
    pub summary: &'a Value,
}

/// Takes devices one by one and writes them. What it keeps of them is bounded: by a named
/// constant, beyond which it says what it left out.
pub trait Sink {
    /// Takes a device.
    ///
    /// # Errors
    /// When it cannot be written.
    fn device(&mut self, finding: &Finding<'_>) -> io::Result<()>;

    /// Takes what is said of the input: what could not be read is part of the answer.
    ///
    /// # Errors
    /// When it cannot be written.
    fn said(&mut self, _said: &Diagnostic) -> io::Result<()> {
        Ok(())
    }

    /// Ends the file, with all of it written out. Gives what should be said of it: limits that
    /// were hit.
    ///
    /// # Errors
    /// When it cannot be written.
    fn finish(self: Box<Self>, ending: &Ending<'_>) -> io::Result<Vec<Diagnostic>>;
}
