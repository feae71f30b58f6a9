//! A supplier's answer as a record, and what it says beside what the devices show.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::common;
use super::matter::samples;
use super::stated::{denies, is_model_number, names_no_company};
use super::{Fact, Item, Matter};
use crate::attribution::Certainty;
use crate::kb::schema::Conditions;
use crate::kb::{Base, Entity, Facts};

/// So many model numbers of sentences are shown.
const MENTIONED_SHOWN: usize = 12;

/// What was read out of an answer: questions with answers, and rows about models.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answered {
    /// The file.
    pub file: String,
    /// Questions and answers, as they stand there.
    pub pairs: Vec<(Asks, String)>,
    /// What is said of each model.
    pub models: Vec<ModelSaid>,
    /// Lines that are no answer to a question of the letter.
    pub other: usize,
    /// Words of those lines that are like model numbers, each once.
    pub mentioned: Vec<String>,
}

impl Answered {
    /// Who answers, or to whom the letter went, as it stands there.
    #[must_use]
    pub fn supplier(&self) -> Option<&str> {
        let found = self.pairs.iter().find(|(asks, _)| *asks == Asks::Supplier);
        found.map(|(_, value)| value.trim()).filter(|value| !says_nothing(value))
    }
}

/// The questions of the letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Who answers.
    Supplier,
    /// When.
    Date,
    /// Who signs.
    Signer,
    /// As what.
    Position,
    /// The rule or clause.
    Clause,
    /// Until when it is valid.
    Expires,
    /// The signature itself.
    Signature,
}

/// What an answer says of one model number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSaid {
    /// The model number, as written.
    pub model: String,
    /// Who produced it, as stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub producer: Option<String>,
    /// Whose design and firmware it is, as stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub design: Option<String>,
    /// The main chip, as stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soc: Option<String>,
    /// The radio module, as stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub radio: Option<String>,
}

/// A supplier's answer, kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LetterRecord {
    /// The version of this shape.
    pub v: u32,
    /// The file it was read from.
    #[serde(default)]
    pub file: String,
    /// The day on which it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_on: Option<Date>,
    /// Who answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
    /// The day of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// Who signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// As what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// The rule or clause that it is given for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// The last day on which it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Date>,
    /// Models with a producer stated.
    #[serde(default)]
    pub models_covered: Vec<String>,
    /// Models that were asked about and are not covered.
    #[serde(default)]
    pub asked_but_not_covered: Vec<String>,
    /// Models that are covered and were not asked about.
    #[serde(default)]
    pub covered_but_not_asked: Vec<String>,
    /// Whether it was known what was asked.
    #[serde(default)]
    pub compared_with_asked: bool,
    /// What the answer leaves out or writes unclearly.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// What it says that a rule asks about, or that somebody should look into.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raises: Vec<String>,
    /// What it says of each model.
    #[serde(default, rename = "model")]
    pub models: Vec<ModelSaid>,
}

/// A model number as it is compared: dashes, blanks and case are how people type; every other
/// character counts.
#[must_use]
pub fn folded(model: &str) -> String {
    let dash = |c: char| if "‐‑‒–—−".contains(c) { '-' } else { c };
    model.chars().filter(|c| !c.is_whitespace()).map(dash).flat_map(char::to_uppercase).collect()
}

/// Words with which people say that they do not know.
fn says_nothing(text: &str) -> bool {
    let lower = text.trim().trim_matches(['.', '"', '_', '-', '?']).trim().to_lowercase();
    let nothing =
        ["", "not known", "unknown", "n/a", "na", "tbc", "tbd", "don't know", "none given"];
    nothing.contains(&lower.as_str())
}

