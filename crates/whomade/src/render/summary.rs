//! What is said first: what was read, how many by maker and label, by ruling, and what would
//! settle most.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use serde_json::{Value, json};
use whomade_core::kb::Base;
use whomade_core::kb::schema::Regime;
use whomade_core::report::{Standing, clean, counted};
use whomade_core::ruling::Outcome;
use whomade_formats::read::{Because, ColumnUse, Understood, Use};

use crate::out::Out;
use crate::render::finding::told_first;
use crate::render::holes;
use crate::tally::{Group, Tally};
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::Known;

/// Groups shown on a terminal.
pub(crate) const GROUPS_SHOWN_MAX: usize = 12;
/// Rows of each table of makers and labels.
const ROWS_MAX: usize = 18;
/// Characters of a name in a table.
const NAME_CHARS_MAX: usize = 40;
/// Columns without a use that are named.
const UNUSED_SHOWN_MAX: usize = 16;
/// What stands in the maker's column when nobody leads.
const UNKNOWN: &str = "unknown";

/// How to see the devices that a rule would bar if it bound the holder.
const LISTS_THEM: &str =
    "--only would-be-barred,might-be-barred lists them; --csv --rulings has them as a table";

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Says what was understood of a table, and of which file where there are several.
///
/// # Errors
/// When the stream is closed.
pub(crate) fn understood(
    out: &mut dyn Write,
    name: Option<&str>,
    seen: &Understood,
) -> io::Result<()> {
    let mut line = seen.format.word.to_owned();
    if let Some(sheet) = &seen.sheet {
        line += &format!(" {}", clean(sheet));
    }
    if !seen.encoding.is_empty() {
        line += &format!(", {}", seen.encoding);
    }
    if let Some(delimiter) = seen.delimiter {
        let shown = match delimiter {
            b'\t' => "tab".to_owned(),
            other => format!("`{}`", char::from(other)),
        };
        line += &format!(", cells parted by {shown}");
    }
    if let Some(header) = seen.header_line {
        line += &format!(", header in line {header}");
    }
    let (mut columns, mut beside, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    for column in &seen.columns {
        let used = match column.used_as {
            Use::Field(field) => field.id().to_owned(),
            Use::Name => "name".to_owned(),
            Use::Installed => "installed".to_owned(),
            Use::Context => {
                beside.push(heading(column));
                continue;
            }
            Use::Ignored => {
                unread.push(heading(column));
                continue;
            }
        };
        let because = match column.because {
            Because::Header | Because::Nothing => "",
            Because::Content => " (by content)",
            Because::Map => " (by --map)",
        };
        let days = column.days.map(|order| format!(" ({})", order.words())).unwrap_or_default();
        columns.push(format!("{} → {used}{days}{because}", heading(column)));
    }
    let name = name.map(|name| format!("{} ", clean(name))).unwrap_or_default();
    writeln!(out, "{DIM}read {name}as {line}{DIM:#}")?;
    if !columns.is_empty() {
        writeln!(out, "{DIM}  {}{DIM:#}", columns.join(", "))?;
    }
    for (what, list) in [("kept beside, not weighed", &beside), ("not used", &unread)] {
        if !list.is_empty() {
            let more = list.len().saturating_sub(UNUSED_SHOWN_MAX);
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            let shown = list[..list.len() - more].join(", ");
            writeln!(out, "{DIM}  {what}: {shown}{rest}{DIM:#}")?;
        }
    }
    Ok(())
}

fn heading(column: &ColumnUse) -> String {
    match column.header.as_str() {
        "" => format!("column {}", column.index + 1),
        header => clean(header),
    }
}

fn colour(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Barred | Outcome::Restricted => AnsiColor::Red.on_default().bold(),
        Outcome::Undetermined | Outcome::Advised | Outcome::UnknownMaker => {
            AnsiColor::Yellow.on_default()
        }
        _ => Style::new(),
    }
}

/// Writes the summary.
///
/// # Errors
/// When the stream is closed.
pub(crate) fn write(out: &mut Out, known: &Known, asked: &Asked, tally: &Tally) -> Result<()> {
    let out = &mut out.answers;
    if let Some(said) = tally.only.said(tally.devices) {
        writeln!(out, "{said}")?;
    }
    if tally.devices == 0 {
        return Ok(writeln!(out, "{}", tally.only.none())?);
    }
    let [unknown, possible, probable, confirmed] = tally.certainties;
    let plural = if tally.devices == 1 { "" } else { "s" };
    writeln!(
        out,
        "{BOLD}{} device{plural}{BOLD:#}: maker confirmed for {confirmed}, probable for {probable}, \
         possible for {possible}, unknown for {unknown}",
        tally.devices
    )?;
    if tally.contradictions > 0 {
        writeln!(out, "{}", contradictory(tally))?;
    }
    table(out, tally)?;
    rulings(out, asked, tally)?;
    if let Some(holes) = &tally.holes {
        holes::write(out, &known.base, holes)?;
    }
    settle(out, tally)?;
    let fit = &known.weights.fit;
    writeln!(
        out,
        "\n{DIM}Certainty is fitted on {} labelled observations ({} clusters), assuming that \
         before anything is seen {:.0} % of devices are of a make the base does not name.{DIM:#}",
        fit.observations,
        fit.clusters,
        100.0 * fit.base_rate_unknown
    )?;
    Ok(())
}

