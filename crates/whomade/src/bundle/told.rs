//! What a run said, counted: and what it could not say, which is as much part of the answer.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use whomade_core::diagnostic::counts;
use whomade_core::ruling::Outcome;

use whomade_inquiry::asking::names_it;
use whomade_inquiry::base::hex;

/// What stands for a maker that nobody knows.
pub(crate) const UNKNOWN: &str = "unknown";

/// Devices by word of certainty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ByCertainty {
    pub(crate) confirmed: u64,
    pub(crate) probable: u64,
    pub(crate) possible: u64,
    pub(crate) unknown: u64,
}

impl ByCertainty {
    fn add(&mut self, word: &str) {
        match word {
            "confirmed" => self.confirmed += 1,
            "probable" => self.probable += 1,
            "possible" => self.possible += 1,
            _ => self.unknown += 1,
        }
    }

    fn join(&mut self, other: Self) {
        self.confirmed += other.confirmed;
        self.probable += other.probable;
        self.possible += other.possible;
        self.unknown += other.unknown;
    }

    /// All of them.
    pub(crate) fn all(self) -> u64 {
        self.confirmed + self.probable + self.possible + self.unknown
    }
}

/// Devices by a word, such as an outcome or a fact that is missing.
pub(crate) type ByWord = BTreeMap<String, u64>;

/// The counts of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    pub(crate) devices: u64,
    /// Devices that a regime names.
    pub(crate) named: u64,
    /// Of these, devices of which somebody answers for every finding.
    #[serde(default, skip_serializing_if = "none")]
    pub(crate) answered: u64,
    /// By regime and outcome, the findings that are exempted; they stand among the rulings, too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) exempted: BTreeMap<String, ByWord>,
    pub(crate) certainty: ByCertainty,
    /// Devices of which something does not fit together.
    pub(crate) contradictory: u64,
    /// By maker; several that cannot be told apart are one entry.
    pub(crate) makers: BTreeMap<String, ByCertainty>,
    /// By regime and outcome.
    pub(crate) rulings: BTreeMap<String, ByWord>,
    /// By regime, the facts without which it could not be decided.
    pub(crate) missing: BTreeMap<String, ByWord>,
    /// Devices whose record names no label.
    pub(crate) no_label: u64,
    /// Devices whose record names no model.
    pub(crate) no_model: u64,
    /// Devices whose record has no day of installation.
    pub(crate) no_day: u64,
    /// How often each code was said of the files: what was not read.
    pub(crate) said: ByWord,
}

/// Whether there are none.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the derive hands over a reference")]
const fn none(count: &u64) -> bool {
    *count == 0
}

impl Told {
    /// Counts a device by its record and its answer, as they are kept.
    pub(crate) fn device(&mut self, device: &Value, answer: &Value) {
        let design = &answer["design"];
        let certainty = design["certainty"].as_str().unwrap_or_default();
        self.devices += 1;
        self.certainty.add(certainty);
        self.makers.entry(maker_of(design)).or_default().add(certainty);
        let empty = |value: &Value| value.as_str().is_none_or(str::is_empty);
        self.no_label += u64::from(empty(&answer["written"]["label"]));
        self.no_model += u64::from(empty(&answer["written"]["model"]));
        self.no_day += u64::from(device["installed"].is_null());
        let contradictions = answer["contradictions"].as_array();
        self.contradictory += u64::from(contradictions.is_some_and(|list| !list.is_empty()));
        let exempted: BTreeSet<&str> = answer["exempted"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one["regime"].as_str())
            .collect();
        let (mut named, mut counting) = (false, false);
        for ruling in answer["rulings"].as_array().into_iter().flatten() {
            let Some(regime) = ruling["regime"].as_str() else { continue };
            let Some(word) = ruling["outcome"].as_str() else { continue };
            let outcome = serde_json::from_value::<Outcome>(ruling["outcome"].clone());
            let found = outcome.is_ok_and(names_it);
            let answered = exempted.contains(regime);
            named |= found;
            counting |= found && !answered;
            if found && answered {
                *entry(self.exempted.entry(regime.to_owned()).or_default(), word) += 1;
            }
            *entry(self.rulings.entry(regime.to_owned()).or_default(), word) += 1;
            if word == Outcome::Undetermined.word() {
                let missing = self.missing.entry(regime.to_owned()).or_default();
                missing_of(ruling).into_iter().for_each(|key| *entry(missing, key) += 1);
            }
        }
        named &= certainty != UNKNOWN && !certainty.is_empty();
        self.named += u64::from(named);
        self.answered += u64::from(named && !counting);
    }

