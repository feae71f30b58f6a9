//! CVE records, JSON 5: what the authority that gave the number says, and what others added.

use serde::Deserialize;

use super::{Entry, Hole, Product, Range, day_of, is_cve, top::first};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Containers {
    cna: Container,
    adp: Vec<Container>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Container {
    title: Option<String>,
    affected: Vec<Affected>,
    metrics: Vec<Metric>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Metadata {
    cve_id: String,
    state: String,
    assigner_short_name: String,
    date_published: String,
    date_updated: String,
}

impl Metadata {
    /// The day of the record as it stands.
    pub(super) fn day(&self) -> Option<String> {
        let newest = [&self.date_updated, &self.date_published];
        newest.into_iter().find_map(|text| text.get(..10).map(str::to_owned))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Affected {
    vendor: String,
    product: String,
    versions: Vec<Version>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Version {
    version: String,
    status: String,
    less_than: Option<String>,
    less_than_or_equal: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Metric {
    #[serde(rename = "cvssV4_0")]
    four: Option<Cvss>,
    #[serde(rename = "cvssV3_1")]
    three_one: Option<Cvss>,
    #[serde(rename = "cvssV3_0")]
    three: Option<Cvss>,
}

/// A score with its vector, as every one of these forms writes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Cvss {
    pub(super) base_score: Option<f64>,
    pub(super) vector_string: Option<String>,
}

/// The record as an entry.
pub(super) fn entry(containers: Containers, metadata: Metadata) -> Entry {
    let Containers { cna, adp } = containers;
    if !is_cve(&metadata.cve_id) {
        return Entry::Unusable(metadata.cve_id);
    }
    if metadata.state.eq_ignore_ascii_case("rejected") {
        return Entry::Rejected(metadata.cve_id);
    }
    let metrics = cna.metrics.iter().chain(adp.iter().flat_map(|one| &one.metrics));
    let scored: Vec<&Cvss> =
        metrics.flat_map(|one| [&one.four, &one.three_one, &one.three]).flatten().collect();
    // Version 3.1 is what everybody compares with; the others stand in where it is missing.
    let best = scored
        .iter()
        .find(|one| one.vector_string.as_ref().is_some_and(|text| text.starts_with("CVSS:3")))
        .or(scored.first());
    let mut products: Vec<Product> = Vec::new();
    let best = best.map(|one| Cvss::clone(one)).unwrap_or_default();
    let added = adp.into_iter().flat_map(|one| one.affected);
    for one in first(cna.affected).into_iter().chain(added) {
        products.push(product(one, &metadata.assigner_short_name));
    }
    Entry::Hole(Box::new(Hole {
        title: cna.title.unwrap_or_default(),
        published: day_of(&metadata.date_published),
        vector: best.vector_string,
        score: best.base_score,
        products: first(products),
        cve: metadata.cve_id,
    }))
}

/// Whether a text stands where nobody said anything.
pub(super) fn is_nothing(text: &str) -> bool {
    matches!(
        text.trim().to_ascii_lowercase().as_str(),
        "" | "n/a" | "na" | "-" | "*" | "unknown" | "unspecified" | "various" | "none" | "all"
    )
}

fn product(one: Affected, assigner: &str) -> Product {
    let said = |text: &str| if is_nothing(text) { String::new() } else { text.trim().to_owned() };
    // An authority that names nobody speaks of its own equipment.
    let company = said(&one.vendor);
    let company = if company.is_empty() { assigner.to_owned() } else { company };
    let affected = one.versions.into_iter().filter(|version| version.status == "affected");
    let ranges: Vec<Range> = first(affected.map(range).collect());
    let ranges = if ranges.is_empty() { vec![Range::default()] } else { ranges };
    Product { company, name: said(&one.product), ranges }
}

fn range(one: Version) -> Range {
    let said = |text: String| {
        let text = text.trim().to_owned();
        (!is_nothing(&text) && text != "0").then_some(text)
    };
    let start = said(one.version);
    match (one.less_than.and_then(said), one.less_than_or_equal.and_then(said)) {
        (Some(before), _) => Range { from: start, before: Some(before), ..Range::default() },
        (None, Some(until)) => Range { from: start, until: Some(until), ..Range::default() },
        (None, None) => bare(start),
    }
}

/// A version that stands alone: one, or a bound as people write it in that place.
pub(super) fn bare(text: Option<String>) -> Range {
    let Some(text) = text else { return Range::default() };
    let bound = |sign: &str| text.strip_prefix(sign).map(|rest| rest.trim().to_owned());
    if let Some(until) = bound("<=").or_else(|| bound("≤")) {
        return Range { until: Some(until), ..Range::default() };
    }
    if let Some(before) = bound("<") {
        return Range { before: Some(before), ..Range::default() };
    }
    Range { exact: Some(text), ..Range::default() }
}
