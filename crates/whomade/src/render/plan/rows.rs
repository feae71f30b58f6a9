//! The plan as rows of CSV, a device each, and as a calendar, a visit each.

use anyhow::Result;
use jiff::civil::Date;
use whomade_core::plan::Visit;
use whomade_core::report::{clean, counted};
use whomade_formats::write::csv::CsvWriter;
use whomade_formats::write::icalendar::{Calendar, Event};

use super::period_name;
use crate::run::plan::solved::Answer;

const COLUMNS: [&str; 22] = [
    "wave",
    "first day",
    "last day",
    "site",
    "device",
    "place",
    "label",
    "model",
    "made by",
    "standing",
    "regimes",
    "exposure",
    "egress",
    "risk a day",
    "must be gone by",
    "end of life",
    "cost",
    "cost of the visit",
    "hours",
    "replaced by",
    "until then",
    "known by",
];

/// One row a device, in the order of waves and sites.
///
/// # Errors
/// When a row cannot be written.
pub(crate) fn csv(answer: &Answer<'_>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rows = CsvWriter::new(&mut bytes);
    rows.row(COLUMNS)?;
    for (visit, days) in answer.solved.plan.visits.iter().zip(&answer.solved.days) {
        for (n, at) in visit.devices.iter().enumerate() {
            // What coming costs stands beside the first device, so that the columns add up.
            let cells = cells(answer, visit, *days, (*at, n == 0));
            rows.row(cells.iter().map(String::as_str))?;
        }
    }
    rows.finish()?;
    Ok(bytes)
}

fn cells(
    answer: &Answer<'_>,
    visit: &Visit,
    days: Option<(Date, Date)>,
    (at, is_first): (usize, bool),
) -> [String; 22] {
    let removal = answer.removal;
    let (subject, device) = (&removal.subjects[at], &removal.problem.devices[at]);
    let period = visit.period.and_then(|at| removal.problem.periods.get(at));
    let wave = period.map_or("left".to_owned(), |one| period_name(removal.terms, *one));
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let keys: Vec<String> = subject.entry.keys.iter().map(ToString::to_string).collect();
    let replaced = removal.replaced_by[at].map(|at| answer.ruled[at].name.clone());
    let measures: Vec<String> = subject.interim.iter().map(|one| one.words()).collect();
    [
        wave,
        day(days.map(|(first, _)| first)),
        day(days.map(|(_, last)| last)),
        clean(&removal.problem.sites[visit.site].name),
        subject.entry.called(),
        subject.place.clone(),
        subject.entry.label.clone(),
        subject.entry.model.clone(),
        subject.entry.makers.join("|"),
        subject.standing.word().to_owned(),
        subject.regimes.join("|"),
        subject.exposed.word().to_owned(),
        subject.egress.word().to_owned(),
        number(device.risk),
        day(removal.due[at]),
        day(device.ends),
        number(device.cost),
        if is_first { number(removal.problem.sites[visit.site].visit_cost) } else { String::new() },
        number(device.hours),
        replaced.unwrap_or_default(),
        measures.join("; "),
        keys.join("|"),
    ]
}

/// A number with two digits behind the point at most.
fn number(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The visits as a calendar, each on the days that are proposed, or over its whole period where
/// none are.
pub(crate) fn calendar(answer: &Answer<'_>) -> String {
    let (removal, solved) = (answer.removal, &answer.solved);
    let mut calendar = Calendar::new("Removal plan", answer.asked.on);
    for (visit, days) in solved.plan.visits.iter().zip(&solved.days) {
        let Some(period) = visit.period.and_then(|at| removal.problem.periods.get(at)) else {
            continue;
        };
        let site = clean(&removal.problem.sites[visit.site].name);
        let devices = counted(visit.devices.len() as u64, "device");
        let names = visit.devices.iter().map(|at| {
            let subject = &removal.subjects[*at];
            format!("{} {} {}", subject.entry.called(), subject.entry.label, subject.entry.model)
        });
        let names: Vec<String> = names.collect();
        let mut words = vec![format!(
            "{devices}, {:.1} hours, {}",
            visit.hours,
            removal.terms.money(visit.cost)
        )];
        if days.is_none() {
            words.push("the days of this period do not suffice for one more visit".to_owned());
        }
        words.extend(names);
        // The same visit keeps its name in the next calendar, so that it moves and does not stand
        // twice.
        let called = visit.devices.iter().map(|at| removal.subjects[*at].entry.called());
        let id = format!("{site} {}", called.min().unwrap_or_default());
        let stretches = match days {
            Some(days) => removal.stretches(visit.site, *days),
            None => vec![(period.from, period.until)],
        };
        for (n, (first, last)) in stretches.iter().enumerate() {
            let (id, part) = match (n, stretches.len()) {
                (0, 1) => (id.clone(), String::new()),
                (0, all) => (id.clone(), format!(", part 1 of {all}")),
                (n, all) => (format!("{id} {n}"), format!(", part {} of {all}", n + 1)),
            };
            calendar.add(Event {
                id,
                first: *first,
                last: *last,
                title: format!("Remove {devices}: {site}{part}"),
                place: site.clone(),
                words: words.join("\n"),
            });
        }
    }
    calendar.text()
}
