//! masscan's files: XML (`-oX`), JSON (`-oJ`, `-oD`), list (`-oL`) and grepable (`-oG`), as its
//! version 1.3 writes them. Each line or element tells of one port of one address, at one moment:
//! the records of an address are joined later. What a banner quotes is observed; the name that
//! masscan gives its protocol says which field it is.

use std::ops::ControlFlow;

use compact_str::{CompactString, format_compact};
use serde_json::Value;
use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use super::quoted::{self, text_at};
use super::{clock, has_keys, lines_are};
use crate::read::format::{Format, Input};
use crate::read::head::Head;
use crate::read::host::Host;
use crate::read::lines::Line;
use crate::read::report::{Report, cut};
use crate::read::xml::{self, Record};
use crate::read::{json, moments, said, walk};

/// masscan's files but the binary one.
pub(crate) const FORMAT: Format = Format {
    word: "masscan",
    title: "masscan's XML, JSON, list or grepable output",
    sort: Sort::Sighting,
    recognises: |head| form(head).is_some(),
    read,
};

/// The forms in which masscan writes.
enum Form {
    Xml,
    List,
    Json,
    JsonLines,
    Grepable,
}

fn form(head: &Head<'_>) -> Option<Form> {
    let start = head.start();
    if head.root() == Some("nmaprun") && head.text.contains("scanner=\"masscan\"") {
        Some(Form::Xml)
    } else if head.is_json() && has_keys(head, &["ip", "port", "proto", "rec_type"]) {
        Some(Form::JsonLines)
    } else if start.starts_with('[') && head.names(&["ip", "timestamp", "ports", "proto"]) {
        Some(Form::Json)
    } else if start.starts_with("# Masscan ") {
        Some(Form::Grepable)
    } else if start.starts_with("#masscan") || lines_are(head, 6, |line| entry(line).is_some()) {
        Some(Form::List)
    } else {
        None
    }
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let text = input.text_of_head();
    let form = form(&Head::new(&input.head, &text));
    match form {
        Some(Form::Xml) => xml::each(input, &["host"], report, &mut of_xml),
        Some(Form::Json) => json::each_at(input, &[], report, &mut of_json),
        Some(Form::JsonLines) => json::each_line(input, report, &mut of_json_line),
        Some(Form::Grepable) => walk::lines(input, report, &mut of_grepable),
        Some(Form::List) | None => walk::lines(input, report, &mut of_list),
    }
}

/// Bytes of a banner that are kept beside, where no field is known for it.
const NOTE_BYTES_MAX: usize = 200;

/// What is told of a port.
struct Told<'t> {
    port: &'t str,
    protocol: &'t str,
    what: What<'t>,
}

enum What<'t> {
    /// `open` or `closed`.
    Status(&'t str),
    /// The name of what speaks there, and what it said.
    Banner(&'t str, &'t str),
}

impl Told<'_> {
    /// Takes it down; `false` of a port that is closed, which says nothing of who answered.
    fn take(&self, host: &mut Host<'_>) -> bool {
        let Told { port, protocol, .. } = self;
        let said: CompactString = match self.what {
            What::Status(status) if status != "open" => return false,
            What::Status(_) => "open".into(),
            What::Banner(service, said) if banner(service, said, host) => return true,
            What::Banner(service, said) => {
                format_compact!("{service} {}", cut(said, NOTE_BYTES_MAX).0)
            }
        };
        host.note(&format_compact!("masscan: {port}/{protocol}"), &said);
        true
    }
}

/// Gives a host on of which something was told.
fn give(
    mut host: Host<'_>,
    told: bool,
    seen: Option<Seen>,
    report: &mut Report<'_>,
) -> ControlFlow<()> {
    host.seen(seen);
    if told { host.give(report) } else { ControlFlow::Continue(()) }
}

/// What a device said, by the name masscan has for it; whether a field is known for it.
fn banner(service: &str, said: &str, host: &mut Host<'_>) -> bool {
    match service {
        "http.server" => host.observe(Field::HttpServer, said),
        "title" => host.observe(Field::HttpTitle, said),
        "html" => quoted::page(said, host),
        "X509" => host.certificate(said),
        // Of who signed it, not of the host.
        "X509CA" => {}
        "snmp" => {
            for (name, value) in said.lines().filter_map(|line| line.trim().split_once(':')) {
                match name {
                    "sysDescr" => host.observe(Field::Snmp, value),
                    "sysName" => host.observe(Field::Hostname, value),
                    _ => {}
                }
            }
        }
        "ssl" => return named(said, host),
        other => return quoted::banner(other, said, host),
    }
    true
}

/// `TLS/1.1 cipher:0xc013, gate-4, gate-4.example.net`: the names of a certificate, the first of
/// them that of its subject.
fn named(said: &str, host: &mut Host<'_>) -> bool {
    let mut words = said.split(", ");
    let known = words.next().is_some_and(|first| first.contains("cipher:"));
    let name = words.next().map(str::trim).filter(|name| known && !name.is_empty());
    // What stands in brackets was asked for by an option of its own and is the whole of a name.
    match name.filter(|name| !name.contains(['[', ']'])) {
        Some(name) => host.observe(Field::TlsSubject, &format!("CN={name}")),
        None => return false,
    }
    true
}

