//! A row of a table, read by its plan, is a device.

use std::ops::Range;
use std::sync::Arc;

use compact_str::{CompactString, format_compact};
use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::{At, Device, Field, Observation};

use super::columns::{Plan, Step};
use super::dates::{self, When};
use super::records::Row;
use super::report::{Report, cut, span32};
use super::sums::{self, Sum};
use super::{Use, content, days, replies, said};
use super::{ip, mac};

/// Bytes of one cell that are kept: a spreadsheet's cell has no more characters.
pub(crate) const CELL_BYTES_MAX: usize = 32_767;

/// Addresses taken from one cell.
const MACS_OF_A_CELL_MAX: usize = 4;

/// Bytes of a text that needs no memory of its own.
const INLINE_BYTES: usize = size_of::<CompactString>();

/// Writes a text over another, whose memory serves again.
pub(crate) fn filled_with(text: &mut CompactString, value: &str) {
    if text.is_heap_allocated() || value.len() > INLINE_BYTES {
        text.clear();
        text.push_str(value);
    } else {
        *text = CompactString::new(value);
    }
}

/// A device that is being filled; what was in it before is written over, so that its memory
/// serves again.
struct Filling {
    device: Box<Device>,
    seen: usize,
    told: usize,
}

impl Filling {
    fn new(mut device: Box<Device>) -> Self {
        device.name.clear();
        device.installed = None;
        device.others.clear();
        (device.record.seen, device.record.origin) = (None, None);
        Self { device, seen: 0, told: 0 }
    }

    fn observe(&mut self, field: Field, value: &str, at: At) {
        match self.device.observations.get_mut(self.seen) {
            Some(place) => {
                (place.field, place.at) = (field, at);
                filled_with(&mut place.value, value);
            }
            None => {
                let value = value.into();
                self.device.observations.push(Observation { field, value, at });
            }
        }
        self.seen += 1;
    }

    fn tell(&mut self, heading: &Arc<str>, value: &str) {
        match self.device.context.get_mut(self.told) {
            Some((place, text)) => {
                if !Arc::ptr_eq(place, heading) {
                    *place = Arc::clone(heading);
                }
                filled_with(text, value);
            }
            None => self.device.context.push((Arc::clone(heading), value.into())),
        }
        self.told += 1;
    }

    fn record(&mut self, source: &Arc<str>, sheet: Option<&Arc<str>>, row: &Row<'_>) {
        let record = &mut self.device.record;
        if !Arc::ptr_eq(&record.source, source) {
            record.source = Arc::clone(source);
        }
        record.sheet = sheet.cloned();
        record.line = row.line;
        row.text.clone_into(&mut record.text);
    }

    fn done(mut self) -> Box<Device> {
        self.device.observations.truncate(self.seen);
        self.device.context.truncate(self.told);
        self.device
    }
}

/// Reads a row; `None` when it holds no device.
pub(crate) fn device_of(
    row: &Row<'_>,
    plan: &Plan,
    sheet: Option<&Arc<str>>,
    report: &mut Report<'_>,
) -> Option<Box<Device>> {
    if plan.secrets.is_empty() {
        return read(row, plan, sheet, report);
    }
    let text = masked(row, &plan.secrets);
    read(&Row { text: &text, ..*row }, plan, sheet, report)
}

/// The text of a row in which the cells of these columns are written over, so that what somebody
/// logs in with is neither kept nor shown.
pub(crate) fn masked(row: &Row<'_>, columns: &[usize]) -> String {
    let mut text = row.text.to_owned();
    for index in columns {
        let span = row.span(*index);
        let stars = "*".repeat(span.len());
        text.replace_range(span, &stars);
    }
    text
}

fn read(
    row: &Row<'_>,
    plan: &Plan,
    sheet: Option<&Arc<str>>,
    report: &mut Report<'_>,
) -> Option<Box<Device>> {
    let mut filling = Filling::new(report.spare());
    let mut filled = 0;
    let mut sum = Sum::default();
    for step in &plan.steps {
        let (value, span) = row.cell(step.index);
        if value.is_empty() {
            continue;
        }
        filled += 1;
        report.unwrapped += u64::from(row.is_unwrapped(step.index, &span));
        sum.take(value);
        if content::is_blank_word(value) {
            continue;
        }
        take(&mut filling, step, row, (value, span), report);
    }
    if sum.is_one() {
        return None;
    }
    if filling.seen == 0 {
        // A word alone is as likely the foot of a table as a device, and a sum is one for
        // certain; a number is a device of which nothing is known yet.
        let name = &filling.device.name;
        let word = !name.contains(|c: char| c.is_ascii_digit());
        if name.is_empty() || (filled < 2 && word) || sums::is_sum(name) {
            return None;
        }
    }
    if filling.device.name.is_empty() {
        filling.device.name = format_compact!("line {}", row.line);
    }
    filling.record(&report.source, sheet, row);
    Some(filling.done())
}