/// Makes the record of an answer. `asked` are the models of the letter that was sent, or those
/// found of this supplier; none: it is not known what was asked.
#[must_use]
pub fn record(answered: &Answered, asked: Option<&[String]>, on: Date) -> LetterRecord {
    let mut lacks = Vec::new();
    let of = |asks: Asks| {
        let found = answered.pairs.iter().find(|(one, value)| *one == asks && !says_nothing(value));
        found.map(|(_, value)| value.trim().to_owned())
    };
    let mut day = |asks: Asks, what: &str| {
        let Some(text) = of(asks) else {
            lacks.push(format!("{what} is not given"));
            return None;
        };
        let day = text.parse::<Date>().ok();
        if day.is_none() {
            lacks.push(format!("{what} `{text}` is not clear; write YYYY-MM-DD"));
        }
        day
    };
    let (date, expires) = (day(Asks::Date, "the date"), day(Asks::Expires, "how long it is valid"));
    let signer = of(Asks::Signer);
    let supplier = of(Asks::Supplier);
    let clause = of(Asks::Clause);
    for (given, what) in [
        (&supplier, "who answers"),
        (&signer, "who signs"),
        (&clause, "the rule or clause"),
        (&of(Asks::Signature), "a signature"),
    ] {
        if given.is_none() {
            lacks.push(format!("{what} is not given"));
        }
    }
    if answered.models.is_empty() {
        lacks.push(no_model(answered));
    }
    in_order(date, expires, on, &mut lacks);
    unusable(answered, asked, &mut lacks);
    let stated = |one: &&ModelSaid| covers(one, asked);
    let covered: Vec<String> =
        answered.models.iter().filter(stated).map(|one| one.model.clone()).collect();
    no_chip(answered, asked, &mut lacks);
    // Rows that came back without a producer were asked about all the same.
    let was_asked = |model: &str| asked.is_none_or(|asked| has(asked, model));
    let open_row = |one: &&ModelSaid| match one.producer {
        None => true,
        Some(_) => !covers(one, asked) && is_number(&one.model, asked) && was_asked(&one.model),
    };
    let blank = answered.models.iter().filter(open_row).map(|one| &one.model);
    let mut open: Vec<String> = Vec::new();
    for model in asked.unwrap_or_default().iter().chain(blank) {
        if !has(&covered, model) && !has(&open, model) {
            open.push(model.clone());
        }
    }
    let beyond = |model: &&String| asked.is_some_and(|asked| !has(asked, model));
    LetterRecord {
        v: super::VERSION,
        file: answered.file.clone(),
        read_on: Some(on),
        covered_but_not_asked: covered.iter().filter(beyond).cloned().collect(),
        models_covered: covered,
        asked_but_not_covered: open,
        compared_with_asked: asked.is_some(),
        models: answered.models.clone(),
        position: of(Asks::Position),
        supplier,
        date,
        signer,
        clause,
        expires,
        lacks,
        raises: Vec::new(),
    }
}

/// Says of how many models that are covered the main chip is not stated.
fn no_chip(answered: &Answered, asked: Option<&[String]>, lacks: &mut Vec<String>) {
    let covered = answered.models.iter().filter(|one| covers(one, asked));
    let open = covered.filter(|one| one.soc.is_none()).count();
    if open > 0 {
        let models = if open == 1 { "1 model".to_owned() } else { format!("{open} models") };
        lacks.push(format!("of {models} the main chip is not stated"));
    }
}

fn has(list: &[String], model: &str) -> bool {
    list.iter().any(|one| folded(one) == folded(model))
}

/// Whether a cell is a model number, or was asked about as it stands.
fn is_number(model: &str, asked: Option<&[String]>) -> bool {
    is_model_number(model) || asked.is_some_and(|asked| has(asked, model))
}

/// Whether a row says of one model which company produced it.
fn covers(said: &ModelSaid, asked: Option<&[String]>) -> bool {
    let company = said.producer.as_ref().is_some_and(|text| !names_no_company(text));
    company && is_number(&said.model, asked)
}

/// Why no row names a model.
fn no_model(answered: &Answered) -> String {
    let all = &answered.mentioned;
    if all.is_empty() {
        return "no model number is named; a claim about all that was sold covers none".into();
    }
    let shown: Vec<&str> = all.iter().take(MENTIONED_SHOWN).map(String::as_str).collect();
    let more = match all.len() - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "sentences name {}{more}; sentences are not read as an answer: put each model with its \
         producer into the table of the letter, and ask the supplier to sign that",
        shown.join(", ")
    )
}

