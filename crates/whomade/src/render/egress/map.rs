//! The map: where those who hold the addresses registered them, by bytes sent. It shows no place
//! of any machine, and no country of which no table tells.

use maud::{Markup, html};

use super::View;
use super::sums::{Sum, bytes, many};
use super::world::{Country, WORLD};
use whomade_formats::write::ribbons::px;

/// How a map is drawn: wide, or on a telephone. All in the units of the map.
pub(super) struct Shape {
    class: &'static str,
    /// Radius of the largest and the smallest circle.
    largest: f64,
    smallest: f64,
    /// Height of a line of text, and how many names are tried.
    text: f64,
    names: usize,
    /// Whether a name has its bytes behind it.
    amounts: bool,
}

pub(super) const WIDE: Shape =
    Shape { class: "wide", largest: 64.0, smallest: 7.0, text: 25.0, names: 24, amounts: true };
pub(super) const NARROW: Shape =
    Shape { class: "narrow", largest: 96.0, smallest: 16.0, text: 58.0, names: 8, amounts: false };

/// Length of an arm of the cross, in heights of a line of text.
const ARM: f64 = 0.4;

/// A circle on the map.
struct Circle<'v> {
    country: &'static Country,
    sum: &'v Sum,
    radius: f64,
}

/// A box that holds a name: left, top, right, bottom.
type Frame = (f64, f64, f64, f64);

/// Countries of which the map knows where they lie, most sent first.
fn circles<'v>(view: &'v View<'_>, shape: &Shape) -> Vec<Circle<'v>> {
    let known = view.sums.countries.iter().filter_map(|(code, sum)| Some((WORLD.find(code)?, sum)));
    let mut all: Vec<(&Country, &Sum)> = known.collect();
    all.sort_by_key(|(country, sum)| (std::cmp::Reverse(sum.sent), country.code));
    let most = all.first().map_or(1, |(_, sum)| sum.sent).max(1) as f64;
    // The area of a circle, not its width, is what is compared.
    let radius = |sent: u64| ((sent as f64 / most).sqrt() * shape.largest).max(shape.smallest);
    all.into_iter()
        .map(|(country, sum)| Circle { country, sum, radius: radius(sum.sent) })
        .collect()
}

/// Draws the map. The wide one holds the outlines, which the narrow one uses again.
pub(super) fn map(view: &View<'_>, shape: &Shape) -> Markup {
    let circles = circles(view, shape);
    let said: Vec<String> =
        circles.iter().map(|one| format!("{} {}", one.country.name, bytes(one.sum.sent))).collect();
    let said = format!(
        "World map of the countries in which the addresses are registered, by bytes sent: {}. \
         The table below gives the same in numbers.",
        said.join(", ")
    );
    let here = view.here;
    html! {
        svg class={ "map " (shape.class) } role="img" aria-label=(said)
            viewBox={ "0 0 " (WORLD.wide) " " (WORLD.high) } xmlns="http://www.w3.org/2000/svg" {
            @if shape.class == WIDE.class {
                defs {
                    g #land {
                        @for one in &WORLD.countries {
                            @if !one.path.is_empty() { path d=(one.path) {} }
                        }
                    }
                }
            }
            use.land href="#land" {}
            @for one in circles.iter().filter(|one| !one.country.path.is_empty()) {
                path.named d=(one.country.path) {}
            }
            @if let Some(here) = here {
                @for one in circles.iter().filter(|one| one.country.code != here.code) {
                    (arc(here, one, circles.first(), shape))
                }
                path.here d=(cross(here.at, shape.text * ARM)) { title { (here.name) } }
            }
            @for one in &circles {
                circle.at cx=(one.country.at.0) cy=(one.country.at.1) r=(px(one.radius)) {
                    title {
                        "registered in " (one.country.name) ": " (bytes(one.sum.sent)) " sent by "
                        (many(one.sum.devices.len(), "device"))
                    }
                }
            }
            @for (x, y, anchor, text) in names(&circles, here, shape) {
                text x=(px(x)) y=(px(y)) text-anchor=(anchor) font-size=(shape.text) { (text) }
            }
        }
    }
}

