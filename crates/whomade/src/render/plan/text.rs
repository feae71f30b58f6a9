//! The plan for people, on a terminal.

use std::collections::BTreeMap;
use std::io::Write as _;

use anyhow::Result;
use whomade_core::plan::Plan;
use whomade_core::plan::removal::{Interim, Removal, Stage, Subject};
use whomade_core::plan::terms::{Standing, grouped};
use whomade_core::report::{clean, counted};

use super::{above, enough, period_name, shortages, terms_words, weights_words};
use crate::out::Out;
use crate::run::plan::solved::{Answer, Other, Sum};

/// Visits that are named of one wave.
const NAMED_MAX: usize = 3;
/// Measures that are named.
const MEASURES_MAX: usize = 8;

/// Writes the plan.
///
/// # Errors
/// When the output is closed.
pub(crate) fn text(out: &mut Out, answer: &Answer<'_>, all: bool) -> Result<()> {
    scope(out, answer)?;
    if let Some(held) = &answer.progress {
        progress(out, held)?;
    }
    if answer.removal.subjects.is_empty() {
        return Ok(());
    }
    told(out, answer)?;
    out.line("")?;
    infeasible(out, answer)?;
    plans(out, answer)?;
    out.line("")?;
    waves(out, answer, all)?;
    until_then(out, answer)?;
    bought(out, answer)?;
    let next = "-o plan.html draws it, --csv lists every device, --ics is for a calendar";
    writeln!(out.answers, "  = next: {next}")?;
    Ok(())
}

/// What has to go, and what does not.
fn scope(out: &mut Out, answer: &Answer<'_>) -> Result<()> {
    let removal = answer.removal;
    let goes = removal.subjects.len();
    let of = counted(answer.gathered.devices, "device");
    out.line(format!("{goes} of {of} {}, as of {}", goal(removal), removal.on))?;
    let mut by: BTreeMap<(Standing, String), usize> = BTreeMap::new();
    for subject in &removal.subjects {
        let regimes = subject.regimes.join(", ");
        *by.entry((subject.standing, regimes)).or_default() += 1;
    }
    for ((standing, regimes), count) in by {
        out.line(format!("  {count:>6}  {} under {}", standing.word(), clean(&regimes)))?;
    }
    for (count, words) in staying(answer) {
        out.line(format!("  {count:>6}  {words}"))?;
    }
    for words in unsettled(answer) {
        out.line(format!("  = {words}"))?;
    }
    if answer.gathered.strangers > 0 {
        let strangers = counted(answer.gathered.strangers as u64, "device");
        out.line(format!("  {strangers} of the captures told as none, or as several, of these"))?;
    }
    Ok(())
}

/// Whether a rule bites on any of the devices, and not all only would have to go.
pub(super) fn is_firm(removal: &Removal<'_>) -> bool {
    let firm = |one: &Subject| !is_open(one.standing);
    removal.subjects.is_empty() || removal.subjects.iter().any(firm)
}