/// Says where the days cannot be as they stand.
fn in_order(date: Option<Date>, expires: Option<Date>, on: Date, lacks: &mut Vec<String>) {
    if let Some(date) = date.filter(|date| *date > on) {
        lacks.push(format!("it is dated {date}, after the day on which it was read, {on}"));
    }
    if let (Some(date), Some(expires)) = (date, expires)
        && expires < date
    {
        lacks.push(format!("it is valid until {expires}, before the day it is dated, {date}"));
    }
}

/// Says which rows look like an answer and name no company, or no model.
fn unusable(answered: &Answered, asked: Option<&[String]>, lacks: &mut Vec<String>) {
    for said in &answered.models {
        let Some(producer) = &said.producer else { continue };
        if !is_number(&said.model, asked) {
            lacks.push(format!("`{}` is no model number; it covers none", said.model));
        } else if names_no_company(producer) {
            lacks.push(format!("of {} the producer, `{producer}`, names no company", said.model));
        }
    }
}

impl LetterRecord {
    /// Says that its clause is not clear where it names no rule or clause that the base knows.
    pub fn check_clause(&mut self, facts: &Facts) {
        if let Some(clause) = &self.clause
            && !names_a_rule(facts, clause)
        {
            self.lacks.push(format!("clause not clear: `{clause}` is none that is known here"));
        }
    }

    /// Says where somebody else answers than the letter was sent to.
    pub fn check_sent_to(&mut self, sent_to: Option<&str>) {
        if let (Some(sent_to), Some(answers)) = (sent_to, &self.supplier)
            && !common::alike(sent_to, answers)
        {
            self.raises.push(format!("the letter was sent to {sent_to}; {answers} answers"));
        }
    }

    /// Says which chips and radio modules it names of a company that a rule of the base names, or
    /// of one that such a company owns.
    pub fn check_parts(&mut self, base: &Base) {
        const PARTS: [(&str, &str); 2] = [("main chip", "chip"), ("radio module", "radio-module")];
        for (what, key) in PARTS {
            let mut seen: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for said in &self.models {
                let text = if key == "chip" { &said.soc } else { &said.radio };
                let text = text.as_deref().filter(|text| !denies(text)).unwrap_or_default();
                seen.entry(text).or_default().push(&said.model);
            }
            for (text, models) in seen {
                if let Some(words) = part_of(base, key, text) {
                    self.raises.push(format!("{what} {text} of {}: {words}", models.join(", ")));
                }
            }
        }
    }

    /// What it is called where several stand together.
    #[must_use]
    pub fn title(&self) -> String {
        let who = self.supplier.as_deref().unwrap_or("A supplier that is not named");
        let day = self.date.map_or_else(|| "without a date".to_owned(), |day| format!("of {day}"));
        format!("{who}, letter {day}")
    }

    /// Whether it is no longer valid on that day.
    #[must_use]
    pub fn expired(&self, on: Date) -> bool {
        self.expires.is_some_and(|until| on > until)
    }

    /// Whether it leaves a question open on that day.
    #[must_use]
    pub fn leaves_open(&self, on: Date) -> bool {
        !self.lacks.is_empty()
            || !self.asked_but_not_covered.is_empty()
            || !self.raises.is_empty()
            || self.models_covered.is_empty()
            || self.expired(on)
    }

