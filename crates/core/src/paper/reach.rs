//! Whom a rule names, and why it says nothing here: devices of named producers never drop out of
//! a paper because of what was told.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::common::{self, count, names as called};
use super::days;
use super::matter::samples;
use super::{Blocks, Item, Matter};
use crate::kb::Base;
use crate::kb::schema::{Provision, Regime};
use crate::ruling::{Context, MAKER, MakerFact, Outcome, judge, names};

/// Whether a regime names a maker: it bars what that maker produced, if every fact were as the
/// rule wants it. The day does not free a maker: a provision that had not begun on it, or had
/// ended, is asked for its own nearest day.
#[must_use]
pub fn names_maker(base: &Base, regime: &Regime, maker: &str, on: Date) -> bool {
    let bars = |on: Date| {
        let ruling = judge(&base.facts, regime, &MakerFact::Firm(maker), on, &Context::default());
        ruling.would() == Some(Outcome::Barred)
    };
    let own = |one: &Provision| on.max(one.from).min(one.until.unwrap_or(Date::MAX));
    bars(on) || regime.provisions.iter().map(own).any(|day| day != on && bars(day))
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
        // A rule that only advises names its makers too; on a day without it nothing else tells.
        let dated = asked.iter().any(|at| {
            let regime = &matter.regimes[*at];
            days::is_dated(matter, &[regime.id.as_str()], item)
                && names(&matter.base.facts, regime, &maker.id, matter.on)
        });
        if spoken || would || dated {
            all.push(item);
        }
    }
    all
}

/// Devices of a named producer that are neither barred nor open: what was told puts them outside,
/// or the day does.
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

/// That a regime was not asked by the act that was told: the same words in every output.
#[must_use]
pub fn not_asked_words(act: &str) -> String {
    format!("not asked: act = {act}; that clears nothing")
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
    for item in items.iter().filter(|item| !days::is_dated(matter, regimes, item)) {
        for reason in reasons(matter, regimes, item) {
            if !all.contains(&reason) {
                all.push(reason);
            }
        }
    }
    let words: Vec<String> =
        all.iter().map(|(key, value)| format!("the {key} told ({value})")).collect();
    let dated = items.iter().filter(|item| days::is_dated(matter, regimes, item)).count();
    let day = format!("the day asked about ({})", matter.on);
    match (words.is_empty(), dated) {
        (true, 0) => "outside by what was told, which the signer answers for".to_owned(),
        (false, 0) => format!("outside by {}, which the signer answers for", words.join(" and ")),
        (true, _) => format!("outside only because of {day}"),
        (false, _) => {
            let words = words.join(" and ");
            format!("outside because of {day}, or by {words}, which the signer answers for")
        }
    }
}

/// How the heap of those outside is called.
pub(super) fn outside_words(matter: &Matter<'_>, regimes: &[&str], items: &[&Item]) -> String {
    let dated = items.iter().filter(|item| days::is_dated(matter, regimes, item)).count();
    let by = match dated {
        0 => "by what was told",
        _ if dated == items.len() => "because of the day asked about",
        _ => "because of the day asked about or by what was told",
    };
    format!("of a named producer, outside {by}")
}

/// The devices that what was told puts outside, a row for each kind, with what speaks for it.
pub(super) fn list(matter: &Matter<'_>, regimes: &[&str], items: &[&Item], out: &mut Blocks) {
    if items.is_empty() {
        return;
    }
    let mut heading = outside_words(matter, regimes, items).replacen("of", "Of", 1);
    heading = heading.replacen(", outside", ", and outside", 1);
    out.heading(heading);
    let dated = items.iter().any(|item| days::is_dated(matter, regimes, item));
    let other =
        if dated { "On another day, or told otherwise," } else { "Were that told otherwise," };
    out.paragraph(format!(
        "{}: {}. {other} the rule might bar them.",
        count(items.len(), "device of a named producer", "devices of a named producer"),
        why(matter, regimes, items)
    ));
    let rows = samples(items).into_iter().take(common::ROWS_MAX).map(|one| {
        let item = one.item;
        vec![
            item.label.clone(),
            item.model.clone(),
            one.all.len().to_string(),
            called(&one.all),
            format!("{}, {}", item.maker_words(), item.certainty.word()),
            common::spoke(item),
            item.place.clone(),
        ]
    });
    let columns = ["Sold as", "Model", "Devices", "Which", "Producer", "Spoke", "First record"];
    out.table("`report device NAME` shows any of them in full", &columns, rows.collect());
}

/// How many are of a named producer, and of how many the maker is not established: said where
/// the rules answer neither way.
pub(super) fn counted(matter: &Matter<'_>, outside: &[&Item], open: &[&Item]) -> String {
    let is = |n: usize| if n == 1 { "is" } else { "are" };
    let devices = |n| count(n, "device", "devices");
    let mut said = Vec::new();
    if !outside.is_empty() {
        let n = outside.len();
        said.push(format!("{} in the records {} of a named producer", devices(n), is(n)));
    }
    let unknown = open.iter().filter(|item| !item.is_found()).count();
    if unknown > 0 {
        said.push(format!("of {} the maker is not established", devices(unknown)));
    }
    if said.is_empty() {
        return format!(
            "No device of a named producer was found among {}.",
            devices(matter.devices.len())
        );
    }
    let mut said = said.join("; ");
    if let Some(first) = said.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    said + "."
}

/// What the records show where the day or the act leaves every rule silent; nothing elsewhere.
pub(super) fn neither_way(matter: &Matter<'_>, regimes: &[&str]) -> Option<String> {
    let mut all = matter.regimes.iter().filter(|one| regimes.contains(&one.id.as_str()));
    let act = all.clone().map(|one| not_asked(one, matter.context)).reduce(Option::and);
    let counted = || counted(matter, &outside(matter, regimes), &matter.open_under(regimes));
    if let Some(Some(act)) = act {
        return Some(format!(
            "Not asked: act = {act}. These records answer neither way. {}",
            counted()
        ));
    }
    all.next()?;
    if !days::decides(matter, regimes) {
        return None;
    }
    let silent = days::silent(matter, regimes);
    let words: Vec<String> = silent
        .iter()
        .map(|(regime, silence)| format!("{} {}", regime.id, silence.words(matter.on)))
        .collect();
    Some(format!(
        "{}. For that day these records answer neither way. {}",
        words.join("; "),
        counted()
    ))
}

/// What the records show of the question that some regimes answer, in sentences.
pub(super) fn answer(matter: &Matter<'_>, regimes: &[&str]) -> String {
    let all = matter.devices.len();
    let devices = |n| count(n, "device", "devices");
    if let Some(said) = neither_way(matter, regimes) {
        return said;
    }
    if days::asked(matter, regimes).is_empty() {
        return "Not asked: none of its rules was asked.".to_owned();
    }
    let outside = outside(matter, regimes);
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
