//! Whom the rules of a paper bind, and what was told that does not help: a rule that is addressed
//! to somebody else is not laid before whoever answers as if it were theirs.

use super::common::count;
use super::{Blocks, Item, Matter, days};
use crate::kb::schema::{Exception, Regime};
use crate::ruling::{Outcome, holds};

/// How many devices a regime answers with each outcome, the strongest first.
fn outcomes(matter: &Matter<'_>, regime: &Regime) -> Vec<(Outcome, usize)> {
    let at = matter.regimes.iter().position(|one| one.id == regime.id);
    let of = |outcome: Outcome| {
        let is = |item: &&Item| at.and_then(|at| item.outcomes.get(at)) == Some(&outcome);
        matter.devices.iter().filter(is).count()
    };
    let all = Outcome::ALL.into_iter().map(|outcome| (outcome, of(outcome)));
    all.filter(|(_, devices)| *devices > 0).collect()
}

/// Why a regime does not bind whoever asks, in its own words or by what was told.
fn free(matter: &Matter<'_>, regime: &Regime) -> Option<String> {
    let holds = |when| holds(when, matter.context) == Some(true);
    if let Some(free) = regime.not_bound.iter().find(|one| holds(&one.when)) {
        return Some(free.why.clone());
    }
    if !outcomes(matter, regime).iter().any(|(outcome, _)| *outcome == Outcome::NotBound) {
        return None;
    }
    let mut told: Vec<String> = Vec::new();
    for (key, values) in regime.provisions.iter().flat_map(|one| &one.bound) {
        let other = matter.context.get(key).filter(|value| !values.contains(value));
        let said = other.map(|value| format!("{key} = {value}"));
        told.extend(said.filter(|said| !told.contains(said)));
    }
    Some(format!("By what was told: {}.", told.join(", ")))
}

/// Says of each of these regimes that does not bind whoever asks that it does not, and why.
pub(super) fn say(matter: &Matter<'_>, regimes: &[&str], out: &mut Blocks) {
    for regime in days::asked(matter, regimes) {
        if let Some(why) = free(matter, regime) {
            let (title, id) = (&regime.title, &regime.id);
            out.note(format!("{title} ({id}) does not bind whoever asks here. {why}"));
        }
    }
}

/// Whom each of these regimes binds, and whether that is whoever answers.
pub(super) fn whom(matter: &Matter<'_>, regimes: &[&str], out: &mut Blocks) {
    let asked = days::asked(matter, regimes);
    if matter.open || asked.is_empty() {
        return;
    }
    out.heading("Whom these rules bind");
    let devices = |n| count(n, "device is", "devices are");
    let (barred, open) = (matter.barred(regimes).len(), matter.open_under(regimes).len());
    out.paragraph(format!(
        "{} found to be barred for whoever answers here; {} to be settled. A device is called “of \
         a maker that a rule names” by its maker alone, whomever the rule binds.",
        if barred == 0 { "No device is".to_owned() } else { devices(barred) },
        if open == 0 { "none is".to_owned() } else { devices(open) }
    ));
    let silent = days::silent(matter, regimes);
    let steps = asked.iter().map(|regime| {
        let stands =
            match (free(matter, regime), silent.iter().find(|(one, _)| one.id == regime.id)) {
                (Some(why), _) => format!("It does not bind whoever answers here. {why}"),
                (None, Some((_, silence))) => format!("It {}.", silence.words(matter.on)),
                (None, None) => {
                    let said = outcomes(matter, regime).into_iter();
                    let said: Vec<String> =
                        said.map(|(outcome, n)| format!("{n} ({})", outcome.meaning())).collect();
                    format!("It is addressed to whoever answers here as well: {}.", said.join("; "))
                }
            };
        format!("{} ({}): would bar {}. {stands}", regime.title, regime.id, regime.would_bar)
    });
    out.steps(steps.collect());
}

/// Says of what was told to claim an exception why it does not help: the exception has ended, or
/// a rule has none for it.
pub(super) fn unhelpful(matter: &Matter<'_>, regimes: &[&str], out: &mut Blocks) {
    let asked = days::asked(matter, regimes);
    let exceptions = |regime: &'_ Regime| -> Vec<Exception> {
        regime.provisions.iter().flat_map(|one| one.exceptions.clone()).collect()
    };
    let conditions = |key: &str| {
        let mut all = asked.iter().flat_map(|one| &one.provisions);
        all.any(|one| one.when.contains_key(key) || one.bound.contains_key(key))
    };
    let mut said: Vec<String> = Vec::new();
    for (key, value) in matter.context.iter().filter(|(key, _)| !conditions(key)) {
        let takes = |one: &&Exception| one.when.get(key).is_some_and(|all| all.contains(value));
        // One that no rule takes is none that anybody would claim.
        if !matter.regimes.iter().any(|regime| exceptions(regime).iter().any(|one| takes(&one))) {
            continue;
        }
        for regime in &asked {
            let all = exceptions(regime);
            let mut all = all.iter().filter(takes).peekable();
            if all.peek().is_none() {
                said.push(format!(
                    "Told: {key} = {value}. {} ({}) has no exception for it here.",
                    regime.title, regime.id
                ));
            }
            for one in all {
                let (Some(until), text) = (one.until, &one.text) else { continue };
                let known = said.iter().any(|said| said.contains(&format!("under {}:", regime.id)));
                if until < matter.on && !known {
                    said.push(format!(
                        "Told: {key} = {value}. It does not help under {}: its last day was \
                         {until}, and {} is asked about. {}: {text}",
                        regime.id, matter.on, one.citation
                    ));
                }
            }
        }
    }
    for one in said {
        out.paragraph(one);
    }
}
