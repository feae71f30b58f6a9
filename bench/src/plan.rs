//! Removal plans beside plans made by hand: `plan DEVICES SITES MONTHS`.
//!
//! Sites, their sizes and what weighs there are made from a seed, none like another; money and
//! hours are enough for all within nine tenths of the time.

use std::error::Error;
use std::io::{self, Write};

use jiff::Span;
use jiff::civil::date;
use whomade_bench::on_core;
use whomade_core::plan::{Device, Limit, Order, Period, Plan, Problem, Resource, Site};

/// Numbers from a seed (splitmix64), the same on every machine.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % below
    }
}

fn problem(devices: usize, sites: usize, months: usize) -> Result<Problem, Box<dyn Error>> {
    let mut numbers = Numbers(889);
    let first = date(2027, 1, 1);
    let month = |at: usize| first.checked_add(Span::new().months(i64::try_from(at).unwrap_or(0)));
    let mut periods = Vec::new();
    for at in 0..months {
        periods.push(Period { from: month(at)?, until: month(at + 1)?.yesterday()? });
    }
    let mut all = Vec::with_capacity(devices);
    for at in 0..devices {
        // A few sites are large, most are small.
        let [one, other] = [numbers.next(sites as u64), numbers.next(sites as u64)];
        let site = usize::try_from(one.min(other))?;
        let recorder = numbers.next(16) == 0;
        let days = i64::try_from(numbers.next(2_555))?;
        all.push(Device {
            name: format!("CAM-{at:06}"),
            site,
            recorder: Some(site * 8 + usize::try_from(numbers.next(8))?),
            risk: [1.0, 2.0, 4.0, 8.0, 24.0][usize::try_from(numbers.next(5))?],
            cost: if recorder { 900.0 } else { 180.0 + numbers.next(200) as f64 },
            hours: if recorder { 3.0 } else { 1.0 },
            ends: (numbers.next(3) == 0).then(|| first.saturating_add(Span::new().days(days))),
            due: None,
        });
    }
    let site = |at| Site {
        name: format!("site {at}"),
        visit_cost: 150.0 + numbers.next(300) as f64,
        visit_hours: 2.0,
        closed: vec![],
    };
    let sites: Vec<Site> = (0..sites).map(site).collect();
    let money: f64 = all.iter().map(|one| one.cost).sum::<f64>()
        + sites.iter().map(|one| one.visit_cost).sum::<f64>();
    let hours: f64 = all.iter().map(|one| one.hours).sum::<f64>() + 2.0 * sites.len() as f64;
    let share = 1.0 / (0.9 * months as f64);
    let limits = (0..months).flat_map(|at| {
        let of = move |of, most: f64| Limit { of, periods: at..at + 1, most };
        [of(Resource::Money, money * share), of(Resource::Hours, hours * share)]
    });
    Ok(Problem { limits: limits.collect(), devices: all, sites, periods })
}

fn line(name: &str, plan: &Plan, bound: f64, seconds: f64) -> io::Result<()> {
    let above = 100.0 * (plan.risk_days / bound - 1.0);
    let visits = plan.visits.iter().filter(|one| one.period.is_some()).count();
    let left = plan.visits.iter().filter(|one| one.period.is_none());
    let left: usize = left.map(|one| one.devices.len()).sum();
    writeln!(
        io::stdout(),
        "{name:34} {:>15.0} risk days, {above:>6.2} % above the bound; cost {:>12.0} in {visits} \
         visits, {left} devices left; {seconds:.2} s",
        plan.risk_days,
        plan.cost
    )
}

fn main() -> Result<(), Box<dyn Error>> {
    let typed: Vec<usize> =
        std::env::args().skip(1).map(|one| one.parse()).collect::<Result<_, _>>()?;
    let [devices, sites, months] = typed[..] else {
        return Err("usage: plan DEVICES SITES MONTHS".into());
    };
    let problem = problem(devices, sites, months)?;
    writeln!(io::stdout(), "{devices} devices at {sites} sites over {months} months")?;
    let (took, plan) = on_core(|| problem.plan());
    let plan = plan.map_err(|short| format!("{short:?}"))?;
    line("whomade", &plan, plan.bound, took.as_secs_f64())?;
    for (name, order) in [("by hand, by risk", Order::Risk), ("by hand, by site", Order::Site)] {
        let (took, hand) = on_core(|| problem.by_hand(order));
        line(name, &hand, plan.bound, took.as_secs_f64())?;
    }
    Ok(())
}
