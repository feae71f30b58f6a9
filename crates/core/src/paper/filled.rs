//! A form of the base, filled in: what was found in its fields, what nobody told as blanks.

use std::collections::BTreeMap;

use super::common::{self, count, names, reading_words};
use super::matter::samples;
use super::reach::{self, named};
use super::{
    BLANK, Blocks, Fact, Item, Matter, Paper, Sample, VERSION, bound, clocks, days, inquiry,
    regime, summary,
};
use crate::attribution::Certainty;
use crate::kb::schema::{FieldFrom, Form, FormField, FormPart, PaperKind};
use crate::ruling::holds;

/// Devices shown in full; a longer annex is no reading matter.
const FULL_MAX: usize = 500;

/// Devices of which a field of a return names each.
const WHICH_MAX: usize = 60;
/// What stands before words that were told where boxes are to be ticked.
const OWN_WORDS: &str = "In the signer's own words; no box is ticked here";

/// Composes the paper of forms that stand together.
#[must_use]
pub fn form(matter: &Matter<'_>, kind: &str, forms: &[&Form]) -> Paper {
    let mut out = Blocks::default();
    let (standing, told_off) = standing(matter, forms);
    let first = standing.first().or(forms.first());
    let mut regimes: Vec<&str> = Vec::new();
    let shown: &[&Form] = if standing.is_empty() { forms } else { &standing };
    for id in shown.iter().flat_map(|form| &form.regimes) {
        if !regimes.contains(&id.as_str()) {
            regimes.push(id);
        }
    }
    let is = |wanted: PaperKind| first.is_some_and(|form| form.paper == wanted);
    let found =
        if is(PaperKind::Return) { named(matter, &regimes) } else { matter.barred(&regimes) };
    let open = matter.open_under(&regimes);
    let outside = if is(PaperKind::Return) { Vec::new() } else { reach::outside(matter, &regimes) };
    let seen = Seen { found: &found, open: &open, outside: &outside };
    glance(matter, &seen, &regimes, is(PaperKind::Return), &mut out);
    for form in told_off {
        out.note(format!(
            "{} ({}) is not asked for by what was told: {}.",
            form.title,
            form.citation,
            told_words(matter, form)
        ));
    }
    // A form that is not asked for starts no clock.
    if is(PaperKind::Report) && !found.is_empty() && !standing.is_empty() {
        clocks::clocks(matter, &standing, &found, &mut out);
    }
    if is(PaperKind::Return) {
        bound::whom(matter, &regimes, &mut out);
        out.heading("Who made them");
        summary::makers(matter, &mut out);
    }
    let mut before = Before::default();
    for form in &standing {
        let alone = standing.len() == 1;
        let filled = Filled { matter, form, found: &found, alone };
        filled.write(&mut before, &mut out);
    }
    if is(PaperKind::Representation) {
        inquiry::file(matter, &regimes, &found, &open, &mut out);
    }
    behind(matter, first.map(|form| form.paper), &seen, &regimes, &mut out);
    let mut more = regime::sources(matter, &regimes);
    more.extend(standing.iter().flat_map(|form| &form.sources).map(String::as_str));
    common::not_looked(matter, &mut out);
    common::sources(matter, &found, &more, &mut out);
    common::method(&mut out);
    for form in &standing {
        Filled { matter, form, found: &found, alone: true }.notes(&mut out);
    }
    Paper {
        v: VERSION,
        kind: kind.to_owned(),
        over: first.map(|form| form.citation.clone()).unwrap_or_default(),
        title: title_of(shown),
        lead: lead(matter, first.map_or("", |form| form.summary.as_str())),
        on: matter.on,
        made_with: matter.made_with.clone(),
        blocks: out.0,
    }
}

/// What stands behind a filled-in form: what is open, what is outside, what was found and why.
fn behind(
    matter: &Matter<'_>,
    paper: Option<PaperKind>,
    seen: &Seen<'_, '_>,
    regimes: &[&str],
    out: &mut Blocks,
) {
    if paper == Some(PaperKind::Return) {
        out.0.push(super::Block::NewPage);
        out.heading("Behind the answers");
        out.paragraph(
            "From here on stands how the answers were come by, for whoever has to show it; the \
             last page is not to be sent.",
        );
    }
    if !matches!(paper, Some(PaperKind::Return | PaperKind::Waiver)) {
        return annex(matter, regimes, seen, out);
    }
    common::open(matter, seen.open, regimes, out);
    reach::list(matter, regimes, seen.outside, out);
    list(seen.found, out);
    regime::words(matter, seen.found, regimes, out);
}

