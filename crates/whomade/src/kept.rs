//! What a screening keeps of every device, whatever it shows: the run, and the evidence bundle.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_json::Value;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::Device;
use whomade_core::report::DeviceReport;

use crate::bundle::record::{Keeping, Run};
use crate::cli::Screen;
use crate::saved::{LastRun, RunWriter};
use whomade_inquiry::asking::{Asked, Typed};
use whomade_inquiry::base::{Identity, Known, embedded, files_of};

/// A run and a bundle, each if it was wanted.
pub(crate) struct Kept {
    run: Option<RunWriter>,
    bundle: Option<Keeping>,
    said: BTreeMap<String, u64>,
    broken: Option<anyhow::Error>,
}

impl Kept {
    /// Begins what is wanted.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn new(
        typed: &Screen,
        last: &LastRun,
        known: &Known,
        asked: &Asked,
        overlay: Option<&Path>,
    ) -> Result<Self> {
        let output = &typed.output;
        let mut kept = Self { run: None, bundle: None, said: BTreeMap::new(), broken: None };
        if output.save.is_none() && output.bundle.bundle.is_none() {
            if output.body.is_some() && output.write.is_empty() {
                bail!("--body names what is kept; give --save, --bundle or --write with it");
            }
            return Ok(kept);
        }
        let base = identity(known, overlay)?;
        let body = output.body.as_deref();
        if let Some(path) = &output.save {
            kept.run = Some(RunWriter::new(path, last, asked, &base, body)?);
        }
        let run = Run {
            command: "screen",
            inputs: &typed.files,
            typed: Typed::from(&typed.asking),
            asked,
            reading: &typed.reading,
            body,
            base: &base,
            overlay,
            servers: &last.servers,
        };
        kept.bundle = Keeping::new(&output.bundle, run)?;
        Ok(kept)
    }

    /// Whether anything is kept.
    pub(crate) fn any(&self) -> bool {
        self.run.is_some() || self.bundle.is_some()
    }

    /// Keeps a device.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn device(&mut self, device: &Device, report: &DeviceReport) -> Result<()> {
        if let Some(run) = &mut self.run {
            run.device(device, report)?;
        }
        self.bundle.as_mut().map_or(Ok(()), |bundle| bundle.device(device, report))
    }

    /// Keeps what was said of a file.
    pub(crate) fn said(&mut self, said: &Diagnostic) {
        let count = said.counts();
        if count > 0 {
            *self.said.entry(said.code.to_owned()).or_default() += count;
        }
        if let Some(Err(wrong)) = self.bundle.as_mut().map(|bundle| bundle.said(said)) {
            self.broken = Some(wrong);
        }
    }

    /// Ends what is kept; gives the seal of the bundle.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn finish(
        self,
        summary: impl FnOnce() -> Value,
        outputs: &[&PathBuf],
    ) -> Result<Option<String>> {
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        if let Some(run) = self.run {
            run.finish(&summary(), &self.said)?;
        }
        self.bundle.map(|bundle| bundle.finish(outputs)).transpose()
    }
}

/// Which base this run has.
///
/// # Errors
/// When the overlay cannot be read.
pub(crate) fn identity(known: &Known, overlay: Option<&Path>) -> Result<Identity> {
    let files = overlay.map(files_of).transpose()?.map(|(files, _)| files).unwrap_or_default();
    let (packed, addresses) = embedded();
    Identity::of(packed, addresses, &files, known)
}
