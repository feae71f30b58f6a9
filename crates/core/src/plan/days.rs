//! On which days of its period a visit is made: crews work through what weighs most, one site a
//! crew at a time, on days on which somebody works and the site is open.
//!
//! A plan is made by periods, for money comes by them. Days are proposals for the calendar: where
//! crews are free on other days, the plan stays as good.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::removal::Removal;
use super::terms::days_of;
use super::{Period, Plan, SAME, Visit};

/// The first and the last day of each visit, in the order of the plan's visits.
pub type Days = Vec<Option<(Date, Date)>>;

/// What a crew has left of a day.
type Left = Vec<f64>;

impl Removal<'_> {
    /// Proposes days; none for a visit that the plan leaves, or for which the days of its period do
    /// not suffice though its hours do.
    #[must_use]
    pub fn days(&self, plan: &Plan) -> Days {
        let mut days = vec![None; plan.visits.len()];
        let mut by_period: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, visit) in plan.visits.iter().enumerate() {
            if let Some(period) = visit.period {
                by_period.entry(period).or_default().push(at);
            }
        }
        for (period, mut visits) in by_period {
            let Some(period) = self.problem.periods.get(period) else { continue };
            let open: Vec<Date> =
                days_of(*period).filter(|day| self.terms.works_on(*day)).collect();
            let crew = vec![self.terms.hours_per_day; open.len()];
            let mut crews: Vec<Left> = vec![crew; self.terms.crews as usize];
            visits.sort_by(|one, other| self.order(plan, *one, *other));
            for at in visits {
                days[at] = self.place(&open, &mut crews, &plan.visits[at]);
            }
        }
        days
    }

    /// The days of a visit from its first to its last as stretches on which somebody works and the
    /// site is open: nobody is expected between them.
    #[must_use]
    pub fn stretches(&self, site: usize, (first, last): (Date, Date)) -> Vec<(Date, Date)> {
        let mut stretches: Vec<(Date, Date)> = Vec::new();
        for day in days_of(Period { from: first, until: last }) {
            if !self.terms.works_on(day) || !self.is_open(site, day) {
                continue;
            }
            match stretches.last_mut() {
                Some((_, until)) if until.tomorrow().is_ok_and(|next| next == day) => *until = day,
                _ => stretches.push((day, day)),
            }
        }
        stretches
    }

    fn is_open(&self, site: usize, day: Date) -> bool {
        let closed = self.problem.sites.get(site).map_or(&[][..], |site| &site.closed);
        !closed.iter().any(|(from, until)| *from <= day && day <= *until)
    }

    /// What must be gone first comes first, then what weighs most, then long work.
    fn order(&self, plan: &Plan, one: usize, other: usize) -> std::cmp::Ordering {
        let due = |at: usize| {
            let devices = plan.visits[at].devices.iter();
            devices.filter_map(|at| self.problem.devices[*at].due).min().unwrap_or(Date::MAX)
        };
        let risk = |at: usize| -> f64 {
            plan.visits[at].devices.iter().map(|at| self.problem.devices[*at].risk).sum()
        };
        due(one)
            .cmp(&due(other))
            .then(risk(other).total_cmp(&risk(one)))
            .then(plan.visits[other].hours.total_cmp(&plan.visits[one].hours))
            .then(one.cmp(&other))
    }

    /// The earliest days on which one crew does it, or as few together as can.
    fn place(&self, open: &[Date], crews: &mut [Left], visit: &Visit) -> Option<(Date, Date)> {
        let may: Vec<bool> = open.iter().map(|day| self.is_open(visit.site, *day)).collect();
        for together in 1..=crews.len() {
            let hours = visit.hours / together as f64;
            // Of the crews those that are done first; of equals the first ones.
            let mut ends: Vec<(usize, usize)> = Vec::new();
            for (crew, left) in crews.iter().enumerate() {
                if let Some((_, last)) = stretch(left, &may, hours) {
                    ends.push((last, crew));
                }
            }
            ends.sort_unstable();
            if ends.len() < together {
                continue;
            }
            let mut days: Option<(usize, usize)> = None;
            for (_, crew) in &ends[..together] {
                let (first, last) = take(&mut crews[*crew], &may, hours)?;
                days = Some(
                    days.map_or((first, last), |(one, other)| (one.min(first), other.max(last))),
                );
            }
            return days.map(|(first, last)| (open[first], open[last]));
        }
        None
    }
}

/// The days on which a crew would do so many hours: the first and the last. What fits into one day
/// is done on one.
fn stretch(left: &Left, may: &[bool], hours: f64) -> Option<(usize, usize)> {
    let whole = left.iter().zip(may).position(|(left, may)| *may && *left + SAME >= hours);
    let day = left.iter().copied().fold(0.0, f64::max);
    if hours <= day + SAME {
        return whole.map(|at| (at, at));
    }
    let (mut first, mut rest) = (None, hours);
    for (at, (left, may)) in left.iter().zip(may).enumerate() {
        if !*may || *left <= SAME {
            continue;
        }
        first.get_or_insert(at);
        rest -= left;
        if rest <= SAME {
            return first.map(|first| (first, at));
        }
    }
    None
}

/// The same, and the hours are taken.
fn take(left: &mut Left, may: &[bool], hours: f64) -> Option<(usize, usize)> {
    let (first, last) = stretch(left, may, hours)?;
    let mut rest = hours;
    for at in first..=last {
        if may[at] {
            let used = left[at].min(rest);
            left[at] -= used;
            rest -= used;
        }
    }
    Some((first, last))
}
