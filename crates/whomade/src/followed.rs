//! What a rule would mean for a holder whom it does not bind: a council that follows the
//! government's instruction of its own will wants to know how many devices that is.

use std::collections::{BTreeMap, HashMap};

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

/// Counts, regime by regime.
#[derive(Debug, Default)]
pub(crate) struct Followed<'k> {
    pub(crate) by_regime: BTreeMap<String, IfBound>,
    judged: HashMap<(MakerFact<'k>, String), Standing>,
}

impl<'k> Followed<'k> {
    /// Counts a device under each regime that does not bind its holder.
    pub(crate) fn add(&mut self, known: &'k Known, asked: &Asked, found: &Found) {
        for ruling in found.rulings.iter().filter(|one| one.outcome == Outcome::NotBound) {
            let Some(regime) = asked.regime(&ruling.regime) else { continue };
            let maker = maker_fact(&known.base, &found.design);
            let standing = *self.judged.entry((maker, ruling.regime.clone())).or_insert_with_key(
                |(maker, _)| {
                    let open =
                        judge(&known.base.facts, regime, maker, asked.on, &Context::default());
                    match maker {
                        MakerFact::Unknown => Standing::Unknown,
                        _ if open.would() != Some(Outcome::Barred) => Standing::Free,
                        MakerFact::Firm(_) => Standing::Barred,
                        MakerFact::Tentative(_) => Standing::Perhaps,
                    }
                },
            );
            let count = self.by_regime.entry(ruling.regime.clone()).or_default();
            count.barred += u64::from(standing == Standing::Barred);
            count.perhaps += u64::from(standing == Standing::Perhaps);
            count.unknown += u64::from(standing == Standing::Unknown);
        }
    }
}
