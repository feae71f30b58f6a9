//! The committed fit follows from the committed features, and from nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::sample::Index;
use whomade_core::calibration::cluster_weights;
use whomade_core::calibration::fit::{FOLDS, answers_left_out, fit, fold, words};
use whomade_core::calibration::stability::{DRAWS, stability};
use whomade_core::calibration::{Example, FEATURES_HEADING, from_line, to_line};
use whomade_core::weights::{Counts, Fit, feature_name, lower_bound};

use crate::support::{base, committed_fit, root};

fn text() -> String {
    fs::read_to_string(root().join("calibration/features.tsv")).expect("the features")
}

fn examples() -> &'static [Example] {
    static EXAMPLES: OnceLock<Vec<Example>> = OnceLock::new();
    EXAMPLES.get_or_init(|| {
        let text = text();
        let lines = text.lines().skip(1);
        lines.map(|line| from_line(base(), line).expect("a line of features")).collect()
    })
}

fn fitted(examples: &[Example]) -> Fit {
    fit(base(), &examples.iter().collect::<Vec<_>>())
}

#[test]
fn every_line_of_features_is_read_and_written_the_same() {
    let text = text();
    assert_eq!(text.lines().next(), Some(FEATURES_HEADING));
    for (line, example) in text.lines().skip(1).zip(examples()) {
        assert_eq!(to_line(base(), example), line);
        assert_eq!(from_line(base(), line).as_ref(), Some(example));
    }
    assert!(examples().len() > 400, "only {} examples", examples().len());
}

#[test]
fn a_line_that_is_no_example_is_left_out() {
    for line in ["", "a\tb", "1\t2\t3\t4\t5\t6\t7\t8\t9"] {
        assert_eq!(from_line(base(), line), None, "{line}");
    }
    let gone = "a\tb\tc\trebadged\tstrong\thikvision\t\tno-such-sign>hikvision@http nonsense";
    let example = from_line(base(), gone).unwrap();
    assert!(example.signals.is_empty(), "{example:?}");
}

#[test]
fn the_committed_weights_are_the_fit_of_the_committed_features() {
    let (mut fit, committed) = (fitted(examples()), committed_fit());
    fit.words = words(examples(), &answers_left_out(base(), examples()));
    for (name, counts) in &committed.features {
        assert_eq!(Some(counts), fit.features.get(name), "{name}");
    }
    assert_eq!(fit, committed);
    let strong = examples().iter().filter(|one| !one.truth.weak).count();
    assert_eq!(fit.observations as usize, strong);
}

#[test]
fn the_committed_stability_is_that_of_the_committed_features() {
    let found = stability(base(), examples(), DRAWS);
    let committed = fs::read_to_string(root().join("calibration/stability.tsv"));
    let text = found.to_text();
    assert!(committed.expect("the stability") == text, "`whomade kb fit` writes it anew:\n{text}");
    assert_eq!(found.rows.len(), examples().len());
    for row in &found.rows {
        assert_eq!(row.words.iter().sum::<usize>(), DRAWS, "{}", row.id);
        assert_eq!(row.words[row.word as usize], DRAWS - row.moved, "{}", row.id);
        assert!(row.moved_unseen <= row.moved.min(row.unseen), "{}", row.id);
    }
    for one in &found.spreads {
        assert!(one.low <= one.median && one.median <= one.high, "{one:?}");
        assert!(one.absent <= DRAWS && one.whole.is_finite(), "{one:?}");
    }
}

#[test]
fn no_draw_of_the_clusters_accuses_a_control_or_calls_the_unknown_known() {
    let found = stability(base(), examples(), 25);
    let accused: Vec<&str> =
        found.rows.iter().filter(|row| row.accused > 0).map(|row| row.id.as_str()).collect();
    assert!(accused.is_empty(), "{accused:?}");
    for (row, one) in found.rows.iter().zip(examples()) {
        assert_eq!(row.other_maker, 0, "another maker for {} in {}", row.id, one.truth.cluster);
    }
}

#[test]
fn the_same_draws_say_the_same_and_fewer_rows_are_no_trouble() {
    assert_eq!(stability(base(), examples(), 2), stability(base(), examples(), 2));
    for few in [0, 1, 5] {
        let found = stability(base(), &examples()[..few], 3);
        assert_eq!((found.rows.len(), found.draws), (few, 3));
        assert!(found.spreads.iter().all(|one| one.low.is_finite() && one.high.is_finite()));
    }
}

#[test]
fn a_statement_that_rests_on_a_rule_of_ours_is_not_fitted() {
    let strong: Vec<Example> = examples().iter().filter(|one| !one.truth.weak).cloned().collect();
    assert!(strong.len() < examples().len());
    assert_eq!(fitted(&strong), fitted(examples()));
}

