//! `whomade judge`: cases against the rules, row by row.
//!
//! A case states who asks and what it is; a row names a regime. What a case states that no rule
//! knows is said with the case's number and place, and the rest of the case is judged.

mod expect;
mod form;
mod print;
mod told;

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use jiff::civil::Date;
use whomade_core::deadline::{Deadline, deadlines};
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::kb::document::nearest;
use whomade_core::kb::schema::{Reading, Regime};
use whomade_core::kb::{Base, Facts};
use whomade_core::ruling::{MAKER, Outcome, Ruling, judge};

use self::form::{Case, Cases, Row};
use self::told::Told;
use crate::cli::Judge;
use crate::out::Out;
use crate::render::diagnostics;
use whomade_inquiry::asking::{before_all, beyond, both_clauses};
use whomade_inquiry::base::load;
use whomade_inquiry::today::today;

/// A larger file is no list of cases that people wrote.
const CASES_BYTES_MAX: u64 = 16 << 20;
/// Rows of all cases together.
const ROWS_MAX: usize = 100_000;

/// What a supplier's letter must carry before it can stand for a maker.
const LETTER: &str = "letter: exact models, SoC, date, signer";

/// A row with its answer.
struct Judged {
    /// Its number in the case, from 1.
    number: usize,
    /// The regime asked.
    regime: String,
    /// The day.
    on: Date,
    /// The answer; none where the base has no such regime.
    ruling: Option<Ruling>,
    /// How probably the regime names its makers.
    p_in_set: f64,
    /// The facts that would decide, in the words of the case forms.
    missing: Vec<String>,
    /// By when.
    deadlines: Vec<Deadline>,
    /// What should come out, as the case says it.
    expected: Option<String>,
    /// Whether it does; none: nothing was said, or nothing that we understand.
    agrees: Option<bool>,
    /// Whether all facts that should be named as missing are; none: nothing was said of them.
    missing_agrees: Option<bool>,
    /// What should be minded: the day, two clauses.
    notes: Vec<String>,
}

/// A case with its rows.
struct Answered {
    number: usize,
    id: String,
    title: String,
    rows: Vec<Judged>,
    /// Expected deadlines: part, day, and whether it was found.
    deadlines: Vec<(Option<String>, String, bool)>,
}

/// Runs `whomade judge`.
///
/// # Errors
/// When the file cannot be read or holds no case.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: &Judge) -> Result<ExitCode> {
    let (known, said) = load(overlay)?;
    for one in &said {
        diagnostics::write(&mut out.aside, one)?;
    }
    let source = typed.file.to_string_lossy().into_owned();
    let text = read(&typed.file)?;
    let (file, cases, mut said) = Cases::read(&source, text);
    let rows: usize = cases.iter().map(|case| case.rows.len()).sum();
    if rows > ROWS_MAX {
        bail!("[ask/case-form] {source} holds {rows} rows; {ROWS_MAX} are the limit");
    }
    let mut answered = Vec::with_capacity(cases.len());
    for case in cases {
        answered.push(answer(&known.base, &file, case, &mut said));
    }
    let shown = said.iter().filter(|one| !out.quiet || one.severity == Severity::Error);
    for one in shown {
        diagnostics::write(&mut out.aside, one)?;
    }
    if answered.is_empty() {
        bail!("{source} holds no case");
    }
    if typed.json {
        print::json(out, &source, &answered, &said)?;
    } else {
        print::text(out, &answered)?;
    }
    let differs = answered.iter().any(|case| {
        case.rows.iter().any(|row| row.agrees == Some(false) || row.missing_agrees == Some(false))
            || case.deadlines.iter().any(|(_, _, found)| !found)
    });
    let unread = said.iter().any(|one| one.severity == Severity::Error);
    Ok(match (unread, differs) {
        (true, _) => ExitCode::from(2),
        (false, true) => ExitCode::from(1),
        (false, false) => ExitCode::SUCCESS,
    })
}

fn read(path: &Path) -> Result<String> {
    let shown = path.display();
    let mut bytes = Vec::new();
    let mut take = |from: &mut dyn std::io::Read| {
        from.take(CASES_BYTES_MAX + 1).read_to_end(&mut bytes).map(drop)
    };
    if path.as_os_str() == "-" {
        take(&mut std::io::stdin().lock())?;
    } else {
        let mut file = std::fs::File::open(path)
            .with_context(|| format!("[ask/case-form] cannot read {shown}"))?;
        take(&mut file).with_context(|| format!("[ask/case-form] cannot read {shown}"))?;
    }
    if bytes.len() as u64 > CASES_BYTES_MAX {
        bail!("[ask/case-form] {shown} is larger than {CASES_BYTES_MAX} bytes");
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| anyhow::anyhow!("[ask/case-form] {shown} is no UTF-8 text"))?;
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))
}