/// How many devices carry something that does not fit together, by kind.
pub(crate) fn contradictory(tally: &Tally) -> String {
    let kinds = tally.contradiction_kinds.iter();
    let kinds: Vec<String> =
        kinds.map(|(kind, devices)| format!("{} {devices}", kind.plain())).collect();
    let of_them = match tally.contradictions {
        1 => "one of them carries".to_owned(),
        devices => format!("{devices} of them carry"),
    };
    format!("{of_them} something that does not fit together: {}", kinds.join(" · "))
}

fn table(out: &mut dyn Write, tally: &Tally) -> io::Result<()> {
    let rows = by_maker(tally);
    let of =
        |standing| -> Vec<&Row> { rows.iter().filter(|row| row.standing == standing).collect() };
    for standing in Standing::ALL.into_iter().filter(|one| *one != Standing::Unknown) {
        part(out, standing, &of(standing))?;
    }
    let unknown = of(Standing::Unknown);
    if !unknown.is_empty() {
        let devices: u64 = unknown.iter().map(|row| row.devices).sum();
        let names =
            unknown.iter().take(ROWS_MAX).map(|row| format!("{} {}", row.label, row.devices));
        let mut names: Vec<String> = names.collect();
        if unknown.len() > ROWS_MAX {
            names.push(format!("{} further labels", unknown.len() - ROWS_MAX));
        }
        let heading = Standing::Unknown.heading();
        writeln!(out, "\n{BOLD}{heading}: {devices}{BOLD:#}")?;
        writeln!(out, "  sold as {}", names.join(" · "))?;
    }
    Ok(())
}

fn part(out: &mut dyn Write, standing: Standing, rows: &[&Row]) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let wide = |column: fn(&Row) -> &str| {
        let rows = rows.iter().take(ROWS_MAX);
        rows.map(|row| short(column(row)).chars().count()).max().unwrap_or(0)
    };
    let title = standing.heading();
    let (designed, sold) = columns_of(standing);
    let (maker, label) = (wide(|row| &row.maker).max(22), wide(|row| &row.label).max(20));
    let title = format!("{title}: {}", rows.iter().map(|row| row.devices).sum::<u64>());
    writeln!(out, "\n{BOLD}{title}{BOLD:#}")?;
    writeln!(
        out,
        "{DIM}  {:<maker$}  {:<label$}  devices  confirmed  probable  possible{DIM:#}",
        designed, sold
    )?;
    for row in rows.iter().take(ROWS_MAX) {
        let [_, possible, probable, confirmed] = row.certainties.map(count);
        writeln!(
            out,
            "  {:<maker$}  {:<label$}  {:>7}  {confirmed:>9}  {probable:>8}  {possible:>8}",
            short(&row.maker),
            short(&row.label),
            row.devices
        )?;
    }
    if rows.len() > ROWS_MAX {
        let rest: u64 = rows[ROWS_MAX..].iter().map(|row| row.devices).sum();
        let more = counted((rows.len() - ROWS_MAX) as u64, "further row");
        writeln!(out, "  … and {more} with {}", counted(rest, "device"))?;
    }
    Ok(())
}

/// What stands over the makers and over the labels.
pub(crate) const fn columns_of(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::Contradictory => ("most speaks for", "entered as"),
        _ => ("designed by", "sold as"),
    }
}

/// A sentence under a regime, broken where a terminal ends.
fn hanging(text: &str) -> String {
    Out::wrapped(text, 6).replace('\n', "\n      ")
}

/// What fits a column: a label as long as a line must not push the counts away.
fn short(name: &str) -> String {
    if name.chars().count() <= NAME_CHARS_MAX {
        return name.to_owned();
    }
    name.chars().take(NAME_CHARS_MAX - 1).chain(['…']).collect()
}

/// A zero is easier to read as a dot.
fn count(number: u64) -> String {
    if number == 0 { "·".to_owned() } else { number.to_string() }
}

/// A row of the table: a maker and a label.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) standing: Standing,
    pub(crate) maker: String,
    pub(crate) label: String,
    pub(crate) devices: u64,
    pub(crate) certainties: [u64; 4],
}

