//! The forms of cases, made one: facts by name, and rows that ask a regime each.

use std::sync::Arc;

use serde_json::{Map, Value};
use whomade_core::diagnostic::{Diagnostic, Place};

use super::expect::Expected;

/// What a case states, by name.
pub(super) type Stated = Map<String, Value>;

/// One case.
#[derive(Debug)]
pub(super) struct Case {
    /// Counted from 1.
    pub(super) number: usize,
    /// Its id, or its number.
    pub(super) id: String,
    /// Its title.
    pub(super) title: String,
    /// What is asked.
    pub(super) rows: Vec<Row>,
    /// The deadlines it expects: part and day.
    pub(super) deadlines: Vec<(Option<String>, String)>,
}

/// One question of a case.
#[derive(Debug)]
pub(super) struct Row {
    /// The regime; none: every one of the base.
    pub(super) regime: Option<String>,
    /// What is stated for it.
    pub(super) stated: Stated,
    /// What should come out.
    pub(super) expected: Option<Expected>,
    /// The facts that should be named as missing; none: nothing is said of them.
    pub(super) missing: Option<Vec<String>>,
}

/// A file of cases, and where in it each case begins.
pub(super) struct Cases {
    source: Arc<str>,
    text: String,
    begins: Vec<usize>,
}

impl Cases {
    /// Reads the cases of a file. What is no case is said and left out.
    pub(super) fn read(source: &str, text: String) -> (Self, Vec<Case>, Vec<Diagnostic>) {
        let mut this = Self { source: source.into(), text, begins: Vec::new() };
        let mut said = Vec::new();
        let value: Value = match serde_json::from_str(&this.text) {
            Ok(value) => value,
            Err(wrong) => {
                let message = format!("the file is no JSON: {wrong}");
                said.push(Diagnostic::new("ask/case-form", message).at(this.line(wrong.line())));
                return (this, Vec::new(), said);
            }
        };
        let list = match value {
            Value::Array(list) => list,
            Value::Object(mut object) => match object.remove("cases") {
                Some(Value::Array(list)) => list,
                _ => {
                    let message = "the file has no list `cases`";
                    said.push(Diagnostic::new("ask/case-form", message).at(this.line(0)));
                    return (this, Vec::new(), said);
                }
            },
            _ => {
                let message = "the file is neither a list of cases nor an object with `cases`";
                said.push(Diagnostic::new("ask/case-form", message).at(this.line(0)));
                return (this, Vec::new(), said);
            }
        };
        let mut cases = Vec::new();
        for (at, value) in list.iter().enumerate() {
            this.begin(value);
            match case(at + 1, value) {
                Ok(case) => cases.push(case),
                Err(why) => {
                    let message = format!("case {}: {why}", at + 1);
                    let place = this.place(at + 1, "");
                    said.push(Diagnostic::new("ask/case-form", message).at(place));
                }
            }
        }
        (this, cases, said)
    }

    /// Notes where a case begins: at its id, behind the case before.
    fn begin(&mut self, case: &Value) {
        let after = self.begins.last().copied().unwrap_or(0);
        let id = case.get("id").filter(|id| id.is_string()).map(Value::to_string);
        let found = id.and_then(|id| self.text.get(after..)?.find(&id).map(|at| at + after));
        self.begins.push(found.unwrap_or(after));
    }

    /// The first place behind a case's beginning where something stands as a JSON text.
    pub(super) fn place(&self, number: usize, what: &str) -> Place {
        let begin = self.begins.get(number - 1).copied().unwrap_or(0);
        let end = self.begins.get(number).copied().filter(|end| *end > begin);
        let here = self.text.get(begin..end.unwrap_or(self.text.len())).unwrap_or_default();
        let quoted = Value::from(what).to_string();
        let found = here.find(&quoted).filter(|_| !what.is_empty());
        let (at, len) = found.map_or((begin, 0), |at| (begin + at, quoted.len()));
        let before = self.text.get(..at).unwrap_or_default();
        let from = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = self.text.get(from..).unwrap_or_default();
        let text = rest.lines().next().unwrap_or_default();
        let span = (at - from).min(text.len())..(at - from + len).min(text.len());
        Place {
            source: Arc::clone(&self.source),
            line: before.matches('\n').count() as u64 + 1,
            text: text.to_owned(),
            span,
            label: format!("case {number}"),
        }
    }

    fn line(&self, number: usize) -> Place {
        let text = self.text.lines().nth(number.saturating_sub(1)).unwrap_or_default();
        Place {
            source: Arc::clone(&self.source),
            line: number as u64,
            text: if number == 0 { String::new() } else { text.to_owned() },
            span: 0..0,
            label: String::new(),
        }
    }
}

fn case(number: usize, value: &Value) -> Result<Case, &'static str> {
    let Some(object) = value.as_object() else { return Err("it is no object") };
    let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
    let id = text("id").unwrap_or_else(|| number.to_string());
    let title = text("title").or_else(|| text("name")).unwrap_or_default();
    let rows = if let Some(facts) = object.get("facts") {
        let stated = facts.as_object().ok_or("`facts` is no object")?;
        short_rows(stated, object.get("expect"))
    } else if object.contains_key("context") || object.contains_key("device") {
        full_rows(object)?
    } else {
        return Err("it has neither `facts` nor `context` and `device`");
    };
    // They may stand at the case or at a row of it.
    let mut due = deadlines(object.get("deadlines"));
    let expected = object.get("expect").and_then(Value::as_array).into_iter().flatten();
    due.extend(expected.flat_map(|row| deadlines(row.get("deadlines"))));
    Ok(Case { number, id, title, rows, deadlines: due })
}

