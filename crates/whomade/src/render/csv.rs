//! One CSV row a device.

use std::io::{self, Write};

use whomade_core::contradiction::Contradiction;
use whomade_core::kb::Base;
use whomade_core::observation::Field;
use whomade_core::report::{evidence_label, join_or};
use whomade_core::suggest::Suggestion;
use whomade_formats::write::csv::push_cell;

use crate::render::finding::missing_words;
use crate::render::line::push_number;
use crate::worker::{Found, Tail};

/// The columns that are ours, in CSV and in workbooks.
pub(crate) const COLUMNS: [&str; 8] =
    ["maker", "certainty", "why", "contradicts", "ruling", "regime", "missing", "would settle it"];

/// The table; its heading is written before the first row.
#[derive(Debug, Default)]
pub(crate) struct Table {
    begun: bool,
    row: Vec<u8>,
}

impl Table {
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
            push_cells(row, &COLUMNS);
            row.extend_from_slice(b"\r\n");
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
        push_cell(row, first(Field::Label, Field::Company).unwrap_or_default());
        row.push(b',');
        push_cell(row, first(Field::Model, Field::Product).unwrap_or_default());
        let tail = || {
            let (before, after) = (before(base, found), after(found, found.suggestions()));
            let mut tail = Tail::default();
            push_cells(&mut tail.before, &before);
            push_cells(&mut tail.after, &after);
            tail.after.extend_from_slice(b"\r\n");
            tail
        };
        found.tail(row, tail, |row, all| push_cells(row, &[contradicts(all)]));
        out.write_all(row)
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
    let mut rulings: Vec<_> = found.rulings().iter().collect();
    rulings.sort_by_key(|ruling| ruling.outcome);
    let strongest = rulings.first();
    let with: Vec<&str> = rulings
        .iter()
        .filter(|ruling| Some(ruling.outcome) == strongest.map(|first| first.outcome))
        .map(|ruling| ruling.regime.as_str())
        .collect();
    [
        strongest.map(|ruling| ruling.outcome.word().to_owned()).unwrap_or_default(),
        with.join(" "),
        strongest.map(|ruling| missing_words(&ruling.missing())).unwrap_or_default(),
        suggestions.first().map(|one| one.what.to_owned()).unwrap_or_default(),
    ]
}
