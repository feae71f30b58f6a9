//! Whom a rule names, and why it says nothing here: devices of named producers never drop out of
//! a paper because of what was told.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::common::{self, count, names};
use super::matter::samples;
use super::{Blocks, Item, Matter};
use crate::kb::Base;
use crate::kb::schema::Regime;
use crate::ruling::{Context, MAKER, MakerFact, Outcome, judge};

/// Whether a regime names a maker: it bars what that maker produced, if every fact were as the
/// rule wants it.
#[must_use]
pub fn names_maker(base: &Base, regime: &Regime, maker: &str, on: Date) -> bool {
    let ruling = judge(&base.facts, regime, &MakerFact::Firm(maker), on, &Context::default());
    ruling.would() == Some(Outcome::Barred)
}

/// Devices whose maker is sure enough and whom a rule names, or would name if it bound the holder.
pub(super) fn named<'m>(matter: &Matter<'m>, regimes: &[&str]) -> Vec<&'m Item> {
    let mut reached: BTreeMap<&str, bool> = BTreeMap::new();
    let asked: Vec<usize> = (0..matter.regimes.len())
        .filter(|at| regimes.contains(&matter.regimes[*at].id.as_str()))
        .collect();
    let mut all = Vec::new();
    for item in matter.devices.iter().filter(|item| item.is_found()) {
        let spoken = asked.iter().any(|at| {
            matches!(
                item.outcomes.get(*at),
                Some(Outcome::Barred | Outcome::Restricted | Outcome::Advised)
            )
        });
        let Some(maker) = item.makers.first() else { continue };
        let would = *reached.entry(&maker.id).or_insert_with(|| {
            let mut all = asked.iter().map(|at| &matter.regimes[*at]);
            all.any(|regime| names_maker(matter.base, regime, &maker.id, matter.on))
        });
        if spoken || would {
            all.push(item);
        }
    }
    all
}

/// Devices of a named producer that are neither barred nor open: what was told puts them outside.
pub(super) fn outside<'m>(matter: &Matter<'m>, regimes: &[&str]) -> Vec<&'m Item> {
    let spoken = |item: &&Item| {
        matter.regimes.iter().zip(&item.outcomes).any(|(regime, outcome)| {
            let asked = regimes.contains(&regime.id.as_str());
            let spoke = Outcome::Barred <= *outcome && *outcome <= Outcome::Advised;
            asked && (spoke || *outcome == Outcome::UnknownMaker)
        })
    };
    named(matter, regimes).into_iter().filter(|item| !spoken(item)).collect()
}

/// Devices of a named producer of which the answer turns on facts that nobody told, and these.
pub(super) fn turning<'m>(
    matter: &Matter<'m>,
    regimes: &[&str],
    open: &[&'m Item],
) -> (usize, Vec<&'m str>) {
    let named = named(matter, regimes);
    let mut keys: Vec<&str> = Vec::new();
    let mut devices = 0;
    for item in open.iter().filter(|item| named.iter().any(|one| std::ptr::eq(*one, **item))) {
        devices += 1;
        for key in matter.missing(item, regimes) {
            if key != MAKER && !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    (devices, keys)
}

/// The act that was told, where each provision of a regime is about other acts.
#[must_use]
pub fn not_asked<'c>(regime: &Regime, context: &'c Context) -> Option<&'c str> {
    let act = context.get("act")?;
    let other = |values: Option<&Vec<String>>| values.is_some_and(|values| !values.contains(act));
    let mut provisions = regime.provisions.iter();
    let none = provisions.all(|one| other(one.when.get("act")) || other(one.bound.get("act")));
    (none && !regime.provisions.is_empty()).then_some(act)
}

