//! `whomade check`: a quoted label and model in one line: what it is, what is sourced, what to
//! ask. For the desk at which a quote is signed, not for the record: `identify` has the rest.

use std::io::{self, BufRead, Read as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use whomade_core::diagnostic::{Diagnostic, Place, Severity};
use whomade_core::kb::names::{NameMatch, Names};
use whomade_core::kb::quote::{Quote, like_a_model, model_in};
use whomade_core::observation::{Device, Field, Observation, Record};
use whomade_core::report::clean;

use crate::cli::Check;
use crate::out::Out;
use crate::render::diagnostics;
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::{Known, load};
use whomade_inquiry::worker::{Found, Worker};

mod line;

/// Longer items are no label and model.
const ITEM_CHARS_MAX: usize = 500;
/// A line of standard input is read this far; the rest of it is passed over.
const LINE_BYTES_MAX: u64 = 1 << 16;

/// How the run ends: the worst of its items.
#[derive(Default)]
struct Ended {
    answered: u64,
    named: bool,
    failed: bool,
}

/// Runs `whomade check`.
///
/// # Errors
/// When what was asked cannot be understood, or standard input cannot be read.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: &Check) -> Result<ExitCode> {
    let (known, said) = load(overlay)?;
    let asked = Asked::check(&known.base, &typed.asking)?;
    // How old each regime's sources are is worth a word only to somebody who asks of a regime.
    let of_rules = if asked.open { Vec::new() } else { asked.diagnostics() };
    for one in said.iter().chain(&of_rules) {
        if one.severity == Severity::Error || !out.quiet {
            diagnostics::write(&mut out.aside, one)?;
        }
    }
    let mut worker = Worker::new(&known, &asked);
    let mut ended = Ended {
        // With facts of the overlay missing, "names none" would say too much.
        failed: said.iter().any(|one| one.severity == Severity::Error),
        ..Ended::default()
    };
    let mut one = |out: &mut Out, item: &str, source: &str, line: u64| {
        answer(out, &known, &asked, &mut worker, &mut ended, typed.json, (item, source, line))
    };
    if typed.items.is_empty() || typed.items == ["-"] {
        each_line(|text, line| one(out, text, "standard input", line))?;
    } else {
        for item in &typed.items {
            one(out, item, "command line", 0)?;
        }
    }
    if ended.answered == 0 && !ended.failed {
        say(out, nothing())?;
    }
    Ok(match ended {
        Ended { failed: true, .. } | Ended { answered: 0, .. } => ExitCode::from(2),
        Ended { named, .. } => ExitCode::from(u8::from(named)),
    })
}

/// Reads standard input line by line; blank lines are passed over.
fn each_line(mut each: impl FnMut(&str, u64) -> Result<()>) -> Result<()> {
    use std::io::IsTerminal as _;
    let input = io::stdin();
    if input.is_terminal() {
        return Ok(());
    }
    let mut input = input.lock();
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        if input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        if bytes.last() != Some(&b'\n') {
            pass_over(&mut input)?;
        }
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_start_matches('\u{feff}').trim();
        // A line behind a # is somebody's note to himself.
        if !text.is_empty() && !text.starts_with('#') {
            each(text, line)?;
        }
    }
    Ok(())
}

/// Skips what is left of a line without keeping it.
fn pass_over(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let held = input.fill_buf()?;
        let (skip, ended) = match held.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (held.len(), held.is_empty()),
        };
        input.consume(skip);
        if ended {
            return Ok(());
        }
    }
}

fn nothing() -> Diagnostic {
    Diagnostic::new("ask/nothing-given", "there is nothing to check")
        .help("try: whomade check \"LTS CMIP7422N-28M\"")
}

fn say(out: &mut Out, said: Diagnostic) -> io::Result<()> {
    diagnostics::write(&mut out.aside, &said)
}

/// Answers one item.
fn answer(
    out: &mut Out,
    known: &Known,
    asked: &Asked,
    worker: &mut Worker<'_>,
    ended: &mut Ended,
    as_json: bool,
    (item, source, line): (&str, &str, u64),
) -> Result<()> {
    let item = item.trim();
    let at = |said: Diagnostic| {
        if line == 0 {
            return said;
        }
        said.at(Place { source: source.into(), line, ..Place::default() })
    };
    if !item.chars().any(char::is_alphanumeric) {
        ended.failed = true;
        return Ok(say(out, at(nothing()))?);
    }
    if item.chars().nth(ITEM_CHARS_MAX).is_some() {
        ended.failed = true;
        let message = format!("an item is longer than {ITEM_CHARS_MAX} characters");
        let said = Diagnostic::new("ask/long-item", message);
        let help = "an item is a label and a model number; `whomade screen` reads lists";
        return Ok(say(out, at(said.help(help)))?);
    }
    let Quote { offered, or_equal } = known.base.quote(item);
    let mut found: Vec<Found> = Vec::new();
    for text in &offered {
        let one = worker.work(device_of(known, text, source));
        // A second number of the same maker asks nothing new.
        match found.iter_mut().find(|other| line::comes_to_the_same(other, &one)) {
            Some(other) if other.design().certainty < one.design().certainty => *other = one,
            Some(_) => {}
            None => found.push(one),
        }
    }
    ended.answered += 1;
    ended.named |= found.iter().any(line::is_named);
    let told = line::Told { known, asked, item, found: &found, or_equal };
    out.line(if as_json { told.json().to_string() } else { told.sentence() })?;
    for one in found {
        worker.take_back(one);
    }
    Ok(())
}

/// The device that a quoted item speaks of.
fn device_of(known: &Known, item: &str, source: &str) -> Device {
    let names = &known.base.names;
    let (label, rest) = match names.quoted(item) {
        (None, rest) => behind(names, rest).unwrap_or((None, rest)),
        labelled => labelled,
    };
    let mut observations = Vec::new();
    let mut add = |field, value: &str| observations.push(Observation::new(field, value));
    if let Some(label) = label {
        add(Field::Label, label);
    }
    if !rest.is_empty() {
        add(Field::Model, rest);
        // The item is named first; its lens and its colour stand behind it.
        if let Some(word) = model_in(rest)
            && word != rest
        {
            add(Field::Model, word);
        }
    }
    let record = Record { source: source.into(), ..Record::default() };
    Device { name: clean(item).into(), record, observations, ..Device::default() }
}

/// The label where it stands behind the model number: `DS-2CD2143G2-I Hikvision`, `… by LTS`.
fn behind<'i>(names: &Names, item: &'i str) -> Option<(Option<&'i str>, &'i str)> {
    let (model, label) = item.rsplit_once(char::is_whitespace)?;
    let known = matches!(names.find(label), Some((_, NameMatch::Same)));
    let model = model.trim_end();
    let model = model.strip_suffix(" by").or_else(|| model.strip_suffix(" von")).unwrap_or(model);
    (known && like_a_model(model)).then_some((Some(label), model))
}
