//! nmap's normal output (`-oN`, or what it prints), as people paste it: from one `Nmap scan report
//! for` to the next is a device. What nmap takes a service for is kept beside; what the host
//! answered to scripts is observed.

use std::ops::ControlFlow;

use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use super::{Open, clock, nmap_grepable, nmap_scripts};
use crate::read::format::{Format, Input};
use crate::read::host::Host;
use crate::read::report::Report;
use crate::read::{said, walk};

/// What opens a host.
const OPENS: &str = "Nmap scan report for ";

/// Bytes of the lines of one host.
const HOST_BYTES_MAX: usize = 256 << 10;

/// nmap's normal output.
pub(crate) const FORMAT: Format = Format {
    word: "nmap-text",
    title: "nmap's normal output (-oN)",
    sort: Sort::Sighting,
    recognises: |head| head.text.lines().any(|line| line.starts_with(OPENS)),
    read,
};

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let mut open: Option<Open> = None;
    let mut seen: Option<Seen> = None;
    walk::lines(input, report, &mut |line, report| {
        if let Some(comment) = line.text.strip_prefix("# Nmap ") {
            seen = nmap_grepable::started(comment).or(seen);
        }
        if let Some((_, moment)) = line.text.split_once("( https://nmap.org ) at ") {
            seen = clock::of_minute(moment).or(seen);
        }
        if line.text.starts_with(OPENS) {
            let next = Open { line: line.number, text: line.text.to_owned() };
            return match open.replace(next) {
                Some(done) => give(&done, seen, report),
                None => ControlFlow::Continue(()),
            };
        }
        if let Some(host) = &mut open
            && host.text.len() + line.text.len() < HOST_BYTES_MAX
        {
            host.text.push('\n');
            host.text.push_str(line.text);
        }
        ControlFlow::Continue(())
    });
    if let Some(done) = open {
        let _ = give(&done, seen, report);
    }
}

fn give(open: &Open, seen: Option<Seen>, report: &mut Report<'_>) -> ControlFlow<()> {
    let mut host = Host::new(open.line, open.text.as_str());
    host.seen(seen);
    let mut lines = open.text.lines();
    let called = lines.next().and_then(|line| line.strip_prefix(OPENS)).unwrap_or("").trim();
    // A host that is down is told too where somebody asked for every word.
    if called.ends_with("[host down]") || called.contains(" [host down,") {
        return ControlFlow::Continue(());
    }
    match called.rsplit_once(" (") {
        Some((name, address)) => {
            host.observe(Field::Hostname, name);
            host.ip(address.trim_end_matches(')'));
        }
        None => host.ip(called),
    }
    let mut script = Script::default();
    for line in lines {
        if let Some(rest) = line.strip_prefix('|') {
            script.line(rest, &mut host);
            continue;
        }
        script.end(&mut host);
        match line.strip_prefix("MAC Address: ") {
            // Behind it stands in brackets what a register knows of its block.
            Some(address) => host.mac(address.split(" (").next().unwrap_or("")),
            None => service(line, &mut host),
        }
    }
    script.end(&mut host);
    host.give(report)
}

/// `80/tcp  open  http    Hikvision Network Video Recorder http admin`.
fn service(line: &str, host: &mut Host<'_>) {
    let mut words = line.split_whitespace();
    let (Some(port), Some("open")) = (words.next(), words.next()) else { return };
    let Some((number, _)) = port.split_once('/') else { return };
    if number.parse::<u16>().is_ok() {
        let said: Vec<&str> = words.collect();
        host.note(&format!("nmap: {port}"), &said.join(" "));
    }
}

/// The lines of a script: `| name: first line`, `|   more`, `|_  last line` or `|_name: only line`.
#[derive(Default)]
struct Script {
    name: String,
    output: String,
}

impl Script {
    fn line(&mut self, rest: &str, host: &mut Host<'_>) {
        let bare = rest.strip_prefix(['_', ' ']).unwrap_or(rest);
        let is_name = |name: &str| {
            let good =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            !name.is_empty() && name.bytes().all(good)
        };
        let opens = bare.split_once(':').filter(|(name, _)| is_name(name));
        match opens.filter(|_| self.name.is_empty() || !rest.starts_with("  ")) {
            Some((name, first)) => {
                self.end(host);
                name.clone_into(&mut self.name);
                first.trim().clone_into(&mut self.output);
            }
            None => {
                self.output.push('\n');
                self.output.push_str(bare);
            }
        }
        if rest.starts_with('_') {
            self.end(host);
        }
    }

    fn end(&mut self, host: &mut Host<'_>) {
        if !self.name.is_empty() {
            nmap_scripts::answered(&self.name, &self.output, host);
        }
        self.name.clear();
        self.output.clear();
    }
}
