//! `whomade kb show`: what the base says about one thing.

use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::{Value, json};
use whomade_core::kb::document::nearest;
use whomade_core::kb::schema::{
    Advisory, Conduct, Duty, Endpoint, Form, Label, Maker, Owner, Reading, Regime, Source,
};
use whomade_core::kb::{Base, Entity};

use super::sides;
use crate::out::Out;
use whomade_inquiry::base::Known;

/// Shows a maker, label, signature, regime or source by id or name.
///
/// # Errors
/// When nothing bears that name.
pub(crate) fn show(out: &mut Out, known: &Known, id: &str, as_json: bool) -> Result<ExitCode> {
    let base = &known.base;
    let facts = &base.facts;
    let fair = |key: &str, fact: Value| {
        let mut fact = fact;
        if let Value::Object(fields) = &mut fact {
            fields.insert("both_sides".to_owned(), sides::json_of(facts, key));
        }
        fact
    };
    let mut found: Vec<(&str, String, Value)> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    let by_name = base.names.find(id).map(|(of, _)| (of, base.id(of)));
    let is = |key: &str, kind: fn(&Entity) -> bool| {
        key == id || by_name.is_some_and(|(of, name)| kind(&of) && name == key)
    };
    for (key, maker) in &facts.makers {
        if is(key, |of| matches!(of, Entity::Maker(_))) {
            found.push(("maker", key.clone(), fair(key, serde_json::to_value(maker)?)));
            texts.push(maker_text(base, key, maker));
        }
    }
    for (key, label) in &facts.labels {
        if is(key, |of| matches!(of, Entity::Label(_))) {
            found.push(("label", key.clone(), fair(key, serde_json::to_value(label)?)));
            texts.push(label_text(base, key, label));
        }
    }
    if let Some(form) = facts.forms.get(id) {
        found.push(("form", id.to_owned(), serde_json::to_value(form)?));
        texts.push(form_text(base, form));
    }
    if let Some(regime) = facts.regimes.get(id) {
        found.push(("regime", id.to_owned(), serde_json::to_value(regime)?));
        texts.push(regime_text(regime));
    }
    let number = |one: &Advisory| one.cve.eq_ignore_ascii_case(id);
    let advisories = facts.advisories.iter();
    for (key, one) in advisories.filter(|(key, one)| key.as_str() == id || number(one)) {
        found.push(("advisory", key.clone(), super::advisory::json_of(base, one)?));
        texts.push(super::advisory::text(known, key, one));
    }
    if let Some(one) = facts.endpoints.get(id) {
        found.push(("endpoint", id.to_owned(), serde_json::to_value(one)?));
        texts.push(endpoint_text(base, id, one));
    }
    if let Some(one) = facts.conduct.get(id) {
        found.push(("conduct", id.to_owned(), serde_json::to_value(one)?));
        texts.push(conduct_text(base, id, one));
    }
    if let Some(source) = facts.sources.get(id) {
        found.push(("source", id.to_owned(), serde_json::to_value(source)?));
        texts.push(source_text(id, source));
    }
    if let Ok(at) = base.signatures.binary_search_by(|one| one.id.as_str().cmp(id)) {
        let (value, text) = signature(known, at);
        found.push(("signature", id.to_owned(), value));
        texts.push(text);
    }
    if found.is_empty() {
        return nothing(base, id);
    }
    give(out, found, &texts, as_json)?;
    Ok(ExitCode::SUCCESS)
}

/// Gives what was found, as JSON or in words.
fn give(
    out: &mut Out,
    found: Vec<(&str, String, Value)>,
    texts: &[String],
    as_json: bool,
) -> Result<()> {
    if as_json {
        let list: Vec<Value> = found
            .into_iter()
            .map(|(kind, id, fact)| json!({ "kind": kind, "id": id, "fact": fact }))
            .collect();
        out.line(json!({ "v": 1, "found": list }).to_string())?;
    } else {
        out.line(texts.join("\n"))?;
    }
    Ok(())
}

