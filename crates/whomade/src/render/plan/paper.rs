//! The plan as a paper: for whoever decides, pays and does it.

use std::collections::BTreeMap;

use whomade_core::paper::{Block, Fact, Paper, VERSION};
use whomade_core::plan::terms::{Standing, grouped};
use whomade_core::report::{clean, counted};

use super::text::{
    Compared, comes_back, compared, goal, is_firm, measures, roomless, staying, undivided,
    unreckoned, unsettled, visits_of,
};
use super::{
    above, days_words, enough, period_name, pictures, shortages, terms_words, weights_words,
};
use crate::run::plan::held::Held;
use crate::run::plan::solved::{Answer, Sum};
use whomade_core::plan::removal::Stage;

/// Visits that are listed; the rest stands in the rows.
const VISITS_MAX: usize = 1_000;
/// Measures that are listed.
const MEASURES_MAX: usize = 60;
/// Devices of the annex.
const ANNEX_MAX: usize = 2_000;
/// Devices that are left, listed.
const LEFT_MAX: usize = 200;

/// Composes the paper.
pub(crate) fn paper(answer: &Answer<'_>) -> Paper {
    let removal = answer.removal;
    let mut blocks = Vec::new();
    scope(answer, &mut blocks);
    if let Some(held) = &answer.progress {
        progress(held, &mut blocks);
    }
    if !removal.subjects.is_empty() {
        infeasible(answer, &mut blocks);
        beside(answer, &mut blocks);
        waves(answer, &mut blocks);
        until_then(answer, &mut blocks);
        candidates(answer, &mut blocks);
        reckoned(answer, &mut blocks);
        annex(answer, &mut blocks);
    }
    let title = match removal.subjects.len() {
        0 => "Nothing has to be removed".to_owned(),
        count if is_firm(removal) => {
            format!("Removing {}", counted(count as u64, "device"))
        }
        count => format!("{} that would have to go", counted(count as u64, "device")),
    };
    Paper {
        v: VERSION,
        kind: "plan".to_owned(),
        over: "Removal plan".to_owned(),
        title,
        lead: lead(answer),
        on: removal.on,
        made_with: answer.made_with.clone(),
        blocks,
    }
}

fn lead(answer: &Answer<'_>) -> String {
    let removal = answer.removal;
    let plan = Sum::of(removal, &answer.solved.plan);
    if removal.subjects.is_empty() {
        return format!(
            "None of {} of {}.",
            counted(answer.gathered.devices, "device"),
            answer.names
        );
    }
    let until = plan.until.map(|day| format!(", the last by {day}")).unwrap_or_default();
    format!(
        "In {}{until}, for {}.",
        counted(plan.visits as u64, "visit"),
        removal.terms.money(plan.cost)
    )
}

fn heading(blocks: &mut Vec<Block>, text: &str) {
    blocks.push(Block::Heading { text: text.to_owned() });
}

fn note(blocks: &mut Vec<Block>, text: impl Into<String>) {
    blocks.push(Block::Note { text: text.into() });
}

fn table(blocks: &mut Vec<Block>, caption: &str, columns: &[&str], rows: Vec<Vec<String>>) {
    if !rows.is_empty() {
        let columns = columns.iter().map(|one| (*one).to_owned()).collect();
        blocks.push(Block::Table { caption: caption.to_owned(), columns, rows });
    }
}

fn scope(answer: &Answer<'_>, blocks: &mut Vec<Block>) {
    let removal = answer.removal;
    let plan = Sum::of(removal, &answer.solved.plan);
    let numbers = vec![
        (answer.gathered.devices, "devices looked at".to_owned()),
        (removal.subjects.len() as u64, goal(removal).to_owned()),
        (plan.visits as u64, "visits".to_owned()),
        (plan.left as u64, "left by this plan".to_owned()),
    ];
    blocks.push(Block::Numbers { numbers });
    let mut by: BTreeMap<(Standing, String), u64> = BTreeMap::new();
    for subject in &removal.subjects {
        *by.entry((subject.standing, subject.regimes.join(", "))).or_default() += 1;
    }
    let mut rows: Vec<Vec<String>> = by
        .into_iter()
        .map(|((standing, regimes), count)| {
            vec![
                count.to_string(),
                format!("{}: {} under {}", goal(removal), standing.word(), clean(&regimes)),
            ]
        })
        .collect();
    let others = staying(answer).into_iter();
    rows.extend(others.map(|(count, words)| vec![count.to_string(), words.to_owned()]));
    table(blocks, "What has to go, and what does not", &["Devices", "How they stand"], rows);
    for words in unsettled(answer) {
        note(blocks, sentence(&words));
    }
}

