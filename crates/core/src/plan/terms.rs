//! The terms of a removal: money, crews, days, weights and candidates, as their owner writes them.
//!
//! Read strictly, so that a slip of the hand never passes for a term. Everything that a plan
//! weighs stands here; what nobody wrote is the default, and every plan prints what it used.

use std::collections::BTreeMap;

use jiff::Span;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Period;
use crate::baseline::places::Pattern;
use crate::diagnostic::Diagnostic;
use crate::kb::document::File;
use crate::kb::schema::EquipmentClass;

mod lint;
mod weights;
mod what_if;

pub use weights::{Egress, Exposed, Risk, Standing};
pub use what_if::{Change, changed};

/// The version of the form.
pub const VERSION: u64 = 1;
/// Bytes of a file of terms.
pub const BYTES_MAX: u64 = 4 << 20;
/// Periods of a plan.
pub const PERIODS_MAX: usize = 600;
/// Crews of a plan: more than a country has for this.
pub const CREWS_MAX: u32 = 10_000;
/// Years in which a plan may begin.
pub const YEARS: std::ops::RangeInclusive<i16> = 2000..=2200;
/// Entries of each list of the terms.
pub const ENTRIES_MAX: usize = 20_000;
/// No amount of money, hours or visits is larger.
pub const AMOUNT_MAX: f64 = 1e12;

/// What stands in a file of terms.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Terms {
    /// The version of the form.
    pub version: u64,
    /// The first day of the plan; none: the first of the month behind the day asked about.
    #[serde(default)]
    pub from: Option<Date>,
    /// How long a period is.
    #[serde(default)]
    pub period: Length,
    /// How many periods there are.
    #[serde(default = "two_years")]
    pub periods: usize,
    /// In what money is counted, as a word behind amounts: `GBP`.
    #[serde(default)]
    pub currency: String,
    /// Money of each period; none: not limited by period.
    #[serde(default)]
    pub budget: Option<f64>,
    /// Money of stretches of time, such as financial years.
    #[serde(default, rename = "fund")]
    pub funds: Vec<Fund>,
    /// Crews that work at the same time, each at one site.
    #[serde(default = "one_crew")]
    pub crews: u32,
    /// Hours that a crew works in a day.
    #[serde(default = "seven_hours")]
    pub hours_per_day: f64,
    /// Days of the week on which crews work.
    #[serde(default = "monday_to_friday")]
    pub workdays: Vec<Day>,
    /// Visits of each period at most; none: not limited.
    #[serde(default)]
    pub visits: Option<f64>,
    /// The day by which everything must be gone; none: as early as it can.
    #[serde(default)]
    pub deadline: Option<Date>,
    /// Days by which some of it must be gone.
    #[serde(default, rename = "due")]
    pub dues: Vec<Due>,
    /// Days on which nobody may come.
    #[serde(default)]
    pub closed: Vec<Closed>,
    /// Years after which a device is replaced without any plan; 0: never.
    #[serde(default = "seven_years")]
    pub life_years: f64,
    /// What coming to a site takes.
    #[serde(default)]
    pub visit: VisitTerms,
    /// What exchanging a device takes.
    #[serde(default)]
    pub device: DeviceTerms,
    /// Sites where coming takes something else.
    #[serde(default, rename = "site")]
    pub sites: Vec<SiteTerms>,
    /// What the user thinks of buying instead, the preferred first.
    #[serde(default, rename = "candidate")]
    pub candidates: Vec<Candidate>,
    /// What a day with a device weighs.
    #[serde(default)]
    pub risk: Risk,
}

/// How long a period is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Length {
    /// Seven days.
    Week,
    /// A month of the calendar.
    #[default]
    Month,
    /// Three months.
    Quarter,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the days of the week say what they are")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    /// The same in the calendar's words.
    #[must_use]
    pub const fn weekday(self) -> Weekday {
        match self {
            Self::Mon => Weekday::Monday,
            Self::Tue => Weekday::Tuesday,
            Self::Wed => Weekday::Wednesday,
            Self::Thu => Weekday::Thursday,
            Self::Fri => Weekday::Friday,
            Self::Sat => Weekday::Saturday,
            Self::Sun => Weekday::Sunday,
        }
    }
}

/// Money for a stretch of time.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fund {
    /// What it is called.
    #[serde(default)]
    pub name: String,
    /// The first day on which it may be spent.
    pub from: Date,
    /// The last.
    pub until: Date,
    /// How much it is.
    pub amount: f64,
}

/// A day by which some devices must be gone.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Due {
    /// The last day on which they may be there.
    pub by: Date,
    /// Those of which this regime says that they have to go; none: whatever regime.
    #[serde(default)]
    pub regime: Option<String>,
    /// Those at sites of this name or pattern; none: at any.
    #[serde(default)]
    pub site: Option<String>,
    /// Those of this class; none: of any.
    #[serde(default)]
    pub class: Option<EquipmentClass>,
}

/// Days on which nobody may come.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Closed {
    /// The first.
    pub from: Date,
    /// The last.
    pub until: Date,
    /// Sites of this name or pattern; none: all.
    #[serde(default)]
    pub site: Option<String>,
    /// Why.
    #[serde(default)]
    pub why: String,
}

/// What coming to a site takes.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct VisitTerms {
    /// Money.
    pub cost: f64,
    /// Hours of the crew.
    pub hours: f64,
}

impl Default for VisitTerms {
    fn default() -> Self {
        Self { cost: 0.0, hours: 1.0 }
    }
}

