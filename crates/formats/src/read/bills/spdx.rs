//! SPDX: 2.2 and 2.3 as JSON and as tags with values, 3.0 as JSON-LD. A package whose primary
//! purpose is a device or firmware is equipment; the purpose came with 2.3, so that older bills
//! describe none. The originator is who it came from and the label that the author wrote; a
//! supplier may be anybody who sold it, and is kept beside. RDF, YAML and spreadsheets of SPDX are
//! not read.

use std::collections::HashMap;
use std::ops::ControlFlow;

use serde_json::Value;
use whomade_core::assembly::Sort;

use super::{Bill, Kind, Thing};
use crate::read::format::{Format, Input};
use crate::read::json::{self, text, text_at};
use crate::read::report::Report;
use crate::read::{said, walk};

/// Organizations of one bill that are remembered by their identifiers.
const AGENTS_MAX: usize = 10_000;

/// Bytes of an organization's name and identifier.
const AGENT_BYTES_MAX: usize = 2048;

/// Bytes of the devices that are held until the organizations are known; those beyond are given
/// without.
const HELD_BYTES_MAX: usize = 16 << 20;

/// Bytes of the lines of one package.
const PACKAGE_BYTES_MAX: usize = 64 << 10;

/// Bills of materials of SPDX.
pub(crate) const FORMAT: Format = Format {
    word: "spdx",
    title: "a bill of materials (SPDX, JSON or tags)",
    sort: Sort::Register,
    recognises: |head| {
        let tags = head.start().lines().take(20).any(|line| line.starts_with("SPDXVersion: SPDX-"));
        let graph = head.names(&["@graph"]) || head.names(&["@context"]);
        head.names(&["spdxVersion"]) || tags || graph && head.text.contains("spdx.org/rdf/3")
    },
    read,
};

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let start = input.text_of_head();
    if !start.trim_start_matches('\u{feff}').trim_start().starts_with('{') {
        tags(input, report);
        return;
    }
    let mut bill = Bill::default();
    let mut graph = Graph::default();
    let keys = &["packages", "@graph"];
    json::each_member(input, keys, report, &mut |key, element, report| match key {
        "packages" => bill.take(package(element.value), element.line, element.text, report),
        _ => graph.take(element, &mut bill, report),
    });
    if graph.end(&mut bill, report).is_continue() {
        bill.end(report);
    }
}

fn kind_of(purpose: &str) -> Kind {
    match purpose.trim().to_ascii_lowercase().as_str() {
        "device" => Kind::Device,
        "firmware" => Kind::Firmware,
        _ => Kind::Software,
    }
}

/// The name in `Organization: Example Ltd (sales@example.org)`; of persons and of what nobody
/// asserts none.
fn organization(written: &str) -> String {
    let name = written.trim().strip_prefix("Organization:").unwrap_or("").trim();
    let bare = match name.rsplit_once('(') {
        Some((bare, mail)) if mail.ends_with(')') => bare,
        _ => name,
    };
    bare.trim().to_owned()
}

fn package(value: &Value) -> Thing {
    let text = |key: &str| text_at(value, key).unwrap_or_default();
    let mut thing = Thing {
        kind: kind_of(&text("primaryPackagePurpose")),
        name: text("name"),
        version: text("versionInfo"),
        label: organization(&text("originator")),
        ..Thing::default()
    };
    thing.notes.push(("supplier".into(), organization(&text("supplier"))));
    for key in ["summary", "description", "comment"] {
        thing.notes.push((key.to_owned(), text(key)));
    }
    for hash in value.get("checksums").and_then(Value::as_array).into_iter().flatten() {
        let part = |key: &str| text_at(hash, key).unwrap_or_default();
        thing.notes.push((part("algorithm"), part("checksumValue")));
    }
    thing
}

/// The elements of SPDX 3.
#[derive(Default)]
struct Graph {
    agents: HashMap<String, String>,
    held: Vec<Held>,
    /// Bytes of those that are held.
    bytes: usize,
}

/// A device whose organizations may still come.
struct Held {
    thing: Thing,
    line: u64,
    text: String,
    originators: Vec<String>,
    supplier: Option<String>,
}

