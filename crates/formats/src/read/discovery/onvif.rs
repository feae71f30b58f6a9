//! Replies of ONVIF and WS-Discovery, as SOAP: one or many, one after the other, as tools dump
//! them (ONVIF Core Specification, chapters 5.10 and 7; WS-Discovery of April 2005). Requests say
//! nothing of a device and are passed over; each match of a probe is a device of its own.

use std::ops::ControlFlow;

use whomade_core::assembly::Sort;
use whomade_core::observation::Field;
use whomade_core::shape;

use super::{Part, Parts};
use crate::read::format::{Format, Input};
use crate::read::report::{Report, cut};
use crate::read::xml::{self, Element, Record};
use crate::read::{said, walk};

/// Addresses of services that are looked at in one reply.
const ADDRESSES_MAX: usize = 64;

/// Bytes of an envelope of many matches that are kept with one that is not found in it.
const BEGINNING_BYTES: usize = 1024;

/// Replies of ONVIF and WS-Discovery.
pub(crate) const FORMAT: Format = Format {
    word: "onvif",
    title: "replies of ONVIF and WS-Discovery (SOAP)",
    sort: Sort::Sighting,
    recognises: |head| {
        let of = ["www.onvif.org/ver", "ws/2005/04/discovery", "ws-dd/ns/discovery"];
        head.root() == Some("Envelope") && of.iter().any(|name| head.text.contains(name))
    },
    read,
};

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let mut parts = Parts::default();
    xml::each(input, &["Envelope"], report, &mut |record, report| {
        envelope(record, &mut parts, report)
    });
    let _ = parts.end(report);
    walk::tell_silence("what stands there are questions, not answers", report);
}

/// The replies whose parts are read, and how.
type Reading = fn(Element<'_>, &Record<'_>, &mut Part);

static REPLIES: &[(&str, Reading)] = &[
    ("GetDeviceInformationResponse", |_, record, part| {
        part.reply("onvif_device_info", record.text);
    }),
    ("GetScopesResponse", |reply, record, part| {
        let items = reply.within().filter(|one| one.name() == "ScopeItem");
        let scopes: Vec<String> = items.map(|one| one.text().into_owned()).collect();
        discovered("", &scopes.join(" "), record, part);
    }),
    ("GetNetworkInterfacesResponse", |reply, _, part| interfaces(reply, part)),
    ("GetCapabilitiesResponse", |reply, _, part| services(reply, part)),
    ("GetServicesResponse", |reply, _, part| services(reply, part)),
    ("GetHostnameResponse", |reply, _, part| {
        let name = reply.within().find(|one| one.name() == "Name");
        part.see(Field::Hostname, &name.map(Element::text).unwrap_or_default());
    }),
    ("Fault", |_, record, part| part.reply("onvif_fault", record.text)),
];

fn envelope(record: &Record<'_>, parts: &mut Parts, report: &mut Report<'_>) -> ControlFlow<()> {
    let Some(body) = record.element.child("Body") else { return ControlFlow::Continue(()) };
    let is_match =
        |one: &Element<'_>| matches!(one.name(), "ProbeMatch" | "ResolveMatch" | "Hello");
    let alone = body.within().filter(is_match).count() == 1;
    for element in body.within() {
        if is_match(&element) {
            // One alone keeps its envelope.
            let text = if alone { record.text } else { own_text(element, record) };
            matched(element, text, record).give(report)?;
            continue;
        }
        let Some((kind, reading)) = REPLIES.iter().find(|(name, _)| *name == element.name()) else {
            continue;
        };
        let mut part = Part::new(kind, record.line, record.text);
        reading(element, record, &mut part);
        parts.take(part, report)?;
    }
    ControlFlow::Continue(())
}

/// The part of an envelope in which a match stands; its beginning where that cannot be told.
fn own_text<'r>(element: Element<'_>, record: &Record<'r>) -> &'r str {
    let text = record.text;
    let end = format!("{}>", element.name());
    let own = || {
        let address = element.within().find(|one| one.name() == "Address")?.text();
        let at = text.find(address.as_ref()).filter(|_| !address.is_empty())?;
        let start = text[..text[..at].rfind(&end)?].rfind('<')?;
        let stop = at + text[at..].find(&end)? + end.len();
        text.get(start..stop)
    };
    own().unwrap_or_else(|| cut(text, BEGINNING_BYTES).0)
}

/// A device that answered a probe, or said that it is there.
fn matched(element: Element<'_>, own_text: &str, record: &Record<'_>) -> Part {
    let line = record.text.find(own_text).map_or("", |at| &record.text[..at]);
    let line = record.line + memchr::memchr_iter(b'\n', line.as_bytes()).count() as u64;
    let mut part = Part::new("match", line, own_text);
    let text = |name: &str| element.child(name).map(Element::text).unwrap_or_default();
    let endpoint = element.child("EndpointReference").and_then(|one| one.child("Address"));
    let endpoint = endpoint.map(Element::text).unwrap_or_default();
    for address in text("XAddrs").split_whitespace().take(ADDRESSES_MAX) {
        part.see(Field::Ip, address);
    }
    discovered(&endpoint, &text("Scopes"), record, &mut part);
    let types = text("Types");
    part.notes.push(("types", types.into_owned()));
    part
}

/// What an endpoint and its scopes say; the prefixes are those of the whole envelope.
fn discovered(endpoint: &str, scopes: &str, record: &Record<'_>, part: &mut Part) {
    if let Some(order) = shape::prefix_order(record.text) {
        part.see(Field::OnvifPrefixOrder, &order);
    }
    part.reply("ws_discovery", &format!("{endpoint} {scopes}"));
}

/// The addresses of the cards that are switched on.
fn interfaces(reply: Element<'_>, part: &mut Part) {
    for card in reply.all("NetworkInterfaces") {
        if card.child("Enabled").is_some_and(|on| on.text() == "false") {
            continue;
        }
        for element in card.within() {
            match element.name() {
                "HwAddress" => part.see(Field::Mac, &element.text()),
                "Manual" | "FromDHCP" | "LinkLocal" => {
                    let address = element.child("Address").map(Element::text);
                    part.see(Field::Ip, &address.unwrap_or_default());
                }
                _ => {}
            }
        }
    }
    part.seen = usual(std::mem::take(&mut part.seen));
}

/// Where its services are reached.
fn services(reply: Element<'_>, part: &mut Part) {
    let addresses = reply.within().filter(|one| one.name() == "XAddr");
    addresses.take(ADDRESSES_MAX).for_each(|one| part.see(Field::Ip, &one.text()));
    part.seen = usual(std::mem::take(&mut part.seen));
}

/// Addresses in their usual form, each once, so that those of two replies can be compared.
fn usual(seen: Vec<(Field, String)>) -> Vec<(Field, String)> {
    let mut all: Vec<(Field, String)> = vec![];
    for (field, value) in seen {
        let usual = match field {
            Field::Mac => crate::read::mac::exact(&value),
            Field::Ip => crate::read::ip::usual(&value).map(std::borrow::Cow::into_owned),
            _ => Some(value),
        };
        let Some(value) = usual else { continue };
        if !all.iter().any(|(own, one)| *own == field && *one == value) {
            all.push((field, value));
        }
    }
    all
}
