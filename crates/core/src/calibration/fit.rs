//! The fit: counts by feature, the discount of further kinds, the map to a probability.
//! Whole clusters are left out together, because their records are not independent.

use std::collections::{BTreeMap, BTreeSet};

use super::score::Answer;
use super::{Example, Spoke, Truth, cluster_weights};
use crate::attribution::{Certainty, Hypothesis, Signal, add_up, attribute, record_key};
use crate::evidence::Feature;
use crate::kb::{Base, Entity};
use crate::weights::{Counts, Fit, Weights, feature_name};

/// Folds of the outer cross-validation.
pub const FOLDS: u64 = 10;
/// Folds inside a fit, which choose the discount and the map.
const INNER_FOLDS: u64 = 5;
/// How firmly slope and intercept are held to 1 and 0, in imagined observations.
const SLOPE_HOLD: f64 = 4.0;
const INTERCEPT_HOLD: f64 = 4.0;
/// How firmly the discount is held to one half: few rows have a second kind, and a discount that
/// jumps with one of them would make certainty jump too.
const DISCOUNT_HOLD: f64 = 4.0;
/// Newton's method settles long before.
const NEWTON_STEPS_MAX: usize = 50;

/// The fold of a cluster: the same on every machine and in any order.
#[must_use]
pub fn fold(cluster: &str, folds: u64) -> u64 {
    let hash = cluster
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    (hash ^ (hash >> 32)) % folds
}

/// An example, and how often it was drawn: once in a fit on all, any number of times where
/// clusters are drawn anew.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawn<'e> {
    /// The example.
    pub(super) one: &'e Example,
    /// How often its cluster was drawn.
    pub(super) times: u32,
}

/// Fits on these examples, but for those whose statement rests on a rule of ours: they show that
/// rules fire, never that they are true.
#[must_use]
pub fn fit(base: &Base, examples: &[&Example]) -> Fit {
    let drawn: Vec<Drawn<'_>> = examples.iter().map(|one| Drawn { one, times: 1 }).collect();
    fit_drawn(base, &drawn)
}

