//! The picture of the overview: from the names on the devices to those who made them.

use std::collections::BTreeMap;
use std::sync::Arc;

use maud::{Markup, html};
use whomade_core::report::clean;
use whomade_formats::write::ribbons::{NODE, Stand, band, cut, px, stack, thick};
use whomade_store::CERTAINTIES;

use crate::app::App;
use crate::view::{count, encoded};
use crate::words;

/// Nodes of a side that are drawn one by one; the rest is one node.
const NODES_MAX: usize = 14;
const WIDTH: f64 = 980.0;
const LEFT: f64 = 236.0;
const RIGHT: f64 = 744.0;
const TOP: f64 = 26.0;
/// Height of all ribbons together.
const HEIGHT: f64 = 420.0;
/// A node takes at least a line of text.
const SLOT: f64 = 19.0;
/// Few devices must not make ribbons as wide as the page.
const DEVICE_MAX: f64 = 26.0;
const LETTERS: usize = 26;

struct Side {
    /// The keys of the nodes, the heaviest first; one more stands for the rest.
    keys: Vec<Arc<str>>,
    weights: Vec<u64>,
    rest: usize,
}

impl Side {
    fn of<'p>(pairs: impl Iterator<Item = (&'p Arc<str>, u64)>) -> Self {
        let mut sums: BTreeMap<&Arc<str>, u64> = BTreeMap::new();
        for (key, devices) in pairs {
            *sums.entry(key).or_default() += devices;
        }
        let mut sums: Vec<(&Arc<str>, u64)> = sums.into_iter().collect();
        sums.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(other.0)));
        let rest = sums.split_off(sums.len().min(NODES_MAX));
        let mut weights: Vec<u64> = sums.iter().map(|(_, devices)| *devices).collect();
        if !rest.is_empty() {
            weights.push(rest.iter().map(|(_, devices)| devices).sum());
        }
        let keys = sums.into_iter().map(|(key, _)| Arc::clone(key)).collect();
        Self { keys, weights, rest: rest.len() }
    }

    fn place(&self, key: &str) -> usize {
        self.keys.iter().position(|one| **one == *key).unwrap_or(self.keys.len())
    }
}

/// Draws how many devices of each label were made by whom, and how sure that is.
pub(super) fn flow(app: &App, pairs: &[([Arc<str>; 3], u64)]) -> Markup {
    let total: u64 = pairs.iter().map(|(_, devices)| devices).sum();
    let scale = (HEIGHT / total.max(1) as f64).min(DEVICE_MAX);
    let labels = Side::of(pairs.iter().map(|([label, _, _], devices)| (label, *devices)));
    let makers = Side::of(pairs.iter().map(|([_, maker, _], devices)| (maker, *devices)));
    let stands = |side: &Side| -> Vec<Stand> {
        side.weights.iter().map(|weight| Stand { weight: *weight, ..Stand::default() }).collect()
    };
    let (mut left, mut right) = (stands(&labels), stands(&makers));
    let bottom = stack(left.iter_mut(), scale, SLOT, 3.0, TOP);
    let slots: f64 = right.iter().map(|one| thick(one.weight, scale).max(SLOT)).sum();
    let gap = ((bottom - TOP - slots) / right.len().max(1) as f64).max(4.0);
    let below = stack(right.iter_mut(), scale, SLOT, gap, TOP + gap / 2.0);
    let ribbons = ribbons(pairs, &labels, &makers);
    let places = [left.clone(), right.clone()];
    html! {
        svg.flow viewBox={ "0 0 " (WIDTH) " " (px(bottom.max(below) + 6.0)) } role="group"
            aria-labelledby="flow-title" {
            title #flow-title { (words::flow(total)) }
            text.head x=(LEFT) y="14" text-anchor="end" { (words::NAME_ON_IT) }
            text.head x=(RIGHT) y="14" { (words::MADE_BY) }
            @for ((label, maker, certainty), devices) in ribbons {
                @let ends = (&mut left[label], &mut right[maker]);
                path class={ "ribbon " (CERTAINTIES[certainty]) }
                    d=(band(devices, scale, (LEFT + NODE, ends.0), (RIGHT - NODE, ends.1))) {
                    title {
                        (words::ribbon(
                            &label_name(&labels, label), &maker_name(app, &makers, maker),
                            CERTAINTIES[certainty], devices,
                        ))
                    }
                }
            }
            @for (at, stand) in places[0].iter().enumerate() {
                (node(*stand, scale, LEFT, &label_name(&labels, at), "label",
                    labels.keys.get(at).map(AsRef::as_ref)))
            }
            @for (at, stand) in places[1].iter().enumerate() {
                (node(*stand, scale, RIGHT, &maker_name(app, &makers, at), "maker",
                    makers.keys.get(at).map(AsRef::as_ref)))
            }
        }
    }
}

type Ribbon = ((usize, usize, usize), u64);

/// The ribbons between nodes, in an order in which few cross.
fn ribbons(pairs: &[([Arc<str>; 3], u64)], labels: &Side, makers: &Side) -> Vec<Ribbon> {
    let mut all: BTreeMap<(usize, usize, usize), u64> = BTreeMap::new();
    for ([label, maker, certainty], devices) in pairs {
        let certainty = CERTAINTIES.iter().position(|word| **word == **certainty);
        let key = (labels.place(label), makers.place(maker), certainty.unwrap_or_default());
        *all.entry(key).or_default() += devices;
    }
    all.into_iter().collect()
}

fn label_name(labels: &Side, at: usize) -> String {
    match labels.keys.get(at).map(AsRef::as_ref) {
        None => words::rest(labels.rest),
        Some("") => words::NO_LABEL.to_owned(),
        Some(label) => clean(label),
    }
}

fn maker_name(app: &App, makers: &Side, at: usize) -> String {
    match makers.keys.get(at).map(AsRef::as_ref) {
        None => words::rest(makers.rest),
        Some("") => words::NOT_KNOWN.to_owned(),
        Some(ids) => app.maker_names(ids),
    }
}

/// A node with its name and number, which lead to its devices.
fn node(stand: Stand, scale: f64, x: f64, name: &str, facet: &str, key: Option<&str>) -> Markup {
    let height = thick(stand.weight, scale);
    let middle = px(stand.top + height / 2.0);
    let (bar, text, anchor) =
        if x == LEFT { (x, x - 7.0, "end") } else { (x - NODE, x + 7.0, "start") };
    let words = html! {
        text x=(text) y=(middle) dy=".34em" text-anchor=(anchor) {
            (cut(name, LETTERS)) " " tspan.n { (count(stand.weight)) }
        }
    };
    html! {
        rect.node x=(bar) y=(px(stand.top)) width=(NODE) height=(px(height)) {}
        @match key {
            Some(key) => a href={ "/devices?" (facet) "=" (encoded(key)) } { (words) },
            None => (words),
        }
    }
}
