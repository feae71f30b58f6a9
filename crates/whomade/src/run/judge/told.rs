//! What a case states, in the words of `kb/context.toml`, with what could not be understood.

use jiff::civil::{Date, DateTime};
use serde_json::Value;
use whomade_core::calibration::maker_named;
use whomade_core::deadline::Event;
use whomade_core::kb::schema::{ContextKey, ContextValue, Maker, Owner};
use whomade_core::kb::{Base, Entity, Facts};
use whomade_core::ruling::{Context, MakerFact, names};

use super::form::{Stated, strings};
use whomade_inquiry::asking::contradiction;

/// From this probability on, a case counts as saying who made it. Cases give probabilities
/// without the evidence behind them, which the words of certainty need.
const SURE: f64 = 0.8;

/// What the other side of a contract is called where only who controls it is told.
const COUNTERPARTY: &str = "counterparty";

/// Facts of a case that no rule of the base asks for, but that belong to its form.
const PASSED_OVER: &[&str] = &[
    "certificate",
    "control",
    "identified-by",
    "jurisdiction",
    "label",
    "label-holder",
    "model",
    "note",
    "regimes",
];

/// What is told of one row.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The context.
    pub(super) context: Context,
    /// The day, if one is stated.
    pub(super) on: Option<Date>,
    /// When it was found, if that is stated.
    pub(super) event: Option<Event>,
    /// The makers with their probabilities; without an id, nobody knows.
    makers: Vec<(Option<String>, f64)>,
    /// Facts about makers that the case itself states.
    own: Vec<(String, Maker)>,
    /// Only labels and letters speak.
    label_only: bool,
    /// A supplier's letter is among the evidence.
    pub(super) letter: bool,
    /// Whose law the case says it is under: `us`, `uk`, `ca`.
    country: Option<String>,
    /// Whose law is asked.
    asked_in: Option<String>,
    /// What was not understood: code, sentence, and the text it stands at.
    pub(super) said: Vec<(&'static str, String, String)>,
}

impl Told {
    /// Reads what is stated. `regime`: the one that is asked, whose country a holder is taken to be
    /// of where the case names none.
    pub(super) fn read(base: &Base, stated: &Stated, regime: Option<&str>) -> Self {
        let mut told = Self::default();
        let country = stated.get("jurisdiction").and_then(Value::as_str).map(plain);
        told.country = country.and_then(|it| Some(it.split('-').next()?.replace("canada", "ca")));
        told.asked_in = regime.and_then(|id| id.split('.').next()).map(str::to_owned);
        let mut seen_class = false;
        let mut reported = None;
        for (key, value) in stated.iter().filter(|(_, value)| !value.is_null()) {
            let plain = plain(key);
            seen_class |= plain == "class" || plain == "equipment";
            match plain.as_str() {
                "date" | "day" | "on" => told.day(key, value),
                "identified-at" | "identified" => told.event(key, value),
                "submitted-at" | "reported-at" | "first-report-submitted" => {
                    reported = day_of(value)
                }
                "true-maker" | "maker" => told.makers(base, value),
                "evidence" => told.evidence(value),
                "can-route" | "can-see-traffic" | "parents" | "maker-country" => {}
                "counterparty" | "counterparty-parent" => {}
                "fcc-grant-date" => told.put("fcc-authorised", "yes", key),
                "clauses" | "contract-clauses" => told.clauses(value),
                _ if PASSED_OVER.contains(&plain.as_str()) => {}
                _ => told.context(&base.facts, key, value),
            }
        }
        if let Some(event) = &mut told.event {
            event.reported = reported;
        }
        told.traffic(stated);
        if !seen_class {
            // The short form leaves out what most of its cases are about.
            told.context.insert("equipment".to_owned(), "video-surveillance".to_owned());
        }
        told.counterparty(base, stated);
        told.of_makers(base, stated);
        if let Some(why) = contradiction(&base.facts, &told.context) {
            told.contradicts(&base.facts, why);
        }
        told
    }

    /// The facts of the base with those that the case states of its makers; none if it states
    /// nothing new.
    pub(super) fn facts(&self, facts: &Facts) -> Option<Facts> {
        if self.own.is_empty() {
            return None;
        }
        let mut facts = facts.clone();
        facts.makers.extend(self.own.iter().cloned());
        Some(facts)
    }

