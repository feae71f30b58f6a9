//! Which column of a table holds what: by the user's word, by headings, by content.

use std::sync::Arc;

use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::document::nearest;
use whomade_core::observation::Field;

use super::records::{OwnedRow, Row};
use super::report::Report;
use super::words::{self, Claim};
use super::{Because, ColumnUse, DayOrder, Options, Use, content, days, mac, models, tools};

/// Rows from the top among which the header is sought.
pub(crate) const HEADER_ROWS_MAX: usize = 40;

/// Cells of a row that tell whether it is the header.
const SCORED_CELLS: usize = 512;

/// Values of a column that are looked at to recognise it by content.
const LOOK_VALUES: usize = 120;

/// Of ten values so many must have a form for the column to be taken as that.
const ALIKE_OF_TEN: usize = 6;

/// Whether a value has the form of a field.
type Form = fn(&str) -> bool;

/// Columns of addresses that are read: wired, wireless, and one more of each.
const MAC_COLUMNS_MAX: usize = 4;

/// Headings shown in a diagnostic.
const HEADINGS_SHOWN: usize = 30;

/// A column that is read.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// Its place, counted from 0.
    pub(crate) index: usize,
    /// What it is read as.
    pub(crate) used_as: Use,
    /// Its heading.
    pub(crate) heading: Arc<str>,
    /// Which number of a day is the day, in a column of days.
    pub(crate) days: DayOrder,
}

/// What is read of a table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    /// The place of the header among the rows looked at.
    pub(crate) header: Option<usize>,
    /// Cells of a full row.
    pub(crate) width: usize,
    /// Every column.
    pub(crate) columns: Vec<ColumnUse>,
    /// The columns that are read.
    pub(crate) steps: Vec<Step>,
    /// Columns of which nothing is kept, not even as it stood there.
    pub(crate) secrets: Vec<usize>,
    /// Which entries of `--map` were of use.
    pub(crate) mapped: Vec<bool>,
    /// What its dates and its models leave open.
    pub(crate) open: Vec<Diagnostic>,
}

/// A column while its use is being decided.
pub(super) struct Draft {
    pub(super) heading: String,
    pub(super) claim: Option<Claim>,
    pub(super) because: Because,
    filled: usize,
}

impl Draft {
    /// Whether it is used as that.
    pub(super) fn is(&self, used_as: Use) -> bool {
        self.claim.is_some_and(|claim| claim.used_as == used_as)
    }
}

/// Decides what is read of a table from its first rows.
pub(crate) fn plan(sample: &[OwnedRow], options: &Options, report: &mut Report<'_>) -> Plan {
    let header = find_header(sample, options);
    let body = header.map_or(0, |place| place + 1);
    let width = match header {
        Some(place) => trimmed_width(&sample[place].view()),
        None => sample.iter().map(|row| trimmed_width(&row.view())).max().unwrap_or(0),
    };
    let all = sample[body.min(sample.len())..].iter();
    let wide = all.map(|row| trimmed_width(&row.view())).max().unwrap_or(0).max(width);
    let mut drafts = drafts(sample, header, wide);
    leave_our_own(&mut drafts);
    tools::settle(&mut drafts);
    apply_known(&mut drafts, options);
    let mapped = apply_map(&mut drafts, options);
    tools::settle_addresses(&mut drafts, &sample[body.min(sample.len())..]);
    models::settle_types(&mut drafts, &sample[body.min(sample.len())..]);
    by_content(&mut drafts, &sample[body.min(sample.len())..], header.is_some());
    settle_products(&mut drafts);
    let place = header.map(|place| &sample[place]);
    settle_doubles(&mut drafts, place, report);
    let secrets = tools::secrets(&drafts);
    let open = models::maybe(&drafts, &sample[body.min(sample.len())..]);
    let mut plan = finish(drafts, header, width, mapped);
    plan.open.extend(open);
    plan.secrets = secrets;
    days::decide(&mut plan, &sample[body.min(sample.len())..], options);
    plan
}

