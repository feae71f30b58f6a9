//! Configuration items and assets of ServiceNow: what its table interface gives (`{"result": […]}`,
//! older `{"records": […]}`), references with or without their display values, and XML as it
//! exports lists and unloads records. Its tables in CSV and XLSX are read as tables.

use std::ops::ControlFlow;

use serde_json::Value;
use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use crate::read::format::{Format, Input};
use crate::read::head::Head;
use crate::read::host::Host;
use crate::read::json::{self, Element, text, text_at};
use crate::read::report::Report;
use crate::read::xml::{self, Record};
use crate::read::{content, moments, said, walk};

/// Digits of the identifier by which a record is known; it stands where a name is not given.
const ID_DIGITS: usize = 32;

/// Tables of equipment whose records are read of XML.
const TABLES: &[&str] = &[
    "cmdb_ci",
    "cmdb_ci_hardware",
    "cmdb_ci_computer",
    "cmdb_ci_server",
    "cmdb_ci_netgear",
    "cmdb_ci_ip_device",
    "cmdb_ci_ip_camera",
    "cmdb_ci_camera",
    "cmdb_ci_iot_device",
    "cmdb_ci_ot_device",
    "cmdb_ci_peripheral",
    "cmdb_ci_video_conference",
    "alm_asset",
    "alm_hardware",
];

/// Configuration items of ServiceNow.
pub(crate) const FORMAT: Format = Format {
    word: "servicenow",
    title: "ServiceNow's configuration items (JSON, XML)",
    sort: Sort::Register,
    recognises: |head| is_json(head) || is_xml(head),
    read,
};

fn is_json(head: &Head<'_>) -> bool {
    let list = ["result", "records"].iter().any(|key| head.names(&[key]));
    let own = ["sys_id", "sys_class_name"].iter().any(|key| head.names(&[key]));
    list && own && ["serial_number", "asset_tag", "model_id"].iter().any(|key| head.names(&[key]))
}

fn is_xml(head: &Head<'_>) -> bool {
    let root = matches!(head.root(), Some("unload" | "xml"));
    root && ["<cmdb_ci", "<alm_"].iter().any(|open| head.text.contains(open))
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let text = input.text_of_head();
    if Head::new(&input.head, &text).is_json() {
        json::each_member(input, &["result", "records"], report, &mut |_, element, report| {
            of_json(element, report)
        });
    } else {
        xml::each(input, TABLES, report, &mut of_xml);
    }
    walk::tell_silence("no record names equipment", report);
}

fn of_json(element: &Element<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let value = |key: &str| {
        let value = element.value.get(key)?;
        match value {
            Value::Object(_) => text_at(value, "display_value"),
            plain => text(plain),
        }
    };
    item(Host::new(element.line, element.text), &value, report)
}

fn of_xml(record: &Record<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let value = |key: &str| {
        let element = record.element.child(key)?;
        let shown = element.attribute("display_value").filter(|shown| !shown.is_empty());
        let text = shown.map_or_else(|| element.text(), Into::into);
        Some(text.into_owned()).filter(|text| !text.is_empty())
    };
    item(Host::new(record.line, record.text), &value, report)
}

fn item(
    mut host: Host<'_>,
    value: &dyn Fn(&str) -> Option<String>,
    report: &mut Report<'_>,
) -> ControlFlow<()> {
    // Without display values a reference is nothing but an identifier.
    let is_id = |text: &String| {
        text.len() == ID_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let named = |key: &str| value(key).filter(|text| !is_id(text));
    let name = ["name", "display_name", "asset_tag"].into_iter().find_map(&named);
    host.name(&name.unwrap_or_default());
    let label = named("manufacturer").or_else(|| named("manufacturer.name"));
    let label = label.unwrap_or_default();
    host.observe(Field::Label, &label);
    if let Some(model) = named("model_id").or_else(|| named("model")) {
        // The name of a model begins with its manufacturer's.
        let bare = model.strip_prefix(label.as_str()).unwrap_or(&model).trim();
        let field = if content::is_model(bare) { Field::Model } else { Field::Product };
        host.observe(field, if field == Field::Model { bare } else { &model });
    }
    for (key, field) in [
        ("model_number", Field::Model),
        ("serial_number", Field::Serial),
        ("mac_address", Field::Mac),
        ("ip_address", Field::Ip),
        ("firmware_version", Field::Firmware),
        ("fqdn", Field::Hostname),
        ("host_name", Field::Hostname),
    ] {
        host.maybe(field, named(key));
    }
    for (key, heading) in [
        ("asset_tag", "asset tag"),
        ("sys_class_name", "class"),
        ("location", "location"),
        ("department", "department"),
        ("vendor", "vendor"),
        ("install_date", "installed"),
        ("discovery_source", "discovered by"),
    ] {
        host.note(heading, &named(key).unwrap_or_default());
    }
    let moment = |key: &str| moments::of_text(&value(key)?);
    let seen = moment("last_discovered").or_else(|| moment("sys_updated_on"));
    host.seen(seen.map(Seen::at));
    host.give(report)
}
