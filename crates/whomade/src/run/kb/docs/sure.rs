//! The page on how sure the program is: what its words mean, what was counted, what moves.

use std::collections::BTreeMap;

use whomade_core::kb::schema::Grade;
use whomade_core::weights::{lower_bound, prior_of};

use super::{WRITTEN, table};
use whomade_inquiry::base::Known;

/// The tables that the fit wrote.
pub(super) struct Tables<'t> {
    pub(super) reliability: &'t str,
    pub(super) confusion: &'t str,
    pub(super) stability: &'t str,
}

/// Unstable weights that are shown; the rest stand in the file.
const SHOWN_MAX: usize = 20;

const MEANING: &str = "\
## What the words mean

- **unknown**: nothing that was seen tells, or what was seen is too weak, or the device \
carries the signs of three or more makers at once. It is an answer like the others, and it is \
never *clear*.
- **possible**: somebody leads, and more cannot be said. A label alone never says more, and no \
rule bars on it.
- **probable**: two independent kinds of evidence speak for the maker, one of them from the \
device or from a sourced supply that names this very model; nothing of weight contradicts; and \
the calibrated probability is at least nine in ten.
- **confirmed**: the device itself writes it in a form that only this maker's code writes, and \
nothing contradicts.

Beside the word stand counts: of how many labelled observations that earned the same word, \
answered by a fit that had not seen them, how many were right, from how many clusters, and the \
lower bound of the share at 95 % over the clusters. Observations that come from one text or \
one device are one cluster.
";

const LIMITS: &str = "\
## What it does not say

- The labelled observations are no sample of the world's devices: they are what people \
published. A firm or a country that publishes nothing is missing, and devices under a label \
are rarer in them than in a stock room.
- The share of devices whose maker the base does not name is assumed, not measured. Whoever \
knows a better one for a register should say so beside its figures.
- Rows whose label rests on a rule of ours fit nothing; the rest were labelled from named \
sources, and a source may be wrong.
- Small numbers stay small: seven of seven right is a lower bound far below one.
- A maker may change his firmware, a label its supplier. What is counted is the past.
- The bins of the table of reliability are of answers left out by cluster, and each holds few \
clusters: a share of 1.000 in a bin does not say that it is never wrong.
";

/// Writes the page.
pub(super) fn page(known: &Known, tables: &Tables<'_>) -> String {
    let fit = &known.weights.fit;
    let mut text = format!("{WRITTEN}\n# How sure is it?\n\n");
    text += &format!(
        "Certainty is fitted on {} labelled observations ({} clusters), assuming that before \
         anything is seen {:.0} % of devices are of a make that the base does not name. No weight \
         is typed by hand. The files are in [calibration/](../calibration/); `whomade kb fit` \
         makes them again.\n\n",
        fit.observations,
        fit.clusters,
        100.0 * fit.base_rate_unknown
    );
    text += MEANING;
    text += "\n## How often each word was right\n\n";
    text += "Answers of fits that had not seen the cluster. *own*: sold under the maker's own \
             name; *other*: under another, or none.\n\n";
    let rows = fit.words.iter().map(|(word, counts)| {
        let bound = lower_bound(counts.right_weight, counts.fired_weight);
        vec![
            word.replace('-', ", "),
            format!("{} of {}", counts.right, counts.fired),
            counts.clusters.to_string(),
            format!("{bound:.2}"),
        ]
    });
    text += &table(&["word", "right", "clusters", "lower bound at 95 %"], rows);
    text += "\n## Whether nine in ten means nine in ten\n\n";
    text += "Answers in the order of the probability stated, in ten bins: what was stated on \
             average, how many held, on how many clusters and rows.\n\n";
    text += &table(&["stated", "held", "clusters", "rows"], rows_of(tables.reliability));
    text += &confusion(tables.confusion);
    text += &stability(tables.stability);
    text += "\n## What the weights start from\n\n";
    text += "A weight is fitted from counts and starts from its grade, as so many right and wrong \
             observations imagined before any was counted. A sign that nobody has counted reaches \
             *possible* at most.\n\n";
    let grades = [Grade::Structural, Grade::Strong, Grade::Medium, Grade::Weak].map(|grade| {
        let (right, wrong) = prior_of(grade);
        let name = format!("{grade:?}").to_lowercase();
        vec![name, format!("{right}"), format!("{wrong}")]
    });
    text += &table(&["grade", "right", "wrong"], grades.into_iter());
    format!("{text}\n{LIMITS}")
}