    /// Counts what was said so often of a file.
    pub(crate) fn code(&mut self, code: &str, times: u64) {
        if times > 0 {
            *entry(&mut self.said, code) += times;
        }
    }

    /// Counts what was said of a file, out of the line that a bundle keeps of it.
    ///
    /// # Errors
    /// When it is no such line.
    pub(crate) fn said_line(&mut self, line: &str) -> serde_json::Result<()> {
        let said: Value = serde_json::from_str(line)?;
        let code = said["code"].as_str().unwrap_or_default();
        let severity = said["severity"].as_str().unwrap_or_default();
        self.code(code, counts(code, severity, said["more"].as_u64()));
        Ok(())
    }

    /// Adds the counts of another run.
    pub(crate) fn join(&mut self, other: &Self) {
        self.devices += other.devices;
        self.named += other.named;
        self.answered += other.answered;
        self.contradictory += other.contradictory;
        self.no_label += other.no_label;
        self.no_model += other.no_model;
        self.no_day += other.no_day;
        self.certainty.join(other.certainty);
        for (maker, more) in &other.makers {
            self.makers.entry(maker.clone()).or_default().join(*more);
        }
        for (into, from) in [
            (&mut self.rulings, &other.rulings),
            (&mut self.missing, &other.missing),
            (&mut self.exempted, &other.exempted),
        ] {
            for (regime, words) in from {
                add_all(into.entry(regime.clone()).or_default(), words);
            }
        }
        add_all(&mut self.said, &other.said);
    }

    /// Devices of a regime with that outcome.
    pub(crate) fn outcome(&self, regime: &str, outcome: Outcome) -> u64 {
        let words = self.rulings.get(regime);
        words.and_then(|words| words.get(outcome.word())).copied().unwrap_or(0)
    }

    /// Devices for which a regime missed a fact.
    pub(crate) fn missing(&self, fact: &str) -> u64 {
        self.missing.values().filter_map(|words| words.get(fact)).copied().max().unwrap_or(0)
    }
}

fn entry<'w>(words: &'w mut ByWord, word: &str) -> &'w mut u64 {
    words.entry(word.to_owned()).or_default()
}

fn add_all(into: &mut ByWord, from: &ByWord) {
    for (word, devices) in from {
        *entry(into, word) += devices;
    }
}

fn missing_of(ruling: &Value) -> BTreeSet<&str> {
    let steps = ruling["steps"].as_array().into_iter().flatten();
    let keys = steps.filter_map(|step| step["missing"].as_array()).flatten();
    keys.filter_map(Value::as_str).collect()
}

fn maker_of(design: &Value) -> String {
    if let Some(name) = design["maker"]["name"].as_str() {
        return name.to_owned();
    }
    let several = design["one_of"].as_array().into_iter().flatten();
    let names: Vec<&str> = several.filter_map(|one| one["name"].as_str()).collect();
    if names.is_empty() { UNKNOWN.to_owned() } else { names.join(" or ") }
}

/// By what an estate is known again, whatever its file was called and whoever was asked: a hash
/// over its devices, one after the other.
#[derive(Default)]
pub(crate) struct Estate(Sha256);

impl Estate {
    /// Takes a device.
    pub(crate) fn device(&mut self, device: &Value) {
        let mut device = device.clone();
        if let Some(map) = device.as_object_mut() {
            map.remove("source");
        }
        self.0.update(device.to_string());
        self.0.update(b"\n");
    }

    /// The hash.
    pub(crate) fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}
