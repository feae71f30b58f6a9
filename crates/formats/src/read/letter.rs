//! A supplier's answer to our letter: its tables as Markdown, as text parted by commas, semicolons
//! or tabs, or `question: answer` line by line.

use std::collections::HashMap;

use whomade_core::diagnostic::{Diagnostic, Place, Severity};
use whomade_core::kb::quote::like_a_model;
use whomade_core::paper::answer::{Answered, Asks, ModelSaid};
use whomade_core::report::turns_text;

use super::dates::{DayOrder, When, read as read_day};

/// An answer may be this long.
pub const LETTER_BYTES_MAX: u64 = 1 << 20;
/// Rows about models that are read.
const MODELS_MAX: usize = 10_000;
/// Characters of a cell that are kept.
const CELL_CHARS_MAX: usize = 500;

/// Model numbers of sentences that are kept, and how long one may be.
const MENTIONED_MAX: usize = 200;
const MODEL_CHARS_MAX: usize = 40;

/// Words of a line that is taken for a sentence.
const SENTENCE_WORDS: usize = 4;

/// The columns of the table of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Model,
    Producer,
    Design,
    Soc,
    Radio,
}

/// Reads an answer; what is no answer is counted, and what was cut is said.
#[must_use]
pub fn letter(file: &str, bytes: &[u8]) -> (Answered, Vec<Diagnostic>) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut reading = Reading { answered: Answered::default(), columns: Vec::new(), cut: 0 };
    reading.answered.file = file.to_owned();
    for line in text.lines() {
        reading.line(line.trim());
    }
    reading.prose();
    let mut said = Vec::new();
    let place = || Place { source: file.into(), ..Place::default() };
    if reading.cut > 0 {
        let message = format!("{} rows beyond {MODELS_MAX} were not read", reading.cut);
        said.push(Diagnostic::new("read/long-letter", message).at(place()));
    }
    if reading.answered.pairs.is_empty() && reading.answered.models.is_empty() {
        let mut said_so =
            Diagnostic::new("read/no-answer", "no question of the letter is answered")
                .help("the tables of the letter, as Markdown, CSV or `question: answer` lines");
        // Sentences are an answer, if one that covers no model.
        if text.lines().any(is_sentence) {
            said_so.severity = Severity::Warning;
        }
        said.push(said_so.at(place()));
    }
    (reading.answered, said)
}

struct Reading {
    answered: Answered,
    /// The columns of the table that goes on, if one does.
    columns: Vec<Option<Column>>,
    cut: usize,
}

impl Reading {
    fn line(&mut self, line: &str) {
        if line.is_empty() {
            self.columns.clear();
            return;
        }
        let Some(cells) = cells(line) else { return self.pair_line(line) };
        if cells.iter().all(|cell| cell.chars().all(|c| "-: ".contains(c)) && !cell.is_empty()) {
            return;
        }
        let headings: Vec<Option<Column>> = cells.iter().map(|cell| column(cell)).collect();
        let known = headings.iter().flatten().count();
        if known >= 2 && headings.contains(&Some(Column::Model)) {
            self.columns = headings;
        } else if let [question, answer, ..] = cells.as_slice()
            && let Some(asks) = asks(question)
        {
            self.pair(asks, answer);
        } else if !self.columns.is_empty() {
            self.model(&cells);
        } else {
            self.other(line);
        }
    }

