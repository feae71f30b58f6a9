//! From devices that were judged to a problem that is solved: what has to go, what a day with it
//! weighs, what replacing it takes, by when.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::terms::{Candidate, Due, Egress, Exposed, Standing, Terms};
use super::{Device, Limit, Order, Period, Plan, Problem, Resource, Shortage, Site};
use crate::baseline::Entry;
use crate::baseline::places::Pattern;
use crate::kb::glob::squeeze;
use crate::kb::schema::EquipmentClass;

mod enough;
mod kept;
mod progress;
mod series;

pub use enough::Enough;
pub use kept::{Kept, KeptDevice, LINE_BYTES_MAX, VERSION as KEPT_VERSION};
pub use progress::{Progress, Stage, progress};
pub use series::Rest;

/// Devices of one plan.
pub const DEVICES_MAX: usize = 1_000_000;
/// Days by which something must be gone that are tried one by one where not all can be kept.
const DAYS_TRIED_MAX: usize = 40;
/// Months of a year.
const MONTHS: f64 = 12.0;

/// A device, as far as a plan asks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// What it is told again by, its label, its answers.
    pub entry: Entry,
    /// Where it was read: `estate.csv:2`.
    pub place: String,
    /// Who made it, in a sentence.
    pub headline: String,
    /// What it is, where that is known.
    pub class: Option<EquipmentClass>,
    /// Where it stands; none: nobody told.
    pub site: Option<String>,
    /// The class of that site, as the rules are told it.
    pub site_class: Option<String>,
    /// The recorder on which it hangs.
    pub recorder: Option<String>,
    /// The day on which it was installed.
    pub installed: Option<Date>,
    /// How it stands under the regime that says most.
    pub standing: Standing,
    /// The regimes that say so.
    pub regimes: Vec<String>,
    /// Which holes its firmware has.
    pub exposed: Exposed,
    /// What captures show of it.
    pub egress: Egress,
    /// What helps until it is gone.
    pub interim: Vec<Interim>,
}

/// What helps until a device is gone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Interim {
    /// Install the firmware in which the maker closed its holes.
    Update {
        /// From which version on.
        version: String,
        /// The holes that this closes.
        cves: Vec<String>,
    },
    /// Ask its label for firmware in which these are closed: the maker's own does not fit.
    AskLabel {
        /// The holes.
        cves: Vec<String>,
    },
    /// Bar the services of others that it was seen to use.
    Block {
        /// Their names or addresses.
        services: Vec<String>,
    },
    /// Let nothing but its recorder and whoever looks after it reach it, and it nothing else.
    Isolate,
}

impl Interim {
    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Update { version, cves } => {
                format!("install firmware {version} or later ({})", cves.join(", "))
            }
            Self::AskLabel { cves } => {
                format!("ask its label for firmware that closes {}", cves.join(", "))
            }
            Self::Block { services } => format!("bar {}", services.join(", ")),
            Self::Isolate => {
                "put it on a network of its own that only its recorder reaches".to_owned()
            }
        }
    }
}

/// A removal that can be planned.
#[derive(Debug, Clone)]
pub struct Removal<'t> {
    /// The terms.
    pub terms: &'t Terms,
    /// The day asked about.
    pub on: Date,
    /// What has to go, in the order of the problem's devices.
    pub subjects: Vec<Subject>,
    /// What each is replaced by: its place among the candidates.
    pub replaced_by: Vec<Option<usize>>,
    /// The day by which each must be gone, where there is one.
    pub due: Vec<Option<Date>>,
    /// The problem.
    pub problem: Problem,
    /// Those whose day has passed before the plan begins.
    pub overdue: usize,
    /// Those that are past their service life and still there.
    pub past_life: usize,
    /// Those of which no day of installation is known.
    pub no_age: usize,
    /// Those of which no site is told: each is a visit of its own.
    pub no_site: usize,
}

