//! What a case says should come out, in the outcomes of a ruling.

use serde_json::Value;
use whomade_core::ruling::Outcome;

use super::form::{Stated, strings};

/// What should come out.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    /// As the case says it.
    pub(super) words: String,
    /// The outcomes that agree with it; none: nothing that we understand was said.
    pub(super) outcomes: Vec<Outcome>,
}

impl Expected {
    /// An outcome by its word, and others that are right too; none where no outcome is named.
    pub(super) fn of_object(row: &Stated) -> Option<Self> {
        let word = row.get("outcome").and_then(Value::as_str)?;
        let also = strings(row.get("also_accept")).unwrap_or_default();
        let words = std::iter::once(word).chain(also.iter().map(String::as_str));
        let outcomes = words.flat_map(|word| Self::of_words(word).outcomes).collect();
        Some(Self { words: word.to_owned(), outcomes })
    }

    /// A sentence of the short form: its first words decide.
    pub(super) fn of_words(sentence: &str) -> Self {
        let lower = sentence.to_lowercase();
        let exact = Outcome::ALL.into_iter().find(|one| one.word() == lower);
        let outcomes = match exact {
            Some(outcome) => vec![outcome],
            None => meant(&lower),
        };
        Self { words: sentence.to_owned(), outcomes }
    }

    /// Whether that outcome agrees.
    pub(super) fn agrees(&self, outcome: Outcome) -> bool {
        self.outcomes.contains(&outcome)
    }
}

fn meant(lower: &str) -> Vec<Outcome> {
    use Outcome as O;
    // What is prohibited "subject to" a fact that the case leaves out is open until it is told.
    const BEGINNINGS: &[(&str, &[Outcome])] = &[
        ("prohibited (subject to", &[O::Barred, O::Undetermined]),
        ("prohibited unless", &[O::Barred, O::Restricted]),
        ("prohibited until", &[O::Barred, O::Restricted]),
        ("prohibited", &[O::Barred]),
        ("must not", &[O::Barred]),
        ("likely prohibited", &[O::Undetermined]),
        ("conditional", &[O::Undetermined]),
        ("restricted", &[O::Restricted]),
        ("needs approval", &[O::Restricted]),
        ("not bound", &[O::NotBound]),
        ("not_bound", &[O::NotBound]),
        ("no rule", &[O::NoRule, O::NotBound]),
        ("no_rule_found", &[O::NoRule]),
        ("no ban", &[O::NoRule, O::NotBound]),
        ("not a purchase ban", &[O::NoRule, O::NotBound]),
        ("advisory", &[O::Advised]),
        ("assess", &[O::Advised]),
        ("should", &[O::Advised]),
        ("exception", &[O::Excepted]),
        ("waiver applies", &[O::Excepted]),
        ("not yet", &[O::NotYet]),
        ("not_yet", &[O::NotYet]),
        ("expired", &[O::Expired]),
        ("unknown", &[O::UnknownMaker]),
    ];
    if lower.contains("waiver void") {
        return O::ALL.into_iter().filter(|one| *one != O::Excepted).collect();
    }
    let found = BEGINNINGS.iter().find(|(beginning, _)| lower.starts_with(beginning));
    found.map_or_else(Vec::new, |(_, outcomes)| outcomes.to_vec())
}
