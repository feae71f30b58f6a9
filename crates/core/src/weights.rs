//! What was fitted: how much each kind of evidence says, how kinds add up, and the map from
//! the sum to a probability. Nothing in here is typed by hand but the priors of the grades.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::evidence::{CLASSES, Feature};
use crate::kb::Base;
use crate::kb::schema::Grade;
use crate::observation::Field;

/// What labelled observations say about one feature.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Observations in which it spoke.
    pub fired: u32,
    /// Of these, how often the maker it named was the maker.
    pub right: u32,
    /// Clusters in which it spoke: devices, models or threads; those of one are not independent.
    pub clusters: u32,
    /// The same as `fired`, each cluster counting one.
    pub fired_weight: f64,
    /// The same as `right`, each cluster counting one.
    pub right_weight: f64,
}

/// The fit: counts, and four numbers that say how they are used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Counts by signature id or class name.
    pub features: BTreeMap<String, Counts>,
    /// Counts by word of certainty: answers of fits that had not seen the cluster.
    #[serde(default)]
    pub words: BTreeMap<String, Counts>,
    /// How much a second, third, … independent kind of evidence counts, from 0 to 1.
    pub discount: f64,
    /// Slope of the map from log-odds to log-odds.
    pub slope: f64,
    /// Intercept of that map.
    pub intercept: f64,
    /// The share of devices, before anything is seen, whose maker the base does not name.
    pub base_rate_unknown: f64,
    /// Labelled observations that the fit saw.
    pub observations: u32,
    /// Clusters of them.
    pub clusters: u32,
}

impl Default for Fit {
    /// Before any fit: the grades' priors, and half of all devices unknown.
    fn default() -> Self {
        Self {
            features: BTreeMap::new(),
            words: BTreeMap::new(),
            discount: 0.5,
            slope: 1.0,
            intercept: 0.0,
            base_rate_unknown: 0.5,
            observations: 0,
            clusters: 0,
        }
    }
}

/// The prior of a grade: so many right and so many wrong observations, imagined before any was
/// counted. They are the only numbers in the weighing that nobody measured, and a feature that
/// was never counted may not lead beyond `possible`.
#[must_use]
pub const fn prior_of(grade: Grade) -> (f64, f64) {
    match grade {
        Grade::Structural => (19.0, 1.0),
        Grade::Strong => (9.0, 1.0),
        Grade::Medium => (6.0, 2.0),
        Grade::Weak => (1.0, 1.0),
    }
}

/// The priors of the classes, in the order of [`CLASSES`].
const CLASS_PRIORS: [(f64, f64); CLASSES.len()] =
    [(9.0, 1.0), (9.0, 1.0), (9.0, 1.0), (6.0, 2.0), (4.0, 2.0), (3.0, 2.0), (1.5, 1.0)];

/// A copied sign is never believed beyond this share of right answers.
pub const COPIED_SHARE_MAX: f64 = 0.70;

/// One feature, ready to be added up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight {
    /// Log-odds that the maker it names is the maker, less the log-odds before anything is seen.
    pub log_odds: f64,
    /// Whether any labelled observation in which it was right stands behind it.
    pub fitted: bool,
    /// What stands behind it.
    pub counts: Counts,
    /// Whether it reads the path of an address.
    pub is_path: bool,
}

impl Weight {
    /// The weight in decibans: ten to one is ten.
    #[must_use]
    pub fn decibans(&self) -> f64 {
        self.log_odds * 10.0 / std::f64::consts::LN_10
    }
}

/// A fit laid over a base: one weight for each signature and class.
#[derive(Debug, Clone)]
pub struct Weights {
    /// The fit.
    pub fit: Fit,
    /// Log-odds of any one maker before anything is seen.
    pub log_odds_before: f64,
    signatures: Vec<Weight>,
    classes: Vec<Weight>,
}

impl Weights {
    /// Lays a fit over a base.
    #[must_use]
    pub fn new(base: &Base, fit: Fit) -> Self {
        let unknown = fit.base_rate_unknown.clamp(0.001, 0.999);
        let makers = base.maker_count().max(1) as f64;
        let log_odds_before = ((1.0 - unknown) / makers / unknown).ln();
        let weigh = |name: &str, (right, wrong): (f64, f64), copied: bool, is_path: bool| {
            let counts = fit.features.get(name).copied().unwrap_or_default();
            let share = (right + counts.right_weight) / (right + wrong + counts.fired_weight);
            let share = if copied { share.min(COPIED_SHARE_MAX) } else { share };
            let log_odds = (share / (1.0 - share)).ln() - log_odds_before;
            Weight { log_odds: log_odds.max(0.0), fitted: counts.right > 0, counts, is_path }
        };
        let signatures = base
            .signatures
            .iter()
            .map(|one| {
                let is_path = matches!(one.field, Field::RtspPath | Field::HttpPath);
                weigh(&one.id, prior_of(one.grade), one.copied, is_path)
            })
            .collect();
        let classes = CLASSES
            .iter()
            .zip(CLASS_PRIORS)
            .map(|(name, prior)| weigh(name, prior, false, false))
            .collect();
        Self { fit, log_odds_before, signatures, classes }
    }

    /// The log-odds that a piece of evidence adds. A path that only stands in a list which users
    /// made, or in a manual, is believed as little as what others copy; a sign that no labelled
    /// observation backs does not lead from there at all, it only tips a balance.
    #[must_use]
    pub fn log_odds(&self, feature: Feature, family: &str) -> f64 {
        let weight = self.of(feature);
        let listed = family == Field::ListedPath.family();
        let in_manual = weight.is_path && family == Field::LabelManual.family();
        let share = match (weight.fitted, weight.is_path) {
            _ if !listed && !in_manual => return weight.log_odds,
            (false, _) => 0.5,
            (true, true) => COPIED_SHARE_MAX,
            (true, false) => return weight.log_odds,
        };
        let cap = (share / (1.0 - share)).ln() - self.log_odds_before;
        weight.log_odds.min(cap)
    }

    /// The weight of a feature.
    #[must_use]
    pub fn of(&self, feature: Feature) -> &Weight {
        match feature {
            Feature::Signature(number) => &self.signatures[number as usize],
            Feature::Class(class) => &self.classes[class as usize],
        }
    }
}

/// The name of a feature, as it stands in the calibration files.
#[must_use]
pub fn feature_name(base: &Base, feature: Feature) -> &str {
    match feature {
        Feature::Signature(number) => &base.signatures[number as usize].id,
        Feature::Class(class) => CLASSES[class as usize],
    }
}

/// The lower bound of a share at 95 %, after Wilson: `right` of `n`.
#[must_use]
pub fn lower_bound(right: f64, n: f64) -> f64 {
    if n <= 0.0 {
        return 0.0;
    }
    let z = 1.644_853_6; // one-sided 95 %
    let share = (right / n).clamp(0.0, 1.0);
    let middle = share + z * z / (2.0 * n);
    let spread = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    ((middle - spread) / (1.0 + z * z / n)).clamp(0.0, 1.0)
}
