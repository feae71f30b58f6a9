//! A removal plan: for people, as JSON, as rows of CSV, as a calendar, as pictures, as a paper.

use whomade_core::plan::removal::Removal;
use whomade_core::plan::terms::{Length, Terms, grouped};
use whomade_core::plan::{Days, Period, Plan, Resource, Shortage};
use whomade_core::report::{clean, counted};

mod json;
mod paper;
mod pictures;
mod rows;
mod text;

pub(crate) use json::json;
pub(crate) use paper::paper;
pub(crate) use pictures::pictures;
pub(crate) use rows::{calendar, csv};
pub(crate) use text::text;

/// A period as people call it.
fn period_name(terms: &Terms, period: Period) -> String {
    let first_of_month = period.from.day() == 1;
    match terms.period {
        Length::Month if first_of_month => period.from.strftime("%Y-%m").to_string(),
        Length::Quarter if first_of_month => {
            format!("{} to {}", period.from.strftime("%Y-%m"), period.until.strftime("%m"))
        }
        _ => period.from.to_string(),
    }
}

/// A share of one in percent.
fn share_words(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// By how much one number is above another, in percent.
fn above(number: f64, than: f64) -> String {
    if than <= 0.0 {
        return String::new();
    }
    let percent = 100.0 * (number / than - 1.0);
    if percent.abs() < 0.05 {
        return "0 %".to_owned();
    }
    if percent.abs() < 10.0 { format!("{percent:+.1} %") } else { format!("{percent:+.0} %") }
}

/// What is too little, in a sentence.
fn shortage(removal: &Removal<'_>, one: &Shortage) -> String {
    let terms = removal.terms;
    let site = |at: usize| clean(&removal.problem.sites[at].name);
    let amount = |of: Resource, amount: f64| match of {
        Resource::Money => terms.money(amount),
        Resource::Hours => format!("{} hours", grouped(amount.ceil())),
        Resource::Visits => counted(amount.ceil() as u64, "visit"),
    };
    match one {
        Shortage::Dear { site: at, of, needs, most } => format!(
            "a visit at {} that must be made takes {}, and no period in which it may be has more \
             than {}: {} more",
            site(*at),
            amount(*of, *needs),
            amount(*of, *most),
            amount(*of, needs - most)
        ),
        Shortage::Closed { site: at, due } => {
            format!("nobody may come to {} until {due}, when all there must be gone", site(*at))
        }
        Shortage::Due { of, due, needs, most } => format!(
            "what must be gone by {due} takes {}, and until then there is {}: {} more",
            amount(*of, *needs),
            amount(*of, *most),
            amount(*of, needs - most)
        ),
        Shortage::Order { visits } => format!(
            "there is enough of everything in sum, and still {} that must be made do not fit \
             beside one another in their periods",
            counted(*visits as u64, "visit")
        ),
    }
}

/// Shortages that are told one by one.
const SHORTAGES_MAX: usize = 6;

/// What is too little, in a sentence each; the worst ones, and how many more.
fn shortages(removal: &Removal<'_>, all: &[Shortage]) -> Vec<String> {
    let mut told: Vec<String> =
        all.iter().take(SHORTAGES_MAX).map(|one| shortage(removal, one)).collect();
    if all.len() > SHORTAGES_MAX {
        let more = counted((all.len() - SHORTAGES_MAX) as u64, "site");
        told.push(format!("the same holds of {more} beside"));
    }
    told
}

/// What would be enough, in a sentence each.
fn enough(removal: &Removal<'_>, all: &[whomade_core::plan::removal::Enough]) -> Vec<String> {
    let terms = removal.terms;
    let sentence = |one: &whomade_core::plan::removal::Enough| {
        let what = match one.of {
            Resource::Money => "money",
            Resource::Hours => "hours of crews",
            Resource::Visits => "visits a period",
        };
        let Some(times) = one.times else {
            return format!("no amount of {what} alone is enough");
        };
        let more = format!("{:.0} % more {what} would be enough", (times - 1.0) * 100.0);
        let come_to = match one.of {
            Resource::Money => terms.budget.map(|one| terms.money((one * times).ceil())),
            Resource::Hours => Some(format!("{:.1} crews", f64::from(terms.crews) * times)),
            Resource::Visits => terms.visits.map(|one| grouped((one * times).ceil())),
        };
        match come_to {
            Some(come_to) => format!("{more}: {come_to}{}", each(one.of, terms)),
            None => more,
        }
    };
    all.iter().map(sentence).collect()
}

/// What an amount is for.
fn each(of: Resource, terms: &Terms) -> String {
    match of {
        Resource::Hours => String::new(),
        Resource::Money | Resource::Visits => format!(" a {}", length_words(terms.period)),
    }
}

const fn length_words(length: Length) -> &'static str {
    match length {
        Length::Week => "week",
        Length::Month => "month",
        Length::Quarter => "quarter",
    }
}

