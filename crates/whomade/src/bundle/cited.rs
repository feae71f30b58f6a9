//! The facts that a run relied on: found by the ids that its answers name, kept as they stood.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::Value;

use super::shelf::Shelf;

/// The folders of the base whose facts an answer names by id and name.
const NAMED: [&str; 3] = ["makers", "labels", "endpoints"];

/// Facts by folder and id, as far as answers name them. Ids that the base does not have are left
/// out in the end, so that looking too widely does no harm.
#[derive(Debug, Default)]
pub(crate) struct Cited {
    facts: BTreeSet<(String, String)>,
}

impl Cited {
    fn add(&mut self, folder: &str, id: &str) {
        let fact = (folder.to_owned(), id.to_owned());
        if !self.facts.contains(&fact) {
            self.facts.insert(fact);
        }
    }

    /// Notes every fact that an answer names.
    pub(crate) fn walk(&mut self, answer: &Value) {
        match answer {
            Value::Array(list) => list.iter().for_each(|one| self.walk(one)),
            Value::Object(map) => {
                if let (Some(Value::String(id)), Some(_)) = (map.get("id"), map.get("name")) {
                    NAMED.iter().for_each(|folder| self.add(folder, id));
                }
                for (key, one) in map {
                    self.key(key, one);
                    self.walk(one);
                }
            }
            _ => {}
        }
    }

    fn key(&mut self, key: &str, value: &Value) {
        match (key, value) {
            ("fact", Value::String(place)) => {
                let file = place.strip_prefix("kb/").unwrap_or(place).split('#').next();
                let parts = file.and_then(|file| file.strip_suffix(".toml")?.split_once('/'));
                if let Some((folder, id)) = parts {
                    self.add(folder, id);
                }
            }
            ("regime", Value::String(id)) => self.add("regimes", id),
            ("advisory", Value::String(id)) => self.add("advisories", id),
            ("maker", Value::String(id)) => self.add("makers", id),
            ("sources", Value::Array(ids)) => {
                ids.iter().filter_map(Value::as_str).for_each(|id| self.add("sources", id));
            }
            _ => {}
        }
    }

    /// Puts the facts on a shelf, with the sources that they cite themselves.
    ///
    /// # Errors
    /// When one cannot be written.
    pub(crate) fn put(mut self, packed: &Value, shelf: &mut Shelf) -> Result<()> {
        for (folder, id) in self.facts.clone() {
            if let Some(fact) = packed["facts"][&folder].get(&id) {
                self.sources_of(fact);
            }
        }
        for (folder, id) in &self.facts {
            let Some(fact) = packed["facts"][folder].get(id) else { continue };
            let text = serde_json::to_string_pretty(fact)? + "\n";
            shelf.put(&format!("facts/{folder}/{id}.json"), &mut text.as_bytes())?;
        }
        Ok(())
    }

    fn sources_of(&mut self, fact: &Value) {
        match fact {
            Value::Array(list) => list.iter().for_each(|one| self.sources_of(one)),
            Value::Object(map) => {
                for (key, one) in map {
                    if key == "sources" {
                        self.key(key, one);
                    }
                    self.sources_of(one);
                }
            }
            _ => {}
        }
    }
}
