//! `whomade rollup`: the runs of many bodies as one table, which also says what each could not say
//! and which of them cannot be compared.

mod gather;
mod page;
mod table;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use whomade_core::diagnostic::{Diagnostic, Severity};

use self::gather::{Row, Setting, State, by_name, of_the_estate, row, setting_of};
use crate::bundle::told::Told;
use crate::cli::{Asking, Rollup};
use crate::kept::identity;
use crate::out::{Out, harmless};
use crate::render::diagnostics;
use crate::saved::{hashes_of, write_whole};
use whomade_inquiry::asking::{Asked, Typed};
use whomade_inquiry::base::load;
use whomade_inquiry::worker::Worker;

/// Runs that can be compared, and their sum.
struct Group {
    setting: Setting,
    /// Places among the rows.
    rows: Vec<usize>,
    sum: Told,
    /// Runs in the sum.
    summed: usize,
}

/// Everything that is told.
struct Table {
    rows: Vec<Row>,
    groups: Vec<Group>,
    said: Vec<Diagnostic>,
}

/// Runs `whomade rollup`.
///
/// # Errors
/// When what was asked cannot be understood, or an output cannot be written.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: &Rollup) -> Result<ExitCode> {
    let rows = if typed.again { worked_again(overlay, typed)? } else { as_kept(typed)? };
    let table = Table::new(rows);
    for one in &table.said {
        if one.severity == Severity::Error || !out.quiet {
            diagnostics::write(&mut out.aside, one)?;
        }
    }
    if let Some(path) = &typed.html {
        write_whole(path, page::page(&table).as_bytes())?;
    }
    let text = if typed.json {
        harmless(&table.json().to_string()).into_owned() + "\n"
    } else if typed.csv {
        table.csv()?
    } else {
        table.text()
    };
    match &typed.output {
        Some(path) => write_whole(path, text.as_bytes())?,
        None => std::io::Write::write_all(&mut out.answers, text.as_bytes())?,
    }
    let named = table.groups.iter().any(|group| group.sum.named > group.sum.answered);
    let unread = table.rows.iter().any(|row| row.state == State::Unreadable)
        || table.groups.iter().all(|group| group.sum.devices == 0);
    Ok(ExitCode::from(if named { 1 } else { 2 * u8::from(unread) }))
}

fn as_kept(typed: &Rollup) -> Result<Vec<Row>> {
    let asking = &typed.asking;
    if Typed::from(asking) != Typed::default() {
        bail!("[rollup/ask] a question needs --again: the runs hold answers to their own");
    }
    Ok(typed.runs.iter().map(|path| row(path, None)).collect())
}

/// Works all of them out with this program's base, for one day and one question.
fn worked_again(overlay: Option<&Path>, typed: &Rollup) -> Result<Vec<Row>> {
    let (known, _) = load(overlay)?;
    let asking = common(typed)?;
    let asked = Asked::check(&known.base, &asking)?;
    let setting = Setting {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        base: Some(identity(&known, overlay)?),
        on: asked.on.to_string(),
        asked: by_name(Typed::from(&asking)),
        policies: hashes_of(&asking.policy),
    };
    let mut worker = Worker::new(&known, &asked);
    let rows = typed.runs.iter().map(|path| {
        // One question for all; where the devices of each stand, and what of them somebody
        // answers for, is its own matter.
        let (sites, exemptions) = of_the_estate(path).unwrap_or_default();
        let mut row = if sites.is_empty() && exemptions.is_empty() {
            row(path, Some(&mut worker))
        } else {
            let asking = Asking { sites, exemptions, ..asking.clone() };
            let asked = Asked::check(&known.base, &asking)?;
            row(path, Some(&mut Worker::new(&known, &asked)))
        };
        row.setting = row.setting.map(|_| setting.clone());
        Ok(row)
    });
    rows.collect()
}

/// The one question: what is typed now, else what all runs were asked.
fn common(typed: &Rollup) -> Result<Asking> {
    let settings = typed.runs.iter().filter_map(|path| setting_of(path).ok());
    let settings: Vec<Setting> = settings
        .map(|one| Setting { asked: Typed { sites: Vec::new(), ..one.asked.clone() }, ..one })
        .collect();
    let Some(first) = settings.first() else { return Ok(typed.asking.clone()) };
    let mut asking = typed.asking.clone();
    if asking.on.is_none() {
        if let Some(other) = settings.iter().find(|one| one.on != first.on) {
            bail!(
                "[rollup/ask] one run asks about {} and another about {}; name the day with --on",
                first.on,
                other.on
            );
        }
        asking.on = Some(first.on.clone());
    }
    let named = Typed { on: None, ..Typed::from(&typed.asking) };
    if named != Typed::default() {
        return Ok(asking);
    }
    let other = |one: &Setting| one.asked != first.asked || one.policies != first.policies;
    if settings.iter().any(other) {
        bail!(
            "[rollup/ask] the runs were asked differently; say who asks with --as, --under or \
             --context"
        );
    }
    Ok(first.asked.under(&asking).into())
}