/// What exchanging a device takes.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct DeviceTerms {
    /// Money for taking it down, putting the other up and disposing of it.
    pub cost: f64,
    /// Hours of the crew.
    pub hours: f64,
    /// The price of what replaces it where no candidate does.
    pub price: f64,
}

impl Default for DeviceTerms {
    fn default() -> Self {
        Self { cost: 0.0, hours: 1.5, price: 0.0 }
    }
}

/// A site where coming takes something else.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SiteTerms {
    /// Its name, or a pattern of names.
    pub name: String,
    /// Money for coming.
    #[serde(default)]
    pub visit_cost: Option<f64>,
    /// Hours for coming.
    #[serde(default)]
    pub visit_hours: Option<f64>,
    /// By how much a day there weighs more.
    #[serde(default)]
    pub weight: Option<f64>,
}

/// Something that the user thinks of buying.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Candidate {
    /// The label.
    pub label: String,
    /// The model number.
    #[serde(default)]
    pub model: String,
    /// What it costs.
    pub price: f64,
    /// Hours of the crew, where it takes other than a device does.
    #[serde(default)]
    pub hours: Option<f64>,
    /// The classes that it replaces; none: any.
    #[serde(default, rename = "for")]
    pub classes: Vec<EquipmentClass>,
    /// Patterns of the models that it replaces; none: any.
    #[serde(default)]
    pub replaces: Vec<String>,
    /// What was observed of one, by field: `mac`, `fcc-id`, `http-server`.
    #[serde(default)]
    pub observed: BTreeMap<String, String>,
}

const fn two_years() -> usize {
    24
}

const fn one_crew() -> u32 {
    1
}

const fn seven_hours() -> f64 {
    7.0
}

const fn seven_years() -> f64 {
    7.0
}

fn monday_to_friday() -> Vec<Day> {
    vec![Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri]
}

impl Terms {
    /// Reads a file of terms.
    ///
    /// # Errors
    /// Diagnostics that point at the bytes: no TOML, a key that the form does not have, a value
    /// that is none, a newer version.
    pub fn read(file: &File) -> Result<Self, Vec<Diagnostic>> {
        let ours = |wrong| vec![lint::ours(file, wrong)];
        let values = file.values().map_err(ours)?;
        let version = values.get("version").and_then(Value::as_u64);
        if version.is_some_and(|version| version > VERSION) {
            return Err(vec![lint::newer(file, version.unwrap_or_default())]);
        }
        let terms: Self = file.typed().map_err(ours)?;
        let wrong = terms.lint(file);
        if wrong.is_empty() { Ok(terms) } else { Err(wrong) }
    }

    /// The first day of the plan.
    #[must_use]
    pub fn begins(&self, on: Date) -> Date {
        let behind = || on.first_of_month().saturating_add(Span::new().months(1));
        self.from.unwrap_or_else(behind)
    }

    /// The periods, from the first day on without a gap. Those that have begun before the day asked
    /// about are left out: what they had is spent.
    #[must_use]
    pub fn stretches(&self, on: Date) -> Vec<Period> {
        let first = self.begins(on);
        let begin = |at: usize| {
            let at = i64::try_from(at).ok()?;
            let span = match self.period {
                Length::Week => Span::new().try_weeks(at),
                Length::Month => Span::new().try_months(at),
                Length::Quarter => Span::new().try_months(at.checked_mul(3)?),
            };
            first.checked_add(span.ok()?).ok()
        };
        let period = |at| {
            let until = begin(at + 1)?.yesterday().ok()?;
            Some(Period { from: begin(at)?, until })
        };
        let all = (0..self.periods.min(PERIODS_MAX)).map_while(period);
        all.filter(|one| one.from >= on).collect()
    }

    /// Whether crews work on a day at all.
    #[must_use]
    pub fn works_on(&self, day: Date) -> bool {
        let closed = |one: &Closed| one.site.is_none() && one.from <= day && day <= one.until;
        self.workdays.iter().any(|one| one.weekday() == day.weekday())
            && !self.closed.iter().any(closed)
    }

    /// Hours of all crews in a period.
    #[must_use]
    pub fn hours_in(&self, period: Period) -> f64 {
        let days = days_of(period).filter(|day| self.works_on(*day)).count();
        days as f64 * self.hours_per_day * f64::from(self.crews)
    }

    /// What is said of a site: of several entries that fit, the first that says it.
    #[must_use]
    pub fn at_site<T>(&self, site: &str, what: impl Fn(&SiteTerms) -> Option<T>) -> Option<T> {
        let fits = |one: &&SiteTerms| Pattern::new(&one.name).fits(site);
        self.sites.iter().filter(fits).find_map(what)
    }

    /// An amount of money as people read it: `1,234,567 GBP`.
    #[must_use]
    pub fn money(&self, amount: f64) -> String {
        let currency = crate::report::clean(&self.currency);
        format!("{} {currency}", grouped(amount)).trim_end().to_owned()
    }
}

/// A number without a fraction, its thousands parted: `1,234,567`.
#[must_use]
pub fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let minus = number < 0.0 && digits != "0";
    let mut text = if minus { "-".to_owned() } else { String::new() };
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The days of a period.
pub(super) fn days_of(period: Period) -> impl Iterator<Item = Date> {
    let mut next = (period.from <= period.until).then_some(period.from);
    std::iter::from_fn(move || {
        let day = next?;
        next = day.tomorrow().ok().filter(|day| *day <= period.until);
        Some(day)
    })
}