fn of_xml(record: &Record<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let element = record.element;
    let address = element.child("address").and_then(|one| one.attribute("addr")).unwrap_or("");
    let seen = element.attribute("endtime").and_then(clock::of_seconds);
    let mut host = Host::new(record.line, record.text);
    host.ip(address);
    let mut any = false;
    for port in element.all("ports").flat_map(|ports| ports.all("port")) {
        let status = port.child("state").and_then(|state| state.attribute("state"));
        let service = port.child("service");
        let said = service.and_then(|service| service.attribute("banner"));
        let said = said.map(quoted::unescaped);
        let name = service.and_then(|service| service.attribute("name")).unwrap_or("");
        let told = Told {
            port: port.attribute("portid").unwrap_or(""),
            protocol: port.attribute("protocol").unwrap_or("tcp"),
            what: match &said {
                Some(said) => What::Banner(name, said),
                None => What::Status(status.unwrap_or("")),
            },
        };
        any |= told.take(&mut host);
    }
    give(host, any, seen, report)
}

/// The moment of an object.
fn moment(value: &Value) -> Option<Seen> {
    value.get("timestamp").and_then(moments::of_value).map(Seen::at)
}

fn of_json(element: &json::Element<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let value = element.value;
    let mut host = Host::new(element.line, element.text);
    host.ip(text_at(value, "ip").unwrap_or(""));
    let mut any = false;
    for port in quoted::list_at(value, "ports") {
        let number = port.get("port").and_then(json::text).unwrap_or_default();
        let said = text_at(port, "service.banner").map(quoted::of_single_bytes);
        let told = Told {
            port: &number,
            protocol: text_at(port, "proto").unwrap_or("tcp"),
            what: match &said {
                Some(said) => What::Banner(text_at(port, "service.name").unwrap_or(""), said),
                None => What::Status(text_at(port, "status").unwrap_or("")),
            },
        };
        any |= told.take(&mut host);
    }
    give(host, any, moment(value), report)
}

fn of_json_line(element: &json::Element<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let value = element.value;
    let mut host = Host::new(element.line, element.text);
    host.ip(text_at(value, "ip").unwrap_or(""));
    let number = value.get("port").and_then(json::text).unwrap_or_default();
    let said = text_at(value, "data.banner").map(quoted::of_single_bytes);
    let told = Told {
        port: &number,
        protocol: text_at(value, "proto").unwrap_or("tcp"),
        what: match &said {
            Some(said) => What::Banner(text_at(value, "data.service_name").unwrap_or(""), said),
            None => What::Status(text_at(value, "data.status").unwrap_or("")),
        },
    };
    let any = told.take(&mut host);
    give(host, any, moment(value), report)
}

/// The words of a line of the list: `open tcp 80 192.0.2.17 1390380064`, or `banner` with a name
/// and what was said behind it.
fn entry(line: &str) -> Option<[&str; 6]> {
    let mut words = line.splitn(6, ' ');
    let mut next = || words.next();
    let all = [next()?, next()?, next()?, next()?, next()?, next().unwrap_or("")];
    let known = matches!(all[0], "open" | "closed" | "banner" | "unknown");
    let numbers = all[2].parse::<u16>().is_ok() && all[4].parse::<u32>().is_ok();
    (known && numbers && all[3].parse::<std::net::IpAddr>().is_ok()).then_some(all)
}

fn of_list(line: &Line<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    if line.text.starts_with('#') {
        return ControlFlow::Continue(());
    }
    let Some([status, protocol, port, address, seconds, rest]) = entry(line.text.trim()) else {
        said::tell_other_line(
            line.number,
            line.text,
            "line `open tcp PORT ADDRESS SECONDS`",
            report,
        );
        return ControlFlow::Continue(());
    };
    let (service, said) = rest.split_once(' ').unwrap_or((rest, ""));
    let said = quoted::unescaped(said);
    let what = match status {
        "banner" => What::Banner(service, &said),
        other => What::Status(other),
    };
    let mut host = Host::new(line.number, line.text);
    host.ip(address);
    let any = Told { port, protocol, what }.take(&mut host);
    give(host, any, clock::of_seconds(seconds), report)
}

/// Parts `Name: value`, with tabs between them.
fn of_grepable(line: &Line<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    if line.text.starts_with('#') {
        return ControlFlow::Continue(());
    }
    let part = |name: &str| {
        line.text.split('\t').find_map(|part| part.strip_prefix(name)?.strip_prefix(": "))
    };
    let Some(address) = part("Host").and_then(|host| host.split(' ').next()) else {
        said::tell_other_line(
            line.number,
            line.text,
            "line `Timestamp: SECONDS, Host: ADDRESS (), Ports: \u{2026}`",
            report,
        );
        return ControlFlow::Continue(());
    };
    let seen = part("Timestamp").and_then(clock::of_seconds);
    let mut host = Host::new(line.number, line.text);
    host.ip(address);
    let mut any = false;
    if let Some(service) = part("Service") {
        let said = quoted::unescaped(part("Banner").unwrap_or(""));
        let what = What::Banner(service, &said);
        any |= Told { port: part("Port").unwrap_or(""), protocol: "tcp", what }.take(&mut host);
    }
    for port in part("Ports").unwrap_or("").split(", ") {
        let mut words = port.split('/');
        let mut next = || words.next().unwrap_or("");
        let (port, status, protocol) = (next(), next(), next());
        any |= Told { port, protocol, what: What::Status(status) }.take(&mut host);
    }
    give(host, any, seen, report)
}