impl Table {
    fn new(mut rows: Vec<Row>) -> Self {
        rows.sort_by(|one, other| (&one.body, &one.file).cmp(&(&other.body, &other.file)));
        let mut said = Vec::new();
        unread(&rows, &mut said);
        twice(&mut rows, &mut said);
        bodies(&mut rows, &mut said);
        let mut places: BTreeMap<Setting, Vec<usize>> = BTreeMap::new();
        for (at, row) in rows.iter().enumerate() {
            if let Some(setting) = &row.setting {
                places.entry(setting.clone()).or_default().push(at);
            }
        }
        let groups: Vec<Group> = places
            .into_iter()
            .map(|(setting, places)| {
                let mut sum = Told::default();
                let summed = places.iter().filter(|at| rows[**at].state == State::Summed);
                let summed = summed.inspect(|at| sum.join(&rows[**at].told)).count();
                Group { setting, rows: places, sum, summed }
            })
            .collect();
        comparable(&rows, &groups, &mut said);
        Self { rows, groups, said }
    }
}

fn of(row: &Row, said: Diagnostic) -> Diagnostic {
    said.in_file(row.file.display().to_string())
}

fn unread(rows: &[Row], said: &mut Vec<Diagnostic>) {
    for row in rows {
        if let Some(why) = &row.why {
            let short = why.strip_prefix("[rollup/cut-short] ");
            let code = if short.is_some() { "rollup/cut-short" } else { "rollup/unreadable" };
            let why = short.unwrap_or(why).to_owned();
            let next = "ask the body for it again, or screen its register again";
            said.push(of(row, Diagnostic::new(code, why).help(next)));
        }
        if row.state == State::NoAnswer {
            let why = format!("{} answered nothing: its run holds no device", row.body);
            said.push(of(row, Diagnostic::new("rollup/no-answer", why)));
        }
    }
}

/// Finds runs that were given twice, whatever their files are called.
fn twice(rows: &mut [Row], said: &mut Vec<Diagnostic>) {
    for at in 1..rows.len() {
        let (before, rest) = rows.split_at_mut(at);
        let row = &mut rest[0];
        let alike = |one: &&Row| one.state == State::Summed && one.estate == row.estate;
        if row.state != State::Summed {
            continue;
        }
        if let Some(first) = before.iter().find(|one| alike(one) && one.setting == row.setting) {
            let why = format!("the same run as {}", first.file.display());
            let mut one = Diagnostic::new("rollup/same-run", why);
            if first.body != row.body {
                one = one.note(format!("under two names: {} and {}", first.body, row.body));
            }
            said.push(of(row, one));
            row.state = State::SameRun;
        } else if let Some(first) = before.iter().find(alike) {
            let why = format!("the same devices as {}, asked otherwise", first.file.display());
            said.push(of(row, Diagnostic::new("rollup/same-devices", why)));
        }
    }
}

/// Finds bodies of which two runs, made alike, hold different devices.
fn bodies(rows: &mut [Row], said: &mut Vec<Diagnostic>) {
    let mut runs: BTreeMap<(String, Option<Setting>), Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| row.state == State::Summed) {
        runs.entry((row.body.clone(), row.setting.clone())).or_default().push(at);
    }
    for ((body, _), places) in runs {
        let differs = places.iter().any(|at| rows[*at].estate != rows[places[0]].estate);
        if !differs {
            continue;
        }
        let counts: Vec<String> = places
            .iter()
            .map(|at| format!("{} with {}", rows[*at].file.display(), rows[*at].told.devices))
            .collect();
        let why = format!("two runs of {body} hold different devices: {}", counts.join(", "));
        let next = "give them two names with `screen --body`, or leave the older one out";
        said.push(of(&rows[places[0]], Diagnostic::new("rollup/same-body", why).help(next)));
        for at in places {
            rows[at].state = State::SameBody;
        }
    }
}

fn comparable(rows: &[Row], groups: &[Group], said: &mut Vec<Diagnostic>) {
    for row in rows {
        if row.setting.as_ref().is_some_and(|setting| setting.base.is_none()) {
            let why = "the run does not say with which base it was made";
            said.push(of(row, Diagnostic::new("rollup/no-base", why).help("use --again")));
        }
    }
    let Some((first, others)) = groups.split_first() else { return };
    if others.is_empty() {
        return;
    }
    let differs = |differs: fn(&Setting, &Setting) -> bool| {
        others.iter().any(|other| differs(&first.setting, &other.setting))
    };
    let kinds = [
        ("bases", differs(|one, other| one.base != other.base)),
        ("programs", differs(|one, other| one.program != other.program)),
        ("days", differs(|one, other| one.on != other.on)),
        (
            "questions",
            differs(|one, other| (&one.asked, &one.policies) != (&other.asked, &other.policies)),
        ),
    ];
    let kinds: Vec<&str> = kinds.iter().filter(|kind| kind.1).map(|kind| kind.0).collect();
    let why = format!("the runs were made with different {}", kinds.join(", "));
    let mut one = Diagnostic::new("rollup/not-comparable", why);
    for (at, group) in groups.iter().enumerate() {
        let bodies: Vec<&str> = group.rows.iter().map(|at| rows[*at].body.as_str()).collect();
        let with = table::setting_words(&group.setting);
        one = one.note(format!("sum {}: {}: {with}", at + 1, bodies.join(", ")));
    }
    let next = "screen again with the same base, or --again works all of them out here";
    said.push(one.help(next));
}
