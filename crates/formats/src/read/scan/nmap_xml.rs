//! nmap's XML (`-oX`): a host is a device. What nmap itself concludes (product, operating system)
//! is its own opinion and kept beside; what the host answered to its scripts is observed.

use std::ops::ControlFlow;

use jiff::Timestamp;
use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use crate::read::format::{Format, Input};
use crate::read::host::Host;
use crate::read::report::Report;
use crate::read::said;
use crate::read::xml::{self, Element, Record};

/// nmap's XML.
pub(crate) const FORMAT: Format = Format {
    word: "nmap-xml",
    title: "nmap's XML (-oX)",
    sort: Sort::Sighting,
    recognises: |head| head.root() == Some("nmaprun"),
    read,
};

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    xml::each(input, &["host"], report, &mut host);
}

fn host(record: &Record<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let element = record.element;
    // A host that is down has an address and nothing else; one that was only listed, no status.
    let down = element.child("status").and_then(|status| status.attribute("state")) == Some("down");
    if down {
        return ControlFlow::Continue(());
    }
    let mut host = Host::new(record.line, record.text);
    host.seen(seen(element));
    for address in element.all("address") {
        let Some(value) = address.attribute("addr") else { continue };
        match address.attribute("addrtype") {
            Some("mac") => host.mac(value),
            _ => host.ip(value),
        }
    }
    for name in element.all("hostnames").flat_map(|names| names.all("hostname")) {
        host.maybe(Field::Hostname, name.attribute("name"));
    }
    for port in element.all("ports").flat_map(|ports| ports.all("port")) {
        service(port, &mut host);
        for script in port.all("script") {
            answered(script, &mut host);
        }
    }
    for script in element.all("hostscript").flat_map(|scripts| scripts.all("script")) {
        answered(script, &mut host);
    }
    host.give(report)
}

fn seen(element: Element<'_>) -> Option<Seen> {
    let moment = |name: &str| Timestamp::from_second(element.attribute(name)?.parse().ok()?).ok();
    let start = moment("starttime").or_else(|| moment("endtime"))?;
    Some(Seen::between(start, moment("endtime").unwrap_or(start)))
}

/// What nmap takes the service of a port for, kept beside.
fn service(port: Element<'_>, host: &mut Host<'_>) {
    let open = port.child("state").and_then(|state| state.attribute("state")) == Some("open");
    let Some(service) = port.child("service").filter(|_| open) else { return };
    let words = ["name", "product", "version", "extrainfo"].map(|one| service.attribute(one));
    let said: Vec<&str> = words.into_iter().flatten().filter(|word| !word.is_empty()).collect();
    let protocol = port.attribute("protocol").unwrap_or("tcp");
    if let Some(number) = port.attribute("portid") {
        host.note(&format!("nmap: {number}/{protocol}"), &said.join(" "));
    }
}

/// What the host answered to a script.
fn answered(script: Element<'_>, host: &mut Host<'_>) {
    let Some(output) = script.attribute("output") else { return };
    let own = |key: &str| own_element(script, key);
    match script.attribute("id").unwrap_or("") {
        // Where a page has no title, nmap says so in words of its own, or gives its address.
        "http-title" => match own("title") {
            Some(title) => host.observe(Field::HttpTitle, &title),
            None if script.children().next().is_none() => title(output, host),
            None => {}
        },
        "http-server-header" => {
            let lines = output.lines().map(str::trim);
            lines.for_each(|line| host.observe(Field::HttpServer, line));
        }
        "http-headers" => host.reply("http_headers", output),
        "http-auth" | "rtsp-auth" => host.maybe(Field::AuthRealm, realm(output)),
        "http-favicon" => {
            let hash = output.rsplit("MD5: ").next().filter(|_| output.contains("MD5: "));
            host.maybe(Field::FaviconMd5, hash.map(str::to_ascii_lowercase));
        }
        "ssl-cert" => certificate(script, output, host),
        "snmp-sysdescr" => host.maybe(Field::Snmp, output.trim().lines().next()),
        "upnp-info" => host.reply("ssdp", output),
        "rtsp-url-brute" | "rtsp-methods" => {}
        _ => {}
    }
}

/// The text of a script's own element of that key, at any depth.
fn own_element(script: Element<'_>, key: &str) -> Option<String> {
    let mut within = script.within();
    let found = within.find(|one| one.name() == "elem" && one.attribute("key") == Some(key))?;
    Some(found.text().into_owned()).filter(|text| !text.is_empty())
}

fn title(output: &str, host: &mut Host<'_>) {
    let line = output.trim().lines().next().unwrap_or("");
    let of_nmap =
        ["Did not follow redirect", "Site doesn't have a title", "Requested resource was"];
    if !of_nmap.iter().any(|words| line.starts_with(words)) {
        host.observe(Field::HttpTitle, line);
    }
}

fn realm(output: &str) -> Option<&str> {
    let rest = &output[output.find("realm=")? + "realm=".len()..];
    let end = rest.find(['\r', '\n']).unwrap_or(rest.len());
    let value = rest[..end].trim();
    match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => value.split([',', ' ']).next(),
    }
}

/// The parts of a name in a certificate, as nmap spells them out and as everybody else writes them.
const PARTS: [(&str, &str); 6] = [
    ("commonName", "CN"),
    ("organizationName", "O"),
    ("organizationalUnitName", "OU"),
    ("localityName", "L"),
    ("stateOrProvinceName", "ST"),
    ("countryName", "C"),
];

/// Subject and issuer, by the table of their parts or by the line that says the same.
fn certificate(script: Element<'_>, output: &str, host: &mut Host<'_>) {
    for (key, field) in [("subject", Field::TlsSubject), ("issuer", Field::TlsIssuer)] {
        let table = script.all("table").find(|one| one.attribute("key") == Some(key));
        let name = match table {
            Some(table) => {
                let parts = table.all("elem");
                let parts = parts.filter_map(|one| Some((one.attribute("key")?, one.text())));
                named(parts.map(|(key, value)| (key, value.into_owned())))
            }
            None => output
                .lines()
                .find_map(|line| {
                    let (before, parts) = line.trim().split_once(": ")?;
                    let parts = parts.split('/').filter_map(|part| part.split_once('='));
                    let parts = parts.map(|(key, value)| (key, value.to_owned()));
                    before.eq_ignore_ascii_case(key).then(|| named(parts))
                })
                .unwrap_or_default(),
        };
        host.observe(field, &name);
    }
    let hash = own_element(script, "sha256");
    host.maybe(Field::TlsFingerprint, hash.map(|hash| hash.to_ascii_lowercase()));
}

fn named<'p>(parts: impl Iterator<Item = (&'p str, String)>) -> String {
    let short = |key: &'p str| PARTS.iter().find(|(long, _)| *long == key).map_or(key, |p| p.1);
    let parts: Vec<String> = parts.map(|(key, value)| format!("{}={value}", short(key))).collect();
    parts.join(", ")
}
