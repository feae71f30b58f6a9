//! One CSV row a device.

use std::io::{self, Write};

use whomade_core::baseline::Exempted;
use whomade_core::contradiction::Contradiction;
use whomade_core::kb::Base;
use whomade_core::observation::Field;
use whomade_core::report::missing_words;
use whomade_core::report::{evidence_label, join_or, written_label};
use whomade_core::ruling::{Outcome, Ruling};
use whomade_core::suggest::Suggestion;
use whomade_formats::write::csv::push_cell;

use crate::render::line::push_number;
use whomade_inquiry::asking::Asked;
use whomade_inquiry::judgement::Would;
use whomade_inquiry::worker::{Found, Tail};

/// The columns that are ours, in CSV and in workbooks.
pub(crate) const COLUMNS: [&str; 8] =
    ["maker", "certainty", "why", "contradicts", "ruling", "regime", "missing", "would settle it"];

/// The columns that a table has where the estate's owner told its sites, and where it has
/// exemptions.
pub(crate) fn estate_headings(asked: &Asked) -> Vec<String> {
    let columns =
        [("stands at", asked.places.is_empty()), ("exempted", asked.exemptions.is_empty())];
    let some = columns.into_iter().filter(|(_, none)| !none);
    some.map(|(heading, _)| heading.to_owned()).collect()
}

/// The cells under [`estate_headings`]; of one regime, if one is named.
pub(crate) fn estate_cells(asked: &Asked, found: &Found, regime: Option<&str>) -> Vec<String> {
    let mut cells = Vec::new();
    if !asked.places.is_empty() {
        cells.push(found.place.as_ref().map(|place| place.words()).unwrap_or_default());
    }
    if !asked.exemptions.is_empty() {
        let ours = found.exempted.iter().filter(|one| regime.is_none_or(|id| one.regime == id));
        cells.push(ours.map(Exempted::words).collect::<Vec<_>>().join("; "));
    }
    cells
}

/// The headings of [`ruling_cells`]: one for each regime asked, so that each can be filtered.
pub(crate) fn ruling_headings(asked: &Asked) -> Vec<String> {
    asked.regimes.iter().map(|regime| format!("ruling {}", regime.id)).collect()
}

/// What each regime asked says of a device, in their order.
pub(crate) fn ruling_cells(found: &Found) -> impl Iterator<Item = String> {
    found.rulings().iter().zip(found.unasked()).map(|(ruling, why)| word(ruling, why.as_deref()))
}

/// The word of a ruling, and why it is no answer where it was not asked.
fn word(ruling: &Ruling, unasked: Option<&str>) -> String {
    let why = unasked.map(|why| format!(" ({why})")).unwrap_or_default();
    format!("{}{why}", ruling.outcome)
}

/// The columns of a table with a row for each ruling, behind those that name the device.
const OF_A_RULING: [&str; 8] =
    ["maker", "certainty", "regime", "ruling", "would be", "provision", "since", "missing"];

/// The table; its heading is written before the first row.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    asked: &'a Asked,
    begun: bool,
    row: Vec<u8>,
    /// One row a ruling instead of one a device.
    by_ruling: bool,
    headings: Vec<String>,
}

/// What each regime says, as the cells of [`OF_A_RULING`].
fn of_rulings(base: &Base, found: &Found) -> impl Iterator<Item = [String; 8]> {
    let [maker, certainty, ..] = before(base, found);
    let judgement = &found.answer.judgement;
    let all = judgement.rulings.iter().zip(&judgement.would).zip(&judgement.unasked);
    all.map(move |((ruling, would), unasked)| {
        let step = ruling.decisive().filter(|_| ruling.outcome != Outcome::NoRule);
        let other = ruling.would().filter(|_| ruling.outcome == Outcome::Undetermined);
        let would = match would {
            Would::Barred => Outcome::Barred.word().to_owned(),
            Would::Perhaps => format!("{} if its maker is so", Outcome::Barred),
            Would::Unknown => Outcome::UnknownMaker.word().to_owned(),
            Would::Nothing => other.map(|one| one.word().to_owned()).unwrap_or_default(),
        };
        [
            maker.clone(),
            certainty.clone(),
            ruling.regime.clone(),
            word(ruling, unasked.as_deref()),
            would,
            step.map(|step| step.citation.clone()).unwrap_or_default(),
            step.map(|step| step.from.to_string()).unwrap_or_default(),
            missing_words(&ruling.missing()),
        ]
    })
}

impl<'a> Table<'a> {
    pub(crate) fn new(asked: &'a Asked, by_ruling: bool) -> Self {
        let headings = ruling_headings(asked);
        Self { asked, begun: false, row: Vec::new(), by_ruling, headings }
    }