fn finish(drafts: Vec<Draft>, header: Option<usize>, width: usize, mapped: Vec<bool>) -> Plan {
    let mut plan = Plan { header, width, mapped, ..Plan::default() };
    for (index, draft) in drafts.into_iter().enumerate() {
        let used_as = draft.claim.map_or(Use::Ignored, |claim| claim.used_as);
        if used_as != Use::Ignored {
            let heading = Arc::from(draft.heading.as_str());
            plan.steps.push(Step { index, used_as, heading, days: DayOrder::default() });
        }
        // A column without anything in it is none.
        if used_as == Use::Ignored && draft.heading.is_empty() && draft.filled == 0 {
            continue;
        }
        plan.columns.push(ColumnUse {
            index: u32::try_from(index).unwrap_or(u32::MAX),
            header: draft.heading,
            used_as,
            because: if used_as == Use::Ignored { Because::Nothing } else { draft.because },
            days: None,
        });
    }
    plan
}

/// Cells of a row without the blank ones at its end.
fn trimmed_width(row: &Row<'_>) -> usize {
    (0..row.cells.len())
        .rev()
        .find(|index| !row.value(*index).is_empty())
        .map_or(0, |last| last + 1)
}

fn find_header(sample: &[OwnedRow], options: &Options) -> Option<usize> {
    let width = sample.iter().map(|row| filled(&row.view())).max().unwrap_or(0);
    let mut best: Option<(usize, usize)> = None;
    for (place, row) in sample.iter().take(HEADER_ROWS_MAX).enumerate() {
        let score = header_score(&row.view(), width, options);
        if score > best.map_or(0, |(_, score)| score) {
            best = Some((place, score));
        }
    }
    best.map(|(place, _)| place).or_else(|| unknown_header(sample))
}

fn filled(row: &Row<'_>) -> usize {
    (0..row.cells.len()).filter(|index| !row.value(*index).is_empty()).count()
}

/// How much a row looks like a header; 0: not at all.
fn header_score(row: &Row<'_>, width: usize, options: &Options) -> usize {
    let (mut known, mut score, mut telling, mut mapped) = (0, 0, false, false);
    for index in 0..row.cells.len().min(SCORED_CELLS) {
        let value = row.value(index);
        if looks_like_content(value) {
            return 0;
        }
        if options.map.iter().any(|(_, name)| same_heading(value, name)) {
            mapped = true;
            score += 3;
        }
        let Some(claim) = words::claim(value).filter(|_| value.len() <= 80) else { continue };
        known += 1;
        let worth = match (claim.used_as, claim.weak) {
            (Use::Field(_), false) => 3,
            (Use::Name | Use::Installed, false) => 2,
            _ => 1,
        };
        telling |= worth > 1 || claim.used_as == Use::Field(Field::Product);
        score += worth;
    }
    let cells = filled(row);
    let narrow = cells * 3 >= width;
    let enough = (known >= 2 && telling) || (known == 1 && telling && (cells >= 2 || width <= 2));
    if (mapped || enough) && narrow && known * 4 >= cells.min(12) {
        score
    } else {
        usize::from(mapped)
    }
}

/// A value that stands in data and never in a heading.
fn looks_like_content(value: &str) -> bool {
    content::is_mac(value) || content::is_firmware(value) || content::is_serial(value)
}

/// A first row of unknown words over a column whose cells have a form that the row has not.
fn unknown_header(sample: &[OwnedRow]) -> Option<usize> {
    let (first, rest) = sample.split_first()?;
    let first = first.view();
    let full = (0..first.cells.len()).all(|index| {
        let value = first.value(index);
        !value.is_empty() && !looks_like_content(value) && !content::is_model(value)
    });
    if !full || rest.is_empty() {
        return None;
    }
    let formed = |index: usize, form: Form| {
        let values: Vec<&str> = values(rest, index).collect();
        alike(&values, form)
    };
    (0..first.cells.len())
        .any(|index| formed(index, looks_like_content) || formed(index, content::is_model))
        .then_some(0)
}

pub(super) fn values(rows: &[OwnedRow], index: usize) -> impl Iterator<Item = &str> {
    rows.iter()
        .map(move |row| row.view().value(index))
        .filter(|value| !value.is_empty() && !content::is_blank_word(value))
        .take(LOOK_VALUES)
}

pub(super) fn alike(values: &[&str], form: Form) -> bool {
    let hits = values.iter().filter(|value| form(value)).count();
    hits > 0 && hits * 10 >= values.len() * ALIKE_OF_TEN
}

