//! `whomade atlas`: labels and whose firmware form they filed, as one page.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use whomade_core::atlas::Atlas;
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::evidence::Reader;
use whomade_core::kb::Base;
use whomade_core::observation::Device;
use whomade_core::report::clean;
use whomade_formats::read::{Sink, Understood};

use crate::base::load;
use crate::cli;
use crate::out::Out;
use crate::render::atlas::{self, View};
use crate::render::diagnostics;
use crate::run::asking::day;
use crate::run::heard::Heard;
use crate::run::screen::{options, read_one};
use crate::saved::write_whole;

/// Takes what is read, and counts it.
struct Charting<'b, 'o> {
    base: &'b Base,
    reader: Reader<'b>,
    atlas: Atlas,
    out: &'o mut Out,
    heard: Heard,
}

impl Sink for Charting<'_, '_> {
    fn understood(&mut self, understood: Understood) {
        self.heard.understood(self.out, &understood);
    }

    fn device(&mut self, device: Device) -> ControlFlow<()> {
        let read = self.reader.read(&device);
        self.atlas.add(self.base, &device, &read);
        ControlFlow::Continue(())
    }

    fn diagnostic(&mut self, said: Diagnostic) {
        self.heard.diagnostic(self.out, &said);
    }

    fn progress(&mut self, bytes_read: u64, bytes_total: Option<u64>) {
        self.heard.progress.tick(bytes_read, bytes_total, self.atlas.products);
    }
}

/// Runs `whomade atlas`.
///
/// # Errors
/// When what was asked cannot be understood, or the page cannot be written.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: &cli::Atlas) -> Result<ExitCode> {
    let on = day(typed.on.as_deref())?;
    let options = options(&typed.reading)?;
    let (known, said) = load(overlay)?;
    for one in &said {
        if one.severity == Severity::Error || !out.quiet {
            diagnostics::write(&mut out.aside, one)?;
        }
    }
    let base = &known.base;
    let heard = Heard::new(out.quiet, &said);
    let (reader, atlas) = (Reader::new(base), Atlas::default());
    let mut charting = Charting { base, reader, atlas, out, heard };
    for file in &typed.files {
        read_one(file, &options, &mut charting);
    }
    charting.heard.progress.clear();
    let Charting { atlas, out, heard, .. } = charting;
    let worst = heard.worst;
    if heard.refused || atlas.products == 0 && worst == Some(Severity::Error) {
        return Ok(ExitCode::from(2));
    }
    // The folder in which the files lie is nobody's business but the user's.
    let names = typed.files.iter().map(|file| match file.file_name() {
        Some(name) if file != Path::new("-") => clean(&name.to_string_lossy()),
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
