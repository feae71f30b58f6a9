//! What is still there at the end of each period.

use std::collections::{BTreeMap, BTreeSet};

use super::Removal;
use crate::plan::Plan;

/// What is there at the end of a period.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rest {
    /// What a day with it weighs.
    pub risk: f64,
    /// Devices.
    pub devices: usize,
}

impl Removal<'_> {
    /// What is there at the beginning and at the end of each period: by a plan, or where nothing is
    /// done but what ends by itself.
    #[must_use]
    pub fn remaining(&self, plan: Option<&Plan>) -> Vec<Rest> {
        let count = self.problem.periods.len();
        // The period by whose end each device is gone.
        let mut gone = vec![usize::MAX; self.problem.devices.len()];
        for visit in plan.iter().flat_map(|plan| &plan.visits) {
            for at in &visit.devices {
                gone[*at] = visit.period.unwrap_or(usize::MAX);
            }
        }
        for (gone, device) in gone.iter_mut().zip(&self.problem.devices) {
            let ended = device.ends.and_then(|ends| {
                self.problem.periods.iter().position(|period| ends <= period.until)
            });
            *gone = (*gone).min(ended.unwrap_or(usize::MAX));
        }
        let mut rest = vec![Rest::default(); count + 1];
        for (gone, device) in gone.into_iter().zip(&self.problem.devices) {
            for one in rest.iter_mut().take(gone.saturating_add(1).min(count + 1)) {
                one.risk += device.risk;
                one.devices += 1;
            }
        }
        rest
    }

    /// The devices that a plan leaves where they are.
    #[must_use]
    pub fn left(&self, plan: &Plan) -> Vec<usize> {
        let visits = plan.visits.iter().filter(|one| one.period.is_none());
        visits.flat_map(|one| one.devices.iter().copied()).collect()
    }

    /// The devices that a plan removes after the day by which they must be gone.
    #[must_use]
    pub fn late(&self, plan: &Plan) -> usize {
        let late = |visit: &crate::plan::Visit| {
            let until = visit.period.and_then(|at| self.problem.periods.get(at));
            let until = until.map(|one| one.until);
            // In the first period of all a day within it may be kept.
            let first = visit.period == Some(0);
            let devices = visit.devices.iter().filter_map(|at| self.problem.devices[*at].due);
            devices.filter(|due| !first && until.is_none_or(|until| until > *due)).count()
        };
        plan.visits.iter().map(late).sum()
    }

    /// Recorders whose cameras no period takes with them, so that they go in several visits.
    #[must_use]
    pub fn parted(&self, plan: &Plan) -> usize {
        let mut visits: BTreeMap<usize, usize> = BTreeMap::new();
        for visit in &plan.visits {
            let recorders =
                visit.devices.iter().filter_map(|at| self.problem.devices[*at].recorder);
            for recorder in recorders.collect::<BTreeSet<usize>>() {
                *visits.entry(recorder).or_default() += 1;
            }
        }
        visits.values().filter(|count| **count > 1).count()
    }

    /// The sites at which a plan works.
    #[must_use]
    pub fn visited(&self, plan: &Plan) -> usize {
        let made = plan.visits.iter().filter(|one| one.period.is_some());
        made.map(|one| one.site).collect::<BTreeSet<usize>>().len()
    }
}