fn drafts(sample: &[OwnedRow], header: Option<usize>, width: usize) -> Vec<Draft> {
    let body = &sample[header.map_or(0, |place| place + 1).min(sample.len())..];
    (0..width)
        .map(|index| {
            let heading = header.map_or("", |place| sample[place].view().value(index));
            let claim = if heading.is_empty() { None } else { words::claim(heading) };
            Draft {
                heading: heading.to_owned(),
                claim,
                because: if claim.is_some() { Because::Header } else { Because::Nothing },
                filled: values(body, index).count(),
            }
        })
        .collect()
}

fn same_heading(heading: &str, name: &str) -> bool {
    let (heading, name) = (heading.trim(), name.trim());
    !heading.is_empty()
        && (heading.to_lowercase() == name.to_lowercase()
            || (!words::fold(name).is_empty() && words::fold(heading) == words::fold(name)))
}

/// Gives columns to the fields that the user named; tells which entries found theirs.
fn apply_known(drafts: &mut [Draft], options: &Options) {
    for (used_as, name) in &options.known {
        if let Some(draft) = drafts.iter_mut().find(|draft| draft.heading == *name) {
            draft.claim = Some(Claim { used_as: *used_as, weak: false });
            draft.because = Because::Header;
        }
    }
}

fn apply_map(drafts: &mut [Draft], options: &Options) -> Vec<bool> {
    let mut mapped = vec![];
    for (used_as, name) in &options.map {
        let place = drafts.iter().position(|draft| same_heading(&draft.heading, name));
        let place = place.or_else(|| column_number(name).filter(|at| *at < drafts.len()));
        mapped.push(place.is_some());
        let Some(place) = place else { continue };
        // The user's word takes the field from every other column.
        for draft in drafts.iter_mut() {
            if draft.is(*used_as) && draft.because != Because::Map {
                draft.claim = Some(Claim { used_as: Use::Context, weak: false });
            }
        }
        drafts[place].claim = Some(Claim { used_as: *used_as, weak: false });
        drafts[place].because = Because::Map;
    }
    mapped
}

