//! Records of the National Vulnerability Database: products and versions as CPE names.

use serde::Deserialize;

use super::cve::Cvss;
use super::{Entry, Hole, Product, Range, day_of, is_cve, top::first};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Record {
    pub(super) id: String,
    #[serde(rename = "vulnStatus")]
    pub(super) status: String,
    pub(super) published: String,
    #[serde(rename = "lastModified")]
    pub(super) modified: String,
    pub(super) metrics: Metrics,
    pub(super) configurations: Vec<Configuration>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metrics {
    #[serde(rename = "cvssMetricV31")]
    three_one: Vec<Metric>,
    #[serde(rename = "cvssMetricV30")]
    three: Vec<Metric>,
    #[serde(rename = "cvssMetricV40")]
    four: Vec<Metric>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metric {
    #[serde(rename = "cvssData")]
    of: Cvss,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Configuration {
    nodes: Vec<Node>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Node {
    negate: bool,
    cpe_match: Vec<Match>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Match {
    vulnerable: bool,
    criteria: String,
    version_start_including: Option<String>,
    version_start_excluding: Option<String>,
    version_end_including: Option<String>,
    version_end_excluding: Option<String>,
}

impl Record {
    /// The record as an entry.
    pub(super) fn entry(self) -> Entry {
        if !is_cve(&self.id) {
            return Entry::Unusable(self.id);
        }
        if self.status.eq_ignore_ascii_case("rejected") {
            return Entry::Rejected(self.id);
        }
        let metrics = &self.metrics;
        let mut scored = metrics.three_one.iter().chain(&metrics.three).chain(&metrics.four);
        let best = scored.next().map(|one| one.of.clone()).unwrap_or_default();
        let nodes = self.configurations.iter().flat_map(|one| &one.nodes);
        let matches = nodes.filter(|one| !one.negate).flat_map(|one| &one.cpe_match);
        let products = matches.filter(|one| one.vulnerable).filter_map(product);
        Entry::Hole(Box::new(Hole {
            published: day_of(&self.published),
            vector: best.vector_string,
            score: best.base_score,
            products: first(products.collect()),
            title: String::new(),
            cve: self.id,
        }))
    }
}

/// What a line of a configuration names: firmware and programs. Hardware stands there to say on
/// what the firmware runs.
fn product(one: &Match) -> Option<Product> {
    let parts = parts(&one.criteria)?;
    let [part, company, name, version] = parts;
    if part == "h" {
        return None;
    }
    let name = name.strip_suffix("_firmware").map_or(name.clone(), str::to_owned);
    let said = |text: String| (!matches!(text.as_str(), "*" | "-" | "")).then_some(text);
    let exclusive = one.version_start_excluding.is_some();
    let (before, until) = (one.version_end_excluding.clone(), one.version_end_including.clone());
    let range = if exclusive {
        // That a version itself is not affected, and the next one is, is no bound that ours knows.
        Range::default()
    } else if before.is_some() || until.is_some() {
        Range { from: one.version_start_including.clone(), before, until, exact: None }
    } else if one.version_start_including.is_some() {
        Range::default()
    } else {
        Range { exact: said(version), ..Range::default() }
    };
    Some(Product { company, name, ranges: vec![range] })
}

/// Part, company, product and version of a CPE name, without its escapes (NISTIR 7695, 6.2).
fn parts(cpe: &str) -> Option<[String; 4]> {
    let mut parts = vec![String::new()];
    let mut letters = cpe.strip_prefix("cpe:2.3:")?.chars();
    while let Some(c) = letters.next() {
        match c {
            '\\' => parts.last_mut()?.extend(letters.next()),
            ':' => parts.push(String::new()),
            c => parts.last_mut()?.push(c),
        }
    }
    parts.truncate(4);
    parts.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn a_name_is_taken_apart_at_colons_that_are_not_escaped() {
        let told = parts(r"cpe:2.3:o:hikvision:ds-2cd2026g2-iu\/sl\:x_firmware:-:*:*:*:*:*:*:*");
        let told = told.unwrap();
        assert_eq!(
            told.each_ref().map(String::as_str),
            ["o", "hikvision", "ds-2cd2026g2-iu/sl:x_firmware", "-"]
        );
        assert_eq!(parts("cpe:2.3:o:a"), None);
        assert_eq!(parts("cpe:/o:a:b:c"), None);
        assert_eq!(parts(r"cpe:2.3:o:a:b:c\").unwrap()[3], "c");
    }
}
