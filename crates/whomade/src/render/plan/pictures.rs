//! The plan as pictures: who is visited when, what is still there, what more money would bring.
//! Each says the same in words, for whoever does not see it.

use maud::{Markup, html};
use whomade_core::paper::Block;

use super::{period_name, share_words};
use crate::run::plan::solved::Answer;

mod burn_down;
mod curve;
mod waves;

/// Width of a picture, in its own units.
const WIDE: f64 = 720.0;
/// Ink, and what is less than that.
const INK: &str = "#1b2733";
const PALE: &str = "#5b6675";
const GRID: &str = "#dfe4ea";
/// The plan, the two by hand, and what would be if nothing were done; they differ in lightness and
/// in how they are drawn, so that they are told apart without colour.
const PLAN: &str = "#12335a";
const BY_RISK: &str = "#b4501e";
const BY_SITE: &str = "#3d74ad";
/// A day by which something must be gone.
const DUE: &str = "#8a1c4a";
const NOTHING: &str = "#8c96a3";

/// A picture with its words.
pub(crate) struct Picture {
    /// The name of its file, without the ending.
    pub(crate) name: &'static str,
    /// What it shows.
    pub(crate) caption: String,
    /// The same in words.
    pub(crate) alt: String,
    /// The drawing.
    pub(crate) svg: String,
}

impl Picture {
    /// As a piece of a paper.
    pub(crate) fn block(self) -> Block {
        let Self { caption, alt, svg, .. } = self;
        Block::Picture { caption, alt, svg }
    }

    /// As a file of its own.
    pub(crate) fn file(&self) -> String {
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", self.svg)
    }
}

/// The pictures of a plan; none of what there is nothing to show.
pub(crate) fn pictures(answer: &Answer<'_>) -> Vec<Picture> {
    if answer.removal.subjects.is_empty() {
        return Vec::new();
    }
    let all =
        [Some(waves::picture(answer)), Some(burn_down::picture(answer)), curve::picture(answer)];
    all.into_iter().flatten().collect()
}

/// The drawing around its parts.
fn drawing(high: f64, alt: &str, parts: &Markup) -> String {
    let size = format!("0 0 {} {}", px(WIDE), px(high));
    let markup = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(size) width=(px(WIDE)) height=(px(high))
            role="img" aria-label=(alt) font-family="Helvetica, Arial, sans-serif" font-size="11" {
            rect width=(px(WIDE)) height=(px(high)) fill="#ffffff" {}
            (parts)
        }
    };
    markup.into_string()
}

/// A number of a drawing, with one digit at most.
fn px(number: f64) -> String {
    whomade_formats::write::ribbons::px(number)
}

/// Steps of an axis: at most six, each 1, 2 or 5 times a power of ten.
fn steps(most: f64) -> Vec<f64> {
    if most <= 0.0 {
        return vec![0.0];
    }
    let rough = most / 5.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|one| one * power);
    let step = step.into_iter().find(|one| *one >= rough).unwrap_or(power * 10.0);
    let count = (most / step).ceil().min(10.0) as u32;
    (0..=count).map(|at| f64::from(at) * step).collect()
}

/// A large number in few signs.
fn short(number: f64) -> String {
    let (number, sign) = match number.abs() {
        n if n >= 1e9 => (number / 1e9, "bn"),
        n if n >= 1e6 => (number / 1e6, "m"),
        n if n >= 1e4 => (number / 1e3, "k"),
        _ => (number, ""),
    };
    let text = if number.fract() == 0.0 || number >= 100.0 {
        format!("{number:.0}")
    } else {
        format!("{number:.1}")
    };
    format!("{}{sign}", text.strip_suffix(".0").unwrap_or(&text))
}

/// Periods that are shown at least.
const SHOWN_MIN: usize = 6;

/// How many periods are shown: those in which anything happens by any of the plans, and one more.
fn shown_periods(answer: &Answer<'_>) -> usize {
    let (problem, solved) = (&answer.removal.problem, &answer.solved);
    let all = problem.periods.len().max(1);
    let plans = solved.by_hand.iter().chain([&solved.plan]);
    if plans.clone().any(|plan| plan.visits.iter().any(|one| one.period.is_none())) {
        return all;
    }
    let last = plans.flat_map(|plan| &plan.visits).filter_map(|one| one.period).max();
    let due = problem.devices.iter().filter_map(|one| one.due).max();
    let due = due.map(|due| problem.periods.iter().take_while(|one| one.until < due).count());
    let last = last.max(due).unwrap_or(0);
    (last + 2).max(SHOWN_MIN).min(all)
}

/// The names of periods below a picture, as many as there is room for.
fn periods(answer: &Answer<'_>, x: impl Fn(usize) -> f64, y: f64) -> Markup {
    let removal = answer.removal;
    let count = shown_periods(answer);
    let every = count.div_ceil(9).max(1);
    html! {
        @for (at, period) in removal.problem.periods.iter().enumerate().take(count).step_by(every) {
            text x=(px(x(at))) y=(px(y)) text-anchor="middle" fill=(PALE) font-size="10" {
                (period_name(removal.terms, *period))
            }
        }
    }
}
