//! zgrab2's results, one JSON object a line: what an address answered to each module. Read are the
//! forms of its versions since 2018, in which the version of the protocol was an object at first.
//! A line is one device; its modules ran at moments of their own. Headers stand there in an order
//! and case of zgrab2's own unless it was told to keep them raw: only then are they a block.

use std::ops::ControlFlow;

use jiff::Timestamp;
use serde_json::Value;
use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use super::quoted::{self, list_at, text_at};
use super::{each_object, has_keys};
use crate::read::format::{Format, Input};
use crate::read::host::Host;
use crate::read::json;
use crate::read::report::Report;
use crate::read::{moments, said};

/// zgrab2's results.
pub(crate) const FORMAT: Format = Format {
    word: "zgrab2",
    title: "zgrab2's results, one JSON object a line",
    sort: Sort::Sighting,
    recognises: |head| {
        has_keys(head, &["data"])
            && (has_keys(head, &["ip"]) || has_keys(head, &["domain"]))
            && head.names(&["data", "status", "protocol"])
    },
    read,
};

/// Modules read of one line.
const MODULES_MAX: usize = 64;

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    each_object(input, &[], report, &mut host);
}

fn host(element: &json::Element<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let value = element.value;
    let mut host = Host::new(element.line, element.text);
    host.ip(text_at(value, "ip").unwrap_or(""));
    host.maybe(Field::Hostname, text_at(value, "domain"));
    let modules = value.get("data").and_then(Value::as_object);
    let mut seen: Option<Seen> = None;
    let mut answered = false;
    for (name, scan) in modules.into_iter().flatten().take(MODULES_MAX) {
        let Some(result) = scan.get("result").filter(|result| result.is_object()) else {
            answered |= text_at(scan, "status") == Some("success");
            continue;
        };
        answered = true;
        module(text_at(scan, "protocol").unwrap_or(name), scan, result, &mut host);
        let moment = text_at(scan, "timestamp").and_then(moments::of_text);
        seen = with(seen, moment);
    }
    host.seen(seen);
    // Nobody answered at an address that was only tried.
    if answered { host.give(report) } else { ControlFlow::Continue(()) }
}

/// The stretch with one more moment in it.
pub(super) fn with(seen: Option<Seen>, moment: Option<Timestamp>) -> Option<Seen> {
    match (seen, moment) {
        (Some(seen), Some(moment)) => {
            Some(Seen::between(seen.from.min(moment), seen.until.max(moment)))
        }
        (seen, moment) => seen.or(moment.map(Seen::at)),
    }
}

fn module(protocol: &str, scan: &Value, result: &Value, host: &mut Host<'_>) {
    match protocol {
        "http" | "https" => {
            let before = list_at(result, "redirect_response_chain");
            before.chain(result.get("response")).for_each(|one| response(one, host));
        }
        "tls" => handshake(result, host),
        "snmp" => host.maybe(Field::Snmp, text_at(result, "sysdescr")),
        _ => {
            let port = scan.get("port").and_then(Value::as_u64);
            let greeted =
                ["banner", "server_id.raw"].into_iter().find_map(|at| text_at(result, at));
            if let Some(greeting) = greeted
                && !quoted::banner(spoken(protocol, port, greeting), greeting, host)
            {
                host.note(&format!("zgrab2: {protocol}"), greeting);
            }
        }
    }
    for inner in ["tls", "tls_log"] {
        if let Some(log) = result.get(inner) {
            handshake(log, host);
        }
    }
}

/// What is spoken where the module that only listens was sent to the port of a protocol.
fn spoken<'p>(protocol: &'p str, port: Option<u64>, greeting: &str) -> &'p str {
    match (protocol, port) {
        ("banner", Some(23 | 2323)) => "telnet",
        ("banner", Some(21)) if greeting.starts_with("220") => "ftp",
        _ => protocol,
    }
}

fn response(response: &Value, host: &mut Host<'_>) {
    if let Some(block) = text_at(response, "headers_raw").and_then(quoted::headers_in_base64) {
        host.reply("http_headers", &block);
    }
    let headers = response.get("headers").and_then(Value::as_object);
    for (name, values) in headers.into_iter().flatten() {
        if name == "unknown" {
            for other in values.as_array().into_iter().flatten() {
                let key = text_at(other, "key").unwrap_or("");
                let all = quoted::texts_at(other, "value");
                all.for_each(|value| quoted::header(key, value, host));
            }
            continue;
        }
        let all = values.as_array().into_iter().flatten().filter_map(Value::as_str);
        all.for_each(|value| quoted::header(name, value, host));
    }
    quoted::page(text_at(response, "body").unwrap_or(""), host);
    if let Some(log) = json::at(response, "request.tls_log") {
        handshake(log, host);
    }
}

/// The certificate of a handshake: the parsed names and hash, or what was kept whole.
fn handshake(log: &Value, host: &mut Host<'_>) {
    let Some(own) = json::at(log, "handshake_log.server_certificates.certificate") else { return };
    let parsed = own.get("parsed").filter(|parsed| parsed.get("subject_dn").is_some());
    match parsed {
        Some(parsed) => {
            host.maybe(Field::TlsSubject, text_at(parsed, "subject_dn"));
            host.maybe(Field::TlsIssuer, text_at(parsed, "issuer_dn"));
            host.maybe(Field::TlsFingerprint, text_at(parsed, "fingerprint_sha256"));
        }
        None => host.certificate(text_at(own, "raw").unwrap_or("")),
    }
}
