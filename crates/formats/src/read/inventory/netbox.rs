//! NetBox's devices, version 3 and 4: a page of its interface (`/api/dcim/devices/`), a list or
//! lines of devices, an answer of its GraphQL (`device_list`), and its tables as CSV.
//!
//! Its interfaces (`/api/dcim/interfaces/`) name their device by number and name and bring the
//! hardware addresses. Where they stand before the devices, as they do where this program asks
//! a NetBox itself, each device gets its own; alone they are records with a name and addresses.
//!
//! The names of the fields are those of `netbox/dcim/api/serializers_/devices.py` and
//! `device_components.py` (4.6; `device_role` until 3.5, one `mac_address` an interface until
//! 4.1), the headings those of `netbox/dcim/tables/devices.py` and `forms/bulk_import.py`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use serde_json::Value;
use whomade_core::assembly::Sort;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::{Field, Record};

use super::netbox_table as table;
use crate::read::format::{Format, Input};
use crate::read::head::Head;
use crate::read::host::Host;
use crate::read::json::{self, Element, at, text, text_at};
use crate::read::mac;
use crate::read::report::{Report, floor_boundary};
use crate::read::said;

/// Bytes of interfaces that wait for their devices.
const WAITING_BYTES_MAX: usize = 64 << 20;

/// Bytes kept of an interface: its addresses and what stands around them.
const INTERFACE_BYTES_MAX: usize = 1024;

/// Bytes of these that stand before the first address.
const BEFORE_BYTES: usize = 256;

/// Addresses of one interface.
const MACS_MAX: usize = 16;

/// Devices that are remembered, so that interfaces behind their devices are told.
const GIVEN_MAX: usize = 2_000_000;

/// NetBox's devices.
pub(crate) const FORMAT: Format = Format {
    word: "netbox",
    title: "NetBox's devices (JSON of its API, CSV)",
    sort: Sort::Register,
    recognises: |head| if head.is_json() { is_ours(head) } else { table::recognises(head.text) },
    read: |input, report| match first_sign(&input.text_of_head()) {
        Some('{' | '[') => read(input, report),
        _ => table::read(FORMAT, input, report),
    },
};

fn first_sign(text: &str) -> Option<char> {
    text.chars().find(|c| !c.is_whitespace() && *c != '\u{feff}')
}

fn is_ours(head: &Head<'_>) -> bool {
    let devices = head.text.contains("/api/dcim/devices/") && head.names(&["device_type"]);
    let interfaces = head.text.contains("/api/dcim/interfaces/") && head.names(&["device"]);
    let graph = |list: &str| begins_with(head.text, "data") && head.names(&["data", list]);
    devices || interfaces || graph("device_list") || graph("interface_list")
}

/// Whether the outermost object begins with that key.
fn begins_with(text: &str, key: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let inside = text.strip_prefix('{').map(str::trim_start);
    let behind = inside.and_then(|text| text.strip_prefix('"')?.strip_prefix(key));
    behind.is_some_and(|text| text.starts_with('"'))
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let head = input.text_of_head();
    let is_page =
        ["count", "next", "previous", "results"].iter().any(|key| begins_with(&head, key));
    let path: &[&str] = if is_page {
        &["results"]
    } else if !begins_with(&head, "data") {
        &[]
    } else if head.contains("\"device_list\"") {
        &["data", "device_list"]
    } else {
        &["data", "interface_list"]
    };
    let mut reading = Reading::default();
    json::each_at(input, path, report, &mut |element, report| reading.take(element, report));
    reading.finish(report);
}

/// An interface that waits for its device.
struct Interface {
    line: u64,
    /// The part of it that is kept.
    text: String,
    macs: Vec<String>,
}

impl Interface {
    fn record(&self) -> Record {
        Record { line: self.line, text: self.text.clone(), ..Record::default() }
    }

    fn said(&self) -> impl Iterator<Item = (Field, &str)> {
        self.macs.iter().map(|address| (Field::Mac, address.as_str()))
    }
}