impl<'t> Removal<'t> {
    /// Puts together what has to go. `usable` says of each candidate whether it may replace
    /// anything. What weighs nothing is left out.
    #[must_use]
    pub fn new(terms: &'t Terms, on: Date, subjects: Vec<Subject>, usable: &[bool]) -> Self {
        let periods = terms.stretches(on);
        let first = periods.first().map_or(on, |one| one.from);
        let subjects: Vec<Subject> =
            subjects.into_iter().filter(|one| weight(terms, one) > 0.0).collect();
        let mut removal = Self {
            terms,
            on,
            replaced_by: Vec::with_capacity(subjects.len()),
            due: Vec::with_capacity(subjects.len()),
            problem: Problem { periods, ..Problem::default() },
            overdue: 0,
            past_life: 0,
            no_age: 0,
            no_site: 0,
            subjects,
        };
        let sites = removal.sites();
        let recorders = recorders(&removal.subjects, &sites);
        let patterns = Patterns::of(terms);
        for (at, recorder) in recorders.into_iter().enumerate() {
            let subject = &removal.subjects[at];
            let chosen = patterns.candidate(terms, subject, usable);
            let due = patterns.due(terms, subject);
            let overdue = due.is_some_and(|due| due < first);
            let factor = if overdue { terms.risk.overdue } else { 1.0 };
            // What is to be installed one day is a slip of the hand: its age is not known.
            let installed = subject.installed.filter(|day| *day <= on);
            let ends = ends(terms, installed);
            let work = &terms.device;
            let bought = chosen.map(|at| &terms.candidates[at]);
            let device = Device {
                name: subject.entry.called(),
                site: sites[&site_key(subject, at)],
                recorder,
                risk: weight(terms, subject) * factor,
                cost: work.cost + bought.map_or(work.price, |one| one.price),
                hours: bought.and_then(|one| one.hours).unwrap_or(work.hours),
                // What is past its life and still there is not renewed by itself.
                ends: ends.filter(|day| *day > first),
                // No plan can keep a day that has passed.
                due: due.filter(|_| !overdue),
            };
            removal.overdue += usize::from(overdue);
            removal.past_life += usize::from(ends.is_some_and(|day| day <= first));
            removal.no_age += usize::from(installed.is_none());
            removal.no_site += usize::from(subject.site.is_none());
            removal.problem.devices.push(device);
            removal.replaced_by.push(chosen);
            removal.due.push(due);
        }
        removal.problem.limits = limits(terms, &removal.problem.periods);
        removal
    }

    /// Names the sites, and gives each its place among them.
    fn sites(&mut self) -> BTreeMap<(bool, String), usize> {
        let mut spelled: BTreeMap<(bool, String), BTreeMap<&str, usize>> = BTreeMap::new();
        for (at, one) in self.subjects.iter().enumerate() {
            let as_written = one.site.as_deref().unwrap_or("site not told");
            *spelled.entry(site_key(one, at)).or_default().entry(as_written).or_default() += 1;
        }
        let mut numbers = BTreeMap::new();
        for (key, spelled) in spelled {
            let alone = key.0;
            // As most of its devices spell it.
            let most =
                spelled.iter().max_by_key(|(name, count)| (**count, std::cmp::Reverse(**name)));
            let name = most.map_or("", |(name, _)| *name);
            let terms = self.terms;
            let closed = terms.closed.iter().filter(|one| {
                one.site.as_ref().is_none_or(|site| !alone && Pattern::new(site).fits(name))
            });
            let visit = &terms.visit;
            let site = Site {
                name: name.to_owned(),
                visit_cost: terms.at_site(name, |one| one.visit_cost).unwrap_or(visit.cost),
                visit_hours: terms.at_site(name, |one| one.visit_hours).unwrap_or(visit.hours),
                closed: closed.map(|one| (one.from, one.until)).collect(),
            };
            numbers.insert(key, self.problem.sites.len());
            self.problem.sites.push(site);
        }
        numbers
    }

    /// Plans.
    ///
    /// # Errors
    /// What is too little where not all can be gone by the days on which they must be.
    pub fn plan(&self) -> Result<Plan, Vec<Shortage>> {
        self.problem.plan()
    }

