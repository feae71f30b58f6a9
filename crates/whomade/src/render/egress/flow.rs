//! The picture of who sends to whom: ribbons from sites to those who operate what is sent to.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::View;
use super::sums::{Kind, bytes, many};
use whomade_formats::write::ribbons::{NODE, Stand, band, cut, px, stack, thick};

/// How a picture is laid out; there is one for wide paper and one for a telephone.
pub(super) struct Shape {
    class: &'static str,
    /// Sites and operators drawn one by one; the rest is drawn together.
    sites: usize,
    parties: usize,
    width: f64,
    /// Where the left nodes end and the right ones begin.
    left: f64,
    right: f64,
    /// Letters that fit beside a left and a right node.
    letters: (usize, usize),
    /// Height of all ribbons together.
    height: f64,
}

pub(super) const WIDE: Shape = Shape {
    class: "wide",
    sites: 28,
    parties: 18,
    width: 1120.0,
    left: 262.0,
    right: 812.0,
    letters: (27, 34),
    height: 520.0,
};
pub(super) const NARROW: Shape = Shape {
    class: "narrow",
    sites: 16,
    parties: 12,
    width: 350.0,
    left: 118.0,
    right: 202.0,
    letters: (10, 18),
    height: 380.0,
};

const TOP: f64 = 30.0;
/// A node takes at least its lines of text.
const SLOT_LEFT: f64 = 19.0;
const SLOT_RIGHT: f64 = 38.0;
/// Few bytes must not make ribbons as wide as the page: the smallest picture is so high.
const NODES_HEIGHT: f64 = 62.0;

struct Node {
    name: String,
    /// What stands under it, and what the whole is, for whoever points at it.
    more: String,
    stand: Stand,
}

/// Draws the picture; nothing where nothing was sent.
pub(super) fn flow(view: &View<'_>, shape: &Shape) -> Markup {
    let total = view.sums.all.sent;
    let (mut sites, site_at) = nodes_of_sites(view, shape);
    let (mut parties, party_at) = nodes_of_parties(view, shape);
    let nodes = sites.len().max(parties.len()) as f64;
    let scale = shape.height.min(nodes * NODES_HEIGHT) / total.max(1) as f64;
    place(&mut sites, &mut parties, scale);
    let bottom = |nodes: &[Node]| {
        nodes.last().map_or(0.0, |one| one.stand.top + thick(one.stand.weight, scale))
    };
    let height = bottom(&sites).max(bottom(&parties)) + 24.0;
    let mut links: BTreeMap<(usize, usize, Kind), u64> = BTreeMap::new();
    for ((site, party, kind), sent) in &view.sums.links {
        let key = (
            site_at.get(site).copied().unwrap_or(sites.len() - 1),
            party_at.get(party).copied().unwrap_or(parties.len() - 1),
            *kind,
        );
        let sum = links.entry(key).or_default();
        *sum = sum.saturating_add(*sent);
    }
    let title = format!("flow-title-{}", shape.class);
    html! {
        svg class={ "flow " (shape.class) } role="group" aria-labelledby=(title)
            viewBox={ "0 0 " (shape.width) " " (px(height)) } xmlns="http://www.w3.org/2000/svg" {
            title id=(title) {
                "Where the devices are on the left, on the right who operates what they send to. "
                "The table below gives the same in numbers."
            }
            text.head x=(shape.left) y="14" text-anchor="end" { (view.where_words()) }
            text.head x=(shape.right) y="14" { "Operated by" }
            @for ((site, party, kind), sent) in &links {
                @if *sent > 0 {
                    @let (from, to) = (&mut sites[*site], &mut parties[*party]);
                    path class={ "ribbon " (kind.class()) }
                        d=(band(*sent, scale, (shape.left + NODE, &mut from.stand),
                            (shape.right - NODE, &mut to.stand))) {
                        title {
                            (from.name) " to " (to.name) ": " (bytes(*sent)) ", " (kind.words())
                        }
                    }
                }
            }
            @for node in &sites { (left(node, scale, shape)) }
            @for node in &parties { (right(node, scale, shape)) }
        }
    }
}

/// The patterns of both pictures and of their key, in a drawing of their own: what stands in one
/// that is not shown is not drawn. What is not known is hatched, so that it is told apart without
/// colour.
pub(super) fn patterns() -> Markup {
    html! {
        svg.patterns width="0" height="0" aria-hidden="true" {
            defs {
                pattern #hatch width="6" height="6" patternUnits="userSpaceOnUse"
                    patternTransform="rotate(45)" {
                    rect.hatch width="6" height="6" {}
                    rect.hatched width="2" height="6" {}
                }
                pattern #dots width="6" height="6" patternUnits="userSpaceOnUse" {
                    rect.dots width="6" height="6" {}
                    circle.dotted cx="2" cy="2" r="1.1" {}
                }
            }
        }
    }
}

