//! What a vulnerability has to do with a device: an advisory, a model and a firmware give one of
//! five verdicts and the sentence why. Nothing is tried on a device.
//!
//! A hole lies in the maker's firmware and goes with it to every label. So an advisory is looked
//! up by the maker; a label's own model number is on no list of the maker's, and then only the
//! firmware is left to go by.

use std::cmp::Ordering;

use serde::Serialize;

use crate::attribution::{Certainty, Design};
use crate::evidence::Read;
use crate::firmware::{Firmware, compare_parts, numbers};
use crate::kb::glob::{matches, squeeze};
use crate::kb::schema::{
    Advisory, Affected, After, RangeGrade, RecordForm, Relation, Supply, Verdict,
};
use crate::kb::{Base, Entity};
use crate::observation::{Device, Field};

mod range;
mod version;

pub use range::{Said, said_of};
pub use version::{Gap, Stamp, VERSION_BYTES_MAX, plain};

/// A device, as far as an advisory asks for it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Target<'t> {
    /// The model number; empty: not known.
    pub model: &'t str,
    /// The firmware version; empty: not known.
    pub firmware: &'t str,
    /// Id of the label, where it is known.
    pub label: Option<&'t str>,
    /// Whether somebody other than the maker sells it under a name of theirs.
    pub rebadge: bool,
    /// Name of another maker in whose grammar alone the firmware is written.
    pub foreign: Option<&'t str>,
}

/// What an advisory says of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exposure {
    /// Id of the advisory.
    pub advisory: String,
    /// Its number.
    pub cve: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub why: String,
}

/// The verdict of one advisory on one device, and why.
#[must_use]
pub fn verdict(advisory: &Advisory, target: &Target<'_>) -> (Verdict, String) {
    if advisory.grade == RangeGrade::Recalled {
        let why = "the range is known from memory only, a lead: read the maker's notice";
        return (Verdict::CannotTell, why.to_owned());
    }
    let stamp = Stamp::read(advisory.form, target.firmware);
    if let Some(other) = target.foreign.filter(|_| stamp.is_none()) {
        return (Verdict::NotAffected, format!("the firmware is written as {other} writes it"));
    }
    let rows = rows_of(advisory, target);
    if rows.is_empty() {
        return unlisted(advisory, target, stamp.as_ref());
    }
    let said = rows.iter().map(|row| said_of(advisory, row, stamp.as_ref(), target.firmware));
    let mut said: Vec<Said> = said.collect();
    // Ranges of other branches say nothing where one of the device's own does.
    if said.iter().any(|one| !one.other_branch) {
        said.retain(|one| !one.other_branch);
    }
    let said = together(said);
    let named = rows.iter().any(|row| row.names(target.label));
    if said.verdict == Verdict::Fixed && target.rebadge && !named {
        return (
            Verdict::ProbablyFixed,
            format!("{}, but no notice of its label is known", said.why),
        );
    }
    (said.verdict, said.why)
}

/// Several ranges of one model: affected by any is affected; else all must agree.
fn together(said: Vec<Said>) -> Said {
    let first = |verdict| said.iter().position(|one| one.verdict == verdict);
    let at = first(Verdict::Affected)
        .or_else(|| first(Verdict::CannotTell))
        .or_else(|| first(Verdict::Fixed))
        .unwrap_or_default();
    let agree = said.iter().all(|one| one.verdict == said[at].verdict);
    let open = matches!(said[at].verdict, Verdict::Affected | Verdict::CannotTell);
    let mut said = said;
    let one = said.swap_remove(at);
    if agree || open {
        return one;
    }
    let why = "it lies after one listed range of this model and before another".to_owned();
    Said { verdict: Verdict::CannotTell, why, other_branch: false }
}

/// A model that no range names.
fn unlisted(advisory: &Advisory, target: &Target<'_>, stamp: Option<&Stamp>) -> (Verdict, String) {
    if !target.rebadge {
        let what = if target.model.trim().is_empty() { "no model is known" } else { UNLISTED };
        return (Verdict::CannotTell, what.to_owned());
    }
    // The day of build is the one order that holds across models, and a list of single models, of
    // another label's models, or of another sort of equipment says nothing of the rest.
    let fixing = advisory.affected.iter();
    let fixing: Vec<&Affected> =
        fixing.filter(|row| row.ends() && row.gives_fix() && row.labels.is_empty()).collect();
    let broad = fixing.iter().any(|row| row.models.iter().any(|glob| glob.contains(['*', '?'])));
    let dated = fixing.iter().all(|row| range::has_day(advisory, row));
    let said = fixing.iter().map(|row| said_of(advisory, row, stamp, target.firmware).verdict);
    let said: Vec<Verdict> = said.collect();
    let past = |one: &Verdict| matches!(one, Verdict::Fixed | Verdict::NotAffected);
    let all = said.contains(&Verdict::Fixed) && said.iter().all(past);
    if advisory.classes.is_empty() && broad && dated && all {
        let why = "the build is later than every fix of the maker, but no notice of its label is \
                   known";
        return (Verdict::ProbablyFixed, why.to_owned());
    }
    let why = "a label's own model number: which of the maker's models it is, is not known";
    (Verdict::CannotTell, why.to_owned())
}

const UNLISTED: &str = "the model is not listed, which is no statement that it is safe";