/// The rows by how the maker stands to the label, the largest first.
pub(crate) fn by_maker(tally: &Tally) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for group in tally.groups() {
        let Group { key, devices, certainties, .. } = group;
        let same = |row: &&mut Row| {
            row.standing == key.standing && row.maker == key.maker && row.label == key.label
        };
        let row = rows.iter_mut().find(same);
        let row = match row {
            Some(row) => row,
            None => {
                rows.push(Row {
                    standing: key.standing,
                    maker: key.maker.clone(),
                    label: key.label.clone(),
                    devices: 0,
                    certainties: [0; 4],
                });
                let last = rows.len() - 1;
                &mut rows[last]
            }
        };
        row.devices += devices;
        for (sum, more) in row.certainties.iter_mut().zip(certainties) {
            *sum += more;
        }
    }
    rows.sort_by(|one, other| {
        (one.standing, std::cmp::Reverse(one.devices), &one.maker, &one.label).cmp(&(
            other.standing,
            std::cmp::Reverse(other.devices),
            &other.maker,
            &other.label,
        ))
    });
    for row in &mut rows {
        if row.maker.is_empty() {
            UNKNOWN.clone_into(&mut row.maker);
        }
        if row.label.is_empty() {
            "(no label)".clone_into(&mut row.label);
        }
    }
    rows
}

fn rulings(out: &mut dyn Write, asked: &Asked, tally: &Tally) -> io::Result<()> {
    let who = match (&asked.preset, asked.open) {
        (Some(preset), _) => format!("as {preset}, on {}", asked.on),
        (None, true) => format!("on {}; nobody said who asks, so nothing is barred", asked.on),
        (None, false) => format!("on {}", asked.on),
    };
    writeln!(out, "\n{BOLD}Rulings {who}{BOLD:#}")?;
    let mut lists_them = false;
    let named = |regime: &&Regime| {
        let mut outcomes = tally.outcomes.keys().filter(|(id, _)| *id == regime.id);
        outcomes.any(|(_, outcome)| outcome.is_finding())
    };
    let (naming, silent): (Vec<&Regime>, Vec<&Regime>) = asked.regimes.iter().partition(named);
    let told = told_first(naming.iter().copied());
    // Where nobody said who asks, those that name nothing here are only listed.
    let shown = if asked.open { naming } else { asked.regimes.iter().collect() };
    for regime in shown {
        let mut parts = Vec::new();
        for outcome in Outcome::ALL {
            let devices = tally.outcomes.get(&(regime.id.clone(), outcome)).copied().unwrap_or(0);
            if devices > 0 {
                let style = colour(outcome);
                let tentative = tally.tentative.get(&regime.id);
                let tentative = tentative.filter(|_| outcome == Outcome::UnknownMaker);
                let of_them = tentative.map(|of_them| format!(" ({of_them} of them possible)"));
                let of_them = of_them.unwrap_or_default();
                let unasked = asked.unasked(&regime.id, outcome);
                let unasked = unasked.map(|why| format!(" ({why})")).unwrap_or_default();
                parts.push(format!("{style}{outcome} {devices}{of_them}{unasked}{style:#}"));
            }
        }
        let read = if asked.on > regime.read_until {
            format!("  {DIM}(sources read to {}){DIM:#}", regime.read_until)
        } else {
            String::new()
        };
        writeln!(out, "  {}: {}{read}", regime.id, parts.join(" · "))?;
        let open = tally.outcomes.get(&(regime.id.clone(), Outcome::Undetermined));
        if asked.open && open.is_some() && told.contains(regime.id.as_str()) {
            let words = hanging(&format!("would be barred for {}", regime.would_bar));
            writeln!(out, "{DIM}    {words}{DIM:#}")?;
        }
        let bound = tally.if_bound.get(&regime.id);
        if let Some(words) = bound.and_then(|bound| bound.words(&regime.would_bar)) {
            writeln!(out, "    {}", hanging(&words))?;
            lists_them = tally.only.words().is_empty();
        }
    }
    if asked.open && !silent.is_empty() {
        let ids: Vec<&str> = silent.iter().map(|one| one.id.as_str()).collect();
        let words = format!("no device is named by {}", ids.join(", "));
        writeln!(out, "{DIM}  {}{DIM:#}", Out::wrapped(&words, 2))?;
    }
    if lists_them {
        writeln!(out, "{DIM}  {LISTS_THEM}{DIM:#}")?;
    }
    Ok(())
}

fn settle(out: &mut dyn Write, tally: &Tally) -> io::Result<()> {
    let asks = asks(tally);
    if asks.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}What would settle most{BOLD:#}")?;
    for (what, devices) in asks {
        let plural = if devices == 1 { "" } else { "s" };
        writeln!(out, "  {what}: the best next step for {devices} device{plural}")?;
    }
    Ok(())
}