/// The short form: facts by name, and an expectation in words for each regime.
fn short_rows(stated: &Stated, expect: Option<&Value>) -> Vec<Row> {
    let row = |regime: Option<String>, expected| Row {
        regime,
        stated: stated.clone(),
        expected,
        missing: None,
    };
    match expect.and_then(Value::as_object) {
        Some(expect) if !expect.is_empty() => expect
            .iter()
            .filter(|(regime, _)| *regime != "note")
            .map(|(regime, words)| {
                let regime = (regime != "all").then(|| regime.clone());
                match words.as_object() {
                    Some(object) => Row {
                        missing: strings(object.get("missing")),
                        ..row(regime, Expected::of_object(object))
                    },
                    None => row(regime, words.as_str().map(Expected::of_words)),
                }
            })
            .collect(),
        _ => regimes(stated).into_iter().map(|regime| row(regime, None)).collect(),
    }
}

/// The regimes a case names; none named: one row for all.
fn regimes(stated: &Stated) -> Vec<Option<String>> {
    let named = stated.get("regimes").and_then(Value::as_array);
    let ids: Vec<Option<String>> =
        named.into_iter().flatten().filter_map(|id| Some(Some(id.as_str()?.to_owned()))).collect();
    if ids.is_empty() { vec![None] } else { ids }
}

/// The full form: context, device, and rows that may lay something over both.
fn full_rows(object: &Stated) -> Result<Vec<Row>, &'static str> {
    let part = |from: &Stated, key: &str| match from.get(key) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(part)) => Ok(part.clone()),
        Some(_) => Err("`context` or `device` is no object"),
    };
    let stated = joined(part(object, "context")?, part(object, "device")?);
    let Some(expect) = object.get("expect").and_then(Value::as_array) else {
        let row = |regime| Row { regime, stated: stated.clone(), expected: None, missing: None };
        return Ok(regimes(&stated).into_iter().map(row).collect());
    };
    let mut rows = Vec::new();
    for one in expect.iter().filter_map(Value::as_object) {
        let mut stated = stated.clone();
        if let Some(with) = one.get("with").and_then(Value::as_object) {
            for (key, value) in joined(part(with, "context")?, part(with, "device")?) {
                stated.insert(key, value);
            }
        }
        let regime = one.get("regime").and_then(Value::as_str).map(str::to_owned);
        rows.push(Row {
            regime,
            stated,
            expected: Expected::of_object(one),
            missing: strings(one.get("missing")),
        });
    }
    Ok(rows)
}

/// Context and device in one; the parts of a device by their own names.
fn joined(context: Stated, device: Stated) -> Stated {
    let mut all = context;
    for (key, value) in device {
        match value {
            Value::Object(parts) if key == "components" => all.extend(parts),
            value => _ = all.insert(key, value),
        }
    }
    all
}

/// The texts of a list.
pub(super) fn strings(value: Option<&Value>) -> Option<Vec<String>> {
    let list = value?.as_array()?;
    Some(list.iter().filter_map(|one| Some(one.as_str()?.to_owned())).collect())
}

fn deadlines(value: Option<&Value>) -> Vec<(Option<String>, String)> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|one| {
        let part = one.get("part").and_then(Value::as_str).map(str::to_owned);
        Some((part, one.get("due")?.as_str()?.to_owned()))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: &str = r#"{"cases": [
        {"id": "a", "facts": {"holder": "agency"}, "expect": {"xx": "prohibited", "note": "n"}},
        {"id": "b", "context": {"act": "use", "zone": "core"}, "device": {"class": "camera",
         "components": {"soc": "x"}}, "expect": [{"regime": "xx", "outcome": "barred",
         "with": {"context": {"zone": null}}, "missing": ["network_zone"]}]}
    ]}"#;

    #[test]
    fn both_forms_become_rows_of_one() {
        let (file, cases, said) = Cases::read("cases.json", BOTH.to_owned());
        assert!(said.is_empty(), "{said:?}");
        assert_eq!(cases.len(), 2);
        assert_eq!(cases[0].rows.len(), 1, "a note is no regime");
        let row = &cases[1].rows[0];
        assert_eq!(row.stated["zone"], Value::Null, "laid over");
        assert_eq!(row.stated["act"], "use");
        assert_eq!(row.stated["soc"], "x", "a part of the device");
        assert_eq!(row.missing.as_deref(), Some(&["network_zone".to_owned()][..]));
        let place = file.place(2, "zone");
        assert_eq!(&place.text[place.span.clone()], "\"zone\"");
        assert_eq!(place.line, 3);
    }

    #[test]
    fn no_text_makes_it_panic() {
        // Every cut of a good file, and every file with one byte become another.
        let bytes = BOTH.as_bytes();
        for at in 0..bytes.len() {
            for put in [None, Some(b'['), Some(b'"'), Some(b'0'), Some(b'\n')] {
                let mut text = bytes.to_vec();
                match put {
                    None => text.truncate(at),
                    Some(byte) => text[at] = byte,
                }
                let Ok(text) = String::from_utf8(text) else { continue };
                let (file, cases, said) = Cases::read("x", text);
                for one in said.iter().filter_map(|one| one.place.as_ref()) {
                    assert!(one.text.get(one.span.clone()).is_some(), "{one:?}");
                }
                for case in &cases {
                    let place = file.place(case.number, "zone");
                    assert!(place.text.get(place.span.clone()).is_some(), "{place:?}");
                }
            }
        }
    }
}
