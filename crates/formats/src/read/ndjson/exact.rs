//! Lines of observations as `whomade read --json` writes them. Nothing in them is guessed at,
//! brought into another form or derived again: what was written is what is read.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use whomade_core::assembly::Sort;
use whomade_core::observation::{At, Device, Field, Observation, Record, Seen};

use crate::read::host::place;
use crate::read::lines::Line;
use crate::read::records::LINE_BYTES_MAX;
use crate::read::report::{Report, cut, floor_boundary, span32};
use crate::read::rows::CELL_BYTES_MAX;
use crate::read::{ip, mac};
use crate::write::ndjson::BEGINS;

use super::{OBSERVATIONS_MAX, REPLY_BYTES_MAX, tell_full};

/// Records of one device.
const RECORDS_MAX: usize = 1024;

/// What stands before the value in a line of ours.
const VALUE_KEY: &str = "\"value\":";

/// A line of ours: its keys and no others.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exact<'l> {
    #[serde(rename = "v")]
    _version: u32,
    /// What the records that follow are of.
    records: Option<&'l str>,
    /// The number of the device in the file.
    n: Option<u64>,
    #[serde(borrow)]
    device: Option<Cow<'l, str>>,
    /// Which of the device's records.
    record: Option<usize>,
    #[serde(borrow)]
    from: Option<Cow<'l, str>>,
    seen: Option<[&'l str; 2]>,
    /// A lease's beginning, where it is known, and its end.
    lease: Option<(Option<&'l str>, &'l str)>,
    field: Option<&'l str>,
    #[serde(borrow)]
    heading: Option<Cow<'l, str>>,
    #[serde(borrow)]
    value: Option<Cow<'l, str>>,
    installed: Option<&'l str>,
}

/// What a line of ours is.
pub(super) enum Is<'l> {
    /// The beginning of records of that sort.
    Section(Sort),
    /// A line of a device.
    Device(Box<Exact<'l>>),
}

impl<'l> Exact<'l> {
    /// Reads a line of ours; none where it is not wholly one, and is read as any other.
    pub(super) fn of(line: &'l str) -> Option<Is<'l>> {
        if !line.starts_with(BEGINS) {
            return None;
        }
        let read: Self = serde_json::from_str(line).ok()?;
        if let Some(word) = read.records {
            return Sort::from_word(word).map(Is::Section);
        }
        let known = read.field.is_none_or(|id| Field::from_id(id).is_some());
        let named = read.n.is_some() && read.device.as_ref().is_some_and(|name| !name.is_empty());
        let dated = read.installed.is_none_or(|day| day.parse::<jiff::civil::Date>().is_ok());
        let timed = read.seen.is_none() && read.lease.is_none() || read.moment().is_some();
        (known && named && dated && timed).then(|| Is::Device(Box::new(read)))
    }

    fn moment(&self) -> Option<Seen> {
        let moment = |text: &str| text.parse::<Timestamp>().ok();
        if let Some((from, until)) = self.lease {
            let from = from.map(|from| moment(from).ok_or(())).transpose().ok()?;
            return Some(Seen::lease(from, moment(until)?));
        }
        let [from, until] = self.seen?;
        Some(Seen::between(moment(from)?, moment(until)?))
    }

    fn origin(&self) -> Option<&str> {
        self.from.as_deref().map(|from| cut(from, CELL_BYTES_MAX).0)
    }
}

/// The device whose lines are being read.
#[derive(Default)]
pub(super) struct Open {
    n: u64,
    device: Option<Box<Device>>,
}

impl Open {
    /// Takes a line; one of another device gives the one before on.
    pub(super) fn take(
        &mut self,
        exact: &Exact<'_>,
        line: &Line<'_>,
        report: &mut Report<'_>,
    ) -> ControlFlow<()> {
        let (n, of) = (exact.n.unwrap_or_default(), exact.record.unwrap_or_default());
        let name = cut(exact.device.as_deref().unwrap_or_default(), CELL_BYTES_MAX).0;
        let same =
            self.n == n && self.device.as_ref().is_some_and(|open| continues(open, exact, name));
        if !same {
            self.give(report)?;
            let mut device = Box::<Device>::default();
            device.name = name.into();
            device.record = record_of(exact, line, report);
            (self.n, self.device) = (n, Some(device));
        }
        let Some(device) = &mut self.device else { return ControlFlow::Continue(()) };
        if of > device.others.len() {
            device.others.push(record_of(exact, line, report));
        }
        let of = of.min(device.others.len());
        observe(device, of, exact, line, report);
        ControlFlow::Continue(())
    }

