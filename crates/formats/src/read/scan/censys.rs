//! Censys' hosts: those of its search (v2: `services[].http.response`, `tls.certificates`) and
//! those of its platform (`services[].endpoints[].http`, `cert`), bare, in the answer of the
//! interface or in the list of a search, as one document, a list, or one a line. A host is one
//! device. What Censys concludes (software, hardware, labels) is kept beside. Headers come sorted
//! by their names, so that they are no block.

use std::ops::ControlFlow;

use serde_json::Value;
use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use super::each_object;
use super::quoted::{self, list_at, text_at, texts_at};
use super::zgrab2::with;
use crate::read::format::{Format, Input};
use crate::read::head::Head;
use crate::read::host::Host;
use crate::read::json;
use crate::read::kinds_text::realm;
use crate::read::report::Report;
use crate::read::{moments, said};

/// Censys' hosts.
pub(crate) const FORMAT: Format = Format {
    word: "censys",
    title: "Censys' hosts (JSON)",
    sort: Sort::Sighting,
    recognises: |head| {
        head.names(&["ip", "services", "port", "transport_protocol"])
            && (head.names(&["service_name"]) || head.names(&["protocol"]))
    },
    read,
};

/// Services read of one host.
const SERVICES_MAX: usize = 1024;

/// Objects around a host.
const AROUND: [&str; 4] = ["result", "host_v1", "resource", "host"];

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let text = input.text_of_head();
    let listed = Head::new(&input.head, &text).names(&["result", "hits"]);
    let path: &[&str] = if listed { &["result", "hits"] } else { &[] };
    each_object(input, path, report, &mut host);
}

fn host(element: &json::Element<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let mut value = element.value;
    for _ in AROUND {
        let inner = AROUND.iter().find_map(|key| value.get(key).filter(|inner| inner.is_object()));
        match inner.filter(|_| value.get("services").is_none()) {
            Some(inner) => value = inner,
            None => break,
        }
    }
    let Some(address) = text_at(value, "ip") else { return ControlFlow::Continue(()) };
    let mut host = Host::new(element.line, element.text);
    host.ip(address);
    for path in ["name", "dns.names", "dns.reverse_dns.names"] {
        texts_at(value, path).for_each(|name| host.observe(Field::Hostname, name));
    }
    let mut seen: Option<Seen> = None;
    for one in list_at(value, "services").take(SERVICES_MAX) {
        service(one, &mut host);
        let moment = ["observed_at", "scan_time"].into_iter().find_map(|key| text_at(one, key));
        seen = with(seen, moment.and_then(moments::of_text));
    }
    let updated = || text_at(value, "last_updated_at").and_then(moments::of_text).map(Seen::at);
    host.seen(seen.or_else(updated));
    opinions(value, "", &mut host);
    host.give(report)
}

fn service(service: &Value, host: &mut Host<'_>) {
    let named = text_at(service, "service_name").or_else(|| text_at(service, "protocol"));
    let protocol = named.unwrap_or("").to_ascii_lowercase();
    if let Some(response) = json::at(service, "http.response") {
        http(response, host);
    }
    for endpoint in list_at(service, "endpoints") {
        if let Some(response) = endpoint.get("http") {
            http(response, host);
        }
    }
    certificate(service, host);
    // The banner of a web server was put together from its sorted headers.
    let raw = text_at(service, "banner").filter(|raw| !raw.starts_with("HTTP/"));
    if let Some(raw) = raw {
        quoted::banner(&protocol, raw, host);
    }
    host.maybe(Field::RtspServer, text_at(service, "rtsp.server"));
    host.maybe(Field::Sip, text_at(service, "sip.server"));
    let realm = text_at(service, "rtsp.www_auth").and_then(realm);
    host.maybe(Field::AuthRealm, realm);
    host.maybe(Field::Snmp, text_at(service, "snmp.oid_system.desc"));
    host.maybe(Field::Hostname, text_at(service, "snmp.oid_system.name"));
    host.maybe(Field::Hostname, text_at(service, "onvif.hostname.name"));
    for described in list_at(service, "upnp.devices") {
        let mut model = ["model_number", "model_name"].into_iter();
        host.maybe(Field::Model, model.find_map(|key| text_at(described, key)));
        host.maybe(Field::Serial, text_at(described, "serial_number"));
    }
    if let Some(said) = json::at(service, "dhcpdiscover.params.device_info") {
        discovered(said, host);
    }
    let port = service.get("port").and_then(Value::as_u64).unwrap_or(0);
    opinions(service, &format!(" {port}"), host);
}

/// What a device of the family of Dahua tells of itself to whoever asks in its own way.
fn discovered(said: &Value, host: &mut Host<'_>) {
    host.maybe(Field::Model, text_at(said, "device_type"));
    host.maybe(Field::Serial, text_at(said, "serial_number"));
    host.maybe(Field::Firmware, text_at(said, "version"));
    let maker = text_at(said, "vendor").or_else(|| text_at(said, "manufacturer"));
    host.maybe(Field::OnvifManufacturer, maker);
}

fn http(response: &Value, host: &mut Host<'_>) {
    for (name, values) in response.get("headers").and_then(Value::as_object).into_iter().flatten() {
        // The search gives a list of values, the platform an object with that list.
        let list = values.as_array().or_else(|| values.get("headers")?.as_array());
        for value in list.into_iter().flatten().filter_map(Value::as_str) {
            quoted::header(name, value, host);
        }
    }
    match text_at(response, "html_title") {
        Some(title) => host.observe(Field::HttpTitle, title),
        None => quoted::page(text_at(response, "body").unwrap_or(""), host),
    }
    for icon in list_at(response, "favicons") {
        let hash = ["hash_md5", "md5_hash"].into_iter().find_map(|key| text_at(icon, key));
        host.maybe(Field::FaviconMd5, hash.map(|hash| hash.trim_start_matches("md5:")));
        let hash = ["hash_shodan", "shodan_hash"].into_iter().find_map(|key| icon.get(key));
        host.maybe(Field::FaviconMmh3, hash.and_then(json::text));
    }
}

fn certificate(service: &Value, host: &mut Host<'_>) {
    let old = json::at(service, "tls.certificates.leaf_data");
    let new = json::at(service, "cert.parsed");
    for names in [old, new].into_iter().flatten() {
        host.maybe(Field::TlsSubject, text_at(names, "subject_dn"));
        host.maybe(Field::TlsIssuer, text_at(names, "issuer_dn"));
    }
    // The search called it `fingerprint` alone, and gave a SHA-256 there.
    const HASHES: [&str; 4] = [
        "tls.certificates.leaf_data.fingerprint",
        "tls.certificates.leaf_fp_sha_256",
        "cert.fingerprint_sha256",
        "tls.fingerprint_sha256",
    ];
    let hash = HASHES.into_iter().find_map(|path| text_at(service, path));
    host.maybe(Field::TlsFingerprint, hash);
}

/// What Censys takes it for.
fn opinions(value: &Value, of: &str, host: &mut Host<'_>) {
    for kind in ["software", "hardware", "operating_system"] {
        let one = value.get(kind).filter(|one| one.is_object());
        for found in list_at(value, kind).chain(one) {
            let words = ["vendor", "product", "version"].map(|key| text_at(found, key));
            let words: Vec<&str> = words.into_iter().flatten().collect();
            if !words.is_empty() {
                host.note(&format!("censys:{of} {kind}"), &words.join(" "));
            }
        }
    }
}