    /// A line that answers no question; what it names is kept, so that it can be said.
    fn other(&mut self, line: &str) {
        self.answered.other += 1;
        for word in line.split(|c: char| c.is_whitespace() || ",;|".contains(c)) {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric());
            let all = &mut self.answered.mentioned;
            let named = like_a_model(word) && word.chars().count() <= MODEL_CHARS_MAX;
            if named && all.len() < MENTIONED_MAX && !all.iter().any(|one| one == word) {
                all.push(word.to_owned());
            }
        }
    }

    fn pair_line(&mut self, line: &str) {
        let line = line.trim_start_matches(['*', '-', '#', '>', ' ']);
        let pair = line.split_once(':').map(|(question, answer)| {
            (question.trim_matches('*'), answer.trim_matches(['*', ' ']))
        });
        match pair.and_then(|(question, answer)| Some((asks(question)?, answer))) {
            Some((asks, answer)) => self.pair(asks, answer),
            None => match pair.and_then(|(question, answer)| Some((column(question)?, answer))) {
                Some((column, answer)) => self.loose(column, answer),
                None => self.other(line),
            },
        }
    }

    fn pair(&mut self, asks: Asks, answer: &str) {
        let Some(mut answer) = answer_text(answer) else { return };
        if matches!(asks, Asks::Date | Asks::Expires) {
            answer = day_text(&answer);
        }
        if !self.answered.pairs.iter().any(|(one, _)| *one == asks) {
            self.answered.pairs.push((asks, answer));
        }
    }

    fn model(&mut self, cells: &[String]) {
        if self.answered.models.len() >= MODELS_MAX {
            self.cut += 1;
            return;
        }
        let mut said = ModelSaid::default();
        for (column, cell) in self.columns.iter().zip(cells) {
            let value = || answer_text(cell);
            match column {
                Some(Column::Model) => said.model = cell_text(cell),
                Some(Column::Producer) => said.producer = value(),
                Some(Column::Design) => said.design = value(),
                Some(Column::Soc) => said.soc = value(),
                Some(Column::Radio) => said.radio = value(),
                None => {}
            }
        }
        if !said.model.is_empty() {
            self.answered.models.push(said);
        }
    }

    /// `Models: A, B` and `Producer: C` on lines of their own: each line of models begins a group,
    /// and what stands under it is said of all of them.
    fn loose(&mut self, column: Column, answer: &str) {
        if column == Column::Model {
            for model in models_of(answer) {
                if self.answered.models.len() < MODELS_MAX {
                    let blank = ModelSaid { model, ..ModelSaid::default() };
                    self.answered.models.push(blank);
                }
            }
            return;
        }
        let Some(value) = answer_text(answer) else { return };
        for said in &mut self.answered.models {
            let cell = match column {
                Column::Producer => &mut said.producer,
                Column::Design => &mut said.design,
                Column::Soc => &mut said.soc,
                Column::Radio => &mut said.radio,
                Column::Model => continue,
            };
            cell.get_or_insert_with(|| value.clone());
        }
    }

    /// A model that stands twice is said once, with what either row says.
    fn prose(&mut self) {
        let mut all: Vec<ModelSaid> = Vec::new();
        let mut at: HashMap<String, usize> = HashMap::new();
        for one in std::mem::take(&mut self.answered.models) {
            match at.get(&one.model).and_then(|at| all.get_mut(*at)) {
                Some(other) => {
                    other.producer = other.producer.take().or(one.producer);
                    other.design = other.design.take().or(one.design);
                    other.soc = other.soc.take().or(one.soc);
                    other.radio = other.radio.take().or(one.radio);
                }
                None => {
                    at.insert(one.model.clone(), all.len());
                    all.push(one);
                }
            }
        }
        self.answered.models = all;
    }
}

/// Whether a line has words enough for a sentence, and nothing that no text has.
fn is_sentence(line: &str) -> bool {
    let word = |part: &&str| part.trim_matches(|c: char| !c.is_alphabetic()).len() > 1;
    let odd = |c: char| c == '\u{fffd}' || c.is_control() && c != '\t';
    !line.contains(odd) && line.split_whitespace().filter(word).count() >= SENTENCE_WORDS
}

