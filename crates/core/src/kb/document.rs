//! One file of the base as text: its values, and where in the text each of them stands.

use std::ops::Range;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Place};

/// A file of the base: its path inside the base and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Path inside the base, with `/`, such as `makers/hikvision.toml`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A step on the way to a value: a key or a place in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A key of a table.
    Key(String),
    /// A place in a list, from 0.
    Item(usize),
}

/// The way to a value, such as `signature`, 3, `regex`.
pub type Way = Vec<Step>;

/// Writes a way: `way!["signature", 3, "regex"]`.
#[macro_export]
macro_rules! way {
    ($($step:expr),* $(,)?) => { vec![$($crate::kb::document::Step::from($step)),*] };
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Step {
    fn from(item: usize) -> Self {
        Self::Item(item)
    }
}

impl File {
    /// The file's values, dates as text, or why it is no TOML.
    ///
    /// # Errors
    /// A diagnostic `kb/syntax` that points at the first wrong byte.
    pub fn values(&self) -> Result<Value, Diagnostic> {
        match DeTable::parse(&self.text) {
            Ok(table) => Ok(table_value(table.get_ref())),
            Err(wrong) => Err(Diagnostic::new("kb/syntax", wrong.message().to_owned())
                .at(self.place(wrong.span().unwrap_or(0..0), "here"))),
        }
    }

    /// The file as a typed fact.
    ///
    /// # Errors
    /// `kb/syntax`, or `kb/unknown-key` that points at the key.
    pub fn typed<T: DeserializeOwned>(&self) -> Result<T, Diagnostic> {
        let values = self.values()?;
        serde_path_to_error::deserialize(&values).map_err(|wrong| {
            let way = way_of(wrong.path());
            let message = wrong.into_inner().to_string();
            self.wrong_key(way, &plain(&message))
        })
    }

    fn wrong_key(&self, mut way: Way, message: &str) -> Diagnostic {
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        let unknown = message.starts_with("unknown field");
        if unknown
            && let Some(key) = quoted.first()
            && !matches!(way.last(), Some(Step::Key(last)) if last == key)
        {
            way.push(Step::from(*key));
        }
        let span = if unknown { self.key_span(&way) } else { self.span(&way) };
        let mut said =
            Diagnostic::new("kb/unknown-key", message.to_owned()).at(self.place(span, "here"));
        if let Some(key) = message.strip_prefix(MISSING) {
            let value = if key == "`version`" { "1" } else { "…" };
            said = said.help(format!("write `{} = {value}`", key.trim_matches('`')));
        }
        if let Some((key, others)) = quoted.split_first()
            && unknown
        {
            if matches!(*key, "weight" | "weight_db" | "certainty" | "confidence" | "p") {
                said.code = "kb/typed-weight";
                said.message = format!("`{key}` is typed by hand: weights are fitted");
            }
            if let Some(near) = nearest(key, others.iter().copied()) {
                said = said.help(format!("did you mean `{near}`?"));
            }
        }
        said
    }

    /// The bytes of the value on that way, or of the nearest thing around it.
    #[must_use]
    pub fn span(&self, way: &[Step]) -> Range<usize> {
        self.spans(way).1
    }

    /// The bytes of the key that the way ends in, or of the nearest thing around it.
    #[must_use]
    pub fn key_span(&self, way: &[Step]) -> Range<usize> {
        let (key, value) = self.spans(way);
        key.unwrap_or(value)
    }

    /// Key and value at the end of a way; no key where the way ends in a place of a list or does
    /// not exist to its end.
    fn spans(&self, way: &[Step]) -> (Option<Range<usize>>, Range<usize>) {
        self.parsed().map_or((None, 0..0), |parsed| parsed.spans(way))
    }

    /// The file taken apart once, for whoever asks for many places in it; none if it is no TOML.
    #[must_use]
    pub fn parsed(&self) -> Option<Parsed<'_>> {
        DeTable::parse(&self.text).ok().map(Parsed)
    }

    /// A place in this file, by the way to it, when the file was taken apart before.
    #[must_use]
    pub fn place_in(&self, parsed: &Parsed<'_>, way: &[Step], label: &str) -> Place {
        self.place(parsed.spans(way).1, label)
    }

    /// A place in this file, with the line or lines around it.
    #[must_use]
    pub fn place(&self, span: Range<usize>, label: impl Into<String>) -> Place {
        let start = span.start.min(self.text.len());
        let end = span.end.clamp(start, self.text.len());
        let from = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        // A fact may be long; its first line says which it is.
        let until = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        Place {
            source: format!("kb/{}", self.path).into(),
            line: 1 + self.text[..from].matches('\n').count() as u64,
            text: self.text[from..until].to_owned(),
            span: start - from..end.min(until) - from,
            label: label.into(),
        }
    }
}

