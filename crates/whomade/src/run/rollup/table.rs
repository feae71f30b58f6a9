//! The table for people, for spreadsheets and for programs.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::Result;
use serde_json::{Value, json};
use whomade_core::report::{clean, counted};
use whomade_core::ruling::Outcome;
use whomade_formats::write::csv::CsvWriter;

use super::gather::{Row, Setting};
use super::{Group, Table};
use crate::bundle::told::{ByWord, Told, UNKNOWN};
use crate::render::diagnostics;

/// The fact that most often decides and is least often told.
pub(super) const SITE_CLASS: &str = "site-class";
/// Makers named in a line.
const MAKERS_SHOWN_MAX: usize = 12;
/// Letters of a body's name in a table.
const NAME_CHARS_MAX: usize = 40;

/// With what runs were made, in words.
pub(super) fn setting_words(setting: &Setting) -> String {
    let base = setting
        .base
        .as_ref()
        .map_or("a base that it does not name".to_owned(), |base| format!("base {}", base.short()));
    let asked = &setting.asked;
    let mut who: Vec<String> = asked.preset.iter().map(|preset| format!("as {preset}")).collect();
    who.extend((!asked.under.is_empty()).then(|| format!("under {}", asked.under.join(", "))));
    who.extend((!asked.context.is_empty()).then(|| format!("with {}", asked.context.join(", "))));
    let policies = asked.policy.iter().map(|path| path.display().to_string());
    let policies: Vec<String> = policies.collect();
    who.extend((!policies.is_empty()).then(|| format!("by {}", policies.join(", "))));
    let who = if who.is_empty() { "nobody said who asks".to_owned() } else { who.join(" ") };
    clean(&format!("on {}, {who}, whomade {}, {base}", setting.on, setting.program))
}

/// Makers, the most frequent first, unknown last.
pub(super) fn makers(told: &Told) -> Vec<(&str, u64)> {
    let mut makers: Vec<(&str, u64)> =
        told.makers.iter().map(|(name, by)| (name.as_str(), by.all())).collect();
    makers.sort_by_key(|(name, devices)| (*name == UNKNOWN, std::cmp::Reverse(*devices), *name));
    makers
}

fn listed(words: impl Iterator<Item = (String, u64)>) -> String {
    words.map(|(word, devices)| format!("{word} {devices}")).collect::<Vec<_>>().join(" · ")
}

/// Outcomes, the strongest first.
pub(super) fn outcomes(words: &ByWord) -> String {
    let some = Outcome::ALL.into_iter().filter_map(|outcome| {
        words.get(outcome.word()).map(|devices| (outcome.word().to_owned(), *devices))
    });
    listed(some)
}

/// The exempted findings among the outcomes of a regime, in words; empty where there are none.
pub(super) fn exempted(told: &Told, regime: &str) -> String {
    let words = told.exempted.get(regime).map(outcomes).unwrap_or_default();
    if words.is_empty() { words } else { format!("  (of these exempted: {words})") }
}

/// How often something was said of the files: what was not read as it stood.
pub(super) fn unread(told: &Told) -> u64 {
    told.said.values().sum()
}

pub(super) fn by_count(words: &ByWord) -> String {
    let mut words: Vec<(String, u64)> = words.iter().map(|(k, v)| (k.clone(), *v)).collect();
    words.sort_by(|one, other| (other.1, &one.0).cmp(&(one.1, &other.0)));
    listed(words.into_iter())
}

fn short(name: &str) -> String {
    let name = clean(name);
    if name.chars().count() <= NAME_CHARS_MAX {
        return name;
    }
    name.chars().take(NAME_CHARS_MAX - 1).chain(['…']).collect()
}

