//! A letter to a supplier: exact models, who produced and designed them, which chip, which
//! clause, who signs. Its tables are filled in and come back.

use super::common::{self, count};
use super::matter::samples;
use super::stated::{is_channel, is_model_number};
use super::supplier::sold_by;
use super::{BLANK, Blocks, Fact, Item, Matter, Paper, VERSION};
use crate::kb::schema::{Provision, Regime};
use crate::ruling::holds;

/// Days that a supplier is given, and months that an answer is good for, unless it is told
/// otherwise: conventions of the letter, not of any rule.
const ANSWER_DAYS: &str = "14";

/// Composes the letter.
#[must_use]
pub fn letter(matter: &Matter<'_>, name: &str) -> Paper {
    let mut out = Blocks::default();
    let sold = sold_by(matter, name);
    head(matter, name, sold.len(), &mut out);
    why(matter, &mut out);
    who(matter, name, &mut out);
    models(&sold, &mut out);
    out.heading("What the columns mean");
    out.steps(vec![
        "Producer: the company in whose factory it was made, with its registered name and \
         country; not the name on the label."
            .to_owned(),
        "Design and firmware: the company whose hardware and platform it is, and who builds the \
         firmware."
            .to_owned(),
        "Main chip: the maker and number of the main chip (SoC). Radio module: the maker of the \
         module, or \"none\"."
            .to_owned(),
    ]);
    out.heading("Statement");
    out.paragraph(format!(
        "I have read the questions. The answers are true for the model numbers in the table and \
         for no others, after asking those from whom we buy. I will tell {} if they change before \
         the day until which they are valid.",
        matter.told("organisation").unwrap_or(BLANK)
    ));
    common::signature(matter, &mut out);
    out.note(
        "This letter says nothing about who made the equipment and accuses nobody. It asks \
         because a rule asks us.",
    );
    Paper {
        v: VERSION,
        kind: "letter".to_owned(),
        over: "Question to a supplier".to_owned(),
        title: match addressee(matter, name) {
            Some(to) => format!("Who made the equipment that {to} supplied?"),
            None => {
                format!("Who made the equipment that was bought by way of \u{201C}{name}\u{201D}?")
            }
        },
        lead: String::new(),
        on: matter.on,
        made_with: matter.made_with.clone(),
        blocks: out.0,
    }
}

/// To whom the letter goes: whoever was told, or the supplier; a way of buying is nobody.
fn addressee<'a>(matter: &Matter<'a>, name: &'a str) -> Option<&'a str> {
    matter.told("supplier").or((!is_channel(name)).then_some(name))
}

/// From whom, to whom, and what is asked for.
fn head(matter: &Matter<'_>, name: &str, devices: usize, out: &mut Blocks) {
    let told = |key: &str, what: &str, ask: &str| match matter.told(key) {
        Some(value) => Fact::known(what, value),
        None => Fact::blank(what, ask),
    };
    out.facts(vec![
        match addressee(matter, name) {
            Some(to) => Fact::known("To", to),
            None => Fact::blank("To", "whoever bought it (--set supplier=NAME)"),
        },
        told("address", "Address", "your purchasing records"),
        told("organisation", "From", "whoever signs"),
        told("reference", "Our reference", "your purchasing records"),
        Fact::known("Written on", matter.on.to_string()),
        told("answer-by", "Answer by", &format!("whoever signs; {ANSWER_DAYS} days are usual")),
    ]);
    out.paragraph(format!(
        "We have to know who made the equipment that you supplied to us: {}, of the models below. \
         We ask you to fill in both tables, to sign, and to send them back as text, as a \
         spreadsheet or on paper.",
        count(devices, "device", "devices")
    ));
    out.paragraph(
        "Please answer for each model number exactly as it stands here. An answer for a family, \
         for a label as a whole or for a number that differs in one character cannot be used. \
         Where you do not know, write \"not known\" and name who would.",
    );
}

