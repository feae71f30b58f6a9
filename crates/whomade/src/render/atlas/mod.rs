//! The atlas as a page, as JSON and in a few lines.

mod facts;
mod flow;
mod labels;
mod page;
mod said;
mod steps;
mod tables;

use std::collections::BTreeMap;

use jiff::civil::Date;
use whomade_core::atlas::{Atlas, Filer, LabelTally, Pair, Span, Standing, Support, support_of};
use whomade_core::kb::schema::{Grammar, Label};
use whomade_core::kb::{Base, Entity};

pub(crate) use page::page;
pub(crate) use said::{json, text};

/// A label with a family.
pub(super) struct Seen<'a> {
    pub(super) filer: &'a Filer,
    pub(super) family: Entity,
    pub(super) pair: &'a Pair,
    pub(super) support: Support,
    pub(super) standing: Standing,
}

impl Seen<'_> {
    /// What the anchors of this pair end in: a label may have filed the same form while it was of
    /// the maker's house and after it.
    pub(super) const fn ending(&self) -> &'static str {
        if matches!(self.standing, Standing::Kin) { "-one-house" } else { "" }
    }
}

/// The atlas with the names and anchors that every part of the page uses.
pub(crate) struct View<'a> {
    pub(crate) base: &'a Base,
    pub(crate) atlas: &'a Atlas,
    pub(crate) on: Date,
    pub(crate) files: Vec<String>,
    ids: BTreeMap<&'a Filer, String>,
}

impl<'a> View<'a> {
    pub(crate) fn new(base: &'a Base, atlas: &'a Atlas, on: Date, files: Vec<String>) -> Self {
        let mut ids = BTreeMap::new();
        let mut taken: BTreeMap<String, u32> = BTreeMap::new();
        // What the base knows comes first in the order, and so keeps its own id.
        for (filer, label) in &atlas.labels {
            let id = match filer {
                Filer::Known(of) => base.id(*of).to_owned(),
                Filer::Written(_) => slug(label.spelling()),
                Filer::Further => "further".to_owned(),
            };
            let count = taken.entry(id.clone()).or_default();
            *count += 1;
            ids.insert(filer, if *count == 1 { id } else { format!("{id}-{count}") });
        }
        Self { base, atlas, on, files, ids }
    }

    /// The anchor of a label, without its `#label-`.
    pub(super) fn id(&self, filer: &Filer) -> &str {
        self.ids.get(filer).map_or("further", String::as_str)
    }

    /// The part of the page where a label has its permanent address: it may stand in several.
    pub(super) fn home(&self, filer: &Filer) -> Option<Standing> {
        let tally = self.atlas.labels.get(filer)?;
        let parts = [Standing::Label, Standing::Kin, Standing::Control, Standing::Own];
        let stands = |part: &Standing| tally.pairs.keys().any(|(standing, _)| standing == part);
        parts.into_iter().find(stands)
    }

    /// The anchor of a label, for the first of its pairs in the part where it is at home.
    pub(super) fn anchor(
        &self,
        standing: Standing,
        pairs: &[Seen<'_>],
        at: usize,
    ) -> Option<String> {
        let one = pairs.get(at)?;
        let first = pairs.iter().position(|other| other.filer == one.filer) == Some(at);
        (first && self.home(one.filer) == Some(standing))
            .then(|| format!("label-{}", self.id(one.filer)))
    }

    /// The anchor of a label's rows of one family.
    pub(super) fn rows_id(&self, one: &Seen<'_>) -> String {
        let (label, maker) = (self.id(one.filer), self.base.id(one.family));
        format!("rows-{label}-of-{maker}{}", one.ending())
    }

    pub(super) fn name(&self, filer: &Filer) -> String {
        match filer {
            Filer::Known(of) => self.base.name(*of).to_owned(),
            Filer::Written(_) => {
                self.atlas.labels.get(filer).map_or("", LabelTally::spelling).to_owned()
            }
            Filer::Further => "further labels".to_owned(),
        }
    }

    /// The label's file, where it has one.
    pub(super) fn label(&self, filer: &Filer) -> Option<&'a Label> {
        let Filer::Known(of @ Entity::Label(_)) = filer else { return None };
        self.base.facts.labels.get(self.base.id(*of))
    }

    /// The pairs of a standing, most products first.
    pub(super) fn pairs(&self, standing: Standing) -> Vec<Seen<'a>> {
        let pairs = self.atlas.pairs(standing).into_iter();
        pairs
            .map(|(filer, family, pair)| {
                let support = support_of(self.base, filer, family, pair);
                Seen { filer, family, pair, support, standing }
            })
            .collect()
    }

    /// A grammar's own words.
    pub(super) fn grammar(&self, number: u32) -> Option<&'a Grammar> {
        let signature = &self.base.signatures[number as usize];
        let file = self.base.facts.models.get(self.base.id(signature.of))?;
        file.firmwares.iter().find(|one| one.id == signature.id)
    }
}

/// `Norden Communication UK Ltd` → `norden-communication-uk-ltd`.
fn slug(name: &str) -> String {
    let mut out = String::new();
    for c in name.to_lowercase().chars() {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    let out = out.trim_end_matches('-');
    if out.is_empty() { "unnamed".to_owned() } else { out.to_owned() }
}

/// `31,755`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 product`, `2 products`.
pub(super) fn products(number: u64) -> String {
    format!("{} product{}", count(number), if number == 1 { "" } else { "s" })
}

/// A day as printed; a dash where none is on record.
pub(super) fn day(day: Option<Date>) -> String {
    day.map_or_else(|| "–".to_owned(), |day| day.to_string())
}

/// `2014-03-01 to 2024-05-06`.
pub(super) fn span(span: Span) -> String {
    match (span.first, span.last) {
        (Some(first), Some(last)) if first == last => format!("on {first}"),
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => "no date on record".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_anchors_and_numbers_are_grouped() {
        assert_eq!(slug("J.B.F. S.R.L."), "j-b-f-s-r-l");
        assert_eq!(slug("—"), "unnamed");
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(31_755), "31,755");
        assert_eq!(count(1_000_000), "1,000,000");
    }
}
