//! nmap's XML (`-oX`): a host is a device. What nmap itself concludes (product, operating system)
//! is its own opinion and kept beside; what the host answered to its scripts is observed.

use std::borrow::Cow;
use std::ops::ControlFlow;

use compact_str::CompactString;
use jiff::Timestamp;
use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use super::nmap_scripts;
use crate::read::certificate;
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
    let mut host = Host::in_place_of(report.spare(), record.line, record.text);
    host.seen(seen(element));
    for address in element.all("address") {
        match address.attributes(["addr", "addrtype"]) {
            [Some(value), Some("mac")] => host.mac(value),
            [Some(value), _] => host.ip(value),
            [None, _] => {}
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
    let moment = |text: &str| Timestamp::from_second(text.parse().ok()?).ok();
    let [start, end] = element.attributes(["starttime", "endtime"]).map(|text| moment(text?));
    let start = start.or(end)?;
    Some(Seen::between(start, end.unwrap_or(start)))
}

/// What nmap takes the service of a port for, kept beside.
fn service(port: Element<'_>, host: &mut Host<'_>) {
    let open = port.child("state").and_then(|state| state.attribute("state")) == Some("open");
    let Some(service) = port.child("service").filter(|_| open) else { return };
    let [Some(number), protocol] = port.attributes(["portid", "protocol"]) else { return };
    let mut said = CompactString::default();
    let words = service.attributes(["name", "product", "version", "extrainfo"]);
    for word in words.into_iter().flatten().filter(|word| !word.is_empty()) {
        if !said.is_empty() {
            said.push(' ');
        }
        said.push_str(word);
    }
    let protocol = protocol.unwrap_or("tcp");
    let mut heading = CompactString::const_new("nmap: ");
    [number, "/", protocol].into_iter().for_each(|part| heading.push_str(part));
    host.note(&heading, &said);
}

/// What the host answered to a script: by the elements of its own where they say it better than
/// its text does.
fn answered(script: Element<'_>, host: &mut Host<'_>) {
    let [Some(output), id] = script.attributes(["output", "id"]) else { return };
    let id = id.unwrap_or("");
    match id {
        // Where a page has no title, nmap says so in words of its own, or gives its address.
        "http-title" if script.children().next().is_some() => {
            host.maybe(Field::HttpTitle, own_element(script, "title"));
        }
        "ssl-cert" => names(script, output, host),
        _ => nmap_scripts::answered(id, output, host),
    }
}

/// The text of a script's own element of that key, at any depth.
fn own_element<'t>(script: Element<'t>, key: &str) -> Option<Cow<'t, str>> {
    let mut within = script.within();
    let found = within.find(|one| one.name() == "elem" && one.attribute("key") == Some(key))?;
    Some(found.text()).filter(|text| !text.is_empty())
}

/// Subject and issuer by the tables of their parts, and the hash; or the text that says the same.
fn names(script: Element<'_>, output: &str, host: &mut Host<'_>) {
    let mut known = vec![];
    for (key, field) in [("subject", Field::TlsSubject), ("issuer", Field::TlsIssuer)] {
        let table = script.all("table").find(|one| one.attribute("key") == Some(key));
        let Some(table) = table else { continue };
        let parts = table.all("elem");
        let parts = parts.filter_map(|one| Some((one.attribute("key")?, one.text())));
        host.observe(field, &nmap_scripts::named(parts));
        known.push(field);
    }
    nmap_scripts::certificate(output, &known, host);
    match own_element(script, "sha256") {
        Some(hash) => host.observe(Field::TlsFingerprint, &hash),
        // Older versions give hashes of other kinds alone, and with them all of it.
        None => host.maybe(Field::TlsFingerprint, own_pem(script)),
    }
}

/// The hash of the certificate that a script quotes whole.
fn own_pem(script: Element<'_>) -> Option<String> {
    let pem = own_element(script, "pem")?;
    let body = pem.split("-----").nth(2)?;
    Some(certificate::of_der(&certificate::of_base64(body)?)?.fingerprint)
}
