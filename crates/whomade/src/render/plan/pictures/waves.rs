//! Who is visited when: a row a site, a column a period.

use std::collections::{BTreeMap, BTreeSet};

use maud::html;
use whomade_core::plan::{Plan, Visit};
use whomade_core::report::clean;

use super::{DUE, GRID, INK, PALE, PLAN, Picture, WIDE, drawing, periods, px, shown_periods};
use crate::run::plan::solved::Answer;
use whomade_formats::write::ribbons::cut;

/// Sites that have a row of their own.
const ROWS_MAX: usize = 40;
/// Letters of a site's name.
const LETTERS: usize = 26;
const NAMES: f64 = 170.0;
const RIGHT: f64 = 66.0;
const TOP: f64 = 8.0;
const ROW: f64 = 17.0;
/// Room for a number in a bar.
const DIGITS: f64 = 16.0;

/// A row: what it is called, its visits by period, what is left.
#[derive(Default)]
struct Row {
    name: String,
    /// Devices by period.
    devices: BTreeMap<usize, usize>,
    left: usize,
    /// The period by whose end all there must be gone.
    due: Option<usize>,
    closed: Vec<usize>,
}

/// The picture.
pub(super) fn picture(answer: &Answer<'_>) -> Picture {
    let count = shown_periods(answer);
    let rows = rows(answer, &answer.solved.plan);
    let wide = (WIDE - NAMES - RIGHT) / count as f64;
    let x = |at: usize| NAMES + at as f64 * wide;
    let high = TOP + rows.len() as f64 * ROW + 24.0;
    let bottom = TOP + rows.len() as f64 * ROW;
    let parts = html! {
        @for at in 0..=count {
            line x1=(px(x(at))) x2=(px(x(at))) y1=(px(TOP)) y2=(px(bottom)) stroke=(GRID) {}
        }
        @for (number, row) in rows.iter().enumerate() {
            @let y = TOP + number as f64 * ROW;
            @if number % 2 == 1 {
                rect x="0" y=(px(y)) width=(px(WIDE)) height=(px(ROW)) fill="#f5f7f9" {}
            }
            @for at in &row.closed {
                rect x=(px(x(*at))) y=(px(y)) width=(px(wide)) height=(px(ROW)) fill="#e6e0d4" {}
            }
            text x=(px(NAMES - 8.0)) y=(px(y + 12.0)) text-anchor="end" fill=(INK) {
                (cut(&row.name, LETTERS))
            }
            @for (at, devices) in &row.devices {
                rect x=(px(x(*at) + 0.5)) y=(px(y + 2.0)) width=(px((wide - 1.0).max(1.0)))
                    height=(px(ROW - 4.0)) rx="1.5" fill=(PLAN) {}
                @if wide >= DIGITS {
                    text x=(px(x(*at) + wide / 2.0)) y=(px(y + 12.0)) text-anchor="middle"
                        fill="#ffffff" font-size="10" { (devices) }
                }
            }
            @if let Some(due) = row.due {
                @let at = x(due + 1);
                line x1=(px(at)) x2=(px(at)) y1=(px(y)) y2=(px(y + ROW)) stroke=(DUE)
                    stroke-width="2" {}
            }
            @if row.left > 0 {
                text x=(px(WIDE - RIGHT + 6.0)) y=(px(y + 12.0)) fill=(PALE) {
                    (row.left) " left"
                }
            }
        }
        (periods(answer, |at| x(at) + wide / 2.0, bottom + 15.0))
    };
    let alt = alt(answer);
    let marks = [
        (rows.iter().any(|row| row.due.is_some()), "orange: all there must be gone"),
        (rows.iter().any(|row| !row.closed.is_empty()), "shaded: nobody may come"),
    ];
    let marks: Vec<&str> = marks.into_iter().filter(|(is, _)| *is).map(|(_, text)| text).collect();
    let marks = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join("; ")) };
    Picture {
        name: "waves",
        caption: format!("Visits by site and period, with the devices that go{marks}"),
        svg: drawing(high, &alt, &parts),
        alt,
    }
}

/// The rows: sites in the order in which they are visited; the rest in one.
fn rows(answer: &Answer<'_>, plan: &Plan) -> Vec<Row> {
    let problem = &answer.removal.problem;
    let mut by_site: BTreeMap<usize, Vec<&Visit>> = BTreeMap::new();
    for visit in &plan.visits {
        by_site.entry(visit.site).or_default().push(visit);
    }
    let risk = |visits: &[&Visit]| -> f64 {
        visits.iter().flat_map(|one| &one.devices).map(|at| problem.devices[*at].risk).sum()
    };
    let mut sites: Vec<(usize, Vec<&Visit>)> = by_site.into_iter().collect();
    // The heaviest have a row of their own.
    sites.sort_by(|one, other| risk(&other.1).total_cmp(&risk(&one.1)).then(one.0.cmp(&other.0)));
    let rest = sites.split_off(sites.len().min(ROWS_MAX));
    sites.sort_by_key(|(site, visits)| {
        (visits.iter().filter_map(|one| one.period).min().unwrap_or(usize::MAX), *site)
    });
    let mut rows: Vec<Row> =
        sites.iter().map(|(site, visits)| row(answer, *site, visits)).collect();
    if !rest.is_empty() {
        let mut all = Row { name: format!("{} further sites", rest.len()), ..Row::default() };
        for visit in rest.iter().flat_map(|(_, visits)| visits) {
            match visit.period {
                Some(at) => *all.devices.entry(at).or_default() += visit.devices.len(),
                None => all.left += visit.devices.len(),
            }
        }
        rows.push(all);
    }
    rows
}

fn row(answer: &Answer<'_>, site: usize, visits: &[&Visit]) -> Row {
    let problem = &answer.removal.problem;
    let place = &problem.sites[site];
    let mut row = Row { name: clean(&place.name), ..Row::default() };
    for visit in visits {
        match visit.period {
            Some(at) => *row.devices.entry(at).or_default() += visit.devices.len(),
            None => row.left += visit.devices.len(),
        }
    }
    let devices = visits.iter().flat_map(|one| &one.devices);
    let due = devices.filter_map(|at| problem.devices[*at].due).min();
    row.due = due.and_then(|due| problem.periods.iter().rposition(|one| one.until <= due));
    let shown = problem.periods.iter().enumerate().take(shown_periods(answer));
    let closed = shown.filter(|(_, period)| {
        place.closed.iter().any(|(from, until)| *from <= period.from && period.until <= *until)
    });
    row.closed = closed.map(|(at, _)| at).collect();
    row
}

fn alt(answer: &Answer<'_>) -> String {
    let (removal, plan) = (answer.removal, &answer.solved.plan);
    let left = removal.left(plan).len();
    let gone = removal.subjects.len() - left;
    let sites = removal.visited(plan);
    let rest = if left > 0 { format!("; {left} are left") } else { String::new() };
    let used: BTreeSet<usize> = plan.visits.iter().filter_map(|one| one.period).collect();
    format!(
        "{gone} devices at {sites} sites go in {} of {} periods{rest}",
        used.len(),
        removal.problem.periods.len()
    )
}
