//! The periods of all visits at once: what limits cost is given a price, every visit takes the
//! period that is cheapest for it, and prices rise where more is wanted than there is (Lagrangian
//! relaxation: Fisher, The Lagrangian Relaxation Method for Solving Integer Programming Problems,
//! 1981). What all pay together for their cheapest periods bounds every plan from below. Plans are
//! made on the way, by those prices, and mended by moving and exchanging visits.

use super::{Job, Limit, Problem, SAME};

/// Rounds of prices at most.
const ROUNDS_MAX: u32 = 2_000;
/// Rounds without a better bound after which prices change by half as much.
const PATIENCE: u32 = 25;
/// Prices that change by less, as a share of where they began, change nothing any more.
const STEP_MIN: f64 = 1e-3;
/// A plan is made in every so many rounds.
const PLAN_EVERY: u32 = 25;
/// A plan so close above the bound is good enough, as a share of it.
const CLOSE: f64 = 1e-3;
/// Visits with which one is exchanged at most: those that are next to it in what they use.
const NEIGHBOURS: usize = 24;
/// Rounds of moving and exchanging.
const MENDED_MAX: usize = 6;

/// The period of each visit, and what bounds all plans.
pub(super) struct Solved {
    pub(super) at: Vec<usize>,
    pub(super) bound: f64,
}

/// Solves; nothing where no plan was found that keeps every day by which something must be gone.
pub(super) fn solve(problem: &Problem, jobs: &[Job]) -> Option<Solved> {
    let mut prices = vec![0.0; problem.limits.len()];
    let mut room = Room::new(problem, jobs);
    let mut best = room.as_by_hand();
    let (mut bound, mut step, mut waited) = (f64::NEG_INFINITY, 1.0, 0);
    for round in 0..ROUNDS_MAX {
        let (value, wanted) = cheapest(problem, jobs, &prices);
        waited += 1;
        if value > bound {
            (bound, waited) = (value, 0);
        }
        if round % PLAN_EVERY == 0 || round + 1 == ROUNDS_MAX {
            let made = room.plan(&prices);
            if let Some((sum, at)) = made
                && best.as_ref().is_none_or(|(known, _)| sum < *known)
            {
                best = Some((sum, at));
            }
        }
        let above = best.as_ref().map_or(value.abs().max(1.0) * 1.1, |(sum, _)| *sum);
        if above - bound <= CLOSE * bound.abs() {
            break;
        }
        if waited > PATIENCE {
            (step, waited) = (step / 2.0, 0);
        }
        if step < STEP_MIN {
            break;
        }
        let over: Vec<f64> =
            wanted.iter().zip(&problem.limits).map(|(wanted, limit)| wanted - limit.most).collect();
        let long: f64 = over
            .iter()
            .zip(&prices)
            .filter(|(over, price)| **over > 0.0 || **price > 0.0)
            .map(|(over, _)| over * over)
            .sum();
        // Nobody wants more than there is, and nothing has a price: that is the best plan.
        if long <= SAME {
            break;
        }
        let length = step * (above - value).max(SAME) / long;
        for (price, over) in prices.iter_mut().zip(over) {
            *price = (*price + length * over).max(0.0);
        }
    }
    let (_, at) = best?;
    Some(Solved { at, bound: bound.max(0.0) })
}

/// Whether a plan that is made without prices keeps every day by which something must be gone.
pub(super) fn is_possible(problem: &Problem, jobs: &[Job]) -> bool {
    let mut room = Room::new(problem, jobs);
    room.as_by_hand().is_some() || room.plan(&vec![0.0; problem.limits.len()]).is_some()
}

