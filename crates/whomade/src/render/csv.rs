//! One CSV row a device.

use std::io::Write;

use anyhow::Result;
use whomade_core::kb::Base;
use whomade_core::observation::Field;
use whomade_core::report::{evidence_label, join_or};
use whomade_core::ruling::Outcome;
use whomade_core::suggest::Suggestion;
use whomade_formats::write::csv::CsvWriter;

use crate::render::finding::missing_words;
use crate::run::asking::Asked;
use crate::worker::Found;

/// The columns that are ours, in CSV and in workbooks.
pub(crate) const COLUMNS: [&str; 8] =
    ["maker", "certainty", "why", "contradicts", "ruling", "regime", "missing", "would settle it"];

/// The headings of [`ruling_cells`]: one for each regime asked, so that each can be filtered.
pub(crate) fn ruling_headings(asked: &Asked) -> Vec<String> {
    asked.regimes.iter().map(|regime| format!("ruling {}", regime.id)).collect()
}

/// What each regime asked says of a device, in their order.
pub(crate) fn ruling_cells(found: &Found) -> impl Iterator<Item = String> {
    found.rulings.iter().map(|ruling| ruling.outcome.word().to_owned())
}

/// The columns of a table with a row for each ruling, behind those that name the device.
const OF_A_RULING: [&str; 8] =
    ["maker", "certainty", "regime", "ruling", "would be", "provision", "since", "missing"];

/// The table; its heading is written before the first row.
#[derive(Debug)]
pub(crate) struct Table {
    begun: bool,
    /// One row a ruling instead of one a device.
    by_ruling: bool,
    headings: Vec<String>,
}

impl Table {
    pub(crate) fn new(asked: &Asked, by_ruling: bool) -> Self {
        Self { begun: false, by_ruling, headings: ruling_headings(asked) }
    }

    /// Writes the row of a device.
    ///
    /// # Errors
    /// When the stream is closed.
    pub(crate) fn row(
        &mut self,
        out: &mut dyn Write,
        base: &Base,
        found: &Found,
        suggestions: &[Suggestion],
    ) -> Result<()> {
        if !self.begun {
            self.begun = true;
            let heading = ["file", "sheet", "line", "device", "label", "model"].map(str::to_owned);
            let ours: &[&str] = if self.by_ruling { &OF_A_RULING } else { &COLUMNS };
            let ours = ours.iter().map(|column| (*column).to_owned());
            let each = if self.by_ruling { Vec::new() } else { std::mem::take(&mut self.headings) };
            row(out, heading.into_iter().chain(ours).chain(each))?;
        }
        let device = &found.device;
        let first = |field| device.first(field).unwrap_or_default().to_owned();
        let label = match device.first(Field::Label) {
            Some(label) => label.to_owned(),
            None => first(Field::Company),
        };
        let model = match device.first(Field::Model) {
            Some(model) => model.to_owned(),
            None => first(Field::Product),
        };
        let sheet = device.record.sheet.as_ref().map(ToString::to_string);
        let place = [
            device.record.source.to_string(),
            sheet.unwrap_or_default(),
            device.record.line.to_string(),
            device.name.clone(),
            label,
            model,
        ];
        let ours = cells(base, found, suggestions);
        if !self.by_ruling {
            return row(out, place.into_iter().chain(ours).chain(ruling_cells(found)));
        }
        for ruling in found.rulings.iter() {
            let [maker, certainty, ..] = ours.clone();
            let step = ruling.decisive().filter(|_| ruling.outcome != Outcome::NoRule);
            let would = ruling.would().filter(|_| ruling.outcome == Outcome::Undetermined);
            let of_it = [
                maker,
                certainty,
                ruling.regime.clone(),
                ruling.outcome.word().to_owned(),
                would.map(|outcome| outcome.word().to_owned()).unwrap_or_default(),
                step.map(|step| step.citation.clone()).unwrap_or_default(),
                step.map(|step| step.from.to_string()).unwrap_or_default(),
                missing_words(&ruling.missing()),
            ];
            row(out, place.iter().cloned().chain(of_it))?;
        }
        Ok(())
    }
}

fn row(out: &mut dyn Write, cells: impl Iterator<Item = String>) -> Result<()> {
    let cells: Vec<String> = cells.collect();
    let mut writer = CsvWriter::new(out);
    writer.row(cells.iter().map(String::as_str))?;
    Ok(writer.finish()?)
}

/// Our cells for a device, in the order of [`COLUMNS`].
pub(crate) fn cells(base: &Base, found: &Found, suggestions: &[Suggestion]) -> [String; 8] {
    let design = &found.design;
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
    let mut rulings: Vec<_> = found.rulings.iter().collect();
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