    /// Its head, as facts of a paper.
    #[must_use]
    pub fn facts(&self, on: Date) -> Vec<Fact> {
        let line = |name: &str, value: Option<String>| match value {
            Some(value) => Fact::known(name, value),
            None => Fact::blank(name, "the supplier"),
        };
        let until = self.expires.map(|day| {
            let over = if self.expired(on) { ": expired" } else { "" };
            format!("{day}{over}")
        });
        let signed = self.signer.clone().map(|name| match &self.position {
            Some(position) => format!("{name}, {position}"),
            None => name,
        });
        let mut facts = vec![
            line("Signed by", signed),
            line("Clause", self.clause.clone()),
            line("Valid until", until),
            Fact::known("Models covered", self.models_covered.len().to_string()),
            Fact::known("File", self.file.clone()),
        ];
        if !self.lacks.is_empty() {
            facts.push(Fact::known("Not clear", self.lacks.join("; ")));
        }
        if !self.raises.is_empty() {
            facts.push(Fact::known("To be looked into", self.raises.join("; ")));
        }
        facts
    }
}

/// Whether a text names a rule or clause of the base: by its id, by its citation, or by a number
/// of one, such as `52.204-25` or `889`.
fn names_a_rule(facts: &Facts, text: &str) -> bool {
    const PHRASE_CHARS_MIN: usize = 8;
    let text = text.to_lowercase();
    let regimes = facts.regimes.values().flat_map(|one| {
        let own = [one.id.as_str(), one.title.as_str(), one.citation.as_str()];
        own.into_iter().chain(one.provisions.iter().map(|one| one.citation.as_str()))
    });
    let forms = facts.forms.values().flat_map(|one| [one.id.as_str(), one.citation.as_str()]);
    let known: Vec<String> = regimes.chain(forms).map(str::to_lowercase).collect();
    let whole = known.iter().flat_map(|one| one.split(';')).map(str::trim);
    if whole.filter(|one| one.len() >= PHRASE_CHARS_MIN).any(|one| text.contains(one)) {
        return true;
    }
    let own = numbers(&text);
    known.iter().flat_map(|one| numbers(one)).any(|number| own.contains(&number))
}

/// The numbers by which rules are cited; a year alone is none.
fn numbers(text: &str) -> Vec<&str> {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-');
    let parts = parts.map(|part| part.trim_start_matches("s.").trim_matches(['.', '-']));
    let cites = |part: &&str| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        let year = part.len() == 4 && digits == 4;
        digits >= 3 && !year
    };
    parts.filter(cites).collect()
}

/// A letter beside the devices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Model, what the letter says, what the devices show, how the two stand together.
    pub rows: Vec<Vec<String>>,
    /// Models here that it does not cover.
    pub not_covered: Vec<String>,
    /// Models that it covers and that are not here.
    pub not_here: Vec<String>,
    /// How many rows contradict each other.
    pub contradictions: usize,
}

/// Lays a letter beside the devices of its supplier.
#[must_use]
pub fn compare(matter: &Matter<'_>, letter: &LetterRecord, sold: &[&Item]) -> Comparison {
    let mut out = Comparison::default();
    let covered = |model: &str| {
        letter.models.iter().find(|one| covers(one, None) && folded(&one.model) == folded(model))
    };
    for one in samples(sold).iter().filter(|one| !one.item.model.is_empty()) {
        let item = one.item;
        let Some(said) = covered(&item.model) else {
            if !out.not_covered.contains(&item.model) {
                out.not_covered.push(item.model.clone());
            }
            continue;
        };
        let together = together(matter.base, letter, said, item);
        out.contradictions += usize::from(together.is_contradiction());
        let mut states = format!("producer: {}", said.producer.as_deref().unwrap_or("not stated"));
        if let Some(design) = &said.design {
            states += &format!("; design: {design}");
        }
        if let Some(soc) = &said.soc {
            states += &format!("; main chip: {soc}");
        }
        let shows = match item.certainty {
            Certainty::Unknown => "nothing that tells".to_owned(),
            word => format!("design of {}, {}", item.maker_words(), word.word()),
        };
        out.rows.push(vec![item.model.clone(), states, shows, together.words(item)]);
    }
    let here = |model: &str| sold.iter().any(|item| folded(&item.model) == folded(model));
    out.not_here = letter.models_covered.iter().filter(|model| !here(model)).cloned().collect();
    out
}

