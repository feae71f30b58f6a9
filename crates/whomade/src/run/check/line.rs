//! What is answered to one quoted item, as a line and as JSON.

use serde_json::{Value, json};
use whomade_core::attribution::Certainty;
use whomade_core::evidence::Aside;
use whomade_core::kb::names::NameMatch;
use whomade_core::observation::Field;
use whomade_core::report::missing_words;
use whomade_core::report::{clean, device_report, evidence_label, fact_of, join_or};
use whomade_core::ruling::{Outcome, Ruling};

use crate::render::finding::{bars, leading, told_first};
use whomade_inquiry::asking::{Asked, names_it};
use whomade_inquiry::base::Known;
use whomade_inquiry::worker::Found;

/// Facts that are told in the line; further ones are counted.
const FACTS_SHOWN: usize = 2;
/// What is asked where the words let another product come.
const WHICH_COMES: &str = "which product comes, if not this one";

/// An item, and everything that its words may offer.
pub(super) struct Told<'t> {
    pub(super) known: &'t Known,
    pub(super) asked: &'t Asked,
    /// As it was quoted.
    pub(super) item: &'t str,
    /// Each thing that may be offered; one where the words tell which.
    pub(super) found: &'t [Found],
    /// Whether another product may come.
    pub(super) or_equal: bool,
}

/// Whether a regime names the thing, at `possible` or better.
pub(super) fn is_named(found: &Found) -> bool {
    found.design().certainty >= Certainty::Possible
        && found.rulings().iter().any(|one| names_it(one.outcome))
}

/// Whether two things are of the same makers and ruled alike.
pub(super) fn comes_to_the_same(one: &Found, other: &Found) -> bool {
    let makers = |found: &Found| found.design().candidates().to_vec();
    let known = one.design().certainty > Certainty::Unknown;
    let alike = known && makers(one) == makers(other) && is_named(one) == is_named(other);
    alike && other.design().certainty > Certainty::Unknown
}

fn in_words(count: usize) -> String {
    match count {
        2 => "two".to_owned(),
        3 => "three".to_owned(),
        4 => "four".to_owned(),
        more => more.to_string(),
    }
}

/// Of one thing: the outcome where a regime names it, else how sure its maker is.
fn word(found: &Found) -> &'static str {
    match leading(found.rulings()) {
        Some(ruling) if names_it(ruling.outcome) => ruling.outcome.word(),
        _ => found.design().certainty.word(),
    }
}

