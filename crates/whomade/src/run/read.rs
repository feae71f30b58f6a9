//! `whomade read`: the raw step alone. What each file was taken for, and every observation with its
//! place; nothing is joined, and nobody is named.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::process::ExitCode;

use anyhow::Result;
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::observation::Device;
use whomade_core::report::clean;
use whomade_formats::read::{Format, LIMITS, Limit, Sink, Understood};
use whomade_formats::write::ndjson::Observations;

use crate::cli::Read;
use crate::out::Out;
use crate::render::finding::place_of;
use crate::run::beside::read_one;
use crate::run::heard::Heard;
use crate::run::inputs::Inputs;
use crate::run::screen::options;
use crate::run::servers::Servers;

struct Showing<'o> {
    out: &'o mut Out,
    heard: Heard,
    /// Where observations are written as lines, if that was asked.
    json: Option<Observations>,
    broken: Option<std::io::Error>,
    devices: u64,
}

/// Runs `whomade read`.
///
/// # Errors
/// When what was typed cannot be understood, or the output cannot be written.
pub(crate) fn run(out: &mut Out, typed: &Read) -> Result<ExitCode> {
    if typed.formats {
        let formats: Vec<Format> = Format::all().collect();
        let wide = formats.iter().map(|format| format.word.len()).max().unwrap_or(0);
        for format in formats {
            out.line(format!("{:<wide$}  {}", format.word, format.title))?;
        }
        out.line("\nEach is recognised by its content, also packed as .gz, .zst or .zip.")?;
        return Ok(ExitCode::SUCCESS);
    }
    if typed.limits {
        for one in LIMITS {
            let Limit { of, value, unit, code } = one;
            out.line(format!("{of:<34} {:>15} {unit:<13} {code}", grouped(*value)))?;
        }
        out.line("\nWhat is beyond a limit is said by that code; all else is read.")?;
        return Ok(ExitCode::SUCCESS);
    }
    let inputs = Inputs::find(&typed.files)?;
    let mut options = options(&typed.reading)?;
    options.searched = inputs.searched;
    let servers = Servers::ask(out, &inputs.files, &typed.reading.access)?;
    let heard = Heard::new(out.quiet, inputs.files.len(), &[]);
    let json = typed.json.then(Observations::default);
    let mut showing = Showing { out, heard, json, broken: None, devices: 0 };
    for file in &inputs.files {
        read_one(file, &servers, &options, &mut showing);
    }
    showing.heard.progress.clear();
    if let Some(broken) = showing.broken {
        return Err(broken.into());
    }
    showing.out.rows.flush()?;
    let bad = showing.heard.worst == Some(Severity::Error) || showing.heard.refused;
    Ok(ExitCode::from(if bad || showing.devices == 0 { 2 } else { 0 }))
}

/// A number with a comma before every three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

impl Showing<'_> {
    fn show(&mut self, device: &Device) -> std::io::Result<()> {
        let rows = &mut self.out.rows;
        if let Some(json) = &mut self.json {
            return json.device(rows, device);
        }
        writeln!(rows, "{}  {}", clean(&place_of(device)), clean(&device.name))?;
        for seen in &device.observations {
            writeln!(rows, "  {:<18} {}", seen.field.id(), clean(&seen.value))?;
        }
        if let Some(seen) = device.record.seen {
            if let Some([first, last]) = seen.met() {
                let until = if first == last { String::new() } else { format!(" to {last}") };
                writeln!(rows, "  {:<18} {first}{until}", "seen")?;
            }
            if let Some(end) = seen.lease_end() {
                writeln!(rows, "  {:<18} {end}", "lease until")?;
            }
        }
        if let Some(day) = device.installed {
            writeln!(rows, "  {:<18} {day}", "installed")?;
        }
        for (heading, value) in &device.context {
            writeln!(rows, "  ({}) {}", clean(heading), clean(value))?;
        }
        Ok(())
    }
}

impl Sink for Showing<'_> {
    fn begins(&mut self, name: &str) {
        self.heard.begins(name);
    }

    fn opens(&mut self, files: usize) {
        self.heard.opens(files);
    }

    fn understood(&mut self, understood: Understood) {
        if let Some(json) = &mut self.json {
            json.section(understood.format.sort);
        }
        self.heard.understood(self.out, &understood);
    }

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        self.devices += 1;
        match self.show(&device) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.broken = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    fn diagnostic(&mut self, said: Diagnostic) {
        self.heard.diagnostic(self.out, &said);
    }

    fn progress(&mut self, bytes_read: u64, bytes_total: Option<u64>) {
        self.heard.progress.tick(bytes_read, bytes_total, self.devices);
    }
}
