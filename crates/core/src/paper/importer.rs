//! The list for whoever sells under names of theirs: which of them share a maker's firmware, which
//! holes go with it to all of them, and by when a hole that is exploited has to be reported.

use std::collections::{BTreeMap, BTreeSet};

use super::clocks::{rows, said_of};
use super::common::{self, count};
use super::filled::lead;
use super::{Block, Blocks, Item, Matter, Paper, VERSION};
use crate::exposure::{inheriting, is_rebadge};
use crate::kb::schema::Verdict;
use crate::ruling::Outcome;

/// Names in one cell.
const NAMES_MAX: usize = 8;
/// Rows of the table of holes.
const HOLES_MAX: usize = 200;

/// Composes the list.
#[must_use]
pub fn importer(matter: &Matter<'_>) -> Paper {
    let mut out = Blocks::default();
    unfit(matter, &mut out);
    let shared = shared(matter);
    let holes = holes(matter);
    numbers(matter, &shared, &holes, &mut out);
    answers(matter, &mut out);
    labels(matter, &shared, &mut out);
    reached(matter, &holes, &mut out);
    exploited(matter, &holes, &mut out);
    clocks(matter, &mut out);
    unsettled(matter, &mut out);
    common::not_looked(matter, &mut out);
    let found: Vec<&Item> = matter.devices.iter().filter(|one| one.is_found()).collect();
    let cited: Vec<&str> = holes
        .values()
        .filter_map(|hole| matter.base.facts.advisories.get(hole.advisory))
        .flat_map(|one| &one.sources)
        .map(String::as_str)
        .collect();
    common::sources(matter, &found, &cited, &mut out);
    common::method(&mut out);
    Paper {
        v: VERSION,
        kind: "importer".to_owned(),
        over: "For whoever sells under names of theirs".to_owned(),
        title: "Labels that share a firmware, and the holes that go with it".to_owned(),
        lead: lead(matter, "A hole lies in the maker's firmware and goes with it to every label."),
        on: matter.on,
        made_with: matter.made_with.clone(),
        blocks: out.0,
    }
}

/// That nobody was asked who has to answer for what is sold under a name of theirs.
fn unfit(matter: &Matter<'_>, out: &mut Blocks) {
    let told = matter.context.get("act");
    if told.is_none_or(|act| !["import", "sell"].contains(&act.as_str())) {
        out.note(
            "Nobody said that whoever asks imports or sells, so the rules on sellers may not have \
             been asked: --as with the preset of a seller does (`whomade regimes` lists them).",
        );
    }
}

/// What stands behind a label: how many items, and their models.
#[derive(Default)]
struct Sold {
    items: usize,
    models: BTreeSet<String>,
}

/// Makers whose firmware runs under labels of the list, with those labels.
type Shared<'m> = BTreeMap<(&'m str, &'m str), BTreeMap<String, Sold>>;

fn shared<'m>(matter: &Matter<'m>) -> Shared<'m> {
    let mut shared = Shared::new();
    for item in matter.devices.iter().filter(|one| one.is_found()) {
        let maker = &item.makers[0];
        let label = if item.label.is_empty() { "(no label)" } else { item.label.as_str() };
        let sold = shared
            .entry((maker.name.as_str(), maker.id.as_str()))
            .or_default()
            .entry(label.to_owned())
            .or_default();
        sold.items += 1;
        if !item.model.is_empty() {
            sold.models.insert(item.model.clone());
        }
    }
    shared
}

/// A hole that reaches items of the list.
struct Hole<'m> {
    advisory: &'m str,
    /// Labels under which it reaches any, by verdict.
    labels: BTreeMap<Verdict, BTreeSet<&'m str>>,
    items: BTreeMap<Verdict, usize>,
    exploited: Option<&'m str>,
}

impl Hole<'_> {
    fn of(&self, verdict: Verdict) -> usize {
        self.items.get(&verdict).copied().unwrap_or(0)
    }
}

/// By number.
type Holes<'m> = BTreeMap<&'m str, Hole<'m>>;

fn holes<'m>(matter: &Matter<'m>) -> Holes<'m> {
    let mut holes = Holes::new();
    for item in matter.devices {
        for one in item.exposed.iter().flat_map(|exposed| &exposed.stated) {
            let hole = holes.entry(one.cve.as_str()).or_insert_with(|| Hole {
                advisory: one.advisory.as_str(),
                labels: BTreeMap::new(),
                items: BTreeMap::new(),
                exploited: one.exploited_since.as_deref(),
            });
            *hole.items.entry(one.verdict).or_default() += 1;
            if !item.label.is_empty() {
                hole.labels.entry(one.verdict).or_default().insert(item.label.as_str());
            }
        }
    }
    holes
}