    /// Who made it, as far as a regime may rely on it, and how probably it names them.
    pub(super) fn maker(
        &self,
        facts: &Facts,
        regime: &whomade_core::kb::schema::Regime,
        on: Date,
    ) -> (MakerFact<'_>, f64) {
        let known = self.makers.iter().filter_map(|(id, p)| Some((id.as_deref()?, *p)));
        let (inside, outside): (Vec<_>, Vec<_>) =
            known.partition(|(id, _)| names(facts, regime, id, on));
        let sum = |of: &[(&str, f64)]| of.iter().map(|(_, p)| p).sum::<f64>();
        let p = sum(&inside);
        let first = |of: &[(&'_ str, f64)]| of.iter().map(|(_, p)| *p).fold(0.0, f64::max);
        let lead = |of: &Vec<(&'_ str, f64)>| {
            let most = first(of);
            of.iter().position(|(_, p)| *p >= most)
        };
        let fact = if self.label_only {
            MakerFact::Unknown
        } else if p >= SURE {
            lead(&inside).map_or(MakerFact::Unknown, |at| MakerFact::Firm(inside[at].0))
        } else if sum(&outside) >= SURE {
            lead(&outside).map_or(MakerFact::Unknown, |at| MakerFact::Firm(outside[at].0))
        } else if p + sum(&outside) <= 0.5 {
            MakerFact::Unknown
        } else {
            MakerFact::Tentative(inside.iter().chain(&outside).map(|(id, _)| *id).collect())
        };
        (fact, (p * 100.0).round() / 100.0)
    }

    /// The other side of a contract, where the case is about that and not about who made
    /// something: a company, or one that whoever stands on a list controls.
    fn counterparty(&mut self, base: &Base, stated: &Stated) {
        let told = |key: &str| {
            let mut all = stated.iter().filter(|(known, _)| plain(known) == key);
            all.find_map(|(_, value)| value.as_str()).map(str::to_owned)
        };
        let (itself, parent) = (told("counterparty"), told("counterparty-parent"));
        let Some(written) = itself.clone().or(parent) else { return };
        if !self.makers.is_empty() || told("control").is_some_and(|said| said == "no") {
            return;
        }
        let facts = &base.facts;
        let named = maker_id(base, &written);
        // A list stands for any company on it.
        let of_list = || {
            let list = plain(&written);
            let mut regimes = facts.regimes.values();
            let regime = regimes.find(|one| one.id.split('.').any(|part| plain(part) == list))?;
            regime.groups.values().flatten().next().cloned()
        };
        let known = facts.makers.contains_key(&named).then_some(named).or_else(of_list);
        let Some(company) = known else { return };
        let id = match itself {
            Some(_) => company,
            None => {
                let maker = Maker { owners: vec![owner(company)], ..nobody(COUNTERPARTY) };
                self.own.push((COUNTERPARTY.to_owned(), maker));
                COUNTERPARTY.to_owned()
            }
        };
        self.makers.push((Some(id), 1.0));
        self.context.entry("seller".to_owned()).or_insert_with(|| "maker".to_owned());
    }

    fn put(&mut self, key: &str, value: &str, stood: &str) {
        match self.context.insert(key.to_owned(), value.to_owned()) {
            Some(other) if other != value => {
                self.context.remove(key);
                let message = format!("`{key}` is given as `{other}` and as `{value}`");
                self.said.push(("ask/contradictory-context", message, stood.to_owned()));
            }
            _ => {}
        }
    }

    fn context(&mut self, facts: &Facts, key: &str, value: &Value) {
        let Some(known) = facts.context.keys.iter().find(|one| is_key(one, key)) else {
            let message = format!("no rule is told a `{key}`");
            self.said.push(("ask/case-key", message, key.to_owned()));
            return;
        };
        let text = match value {
            Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
            Value::String(text) => text.clone(),
            // A waiver may say who gave it, and when.
            Value::Object(parts) => {
                parts.get("by").and_then(Value::as_str).unwrap_or_default().to_owned()
            }
            other => other.to_string(),
        };
        if text.trim().is_empty() {
            return;
        }
        // A department is another in each country.
        let here = self.country.as_ref().map(|country| format!("{country}-{text}"));
        let there = self.asked_in.as_ref().map(|country| format!("{country}-{text}"));
        let found = here
            .and_then(|text| value_of(known, &text))
            .or_else(|| value_of(known, &text))
            .or_else(|| value_of(known, &there?));
        match found {
            Some(value) if self.is_abroad(&known.id, &value.id) => {
                let message = format!("`{}` is of another country than the case", value.id);
                self.said.push(("ask/contradictory-context", message, text));
            }
            Some(value) => {
                self.put(&known.id, &value.id, key);
                self.agency(facts, &text);
            }
            None => {
                let message =
                    format!("`{text}` is no {} that a rule knows: taken as not known", known.id);
                self.said.push(("ask/case-value", message, text));
            }
        }
    }

    /// A holder that is called by the name of an agency tells which agency it is.
    fn agency(&mut self, facts: &Facts, written: &str) {
        const AGENCY: &str = "agency";
        let key = facts.context.keys.iter().find(|one| one.id == AGENCY);
        let named = |one: &&ContextValue| one.also.iter().any(|also| plain(also) == plain(written));
        if let Some(value) = key.and_then(|key| key.values.iter().find(named)) {
            self.context.entry(AGENCY.to_owned()).or_insert_with(|| value.id.clone());
        }
    }

    /// Whether a holder belongs to another country than the one that the case names.
    fn is_abroad(&self, key: &str, value: &str) -> bool {
        const COUNTRIES: [&str; 3] = ["us", "uk", "ca"];
        let of = value.split('-').next().unwrap_or(value);
        let here = self.country.as_deref().filter(|here| COUNTRIES.contains(here));
        key == "holder" && COUNTRIES.contains(&of) && here.is_some_and(|here| here != of)
    }

    fn day(&mut self, key: &str, value: &Value) {
        match value.as_str().and_then(|text| text.parse::<Date>().ok()) {
            Some(day) => match self.on.replace(day) {
                Some(other) if other != day => {
                    let message = format!("the day is given as {other} and as {day}");
                    self.said.push(("ask/contradictory-context", message, key.to_owned()));
                }
                _ => {}
            },
            None => {
                let message = format!("{value} is no day; write YYYY-MM-DD");
                self.said.push(("ask/case-value", message, key.to_owned()));
            }
        }
    }

    /// The hour is taken as it stands on the clock where it was noted.
    fn event(&mut self, key: &str, value: &Value) {
        let text = value.as_str().unwrap_or_default();
        let hour = text.get(..19).and_then(|text| text.parse::<DateTime>().ok());
        match day_of(value) {
            Some(day) => self.event = Some(Event { day, hour, reported: None }),
            None => {
                let message = format!("{value} is no day or hour");
                self.said.push(("ask/case-value", message, key.to_owned()));
            }
        }
    }

    fn clauses(&mut self, value: &Value) {
        let all = strings(Some(value)).unwrap_or_default();
        if all.is_empty() {
            return;
        }
        let has = |number: &str| all.iter().any(|one| one.contains(number));
        let value = match (has("52.204-25"), has("52.240-91")) {
            (true, true) => "both",
            (true, false) => "52.204-25",
            (false, true) => "52.240-91",
            (false, false) => "neither",
        };
        self.put("clause", value, "clauses");
    }

    fn traffic(&mut self, stated: &Stated) {
        let of = |key: &str| stated.get(key).and_then(Value::as_bool);
        let value = match (of("can_route"), of("can_see_traffic")) {
            (Some(true), _) | (_, Some(true)) => "yes",
            (Some(false), Some(false)) => "no",
            _ => return,
        };
        self.put("sees-traffic", value, "can_route");
    }

    fn evidence(&mut self, value: &Value) {
        const OTHERS: [&str; 7] =
            ["label", "letter", "wi-fi module", "wifi module", "bulk list", "unnamed", "forum"];
        let all: Vec<String> =
            strings(Some(value)).unwrap_or_default().iter().map(|one| one.to_lowercase()).collect();
        self.letter = all.iter().any(|one| one.contains("letter"));
        let of_others = |one: &String| OTHERS.iter().any(|word| one.contains(word));
        self.label_only = !all.is_empty() && all.iter().all(of_others);
    }

    fn makers(&mut self, base: &Base, value: &Value) {
        let (makers, said) = (&mut self.makers, &mut self.said);
        let mut add = |id: &str, p: f64| {
            let unknown = id.trim().is_empty() || plain(id) == "unknown";
            let label = !unknown && is_label_only(base, id);
            if label {
                let message = format!("`{id}` is a label, not a maker: the maker is not known");
                said.push(("ask/case-value", message, id.to_owned()));
            }
            makers.push(((!unknown && !label).then(|| maker_id(base, id)), p));
        };
        match value {
            Value::String(id) => add(id, 1.0),
            Value::Array(list) => {
                for one in list {
                    let p = one.get("p").and_then(Value::as_f64).unwrap_or(0.0);
                    add(one.get("id").and_then(Value::as_str).unwrap_or_default(), p);
                }
            }
            other => {
                let message = format!("{other} is no maker");
                self.said.push(("ask/case-value", message, "true_maker".to_owned()));
            }
        }
        let sum: f64 = self.makers.iter().map(|(_, p)| p).sum();
        if self.makers.iter().any(|(_, p)| !(0.0..=1.0).contains(p)) || sum > 1.005 {
            let message = "the probabilities of the makers are none, or more than one together";
            self.said.push(("ask/case-value", message.to_owned(), "true_maker".to_owned()));
            self.makers.clear();
        }
    }

    /// What the case states of its leading maker and the base does not know: seat and owners.
    fn of_makers(&mut self, base: &Base, stated: &Stated) {
        let leading = self.makers.iter().max_by(|(_, one), (_, other)| one.total_cmp(other));
        let Some((Some(id), _)) = leading else { return };
        let country = stated.get("maker_country").and_then(Value::as_str);
        let parents = strings(stated.get("parents")).unwrap_or_default();
        let facts = &base.facts;
        let known = facts.makers.get(id);
        let new = country.is_some() && known.is_none_or(|one| one.country.is_none());
        if !new && parents.is_empty() {
            return;
        }
        let mut maker = known.cloned().unwrap_or_else(|| nobody(id));
        if let Some(country) = country.filter(|_| maker.country.is_none()) {
            maker.country = Some(country.to_owned());
            maker.subject_to = of_seat(facts, country);
        }
        for parent in parents {
            let parent = maker_id(base, &parent);
            let new = !maker.owners.iter().any(|one| one.maker.as_deref() == Some(&parent));
            if new && facts.makers.contains_key(&parent) && parent != *id {
                maker.owners.push(owner(parent));
            }
        }
        self.own.push((id.clone(), maker));
    }

    /// Of values that cannot both be true, none is relied on.
    fn contradicts(&mut self, facts: &Facts, why: String) {
        let all = &facts.context.contradictions;
        let hit = |one: &&whomade_core::kb::schema::Contradictory| {
            whomade_core::ruling::holds(&one.when, &self.context) == Some(true)
        };
        let keys: Vec<String> =
            all.iter().filter(hit).flat_map(|one| one.when.keys().cloned()).collect();
        for key in &keys {
            self.context.remove(key);
        }
        let stood = keys.first().cloned().unwrap_or_default();
        self.said.push(("ask/contradictory-context", why, stood));
    }
}

/// The day with which a text begins.
fn day_of(value: &Value) -> Option<Date> {
    value.as_str()?.get(..10)?.parse().ok()
}

/// Lower case, with dashes.
fn plain(word: &str) -> String {
    let lower = word.trim().to_lowercase();
    let parts = lower.split(|c: char| c.is_whitespace() || matches!(c, '_' | '/' | '-'));
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

fn is_key(key: &ContextKey, written: &str) -> bool {
    let written = plain(written);
    key.id == written || key.also.iter().any(|one| plain(one) == written)
}

/// The value that a word means. What stands in brackets behind it is said more exactly, and is
/// tried first: `city(subrecipient)`.
fn value_of<'k>(key: &'k ContextKey, written: &str) -> Option<&'k ContextValue> {
    let inside = written.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let before = written.split_once('(').map(|(before, _)| before);
    let tries = [inside.map(|(word, _)| word), before, Some(written)];
    tries.into_iter().flatten().map(plain).find_map(|word| {
        let exact = key.values.iter().find(|one| {
            one.id == word
                || one.also.iter().any(|also| !also.ends_with('*') && plain(also) == word)
        });
        exact.or_else(|| {
            key.values.iter().find(|one| {
                let begins = |also: &String| {
                    also.strip_suffix('*').is_some_and(|begin| word.starts_with(&plain(begin)))
                };
                one.also.iter().any(begins)
            })
        })
    })
}

fn maker_id(base: &Base, written: &str) -> String {
    let written = written.split('(').next().unwrap_or(written).trim();
    if base.facts.makers.contains_key(written) {
        return written.to_owned();
    }
    match maker_named(base, written) {
        Some(of @ Entity::Maker(_)) => base.id(of).to_owned(),
        _ => plain(written),
    }
}

/// Whether the base knows the name as that of a label that others supply.
fn is_label_only(base: &Base, written: &str) -> bool {
    !base.facts.makers.contains_key(written)
        && maker_named(base, written).is_none()
        && base.names.find(written).is_some()
}

/// What binds every maker of that seat whom the base knows.
fn of_seat(facts: &Facts, country: &str) -> Vec<String> {
    let mut seated = facts.makers.values().filter(|one| one.country.as_deref() == Some(country));
    let first = seated.find(|one| !one.subject_to.is_empty());
    first.map(|one| one.subject_to.clone()).unwrap_or_default()
}

fn nobody(id: &str) -> Maker {
    Maker {
        name: id.to_owned(),
        legal_name: None,
        local_names: vec![],
        also: vec![],
        cpe: Vec::new(),
        country: None,
        kind: whomade_core::kb::schema::MakerKind::Maker,
        subject_to: vec![],
        owners: vec![],
        statements: vec![],
        sources: vec!["self".to_owned()],
        note: None,
    }
}

fn owner(parent: String) -> Owner {
    Owner {
        holder: parent.clone(),
        maker: Some(parent),
        stake: None,
        percent: None,
        note: None,
        from: None,
        until: None,
        sources: vec!["self".to_owned()],
    }
}
