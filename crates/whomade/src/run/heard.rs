//! What every sink does with what a reader says beside its devices.

use std::io::Write as _;

use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::kb::Base;
use whomade_core::kb::registry::hex_digits;
use whomade_core::report::clean;
use whomade_formats::read::Understood;

use crate::out::Out;
use crate::progress::Progress;
use crate::render::{diagnostics, summary};
use crate::run::live::Live;

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
    /// The hardware address of this machine on the network that is heard.
    own: Option<String>,
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
            own: None,
        }
    }

    /// The same of what is heard while it is read: as what it is read is said already.
    pub(crate) fn of_live(mut self, live: Option<&Live>) -> Self {
        self.live = live.is_some();
        self.own = live.and_then(|live| live.own.clone());
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

    /// Tells that a station was heard for the first time, and who holds its hardware address,
    /// which is the first of its addresses: no verdict, for whoever waits for one.
    pub(crate) fn station(&mut self, out: &mut Out, base: &Base, addresses: &str) {
        if out.quiet {
            return;
        }
        let mac = addresses.split(' ').next().unwrap_or_default();
        let holder = hex_digits(mac).and_then(|digits| base.registry.registrant(&digits));
        let of = match holder {
            _ if self.own.as_deref() == Some(mac) => ", this machine itself".to_owned(),
            Some(holder) => format!(", an address registered to {}", clean(holder)),
            None => String::new(),
        };
        let _ = writeln!(out.aside, "heard: {addresses}{of}");
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
