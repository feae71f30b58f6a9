//! One CSV row a device.

use std::io::{self, Write};

use whomade_core::kb::Base;
use whomade_core::observation::Field;
use whomade_core::report::{evidence_label, join_or};
use whomade_core::suggest::Suggestion;
use whomade_formats::write::csv::push_cell;

use crate::render::finding::missing_words;
use crate::render::line::push_number;
use crate::worker::Found;

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
            end_row(row, &COLUMNS);
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
        found.tail(row, |row| end_row(row, &cells(base, found, found.suggestions())));
        out.write_all(row)
    }
}

fn end_row(row: &mut Vec<u8>, cells: &[impl AsRef<str>]) {
    for cell in cells {
        row.push(b',');
        push_cell(row, cell.as_ref());
    }
    row.extend_from_slice(b"\r\n");
}

/// Our cells for a device, in the order of [`COLUMNS`].
pub(crate) fn cells(base: &Base, found: &Found, suggestions: &[Suggestion]) -> [String; 8] {
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
    let contradicts: Vec<String> =
        found.contradictions.iter().map(|one| format!("{}: {}", one.kind, one.says)).collect();
    let mut rulings: Vec<_> = found.rulings().iter().collect();
    rulings.sort_by_key(|ruling| ruling.outcome);
    let strongest = rulings.first();
    let with: Vec<&str> = rulings
        .iter()
        .filter(|ruling| Some(ruling.outcome) == strongest.map(|first| first.outcome))
        .map(|ruling| ruling.regime.as_str())
        .collect();
    [
        if names.is_empty() { "unknown".to_owned() } else { join_or(&names) },
        design.certainty.word().to_owned(),
        why.join("; "),
        contradicts.join("; "),
        strongest.map(|ruling| ruling.outcome.word().to_owned()).unwrap_or_default(),
        with.join(" "),
        strongest.map(|ruling| missing_words(&ruling.missing())).unwrap_or_default(),
        suggestions.first().map(|one| one.what.to_owned()).unwrap_or_default(),
    ]
}
