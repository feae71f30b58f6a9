//! zmap's answers: an address a line, CSV with a column `saddr`, or JSON with a key of that name. A
//! host that answered has an address, and where zmap was told to say so a moment; nothing else is
//! known of it. A bare list of addresses, whoever made it, is read the same.

use std::net::IpAddr;
use std::ops::ControlFlow;

use jiff::Timestamp;
use serde_json::{Map, Value};
use whomade_core::assembly::Sort;
use whomade_core::observation::Seen;

use super::lines_are;
use super::quoted::text_at;
use crate::read::format::{Format, Input};
use crate::read::head::Head;
use crate::read::host::Host;
use crate::read::lines::Line;
use crate::read::report::Report;
use crate::read::{json, moments, said, walk};

/// zmap's output.
pub(crate) const FORMAT: Format = Format {
    word: "zmap",
    title: "zmap's output, or addresses, one a line",
    sort: Sort::Sighting,
    recognises: |head| {
        let own = |keys: &Map<String, Value>| keys.keys().all(|key| is_own(key));
        let object = head.lines_have(&["saddr"]) && head.objects().first().is_some_and(own);
        object || columns(first_line(head)).is_some() || lines_are(head, 10, is_address)
    },
    read,
};

fn first_line<'h>(head: &Head<'h>) -> &'h str {
    head.start().lines().next().unwrap_or("")
}

fn is_address(line: &str) -> bool {
    line.parse::<IpAddr>().is_ok()
}

/// Where the columns stand that are read.
#[derive(Clone, Copy)]
struct Columns {
    address: usize,
    seconds: Option<usize>,
    text: Option<usize>,
    success: Option<usize>,
}

/// Whether zmap has a field of that name. Logs of flows have an address `saddr` too, and one of
/// whoever spoke is no answer.
fn is_own(name: &str) -> bool {
    const OWN: [&str; 29] = [
        "saddr",
        "saddr_raw",
        "daddr",
        "daddr_raw",
        "ipid",
        "ttl",
        "original_ttl",
        "sport",
        "dport",
        "seqnum",
        "acknum",
        "window",
        "classification",
        "success",
        "app_success",
        "repeat",
        "cooldown",
        "timestamp_str",
        "timestamp_ts",
        "timestamp_us",
        "icmp_type",
        "icmp_code",
        "icmp_id",
        "icmp_seq",
        "icmp_unreach_str",
        "icmp_responder",
        "udp_pkt_size",
        "data",
        "validation_type",
    ];
    OWN.contains(&name.trim().replace('-', "_").as_str())
}

/// The columns of a heading of zmap's.
fn columns(heading: &str) -> Option<Columns> {
    if !heading.trim().split(',').all(is_own) {
        return None;
    }
    let place = |name: &str| heading.trim().split(',').position(|cell| cell.trim() == name);
    Some(Columns {
        address: place("saddr")?,
        seconds: place("timestamp_ts").or_else(|| place("timestamp-ts")),
        text: place("timestamp_str").or_else(|| place("timestamp-str")),
        success: place("success"),
    })
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let text = input.text_of_head();
    let head = Head::new(&input.head, &text);
    if head.is_json() {
        json::each_line(input, report, &mut of_json);
        return;
    }
    let heading = columns(first_line(&head));
    let mut first = heading.is_some();
    let read = heading.unwrap_or(Columns { address: 0, seconds: None, text: None, success: None });
    walk::lines(input, report, &mut |line, report| {
        if std::mem::take(&mut first) || line.text.starts_with('#') {
            return ControlFlow::Continue(());
        }
        of_line(line, read, report)
    });
}

fn of_line(line: &Line<'_>, columns: Columns, report: &mut Report<'_>) -> ControlFlow<()> {
    let cell = |place: usize| line.text.split(',').nth(place).map(str::trim);
    let address = cell(columns.address).filter(|cell| is_address(cell));
    let Some(address) = address else {
        said::tell_other_line(line.number, line.text, "line `ADDRESS`", report);
        return ControlFlow::Continue(());
    };
    // Without such a column only successes are written; an address that refused, or a router that
    // answered for it, is no host that was looked for.
    if columns.success.and_then(cell) == Some("0") {
        return ControlFlow::Continue(());
    }
    let seconds = columns.seconds.and_then(cell).and_then(|cell| cell.parse().ok());
    let seen = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let seen = seen.or_else(|| moments::of_text(columns.text.and_then(cell)?));
    let mut host = Host::new(line.number, line.text);
    host.ip(address);
    host.seen(seen.map(Seen::at));
    host.give(report)
}

fn of_json(element: &json::Element<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let value = element.value;
    if value.get("success").is_some_and(refused) {
        return ControlFlow::Continue(());
    }
    let mut host = Host::new(element.line, element.text);
    host.ip(text_at(value, "saddr").unwrap_or(""));
    let moment = |key: &str| value.get(key).and_then(moments::of_value);
    let seen = moment("timestamp_ts").or_else(|| moment("timestamp_str"));
    host.seen(seen.map(Seen::at));
    host.give(report)
}

fn refused(success: &Value) -> bool {
    success.as_i64() == Some(0) || success.as_bool() == Some(false)
}
