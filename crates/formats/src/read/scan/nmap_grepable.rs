//! nmap's grepable output (`-oG`): a line with the status of a host and one with its ports, which
//! together are one device. What nmap takes a port for is its own opinion and kept beside; no
//! answer of a host stands in this form.

use std::ops::ControlFlow;

use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use super::{Open, clock};
use crate::read::format::{Format, Input};
use crate::read::host::Host;
use crate::read::lines::Line;
use crate::read::report::Report;
use crate::read::{said, walk};

/// nmap's grepable output.
pub(crate) const FORMAT: Format = Format {
    word: "nmap-grepable",
    title: "nmap's grepable output (-oG)",
    sort: Sort::Sighting,
    recognises: |head| {
        let mut lines = head.start().lines().filter(|line| !line.starts_with('#'));
        lines.next().is_some_and(is_host)
    },
    read,
};

/// `Host: 192.0.2.17 (gate-4)` and a tab.
fn is_host(line: &str) -> bool {
    let rest = line.strip_prefix("Host: ").and_then(|rest| rest.split_once('\t'));
    rest.is_some_and(|(host, rest)| {
        host.ends_with(')') && (rest.starts_with("Status: ") || rest.starts_with("Ports: "))
    })
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let mut open: Option<Open> = None;
    let mut seen: Option<Seen> = None;
    walk::lines(input, report, &mut |line, report| {
        if let Some(comment) = line.text.strip_prefix('#') {
            seen = started(comment).or(seen);
            return ControlFlow::Continue(());
        }
        if !is_host(line.text) {
            said::tell_other_line(
                line.number,
                line.text,
                "line `Host: ADDRESS (NAME), Ports: \u{2026}`",
                report,
            );
            return ControlFlow::Continue(());
        }
        if let Some(host) = open.as_mut().filter(|host| address(&host.text) == address(line.text)) {
            go_on(host, line);
            return ControlFlow::Continue(());
        }
        let next = Open { line: line.number, text: line.text.to_owned() };
        match open.replace(next) {
            Some(done) => give(&done, seen, report),
            None => ControlFlow::Continue(()),
        }
    });
    if let Some(done) = open {
        let _ = give(&done, seen, report);
    }
}

/// Bytes of the lines of one host.
const HOST_BYTES_MAX: usize = 256 << 10;

fn go_on(host: &mut Open, line: &Line<'_>) {
    if host.text.len() + line.text.len() < HOST_BYTES_MAX {
        host.text.push('\n');
        host.text.push_str(line.text);
    }
}

/// When the scan began, by the clock of the machine that ran it.
pub(super) fn started(comment: &str) -> Option<Seen> {
    let (_, rest) = comment.split_once(" scan initiated ")?;
    clock::of_c(rest.split_once(" as: ").map_or(rest, |(moment, _)| moment))
}

fn address(text: &str) -> &str {
    let rest = text.strip_prefix("Host: ").unwrap_or("");
    rest.split(' ').next().unwrap_or("")
}

fn give(open: &Open, seen: Option<Seen>, report: &mut Report<'_>) -> ControlFlow<()> {
    if open.text.contains("\tStatus: Down") && !open.text.contains("\tPorts: ") {
        return ControlFlow::Continue(());
    }
    let mut host = Host::new(open.line, open.text.as_str());
    host.seen(seen);
    host.ip(address(&open.text));
    let name = open.text.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    host.maybe(Field::Hostname, name.map(|(name, _)| name));
    let parts = open.text.split(['\t', '\n']);
    for port in parts.filter_map(|part| part.strip_prefix("Ports: ")).flat_map(ports) {
        note(port, &mut host);
    }
    host.give(report)
}

/// Digits of a port.
const PORT_DIGITS_MAX: usize = 5;

/// The ports of a list; a comma within the words on one is followed by no number and slash.
fn ports(list: &str) -> Vec<&str> {
    let opens = |rest: &str| {
        let end = rest.bytes().take(PORT_DIGITS_MAX + 1).position(|byte| byte == b'/');
        end.is_some_and(|end| rest[..end].parse::<u16>().is_ok())
    };
    let mut all = vec![];
    let mut start = 0;
    for (at, _) in list.match_indices(", ") {
        if opens(&list[at + 2..]) {
            all.push(&list[start..at]);
            start = at + 2;
        }
    }
    all.push(&list[start..]);
    all
}

/// `80/open/tcp//http//Apache httpd/`: port, state, protocol, owner, service, RPC, version.
fn note(port: &str, host: &mut Host<'_>) {
    let words: Vec<&str> = port.splitn(7, '/').collect();
    let [number, "open", protocol, _, service, _, version] = words[..] else { return };
    let said = format!("{service} {}", version.trim_end_matches('/'));
    host.note(&format!("nmap: {number}/{protocol}"), said.trim());
}
