//! By when: the clocks of what was found, and those that would run if a clause stood there too.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::common::{day_words, reading_words};
use super::{Blocks, Item, Matter};
use crate::deadline::{Deadline, deadlines, follows};
use crate::kb::schema::{ClockUnit, Form, Regime};
use crate::ruling::{Context, MakerFact, Outcome, holds, judge};

/// Writes the clocks that run for what was found, the earliest first.
pub(super) fn clocks(matter: &Matter<'_>, forms: &[&Form], found: &[&Item], out: &mut Blocks) {
    let barred = |regime: &&Regime| !matter.barred(&[regime.id.as_str()]).is_empty();
    let regimes: Vec<&Regime> = matter.regimes.iter().filter(barred).collect();
    let mut all: Vec<(Deadline, Option<String>)> = Vec::new();
    for regime in &regimes {
        add(&mut all, matter, (regime, Outcome::Barred), matter.context, None);
    }
    for (told, context) in untold(matter, forms) {
        for regime in beside(matter, forms, &context, found) {
            add(&mut all, matter, (regime, Outcome::Barred), &context, Some(told.clone()));
        }
    }
    let rules = rules(matter, &regimes);
    if all.is_empty() && rules.is_empty() {
        return;
    }
    out.heading("By when");
    if !rules.is_empty() {
        out.paragraph("Nobody said when it was found, so no day is counted (--found DATE).");
        out.steps(rules);
    }
    rows(matter, all, out);
}

/// What follows from an outcome of a regime: the clocks that run, and the duties whose clock nobody
/// started.
pub(super) fn said_of(
    matter: &Matter<'_>,
    regime: &Regime,
    outcome: Outcome,
) -> (Vec<(Deadline, Option<String>)>, Vec<String>) {
    let mut all = Vec::new();
    add(&mut all, matter, (regime, outcome), matter.context, None);
    let mut waiting: Vec<String> = Vec::new();
    for duty in regime.duties.iter().filter(|one| one.clock.is_some() && matter.event.is_none()) {
        if follows(duty, outcome, matter.context) {
            let by = duty.by.clone().unwrap_or_default();
            let said = format!("{}: {by}. {}", duty.citation, duty.what);
            if !waiting.contains(&said) {
                waiting.push(said);
            }
        }
    }
    (all, waiting)
}

/// Deadlines as a table, the earliest first, with what had to be assumed.
pub(super) fn rows(
    matter: &Matter<'_>,
    mut all: Vec<(Deadline, Option<String>)>,
    out: &mut Blocks,
) {
    // A day lasts until its end; an hour of the same day comes before it.
    all.sort_by_key(|(one, _)| one.due_at.unwrap_or_else(|| one.due.at(23, 59, 59, 0)));
    let rows = all.iter().map(|(one, told)| row(matter, one, told.as_deref())).collect();
    let columns = ["Due", "What", "Counted from", "To", "The text"];
    out.table("Clocks, the earliest first", &columns, rows);
    for said in assumed(&all) {
        out.note(said);
    }
    let done = all.iter().filter(|(one, _)| done_on(matter, one).is_some());
    let forms: BTreeSet<&str> = done.map(|(one, _)| one.form.as_str()).collect();
    if forms.len() > 1 {
        out.note(
            "One day was told on which the first report went out (--reported), and it is taken for \
             each clause. If they went out on different days, ask for each clause alone \
             (--context clause=…).",
        );
    }
}

/// What had to be assumed, each with the paragraphs whose clock it concerns.
fn assumed(all: &[(Deadline, Option<String>)]) -> Vec<String> {
    let mut assumed: Vec<(&str, Vec<&str>)> = Vec::new();
    for (one, _) in all {
        let Some(what) = one.assumes.as_deref() else { continue };
        let at = assumed.iter().position(|(said, _)| *said == what);
        let at = at.unwrap_or_else(|| {
            assumed.push((what, Vec::new()));
            assumed.len() - 1
        });
        if !assumed[at].1.contains(&one.part.as_str()) {
            assumed[at].1.push(&one.part);
        }
    }
    let said = assumed.into_iter();
    said.map(|(what, parts)| format!("Assumed for {}: {what}.", parts.join(" and "))).collect()
}

fn add(
    all: &mut Vec<(Deadline, Option<String>)>,
    matter: &Matter<'_>,
    (regime, outcome): (&Regime, Outcome),
    context: &Context,
    told: Option<String>,
) {
    let facts = &matter.base.facts;
    for mut one in deadlines(facts, regime, outcome, context, matter.event) {
        // Hours that are counted from the beginning of a day end as another day begins.
        let clocks = regime.duties.iter().filter_map(|duty| duty.clock.as_ref());
        let mut same = clocks.filter(|clock| clock.form == one.form && clock.part == one.part);
        if one.due_at.is_none() && same.any(|clock| clock.unit == ClockUnit::Hour) {
            one.due_at = Some(one.due.at(0, 0, 0, 0));
        }
        let same = |(other, _): &(Deadline, Option<String>)| {
            (&other.form, &other.part, other.due, &other.condition)
                == (&one.form, &one.part, one.due, &one.condition)
        };
        if !all.iter().any(same) {
            all.push((one, told.clone()));
        }
    }
}

