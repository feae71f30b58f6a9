//! `whomade kb docs`: the rules of the base as pages to read, one a regime, and how sure the
//! program is. Every page is written from the base and the fit alone, so that it says neither
//! more nor less.

use std::borrow::Cow;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use jiff::civil::Date;
use whomade_core::kb::Facts;
use whomade_core::kb::schema::{Conditions, Reading, Regime};

use crate::out::Out;
use crate::saved::write_whole;
use whomade_inquiry::base::load;

mod law;
mod matrix;
mod sure;
mod timeline;

/// The tables of the fit whose weights the program carries, so that the pages can be renewed where
/// nothing but the program is.
const TABLES: [(&str, &str); 3] = [
    (
        "reliability.tsv",
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../calibration/reliability.tsv")),
    ),
    (
        "confusion.tsv",
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../calibration/confusion.tsv")),
    ),
    (
        "stability.tsv",
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../calibration/stability.tsv")),
    ),
];

/// Stands at the head of every page.
const WRITTEN: &str = "<!-- Written by `whomade kb docs`; never edited by hand. -->";

/// Writes the pages into a folder; with `check` only says whether they would change.
///
/// # Errors
/// When a file cannot be read or written.
pub(super) fn docs(
    out: &mut Out,
    overlay: Option<&Path>,
    dir: &Path,
    calibration: Option<&Path>,
    check: bool,
) -> Result<ExitCode> {
    let (known, _) = load(overlay)?;
    let facts = &known.base.facts;
    let mut pages = vec![("README.md".to_owned(), index(facts))];
    for regime in facts.regimes.values() {
        pages.push((page_of(&regime.id), law::page(facts, regime)));
    }
    pages.push(("matrix.md".to_owned(), matrix::page(facts)));
    let read = |at: usize| -> Result<Cow<'static, str>> {
        let (name, carried) = TABLES[at];
        let Some(dir) = calibration else { return Ok(Cow::Borrowed(carried)) };
        let path = dir.join(name);
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!(
                "cannot read {}; --calibration DIR names the folder of a fit; without it the \
                 tables are those of the fit that this program carries",
                path.display()
            )
        })?;
        Ok(Cow::Owned(text))
    };
    let tables =
        sure::Tables { reliability: &read(0)?, confusion: &read(1)?, stability: &read(2)? };
    pages.push(("how-sure.md".to_owned(), sure::page(&known, &tables)));
    let mut old = Vec::new();
    for (name, text) in &pages {
        let path = dir.join(name);
        if std::fs::read_to_string(&path).is_ok_and(|before| before == *text) {
            continue;
        }
        old.push(name.as_str());
        if !check {
            std::fs::create_dir_all(path.parent().unwrap_or(dir))?;
            write_whole(&path, text.as_bytes())?;
        }
    }
    if check && !old.is_empty() {
        bail!(
            "not current: {}; write them with: whomade kb docs {}",
            old.join(", "),
            dir.display()
        );
    }
    out.line(format!("{} pages, {} of them written anew", pages.len(), old.len()))?;
    Ok(ExitCode::SUCCESS)
}

/// The page of a regime, as Markdown.
pub(crate) fn regime_page(facts: &Facts, regime: &Regime) -> String {
    law::page(facts, regime)
}

/// The page of all regimes by holder and act, as Markdown.
pub(crate) fn matrix_page(facts: &Facts) -> String {
    matrix::page(facts)
}

/// Where the page of a regime lies.
fn page_of(id: &str) -> String {
    format!("regimes/{id}.md")
}

/// The index: every regime in a line, and all of them on one line of time.
fn index(facts: &Facts) -> String {
    let mut text = format!("{WRITTEN}\n# What the base knows of the rules\n\n");
    text += "One page for each regime: whom it binds, what it asks, since when, with what \
             exceptions and duties, tried on which cases, and how far its sources reach. \
             [Who may do what](matrix.md) holds all of them side by side. \
             [How sure is it?](how-sure.md) has the counts behind *possible*, *probable* and \
             *confirmed*. This is not legal advice; each page gives what the words quoted \
             give.\n\n";
    let rows = facts.regimes.values().map(|one| {
        let first = one.provisions.iter().map(|provision| provision.from).min();
        vec![
            format!("[{}]({})", one.id, page_of(&one.id)),
            one.summary.clone(),
            first.map(|day| day.to_string()).unwrap_or_default(),
            worst_reading(one).map(Reading::word).unwrap_or_default().to_owned(),
            one.read_until.to_string(),
        ]
    });
    let heads = ["regime", "what it does", "first day", "least surely read", "sources read to"];
    text += &table(&heads, rows);
    text += "\n## All of them in time\n\n";
    text += &timeline::of_all(facts);
    text += "\n## What a rule is told\n\n";
    text += "A ruling is a function of the maker, the day and these answers. What is not told is \
             named as missing, never guessed.\n\n";
    let rows = facts.context.keys.iter().map(|key| {
        let values: Vec<&str> = key.values.iter().map(|value| value.id.as_str()).collect();
        vec![format!("`{}`", key.id), key.ask.clone(), values.join(", ")]
    });
    text + &table(&["key", "the question", "values"], rows)
}

/// The least sure way in which a provision of a regime was read.
fn worst_reading(regime: &Regime) -> Option<Reading> {
    regime.provisions.iter().map(|one| one.reading).min()
}

/// What a table shows of a cell: one line, and no column that the cell opens itself.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|").replace('<', "&lt;")
}

/// A table; nothing where there are no rows.
fn table(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut text = String::new();
    for row in rows {
        if text.is_empty() {
            text = format!("| {} |\n|{}\n", heads.join(" | "), "---|".repeat(heads.len()));
        }
        let cells: Vec<String> = row.iter().map(|one| cell(one)).collect();
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

/// Conditions as a reader says them: each key with the values that satisfy it.
fn conditions(conditions: &Conditions) -> String {
    let all = conditions.iter().map(|(key, values)| format!("{key}: {}", values.join(" or ")));
    all.collect::<Vec<_>>().join("; ")
}

/// From a day to another, as far as they are known.
fn span(from: Option<Date>, until: Option<Date>) -> String {
    match (from, until) {
        (None, None) => "always".to_owned(),
        (Some(from), None) => format!("from {from}"),
        (None, Some(until)) => format!("until {until}"),
        (Some(from), Some(until)) => format!("{from} to {until}"),
    }
}
