//! What a vulnerability has to do with a device: an advisory, a model and a firmware give one of
//! five verdicts and the sentence why. Nothing is tried on a device.
//!
//! A hole lies in the maker's firmware and goes with it to every label. So an advisory is looked
//! up by the maker; a label's own model number is on no list of the maker's, and then only the
//! firmware is left to go by.

use std::cell::OnceCell;
use std::cmp::Ordering;

use serde::Serialize;

use crate::attribution::{Certainty, Design};
use crate::evidence::Read;
use crate::firmware::{Firmware, compare_parts, numbers};
use crate::kb::glob::{matches, squeeze};
use crate::kb::schema::{
    Advisory, Affected, After, RangeGrade, RecordForm, Relation, Supply, Verdict, VersionForm,
};
use crate::kb::{Base, Entity};
use crate::observation::{Device, Field};

mod fix;
mod range;
mod version;

pub use fix::{OpenHole, open_holes};

use range::{Bounds, Said, said_of};
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
    Prepared::of(advisory).verdict(advisory, &Asked::of(target))
}

/// A device, read once for all advisories that are asked of it.
#[derive(Debug)]
pub struct Asked<'t> {
    target: Target<'t>,
    /// The model number as patterns see it.
    model: String,
    /// The firmware as versions are written.
    firmware: String,
    /// The firmware as each form reads it, once one does.
    stamps: [OnceCell<Option<Stamp>>; FORMS],
}

/// Forms of versions.
const FORMS: usize = 4;

impl<'t> Asked<'t> {
    /// Reads what an advisory asks for.
    #[must_use]
    pub fn of(target: &Target<'t>) -> Self {
        Self {
            target: *target,
            model: squeeze(target.model),
            firmware: plain(target.firmware),
            stamps: Default::default(),
        }
    }

    fn stamp(&self, form: VersionForm) -> Option<&Stamp> {
        let place = match form {
            VersionForm::Build => 0,
            VersionForm::Fields => 1,
            VersionForm::Platform => 2,
            VersionForm::Whole => 3,
        };
        self.stamps[place].get_or_init(|| Stamp::of_plain(form, &self.firmware)).as_ref()
    }
}

/// An advisory made ready to be asked of many devices: its patterns and bounds are read once.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    rows: Vec<Row>,
    /// Ranges of which a later build than each tells that a label's own model is probably fixed;
    /// none where no build could tell it.
    fixing: Vec<usize>,
}

/// One range made ready.
#[derive(Debug, Clone, Default)]
struct Row {
    /// Its patterns, each with how many letters it spells out.
    models: Vec<(String, usize)>,
    except: Vec<String>,
    /// Whether it is of everything that a label sells.
    whole_label: bool,
    bounds: Bounds,
}

impl Prepared {
    /// Makes an advisory ready.
    #[must_use]
    pub fn of(advisory: &Advisory) -> Self {
        let rows = advisory.affected.iter().map(|row| {
            let models = row.models.iter().map(|glob| squeeze(glob));
            Row {
                models: models.map(|glob| (glob.clone(), literals(&glob))).collect(),
                except: row.except.iter().map(|glob| squeeze(glob)).collect(),
                whole_label: !row.labels.is_empty() && row.models.iter().any(|glob| glob == "*"),
                bounds: Bounds::of(advisory, row),
            }
        });
        let rows: Vec<Row> = rows.collect();
        let fixing = fixing(advisory, &rows);
        Self { rows, fixing }
    }

    /// The verdict of the advisory that was made ready on one device, and why.
    #[must_use]
    pub fn verdict(&self, advisory: &Advisory, asked: &Asked<'_>) -> (Verdict, String) {
        let (verdict, mut why) = self.weighed(advisory, asked);
        if advisory.grade == RangeGrade::Imported && verdict != Verdict::CannotTell {
            why += ", by a record as it was imported";
        }
        (verdict, why)
    }

    fn weighed(&self, advisory: &Advisory, asked: &Asked<'_>) -> (Verdict, String) {
        if advisory.grade == RangeGrade::Recalled {
            let why = "the range is known from memory only, a lead: read the maker's notice";
            return (Verdict::CannotTell, why.to_owned());
        }
        let target = &asked.target;
        let stamp = asked.stamp(advisory.form);
        if let Some(other) = target.foreign.filter(|_| stamp.is_none()) {
            return (Verdict::NotAffected, format!("the firmware is written as {other} writes it"));
        }
        let rows = self.rows_of(advisory, asked);
        if rows.is_empty() {
            return self.unlisted(advisory, asked, stamp);
        }
        let said =
            rows.iter().map(|(row, ready)| said_of(row, &ready.bounds, stamp, &asked.firmware));
        let mut said: Vec<Said> = said.collect();
        // Ranges of other branches say nothing where one of the device's own does.
        if said.iter().any(|one| !one.other_branch) {
            said.retain(|one| !one.other_branch);
        }
        let said = together(said);
        let named = rows.iter().any(|(row, _)| row.names(target.label));
        if said.verdict == Verdict::Fixed && target.rebadge && !named {
            return (
                Verdict::ProbablyFixed,
                format!("{}, but no notice of its label is known", said.why),
            );
        }
        (said.verdict, said.why)
    }