impl Told<'_> {
    /// The line.
    pub(super) fn sentence(&self) -> String {
        match self.found {
            [one] => self.of_one(one),
            all => self.of_several(all),
        }
    }

    fn of_one(&self, found: &Found) -> String {
        let (known, asked) = (self.known, self.asked);
        let mut parts =
            vec![format!("{}: {}, {}", word(found), clean(self.item), make(known, found))];
        parts.push(sourced_words(known, found));
        parts.extend(rule_words(asked, found));
        if self.or_equal {
            parts.push("\u{201C}or equal\u{201D}: another product may come".to_owned());
        }
        let asks = self.asks();
        if !asks.is_empty() {
            parts.push(format!("ask: {}", asks.join("; and: ")));
        }
        parts.join(" | ")
    }

    /// Two makes and no word that says which is offered: each for itself, and the question.
    fn of_several(&self, all: &[Found]) -> String {
        let (known, asked) = (self.known, self.asked);
        let mut parts = vec![format!(
            "{}: {}, {}; which one is offered?",
            self.word(),
            clean(self.item),
            self.count()
        )];
        for found in all {
            let mut words = vec![make(known, found)];
            words.push(if sourced(known, found).is_empty() {
                pointed(known, found).join("; ")
            } else {
                sourced_words(known, found)
            });
            words.extend(rule_words(asked, found));
            words.retain(|one| !one.is_empty());
            parts.push(format!("{}: {}", found.device.name, words.join("; ")));
        }
        if self.or_equal {
            parts.push("\u{201C}or equal\u{201D}: another product may come".to_owned());
        }
        parts.push(format!("ask: {}", self.asks().join("; and: ")));
        parts.join(" | ")
    }

    fn count(&self) -> String {
        let labels = |one: &&Found| one.device.first(Field::Label).is_some();
        let labelled = self.found.iter().filter(labels).count();
        let what = if labelled == self.found.len() { "makes" } else { "products" };
        format!("{} {what} named", in_words(self.found.len()))
    }

    /// Of all things that may be offered: what is said of each is said of the item.
    fn word(&self) -> &'static str {
        let first = self.found.first().map_or(Certainty::Unknown.word(), word);
        if self.found.iter().all(|one| word(one) == first) {
            return first;
        }
        if self.found.iter().any(is_named) {
            return Outcome::Undetermined.word();
        }
        let least = self.found.iter().map(|one| one.design().certainty).min();
        least.unwrap_or(Certainty::Unknown).word()
    }

    /// What to ask, first which it is.
    fn asks(&self) -> Vec<String> {
        let mut asks = Vec::new();
        if self.found.len() > 1 {
            asks.push("which one is offered".to_owned());
        }
        if self.or_equal {
            asks.push(WHICH_COMES.to_owned());
        }
        let foremost = self.foremost();
        asks.extend(foremost.iter().flat_map(|one| self::asks(self.known, self.asked, one)));
        asks
    }

    /// The thing of which a regime says most.
    fn foremost(&self) -> Option<&Found> {
        let outcome = |one: &&Found| leading(one.rulings()).map(|ruling| ruling.outcome);
        self.found.iter().min_by_key(|one| (!is_named(one), outcome(one)))
    }

    /// The same as an object.
    pub(super) fn json(&self) -> Value {
        let all: Vec<Value> = self.found.iter().map(|one| self.of(one)).collect();
        let at =
            self.foremost().and_then(|of| self.found.iter().position(|one| std::ptr::eq(one, of)));
        let mut json = at.and_then(|at| all.get(at)).cloned().unwrap_or_default();
        json["item"] = json!(clean(self.item));
        json["ask"] = json!(self.asks());
        json["or_equal"] = json!(self.or_equal);
        json["says"] = json!(self.sentence());
        json["offered"] = json!([]);
        if all.len() > 1 {
            // Which of them it is, nobody said.
            let least = self.found.iter().min_by_key(|one| one.design().certainty);
            json["certainty"] = json!(least.map(|one| one.design().certainty.word()));
            for key in ["maker", "label", "held_back"] {
                json[key] = Value::Null;
            }
            json["written"] = json!({ "label": null, "model": null });
            let mut makers: Vec<Value> = Vec::new();
            for one in &all {
                let several = one["one_of"].as_array().cloned().unwrap_or_default();
                for maker in several.into_iter().chain([one["maker"].clone()]) {
                    if !maker.is_null() && !makers.contains(&maker) {
                        makers.push(maker);
                    }
                }
            }
            json["one_of"] = json!(makers);
            json["offered"] = json!(all);
        }
        json
    }

    /// One thing that is offered.
    fn of(&self, found: &Found) -> Value {
        let (known, asked) = (self.known, self.asked);
        let report = device_report(&known.base, &known.weights, &found.worked(found.suggestions()));
        let facts: Vec<Value> = sourced(known, found)
            .into_iter()
            .map(|(says, fact, sources)| json!({ "says": says, "fact": fact, "sources": sources }))
            .collect();
        let regimes: Vec<Value> = found
            .rulings()
            .iter()
            .map(|one| {
                json!({
                    "id": one.regime, "outcome": one.outcome, "would": one.would(),
                    "missing": one.missing(),
                })
            })
            .collect();
        let outcome = leading(found.rulings()).map(|one| one.outcome);
        let pointers = pointers(known, found);
        let near = known.base.near(&found.device, &found.read);
        let near: Vec<String> = near.iter().map(|one| known.base.near_words(one)).collect();
        let [label, model] =
            [report.written.label, report.written.model].map(|text| text.map(|text| clean(&text)));
        let written = json!({ "label": label, "model": model });
        json!({
            "v": 1, "on": asked.on, "item": found.device.name.as_str(),
            "label": report.label, "written": written,
            "maker": report.design.maker, "one_of": report.design.one_of,
            "certainty": report.design.certainty, "held_back": report.design.held_back,
            "sourced": facts, "other_supplies": pointers.supplies, "leads": pointers.leads,
            "near": near, "outcome": outcome,
            "regimes": regimes, "ask": self::asks(known, asked, found),
        })
    }
}

/// Whose it is, in a few words.
fn make(known: &Known, found: &Found) -> String {
    let (base, design) = (&known.base, found.design());
    let makers: Vec<&str> = design.candidates().iter().map(|of| base.name(*of)).collect();
    let adverb = match design.certainty {
        Certainty::Unknown => return "of unknown make".to_owned(),
        Certainty::Possible => "possibly ",
        Certainty::Probable => "probably ",
        Certainty::Confirmed => "",
    };
    let read_as = match &found.read.label {
        Some(label) if label.how == NameMatch::Typo => {
            format!(" (its label read as {})", base.name(label.of))
        }
        _ => String::new(),
    };
    format!("{adverb}designed by {}{read_as}", join_or(&makers))
}

/// The facts that speak for the makers stated: in words, where each stands, and its sources.
fn sourced(known: &Known, found: &Found) -> Vec<(String, String, Vec<String>)> {
    let base = &known.base;
    let makers = found.design().candidates();
    let mut facts: Vec<(String, String, Vec<String>)> = Vec::new();
    for one in found.read.evidence.iter().filter(|one| makers.contains(&one.of)) {
        let (place, _, sources) = fact_of(base, one);
        let says = evidence_label(base, &found.device, one);
        if !facts.iter().any(|(_, other, _)| *other == place) {
            facts.push((says, place, sources));
        }
    }
    facts
}

