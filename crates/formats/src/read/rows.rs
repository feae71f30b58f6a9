//! A row of a table, read by its plan, is a device.

use std::sync::Arc;

use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::{At, Device, Field, Observation, Record};

use super::columns::{Plan, Step};
use super::dates::{self, When};
use super::mac::{self, Found};
use super::records::Row;
use super::report::{Report, cut, span32};
use super::{Use, content};

/// Bytes of one cell that are kept: a spreadsheet's cell has no more characters.
pub(crate) const CELL_BYTES_MAX: usize = 32_767;

/// Addresses taken from one cell.
const MACS_OF_A_CELL_MAX: usize = 4;

/// Words that stand before the sums at the foot of a table.
const SUM_WORDS: [&str; 9] =
    ["total", "totals", "sum", "summe", "gesamt", "totale", "totaal", "suma", "razem"];

fn is_sum(name: &str) -> bool {
    let name = name.trim_end_matches(':').trim();
    SUM_WORDS.iter().any(|word| name.eq_ignore_ascii_case(word))
}

/// Reads a row; `None` when it holds no device.
pub(crate) fn device_of(
    row: &Row<'_>,
    plan: &Plan,
    sheet: Option<&Arc<str>>,
    report: &mut Report<'_>,
) -> Option<Device> {
    let mut device =
        Device { observations: Vec::with_capacity(plan.steps.len()), ..Device::default() };
    let mut filled = 0;
    for step in &plan.steps {
        let value = row.value(step.index);
        if value.is_empty() {
            continue;
        }
        filled += 1;
        if content::is_blank_word(value) {
            continue;
        }
        take(&mut device, step, row, value, report);
    }
    // A word alone is as likely the foot of a table as a device, and a sum is one for certain; a
    // number is a device of which nothing is known yet.
    let word = !device.name.contains(|c: char| c.is_ascii_digit());
    let foot = device.name.is_empty() || (filled < 2 && word) || is_sum(&device.name);
    if device.observations.is_empty() && foot {
        return None;
    }
    if device.name.is_empty() {
        device.name = format!("line {}", row.line);
    }
    device.record = Record {
        source: Arc::clone(&report.source),
        sheet: sheet.cloned(),
        line: row.line,
        text: row.text.to_owned(),
    };
    Some(device)
}

fn take(device: &mut Device, step: &Step, row: &Row<'_>, value: &str, report: &mut Report<'_>) {
    let (kept, was_cut) = cut(value, CELL_BYTES_MAX);
    if was_cut && report.wants("read/long-value") {
        let said = Diagnostic::new(
            "read/long-value",
            format!("a cell of {} bytes was cut to {CELL_BYTES_MAX}", value.len()),
        );
        let span = row.span(step.index);
        report.say_counted(said.at(report.place(row.line, row.text, span, "this cell")));
    }
    match step.used_as {
        Use::Field(Field::Mac) => take_mac(device, step, row, kept, report),
        Use::Field(field) => device.observations.push(Observation {
            field,
            value: kept.to_owned(),
            at: At { span: span32(row.span(step.index)), column: column(step) },
        }),
        Use::Name => kept.clone_into(&mut device.name),
        Use::Installed => take_day(device, step, row, kept, report),
        Use::Context => device.context.push((Arc::clone(&step.heading), kept.to_owned())),
        Use::Ignored => {}
    }
}

fn column(step: &Step) -> u32 {
    u32::try_from(step.index + 1).unwrap_or(u32::MAX)
}

fn take_mac(device: &mut Device, step: &Step, row: &Row<'_>, value: &str, report: &mut Report<'_>) {
    let cell = row.span(step.index);
    // The place inside the cell is known only when the cell stands there unescaped.
    let exact = cell.len() == value.len();
    let found = mac::find_all(value, MACS_OF_A_CELL_MAX);
    for (normal, start, end, private) in &found {
        let span = if exact { cell.start + start..cell.start + end } else { cell.clone() };
        if *private && report.wants("read/private-mac") {
            let said = Diagnostic::new(
                "read/private-mac",
                format!("{normal} is locally administered or a group address"),
            );
            let label = "no registry knows whose it is";
            report.say_counted(said.at(report.place(row.line, row.text, span.clone(), label)));
        }
        let at = At { span: span32(span), column: column(step) };
        device.observations.push(Observation { field: Field::Mac, value: normal.clone(), at });
    }
    if !found.is_empty() || !report.wants("read/bad-mac") {
        return;
    }
    let why = match mac::find(value) {
        Found::Damaged(damage) => damage.to_string(),
        _ => "not twelve hex digits".to_owned(),
    };
    let shown = cut(value, 60).0;
    let said = Diagnostic::new(
        "read/bad-mac",
        format!("\u{201C}{shown}\u{201D} is not a MAC address: {why}"),
    )
    .help("look at the sticker of the device; the value was not used");
    report.say_counted(said.at(report.place(row.line, row.text, cell, &why)));
}

fn take_day(device: &mut Device, step: &Step, row: &Row<'_>, value: &str, report: &mut Report<'_>) {
    match dates::read(value) {
        When::Day(day) => {
            device.installed = Some(day);
            return;
        }
        When::Year => {}
        When::Unread => {
            if report.wants("read/bad-date") {
                let said = Diagnostic::new(
                    "read/bad-date",
                    format!("\u{201C}{}\u{201D} is not a day", cut(value, 60).0),
                )
                .help("write it as 2019-08-13");
                let span = row.span(step.index);
                let place = report.place(row.line, row.text, span, "no day that can be read");
                report.say_counted(said.at(place));
            }
        }
    }
    device.context.push((Arc::clone(&step.heading), value.to_owned()));
}