/// What every visit pays in its cheapest period, less the worth of all that there is; and what they
/// want of each limit.
fn cheapest(problem: &Problem, jobs: &[Job], prices: &[f64]) -> (f64, Vec<f64>) {
    let rates = Rates::of(problem, prices);
    let mut value: f64 =
        -problem.limits.iter().zip(prices).map(|(limit, price)| limit.most * price).sum::<f64>();
    let mut wanted_at = vec![[0.0; 3]; problem.periods.len()];
    for job in jobs {
        let (pays, at) = rates.best(job);
        value += pays;
        if let Some(wanted) = wanted_at.get_mut(at) {
            for (sum, of) in wanted.iter_mut().zip(uses(job)) {
                *sum += of;
            }
        }
    }
    let wanted = problem
        .limits
        .iter()
        .map(|limit| limit.periods.clone().map(|at| wanted_at[at][limit.of as usize]).sum());
    (value, wanted.collect())
}

fn uses(job: &Job) -> [f64; 3] {
    [job.cost, job.hours, 1.0]
}

/// What a unit of each resource costs in each period.
struct Rates(Vec<[f64; 3]>);

impl Rates {
    fn of(problem: &Problem, prices: &[f64]) -> Self {
        let mut rates = vec![[0.0; 3]; problem.periods.len()];
        for (limit, price) in problem.limits.iter().zip(prices) {
            for at in limit.periods.clone() {
                rates[at][limit.of as usize] += price;
            }
        }
        Self(rates)
    }

    /// What a visit pays in a period, or where it is left.
    fn pays(&self, job: &Job, at: usize) -> f64 {
        let rates = self.0.get(at).copied().unwrap_or_default();
        let price: f64 = rates.iter().zip(uses(job)).map(|(rate, of)| rate * of).sum();
        job.loss[at] + price
    }

    /// The cheapest period, the first of equal ones, and what it costs.
    fn best(&self, job: &Job) -> (f64, usize) {
        let all = (0..=self.0.len()).filter(|at| job.may(*at));
        let all = all.map(|at| (self.pays(job, at), at));
        all.min_by(|one, other| one.0.total_cmp(&other.0)).unwrap_or((0.0, self.0.len()))
    }
}

/// What is left of each limit while a plan is made.
struct Room<'p> {
    problem: &'p Problem,
    jobs: &'p [Job],
    /// The limits of each period.
    of: Vec<Vec<usize>>,
    left: Vec<f64>,
}

impl<'p> Room<'p> {
    fn new(problem: &'p Problem, jobs: &'p [Job]) -> Self {
        let mut of = vec![Vec::new(); problem.periods.len()];
        for (number, limit) in problem.limits.iter().enumerate() {
            for at in limit.periods.clone() {
                of[at].push(number);
            }
        }
        Self { problem, jobs, of, left: Vec::new() }
    }

    fn limit(&self, number: usize) -> &Limit {
        &self.problem.limits[number]
    }

    fn fits(&self, job: &Job, at: usize) -> bool {
        let of = self.of.get(at).map(Vec::as_slice).unwrap_or_default();
        of.iter().all(|one| job.uses(self.limit(*one).of) <= self.left[*one] + SAME)
    }

    fn take(&mut self, job: &Job, at: usize, sign: f64) {
        for one in self.of.get(at).map(Vec::as_slice).unwrap_or_default() {
            self.left[*one] -= sign * job.uses(self.problem.limits[*one].of);
        }
    }

    /// A plan by these prices: those first that would lose most by another period.
    fn plan(&mut self, prices: &[f64]) -> Option<(f64, Vec<usize>)> {
        let rates = Rates::of(self.problem, prices);
        let periods = self.problem.periods.len();
        let mut order: Vec<(bool, f64, usize)> = Vec::with_capacity(self.jobs.len());
        for (number, job) in self.jobs.iter().enumerate() {
            let (first, at) = rates.best(job);
            let others = (0..=periods).filter(|other| *other != at && job.may(*other));
            let second = others.map(|other| rates.pays(job, other)).min_by(f64::total_cmp);
            let regret = second.map_or(f64::MAX, |second| second - first);
            // Who must be gone by a day comes before who only should.
            order.push((job.due.is_none(), -regret / (job.cost + job.hours + 1.0), number));
        }
        order.sort_by(|one, other| {
            (one.0.cmp(&other.0)).then(one.1.total_cmp(&other.1)).then(one.2.cmp(&other.2))
        });
        let order = order.into_iter().map(|(.., number)| number);
        self.fill(order, |job, at| rates.pays(job, at))
    }

