//! What papers are made of: the devices as worked out, what was asked, and what was looked at.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::attribution::Certainty;
use crate::deadline::Event;
use crate::kb::Base;
use crate::kb::schema::{EquipmentClass, Regime};
use crate::report::{DeviceReport, Exposed, Named};
use crate::ruling::{Context, Outcome};

/// Everything that a paper may speak of.
#[derive(Debug)]
pub struct Matter<'m> {
    /// The base.
    pub base: &'m Base,
    /// The regimes that were asked.
    pub regimes: &'m [Regime],
    /// What they were told.
    pub context: &'m Context,
    /// Who asks, if a preset was named.
    pub preset: Option<&'m str>,
    /// Nobody said who asks: then nothing is barred.
    pub open: bool,
    /// The day.
    pub on: Date,
    /// The devices, in the order of the files.
    pub devices: &'m [Item],
    /// What was looked at.
    pub looked: &'m Looked,
    /// What no file can know, as it was told: key of a field → value.
    pub told: &'m BTreeMap<String, String>,
    /// When it was found.
    pub event: Option<Event>,
    /// With what it is made.
    pub made_with: String,
}

/// One device, as far as papers speak of it.
#[derive(Debug, Clone)]
pub struct Item {
    /// What its owner calls it.
    pub name: String,
    /// Where its record stands: file, sheet, line.
    pub place: String,
    /// The label, by the base's name or as written.
    pub label: String,
    /// The model as written.
    pub model: String,
    /// The makers stated: one, several that cannot be told apart, or none.
    pub makers: Vec<Named>,
    /// How surely.
    pub certainty: Certainty,
    /// What it is, as far as its model number tells.
    pub class: Option<EquipmentClass>,
    /// Where it hangs, as its table has it.
    pub site: String,
    /// Who sold or installed it, as its table has it.
    pub supplier: String,
    /// What each regime says, in the order of the regimes.
    pub outcomes: Vec<Outcome>,
    /// The context keys that would decide, for each regime in the order of the regimes.
    pub missing: Vec<Vec<String>>,
    /// What would settle its maker best: what, how, in how many minutes.
    pub settle: Option<(&'static str, String)>,
    /// What does not fit together.
    pub contradictions: Vec<String>,
    /// What advisories say of it, where the paper asks for that.
    pub exposed: Option<Box<Exposed>>,
    /// Everything said of it; kept of those that a paper shows in full.
    pub report: Option<Box<DeviceReport>>,
}

/// What was looked at and what was not.
#[derive(Debug, Clone, Default)]
pub struct Looked {
    /// The files, or the run.
    pub files: Vec<String>,
    /// What was understood of each table; empty for a run that was kept.
    pub tables: Vec<Table>,
    /// Files that were given twice, in sentences: their devices are counted twice.
    pub twice: Vec<String>,
    /// What could not be read, in sentences.
    pub unread: Vec<String>,
    /// Devices beyond the limit that are only counted.
    pub beyond: u64,
    /// Whether they came from a run that was kept, which does not hold what was understood.
    pub kept_run: bool,
}

/// What was understood of one table.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// File and sheet.
    pub name: String,
    /// Headings that were read as a field: heading and field.
    pub used: Vec<(String, String)>,
    /// Headings that are kept beside and not weighed.
    pub beside: Vec<String>,
    /// Headings that are not read.
    pub unused: Vec<String>,
}

/// A kind of thing that was found: same label, model, makers and certainty, same supplier.
#[derive(Debug, Clone)]
pub struct Sample<'m> {
    /// The first of them.
    pub item: &'m Item,
    /// All of them.
    pub all: Vec<&'m Item>,
}

impl Item {
    /// The strongest outcome.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcomes.iter().copied().min().unwrap_or(Outcome::NoRule)
    }

    /// The makers by name; `unknown` where there is none.
    #[must_use]
    pub fn maker_words(&self) -> String {
        let names: Vec<&str> = self.makers.iter().map(|one| one.name.as_str()).collect();
        if names.is_empty() { "unknown".to_owned() } else { crate::report::join_or(&names) }
    }

    /// Whether its maker may be stated as found.
    #[must_use]
    pub fn is_found(&self) -> bool {
        self.certainty >= Certainty::Probable && self.makers.len() == 1
    }
}

impl<'m> Matter<'m> {
    /// The context keys that would decide under one of these regimes.
    #[must_use]
    pub fn missing(&self, item: &'m Item, regimes: &[&str]) -> Vec<&'m str> {
        let mut keys: Vec<&str> = Vec::new();
        for (regime, missing) in self.regimes.iter().zip(&item.missing) {
            let asked = regimes.contains(&regime.id.as_str());
            for key in missing.iter().filter(|_| asked) {
                if !keys.contains(&key.as_str()) {
                    keys.push(key);
                }
            }
        }
        keys
    }

    /// What a regime says of the devices.
    #[must_use]
    pub fn outcomes_of(&self, regime: &str) -> BTreeSet<Outcome> {
        let Some(at) = self.regimes.iter().position(|one| one.id == regime) else {
            return BTreeSet::new();
        };
        self.devices.iter().filter_map(|one| one.outcomes.get(at).copied()).collect()
    }

    /// The value that was told for a field.
    #[must_use]
    pub fn told(&self, key: &str) -> Option<&'m str> {
        self.told.get(key).map(String::as_str)
    }

    /// Devices that one of these regimes bars, in the order of the files.
    #[must_use]
    pub fn barred(&self, regimes: &[&str]) -> Vec<&'m Item> {
        self.by(regimes, |item, outcome| item.is_found() && outcome == Outcome::Barred)
    }

    /// Devices of which one of these regimes cannot be answered, and none bars: facts are missing,
    /// or the maker is not surely known. The latter stay open whatever the day, the act or the
    /// holder makes of a rule: nothing that was told establishes a maker.
    #[must_use]
    pub fn open_under(&self, regimes: &[&str]) -> Vec<&'m Item> {
        let barred = self.barred(regimes);
        let open = self.by(regimes, |item, outcome| {
            !item.is_found() || matches!(outcome, Outcome::Undetermined | Outcome::UnknownMaker)
        });
        let is_barred = |item: &&Item| barred.iter().any(|one| std::ptr::eq(*one, *item));
        if barred.is_empty() {
            return open;
        }
        open.into_iter().filter(|item| !is_barred(item)).collect()
    }

    fn by(&self, regimes: &[&str], is: impl Fn(&Item, Outcome) -> bool) -> Vec<&'m Item> {
        let asked: Vec<usize> = (0..self.regimes.len())
            .filter(|at| regimes.contains(&self.regimes[*at].id.as_str()))
            .collect();
        let any = |item: &&Item| {
            asked.iter().any(|at| item.outcomes.get(*at).is_some_and(|one| is(item, *one)))
        };
        self.devices.iter().filter(any).collect()
    }
}

/// Puts devices together that a paper tells in one row, in the order in which they first occur.
#[must_use]
pub(super) fn samples<'m>(items: &[&'m Item]) -> Vec<Sample<'m>> {
    let mut at: BTreeMap<(String, String, String, String, Certainty), usize> = BTreeMap::new();
    let mut all: Vec<Sample<'m>> = Vec::new();
    for item in items {
        let key = (
            item.label.to_lowercase(),
            item.model.to_lowercase(),
            item.maker_words(),
            item.supplier.to_lowercase(),
            item.certainty,
        );
        match at.get(&key) {
            Some(place) => all[*place].all.push(item),
            None => {
                at.insert(key, all.len());
                all.push(Sample { item, all: vec![item] });
            }
        }
    }
    all
}
