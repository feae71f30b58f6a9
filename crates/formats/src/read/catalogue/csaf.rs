//! Security advisories, CSAF 2.0: products stand in a tree, holes name them by id.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::cve::{Cvss, bare};
use super::{Entry, Product, Range, day_of, is_cve, top::first};

/// Branches within one another; the standard allows thirty.
const DEPTH_MAX: usize = 30;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Document {
    title: String,
    tracking: Tracking,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tracking {
    id: String,
    version: String,
    current_release_date: String,
    initial_release_date: String,
}

impl Document {
    pub(super) fn day(&self) -> Option<String> {
        self.tracking.current_release_date.get(..10).map(str::to_owned)
    }

    pub(super) fn edition(&self) -> Option<String> {
        let Tracking { id, version, .. } = &self.tracking;
        (!id.is_empty()).then(|| format!("{id} {version}").trim().to_owned())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tree {
    branches: Vec<Branch>,
    full_product_names: Vec<Named>,
    relationships: Vec<Relationship>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Branch {
    category: String,
    name: String,
    branches: Vec<Branch>,
    product: Option<Named>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    product_id: String,
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Relationship {
    product_reference: String,
    relates_to_product_reference: String,
    full_product_name: Named,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Hole {
    cve: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    product_status: Status,
    #[serde(default)]
    scores: Vec<Score>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    known_affected: Vec<String>,
    first_affected: Vec<String>,
    last_affected: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Score {
    cvss_v3: Option<Cvss>,
}

/// What an id of the tree stands for.
pub(super) type Products = BTreeMap<String, Product>;

/// The products of a tree by their ids. A firmware that is installed on a device is that device
/// with the version of the firmware.
pub(super) fn products(tree: &Tree) -> Products {
    let mut all = Products::new();
    for branch in &tree.branches {
        walk(branch, &Path::default(), 0, &mut all);
    }
    for one in &tree.full_product_names {
        let name = one.name.clone();
        let product = Product { name, ranges: vec![Range::default()], ..Product::default() };
        all.entry(one.product_id.clone()).or_insert(product);
    }
    for one in &tree.relationships {
        let firmware = all.get(&one.product_reference).cloned();
        let device = all.get(&one.relates_to_product_reference).cloned();
        if let (Some(firmware), Some(device)) = (firmware, device) {
            let company = if device.company.is_empty() { firmware.company } else { device.company };
            let product = Product { company, name: device.name, ranges: firmware.ranges };
            all.insert(one.full_product_name.product_id.clone(), product);
        }
    }
    all
}

/// What the branches above say.
#[derive(Debug, Clone, Default)]
struct Path {
    company: String,
    product: String,
    range: Range,
}

fn walk(branch: &Branch, above: &Path, depth: usize, all: &mut Products) {
    if depth > DEPTH_MAX {
        return;
    }
    let mut path = above.clone();
    match branch.category.as_str() {
        "vendor" => path.company.clone_from(&branch.name),
        "product_name" => path.product.clone_from(&branch.name),
        "product_version" => path.range = bare(Some(branch.name.trim().to_owned())),
        "product_version_range" => path.range = range(&branch.name),
        _ => {}
    }
    if let Some(product) = &branch.product {
        let Path { company, product: name, range } = path.clone();
        let name = if name.is_empty() { product.name.clone() } else { name };
        all.insert(product.product_id.clone(), Product { company, name, ranges: vec![range] });
    }
    for one in &branch.branches {
        walk(one, &path, depth + 1, all);
    }
}

/// A range: `vers:generic/>=1.0|<2.0`, or what people write in that place.
fn range(text: &str) -> Range {
    let text = text.trim();
    let plain = text.strip_prefix("vers:").and_then(|rest| rest.split_once('/'));
    let mut range = Range::default();
    for part in plain.map_or(text, |(_, rest)| rest).split('|').map(str::trim) {
        let bound = |sign: &str| part.strip_prefix(sign).map(|rest| rest.trim().to_owned());
        if let Some(until) = bound("<=") {
            range.until = Some(until);
        } else if let Some(before) = bound("<") {
            range.before = Some(before);
        } else if let Some(from) = bound(">=") {
            range.from = Some(from);
        } else {
            // Any other sign, and a sentence, is no bound that could be compared.
            return Range::default();
        }
    }
    if range.before.is_none() && range.until.is_none() { Range::default() } else { range }
}

/// A hole of the advisory as an entry; none where it has no number.
pub(super) fn entry(hole: &Hole, products: &Products, document: &Document) -> Option<Entry> {
    if !is_cve(&hole.cve) {
        return None;
    }
    let Status { known_affected, first_affected, last_affected } = &hole.product_status;
    let named = known_affected.iter().chain(first_affected).chain(last_affected);
    let reached = named.filter_map(|id| products.get(id).cloned());
    let best = hole.scores.iter().find_map(|one| one.cvss_v3.clone()).unwrap_or_default();
    let title = if hole.title.is_empty() { &document.title } else { &hole.title };
    Some(Entry::Hole(Box::new(super::Hole {
        cve: hole.cve.clone(),
        title: title.clone(),
        published: day_of(&document.tracking.initial_release_date),
        vector: best.vector_string,
        score: best.base_score,
        products: first(reached.collect()),
    })))
}