/// The same on drawn clusters. All copies of a cluster lie in one fold.
pub(super) fn fit_drawn(base: &Base, drawn: &[Drawn<'_>]) -> Fit {
    let strong = |one: &Drawn<'_>| !one.one.truth.weak && one.times > 0;
    let drawn: Vec<Drawn<'_>> = drawn.iter().copied().filter(strong).collect();
    let mut best = Fit { features: counts(base, &drawn), ..Fit::default() };
    let clusters: BTreeSet<&str> = drawn.iter().map(|one| one.one.truth.cluster.as_str()).collect();
    best.observations = drawn.iter().map(|one| one.times).sum();
    best.clusters = clusters.len() as u32;
    if clusters.len() < 2 * INNER_FOLDS as usize {
        return best;
    }
    let weights = drawn_weights(&drawn);
    let mut least = f64::INFINITY;
    for step in 0..=10 {
        let discount = f64::from(step) / 10.0;
        let shares = left_out(base, &drawn, discount);
        let loss: f64 = drawn
            .iter()
            .zip(&shares)
            .zip(&weights)
            .map(|((one, (ranked, unknown)), w)| w * loss(&one.one.truth, ranked, *unknown))
            .sum();
        let loss = loss + DISCOUNT_HOLD * (discount - Fit::default().discount).powi(2);
        if loss < least - 1e-9 {
            least = loss;
            best.discount = discount;
            (best.slope, best.intercept) = map(&drawn, &shares, &weights);
        }
    }
    best
}

/// The weight of each example: a cluster counts as often as it was drawn.
fn drawn_weights(drawn: &[Drawn<'_>]) -> Vec<f64> {
    let weights = cluster_weights(drawn.iter().map(|one| &one.one.truth));
    weights.iter().zip(drawn).map(|(weight, one)| weight * f64::from(one.times)).collect()
}

/// Counts of every feature.
fn counts(base: &Base, drawn: &[Drawn<'_>]) -> BTreeMap<String, Counts> {
    let weights = drawn_weights(drawn);
    let mut found: BTreeMap<Feature, (Counts, BTreeSet<&str>)> = BTreeMap::new();
    for (drawn, weight) in drawn.iter().zip(weights) {
        let mut seen: Vec<Feature> = Vec::new();
        for Spoke { feature, of, .. } in &drawn.one.signals {
            if seen.contains(feature) {
                continue;
            }
            seen.push(*feature);
            let (counts, clusters) = found.entry(*feature).or_default();
            let right = drawn.one.truth.is(*of);
            counts.fired += drawn.times;
            counts.right += if right { drawn.times } else { 0 };
            counts.fired_weight += weight;
            counts.right_weight += if right { weight } else { 0.0 };
            // A copy is no further device: what wants several devices wants several clusters.
            clusters.insert(&drawn.one.truth.cluster);
        }
    }
    found
        .into_iter()
        .map(|(feature, (counts, clusters))| {
            (feature_name(base, feature).to_owned(), settled(counts, &clusters))
        })
        .collect()
}

/// Rounds what is written to a file, so that the file does not move with the order of a sum.
fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

type Shares = (Vec<Hypothesis>, f64);

/// What a fit that has not seen its cluster says of each example.
fn left_out(base: &Base, drawn: &[Drawn<'_>], discount: f64) -> Vec<Shares> {
    let mut shares = vec![(Vec::new(), 1.0); drawn.len()];
    for inner in 0..INNER_FOLDS {
        let here = |one: &Drawn<'_>| fold(&one.one.truth.cluster, INNER_FOLDS) == inner;
        let others: Vec<Drawn<'_>> = drawn.iter().copied().filter(|one| !here(one)).collect();
        let fit = Fit { features: counts(base, &others), discount, ..Fit::default() };
        let weights = Weights::new(base, fit);
        for (one, share) in drawn.iter().zip(&mut shares).filter(|(one, _)| here(one)) {
            *share = add_up(&signals(&weights, one.one), weights.log_odds_before, discount);
        }
    }
    shares
}

fn signals(weights: &Weights, one: &Example) -> Vec<Signal> {
    one.signals
        .iter()
        .map(|Spoke { feature, of, family, .. }| Signal {
            of: *of,
            family,
            log_odds: weights.log_odds(*feature, family),
        })
        .collect()
}

fn loss(truth: &Truth, ranked: &[Hypothesis], unknown: f64) -> f64 {
    let right: f64 = ranked.iter().filter(|one| truth.is(one.of)).map(|one| one.p).sum();
    // Whose maker the base does not name: the right answer is that it is not known.
    let right = if right == 0.0 && truth.maker.is_none() { unknown } else { right };
    -right.max(1e-6).ln()
}

/// Slope and intercept of the map, by logistic regression of "the leading one is right".
fn map(drawn: &[Drawn<'_>], shares: &[Shares], weights: &[f64]) -> (f64, f64) {
    let points: Vec<(f64, f64, f64)> = drawn
        .iter()
        .zip(shares)
        .zip(weights)
        .filter_map(|((one, (ranked, unknown)), weight)| {
            let first = ranked.first().filter(|first| first.p > *unknown)?;
            let p = first.p.clamp(1e-6, 1.0 - 1e-6);
            Some(((p / (1.0 - p)).ln(), f64::from(u8::from(one.one.truth.is(first.of))), *weight))
        })
        .collect();
    let (mut slope, mut intercept) = (1.0_f64, 0.0_f64);
    for _ in 0..NEWTON_STEPS_MAX {
        let (mut gs, mut gi) = (SLOPE_HOLD * (1.0 - slope), -INTERCEPT_HOLD * intercept);
        let (mut hss, mut hsi, mut hii) = (SLOPE_HOLD, 0.0, INTERCEPT_HOLD);
        for (x, y, weight) in &points {
            let p = 1.0 / (1.0 + (-(intercept + slope * x)).exp());
            let (pull, curve) = (weight * (y - p), weight * p * (1.0 - p));
            gs += pull * x;
            gi += pull;
            hss += curve * x * x;
            hsi += curve * x;
            hii += curve;
        }
        let det = hss * hii - hsi * hsi;
        let (ds, di) = ((hii * gs - hsi * gi) / det, (hss * gi - hsi * gs) / det);
        slope += ds;
        intercept += di;
        if ds.abs() + di.abs() < 1e-9 {
            break;
        }
    }
    // A map that turned the order around would make more evidence mean less.
    (rounded(slope.max(0.05)), rounded(intercept))
}

/// Answers about each example by fits that have not seen its cluster.
#[must_use]
pub fn answers_left_out(base: &Base, examples: &[Example]) -> Vec<Answer> {
    let nobody = Answer { stated: None, certainty: Certainty::Unknown, p: 0.0 };
    let mut answers = vec![nobody; examples.len()];
    for number in 0..FOLDS {
        let here = |one: &Example| fold(&one.truth.cluster, FOLDS) == number;
        let others: Vec<&Example> = examples.iter().filter(|one| !here(one)).collect();
        let weights = Weights::new(base, fit(base, &others));
        for (one, answer) in examples.iter().zip(&mut answers).filter(|(one, _)| here(one)) {
            *answer = Answer::from(&attribute(base, &weights, &one.read()));
        }
    }
    answers
}

/// How often answers of each word were right, where the statement rests on no rule of ours.
#[must_use]
pub fn words(examples: &[Example], answers: &[Answer]) -> BTreeMap<String, Counts> {
    let weights = cluster_weights(examples.iter().map(|one| &one.truth));
    let mut found: BTreeMap<String, (Counts, BTreeSet<&str>)> = BTreeMap::new();
    for ((one, answer), weight) in examples.iter().zip(answers).zip(weights) {
        let Some(stated) = answer.stated.filter(|_| !one.truth.weak) else { continue };
        let own = is_own_name(one, stated);
        let key = record_key(answer.certainty, own).to_owned();
        let (counts, clusters) = found.entry(key).or_default();
        let right = one.truth.is(stated);
        counts.fired += 1;
        counts.right += u32::from(right);
        counts.fired_weight += weight;
        counts.right_weight += if right { weight } else { 0.0 };
        clusters.insert(&one.truth.cluster);
    }
    found.into_iter().map(|(word, (counts, clusters))| (word, settled(counts, &clusters))).collect()
}

/// Whether the stated maker's own name stands on it.
fn is_own_name(one: &Example, stated: Entity) -> bool {
    one.signals.iter().any(|Spoke { feature, of, .. }| {
        *of == stated && matches!(feature, Feature::Class(class) if *class < 2)
    })
}

fn settled(mut counts: Counts, clusters: &BTreeSet<&str>) -> Counts {
    counts.clusters = clusters.len() as u32;
    counts.fired_weight = rounded(counts.fired_weight);
    counts.right_weight = rounded(counts.right_weight);
    counts
}
