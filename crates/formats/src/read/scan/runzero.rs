//! runZero's export of assets or services, one JSON object a line or a list. An asset is one
//! device; a line of a service tells of its asset too. What runZero concludes (hardware, system,
//! kind) is kept beside; what its services answered is observed. Several answers to one question
//! stand in one text with tabs between them.

use std::ops::ControlFlow;

use serde_json::{Map, Value};
use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use super::quoted::{self, text_at, texts_at};
use super::{each_object, has_keys};
use crate::read::format::{Format, Input};
use crate::read::host::Host;
use crate::read::json;
use crate::read::report::Report;
use crate::read::{certificate, moments, said};

/// runZero's export.
pub(crate) const FORMAT: Format = Format {
    word: "runzero",
    title: "runZero's assets or services (JSON)",
    sort: Sort::Sighting,
    recognises: |head| has_keys(head, &["addresses", "macs", "names", "hw", "os"]),
    read,
};

/// Services read of one asset.
const SERVICES_MAX: usize = 1024;

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    each_object(input, &[], report, &mut host);
}

fn host(element: &json::Element<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let value = element.value;
    let mut host = Host::new(element.line, element.text);
    for path in ["addresses", "service_address"] {
        texts_at(value, path).for_each(|address| host.ip(address));
    }
    texts_at(value, "macs").for_each(|address| host.mac(address));
    texts_at(value, "names").for_each(|name| host.observe(Field::Hostname, name));
    let services = value.get("services").and_then(Value::as_object).into_iter().flatten();
    let services = services.map(|(_, service)| service).take(SERVICES_MAX);
    for service in services.chain(value.get("service_data")).filter_map(Value::as_object) {
        answers(service, &mut host);
    }
    for key in ["hw", "os", "os_version", "type"] {
        host.note(&format!("runzero: {key}"), text_at(value, key).unwrap_or(""));
    }
    host.note("site", text_at(value, "site_name").unwrap_or(""));
    host.note("comments", text_at(value, "comments").unwrap_or(""));
    let seen = value.get("last_seen").and_then(moments::of_value);
    host.seen(seen.map(Seen::at));
    host.give(report)
}

/// What a service answered: names of answers and what they were.
fn answers(service: &Map<String, Value>, host: &mut Host<'_>) {
    let text = |key: &str| service.get(key).and_then(Value::as_str).unwrap_or("");
    let protocols = text("protocol");
    let greets = ["telnet", "ftp"].into_iter().find(|one| protocols.split('\t').any(|p| p == *one));
    quoted::banner(greets.unwrap_or(""), text("banner"), host);
    for (key, field) in FIELDS {
        text(key).split('\t').for_each(|said| host.observe(*field, said));
    }
    for (key, said) in service {
        let (Some(name), Some(said)) = (key.strip_prefix("http.head."), said.as_str()) else {
            continue;
        };
        for said in said.split('\t').filter(|said| !said.is_empty()) {
            header(name, said, host);
        }
    }
    tls(text, host);
}

/// A header, by its name without dashes.
fn header(name: &str, said: &str, host: &mut Host<'_>) {
    let name = match name.to_ascii_lowercase().as_str() {
        "server" => "server",
        "wwwauthenticate" => "www-authenticate",
        "location" => "location",
        _ => return,
    };
    quoted::header(name, said, host);
}

/// Answers that are a field as they stand.
static FIELDS: &[(&str, Field)] = &[
    ("html.title", Field::HttpTitle),
    ("favicon.ico.image.md5", Field::FaviconMd5),
    ("favicon.ico.image.mmh3", Field::FaviconMmh3),
    ("host.name", Field::Hostname),
];

/// The certificate that was shown, or the names and the hash of it, which stands in base64.
fn tls<'t>(text: impl Fn(&str) -> &'t str, host: &mut Host<'_>) {
    let first = |key: &str| text(key).split('\t').next().unwrap_or("");
    host.observe(Field::TlsSubject, first("tls.subject"));
    host.observe(Field::TlsIssuer, first("tls.issuer"));
    let hash = first("tls.fp.sha256").strip_prefix("SHA256:").and_then(certificate::of_base64);
    match hash {
        Some(hash) => host.observe(Field::TlsFingerprint, &data_encoding::HEXLOWER.encode(&hash)),
        None => host.certificate(first("tls.certificates")),
    }
}