/// The forms that are asked for, with those beside them, and those that what was told rules out.
fn standing<'m>(matter: &Matter<'m>, forms: &[&'m Form]) -> (Vec<&'m Form>, Vec<&'m Form>) {
    let mut standing: Vec<&Form> = Vec::new();
    let mut told_off = Vec::new();
    for form in forms {
        if holds(&form.when, matter.context) == Some(false) {
            told_off.push(*form);
        } else {
            standing.push(form);
        }
        for id in &form.beside {
            let Some(beside) = matter.base.facts.forms.get(id) else { continue };
            let known = standing.iter().any(|one| one.id == *id);
            if !known && holds(&beside.when, matter.context) == Some(true) {
                standing.push(beside);
            }
        }
    }
    (standing, told_off)
}

fn told_words(matter: &Matter<'_>, form: &Form) -> String {
    let told =
        form.when.keys().filter_map(|key| Some(format!("{key} = {}", matter.context.get(key)?)));
    told.collect::<Vec<_>>().join(", ")
}

/// The title of one form, or of several of a kind.
fn title_of(forms: &[&Form]) -> String {
    match forms {
        [form, _, ..] if form.paper == PaperKind::Representation => {
            "Representations, and the file of the inquiry behind them".to_owned()
        }
        [form, ..] => form.title.clone(),
        [] => String::new(),
    }
}

pub(super) fn lead(matter: &Matter<'_>, summary: &str) -> String {
    let who = matter.preset.map(|preset| format!("Asked as {preset}, for {}.", matter.on));
    let who = who.unwrap_or_else(|| format!("Asked for {}.", matter.on));
    let files = matter.looked.files.join(", ");
    let from = if files.is_empty() { String::new() } else { format!(" From {files}.") };
    format!("{summary} {who}{from}").trim_start().to_owned()
}

/// What the records hold, in three heaps.
struct Seen<'s, 'm> {
    /// What the paper is about.
    found: &'s [&'m Item],
    /// What is to be settled.
    open: &'s [&'m Item],
    /// Of a named producer, and outside by what was told.
    outside: &'s [&'m Item],
}

fn glance(
    matter: &Matter<'_>,
    seen: &Seen<'_, '_>,
    regimes: &[&str],
    is_return: bool,
    out: &mut Blocks,
) {
    let what = if is_return { "of a maker that a rule names" } else { "barred on what was told" };
    let mut numbers = vec![
        (matter.devices.len() as u64, "devices in the records".to_owned()),
        (seen.found.len() as u64, what.to_owned()),
        (seen.open.len() as u64, "to be settled".to_owned()),
    ];
    if is_return {
        let barred = matter.barred(regimes).len() as u64;
        numbers.insert(2, (barred, "barred for whoever answers here".to_owned()));
    }
    if !seen.outside.is_empty() {
        let what = reach::outside_words(matter, regimes, seen.outside);
        numbers.push((seen.outside.len() as u64, what));
    }
    out.0.push(super::Block::Numbers { numbers });
    common::beyond(matter, out);
    for regime in matter.regimes.iter().filter(|one| regimes.contains(&one.id.as_str())) {
        if let Some(act) = reach::not_asked(regime, matter.context) {
            let words = reach::not_asked_words(act);
            out.note(format!("{} ({}): {words}.", regime.title, regime.id));
        }
    }
    days::say(matter, regimes, out);
    bound::unhelpful(matter, regimes, out);
    if seen.found.is_empty() && !is_return {
        out.paragraph(nothing(matter, seen, regimes));
        bound::say(matter, regimes, out);
        common::missing(matter, seen.open, regimes, out);
    }
}

/// What it means that nothing is barred: never more than the records carry.
fn nothing(matter: &Matter<'_>, seen: &Seen<'_, '_>, regimes: &[&str]) -> String {
    if days::decides(matter, regimes) {
        return reach::counted(matter, seen.outside, seen.open);
    }
    if let Some(said) = reach::neither_way(matter, regimes) {
        return said;
    }
    let mut said = match (seen.open.is_empty(), seen.outside.is_empty()) {
        (true, true) => {
            return "Nothing was found that this paper is about, and no device is open.".to_owned();
        }
        (_, true) => "Nothing is reported as found. That clears nothing: some devices are open, \
                      for a maker or a fact that is not known."
            .to_owned(),
        (_, false) => format!(
            "Nothing is barred on what was told. {} of a named producer: {}.",
            count(seen.outside.len(), "device is", "devices are"),
            reach::why(matter, regimes, seen.outside)
        ),
    };
    let (named, keys) = reach::turning(matter, regimes, seen.open);
    if named > 0 {
        said += &format!(
            " {} of a named producer; whether the rule bars them turns on facts not told: {}.",
            count(named, "device is", "devices are"),
            keys.join(", ")
        );
    }
    let unknown = seen.open.iter().filter(|item| !item.is_found()).count();
    if unknown > 0 {
        said +=
            &format!(" Of {} the maker is not established.", count(unknown, "device", "devices"));
    }
    said
}

