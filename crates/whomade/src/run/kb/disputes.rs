//! `whomade kb disputes`: everything in the base that somebody contests.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};
use whomade_core::kb::glob;
use whomade_core::kb::schema::{Conduct, ConductStatus, Relation, Statement, Supply};
use whomade_core::kb::{Base, Facts};

use super::sides::{HOW_TO_DISPUTE, TakenBack, contested, heading, standing, taken_back};
use crate::out::Out;
use whomade_inquiry::base::Known;

/// Two supplies of one label that cannot both be the whole truth.
struct Clash {
    label: String,
    places: [usize; 2],
    makers: [String; 2],
    /// Model numbers that both speak of; empty: at least one speaks of the label as a whole.
    models: Vec<String>,
}

/// What is contested, by the reason why it is.
struct Disputes<'f> {
    supplies: Vec<(&'f str, usize, &'f Supply)>,
    clashes: Vec<Clash>,
    cases: Vec<(&'f str, &'f Conduct)>,
    answered: Vec<(&'f str, &'f Conduct)>,
    withdrawn_claims: Vec<(&'f str, &'f Conduct)>,
    /// File without its ending, id, statement.
    statements: Vec<(String, &'f str, &'f Statement)>,
    withdrawn_facts: Vec<TakenBack>,
}