fn sourced_words(known: &Known, found: &Found) -> String {
    let facts = sourced(known, found);
    if facts.is_empty() {
        let mut words = vec!["no sourced fact speaks".to_owned()];
        words.extend(pointed(known, found));
        return words.join("; ");
    }
    let mut words: Vec<String> = facts
        .iter()
        .take(FACTS_SHOWN)
        .map(|(says, _, sources)| match sources.as_slice() {
            [] => says.clone(),
            [one] => format!("{says} [{one}]"),
            [one, more @ ..] => format!("{says} [{one} +{}]", more.len()),
        })
        .collect();
    if facts.len() > FACTS_SHOWN {
        words.push(format!("{} more", facts.len() - FACTS_SHOWN));
    }
    format!("sourced: {}", words.join("; "))
}

/// To whom the base points without speaking for this item, in words.
fn pointed(known: &Known, found: &Found) -> Vec<String> {
    let Pointers { supplies, leads } = pointers(known, found);
    let all = [("supplies of other models or times", supplies), ("leads, not weighed", leads)];
    let words = all.into_iter().filter(|(_, names)| !names.is_empty()).map(|(what, names)| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        format!("{what}: {}", join_or(&names))
    });
    let near = known.base.near(&found.device, &found.read);
    words.chain(near.iter().map(|one| known.base.near_words(one))).collect()
}

/// The makers to whom the base points without speaking for this item.
struct Pointers {
    /// Sourced supplies of the label, of other models or at another time.
    supplies: Vec<String>,
    /// Leads.
    leads: Vec<String>,
}

fn pointers(known: &Known, found: &Found) -> Pointers {
    let base = &known.base;
    let mut made = Pointers { supplies: Vec::new(), leads: Vec::new() };
    for aside in &found.read.asides {
        let (list, maker) = match aside {
            Aside::Lead { label, at } => {
                let label = base.facts.labels.get(base.id(*label));
                let lead = label.and_then(|one| one.leads.get(*at));
                (&mut made.leads, lead.map(|one| &one.maker))
            }
            Aside::OtherModels { label, at } | Aside::OtherTime { label, at } => {
                (&mut made.supplies, base.supply(*label, *at).map(|one| &one.maker))
            }
        };
        let Some(of) = maker.and_then(|maker| base.maker(maker)) else { continue };
        let name = base.name(of).to_owned();
        if !list.contains(&name) {
            list.push(name);
        }
    }
    made.leads.retain(|name| !made.supplies.contains(name));
    made
}

/// What the rules say, where they say something.
fn rule_words(asked: &Asked, found: &Found) -> Option<String> {
    let rulings = found.rulings();
    let named: Vec<&Ruling> = rulings.iter().filter(|one| names_it(one.outcome)).collect();
    if asked.open {
        // One rule of each of a few countries is enough to see what is at stake.
        let barring = named.iter().filter(|one| bars(one));
        let told = told_first(barring.filter_map(|one| asked.regime(&one.regime)));
        let shown: Vec<&str> = match told.is_empty() {
            true => named.iter().take(1).map(|one| one.regime.as_str()).collect(),
            false => told.into_iter().collect(),
        };
        let more = match named.len() - shown.len() {
            0 => String::new(),
            more => format!(" +{more}"),
        };
        return (!shown.is_empty())
            .then(|| format!("named under {}{more}, who asks is open", shown.join(", ")));
    }
    let mut words: Vec<String> = named.iter().map(|one| rule_word(one)).collect();
    let unknown = rulings.iter().filter(|one| one.outcome == Outcome::UnknownMaker).count();
    if unknown > 0 {
        let of = rulings.len();
        words.push(format!("cleared of nothing under {unknown} of {of} regimes asked"));
    }
    if words.is_empty() {
        words.push("no regime asked names it".to_owned());
    }
    Some(words.join(", "))
}

fn rule_word(ruling: &Ruling) -> String {
    let id = &ruling.regime;
    match (ruling.outcome, ruling.would()) {
        (Outcome::Undetermined, Some(would)) => {
            let missing = missing_words(&ruling.missing());
            format!("may be {would} [{id}], not known: {missing}")
        }
        (outcome, _) => format!("{outcome} [{id}]"),
    }
}

/// What to ask: first the asker, for what the rule wants to know, then of the device.
fn asks(known: &Known, asked: &Asked, found: &Found) -> Vec<String> {
    let mut asks = Vec::new();
    let strongest = leading(found.rulings()).filter(|one| names_it(one.outcome) && !asked.open);
    let keys = strongest.map(Ruling::missing).unwrap_or_default();
    let all = &known.base.facts.context.keys;
    asks.extend(
        keys.iter()
            .find_map(|key| all.iter().find(|one| one.id == *key))
            .map(|key| format!("{} (--context {}=…)", key.ask, key.id)),
    );
    if found.design().certainty < Certainty::Confirmed {
        // Whoever holds a quote has no device: the seller can send a picture of one.
        let all = found.suggestions();
        let sticker = all.iter().find(|one| one.id == "sticker");
        let other = all.iter().find(|one| one.id != "sticker");
        let what: Vec<&str> = sticker.into_iter().chain(other).map(|one| one.what).collect();
        asks.extend((!what.is_empty()).then(|| join_or(&what)));
    }
    asks
}
