//! What packs say of a device, put beside the answer.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{KEYS, Packs, Scratch, key_words};
use crate::observation::Device;
use crate::report::clean_to;
use crate::role::Role;

/// What packs say of one device at most.
const SAID_MAX: usize = 64;

/// A name that a pack reads out of a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackName {
    /// What it is a name on: `label` for the equipment, `firmware` for what runs on it.
    pub role: Role,
    /// The name.
    pub name: String,
    /// The product, with its version where the pack reads one.
    pub product: String,
}

/// What a pack says of one value. It weighs nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackSaid {
    /// The field observed.
    pub field: &'static str,
    /// The text that was matched.
    pub value: String,
    /// What the pack calls such texts.
    pub key: String,
    /// The pack's file.
    pub file: String,
    /// The line on which the fingerprint begins.
    pub line: u64,
    /// What it recognises, in the pack's words.
    pub description: String,
    /// Whom it names.
    pub names: Vec<PackName>,
    /// All that it reads out of the value.
    pub params: BTreeMap<String, String>,
}

impl Packs {
    /// What the packs say of a device: of every value the first fingerprint of its key. One that
    /// names nobody says nothing, as recog's of bare prompts.
    #[must_use]
    pub fn said(&self, device: &Device) -> Vec<PackSaid> {
        let mut all: Vec<PackSaid> = Vec::new();
        let mut scratch = Scratch::default();
        for seen in &device.observations {
            for (key, _) in KEYS.iter().filter(|(_, field)| *field == seen.field) {
                let Some(set) = self.set(key) else { continue };
                for text in key_words(key, seen.field, &seen.value) {
                    if all.iter().any(|one| one.key == *key && one.value == *text) {
                        continue;
                    }
                    let Some(rule) = set.first(text.as_bytes(), &mut scratch) else { continue };
                    let Some(params) = set.params(rule, text.as_bytes()) else { continue };
                    let names = names(&params);
                    if names.is_empty() || all.len() == SAID_MAX {
                        continue;
                    }
                    all.push(PackSaid {
                        field: seen.field.id(),
                        value: text.into_owned(),
                        key: (*key).to_owned(),
                        file: rule.file.to_string(),
                        line: rule.fingerprint.line,
                        description: rule.fingerprint.description.clone(),
                        names,
                        params,
                    });
                }
            }
        }
        all
    }
}

/// Whom the params name: on the equipment (`hw`), as what runs on it (`os`, `service`).
fn names(params: &BTreeMap<String, String>) -> Vec<PackName> {
    const KINDS: [(&str, Role); 3] =
        [("hw", Role::Label), ("os", Role::Firmware), ("service", Role::Firmware)];
    let named = |(kind, role): (&str, Role)| {
        let part = |what: &str| params.get(&format!("{kind}.{what}")).map_or("", String::as_str);
        // The key of a pack, not a word of ours.
        let name = part("vendor");
        let mut product = part("product").to_owned();
        if !product.is_empty() && !part("version").is_empty() {
            product.push(' ');
            product.push_str(part("version"));
        }
        let said = !name.is_empty() || !product.is_empty();
        said.then(|| PackName { role, name: name.to_owned(), product })
    };
    let all: Vec<PackName> = KINDS.into_iter().filter_map(named).collect();
    let more = |at: usize, one: &PackName| {
        let same = |other: &PackName| other.role == one.role && other.name == one.name;
        let all = all.iter().enumerate().filter(|(_, other)| same(other));
        all.into_iter().any(|(other, named)| {
            // What says nothing but a name that another says with its product is said by that.
            (one.product.is_empty() && !named.product.is_empty()) || (*named == *one && other < at)
        })
    };
    let kept = all.iter().enumerate().filter(|(at, one)| !more(*at, one));
    kept.map(|(_, one)| one.clone()).collect()
}

impl PackSaid {
    /// In one sentence: what it was read from, whom it names, and where that stands.
    #[must_use]
    pub fn sentence(&self) -> String {
        const PART_CHARS_MAX: usize = 160;
        let clean = |text: &str| clean_to(text, PART_CHARS_MAX);
        let one = |named: &PackName| {
            let what = match named.role {
                Role::Label => "label",
                _ => "platform",
            };
            let twice = named.product.starts_with(&named.name);
            let name = if twice { "" } else { &named.name };
            let words = [what, name, &named.product];
            let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
            clean(&words.join(" "))
        };
        let names: Vec<String> = self.names.iter().map(one).collect();
        let (value, description) = (clean(&self.value), clean(&self.description));
        let (field, names, line) = (self.field, names.join(", "), self.line);
        let file = clean(&self.file);
        format!("{field} `{value}` is read as {names} (“{description}”, {file}:{line})")
    }
}