/// A column by number (from 1) or letter (A to XFD), counted from 0.
fn column_number(name: &str) -> Option<usize> {
    let name = name.trim();
    if let Ok(number) = name.parse::<usize>() {
        return number.checked_sub(1);
    }
    if name.is_empty() || name.len() > 3 || !name.bytes().all(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    let number = name
        .bytes()
        .fold(0, |sum, byte| sum * 26 + usize::from(byte.to_ascii_uppercase() - b'A') + 1);
    Some(number - 1)
}

/// Columns that this program appended or wrote are answers, and an answer is no evidence: a file
/// that was screened before must not say more the second time.
fn leave_our_own(drafts: &mut [Draft]) {
    const ANSWERS: [&str; 12] = [
        "maker",
        "certainty",
        "why",
        "contradicts",
        "ruling",
        "regime",
        "missing",
        "would settle it",
        "would be",
        "provision",
        "since",
        "file",
    ];
    let headings: Vec<String> = drafts.iter().map(|draft| words::fold(&draft.heading)).collect();
    let has = |heading: &str| headings.iter().any(|one| one == heading);
    let ours = has("maker") && has("certainty") && has("ruling") && has("regime");
    let summary = has("maker") && has("sold as") && has("devices") && has("confirmed");
    for (draft, heading) in drafts.iter_mut().zip(&headings) {
        let answer = ours && ANSWERS.contains(&heading.as_str());
        if summary || answer || heading.starts_with("whomade ") {
            draft.claim = Some(Claim { used_as: Use::Context, weak: false });
        }
    }
}

/// The letter of a column, counted from 0, as a spreadsheet shows it.
pub(super) fn column_letter(mut index: usize) -> String {
    let mut letters = String::new();
    loop {
        letters.insert(0, char::from(b'A' + (index % 26) as u8));
        match (index / 26).checked_sub(1) {
            Some(more) => index = more,
            None => return letters,
        }
    }
}

/// Recognises columns whose heading says nothing by their cells.
fn by_content(drafts: &mut [Draft], rows: &[OwnedRow], headed: bool) {
    const FORMS: [(Field, Form); 4] = [
        (Field::Mac, is_mac_or_damaged),
        (Field::Firmware, content::is_firmware),
        (Field::Serial, content::is_serial),
        (Field::Model, content::is_model),
    ];
    let taken: Vec<Field> = FORMS
        .iter()
        .map(|(field, _)| *field)
        .chain([Field::Product])
        .filter(|field| {
            let used_as = Use::Field(*field);
            drafts.iter().any(|draft| draft.claim.is_some_and(|c| c.used_as == used_as))
        })
        .collect();
    let free = |field: Field| !taken.contains(&field);
    for (index, draft) in drafts.iter_mut().enumerate() {
        if draft.claim.is_some() || draft.filled == 0 {
            continue;
        }
        let values: Vec<&str> = values(rows, index).collect();
        let form = FORMS.iter().find(|(field, form)| free(*field) && alike(&values, *form));
        let field = match form {
            Some((field, _)) => Some(*field),
            None if !headed && free(Field::Product) && alike(&values, is_product) => {
                Some(Field::Product)
            }
            None => None,
        };
        if let Some(field) = field {
            draft.claim = Some(Claim { used_as: Use::Field(field), weak: true });
            draft.because = Because::Content;
        }
    }
}

fn is_mac_or_damaged(value: &str) -> bool {
    content::is_mac(value)
        || (value.len() >= 12
            && value.bytes().filter(|b| matches!(b, b':' | b'-')).count() == 5
            && matches!(mac::find(value), mac::Found::Damaged(_)))
}

fn is_product(value: &str) -> bool {
    content::recognise(value) == Some(Field::Product)
        && value.split_whitespace().any(content::is_model)
}

/// Decides what a column called "product" or "description" holds beside the others.
fn settle_products(drafts: &mut [Draft]) {
    const NAMES_A_MODEL: [&str; 12] = [
        "product",
        "product name",
        "produkt",
        "produktname",
        "produit",
        "producto",
        "produto",
        "prodotto",
        "item",
        "article",
        "artikel",
        "articulo",
    ];
    let has = |drafts: &[Draft], field: Field| {
        drafts.iter().any(|d| d.claim.is_some_and(|c| c.used_as == Use::Field(field)))
    };
    let labelled = has(drafts, Field::Label) || has(drafts, Field::Company);
    let modelled = has(drafts, Field::Model);
    let named = drafts.iter().any(|d| d.claim.is_some_and(|c| c.used_as == Use::Name));
    for draft in drafts {
        let Some(claim) = &mut draft.claim else { continue };
        if claim.used_as != Use::Field(Field::Product) || !claim.weak {
            continue;
        }
        let names_a_model = NAMES_A_MODEL.contains(&words::fold(&draft.heading).as_str());
        if labelled && modelled {
            let names = !named && words::fold(&draft.heading) == "designation";
            claim.used_as = if names { Use::Name } else { Use::Context };
        } else if labelled && names_a_model {
            claim.used_as = Use::Field(Field::Model);
        }
    }
}

/// Leaves one column to every field and to the name; a device with two sockets or a radio beside
/// its socket has two addresses, so columns of addresses stand beside each other.
fn settle_doubles(drafts: &mut [Draft], header: Option<&OwnedRow>, report: &mut Report<'_>) {
    for index in 0..drafts.len() {
        let Some(claim) = drafts[index].claim else { continue };
        if matches!(claim.used_as, Use::Context | Use::Ignored) {
            continue;
        }
        let rivals: Vec<usize> = (0..drafts.len())
            .filter(|other| drafts[*other].claim.is_some_and(|c| c.used_as == claim.used_as))
            .collect();
        if rivals.len() < 2 {
            continue;
        }
        let rank = |at: &usize| {
            let draft = &drafts[*at];
            let weak = draft.claim.is_some_and(|claim| claim.weak);
            // Numbers of rows are a name only where nothing else is.
            let named = claim.used_as != Use::Name || !words::counts_rows(&draft.heading);
            (draft.because == Because::Map, draft.because == Because::Header, !weak, named)
        };
        let best_rank = rivals.iter().map(rank).max().unwrap_or_default();
        let best: Vec<usize> = rivals.iter().copied().filter(|at| rank(at) == best_rank).collect();
        let kept = if claim.used_as == Use::Field(Field::Mac) { MAC_COLUMNS_MAX } else { 1 };
        if best.len() <= kept {
            give_way(drafts, rivals.iter().filter(|at| !best.contains(at)));
            continue;
        }
        // Of equally full ones the plainer heading: "Model" before "Model type".
        let words = |at: &usize| words::fold(&drafts[*at].heading).split(' ').count();
        let merit = |at: &usize| (drafts[*at].filled, std::cmp::Reverse(words(at)));
        let fullest = best.iter().map(merit).max();
        let winner = best.iter().copied().find(|at| Some(merit(at)) == fullest);
        let winner = winner.unwrap_or(index);
        if let (Use::Field(field), [_, _, ..]) = (claim.used_as, best.as_slice())
            && field != Field::Product
        {
            tell_doubles(drafts, field, winner, &best, header, report);
        }
        give_way(drafts, rivals.iter().filter(|rival| **rival != winner));
    }
}

fn give_way<'a>(drafts: &mut [Draft], columns: impl Iterator<Item = &'a usize>) {
    for at in columns {
        drafts[*at].claim = Some(Claim { used_as: Use::Context, weak: false });
    }
}

