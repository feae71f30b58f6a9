//! The devices of a screening as observations, one JSON object a line: what was read, joined into
//! devices, and nothing of what was thought of it.

use std::io::{self, Write as _};

use whomade_core::assembly::Sort;
use whomade_core::diagnostic::Diagnostic;

use super::format::{Ending, Finding, Format, Run, Sink, Target};
use super::ndjson::Observations;

pub(crate) const FORMAT: Format = Format {
    word: "ndjson",
    title: "observations, one JSON object a line, which are read again as they were",
    endings: &[".ndjson", ".jsonl"],
    open,
};

fn open<'r>(target: Target, _run: &'r Run<'r>) -> io::Result<Box<dyn Sink + 'r>> {
    let mut lines = Observations::default();
    // Devices that were joined are not joined again: each is one of a register.
    lines.section(Sort::Register);
    Ok(Box::new(Writing { target, lines }))
}

struct Writing {
    target: Target,
    lines: Observations,
}

impl Sink for Writing {
    fn device(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        self.lines.device(&mut self.target, finding.device)
    }

    fn finish(mut self: Box<Self>, _ending: &Ending<'_>) -> io::Result<Vec<Diagnostic>> {
        self.target.flush()?;
        Ok(Vec::new())
    }
}
