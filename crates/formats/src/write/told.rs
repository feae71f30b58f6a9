//! What tables and papers say of a device, in the same words everywhere.

use serde_json::{Value, json};
use whomade_core::baseline::Exempted;
use whomade_core::report::{DeviceReport, Named, SourceReport, Standing, join_or, missing_words};
use whomade_core::ruling::{Outcome, Ruling};

use super::format::Finding;

/// What stands where a regime was not asked: its silence clears nobody.
pub(super) const NOT_ASKED: &str = "not asked";

/// The headings of a table of devices by maker and label: three of words, then [`COUNTS`].
pub(super) const MAKER_HEADINGS: [&str; 8] = [
    "how the maker stands to the label",
    "designed by",
    "sold as",
    COUNTS[0],
    COUNTS[1],
    COUNTS[2],
    COUNTS[3],
    COUNTS[4],
];

/// What is counted of a maker under a label: headings, and keys of the summary.
pub(super) const COUNTS: [&str; 5] = ["devices", "confirmed", "probable", "possible", "unknown"];

/// How the maker of a row of the summary stands to the label, in words.
pub(super) fn standing_words(row: &Value) -> String {
    let standing = Standing::ALL.into_iter().find(|one| row["standing"] == json!(one));
    let words = standing.map(Standing::heading);
    words.or(row["standing"].as_str()).unwrap_or_default().to_owned()
}

/// The maker, or the makers that cannot be told apart, or `unknown`.
pub(super) fn makers(report: &DeviceReport) -> String {
    let design = &report.design;
    let named: Vec<&Named> = design.maker.iter().chain(&design.one_of).collect();
    let names: Vec<&str> = named.iter().map(|one| one.name.as_str()).collect();
    if names.is_empty() { "unknown".to_owned() } else { join_or(&names) }
}

/// The name it is sold under: as the base has it, else as it was written.
pub(super) fn label(report: &DeviceReport) -> &str {
    let known = report.label.as_ref().map(|label| label.name.as_str());
    known.or(report.written.label.as_deref()).unwrap_or_default()
}

/// Where a record stands: `estate.csv:2`, `estate.xlsx [Gate 4]:2`.
pub(super) fn place(source: &SourceReport) -> String {
    match &source.sheet {
        Some(sheet) => format!("{} [{sheet}]:{}", source.file, source.line),
        None => format!("{}:{}", source.file, source.line),
    }
}

/// The word of a ruling. Where the regime was not asked its silence is no answer.
pub(super) fn word(ruling: &Ruling, unasked: Option<&str>) -> &'static str {
    if unasked.is_some() { NOT_ASKED } else { ruling.outcome.word() }
}

/// The facts that would decide, the maker put in words.
pub(super) fn missing(ruling: &Ruling) -> String {
    missing_words(&ruling.missing())
}

/// The strongest answer of the rules.
#[derive(Debug, Default)]
pub(super) struct Strongest {
    /// Its word.
    pub(super) word: &'static str,
    /// Its outcome; none where no regime was asked.
    pub(super) outcome: Option<Outcome>,
    /// The regimes that give it.
    pub(super) regimes: String,
    /// What is missing for a surer one.
    pub(super) missing: String,
    /// What it would be if the rule bound the holder or the missing facts were so.
    pub(super) would: &'static str,
}

/// The strongest answer of a device's rulings: one that was not asked stands behind those that
/// were.
pub(super) fn strongest(finding: &Finding<'_>) -> Strongest {
    let unasked = |at: usize| finding.unasked.get(at).and_then(Option::as_deref);
    let rulings = || finding.report.rulings.iter().enumerate();
    let order = |(at, ruling): &(usize, &Ruling)| (ruling.outcome, unasked(*at).is_some());
    let Some((at, first)) = rulings().min_by_key(order) else { return Strongest::default() };
    let same = rulings().filter(|(other, ruling)| {
        ruling.outcome == first.outcome && unasked(*other).is_some() == unasked(at).is_some()
    });
    let regimes: Vec<&str> = same.map(|(_, ruling)| ruling.regime.as_str()).collect();
    let would = finding.would.iter().copied();
    Strongest {
        word: word(first, unasked(at)),
        outcome: Some(first.outcome),
        regimes: regimes.join(" "),
        missing: missing(first),
        would: would.max_by_key(|would| strength(would)).unwrap_or_default(),
    }
}

fn strength(would: &str) -> u8 {
    match would {
        "would-be-barred" => 2,
        "might-be-barred" => 1,
        _ => 0,
    }
}

/// Who answers for findings of the device, until when and why; blank where nobody does.
pub(super) fn exempted(report: &DeviceReport) -> String {
    let words: Vec<String> = report.exempted.iter().map(Exempted::words).collect();
    words.join("; ")
}

/// The counts behind a certainty, in one sentence.
pub(super) fn counted(report: &DeviceReport) -> String {
    let design = &report.design;
    let mut said = match &design.record {
        Some(record) => format!(
            "{} of {} labelled observations like it were right ({} cluster{}, lower bound {:.2})",
            record.right,
            record.of,
            record.clusters,
            if record.clusters == 1 { "" } else { "s" },
            record.lower_bound
        ),
        None => "nothing like it was counted yet".to_owned(),
    };
    if !design.held_back.is_empty() {
        said += &format!("; not surer because {}", design.held_back);
    }
    said
}
