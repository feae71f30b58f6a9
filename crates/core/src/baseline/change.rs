//! What is otherwise of one device than it was.

use std::collections::BTreeSet;

use serde::Serialize;

use super::entry::Entry;
use super::observed::{Otherwise, otherwise};
use crate::assembly::KeyKind;
use crate::observation::Field;
use crate::ruling::Outcome;

/// One thing that is otherwise than it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Change {
    /// Its owner calls it otherwise.
    Renamed {
        /// Then.
        from: String,
        /// Now.
        to: String,
    },
    /// Its register says that it stands elsewhere.
    Moved {
        /// Then.
        from: String,
        /// Now.
        to: String,
    },
    /// Other sites of `whomade.toml` claim it.
    StandsAt {
        /// Then; empty: none.
        from: String,
        /// Now.
        to: String,
    },
    /// It has another address in the network.
    Address {
        /// Then.
        from: Vec<String>,
        /// Now.
        to: Vec<String>,
    },
    /// Other numbers tell it from others: a serial number that was not known, a new network card.
    Keys {
        /// No longer there.
        gone: Vec<String>,
        /// New.
        new: Vec<String>,
    },
    /// Another label is written.
    Label {
        /// Then.
        from: String,
        /// Now.
        to: String,
    },
    /// Another model is written.
    Model {
        /// Then.
        from: String,
        /// Now.
        to: String,
    },
    /// Another maker leads, or the same more or less surely.
    Maker {
        /// Ids of those that led.
        from: Vec<String>,
        /// How surely.
        certainty_from: &'static str,
        /// Ids of those that lead.
        to: Vec<String>,
        /// How surely.
        certainty_to: &'static str,
    },
    /// A regime says something else; none: it was not asked.
    Ruling {
        /// The regime.
        regime: String,
        /// Then.
        from: Option<Outcome>,
        /// Now.
        to: Option<Outcome>,
    },
    /// Something else was seen of it: a version, a banner, a name it gave itself.
    Seen {
        /// What, field by field; empty where the baseline kept no more than a number of it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        fields: Vec<Otherwise>,
    },
}

fn words(kind: KeyKind, entry: &Entry) -> Vec<String> {
    entry.keys_of(kind).map(ToString::to_string).collect()
}

/// What is otherwise of a device now than it was then, in a fixed order; nothing where the
/// entries are equal.
#[must_use]
pub fn changes(then: &Entry, now: &Entry) -> Vec<Change> {
    let mut all = Vec::new();
    let mut text = |from: &String, to: &String, change: fn(String, String) -> Change| {
        if from != to {
            all.push(change(from.clone(), to.clone()));
        }
    };
    text(&then.name, &now.name, |from, to| Change::Renamed { from, to });
    text(&then.site, &now.site, |from, to| Change::Moved { from, to });
    text(&then.place, &now.place, |from, to| Change::StandsAt { from, to });
    text(&then.label, &now.label, |from, to| Change::Label { from, to });
    text(&then.model, &now.model, |from, to| Change::Model { from, to });
    let (from, to) = (words(KeyKind::Address, then), words(KeyKind::Address, now));
    if from != to {
        all.push(Change::Address { from, to });
    }
    let burnt = [KeyKind::Serial, KeyKind::Mac, KeyKind::Certificate];
    let keys = |entry: &Entry| burnt.into_iter().flat_map(|kind| words(kind, entry)).collect();
    let (before, after): (BTreeSet<String>, BTreeSet<String>) = (keys(then), keys(now));
    if before != after {
        let gone = before.difference(&after).cloned().collect();
        all.push(Change::Keys { gone, new: after.difference(&before).cloned().collect() });
    }
    // What these tell says nothing of what was seen.
    let told = |one: &Change| {
        !matches!(one, Change::Renamed { .. } | Change::Moved { .. } | Change::StandsAt { .. })
    };
    if then.seen != now.seen {
        let is_told = |one: &Otherwise| {
            let field = Field::from_id(&one.field);
            all.iter().any(|change| match change {
                Change::Label { .. } => matches!(field, Some(Field::Label | Field::Company)),
                Change::Model { .. } => matches!(field, Some(Field::Model | Field::Product)),
                _ => false,
            })
        };
        let mut fields = otherwise(&then.observed, &now.observed);
        fields.retain(|one| !is_told(one));
        if !fields.is_empty() || !all.iter().any(told) {
            all.push(Change::Seen { fields });
        }
    }
    if (&then.makers, then.certainty) != (&now.makers, now.certainty) {
        all.push(Change::Maker {
            from: then.makers.clone(),
            certainty_from: then.certainty.word(),
            to: now.makers.clone(),
            certainty_to: now.certainty.word(),
        });
    }
    let regimes: BTreeSet<&String> =
        then.rulings.iter().chain(&now.rulings).map(|(id, _)| id).collect();
    for regime in regimes {
        let (from, to) = (then.ruling(regime), now.ruling(regime));
        if from != to {
            all.push(Change::Ruling { regime: regime.clone(), from, to });
        }
    }
    all
}