fn numbers(matter: &Matter<'_>, shared: &Shared<'_>, holes: &Holes<'_>, out: &mut Blocks) {
    let labels: BTreeSet<&str> = matter
        .devices
        .iter()
        .map(|one| one.label.as_str())
        .filter(|label| !label.is_empty())
        .collect();
    let open = |hole: &&Hole<'_>| hole.of(Verdict::Affected) > 0;
    let reach: Vec<&Hole<'_>> = holes.values().filter(open).collect();
    let exploited = reach.iter().filter(|hole| hole.exploited.is_some()).count();
    let number = |number: usize, name: &str| (number as u64, name.to_owned());
    out.0.push(Block::Numbers {
        numbers: vec![
            number(matter.devices.len(), "items looked at"),
            number(labels.len(), "labels"),
            number(shared.len(), "makers behind them"),
            number(reach.len(), "holes that reach an item"),
            number(exploited, "of these known to be exploited"),
        ],
    });
}

/// Who answers for it, as the rules asked say.
fn answers(matter: &Matter<'_>, out: &mut Blocks) {
    let bound = |regime: &&crate::kb::schema::Regime| {
        let clocks = regime.duties.iter().any(|duty| duty.clock.is_some());
        let said = matter.outcomes_of(&regime.id);
        let speaks = [Outcome::Restricted, Outcome::Undetermined];
        clocks && speaks.iter().any(|outcome| said.contains(outcome))
    };
    let regimes: Vec<_> = matter.regimes.iter().filter(bound).collect();
    if regimes.is_empty() {
        out.note(
            "No rule that was asked starts a clock for whoever sells these. Who sells them decides: \
             whoever puts a name of theirs on them answers as their manufacturer \
             (`whomade regimes` lists who may ask).",
        );
        return;
    }
    out.heading("Who answers for it");
    for regime in regimes {
        out.paragraph(format!("{}: {}", regime.citation, regime.summary));
    }
}

fn labels(matter: &Matter<'_>, shared: &Shared<'_>, out: &mut Blocks) {
    out.heading("Labels that share a maker's firmware");
    let mut rows = Vec::new();
    for ((maker, id), sold) in shared {
        let others: Vec<&str> = inheriting(matter.base, id)
            .into_iter()
            .filter(|(_, name)| !sold.keys().any(|own| own.eq_ignore_ascii_case(name)))
            .map(|(_, name)| name)
            .collect();
        for (label, sold) in sold {
            let of_others = is_of_others(matter, label, id);
            rows.push(vec![
                (*maker).to_owned(),
                label.clone(),
                if of_others { "another's name" } else { "the maker's own" }.to_owned(),
                sold.items.to_string(),
                few(sold.models.iter().map(String::as_str)),
                few(others.iter().copied()),
            ]);
        }
    }
    if rows.is_empty() {
        out.paragraph("Of no item is the maker established: whose firmware it is, is open.");
        return;
    }
    let columns =
        ["Whose firmware", "Sold as", "The name is", "Items", "Models", "Also sold by others as"];
    out.table("By maker", &columns, rows);
    out.note(
        "A maker's notice names its own models. Under another's name the same firmware has a \
         number of its own: whether a notice means it is told by the build alone, and the maker's \
         file may not fit it.",
    );
}

fn is_of_others(matter: &Matter<'_>, label: &str, maker: &str) -> bool {
    let of = matter.base.names.find(label).map(|(of, _)| matter.base.id(of));
    of.is_some_and(|id| is_rebadge(matter.base, id, maker))
}

/// A few names, and how many more.
fn few<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let all: Vec<&str> = names.collect();
    let mut text = all[..all.len().min(NAMES_MAX)].join(", ");
    if all.len() > NAMES_MAX {
        text += &format!(" and {} more", all.len() - NAMES_MAX);
    }
    text
}