/// What is planned of the devices, in words.
pub(super) fn goal(removal: &Removal<'_>) -> &'static str {
    if is_firm(removal) { "to remove" } else { "would have to go" }
}

/// Whether a rule does not bite as things were told.
const fn is_open(standing: Standing) -> bool {
    matches!(standing, Standing::Undetermined | Standing::WouldBeBarred)
}

/// What has to be so before a rule bites, in a sentence each.
pub(super) fn unsettled(answer: &Answer<'_>) -> Vec<String> {
    let has = |standing| answer.removal.subjects.iter().any(|one| one.standing == standing);
    let mut all = Vec::new();
    if has(Standing::Undetermined) {
        let keys: Vec<String> = answer.gathered.missing.iter().map(|key| clean(key)).collect();
        all.push(format!(
            "undetermined until it is known: {}; say it with --context KEY=VALUE (`whomade regimes` \
             lists the values). Planned as if it were so",
            keys.join(", ")
        ));
    }
    if has(Standing::WouldBeBarred) {
        all.push(
            "would be barred if the rule bound whoever asks, and it does not: planned as if it \
             were followed all the same"
                .to_owned(),
        );
    }
    all
}

/// What does not go, and why.
pub(super) fn staying(answer: &Answer<'_>) -> Vec<(u64, &'static str)> {
    let staying = &answer.gathered.staying;
    let all = [
        (staying.clear, "stay: no rule that was asked wants them gone"),
        (staying.weightless, "stay: the terms give no weight to what is said of them"),
        (staying.exempted, "stay: somebody answers for them"),
        (staying.possible, "are not planned: their maker is only possible (whomade suggest)"),
        (
            staying.unknown,
            "are not planned: their maker, or its seat, is not known (whomade suggest)",
        ),
    ];
    all.into_iter().filter(|(count, _)| *count > 0).collect()
}

fn progress(out: &mut Out, held: &crate::run::plan::held::Held) -> Result<()> {
    let progress = &held.progress;
    out.line("")?;
    out.line(format!(
        "the plan of {} held {}; by now {} should be gone",
        held.kept.on,
        counted(held.devices.len() as u64, "device"),
        progress.planned
    ))?;
    for stage in Stage::ALL {
        let count = progress.count(stage);
        if count > 0 {
            out.line(format!("  {count:>6}  {}", stage.words()))?;
        }
    }
    if progress.early > 0 {
        out.line(format!("  {:>6}  of them went before their wave began", progress.early))?;
    }
    if !progress.new.is_empty() {
        out.line(format!("  {:>6}  have to go and were not in that plan", progress.new.len()))?;
    }
    let ahead = progress.risk_planned - progress.risk_there;
    let words = if ahead >= 0.0 { "less" } else { "more" };
    out.line(format!(
        "  a day now weighs {}: {} {words} than the plan had for today",
        grouped(progress.risk_there),
        grouped(ahead.abs())
    ))?;
    let note = "a list tells that a device is no longer in it, not that somebody took it down";
    writeln!(out.answers, "  = {note}")?;
    Ok(())
}

/// The terms and every weight, on every plan.
fn told(out: &mut Out, answer: &Answer<'_>) -> Result<()> {
    out.line("")?;
    out.line(format!("terms of {}:", answer.terms_name))?;
    for line in terms_words(answer.removal) {
        out.line(format!("  {line}"))?;
    }
    out.line("a day with a device weighs, multiplied:")?;
    for line in weights_words(answer.removal.terms) {
        out.line(format!("  {line}"))?;
    }
    for words in unreckoned(answer) {
        out.line(format!("  {words}"))?;
    }
    Ok(())
}

/// What could not be reckoned with as the terms have it.
pub(super) fn unreckoned(answer: &Answer<'_>) -> Vec<String> {
    let removal = answer.removal;
    let device = |count: usize| counted(count as u64, "device");
    let lives = removal.terms.life_years > 0.0;
    let parted = removal.parted(&answer.solved.plan);
    let all = [
        (
            if lives { removal.past_life } else { 0 },
            format!(
                "{} past that life and still there: none goes by itself",
                device(removal.past_life)
            ),
        ),
        (
            if lives { removal.no_age } else { 0 },
            format!(
                "{} without a day of installation that has been: none goes by itself",
                device(removal.no_age)
            ),
        ),
        (
            removal.no_site,
            format!("{} without a site: each is a visit of its own", device(removal.no_site)),
        ),
        (
            removal.overdue,
            format!("{} whose day passes before the plan begins", device(removal.overdue)),
        ),
        (
            parted,
            format!(
                "{} with more cameras than a period takes: these go in several visits",
                counted(parted as u64, "recorder")
            ),
        ),
    ];
    all.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words).collect()
}

fn infeasible(out: &mut Out, answer: &Answer<'_>) -> Result<()> {
    let Some(short) = &answer.solved.short else { return Ok(()) };
    out.line("no plan keeps every day by which something must be gone:")?;
    for line in shortages(answer.removal, &short.shortages) {
        out.line(format!("  - {line}"))?;
    }
    for line in enough(answer.removal, &short.enough) {
        out.line(format!("  = {line}"))?;
    }
    let late = counted(short.late as u64, "device");
    out.line(format!(
        "below is the plan that keeps all else, and the days that it can: {late} go too late"
    ))?;
    Ok(())
}

/// The plan beside those by hand, and by other terms.
fn plans(out: &mut Out, answer: &Answer<'_>) -> Result<()> {
    let (removal, solved) = (answer.removal, &answer.solved);
    let plan = Sum::of(removal, &solved.plan);
    let rows = compared(answer, &plan);
    let wide = rows.iter().map(|one| one.name.chars().count()).max().unwrap_or(0);
    for (at, Compared { name, sum, cost, than }) in rows.iter().enumerate() {
        let than = if at == 0 {
            let above = above(sum.risk_days, sum.bound).replace('+', "");
            format!("at most {above} above the best of whole visits")
        } else {
            than.clone()
        };
        let done = match sum.until {
            _ if sum.left > 0 => format!("{} left", sum.left),
            Some(day) => format!("done by {day}"),
            None => "nothing".to_owned(),
        };
        out.line(format!(
            "{name:wide$}  {:>13} risk days  {:>16} in {} to {}, {done}  {than}",
            grouped(sum.risk_days),
            cost,
            counted(sum.visits as u64, "visit"),
            counted(sum.sites as u64, "site"),
        ))?;
    }
    for words in comes_back(answer).into_iter().chain(undivided(answer)) {
        out.line(format!("  = {words}"))?;
    }
    Ok(())
}

