//! The day that was asked about: a rule that had not begun on it, or had ended, is silent, and its
//! silence clears nobody.

use jiff::civil::Date;

use super::reach::not_asked;
use super::{Blocks, Item, Matter};
use crate::kb::schema::{Provision, Regime};
use crate::ruling::{Context, Outcome, holds};

/// Why a rule is silent on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// It begins on that later day.
    Begins(Date),
    /// That earlier day was its last.
    Ended(Date),
}

impl Silence {
    /// How the rule stood on the day asked about, for a sentence that names the rule before it.
    pub(super) fn words(self, on: Date) -> String {
        match self {
            Self::Begins(day) => format!("had not begun on {on}: it begins on {day}"),
            Self::Ended(day) => format!("had ended by {on}: its last day was {day}"),
        }
    }
}

/// Why a rule is silent on a day, if it is: no provision that what was told leaves was in force.
fn silence(regime: &Regime, context: &Context, on: Date) -> Option<Silence> {
    let left = |one: &&Provision| {
        holds(&one.when, context) != Some(false)
            && holds(&one.bound, context) != Some(false)
            && one.told.iter().all(|key| context.contains_key(key))
    };
    let all: Vec<&Provision> = regime.provisions.iter().collect();
    let mut left: Vec<&Provision> = all.iter().copied().filter(left).collect();
    if left.is_empty() {
        left = all;
    }
    let ended = |one: &&Provision| one.until.is_some_and(|until| until < on);
    if left.iter().any(|one| one.from <= on && !ended(one)) {
        return None;
    }
    let begins = left.iter().map(|one| one.from).filter(|from| *from > on).min();
    let ended = left.iter().filter_map(|one| one.until).max();
    begins.map(Silence::Begins).or(ended.map(Silence::Ended))
}

/// Those of these regimes that were asked and are silent because of the day, each with why.
pub(super) fn silent<'m>(matter: &Matter<'m>, regimes: &[&str]) -> Vec<(&'m Regime, Silence)> {
    let asked = asked(matter, regimes).into_iter();
    asked.filter_map(|one| Some((one, silence(one, matter.context, matter.on)?))).collect()
}

/// Those of these regimes that were asked: what was told is about an act that they speak of.
pub(super) fn asked<'m>(matter: &Matter<'m>, regimes: &[&str]) -> Vec<&'m Regime> {
    let about = |one: &&Regime| {
        regimes.contains(&one.id.as_str()) && not_asked(one, matter.context).is_none()
    };
    matter.regimes.iter().filter(about).collect()
}

/// Whether the day alone decides: every one of these regimes that was asked is silent on it.
pub(super) fn decides(matter: &Matter<'_>, regimes: &[&str]) -> bool {
    let silent = silent(matter, regimes).len();
    silent > 0 && silent == asked(matter, regimes).len()
}

/// Whether what one of these regimes says of a device hangs on the day.
pub(super) fn is_dated(matter: &Matter<'_>, regimes: &[&str], item: &Item) -> bool {
    matter.regimes.iter().zip(&item.outcomes).any(|(regime, outcome)| {
        regimes.contains(&regime.id.as_str())
            && matches!(outcome, Outcome::NotYet | Outcome::Expired)
    })
}

/// Says of each rule that was silent on the day that it was, and that nothing follows from it.
pub(super) fn say(matter: &Matter<'_>, regimes: &[&str], out: &mut Blocks) {
    for (regime, silence) in silent(matter, regimes) {
        out.paragraph(format!(
            "{} ({}) {}. For that day these records answer neither way.",
            regime.title,
            regime.id,
            silence.words(matter.on)
        ));
    }
}
