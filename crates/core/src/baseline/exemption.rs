//! Findings that somebody answers for until a day. An exemption changes no ruling: the finding
//! stays and is shown as exempted, by whom, why and until when.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::places::{Pattern, Place};
use crate::assembly::{Key, KeyKind, Sort, Traits, plain_name};
use crate::observation::{Device, Field};
use crate::ruling::Ruling;

/// Exemptions of one estate.
pub const EXEMPTIONS_MAX: usize = 5_000;

/// `[[exemption]]` of `whomade.toml`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    /// The key of the device: `serial:`, `mac:`, `certificate:`, `name:` or `ip:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The label of the devices, as written or as the base calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The model of the devices; `*` stands for any run of signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The site of the devices, by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The regime whose finding is exempted.
    pub regime: String,
    /// The provision; none: whatever the regime finds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provision: Option<String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub by: String,
    /// The last day on which it holds.
    pub until: Date,
}

impl Exemption {
    /// What it is about, in words.
    #[must_use]
    pub fn words(&self) -> String {
        let parts = [
            self.device.clone(),
            self.label.as_ref().map(|label| format!("label {label}")),
            self.model.as_ref().map(|model| format!("model {model}")),
            self.site.as_ref().map(|site| format!("site {site}")),
        ];
        let what: Vec<String> = parts.into_iter().flatten().collect();
        let provision = self.provision.as_ref().map(|id| format!(", {id}")).unwrap_or_default();
        format!("{} under {}{provision}", what.join(", "), self.regime)
    }

    /// Whether it names anything it could be about.
    #[must_use]
    pub const fn is_about_something(&self) -> bool {
        self.device.is_some() || self.label.is_some() || self.model.is_some() || self.site.is_some()
    }

    /// Whether it has run out on a day.
    #[must_use]
    pub fn expired(&self, on: Date) -> bool {
        on > self.until
    }

    /// Whether a ruling is such as it exempts. What no regime finds needs no exemption, and an
    /// unknown maker cannot be exempted: nobody knows what would be answered for.
    #[must_use]
    pub fn covers(&self, ruling: &Ruling) -> bool {
        let of_it = |provision: &String| {
            let mut finding = ruling.steps.iter().filter(|step| step.outcome.is_finding());
            finding.all(|step| step.provision == *provision)
        };
        ruling.regime == self.regime
            && ruling.outcome.is_finding()
            && self.provision.as_ref().is_none_or(of_it)
    }
}

/// A finding that is exempted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exempted {
    /// The regime.
    pub regime: String,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub by: String,
    /// The last day on which it holds.
    pub until: Date,
}

impl Exempted {
    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { regime, reason, by, until } = self;
        format!("exempted [{regime}] until {until} by {by}: {reason}")
    }
}

/// A device, as exemptions look at it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'d> {
    /// The device.
    pub device: &'d Device,
    /// What the base calls its label.
    pub label: Option<&'d str>,
    /// Where it stands.
    pub place: Option<&'d Place>,
}

impl Subject<'_> {
    /// What tells the device from others, as exemptions name it.
    fn keys(&self) -> Vec<(KeyKind, CompactString)> {
        let traits = Traits::of(self.device, Sort::Register, 0, None);
        let named = (KeyKind::Name, plain_name(self.device).trim().to_lowercase().into());
        let all = traits.keys.into_iter().map(|key| (key.kind, key.value));
        let mut keys: Vec<_> = all.chain([named]).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn any(&self, fields: [Field; 2], fits: impl Fn(&str) -> bool) -> bool {
        let all = self.device.observations.iter().filter(|seen| fields.contains(&seen.field));
        all.map(|seen| seen.value.as_str()).any(fits)
    }
}

#[derive(Debug, Clone)]
struct Known {
    written: Exemption,
    label: Option<Pattern>,
    model: Option<Pattern>,
    /// Devices it is about, and those of which it exempts a finding.
    met: Cell<u64>,
    used: Cell<u64>,
}

/// The exemptions of an estate, ready to be asked; counts what they meet.
#[derive(Debug, Clone, Default)]
pub struct Exemptions {
    all: Vec<Known>,
    /// Places of those that name one device, by its key.
    by_key: BTreeMap<(KeyKind, CompactString), Vec<usize>>,
    /// Places of the others, which are about all devices of a label, a model or a site.
    wide: Vec<usize>,
}

/// How an exemption came out, when all devices had passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It exempts findings.
    Used,
    /// It has run out: what it was about counts again.
    Expired,
    /// It is about no device of the estate.
    NoDevice,
    /// It is about devices of which its regime finds nothing.
    NothingFound,
}