#[test]
fn every_fitted_feature_is_one_of_the_base() {
    let known: BTreeSet<&str> = base()
        .signatures
        .iter()
        .map(|one| one.id.as_str())
        .chain(whomade_core::evidence::CLASSES)
        .collect();
    let fit = committed_fit();
    let strangers: Vec<&String> =
        fit.features.keys().filter(|name| !known.contains(name.as_str())).collect();
    assert!(strangers.is_empty(), "{strangers:?}");
    for (name, counts) in &fit.features {
        assert!(counts.right <= counts.fired && counts.clusters <= counts.fired, "{name}");
        assert!(counts.right_weight <= counts.fired_weight, "{name}");
        assert!(counts.fired_weight <= f64::from(counts.clusters) + 1e-9, "{name}");
    }
}

#[test]
fn the_order_of_examples_does_not_matter_to_the_fit() {
    let mut reversed = examples().to_vec();
    reversed.reverse();
    assert_eq!(fitted(&reversed), fitted(examples()));
}

/// The counts alone: few examples are enough, because the discount and the map are not asked for.
fn counts_without(cluster: &str) -> BTreeMap<String, Counts> {
    let others: Vec<Example> =
        examples().iter().filter(|one| one.truth.cluster != cluster).cloned().collect();
    fitted(&others).features
}

#[test]
fn leaving_a_cluster_out_moves_only_what_it_fired() {
    let whole = fitted(examples()).features;
    let clusters: Vec<&str> = examples()
        .iter()
        .map(|one| one.truth.cluster.as_str())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    for cluster in clusters.iter().step_by(clusters.len() / 20) {
        // Statements that rest on a rule of ours are not counted.
        let here = examples().iter().filter(|one| one.truth.cluster == *cluster);
        let here = here.filter(|one| !one.truth.weak);
        let fired: BTreeSet<&str> = here
            .flat_map(|one| &one.signals)
            .map(|one| feature_name(base(), one.feature))
            .collect();
        let without = counts_without(cluster);
        for (name, counts) in &whole {
            let other = without.get(name).copied().unwrap_or_default();
            if fired.contains(name.as_str()) {
                assert_eq!(other.clusters + 1, counts.clusters, "{name} without {cluster}");
            } else {
                assert_eq!(other, *counts, "{name} without {cluster}");
            }
        }
    }
}

#[test]
fn folds_keep_clusters_whole_and_none_is_empty() {
    let mut folds: BTreeMap<u64, BTreeSet<&str>> = BTreeMap::new();
    for one in examples() {
        let cluster = one.truth.cluster.as_str();
        folds.entry(fold(cluster, FOLDS)).or_default().insert(cluster);
    }
    assert_eq!(folds.len() as u64, FOLDS);
    let all: BTreeSet<&str> = folds.values().flatten().copied().collect();
    let sum: usize = folds.values().map(BTreeSet::len).sum();
    assert_eq!(sum, all.len(), "a cluster lies in two folds");
    let least = folds.values().map(BTreeSet::len).min().unwrap();
    assert!(least * 20 > all.len(), "a fold of {least} clusters of {}", all.len());
}

#[test]
fn the_rows_of_a_cluster_count_one_together() {
    let weights = cluster_weights(examples().iter().map(|one| &one.truth));
    let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
    for (one, weight) in examples().iter().zip(weights) {
        *sums.entry(&one.truth.cluster).or_default() += weight;
    }
    assert!(sums.values().all(|sum| (sum - 1.0).abs() < 1e-9));
}

proptest! {
    #[test]
    fn a_cluster_lies_in_one_fold(cluster in ".{0,20}", folds in 1_u64..20) {
        prop_assert!(fold(&cluster, folds) < folds);
        prop_assert_eq!(fold(&cluster, folds), fold(&cluster.clone(), folds));
    }

    #[test]
    fn any_line_is_read_or_left_out(line in ".{0,60}|([a-z>@ -]{0,8}\t){7}[a-z>@ -]{0,20}") {
        if let Some(example) = from_line(base(), &line) {
            prop_assert_eq!(from_line(base(), &to_line(base(), &example)), Some(example));
        }
    }

    #[test]
    fn signals_in_any_order_write_and_read_back(at in any::<Index>(), seed in any::<Index>()) {
        let mut example = at.get(examples()).clone();
        if !example.signals.is_empty() {
            let turn = seed.index(example.signals.len());
            example.signals.rotate_left(turn);
        }
        prop_assert_eq!(from_line(base(), &to_line(base(), &example)), Some(example));
    }

    #[test]
    fn the_lower_bound_is_below_the_share_and_grows_with_the_count(
        right in 0_u32..200,
        wrong in 0_u32..200,
    ) {
        let (right, n) = (f64::from(right), f64::from(right + wrong));
        let bound = lower_bound(right, n);
        prop_assert!((0.0..=1.0).contains(&bound));
        if n > 0.0 {
            prop_assert!(bound <= right / n + 1e-12);
            prop_assert!(lower_bound(10.0 * right, 10.0 * n) >= bound - 1e-12);
        }
    }
}
