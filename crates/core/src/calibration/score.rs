//! The score of answers against labelled observations, each cluster counting one.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Sample, Truth, cluster_weights};
use crate::attribution::{Certainty, Design};
use crate::kb::{Base, Entity};

/// What was answered about a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    /// The maker stated, if one was.
    pub stated: Option<Entity>,
    /// How sure.
    pub certainty: Certainty,
    /// With what probability.
    pub p: f64,
}

impl From<&Design> for Answer {
    fn from(design: &Design) -> Self {
        Self {
            stated: design.stated(),
            certainty: design.certainty,
            p: design.ranked.first().map_or(0.0, |first| first.p),
        }
    }
}

/// How many were right, wrong, unknown; clusters count one, so these are sums of weights.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Tally {
    /// The maker was stated.
    pub right: f64,
    /// Another maker was stated.
    pub wrong: f64,
    /// Nobody was stated.
    pub unknown: f64,
}

impl Tally {
    fn add(&mut self, mark: Mark, weight: f64) {
        match mark {
            Mark::Right => self.right += weight,
            Mark::Wrong => self.wrong += weight,
            Mark::Unknown => self.unknown += weight,
        }
    }

    fn rounded(self) -> Self {
        Self { right: round(self.right), wrong: round(self.wrong), unknown: round(self.unknown) }
    }

    /// Everything.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.right + self.wrong + self.unknown
    }
}

/// A tally at each certainty "or better".
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct ByCertainty {
    /// At possible or better.
    pub possible: Tally,
    /// At probable or better.
    pub probable: Tally,
    /// At confirmed.
    pub confirmed: Tally,
}

/// Ids of controls and unknown devices that were given to a maker that is not their own.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Accusations {
    /// At probable or better.
    pub probable: Vec<String>,
    /// At possible or better.
    pub possible: Vec<String>,
}

/// The whole score. Its JSON has these keys and no others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// Rows scored.
    pub n: usize,
    /// Rows that could be falsely accused: controls and unknown.
    pub accusable: usize,
    /// Expected calibration error of "the stated maker is right": cluster-weighted, ten bins of
    /// equal mass, over rows with a stated maker.
    pub ece: f64,
    /// Brier score of the same event over the same rows.
    pub brier: f64,
    /// Rebadged, the statement not resting on a rule of ours.
    pub rebadged_strong: ByCertainty,
    /// Rebadged, the statement resting on such a rule: it shows that rules fire.
    pub rebadged_weak: ByCertainty,
    /// Sold under the maker's own name.
    pub own: ByCertainty,
    /// False accusations.
    pub false_accusations: Accusations,
    /// Ids of all rows for which a wrong maker was stated.
    pub wrong: Vec<String>,
    /// At possible, by kind of observation.
    pub by_kind: BTreeMap<String, Tally>,
    /// At possible, by true maker.
    pub by_maker: BTreeMap<String, Tally>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Right,
    Wrong,
    Unknown,
}

fn mark(truth: &Truth, answer: &Answer, at_least: Certainty) -> Mark {
    match answer.stated.filter(|_| answer.certainty >= at_least) {
        Some(stated) if truth.is(stated) => Mark::Right,
        Some(_) => Mark::Wrong,
        // For a device whose maker nobody knows, silence is the right answer.
        None if truth.is_accusable() => Mark::Right,
        None => Mark::Unknown,
    }
}

/// Scores answers.
#[must_use]
pub fn score(base: &Base, samples: &[Sample], answers: &[Answer]) -> Score {
    let mut score = Score {
        n: samples.len(),
        accusable: samples.iter().filter(|one| one.truth.is_accusable()).count(),
        ece: 0.0,
        brier: 0.0,
        rebadged_strong: tally(samples, answers, |t| t.role == "rebadged" && !t.weak),
        rebadged_weak: tally(samples, answers, |t| t.role == "rebadged" && t.weak),
        own: tally(samples, answers, |t| t.role == "own_brand"),
        false_accusations: Accusations::default(),
        wrong: Vec::new(),
        by_kind: BTreeMap::new(),
        by_maker: BTreeMap::new(),
    };
    let weights = cluster_weights(samples.iter().map(|one| &one.truth));
    for ((sample, answer), weight) in samples.iter().zip(answers).zip(&weights) {
        let truth = &sample.truth;
        let found = mark(truth, answer, Certainty::Possible);
        score.by_kind.entry(truth.kind.clone()).or_default().add(found, *weight);
        let maker = truth.maker.map_or(truth.role.as_str(), |of| base.id(of));
        score.by_maker.entry(maker.to_owned()).or_default().add(found, *weight);
        if found == Mark::Wrong {
            score.wrong.push(truth.id.clone());
            if truth.is_accusable() {
                score.false_accusations.possible.push(truth.id.clone());
                if answer.certainty >= Certainty::Probable {
                    score.false_accusations.probable.push(truth.id.clone());
                }
            }
        }
    }
    for tally in score.by_kind.values_mut().chain(score.by_maker.values_mut()) {
        *tally = tally.rounded();
    }
    (score.ece, score.brier) = calibration(samples, answers, &weights);
    score
}