    /// Gives the open device on.
    pub(super) fn give(&mut self, report: &mut Report<'_>) -> ControlFlow<()> {
        match self.device.take() {
            Some(device) => report.device(device),
            None => ControlFlow::Continue(()),
        }
    }
}

/// Whether a line goes on with the device: of the same name, and of a record that says the same of
/// where and when, or of the next record.
fn continues(open: &Device, exact: &Exact<'_>, name: &str) -> bool {
    let of = exact.record.unwrap_or_default();
    let next = of == open.others.len() + 1 && of < RECORDS_MAX;
    let same = |record: &Record| {
        record.origin.as_deref() == exact.origin() && record.seen == exact.moment()
    };
    open.name == name && (next || open.records().nth(of).is_some_and(same))
}

fn record_of(exact: &Exact<'_>, line: &Line<'_>, report: &Report<'_>) -> Record {
    Record {
        source: Arc::clone(&report.source),
        line: line.number,
        seen: exact.moment(),
        origin: exact.origin().map(Arc::from),
        ..Record::default()
    }
}

/// Adds what the line says to a device, and the line to its record.
fn observe(
    device: &mut Device,
    of: usize,
    exact: &Exact<'_>,
    line: &Line<'_>,
    report: &mut Report<'_>,
) {
    let full = device.observations.len().max(device.context.len()) >= OBSERVATIONS_MAX;
    if full {
        return tell_full(device, line.number, line.text, report);
    }
    if let Some(day) = exact.installed {
        device.installed = day.parse().ok().or(device.installed);
    }
    let record = match of.checked_sub(1).and_then(|at| device.others.get_mut(at)) {
        Some(record) => record,
        None => &mut device.record,
    };
    let offset = if record.text.is_empty() { 0 } else { record.text.len() + 1 };
    let fits = offset + line.text.len() <= LINE_BYTES_MAX;
    if fits {
        if offset > 0 {
            record.text.push('\n');
        }
        record.text.push_str(line.text);
    }
    let Some(value) = exact.value.as_deref() else { return };
    if let Some(heading) = &exact.heading {
        let heading = cut(heading, CELL_BYTES_MAX).0;
        device.context.push((Arc::from(heading), cut(value, CELL_BYTES_MAX).0.into()));
    }
    let Some(field) = exact.field.and_then(Field::from_id) else { return };
    let value = &value[..floor_boundary(value, REPLY_BYTES_MAX)];
    // Whoever else wrote such a line may have put there what is no address.
    let usual = match field {
        Field::Mac => mac::exact(value).is_some_and(|usual| usual == value),
        Field::Ip => ip::usual(value).is_some_and(|usual| usual == value),
        _ => !value.is_empty(),
    };
    if !usual {
        device.context.push((Arc::from(field.id()), cut(value, CELL_BYTES_MAX).0.into()));
        return;
    }
    // Nearly every value ends its line and stands there as it is.
    let found = match line.text.strip_suffix("\"}") {
        Some(body) if body.ends_with(value) => body.len() - value.len()..body.len(),
        _ => {
            let from = line.text.rfind(VALUE_KEY).map_or(0, |at| at + VALUE_KEY.len());
            place(line.text, from, value)
        }
    };
    let span = if fits && !found.is_empty() {
        span32(found.start + offset..found.end + offset)
    } else {
        0..0
    };
    let of = u32::try_from(of).unwrap_or(u32::MAX);
    let at = At { span, column: 0, of };
    device.observations.push(Observation { field, value: value.into(), at });
}
