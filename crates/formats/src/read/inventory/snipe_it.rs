//! Assets of Snipe-IT as its interface gives them: `{"total": …, "rows": […]}`. Its text is made
//! ready for pages. Fields of the owner's own count by their headings. The table that it exports
//! is read as a table.

use std::borrow::Cow;
use std::ops::ControlFlow;

use serde_json::Value;
use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use crate::read::format::{Format, Input};
use crate::read::host::Host;
use crate::read::json::{self, Element, text_at};
use crate::read::report::Report;
use crate::read::{Use, moments, said, unescape, walk, words};

/// Assets of Snipe-IT.
pub(crate) const FORMAT: Format = Format {
    word: "snipe-it",
    title: "Snipe-IT's assets (JSON)",
    sort: Sort::Register,
    recognises: |head| head.names(&["rows", "asset_tag", "model"]),
    read,
};

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    json::each_at(input, &["rows"], report, &mut asset);
    walk::tell_silence("no row is an asset", report);
}

fn asset(element: &Element<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let value = element.value;
    let text = |path: &str| text_at(value, path).map(|text| unescape(&text));
    let own = value.get("custom_fields").and_then(Value::as_object);
    let own: Vec<(&String, &Value)> = own.into_iter().flatten().collect();
    let secrets = own.iter().filter(|(heading, _)| words::is_secret(heading));
    let secrets: Vec<&str> = secrets.filter_map(|(_, field)| field["value"].as_str()).collect();
    let mut host = Host::new(element.line, masked(element.text, &secrets));
    let name = text("name").or_else(|| text("asset_tag"));
    host.name(&name.unwrap_or_default());
    host.maybe(Field::Label, text("manufacturer.name"));
    // A model has a name that people chose, and perhaps a number.
    let named = text("model.name").or_else(|| text("model"));
    match text("model_number") {
        Some(number) => {
            host.observe(Field::Model, &number);
            host.note("model name", &named.unwrap_or_default());
        }
        None => host.maybe(Field::Product, named),
    }
    host.maybe(Field::Serial, text("serial"));
    for (heading, field) in own {
        custom(heading, field, &mut host);
    }
    for (path, heading) in [
        ("asset_tag", "asset tag"),
        ("category.name", "category"),
        ("location.name", "location"),
        ("rtd_location.name", "default location"),
        ("supplier.name", "supplier"),
        ("status_label.name", "status"),
        ("purchase_date.date", "purchased"),
        ("notes", "notes"),
    ] {
        host.note(heading, &text(path).unwrap_or_default());
    }
    let moment = |path: &str| moments::of_text(&text_at(value, path)?);
    let seen = moment("last_audit_date.datetime").or_else(|| moment("updated_at.datetime"));
    host.seen(seen.map(Seen::at));
    host.give(report)
}

/// The record with what somebody logs in with written over, so that it is not kept.
fn masked<'t>(text: &'t str, secrets: &[&str]) -> Cow<'t, str> {
    let mut text = Cow::Borrowed(text);
    for secret in secrets {
        let written = Value::from(*secret).to_string();
        let stars = "*".repeat(written.len() - 2);
        text = Cow::Owned(text.replace(&written, &format!("\"{stars}\"")));
    }
    text
}

/// A field that the owner added: it counts as a column of that heading would.
fn custom(heading: &str, field: &Value, host: &mut Host<'_>) {
    let Some(value) = text_at(field, "value").map(|text| unescape(&text)) else { return };
    let hidden = field.get("encrypted").and_then(Value::as_bool).unwrap_or(false);
    if hidden || words::is_secret(heading) {
        return;
    }
    match words::claim(heading).map(|claim| claim.used_as) {
        Some(Use::Field(field)) => host.observe(field, &value),
        Some(Use::Ignored) => {}
        _ => host.note(heading, &value),
    }
}
