//! The sheets that are written last: the summary, the rulings and the sources.

use serde_json::Value;
use whomade_core::ruling::Outcome;

use super::{CERTAINTIES, Cell, Column, Ending, FIRST_HEADINGS, OUTCOMES, Screening, Tone};
use crate::write::told::{COUNTS, MAKER_HEADINGS, standing_words};
use crate::write::workbook::{OUR_SUMMARY, WriteError};

/// Widths of the columns of the summary.
pub(super) const WIDTHS: [u16; 8] = [38, 28, 24, 11, 11, 11, 11, 11];

/// The words that are coloured in the summary: certainties and outcomes.
pub(super) static TONES: &[(&str, Tone)] = &{
    let mut all = [("", Tone::Faint); 15];
    let mut at = 0;
    while at < 4 {
        all[at] = CERTAINTIES[at];
        at += 1;
    }
    while at < 15 {
        all[at] = OUTCOMES[at - 4];
        at += 1;
    }
    all
};

/// What each certainty means.
const MEANINGS: [(&str, &str); 4] = [
    ("confirmed", "the device itself says it in a way that only this maker's code does"),
    ("probable", "two independent kinds of evidence, or a sourced supply of this very model"),
    ("possible", "something leads there; no rule bars on it"),
    ("unknown", "not known who designed it; that clears nobody"),
];

pub(super) fn ruling_columns() -> Vec<Column> {
    vec![
        Column::new(FIRST_HEADINGS[2], 18),
        Column::new("title", 34),
        Column::new("answer", 15).toned(&OUTCOMES),
        Column::new("devices", 9),
        Column::new("what that means", 40),
        Column::new("would be barred for", 44),
        Column::new("citation", 28),
        Column::new("whose law", 14),
        Column::new("our sources reach to", 12),
        Column::new("what it does", 54),
        Column::new("source", 24),
    ]
}

pub(super) fn source_columns() -> Vec<Column> {
    vec![
        Column::new(FIRST_HEADINGS[3], 26),
        Column::new("title", 54),
        Column::new("by", 26),
        Column::new("date", 12),
        Column::new("address", 60),
        Column::new("how it was read", 12),
        Column::new("what a reader should mind", 50),
    ]
}

fn text_of<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

fn number_of(value: &Value, key: &str) -> Cell {
    match value[key].as_u64() {
        Some(0) | None => Cell::Blank,
        Some(count) => Cell::count(count),
    }
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

impl Screening<'_> {
    /// What each regime says, with the devices of each answer.
    pub(super) fn rulings(&mut self, ending: &Ending<'_>) -> Result<(), WriteError> {
        let run = self.run;
        for regime in run.regimes {
            let of_it = |row: &&Value| text_of(row, "regime") == regime.id;
            for row in list(ending.summary, "rulings").iter().filter(of_it) {
                let word = text_of(row, "outcome");
                let outcome = Outcome::ALL.into_iter().find(|one| one.word() == word);
                let because = row["because"].as_str();
                let means = because.or(outcome.map(Outcome::meaning)).unwrap_or_default();
                let source = match regime.sources.first() {
                    Some(id) => Cell::To(self.cite(id), id.clone()),
                    None => Cell::Blank,
                };
                let shown = if because.is_some() { super::NOT_ASKED } else { word };
                let cells = [
                    Cell::text(regime.id.as_str()),
                    Cell::text(regime.title.as_str()),
                    Cell::text(shown),
                    number_of(row, "devices"),
                    Cell::text(means),
                    Cell::text(regime.would_bar.as_str()),
                    Cell::text(regime.citation.as_str()),
                    Cell::text(regime.jurisdiction.as_str()),
                    Cell::Day(regime.read_until),
                    Cell::text(regime.summary.as_str()),
                    source,
                ];
                self.book.row(self.rulings, &cells)?;
            }
        }
        Ok(())
    }

    /// The sources cited, in the order of their first use: links to them were written before.
    pub(super) fn sources(&mut self) -> Result<(), WriteError> {
        let mut cited: Vec<(u32, String)> =
            std::mem::take(&mut self.cited).into_iter().map(|(id, at)| (at, id)).collect();
        cited.sort_unstable();
        for (_, id) in cited {
            let Some(source) = self.run.base.facts.sources.get(&id) else {
                self.book.row(self.sources, &[Cell::text(id)])?;
                continue;
            };
            let date = source.date.as_deref().unwrap_or_default();
            let cells = [
                Cell::text(id),
                Cell::text(source.title.as_str()),
                Cell::text(source.by.as_deref().unwrap_or_default()),
                date.parse().map_or_else(|_| Cell::text(date), Cell::Day),
                source.url.as_ref().map_or(Cell::Blank, |url| Cell::Address(url.clone())),
                Cell::text(source.reading.word()),
                Cell::text(source.note.as_deref().unwrap_or_default()),
            ];
            self.book.row(self.sources, &cells)?;
        }
        Ok(())
    }

    pub(super) fn summary(&mut self, ending: &Ending<'_>) -> Result<(), WriteError> {
        let mut rows = self.heading(ending);
        rows.extend(certainties(ending));
        rows.extend(makers(ending));
        rows.extend(answers(ending));
        rows.extend(settles(ending));
        rows.extend(self.inputs());
        for row in rows {
            self.book.row(self.summary, &row)?;
        }
        Ok(())
    }

    fn heading(&self, ending: &Ending<'_>) -> Vec<Vec<Cell>> {
        let run = self.run;
        let asked = match (run.preset, run.open) {
            (Some(preset), _) => format!("Asked as {preset}, for {}.", run.on),
            (None, true) => format!(
                "Asked for {}. Nobody said who asks, so nothing is called barred: each regime says \
                 for whom it would be.",
                run.on
            ),
            (None, false) => format!("Asked for {}.", run.on),
        };
        let made = format!("Made with whomade {}, base {}.", run.program, run.base_name);
        let mut rows = vec![
            vec![Cell::text(OUR_SUMMARY)],
            vec![Cell::Title("Who really made it, behind the label".to_owned())],
            vec![Cell::Over(asked)],
            vec![Cell::Over(made)],
        ];
        rows.extend(ending.said.map(|said| vec![Cell::Over(format!("Shown: {said}."))]));
        rows
    }

    /// What was read, and what was said of it: what could not be read is part of the answer.
    fn inputs(&self) -> Vec<Vec<Cell>> {
        let mut rows = table("Files read", &["file", "SHA-256"]);
        for input in self.run.inputs {
            let hash = input.sha256.as_deref().unwrap_or("not taken");
            rows.push(vec![Cell::text(input.name.as_str()), Cell::Over(hash.to_owned())]);
        }
        if !self.said.is_empty() {
            rows.extend(table("What was said of them", &["code", "how grave", "in words"]));
            for [severity, code, words] in &self.said {
                let words = Cell::Over(words.clone());
                rows.push(vec![Cell::text(code.as_str()), Cell::text(severity.as_str()), words]);
            }
        }
        if self.unsaid > 0 {
            rows.push(vec![Cell::text(format!("… and {} more", self.unsaid))]);
        }
        rows
    }
}

