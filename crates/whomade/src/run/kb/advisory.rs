//! What `whomade kb show` says of an advisory: what it reaches, what fixes it, and under which
//! labels the same firmware is sold.

use anyhow::Result;
use serde_json::{Value, json};
use whomade_core::exposure::inheriting;
use whomade_core::kb::Base;
use whomade_core::kb::schema::{Advisory, Affected, After, RangeGrade};

use super::show::sources;
use whomade_inquiry::base::Known;

/// Models that are named of one range; the rest is counted.
const MODELS_SHOWN: usize = 8;

/// The advisory with the labels that carry the hole.
///
/// # Errors
/// When it cannot be written as JSON.
pub(super) fn json_of(base: &Base, one: &Advisory) -> Result<Value> {
    let mut value = serde_json::to_value(one)?;
    if let Value::Object(fields) = &mut value {
        let labels: Vec<&str> = inheriting(base, &one.maker).iter().map(|(id, _)| *id).collect();
        fields.insert("carried_by".to_owned(), json!(labels));
    }
    Ok(value)
}

/// The advisory as people read it.
pub(super) fn text(known: &Known, id: &str, one: &Advisory) -> String {
    let base = &known.base;
    let maker = base.maker(&one.maker).map_or(one.maker.as_str(), |of| base.name(of));
    let mut text = format!("advisory {}  [kb/advisories/{id}.toml]\n", one.cve);
    text += &format!("  {}\n  in the firmware of {maker}\n", one.title);
    if let Some(score) = one.score {
        let vector = one.cvss.as_ref().map(|vector| format!(" ({vector})")).unwrap_or_default();
        text += &format!("  CVSS {score:.1}{vector}\n");
    }
    let kev = &base.facts.kev;
    if let Some((day, of)) = kev.added.get(&one.cve).zip(kev.catalogue.as_ref()) {
        text += &format!("  known exploited since {day}, by CISA's catalogue of {of}\n");
    }
    if let Some(words) = epss_words(base, &one.cve) {
        text += &format!("  {words}\n");
    }
    match one.grade {
        RangeGrade::Recalled => text += "  recalled: a lead, which decides nothing\n",
        RangeGrade::Imported => text += "  imported as its record has it; nobody here read it\n",
        RangeGrade::Read => {}
    }
    for row in &one.affected {
        let shown = row.models.len().min(MODELS_SHOWN);
        let more = row.models.len() - shown;
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        text += &format!("  {}{more}\n      {}\n", row.models[..shown].join(", "), range(row));
        text += &row.note.as_ref().map(|note| format!("      {note}\n")).unwrap_or_default();
    }
    text += &one.note.as_ref().map(|note| format!("  note: {note}\n")).unwrap_or_default();
    text += &sources(base, &one.sources);
    let carried = inheriting(base, &one.maker).into_iter().map(|(label, name)| {
        let contested = base.facts.contested(label, &one.maker);
        if contested { format!("{name} (contested)") } else { name.to_owned() }
    });
    let carried: Vec<String> = carried.collect();
    if !carried.is_empty() {
        text += "  labels that sell or sold equipment of this maker, so look at its firmware:\n";
        text += &format!("      {}\n", carried.join(", "));
    }
    text
}

/// How likely it is exploited, by the scores that the user brought.
fn epss_words(base: &Base, cve: &str) -> Option<String> {
    let epss = &base.facts.epss;
    let (score, rank) = epss.scores.get(cve)?;
    let day = epss.day.as_deref().unwrap_or("an unknown day");
    Some(format!("EPSS {score:.3} of {day}, above {:.1} % of all", rank * 100.0))
}

fn range(row: &Affected) -> String {
    if row.all {
        return "every firmware".to_owned();
    }
    if row.unstated {
        return "no version is stated: cannot tell".to_owned();
    }
    if !row.exact.is_empty() {
        return format!("exactly {}", row.exact.join(", "));
    }
    let mut words = row.in_words();
    words.extend(row.some.then(|| "only some of them".to_owned()));
    match row.after {
        After::Fixed => {
            let fixed = row.fixed.iter().map(|text| format!("fixed from {text}"));
            words.extend(fixed);
            words.extend(row.fixed_built.map(|day| format!("fixed if built from {day} on")));
        }
        After::NotAffected => words.push("later ones never had it".to_owned()),
        After::Unknown => words.push("no fix is stated".to_owned()),
    }
    words.join("; ")
}