/// What waits for one device.
#[derive(Default)]
struct Waiting {
    name: String,
    interfaces: Vec<Interface>,
}

#[derive(Default)]
struct Reading {
    /// By the number of the device, or its name where it has none.
    waiting: BTreeMap<String, Waiting>,
    bytes: usize,
    given: BTreeSet<String>,
    /// Interfaces behind their devices.
    late: u64,
    /// Interfaces for which there was no room.
    many: u64,
    stopped: bool,
}

impl Reading {
    fn take(&mut self, element: &Element<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
        let value = element.value;
        let of = value.get("device").filter(|device| device.is_object());
        let taken = match of {
            Some(of) if value.get("device_type").is_none() => {
                self.interface(of, element);
                ControlFlow::Continue(())
            }
            _ => self.device(element, report),
        };
        self.stopped |= taken.is_break();
        taken
    }

    fn interface(&mut self, of: &Value, element: &Element<'_>) {
        let macs = macs_of(element.value);
        let Some(key) = key_of(of).filter(|_| !macs.is_empty()) else { return };
        if self.given.contains(&key) {
            self.late += 1;
            return;
        }
        let text = excerpt(element.text, &macs[0]).to_owned();
        self.bytes += text.len() + key.len();
        if self.bytes > WAITING_BYTES_MAX {
            self.many += 1;
            return;
        }
        let waiting = self.waiting.entry(key).or_default();
        if waiting.name.is_empty() {
            waiting.name =
                text_at(of, "name").or_else(|| text_at(of, "display")).unwrap_or_default();
        }
        waiting.interfaces.push(Interface { line: element.line, text, macs });
    }

    fn device(&mut self, element: &Element<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
        let value = element.value;
        let mut host = Host::new(element.line, element.text);
        describe(&mut host, value);
        let within = value.get("interfaces").and_then(Value::as_array);
        for address in within.into_iter().flatten().flat_map(macs_of) {
            host.mac(&address);
        }
        if let Some(key) = key_of(value) {
            let waited = self.waiting.remove(&key).unwrap_or_default();
            for one in &waited.interfaces {
                self.bytes -= one.text.len() + key.len();
                host.elsewhere(one.record(), one.said());
            }
            if self.given.len() < GIVEN_MAX {
                self.given.insert(key);
            }
        }
        host.give(report)
    }

    /// Gives what waited for a device that did not come, and says what was left out.
    fn finish(self, report: &mut Report<'_>) {
        let mut left: Vec<Waiting> = self.waiting.into_values().collect();
        left.retain(|one| !one.interfaces.is_empty());
        left.sort_by_key(|one| one.interfaces[0].line);
        for one in left {
            let (first, others) = (&one.interfaces[0], &one.interfaces[1..]);
            let mut host = Host::new(first.line, first.text.as_str());
            host.name(&one.name);
            first.macs.iter().for_each(|address| host.mac(address));
            for other in others {
                host.elsewhere(other.record(), other.said());
            }
            if self.stopped || host.give(report).is_break() {
                break;
            }
        }
        if self.late > 0 {
            let (what, stand) = counted(self.late);
            let message = format!("{what} {stand} behind their devices and had to be left out");
            let said = Diagnostic::new("read/late-interfaces", message)
                .help("put them before the devices, or into a file of their own");
            report.say_of_file(said);
        }
        if self.many > 0 {
            let message = format!("{} had no room to wait for devices", counted(self.many).0);
            report.say_of_file(Diagnostic::new("read/many-interfaces", message));
        }
    }
}

fn counted(interfaces: u64) -> (String, &'static str) {
    match interfaces {
        1 => ("1 interface".to_owned(), "stands"),
        many => (format!("{many} interfaces"), "stand"),
    }
}

/// By what an interface and its device know each other.
fn key_of(device: &Value) -> Option<String> {
    let named = || text_at(device, "name").map(|name| format!("name {}", name.to_lowercase()));
    text_at(device, "id").or_else(named)
}

