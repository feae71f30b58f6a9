//! The same terms with something else in them: `budget=80000`, `crews=+1`, `budget=-20%`.

use serde_json::Value;

use super::Terms;
use crate::diagnostic::Diagnostic;
use crate::kb::document::{File, plain};
use crate::report::clean;

/// Changes that are made together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// As typed.
    pub typed: String,
    /// Keys, with the steps to each parted by dots, and what stands behind `=`.
    pairs: Vec<(String, String)>,
}

impl Change {
    /// Reads `KEY=VALUE,…`.
    ///
    /// # Errors
    /// What is no such pair.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let pair = |one: &str| {
            let (key, value) = one.split_once('=')?;
            let (key, value) = (key.trim(), value.trim());
            (!key.is_empty() && !value.is_empty()).then(|| (key.to_owned(), value.to_owned()))
        };
        let pairs = typed.split(',').map(|one| pair(one).ok_or_else(|| one.to_owned()));
        Ok(Self { typed: typed.to_owned(), pairs: pairs.collect::<Result<_, _>>()? })
    }
}

/// The terms of a file with changes made to them.
///
/// # Errors
/// Diagnostics: a key that the form does not have, a value that is none, a change by a share of
/// something that is not there.
pub fn changed(file: &File, change: &Change) -> Result<Terms, Vec<Diagnostic>> {
    let wrong = |message: String| vec![Diagnostic::new("plan/what-if", message)];
    let mut values = file.values().map_err(|said| vec![said])?;
    let before = Terms::read(file)?;
    // What the file does not say stands at its default, and can be changed by a share of that.
    let whole = serde_json::to_value(&before).unwrap_or(Value::Null);
    for (key, text) in &change.pairs {
        let steps: Vec<&str> = key.split('.').collect();
        let now = steps.iter().try_fold(&whole, |value, step| value.get(step));
        let value = of_text(text, now).map_err(|why| wrong(format!("{key}: {why}")))?;
        set(&mut values, &steps, value).map_err(|why| wrong(format!("{key}: {why}")))?;
    }
    let mut terms: Terms = serde_path_to_error::deserialize(&values)
        .map_err(|said| wrong(format!("{}: {}", said.path(), plain(&said.inner().to_string()))))?;
    let unsound = terms.lint(file);
    if let Some(first) = unsound.into_iter().next() {
        return Err(wrong(first.message));
    }
    // Where the plan begins is not told by the day on which somebody asks what if.
    terms.from = terms.from.or(before.from);
    Ok(terms)
}

/// The value that stands behind `=`: a number, a share or a step of what is there, or a word.
fn of_text(text: &str, now: Option<&Value>) -> Result<Value, String> {
    let relative = text.starts_with(['+', '-']);
    let (number, percent) = match text.strip_suffix('%') {
        Some(number) => (number, true),
        None => (text, false),
    };
    let Ok(number) = number.parse::<f64>() else { return Ok(Value::from(text)) };
    let now = now.and_then(Value::as_f64);
    let value = match (relative, percent, now) {
        (false, false, _) => number,
        (true, false, Some(now)) => now + number,
        (true, true, Some(now)) => now * (1.0 + number / 100.0),
        (false, true, Some(now)) => now * number / 100.0,
        (_, _, None) => return Err("there is no number to change; write the whole".to_owned()),
    };
    if !value.is_finite() {
        return Err(format!("`{}` is no number to plan with", clean(text)));
    }
    // A count stays one: the form refuses 3.0 crews.
    let whole = value.fract() == 0.0 && value.abs() < 1e15;
    Ok(if whole { Value::from(value as i64) } else { Value::from(value) })
}

fn set(values: &mut Value, steps: &[&str], value: Value) -> Result<(), String> {
    let Some((last, before)) = steps.split_last() else { return Ok(()) };
    let mut at = values;
    for step in before {
        let Value::Object(table) = at else { return Err("is no table".to_owned()) };
        at = table.entry(*step).or_insert_with(|| Value::Object(serde_json::Map::new()));
    }
    let Value::Object(table) = at else { return Err("is no table".to_owned()) };
    table.insert((*last).to_owned(), value);
    Ok(())
}