fn progress(held: &Held, blocks: &mut Vec<Block>) {
    let progress = &held.progress;
    heading(blocks, &format!("Since the plan of {}", held.kept.on));
    blocks.push(Block::Numbers {
        numbers: vec![
            (held.devices.len() as u64, "devices in that plan".to_owned()),
            (progress.planned as u64, "should be gone by now".to_owned()),
            (progress.count(Stage::Gone) as u64, "no longer listed".to_owned()),
            (progress.count(Stage::Late) as u64, "late".to_owned()),
        ],
    });
    let stages = Stage::ALL.into_iter().filter(|one| progress.count(*one) > 0);
    let mut rows: Vec<Vec<String>> =
        stages.map(|one| vec![progress.count(one).to_string(), one.words().to_owned()]).collect();
    if !progress.new.is_empty() {
        let words = "have to go and were not in that plan".to_owned();
        rows.push(vec![progress.new.len().to_string(), words]);
    }
    table(blocks, "What became of its devices", &["Devices", "Where they stand"], rows);
    let late = held.devices.iter().zip(&progress.stages).filter(|(_, one)| **one == Stage::Late);
    let late = late.take(LEFT_MAX).map(|(device, _)| {
        let wave = device.wave.map(|(_, until)| until.to_string()).unwrap_or_default();
        vec![device.entry.called(), clean(&device.site), wave]
    });
    table(blocks, "Late", &["Device", "Site", "Should be gone by"], late.collect());
    note(blocks, "A list tells that a device is no longer in it, not that somebody took it down.");
    if !held.otherwise.is_empty() {
        note(blocks, format!("Changed since: {}.", held.otherwise.join(", ")));
    }
}

fn infeasible(answer: &Answer<'_>, blocks: &mut Vec<Block>) {
    let Some(short) = &answer.solved.short else { return };
    heading(blocks, "No plan keeps every day");
    let steps = shortages(answer.removal, &short.shortages);
    let steps = steps.iter().map(|one| sentence(one)).collect();
    blocks.push(Block::Steps { steps, ticked: false });
    let enough = enough(answer.removal, &short.enough);
    if !enough.is_empty() {
        blocks
            .push(Block::Subheading { text: "What would be enough, all else as it is".to_owned() });
        let steps = enough.iter().map(|one| sentence(one)).collect();
        blocks.push(Block::Steps { steps, ticked: false });
    }
    note(
        blocks,
        format!(
            "What follows is the plan that keeps all else, and the days that it can: {} go too late.",
            counted(short.late as u64, "device")
        ),
    );
}

/// A line as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// The plan beside those by hand and by other terms, and the pictures.
fn beside(answer: &Answer<'_>, blocks: &mut Vec<Block>) {
    let removal = answer.removal;
    heading(blocks, "The plan, and others beside it");
    let plan = Sum::of(removal, &answer.solved.plan);
    let rows = compared(answer, &plan).into_iter().map(row).collect();
    let columns =
        ["Plan", "Risk days", "Against this", "Cost", "Visits", "Sites", "Left", "Done by"];
    table(blocks, "A risk day is a day with a device, times what it weighs", &columns, rows);
    note(
        blocks,
        format!(
            "No plan of whole visits has fewer than {} risk days: this one is at most {} above the \
             best of them.",
            grouped(plan.bound),
            above(plan.risk_days, plan.bound).replace('+', "")
        ),
    );
    for words in comes_back(answer).into_iter().chain(undivided(answer)) {
        note(blocks, sentence(&words));
    }
    for picture in pictures(answer) {
        blocks.push(picture.block());
    }
}

fn row(of: Compared) -> Vec<String> {
    let Compared { name, sum, cost, than } = of;
    let until = sum.until.filter(|_| sum.left == 0).map(|day| day.to_string());
    vec![
        name,
        grouped(sum.risk_days),
        than,
        cost,
        sum.visits.to_string(),
        sum.sites.to_string(),
        sum.left.to_string(),
        until.unwrap_or_default(),
    ]
}

