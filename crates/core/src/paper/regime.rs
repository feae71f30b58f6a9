//! The words of the rules: each provision once, with how its text was read.

use std::collections::BTreeSet;

use super::common::reading_words;
use super::{Blocks, Item, Matter};
use crate::ruling::Outcome;

/// The provisions that decided for these devices, in their words.
pub(super) fn words(matter: &Matter<'_>, items: &[&Item], regimes: &[&str], out: &mut Blocks) {
    let mut said: BTreeSet<(&str, &str, bool)> = BTreeSet::new();
    let reports = items.iter().filter_map(|item| item.report.as_deref());
    for ruling in reports.flat_map(|report| &report.rulings) {
        let asked = regimes.contains(&ruling.regime.as_str());
        for step in ruling.steps.iter().filter(|step| asked && step.outcome == ruling.outcome) {
            if !matches!(step.outcome, Outcome::NoRule | Outcome::UnknownMaker) {
                said.insert((&ruling.regime, &step.provision, step.outcome == Outcome::NotBound));
            }
        }
    }
    if said.is_empty() {
        return;
    }
    out.heading("The words that decide");
    for (id, provision, free) in said {
        let Some(regime) = matter.regimes.iter().find(|one| one.id == id) else { continue };
        let Some(one) = regime.provisions.iter().find(|one| one.id == provision) else { continue };
        let free = if free { "; does not bind whoever asks here" } else { "" };
        let source = format!(
            "{}; in force from {}{free}; {}; sources: {}",
            one.citation,
            one.from,
            reading_words(one.reading),
            out.cite(&one.sources)
        );
        out.quote(one.text.clone(), source);
        if let Some(note) = &one.note {
            out.note(note.clone());
        }
    }
}

/// The sources of the provisions of these regimes, and of the regimes themselves.
pub(super) fn sources<'m>(matter: &Matter<'m>, regimes: &[&str]) -> Vec<&'m str> {
    let asked = matter.regimes.iter().filter(|one| regimes.contains(&one.id.as_str()));
    let mut ids: Vec<&str> = Vec::new();
    for regime in asked {
        ids.extend(regime.sources.iter().map(String::as_str));
        let own = regime.provisions.iter().flat_map(|one| &one.sources);
        ids.extend(own.map(String::as_str));
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}
