//! What more or less money would bring.

use maud::html;

use super::{BY_RISK, GRID, INK, PALE, PLAN, Picture, WIDE, drawing, px, short, steps};
use crate::run::plan::solved::{Answer, Point};

const LEFT: f64 = 64.0;
const RIGHT: f64 = 40.0;
const TOP: f64 = 26.0;
const HIGH: f64 = 180.0;

/// The picture; none where money is not limited.
pub(super) fn picture(answer: &Answer<'_>) -> Option<Picture> {
    let points = shown(&answer.curve);
    let last = points.last()?;
    let (across, up) = (steps(last.money), steps(highest(&points)));
    let (right, top) = (*across.last()?, *up.last()?);
    if right <= 0.0 || top <= 0.0 {
        return None;
    }
    let wide = WIDE - LEFT - RIGHT;
    let x = |money: f64| LEFT + wide * money / right;
    let y = |risk: f64| TOP + HIGH * (1.0 - risk / top);
    let line: Vec<String> = points
        .iter()
        .map(|one| format!("{},{}", px(x(one.money)), px(y(one.sum.risk_days))))
        .collect();
    let parts = html! {
        @for one in &up {
            line x1=(px(LEFT)) x2=(px(LEFT + wide)) y1=(px(y(*one))) y2=(px(y(*one)))
                stroke=(GRID) {}
            text x=(px(LEFT - 6.0)) y=(px(y(*one) + 4.0)) text-anchor="end" fill=(PALE) {
                (short(*one))
            }
        }
        @for one in &across {
            text x=(px(x(*one))) y=(px(TOP + HIGH + 16.0)) text-anchor="middle" fill=(PALE) {
                (short(*one))
            }
        }
        polyline fill="none" stroke=(PLAN) stroke-width="2" points=(line.join(" ")) {}
        @for one in &points {
            @let (across, up) = (px(x(one.money)), px(y(one.sum.risk_days)));
            @if is_chosen(one) {
                circle cx=(across) cy=(up) r="5" fill=(BY_RISK) {}
                text x=(px(x(one.money) + 8.0)) y=(px(y(one.sum.risk_days) - 7.0)) fill=(INK) {
                    "these terms, of which " (short(one.sum.cost)) " is spent"
                }
            } @else {
                circle cx=(across) cy=(up) r="3" fill=(PLAN) {}
            }
        }
        text x=(px(LEFT + wide)) y=(px(TOP + HIGH + 32.0)) text-anchor="end" fill=(PALE) {
            "money there is over the whole plan" @if !answer.removal.terms.currency.is_empty() {
                ", " (whomade_core::report::clean(&answer.removal.terms.currency))
            }
        }
        text x="4" y="11" fill=(PALE) { "risk days" }
    };
    let alt = points
        .iter()
        .map(|one| {
            let money = answer.removal.terms.money(one.money);
            let spent = answer.removal.terms.money(one.sum.cost);
            let (risk, left) = (short(one.sum.risk_days), one.sum.left);
            format!("{money} there, {spent} of it spent: {risk} risk days, {left} left")
        })
        .collect::<Vec<_>>()
        .join("; ");
    Some(Picture {
        name: "cost-curve",
        caption: "What less and more money would bring, all else as it is".to_owned(),
        svg: drawing(TOP + HIGH + 40.0, &alt, &parts),
        alt,
    })
}

/// The points without those at the end to which more money brings nothing.
fn shown(points: &[Point]) -> Vec<&Point> {
    let same = |one: &Point, other: &Point| {
        (one.sum.risk_days - other.sum.risk_days).abs() < 0.5 && one.sum.left == other.sum.left
    };
    let mut points: Vec<&Point> = points.iter().collect();
    while let [.., before, last] = points.as_slice()
        && same(before, last)
        && !is_chosen(last)
    {
        points.pop();
    }
    points
}

fn highest(points: &[&Point]) -> f64 {
    points.iter().map(|one| one.sum.risk_days).fold(0.0, f64::max)
}

fn is_chosen(point: &Point) -> bool {
    (point.share - 1.0).abs() < 1e-9
}
