//! When what has to go is removed: visits put into periods so that the least risk stays for the
//! fewest days, within money, hours and days on which nobody may come.
//!
//! A visit removes all that is to go at one site; where that is more than any period can take,
//! all that hangs on one recorder, and only where that is too much still, a part of it. The
//! optimum is bounded from below, so that how far a plan is from the best possible one is known
//! and told.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::Date;

mod days;
mod greedy;
pub mod removal;
mod shortage;
mod solve;
pub mod terms;

pub use days::Days;
pub use greedy::Order;
pub use shortage::Shortage;

/// Amounts that differ by less are the same: they are sums of what people typed.
const SAME: f64 = 1e-6;
/// For so many days behind the plan the risk of what it leaves counts at least.
const BEYOND_DAYS: f64 = 365.0;

/// A device that is to go.
#[derive(Debug, Clone, PartialEq)]
pub struct Device {
    /// What it is called.
    pub name: String,
    /// Its site, by its place among the sites.
    pub site: usize,
    /// The recorder on which it hangs, or that it is: those of one go together.
    pub recorder: Option<usize>,
    /// What a day with it weighs; above 0.
    pub risk: f64,
    /// What its replacement costs.
    pub cost: f64,
    /// Hours of a crew that it takes.
    pub hours: f64,
    /// The day on which it would go without any plan, at the end of its service life.
    pub ends: Option<Date>,
    /// The last day on which it may still be there.
    pub due: Option<Date>,
}

/// Where devices stand.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Site {
    /// What it is called.
    pub name: String,
    /// What a visit costs, whatever is done there.
    pub visit_cost: f64,
    /// Hours that a visit takes beside the work.
    pub visit_hours: f64,
    /// Days on which nobody may come, the first and the last.
    pub closed: Vec<(Date, Date)>,
}

/// A stretch of the plan, such as a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its first day.
    pub from: Date,
    /// Its last day: what is done in it is done by then.
    pub until: Date,
}

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// Money.
    Money,
    /// Hours of crews.
    Hours,
    /// Visits.
    Visits,
}

/// How much there is of a resource in some periods together.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Of what.
    pub of: Resource,
    /// In which periods.
    pub periods: Range<usize>,
    /// How much at most.
    pub most: f64,
}

/// What is to be planned.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Problem {
    /// The devices.
    pub devices: Vec<Device>,
    /// The sites.
    pub sites: Vec<Site>,
    /// The periods, in their order, without a gap.
    pub periods: Vec<Period>,
    /// The limits.
    pub limits: Vec<Limit>,
}

/// A visit that is to be put into a period.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Job {
    site: usize,
    /// Its devices, by their places.
    devices: Vec<usize>,
    cost: f64,
    hours: f64,
    /// What the risk weighs until it is done, by period; behind these, where it is left.
    loss: Vec<f64>,
    /// The last period in which it may be done; none: it may be left.
    due: Option<usize>,
    /// Periods in which nobody may come.
    closed: Vec<bool>,
}

impl Job {
    fn uses(&self, of: Resource) -> f64 {
        match of {
            Resource::Money => self.cost,
            Resource::Hours => self.hours,
            Resource::Visits => 1.0,
        }
    }

    /// Whether it may be done in a period, or be left where that is the number of all periods.
    fn may(&self, at: usize) -> bool {
        match (self.due, self.closed.get(at)) {
            (due, None) => due.is_none(),
            (_, Some(true)) => false,
            (due, Some(false)) => due.is_none_or(|due| at <= due),
        }
    }
}

/// A visit of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    /// Where.
    pub site: usize,
    /// In which period; none: the plan leaves it.
    pub period: Option<usize>,
    /// What is removed, by its places among the devices.
    pub devices: Vec<usize>,
    /// What it costs, the way included.
    pub cost: f64,
    /// Hours that it takes, the way included.
    pub hours: f64,
}

/// A plan, and how good it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The visits, in the order of periods and sites.
    pub visits: Vec<Visit>,
    /// Risk times days until it is gone, of all devices.
    pub risk_days: f64,
    /// What all visits cost.
    pub cost: f64,
    /// No plan of such visits has fewer risk days.
    pub bound: f64,
}

