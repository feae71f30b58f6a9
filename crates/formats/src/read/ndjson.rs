//! NDJSON of observations: `{"device": …, "field": …, "value": …}` or fields as keys.

use std::ops::ControlFlow;
use std::sync::Arc;

use compact_str::format_compact;
use serde_json::{Map, Value};
use whomade_core::assembly::Sort;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::{At, Device, Field, Observation};

use super::dates::{self, When};
use super::encoding::Text;
use super::format::{Format, Input};
use super::host::place;
use super::labelled::locate;
use super::lines::{Line, Lines};
use super::records::LINE_BYTES_MAX;
use super::report::{Report, cut, floor_boundary, span32};
use super::rows::CELL_BYTES_MAX;
use super::said;
use super::{DayOrder, Understood, Use, kinds, replies, words};
use super::{ip, mac, moments};
use crate::write::ndjson::VERSION;

mod exact;

use exact::{Exact, Is, Open};

/// Observations of one device.
pub(super) const OBSERVATIONS_MAX: usize = 4096;

/// Bytes of a value that is a whole reply.
const REPLY_BYTES_MAX: usize = super::kinds_text::REPLY_BYTES_MAX;

/// Lines between two reports of progress.
const TICK_LINES: u64 = 1024;

/// One JSON object a line, each with observations of a device.
pub(crate) const FORMAT: Format = Format {
    word: "ndjson",
    title: "observations, one JSON object a line",
    sort: Sort::Register,
    recognises: |head| !head.objects().is_empty() || head.is_one_cut_object(),
    read,
};

/// Reads observations line by line; adjacent lines of one device are joined.
pub(crate) fn read(input: Input<'_>, report: &mut Report<'_>) {
    let mut lines = Lines::new(Text::new(input.stream, &input.head));
    let mut reading = Reading::default();
    while let Some(line) = lines.next() {
        if line.text.trim().is_empty() {
            continue;
        }
        if reading.line(&line, report).is_break() {
            reading = Reading { told: true, ..Reading::default() };
            break;
        }
        if line.number.is_multiple_of(TICK_LINES) {
            report.tick();
        }
    }
    let any = reading.told;
    reading.tell(report);
    let _ = reading.give(report);
    if !any && lines.error.is_none() {
        said::tell_empty(report);
    }
    let text = &lines.text;
    said::tell_text(text.nuls, text.replaced, text.name(), report);
    if let Some(error) = &lines.error {
        said::tell_broken_off(error, lines.torn, report);
    }
}

/// What was understood: records of that sort, from the line on that says so.
fn understood(sort: Sort, header_line: Option<u64>) -> Understood {
    Understood {
        format: Format { sort, ..FORMAT },
        encoding: "UTF-8",
        delimiter: None,
        sheet: None,
        header_line,
        columns: vec![],
    }
}

/// The device whose lines are being read.
#[derive(Default)]
struct Reading {
    /// Of lines as anybody writes them.
    loose: Option<Device>,
    /// Of lines of ours.
    exact: Open,
    /// Whether it was told what was understood.
    told: bool,
}

impl Reading {
    /// Takes a line; one of another device gives the one before on.
    fn line(&mut self, line: &Line<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
        match Exact::of(line.text.trim()) {
            Some(Is::Section(sort)) => {
                self.give(report)?;
                self.told = true;
                report.understood(understood(sort, Some(line.number)));
                return ControlFlow::Continue(());
            }
            Some(Is::Device(exact)) => {
                self.tell(report);
                if let Some(done) = self.loose.take() {
                    report.device(done)?;
                }
                return self.exact.take(&exact, line, report);
            }
            None => {}
        }
        self.tell(report);
        said::tell_cut(line, report);
        self.exact.give(report)?;
        let Some((unnamed, device)) = device_of(line, report) else {
            return ControlFlow::Continue(());
        };
        if let Some(before) = &mut self.loose
            && !unnamed
            && before.name == device.name
            && before.record.seen == device.record.seen
        {
            join(before, device, report);
            return ControlFlow::Continue(());
        }
        match self.loose.replace(device) {
            Some(done) => report.device(done),
            None => ControlFlow::Continue(()),
        }
    }

    /// Tells what was understood, once, where no line of the file says it.
    fn tell(&mut self, report: &mut Report<'_>) {
        if !self.told {
            self.told = true;
            report.understood(understood(FORMAT.sort, None));
        }
    }

    /// Gives the open device on.
    fn give(&mut self, report: &mut Report<'_>) -> ControlFlow<()> {
        if let Some(done) = self.loose.take() {
            report.device(done)?;
        }
        self.exact.give(report)
    }
}

/// Adds what a further line says of the same device.
fn join(device: &mut Device, more: Device, report: &mut Report<'_>) {
    let offset = device.record.text.len() + 1;
    let room = LINE_BYTES_MAX.saturating_sub(offset);
    let fits = more.record.text.len() <= room;
    if fits {
        device.record.text.push('\n');
        device.record.text.push_str(&more.record.text);
    }
    for mut seen in more.observations {
        if device.observations.len() >= OBSERVATIONS_MAX {
            return tell_full(device, more.record.line, &more.record.text, report);
        }
        seen.at.span = if fits && !seen.at.span.is_empty() {
            let span = seen.at.span;
            span32(span.start as usize + offset..span.end as usize + offset)
        } else {
            0..0
        };
        device.observations.push(seen);
    }
    device.installed = device.installed.or(more.installed);
    let free = OBSERVATIONS_MAX.saturating_sub(device.context.len());
    device.context.extend(more.context.into_iter().take(free));
}

