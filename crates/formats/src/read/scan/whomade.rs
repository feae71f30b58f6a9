//! The log of `whomade scan`: lines of what hosts said, and one that ends each host. Several hosts
//! are asked at once, so that lines of one stand among those of others.

use std::collections::HashMap;
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

/// Hosts whose lines wait for the one that ends them. A scan asks fewer at once.
const HOSTS_MAX: usize = 100_000;

/// Bytes of what waits.
const WAITING_BYTES_MAX: usize = 256 << 20;

/// Of the ports that hosts refuse or are silent at, one of so many may be silent before packets
/// are known to be lost: only hosts count that refuse at some.
const SILENT_ONE_IN: u64 = 10;

/// What is odd about a host whose ports were not all looked at.
const NOT_WHOLE: [&str; 4] = ["tarpit", "breaks", "unfinished", "forbidden"];

/// Something that a host said, with the line on which it stands.
struct Told {
    line: u64,
    seen: Option<Seen>,
    kind: String,
    said: String,
}

/// What a host said that is not done with, and the first of its lines.
struct Waiting {
    told: Vec<Told>,
    first: (u64, String),
}

/// The hosts whose lines are being read.
#[derive(Default)]
struct Reading {
    waiting: HashMap<String, Waiting>,
    /// Bytes of what waits.
    bytes: usize,
    /// Where the scan was when it was last said, and of how much; and whether it was over.
    place: Option<(u64, bool)>,
    /// At how many ports hosts refused, and at how many they were silent.
    closed: [u64; 2],
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let mut reading = Reading::default();
    json::each_line(input, report, &mut |element, report| reading.line(element, report));
    // A log that ends within hosts was broken off; what they said is said.
    let _ = reading.give_all(report);
    let [refused, silent] = reading.closed;
    if silent > 0 && silent * SILENT_ONE_IN > refused + silent {
        let all = refused + silent;
        let said = format!("of {all} ports at hosts that refuse at others {silent} were silent");
        let said = Diagnostic::new("read/lost-packets", said)
            .note("packets were lost: hosts may be missing, and what some said is not whole")
            .help("scan again, slower (--rate), or from nearer");
        report.say_of_file(said);
    }
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
        match (text_at(value, "kind"), text_at(value, "said")) {
            (Some(kind), Some(said)) => {
                self.told(address, kind, said, element);
                let full = self.waiting.len() >= HOSTS_MAX || self.bytes >= WAITING_BYTES_MAX;
                if full { self.give_all(report) } else { ControlFlow::Continue(()) }
            }
            _ => {
                self.count(value);
                let told = self.waiting.remove(address).map(|waiting| waiting.told);
                let told = told.unwrap_or_default();
                self.bytes -= told.iter().map(|one| one.said.len()).sum::<usize>();
                give(address, &told, Some(element), None, report)
            }
        }
    }

    /// Takes something that a host said; a scan that was gone on with hears some of it twice.
    fn told(&mut self, address: &str, kind: &str, said: &str, element: &Element<'_>) {
        let waiting = match self.waiting.get_mut(address) {
            Some(waiting) => waiting,
            None => self.waiting.entry(address.to_owned()).or_insert_with(|| Waiting {
                told: Vec::new(),
                first: (element.line, element.text.to_owned()),
            }),
        };
        let said: String = said.chars().take(SAID_BYTES_MAX).collect();
        let is_known = waiting.told.iter().any(|one| one.kind == kind && one.said == said);
        if waiting.told.len() < TOLD_MAX && !is_known {
            let at = text_at(element.value, "at").and_then(moments::of_text);
            let (line, seen, kind) = (element.line, at.map(Seen::at), kind.to_owned());
            self.bytes += said.len();
            waiting.told.push(Told { line, seen, kind, said });
        }
    }

    /// Counts the ports at which a host refused or was silent, where all were looked at.
    fn count(&mut self, done: &Value) {
        let closed = |at: usize| done.get("closed")?.get(at)?.as_u64();
        let [refused, silent] = [0, 1].map(|at| closed(at).unwrap_or(0));
        let odd = done.get("odd").and_then(Value::as_array).into_iter().flatten();
        let whole = !odd.filter_map(Value::as_str).any(|odd| NOT_WHOLE.contains(&odd));
        if refused > 0 && whole {
            self.closed[0] = self.closed[0].saturating_add(refused);
            self.closed[1] = self.closed[1].saturating_add(silent);
        }
    }

    /// Gives all hosts that are not done with, in the order of their first lines.
    fn give_all(&mut self, report: &mut Report<'_>) -> ControlFlow<()> {
        let mut all: Vec<(String, Waiting)> = self.waiting.drain().collect();
        self.bytes = 0;
        all.sort_unstable_by_key(|(_, waiting)| waiting.first.0);
        for (address, Waiting { told, first }) in all {
            give(&address, &told, None, Some(first), report)?;
        }
        ControlFlow::Continue(())
    }
}

/// Gives a host: `done` is the line that ends it, `first` the first one where none does.
fn give(
    address: &str,
    told: &[Told],
    done: Option<&Element<'_>>,
    first: Option<(u64, String)>,
    report: &mut Report<'_>,
) -> ControlFlow<()> {
    let (line, text) = match done {
        Some(done) => (done.line, done.text.to_owned()),
        None => first.unwrap_or_default(),
    };
    let mut host = Host::in_place_of(report.spare(), line, text);
    host.ip(address);
    if let Some(done) = done {
        host.maybe(Field::Mac, text_at(done.value, "mac"));
        host.seen(time(done.value));
        host.note("scan: open ports", &ports(done.value));
        for odd in done.value.get("odd").and_then(Value::as_array).into_iter().flatten() {
            host.note("scan: odd", odd.as_str().unwrap_or_default());
        }
    }
    for one in told {
        tell(&mut host, one);
    }
    host.give(report)
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