/// A line from where the user says that the devices stand, the thicker the more was sent.
fn arc(here: &Country, to: &Circle<'_>, first: Option<&Circle<'_>>, shape: &Shape) -> Markup {
    let (from, until) = (here.at, to.country.at);
    let (dx, dy) = (until.0 - from.0, until.1 - from.1);
    // It bends to the north, the more the longer it is.
    let bend = 0.18 * dx.hypot(dy);
    let middle = (f64::midpoint(from.0, until.0), (f64::midpoint(from.1, until.1) - bend).max(4.0));
    let most = first.map_or(1, |one| one.sum.sent).max(1) as f64;
    let width = (to.sum.sent as f64 / most).sqrt() * shape.text * 0.35;
    html! {
        path.arc d={ "M" (px(from.0)) " " (px(from.1)) "Q" (px(middle.0)) " " (px(middle.1)) " "
            (px(until.0)) " " (px(until.1)) } stroke-width=(px(width.max(shape.text * 0.08))) {}
    }
}

fn cross((x, y): (f64, f64), arm: f64) -> String {
    let both = px(2.0 * arm);
    format!("M{} {}v{both}M{} {}h{both}", px(x), px(y - arm), px(x - arm), px(y))
}

/// Names beside circles, the largest first, each where it covers no other and no circle; one for
/// which there is no room stands in the table only.
fn names(
    circles: &[Circle<'_>],
    here: Option<&Country>,
    shape: &Shape,
) -> Vec<(f64, f64, &'static str, String)> {
    let mut taken: Vec<Frame> = circles
        .iter()
        .map(|one| {
            let ((x, y), r) = (one.country.at, one.radius * 0.9);
            (x - r, y - r, x + r, y + r)
        })
        .collect();
    taken.extend(here.map(|here| {
        let ((x, y), arm) = (here.at, shape.text * ARM);
        (x - arm, y - arm, x + arm, y + arm)
    }));
    let mut placed = Vec::new();
    for one in circles.iter().take(shape.names) {
        let text = match shape.amounts {
            true => format!("{} {}", one.country.code, bytes(one.sum.sent)),
            false => one.country.code.to_owned(),
        };
        let wide = text.chars().count() as f64 * shape.text * 0.58;
        // A name beside the cross begins behind its arm, and its outline is wide.
        let is_here = here.is_some_and(|here| here.code == one.country.code);
        let arm = if is_here { shape.text * ARM } else { 0.0 };
        let ((x, y), r, gap) = (one.country.at, one.radius.max(arm), shape.text * 0.25);
        let line = shape.text * 0.36;
        let places = [
            (x + r + gap, y + line, "start", 0.0),
            (x - r - gap, y + line, "end", wide),
            (x, y - r - gap, "middle", wide / 2.0),
            (x, y + r + gap + 2.0 * line, "middle", wide / 2.0),
        ];
        let fits = |frame: &Frame| {
            let inside = frame.0 >= 0.0 && frame.2 <= WORLD.wide && frame.1 >= 0.0;
            inside && frame.3 <= WORLD.high && !taken.iter().any(|other| meet(frame, other))
        };
        let found = places.into_iter().find_map(|(x, y, anchor, before)| {
            let frame = (x - before, y - shape.text * 0.8, x - before + wide, y + line * 0.6);
            fits(&frame).then_some((x, y, anchor, frame))
        });
        if let Some((x, y, anchor, frame)) = found {
            taken.push(frame);
            placed.push((x, y, anchor, text));
        }
    }
    placed
}

fn meet(one: &Frame, other: &Frame) -> bool {
    one.0 < other.2 && other.0 < one.2 && one.1 < other.3 && other.1 < one.3
}
