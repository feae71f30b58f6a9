//! What several papers share: what is open, the way from the record to the ruling, what
//! was not looked at, sources.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};

use super::matter::samples;
use super::{BLANK, Blocks, Fact, Item, Matter, days};
use crate::attribution::Certainty;
use crate::kb::Facts;
use crate::kb::schema::Reading;
use crate::observation::{Field, Side};
use crate::report::{DeviceReport, clean};
use crate::ruling::{MAKER, Outcome, SEAT};

/// Rows of a table of devices; further ones are counted.
pub(super) const ROWS_MAX: usize = 400;
/// Names of devices in one cell.
const NAMES_MAX: usize = 6;
/// Things that could not be read, told one by one.
const UNREAD_MAX: usize = 20;

/// `1 device`, `2 devices`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// The day with its weekday: `Tuesday 2026-11-24`.
pub(super) fn day_words(day: Date) -> String {
    let weekday = match day.weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    };
    format!("{weekday} {day}")
}

/// How a text was read, for people.
pub(super) const fn reading_words(reading: Reading) -> &'static str {
    match reading {
        Reading::Primary => "the text was read",
        Reading::Secondary => "read in a copy or a report",
        Reading::Quoted => "known through somebody else's quotation",
        Reading::Recalled => "known only by recall: nobody read the text",
    }
}

/// The names of some devices, a few in full.
pub(super) fn names(items: &[&Item]) -> String {
    let mut text: Vec<&str> = items.iter().take(NAMES_MAX).map(|item| item.name.as_str()).collect();
    let more = items.len().saturating_sub(NAMES_MAX);
    let rest = format!("and {more} more");
    if more > 0 {
        text.push(&rest);
    }
    text.join(", ")
}

/// How surely, with the counts behind it.
pub(super) fn certainty_words(report: &DeviceReport) -> String {
    let design = &report.design;
    let mut text = design.certainty.to_owned();
    if let Some(record) = &design.record {
        let bound = format!("{:.2}", record.lower_bound);
        text += &format!(
            "; {} of {} labelled observations like it were right ({}, lower bound {})",
            record.right,
            record.of,
            count(record.clusters as usize, "cluster", "clusters"),
            bound.trim_start_matches('0'),
        );
    }
    if !design.held_back.is_empty() {
        text += &format!("; not surer because {}", design.held_back);
    }
    text
}

/// That no device is open, which is no clearance where a rule was silent on the day.
fn nobody_open(matter: &Matter<'_>, regimes: &[&str]) -> String {
    let (on, clears) = (matter.on, "that clears nothing");
    let silent = match days::silent(matter, regimes).len() {
        0 => String::new(),
        1 => format!(" One of these rules was not in force on {on}; {clears}."),
        n => format!(" {n} of these rules were not in force on {on}; {clears}."),
    };
    format!(
        "No device here is open: every maker is established, and no fact that a rule turns on is \
         missing.{silent}"
    )
}