/// Nothing bears that name; a likely one is said.
fn nothing(base: &Base, id: &str) -> Result<ExitCode> {
    let facts = &base.facts;
    let ids = facts.makers.keys().chain(facts.labels.keys()).chain(facts.regimes.keys());
    let ids = ids
        .chain(facts.forms.keys())
        .chain(facts.advisories.keys())
        .chain(facts.endpoints.keys())
        .chain(facts.conduct.keys());
    let signatures = base.signatures.iter().map(|one| &one.id);
    match nearest(id, ids.chain(signatures).map(String::as_str)) {
        Some(near) => bail!("the base has nothing called `{id}`; did you mean `{near}`?"),
        None => bail!(
            "the base has nothing called `{id}`; name a maker, label, regime, advisory, source, \
             signature or endpoint by its id, as in `hikvision`, `lts`, `us.889a1A`"
        ),
    }
}

pub(super) fn sources(base: &Base, ids: &[String]) -> String {
    let mut text = String::new();
    for id in ids {
        match base.facts.sources.get(id) {
            Some(source) => text += &format!("      source: {}", source_line(id, source)),
            None => text += &format!("      source: {id}\n"),
        }
    }
    text
}

fn source_line(id: &str, source: &Source) -> String {
    let by = source.by.as_ref().map(|by| format!("{by}, ")).unwrap_or_default();
    let date = source.date.as_ref().map(|date| format!(" ({date})")).unwrap_or_default();
    let reading = format!("{:?}", source.reading).to_lowercase();
    let url = source.url.as_deref().unwrap_or("no address");
    format!("{by}{}{date}; {reading}; {url} [{id}]\n", source.title)
}

fn conduct_text(base: &Base, id: &str, one: &Conduct) -> String {
    let about = format!("  about {}\n", one.about.join(", "));
    let text = sides::conduct_text(base, id, one).replace("\n    ", "\n");
    let (first, rest) = text.trim_start().split_once('\n').unwrap_or((&text, ""));
    let back = one.withdrawn.map(|day| {
        let because = one.withdrawn_because.as_deref().unwrap_or("no reason is given");
        format!("  withdrawn on {day}: {because}\n")
    });
    format!("{first}\n{about}{}{rest}  {}\n", back.unwrap_or_default(), sides::HOW_TO_DISPUTE)
}

fn endpoint_text(base: &Base, id: &str, one: &Endpoint) -> String {
    let operator = base.operator(&one.operator).map_or(one.operator.as_str(), |of| base.name(of));
    let mut text = format!("endpoint {}  [kb/endpoints/{id}.toml]\n", one.name);
    text += &format!("  operated by {operator}\n");
    if !one.hosts.is_empty() {
        text +=
            &format!("  hosts, and all under them: {}\n      {}\n", one.hosts.join(", "), one.why);
    }
    text += &sources(base, &one.sources);
    for port in &one.ports {
        text += &format!("  port {}/{}: {}\n", port.number, port.over.word(), port.does);
    }
    if let Some(sends) = &one.sends {
        text += &format!("  {sends}\n");
    }
    for lead in &one.leads {
        text += &format!("  lead, never weighed: {}: {}\n", lead.hosts.join(", "), lead.why);
        text += &sources(base, &lead.sources);
    }
    if let Some(note) = &one.note {
        text += &format!("  note: {note}\n");
    }
    text
}

fn form_text(base: &Base, form: &Form) -> String {
    let mut text = format!("form {}  [kb/forms/{}.toml]\n", form.title, form.id);
    let reading = format!("{:?}", form.reading).to_lowercase();
    text += &format!("  {} ({reading})\n  {}\n", form.citation, form.summary);
    text += &format!("  filled in by {}\n", form.regimes.join(", "));
    for part in &form.parts {
        text += &format!("  {} {}: {}\n", part.id, part.title, part.asks);
        for field in &part.fields {
            let some = if field.required { "" } else { ", if any" };
            let ask = field.ask.as_ref().map(|ask| format!("; ask {ask}")).unwrap_or_default();
            text += &format!("      {} ({}{some}): {}{ask}\n", field.label, field.id, field.help);
        }
    }
    if let Some(note) = &form.note {
        text += &format!("  note: {note}\n");
    }
    text + &sources(base, &form.sources).replace("      source", "  source")
}

fn source_text(id: &str, source: &Source) -> String {
    format!("source {}", source_line(id, source))
}