/// A tally over the rows of one line of the report, clusters of that line counting one.
fn tally(samples: &[Sample], answers: &[Answer], line: impl Fn(&Truth) -> bool) -> ByCertainty {
    let rows: Vec<(&Truth, &Answer)> = samples
        .iter()
        .map(|one| &one.truth)
        .zip(answers)
        .filter(|(truth, _)| line(truth))
        .collect();
    let weights = cluster_weights(rows.iter().map(|(truth, _)| *truth));
    let at = |certainty: Certainty| {
        let mut tally = Tally::default();
        for ((truth, answer), weight) in rows.iter().zip(&weights) {
            tally.add(mark(truth, answer, certainty), *weight);
        }
        tally.rounded()
    };
    ByCertainty {
        possible: at(Certainty::Possible),
        probable: at(Certainty::Probable),
        confirmed: at(Certainty::Confirmed),
    }
}

/// One bin of the reliability table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Mean probability stated.
    pub stated: f64,
    /// Share that was right.
    pub right: f64,
    /// Sum of the weights.
    pub weight: f64,
    /// Rows.
    pub rows: usize,
}

/// The reliability table: ten bins of equal mass over rows with a stated maker.
#[must_use]
pub fn reliability(samples: &[Sample], answers: &[Answer]) -> Vec<Bin> {
    const BINS: f64 = 10.0;
    let weights = cluster_weights(samples.iter().map(|one| &one.truth));
    let mut points: Vec<(f64, f64, f64)> = samples
        .iter()
        .zip(answers)
        .zip(weights)
        .filter_map(|((sample, answer), weight)| {
            let right = sample.truth.is(answer.stated?);
            Some((answer.p, f64::from(u8::from(right)), weight))
        })
        .collect();
    points.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)));
    let mass: f64 = points.iter().map(|(.., weight)| weight).sum();
    let mut bins: Vec<Bin> = Vec::new();
    let mut before = 0.0;
    for (p, right, weight) in points {
        let number = ((before + weight / 2.0) / mass * BINS) as usize;
        before += weight;
        if bins.len() <= number {
            bins.resize(number + 1, Bin { stated: 0.0, right: 0.0, weight: 0.0, rows: 0 });
        }
        let bin = &mut bins[number];
        bin.stated += weight * p;
        bin.right += weight * right;
        bin.weight += weight;
        bin.rows += 1;
    }
    bins.retain(|bin| bin.rows > 0);
    for bin in &mut bins {
        bin.stated /= bin.weight;
        bin.right /= bin.weight;
    }
    bins
}

fn calibration(samples: &[Sample], answers: &[Answer], weights: &[f64]) -> (f64, f64) {
    let bins = reliability(samples, answers);
    let mass: f64 = bins.iter().map(|bin| bin.weight).sum();
    if mass == 0.0 {
        return (0.0, 0.0);
    }
    let ece: f64 = bins.iter().map(|bin| bin.weight / mass * (bin.stated - bin.right).abs()).sum();
    let brier: f64 = samples
        .iter()
        .zip(answers)
        .zip(weights)
        .filter_map(|((sample, answer), weight)| {
            let right = f64::from(u8::from(sample.truth.is(answer.stated?)));
            Some(weight * (answer.p - right).powi(2))
        })
        .sum();
    (round(ece), round(brier / mass))
}

fn round(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// A 95 % interval by resampling whole clusters, with a fixed seed.
#[must_use]
pub fn bootstrap(
    samples: &[Sample],
    answers: &[Answer],
    statistic: impl Fn(&[(&Truth, &Answer, f64)]) -> f64,
) -> (f64, f64) {
    const ROUNDS: usize = 1000;
    let mut clusters: BTreeMap<&str, Vec<(&Truth, &Answer)>> = BTreeMap::new();
    for (sample, answer) in samples.iter().zip(answers) {
        let rows = clusters.entry(&sample.truth.cluster).or_default();
        rows.push((&sample.truth, answer));
    }
    let clusters: Vec<_> = clusters.into_values().collect();
    if clusters.is_empty() {
        return (0.0, 0.0);
    }
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut found: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let mut rows = Vec::new();
            for _ in 0..clusters.len() {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let drawn = &clusters[(state % clusters.len() as u64) as usize];
                let weight = 1.0 / drawn.len() as f64;
                rows.extend(drawn.iter().map(|(truth, answer)| (*truth, *answer, weight)));
            }
            statistic(&rows)
        })
        .collect();
    found.sort_by(f64::total_cmp);
    (round(found[ROUNDS / 40]), round(found[ROUNDS - 1 - ROUNDS / 40]))
}
