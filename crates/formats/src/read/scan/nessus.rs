//! Nessus' reports (`.nessus`, version 2): a `ReportHost` is a device. What its plugins conclude is
//! an opinion; a few quote the device's own reply in a form that is sure, and these are observed,
//! by the number of the plugin. The forms are those of the plugins as they have stood for years;
//! a text of another form gives nothing.

use std::ops::ControlFlow;

use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use super::{clock, quoted};
use crate::read::format::{Format, Input};
use crate::read::host::Host;
use crate::read::report::Report;
use crate::read::said;
use crate::read::xml::{self, Element, Record};

/// Nessus' reports.
pub(crate) const FORMAT: Format = Format {
    word: "nessus",
    title: "Nessus' report (.nessus)",
    sort: Sort::Sighting,
    recognises: |head| head.root() == Some("NessusClientData_v2"),
    read,
};

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    xml::each(input, &["ReportHost"], report, &mut host);
}

fn host(record: &Record<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let element = record.element;
    let mut host = Host::new(record.line, record.text);
    let tag = |name: &str| {
        let mut tags = element.all("HostProperties").flat_map(|all| all.all("tag"));
        tags.find(|tag| tag.attribute("name") == Some(name)).map(Element::text)
    };
    host.ip(&tag("host-ip").unwrap_or_default());
    // A target may be named by its address or by its name.
    host.ip(element.attribute("name").unwrap_or(""));
    tag("mac-address").iter().flat_map(|all| all.lines()).for_each(|line| host.mac(line));
    for name in ["host-fqdn", "host-rdns", "netbios-name"] {
        host.maybe(Field::Hostname, tag(name));
    }
    host.note("nessus: system", &tag("operating-system").unwrap_or_default());
    let moment = |name: &str| {
        let exact = tag(&format!("{name}_TIMESTAMP")).and_then(|text| clock::of_seconds(&text));
        exact.or_else(|| clock::of_c(&tag(name)?))
    };
    let (start, end) = (moment("HOST_START"), moment("HOST_END"));
    host.seen(start.zip(end).map(|(start, end)| Seen::between(start.from, end.until)).or(start));
    for item in element.all("ReportItem") {
        let id = item.attribute("pluginID").filter(|id| QUOTING.contains(id));
        if let (Some(id), Some(output)) = (id, item.child("plugin_output")) {
            plugin(id, &output.text(), &mut host);
        }
    }
    host.give(report)
}

/// The plugins that quote a device's own reply.
const QUOTING: [&str; 7] = ["10107", "24260", "10863", "10281", "10092", "10800", "86420"];

/// What stands behind a line of the plugin's own words.
fn behind<'t>(output: &'t str, words: &str) -> &'t str {
    output.split_once(words).map_or("", |(_, rest)| rest.trim_start())
}

/// What a plugin quotes of the device's own reply.
fn plugin(id: &str, output: &str, host: &mut Host<'_>) {
    match id {
        // Type and version of a web server: the value of its header, then Nessus' own remarks.
        "10107" => {
            let rest = behind(output, "The remote web server type is :");
            host.maybe(Field::HttpServer, rest.lines().next());
        }
        "24260" => headers(output, host),
        "10863" => certificate(output, host),
        "10281" => {
            let mark = "snip ------------------------------";
            let mut parts = output.split(mark);
            let quote = parts.nth(1).map(|quote| quote.trim_end_matches(['-', ' ', '\n']));
            host.maybe(Field::Telnet, quote);
        }
        "10092" => host.observe(Field::Ftp, behind(output, "The remote FTP banner is :")),
        "10800" => {
            for line in output.lines() {
                match line.split_once(':').map(|(key, value)| (key.trim(), value)) {
                    Some(("sysDescr", value)) => host.observe(Field::Snmp, value),
                    Some(("sysName", value)) => host.observe(Field::Hostname, value),
                    _ => {}
                }
            }
        }
        // The addresses that other plugins collected.
        "86420" => output.lines().for_each(|line| host.mac(line)),
        _ => {}
    }
}

/// `Response Code`, facts of the protocol, and `Headers :` with a line each, indented.
fn headers(output: &str, host: &mut Host<'_>) {
    let (_, rest) = output.split_once("Headers :").unwrap_or(("", ""));
    let rest = rest.trim_start_matches([' ', '\r', '\n']);
    let end = rest.find("Response Body :").unwrap_or(rest.len());
    let (headers, body) = rest.split_at(end);
    let lines: Vec<&str> = headers.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    if !lines.is_empty() {
        host.reply("http_headers", &lines.join("\r\n"));
    }
    quoted::page(body, host);
}

/// The parts of a name, as Nessus spells them, from the device up to its country.
const PARTS: [(&str, &str); 6] = [
    ("Common Name", "CN"),
    ("Organization Unit", "OU"),
    ("Organization", "O"),
    ("Locality", "L"),
    ("State/Province", "ST"),
    ("Country", "C"),
];

/// `Subject Name:` and `Issuer Name:` with a line for each part, and the hashes.
fn certificate(output: &str, host: &mut Host<'_>) {
    let mut names = [(Field::TlsSubject, vec![]), (Field::TlsIssuer, vec![])];
    let mut at = None;
    for line in output.lines().map(str::trim) {
        let Some((key, value)) = line.split_once(':') else { continue };
        let (key, value) = (key.trim(), value.trim());
        match key {
            "Subject Name" => at = Some(0),
            "Issuer Name" => at = Some(1),
            "Serial Number" => at = None,
            "SHA-256 Fingerprint" => host.observe(Field::TlsFingerprint, value),
            _ => {
                let place = PARTS.iter().position(|(long, _)| *long == key);
                if let (Some(at), Some(place)) = (at, place) {
                    names[at].1.push((place, value));
                }
            }
        }
    }
    for (field, mut parts) in names {
        parts.sort_by_key(|(place, _)| *place);
        let parts = parts.iter().map(|(place, value)| format!("{}={value}", PARTS[*place].1));
        host.observe(field, &parts.collect::<Vec<_>>().join(","));
    }
}
