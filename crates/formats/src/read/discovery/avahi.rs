//! What `avahi-browse --parsable` prints of multicast DNS: one service a line, its parts parted by
//! semicolons; `=` before one that was resolved, `+` before one that only announced itself, `-`
//! before one that went. The services of one host at one socket are one device. Characters that
//! would part are written as a backslash and three decimal digits.

use std::collections::HashSet;
use std::ops::ControlFlow;

use whomade_core::assembly::Sort;
use whomade_core::observation::Field;

use super::{Held, Part};
use crate::read::format::{Format, Input};
use crate::read::report::Report;
use crate::read::{mac, said, walk};

/// Services that are remembered as resolved.
const RESOLVED_MAX: usize = 20_000;

/// Bytes of the lines of one host.
const HOST_BYTES_MAX: usize = 64 << 10;

/// Parts of a resolved line before its texts.
const PARTS: usize = 9;

/// What `avahi-browse -p` prints.
pub(crate) const FORMAT: Format = Format {
    word: "avahi",
    title: "what avahi-browse -p prints",
    sort: Sort::Sighting,
    recognises: |head| walk::most(head, |line| Service::of(line).is_some()),
    read,
};

/// A line.
struct Service<'l> {
    resolved: bool,
    socket: &'l str,
    name: String,
    kind: &'l str,
    domain: &'l str,
    /// Host, address, port and texts of one that was resolved.
    host: Option<(&'l str, &'l str, &'l str, &'l str)>,
}

impl<'l> Service<'l> {
    fn of(line: &'l str) -> Option<Self> {
        let parts: Vec<&str> = line.splitn(PARTS + 1, ';').collect();
        let (&sign, &[socket, protocol, name, kind, domain, ref rest @ ..]) =
            parts.split_first()?
        else {
            return None;
        };
        let known = matches!(sign, "=" | "+" | "-") && matches!(protocol, "IPv4" | "IPv6");
        let host = match rest {
            [host, address, port, texts @ ..] => {
                Some((*host, *address, *port, texts.first().copied().unwrap_or("")))
            }
            _ => None,
        };
        let whole = (sign == "=") == host.is_some();
        let service = Self { resolved: sign == "=", socket, name: plain(name), kind, domain, host };
        (known && whole && sign != "-").then_some(service)
    }
}

/// A name without its escapes: `AXIS\032M1065`.
fn plain(written: &str) -> String {
    let bytes = written.as_bytes();
    let mut out = vec![];
    let mut at = 0;
    while at < bytes.len() {
        let code = written.get(at + 1..at + 4).filter(|_| bytes[at] == b'\\');
        let code = code.filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
        match code.and_then(|code| code.parse::<u8>().ok()) {
            Some(byte) => {
                out.push(byte);
                at += 4;
            }
            None if bytes[at] == b'\\' && at + 1 < bytes.len() => {
                out.push(bytes[at + 1]);
                at += 2;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The hosts, and the services that were resolved.
#[derive(Default)]
struct Hosts {
    held: Held,
    resolved: HashSet<String>,
}

impl Hosts {
    fn take(
        &mut self,
        service: &Service<'_>,
        (number, line): (u64, &str),
        report: &mut Report<'_>,
    ) -> ControlFlow<()> {
        if self.held.is_full(line.len()) {
            self.give(report)?;
        }
        let own = format!("{}.{}.{}", service.name, service.kind, service.domain);
        let key = match service.host {
            Some((host, ..)) => format!("={} {host}", service.socket),
            None => format!("+{} {own}", service.socket),
        };
        if service.resolved && self.resolved.len() < RESOLVED_MAX {
            self.resolved.insert(own.clone());
        }
        let part = self.held.part(key, line.len());
        if part.text.is_empty() {
            part.line = number;
            part.kind = if service.resolved { "resolved" } else { "announced" };
        }
        fill(part, service, &own, line);
        ControlFlow::Continue(())
    }

    /// Gives the hosts; a service that was only announced where it was not resolved as well.
    fn give(&mut self, report: &mut Report<'_>) -> ControlFlow<()> {
        let resolved = &self.resolved;
        let known = |part: &Part| part.values(Field::Mdns).any(|name| resolved.contains(name));
        self.held.give(&|part| part.kind != "announced" || !known(part), report)
    }
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let mut hosts = Hosts::default();
    walk::each(input, report, &mut |number, line, report| {
        let Some(service) = Service::of(line) else {
            if !line.starts_with("-;") {
                said::tell_other_line(number, line, "service of avahi-browse -p", report);
            }
            return ControlFlow::Continue(());
        };
        hosts.take(&service, (number, line), report)
    });
    if hosts.give(report).is_continue() {
        walk::tell_silence("no service was found", report);
    }
}

fn fill(part: &mut Part, service: &Service<'_>, own: &str, line: &str) {
    if part.text.len() + line.len() > HOST_BYTES_MAX {
        return;
    }
    if !part.text.is_empty() {
        part.text.push('\n');
    }
    part.text.push_str(line);
    let Some((host, address, port, texts)) = service.host else {
        part.see(Field::Mdns, own);
        return;
    };
    part.see(Field::Mdns, &format!("{own} SRV 0 0 {port} {host}"));
    part.see(Field::Hostname, host);
    part.see(Field::Ip, address);
    for text in texts_of(texts) {
        let Some((key, value)) = text.split_once('=') else { continue };
        match key.to_ascii_lowercase().as_str() {
            "mac" | "macaddress" | "mac_address" => {
                part.see(Field::Mac, &mac::exact(value).unwrap_or_default());
            }
            "model" | "md" => part.see(Field::Model, value),
            "serial" | "serialnumber" | "sn" => part.see(Field::Serial, value),
            "fw" | "firmware" | "fwversion" => part.see(Field::Firmware, value),
            _ => {}
        }
    }
    if !texts.is_empty() {
        part.notes.push(("texts of the service", texts.to_owned()));
    }
}

/// The texts of a service, each in quotes.
fn texts_of(texts: &str) -> impl Iterator<Item = String> {
    let inner = texts.trim().trim_start_matches('"').trim_end_matches('"');
    inner.split("\" \"").map(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_freed_from_their_escapes() {
        assert_eq!(plain(r"AXIS\032M1065-L\032-\032ACCC8E000001"), "AXIS M1065-L - ACCC8E000001");
        assert_eq!(plain(r"K\195\188che\.1\"), "K\u{fc}che.1\\");
        assert_eq!(plain(r"a\999b\05"), "a999b05");
    }

    #[test]
    fn a_line_of_a_table_is_no_service() {
        assert!(Service::of("=;eth0;IPv4;a;_http._tcp;local").is_none());
        assert!(Service::of("+;eth0;IPv4;a;_http._tcp;local").is_some());
        assert!(Service::of("Name;Status;Model;a;b;c").is_none());
    }
}