impl Plan {
    /// By how much it may be above the best, as a share of that.
    #[must_use]
    pub fn gap(&self) -> f64 {
        if self.bound > 0.0 { (self.risk_days - self.bound).max(0.0) / self.bound } else { 0.0 }
    }
}

impl Problem {
    /// Plans.
    ///
    /// # Errors
    /// What is too little where not all can be gone by the days on which they must be.
    pub fn plan(&self) -> Result<Plan, Vec<Shortage>> {
        let jobs = self.jobs();
        let short = shortage::of(self, &jobs);
        if !short.is_empty() {
            return Err(short);
        }
        // Where a visit has no room even by itself nobody plans it: that tightens the bound.
        let mut jobs = jobs;
        for job in &mut jobs {
            for at in 0..self.periods.len() {
                job.closed[at] |= !self.fits(job, at);
            }
        }
        match solve::solve(self, &jobs) {
            Some(solved) => Ok(self.told(&jobs, &solved.at, solved.bound)),
            // Every sum is enough, and still they do not fit beside one another.
            None => Err(vec![Shortage::of_order(self, &jobs)]),
        }
    }

    /// Whether all can be gone by the days on which they must be, as far as plans that are made
    /// quickly tell.
    pub(crate) fn is_possible(&self) -> bool {
        let jobs = self.jobs();
        shortage::of(self, &jobs).is_empty() && solve::is_possible(self, &jobs)
    }

    /// Days from the beginning of the plan to the end of a period.
    fn days(&self, period: usize) -> f64 {
        let from = self.periods.first().map(|one| one.from);
        let until = self.periods.get(period).map(|one| one.until);
        from.zip(until).map_or(0.0, |(from, until)| days_between(from, until) + 1.0)
    }

    /// What the risk of a device weighs if it goes in a period, or is left.
    fn loss(&self, device: &Device, period: usize) -> f64 {
        let last = self.days(self.periods.len().saturating_sub(1));
        let gone = if period < self.periods.len() { self.days(period) } else { last + BEYOND_DAYS };
        let from = self.periods.first().map(|one| one.from);
        let ends = from.zip(device.ends).map(|(from, ends)| days_between(from, ends).max(0.0));
        // What would have gone by itself weighs no longer; what is left weighs till then.
        let days = match ends {
            Some(ends) if period >= self.periods.len() => ends.max(last + 1.0),
            Some(ends) => gone.min(ends),
            None => gone,
        };
        device.risk * days
    }