fn maker_text(base: &Base, id: &str, maker: &Maker) -> String {
    let mut text = format!("maker {}  [kb/makers/{id}.toml]\n", maker.name);
    if let Some(legal) = &maker.legal_name {
        text += &format!("  registered as {legal}\n");
    }
    if !maker.local_names.is_empty() {
        text += &format!("  in its own script: {}\n", maker.local_names.join(", "));
    }
    if let Some(country) = &maker.country {
        text += &format!("  seat: {country}\n");
    }
    text += &owners(base, &maker.owners);
    if let Some(note) = &maker.note {
        text += &format!("  note: {note}\n");
    }
    for (key, one) in base.facts.endpoints.iter().filter(|(_, one)| one.operator == id) {
        let hosts = one.hosts.join(", ");
        text +=
            &format!("  operates the cloud {} ({hosts})  [kb/endpoints/{key}.toml]\n", one.name);
    }
    text += "  supplies these labels:\n";
    for (key, label) in &base.facts.labels {
        let supplies = sides::standing(&label.supplies).map(|(_, supply)| supply);
        for supply in supplies.filter(|supply| supply.maker == id) {
            text += &format!(
                "    {} ({key}): {}, {}\n",
                label.name,
                if supply.models.is_empty() { "the label".into() } else { supply.models.join(" ") },
                format!("{:?}", supply.support).to_lowercase()
            );
        }
    }
    text += &sources(base, &maker.sources).replace("      source", "  source");
    text + &sides::text(base, id, &maker.statements)
}

/// Who owned it, and when.
fn owners(base: &Base, owners: &[Owner]) -> String {
    let mut text = String::new();
    for owner in owners {
        let span = match (owner.from, owner.until) {
            (None, None) => String::new(),
            (from, until) => format!(
                " ({} to {})",
                from.map_or("?".to_owned(), |day| day.to_string()),
                until.map_or("today".to_owned(), |day| day.to_string())
            ),
        };
        let stake = owner.stake.as_ref().map(|stake| format!(", {stake}")).unwrap_or_default();
        text += &format!("  owner: {}{stake}{span}\n", owner.holder);
        if let Some(note) = &owner.note {
            text += &format!("      {note}\n");
        }
        text += &sources(base, &owner.sources);
    }
    text
}

fn label_text(base: &Base, id: &str, label: &Label) -> String {
    let mut text = format!("label {}  [kb/labels/{id}.toml]\n", label.name);
    if !label.also.is_empty() {
        text += &format!("  also written: {}\n", label.also.join(", "));
    }
    text += &owners(base, &label.owners);
    for (_, supply) in sides::standing(&label.supplies) {
        let maker = base.maker(&supply.maker).map_or(supply.maker.as_str(), |of| base.name(of));
        let relation = format!("{:?}", supply.relation).to_lowercase();
        let support = format!("{:?}", supply.support).to_lowercase();
        text += &format!("  supplied by {maker} ({relation}, {support})");
        if let Some(from) = supply.from {
            text += &format!(", from {from}");
        }
        if let Some(until) = supply.until {
            text += &format!(", until {until}");
        }
        text += ":\n";
        if !supply.models.is_empty() {
            text += &format!("      models: {}\n", supply.models.join(", "));
        }
        if !supply.named.is_empty() {
            text += &format!("      named by a second source: {}\n", supply.named.join(", "));
        }
        text += &format!("      {}\n", supply.why);
        text += &sources(base, &supply.sources);
    }
    for lead in &label.leads {
        let maker = base.maker(&lead.maker).map_or(lead.maker.as_str(), |of| base.name(of));
        text += &format!("  lead, never weighed: {maker}: {}\n", lead.why);
        text += &sources(base, &lead.sources);
        if lead.unnamed {
            text += "      source: cannot be named; nobody can look it up\n";
        }
    }
    if let Some(note) = &label.note {
        text += &format!("  note: {note}\n");
    }
    text + &sides::text(base, id, &label.statements)
}