fn tell_doubles(
    drafts: &[Draft],
    field: Field,
    winner: usize,
    best: &[usize],
    header: Option<&OwnedRow>,
    report: &mut Report<'_>,
) {
    let again = |at: usize| {
        let others = best.iter().filter(|other| **other != at);
        others.clone().any(|other| same_heading(&drafts[*other].heading, &drafts[at].heading))
    };
    let title = |at: usize| match drafts[at].heading.as_str() {
        "" => format!("column {}", at + 1),
        // Two columns with one heading are told apart by their letters.
        heading if again(at) => {
            format!("\u{201C}{heading}\u{201D} (column {})", column_letter(at))
        }
        heading => format!("\u{201C}{heading}\u{201D}"),
    };
    let all: Vec<String> = best.iter().map(|at| title(*at)).collect();
    let mut said = Diagnostic::new(
        "read/two-columns",
        format!("{} all hold the {field}; {} was taken", all.join(" and "), title(winner)),
    );
    if all.len() == 2 {
        said.message =
            format!("{} both hold the {field}; {} was taken", all.join(" and "), title(winner));
    }
    let said = said
        .note(format!("{} of the first rows have a value there", drafts[winner].filled))
        .help(match best.iter().find(|at| **at != winner && again(winner)) {
            Some(other) => {
                format!("choose with a column's letter: --map {field}={}", column_letter(*other))
            }
            None => format!("choose with --map {field}=COLUMN"),
        });
    let source = Arc::clone(&report.source);
    report.say(match header {
        Some(row) => {
            let view = row.view();
            said.at(report.place(row.line, view.text, view.span(winner), "taken"))
        }
        None => said.in_file(source),
    });
}

/// Says which entries of `--map` found no column in any table of the file.
pub(crate) fn tell_unmapped(
    options: &Options,
    mapped: &[bool],
    columns: &[ColumnUse],
    report: &mut Report<'_>,
) {
    for ((used_as, name), _) in options.map.iter().zip(mapped).filter(|(_, mapped)| !**mapped) {
        let headings: Vec<&str> = columns
            .iter()
            .map(|column| column.header.as_str())
            .filter(|heading| !heading.is_empty())
            .take(HEADINGS_SHOWN)
            .collect();
        let mut said = Diagnostic::new(
            "read/bad-map",
            format!(
                "--map {}={name}: the file has no column \u{201C}{name}\u{201D}",
                used_as.word()
            ),
        );
        if !headings.is_empty() {
            said = said.note(format!("its columns are: {}", headings.join(", ")));
        }
        said = said.note("nothing of the file is answered: a column that was meant is missing");
        report.say_of_file(said.help(match nearest(name, headings.into_iter()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name a heading, a column letter or a number from 1".to_owned(),
        }));
    }
}

/// Whether anything is read that tells one maker from another.
pub(crate) fn tells_something(plan: &Plan) -> bool {
    plan.steps.iter().any(|step| matches!(step.used_as, Use::Field(_)))
}
