//! A removal solved, with what it is held against.

use jiff::civil::Date;
use whomade_core::plan::removal::{Enough, Removal};
use whomade_core::plan::terms::Terms;
use whomade_core::plan::{Days, Plan, Resource, Shortage};

use super::candidates::Ruled;
use super::gather::Gathered;
use super::held::Held;
use whomade_inquiry::asking::Asked;

/// Shares of the money for which the plan is made again, for the curve of costs.
const SHARES: [f64; 9] = [0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0];
/// The same for estates of which one plan takes seconds.
const FEW_SHARES: [f64; 4] = [0.5, 1.0, 1.5, 2.0];
/// Devices from which on fewer plans are made.
const MANY: usize = 30_000;

/// Everything that is told.
pub(crate) struct Answer<'a> {
    pub(crate) asked: &'a Asked,
    pub(crate) removal: &'a Removal<'a>,
    pub(crate) solved: Solved,
    pub(crate) ruled: Vec<Ruled>,
    pub(crate) gathered: Gathered,
    pub(crate) others: Vec<Other>,
    pub(crate) curve: Vec<Point>,
    pub(crate) progress: Option<Held>,
    /// What the file of terms is called.
    pub(crate) terms_name: String,
    /// What the files are called.
    pub(crate) names: String,
    pub(crate) made_with: String,
}

impl Answer<'_> {
    /// Whether a day cannot be kept, an earlier plan is not, or nothing can be planned at all.
    pub(crate) fn is_wanting(&self) -> bool {
        let visits = &self.solved.plan.visits;
        let nothing = !visits.is_empty() && visits.iter().all(|one| one.period.is_none());
        let late = self.progress.as_ref().is_some_and(Held::is_late);
        self.solved.short.is_some() || late || nothing
    }
}

/// A plan, and those that people make by hand.
pub(crate) struct Solved {
    /// The plan; where no plan keeps every day, the one that keeps all but the days.
    pub(crate) plan: Plan,
    /// On which days each visit is proposed.
    pub(crate) days: Days,
    /// By risk, and by site.
    pub(crate) by_hand: [Plan; 2],
    /// What is too little where no plan keeps every day.
    pub(crate) short: Option<Short>,
}

/// Why no plan keeps every day, and what would be enough.
pub(crate) struct Short {
    pub(crate) shortages: Vec<Shortage>,
    pub(crate) enough: Vec<Enough>,
    /// Devices that the plan without the days removes too late.
    pub(crate) late: usize,
}

impl Solved {
    pub(crate) fn of(removal: &Removal<'_>) -> Self {
        let (plan, short) = match removal.plan() {
            Ok(plan) => (plan, None),
            Err(shortages) => {
                // Without days there is always one: it may leave things where they are.
                let plan = removal.plan_with_some_days();
                let plan = plan.unwrap_or_else(|_| removal.by_hand(false)[1].clone());
                let late = removal.late(&plan);
                (plan, Some(Short { shortages, enough: removal.enough(), late }))
            }
        };
        let by_hand = removal.by_hand(short.is_none());
        let days = removal.days(&plan);
        Self { plan, days, by_hand, short }
    }
}

/// A plan by other terms.
pub(crate) struct Other {
    /// What is otherwise, as typed.
    pub(crate) name: String,
    pub(crate) sum: Sum,
    /// What it costs, in its own money.
    pub(crate) cost: String,
    /// Why its risk days are none to compare with: they are counted otherwise.
    pub(crate) apart: Option<&'static str>,
    /// Whether it keeps every day.
    pub(crate) keeps: bool,
}

impl Other {
    pub(crate) fn of(
        name: &str,
        removal: &Removal<'_>,
        (base, made): (&Removal<'_>, &Plan),
    ) -> Self {
        let (plan, keeps) = match removal.plan() {
            Ok(plan) => (Some(plan), true),
            Err(_) => (removal.plan_without_days().ok(), false),
        };
        // Whoever has more of everything can still do what was planned with less of it.
        let same = base.problem.sites == removal.problem.sites;
        let as_made = removal.problem.keeps(made).filter(|_| same && keeps);
        let plan = plan.map(|plan| match as_made {
            Some(risk_days) if risk_days < plan.risk_days => {
                Plan { risk_days, bound: plan.bound.min(risk_days), ..made.clone() }
            }
            _ => plan,
        });
        let sum = plan.map(|plan| Sum::of(removal, &plan)).unwrap_or_default();
        let (terms, other) = (base.terms, removal.terms);
        let weights = |terms: &Terms| {
            let sites = terms.sites.iter().filter_map(|one| Some((one.name.clone(), one.weight?)));
            (terms.risk.clone(), sites.collect::<Vec<_>>(), terms.life_years.to_bits())
        };
        let apart = if weights(terms) != weights(other) {
            Some("weighed otherwise")
        } else if base.problem.periods.first() != removal.problem.periods.first()
            || base.problem.periods.last().map(|one| one.until)
                != removal.problem.periods.last().map(|one| one.until)
        {
            Some("another stretch of time")
        } else {
            None
        };
        let cost = other.money(sum.cost);
        Self { name: name.to_owned(), sum, cost, apart, keeps }
    }
}

/// What a plan comes to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sum {
    pub(crate) risk_days: f64,
    pub(crate) bound: f64,
    pub(crate) cost: f64,
    pub(crate) visits: usize,
    /// The sites at which they are made.
    pub(crate) sites: usize,
    pub(crate) left: usize,
    /// The end of the period of its last visit.
    pub(crate) until: Option<Date>,
}

impl Sum {
    pub(crate) fn of(removal: &Removal<'_>, plan: &Plan) -> Self {
        let last = plan.visits.iter().filter_map(|one| one.period).max();
        Self {
            risk_days: plan.risk_days,
            bound: plan.bound,
            cost: plan.cost,
            visits: plan.visits.iter().filter(|one| one.period.is_some()).count(),
            sites: removal.visited(plan),
            left: removal.left(plan).len(),
            until: last.and_then(|at| removal.problem.periods.get(at)).map(|one| one.until),
        }
    }
}

/// What a share of the money comes to.
pub(crate) struct Point {
    /// How many times the money of the terms.
    pub(crate) share: f64,
    /// What there is of it in all.
    pub(crate) money: f64,
    pub(crate) sum: Sum,
}

/// Plans with less and more money; none where money is not limited.
pub(crate) fn curve(removal: &Removal<'_>) -> Vec<Point> {
    let money = || removal.problem.limits.iter().filter(|one| one.of == Resource::Money);
    let total: f64 = money().map(|one| one.most).sum();
    if total <= 0.0 || removal.subjects.is_empty() {
        return Vec::new();
    }
    let shares: &[f64] = if removal.subjects.len() < MANY { &SHARES } else { &FEW_SHARES };
    let points = shares.iter().filter_map(|share| {
        let mut other = removal.clone();
        for limit in other.problem.limits.iter_mut().filter(|one| one.of == Resource::Money) {
            limit.most *= share;
        }
        // What must be gone by a day is planned as what should be: a curve has no gaps.
        let plan = other.plan_without_days().ok()?;
        Some(Point { share: *share, money: total * share, sum: Sum::of(&other, &plan) })
    });
    points.collect()
}
