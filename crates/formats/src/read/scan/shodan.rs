//! Shodan's banners: one JSON object a line, as `shodan download` gives them, the document of one
//! host, or the answer to a search. A line is one record of one port; a host's document is one
//! device. What Shodan concludes (product, system, kind of device) is kept beside; what the device
//! answered is observed.

use std::ops::ControlFlow;

use compact_str::{CompactString, format_compact};
use serde_json::Value;
use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use super::each_object;
use super::quoted::{self, list_at, text_at, texts_at};
use super::zgrab2::with;
use crate::read::format::{Format, Input};
use crate::read::host::Host;
use crate::read::json;
use crate::read::report::Report;
use crate::read::{moments, said};

/// Shodan's banners.
pub(crate) const FORMAT: Format = Format {
    word: "shodan",
    title: "Shodan's banners or hosts (JSON)",
    sort: Sort::Sighting,
    recognises: |head| head.names(&["ip_str"]) && head.names(&["port"]),
    read,
};

/// Banners read of one host.
const BANNERS_MAX: usize = 1024;

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    each_object(input, &["matches"], report, &mut host);
}

fn host(element: &json::Element<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let value = element.value;
    let mut host = Host::new(element.line, element.text);
    host.ip(text_at(value, "ip_str").unwrap_or(""));
    texts_at(value, "hostnames").for_each(|name| host.observe(Field::Hostname, name));
    let moment = |banner: &Value| text_at(banner, "timestamp").and_then(moments::of_text);
    let mut seen: Option<Seen> = with(None, moment(value));
    if let Some(all) = value.get("data").and_then(Value::as_array) {
        for one in all.iter().take(BANNERS_MAX) {
            banner(one, &mut host);
            seen = with(seen, moment(one));
        }
        let updated = || text_at(value, "last_update").and_then(moments::of_text).map(Seen::at);
        seen = seen.or_else(updated);
    } else {
        banner(value, &mut host);
    }
    host.seen(seen);
    host.give(report)
}

/// What Shodan found out of some protocols stands under the name of that protocol.
const PARTS: [&str; 3] = ["upnp", "telnet", "ftp"];

fn banner(banner: &Value, host: &mut Host<'_>) {
    // Where the module is not named, what it found out is.
    let known = || PARTS.into_iter().find(|part| banner.get(part).is_some());
    let module = text_at(banner, "_shodan.module").or_else(known).unwrap_or("");
    reply(module, text_at(banner, "data").unwrap_or(""), host);
    if let Some(http) = banner.get("http").filter(|http| http.is_object()) {
        page(http, host);
    }
    if let Some(own) = json::at(banner, "ssl.cert") {
        for (key, field) in [("subject", Field::TlsSubject), ("issuer", Field::TlsIssuer)] {
            host.observe(field, &name(own.get(key)));
        }
        host.maybe(Field::TlsFingerprint, text_at(own, "fingerprint.sha256"));
    }
    // What was read of the card itself; beside it stands what a register knows of its block.
    for address in banner.get("mac").and_then(Value::as_object).into_iter().flatten() {
        host.mac(address.0);
    }
    for answered in ["netbios.mac", "ubiquiti.mac", "lantronix.mac"] {
        host.maybe(Field::Mac, text_at(banner, answered));
    }
    if let Some(described) = banner.get("upnp") {
        let mut model = ["model_number", "model_name"].into_iter();
        host.maybe(Field::Model, model.find_map(|key| text_at(described, key)));
        host.maybe(Field::Serial, text_at(described, "serial_number"));
    }
    host.maybe(Field::Snmp, text_at(banner, "snmp.description"));
    host.maybe(Field::Hostname, text_at(banner, "snmp.name"));
    opinion(module, banner, host);
}

/// What answered, raw, by its own form or by the module that asked.
fn reply(module: &str, raw: &str, host: &mut Host<'_>) {
    match module {
        "upnp" => host.reply("ssdp", raw),
        "wsdd" | "ws-discovery" => host.reply("ws_discovery", raw),
        _ => {
            let protocol = match module.split('-').next() {
                Some("telnet") => "telnet",
                Some("ftp") => "ftp",
                _ => "",
            };
            quoted::banner(protocol, raw, host);
        }
    }
}

fn page(http: &Value, host: &mut Host<'_>) {
    host.maybe(Field::HttpServer, text_at(http, "server"));
    host.maybe(Field::HttpTitle, text_at(http, "title"));
    let hash = json::at(http, "favicon.hash").and_then(Value::as_i64);
    if let Some(hash) = hash {
        host.observe(Field::FaviconMmh3, &format_compact!("{hash}"));
    }
    for before in list_at(http, "redirects") {
        quoted::banner("", text_at(before, "data").unwrap_or(""), host);
        if let Some(location) = text_at(before, "location") {
            quoted::location(location, host);
        }
    }
    if let Some(location) = text_at(http, "location") {
        quoted::location(location, host);
    }
}

/// A name as everybody writes it; Shodan gives its parts by their keys, in no order.
fn name(parts: Option<&Value>) -> String {
    const ORDER: [&str; 6] = ["CN", "OU", "O", "L", "ST", "C"];
    let Some(parts) = parts.and_then(Value::as_object) else { return String::new() };
    let known = ORDER.into_iter().filter_map(|key| parts.get_key_value(key));
    let others = parts.iter().filter(|(key, _)| !ORDER.contains(&key.as_str()));
    let mut name = String::new();
    for (key, value) in known.chain(others) {
        let Some(value) = value.as_str() else { continue };
        if !name.is_empty() {
            name.push(',');
        }
        name.push_str(key);
        name.push('=');
        name.push_str(value);
    }
    name
}

/// What Shodan takes it for.
fn opinion(module: &str, banner: &Value, host: &mut Host<'_>) {
    let words = ["product", "version", "devicetype", "os"].map(|key| text_at(banner, key));
    let mut said = CompactString::from(module);
    for word in words.into_iter().flatten() {
        said.push(' ');
        said.push_str(word);
    }
    let port = banner.get("port").and_then(Value::as_u64);
    if let Some(port) = port.filter(|_| !said.is_empty()) {
        let transport = text_at(banner, "transport").unwrap_or("tcp");
        host.note(&format_compact!("shodan: {port}/{transport}"), &said);
    }
}