/// Duties with a clock that nobody started.
fn rules(matter: &Matter<'_>, regimes: &[&Regime]) -> Vec<String> {
    let mut rules: Vec<String> = Vec::new();
    for said in regimes.iter().flat_map(|one| said_of(matter, one, Outcome::Barred).1) {
        if !rules.contains(&said) {
            rules.push(said);
        }
    }
    rules
}

/// What nobody told, and what would put a form beside these: in words, and as a context.
fn untold(matter: &Matter<'_>, forms: &[&Form]) -> Vec<(String, Context)> {
    let ids = forms.iter().flat_map(|form| &form.beside);
    let beside = ids.filter_map(|id| matter.base.facts.forms.get(id));
    let open = beside.filter(|form| holds(&form.when, matter.context).is_none());
    let completed = open.map(|form| {
        let mut context = matter.context.clone();
        let mut told = Vec::new();
        for (key, values) in &form.when {
            if let (false, Some(value)) = (context.contains_key(key), values.first()) {
                told.push(format!("{key} is {value}"));
                context.insert(key.clone(), value.clone());
            }
        }
        (told.join(" and "), context)
    });
    completed.collect()
}

/// The regimes of forms beside these that would bar what was found in that context.
fn beside<'m>(
    matter: &Matter<'m>,
    forms: &[&Form],
    context: &Context,
    found: &[&Item],
) -> Vec<&'m Regime> {
    let facts = &matter.base.facts;
    let ids = forms.iter().flat_map(|form| &form.beside).filter_map(|id| facts.forms.get(id));
    let ids: Vec<&str> = ids.flat_map(|form| &form.regimes).map(String::as_str).collect();
    let makers: BTreeSet<&str> =
        found.iter().flat_map(|item| &item.makers).map(|one| one.id.as_str()).collect();
    let would = |regime: &&Regime| {
        let bars = |maker: &&str| {
            let ruling = judge(facts, regime, &MakerFact::Firm(maker), matter.on, context);
            ruling.outcome == Outcome::Barred
        };
        makers.iter().any(bars)
    };
    matter.regimes.iter().filter(|one| ids.contains(&one.id.as_str())).filter(would).collect()
}

/// A deadline as a row of the table.
fn row(matter: &Matter<'_>, one: &Deadline, told: Option<&str>) -> Vec<String> {
    let (last, due) = match one.due_at {
        // People read an hour that begins a day as that day's; the day before is the last.
        Some(at) if at.time() == jiff::civil::Time::midnight() => {
            let last = one.due.yesterday().unwrap_or(one.due);
            (last, format!("the end of {}", day_words(last)))
        }
        Some(at) => (one.due, format!("{} at {}", day_words(one.due), at.time().strftime("%H:%M"))),
        None => (one.due, day_words(one.due)),
    };
    let late = match done_on(matter, one) {
        Some(day) if day > last => format!("; done on {}, after its last day", day_words(day)),
        Some(day) => {
            // Of the report only the day was told, and here the hour decides.
            let hour = one.due_at.filter(|at| day == last && at.date() == last);
            let hour = hour.map(|at| format!(", in time only before {}", at.strftime("%H:%M")));
            format!("; done on {}{}", day_words(day), hour.unwrap_or_default())
        }
        None if last < matter.on => " (this day has passed)".to_owned(),
        None => String::new(),
    };
    let reported = matter.event.and_then(|event| event.reported);
    let mut from = match (&one.condition, one.start) {
        // What was reported is no condition any more.
        (Some(condition), Some(start)) if reported == Some(start) => condition.clone(),
        (Some(condition), _) => format!("if {condition}"),
        (None, Some(start)) => format!("found on {start}"),
        (None, None) => "a day that the text names".to_owned(),
    };
    if let Some(told) = told {
        from = format!("only if {told}, which nobody told; {from}");
    }
    let colon = if one.rule.is_empty() { "" } else { ": " };
    vec![
        format!("{due}{late}"),
        format!("{}{colon}{}", one.part, one.rule),
        from,
        one.recipient.clone().unwrap_or_else(|| "as the rule has it".to_owned()),
        reading_words(one.confidence).to_owned(),
    ]
}

/// The day on which a first report went out, if this is one: its clock runs from the finding and
/// from no other report.
fn done_on(matter: &Matter<'_>, one: &Deadline) -> Option<Date> {
    let reported = matter.event?.reported?;
    let clocks = matter.regimes.iter().flat_map(|regime| &regime.duties);
    let mut clocks = clocks.filter_map(|duty| duty.clock.as_ref());
    let first = clocks
        .any(|clock| clock.form == one.form && clock.part == one.part && clock.after.is_none());
    first.then_some(reported)
}