/// What is not reported as found, and what would settle it.
pub(super) fn open<'m>(
    matter: &Matter<'m>,
    items: &[&'m Item],
    regimes: &[&str],
    out: &mut Blocks,
) {
    out.heading("To be settled, and reported as nothing yet");
    if items.is_empty() {
        out.paragraph(nobody_open(matter, regimes));
        return;
    }
    let found = items.iter().filter(|item| item.is_found()).count();
    let maker = items.len() - found;
    let mut said = Vec::new();
    if maker > 0 {
        said.push(format!(
            "Of {} the maker is unknown or no more than possible. They are neither accused nor \
             cleared.",
            count(maker, "device", "devices")
        ));
    }
    if found > 0 {
        said.push(format!(
            "Of {} the maker is known surely enough, but facts that the rule turns on are not \
             known.",
            count(found, "device", "devices")
        ));
    }
    out.paragraph(said.join(" "));
    missing(matter, items, regimes, out);
    let all = samples(items);
    let rows = all.iter().take(ROWS_MAX).map(|one| {
        let item = one.item;
        let settle = match (&item.settle, item.is_found()) {
            (_, true) => keys_of(item, &matter.missing(item, regimes)),
            (Some((what, _)), _) => (*what).to_owned(),
            (None, _) => "the device itself, asked by its owner".to_owned(),
        };
        let maker = match item.certainty {
            Certainty::Unknown => "unknown".to_owned(),
            word => format!("{} {}", word.word(), item.maker_words()),
        };
        vec![
            item.label.clone(),
            item.model.clone(),
            one.all.len().to_string(),
            names(&one.all),
            maker,
            settle,
        ]
    });
    let columns = ["Sold as", "Model", "Devices", "Which", "Maker", "What would settle it"];
    out.table("Open devices", &columns, rows.collect());
    if all.len() > ROWS_MAX {
        let more = all.len() - ROWS_MAX;
        out.note(format!("… and {more} further rows, which `screen --csv` lists."));
    }
    let mut how: BTreeMap<&str, &str> = BTreeMap::new();
    for item in items.iter().filter(|item| !item.is_found()) {
        how.extend(item.settle.iter().map(|(what, how)| (*what, how.as_str())));
    }
    let seat = |item: &&Item| item.is_found() && matter.missing(item, regimes).contains(&SEAT);
    if items.iter().any(seat) {
        how.insert("where a maker has its seat", SEAT_HOW);
    }
    if !how.is_empty() {
        out.subheading("How");
        out.steps(how.iter().map(|(what, how)| format!("{what}: {how}")).collect());
    }
}

/// What would settle a device of an established maker: what can be told, and a seat, which only a
/// source can show.
fn keys_of(item: &Item, keys: &[&str]) -> String {
    let tell: Vec<&str> = keys.iter().copied().filter(|key| ![MAKER, SEAT].contains(key)).collect();
    let mut said = Vec::new();
    if !tell.is_empty() {
        said.push(format!("tell: {}", tell.join(", ")));
    }
    if keys.contains(&SEAT) {
        said.push(format!("a source that shows where {} has its seat", item.maker_words()));
    }
    said.join("; ")
}

/// How a seat is settled.
const SEAT_HOW: &str = "a company register or a filing of the company; no --context tells it: it \
                        stands with its source in the base, `country` in kb/makers";

/// The facts that decide and were not told, each with the question to ask.
pub(super) fn missing<'m>(
    matter: &Matter<'m>,
    items: &[&'m Item],
    regimes: &[&str],
    out: &mut Blocks,
) {
    let mut keys: BTreeMap<&str, usize> = BTreeMap::new();
    for key in items.iter().flat_map(|item| matter.missing(item, regimes)) {
        *keys.entry(key).or_default() += 1;
    }
    let known = &matter.base.facts.context.keys;
    let steps = known.iter().filter_map(|key| {
        let devices = keys.get(key.id.as_str())?;
        let values: Vec<&str> = key.values.iter().map(|one| one.id.as_str()).collect();
        Some(format!(
            "{} (decides for {}; --context {}=… with {})",
            key.ask,
            count(*devices, "device", "devices"),
            key.id,
            crate::report::join_or(&values)
        ))
    });
    let steps: Vec<String> = steps.collect();
    if !steps.is_empty() {
        out.subheading("Not told, and it decides");
        out.steps(steps);
    }
}

/// One device in full: what was seen, what that says, which rule follows by which steps.
pub(super) fn shown(matter: &Matter<'_>, item: &Item, regimes: &[&str], out: &mut Blocks) {
    let Some(report) = &item.report else { return };
    out.subheading(report.headline.clone());
    let mut facts = vec![Fact::known("Record", &*item.place)];
    let told = [("Sold as", &item.label), ("Model", &item.model), ("Site", &item.site)];
    facts.extend(
        told.iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| Fact::known(*name, value.as_str())),
    );
    if !item.supplier.is_empty() {
        facts.push(Fact::known("Supplied or installed by", &*item.supplier));
    }
    facts.push(Fact::known("Certainty", certainty_words(report)));
    out.facts(facts);
    evidence(item, report, out);
    for one in &report.contradictions {
        out.note(format!("Does not fit together ({}): {}.", one.kind, one.says));
    }
    steps(matter, report, regimes, out);
}

