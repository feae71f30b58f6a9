//! The devices of a run, held against the baseline while they pass by.

use std::path::Path;

use anyhow::Result;
use whomade_core::baseline::Entry;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::report::clean;

use crate::baseline::Held;
use crate::baseline::compared::{Compared, Comparing};
use crate::cli::Reading;
use crate::out::Out;
use crate::render::diagnostics;
use crate::settings::Configuration;
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::{Identity, Known};

/// A baseline and what differs from it.
#[derive(Debug)]
pub(crate) struct Against {
    held: Held,
    /// Whether it is not the file that `whomade.toml` names.
    edited: bool,
}

impl Against {
    /// Opens the baseline that `whomade.toml` names; none where it names none, or it cannot be
    /// read, which is said.
    ///
    /// # Errors
    /// When the stream is closed.
    pub(crate) fn new(out: &mut Out, configuration: &Configuration) -> Result<Option<Self>> {
        let Some(baseline) = &configuration.settings.baseline else { return Ok(None) };
        let path = configuration.beside(&baseline.file);
        let held = match Held::open(&path) {
            Ok(held) => held,
            Err(why) => {
                let message = format!("{} cannot be read: {}", shown(&path), clean(&why));
                let said = Diagnostic::new("estate/no-baseline", message)
                    .help("whomade init --update takes the present as the baseline");
                diagnostics::write(&mut out.aside, &said)?;
                return Ok(None);
            }
        };
        let edited = held.sha256 != baseline.sha256;
        if edited {
            let message = format!("{} is not the file that was taken as baseline", shown(&path));
            let said = Diagnostic::new("estate/edited", message)
                .note(format!("its SHA-256 is {}", held.sha256))
                .help("take back what was edited, or accept it with whomade init --update");
            diagnostics::write(&mut out.aside, &said)?;
        }
        Ok(Some(Self { held, edited }))
    }

    /// Takes a device. A finding that counts is one that nobody answers for.
    pub(crate) fn device(&mut self, entry: Entry, counts: bool) {
        self.held.device(entry, counts);
    }

    /// What changed.
    ///
    /// # Errors
    /// When the baseline cannot be read to its end.
    pub(crate) fn compare(
        self,
        known: &Known,
        identity: &Identity,
        asked: &Asked,
        reading: &Reading,
        unread: bool,
    ) -> Result<Compared> {
        let comparing = Comparing::new(&known.base, identity, asked, reading, &self.held);
        comparing.compare(self.held, self.edited, unread)
    }
}

fn shown(path: &Path) -> String {
    clean(&path.to_string_lossy())
}