/// A blank row, a title and headings; those of numbers stand over their ends.
fn table(title: &str, headings: &[&str]) -> Vec<Vec<Cell>> {
    let heading = |one: &&str| match *one {
        "devices" | "confirmed" | "probable" | "possible" | "unknown" | "for so many devices" => {
            Cell::StrongNumber((*one).to_owned())
        }
        one => Cell::Strong(one.to_owned()),
    };
    vec![vec![], vec![Cell::Title(title.to_owned())], headings.iter().map(heading).collect()]
}

fn certainties(ending: &Ending<'_>) -> Vec<Vec<Cell>> {
    let mut rows = table("How sure it is", &["certainty", "devices", "what that means"]);
    for (word, means) in MEANINGS {
        let count = ending.summary["certainty"][word].as_u64().unwrap_or_default();
        rows.push(vec![Cell::text(word), Cell::count(count), Cell::Over(means.to_owned())]);
    }
    rows.push(vec![Cell::text("all"), Cell::count(ending.devices)]);
    if ending.hidden > 0 {
        rows.push(vec![Cell::text("read and not shown"), Cell::count(ending.hidden)]);
    }
    rows
}

fn makers(ending: &Ending<'_>) -> Vec<Vec<Cell>> {
    let mut rows = table("Whose hardware it is, so far as known", &MAKER_HEADINGS);
    for row in list(ending.summary, "groups") {
        let mut cells = vec![
            Cell::text(standing_words(row)),
            Cell::text(text_of(row, "maker")),
            Cell::text(text_of(row, "label")),
        ];
        cells.extend(COUNTS.map(|key| number_of(row, key)));
        rows.push(cells);
    }
    rows
}

fn answers(ending: &Ending<'_>) -> Vec<Vec<Cell>> {
    let mut rows = table("What follows", &["regime", "answer", "", "devices"]);
    for row in list(ending.summary, "rulings") {
        let because = row["because"].as_str();
        let word = if because.is_some() { super::NOT_ASKED } else { text_of(row, "outcome") };
        let cells = [
            Cell::text(text_of(row, "regime")),
            Cell::text(word),
            Cell::Blank,
            number_of(row, "devices"),
        ];
        rows.push(cells.to_vec());
    }
    rows
}

fn settles(ending: &Ending<'_>) -> Vec<Vec<Cell>> {
    let asks = list(ending.summary, "would_settle_most");
    if asks.is_empty() {
        return Vec::new();
    }
    let headings = ["the best next step", "for so many devices"];
    let mut rows = table("What would settle most", &headings);
    for ask in asks {
        rows.push(vec![Cell::text(text_of(ask, "what")), number_of(ask, "devices")]);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_heading_of_the_summary_runs_into_the_next() {
        for (heading, width) in MAKER_HEADINGS.iter().zip(WIDTHS) {
            // They are bold: about a tenth wider than the digits in which widths are counted.
            let wide = heading.chars().count() * 11 / 10;
            assert!(wide <= usize::from(width), "{heading}: {wide} of {width}");
        }
    }
}
