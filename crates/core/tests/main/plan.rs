//! Plans of removal: nothing is used twice, nothing comes too late, and the bound holds.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use whomade_core::plan::{Device, Limit, Order, Period, Plan, Problem, Resource, Shortage, Site};

const FIRST: Date = date(2027, 1, 1);

/// So many months from the first on.
fn months(count: usize) -> Vec<Period> {
    let from = |at: usize| FIRST.saturating_add(jiff::Span::new().months(at as i64));
    let period = |at| Period { from: from(at), until: from(at + 1).yesterday().unwrap() };
    (0..count).map(period).collect()
}

fn device(name: &str, site: usize, risk: f64, cost: f64) -> Device {
    let (recorder, ends, due) = (None, None, None);
    Device { name: name.to_owned(), site, recorder, risk, cost, hours: 1.0, ends, due }
}

fn site(name: &str) -> Site {
    Site { name: name.to_owned(), visit_cost: 10.0, visit_hours: 1.0, closed: vec![] }
}

/// A limit of each period alone.
fn each(periods: usize, of: Resource, most: f64) -> impl Iterator<Item = Limit> {
    (0..periods).map(move |at| Limit { of, periods: at..at + 1, most })
}

/// Two sites, one of which weighs more, and money for one a month.
fn two() -> Problem {
    let devices = vec![device("a", 0, 1.0, 90.0), device("b", 1, 5.0, 90.0)];
    let sites = vec![site("first"), site("second")];
    let limits = each(3, Resource::Money, 100.0).collect();
    Problem { devices, sites, periods: months(3), limits }
}

fn period_of(plan: &Plan, site: usize) -> Option<usize> {
    plan.visits.iter().find(|one| one.site == site).and_then(|one| one.period)
}

/// What a plan must keep, whatever was asked.
fn kept(problem: &Problem, plan: &Plan) {
    for limit in &problem.limits {
        let within = |period: Option<usize>| period.is_some_and(|at| limit.periods.contains(&at));
        let made = plan.visits.iter().filter(|one| within(one.period));
        let used: f64 = match limit.of {
            Resource::Money => made.map(|one| one.cost).sum(),
            Resource::Hours => made.map(|one| one.hours).sum(),
            Resource::Visits => made.count() as f64,
        };
        assert!(used <= limit.most + 1e-6, "{limit:?} {used}");
    }
    let mut devices: Vec<usize> = plan.visits.iter().flat_map(|one| one.devices.clone()).collect();
    devices.sort_unstable();
    assert_eq!(devices, (0..problem.devices.len()).collect::<Vec<_>>(), "each once");
    for visit in &plan.visits {
        let until = visit.period.map(|at| problem.periods[at].until);
        for at in &visit.devices {
            let due = problem.devices[*at].due;
            assert!(due.is_none_or(|due| until.is_some_and(|until| until <= due)), "{visit:?}");
        }
    }
    assert!(plan.bound <= plan.risk_days + 1e-6, "{} {}", plan.bound, plan.risk_days);
}

#[test]
fn what_weighs_most_goes_first_and_money_and_days_are_kept() {
    let problem = two();
    let plan = problem.plan().unwrap();
    kept(&problem, &plan);
    assert_eq!((period_of(&plan, 1), period_of(&plan, 0)), (Some(0), Some(1)));
    assert_eq!((plan.risk_days, plan.cost), (5.0 * 31.0 + 59.0, 200.0));
    assert!(plan.gap() < 1e-2, "{plan:?}");
    // What must be gone by the end of January goes before it.
    let mut due = two();
    due.devices[0].due = Some(date(2027, 1, 31));
    let plan = due.plan().unwrap();
    assert_eq!((period_of(&plan, 0), period_of(&plan, 1)), (Some(0), Some(1)));
    // Where nobody may come all of January, nobody does.
    let mut closed = two();
    closed.sites[1].closed =
        vec![(date(2027, 1, 16), date(2027, 1, 31)), (FIRST, date(2027, 1, 15))];
    let plan = closed.plan().unwrap();
    assert_eq!((period_of(&plan, 0), period_of(&plan, 1)), (Some(0), Some(1)));
    closed.sites[1].closed.truncate(1);
    assert_eq!(period_of(&closed.plan().unwrap(), 1), Some(0), "half a month is enough");
}

#[test]
fn what_would_go_by_itself_soon_weighs_little() {
    let mut problem = two();
    problem.devices[1].ends = Some(date(2027, 1, 5));
    let plan = problem.plan().unwrap();
    assert_eq!((period_of(&plan, 0), period_of(&plan, 1)), (Some(0), Some(1)));
    assert_eq!(plan.risk_days, 31.0 + 5.0 * 4.0);
}

