//! Home Assistant's registry of devices (`.storage/core.device_registry`). Manufacturer and model
//! stand there as the integration read them from the device or its cloud.

use std::ops::ControlFlow;

use serde_json::Value;
use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use crate::read::format::{Format, Input};
use crate::read::host::Host;
use crate::read::json::{self, Element, text, text_at};
use crate::read::report::Report;
use crate::read::{moments, said};

/// Home Assistant's registry of devices.
pub(crate) const FORMAT: Format = Format {
    word: "home-assistant",
    title: "Home Assistant's device registry",
    sort: Sort::Register,
    recognises: |head| {
        head.names(&["key", "data"]) && head.text.contains("\"core.device_registry\"")
    },
    read,
};

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    json::each_at(input, &["data", "devices"], report, &mut device);
}

fn device(element: &Element<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let value = element.value;
    // Programs and areas are devices there too.
    if text_at(value, "entry_type").is_some_and(|kind| kind == "service") {
        return ControlFlow::Continue(());
    }
    let mut host = Host::new(element.line, element.text);
    let names = ["name_by_user", "name"].into_iter().find_map(|key| text_at(value, key));
    host.name(&names.unwrap_or_default());
    host.maybe(Field::Label, text_at(value, "manufacturer"));
    let model = text_at(value, "model");
    // Newer integrations give the number apart from the name of the model.
    let number = text_at(value, "model_id");
    if let (Some(_), Some(name)) = (&number, &model) {
        host.note("model name", name);
    }
    host.maybe(Field::Model, number.or(model));
    host.maybe(Field::Firmware, text_at(value, "sw_version"));
    host.maybe(Field::Hardware, text_at(value, "hw_version"));
    host.maybe(Field::Serial, text_at(value, "serial_number"));
    let connections = value.get("connections").and_then(Value::as_array);
    for pair in connections.into_iter().flatten() {
        if let (Some("mac"), Some(address)) = (pair[0].as_str(), text(&pair[1])) {
            host.mac(&address);
        }
    }
    host.maybe(Field::Ip, text_at(value, "configuration_url"));
    host.note("area", &text_at(value, "area_id").unwrap_or_default());
    let moment = |key: &str| value.get(key).and_then(moments::of_value);
    host.seen(moment("modified_at").or_else(|| moment("created_at")).map(Seen::at));
    host.give(report)
}