/// An exemption and how it came out.
#[derive(Debug, Clone, Serialize)]
pub struct Outturn<'e> {
    /// As written.
    #[serde(flatten)]
    pub exemption: &'e Exemption,
    /// How it came out.
    pub state: State,
    /// Devices that it is about.
    pub met: u64,
    /// Devices of which it exempts a finding.
    pub devices: u64,
}

impl Outturn<'_> {
    /// In one sentence.
    #[must_use]
    pub fn words(&self) -> String {
        let about = self.exemption.words();
        let (by, until) = (&self.exemption.by, self.exemption.until);
        match self.state {
            State::Used => {
                let plural = if self.devices == 1 { "" } else { "s" };
                format!("{about}: {} device{plural}, by {by}, until {until}", self.devices)
            }
            State::Expired => {
                format!("{about}: expired on {until}, so that it exempts nothing; by {by}")
            }
            State::NoDevice => format!("{about}: matches no device of the estate; by {by}"),
            State::NothingFound => {
                format!("{about}: matches nothing that this regime finds; by {by}")
            }
        }
    }
}

impl Exemptions {
    /// Ready to be asked. One whose key is none is about no device; the loader refuses it.
    #[must_use]
    pub fn new(all: &[Exemption]) -> Self {
        let mut made = Self::default();
        for (at, one) in all.iter().take(EXEMPTIONS_MAX).enumerate() {
            match one.device.as_deref().map(Key::parse) {
                None => made.wide.push(at),
                Some(None) => {}
                Some(Some(key)) => {
                    made.by_key.entry((key.kind, key.value)).or_default().push(at);
                }
            }
            made.all.push(Known {
                written: one.clone(),
                label: one.label.as_deref().map(Pattern::new),
                model: one.model.as_deref().map(Pattern::new),
                met: Cell::new(0),
                used: Cell::new(0),
            });
        }
        made
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Which findings of a device are exempted on a day, the regimes in the order of its rulings.
    /// Of two exemptions of one regime the one that holds longest speaks.
    #[must_use]
    pub fn of(&self, subject: &Subject<'_>, rulings: &[Ruling], on: Date) -> Vec<Exempted> {
        let mut found: Vec<Exempted> = Vec::new();
        let keys = if self.by_key.is_empty() { Vec::new() } else { subject.keys() };
        let named = keys.iter().filter_map(|key| self.by_key.get(key)).flatten();
        let named: BTreeSet<usize> = named.chain(&self.wide).copied().collect();
        let ours = named.iter().map(|at| &self.all[*at]).filter(|one| one.is_about(subject));
        let ours: Vec<&Known> = ours.inspect(|one| one.met.set(one.met.get() + 1)).collect();
        let holding = || ours.iter().filter(|one| !one.written.expired(on));
        for one in holding().filter(|one| rulings.iter().any(|it| one.written.covers(it))) {
            one.used.set(one.used.get() + 1);
        }
        for ruling in rulings {
            let all = holding().map(|one| &one.written).filter(|one| one.covers(ruling));
            found.extend(all.max_by_key(|one| one.until).map(|one| Exempted {
                regime: ruling.regime.clone(),
                reason: one.reason.clone(),
                by: one.by.clone(),
                until: one.until,
            }));
        }
        found
    }

    /// How each came out, in their order.
    pub fn outturns(&self, on: Date) -> impl Iterator<Item = Outturn<'_>> {
        self.all.iter().map(move |one| {
            let (met, devices) = (one.met.get(), one.used.get());
            let state = match () {
                () if one.written.expired(on) => State::Expired,
                () if devices > 0 => State::Used,
                () if met > 0 => State::NothingFound,
                () => State::NoDevice,
            };
            Outturn { exemption: &one.written, state, met, devices }
        })
    }
}

impl Known {
    fn is_about(&self, subject: &Subject<'_>) -> bool {
        let Self { written, label, model, .. } = self;
        let labelled = |one: &Pattern| {
            subject.label.is_some_and(|name| one.fits(name))
                || subject.any([Field::Label, Field::Company], |value| one.fits(value))
        };
        let modelled =
            |one: &Pattern| subject.any([Field::Model, Field::Product], |value| one.fits(value));
        // What two sites claim stands surely at neither of them.
        let stands = |site: &String| {
            subject.place.is_some_and(|place| place.sites.len() == 1 && place.sites[0] == *site)
        };
        written.is_about_something()
            && label.as_ref().is_none_or(labelled)
            && model.as_ref().is_none_or(modelled)
            && written.site.as_ref().is_none_or(stands)
    }
}