/// A plan that stands beside this one, or this one itself.
pub(super) struct Compared {
    pub(super) name: String,
    pub(super) sum: Sum,
    /// What it costs.
    pub(super) cost: String,
    /// How its risk days are to those of this plan, or why they cannot be compared.
    pub(super) than: String,
}

/// This plan, those by hand, those by other terms.
pub(super) fn compared(answer: &Answer<'_>, plan: &Sum) -> Vec<Compared> {
    let removal = answer.removal;
    let of = |name: &str, sum: Sum| Compared {
        name: name.to_owned(),
        cost: removal.terms.money(sum.cost),
        than: above(sum.risk_days, plan.risk_days),
        sum,
    };
    let mut rows = vec![of("this plan", plan.clone())];
    let names = ["by hand, by risk", "by hand, by site"];
    let by_hand = names.iter().zip(&answer.solved.by_hand);
    // Where no plan keeps every day that is said of all of them.
    let short = answer.solved.short.is_some();
    rows.extend(by_hand.map(|(name, plan)| match removal.late(plan) {
        late if late == 0 || short => of(name, Sum::of(removal, plan)),
        late => of(&format!("{name} ({late} too late)"), Sum::of(removal, plan)),
    }));
    rows.extend(answer.others.iter().map(|other| {
        let kept = if other.keeps { "" } else { " (too late for some)" };
        let mut row = of(&format!("if {}{kept}", other.name), other.sum.clone());
        row.cost.clone_from(&other.cost);
        if let Some(why) = other.apart {
            row.than = format!("not comparable: {why}");
        }
        row
    }));
    rows
}

/// Why other terms that give more can have more risk days: what a period takes whole is no longer
/// parted, and a whole site waits longer for its money.
pub(super) fn undivided(answer: &Answer<'_>) -> Option<String> {
    let plan = Sum::of(answer.removal, &answer.solved.plan);
    let worse = |one: &&Other| {
        one.apart.is_none()
            && one.sum.left <= plan.left
            && one.sum.risk_days > plan.risk_days
            && one.sum.visits < plan.visits
    };
    let other = answer.others.iter().find(worse)?;
    Some(format!(
        "if {}, a period takes whole sites that are parted in this plan: fewer visits for less \
         money, some of them later",
        other.name
    ))
}

/// Why a plan by hand can have fewer risk days: it comes back to sites, which this one never does.
pub(super) fn comes_back(answer: &Answer<'_>) -> Option<String> {
    let (removal, solved) = (answer.removal, &answer.solved);
    let better = solved.by_hand.iter().find(|one| one.risk_days < solved.plan.risk_days)?;
    let sum = Sum::of(removal, better);
    let back = sum.visits.saturating_sub(sum.sites);
    (back > 0).then(|| {
        let times = if back == 1 { "once".to_owned() } else { format!("{back} times") };
        let more = match sum.cost - solved.plan.cost {
            more if more > 0.0 => format!(" for {} more", removal.terms.money(more)),
            _ => String::new(),
        };
        format!(
            "by hand, by risk alone, crews come back {times} to sites where they were{more}; this \
             plan is of whole visits: once a site, unless it is more than a period takes"
        )
    })
}

/// A line a wave, with the sites that weigh most.
fn waves(out: &mut Out, answer: &Answer<'_>, all: bool) -> Result<()> {
    let (removal, plan) = (answer.removal, &answer.solved.plan);
    let rest = removal.remaining(Some(plan));
    let names = removal.problem.periods.iter().map(|one| period_name(removal.terms, *one));
    let names: Vec<String> = names.collect();
    let wide = names.iter().map(String::len).max().unwrap_or(0).max(4);
    let money = |amount: f64| removal.terms.money(amount);
    out.line(format!(
        "{:wide$}  {:>6}  {:>6}  {:>14}  {:>7}  sites",
        "wave", "gone", "visits", "cost", "there"
    ))?;
    for (at, name) in names.iter().enumerate() {
        let visits = visits_of(answer, plan, Some(at));
        if visits.is_empty() {
            continue;
        }
        let gone: usize = visits.iter().map(|at| plan.visits[*at].devices.len()).sum();
        let cost: f64 = visits.iter().map(|at| plan.visits[*at].cost).sum();
        out.line(format!(
            "{name:wide$}  {gone:>6}  {:>6}  {:>14}  {:>7}  {}",
            visits.len(),
            money(cost),
            rest[at + 1].devices,
            sites(answer, &visits, all)
        ))?;
    }
    let left = visits_of(answer, plan, None);
    if !left.is_empty() {
        let devices = removal.left(plan);
        let cost: f64 = left.iter().map(|at| plan.visits[*at].cost).sum();
        out.line(format!(
            "left: {} at {}; it would take {} more",
            counted(devices.len() as u64, "device"),
            sites(answer, &left, all),
            money(cost)
        ))?;
        if let Some(words) = roomless(answer) {
            out.line(format!("  {words}"))?;
        }
    }
    Ok(())
}

