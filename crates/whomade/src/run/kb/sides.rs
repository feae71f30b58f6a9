//! Both sides: what a company says itself, what is said of it beside its equipment, what was
//! taken back, and how to dispute a fact.

use serde_json::{Value, json};
use whomade_core::kb::schema::{Conduct, ConductKind, ConductStatus, Statement, Supply};
use whomade_core::kb::{Base, Facts};

use super::show::sources;

/// How to say that a fact is wrong.
pub(crate) const HOW_TO_DISPUTE: &str = "Is a fact here wrong? Open an issue with the file, what \
    is wrong, and a source that shows it; your own statement is added beside what others say, \
    whoever you are (CONTRIBUTING.md, “To dispute a fact”).";

/// What is said of a maker or label beside its equipment, cases first.
pub(crate) fn conduct_of<'f>(facts: &'f Facts, id: &str) -> Vec<(&'f str, &'f Conduct)> {
    let all = facts.conduct.iter().map(|(key, one)| (key.as_str(), one));
    let mut about: Vec<(&str, &Conduct)> =
        all.filter(|(_, one)| one.about.iter().any(|of| of == id)).collect();
    let place = |kind| ConductKind::ALL.iter().position(|one| *one == kind);
    about.sort_by_key(|(key, one)| (place(one.kind), one.date.as_str(), *key));
    about
}

/// A fact that was taken back.
#[derive(Debug)]
pub(crate) struct TakenBack {
    /// The file, and where in it.
    pub(crate) place: String,
    /// The maker or label it was about.
    pub(crate) of: String,
    /// What it said.
    pub(crate) said: String,
    /// The day.
    pub(crate) day: String,
    /// Why.
    pub(crate) because: String,
}

impl TakenBack {
    /// In one line.
    pub(crate) fn line(&self) -> String {
        format!("{}: {}; it said: {} [{}]", self.day, self.because, self.said, self.place)
    }

    /// As JSON.
    pub(crate) fn json(&self) -> Value {
        json!({
            "file": self.place, "of": self.of, "said": self.said, "withdrawn": self.day,
            "because": self.because,
        })
    }
}

/// Every fact of the base that was taken back.
pub(crate) fn taken_back(facts: &Facts) -> Vec<TakenBack> {
    let mut all = Vec::new();
    let mut add = |place: String, of: &str, said: &str, day: Option<String>, why: Option<&str>| {
        if let Some(day) = day {
            let because = why.unwrap_or("no reason is given").trim_end_matches('.');
            let (of, said) = (of.to_owned(), said.trim_end_matches('.').to_owned());
            all.push(TakenBack { place, of, said, day, because: because.to_owned() });
        }
    };
    for (id, label) in &facts.labels {
        for (at, one) in label.supplies.iter().enumerate() {
            let place = format!("kb/labels/{id}.toml#supply-{}", at + 1);
            let day = one.withdrawn.map(|day| day.to_string());
            add(place.clone(), id, &one.why, day.clone(), one.withdrawn_because.as_deref());
            add(place, &one.maker, &one.why, day, one.withdrawn_because.as_deref());
        }
    }
    for (field, file) in &facts.signatures {
        for one in &file.signatures {
            let place = format!("kb/signatures/{field}.toml#{}", one.id);
            let day = one.withdrawn.map(|day| day.to_string());
            add(place, &one.claim.of, &one.why, day, one.withdrawn_because.as_deref());
        }
    }
    for (maker, file) in &facts.models {
        for one in file.models.iter().chain(&file.serials).chain(&file.firmwares) {
            let place = format!("kb/models/{maker}.toml#{}", one.id);
            let day = one.withdrawn.map(|day| day.to_string());
            add(place, maker, &one.why, day, one.withdrawn_because.as_deref());
        }
    }
    for (id, one) in &facts.endpoints {
        let day = one.withdrawn.map(|day| day.to_string());
        let place = format!("kb/endpoints/{id}.toml");
        add(place, &one.operator, &one.why, day, one.withdrawn_because.as_deref());
    }
    for (id, one) in &facts.advisories {
        let day = one.withdrawn.map(|day| day.to_string());
        let place = format!("kb/advisories/{id}.toml");
        add(place, &one.maker, &one.title, day, one.withdrawn_because.as_deref());
    }
    for (id, one) in &facts.conduct {
        for of in &one.about {
            let place = format!("kb/conduct/{id}.toml");
            let day = one.withdrawn.map(|day| day.to_string());
            add(place, of, &one.says, day, one.withdrawn_because.as_deref());
        }
    }
    all
}

