//! NetBox's tables of devices as CSV: the export of a page (its headings are those of the table),
//! and the form in which devices are imported in bulk. Under "Type" stands the model there, where
//! a register of somebody's own may have the sort of device.

use crate::read::format::{Format, Input};
use crate::read::report::Report;
use crate::read::{Options, Use, table, words};
use whomade_core::observation::Field;

/// Headings that an export of a page has, as they are written; those of the first line together
/// are nobody else's.
const EXPORT: [&[&str]; 7] = [
    &["Name"],
    &["Status"],
    &["Manufacturer"],
    &["Type"],
    &["Role"],
    &["Site"],
    &["Rack", "Tenant", "Tenant Group", "Site Group", "Virtual Chassis", "Parent Device"],
];

/// A heading that an export never has: where it stands, "Type" is the sort of device.
const NEVER: &str = "model";

/// The same of the form for imports.
const IMPORT: [&[&str]; 5] =
    [&["name"], &["manufacturer"], &["device_type"], &["role", "device_role"], &["site"]];

/// What stands under a heading, by its folded form.
const KNOWN: [(Use, &[&str]); 4] = [
    (Use::Name, &["name"]),
    (Use::Field(Field::Model), &["type", "device type"]),
    (Use::Field(Field::Label), &["manufacturer"]),
    (Use::Field(Field::Ip), &["ip address", "primary ip", "primary ip4"]),
];

/// Headings that are kept beside and that other tables have no use for.
const BESIDE: [&str; 8] = [
    "role",
    "device role",
    "rack",
    "tenant",
    "platform",
    "virtual chassis",
    "parent device",
    "tags",
];

/// How headings of the users' own fields begin in a table of imports.
const OWN: &str = "cf_";

/// Whether a text begins with the headings of such a table.
pub(super) fn recognises(text: &str) -> bool {
    let headings = headings(text);
    let has = |any: &&[&str]| any.iter().any(|one| headings.iter().any(|heading| heading == one));
    let never = headings.iter().any(|heading| words::fold(heading) == NEVER);
    !never && (EXPORT.iter().all(has) || IMPORT.iter().all(has))
}

/// The headings of the first line.
fn headings(text: &str) -> Vec<String> {
    let first = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    let delimiter = [',', ';', '\t'].into_iter().max_by_key(|one| first.matches(*one).count());
    let cells = first.split(delimiter.unwrap_or(','));
    cells.map(|cell| cell.trim().trim_matches('"').trim().to_owned()).collect()
}

/// Reads such a table.
pub(super) fn read(format: Format, input: Input<'_>, report: &mut Report<'_>) {
    let mut known = Vec::new();
    for heading in headings(&input.text_of_head()) {
        let folded = words::fold(&heading);
        let used = KNOWN.iter().find(|(_, words)| words.contains(&folded.as_str()));
        let beside = BESIDE.contains(&folded.as_str()) || heading.starts_with(OWN);
        let used = used.map(|(used_as, _)| *used_as).or(beside.then_some(Use::Context));
        known.extend(used.map(|used_as| (used_as, heading)));
    }
    let options = Options { known, ..input.options.clone() };
    let Input { head, stream, file, .. } = input;
    table::read_as(format, Input { head, stream, file, options: &options }, report);
}