pub(super) fn evidence(item: &Item, report: &DeviceReport, out: &mut Blocks) {
    let rows = report.evidence.iter().map(|one| {
        let derived = one.derived.as_ref().map(|text| format!(" → {}", clean(text)));
        let against = if one.contradicts { " (against the answer)" } else { "" };
        // In a line of text the byte is a place; in a sheet it would point into no cell.
        let place = match one.span {
            Some((from, _)) if report.source.sheet.is_none() => {
                format!("{}:{}", item.place, from + 1)
            }
            _ => item.place.clone(),
        };
        vec![
            format!("{} {}{}", one.field, clean(&one.value), derived.unwrap_or_default()),
            place,
            format!("{} as {}{against}: {}", one.of.name, one.role, one.why),
            format!("{} [{}]", one.fact, out.cite(&one.sources)),
        ]
    });
    let rows = rows.collect();
    let columns = ["Seen", "Where", "What it says", "Fact [sources]"];
    out.table("Evidence", &columns, rows);
}

fn steps(matter: &Matter<'_>, report: &DeviceReport, regimes: &[&str], out: &mut Blocks) {
    let asked = report.rulings.iter().filter(|one| regimes.contains(&one.regime.as_str()));
    let mut rows = Vec::new();
    for ruling in asked {
        let spoke = ruling.outcome != Outcome::NoRule;
        let steps = ruling.steps.iter().filter(|step| spoke && step.outcome == ruling.outcome);
        for step in steps {
            let relied: Vec<String> =
                step.relied_on.iter().map(|(key, value)| format!("{key} = {value}")).collect();
            rows.push(vec![
                format!("{} ({})", step.citation, ruling.regime),
                format!("{}, since {}", step.outcome.meaning(), step.from),
                relied.join(", "),
                reading_words(reading_of(matter, &ruling.regime, &step.provision)).to_owned(),
            ]);
        }
    }
    out.table("Steps of the rule", &["Provision", "Answer", "Relied on", "The text"], rows);
}

fn reading_of(matter: &Matter<'_>, regime: &str, provision: &str) -> Reading {
    let regime = matter.regimes.iter().find(|one| one.id == regime);
    let found = regime.and_then(|one| one.provisions.iter().find(|one| one.id == provision));
    found.map_or(Reading::Recalled, |one| one.reading)
}

/// The fields that spoke for the maker of a device, each once.
pub(super) fn spoke(item: &Item) -> String {
    let mut fields: Vec<&str> = Vec::new();
    for one in item.report.iter().flat_map(|report| &report.evidence) {
        if !one.contradicts && !fields.contains(&one.field) {
            fields.push(one.field);
        }
    }
    fields.join(", ")
}

/// What was looked at, and what was not.
pub(super) fn not_looked(matter: &Matter<'_>, out: &mut Blocks) {
    let looked = matter.looked;
    out.heading("What was looked at, and what was not");
    let rows = looked.tables.iter().map(|table| {
        let used = table.used.iter().map(|(heading, field)| format!("{heading} → {field}"));
        vec![
            table.name.clone(),
            used.collect::<Vec<_>>().join(", "),
            table.beside.join(", "),
            table.unused.join(", "),
        ]
    });
    let columns = ["Table", "Read as", "Kept beside, not weighed", "Not read"];
    out.table("Records searched", &columns, rows.collect());
    let mut said: Vec<String> = looked.twice.iter().map(|one| format!("{one}.")).collect();
    said.extend(gaps(matter));
    if looked.kept_run {
        said.push(
            "The devices come from a run that was kept; it does not hold which columns of the \
             files were not read."
                .to_owned(),
        );
    }
    for regime in matter.regimes.iter().filter(|one| matter.on > one.read_until) {
        said.push(format!(
            "Our sources on {} reach to {}; changes since then are not in the base.",
            regime.id, regime.read_until
        ));
    }
    let asked: Vec<&str> = matter.regimes.iter().map(|one| one.id.as_str()).collect();
    let rest: Vec<&str> = matter
        .base
        .facts
        .regimes
        .keys()
        .map(String::as_str)
        .filter(|id| !asked.contains(id))
        .collect();
    if !rest.is_empty() {
        said.push(format!("Regimes that were not asked: {}.", rest.join(", ")));
    }
    out.steps(said);
    if !looked.unread.is_empty() {
        out.subheading("What could not be read as it stood");
        let mut unread: Vec<String> = looked.unread.iter().take(UNREAD_MAX).cloned().collect();
        let more = looked.unread.len().saturating_sub(UNREAD_MAX);
        if more > 0 {
            unread.push(format!("… and {more} more"));
        }
        out.steps(unread);
    }
}