fn left(node: &Node, scale: f64, shape: &Shape) -> Markup {
    let height = thick(node.stand.weight, scale);
    let middle = node.stand.top + height / 2.0;
    html! {
        g {
            title { (node.name) ": " (bytes(node.stand.weight)) ", " (node.more) }
            rect.node x=(shape.left) y=(px(node.stand.top)) width=(NODE) height=(px(height)) {}
            text x=(shape.left - 7.0) y=(px(middle)) dy=".34em" text-anchor="end" {
                (cut(&node.name, shape.letters.0)) " "
                tspan.n { (bytes(node.stand.weight)) }
            }
        }
    }
}

fn right(node: &Node, scale: f64, shape: &Shape) -> Markup {
    let height = thick(node.stand.weight, scale);
    let middle = node.stand.top + height / 2.0;
    let x = shape.right + 7.0;
    // Where there is little room, what is not known stands behind the name.
    let bare = node.name.strip_prefix("Not known: ").filter(|_| shape.class != "wide");
    let name = bare.unwrap_or(&node.name);
    html! {
        g {
            title { (node.name) ": " (bytes(node.stand.weight)) ", " (node.more) }
            rect.node x=(shape.right - NODE) y=(px(node.stand.top)) width=(NODE)
                height=(px(height)) {}
            text x=(x) y=(px(middle - 7.0)) dy=".34em" {
                tspan.party { (cut(name, shape.letters.1)) }
            }
            text x=(x) y=(px(middle + 8.0)) dy=".34em" {
                tspan.n {
                    (bytes(node.stand.weight))
                    @if shape.class == "wide" { ", " (node.more) }
                    @else if bare.is_some() { ", not known" }
                }
            }
        }
    }
}

/// Sets both columns in the middle of each other.
fn place(sites: &mut [Node], parties: &mut [Node], scale: f64) {
    let room = |nodes: &[Node], slot: f64| -> f64 {
        nodes.iter().map(|one| thick(one.stand.weight, scale).max(slot)).sum()
    };
    let (left, right) = (room(sites, SLOT_LEFT), room(parties, SLOT_RIGHT));
    let gap = |own: f64, other: f64, count: usize, least: f64| {
        ((other - own) / count.max(1) as f64).clamp(least, 40.0)
    };
    let gaps = (gap(left, right, sites.len(), 4.0), gap(right, left, parties.len(), 8.0));
    let spans = (left + gaps.0 * sites.len() as f64, right + gaps.1 * parties.len() as f64);
    let most = spans.0.max(spans.1);
    for (nodes, slot, gap, own) in
        [(sites, SLOT_LEFT, gaps.0, spans.0), (parties, SLOT_RIGHT, gaps.1, spans.1)]
    {
        let from = TOP + (most - own) / 2.0;
        stack(nodes.iter_mut().map(|one| &mut one.stand), scale, slot, gap, from);
    }
}

type Places<'v> = BTreeMap<&'v String, usize>;

fn nodes_of_sites<'v>(view: &'v View<'_>, shape: &Shape) -> (Vec<Node>, Places<'v>) {
    let all = view.sums.sites.iter().map(|(name, sum)| (name, sum.sent, sum.devices.len()));
    let words = |devices: usize| many(devices, "device");
    nodes(all.collect(), shape.sites, words, |name| name.to_owned())
}

fn nodes_of_parties<'v>(view: &'v View<'_>, shape: &Shape) -> (Vec<Node>, Places<'v>) {
    let all: Vec<(&String, u64, usize)> =
        view.sums.parties.iter().map(|(name, sum)| (name, sum.sent, sum.devices.len())).collect();
    let words = |devices: usize| many(devices, "device");
    nodes(all, shape.parties, words, capital)
}

/// The largest one by one, the others together.
fn nodes<'v>(
    mut all: Vec<(&'v String, u64, usize)>,
    most: usize,
    words: impl Fn(usize) -> String,
    called: impl Fn(&str) -> String,
) -> (Vec<Node>, Places<'v>) {
    all.retain(|(_, sent, _)| *sent > 0);
    all.sort_by_key(|(name, sent, _)| (std::cmp::Reverse(*sent), *name));
    // One alone is not folded: its name takes no more room.
    let most = if all.len() == most + 1 { most + 1 } else { most };
    let rest = all.split_off(all.len().min(most));
    let places = all.iter().enumerate().map(|(at, (name, ..))| (*name, at)).collect();
    let stand = |weight| Stand { weight, ..Stand::default() };
    let mut nodes: Vec<Node> = all
        .iter()
        .map(|(name, sent, devices)| Node {
            name: called(name),
            more: words(*devices),
            stand: stand(*sent),
        })
        .collect();
    if !rest.is_empty() {
        let sent = rest.iter().fold(0_u64, |sum, (_, sent, _)| sum.saturating_add(*sent));
        let name = format!("{} others", rest.len());
        nodes.push(Node { name, more: "in the table".to_owned(), stand: stand(sent) });
    }
    (nodes, places)
}

/// A name at the beginning of a line.
pub(super) fn capital(name: &str) -> String {
    match name.strip_prefix("n") {
        Some(rest) if name.starts_with("not known") || name.starts_with("names and") => {
            format!("N{rest}")
        }
        _ => name.to_owned(),
    }
}
