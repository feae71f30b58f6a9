//! The flow picture: ribbons from labels to the families whose firmware form they filed.

use std::collections::BTreeMap;

use maud::{Markup, html};
use whomade_core::atlas::{Filer, Standing, Support};
use whomade_core::kb::Entity;

use super::steps::{class, plain};
use super::{Seen, View, count, products};
use whomade_formats::write::ribbons::{NODE, Stand, band, cut, px, stack, thick};

/// How a picture is laid out; there is one for wide paper and one for a telephone.
pub(super) struct Shape {
    pub(super) class: &'static str,
    /// Labels drawn one by one; the rest is drawn together.
    pub(super) labels: usize,
    pub(super) width: f64,
    /// Where the left nodes end and the right ones begin.
    pub(super) left: f64,
    pub(super) right: f64,
    /// Letters that fit beside a left node.
    pub(super) letters: usize,
    /// Height of all ribbons together.
    pub(super) height: f64,
}

pub(super) const WIDE: Shape = Shape {
    class: "wide",
    labels: 44,
    width: 1120.0,
    left: 256.0,
    right: 930.0,
    letters: 32,
    height: 760.0,
};
pub(super) const NARROW: Shape = Shape {
    class: "narrow",
    labels: 30,
    width: 350.0,
    left: 150.0,
    right: 262.0,
    letters: 17,
    height: 520.0,
};

const TOP: f64 = 34.0;
/// A node takes at least a line of text.
const SLOT_LEFT: f64 = 16.0;
const SLOT_RIGHT: f64 = 44.0;
/// Few products must not make ribbons as wide as the page.
const PRODUCT_MAX: f64 = 40.0;

/// One ribbon, still without its place.
struct Ribbon {
    label: usize,
    family: usize,
    support: Support,
    products: u64,
}

/// A node: who, and how many products stand where.
struct Node {
    name: String,
    link: String,
    more: String,
    stand: Stand,
}

struct Drawing {
    labels: Vec<Node>,
    families: Vec<Node>,
    ribbons: Vec<Ribbon>,
    scale: f64,
    height: f64,
}

/// Draws the picture.
pub(super) fn flow(view: &View<'_>, shape: &Shape) -> Markup {
    let mut drawing = plan(view, shape);
    let height = drawing.height + TOP + 6.0;
    let title = format!("flow-title-{}", shape.class);
    html! {
        svg class={ "flow " (shape.class) } role="group" aria-labelledby=(title)
            viewBox={ "0 0 " (shape.width) " " (px(height)) } xmlns="http://www.w3.org/2000/svg" {
            title id=(title) {
                "Labels on the left, on the right the makers whose firmware form they filed. The "
                "table below gives the same in numbers."
            }
            defs { pattern id={ "hatch-" (shape.class) } width="5" height="5"
                patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                rect.hatch width="5" height="5" {}
                rect.hatched width="2" height="5" {}
            } }
            text.head x=(shape.left) y="14" text-anchor="end" { "Label" }
            text.head x=(shape.right) y="14" { "Form of" }
            @for ribbon in &drawing.ribbons {
                (drawn(ribbon, &mut drawing.labels, &mut drawing.families, drawing.scale, shape))
            }
            @for node in &drawing.labels { (left_node(node, drawing.scale, shape)) }
            @for node in &drawing.families { (right_node(node, drawing.scale, shape)) }
        }
    }
}

fn left_node(node: &Node, scale: f64, shape: &Shape) -> Markup {
    let height = thick(node.stand.weight, scale);
    let middle = px(node.stand.top + height / 2.0);
    html! {
        rect.node x=(shape.left) y=(px(node.stand.top)) width=(NODE) height=(px(height)) {}
        a href={ "#" (node.link) } {
            text x=(shape.left - 7.0) y=(middle) dy=".34em" text-anchor="end" {
                (cut(&node.name, shape.letters)) " " tspan.n { (count(node.stand.weight)) }
            }
        }
    }
}

fn right_node(node: &Node, scale: f64, shape: &Shape) -> Markup {
    let height = thick(node.stand.weight, scale);
    let middle = node.stand.top + height / 2.0;
    html! {
        rect.node x=(shape.right - NODE) y=(px(node.stand.top)) width=(NODE) height=(px(height)) {}
        text x=(shape.right + 7.0) y=(px(middle - 7.0)) dy=".34em" { tspan.family { (node.name) } }
        text x=(shape.right + 7.0) y=(px(middle + 8.0)) dy=".34em" {
            tspan.n {
                (count(node.stand.weight))
                @if shape.class == "wide" { " products, " (node.more) }
            }
        }
    }
}

/// One ribbon, taking its place at both nodes.
fn drawn(
    ribbon: &Ribbon,
    labels: &mut [Node],
    families: &mut [Node],
    scale: f64,
    shape: &Shape,
) -> Markup {
    let (label, family) = (&mut labels[ribbon.label], &mut families[ribbon.family]);
    let (x0, x1) = (shape.left + NODE, shape.right - NODE);
    let path = band(ribbon.products, scale, (x0, &mut label.stand), (x1, &mut family.stand));
    html! {
        path class={ "ribbon " (class(ribbon.support)) } d=(path) {
            title {
                (label.name) " files firmware of " (family.name) "’s form: "
                (products(ribbon.products)) ", " (plain(ribbon.support))
            }
        }
    }
}

