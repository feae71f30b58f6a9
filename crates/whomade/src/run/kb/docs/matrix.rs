//! One page over all regimes: what each says to whom about which act.
//!
//! Every cell is a ruling: the regime is asked about video equipment of a maker that it names, on
//! the newest day of which any source speaks, and told no more than the holder and the act.

use std::collections::BTreeSet;

use jiff::civil::Date;
use whomade_core::kb::Facts;
use whomade_core::kb::schema::{ContextKey, Provision, Regime};
use whomade_core::ruling::{Context, MakerFact, Outcome, judge, names};

use super::{WRITTEN, page_of, table};

/// The maker that is asked about where a regime names it: the largest.
const FIRST: &str = "hikvision";
/// What is asked about.
const EQUIPMENT: (&str, &str) = ("equipment", "video-surveillance");

/// Writes the page.
pub(super) fn page(facts: &Facts) -> String {
    let mut text = format!("{WRITTEN}\n# Who may do what, under which regime\n\n");
    let on = facts.regimes.values().map(|one| one.read_until).max().unwrap_or(Date::MIN);
    text += &format!(
        "A row is a regime and somebody whom it speaks of, a column an act. Each cell is the ruling \
         on video equipment of a maker that the regime names, on {on}, the newest day of which any \
         of our sources speaks, where nothing is told but the holder and the act; how far those \
         on the regime itself reach stands beside it. Not legal advice.\n\n\
         [All regimes](README.md)\n\n"
    );
    let marks = Outcome::ALL.into_iter().filter_map(|one| Some((mark(one)?, one)));
    let marks: Vec<String> = marks.map(|(mark, one)| format!("{mark} {}", one.meaning())).collect();
    text += &format!(
        "{} · █? it would be prohibited if the missing facts were as the rule wants them · blank: no \
         rule reaches it, or it is not bound\n\n",
        marks.join(" · ")
    );
    let key = |id: &str| facts.context.keys.iter().find(|one| one.id == id);
    let (Some(holders), Some(acts)) = (key("holder"), key("act")) else { return text };
    let mut heads = vec!["regime", "read to", "holder", "maker asked about"];
    heads.extend(acts.values.iter().map(|act| act.id.as_str()));
    let mut rows = Vec::new();
    let mut silent = Vec::new();
    for regime in facts.regimes.values() {
        let found = rows_of(facts, (regime, on), holders, acts);
        if found.is_empty() {
            silent.push(format!("[{}]({})", regime.id, page_of(&regime.id)));
        }
        rows.extend(found);
    }
    text += &table(&heads, rows.into_iter());
    if !silent.is_empty() {
        text += &format!(
            "\nNothing is said here of {}: there is no rule, or it waits for another fact than who \
             acts and how.\n",
            silent.join(", ")
        );
    }
    text
}

/// A row for everybody about whom the regime says something.
fn rows_of(
    facts: &Facts,
    (regime, on): (&Regime, Date),
    holders: &ContextKey,
    acts: &ContextKey,
) -> Vec<Vec<String>> {
    let Some(maker) = asked_about(facts, regime, on) else { return Vec::new() };
    let of =
        |one: &Provision| one.bound.get(&holders.id).or_else(|| one.when.get(&holders.id)).cloned();
    let bound: BTreeSet<String> = regime.provisions.iter().filter_map(of).flatten().collect();
    // Some bind whoever does a thing.
    let anybody = regime.provisions.iter().any(|one| of(one).is_none());
    let known = holders.values.iter().map(|one| one.id.as_str());
    let named = known.filter(|id| bound.contains(*id)).map(Some);
    let mut rows = Vec::new();
    for holder in anybody.then_some(None).into_iter().chain(named) {
        let cells: Vec<String> = acts
            .values
            .iter()
            .map(|act| cell(facts, (regime, maker, on), (holders, holder), (acts, &act.id)))
            .collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            let name = facts.makers.get(maker).map_or(maker, |one| one.name.as_str());
            let link = format!("[{}]({})", regime.id, page_of(&regime.id));
            let holder = holder.unwrap_or("whoever it is").to_owned();
            let mut row = vec![link, regime.read_until.to_string(), holder, name.to_owned()];
            row.extend(cells);
            rows.push(row);
        }
    }
    rows
}

/// What a regime says, and of what it leaves open what it would say.
fn cell(
    facts: &Facts,
    (regime, maker, on): (&Regime, &str, Date),
    (holders, holder): (&ContextKey, Option<&str>),
    (acts, act): (&ContextKey, &str),
) -> String {
    let told = holder.map(|holder| (holders.id.as_str(), holder));
    let told = told.into_iter().chain([(acts.id.as_str(), act), EQUIPMENT]);
    let context: Context = told.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let ruling = judge(facts, regime, &MakerFact::Firm(maker), on, &context);
    let open = ruling.would().filter(|_| ruling.outcome == Outcome::Undetermined);
    let would = open.and_then(mark).unwrap_or_default();
    format!("{would}{}", mark(ruling.outcome).unwrap_or_default())
}

/// A maker that the regime names: the largest where it does, else the first.
fn asked_about<'f>(facts: &'f Facts, regime: &Regime, on: Date) -> Option<&'f str> {
    let named = |id: &&str| names(facts, regime, id, on);
    let any = regime.provisions.iter().any(|one| one.makers.any || one.makers.whoever);
    let first = facts.makers.keys().map(String::as_str).filter(|id| *id == FIRST);
    let all = first.chain(facts.makers.keys().map(String::as_str));
    let mut all = all.filter(|id| any || named(id));
    all.next()
}

/// How an outcome is shown in a cell.
const fn mark(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Barred => Some("█"),
        Outcome::Restricted => Some("▓"),
        Outcome::Undetermined => Some("?"),
        Outcome::Advised => Some("▒"),
        Outcome::Excepted => Some("○"),
        Outcome::NotYet => Some("→"),
        Outcome::Expired => Some("×"),
        Outcome::UnknownMaker | Outcome::NotBound | Outcome::NoRule => None,
    }
}
