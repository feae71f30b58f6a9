//! Plain lists: one model, address or other value a line, comments after `#`.

use compact_str::format_compact;
use whomade_core::assembly::Sort;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::{At, Device, Field, Observation, Record};

use super::encoding::Text;
use super::format::{Format, Input};
use super::kinds_text::REPLY_BYTES_MAX;
use super::lines::{Line, Lines};
use super::mac::{self, Found};
use super::report::{Report, cut, span32};
use super::rows::CELL_BYTES_MAX;
use super::{Because, ColumnUse, Understood, Use, content, replies, said, sums};

/// Lines between two reports of progress.
const TICK_LINES: u64 = 4096;

/// One model, address or other value a line; what nothing else is.
pub(crate) const FORMAT: Format = Format {
    word: "list",
    title: "a list, one value a line",
    sort: Sort::Register,
    recognises: |_| true,
    read,
};

/// Reads a list.
pub(crate) fn read(input: Input<'_>, report: &mut Report<'_>) {
    let field = usual_field(&input.text_of_head());
    let mut lines = Lines::new(Text::new(input.stream, &input.head));
    report.understood(Understood {
        format: FORMAT,
        encoding: lines.text.name(),
        delimiter: None,
        sheet: None,
        header_line: None,
        columns: vec![ColumnUse {
            index: 0,
            header: String::new(),
            used_as: Use::Field(field),
            because: Because::Content,
            days: None,
        }],
    });
    let before = report.devices;
    let mut reply: Option<Record> = None;
    while let Some(line) = lines.next() {
        said::tell_cut(&line, report);
        let number = line.number;
        let device = match (&mut reply, replies::opened_by(line.text)) {
            (_, Some(_)) => reply.replace(record(&line, report)).and_then(device_of_reply),
            (Some(open), None) => {
                go_on(open, line.text);
                None
            }
            (None, None) => device_of(&line, field, report),
        };
        if let Some(device) = device
            && report.device(device).is_break()
        {
            reply = None;
            break;
        }
        if number.is_multiple_of(TICK_LINES) {
            report.tick();
        }
    }
    if let Some(device) = reply.and_then(device_of_reply) {
        let _ = report.device(device);
    }
    if report.devices == before && lines.error.is_none() {
        said::tell_empty(report);
    }
    let text = &lines.text;
    said::tell_text(text.nuls, text.replaced, text.name(), report);
    if let Some(error) = &lines.error {
        said::tell_broken_off(error, lines.torn, report);
    }
}

fn record(line: &Line<'_>, report: &Report<'_>) -> Record {
    let (source, text) = (report.source.clone(), line.text.to_owned());
    Record { source, line: line.number, text, ..Record::default() }
}

/// Adds a line to a raw reply that is open.
fn go_on(reply: &mut Record, line: &str) {
    if reply.text.len() + line.len() < REPLY_BYTES_MAX {
        reply.text.push('\n');
        reply.text.push_str(line);
    }
}

/// A raw reply, from its status line to the next, is one device.
fn device_of_reply(record: Record) -> Option<Device> {
    let mut observations = replies::observations(&record.text);
    for seen in &mut observations {
        let start = record.text.find(seen.value.as_str());
        let span = start.map_or(0..0, |start| start..start + seen.value.len());
        seen.at = At::new(span32(span), 0);
    }
    let name = format_compact!("line {}", record.line);
    (!observations.is_empty()).then(|| Device { name, record, observations, ..Device::default() })
}

/// The line without its comment.
fn entry(line: &str) -> &str {
    let end = match line.find('#') {
        Some(0) => 0,
        // A `#` inside a word belongs to it.
        Some(at) if line[..at].ends_with([' ', '\t']) => at,
        _ => line.len(),
    };
    line[..end].trim()
}

/// What most lines are; a product when no form is told.
fn usual_field(head: &str) -> Field {
    let mut counts: Vec<(Field, usize)> = vec![];
    for line in head.lines().map(entry).filter(|line| !line.is_empty()).take(200) {
        let of_reply = replies::opened_by(line).is_some() || replies::is_header(line);
        let field = if of_reply { Some(Field::HttpHeaders) } else { content::recognise(line) };
        let field = field.unwrap_or(Field::Product);
        match counts.iter_mut().find(|(known, _)| *known == field) {
            Some((_, count)) => *count += 1,
            None => counts.push((field, 1)),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    counts.iter().find(|(_, count)| *count == most).map_or(Field::Product, |(field, _)| *field)
}

fn device_of(line: &Line<'_>, usual: Field, report: &mut Report<'_>) -> Option<Device> {
    let value = entry(line.text);
    if value.is_empty() || content::is_blank_word(value) || sums::is_sum(value) {
        return None;
    }
    let start = line.text.find(value).unwrap_or(0);
    let (value, _) = cut(value, CELL_BYTES_MAX);
    let span = start..start + value.len();
    let seen = match content::observed(value) {
        // A header of a reply that names nobody is no product.
        Some(Observation { field: Field::Label | Field::Product | Field::Model, .. }) | None
            if replies::is_header(value) =>
        {
            return None;
        }
        Some(seen) if usual != Field::Mac || seen.field == Field::Mac => seen,
        _ if usual == Field::Mac => return read_mac(line, value, span, report),
        Some(seen) => seen,
        None => Observation::new(Field::Product, value),
    };
    let inner = line.text.get(span.clone()).and_then(|text| text.find(seen.value.as_str()));
    let span = inner.map_or(span.clone(), |at| span.start + at..span.start + at + seen.value.len());
    if seen.field == Field::Mac
        && let Found::Mac { private: true, .. } = mac::find(&seen.value)
        && report.wants("read/private-mac")
    {
        let said = Diagnostic::new(
            "read/private-mac",
            format!("{} is locally administered or a group address", seen.value),
        );
        let place = report.place(line.number, line.text, span.clone(), "");
        report.say_counted(said.at(place));
    }
    Some(Device {
        name: format_compact!("line {}", line.number),
        record: record(line, report),
        observations: vec![Observation { at: At::new(span32(span), 0), ..seen }],
        ..Device::default()
    })
}

/// In a list of addresses an entry has one with words around it, or a damaged one: no product.
fn read_mac(
    line: &Line<'_>,
    value: &str,
    span: std::ops::Range<usize>,
    report: &mut Report<'_>,
) -> Option<Device> {
    if let Found::Mac { value: normal, .. } = mac::find(value) {
        return Some(Device {
            name: format_compact!("line {}", line.number),
            record: record(line, report),
            observations: vec![Observation {
                field: Field::Mac,
                value: normal.into(),
                at: At::new(span32(span), 0),
            }],
            ..Device::default()
        });
    }
    if report.wants("read/bad-mac") {
        let why = match mac::find(value) {
            Found::Damaged(damage) => damage.to_string(),
            _ => "not twelve hex digits".to_owned(),
        };
        let said = Diagnostic::new(
            "read/bad-mac",
            format!("\u{201C}{}\u{201D} is not a MAC address: {why}", cut(value, 60).0),
        );
        report.say_counted(said.at(report.place(line.number, line.text, span, &why)));
    }
    None
}
