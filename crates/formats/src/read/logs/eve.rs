//! Suricata's EVE: events, one JSON object a line. What a host answered or asked is observed of the
//! host that spoke: a web server's header of the server, a DHCP request of the one that asked.

use std::ops::ControlFlow;

use serde_json::Value;
use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use crate::read::format::{Format, Input};
use crate::read::host::Host;
use crate::read::json::{self, Element, text_at};
use crate::read::report::Report;
use crate::read::{moments, said};

/// Suricata's EVE.
pub(crate) const FORMAT: Format = Format {
    word: "eve",
    title: "Suricata's events (EVE JSON)",
    sort: Sort::Sighting,
    recognises: |head| head.lines_have(&["timestamp", "event_type"]),
    read,
};

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    json::each_line(input, report, &mut event);
}

fn event(event: &Element<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let value = event.value;
    let kind = text_at(value, "event_type").unwrap_or_default();
    let mut host = Host::new(event.line, event.text);
    host.seen(value.get("timestamp").and_then(moments::of_value).map(Seen::at));
    let speaks = |host: &mut Host<'_>, side: &str| host.maybe(Field::Ip, text_at(value, side));
    match kind.as_str() {
        "http" | "fileinfo" => {
            speaks(&mut host, "dest_ip");
            headers(value, &mut host);
        }
        "tls" => {
            speaks(&mut host, "dest_ip");
            host.maybe(Field::TlsSubject, text_at(value, "tls.subject"));
            host.maybe(Field::TlsIssuer, text_at(value, "tls.issuerdn"));
        }
        "dns" if is_question(value) => {
            speaks(&mut host, "src_ip");
            let old = text_at(value, "dns.rrname");
            let new = json::at(value, "dns.queries").and_then(Value::as_array);
            let new = new.into_iter().flatten().filter_map(|one| text_at(one, "rrname"));
            old.into_iter().chain(new).for_each(|name| host.observe(Field::DnsName, &name));
        }
        "dhcp" => dhcp(value, &mut host),
        "rtsp" | "sip" => {
            speaks(&mut host, "src_ip");
            host.maybe(Field::Sip, text_at(value, "sip.user_agent"));
        }
        "snmp" => {
            speaks(&mut host, "src_ip");
            host.maybe(Field::Snmp, text_at(value, "snmp.sysdescr"));
        }
        "mdns" => {
            speaks(&mut host, "src_ip");
            host.maybe(Field::Mdns, text_at(value, "mdns.rrname"));
        }
        _ => return ControlFlow::Continue(()),
    }
    // That two hosts spoke says nothing of either.
    if host.says_something() { host.give(report) } else { ControlFlow::Continue(()) }
}

/// The headers of a reply, and of these what is known to speak.
fn headers(value: &Value, host: &mut Host<'_>) {
    let all = json::at(value, "http.response_headers").and_then(Value::as_array);
    let lines = all.into_iter().flatten().filter_map(|one| {
        Some(format!(
            "{}: {}\r\n",
            text_at(one, "name")?,
            text_at(one, "value").unwrap_or_default()
        ))
    });
    let block: String = lines.collect();
    if !block.is_empty() {
        host.reply("http_headers", &block);
    }
    host.maybe(Field::HttpServer, text_at(value, "http.server"));
}

/// Whether an event of DNS is what somebody asked: `query` in old versions, `request` in new.
fn is_question(value: &Value) -> bool {
    text_at(value, "dns.type").is_some_and(|kind| kind == "query" || kind == "request")
}

fn dhcp(value: &Value, host: &mut Host<'_>) {
    host.maybe(Field::Mac, text_at(value, "dhcp.client_mac"));
    let asked = text_at(value, "dhcp.type").is_some_and(|kind| kind == "request");
    // A request has no address yet but the one it wants; a reply says which it got.
    let address = if asked { "dhcp.requested_ip" } else { "dhcp.assigned_ip" };
    host.maybe(Field::Ip, text_at(value, address));
    host.maybe(Field::Hostname, text_at(value, "dhcp.hostname"));
    host.maybe(Field::DhcpClass, text_at(value, "dhcp.vendor_class_identifier"));
}