fn answer(base: &Base, file: &Cases, case: Case, said: &mut Vec<Diagnostic>) -> Answered {
    let mut rows = Vec::new();
    for row in &case.rows {
        let told = Told::read(base, &row.stated, row.regime.as_deref());
        for (code, message, stood) in &told.said {
            let message = format!("case {}: {message}", case.number);
            let mut one = Diagnostic::new(code, message).at(file.place(case.number, stood));
            // The rest of the case is judged all the same.
            one.severity = Severity::Warning;
            if !said.contains(&one) {
                said.push(one);
            }
        }
        let own = told.facts(&base.facts);
        let facts = own.as_ref().unwrap_or(&base.facts);
        let regimes: Vec<&String> = match &row.regime {
            Some(id) => vec![id],
            None => base.facts.regimes.keys().collect(),
        };
        for id in regimes {
            let number = rows.len() + 1;
            if let Some(regime) = facts.regimes.get(id) {
                rows.push(judged(facts, regime, &told, row, number));
            } else {
                said.push(no_such_regime(facts, file, case.number, id));
                rows.push(not_in_base(id, &told, row, number));
            }
        }
    }
    // The paragraph of a text that we know by quotation may be called otherwise.
    let is_part = |one: &Deadline, part: &Option<String>| {
        one.confidence == Reading::Quoted || part.as_ref().is_none_or(|part| one.part == *part)
    };
    let found = |part: &Option<String>, due: &String| {
        rows.iter()
            .flat_map(|row: &Judged| &row.deadlines)
            .any(|one| due.starts_with(&one.due.to_string()) && is_part(one, part))
    };
    let deadlines = case
        .deadlines
        .into_iter()
        .map(|(part, due)| {
            let found = found(&part, &due);
            (part, due, found)
        })
        .collect();
    Answered { number: case.number, id: case.id, title: case.title, rows, deadlines }
}

fn judged(facts: &Facts, regime: &Regime, told: &Told, row: &Row, number: usize) -> Judged {
    let on = told.on.unwrap_or_else(today);
    let (maker, p_in_set) = told.maker(facts, regime, on);
    let ruling = judge(facts, regime, &maker, on, &told.context);
    let mut missing: Vec<String> = ruling.missing().iter().map(|key| case_word(key)).collect();
    if ruling.outcome == Outcome::UnknownMaker {
        missing.push(case_word(MAKER));
        if told.letter {
            missing.push(LETTER.to_owned());
        }
    }
    let one = std::slice::from_ref(regime);
    let minded = before_all(one, on).or_else(|| beyond(regime, on)).into_iter();
    let mut notes: Vec<String> =
        minded.chain(both_clauses(&told.context)).map(|one| one.message).collect();
    if told.on.is_none() {
        notes.push("no day is stated: judged on the day of the question".to_owned());
    }
    let known = row.expected.as_ref().filter(|one| !one.outcomes.is_empty());
    Judged {
        number,
        regime: regime.id.clone(),
        on,
        p_in_set,
        deadlines: deadlines(facts, regime, ruling.outcome, &told.context, told.event),
        expected: row.expected.as_ref().map(|one| one.words.clone()),
        agrees: known.map(|one| one.agrees(ruling.outcome)),
        missing_agrees: row.missing.as_ref().map(|wanted| {
            wanted.iter().all(|fact| missing.iter().any(|named| means(facts, named, fact)))
        }),
        missing,
        notes,
        ruling: Some(ruling),
    }
}

fn not_in_base(id: &str, told: &Told, row: &Row, number: usize) -> Judged {
    Judged {
        number,
        regime: id.to_owned(),
        on: told.on.unwrap_or_else(today),
        ruling: None,
        p_in_set: 0.0,
        missing: vec![],
        deadlines: vec![],
        expected: row.expected.as_ref().map(|one| one.words.clone()),
        agrees: None,
        missing_agrees: None,
        notes: vec!["the base has no such regime".to_owned()],
    }
}

fn no_such_regime(facts: &Facts, file: &Cases, number: usize, id: &str) -> Diagnostic {
    let message = format!("case {number}: there is no regime `{id}`: not judged");
    let mut said = Diagnostic::new("ask/unknown-regime", message).at(file.place(number, id));
    said.severity = Severity::Warning;
    let ids = facts.regimes.keys().map(String::as_str);
    said.help = nearest(id, ids).map(|near| format!("did you mean `{near}`?"));
    said
}

/// A fact that is missing, as the case forms call it.
fn case_word(key: &str) -> String {
    if key == MAKER { "true_maker".to_owned() } else { key.replace('-', "_") }
}

/// Whether a fact that we name is the one that a case wants named.
fn means(facts: &Facts, named: &str, wanted: &str) -> bool {
    let same = |one: &str, other: &str| {
        one.replace(['_', ' '], "-").eq_ignore_ascii_case(&other.replace(['_', ' '], "-"))
    };
    same(named, wanted)
        || facts
            .context
            .keys
            .iter()
            .any(|key| same(&key.id, named) && key.also.iter().any(|one| same(one, wanted)))
}
