//! The log of `whomade scan`: lines of what hosts said, and one that ends each host.

use std::ops::ControlFlow;

use jiff::Timestamp;
use serde_json::Value;
use whomade_core::assembly::Sort;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::{Field, Record, Seen};

use super::quoted::text_at;
use crate::read::certificate;
use crate::read::format::{Format, Input};
use crate::read::host::Host;
use crate::read::json::{self, Element};
use crate::read::kinds::observations_of;
use crate::read::report::Report;
use crate::read::{moments, said};

/// The log of `whomade scan`.
pub(crate) const FORMAT: Format = Format {
    word: "scan",
    title: "the log of `whomade scan`, one JSON object a line",
    sort: Sort::Sighting,
    recognises: |head| {
        head.objects().first().is_some_and(|first| first.contains_key("whomade-scan"))
    },
    read,
};

/// The version that is read.
const VERSION: u64 = 1;

/// What one host said, at most; the log holds no more of one.
const TOLD_MAX: usize = 256;

/// Bytes of one thing that a host said.
const SAID_BYTES_MAX: usize = 64 << 10;

/// Ports of one host that are told.
const PORTS_MAX: usize = 64;

/// Something that a host said, with the line on which it stands.
struct Told {
    line: u64,
    seen: Option<Seen>,
    kind: String,
    said: String,
}

/// The host whose lines are being read.
#[derive(Default)]
struct Reading {
    address: String,
    told: Vec<Told>,
    first: (u64, String),
    /// Where the scan was when it was last said, and of how much; and whether it was over.
    place: Option<(u64, bool)>,
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let mut reading = Reading::default();
    json::each_line(input, report, &mut |element, report| reading.line(element, report));
    // A log that ends within a host was broken off; what it said is said.
    let _ = reading.give(None, report);
    if let Some((place, false)) = reading.place {
        let said = format!("the scan was broken off at place {place} of its order");
        let said = Diagnostic::new("read/unfinished-scan", said)
            .note("addresses behind that place were not asked: nothing is known of them")
            .help("go on with it: whomade scan --resume LOG");
        report.say_of_file(said);
    }
}

impl Reading {
    fn line(&mut self, element: &Element<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
        let value = element.value;
        if let Some(version) = value.get("whomade-scan").and_then(Value::as_u64) {
            if version > VERSION {
                let said = format!("a log of version {version}; version {VERSION} is read");
                report.say_of_file(Diagnostic::new("read/newer-scan", said));
            }
            return ControlFlow::Continue(());
        }
        if let Some(place) = value.get("place").and_then(Value::as_u64) {
            let over = value.get("over").and_then(Value::as_bool) == Some(true);
            self.place = Some((place, over));
            return ControlFlow::Continue(());
        }
        let Some(address) = text_at(value, "host") else {
            said::tell_other_line(element.line, element.text, "line of a scan", report);
            return ControlFlow::Continue(());
        };
        if address != self.address {
            if self.give(None, report).is_break() {
                return ControlFlow::Break(());
            }
            address.clone_into(&mut self.address);
            self.first = (element.line, element.text.to_owned());
        }
        match (text_at(value, "kind"), text_at(value, "said")) {
            (Some(kind), Some(said)) => {
                if self.told.len() < TOLD_MAX {
                    let at = text_at(value, "at").and_then(moments::of_text);
                    self.told.push(Told {
                        line: element.line,
                        seen: at.map(Seen::at),
                        kind: kind.to_owned(),
                        said: said.chars().take(SAID_BYTES_MAX).collect(),
                    });
                }
                ControlFlow::Continue(())
            }
            _ => self.give(Some(element), report),
        }
    }

    /// Gives the host whose lines were read; `done` is the line that ends it.
    fn give(&mut self, done: Option<&Element<'_>>, report: &mut Report<'_>) -> ControlFlow<()> {
        let address = std::mem::take(&mut self.address);
        let told = std::mem::take(&mut self.told);
        if address.is_empty() {
            return ControlFlow::Continue(());
        }
        let (line, text) = match done {
            Some(done) => (done.line, done.text.to_owned()),
            None => std::mem::take(&mut self.first),
        };
        let mut host = Host::in_place_of(report.spare(), line, text);
        host.ip(&address);
        if let Some(done) = done {
            host.maybe(Field::Mac, text_at(done.value, "mac"));
            host.seen(time(done.value));
            host.note("scan: open ports", &ports(done.value));
            for odd in done.value.get("odd").and_then(Value::as_array).into_iter().flatten() {
                host.note("scan: odd", odd.as_str().unwrap_or_default());
            }
        }
        for one in &told {
            tell(&mut host, one);
        }
        host.give(report)
    }
}

/// When a host was asked: the first and the last time.
fn time(done: &Value) -> Option<Seen> {
    let at = |index: usize| -> Option<Timestamp> {
        done.get("time")?.get(index)?.as_str().and_then(moments::of_text)
    };
    Some(Seen::between(at(0)?, at(1)?))
}

fn ports(done: &Value) -> String {
    let open = done.get("open").and_then(Value::as_array).into_iter().flatten();
    let open = open.filter_map(Value::as_u64).take(PORTS_MAX).map(|port| port.to_string());
    open.collect::<Vec<_>>().join(", ")
}

/// Adds what a host said as a record of its own, at its line.
fn tell(host: &mut Host<'_>, told: &Told) {
    let mut record = Record { line: told.line, seen: told.seen, ..Record::default() };
    if told.kind == "certificate" {
        let read = bytes_of(&told.said).and_then(|bytes| certificate::of_der(&bytes));
        let Some(read) = read else { return };
        let all = [
            (Field::TlsSubject, read.subject),
            (Field::TlsIssuer, read.issuer),
            (Field::TlsFingerprint, read.fingerprint),
        ];
        let lines = all.iter().map(|(field, value)| format!("{field}: {value}"));
        record.text = lines.collect::<Vec<_>>().join("\n");
        host.elsewhere(record, all.iter().map(|(field, value)| (*field, value.as_str())));
        return;
    }
    record.text.clone_from(&told.said);
    let seen = observations_of(&told.kind, &told.said);
    host.elsewhere(record, seen.iter().map(|one| (one.field, one.value.as_str())));
}

/// The bytes of hexadecimal digits.
fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(byte).collect()
}