/// The rows of a table with a heading.
fn rows_of(text: &str) -> impl Iterator<Item = Vec<String>> + '_ {
    let lines = text.lines().skip(1).filter(|line| !line.is_empty());
    lines.map(|line| line.split('\t').map(str::to_owned).collect())
}

/// What was stated of whom: whoever was wrongly named stands first.
fn confusion(text: &str) -> String {
    let (mut right, mut silent, mut wrong) = (0_u64, 0_u64, Vec::new());
    let mut silent_of: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows_of(text) {
        let [is, stated, rows] = row.as_slice() else { continue };
        let count: u64 = rows.parse().unwrap_or(0);
        match stated.as_str() {
            "-" => {
                silent += count;
                *silent_of.entry(is.clone()).or_default() += count;
            }
            stated if stated == is => right += count,
            _ => wrong.push(row.clone()),
        }
    }
    let named: u64 = wrong.iter().filter_map(|row| row.get(2)?.parse::<u64>().ok()).sum::<u64>();
    let mut text = format!(
        "\n## Who was named, and who it was\n\nOf {} rows {right} named the maker, {silent} named \
         nobody, {named} named somebody else. `control` is a device known to be of none of the \
         makers that are tried: to name anybody but its own maker would be a false accusation, as \
         it would be of an `unknown`, whose maker nobody knows.\n\n",
        right + silent + named
    );
    text += &match table(&["it is", "named was", "rows"], wrong.into_iter()) {
        none if none.is_empty() => "Nobody was named wrongly.\n".to_owned(),
        rows => format!("Named wrongly:\n\n{rows}"),
    };
    let rows = silent_of.into_iter().map(|(is, count)| vec![is, count.to_string()]);
    text + "\nNobody was named:\n\n" + &table(&["it is", "rows"], rows)
}

/// How much hangs on which devices were labelled.
fn stability(text: &str) -> String {
    let mut parts = text.split("\n\n");
    let weights: Vec<Vec<String>> = parts
        .next()
        .unwrap_or_default()
        .lines()
        .skip(2)
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect();
    let count = |verdict: &str| {
        weights.iter().filter(|row| row.last().is_some_and(|last| last == verdict)).count()
    };
    let mut page = format!(
        "\n## What would move if other devices had been labelled\n\nThe fit was made again on 100 \
         draws of the clusters. Of {} fitted numbers {} are stable, {} thin (in more than 5 % of \
         draws nothing stood behind them) and {} unstable (the 90 % interval is wider than 3 \
         decibans). The unstable ones, up to {SHOWN_MAX}; all stand in \
         [stability.tsv](../calibration/stability.tsv).\n\n",
        weights.len(),
        count("stable"),
        count("thin"),
        count("unstable"),
    );
    let unstable = weights.iter().filter(|row| row.last().is_some_and(|last| last == "unstable"));
    let heads = ["weight", "clusters", "whole", "median", "low", "high", "absent %", ""];
    page += &table(&heads, unstable.take(SHOWN_MAX).cloned());
    let moved = parts.next().unwrap_or_default();
    let words = moved.lines().filter(|line| !line.starts_with('#')).skip(1);
    let words = words.map(|line| line.split('\t').map(str::to_owned).collect());
    page += "\nHow often an answer's word was another than that of the fit on all: in all draws, \
             and in those that did not hold its cluster.\n\n";
    page + &table(&["word", "rows", "answers", "moved", "unseen", "moved unseen"], words)
}