    /// The plan that somebody makes by going from one large site to the next.
    fn as_by_hand(&mut self) -> Option<(f64, Vec<usize>)> {
        let mut order: Vec<usize> = (0..self.jobs.len()).collect();
        let job = |number: &usize| &self.jobs[*number];
        order.sort_by_key(|one| {
            (job(one).due.is_none(), std::cmp::Reverse(job(one).devices.len()), job(one).site)
        });
        self.fill(order.into_iter(), |_, at| at as f64)
    }

    /// Gives each visit in turn the cheapest period that has room, and mends what comes out;
    /// nothing where one that must be made finds none.
    fn fill(
        &mut self,
        order: impl Iterator<Item = usize>,
        pays: impl Fn(&Job, usize) -> f64,
    ) -> Option<(f64, Vec<usize>)> {
        let periods = self.problem.periods.len();
        self.left = self.problem.limits.iter().map(|limit| limit.most).collect();
        let mut at = vec![periods; self.jobs.len()];
        for number in order {
            let job = &self.jobs[number];
            let all = (0..=periods).filter(|one| job.may(*one) && self.fits(job, *one));
            let all = all.map(|one| (pays(job, one), one));
            let (_, chosen) = all.min_by(|one, other| one.0.total_cmp(&other.0))?;
            at[number] = chosen;
            self.take(job, chosen, 1.0);
        }
        for _ in 0..MENDED_MAX {
            if !(self.moved(&mut at) | self.exchanged(&mut at)) {
                break;
            }
        }
        let sum = self.jobs.iter().zip(&at).map(|(job, at)| job.loss[*at]).sum();
        Some((sum, at))
    }

    /// Moves visits to a better period that has room.
    fn moved(&mut self, at: &mut [usize]) -> bool {
        let mut any = false;
        for (number, job) in self.jobs.iter().enumerate() {
            let now = at[number];
            self.take(job, now, -1.0);
            let better = (0..now).filter(|one| job.may(*one) && job.loss[*one] < job.loss[now]);
            let best = better
                .filter(|one| self.fits(job, *one))
                .min_by(|one, other| job.loss[*one].total_cmp(&job.loss[*other]));
            at[number] = best.unwrap_or(now);
            any |= best.is_some();
            self.take(job, at[number], 1.0);
        }
        any
    }

    /// Exchanges the periods of two visits that use about as much, where both together gain.
    fn exchanged(&mut self, at: &mut [usize]) -> bool {
        let mut order: Vec<usize> = (0..self.jobs.len()).collect();
        let size = |number: &usize| self.jobs[*number].cost + self.jobs[*number].hours;
        order.sort_by(|one, other| size(one).total_cmp(&size(other)).then(one.cmp(other)));
        let mut any = false;
        for place in 0..order.len() {
            for near in order.iter().skip(place + 1).take(NEIGHBOURS) {
                any |= self.exchange(at, order[place], *near);
            }
        }
        any
    }

    fn exchange(&mut self, at: &mut [usize], one: usize, other: usize) -> bool {
        let (a, b) = (at[one], at[other]);
        let (first, second) = (&self.jobs[one], &self.jobs[other]);
        let gains = first.loss[b] + second.loss[a] + SAME < first.loss[a] + second.loss[b];
        if a == b || !gains || !first.may(b) || !second.may(a) {
            return false;
        }
        self.take(first, a, -1.0);
        self.take(second, b, -1.0);
        let fits = self.fits(first, b) && {
            self.take(first, b, 1.0);
            let fits = self.fits(second, a);
            self.take(first, b, -1.0);
            fits
        };
        let (a, b) = if fits { (b, a) } else { (a, b) };
        (at[one], at[other]) = (a, b);
        self.take(first, a, 1.0);
        self.take(second, b, 1.0);
        fits
    }
}