    /// The visits: one a site, unless no period takes that much.
    fn jobs(&self) -> Vec<Job> {
        let mut by_site: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, device) in self.devices.iter().enumerate() {
            by_site.entry(device.site).or_default().push(at);
        }
        let mut jobs = Vec::new();
        for (site, devices) in by_site {
            let whole = self.job(site, devices);
            if self.fits_anywhere(&whole) {
                jobs.push(whole);
                continue;
            }
            jobs.extend(self.parts(site, &whole.devices));
        }
        jobs
    }

    /// The recorders of a site with their cameras, put together as far as a period takes them.
    fn parts(&self, site: usize, devices: &[usize]) -> Vec<Job> {
        let mut groups: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for at in devices {
            // What hangs on no recorder goes alone.
            let key = self.devices[*at].recorder.map_or((1, *at), |recorder| (0, recorder));
            groups.entry(key).or_default().push(*at);
        }
        // What no period takes with all of its cameras has to be parted further, or stays for ever.
        let parted = |group: Vec<usize>| -> Vec<Vec<usize>> {
            match self.fits_anywhere(&self.job(site, group.clone())) {
                true => vec![group],
                false => group.into_iter().map(|at| vec![at]).collect(),
            }
        };
        // Those first that weigh most a day for what they cost.
        let mut groups: Vec<Vec<usize>> = groups.into_values().flat_map(parted).collect();
        let weight = |group: &Vec<usize>| {
            let risk: f64 = group.iter().map(|at| self.devices[*at].risk).sum();
            let cost: f64 = group.iter().map(|at| self.devices[*at].cost).sum();
            risk / (cost + 1.0)
        };
        groups.sort_by(|one, other| weight(other).total_cmp(&weight(one)));
        let mut parts: Vec<Job> = Vec::new();
        for group in groups {
            if let Some(last) = parts.last_mut() {
                let together = self.job(site, [&last.devices[..], &group].concat());
                if self.fits_anywhere(&together) {
                    *last = together;
                    continue;
                }
            }
            parts.push(self.job(site, group));
        }
        parts
    }

    fn job(&self, site: usize, devices: Vec<usize>) -> Job {
        let of = |what: fn(&Device) -> f64| -> f64 {
            devices.iter().map(|at| what(&self.devices[*at])).sum()
        };
        let there = self.sites.get(site).cloned().unwrap_or_default();
        let options = 0..=self.periods.len();
        let loss = options
            .map(|period| devices.iter().map(|at| self.loss(&self.devices[*at], period)).sum());
        let due = devices.iter().filter_map(|at| self.devices[*at].due).min();
        // Done by the end of a period that ends by then; where none does, in the first.
        let due = due.map(|due| {
            let by = self.periods.iter().take_while(|one| one.until <= due).count();
            by.saturating_sub(1)
        });
        // A period counts as closed where nobody may come on any of its days.
        let closed = self.periods.iter().map(|one| {
            let mut free = one.from;
            let mut closed = there.closed.clone();
            closed.sort_unstable();
            for (from, until) in closed {
                if from <= free && until >= free {
                    let Ok(next) = until.tomorrow() else { return true };
                    free = next;
                }
            }
            free > one.until
        });
        Job {
            site,
            cost: there.visit_cost + of(|one| one.cost),
            hours: there.visit_hours + of(|one| one.hours),
            loss: loss.collect(),
            due,
            closed: closed.collect(),
            devices,
        }
    }

    /// Whether a visit fits into some period by itself.
    fn fits_anywhere(&self, job: &Job) -> bool {
        (0..self.periods.len()).any(|at| job.may(at) && self.fits(job, at))
    }

    /// Whether a visit fits into a period by itself.
    fn fits(&self, job: &Job, at: usize) -> bool {
        let mut of = self.limits.iter().filter(|limit| limit.periods.contains(&at));
        of.all(|limit| job.uses(limit.of) <= limit.most + SAME)
    }

    /// The risk days of a plan that was made for other terms, if it keeps these.
    #[must_use]
    pub fn keeps(&self, plan: &Plan) -> Option<f64> {
        let mut used = vec![0.0; self.limits.len()];
        let mut risk_days = 0.0;
        for visit in &plan.visits {
            let job = self.job(visit.site, visit.devices.clone());
            let at = visit.period.unwrap_or(self.periods.len());
            if !job.may(at) {
                return None;
            }
            risk_days += job.loss.get(at)?;
            for (used, limit) in used.iter_mut().zip(&self.limits) {
                if limit.periods.contains(&at) {
                    *used += job.uses(limit.of);
                }
            }
        }
        let fits = used.iter().zip(&self.limits).all(|(used, limit)| *used <= limit.most + SAME);
        fits.then_some(risk_days)
    }

    /// Whether any period has room for a visit, if nothing else is done in it.
    #[must_use]
    pub fn has_room(&self, visit: &Visit) -> bool {
        self.fits_anywhere(&self.job(visit.site, visit.devices.clone()))
    }

    /// A plan as it is told, of the period of each visit.
    fn told(&self, jobs: &[Job], at: &[usize], bound: f64) -> Plan {
        let done = |period: usize| (period < self.periods.len()).then_some(period);
        let visits = jobs.iter().zip(at).map(|(job, period)| Visit {
            site: job.site,
            period: done(*period),
            devices: job.devices.clone(),
            cost: job.cost,
            hours: job.hours,
        });
        let mut visits: Vec<Visit> = visits.collect();
        visits.sort_by_key(|one| (one.period.unwrap_or(usize::MAX), one.site));
        let risk_days = jobs.iter().zip(at).map(|(job, period)| job.loss[*period]).sum();
        let made = visits.iter().filter(|one| one.period.is_some());
        let cost = made.map(|one| one.cost).sum();
        Plan { visits, risk_days, cost, bound }
    }
}

fn days_between(from: Date, until: Date) -> f64 {
    let days = from.until(until).map_or(0, |span| span.get_days());
    f64::from(days)
}