fn signature(known: &Known, at: usize) -> (Value, String) {
    let base = &known.base;
    let one = &base.signatures[at];
    let number = u32::try_from(at).unwrap_or_default();
    let weight = known.weights.of(whomade_core::evidence::Feature::Signature(number));
    let grade = format!("{:?}", one.grade).to_lowercase();
    let value = json!({
        "id": one.id, "field": one.field.id(), "role": one.role, "of": base.id(one.of),
        "grade": grade, "copied": one.copied, "why": one.why, "sources": one.sources,
        "decibans": (weight.decibans() * 10.0).round() / 10.0, "fitted": weight.fitted,
        "counts": weight.counts,
    });
    let counts = &weight.counts;
    let fitted = if weight.fitted {
        format!(
            "right in {} of {} labelled observations ({} clusters)",
            counts.right, counts.fired, counts.clusters
        )
    } else {
        "unfitted: no labelled observation has it yet, so alone it reaches possible at most".into()
    };
    let mut text = format!("signature {}  [kb/{}]\n", one.id, one.file);
    text += &format!(
        "  {} of a device → {} is {}{}\n  {}\n  prior {grade}; weight {:.1} decibans; {fitted}\n",
        one.field,
        one.role,
        base.name(one.of),
        if one.copied { ", but others copy it" } else { "" },
        one.why,
        weight.decibans(),
    );
    text += &sources(base, &one.sources);
    (value, text)
}

/// A regime as people read it; also used by `whomade regimes ID`.
pub(crate) fn regime_text(regime: &Regime) -> String {
    let mut text = format!("{}  {}\n  {}\n", regime.id, regime.title, regime.summary);
    text += &format!("  {}; {}\n", regime.jurisdiction, regime.citation);
    text += &format!(
        "  names a maker at the level: {}; sources read to {}\n",
        regime.depth, regime.read_until
    );
    for look in &regime.looks {
        let of = match look.provisions.as_slice() {
            [] => String::new(),
            some => format!(" (of {})", some.join(", ")),
        };
        text += &format!("  looks at the {}{of}: {}\n", look.level, look.words);
    }
    for one in &regime.provisions {
        let until = one.until.map(|until| format!(" until {until}")).unwrap_or_default();
        let effect = format!("{:?}", one.effect).to_lowercase();
        text += &format!("\n  {} ({}): {effect}, from {}{until}\n", one.id, one.citation, one.from);
        text += &format!("    “{}”\n", one.text);
        for (name, conditions) in [("bound", &one.bound), ("when", &one.when)] {
            for (key, values) in conditions {
                text += &format!("    {name}: {key} = {}\n", values.join(" | "));
            }
        }
        if !one.told.is_empty() {
            let keys = one.told.join(", ");
            text += &format!("    speaks only where it is told: {keys}\n");
        }
        let read = format!("{:?}", one.reading).to_lowercase();
        text += &match one.reading {
            Reading::Recalled => "    its words were not read: undetermined at most".to_owned(),
            _ => format!("    read: {read}"),
        };
        text += &format!("; sources: {}\n", one.sources.join(", "));
        for exception in &one.exceptions {
            let until = exception.until.map(|d| format!(", not beyond {d}")).unwrap_or_default();
            text += &format!(
                "    exception {} ({}{until}): {}\n",
                exception.id, exception.citation, exception.text
            );
        }
        if let Some(note) = &one.note {
            text += &format!("    note: {note}\n");
        }
    }
    for word in &regime.definitions {
        text += &format!("\n  {} [{}]: {}\n", word.term, word.citation, word.text);
    }
    for free in &regime.not_bound {
        let when: Vec<String> = free
            .when
            .iter()
            .map(|(key, values)| format!("{key} = {}", values.join(" | ")))
            .collect();
        text += &format!("\n  not bound: {}: {}\n", when.join(", "), free.why);
    }
    for duty in &regime.duties {
        text += &duty_text(duty);
    }
    if let Some(note) = &regime.note {
        text += &format!("\n  note: {note}\n");
    }
    text
}

fn duty_text(duty: &Duty) -> String {
    let by = duty.by.as_ref().map(|by| format!(" ({by})")).unwrap_or_default();
    let sources = if duty.sources.is_empty() {
        String::new()
    } else {
        format!("; {}", duty.sources.join(", "))
    };
    let mut text = format!("\n  duty{by}: {} [{}{sources}]\n", duty.what, duty.citation);
    if let Some(clock) = &duty.clock {
        let unit = format!("{:?}", clock.unit).to_lowercase().replace("day", " day");
        let start = clock.after.as_deref().unwrap_or("the finding");
        let (form, part, within) = (&clock.form, &clock.part, clock.within);
        let plural = if within == 1 { "" } else { "s" };
        text += &format!("    clock of {form} {part}: {within} {}{plural}", unit.trim());
        text += &format!(" from {start}\n");
    }
    for to in &duty.recipients {
        text += &format!("    to: {}\n", to.to);
    }
    text
}
