//! How much would be enough, where not all can be gone by the days on which they must be.

use super::Removal;
use crate::plan::{Problem, Resource};

/// Steps in which the least factor is closed in on: within a hundredth of what is there.
const STEPS: u32 = 9;
/// More than so many times as much is tried by nobody.
const FACTOR_MAX: f64 = 64.0;
/// A factor is told to this share.
const FINE: f64 = 0.01;

/// What would be enough of one thing, all else as it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Enough {
    /// Of what.
    pub of: Resource,
    /// How many times as much as there is; none: no amount of it alone is enough.
    pub times: Option<f64>,
}

impl Removal<'_> {
    /// How much of each limited thing would be enough, all else as it is.
    #[must_use]
    pub fn enough(&self) -> Vec<Enough> {
        let all = [Resource::Money, Resource::Hours, Resource::Visits].into_iter();
        let limited = all.filter(|of| self.problem.limits.iter().any(|one| one.of == *of));
        limited.map(|of| Enough { of, times: least(&self.problem, of) }).collect()
    }
}

/// The least factor on all limits of a thing with which there is a plan.
fn least(problem: &Problem, of: Resource) -> Option<f64> {
    let fits = |factor: f64| {
        let mut more = problem.clone();
        for limit in more.limits.iter_mut().filter(|one| one.of == of) {
            limit.most *= factor;
        }
        more.is_possible()
    };
    let mut high = 2.0;
    while !fits(high) {
        high *= 2.0;
        if high > FACTOR_MAX {
            return None;
        }
    }
    let mut low = high / 2.0;
    for _ in 0..STEPS {
        if high - low <= FINE {
            break;
        }
        let middle = f64::midpoint(low, high);
        if fits(middle) { high = middle } else { low = middle }
    }
    // Rounded up, so that what is told is enough.
    Some((high / FINE).ceil() * FINE)
}
