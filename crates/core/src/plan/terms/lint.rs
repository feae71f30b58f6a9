//! What is wrong in terms though they could be read.

use super::{AMOUNT_MAX, CREWS_MAX, ENTRIES_MAX, PERIODS_MAX, Terms, VERSION, YEARS};
use crate::diagnostic::Diagnostic;
use crate::kb::document::{File, Step, Way};
use crate::observation::Field;
use crate::report::clean;
use crate::way;

/// A diagnostic of the reader of the base as one of terms.
pub(super) fn ours(file: &File, mut said: Diagnostic) -> Diagnostic {
    said.code = match said.code {
        "kb/syntax" => "plan/syntax",
        "kb/unknown-key" if said.message.starts_with("unknown field") => "plan/unknown-key",
        "kb/typed-weight" => "plan/unknown-key",
        "kb/unknown-key" => "plan/bad-value",
        code => code,
    };
    if let Some(place) = &mut said.place {
        place.source = file.path.as_str().into();
    }
    said
}

/// That the file was written for a newer program.
pub(super) fn newer(file: &File, version: u64) -> Diagnostic {
    let message = format!("it has form {version}, and this program knows up to {VERSION}");
    let place = file.place(file.span(&[Step::from("version")]), "here");
    let said = Diagnostic::new("plan/newer", message).at(place);
    ours(file, said.help("use the version of whomade that it was written for, or newer"))
}

struct Checked<'c> {
    file: &'c File,
    said: Vec<Diagnostic>,
}

impl Checked<'_> {
    fn wrong(&mut self, way: Way, message: impl Into<String>) {
        let place = self.file.place(self.file.span(&way), "here");
        self.said.push(ours(self.file, Diagnostic::new("plan/bad-value", message).at(place)));
    }

    /// An amount that can be added up and is not below 0.
    fn amount(&mut self, way: Way, value: f64) {
        if !(0.0..=AMOUNT_MAX).contains(&value) {
            self.wrong(way, "an amount lies between 0 and a million millions");
        }
    }

    fn amounts(&mut self, all: impl IntoIterator<Item = (Way, Option<f64>)>) {
        for (way, value) in all {
            if let Some(value) = value {
                self.amount(way, value);
            }
        }
    }
}

impl Terms {
    /// What is wrong: amounts below 0, days the wrong way round, more than a plan can hold.
    #[must_use]
    pub fn lint(&self, file: &File) -> Vec<Diagnostic> {
        let mut checked = Checked { file, said: Vec::new() };
        self.lengths(&mut checked);
        self.sums(&mut checked);
        self.days(&mut checked);
        self.bought(&mut checked);
        checked.said
    }

    fn lengths(&self, checked: &mut Checked<'_>) {
        if self.version != VERSION {
            checked.wrong(way!["version"], format!("write version = {VERSION}"));
        }
        if !(1..=PERIODS_MAX).contains(&self.periods) {
            checked.wrong(way!["periods"], format!("a plan has 1 to {PERIODS_MAX} periods"));
        }
        if !(self.hours_per_day > 0.0 && self.hours_per_day <= 24.0) {
            let message = "a crew works more than 0 hours a day, and 24 at most";
            checked.wrong(way!["hours-per-day"], message);
        }
        if !(1..=CREWS_MAX).contains(&self.crews) {
            checked.wrong(way!["crews"], format!("a plan has 1 to {CREWS_MAX} crews"));
        }
        if self.visits.is_some_and(|visits| visits < 1.0) {
            checked.wrong(way!["visits"], "without a visit nothing can be planned");
        }
        if self.from.is_some_and(|from| !YEARS.contains(&from.year())) {
            let message = format!("a plan begins between {} and {}", YEARS.start(), YEARS.end());
            checked.wrong(way!["from"], message);
        }
        if !(0.0..=100.0).contains(&self.life_years) {
            checked.wrong(way!["life-years"], "a service life lies between 0 and 100 years");
        }
        if self.workdays.is_empty() {
            checked.wrong(way!["workdays"], "on no day of the week does anybody work");
        }
        if (1..self.workdays.len()).any(|at| self.workdays[..at].contains(&self.workdays[at])) {
            checked.wrong(way!["workdays"], "a day of the week is named twice");
        }
        let lists = [
            ("fund", self.funds.len()),
            ("due", self.dues.len()),
            ("closed", self.closed.len()),
            ("site", self.sites.len()),
            ("candidate", self.candidates.len()),
        ];
        for (key, count) in lists {
            if count > ENTRIES_MAX {
                checked.wrong(way![key], format!("more than {ENTRIES_MAX} entries"));
            }
        }
    }

    fn sums(&self, checked: &mut Checked<'_>) {
        let (visit, device, risk) = (&self.visit, &self.device, &self.risk);
        checked.amounts([
            (way!["budget"], self.budget),
            (way!["visits"], self.visits),
            (way!["visit", "cost"], Some(visit.cost)),
            (way!["visit", "hours"], Some(visit.hours)),
            (way!["device", "cost"], Some(device.cost)),
            (way!["device", "hours"], Some(device.hours)),
            (way!["device", "price"], Some(device.price)),
            (way!["risk", "overdue"], Some(risk.overdue)),
        ]);
        for (table, all) in [("ruling", 0), ("exposure", 2), ("egress", 3)] {
            for (key, weight) in &risk.factors()[all].1 {
                checked.amount(way!["risk", table, key.as_str()], *weight);
            }
        }
        for (class, weight) in &risk.site_class {
            checked.amount(way!["risk", "site-class", class.as_str()], *weight);
        }
        for (at, site) in self.sites.iter().enumerate() {
            checked.amounts([
                (way!["site", at, "visit-cost"], site.visit_cost),
                (way!["site", at, "visit-hours"], site.visit_hours),
                (way!["site", at, "weight"], site.weight),
            ]);
            if site.name.trim().is_empty() {
                checked
                    .wrong(way!["site", at, "name"], "a site needs a name or a pattern of names");
            }
        }
    }

    fn days(&self, checked: &mut Checked<'_>) {
        for (at, fund) in self.funds.iter().enumerate() {
            checked.amount(way!["fund", at, "amount"], fund.amount);
            if fund.from > fund.until {
                checked.wrong(way!["fund", at, "until"], "it ends before it begins");
            }
        }
        for (at, closed) in self.closed.iter().enumerate() {
            if closed.from > closed.until {
                checked.wrong(way!["closed", at, "until"], "it ends before it begins");
            }
        }
    }

    fn bought(&self, checked: &mut Checked<'_>) {
        for (at, one) in self.candidates.iter().enumerate() {
            checked.amounts([
                (way!["candidate", at, "price"], Some(one.price)),
                (way!["candidate", at, "hours"], one.hours),
            ]);
            if one.label.trim().is_empty() {
                checked.wrong(way!["candidate", at, "label"], "a candidate needs its label");
            }
            for field in one.observed.keys().filter(|field| Field::from_id(field).is_none()) {
                let way = way!["candidate", at, "observed", field.as_str()];
                checked.wrong(way, format!("there is no field `{}`", clean(field)));
            }
        }
    }
}