/// The questions about the answer itself.
fn who(matter: &Matter<'_>, name: &str, out: &mut Blocks) {
    out.heading("Who answers");
    let blank = || String::new();
    let rows = [
        ("Supplier", addressee(matter, name).unwrap_or_default().to_owned()),
        ("Date", blank()),
        ("Signed by", blank()),
        ("Position", blank()),
        // What we would write here, an untouched form would answer.
        ("Rule or clause that the answer is given for", blank()),
        ("Valid until", blank()),
        ("Signature", blank()),
    ];
    let rows = rows.into_iter().map(|(question, answer)| vec![question.to_owned(), answer]);
    out.table("Please complete", &["Question", "Answer"], rows.collect());
}

/// A row for each model number, as it stands in the records.
fn models(sold: &[&Item], out: &mut Blocks) {
    out.heading("For each model");
    let mut models: Vec<(String, String, usize)> = Vec::new();
    for one in samples(sold) {
        let (label, model) = (&one.item.label, &one.item.model);
        let place = models
            .iter()
            .position(|(l, m, _)| l.eq_ignore_ascii_case(label) && m.eq_ignore_ascii_case(model));
        match place {
            Some(at) => models[at].2 += one.all.len(),
            None => models.push((label.clone(), model.clone(), one.all.len())),
        }
    }
    // A description is no number, and nobody can answer for it exactly.
    let (models, nameless): (Vec<_>, Vec<_>) =
        models.into_iter().partition(|(_, model, _)| is_model_number(model));
    let mut models = models;
    models.sort();
    let rows = models.into_iter().take(common::ROWS_MAX).map(|(label, model, devices)| {
        vec![
            model,
            label,
            devices.to_string(),
            String::new(),
            String::new(),
            String::new(),
            String::new(),
        ]
    });
    let columns = [
        "Model",
        "Sold as",
        "Devices",
        "Producer",
        "Design and firmware",
        "Main chip",
        "Radio module",
    ];
    out.table("One row for each model number", &columns, rows.collect());
    let devices: usize = nameless.iter().map(|(.., devices)| devices).sum();
    if devices > 0 {
        let mut written: Vec<String> = nameless
            .iter()
            .filter(|(_, model, _)| !model.is_empty())
            .map(|(_, model, _)| format!("\u{201C}{model}\u{201D}"))
            .collect();
        written.sort();
        written.dedup();
        let only = match written.join(", ") {
            all if all.is_empty() => String::new(),
            all => format!(" that we can read as one ({all})"),
        };
        out.note(format!(
            "For {} our records hold no model number{only}. Please tell us from your invoices \
             which they are, each in a row of its own.",
            count(devices, "device", "devices")
        ));
    }
}

/// The rules for which it is asked: those that may still ask it, after what was told.
fn why(matter: &Matter<'_>, out: &mut Blocks) {
    if matter.open || matter.regimes.is_empty() {
        return;
    }
    out.heading("Why we ask");
    let asks = |one: &&Regime| may_ask(one, matter);
    let rules: Vec<&Regime> = match matter.regimes.iter().filter(asks).collect::<Vec<_>>() {
        none if none.is_empty() => matter.regimes.iter().collect(),
        some => some,
    };
    let mut steps: Vec<String> =
        rules.iter().map(|one| format!("{}: {}", one.citation, one.summary)).collect();
    if let Some(clause) = matter.told("clause") {
        steps.insert(0, format!("{clause}: the clause of our contract, for which the answer is."));
    }
    out.steps(steps);
}

/// Whether a provision of a regime can still speak, after what was told of holder, act and clause.
fn may_ask(regime: &Regime, matter: &Matter<'_>) -> bool {
    let context = matter.context;
    let free = regime.not_bound.iter().any(|free| holds(&free.when, context) == Some(true));
    let can = |one: &Provision| {
        holds(&one.bound, context) != Some(false)
            && holds(&one.when, context) != Some(false)
            && one.told.iter().all(|key| context.contains_key(key))
            && one.until.is_none_or(|until| matter.on <= until)
    };
    !free && regime.provisions.iter().any(can)
}