/// What was told that puts a device outside: each key with its value, none where no single one
/// does.
fn reasons<'m>(matter: &Matter<'m>, regimes: &[&str], item: &Item) -> Vec<(&'m str, &'m str)> {
    let Some(maker) = item.makers.first() else { return Vec::new() };
    let regimes = matter.regimes.iter().filter(|one| regimes.contains(&one.id.as_str()));
    let (about, others): (Vec<&Regime>, Vec<&Regime>) =
        regimes.partition(|one| not_asked(one, matter.context).is_none());
    // A question that was not asked is told as such; it is a reason only where no other stands.
    let regimes = if about.is_empty() { others } else { about };
    let decides = |key: &str| {
        let mut without = matter.context.clone();
        without.remove(key);
        regimes.iter().any(|regime| {
            let firm = MakerFact::Firm(&maker.id);
            let ruling = judge(&matter.base.facts, regime, &firm, matter.on, &without);
            ruling.outcome <= Outcome::Undetermined
        })
    };
    let told = matter.context.iter().filter(|(key, _)| decides(key));
    told.map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

/// Why devices of named producers are outside, for a sentence.
pub(super) fn why(matter: &Matter<'_>, regimes: &[&str], items: &[&Item]) -> String {
    let mut all: Vec<(&str, &str)> = Vec::new();
    for item in items {
        for reason in reasons(matter, regimes, item) {
            if !all.contains(&reason) {
                all.push(reason);
            }
        }
    }
    let words: Vec<String> =
        all.iter().map(|(key, value)| format!("the {key} told ({value})")).collect();
    if words.is_empty() {
        return "outside by what was told, which the signer answers for".to_owned();
    }
    format!("outside by {}, which the signer answers for", words.join(" and "))
}

/// The devices that what was told puts outside, a row for each kind, with what speaks for it.
pub(super) fn list(matter: &Matter<'_>, regimes: &[&str], items: &[&Item], out: &mut Blocks) {
    if items.is_empty() {
        return;
    }
    out.heading("Of a named producer, and outside by what was told");
    out.paragraph(format!(
        "{}: {}. Were that told otherwise, the rule might bar them.",
        count(items.len(), "device of a named producer", "devices of a named producer"),
        why(matter, regimes, items)
    ));
    let rows = samples(items).into_iter().take(common::ROWS_MAX).map(|one| {
        let item = one.item;
        vec![
            item.label.clone(),
            item.model.clone(),
            one.all.len().to_string(),
            names(&one.all),
            format!("{}, {}", item.maker_words(), item.certainty.word()),
            common::spoke(item),
            item.place.clone(),
        ]
    });
    let columns = ["Sold as", "Model", "Devices", "Which", "Producer", "Spoke", "First record"];
    out.table("`report device NAME` shows any of them in full", &columns, rows.collect());
}

/// What the records show of the question that some regimes answer, in sentences.
pub(super) fn answer(matter: &Matter<'_>, regimes: &[&str]) -> String {
    let all = matter.devices.len();
    let devices = |n| count(n, "device", "devices");
    let mut asked = matter.regimes.iter().filter(|one| regimes.contains(&one.id.as_str()));
    let outside = outside(matter, regimes);
    if let Some(Some(act)) =
        asked.clone().map(|one| not_asked(one, matter.context)).reduce(Option::and)
    {
        let named = if outside.is_empty() {
            String::new()
        } else {
            let verb = if outside.len() == 1 { "is" } else { "are" };
            format!(" {} in the records {verb} of a named producer.", devices(outside.len()))
        };
        return format!("Not asked: act = {act}.{named} These records answer neither way.");
    }
    if asked.next().is_none() {
        return "Not asked: none of its rules was asked.".to_owned();
    }
    let (found, open) = (matter.barred(regimes), matter.open_under(regimes));
    let (turns, keys) = turning(matter, regimes, &open);
    let mut said = Vec::new();
    if !found.is_empty() {
        let verb = if found.len() == 1 { "is" } else { "are" };
        said.push(format!(
            "{} of {} {verb} barred on what was told; {} open. These records do not support a \
             \"not\".",
            found.len(),
            devices(all),
            open.len()
        ));
    }
    if !outside.is_empty() {
        let verb = if outside.len() == 1 { "is" } else { "are" };
        said.push(format!(
            "{} of {} {verb} of a named producer; {}.",
            outside.len(),
            devices(all),
            why(matter, regimes, &outside)
        ));
    }
    if found.is_empty() && turns > 0 {
        let verb = if turns == 1 { "is" } else { "are" };
        said.push(format!(
            "{turns} of {} {verb} of a named producer; whether the rule bars them turns on facts \
             not told: {}. Of {} further {} it could not be told. These records do not support a \
             \"not\".",
            devices(all),
            keys.join(", "),
            open.len() - turns,
            if open.len() - turns == 1 { "device" } else { "devices" }
        ));
    } else if found.is_empty() && !open.is_empty() {
        let none = if outside.is_empty() {
            format!("None was found among {}; of", devices(all))
        } else {
            "Of".to_owned()
        };
        said.push(format!(
            "{none} {} it could not be told. Whoever signs a \"not\" signs it with these open.",
            devices(open.len())
        ));
    } else if found.is_empty() && outside.is_empty() {
        said.push(format!(
            "In the records looked at ({}) none was found and none is open.",
            devices(all)
        ));
    }
    said.join(" ")
}