/// The terms in a few sentences, without the weights.
fn terms_words(removal: &Removal<'_>) -> Vec<String> {
    let terms = removal.terms;
    let periods = &removal.problem.periods;
    let length = length_words(terms.period);
    let begins = periods.first().map(|one| one.from.to_string()).unwrap_or_default();
    let ends = periods.last().map(|one| one.until.to_string()).unwrap_or_default();
    let mut all =
        vec![format!("{}, from {begins} to {ends}", counted(periods.len() as u64, length))];
    match terms.budget {
        Some(budget) => all.push(format!("{} a {length}", terms.money(budget))),
        None if terms.funds.is_empty() => all.push("money is not limited".to_owned()),
        None => {}
    }
    for fund in &terms.funds {
        let name = if fund.name.is_empty() { "fund".to_owned() } else { clean(&fund.name) };
        let amount = terms.money(fund.amount);
        all.push(format!("{name}: {amount} from {} to {}", fund.from, fund.until));
    }
    let crews = counted(u64::from(terms.crews), "crew");
    all.push(format!(
        "{crews} of {} hours on {} days a week",
        terms.hours_per_day,
        terms.workdays.len()
    ));
    if let Some(visits) = terms.visits {
        all.push(format!("{visits} visits a {length} at most"));
    }
    all.push(format!(
        "a visit takes {} and {} hours, each device {} and {} hours beside its replacement",
        terms.money(terms.visit.cost),
        terms.visit.hours,
        terms.money(terms.device.cost),
        terms.device.hours
    ));
    if let Some(day) = terms.deadline {
        all.push(format!("all must be gone by {day}"));
    }
    all.extend(listed(terms.dues.iter().map(|one| {
        let class = one.class.map(|class| format!("what is {}", class.words()));
        let site = one.site.as_ref().map(|site| format!("at {}", clean(site)));
        let regime = one.regime.as_ref().map(|id| format!("under {}", clean(id)));
        let parts: Vec<String> = [class, site, regime].into_iter().flatten().collect();
        format!("by {} must be gone: {}", one.by, parts.join(" "))
    })));
    all.extend(listed(terms.closed.iter().map(|one| {
        let site = one.site.as_ref().map(|site| format!(" to {}", clean(site)));
        let why =
            if one.why.is_empty() { String::new() } else { format!(" ({})", clean(&one.why)) };
        let days = match one.from == one.until {
            true => format!("on {}", one.from),
            false => format!("from {} to {}", one.from, one.until),
        };
        format!("nobody comes{} {days}{why}", site.unwrap_or_default())
    })));
    all.extend(listed(terms.sites.iter().filter_map(|one| {
        let cost = one.visit_cost.map(|cost| terms.money(cost));
        let hours = one.visit_hours.map(|hours| format!("{hours} hours"));
        let parts: Vec<String> = [cost, hours].into_iter().flatten().collect();
        let name = clean(&one.name);
        (!parts.is_empty()).then(|| format!("a visit to {name} takes {}", parts.join(" and ")))
    })));
    all.push(match terms.life_years {
        years if years > 0.0 => format!("a device goes by itself after {years} years"),
        _ => "nothing goes by itself".to_owned(),
    });
    all
}

/// Entries of a list of the terms that are told.
const ENTRIES_TOLD_MAX: usize = 12;

/// The first entries of a list, and how many more there are.
fn listed(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = all.collect();
    let more = all.len().saturating_sub(ENTRIES_TOLD_MAX);
    all.truncate(ENTRIES_TOLD_MAX);
    if more > 0 {
        all.push(format!("and {more} more of that kind"));
    }
    all
}

/// Every weight in one line each: `ruling: barred 10, restricted 5, …`.
fn weights_words(terms: &Terms) -> Vec<String> {
    let line = |(name, factors): (&'static str, Vec<(String, f64)>)| {
        let factors: Vec<String> =
            factors.iter().map(|(word, weight)| format!("{} {weight}", clean(word))).collect();
        format!("{name}: {}", factors.join(", "))
    };
    let sites = terms.sites.iter().filter_map(|one| Some((clean(&one.name), one.weight?)));
    let sites: Vec<String> = sites.map(|(name, weight)| format!("{name} {weight}")).collect();
    let mut all: Vec<String> = terms.risk.factors().into_iter().map(line).collect();
    if !sites.is_empty() {
        all.push(format!("site: {}", sites.join(", ")));
    }
    all
}

/// When a visit is proposed, in words.
fn days_words(plan: &Plan, days: &Days, at: usize, terms: &Terms, periods: &[Period]) -> String {
    match (days[at], plan.visits[at].period.and_then(|at| periods.get(at))) {
        (Some((first, last)), _) if first == last => first.to_string(),
        (Some((first, last)), _) => format!("{first} to {last}"),
        (None, Some(period)) => format!("in {}", period_name(terms, *period)),
        (None, None) => "left".to_owned(),
    }
}
