//! What is still there at the end of each period, by the plan and by others.

use maud::{Markup, html};
use whomade_core::plan::removal::Rest;

use super::{
    BY_RISK, BY_SITE, GRID, INK, NOTHING, PALE, PLAN, Picture, WIDE, drawing, periods, px,
    share_words, shown_periods,
};
use crate::run::plan::solved::Answer;

const LEFT: f64 = 46.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 12.0;
const HIGH: f64 = 210.0;
/// Room between two words behind lines.
const APART: f64 = 13.0;

/// A line: what it is, its colour, its dashes, what is there.
struct Line {
    name: &'static str,
    colour: &'static str,
    dashes: &'static str,
    rest: Vec<Rest>,
}

/// The picture.
pub(super) fn picture(answer: &Answer<'_>) -> Picture {
    let lines = lines(answer);
    let count = shown_periods(answer);
    let most = lines[0].rest.first().map_or(1.0, |one| one.risk.max(1e-9));
    let wide = WIDE - LEFT - RIGHT;
    let x = |at: f64| LEFT + wide * at / count as f64;
    let y = |risk: f64| TOP + HIGH * (1.0 - risk / most);
    let parts = html! {
        @for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
            @let at = TOP + HIGH * (1.0 - share);
            line x1=(px(LEFT)) x2=(px(LEFT + wide)) y1=(px(at)) y2=(px(at)) stroke=(GRID) {}
            text x=(px(LEFT - 6.0)) y=(px(at + 4.0)) text-anchor="end" fill=(PALE) {
                (share_words(share))
            }
        }
        @for line in &lines {
            polyline fill="none" stroke=(line.colour) stroke-dasharray=(line.dashes)
                stroke-width=(if line.name == PLANNED { "2.6" } else { "1.6" })
                points=(points(&line.rest, &x, &y)) {}
        }
        (names(&lines, LEFT + wide + 8.0, &y))
        (periods(answer, |at| x(at as f64 + 0.5), TOP + HIGH + 16.0))
    };
    let alt = alt(answer, &lines, most);
    Picture {
        name: "burn-down",
        caption: "What is still there, by what a day with it weighs".to_owned(),
        svg: drawing(TOP + HIGH + 28.0, &alt, &parts),
        alt,
    }
}

const PLANNED: &str = "this plan";

fn lines(answer: &Answer<'_>) -> Vec<Line> {
    let (removal, solved) = (answer.removal, &answer.solved);
    let line = |name, colour, dashes, plan| {
        let mut rest = removal.remaining(plan);
        rest.truncate(shown_periods(answer) + 1);
        Line { name, colour, dashes, rest }
    };
    vec![
        line("nothing is done", NOTHING, "1 3", None),
        line("by hand, by risk", BY_RISK, "6 3", Some(&solved.by_hand[0])),
        line("by hand, by site", BY_SITE, "2 2", Some(&solved.by_hand[1])),
        line(PLANNED, PLAN, "none", Some(&solved.plan)),
    ]
}

/// Steps: what is there stays there until the end of its period.
fn points(rest: &[Rest], x: &impl Fn(f64) -> f64, y: &impl Fn(f64) -> f64) -> String {
    let mut points = Vec::with_capacity(rest.len() * 2);
    for (at, one) in rest.iter().enumerate() {
        points.push(format!("{},{}", px(x(at as f64)), px(y(one.risk))));
        if at + 1 < rest.len() {
            points.push(format!("{},{}", px(x((at + 1) as f64)), px(y(one.risk))));
        }
    }
    points.join(" ")
}

/// The names behind the lines, far enough from one another.
fn names(lines: &[Line], x: f64, y: &impl Fn(f64) -> f64) -> Markup {
    let end = |line: &Line| line.rest.last().map_or(0.0, |one| y(one.risk));
    let mut order: Vec<&Line> = lines.iter().collect();
    order.sort_by(|one, other| end(one).total_cmp(&end(other)));
    // From the lowest up, so that none falls below the picture.
    let mut places: Vec<(f64, &Line)> = Vec::new();
    let mut floor = TOP + HIGH;
    for line in order.into_iter().rev() {
        let at = end(line).min(floor);
        places.push((at, line));
        floor = at - APART;
    }
    html! {
        @for (at, line) in places {
            @let devices = line.rest.last().map_or(0, |one| one.devices);
            text x=(px(x)) y=(px(at + 4.0)) fill=(line.colour)
                font-weight=(if line.name == PLANNED { "bold" } else { "normal" }) {
                (line.name) tspan fill=(INK) font-weight="normal" { ": " (devices) " there" }
            }
        }
    }
}

fn alt(answer: &Answer<'_>, lines: &[Line], most: f64) -> String {
    let half = |line: &Line| {
        let at = line.rest.iter().position(|one| one.risk <= most / 2.0)?;
        let period = answer.removal.problem.periods.get(at.checked_sub(1)?)?;
        Some(period.until)
    };
    let each = lines.iter().map(|line| match half(line) {
        Some(day) => format!("{}: half of the weight is gone by {day}", line.name),
        None => format!("{}: more than half of the weight stays", line.name),
    });
    each.collect::<Vec<_>>().join("; ")
}