/// Says that a line of a device had no room.
fn tell_full(device: &Device, line: u64, text: &str, report: &mut Report<'_>) {
    if report.wants("read/many-observations") {
        let message = format!("{} has more than {OBSERVATIONS_MAX} observations", device.name);
        let place = report.place(line, text, 0..0, "");
        report.say_counted(Diagnostic::new("read/many-observations", message).at(place));
    }
}

/// The device of a line, and whether the line gave it no name.
fn device_of(line: &Line<'_>, report: &mut Report<'_>) -> Option<(bool, Device)> {
    let object: Map<String, Value> = match serde_json::from_str(line.text.trim()) {
        Ok(object) => object,
        Err(error) => {
            said::tell_bad_line(line.number, line.text, &error.to_string(), report);
            return None;
        }
    };
    let mut device = Device::default();
    device.record.source = Arc::clone(&report.source);
    device.record.line = line.number;
    device.record.text = line.text.to_owned();
    if let (Some(field), Some(value)) = (object.get("field"), object.get("value")) {
        named_value(&mut device, field.as_str().unwrap_or(""), value, line, report);
    } else if let (Some(kind), Some(raw)) = (object.get("kind"), object.get("raw")) {
        let seen = kinds::observations_of(kind.as_str().unwrap_or(""), raw.as_str().unwrap_or(""));
        device.observations.extend(seen);
    } else {
        let own = |key: &str, value: &Value| match key {
            "device" | "seen" => true,
            "v" => *value == VERSION,
            _ => false,
        };
        for (key, value) in object.iter().filter(|(key, value)| !own(key, value)) {
            named_value(&mut device, key, value, line, report);
        }
    }
    device.record.seen = object.get("seen").and_then(moments::seen_of);
    if let Some(name) = object.get("device").and_then(text_of) {
        device.name = cut(&name, CELL_BYTES_MAX).0.into();
    }
    let unnamed = device.name.is_empty();
    if unnamed {
        device.name = format_compact!("line {}", line.number);
    }
    Some((unnamed, device))
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Takes a value, or each of a list of values, under a key.
fn named_value(
    device: &mut Device,
    key: &str,
    value: &Value,
    line: &Line<'_>,
    report: &mut Report<'_>,
) {
    let field = Field::from_id(key).or_else(|| Field::from_id(&key.replace('_', "-")));
    let used_as = field.map(Use::Field).or_else(|| words::claim(key).map(|claim| claim.used_as));
    let Some(used_as) = used_as else {
        if report.wants("read/unknown-field") {
            let said = Diagnostic::new(
                "read/unknown-field",
                format!("\u{201C}{}\u{201D} is no field", cut(key, 60).0),
            );
            let span = locate(line.text, key);
            let place = report.place(line.number, line.text, span, "not read");
            report.say_counted(said.at(place));
        }
        return;
    };
    match value {
        Value::Array(values) => {
            for value in values.iter().filter_map(text_of).take(OBSERVATIONS_MAX) {
                take(device, used_as, key, &value, line, report);
            }
        }
        value => {
            if let Some(value) = text_of(value).filter(|value| !value.is_empty()) {
                take(device, used_as, key, &value, line, report);
            }
        }
    }
}

fn take(
    device: &mut Device,
    used_as: Use,
    key: &str,
    value: &str,
    line: &Line<'_>,
    report: &mut Report<'_>,
) {
    // Nearly every value stands there as it is.
    let found = place(line.text, 0, value);
    let span = if found.is_empty() { locate(line.text, value) } else { found };
    let at = At::new(span32(span.clone()), 0);
    match used_as {
        Use::Field(Field::Mac) => {
            let found = mac::find_all(value, 4);
            if found.is_empty() && report.wants("read/bad-mac") {
                let (said, why) = said::bad_mac(value);
                let place = report.place(line.number, line.text, span, &why);
                report.say_counted(said.at(place));
            }
            for (value, ..) in found {
                let (field, value, at) = (Field::Mac, value.into(), at.clone());
                device.observations.push(Observation { field, value, at });
            }
        }
        Use::Field(Field::Ip) => match ip::usual(value) {
            Some(value) => {
                let (field, value) = (Field::Ip, value.as_ref().into());
                device.observations.push(Observation { field, value, at });
            }
            None => device.context.push((Arc::from(key), cut(value, CELL_BYTES_MAX).0.into())),
        },
        Use::Field(field) => {
            let kept = &value[..floor_boundary(value, REPLY_BYTES_MAX)];
            let Some(all) = replies::within(field, kept) else {
                device.observations.push(Observation { field, value: kept.into(), at });
                return;
            };
            for mut seen in all {
                let span = locate(line.text, &seen.value);
                seen.at.span = if span.is_empty() { at.span.clone() } else { span32(span) };
                device.observations.push(seen);
            }
        }
        Use::Name if device.name.is_empty() => device.name = value.into(),
        Use::Installed => match dates::read(value, DayOrder::default()) {
            When::Day(day) | When::Otherwise(day) => device.installed = Some(day),
            _ => device.context.push((Arc::from(key), value.into())),
        },
        Use::Context | Use::Name => {
            device.context.push((Arc::from(key), cut(value, CELL_BYTES_MAX).0.into()));
        }
        Use::Ignored => {}
    }
}