/// That a paper does not hold every device of the records, or counts some twice, said where its
/// numbers stand.
pub(super) fn beyond(matter: &Matter<'_>, out: &mut Blocks) {
    for one in &matter.looked.twice {
        out.paragraph(format!("{one}."));
    }
    let beyond = usize::try_from(matter.looked.beyond).unwrap_or(usize::MAX);
    if beyond > 0 {
        out.paragraph(format!(
            "The records hold {} more, beyond the limit of a paper: nothing here counts them.",
            count(beyond, "device", "devices")
        ));
    }
}

fn gaps(matter: &Matter<'_>) -> Vec<String> {
    let looked = matter.looked;
    let mut said = Vec::new();
    let all = matter.devices.len();
    let no_model = matter.devices.iter().filter(|item| item.model.is_empty()).count();
    let no_label = matter.devices.iter().filter(|item| item.label.is_empty()).count();
    if no_model > 0 {
        said.push(format!("{no_model} of {all} devices have no model number in the records."));
    }
    if no_label > 0 {
        said.push(format!("{no_label} of {all} devices have no label in the records."));
    }
    if matter.devices.iter().all(|item| item.supplier.is_empty()) {
        said.push("No column says who sold or installed a device.".to_owned());
    } else {
        said.extend(without_supplier(matter.devices));
    }
    if !looked.tables.is_empty() {
        let used: BTreeSet<&str> =
            looked.tables.iter().flat_map(|one| &one.used).map(|(_, id)| id.as_str()).collect();
        let wanted = [
            ("model", "model numbers"),
            ("mac", "hardware addresses"),
            ("serial", "serial numbers"),
            ("firmware", "firmware versions"),
        ];
        for (_, what) in wanted.iter().filter(|(id, _)| !used.contains(id)) {
            said.push(format!("No table has a column of {what}."));
        }
        let speaks = |id: &&str| {
            let quiet = ["mac", "serial", "firmware"].contains(id);
            !quiet && Field::from_id(id).is_some_and(|field| field.side() == Side::Device)
        };
        if !used.iter().any(speaks) {
            said.push(
                "Nothing that a device itself says on the network was among the records."
                    .to_owned(),
            );
        }
    }
    if !matter.context.contains_key("chip") {
        said.push("Parts inside, such as the main chip and the radio, were not looked at.".into());
    }
    said
}

/// Tables of which no row says who sold or installed a device, where others do.
fn without_supplier(devices: &[Item]) -> Vec<String> {
    let mut tables: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
    for item in devices {
        let table = item.place.rsplit_once(':').map_or(item.place.as_str(), |(table, _)| table);
        let entry = tables.entry(table).or_default();
        entry.0 += 1;
        entry.1 |= !item.supplier.is_empty();
    }
    let silent = tables.into_iter().filter(|(_, (_, named))| !named);
    let said = silent.map(|(table, (devices, _))| {
        let devices = count(devices, "device", "devices");
        format!("Nothing in {table} says who sold or installed its {devices}.")
    });
    said.collect()
}

/// The sources behind what was said of some devices and rules, and all that the paper named before.
pub(super) fn sources(matter: &Matter<'_>, items: &[&Item], more: &[&str], out: &mut Blocks) {
    let cited = out.cited().clone();
    let mut ids: BTreeSet<&str> = cited.iter().map(String::as_str).collect();
    ids.extend(more);
    for report in items.iter().filter_map(|item| item.report.as_deref()) {
        ids.extend(report.evidence.iter().flat_map(|one| &one.sources).map(String::as_str));
    }
    listed(&matter.base.facts, &ids, out);
}