/// How many of the visits that are left have no room in any period, even alone.
pub(super) fn roomless(answer: &Answer<'_>) -> Option<String> {
    let (problem, plan) = (&answer.removal.problem, &answer.solved.plan);
    let left = plan.visits.iter().filter(|one| one.period.is_none());
    let (mut devices, mut least) = (0, f64::INFINITY);
    for visit in left.filter(|one| !problem.has_room(one)) {
        devices += visit.devices.len();
        least = least.min(visit.cost);
    }
    (devices > 0).then(|| {
        format!(
            "{} of them have no room in any period, even alone: the least such visit takes {}",
            grouped(devices as f64),
            answer.removal.terms.money(least)
        )
    })
}

/// The visits of a period, or those that are left, the heaviest first.
pub(super) fn visits_of(answer: &Answer<'_>, plan: &Plan, period: Option<usize>) -> Vec<usize> {
    let problem = &answer.removal.problem;
    let risk = |at: &usize| -> f64 {
        plan.visits[*at].devices.iter().map(|at| problem.devices[*at].risk).sum()
    };
    let all = plan.visits.iter().enumerate().filter(|(_, one)| one.period == period);
    let mut all: Vec<usize> = all.map(|(at, _)| at).collect();
    all.sort_by(|one, other| risk(other).total_cmp(&risk(one)).then(one.cmp(other)));
    all
}

fn sites(answer: &Answer<'_>, visits: &[usize], all: bool) -> String {
    let (problem, plan) = (&answer.removal.problem, &answer.solved.plan);
    let mut names: Vec<String> = Vec::new();
    for at in visits {
        let name = clean(&problem.sites[plan.visits[*at].site].name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let shown = if all { names.len() } else { names.len().min(NAMED_MAX) };
    let more = names.len() - shown;
    names.truncate(shown);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}

/// What helps until then, by how many devices it helps.
fn until_then(out: &mut Out, answer: &Answer<'_>) -> Result<()> {
    let measures = measures(answer);
    if measures.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.line("until they are gone:")?;
    for (words, count) in measures.iter().take(MEASURES_MAX) {
        out.line(format!("  {count:>6}  {words}"))?;
    }
    if measures.len() > MEASURES_MAX {
        let more = measures.len() - MEASURES_MAX;
        out.line(format!(
            "          and {} (--csv lists each)",
            counted(more as u64, "further measure")
        ))?;
    }
    Ok(())
}

/// Measures with the number of devices that they help, most first.
pub(super) fn measures(answer: &Answer<'_>) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&Interim, usize> = BTreeMap::new();
    for one in answer.removal.subjects.iter().flat_map(|one| &one.interim) {
        *counts.entry(one).or_default() += 1;
    }
    let mut all: Vec<(String, usize)> =
        counts.into_iter().map(|(one, count)| (one.words(), count)).collect();
    all.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
    all
}

/// What the user thinks of buying, ruled on.
fn bought(out: &mut Out, answer: &Answer<'_>) -> Result<()> {
    if answer.ruled.is_empty() {
        return Ok(());
    }
    let counts = answer.removal.bought();
    out.line("")?;
    out.line("candidates, ruled on as any device (none is recommended):")?;
    for (at, one) in answer.ruled.iter().enumerate() {
        let count = counts.get(&Some(at)).copied().unwrap_or(0);
        let settle = one.settle.map(|what| format!("; {what} would settle it"));
        out.line(format!(
            "  {count:>6}  {} at {}: {} ({}){}",
            one.name,
            answer.removal.terms.money(one.price),
            one.words(),
            one.certainty,
            settle.unwrap_or_default()
        ))?;
    }
    let none = counts.get(&None).copied().unwrap_or(0);
    if none > 0 {
        let price = answer.removal.terms.money(answer.removal.terms.device.price);
        out.line(format!("  {none:>6}  no candidate fits: reckoned with {price} each"))?;
    }
    Ok(())
}
