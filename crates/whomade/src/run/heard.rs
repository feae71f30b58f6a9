//! What every sink does with what a reader says beside its devices.

use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_formats::read::Understood;

use crate::out::Out;
use crate::progress::Progress;
use crate::render::{diagnostics, summary};

/// What was heard of the files so far.
pub(crate) struct Heard {
    pub(crate) progress: Progress,
    /// The worst that was said.
    pub(crate) worst: Option<Severity>,
    /// Whether a column that the user named is not there: what was asked cannot be answered.
    pub(crate) refused: bool,
    /// The input that is read now, and whether there are others: then it is named.
    reading: String,
    several: bool,
    live: bool,
}

impl Heard {
    /// Nothing was heard of so many inputs yet; of the base, these.
    pub(crate) fn new(quiet: bool, inputs: usize, said: &[Diagnostic]) -> Self {
        let worst = said.iter().map(|one| one.severity).max();
        Self {
            progress: Progress::new(quiet),
            worst,
            refused: false,
            reading: String::new(),
            several: inputs > 1,
            live: false,
        }
    }

    /// The same of what is heard while it is read: as what it is read is said already.
    pub(crate) fn of_live(mut self, live: bool) -> Self {
        self.live = live;
        self
    }

    /// Takes the name of the input that is read next.
    pub(crate) fn begins(&mut self, name: &str) {
        name.clone_into(&mut self.reading);
    }

    /// Takes how many files an input is an archive of.
    pub(crate) fn opens(&mut self, files: usize) {
        self.several |= files > 0;
    }

    /// Tells what was understood of a table.
    pub(crate) fn understood(&mut self, out: &mut Out, understood: &Understood) {
        self.progress.clear();
        if !out.quiet && !self.live {
            let name = self.several.then_some(self.reading.as_str());
            let _ = summary::understood(&mut out.aside, name, understood);
        }
    }

    /// Tells that a station was heard for the first time.
    pub(crate) fn station(&mut self, out: &mut Out, addresses: &str) {
        if !out.quiet {
            use std::io::Write as _;
            let _ = writeln!(out.aside, "heard: {addresses}");
        }
    }

    /// Tells what was not as it should be.
    pub(crate) fn diagnostic(&mut self, out: &mut Out, said: &Diagnostic) {
        self.progress.clear();
        self.worst = self.worst.max(Some(said.severity));
        self.refused |= said.code == "read/bad-map";
        if said.severity == Severity::Error || !out.quiet {
            let _ = diagnostics::write(&mut out.aside, said);
        }
    }
}