/// The three observations that would settle most.
pub(crate) fn asks(tally: &Tally) -> Vec<(&'static str, u64)> {
    let mut asks: Vec<(&'static str, u64)> = tally.asks.values().copied().collect();
    asks.sort_by_key(|(what, devices)| (std::cmp::Reverse(*devices), *what));
    asks.truncate(3);
    asks
}

/// The summary as JSON.
pub(crate) fn json(base: &Base, asked: &Asked, tally: &Tally) -> Value {
    let [unknown, possible, probable, confirmed] = tally.certainties;
    let groups: Vec<Value> = by_maker(tally)
        .into_iter()
        .map(|row| {
            let [unknown, possible, probable, confirmed] = row.certainties;
            json!({
                "standing": row.standing, "maker": row.maker, "label": row.label, "devices": row.devices,
                "unknown": unknown, "possible": possible, "probable": probable,
                "confirmed": confirmed,
            })
        })
        .collect();
    let rulings: Vec<Value> = tally
        .outcomes
        .iter()
        .map(|((regime, outcome), devices)| {
            let mut row = json!({ "regime": regime, "outcome": outcome, "devices": devices });
            if let Some(why) = asked.unasked(regime, *outcome) {
                row["because"] = json!(why);
            }
            row
        })
        .collect();
    let asks: Vec<Value> = asks(tally)
        .into_iter()
        .map(|(what, devices)| json!({ "what": what, "devices": devices }))
        .collect();
    let kinds: serde_json::Map<String, Value> = tally
        .contradiction_kinds
        .iter()
        .map(|(kind, devices)| (kind.word().to_owned(), json!(devices)))
        .collect();
    let bound: serde_json::Map<String, Value> = tally
        .if_bound
        .iter()
        .map(|(regime, one)| {
            let counts =
                json!({ "barred": one.barred, "possible": one.perhaps, "unknown": one.unknown });
            (regime.clone(), counts)
        })
        .collect();
    let mut summary = json!({
        "only": tally.only.words(),
        "devices_read": tally.devices + tally.only.hidden,
        "if_it_bound_the_holder": bound,
        "devices": tally.devices,
        "named": tally.named,
        "contradictions": tally.contradictions,
        "contradictions_by_kind": kinds,
        "certainty": {
            "unknown": unknown, "possible": possible, "probable": probable,
            "confirmed": confirmed,
        },
        "preset": asked.preset,
        "context": asked.context,
        "groups": groups,
        "rulings": rulings,
        "would_settle_most": asks,
    });
    if let Some(others) = tally.only.others() {
        summary["other_equipment"] = others;
    }
    if let Some(holes) = &tally.holes {
        summary["advisories"] = holes.json(base);
    }
    summary
}

/// The summary as rows of a sheet.
pub(crate) fn rows(base: &Base, asked: &Asked, tally: &Tally) -> Vec<Vec<String>> {
    let _ = base;
    let text = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut rows = vec![text(&[
        "standing",
        "maker",
        "sold as",
        "devices",
        "confirmed",
        "probable",
        "possible",
        "unknown",
    ])];
    for row in by_maker(tally) {
        let [unknown, possible, probable, confirmed] = row.certainties.map(|n| n.to_string());
        rows.push(vec![
            row.standing.word().to_owned(),
            row.maker,
            row.label,
            row.devices.to_string(),
            confirmed,
            probable,
            possible,
            unknown,
        ]);
    }
    rows.push(Vec::new());
    rows.push(text(&["regime", "ruling", "devices"]));
    for ((regime, outcome), devices) in &tally.outcomes {
        let why = asked.unasked(regime, *outcome);
        let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
        let word = format!("{outcome}{why}");
        rows.push(vec![regime.clone(), word, devices.to_string()]);
    }
    for regime in &asked.regimes {
        let bound = tally.if_bound.get(&regime.id);
        if let Some(words) = bound.and_then(|bound| bound.words(&regime.would_bar)) {
            rows.push(vec![regime.id.clone(), words]);
        }
    }
    if !tally.contradiction_kinds.is_empty() {
        rows.push(Vec::new());
        rows.push(text(&["does not fit together", "devices"]));
        for (kind, devices) in &tally.contradiction_kinds {
            rows.push(vec![kind.word().to_owned(), devices.to_string()]);
        }
    }
    rows.push(Vec::new());
    rows.push(vec!["day".to_owned(), asked.on.to_string()]);
    rows.push(vec!["asked as".to_owned(), asked.preset.clone().unwrap_or_default()]);
    rows
}