    /// The same without the days by which things must be gone.
    ///
    /// # Errors
    /// What is too little even so.
    pub fn plan_without_days(&self) -> Result<Plan, Vec<Shortage>> {
        let mut problem = self.problem.clone();
        problem.devices.iter_mut().for_each(|one| one.due = None);
        problem.plan()
    }

    /// The same with those days that can be kept, tried one after the other, the first first: one
    /// that cannot be kept costs no other its own.
    ///
    /// # Errors
    /// What is too little even without days.
    pub fn plan_with_some_days(&self) -> Result<Plan, Vec<Shortage>> {
        let days: BTreeSet<Date> = self.problem.devices.iter().filter_map(|one| one.due).collect();
        let mut kept: BTreeSet<Date> = BTreeSet::new();
        let with = |kept: &BTreeSet<Date>| {
            let mut problem = self.problem.clone();
            for device in &mut problem.devices {
                device.due = device.due.filter(|day| kept.contains(day));
            }
            problem
        };
        for day in days.into_iter().take(DAYS_TRIED_MAX) {
            kept.insert(day);
            if !with(&kept).is_possible() {
                kept.remove(&day);
            }
        }
        match kept.is_empty() {
            true => self.plan_without_days(),
            false => with(&kept).plan().or_else(|_| self.plan_without_days()),
        }
    }

    /// The plans that people make by hand. Where no plan keeps every day, by hand none does
    /// either, and they are made without the days.
    #[must_use]
    pub fn by_hand(&self, with_days: bool) -> [Plan; 2] {
        let mut problem = self.problem.clone();
        if !with_days {
            problem.devices.iter_mut().for_each(|one| one.due = None);
        }
        [Order::Risk, Order::Site].map(|order| problem.by_hand(order))
    }

    /// Entries of the terms about sites that no device to be removed stands at.
    #[must_use]
    pub fn empty_sites(&self) -> Vec<&str> {
        let told: BTreeSet<&str> =
            self.subjects.iter().filter_map(|one| one.site.as_deref()).collect();
        let terms = self.terms;
        let named = terms.sites.iter().map(|one| one.name.as_str());
        let due = terms.dues.iter().filter_map(|one| one.site.as_deref());
        let closed = terms.closed.iter().filter_map(|one| one.site.as_deref());
        let all: BTreeSet<&str> = named.chain(due).chain(closed).collect();
        let is_empty = |name: &&str| {
            let pattern = Pattern::new(name);
            !told.iter().any(|site| pattern.fits(site))
        };
        all.into_iter().filter(is_empty).collect()
    }

    /// What is replaced by each candidate, and by none.
    #[must_use]
    pub fn bought(&self) -> BTreeMap<Option<usize>, usize> {
        let mut counts = BTreeMap::new();
        for one in &self.replaced_by {
            *counts.entry(*one).or_default() += 1;
        }
        counts
    }
}

/// What a day with a device weighs, before its day has passed.
fn weight(terms: &Terms, subject: &Subject) -> f64 {
    let site = subject.site.as_deref();
    let more = site.and_then(|site| terms.at_site(site, |one| one.weight)).unwrap_or(1.0);
    let class = subject.site_class.as_deref();
    more * terms.risk.of(subject.standing, class, subject.exposed, subject.egress)
}

/// What puts devices at one site: its name, letters large or small. What has none is alone, with
/// its recorder where it names one.
fn site_key(subject: &Subject, at: usize) -> (bool, String) {
    match (&subject.site, &subject.recorder) {
        (Some(site), _) => (false, squeeze(site)),
        (None, Some(recorder)) => (true, format!("recorder {}", squeeze(recorder))),
        (None, None) => (true, format!("device {at:07}")),
    }
}