/// Places nodes and ribbons.
fn plan(view: &View<'_>, shape: &Shape) -> Drawing {
    let pairs = view.pairs(Standing::Label);
    let total: u64 = pairs.iter().map(|one| one.pair.products).sum();
    let scale = (shape.height / total.max(1) as f64).min(PRODUCT_MAX);
    let families = families_of(&pairs);
    let places: BTreeMap<Entity, usize> =
        families.iter().enumerate().map(|(at, (of, _))| (*of, at)).collect();
    let (order, rest) = labels_of(&pairs, &places, shape.labels);
    let mut labels: Vec<Node> = order
        .iter()
        .map(|(filer, products)| node(view.name(filer), label_link(view, filer), *products))
        .collect();
    if rest.0 > 0 {
        labels.push(node(format!("{} further labels", rest.0), "pairs".to_owned(), rest.1));
    }
    let mut counts: BTreeMap<(usize, usize, Support), u64> = BTreeMap::new();
    let mut behind = vec![0; families.len()];
    for one in &pairs {
        let family = places.get(&one.family).copied().unwrap_or_default();
        let own = order.iter().position(|(filer, _)| *filer == one.filer);
        let label = own.unwrap_or(order.len());
        behind[family] += 1;
        for step in Support::ALL {
            *counts.entry((label, family, step)).or_default() += one.shown(step);
        }
    }
    let mut families: Vec<Node> = families
        .iter()
        .zip(behind)
        .map(|((of, products), labels)| {
            let mut made = node(view.base.name(*of).to_owned(), String::new(), *products);
            made.more = format!("{labels} label{}", if labels == 1 { "" } else { "s" });
            made
        })
        .collect();
    let bottom = stack(labels.iter_mut().map(|one| &mut one.stand), scale, SLOT_LEFT, 3.0, TOP);
    let slots: f64 =
        families.iter().map(|one| thick(one.stand.weight, scale).max(SLOT_RIGHT)).sum();
    let gap = ((bottom - TOP - slots) / families.len().max(1) as f64).max(4.0);
    let below = stack(
        families.iter_mut().map(|one| &mut one.stand),
        scale,
        SLOT_RIGHT,
        gap,
        TOP + gap / 2.0,
    );
    let ribbons = counts
        .into_iter()
        .filter(|(_, products)| *products > 0)
        .map(|((label, family, support), products)| Ribbon { label, family, support, products })
        .collect();
    Drawing { labels, families, ribbons, scale, height: bottom.max(below) - TOP }
}

fn label_link(view: &View<'_>, filer: &Filer) -> String {
    format!("label-{}", view.id(filer))
}

const fn node(name: String, link: String, products: u64) -> Node {
    Node {
        name,
        link,
        more: String::new(),
        stand: Stand { weight: products, top: 0.0, filled: 0.0 },
    }
}

/// The families, most products first.
fn families_of(pairs: &[Seen<'_>]) -> Vec<(Entity, u64)> {
    let mut sums: BTreeMap<Entity, u64> = BTreeMap::new();
    for one in pairs {
        *sums.entry(one.family).or_default() += one.pair.products;
    }
    let mut families: Vec<(Entity, u64)> = sums.into_iter().collect();
    families.sort_by_key(|(of, products)| (std::cmp::Reverse(*products), *of));
    families
}

/// The largest labels, in the order of the family that most of their products have, so that few
/// ribbons cross; and how many labels and products are left.
fn labels_of<'a>(
    pairs: &[Seen<'a>],
    places: &BTreeMap<Entity, usize>,
    most: usize,
) -> (Vec<(&'a Filer, u64)>, (usize, u64)) {
    let mut sums: BTreeMap<&Filer, (u64, u64, usize)> = BTreeMap::new();
    for one in pairs {
        let sum = sums.entry(one.filer).or_default();
        sum.0 += one.pair.products;
        // Pairs come with most products first, so the first is the largest of its label.
        if sum.1 == 0 {
            sum.1 = one.pair.products;
            sum.2 = places.get(&one.family).copied().unwrap_or_default();
        }
    }
    let mut labels: Vec<(&Filer, u64, usize)> =
        sums.into_iter().map(|(filer, (products, _, family))| (filer, products, family)).collect();
    labels.sort_by_key(|(filer, products, _)| (std::cmp::Reverse(*products), *filer));
    let rest = labels.split_off(labels.len().min(most));
    labels.sort_by_key(|(filer, products, family)| (*family, std::cmp::Reverse(*products), *filer));
    let left = (rest.len(), rest.iter().map(|(_, products, _)| products).sum());
    (labels.into_iter().map(|(filer, products, _)| (filer, products)).collect(), left)
}