/// The ranges that name the model, those that spell out most of it.
fn rows_of<'a>(advisory: &'a Advisory, target: &Target<'_>) -> Vec<&'a Affected> {
    let model = squeeze(target.model);
    let bare = advisory.prefix.iter().find_map(|prefix| model.strip_prefix(prefix.as_str()));
    let written: Vec<&str> = [Some(model.as_str()), bare].into_iter().flatten().collect();
    let hit = |globs: &[String]| {
        let globs = globs.iter().map(|glob| squeeze(glob));
        let hits = globs.filter(|glob| written.iter().any(|model| matches(glob, model)));
        hits.map(|glob| literals(&glob)).max()
    };
    let mut found: Vec<(usize, &Affected)> = Vec::new();
    for row in &advisory.affected {
        let other = !row.labels.is_empty() && target.label.is_some() && !row.names(target.label);
        // A range of everything that a label sells says nothing without the label.
        let unnamed = row.models.iter().any(|glob| glob == "*") && !row.labels.is_empty();
        if other || (unnamed && !row.names(target.label)) || hit(&row.except).is_some() {
            continue;
        }
        found.extend(hit(&row.models).map(|literals| (literals, row)));
    }
    let most = found.iter().map(|(literals, _)| *literals).max();
    found.retain(|(literals, _)| Some(*literals) == most);
    found.into_iter().map(|(_, row)| row).collect()
}

fn literals(glob: &str) -> usize {
    glob.chars().filter(|c| !"*#@?".contains(*c)).count()
}

impl Affected {
    fn names(&self, label: Option<&str>) -> bool {
        label.is_some_and(|label| self.labels.iter().any(|one| one == label))
    }

    fn gives_fix(&self) -> bool {
        !self.some && self.after == After::Fixed
    }
}

/// Whether somebody other than the maker sells under this label what the maker makes.
#[must_use]
pub fn is_rebadge(base: &Base, label: &str, maker: &str) -> bool {
    let Some(one) = base.facts.labels.get(label) else { return false };
    let own =
        one.supplies.iter().any(|supply| supply.maker == maker && supply.relation == Relation::Own);
    !own && label != maker
}

/// The name of the maker in whose grammar a firmware is written, if it is not this one.
#[must_use]
pub fn foreign<'b>(base: &'b Base, firmware: &str, maker: &str) -> Option<&'b str> {
    let readings = Firmware::read(base, firmware);
    let mine = |of: Entity| base.id(of) == maker;
    if readings.iter().any(|one| mine(one.of)) {
        return None;
    }
    readings.first().map(|one| base.name(one.of))
}

/// The exposures of a device: every advisory of its maker that speaks of it, by number. Nothing
/// where the maker is not at least probable, because a hole is an accusation too.
#[must_use]
pub fn exposures(base: &Base, device: &Device, read: &Read, design: &Design) -> Vec<Exposure> {
    let Some(maker) = design.stated().filter(|_| design.certainty >= Certainty::Probable) else {
        return Vec::new();
    };
    let maker = base.id(maker);
    let label = read.label.as_ref().map(|label| base.id(label.of));
    let value =
        |fields: &[Field]| fields.iter().find_map(|field| device.first(*field)).unwrap_or_default();
    let firmware = value(&[Field::Firmware]);
    let target = Target {
        model: value(&[Field::Model, Field::Product]),
        firmware,
        label,
        rebadge: label.is_some_and(|label| is_rebadge(base, label, maker)),
        foreign: foreign(base, firmware, maker),
    };
    let advisories = base.facts.advisories.iter();
    let of_maker = advisories.filter(|(_, one)| one.maker == maker && one.withdrawn.is_none());
    of_maker
        .map(|(id, one)| {
            let (verdict, why) = verdict(one, &target);
            Exposure { advisory: id.clone(), cve: one.cve.clone(), verdict, why }
        })
        .collect()
}

/// The labels under which a maker's equipment is sold by others, by the sourced supplies: those
/// that carry its holes.
#[must_use]
pub fn inheriting<'b>(base: &'b Base, maker: &str) -> Vec<(&'b str, &'b str)> {
    let labels = base.facts.labels.iter();
    let sold = labels.filter(|(id, one)| {
        let supplied = |supply: &Supply| {
            supply.maker == maker
                && supply.withdrawn.is_none()
                && !matches!(supply.relation, Relation::Own | Relation::Disputed)
        };
        id.as_str() != maker && one.supplies.iter().any(supplied)
    });
    sold.map(|(id, one)| (id.as_str(), one.name.as_str())).collect()
}

/// Whether a bound of an advisory holds what its form can order.
#[must_use]
pub fn is_bound(advisory: &Advisory, bound: &str) -> bool {
    Stamp::read(advisory.form, bound).is_some()
}

/// Whether plain matching of the record's own field of affected products calls it affected:
/// product equal to model, version equal to a listed one or in the order of its numbers. `None`
/// where nobody looked at what form the record has.
#[must_use]
pub fn record_says(advisory: &Advisory, model: &str, firmware: &str) -> Option<bool> {
    let record = advisory.record?;
    let bare = |text: &str| text.trim().trim_start_matches(['V', 'v']).to_owned();
    let ordered = |bound: &str| {
        let order = numbers(firmware).zip(numbers(bound));
        order.map(|(mine, bound)| compare_parts(&mine, &bound))
    };
    let product = |row: &Affected| row.models.iter().any(|one| one == model);
    let hit = |row: &Affected| match record {
        RecordForm::Nothing | RecordForm::Sentence => false,
        RecordForm::Exact => row.exact.iter().any(|one| bare(one) == bare(firmware)),
        RecordForm::Range => {
            let until = row.until.as_deref().and_then(ordered).is_some_and(Ordering::is_le);
            let before = row.before.as_deref().and_then(ordered).is_some_and(Ordering::is_lt);
            !firmware.trim().is_empty() && (until || before)
        }
    };
    Some(advisory.affected.iter().any(|row| product(row) && hit(row)))
}