/// How a letter and a device stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Together {
    /// Both name the same company.
    Agree,
    /// The device is confirmed as another's.
    Contradict,
    /// The device is probably another's.
    Differ,
    /// The letter's company is not one that the base knows by that name.
    OtherName,
    /// The device does not tell surely enough.
    Open,
}

impl Together {
    fn is_contradiction(self) -> bool {
        self == Self::Contradict
    }

    fn words(self, item: &Item) -> String {
        let settle = item.settle.as_ref().map_or("the device itself", |(what, _)| what);
        match self {
            Self::Agree => "they agree".to_owned(),
            Self::Contradict => "they contradict each other; both stand here as they are, and \
                                 the maker's own papers would settle it"
                .to_owned(),
            Self::Differ => format!(
                "they differ; the device's maker is probable, not confirmed; both stand here, and \
                 it would settle it: {settle}"
            ),
            Self::OtherName => "the names differ; ask whether the two are one company, or one \
                                built what the other designed"
                .to_owned(),
            Self::Open => format!("nothing to compare yet; would settle it: {settle}"),
        }
    }
}

fn together(base: &Base, letter: &LetterRecord, said: &ModelSaid, item: &Item) -> Together {
    let (Some(maker), true) = (item.makers.first(), item.is_found()) else {
        return Together::Open;
    };
    let named = |text: &str| company(base, text);
    let design = said.design.as_deref().or(said.producer.as_deref()).unwrap_or_default();
    let producer = said.producer.as_deref().unwrap_or_default();
    let is_maker = |text: &str| named(text).is_some_and(|of| base.id(of) == maker.id);
    if is_maker(design) || is_maker(producer) {
        return Together::Agree;
    }
    let own_words = ["we", "us", "ourselves", "our own factory", "made by us", "in-house", "self"];
    let lower = design.trim().trim_end_matches('.').to_lowercase();
    let supplier = letter.supplier.as_deref().unwrap_or_default();
    let ourselves = own_words.contains(&lower.as_str())
        || !supplier.is_empty() && lower == supplier.trim().to_lowercase();
    let known_other = named(design).is_some();
    match (known_other || ourselves, item.certainty) {
        (true, Certainty::Confirmed) => Together::Contradict,
        (true, _) => Together::Differ,
        (false, _) => Together::OtherName,
    }
}

/// What the rules of the base ask about a part of whose maker these are the words: the value of
/// the context key that the base takes such words for, and who asks about it.
fn part_of(base: &Base, key: &str, text: &str) -> Option<String> {
    let key = base.facts.context.keys.iter().find(|one| one.id == key)?;
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    let said = |also: &String| {
        let begins = also.strip_suffix('*').filter(|begins| !begins.is_empty());
        begins.is_some_and(|begins| words.clone().any(|word| word.starts_with(begins)))
    };
    let value = key.values.iter().find(|one| one.also.iter().any(said))?;
    let wants = |conditions: &Conditions| {
        conditions.get(&key.id).is_some_and(|values| values.contains(&value.id))
    };
    let regimes = base.facts.regimes.values();
    let asks = regimes
        .filter(|regime| regime.provisions.iter().any(|one| wants(&one.when) || wants(&one.bound)));
    let asks: Vec<&str> = asks.map(|regime| regime.id.as_str()).collect();
    if asks.is_empty() {
        return None;
    }
    Some(format!(
        "{} {} ask about that; --context {}={} tells them",
        value.meaning,
        asks.join(", "),
        key.id,
        value.id
    ))
}

/// The company of the base that bears a name, also where a form of company stands behind it.
fn company(base: &Base, text: &str) -> Option<Entity> {
    let text = text.split([',', '(', ';']).next().unwrap_or(text).trim();
    base.names.find(text).map(|(of, _)| of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_cited_by_its_number_and_never_by_a_year() {
        assert_eq!(numbers("far 52.204-25(b)(2)"), ["52.204-25"]);
        assert_eq!(numbers("pub. l. 115-232 s.889(a)(1)(b)"), ["115-232", "889"]);
        assert!(numbers("the usual one of 2023, no. 12").is_empty());
    }
}