impl Graph {
    fn take(
        &mut self,
        element: &json::Element<'_>,
        bill: &mut Bill,
        report: &mut Report<'_>,
    ) -> ControlFlow<()> {
        let value = element.value;
        let own = |key: &str| text_at(value, key).unwrap_or_default();
        // Names may be given in full: `https://spdx.org/rdf/3.0.1/terms/Core/Organization`.
        let kind = own("type");
        let kind = kind.rsplit(['/', '_']).next().unwrap_or("");
        if kind == "Organization" {
            let (id, name) = (own("spdxId"), own("name"));
            let short = id.len() + name.len() <= AGENT_BYTES_MAX;
            if short && self.agents.len() < AGENTS_MAX {
                self.agents.insert(id, name);
            }
            return ControlFlow::Continue(());
        }
        if kind != "Package" {
            return ControlFlow::Continue(());
        }
        let mut thing = Thing {
            kind: kind_of(&own("software_primaryPurpose")),
            name: own("name"),
            version: own("software_packageVersion"),
            ..Thing::default()
        };
        for key in ["summary", "description", "comment"] {
            thing.notes.push((key.to_owned(), own(key)));
        }
        let (line, text) = (element.line, element.text);
        if thing.kind == Kind::Software || self.bytes + text.len() > HELD_BYTES_MAX {
            return bill.take(thing, line, text, report);
        }
        self.bytes += text.len();
        let originators = match value.get("originatedBy") {
            Some(Value::Array(all)) => all.iter().filter_map(json::text).collect(),
            Some(one) => json::text(one).into_iter().collect(),
            None => vec![],
        };
        let supplier = value.get("suppliedBy").and_then(self::text);
        self.held.push(Held { thing, line, text: text.to_owned(), originators, supplier });
        ControlFlow::Continue(())
    }

    fn end(self, bill: &mut Bill, report: &mut Report<'_>) -> ControlFlow<()> {
        for Held { mut thing, line, text, originators, supplier } in self.held {
            // Of several nobody can say whose name is on it.
            if let [one] = originators.as_slice() {
                thing.label = self.agents.get(one).cloned().unwrap_or_default();
            }
            let supplier = supplier.and_then(|id| self.agents.get(&id).cloned());
            thing.notes.push(("supplier".into(), supplier.unwrap_or_default()));
            bill.take(thing, line, &text, report)?;
        }
        ControlFlow::Continue(())
    }
}

/// A file of tags: a package reaches from its name to the next.
fn tags(input: Input<'_>, report: &mut Report<'_>) {
    let mut bill = Bill::default();
    let mut open: Option<(u64, String)> = None;
    walk::each(input, report, &mut |number, line, report| {
        let begins = line.starts_with("PackageName:");
        let ends = begins || ["FileName:", "SnippetSPDXID:"].iter().any(|t| line.starts_with(t));
        if ends && let Some((line, text)) = open.take() {
            bill.take(tagged(&text), line, &text, report)?;
        }
        if begins {
            open = Some((number, line.to_owned()));
        } else if let Some((_, text)) = &mut open
            && text.len() + line.len() < PACKAGE_BYTES_MAX
        {
            text.push('\n');
            text.push_str(line);
        }
        ControlFlow::Continue(())
    });
    if let Some((line, text)) = open
        && bill.take(tagged(&text), line, &text, report).is_break()
    {
        return;
    }
    bill.end(report);
}

fn tagged(text: &str) -> Thing {
    let value = |tag: &str| {
        let mut all = text.lines().filter_map(|line| line.strip_prefix(tag)?.strip_prefix(':'));
        all.next().map(str::trim).unwrap_or_default().to_owned()
    };
    let mut thing = Thing {
        kind: kind_of(&value("PrimaryPackagePurpose")),
        name: value("PackageName"),
        version: value("PackageVersion"),
        label: organization(&value("PackageOriginator")),
        ..Thing::default()
    };
    thing.notes.push(("supplier".into(), organization(&value("PackageSupplier"))));
    thing.notes.push(("checksum".into(), value("PackageChecksum")));
    thing
}
