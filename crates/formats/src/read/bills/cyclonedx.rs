//! CycloneDX, versions 1.2 to 1.7, JSON and XML. Components of the types `device` and `firmware`
//! are equipment; a driver runs elsewhere and is software. Where the bill itself is of a device
//! (`metadata.component`, which stands before the components), the devices in it are its parts.
//! The manufacturer, or in older versions the publisher, is the label that the author wrote; a
//! supplier may be anybody who sold it, and is kept beside.
//!
//! Serial number and address stand in properties: `cdx:device:serialNumber`,
//! `cdx:device:macAddress` of the official taxonomy, or names that end alike.

use std::ops::ControlFlow;

use serde_json::Value;
use whomade_core::assembly::Sort;
use whomade_core::observation::Field;

use super::{Bill, Kind, Thing};
use crate::read::format::{Format, Input};
use crate::read::json::{self, text_at};
use crate::read::report::Report;
use crate::read::said;
use crate::read::xml::{self, Element, Record};

/// Bills of materials of CycloneDX.
pub(crate) const FORMAT: Format = Format {
    word: "cyclonedx",
    title: "a bill of materials (CycloneDX, JSON or XML)",
    sort: Sort::Register,
    recognises: |head| {
        let json = head.names(&["bomFormat"]) && head.text.contains("\"CycloneDX\"");
        let schema = head.text.contains("cyclonedx.org/schema/bom");
        json || head.root() == Some("bom") && schema
    },
    read,
};

/// The program that writes its answers into such bills as well.
const OUR_OWN: &str = "whomade";

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let mut bill = Bill::default();
    let mut ours = false;
    if input.text_of_head().trim_start_matches('\u{feff}').trim_start().starts_with('<') {
        xml::each(input, &["metadata", "component"], report, &mut |record, report| {
            of_document(record, &mut bill, &mut ours, report)
        });
    } else {
        let keys = &["metadata", "components"];
        json::each_member(input, keys, report, &mut |key, element, report| {
            let (line, text) = (element.line, element.text);
            if key == "components" {
                return bill.take(of_json(element.value, ours), line, text, report);
            }
            ours = element.value.get("tools").is_some_and(names_us);
            let Some(own) = element.value.get("component") else {
                return bill.is_of(Thing::default(), line, text, report);
            };
            let mut thing = of_json(own, ours);
            // In the versions before 1.6 who made the device stood beside it.
            let maker = text_at(element.value, "manufacture.name");
            if thing.label.is_empty() && !ours {
                thing.label = maker.unwrap_or_default();
            }
            bill.is_of(thing, line, text, report)
        });
    }
    bill.end(report);
}

/// Whether this program is among the tools that wrote the bill, in the old form (a list) or the
/// new one (components).
fn names_us(tools: &Value) -> bool {
    let all = tools.get("components").unwrap_or(tools).as_array();
    all.into_iter().flatten().any(|tool| text_at(tool, "name").as_deref() == Some(OUR_OWN))
}

fn kind_of(word: &str) -> Kind {
    match word {
        "device" => Kind::Device,
        "firmware" => Kind::Firmware,
        _ => Kind::Software,
    }
}

fn of_json(value: &Value, ours: bool) -> Thing {
    let text = |path: &str| text_at(value, path).unwrap_or_default();
    let mut thing = Thing {
        kind: kind_of(&text("type")),
        name: text("name"),
        version: text("version"),
        ..Thing::default()
    };
    let maker = text("manufacturer.name");
    let publisher = text("publisher");
    named(&mut thing, [maker, publisher, text("supplier.name")], ours);
    thing.notes.push(("description".into(), text("description")));
    let properties = value.get("properties").and_then(Value::as_array);
    for one in properties.into_iter().flatten() {
        let part = |key: &str| text_at(one, key).unwrap_or_default();
        property(&mut thing, &part("name"), &part("value"));
    }
    for hash in value.get("hashes").and_then(Value::as_array).into_iter().flatten() {
        let part = |key: &str| text_at(hash, key).unwrap_or_default();
        thing.notes.push((part("alg"), part("content")));
    }
    let within = value.get("components").and_then(Value::as_array);
    thing.within = within.into_iter().flatten().map(|part| of_json(part, ours)).collect();
    thing
}

