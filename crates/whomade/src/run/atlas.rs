//! `whomade atlas`: labels and whose firmware form they filed, as one page.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use whomade_core::atlas::Atlas;
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::evidence::{Read, Reader};
use whomade_core::kb::Base;
use whomade_core::observation::Device;
use whomade_core::report::clean;
use whomade_formats::read::{Sink, Understood};

use crate::cli;
use crate::out::Out;
use crate::render::atlas::{self, View};
use crate::render::diagnostics;
use crate::run::beside::{self, Taker};
use crate::run::heard::Heard;
use crate::run::inputs::Inputs;
use crate::run::names::file_name;
use crate::run::screen::options;
use crate::run::servers::Servers;
use crate::saved::write_whole;
use whomade_inquiry::asking::day;
use whomade_inquiry::base::load;
use whomade_inquiry::estate::judged;

/// Takes what is read, and counts it.
struct Charting<'b, 'o> {
    base: &'b Base,
    reader: Reader<'b>,
    atlas: Atlas,
    out: &'o mut Out,
    heard: Heard,
    /// Products done with, for the reading to fill again.
    spare: Vec<Box<Device>>,
    spare_reads: Vec<Box<Read>>,
}

impl Sink for Charting<'_, '_> {
    fn begins(&mut self, name: &str) {
        self.heard.begins(name);
    }

    fn opens(&mut self, files: usize) {
        self.heard.opens(files);
    }

    fn understood(&mut self, understood: Understood) {
        self.heard.understood(self.out, &understood);
    }

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        self.take(device, None)
    }

    fn spare(&mut self) -> Box<Device> {
        self.spare.pop().unwrap_or_default()
    }

    fn diagnostic(&mut self, said: Diagnostic) {
        self.heard.diagnostic(self.out, &said);
    }

    fn progress(&mut self, bytes_read: u64, bytes_total: Option<u64>) {
        self.heard.progress.tick(bytes_read, bytes_total, self.atlas.products);
    }
}

impl Taker for Charting<'_, '_> {
    fn take(&mut self, device: Box<Device>, read: Option<Box<Read>>) -> ControlFlow<()> {
        let read = match read {
            Some(read) => read,
            None => {
                let mut read = self.spare_read();
                self.reader.read_into(&device, &mut read);
                read
            }
        };
        self.atlas.add(self.base, &device, &read);
        self.spare.push(device);
        self.spare_reads.push(read);
        ControlFlow::Continue(())
    }

    fn spare_read(&mut self) -> Box<Read> {
        self.spare_reads.pop().unwrap_or_default()
    }
}

/// Runs `whomade atlas`.
///
/// # Errors
/// When what was asked cannot be understood, or the page cannot be written.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: &cli::Atlas) -> Result<ExitCode> {
    let on = day(typed.on.as_deref())?;
    let mut options = options(&typed.reading)?;
    let inputs = Inputs::find(&typed.files)?;
    options.searched = inputs.searched;
    let servers = Servers::ask(out, &inputs.files, &typed.reading.access)?;
    let (known, said) = load(overlay)?;
    for one in &said {
        if one.severity == Severity::Error || !out.quiet {
            diagnostics::write(&mut out.aside, one)?;
        }
    }
    let base = &known.base;
    let heard = Heard::new(out.quiet, inputs.files.len(), &said);
    let (reader, atlas) = (Reader::new(base), Atlas::default());
    let (spare, spare_reads) = (Vec::new(), Vec::new());
    let mut charting = Charting { base, reader, atlas, out, heard, spare, spare_reads };
    let joining = judged(&typed.reading.apart, &typed.reading.together)?;
    let read = (&inputs.files[..], &servers);
    let _ = beside::read(read, &options, joining, base, &mut charting);
    charting.heard.progress.clear();
    let Charting { atlas, out, heard, .. } = charting;
    let worst = heard.worst;
    if heard.refused || atlas.products == 0 && worst == Some(Severity::Error) {
        return Ok(ExitCode::from(2));
    }
    // The folder in which the files lie is nobody's business but the user's.
    let names = inputs.files.iter().map(|file| match file_name(file) {
        name if file != Path::new("-") => clean(&name),
        _ => "standard input".to_owned(),
    });
    let view = View::new(base, &atlas, on, names.collect());
    if let Some(path) = &typed.html {
        write_whole(path, atlas::page(&view).as_bytes())?;
    }
    if typed.json {
        out.line(atlas::json(&view).to_string())?;
    } else {
        atlas::text(out, &view)?;
    }
    if let Some(path) = &typed.html
        && !out.quiet
    {
        writeln!(out.aside, "written: {}", path.display())?;
    }
    let strict = typed.reading.strict && worst >= Some(Severity::Warning);
    Ok(ExitCode::from(if strict { 2 } else { 0 }))
}
