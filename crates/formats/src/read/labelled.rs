//! The labelled form: one JSON object a line with `kind` and `raw`, and what is known of the maker.

use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use compact_str::format_compact;
use serde_json::{Map, Value};
use whomade_core::assembly::Sort;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::{At, Device, Field, Record};

use super::clusters::Clusters;
use super::encoding::Text;
use super::format::{Format, Input};
use super::lines::Lines;
use super::report::{Report, span32};
use super::said;
use super::{Sink, Understood, gzip, kinds, mac};

/// Lines between two reports of progress.
const TICK_LINES: u64 = 256;

/// Addresses looked at to find the place of one.
const MACS_OF_A_LINE: usize = 64;

/// Bytes that the first of two joined parts must have to be looked for alone.
const FIRST_PART_MIN: usize = 4;

/// One labelled observation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labelled {
    /// Its id.
    pub id: String,
    /// The group of observations of one device, model or thread to which it belongs.
    pub cluster: String,
    /// What sort of observation it is.
    pub kind: String,
    /// The observation.
    pub raw: String,
    /// The name the equipment is sold under.
    pub label_brand: String,
    /// The maker asked for; `none` for a control, `unknown` when nobody can say.
    pub true_maker: String,
    /// The maker also of a control.
    pub actual_maker: String,
    /// Which of the lines of a score it counts for.
    pub role: String,
    /// `strong` or `weak`: whether the statement rests on more than the string itself.
    pub strength: String,
    /// The fold or half that the line itself names (`fold` or `split`); it is only checked, as a
    /// cluster's name chooses its fold.
    pub part: String,
    /// The device with the observations read from `kind` and `raw`, and nothing else.
    pub device: Device,
    /// The line on which it stands, counted from 1.
    pub line: u64,
}

/// Reads one line of the labelled form. The device has no source yet, and line 0.
///
/// Addresses and serial numbers of the kind `isapi` are left out: whoever published these dumps
/// had made them up.
///
/// # Errors
/// The reason, in words, when the line is no JSON object with `kind` and `raw`.
pub fn labelled_line(line: &str) -> Result<Labelled, String> {
    let object: Map<String, Value> =
        serde_json::from_str(line.trim()).map_err(|error| error.to_string())?;
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    if !object.contains_key("kind") || !object.contains_key("raw") {
        return Err("it has no kind and raw".to_owned());
    }
    let mut labelled = Labelled {
        id: text("id"),
        cluster: text("cluster"),
        kind: text("kind"),
        raw: text("raw"),
        label_brand: text("label_brand"),
        true_maker: text("true_maker"),
        actual_maker: text("actual_maker"),
        role: text("role"),
        strength: text("strength"),
        part: part_of(&object),
        ..Labelled::default()
    };
    let mut observations = kinds::observations_of(&labelled.kind, &labelled.raw);
    if labelled.kind == "isapi" {
        observations.retain(|seen| !matches!(seen.field, Field::Mac | Field::Serial));
    }
    for seen in &mut observations {
        seen.at = At::new(span32(locate(line, &seen.value)), 0);
    }
    labelled.device = Device {
        name: labelled.id.as_str().into(),
        record: Record { text: line.to_owned(), ..Record::default() },
        observations,
        ..Device::default()
    };
    Ok(labelled)
}