    /// Writes the row of a device.
    ///
    /// # Errors
    /// When the stream is closed.
    pub(crate) fn row(
        &mut self,
        out: &mut impl Write,
        base: &Base,
        found: &Found,
    ) -> io::Result<()> {
        let row = &mut self.row;
        row.clear();
        if !self.begun {
            self.begun = true;
            row.extend_from_slice(b"file,sheet,line,device,label,model");
            push_cells(row, &estate_headings(self.asked));
            push_cells(row, if self.by_ruling { &OF_A_RULING } else { &COLUMNS });
            if !self.by_ruling {
                push_cells(row, &self.headings);
            }
            row.extend_from_slice(b"\r\n");
            out.write_all(row)?;
            row.clear();
        }
        let device = &found.device;
        let first = |one, other| device.first(one).or_else(|| device.first(other));
        push_cell(row, &device.record.source);
        row.push(b',');
        push_cell(row, device.record.sheet.as_deref().unwrap_or_default());
        row.push(b',');
        push_number(row, device.record.line);
        row.push(b',');
        push_cell(row, &device.name);
        row.push(b',');
        push_cell(row, written_label(device, &found.read).unwrap_or_default());
        row.push(b',');
        push_cell(row, first(Field::Model, Field::Product).unwrap_or_default());
        if self.by_ruling {
            let place = row.clone();
            row.clear();
            for cells in of_rulings(base, found) {
                row.extend_from_slice(&place);
                push_cells(row, &estate_cells(self.asked, found, Some(&cells[2])));
                push_cells(row, &cells);
                row.extend_from_slice(b"\r\n");
            }
            return out.write_all(row);
        }
        push_cells(row, &estate_cells(self.asked, found, None));
        let tail = || {
            let (before, after) = (before(base, found), after(found, found.suggestions()));
            let mut tail = Tail::default();
            push_cells(&mut tail.before, &before);
            push_cells(&mut tail.after, &after);
            push_cells(&mut tail.after, &ruling_cells(found).collect::<Vec<_>>());
            tail.after.extend_from_slice(b"\r\n");
            tail
        };
        found.write_row(out, row, tail, |row, all| push_cells(row, &[contradicts(all)]))
    }
}

fn push_cells(row: &mut Vec<u8>, cells: &[impl AsRef<str>]) {
    for cell in cells {
        row.push(b',');
        push_cell(row, cell.as_ref());
    }
}

/// Our cells for a device, in the order of [`COLUMNS`].
pub(crate) fn cells(base: &Base, found: &Found, suggestions: &[Suggestion]) -> [String; 8] {
    let [maker, certainty, why] = before(base, found);
    let [ruling, regime, missing, settles] = after(found, suggestions);
    let contradicts = contradicts(&found.contradictions);
    [maker, certainty, why, contradicts, ruling, regime, missing, settles]
}

fn contradicts(all: &[Contradiction]) -> String {
    let words: Vec<String> = all.iter().map(|one| format!("{}: {}", one.kind, one.says)).collect();
    words.join("; ")
}

fn before(base: &Base, found: &Found) -> [String; 3] {
    let design = found.design();
    let candidates = design.candidates();
    let names: Vec<&str> = candidates.iter().map(|of| base.name(*of)).collect();
    let mut why: Vec<String> = Vec::new();
    for (at, one) in found.read.evidence.iter().enumerate() {
        if design.against.contains(&at) || !candidates.contains(&one.of) {
            continue;
        }
        let label = evidence_label(base, &found.device, one);
        if !why.contains(&label) {
            why.push(label);
        }
    }
    [
        if names.is_empty() { "unknown".to_owned() } else { join_or(&names) },
        design.certainty.word().to_owned(),
        why.join("; "),
    ]
}

fn after(found: &Found, suggestions: &[Suggestion]) -> [String; 4] {
    let mut rulings: Vec<_> = found.rulings().iter().zip(found.unasked()).collect();
    // One that was not asked stands for nothing beside one that was.
    rulings.sort_by_key(|(ruling, unasked)| (ruling.outcome, unasked.is_some()));
    let strongest = rulings.first();
    let same = |(ruling, unasked): &&(&Ruling, &Option<String>)| {
        strongest.is_some_and(|(first, why)| {
            first.outcome == ruling.outcome && why.is_some() == unasked.is_some()
        })
    };
    let with = rulings.iter().filter(same).map(|(ruling, _)| ruling.regime.as_str());
    let with: Vec<&str> = with.collect();
    [
        strongest.map(|(ruling, why)| word(ruling, why.as_deref())).unwrap_or_default(),
        with.join(" "),
        strongest.map(|(ruling, _)| missing_words(&ruling.missing())).unwrap_or_default(),
        suggestions.first().map(|one| one.what.to_owned()).unwrap_or_default(),
    ]
}