/// Manufacturer, publisher and supplier. In a bill that this program wrote a manufacturer is its
/// own answer, and an answer is no evidence.
fn named(thing: &mut Thing, [maker, publisher, supplier]: [String; 3], ours: bool) {
    let label = if maker.is_empty() { publisher } else { maker };
    if ours {
        thing.notes.push(("manufacturer as answered before".into(), label));
    } else {
        thing.label = label;
    }
    thing.notes.push(("supplier".into(), supplier));
}

fn property(thing: &mut Thing, name: &str, value: &str) {
    let lower = name.to_ascii_lowercase();
    let ours = lower.starts_with(OUR_OWN);
    let last = lower.rsplit([':', '.', '/']).next().unwrap_or("");
    let word: String = last.chars().filter(char::is_ascii_alphanumeric).collect();
    let field = match word.as_str() {
        _ if ours => None,
        "serialnumber" | "serial" | "sn" => Some(Field::Serial),
        "macaddress" | "mac" => Some(Field::Mac),
        "ipaddress" | "ip" => Some(Field::Ip),
        "model" | "modelnumber" => Some(Field::Model),
        "firmwareversion" => Some(Field::Firmware),
        "fccid" => Some(Field::FccId),
        _ => None,
    };
    match field {
        Some(field) => thing.seen.push((field, value.to_owned())),
        None => thing.notes.push((name.to_owned(), value.to_owned())),
    }
}

/// The head of an XML document, or one of its components.
fn of_document(
    record: &Record<'_>,
    bill: &mut Bill,
    ours: &mut bool,
    report: &mut Report<'_>,
) -> ControlFlow<()> {
    let (line, text) = (record.line, record.text);
    if record.element.name() == "component" {
        return bill.take(of_xml(record.element, *ours), line, text, report);
    }
    let tools = record.element.child("tools");
    let mut names = tools.into_iter().flat_map(Element::within).filter(|one| one.name() == "name");
    *ours = names.any(|name| name.text() == OUR_OWN);
    let Some(own) = record.element.child("component") else {
        return bill.is_of(Thing::default(), line, text, report);
    };
    let mut thing = of_xml(own, *ours);
    if thing.label.is_empty() && !*ours {
        thing.label = organization(record.element, "manufacture");
    }
    bill.is_of(thing, line, text, report)
}

fn child_text(element: Element<'_>, name: &str) -> String {
    element.child(name).map(Element::text).unwrap_or_default().into_owned()
}

fn organization(element: Element<'_>, name: &str) -> String {
    element.child(name).map(|one| child_text(one, "name")).unwrap_or_default()
}

fn of_xml(element: Element<'_>, ours: bool) -> Thing {
    let text = |name: &str| child_text(element, name);
    let mut thing = Thing {
        kind: kind_of(element.attribute("type").unwrap_or("")),
        name: text("name"),
        version: text("version"),
        ..Thing::default()
    };
    let maker = organization(element, "manufacturer");
    named(&mut thing, [maker, text("publisher"), organization(element, "supplier")], ours);
    thing.notes.push(("description".into(), text("description")));
    for one in element.child("properties").into_iter().flat_map(|all| all.all("property")) {
        property(&mut thing, one.attribute("name").unwrap_or(""), &one.text());
    }
    for hash in element.child("hashes").into_iter().flat_map(|all| all.all("hash")) {
        let kind = hash.attribute("alg").unwrap_or("hash");
        thing.notes.push((kind.to_owned(), hash.text().into_owned()));
    }
    let within = element.child("components").into_iter().flat_map(|all| all.all("component"));
    thing.within = within.map(|part| of_xml(part, ours)).collect();
    thing
}
