//! What a rule would mean for a holder whom it does not bind: a council that follows the
//! government's instruction of its own will wants to know how many devices that is.

use std::collections::BTreeMap;

use whomade_core::report::maker_fact;
use whomade_core::ruling::{Context, MakerFact, Outcome, judge};

use crate::base::Known;
use crate::run::asking::Asked;
use crate::worker::Found;

/// How a device would stand if the regime bound its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It would be barred.
    Barred,
    /// Its maker is only possible.
    Perhaps,
    /// Nobody knows its maker.
    Unknown,
    /// The regime does not reach it.
    Free,
}

/// Devices of a regime that does not bind the holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct IfBound {
    /// They would be barred.
    pub(crate) barred: u64,
    /// They might be: their maker is only possible.
    pub(crate) perhaps: u64,
    /// Their maker is not known.
    pub(crate) unknown: u64,
}

impl IfBound {
    /// In words; none when there is nothing to say.
    pub(crate) fn words(&self, would_bar: &str) -> Option<String> {
        let count = |n: u64, one: &str, many: &str| match n {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {many}")),
        };
        let parts = [
            count(self.barred, "would be barred", "would be barred"),
            count(self.perhaps, "might be (its maker is only possible)", MIGHT),
            count(self.unknown, "is of unknown make", "are of unknown make"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (self.barred + self.perhaps > 0)
            .then(|| format!("if it were followed: {}, as for {would_bar}", parts.join(", ")))
    }
}

const MIGHT: &str = "might be (their makers are only possible)";

/// Devices by judgement: who made a device decides how it would stand.
#[derive(Debug, Default)]
pub(crate) struct Followed {
    judged: Vec<Option<Judged>>,
}

#[derive(Debug)]
struct Judged {
    devices: u64,
    /// How these stand under each regime that does not bind their holder.
    standings: Vec<(String, Standing)>,
}

impl Followed {
    /// Counts a device.
    pub(crate) fn add(&mut self, known: &Known, asked: &Asked, found: &Found) {
        let place = found.answer.judgement;
        if self.judged.len() <= place {
            self.judged.resize_with(place + 1, || None);
        }
        let judged = self.judged[place].get_or_insert_with(|| Judged {
            devices: 0,
            standings: standings(known, asked, found),
        });
        judged.devices += 1;
    }

    /// The counts of each regime that does not bind the holder.
    pub(crate) fn by_regime(self) -> BTreeMap<String, IfBound> {
        let mut counts: BTreeMap<String, IfBound> = BTreeMap::new();
        for Judged { devices, standings } in self.judged.into_iter().flatten() {
            for (regime, standing) in standings {
                let count = counts.entry(regime).or_default();
                match standing {
                    Standing::Barred => count.barred += devices,
                    Standing::Perhaps => count.perhaps += devices,
                    Standing::Unknown => count.unknown += devices,
                    Standing::Free => {}
                }
            }
        }
        counts
    }
}

fn standings(known: &Known, asked: &Asked, found: &Found) -> Vec<(String, Standing)> {
    let maker = maker_fact(&known.base, found.design());
    let unbound = found.rulings().iter().filter(|one| one.outcome == Outcome::NotBound);
    unbound
        .filter_map(|ruling| {
            let regime = asked.regime(&ruling.regime)?;
            let open = judge(&known.base.facts, regime, &maker, asked.on, &Context::default());
            let standing = match &maker {
                MakerFact::Unknown => Standing::Unknown,
                _ if open.would() != Some(Outcome::Barred) => Standing::Free,
                MakerFact::Firm(_) => Standing::Barred,
                MakerFact::Tentative(_) => Standing::Perhaps,
            };
            Some((ruling.regime.clone(), standing))
        })
        .collect()
}
