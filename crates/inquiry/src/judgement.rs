//! What the rules say of a maker, and what they would say: a council that follows the
//! government's instruction of its own will wants to know which devices that would be.

use std::rc::Rc;

use whomade_core::ruling::{Context, MakerFact, Outcome, Ruling, judge};

use crate::asking::Asked;
use crate::base::Known;

/// How a device stands under a regime that does not bar it as things are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Would {
    /// It would be barred if the regime bound its holder, or if the missing facts were so.
    Barred,
    /// It might be: its maker is only possible.
    Perhaps,
    /// Its maker is not known surely enough to say.
    Unknown,
    /// The regime does not reach it, or has spoken already.
    Nothing,
}

impl Would {
    /// The word of `--only` and of tables; empty when there is nothing to say.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Barred => "would-be-barred",
            Self::Perhaps => "might-be-barred",
            Self::Unknown | Self::Nothing => "",
        }
    }
}

/// Everything that the regimes asked say of one maker on the day asked about.
#[derive(Debug)]
pub struct Judgement {
    /// Which of the judgements made so far it is.
    pub number: usize,
    /// The rulings, in the order of the regimes asked.
    pub rulings: Rc<[Ruling]>,
    /// Of each that finds no rule because it was not asked: why, in words.
    pub unasked: Vec<Option<String>>,
    /// How a device of that maker would stand under each of them.
    pub would: Vec<Would>,
    /// Whether somebody leads, but only possibly.
    pub tentative: bool,
}

impl Judgement {
    /// Judges a maker where the rules are told that.
    pub fn new(
        known: &Known,
        asked: &Asked,
        context: &Context,
        maker: &MakerFact<'_>,
        number: usize,
    ) -> Self {
        let rulings = asked.judge_in(&known.base, maker, context);
        let unasked = rulings.iter().map(|ruling| asked.unasked(&ruling.regime, ruling.outcome));
        let unasked = unasked.collect();
        let would = rulings.iter().map(|ruling| would(known, asked, maker, ruling)).collect();
        let tentative = matches!(maker, MakerFact::Tentative(_));
        Self { number, rulings: rulings.into(), unasked, would, tentative }
    }

    /// Whether a device would be, or might be, barred under any regime asked.
    pub fn any(&self, would: Would) -> bool {
        self.would.contains(&would)
    }
}

fn would(known: &Known, asked: &Asked, maker: &MakerFact<'_>, ruling: &Ruling) -> Would {
    let (unknown, bars) = match ruling.outcome {
        Outcome::Undetermined => (false, ruling.would() == Some(Outcome::Barred)),
        Outcome::NotBound => {
            let Some(regime) = asked.regime(&ruling.regime) else { return Would::Nothing };
            let open = judge(&known.base.facts, regime, maker, asked.on, &Context::default());
            let unknown = open.outcome == Outcome::UnknownMaker;
            (unknown, open.would() == Some(Outcome::Barred))
        }
        _ => return Would::Nothing,
    };
    match maker {
        _ if unknown => Would::Unknown,
        MakerFact::Unknown => Would::Unknown,
        _ if !bars => Would::Nothing,
        MakerFact::Firm(_) => Would::Barred,
        MakerFact::Tentative(_) => Would::Perhaps,
    }
}

/// Devices of a regime that does not bind the holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IfBound {
    /// They would be barred.
    pub barred: u64,
    /// They might be: their maker is only possible.
    pub perhaps: u64,
    /// Their maker is not known surely enough to say.
    pub unknown: u64,
}

impl IfBound {
    /// Counts devices.
    pub fn add(&mut self, would: Would, devices: u64) {
        match would {
            Would::Barred => self.barred += devices,
            Would::Perhaps => self.perhaps += devices,
            Would::Unknown => self.unknown += devices,
            Would::Nothing => {}
        }
    }

    /// In words; none when there is nothing to say.
    pub fn words(&self, would_bar: &str) -> Option<String> {
        let count = |n: u64, one: &str, many: &str| match n {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {many}")),
        };
        let parts = [
            count(self.barred, "would be barred", "would be barred"),
            count(self.perhaps, "might be (its maker is only possible)", MIGHT),
            count(self.unknown, UNKNOWN_ONE, UNKNOWN),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (self.barred + self.perhaps > 0)
            .then(|| format!("if it were followed: {}, as for {would_bar}", parts.join(", ")))
    }
}

const UNKNOWN_ONE: &str = "is of a maker not known surely enough";
const UNKNOWN: &str = "are of makers not known surely enough";
const MIGHT: &str = "might be (their makers are only possible)";
