//! One page for one device.

use super::common::{self, certainty_words, count};
use super::filled::lead;
use super::reach::{self, not_asked};
use super::{Blocks, Fact, Item, Matter, Paper, VERSION, regime};
use crate::report::DeviceReport;
use crate::role::Role;
use crate::ruling::{Outcome, Ruling};

/// Next steps that are told.
const STEPS_MAX: usize = 3;
/// Places of devices of the same name that are told.
const PLACES_MAX: usize = 6;

/// Composes the page of one device; its report must have been kept.
#[must_use]
pub fn device(matter: &Matter<'_>, item: &Item) -> Paper {
    let mut out = Blocks::default();
    let mut title = item.name.clone();
    if let Some(report) = &item.report {
        title.clone_from(&report.headline);
        let mut facts = vec![Fact::known("Record", &*item.place)];
        for (name, value) in [
            ("Sold as", &item.label),
            ("Model", &item.model),
            ("Site", &item.site),
            ("Supplied or installed by", &item.supplier),
        ] {
            let value = if value.is_empty() { "the records do not say" } else { value };
            facts.push(Fact::known(name, value));
        }
        facts.push(Fact::known(
            "Equipment",
            item.class.map_or("not told by its number", |c| c.words()),
        ));
        facts.push(Fact::known("Certainty", certainty_words(report)));
        out.facts(facts);
        same_name(matter, item, &mut out);
        out.heading("Why");
        common::evidence(item, report, &mut out);
        for one in &report.contradictions {
            out.note(format!("Does not fit together ({}): {}.", one.kind, one.says));
        }
        rulings(matter, report, &mut out);
        settle(report, &mut out);
        out.0.push(super::Block::NewPage);
        roles(report, &mut out);
        let lines = report.exposures.lines();
        if !lines.is_empty() {
            out.heading("Vulnerabilities of its maker's firmware");
            out.steps(lines);
        }
        if !report.asides.is_empty() {
            out.heading("Said of the label, and not weighed");
            let asides = report.asides.iter();
            out.steps(asides.map(|one| format!("{}: {}", one.kind, one.says)).collect());
        }
        let all: Vec<&str> = matter.regimes.iter().map(|one| one.id.as_str()).collect();
        regime::words(matter, &[item], &all, &mut out);
    }
    common::not_looked(matter, &mut out);
    common::sources(matter, &[item], &[], &mut out);
    common::method(&mut out);
    Paper {
        v: VERSION,
        kind: "device".to_owned(),
        over: item.place.clone(),
        title,
        lead: lead(matter, ""),
        on: matter.on,
        made_with: matter.made_with.clone(),
        blocks: out.0,
    }
}

/// That other devices of the records bear the name of this one.
fn same_name(matter: &Matter<'_>, item: &Item, out: &mut Blocks) {
    let same = |other: &&Item| other.name == item.name && other.place != item.place;
    let others: Vec<&Item> = matter.devices.iter().filter(same).collect();
    let Some(first) = others.first() else { return };
    let places: Vec<&str> =
        others.iter().take(PLACES_MAX).map(|other| other.place.as_str()).collect();
    let more = others.len() - places.len();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    out.paragraph(format!(
        "{} called {} in the records: {}{rest}. This page is about the one of {}; \
         `report device \"{}\"` shows another.",
        count(others.len(), "other device is", "other devices are"),
        item.name,
        places.join(", "),
        item.place,
        first.place
    ));
}

fn roles(report: &DeviceReport, out: &mut Blocks) {
    let design = &report.design;
    let who: Vec<&str> = match &design.maker {
        Some(maker) => vec![maker.name.as_str()],
        None => design.one_of.iter().map(|one| one.name.as_str()).collect(),
    };
    let who = if who.is_empty() { "not known".to_owned() } else { crate::report::join_or(&who) };
    let mut rows = vec![vec![Role::Design.words().to_owned(), who, design.certainty.to_owned()]];
    for role in &report.roles {
        let mut who: Vec<&str> = role.who.iter().map(|one| one.name.as_str()).collect();
        who.extend(role.written.as_deref());
        let who = if who.is_empty() { "not known".to_owned() } else { who.join(", ") };
        rows.push(vec![role.role.words().to_owned(), who, role.ground.clone()]);
    }
    out.heading("Who");
    out.table("Roles are separate answers", &["Role", "Who", "On what ground"], rows);
}

fn settle(report: &DeviceReport, out: &mut Blocks) {
    let steps = report
        .would_settle
        .iter()
        .take(STEPS_MAX)
        .map(|one| format!("{} (about {} min): {}", one.what, one.minutes, one.how));
    let steps: Vec<String> = steps.collect();
    out.heading("What would settle it");
    if steps.is_empty() {
        out.paragraph("Nothing is open about its maker.");
    }
    out.steps(steps);
}

fn rulings(matter: &Matter<'_>, report: &DeviceReport, out: &mut Blocks) {
    out.heading("What follows");
    let mut rows = Vec::new();
    let mut free: Vec<&str> = Vec::new();
    let mut unasked: Vec<String> = Vec::new();
    for ruling in &report.rulings {
        let Some(regime) = matter.regimes.iter().find(|one| one.id == ruling.regime) else {
            continue;
        };
        if ruling.outcome == Outcome::NoRule {
            match not_asked(regime, matter.context) {
                Some(act) => {
                    unasked.push(format!("{}: {}.", ruling.regime, reach::not_asked_words(act)))
                }
                None => free.push(&ruling.regime),
            }
            continue;
        }
        let citation = ruling.decisive().map_or("", |step| step.citation.as_str());
        let missing = ruling.missing().join(", ");
        let more = match ruling.outcome {
            Outcome::Undetermined if matter.open => {
                format!("would be barred for {}", regime.would_bar)
            }
            Outcome::Undetermined => format!("not known: {missing}"),
            _ => duties(ruling),
        };
        let said = format!("{} ({})", ruling.outcome, ruling.outcome.meaning());
        rows.push(vec![regime.title.clone(), said, citation.to_owned(), more]);
    }
    let columns = ["Rule", "Answer", "Provision", "What it takes, or what follows"];
    out.table(format!("The rules on {}", matter.on), &columns, rows);
    for said in unasked {
        out.note(said);
    }
    if !free.is_empty() {
        out.note(format!("No provision reaches it under {}.", free.join(", ")));
    }
}

/// The duties in brief: the paragraph, and by when.
fn duties(ruling: &Ruling) -> String {
    let duties = ruling.duties.iter().map(|duty| match &duty.by {
        Some(by) => format!("{} ({by})", duty.citation),
        None => format!("{}: {}", duty.citation, duty.what),
    });
    duties.collect::<Vec<_>>().join("; ")
}
