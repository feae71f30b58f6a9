//! A plan held against what is there later. A device that is in no later list is no longer listed;
//! whether somebody took it down, the list does not say.

use jiff::civil::Date;

use super::KeptDevice;
use crate::baseline::{Entry, tell};

/// What became of a device of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It is no longer listed.
    Gone,
    /// It is still listed, and its wave is still to come or under way.
    ToCome,
    /// It is still listed, and its wave has passed.
    Late,
    /// It is still listed, and the plan left it.
    Left,
    /// It is still listed, and nothing asks for its removal any more.
    NoLonger,
    /// Nobody can tell which device of now it is.
    Unclear,
}

impl Stage {
    /// Each, in the order of reports.
    pub const ALL: [Self; 6] =
        [Self::Gone, Self::ToCome, Self::Late, Self::Left, Self::NoLonger, Self::Unclear];

    /// What it means, in a few words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Gone => "no longer listed",
            Self::ToCome => "to come",
            Self::Late => "still listed, though its wave has passed",
            Self::Left => "left by the plan, and still listed",
            Self::NoLonger => "listed, and nothing asks for its removal any more",
            Self::Unclear => "not to be told which device it is now",
        }
    }

    /// The word of tables and JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::ToCome => "to-come",
            Self::Late => "late",
            Self::Left => "left",
            Self::NoLonger => "no-longer",
            Self::Unclear => "unclear",
        }
    }
}

/// When a wave is, seen from a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    /// It has passed.
    Passed,
    /// It is under way or to come.
    Ahead,
    /// There is none.
    Never,
}

impl Due {
    fn of(wave: Option<(Date, Date)>, on: Date) -> Self {
        match wave {
            None => Self::Never,
            Some((_, until)) if until < on => Self::Passed,
            Some(_) => Self::Ahead,
        }
    }
}

/// How far a plan has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// What became of each device of the plan.
    pub stages: Vec<Stage>,
    /// What has to go now and was not in the plan, by its place among the devices of now.
    pub new: Vec<usize>,
    /// Devices that should be gone by the plan.
    pub planned: usize,
    /// Devices that went before their wave began.
    pub early: usize,
    /// What a day with all that the plan would still have there weighs.
    pub risk_planned: f64,
    /// What a day with all of it that is still there weighs, at the weights of then.
    pub risk_there: f64,
}

impl Progress {
    /// How many devices are at a stage.
    #[must_use]
    pub fn count(&self, stage: Stage) -> usize {
        self.stages.iter().filter(|one| **one == stage).count()
    }
}

/// Holds the devices of a plan against those of a later day. `goes` says of each device of now
/// whether it has to go.
#[must_use]
pub fn progress(then: &[KeptDevice], now: &[Entry], goes: &[bool], on: Date) -> Progress {
    let before: Vec<Entry> = then.iter().map(|one| one.entry.clone()).collect();
    let told = tell(&before, now);
    let mut stages = vec![Stage::Gone; then.len()];
    let mut known = vec![false; now.len()];
    for (one, other) in &told.same {
        known[*other] = true;
        stages[*one] = match (goes.get(*other), Due::of(then[*one].wave, on)) {
            (Some(false) | None, _) => Stage::NoLonger,
            (_, Due::Passed) => Stage::Late,
            (_, Due::Ahead) => Stage::ToCome,
            (_, Due::Never) => Stage::Left,
        };
    }
    for unclear in &told.unclear {
        unclear.then.iter().for_each(|at| stages[*at] = Stage::Unclear);
        unclear.now.iter().for_each(|at| known[*at] = true);
    }
    let new = (0..now.len()).filter(|at| !known[*at] && goes.get(*at).copied().unwrap_or(false));
    let passed = |one: &KeptDevice| Due::of(one.wave, on) == Due::Passed;
    let there = |stage: Stage| !matches!(stage, Stage::Gone | Stage::NoLonger);
    let pairs = || then.iter().zip(&stages);
    let ahead = |one: &KeptDevice| one.wave.is_some_and(|(from, _)| from > on);
    Progress {
        new: new.collect(),
        planned: then.iter().filter(|one| passed(one)).count(),
        early: pairs().filter(|(one, stage)| **stage == Stage::Gone && ahead(one)).count(),
        risk_planned: then.iter().filter(|one| !passed(one)).map(|one| one.risk).sum(),
        risk_there: pairs().filter(|(_, stage)| there(**stage)).map(|(one, _)| one.risk).sum(),
        stages,
    }
}