#[test]
fn without_money_nothing_goes_and_what_must_is_said_with_what_is_lacking() {
    let mut problem = two();
    problem.limits = each(3, Resource::Money, 0.0).collect();
    let plan = problem.plan().unwrap();
    assert!(plan.visits.iter().all(|one| one.period.is_none()) && plan.cost == 0.0);
    kept(&problem, &plan);
    // A device dearer than all there is.
    problem.devices[0].due = Some(date(2027, 3, 31));
    let dear = Shortage::Dear { site: 0, of: Resource::Money, needs: 100.0, most: 0.0 };
    assert_eq!(problem.plan(), Err(vec![dear]));
    // Both by the end of January: money for one.
    let mut problem = two();
    problem.devices.iter_mut().for_each(|one| one.due = Some(date(2027, 1, 31)));
    let due = date(2027, 1, 31);
    let lacks = Shortage::Due { of: Resource::Money, due, needs: 200.0, most: 100.0 };
    assert_eq!((lacks.lacks(), problem.plan()), (100.0, Err(vec![lacks.clone()])));
    // A day before the plan begins: the first period is the earliest there is.
    problem.devices.truncate(1);
    problem.devices[0].due = Some(date(2026, 1, 1));
    let plan = problem.plan().unwrap();
    assert_eq!(period_of(&plan, 0), Some(0));
    problem.sites[0].closed = vec![(FIRST, date(2027, 1, 31))];
    assert_eq!(problem.plan(), Err(vec![Shortage::Closed { site: 0, due }]));
}

#[test]
fn a_site_that_no_period_takes_is_parted_by_recorders_and_nothing_else_is() {
    let mut problem = two();
    let of = |name: &str, recorder| Device { recorder, ..device(name, 0, 1.0, 40.0) };
    problem.devices = vec![of("r1", Some(1)), of("c1", Some(1)), of("r2", Some(2)), of("x", None)];
    let plan = problem.plan().unwrap();
    kept(&problem, &plan);
    assert_eq!(plan.visits.len(), 2, "{plan:?}");
    let together = |one: usize, other: usize| {
        plan.visits.iter().any(|visit| [one, other].iter().all(|at| visit.devices.contains(at)))
    };
    assert!(together(0, 1), "a recorder goes with its cameras");
    problem.limits = each(3, Resource::Money, 170.0).collect();
    assert_eq!(problem.plan().unwrap().visits.len(), 1, "one visit is enough");
}

#[test]
fn nothing_to_plan_is_a_plan() {
    let plan = Problem::default().plan().unwrap();
    assert!(plan.visits.is_empty() && plan.risk_days == 0.0 && plan.gap() == 0.0);
    let bare = Problem { periods: vec![], limits: vec![], ..two() };
    let plan = bare.plan().unwrap();
    assert!(plan.visits.iter().all(|one| one.period.is_none()));
}

/// Devices, sites and limits of every kind, made from numbers.
fn problems() -> impl Strategy<Value = Problem> {
    let device = (0..12_usize, 1..40_u32, 1..90_u32, 0..400_i64, prop::option::of(0..3_usize));
    let devices = proptest::collection::vec(device, 1..40);
    (devices, 1..9_usize, 20..400_u32, 2..40_u32, 0..3_usize).prop_map(
        |(devices, periods, money, hours, closed)| {
            let devices =
                devices.into_iter().enumerate().map(|(at, (site, risk, cost, ends, of))| {
                    let ends =
                        (ends > 200).then(|| FIRST.saturating_add(jiff::Span::new().days(ends)));
                    Device {
                        recorder: of.map(|of| site * 3 + of),
                        ends,
                        ..device_of(at, site, f64::from(risk), f64::from(cost))
                    }
                });
            let mut sites: Vec<Site> = (0..12).map(|at| site(&format!("s{at}"))).collect();
            sites.iter_mut().step_by(2).take(closed).for_each(|one| {
                one.closed = vec![(FIRST, date(2027, 2, 28))];
            });
            let money = each(periods, Resource::Money, f64::from(money));
            let hours = each(periods, Resource::Hours, f64::from(hours));
            let visits = Limit { of: Resource::Visits, periods: 0..periods, most: 9.0 };
            let limits = money.chain(hours).chain([visits]).collect();
            Problem { devices: devices.collect(), sites, periods: months(periods), limits }
        },
    )
}

fn device_of(at: usize, site: usize, risk: f64, cost: f64) -> Device {
    device(&format!("d{at}"), site, risk, cost)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_plan_keeps_its_limits_and_is_no_worse_than_by_hand(problem in problems()) {
        let plan = problem.plan().unwrap();
        kept(&problem, &plan);
        prop_assert_eq!(&plan, &problem.plan().unwrap(), "the same again");
        for order in [Order::Risk, Order::Site] {
            let hand = problem.by_hand(order);
            kept(&Problem { limits: problem.limits.clone(), ..problem.clone() }, &Plan {
                bound: 0.0,
                ..hand.clone()
            });
        }
        // By hand the way of a site that was parted is paid once, where both parts fall together.
        let sites: BTreeSet<usize> = problem.devices.iter().map(|one| one.site).collect();
        if plan.visits.len() == sites.len() {
            prop_assert!(plan.risk_days <= problem.by_hand(Order::Site).risk_days + 1e-6);
        }
    }

    #[test]
    fn more_money_is_never_worse_for_the_bound(problem in problems()) {
        let mut more = problem.clone();
        more.limits.iter_mut().for_each(|one| one.most *= 2.0);
        let (less, more) = (problem.plan().unwrap(), more.plan().unwrap());
        // With more of everything a period may take whole a site that was parted before: those
        // are plans of other visits, and a whole visit may have to wait.
        let parts = |plan: &Plan| -> BTreeSet<Vec<usize>> {
            plan.visits.iter().map(|one| one.devices.clone()).collect()
        };
        if parts(&less) == parts(&more) {
            prop_assert!(more.bound <= less.risk_days + 1e-6);
        }
    }
}