/// A column of counts: its heading, and what is counted.
type Column = (&'static str, fn(&Told) -> u64);

/// The columns of counts.
pub(super) const COLUMNS: [Column; 10] = [
    ("devices", |told| told.devices),
    ("confirmed", |told| told.certainty.confirmed),
    ("probable", |told| told.certainty.probable),
    ("possible", |told| told.certainty.possible),
    ("unknown", |told| told.certainty.unknown),
    ("no label", |told| told.no_label),
    ("no model", |told| told.no_model),
    ("no day", |told| told.no_day),
    ("no site class", |told| told.missing(SITE_CLASS)),
    ("warnings", unread),
];

impl Table {
    /// For people.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        for (at, group) in self.groups.iter().enumerate() {
            let title =
                if self.groups.len() > 1 { format!("Sum {}: ", at + 1) } else { String::new() };
            let _ = writeln!(out, "{title}{}", setting_words(&group.setting));
            self.group(&mut out, group);
            out.push('\n');
        }
        let lost: Vec<&Row> = self.rows.iter().filter(|row| row.setting.is_none()).collect();
        for row in lost {
            let _ = writeln!(out, "{}: {}", short(&row.body), row.state.words());
        }
        let summed: usize = self.groups.iter().map(|group| group.summed).sum();
        let _ = writeln!(
            out,
            "{} of {} runs are in {}",
            summed,
            self.rows.len(),
            if self.groups.len() > 1 { "a sum; the sums are not added" } else { "the sum" }
        );
        out
    }

    fn group(&self, out: &mut String, group: &Group) {
        let rows: Vec<&Row> = group.rows.iter().map(|at| &self.rows[*at]).collect();
        let wide =
            rows.iter().map(|row| short(&row.body).chars().count()).max().unwrap_or(0).max(4);
        let line = |out: &mut String, name: &str, told: &Told, state: &str| {
            let _ = write!(out, "  {name:<wide$}");
            for (heading, count) in COLUMNS {
                let shown = match count(told) {
                    0 => "·".to_owned(),
                    devices => devices.to_string(),
                };
                let _ = write!(out, "  {shown:>width$}", width = heading.len());
            }
            let _ = writeln!(out, "{}{state}", if state.is_empty() { "" } else { "  " });
        };
        let headings: Vec<&str> = COLUMNS.iter().map(|column| column.0).collect();
        let _ = writeln!(out, "  {:<wide$}  {}", "body", headings.join("  "));
        for row in &rows {
            line(out, &short(&row.body), &row.told, row.state.words());
        }
        line(out, "sum", &group.sum, "");
        let makers = makers(&group.sum);
        let more = makers.len().saturating_sub(MAKERS_SHOWN_MAX);
        let shown = makers.iter().take(MAKERS_SHOWN_MAX);
        let shown = listed(shown.map(|(name, devices)| (clean(name), *devices)));
        let rest = if more > 0 { format!(" · {more} more") } else { String::new() };
        let _ = writeln!(out, "  makers: {shown}{rest}");
        for (regime, words) in &group.sum.rulings {
            let apart = exempted(&group.sum, regime);
            let _ = writeln!(out, "  {}: {}{apart}", clean(regime), outcomes(words));
            for row in rows.iter().filter(|row| row.state == super::State::Summed) {
                if let Some(words) = row.told.rulings.get(regime) {
                    let apart = exempted(&row.told, regime);
                    let _ = writeln!(out, "    {}: {}{apart}", short(&row.body), outcomes(words));
                }
            }
            if let Some(missing) = group.sum.missing.get(regime) {
                let _ = writeln!(out, "    not told: {}", clean(&by_count(missing)));
            }
        }
        if group.sum.answered > 0 {
            let _ = writeln!(
                out,
                "  exempted, and not counted in the exit status: all findings on {} of {} named",
                group.sum.answered, group.sum.named
            );
        }
        if !group.sum.said.is_empty() {
            let _ = writeln!(out, "  said of their files: {}", clean(&by_count(&group.sum.said)));
        }
    }

    /// For spreadsheets: a row a run, and a row for each sum.
    pub(super) fn csv(&self) -> Result<String> {
        let regimes: BTreeSet<&String> =
            self.rows.iter().flat_map(|row| row.told.rulings.keys()).collect();
        let mut bytes = Vec::new();
        let mut writer = CsvWriter::new(&mut bytes);
        let mut head: Vec<String> =
            ["sum", "body", "file", "state", "made with"].map(str::to_owned).into();
        head.extend(COLUMNS.iter().map(|column| column.0.to_owned()));
        head.push("makers".to_owned());
        for regime in &regimes {
            let words = REGIME_OUTCOMES.map(|outcome| format!("{outcome} {regime}"));
            head.extend(words);
            head.push(format!("of these exempted {regime}"));
        }
        writer.row(head.iter().map(String::as_str))?;
        let mut row_of = |first: [String; 5], told: &Told| -> Result<()> {
            let mut cells: Vec<String> = first.into();
            cells.extend(COLUMNS.iter().map(|column| column.1(told).to_string()));
            let makers = makers(told).into_iter().map(|(name, n)| (name.to_owned(), n));
            cells.push(listed(makers));
            for regime in &regimes {
                let counts = REGIME_OUTCOMES.map(|outcome| told.outcome(regime, outcome));
                cells.extend(counts.map(|devices| devices.to_string()));
                let exempted = told.exempted.get(*regime).into_iter().flat_map(|one| one.values());
                cells.push(exempted.sum::<u64>().to_string());
            }
            Ok(writer.row(cells.iter().map(String::as_str))?)
        };
        for (at, group) in self.groups.iter().enumerate() {
            let (number, with) = ((at + 1).to_string(), setting_words(&group.setting));
            for row in group.rows.iter().map(|at| &self.rows[*at]) {
                let file = row.file.display().to_string();
                let state = row.state.words().to_owned();
                row_of([number.clone(), row.body.clone(), file, state, with.clone()], &row.told)?;
            }
            let runs = counted(group.summed as u64, "run");
            row_of([number, "sum".to_owned(), String::new(), runs, with], &group.sum)?;
        }
        for row in self.rows.iter().filter(|row| row.setting.is_none()) {
            let file = row.file.display().to_string();
            let state = row.state.words().to_owned();
            row_of([String::new(), row.body.clone(), file, state, String::new()], &row.told)?;
        }
        writer.finish()?;
        Ok(String::from_utf8(bytes)?)
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let row = |row: &Row| {
            json!({
                "body": row.body,
                "file": row.file.to_string_lossy(),
                "state": row.state,
                "why": row.why,
                "counts": row.told,
                "devices_sha256": row.estate,
            })
        };
        let groups = self.groups.iter().map(|group| {
            let rows = group.rows.iter().map(|at| row(&self.rows[*at]));
            json!({
                "made_with": group.setting,
                "runs": rows.collect::<Vec<_>>(),
                "summed": group.summed,
                "sum": group.sum,
            })
        });
        let lost = self.rows.iter().filter(|row| row.setting.is_none()).map(row);
        json!({
            "v": 1,
            "comparable": self.groups.len() <= 1,
            "groups": groups.collect::<Vec<_>>(),
            "unreadable": lost.collect::<Vec<_>>(),
            "said": self.said.iter().map(diagnostics::json).collect::<Vec<_>>(),
        })
    }
}

/// The outcomes that have a column of their own for each regime: all, so that a row adds up.
const REGIME_OUTCOMES: [Outcome; 10] = Outcome::ALL;
