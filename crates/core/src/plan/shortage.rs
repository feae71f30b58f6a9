//! What is too little where not all can be gone by the days on which they must be.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Job, Problem, Resource, SAME};

/// What does not fit, and what would make room.
#[derive(Debug, Clone, PartialEq)]
pub enum Shortage {
    /// One visit needs more than any period has.
    Dear {
        /// Its site.
        site: usize,
        /// Of what.
        of: Resource,
        /// How much it needs.
        needs: f64,
        /// The most that any of the periods has in which it may be done.
        most: f64,
    },
    /// Nobody may come to a site until what is there must be gone.
    Closed {
        /// The site.
        site: usize,
        /// The last day.
        due: Date,
    },
    /// The visits that must be made by a day need more than there is until then.
    Due {
        /// Of what.
        of: Resource,
        /// The last day.
        due: Date,
        /// How much they need together.
        needs: f64,
        /// How much there is.
        most: f64,
    },
    /// There is enough of everything, and the visits do not fit beside one another.
    Order {
        /// The visits that must be made by a day.
        visits: usize,
    },
}

impl Shortage {
    /// How much more there would have to be.
    #[must_use]
    pub fn lacks(&self) -> f64 {
        match self {
            Self::Dear { needs, most, .. } | Self::Due { needs, most, .. } => needs - most,
            Self::Closed { .. } | Self::Order { .. } => 0.0,
        }
    }

    pub(super) fn of_order(_: &Problem, jobs: &[Job]) -> Self {
        Self::Order { visits: jobs.iter().filter(|job| job.due.is_some()).count() }
    }
}

/// What is too little; nothing where every sum is enough.
pub(super) fn of(problem: &Problem, jobs: &[Job]) -> Vec<Shortage> {
    let alone = jobs.iter().filter_map(|job| alone(problem, job));
    let mut all: Vec<Shortage> = Vec::new();
    // Of several visits to a site the one that lacks most speaks for all.
    let mut by_site: BTreeMap<(usize, Option<Resource>), Shortage> = BTreeMap::new();
    for one in alone {
        let key = match &one {
            Shortage::Dear { site, of, .. } => (*site, Some(*of)),
            Shortage::Closed { site, .. } => (*site, None),
            Shortage::Due { .. } | Shortage::Order { .. } => continue,
        };
        let worst = by_site.entry(key).or_insert_with(|| one.clone());
        if one.lacks() > worst.lacks() {
            *worst = one;
        }
    }
    all.extend(by_site.into_values());
    all.sort_by(|one, other| other.lacks().total_cmp(&one.lacks()));
    if all.is_empty() {
        for of in [Resource::Money, Resource::Hours, Resource::Visits] {
            all.extend(together(problem, jobs, of));
        }
    }
    all
}

/// What one visit that must be made lacks by itself.
fn alone(problem: &Problem, job: &Job) -> Option<Shortage> {
    let due = job.due?;
    let open: Vec<usize> = (0..=due).filter(|at| job.may(*at)).collect();
    if open.is_empty() {
        let day = problem.periods.get(due)?.until;
        return Some(Shortage::Closed { site: job.site, due: day });
    }
    for of in [Resource::Money, Resource::Hours] {
        let most = |at: &usize| {
            let limits = problem.limits.iter();
            let limits = limits.filter(|one| one.of == of && one.periods.contains(at));
            limits.map(|one| one.most).fold(f64::INFINITY, f64::min)
        };
        let most = open.iter().map(most).fold(f64::NEG_INFINITY, f64::max);
        if job.uses(of) > most + SAME {
            return Some(Shortage::Dear { site: job.site, of, needs: job.uses(of), most });
        }
    }
    None
}

/// The first day by which more is needed than there is, and by how much most is lacking on any.
fn together(problem: &Problem, jobs: &[Job], of: Resource) -> Option<Shortage> {
    let mut worst: Option<Shortage> = None;
    for (at, period) in problem.periods.iter().enumerate() {
        let due = jobs.iter().filter(|job| job.due.is_some_and(|due| due <= at));
        let needs: f64 = due.map(|job| job.uses(of)).sum();
        let Some(most) = until(problem, of, at) else { continue };
        let lacks = Shortage::Due { of, due: period.until, needs, most };
        let is_more = worst.as_ref().is_none_or(|worst| lacks.lacks() > worst.lacks() + SAME);
        if needs > most + SAME && is_more {
            worst = Some(lacks);
        }
    }
    worst
}

/// How much there is until the end of a period; nothing where no limit says so.
fn until(problem: &Problem, of: Resource, at: usize) -> Option<f64> {
    let mut limits: Vec<_> = problem.limits.iter().filter(|one| one.of == of).collect();
    limits.sort_by_key(|one| (one.periods.start, one.periods.end));
    // Limits that follow one another without a gap bound all of the time.
    let (mut next, mut sum) = (0, 0.0);
    for one in limits {
        if one.periods.start > next || next > at {
            break;
        }
        if one.periods.end > next {
            sum += one.most;
            next = one.periods.end;
        }
    }
    (next > at).then_some(sum)
}