/// What was found, a row for each kind, with what speaks for it.
fn list(found: &[&Item], out: &mut Blocks) {
    let rows = samples(found).into_iter().take(common::ROWS_MAX).map(|one| {
        let item = one.item;
        vec![
            item.label.clone(),
            item.model.clone(),
            one.all.len().to_string(),
            names(&one.all),
            item.maker_words(),
            item.certainty.word().to_owned(),
            common::spoke(item),
            item.place.clone(),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    if !rows.is_empty() {
        out.heading("What was found");
        let columns =
            ["Sold as", "Model", "Devices", "Which", "Maker", "Certainty", "Spoke", "First record"];
        out.table("`report device NAME` shows any of them in full", &columns, rows);
    }
}

fn annex(matter: &Matter<'_>, regimes: &[&str], seen: &Seen<'_, '_>, out: &mut Blocks) {
    common::open(matter, seen.open, regimes, out);
    reach::list(matter, regimes, seen.outside, out);
    let all: Vec<&Item> = seen.found.iter().chain(seen.outside).copied().collect();
    if all.is_empty() {
        return;
    }
    regime::words(matter, seen.found, regimes, out);
    out.heading("Each device, its evidence and the steps of the rule");
    let full: Vec<&&Item> = all.iter().filter(|item| item.report.is_some()).collect();
    for item in full.iter().take(FULL_MAX) {
        common::shown(matter, item, regimes, out);
    }
    if all.len() > FULL_MAX.min(full.len()) {
        let more = all.len() - FULL_MAX.min(full.len());
        out.note(format!(
            "… and {more} further devices, each of which `report device NAME` shows in full."
        ));
    }
}

/// One form with what fills it.
struct Filled<'f, 'm> {
    matter: &'f Matter<'m>,
    form: &'f Form,
    found: &'f [&'m Item],
    /// Whether no other form stands on the paper.
    alone: bool,
}

/// What earlier forms of the paper hold, each with the paragraph where it stands: the same table,
/// or the same boxes, are not printed twice.
#[derive(Default)]
struct Before {
    tables: Vec<(Vec<String>, Vec<Vec<String>>, String)>,
    boxes: Vec<(String, Vec<String>, String)>,
}

impl Filled<'_, '_> {
    fn write(&self, before: &mut Before, out: &mut Blocks) {
        let report = self.form.paper == PaperKind::Report;
        if report && self.found.is_empty() {
            return;
        }
        // Alone its title is the paper's.
        out.heading(if self.alone { "Field by field" } else { self.form.title.as_str() });
        if !self.goes_out() {
            out.note(self.known());
        }
        for part in &self.form.parts {
            self.part(part, before, out);
        }
        common::signature(self.matter, out);
    }

    /// Whether the paper is an answer that goes out as it stands: then what is meant for whoever
    /// fills it in stands apart.
    fn goes_out(&self) -> bool {
        self.form.paper == PaperKind::Return
    }

    /// How the form is known, and what to mind when it is filled in.
    fn known(&self) -> String {
        format!(
            "{}. How it is known: {}. {}",
            self.form.citation,
            reading_words(self.form.reading),
            self.form.note.as_deref().unwrap_or_default()
        )
    }

    /// What is meant for whoever fills the form in, on a page of its own.
    fn notes(&self, out: &mut Blocks) {
        if !self.goes_out() {
            return;
        }
        out.0.push(super::Block::NewPage);
        out.heading("Notes for whoever fills this in: not to be sent");
        out.paragraph(self.known());
        let fields =
            self.form.parts.iter().flat_map(|part| {
                part.fields.iter().map(move |field| (field, self.fact(part, field)))
            });
        let blank = fields.filter(|(_, fact)| fact.value.is_none());
        out.steps(
            blank
                .map(|(field, fact)| format!("{}: {}", fact.name, ask_words(&fact, field)))
                .collect(),
        );
    }

    fn part(&self, part: &FormPart, before: &mut Before, out: &mut Blocks) {
        let here = format!("{} {}", part.id, part.title);
        out.subheading(here.clone());
        out.paragraph(part.asks.clone());
        let (each, once): (Vec<&FormField>, Vec<&FormField>) =
            part.fields.iter().partition(|field| field.is_each());
        let ticked = |field: &&&FormField| !field.offers.is_empty();
        let plain = once.iter().filter(|field| !ticked(field));
        let mut facts: Vec<Fact> = plain.map(|field| self.fact(part, field)).collect();
        for fact in facts.iter_mut().filter(|_| self.goes_out()) {
            fact.hint.clear();
        }
        out.facts(facts);
        self.table(&each, &here, before, out);
        for field in once.iter().filter(ticked) {
            out.paragraph(format!("{}. {}", field.label, field.help));
            let mut offers = field.offers.clone();
            let yes_or_no = offers.len() == 2;
            if !yes_or_no {
                offers.push(format!("Other: {BLANK}"));
                let mut same = before.boxes.iter();
                let same = same.find(|(id, boxes, _)| *id == field.id && *boxes == offers);
                if let Some((.., place)) = same {
                    out.paragraph(format!("The boxes are those under {place}."));
                    continue;
                }
                before.boxes.push((field.id.clone(), offers.clone(), here.clone()));
            }
            out.ticks(offers);
            // The boxes stay: what was told stands beside them and ticks none.
            if let Some(words) = self.told(field) {
                out.facts(vec![Fact::known(OWN_WORDS, words)]);
            }
        }
    }

    /// What was told for a field; nothing where its value is worked out.
    fn told(&self, field: &FormField) -> Option<&str> {
        self.matter.told(&field.id).filter(|_| !field.from.is_worked_out())
    }

    fn fact(&self, part: &FormPart, field: &FormField) -> Fact {
        let value = match field.from {
            FieldFrom::Context => field.key.as_deref().and_then(|key| self.context(key)),
            FieldFrom::Answer => Some(self.answer(part)),
            FieldFrom::Total => Some(self.matter.devices.len().to_string()),
            FieldFrom::Makers => Some(self.makers()),
            FieldFrom::Named => Some(format!("{}: {}", self.found.len(), self.found_makers())),
            FieldFrom::Open => Some(self.unsettled()),
            _ => None,
        };
        let value = value.or_else(|| self.told(field).map(str::to_owned));
        let ask = field.ask.clone().or_else(|| {
            let key = field.key.as_ref()?;
            Some(format!("whoever knows it (--context {key}=…)"))
        });
        Fact {
            name: field.label.clone(),
            hint: ask.unwrap_or_else(|| field.help.clone()),
            required: field.required,
            value,
        }
    }

    /// What was told by a key: its meaning, in a return of how many devices it was told, and which.
    fn context(&self, key: &str) -> Option<String> {
        let value = self.matter.context.get(key)?;
        if self.form.paper == PaperKind::Return {
            let which = match self.found {
                [] => String::new(),
                found => {
                    let all: Vec<&str> = found.iter().map(|item| item.name.as_str()).collect();
                    let more = all.len().saturating_sub(WHICH_MAX);
                    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
                    format!(": {}{rest}", all[..all.len() - more].join(", "))
                }
            };
            return Some(format!(
                "{}, as told for all {} alike and not site by site ({key} = {value}); {} of a maker \
                 that a rule names{which}",
                value.replace('-', " "),
                count(self.matter.devices.len(), "device", "devices"),
                self.found.len(),
            ));
        }
        let known = self.matter.base.facts.context.keys.iter().find(|one| one.id == *key);
        let known = known?.values.iter().find(|one| one.id == *value);
        Some(known.map_or(value.clone(), |one| one.meaning.clone()))
    }

    /// What the records show of the question of a part.
    fn answer(&self, part: &FormPart) -> String {
        let own = if part.regimes.is_empty() { &self.form.regimes } else { &part.regimes };
        let regimes: Vec<&str> = own.iter().map(String::as_str).collect();
        reach::answer(self.matter, &regimes)
    }

    fn makers(&self) -> String {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for item in self.matter.devices.iter().filter(|item| item.is_found()) {
            *counts.entry(item.maker_words()).or_default() += 1;
        }
        let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
        counts.sort_by(|one, other| (other.1, &one.0).cmp(&(one.1, &other.0)));
        let words = counts.iter().map(|(name, devices)| format!("{name} {devices}"));
        let words = words.collect::<Vec<_>>().join(", ");
        if words.is_empty() { "none is established".to_owned() } else { words }
    }

    fn found_makers(&self) -> String {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for item in self.found {
            *counts.entry(item.maker_words()).or_default() += 1;
        }
        let words = counts.iter().map(|(name, devices)| format!("{name} {devices}"));
        let words = words.collect::<Vec<_>>().join(", ");
        if words.is_empty() { "none".to_owned() } else { words }
    }

    fn unsettled(&self) -> String {
        let of = |word| self.matter.devices.iter().filter(|one| one.certainty == word).count();
        let (unknown, possible) = (of(Certainty::Unknown), of(Certainty::Possible));
        format!("{}: {unknown} unknown, {possible} no more than possible", unknown + possible)
    }

    fn table(&self, fields: &[&FormField], here: &str, before: &mut Before, out: &mut Blocks) {
        if fields.is_empty() {
            return;
        }
        let all = samples(self.found);
        let rows = all.iter().take(common::ROWS_MAX);
        let rows = rows.map(|one| fields.iter().map(|field| self.cell(field, one)).collect());
        let columns: Vec<&str> = fields.iter().map(|field| field.label.as_str()).collect();
        let caption = format!(
            "{} in {}",
            count(self.found.len(), "device", "devices"),
            count(all.len(), "kind", "kinds")
        );
        let rows: Vec<Vec<String>> = rows.collect();
        let ids: Vec<String> = fields.iter().map(|field| field.id.clone()).collect();
        let mut same = before.tables.iter();
        let same = same.find(|(known, all, _)| *known == ids && *all == rows && !rows.is_empty());
        if let Some((.., place)) = same {
            out.paragraph(format!("{caption}: the rows are those under {place}."));
            return;
        }
        before.tables.push((ids, rows.clone(), here.to_owned()));
        let blank =
            |at: usize| rows.iter().any(|row| row.get(at).is_some_and(|cell| cell == BLANK));
        let asks = fields.iter().enumerate().filter(|(at, _)| blank(*at));
        let asks: Vec<String> = asks
            .filter_map(|(_, field)| Some(format!("{}: ask {}", field.label, field.ask.as_ref()?)))
            .collect();
        if rows.is_empty() {
            out.paragraph(
                "Nothing to list: no device is barred on what was told. That clears nothing.",
            );
        }
        out.table(caption, &columns, rows);
        let sorts = fields.iter().any(|field| field.from == FieldFrom::Description);
        let untold = all.iter().filter(|one| one.item.class.is_none()).count();
        if sorts && untold > 0 {
            out.note(format!(
                "In {} the number does not tell the sort, such as camera or recorder.",
                count(untold, "row", "rows")
            ));
        }
        if !asks.is_empty() {
            out.note(format!("Where a cell is blank: {}.", asks.join("; ")));
        }
    }

    fn cell(&self, field: &FormField, one: &Sample<'_>) -> String {
        let item = one.item;
        match field.from {
            FieldFrom::Supplier if item.supplier.is_empty() => {
                self.told(field).unwrap_or(BLANK).to_owned()
            }
            FieldFrom::Supplier => item.supplier.clone(),
            FieldFrom::Label => common::or_blank(&item.label),
            FieldFrom::Model if item.model.is_empty() => BLANK.to_owned(),
            FieldFrom::Model => format!("{} ({})", item.model, number_kind(self.matter, item)),
            FieldFrom::Description => {
                let told = self.matter.context.get("equipment");
                let told = told.map_or_else(|| "equipment".to_owned(), |id| id.replace('-', " "));
                let what = item.class.map_or(told, |class| class.words().to_owned());
                format!("{what}; {} ({})", one.all.len(), names(&one.all))
            }
            FieldFrom::Producer => format!("{}, {}", item.maker_words(), item.certainty.word()),
            FieldFrom::Place => item.place.clone(),
            _ => self.told(field).unwrap_or(BLANK).to_owned(),
        }
    }
}

/// Whom to ask for a blank, and what belongs into it.
fn ask_words(fact: &Fact, field: &FormField) -> String {
    format!("ask {}. {}", fact.hint, field.help)
}

/// Whose number it is, as far as label and maker tell.
fn number_kind(matter: &Matter<'_>, item: &Item) -> &'static str {
    let own = item.makers.first().is_some_and(|maker| {
        maker.name.eq_ignore_ascii_case(&item.label)
            || matter
                .base
                .names
                .find(&item.label)
                .is_some_and(|(of, _)| matter.base.id(of) == maker.id)
    });
    if own { "the maker's own number" } else { "number under this label" }
}