/// Lists what is disputed.
///
/// # Errors
/// When the stream is closed.
pub(crate) fn disputes(out: &mut Out, known: &Known, as_json: bool) -> Result<ExitCode> {
    let found = Disputes::new(&known.base.facts);
    if as_json {
        out.line(found.json(&known.base).to_string())?;
    } else {
        out.line(found.text(&known.base))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl<'f> Disputes<'f> {
    fn new(facts: &'f Facts) -> Self {
        let mut supplies = Vec::new();
        let mut clashes = Vec::new();
        for (id, label) in &facts.labels {
            for (at, one) in standing(&label.supplies) {
                if one.relation == Relation::Disputed || facts.contested(id, &one.maker) {
                    supplies.push((id.as_str(), at, one));
                }
                let later = standing(&label.supplies).filter(|(other, _)| *other > at);
                clashes.extend(later.filter_map(|other| clash(id, (at, one), other)));
            }
        }
        let conduct = || {
            let all = facts.conduct.iter().map(|(id, one)| (id.as_str(), one));
            all.filter(|(_, one)| one.withdrawn.is_none() && one.is_disputed())
        };
        let taken = |one: &Conduct| one.stands() == Some(ConductStatus::Withdrawn);
        let makers = facts.makers.iter().map(|(id, one)| ("makers", id, &one.statements));
        let labels = facts.labels.iter().map(|(id, one)| ("labels", id, &one.statements));
        let statements = makers.chain(labels).flat_map(|(folder, id, list)| {
            list.iter().map(move |one| (format!("{folder}/{id}"), id.as_str(), one))
        });
        let mut withdrawn_facts = taken_back(facts);
        withdrawn_facts.dedup_by(|one, other| one.place == other.place);
        Self {
            supplies,
            clashes,
            cases: conduct().filter(|(_, one)| one.is_open_case()).collect(),
            answered: conduct().filter(|(_, one)| !one.is_open_case() && !taken(one)).collect(),
            withdrawn_claims: conduct().filter(|(_, one)| taken(one)).collect(),
            statements: statements.collect(),
            withdrawn_facts,
        }
    }

    fn text(&self, base: &Base) -> String {
        let mut text = String::new();
        part(&mut text, "Supplies that are contested", self.supplies.len());
        for (label, at, one) in &self.supplies {
            text +=
                &format!("  {} [kb/labels/{label}.toml#supply-{}]\n", name(base, label), at + 1);
            text += &format!("      {}: {}\n", name(base, &one.maker), one.why);
        }
        let clashes = self.clashes.len();
        part(&mut text, "Labels with two makers for the same models and days: both stand", clashes);
        for one in &self.clashes {
            let [first, second] = &one.makers;
            let models = if one.models.is_empty() {
                "the label as a whole".to_owned()
            } else {
                one.models.join(", ")
            };
            text += &format!(
                "  {}: {} or {} ({models}) [kb/labels/{}.toml#supply-{} and #supply-{}]\n",
                name(base, &one.label),
                name(base, first),
                name(base, second),
                one.label,
                one.places[0] + 1,
                one.places[1] + 1
            );
        }
        for (title, list) in self.lists() {
            part(&mut text, title, list.len());
            for (id, one) in list {
                text += &format!("  {} [kb/conduct/{id}.toml]\n", heading(one));
                text += &format!("      {}: {}\n", one.by, one.says);
                if let Some(outcome) = &one.outcome {
                    text += &format!("      outcome: {outcome}\n");
                }
                for answer in &one.answers {
                    text += &format!("      answered by {}: {}\n", answer.by, answer.says);
                }
            }
        }
        part(&mut text, "What makers and labels say themselves", self.statements.len());
        for (place, of, one) in &self.statements {
            let date = one.date.as_deref().unwrap_or("no date");
            text += &format!("  {} ({date}): {} [kb/{place}.toml]\n", name(base, of), one.says);
            if !one.disputes.is_empty() {
                text += &format!("      it contests the part of: {}\n", contested(base, one));
            }
        }
        part(&mut text, "Facts that were withdrawn", self.withdrawn_facts.len());
        for one in &self.withdrawn_facts {
            text += &format!("  {}: {}\n", name(base, &one.of), one.line());
        }
        text + "\n" + HOW_TO_DISPUTE
    }

    fn lists(&self) -> [(&'static str, &[(&'f str, &'f Conduct)]); 3] {
        [
            ("Cases that are open, as alleged", &self.cases),
            ("Said, and answered by the other side", &self.answered),
            ("Claims that were taken back by those who made them", &self.withdrawn_claims),
        ]
    }

    fn json(&self, base: &Base) -> Value {
        let conduct = |list: &[(&str, &Conduct)]| -> Vec<Value> {
            list.iter().map(|(id, one)| json!({ "id": id, "fact": one })).collect()
        };
        let supplies: Vec<Value> = self
            .supplies
            .iter()
            .map(|(label, at, one)| json!({ "label": label, "supply": at + 1, "fact": one }))
            .collect();
        let clashes: Vec<Value> = self
            .clashes
            .iter()
            .map(|one| {
                json!({
                    "label": one.label, "supplies": one.places.map(|at| at + 1),
                    "makers": one.makers, "models": one.models,
                    "name": name(base, &one.label),
                })
            })
            .collect();
        let statements: Vec<Value> = self
            .statements
            .iter()
            .map(|(place, of, one)| json!({ "file": place, "of": of, "statement": one }))
            .collect();
        let back: Vec<Value> = self.withdrawn_facts.iter().map(TakenBack::json).collect();
        json!({
            "v": 1,
            "disputed_supplies": supplies,
            "contradicting_supplies": clashes,
            "open_cases": conduct(&self.cases),
            "answered": conduct(&self.answered),
            "withdrawn_claims": conduct(&self.withdrawn_claims),
            "statements": statements,
            "withdrawn_facts": back,
            "to_dispute": HOW_TO_DISPUTE,
        })
    }
}

fn part(text: &mut String, title: &str, count: usize) {
    if !text.is_empty() {
        text.push('\n');
    }
    *text += &format!("{title}: {count}\n");
}

/// The name of a maker or label by its id.
fn name<'b>(base: &'b Base, id: &'b str) -> &'b str {
    base.label(id).or_else(|| base.maker(id)).map_or(id, |of| base.name(of))
}

/// Whether two supplies of a label name different makers for the same models at the same time.
fn clash(label: &str, one: (usize, &Supply), other: (usize, &Supply)) -> Option<Clash> {
    let (first, second) = (one.1, other.1);
    let apart =
        |a: &Supply, b: &Supply| a.until.zip(b.from).is_some_and(|(until, from)| until < from);
    if first.maker == second.maker || apart(first, second) || apart(second, first) {
        return None;
    }
    let models = if first.models.is_empty() || second.models.is_empty() {
        Vec::new()
    } else {
        let both = shared(first, second);
        if both.is_empty() {
            return None;
        }
        both
    };
    Some(Clash {
        label: label.to_owned(),
        places: [one.0, other.0],
        makers: [first.maker.clone(), second.maker.clone()],
        models,
    })
}

/// Examples and patterns of either supply that the other's patterns match too.
fn shared(one: &Supply, other: &Supply) -> Vec<String> {
    let matched = |models: &[String], text: &String| {
        let squeezed = glob::squeeze(text);
        models.iter().any(|glob| glob::matches(&glob::squeeze(glob), &squeezed))
    };
    let from = |a: &Supply, b: &Supply| -> Vec<String> {
        let all = a.example.iter().chain(&a.models);
        all.filter(|text| matched(&b.models, text)).cloned().collect()
    };
    let mut both = from(one, other);
    both.extend(from(other, one));
    both.sort();
    both.dedup();
    both
}