/// Everything after what the sources show about the equipment.
pub(crate) fn text(base: &Base, id: &str, statements: &[Statement]) -> String {
    let mut text = String::from("  The other side, in its own words restated:\n");
    for one in statements {
        let date = one.date.as_deref().unwrap_or("no date");
        text += &format!("    says itself ({date}): {}\n", one.says);
        if !one.disputes.is_empty() {
            text += &format!("      it contests the part of: {}\n", contested(base, one));
        }
        text += &sources(base, &one.sources);
    }
    if statements.is_empty() {
        text += "    no statement was found\n";
    }
    let conduct = conduct_of(&base.facts, id);
    let conduct: Vec<_> = conduct.into_iter().filter(|(_, one)| one.withdrawn.is_none()).collect();
    if !conduct.is_empty() {
        text += "  Said of the company, shown and never weighed:\n";
    }
    for (key, one) in conduct {
        text += &conduct_text(base, key, one);
    }
    let back: Vec<TakenBack> =
        taken_back(&base.facts).into_iter().filter(|one| one.of == id).collect();
    if !back.is_empty() {
        text += "  Withdrawn, and kept so that old reports can be understood:\n";
    }
    for one in back {
        text += &format!("    on {}\n", one.line());
    }
    text + &format!("  {HOW_TO_DISPUTE}\n")
}

/// The names of those whose part a statement contests.
pub(crate) fn contested(base: &Base, one: &Statement) -> String {
    let name = |id: &str| {
        let of = base.maker(id).or_else(|| base.label(id));
        of.map_or(id, |of| base.name(of)).to_owned()
    };
    one.disputes.iter().map(|id| name(id)).collect::<Vec<_>>().join(", ")
}

/// The first line of a finding, case or listing: how it stands comes before what it says.
pub(crate) fn heading(one: &Conduct) -> String {
    let status = match (one.kind, one.stands()) {
        (ConductKind::Listing, Some(ConductStatus::Listed))
        | (ConductKind::WithdrawnClaim, Some(ConductStatus::Withdrawn)) => String::new(),
        (_, status) => {
            format!(" ({})", status.map_or("how it stands is not said", ConductStatus::word))
        }
    };
    let until = one.until.as_ref().map(|day| format!(" to {day}")).unwrap_or_default();
    let court = one.court.as_ref().map(|court| format!(", {court}")).unwrap_or_default();
    format!("{}{status}: {}, {}{until}{court}", one.kind.word(), one.title, one.date)
}

pub(crate) fn conduct_text(base: &Base, key: &str, one: &Conduct) -> String {
    let mut text = format!("    {} [kb/conduct/{key}.toml]\n", heading(one));
    text += &format!("      {}: {}\n", one.by, one.says);
    text += &sources(base, &one.sources);
    if let Some(outcome) = &one.outcome {
        text += &format!("      outcome: {outcome}\n");
    }
    for answer in &one.answers {
        let date = answer.date.as_deref().unwrap_or("no date");
        text += &format!("      answered by {} ({date}): {}\n", answer.by, answer.says);
        text += &sources(base, &answer.sources);
    }
    if let Some(note) = &one.note {
        text += &format!("      note: {note}\n");
    }
    text
}

/// The same as JSON, for `show`.
pub(crate) fn json_of(facts: &Facts, id: &str) -> Value {
    let conduct: Vec<Value> = conduct_of(facts, id)
        .into_iter()
        .filter(|(_, one)| one.withdrawn.is_none())
        .map(|(key, one)| json!({ "id": key, "fact": one }))
        .collect();
    let back = taken_back(facts).into_iter().filter(|one| one.of == id);
    let back: Vec<Value> = back.map(|one| one.json()).collect();
    json!({ "conduct": conduct, "withdrawn": back, "to_dispute": HOW_TO_DISPUTE })
}

/// Supplies that still stand, with their places in the file.
pub(crate) fn standing(supplies: &[Supply]) -> impl Iterator<Item = (usize, &Supply)> {
    supplies.iter().enumerate().filter(|(_, one)| one.withdrawn.is_none())
}