/// The recorder of each device, by a number: that which it names, or itself where others at its
/// site name it.
fn recorders(subjects: &[Subject], sites: &BTreeMap<(bool, String), usize>) -> Vec<Option<usize>> {
    let site = |at: usize| sites[&site_key(&subjects[at], at)];
    let mut named: BTreeMap<(usize, String), usize> = BTreeMap::new();
    for (at, one) in subjects.iter().enumerate() {
        if let Some(recorder) = &one.recorder {
            let next = named.len();
            named.entry((site(at), squeeze(recorder))).or_insert(next);
        }
    }
    let number = |at: usize, name: &str| named.get(&(site(at), squeeze(name))).copied();
    let of = |(at, one): (usize, &Subject)| match &one.recorder {
        Some(recorder) => number(at, recorder),
        None => number(at, &one.entry.name),
    };
    subjects.iter().enumerate().map(of).collect()
}

/// The day on which a device would go without any plan.
fn ends(terms: &Terms, installed: Option<Date>) -> Option<Date> {
    if terms.life_years <= 0.0 {
        return None;
    }
    let months = Span::new().try_months((terms.life_years * MONTHS).round() as i64).ok()?;
    installed?.checked_add(months).ok()
}

/// The patterns of the terms, read once.
struct Patterns {
    dues: Vec<Option<Pattern>>,
    replaces: Vec<Vec<Pattern>>,
}

impl Patterns {
    fn of(terms: &Terms) -> Self {
        let replaces = |one: &Candidate| one.replaces.iter().map(|one| Pattern::new(one)).collect();
        Self {
            dues: terms.dues.iter().map(|one| one.site.as_deref().map(Pattern::new)).collect(),
            replaces: terms.candidates.iter().map(replaces).collect(),
        }
    }

    /// The first usable candidate that replaces such a device.
    fn candidate(&self, terms: &Terms, subject: &Subject, usable: &[bool]) -> Option<usize> {
        let class = |one: &Candidate| {
            one.classes.is_empty() || subject.class.is_some_and(|is| one.classes.contains(&is))
        };
        let model = |at: usize| {
            let patterns = &self.replaces[at];
            patterns.is_empty() || patterns.iter().any(|one| one.fits(&subject.entry.model))
        };
        let mut all = terms.candidates.iter().enumerate();
        let chosen = all.find(|(at, one)| {
            usable.get(*at).copied().unwrap_or(false) && class(one) && model(*at)
        });
        chosen.map(|(at, _)| at)
    }

    /// The first day by which a device must be gone.
    fn due(&self, terms: &Terms, subject: &Subject) -> Option<Date> {
        let site = |at: usize| match (&self.dues[at], &subject.site) {
            (None, _) => true,
            (Some(pattern), Some(site)) => pattern.fits(site),
            (Some(_), None) => false,
        };
        let fits = |(at, one): &(usize, &Due)| {
            site(*at)
                && one.regime.as_ref().is_none_or(|id| subject.regimes.contains(id))
                && one.class.is_none_or(|class| subject.class == Some(class))
        };
        let own = terms.dues.iter().enumerate().filter(fits).map(|(_, one)| one.by);
        own.chain(terms.deadline).min()
    }
}

/// The limits that the terms set.
fn limits(terms: &Terms, periods: &[Period]) -> Vec<Limit> {
    let mut limits = Vec::new();
    let each = |of, most: f64, at: usize| Limit { of, periods: at..at + 1, most };
    let mut paid = vec![terms.budget.is_some() || terms.funds.is_empty(); periods.len()];
    for fund in &terms.funds {
        let within = |one: &Period| fund.from <= one.from && one.from <= fund.until;
        let Some(first) = periods.iter().position(within) else { continue };
        let count = periods[first..].iter().take_while(|one| within(one)).count();
        paid[first..first + count].fill(true);
        limits.push(Limit {
            of: Resource::Money,
            periods: first..first + count,
            most: fund.amount,
        });
    }
    for (at, period) in periods.iter().enumerate() {
        if let Some(budget) = terms.budget {
            limits.push(each(Resource::Money, budget, at));
        }
        if !paid[at] {
            limits.push(each(Resource::Money, 0.0, at));
        }
        limits.push(each(Resource::Hours, terms.hours_in(*period), at));
        if let Some(visits) = terms.visits {
            limits.push(each(Resource::Visits, visits, at));
        }
    }
    limits
}