/// Sources by their ids, each with where it stands and how it was read.
pub(super) fn listed(facts: &Facts, ids: &BTreeSet<&str>, out: &mut Blocks) {
    let rows = ids.iter().filter_map(|id| {
        let source = facts.sources.get(*id)?;
        let by = source.by.as_ref().map(|by| format!("{by}: ")).unwrap_or_default();
        let date = source.date.as_ref().map(|date| format!(", {date}")).unwrap_or_default();
        Some(vec![
            (*id).to_owned(),
            format!("{by}{}{date}", source.title),
            source.url.clone().unwrap_or_default(),
            reading_words(source.reading).to_owned(),
        ])
    });
    let rows: Vec<Vec<String>> = rows.collect();
    if !rows.is_empty() {
        out.heading("Sources");
        out.table("What the facts rest on", &["Id", "Source", "Address", "How it was read"], rows);
    }
}

/// How a paper is to be read.
pub(super) fn method(out: &mut Blocks) {
    out.heading("How to read this");
    out.paragraph(
        "A finding is about a device, by what was seen of it, never about a label or a seller. \
         Confirmed: the device itself writes it in a form that only this maker's code writes. \
         Probable: two independent kinds of evidence, one of them from the device or from a \
         sourced supply that names the model. Possible: somebody leads, and no more can be said. \
         Unknown clears nobody. Only what is probable or surer is reported as found.",
    );
    out.note("Not legal advice: a ruling says what the words give for the facts they were told.");
}

/// Lines to sign on, with what was told of the signer.
pub(super) fn signature(matter: &Matter<'_>, out: &mut Blocks) {
    sign(matter.told, out);
}

/// The same of what was told alone.
pub(super) fn sign(told: &BTreeMap<String, String>, out: &mut Blocks) {
    let line = |key: &str, name: &str| match told.get(key) {
        Some(value) => Fact::known(name, value),
        None => Fact::blank(name, ""),
    };
    let lines = vec![
        line("signer", "Name"),
        line("position", "Position"),
        line("signed-on", "Date"),
        Fact::blank("Signature", ""),
    ];
    out.0.push(super::Block::Signature { lines });
}

/// The suppliers that the records name, each with its devices, the most devices first.
#[must_use]
pub fn suppliers_of(items: &[Item]) -> Vec<(String, usize)> {
    let mut all: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for item in items.iter().filter(|item| !item.supplier.is_empty()) {
        let key = item.supplier.to_lowercase();
        all.entry(key).or_insert_with(|| (item.supplier.clone(), 0)).1 += 1;
    }
    let mut all: Vec<(String, usize)> = all.into_values().collect();
    all.sort_by(|one, other| (other.1, &one.0).cmp(&(one.1, &other.0)));
    all
}

/// Whether two names of suppliers may be one firm's: they begin with the same word of some
/// length, or differ in no more than signs, blanks and the form of company.
pub(super) fn alike(one: &str, other: &str) -> bool {
    const LETTERS_MIN: usize = 4;
    const FORMS: [&str; 9] =
        ["ltd", "limited", "inc", "llc", "co", "corp", "plc", "company", "incorporated"];
    let words = |name: &str| -> Vec<String> {
        let plain = |word: &str| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        name.to_lowercase().split_whitespace().map(plain).filter(|word| !word.is_empty()).collect()
    };
    let (one, other) = (words(one), words(other));
    let first = one.first().filter(|word| word.chars().count() >= LETTERS_MIN);
    let joined = |words: &[String]| -> String {
        words.iter().filter(|word| !FORMS.contains(&word.as_str())).map(String::as_str).collect()
    };
    first.is_some() && first == other.first() || joined(&one) == joined(&other)
}

/// A cell of a value that may be missing.
pub(super) fn or_blank(value: &str) -> String {
    if value.is_empty() { BLANK.to_owned() } else { value.to_owned() }
}
