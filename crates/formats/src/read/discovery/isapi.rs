//! Replies of ISAPI, the interface of Hikvision's equipment (also PSIA, its forebear): XML
//! documents one after the other, or JSON as integrations of Home Assistant dump it: a map of
//! paths to replies. A recorder names the cameras behind it; each of them is a device of its own,
//! as the recorder knows it.

use std::ops::ControlFlow;

use serde_json::Value;
use whomade_core::assembly::Sort;
use whomade_core::observation::Field;

use super::raw;
use super::{Part, Parts};
use crate::read::format::{Format, Input};
use crate::read::head::Head;
use crate::read::json::{self, text_at};
use crate::read::report::Report;
use crate::read::xml::{self, Element, Record};
use crate::read::{ip, mac, said, walk};

/// Cameras behind one recorder that are read.
const CHANNELS_MAX: usize = 1024;

/// What documents of this interface are named in.
const NAMESPACES: [&str; 3] = ["hikvision.com/ver", "isapi.org/ver", "psialliance"];

/// Elements that are read.
const ELEMENTS: &[&str] =
    &["DeviceInfo", "NetworkInterfaceList", "NetworkInterface", "InputProxyChannel"];

/// Replies of ISAPI.
pub(crate) const FORMAT: Format = Format {
    word: "isapi",
    title: "replies of ISAPI (XML, JSON)",
    sort: Sort::Sighting,
    recognises: |head| is_xml(head) || is_json(head),
    read,
};

fn is_xml(head: &Head<'_>) -> bool {
    let own = |name: &str| {
        let listed = name.strip_suffix("List").unwrap_or(name);
        ELEMENTS.contains(&listed)
    };
    head.root().is_some_and(own) && NAMESPACES.iter().any(|name| head.text.contains(name))
}

fn is_json(head: &Head<'_>) -> bool {
    // Elsewhere one reply of this kind may stand in a line of observations.
    let dumped = head.names(&["ISAPI"]) || head.names(&["System/deviceInfo"]);
    let one = head.names(&["DeviceInfo", "firmwareVersion"]) && !head.lines_have(&["device"]);
    head.is_json() && (dumped && head.names(&["DeviceInfo"]) || one)
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let mut parts = Parts::default();
    let text = input.text_of_head();
    let head = Head::new(&input.head, &text);
    if head.is_json() {
        let path: &[&str] = match () {
            () if head.names(&["data", "ISAPI"]) => &["data", "ISAPI"],
            () if head.names(&["ISAPI"]) => &["ISAPI"],
            () => &[],
        };
        json::each_at(input, path, report, &mut |element, report| {
            document(element, &mut parts, report)
        });
    } else {
        xml::each(input, ELEMENTS, report, &mut |record, report| match record.element.name() {
            "DeviceInfo" => parts.take(information(record.line, record.text), report),
            "NetworkInterface" | "NetworkInterfaceList" => parts.take(interfaces(record), report),
            _ => channel_of_xml(record).give(report),
        });
    }
    let _ = parts.end(report);
    walk::tell_silence("no reply names a device", report);
}

/// What a device says of itself.
fn information(line: u64, text: &str) -> Part {
    let mut part = Part::new("DeviceInfo", line, text);
    part.reply("isapi", text);
    part
}

/// The addresses of its cards. Gateways and name servers are others.
fn interfaces(record: &Record<'_>) -> Part {
    let mut part = Part::new("NetworkInterface", record.line, record.text);
    let listed = record.element.name() == "NetworkInterfaceList";
    let alone = (!listed).then_some(record.element);
    for card in record.element.all("NetworkInterface").chain(alone) {
        let text = |outer: &str, inner: &str| {
            let element = card.child(outer)?.child(inner)?;
            Some(element.text())
        };
        let address = text("IPAddress", "ipAddress").unwrap_or_default();
        part.see(Field::Ip, &ip::usual(&address).unwrap_or_default());
        let address = text("Link", "MACAddress").unwrap_or_default();
        part.see(Field::Mac, &mac::exact(&address).unwrap_or_default());
    }
    part
}

/// What a recorder knows of a camera.
fn channel(part: &mut Part, value: &dyn Fn(&str) -> Option<String>) {
    for (key, field) in [
        ("model", Field::Model),
        ("serialNumber", Field::Serial),
        ("firmwareVersion", Field::Firmware),
        ("macAddress", Field::Mac),
    ] {
        part.see(field, &value(key).unwrap_or_default());
    }
    // An address on the recorder's own sockets is the same behind every recorder.
    let address = value("ipAddress").unwrap_or_default();
    match value("connMode").as_deref() {
        Some("plugplay") => part.notes.push(("address behind the recorder", address)),
        _ => part.see(Field::Ip, &address),
    }
    // The protocol is what the recorder chose.
    for (key, heading) in [("proxyProtocol", "read by a recorder over"), ("id", "channel")] {
        part.notes.push((heading, value(key).unwrap_or_default()));
    }
}

fn channel_of_xml(record: &Record<'_>) -> Part {
    let mut part = Part::new("channel", record.line, record.text);
    let source = record.element.child("sourceInputPortDescriptor");
    let text = |key: &str| {
        let within = source.and_then(|source| source.child(key));
        let found = within.or_else(|| record.element.child(key).filter(|_| key == "id"));
        found.map(|one: Element<'_>| one.text().into_owned())
    };
    channel(&mut part, &text);
    part
}

/// A whole dump, or one reply.
fn document(
    element: &json::Element<'_>,
    parts: &mut Parts,
    report: &mut Report<'_>,
) -> ControlFlow<()> {
    let text = element.text;
    let line_of = |at: usize| {
        let before = &text.as_bytes()[..at];
        element.line + memchr::memchr_iter(b'\n', before).count() as u64
    };
    if let Some(range) = raw::member(text, "DeviceInfo", 0) {
        let raw = &text[range.clone()];
        parts.take(information(line_of(range.start), &format!("{{{raw}}}")), report)?;
    }
    let mut from = 0;
    for _ in 0..CHANNELS_MAX {
        let Some(range) = raw::member(text, "sourceInputPortDescriptor", from) else { break };
        from = range.end;
        let raw = format!("{{{}}}", &text[range.clone()]);
        let Ok(value) = serde_json::from_str::<Value>(&raw) else { continue };
        let mut part = Part::new("channel", line_of(range.start), &raw);
        let own = |key: &str| text_at(&value["sourceInputPortDescriptor"], key);
        channel(&mut part, &own);
        part.give(report)?;
    }
    ControlFlow::Continue(())
}