fn take(
    filling: &mut Filling,
    step: &Step,
    row: &Row<'_>,
    (value, span): (&str, Range<usize>),
    report: &mut Report<'_>,
) {
    let (kept, was_cut) = cut(value, CELL_BYTES_MAX);
    if was_cut && report.wants("read/long-value") {
        let said = Diagnostic::new(
            "read/long-value",
            format!("a cell of {} bytes was cut to {CELL_BYTES_MAX}", value.len()),
        );
        let place = report.place(row.line, row.text, span.clone(), "this cell");
        report.say_counted(said.at(place));
    }
    match step.used_as {
        Use::Field(Field::Mac) => take_mac(filling, step, row, kept, report),
        Use::Field(Field::Ip) => take_ip(filling, step, (kept, span)),
        // A protocol that everybody speaks: it stands where a video manager knows no maker.
        Use::Field(Field::Label) if kept.eq_ignore_ascii_case("onvif") => {
            filling.tell(&step.heading, kept);
        }
        Use::Field(field) => match replies::within(field, kept) {
            None => {
                let at = At::new(span32(span), column(step));
                filling.observe(field, kept, at);
            }
            Some(all) => {
                for seen in all {
                    let inner = row.text.get(span.clone()).and_then(|t| t.find(&*seen.value));
                    let start = span.start + inner.unwrap_or(0);
                    let found = inner.map(|_| start..start + seen.value.len());
                    let span = span32(found.unwrap_or_else(|| span.clone()));
                    filling.observe(seen.field, &seen.value, At::new(span, column(step)));
                }
            }
        },
        Use::Name => filled_with(&mut filling.device.name, kept),
        Use::Installed => take_day(filling, step, row, kept, report),
        Use::Context => filling.tell(&step.heading, kept),
        Use::Ignored => {}
    }
}

fn column(step: &Step) -> u32 {
    u32::try_from(step.index + 1).unwrap_or(u32::MAX)
}

fn take_mac(
    filling: &mut Filling,
    step: &Step,
    row: &Row<'_>,
    value: &str,
    report: &mut Report<'_>,
) {
    let cell = row.span(step.index);
    // The place inside the cell is known only when the cell stands there unescaped.
    let exact = cell.len() == value.len();
    if let Some(usual) = mac::Usual::of(value) {
        let span = if exact { cell.start..cell.start + value.len() } else { cell };
        observe_mac(filling, step, row, (usual.as_str(), usual.private), span, report);
        return;
    }
    let found = mac::find_all(value, MACS_OF_A_CELL_MAX);
    for (normal, start, end, private) in &found {
        let span = if exact { cell.start + start..cell.start + end } else { cell.clone() };
        observe_mac(filling, step, row, (normal, *private), span, report);
    }
    if !found.is_empty() || !report.wants("read/bad-mac") {
        return;
    }
    let (said, why) = said::bad_mac(value);
    report.say_counted(said.at(report.place(row.line, row.text, cell, &why)));
}

/// An address is kept as it is usually written; what is none is kept beside, as a note.
fn take_ip(filling: &mut Filling, step: &Step, (value, span): (&str, Range<usize>)) {
    match ip::usual(value) {
        Some(usual) => {
            let at = At::new(span32(span), column(step));
            filling.observe(Field::Ip, &usual, at);
        }
        None => filling.tell(&step.heading, value),
    }
}

fn observe_mac(
    filling: &mut Filling,
    step: &Step,
    row: &Row<'_>,
    (normal, private): (&str, bool),
    span: Range<usize>,
    report: &mut Report<'_>,
) {
    if private && report.wants("read/private-mac") {
        let said = Diagnostic::new(
            "read/private-mac",
            format!("{normal} is locally administered or a group address"),
        );
        let label = "no registry knows whose it is";
        report.say_counted(said.at(report.place(row.line, row.text, span.clone(), label)));
    }
    let at = At::new(span32(span), column(step));
    filling.observe(Field::Mac, normal, at);
}

fn take_day(
    filling: &mut Filling,
    step: &Step,
    row: &Row<'_>,
    value: &str,
    report: &mut Report<'_>,
) {
    match dates::read(value, step.days) {
        When::Otherwise(day) => {
            days::tell_otherwise(value, step.days, row, step.index, report);
            filling.device.installed = Some(day);
            return;
        }
        When::Day(day) => {
            filling.device.installed = Some(day);
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
    filling.tell(&step.heading, value);
}