    /// A model that no range names.
    fn unlisted(
        &self,
        advisory: &Advisory,
        asked: &Asked<'_>,
        stamp: Option<&Stamp>,
    ) -> (Verdict, String) {
        if !asked.target.rebadge {
            let blank = asked.target.model.trim().is_empty();
            let what = if blank { "no model is known" } else { UNLISTED };
            return (Verdict::CannotTell, what.to_owned());
        }
        let said = self.fixing.iter().map(|at| {
            said_of(&advisory.affected[*at], &self.rows[*at].bounds, stamp, &asked.firmware).verdict
        });
        let said: Vec<Verdict> = said.collect();
        let past = |one: &Verdict| matches!(one, Verdict::Fixed | Verdict::NotAffected);
        if said.contains(&Verdict::Fixed) && said.iter().all(past) {
            let why = "the build is later than every fix of the maker, but no notice of its label \
                       is known";
            return (Verdict::ProbablyFixed, why.to_owned());
        }
        let why = "a label's own model number: which of the maker's models it is, is not known";
        (Verdict::CannotTell, why.to_owned())
    }

    /// The ranges that name the model, those that spell out most of it.
    fn rows_of<'a>(
        &'a self,
        advisory: &'a Advisory,
        asked: &Asked<'_>,
    ) -> Vec<(&'a Affected, &'a Row)> {
        let (model, label) = (asked.model.as_str(), asked.target.label);
        let bare = advisory.prefix.iter().find_map(|prefix| model.strip_prefix(prefix.as_str()));
        let hit = |glob: &str| matches(glob, model) || bare.is_some_and(|bare| matches(glob, bare));
        let mut most = 0;
        let mut found: Vec<(&Affected, &Row)> = Vec::new();
        for (row, ready) in advisory.affected.iter().zip(&self.rows) {
            let hits = ready.models.iter().filter(|(glob, _)| hit(glob));
            let Some(spelt) = hits.map(|(_, literals)| *literals).max() else { continue };
            let other = !row.labels.is_empty() && label.is_some() && !row.names(label);
            // A range of everything that a label sells says nothing without the label.
            let unnamed = ready.whole_label && !row.names(label);
            if other || unnamed || ready.except.iter().any(|glob| hit(glob)) {
                continue;
            }
            if spelt > most {
                found.clear();
                most = spelt;
            }
            if spelt == most {
                found.push((row, ready));
            }
        }
        found
    }
}

/// The ranges of which a later build than each tells something of a label's own model. The day of
/// build is the one order that holds across models, and a list of single models, of another
/// label's models, or of another sort of equipment says nothing of the rest: then there are none.
fn fixing(advisory: &Advisory, rows: &[Row]) -> Vec<usize> {
    let all = advisory.affected.iter().enumerate();
    let fixing: Vec<usize> = all
        .filter(|(_, row)| row.ends() && row.gives_fix() && row.labels.is_empty())
        .map(|(at, _)| at)
        .collect();
    let row = |at: &usize| &advisory.affected[*at];
    let broad = |at: &usize| row(at).models.iter().any(|glob| glob.contains(['*', '?']));
    let dated = fixing.iter().all(|at| range::has_day(row(at), &rows[*at].bounds));
    let tells = advisory.classes.is_empty() && fixing.iter().any(broad) && dated;
    if tells { fixing } else { Vec::new() }
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

const UNLISTED: &str = "the model is not listed, which is no statement that it is safe";

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
    let Some((maker, target)) = target_of(base, device, read, design) else {
        return Vec::new();
    };
    let asked = Asked::of(&target);
    base.advisories_of(maker)
        .map(|(id, one, ready)| {
            let (verdict, why) = ready.verdict(one, &asked);
            Exposure { advisory: id.to_owned(), cve: one.cve.clone(), verdict, why }
        })
        .collect()
}

/// The maker of a device and what its advisories ask of it; none where the maker is not at least
/// probable.
fn target_of<'d>(
    base: &'d Base,
    device: &'d Device,
    read: &Read,
    design: &Design,
) -> Option<(&'d str, Target<'d>)> {
    let maker = design.stated().filter(|_| design.certainty >= Certainty::Probable)?;
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
    Some((maker, target))
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