/// The addresses of an interface: one until 4.1, then objects of which one is the first.
fn macs_of(interface: &Value) -> Vec<String> {
    let of = |value: &Value| text(value).or_else(|| text_at(value, "mac_address"));
    let list = interface.get("mac_addresses").and_then(Value::as_array);
    let single = ["mac_address", "primary_mac_address"].into_iter();
    let single = single.filter_map(|key| interface.get(key));
    let mut all: Vec<String> = Vec::new();
    for address in single.chain(list.into_iter().flatten()).filter_map(of) {
        if all.len() < MACS_MAX && !all.contains(&address) && mac::exact(&address).is_some() {
            all.push(address);
        }
    }
    all
}

/// The part of an interface around an address.
fn excerpt<'t>(text: &'t str, address: &str) -> &'t str {
    if text.len() <= INTERFACE_BYTES_MAX {
        return text;
    }
    let place = text.find(address).unwrap_or(0);
    let from = floor_boundary(text, place.saturating_sub(BEFORE_BYTES));
    &text[from..floor_boundary(text, from + INTERFACE_BYTES_MAX)]
}

/// What a device's own record says.
fn describe(host: &mut Host<'_>, value: &Value) {
    let asset_tag = text_at(value, "asset_tag");
    let name = text_at(value, "name").or_else(|| asset_tag.clone());
    host.name(&name.or_else(|| text_at(value, "display")).unwrap_or_default());
    host.maybe(Field::Label, named(value, "device_type.manufacturer"));
    host.maybe(Field::Model, text_at(value, "device_type.model"));
    host.maybe(Field::Serial, text_at(value, "serial"));
    for key in ["primary_ip4", "primary_ip6", "primary_ip"] {
        host.maybe(Field::Ip, text_at(value, &format!("{key}.address")));
    }
    let mut note = |heading: &str, value: Option<String>| {
        host.note(heading, &value.unwrap_or_default());
    };
    note("asset tag", asset_tag);
    note("part number", text_at(value, "device_type.part_number"));
    note("status", choice(value, "status"));
    note("role", named(value, "role").or_else(|| named(value, "device_role")));
    for key in ["site", "location", "rack", "tenant", "platform", "virtual_chassis", "cluster"] {
        note(&key.replace('_', " "), named(value, key));
    }
    note("oob ip", text_at(value, "oob_ip.address"));
    for key in ["description", "comments"] {
        note(key, text_at(value, key));
    }
    let tags = value.get("tags").and_then(Value::as_array);
    let tags = tags.into_iter().flatten().filter_map(|tag| text(tag).or_else(|| named_of(tag)));
    note("tags", Some(tags.collect::<Vec<_>>().join(", ")));
    let fields = value.get("custom_fields").and_then(Value::as_object);
    for (key, value) in fields.into_iter().flatten() {
        note(&format!("cf_{key}"), custom(value));
    }
}

/// What something that is named elsewhere is called.
fn named(value: &Value, path: &str) -> Option<String> {
    let there = at(value, path)?;
    text(there).or_else(|| named_of(there))
}

fn named_of(value: &Value) -> Option<String> {
    ["name", "display", "label"].into_iter().find_map(|key| text_at(value, key))
}

/// A choice is a value with a label; GraphQL writes the value alone.
fn choice(value: &Value, key: &str) -> Option<String> {
    text_at(value, &format!("{key}.value")).or_else(|| Some(text_at(value, key)?.to_lowercase()))
}

/// A field of the user's own: its text, or the texts or names of several.
fn custom(value: &Value) -> Option<String> {
    match value {
        Value::Array(several) => {
            let several = several.iter().filter_map(|one| text(one).or_else(|| named_of(one)));
            Some(several.collect::<Vec<_>>().join(", "))
        }
        one => text(one).or_else(|| named_of(one)),
    }
}
