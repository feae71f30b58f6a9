//! Plans as people make them by hand, to hold the computed one against.

use super::{Plan, Problem, SAME, Visit};

/// In which order somebody goes through the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The riskiest device first, wherever it is; who comes to a site pays the way each time.
    Risk,
    /// One site after the other, those with most devices first.
    Site,
}

impl Problem {
    /// A plan made by going through a list once, each entry as early as it fits.
    #[must_use]
    pub fn by_hand(&self, order: Order) -> Plan {
        let jobs = match order {
            Order::Site => {
                let mut jobs = self.jobs();
                jobs.sort_by_key(|job| (std::cmp::Reverse(job.devices.len()), job.site));
                jobs
            }
            Order::Risk => {
                let mut devices: Vec<usize> = (0..self.devices.len()).collect();
                let risk = |at: &usize| self.devices[*at].risk;
                devices
                    .sort_by(|one, other| risk(other).total_cmp(&risk(one)).then(one.cmp(other)));
                devices.into_iter().map(|at| self.job(self.devices[at].site, vec![at])).collect()
            }
        };
        let mut left: Vec<f64> = self.limits.iter().map(|limit| limit.most).collect();
        let mut there = vec![false; self.sites.len() * (self.periods.len() + 1)];
        let (mut visits, mut risk_days, mut cost): (Vec<Visit>, f64, f64) = Default::default();
        for job in jobs {
            let site = self.sites.get(job.site).cloned().unwrap_or_default();
            let mut chosen = None;
            // Whoever plans by hand and has no room left before a day comes after it.
            let count = self.periods.len();
            let late = (0..count).filter(|at| !job.may(*at) && !job.closed[*at]);
            for at in (0..count).filter(|at| job.may(*at)).chain(late) {
                // The way is paid once a period.
                let known = there[job.site * (self.periods.len() + 1) + at];
                let uses = |of| match of {
                    super::Resource::Money if known => job.cost - site.visit_cost,
                    super::Resource::Hours if known => job.hours - site.visit_hours,
                    super::Resource::Visits if known => 0.0,
                    of => job.uses(of),
                };
                let mut limits =
                    self.limits.iter().zip(&mut left).filter(|(one, _)| one.periods.contains(&at));
                if limits.by_ref().all(|(one, left)| uses(one.of) <= *left + SAME) {
                    let of = self.limits.iter().zip(&mut left);
                    for (one, left) in of.filter(|(one, _)| one.periods.contains(&at)) {
                        *left -= uses(one.of);
                    }
                    chosen = Some((at, uses(super::Resource::Money), uses(super::Resource::Hours)));
                    there[job.site * (self.periods.len() + 1) + at] = true;
                    break;
                }
            }
            let (period, paid, hours) = match chosen {
                Some((at, paid, hours)) => (Some(at), paid, hours),
                None => (None, job.cost, job.hours),
            };
            risk_days += job.loss[period.unwrap_or(self.periods.len())];
            cost += if period.is_some() { paid } else { 0.0 };
            visits.push(Visit { site: job.site, period, devices: job.devices, cost: paid, hours });
        }
        visits.sort_by_key(|one| (one.period.unwrap_or(usize::MAX), one.site));
        // Whoever is there once does all that is to be done then.
        visits.dedup_by(|next, one| {
            let same = (next.site, next.period) == (one.site, one.period) && one.period.is_some();
            if same {
                one.devices.append(&mut next.devices);
                one.cost += next.cost;
                one.hours += next.hours;
            }
            same
        });
        Plan { visits, risk_days, cost, bound: 0.0 }
    }
}
