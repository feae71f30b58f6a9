//! Kea's leases: the files of its own (`kea-leases4.csv`, `kea-leases6.csv`, of versions 1.0 to 2.6
//! with more columns each time, which are found by name) and the answer to `lease4-get-all` and its
//! relatives (JSON). The files are journals: a lease has a line for each time it was renewed.

use std::ops::ControlFlow;

use jiff::Timestamp;
use serde_json::Value;
use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use super::{of_duid, station};
use crate::read::format::{Format, Input};
use crate::read::head::Head;
use crate::read::host::Host;
use crate::read::json::{self, text_at};
use crate::read::report::Report;
use crate::read::said;
use crate::read::walk::{self, Heading};

/// Kea's leases.
pub(crate) const FORMAT: Format = Format {
    word: "kea-leases",
    title: "Kea's leases (CSV, JSON)",
    sort: Sort::Lease,
    recognises: |head| is_answer(head) || head.start().lines().next().is_some_and(is_heading),
    read,
};

/// Columns that every version has.
const COLUMNS: [&str; 4] = ["address", "valid_lifetime", "expire", "subnet_id"];

fn is_heading(line: &str) -> bool {
    Heading::with(line, &COLUMNS).is_some()
}

fn is_answer(head: &Head<'_>) -> bool {
    head.names(&["leases", "ip-address", "valid-lft", "cltt"])
}

/// A lease, of a line or an element.
#[derive(Default)]
struct Lease {
    address: Option<String>,
    hardware: Option<String>,
    duid: Option<String>,
    name: Option<String>,
    renewed: Option<i64>,
    until: Option<i64>,
    state: Option<String>,
    subnet: Option<String>,
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let text = input.text_of_head();
    let start = text.trim_start();
    if start.starts_with('[') {
        // The control agent asks several servers and lists what each answered.
        json::each_at(input, &[], report, &mut |answer, report| {
            let leases = json::at(answer.value, "arguments.leases").and_then(Value::as_array);
            for lease in leases.into_iter().flatten() {
                of_value(lease).give(answer.line, &lease.to_string(), report)?;
            }
            ControlFlow::Continue(())
        });
    } else if start.starts_with('{') {
        json::each_at(input, &["arguments", "leases"], report, &mut |lease, report| {
            of_value(lease.value).give(lease.line, lease.text, report)
        });
    } else {
        lines(input, report);
    }
    walk::tell_silence("Kea holds no lease", report);
}

fn lines(input: Input<'_>, report: &mut Report<'_>) {
    let mut heading: Option<Heading> = None;
    walk::each(input, report, &mut |number, line, report| {
        let Some(known) = &heading else {
            heading = Heading::with(line, &COLUMNS);
            return ControlFlow::Continue(());
        };
        let row = known.row(line);
        if row.repeats_heading() {
            return ControlFlow::Continue(());
        }
        // Commas within a value are written as the entity that they are in HTML.
        let cell = |name: &str| row.get(name).map(|cell| cell.replace("&#x2c", ","));
        let number_of = |name: &str| cell(name)?.parse::<i64>().ok();
        let until = number_of("expire");
        let Some(until) = until else {
            said::tell_other_line(number, line, "lease of Kea", report);
            return ControlFlow::Continue(());
        };
        let lease = Lease {
            address: cell("address"),
            hardware: cell("hwaddr"),
            duid: cell("duid"),
            name: cell("hostname"),
            renewed: number_of("valid_lifetime").map(|length| until.saturating_sub(length)),
            until: Some(until),
            state: cell("state"),
            subnet: cell("subnet_id"),
        };
        lease.give(number, line, report)
    });
}

fn of_value(value: &Value) -> Lease {
    let number = |key: &str| value.get(key).and_then(Value::as_i64);
    let renewed = number("cltt");
    Lease {
        address: text_at(value, "ip-address"),
        hardware: text_at(value, "hw-address"),
        duid: text_at(value, "duid"),
        name: text_at(value, "hostname"),
        renewed,
        until: renewed.and_then(|from| from.checked_add(number("valid-lft")?)),
        state: text_at(value, "state"),
        subnet: text_at(value, "subnet-id"),
    }
}

impl Lease {
    fn give(&self, line: u64, text: &str, report: &mut Report<'_>) -> ControlFlow<()> {
        let mut host = Host::new(line, text);
        let hardware = self.hardware.as_deref().and_then(station);
        host.maybe(Field::Mac, hardware.or_else(|| of_duid(self.duid.as_deref()?)));
        host.maybe(Field::Hostname, self.name.as_deref().map(|name| name.trim_end_matches('.')));
        if !host.says_something() {
            // Somebody else answered at that address, or it was taken back from who had it.
            return ControlFlow::Continue(());
        }
        host.maybe(Field::Ip, self.address.as_deref());
        host.note("lease", state_of(self.state.as_deref()));
        host.note("subnet", self.subnet.as_deref().unwrap_or_default());
        let moment = |seconds: Option<i64>| Timestamp::from_second(seconds?).ok();
        let ends = moment(self.renewed).zip(moment(self.until));
        host.seen(ends.map(|(from, until)| Seen::lease(Some(from), until)));
        host.give(report)
    }
}

/// What the numbers of states mean, after the manual of Kea 3.0; older versions know the first
/// three.
fn state_of(number: Option<&str>) -> &str {
    match number {
        Some("0") | None => "",
        Some("1") => "declined",
        Some("2") => "expired-reclaimed",
        Some("3") => "released",
        Some("4") => "registered",
        Some(other) => other,
    }
}