fn waves(answer: &Answer<'_>, blocks: &mut Vec<Block>) {
    let (removal, solved) = (answer.removal, &answer.solved);
    let (terms, periods) = (removal.terms, &removal.problem.periods);
    heading(blocks, "Wave by wave");
    let mut rows = Vec::new();
    for (at, period) in periods.iter().enumerate() {
        for visit in visits_of(answer, &solved.plan, Some(at)) {
            let one = &solved.plan.visits[visit];
            rows.push(vec![
                period_name(terms, *period),
                days_words(&solved.plan, &solved.days, visit, terms, periods),
                clean(&removal.problem.sites[one.site].name),
                one.devices.len().to_string(),
                format!("{:.1}", one.hours),
                terms.money(one.cost),
            ]);
        }
    }
    let more = rows.len().saturating_sub(VISITS_MAX);
    rows.truncate(VISITS_MAX);
    let columns = ["Wave", "Proposed days", "Site", "Devices", "Hours", "Cost"];
    table(blocks, "Visits", &columns, rows);
    if more > 0 {
        note(
            blocks,
            format!("{} more stand in the rows that --csv writes.", counted(more as u64, "visit")),
        );
    }
    if let Some(words) = roomless(answer) {
        note(blocks, sentence(&words));
    }
    let left = removal.left(&solved.plan);
    let rows = left.iter().take(LEFT_MAX).map(|at| {
        let (subject, device) = (&removal.subjects[*at], &removal.problem.devices[*at]);
        let ends = device.ends.map(|day| day.to_string()).unwrap_or_default();
        let site = clean(&removal.problem.sites[device.site].name);
        vec![subject.entry.called(), site, subject.headline.clone(), ends]
    });
    let columns = ["Device", "Site", "What it is", "End of life"];
    table(blocks, "Left where they are", &columns, rows.collect());
    if left.len() > LEFT_MAX {
        let more = counted((left.len() - LEFT_MAX) as u64, "device");
        note(blocks, format!("{more} more are left."));
    }
}

fn until_then(answer: &Answer<'_>, blocks: &mut Vec<Block>) {
    let measures = measures(answer);
    if measures.is_empty() {
        return;
    }
    heading(blocks, "Until they are gone");
    let more = measures.len().saturating_sub(MEASURES_MAX);
    let rows = measures.into_iter().take(MEASURES_MAX);
    let rows = rows.map(|(words, count)| vec![count.to_string(), sentence(&words)]);
    table(blocks, "What helps in the meantime", &["Devices", "Measure"], rows.collect());
    if more > 0 {
        note(blocks, format!("{more} further measures stand in the rows that --csv writes."));
    }
}

fn candidates(answer: &Answer<'_>, blocks: &mut Vec<Block>) {
    if answer.ruled.is_empty() {
        return;
    }
    heading(blocks, "What you think of buying");
    let counts = answer.removal.bought();
    let rows = answer.ruled.iter().enumerate().map(|(at, one)| {
        vec![
            one.name.clone(),
            answer.removal.terms.money(one.price),
            one.headline.clone(),
            sentence(&one.words()),
            one.settle.map(str::to_owned).unwrap_or_default(),
            counts.get(&Some(at)).copied().unwrap_or(0).to_string(),
        ]
    });
    let columns = ["Candidate", "Price", "Who made it", "Ruling", "Would settle it", "Replaces"];
    table(blocks, "Ruled on as any device; none is recommended", &columns, rows.collect());
}

/// The terms and every weight: they stand on every plan.
fn reckoned(answer: &Answer<'_>, blocks: &mut Vec<Block>) {
    heading(blocks, "What it is reckoned with");
    let fact = |(name, value): (String, String)| Fact::known(name, value);
    let terms = terms_words(answer.removal);
    let name = format!("Terms ({})", answer.terms_name);
    let mut facts = vec![fact((name, terms.join("; ")))];
    for line in weights_words(answer.removal.terms) {
        let (name, factors) = line.split_once(": ").unwrap_or(("weights", &line));
        facts.push(fact((format!("Factor by {name}"), factors.to_owned())));
    }
    facts.push(fact(("Files".to_owned(), answer.names.clone())));
    blocks.push(Block::Facts { facts });
    for words in unreckoned(answer) {
        note(blocks, format!("{words}."));
    }
}

/// What each device is, by what, and where that was read: so that the plan can be doubted device
/// by device.
fn annex(answer: &Answer<'_>, blocks: &mut Vec<Block>) {
    let removal = answer.removal;
    blocks.push(Block::NewPage);
    heading(blocks, "Annex: what each device is, and where it was read");
    let rows = removal.subjects.iter().zip(&removal.problem.devices).take(ANNEX_MAX);
    let rows = rows.map(|(subject, device)| {
        vec![
            subject.entry.called(),
            clean(&removal.problem.sites[device.site].name),
            subject.headline.clone(),
            format!("{} under {}", subject.standing.word(), clean(&subject.regimes.join(", "))),
            subject.place.clone(),
        ]
    });
    let columns = ["Device", "Site", "What it is", "How it stands", "Record"];
    table(blocks, "`whomade explain DEVICE` shows the whole way", &columns, rows.collect());
    if removal.subjects.len() > ANNEX_MAX {
        let more = counted((removal.subjects.len() - ANNEX_MAX) as u64, "device");
        note(blocks, format!("{more} more stand in the rows that --csv writes."));
    }
}
