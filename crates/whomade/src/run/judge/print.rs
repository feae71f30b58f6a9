//! The answers of `whomade judge`, for people and as JSON.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Value, json};
use whomade_core::diagnostic::Diagnostic;
use whomade_core::report::clean;
use whomade_core::ruling::{Outcome, Step};

use super::{Answered, Judged};
use crate::out::Out;

/// How many of what was expected came out so.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    rows: u64,
    expected: u64,
    agree: u64,
    not_in_base: u64,
}

impl Count {
    fn add(&mut self, row: &Judged) {
        self.rows += 1;
        self.expected += u64::from(row.agrees.is_some());
        self.agree += u64::from(row.agrees == Some(true));
        self.not_in_base += u64::from(row.ruling.is_none());
    }

    fn json(self) -> Value {
        json!({
            "rows": self.rows, "expected": self.expected, "agree": self.agree,
            "differ": self.expected - self.agree, "not_in_base": self.not_in_base,
        })
    }
}

/// The totals: all rows, and by regime; then missing facts and deadlines.
struct Totals {
    all: Count,
    by_regime: BTreeMap<String, Count>,
    missing: (u64, u64),
    deadlines: (u64, u64),
}

impl Totals {
    fn of(cases: &[Answered]) -> Self {
        let mut this = Self {
            all: Count::default(),
            by_regime: BTreeMap::new(),
            missing: (0, 0),
            deadlines: (0, 0),
        };
        for case in cases {
            for row in &case.rows {
                this.all.add(row);
                this.by_regime.entry(row.regime.clone()).or_default().add(row);
                this.missing.0 += u64::from(row.missing_agrees.is_some());
                this.missing.1 += u64::from(row.missing_agrees == Some(true));
            }
            for (_, _, found) in &case.deadlines {
                this.deadlines.0 += 1;
                this.deadlines.1 += u64::from(*found);
            }
        }
        this
    }
}

/// Prints the answers for people: a line a row, the deciding words under what is barred.
pub(super) fn text(out: &mut Out, cases: &[Answered]) -> Result<()> {
    for case in cases {
        let title = if case.title.is_empty() { &case.id } else { &case.title };
        out.line(format!("{}. {}", case.number, clean(title)))?;
        for row in &case.rows {
            row_text(out, row)?;
        }
        for (part, due, _) in case.deadlines.iter().filter(|(_, _, found)| !found) {
            let part = part.as_deref().unwrap_or_default();
            out.line(format!("     DIFFERS: no deadline {} on {}", clean(part), clean(due)))?;
        }
    }
    let totals = Totals::of(cases);
    out.line(format!("\n{} cases, {} rows", cases.len(), totals.all.rows))?;
    for (regime, count) in &totals.by_regime {
        let outside = if count.not_in_base > 0 { ", not in the base" } else { "" };
        let (agree, expected) = (count.agree, count.expected);
        out.line(format!("  {:<22} {agree} of {expected} agree{outside}", clean(regime)))?;
    }
    let line = |of: (u64, u64), what: &str| format!("  {what:<22} {} of {} agree", of.1, of.0);
    out.line(line((totals.all.expected, totals.all.agree), "all outcomes"))?;
    out.line(line(totals.missing, "missing facts"))?;
    out.line(line(totals.deadlines, "deadlines"))?;
    Ok(())
}

fn row_text(out: &mut Out, row: &Judged) -> Result<()> {
    let outcome = row.ruling.as_ref().map_or("not judged", |one| one.outcome.word());
    let expected = match (&row.expected, row.agrees) {
        (Some(words), Some(true)) => format!("  agrees with: {words}"),
        (Some(words), Some(false)) => format!("  DIFFERS from: {words}"),
        (Some(words), None) => format!("  beside: {words}"),
        (None, _) => String::new(),
    };
    let regime = clean(&row.regime);
    let line = format!("   {}. {regime} on {}: {outcome}{expected}", row.number, row.on);
    out.line(clean(&line))?;
    if let Some(step) = deciding(row) {
        out.line(format!("     {}: {}", step.citation, step.text))?;
    }
    if !row.missing.is_empty() {
        let mark = if row.missing_agrees == Some(false) { "DIFFERS: " } else { "" };
        out.line(format!("     {mark}not known: {}", row.missing.join(", ")))?;
    }
    for one in &row.deadlines {
        let when = one.due_at.map_or_else(|| one.due.to_string(), |at| at.to_string());
        let condition = one.condition.as_ref().map(|it| format!(", if {it}")).unwrap_or_default();
        let to = one.recipient.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
        out.line(format!("     due {when}{to}: {} {}{condition}", one.form, one.part))?;
    }
    for note in &row.notes {
        out.line(format!("     note: {note}"))?;
    }
    Ok(())
}

/// The step whose words decide, where words decide.
fn deciding(row: &Judged) -> Option<&Step> {
    let ruling = row.ruling.as_ref()?;
    let silent = matches!(ruling.outcome, Outcome::NoRule | Outcome::UnknownMaker);
    ruling.decisive().filter(|_| !silent)
}

/// Prints the answers as one JSON object.
pub(super) fn json(
    out: &mut Out,
    source: &str,
    cases: &[Answered],
    said: &[Diagnostic],
) -> Result<()> {
    let totals = Totals::of(cases);
    let by_regime: serde_json::Map<String, Value> =
        totals.by_regime.iter().map(|(id, count)| (id.clone(), count.json())).collect();
    let diagnostics: Vec<Value> = said
        .iter()
        .map(|one| {
            let line = one.place.as_ref().map(|place| place.line);
            json!({ "code": one.code, "severity": one.severity.word(), "message": one.message,
                    "line": line, "help": one.help })
        })
        .collect();
    let pair = |of: (u64, u64)| json!({ "expected": of.0, "agree": of.1 });
    let mut all = totals.all.json();
    if let Value::Object(all) = &mut all {
        all.insert("cases".to_owned(), json!(cases.len()));
        all.insert("by_regime".to_owned(), Value::Object(by_regime));
        all.insert("missing".to_owned(), pair(totals.missing));
        all.insert("deadlines".to_owned(), pair(totals.deadlines));
    }
    let cases: Vec<Value> = cases.iter().map(case_json).collect();
    let answer = json!({
        "v": 1, "file": source, "cases": cases, "diagnostics": diagnostics, "totals": all,
    });
    out.line(answer.to_string())?;
    Ok(())
}

fn case_json(case: &Answered) -> Value {
    let rows: Vec<Value> = case.rows.iter().map(row_json).collect();
    let deadlines: Vec<Value> = case
        .deadlines
        .iter()
        .map(|(part, due, found)| json!({ "part": part, "due": due, "agrees": found }))
        .collect();
    json!({
        "number": case.number, "case": case.id, "title": case.title, "rows": rows,
        "expected_deadlines": deadlines,
    })
}

fn row_json(row: &Judged) -> Value {
    let step = deciding(row);
    json!({
        "row": row.number,
        "regime": row.regime,
        "on": row.on,
        "outcome": row.ruling.as_ref().map(|one| one.outcome),
        "missing": row.missing,
        "deadlines": row.deadlines,
        "expected": row.expected,
        "agrees": row.agrees,
        "missing_agrees": row.missing_agrees,
        "p_in_set": row.p_in_set,
        "because": step.map(|one| &one.text),
        "citation": step.map(|one| &one.citation),
        "sources": step.map(|one| &one.sources),
        "steps": row.ruling.as_ref().map(|one| &one.steps),
        "notes": row.notes,
    })
}