fn part_of(object: &Map<String, Value>) -> String {
    let part = ["fold", "split"].into_iter().find_map(|key| object.get(key));
    match part {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// Where a value stands in a line of JSON, also when it was normalised (an address, a host name)
/// or is the first of two parts that were joined; nowhere when it cannot be found.
pub(crate) fn locate(line: &str, value: &str) -> std::ops::Range<usize> {
    let encoded = Value::from(value).to_string();
    let inner = encoded.get(1..encoded.len() - 1).unwrap_or(value);
    if let Some(start) = line.find(inner) {
        return start..start + inner.len();
    }
    if let Some(start) = line.to_ascii_lowercase().find(inner) {
        return start..start + inner.len();
    }
    if let Some(normal) = mac::exact(value) {
        let all = mac::find_all(line, MACS_OF_A_LINE);
        let same = all.iter().find(|(found, ..)| *found == normal);
        return same.map_or(0..0, |(_, start, end, _)| *start..*end);
    }
    let first = inner.split(' ').next().filter(|first| first.len() >= FIRST_PART_MIN);
    let start = first.and_then(|first| Some((first, line.find(first)?)));
    start.map_or(0..0, |(first, start)| start..start + first.len())
}

/// Reads a labelled file for the evaluator.
///
/// Lines that cannot be read and kinds that are not known are diagnostics; nothing fails.
#[must_use]
pub fn read_labelled(path: &Path) -> (Vec<Labelled>, Vec<Diagnostic>) {
    struct Collect(Vec<Diagnostic>);
    impl Sink for Collect {
        fn understood(&mut self, _: Understood) {}
        fn device(&mut self, _: Box<Device>) -> ControlFlow<()> {
            ControlFlow::Continue(())
        }
        fn diagnostic(&mut self, diagnostic: Diagnostic) {
            self.0.push(diagnostic);
        }
    }
    let mut sink = Collect(vec![]);
    let mut all = vec![];
    let name = path.to_string_lossy().into_owned();
    let read = std::rc::Rc::default();
    let mut report = Report::new(&mut sink, &name, std::rc::Rc::clone(&read), None);
    let opened = File::open(path).and_then(|file| gzip::open(Box::new(file), read));
    match opened {
        Ok(opened) => {
            let head = opened.head;
            let mut clusters = Clusters::default();
            walk(opened.input, &head, &mut report, &mut |mut labelled, report| {
                clusters.check(&mut labelled, report);
                all.push(labelled);
                ControlFlow::Continue(())
            });
        }
        Err(error) => {
            let said = Diagnostic::new("read/cannot-open", format!("{name}: {error}"));
            report.say_of_file(said);
        }
    }
    report.finish();
    (all, sink.0)
}

/// One JSON object a line with `kind` and `raw`. Who names a device gives observations of their
/// own, not labelled ones.
pub(crate) const FORMAT: Format = Format {
    word: "labelled",
    title: "labelled observations, one JSON object a line",
    sort: Sort::Register,
    recognises: |head| head.lines_have(&["kind", "raw"]) && !head.lines_have(&["device"]),
    read,
};

/// Reads labelled observations as devices.
pub(crate) fn read(input: Input<'_>, report: &mut Report<'_>) {
    report.understood(Understood {
        format: FORMAT,
        encoding: "UTF-8",
        delimiter: None,
        sheet: None,
        header_line: None,
        columns: vec![],
    });
    let take: &mut Take<'_> = &mut |labelled, report| report.device(labelled.device);
    walk(input.stream, &input.head, report, take);
}

/// What is done with each observation.
type Take<'t> = dyn FnMut(Labelled, &mut Report<'_>) -> ControlFlow<()> + 't;

fn walk<R: Read>(input: R, head: &[u8], report: &mut Report<'_>, take: &mut Take<'_>) {
    let mut lines = Lines::new(Text::new(input, head));
    let mut any = false;
    while let Some(line) = lines.next() {
        if line.text.trim().is_empty() {
            continue;
        }
        any = true;
        said::tell_cut(&line, report);
        let (number, text) = (line.number, line.text);
        let mut labelled = match labelled_line(text) {
            Ok(labelled) => labelled,
            Err(why) => {
                said::tell_bad_line(number, text, &why, report);
                continue;
            }
        };
        if !kinds::is_known(&labelled.kind) && report.wants("read/unknown-kind") {
            let said = Diagnostic::new(
                "read/unknown-kind",
                format!("observations of the kind \u{201C}{}\u{201D} are not known", labelled.kind),
            );
            let place = report.place(number, text, locate(text, &labelled.kind), "not read");
            report.say_counted(said.at(place));
        }
        labelled.line = number;
        labelled.device.record.line = number;
        labelled.device.record.source = Arc::clone(&report.source);
        if labelled.device.name.is_empty() {
            labelled.device.name = format_compact!("line {number}");
        }
        if take(labelled, report).is_break() {
            break;
        }
        if number.is_multiple_of(TICK_LINES) {
            report.tick();
        }
    }
    if !any && lines.error.is_none() {
        said::tell_empty(report);
    }
    let text = &lines.text;
    said::tell_text(text.nuls, text.replaced, text.name(), report);
    if let Some(error) = &lines.error {
        said::tell_broken_off(error, lines.torn, report);
    }
}