/// The cells of a line of a table; none when it is no such line.
fn cells(line: &str) -> Option<Vec<String>> {
    if line.starts_with('|') {
        return Some(between_bars(line));
    }
    let delimiter = [b'\t', b';', b','].into_iter().find(|one| line.as_bytes().contains(one))?;
    // A sentence has commas too; a line that begins with a question of its own is none of these.
    let plain = line.split_once(':').is_some_and(|(question, _)| {
        let question = question.trim_start_matches(['*', '-', '#', '>', ' ']).trim_matches('*');
        asks(question).is_some() || column(question).is_some()
    });
    if plain {
        return None;
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(line.as_bytes());
    let row = reader.records().next()?.ok()?;
    Some(row.iter().map(|cell| cell.trim().to_owned()).collect())
}

/// The cells of a row of a Markdown table; a bar after a backslash is text.
fn between_bars(line: &str) -> Vec<String> {
    let line = line.strip_prefix('|').unwrap_or(line);
    let line = line.strip_suffix('|').filter(|rest| !rest.ends_with('\\')).unwrap_or(line);
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut escaped = false;
    for c in line.chars() {
        match c {
            '\\' if !escaped => escaped = true,
            '|' if !escaped => cells.push(std::mem::take(&mut cell)),
            c => {
                if escaped && !c.is_ascii_punctuation() {
                    cell.push('\\');
                }
                cell.push(c);
                escaped = false;
            }
        }
    }
    cells.push(cell);
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

fn folded(heading: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { ' ' };
    let text: String = heading.chars().map(plain).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn asks(question: &str) -> Option<Asks> {
    Some(match folded(question).as_str() {
        "supplier" | "company" | "supplier name" | "company name" | "name of supplier" => {
            Asks::Supplier
        }
        "date" | "date of answer" | "dated" | "date signed" => Asks::Date,
        "signed by" | "signer" | "signatory" | "name of signer" | "name" => Asks::Signer,
        "position" | "title" | "job title" | "role" => Asks::Position,
        "clause"
        | "clause cited"
        | "rule or clause"
        | "rule"
        | "regulation"
        | "rule or clause that the answer is given for" => Asks::Clause,
        "valid until" | "expires" | "expiry" | "valid to" | "expiry date" => Asks::Expires,
        "signature" | "signed" => Asks::Signature,
        _ => return None,
    })
}

fn column(heading: &str) -> Option<Column> {
    Some(match folded(heading).as_str() {
        "model" | "models" | "model number" | "model numbers" | "model no" | "part number" => {
            Column::Model
        }
        "producer" | "produced by" | "manufacturer" | "manufactured by" | "maker" | "made by"
        | "factory" => Column::Producer,
        "design and firmware" | "design" | "designed by" | "odm" | "oem" => Column::Design,
        "main chip" | "soc" | "chip" | "chipset" | "processor" | "main chip soc" => Column::Soc,
        "radio module" | "radio" | "wi fi module" | "module" => Column::Radio,
        _ => return None,
    })
}

/// A cell without control characters and marks of emphasis, of bounded length.
fn cell_text(cell: &str) -> String {
    let shown = |c: &char| !c.is_control() && !turns_text(*c);
    let text: String = cell.chars().filter(shown).take(CELL_CHARS_MAX).collect();
    text.trim().trim_matches(['*', '`']).trim().to_owned()
}

/// What a cell answers; none where it says that nobody knows, or is a line to write on.
fn answer_text(cell: &str) -> Option<String> {
    let text = cell_text(cell);
    let lower = text.trim_matches(['.', '_', '-', '?', ' ']).to_lowercase();
    let nothing = ["", "not known", "unknown", "n/a", "tbc", "tbd", "don't know"];
    (!nothing.contains(&lower.as_str())).then_some(text)
}

/// A day as `YYYY-MM-DD` where there is only one reading; the text otherwise.
fn day_text(text: &str) -> String {
    let digits =
        |part: &str| [4, 8].contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let named = text.chars().any(char::is_alphabetic);
    // A year of two digits could be the day as well.
    let year = text.split(|c: char| !c.is_ascii_alphanumeric()).any(digits);
    let by_dots = text.contains('.');
    let read = |order| match read_day(text, order) {
        When::Day(day) | When::Otherwise(day) => Some(day),
        When::Year | When::Unread => None,
    };
    let (first, months) = (read(DayOrder::DayFirst), read(DayOrder::MonthFirst));
    match first {
        // Nobody parts the month from the day by a dot and puts it first.
        Some(day) if (year || named) && (first == months || by_dots) => day.to_string(),
        _ => text.to_owned(),
    }
}

/// The model numbers of `A, B and C`.
fn models_of(answer: &str) -> impl Iterator<Item = String> {
    let parts = answer.split([',', ';']).flat_map(|part| part.split(" and "));
    let parts = parts.map(|part| part.trim().strip_prefix("and ").unwrap_or(part));
    parts.map(cell_text).filter(|model| !model.is_empty())
}