/// A file's values with their places.
#[derive(Debug)]
pub struct Parsed<'t>(Spanned<DeTable<'t>>);

impl Parsed<'_> {
    fn spans(&self, way: &[Step]) -> (Option<Range<usize>>, Range<usize>) {
        let table = &self.0;
        let mut named = None;
        let mut here = table.span();
        let mut value: Option<&Spanned<DeValue<'_>>> = None;
        let mut tab: Option<&DeTable<'_>> = Some(table.get_ref());
        for step in way {
            named = match (step, tab) {
                (Step::Key(key), Some(tab)) => {
                    tab.get_key_value(key.as_str()).map(|(key, _)| key.span())
                }
                _ => None,
            };
            value = match (step, tab, value.map(Spanned::get_ref)) {
                (Step::Key(key), Some(tab), _) => tab.get(key.as_str()),
                (Step::Item(item), _, Some(DeValue::Array(list))) => list.get(*item),
                _ => None,
            };
            let Some(found) = value else { break };
            here = found.span();
            tab = match found.get_ref() {
                DeValue::Table(inner) => Some(inner),
                _ => None,
            };
        }
        (named, here)
    }
}

/// What is said of a key that has to be there.
pub(crate) const MISSING: &str = "there is no key ";

/// What the reader of values says, in words for people who write files and no Rust.
pub(crate) fn plain(said: &str) -> String {
    if let Some(key) = said.strip_prefix("missing field ") {
        return format!("{MISSING}{key}");
    }
    let kinds = ["invalid type: ", "invalid value: "];
    let parts = kinds.iter().find_map(|kind| said.strip_prefix(kind)?.split_once(", expected "));
    let Some((found, wanted)) = parts else { return said.to_owned() };
    let kinds = ["string ", "integer ", "floating point ", "boolean "];
    let found = match kinds.iter().find_map(|kind| found.strip_prefix(kind)) {
        Some(value) => format!("`{}`", value.trim_matches(['`', '"'])),
        None if found == "sequence" => "a list".to_owned(),
        None if found == "map" => "a table".to_owned(),
        None => found.to_owned(),
    };
    let wanted = match wanted {
        "f64" | "f32" | "i64" | "i32" | "i16" => "a number",
        "u64" | "u32" | "u16" | "u8" | "usize" => "a number of 0 or more",
        "a string" => "text in quotes",
        "a sequence" => "a list",
        "a map" => "a table",
        "a boolean" => "true or false",
        other => other,
    };
    format!("{found} stands where {wanted} is wanted")
}

/// The likeliest of these words for one that does not exist.
#[must_use]
pub fn nearest<'w>(wrong: &str, words: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let lower = wrong.to_lowercase();
    words
        .map(|word| (strsim::damerau_levenshtein(&lower, &word.to_lowercase()), word))
        .filter(|(far, word)| *far <= 1 + word.len().min(wrong.len()) / 4)
        .min()
        .map(|(_, word)| word)
}

fn way_of(path: &serde_path_to_error::Path) -> Way {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|step| match step {
            Segment::Seq { index } => Some(Step::Item(*index)),
            Segment::Map { key } => Some(Step::Key(key.clone())),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

fn table_value(table: &DeTable<'_>) -> Value {
    let pairs = table.iter().map(|(key, value)| (key.get_ref().to_string(), value_of(value)));
    Value::Object(Map::from_iter(pairs))
}

/// A value without its spans. Dates become text, so that one form serves TOML and packed JSON.
fn value_of(value: &Spanned<DeValue<'_>>) -> Value {
    match value.get_ref() {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(truth) => Value::Bool(*truth),
        DeValue::Datetime(date) => Value::String(date.to_string()),
        DeValue::Array(list) => Value::Array(list.iter().map(value_of).collect()),
        DeValue::Table(table) => table_value(table),
        // What is no number that can be reckoned with stays text, so that it is refused where a
        // number is wanted, and is never taken for a value that is not there.
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::from(number.as_str()), Value::from),
        DeValue::Float(number) => match number.as_str().parse::<f64>() {
            Ok(finite) if finite.is_finite() => Value::from(finite),
            _ => Value::from(number.as_str()),
        },
    }
}