fn reached(matter: &Matter<'_>, holes: &Holes<'_>, out: &mut Blocks) {
    out.heading("Holes that reach them");
    let facts = &matter.base.facts;
    let mut all: Vec<(&&str, &Hole<'_>)> = holes.iter().collect();
    all.sort_by_key(|(cve, hole)| {
        let affected = hole.of(Verdict::Affected);
        (std::cmp::Reverse((affected > 0, hole.exploited.is_some(), affected)), **cve)
    });
    let rows = all.iter().take(HOLES_MAX).map(|(cve, hole)| {
        let title = facts.advisories.get(hole.advisory).map(|one| one.title.clone());
        let labels = hole.labels.get(&Verdict::Affected).into_iter().flatten().copied();
        let epss = facts.epss.scores.get(**cve).map(|(score, _)| format!("{score:.3}"));
        vec![
            (**cve).to_owned(),
            title.unwrap_or_default(),
            hole.of(Verdict::Affected).to_string(),
            few(labels),
            hole.of(Verdict::ProbablyFixed).to_string(),
            hole.of(Verdict::Fixed).to_string(),
            hole.exploited.unwrap_or_default().to_owned(),
            epss.unwrap_or_default(),
        ]
    });
    let columns = [
        "Number",
        "What it is",
        "Affected",
        "Sold as",
        "Probably fixed",
        "Fixed",
        "Exploited since",
        "EPSS",
    ];
    let rows: Vec<Vec<String>> = rows.collect();
    if rows.is_empty() {
        out.paragraph(
            "No range of an advisory holds any of them. What is not listed is not called safe.",
        );
    }
    out.table("Open ones first, exploited ones before others", &columns, rows);
    if holes.len() > HOLES_MAX {
        out.note(format!("{} further ones are left out.", holes.len() - HOLES_MAX));
    }
    let bare = matter.devices.iter().filter(|one| {
        one.is_found() && one.exposed.as_ref().is_some_and(|exposed| exposed.no_firmware)
    });
    let bare = bare.count();
    if bare > 0 {
        out.note(format!(
            "Of {} the firmware version is not known: nothing can be told of them.",
            count(bare, "item", "items")
        ));
    }
    let dates = [
        facts
            .kev
            .catalogue
            .as_ref()
            .map(|day| format!("exploited ones by CISA's catalogue of {day}")),
        facts.epss.day.as_ref().map(|day| format!("EPSS of {day}")),
    ];
    let dates: Vec<String> = dates.into_iter().flatten().collect();
    if !dates.is_empty() {
        out.note(format!("As of: {}.", dates.join("; ")));
    }
}

/// Which labels have to speak of which exploited hole.
fn exploited(matter: &Matter<'_>, holes: &Holes<'_>, out: &mut Blocks) {
    let open =
        holes.iter().filter(|(_, hole)| hole.exploited.is_some() && hole.of(Verdict::Affected) > 0);
    let steps: Vec<String> = open
        .map(|(cve, hole)| {
            let labels = hole.labels.get(&Verdict::Affected).into_iter().flatten().copied();
            let since = hole.exploited.unwrap_or_default();
            format!(
                "{cve}, known to be exploited since {since}: {} sold as {}",
                count(hole.of(Verdict::Affected), "item", "items"),
                few(labels)
            )
        })
        .collect();
    if steps.is_empty() {
        return;
    }
    out.subheading("Known to be exploited, and open");
    out.ticks(steps);
    if !matter.context.contains_key("event") {
        out.note(
            "Whether one is being exploited in what you sold is told by nobody here. If you become \
             aware of that, add --context event=exploited-vulnerability --found YYYY-MM-DDTHH:MM: \
             the clocks of the rules that were asked then run from there.",
        );
    }
}

fn clocks(matter: &Matter<'_>, out: &mut Blocks) {
    let mut all = Vec::new();
    let mut untold = Vec::new();
    for regime in matter.regimes {
        if !matter.outcomes_of(&regime.id).contains(&Outcome::Restricted) {
            continue;
        }
        let (running, waiting) = said_of(matter, regime, Outcome::Restricted);
        all.extend(running);
        untold.extend(waiting);
    }
    if all.is_empty() && untold.is_empty() {
        return;
    }
    out.heading("By when");
    if !untold.is_empty() {
        out.paragraph("Nobody said when you became aware, so no hour is counted (--found DATE).");
        out.steps(untold);
    }
    rows(matter, all, out);
}

/// Items whose maker is not settled: whose holes they carry, nobody can say.
fn unsettled(matter: &Matter<'_>, out: &mut Blocks) {
    let open: Vec<&Item> = matter.devices.iter().filter(|one| !one.is_found()).collect();
    if open.is_empty() {
        return;
    }
    out.heading("Of whose firmware nobody can say");
    let mut by: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in &open {
        by.entry(item.label.as_str()).or_default().push(item);
    }
    let rows = by.into_iter().map(|(label, items)| {
        let settle = items.iter().find_map(|one| one.settle.as_ref()).map(|(what, _)| *what);
        vec![
            if label.is_empty() { "(no label)".to_owned() } else { label.to_owned() },
            items.len().to_string(),
            items[0].maker_words(),
            settle.unwrap_or_default().to_owned(),
        ]
    });
    let columns = ["Sold as", "Items", "Possibly by", "Would settle it"];
    out.table("Maker not established", &columns, rows.collect());
}
