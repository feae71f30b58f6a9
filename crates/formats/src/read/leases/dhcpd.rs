//! ISC dhcpd's leases (`dhcpd.leases`, of versions 4.1 to 4.4, both of protocol 4 and 6). The file
//! is a journal: an address has an entry for every time that it was given, taken back or found
//! taken, and each is a record with its time.

use std::ops::ControlFlow;

use jiff::Timestamp;
use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use super::of_duid;
use crate::read::format::{Format, Input};
use crate::read::host::Host;
use crate::read::report::Report;
use crate::read::{moments, said, walk};

/// ISC dhcpd's leases.
pub(crate) const FORMAT: Format = Format {
    word: "dhcpd-leases",
    title: "ISC dhcpd's leases",
    sort: Sort::Lease,
    recognises: |head| {
        let lines = || head.text.lines().map(str::trim);
        let opens = |line: &str| opened(line).is_some();
        let inner = ["starts ", "ends ", "cltt ", "binding state ", "hardware ethernet ", "tstp "];
        lines().any(opens) && lines().any(|line| inner.iter().any(|word| line.starts_with(word)))
    },
    read,
};

/// Bytes of one entry; a longer one is left where it is too long.
const ENTRY_BYTES_MAX: usize = 64 << 10;

/// Blocks within one another; the format needs three.
const DEPTH_MAX: usize = 8;

/// An entry while it is read.
#[derive(Default)]
struct Entry {
    line: u64,
    text: String,
    /// The names of the blocks that are open, the outermost first.
    open: Vec<String>,
    address: String,
    starts: Option<Timestamp>,
    ends: Option<Timestamp>,
    forever: bool,
    hardware: Option<String>,
    client: Option<String>,
    name: Option<String>,
    class: Option<String>,
    state: Option<String>,
}

/// The block that a line opens: its kind and its name.
fn opened(line: &str) -> Option<(&str, &str)> {
    let (kind, name) = line.strip_suffix('{')?.trim_end().split_once(' ')?;
    let known = ["lease", "ia-na", "ia-ta", "iaaddr"].contains(&kind);
    known.then(|| (kind, name.trim()))
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let mut entry = Entry::default();
    walk::each(input, report, &mut |number, line, report| entry.line(number, line, report));
    if !entry.open.is_empty() {
        said::tell_other_line(entry.line, &entry.text, "entry that ends", report);
    }
    walk::tell_silence("dhcpd holds no lease that names a device", report);
}

impl Entry {
    fn line(&mut self, number: u64, line: &str, report: &mut Report<'_>) -> ControlFlow<()> {
        let bare = line.trim();
        if let Some((kind, name)) = opened(bare) {
            if kind != "iaaddr" {
                *self = Self { line: number, ..Self::default() };
            }
            self.keep(line);
            if matches!(kind, "lease" | "iaaddr") {
                name.clone_into(&mut self.address);
            } else {
                self.client = of_duid(&of_identifier(&unquoted(name)));
            }
            if self.open.len() < DEPTH_MAX {
                self.open.push(kind.to_owned());
            }
            return ControlFlow::Continue(());
        }
        if self.open.is_empty() {
            return ControlFlow::Continue(());
        }
        self.keep(line);
        if bare.ends_with('{') && self.open.len() < DEPTH_MAX {
            self.open.push(String::new());
        } else if bare.starts_with('}') {
            let closed = self.open.pop().unwrap_or_default();
            if matches!(closed.as_str(), "lease" | "iaaddr") {
                return self.give(report);
            }
        } else {
            self.says(bare);
        }
        ControlFlow::Continue(())
    }

    fn keep(&mut self, line: &str) {
        if self.text.len() + line.len() < ENTRY_BYTES_MAX {
            if !self.text.is_empty() {
                self.text.push('\n');
            }
            self.text.push_str(line);
        }
    }

    /// One statement.
    fn says(&mut self, line: &str) {
        let Some((statement, _)) = line.rsplit_once(';') else { return };
        let (word, rest) = statement.split_once(' ').unwrap_or((statement, ""));
        let rest = rest.trim();
        match word {
            "starts" | "cltt" => self.starts = moment(rest).or(self.starts),
            "ends" if rest == "never" => self.forever = true,
            "ends" => self.ends = moment(rest).or(self.ends),
            "hardware" => self.hardware = Some(rest.to_owned()),
            "client-hostname" => self.name = Some(unquoted(rest)),
            "binding" => self.state = rest.strip_prefix("state ").map(str::to_owned),
            "set" => {
                let Some((name, value)) = rest.split_once('=') else { return };
                if name.trim().contains("vendor-class") {
                    self.class = Some(unquoted(value.trim()));
                }
            }
            _ => {}
        }
    }

    fn give(&mut self, report: &mut Report<'_>) -> ControlFlow<()> {
        let mut host = Host::new(self.line, self.text.clone());
        host.maybe(Field::Mac, self.hardware.as_deref().or(self.client.as_deref()));
        host.maybe(Field::Hostname, self.name.as_deref());
        host.maybe(Field::DhcpClass, self.class.as_deref());
        if !host.says_something() {
            // An address that nobody holds, or of which only that it is taken is known.
            return ControlFlow::Continue(());
        }
        host.ip(&self.address);
        host.note("lease", self.state.as_deref().unwrap_or_default());
        let forever = || self.starts.filter(|_| self.forever).map(Seen::at);
        host.seen(self.ends.map(|until| Seen::lease(self.starts, until)).or_else(forever));
        host.give(report)
    }
}

/// `2 2026/11/03 08:00:00` begins with the day of the week; `epoch 1793692800` has no such.
fn moment(text: &str) -> Option<Timestamp> {
    let (first, rest) = text.split_once(' ')?;
    let known = first == "epoch" || first.parse::<u8>().is_ok();
    known.then(|| moments::of_text(rest)).flatten()
}

/// A text without its quotes, with the octets that are written as `\ooo` and `\"` put back where
/// they are text.
fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let bytes = inner.as_bytes();
    let (mut out, mut at) = (vec![], 0);
    while at < bytes.len() {
        let octal = bytes.get(at + 1..at + 4).filter(|_| bytes[at] == b'\\');
        let octal = octal.and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(octet) = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            out.push(octet);
            at += 4;
        } else {
            at += usize::from(bytes[at] == b'\\' && at + 1 < bytes.len());
            out.push(bytes[at]);
            at += 1;
        }
    }
    // Octets beyond ASCII are kept one by one, so that an identifier can be read from them.
    out.into_iter().map(char::from).collect()
}

/// The identifier behind the four octets of the client's number, as pairs with colons.
fn of_identifier(text: &str) -> String {
    let octets = text.chars().skip(4).map(|c| format!("{:02x}", u32::from(c) & 0xFF));
    octets.collect::<Vec<_>>().join(":")
}
