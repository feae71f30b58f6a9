//! Attribution × provision × day × context → ruling with its steps.
//!
//! Three-valued: a condition holds, fails, or is not known. What is not known is named, never
//! guessed. The rules are data; this room knows no law.

mod owned;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use self::owned::held_by;
pub use self::owned::owners;
use crate::deadline::follows;
use crate::kb::Facts;
use crate::kb::schema::{
    Case, Clock, Conditions, Duty, Effect, MakerTest, Provision, Reading, Regime,
};

/// What a regime says about a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Prohibited.
    Barred,
    /// Needs an approval.
    Restricted,
    /// The facts named as missing decide.
    Undetermined,
    /// Advice, not an order.
    Advised,
    /// An exception or a waiver applies.
    Excepted,
    /// Who made it, or where a rule asks for it that maker's seat, is not known: never clear.
    UnknownMaker,
    /// The rule does not begin until later.
    NotYet,
    /// The rule has ended.
    Expired,
    /// The rule does not bind this holder.
    NotBound,
    /// No provision reaches this.
    NoRule,
}

impl Outcome {
    /// Every outcome, strongest first: of several provisions the strongest speaks.
    pub const ALL: [Self; 10] = [
        Self::Barred,
        Self::Restricted,
        Self::Undetermined,
        Self::Advised,
        Self::Excepted,
        Self::UnknownMaker,
        Self::NotYet,
        Self::Expired,
        Self::NotBound,
        Self::NoRule,
    ];

    /// The word as printed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Barred => "barred",
            Self::Restricted => "restricted",
            Self::Undetermined => "undetermined",
            Self::Advised => "advised",
            Self::Excepted => "excepted",
            Self::UnknownMaker => "unknown_maker",
            Self::NotYet => "not_yet",
            Self::Expired => "expired",
            Self::NotBound => "not_bound",
            Self::NoRule => "no_rule",
        }
    }

    /// Whether the regime names the maker's equipment.
    #[must_use]
    pub const fn is_finding(self) -> bool {
        matches!(
            self,
            Self::Barred | Self::Restricted | Self::Undetermined | Self::Advised | Self::Excepted
        )
    }

    /// The outcome of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// What it means for the reader, in a few words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Barred => "prohibited",
            Self::Restricted => "needs an approval",
            Self::Undetermined => "facts are missing",
            Self::Advised => "advice, not an order",
            Self::Excepted => "an exception applies",
            Self::UnknownMaker => "maker, or its seat, not known: not cleared",
            Self::NotYet => "the rule begins later",
            Self::Expired => "the rule has ended",
            Self::NotBound => "the rule does not bind this holder",
            Self::NoRule => "no rule reaches it",
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.pad(self.word())
    }
}

/// What a ruling is told of the world: context key → value.
pub type Context = BTreeMap<String, String>;

/// The key under which an uncertain maker is named as missing.
pub const MAKER: &str = "maker";

/// The key under which a seat that nobody filed is named as missing.
pub const SEAT: &str = "seat";

/// The key under which a share in a company that nobody filed is named as missing.
pub const SHARE: &str = "share";

/// Who made the device, as far as a ruling may rely on it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum MakerFact<'m> {
    /// Nobody leads.
    Unknown,
    /// One maker leads, probable or better: a rule may bite.
    Firm(&'m str),
    /// One maker or several lead, but only possibly: a rule may never bite on that.
    Tentative(Vec<&'m str>),
}

/// One provision's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Id of the provision.
    pub provision: String,
    /// The paragraph.
    pub citation: String,
    /// Its answer.
    pub outcome: Outcome,
    /// The deciding words: the provision's, or the exception's, or why it does not bind.
    pub text: String,
    /// The context it relied on: key and value.
    pub relied_on: Vec<(String, String)>,
    /// The context keys that would decide.
    pub missing: Vec<String>,
    /// What it would say if every missing fact were as the provision wants it.
    pub would: Option<Outcome>,
    /// First day of the provision.
    pub from: Date,
    /// Ids of sources.
    pub sources: Vec<String>,
}

/// A regime's answer about one device on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ruling {
    /// Id of the regime.
    pub regime: String,
    /// The day asked about.
    pub on: Date,
    /// The strongest answer of its provisions.
    pub outcome: Outcome,
    /// Every provision's answer, strongest first.
    pub steps: Vec<Step>,
    /// What follows for whom it binds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub duties: Vec<Follows>,
}

/// A duty that follows from a ruling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Follows {
    /// What to do, in one sentence.
    pub what: String,
    /// By when, in words.
    pub by: Option<String>,
    /// To whom.
    pub recipient: Option<String>,
    /// The paragraph.
    pub citation: String,
    /// The clock, when it runs from an event.
    pub clock: Option<Clock>,
    /// The last day, when the text names one.
    pub due: Option<Date>,
    /// How its words were read.
    pub reading: Option<Reading>,
    /// Ids of sources.
    pub sources: Vec<String>,
}

impl Follows {
    fn of(regime: &Regime, duty: &Duty, context: &Context) -> Self {
        let to = duty.recipients.iter().find(|one| holds(&one.when, context) == Some(true));
        let sources = if duty.sources.is_empty() { &regime.sources } else { &duty.sources };
        Self {
            what: duty.what.clone(),
            by: duty.by.clone(),
            recipient: to.map(|one| one.to.clone()),
            citation: duty.citation.clone(),
            clock: duty.clock.clone(),
            due: duty.due,
            reading: duty.reading,
            sources: sources.clone(),
        }
    }
}

impl Ruling {
    /// The step that decided.
    #[must_use]
    pub fn decisive(&self) -> Option<&Step> {
        self.steps.first()
    }

    /// The facts that would decide, each once, in order of need.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let mut keys: Vec<String> = Vec::new();
        let strongest = self.steps.iter().filter(|step| step.outcome == self.outcome);
        for key in strongest.flat_map(|step| &step.missing) {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        keys
    }

    /// What the regime would say if the missing facts were as it wants them.
    #[must_use]
    pub fn would(&self) -> Option<Outcome> {
        self.steps.iter().filter_map(|step| step.would).min()
    }
}

/// Judges one device under one regime.
#[must_use]
pub fn judge(
    facts: &Facts,
    regime: &Regime,
    maker: &MakerFact<'_>,
    on: Date,
    context: &Context,
) -> Ruling {
    let free = regime.not_bound.iter().find(|free| holds(&free.when, context) == Some(true));
    let none = regime.none.as_ref().map(|why| Step {
        provision: "none".to_owned(),
        citation: regime.citation.clone(),
        outcome: Outcome::NoRule,
        text: why.clone(),
        relied_on: Vec::new(),
        missing: Vec::new(),
        would: None,
        from: regime.read_until,
        sources: regime.sources.clone(),
    });
    let mut steps: Vec<Step> = regime
        .provisions
        .iter()
        .map(|provision| {
            let mut step = judge_provision(facts, regime, provision, maker, on, context);
            if let Some(free) = free {
                step.outcome = Outcome::NotBound;
                step.text.clone_from(&free.why);
                step.missing.clear();
                step.would = None;
            }
            step
        })
        .chain(none)
        .collect();
    steps.sort_by_key(|step| step.outcome);
    let outcome = steps.first().map_or(Outcome::NoRule, |step| step.outcome);
    let duties = regime.duties.iter().filter(|duty| follows(duty, outcome, context));
    let duties = duties.map(|duty| Follows::of(regime, duty, context)).collect();
    Ruling { regime: regime.id.clone(), on, outcome, steps, duties }
}

/// Judges a regime's own case.
#[must_use]
pub fn judge_case(facts: &Facts, regime: &Regime, case: &Case) -> Ruling {
    let maker = case.maker.as_deref().map_or(MakerFact::Unknown, MakerFact::Firm);
    judge(facts, regime, &maker, case.on, &case.context)
}

fn judge_provision(
    facts: &Facts,
    regime: &Regime,
    provision: &Provision,
    maker: &MakerFact<'_>,
    on: Date,
    context: &Context,
) -> Step {
    let mut step = Step {
        provision: provision.id.clone(),
        citation: provision.citation.clone(),
        outcome: Outcome::NoRule,
        text: provision.text.clone(),
        relied_on: relied_on(provision, context),
        missing: Vec::new(),
        would: None,
        from: provision.from,
        sources: provision.sources.clone(),
    };
    let (bound, when) = (holds(&provision.bound, context), holds(&provision.when, context));
    let reached = reached(facts, regime, &provision.makers, maker, on);
    let silent = provision.told.iter().any(|key| !context.contains_key(key));
    step.outcome = match (bound, when, reached) {
        _ if silent => Outcome::NoRule,
        // A maker that the provision does not name is free of it on any day, and so is a holder
        // whom it does not bind and an act that it does not speak of.
        (_, _, Reached::No) => Outcome::NoRule,
        (Some(false), ..) => Outcome::NotBound,
        (_, Some(false), _) => Outcome::NoRule,
        _ if on < provision.from => Outcome::NotYet,
        _ if provision.until.is_some_and(|until| on > until) => Outcome::Expired,
        (_, _, Reached::Unknown) => {
            if matches!(maker, MakerFact::Firm(_)) {
                step.missing.push(SEAT.to_owned());
            }
            Outcome::UnknownMaker
        }
        (_, _, reached) => {
            settle(&mut step, provision, context, on, reached);
            step.outcome
        }
    };
    step
}

/// The provision reaches the maker and nothing rules it out: an exception, missing facts, or
/// its effect.
fn settle(step: &mut Step, provision: &Provision, context: &Context, on: Date, reached: Reached) {
    let in_time = |from: Option<Date>, until: Option<Date>| {
        from.is_none_or(|from| on >= from) && until.is_none_or(|until| on <= until)
    };
    let exception = provision
        .exceptions
        .iter()
        .find(|one| in_time(one.from, one.until) && holds(&one.when, context) == Some(true));
    if let Some(exception) = exception {
        step.outcome = Outcome::Excepted;
        step.text.clone_from(&exception.text);
        step.citation.clone_from(&exception.citation);
        return;
    }
    let effect = match provision.effect {
        Effect::Barred => Outcome::Barred,
        Effect::Restricted => Outcome::Restricted,
        Effect::Advised => Outcome::Advised,
    };
    let keys = provision.bound.keys().chain(provision.when.keys());
    step.missing = keys.filter(|key| !context.contains_key(*key)).cloned().collect();
    match reached {
        Reached::Perhaps => step.missing.push(MAKER.to_owned()),
        Reached::ByShare => step.missing.push(SHARE.to_owned()),
        Reached::Yes | Reached::No | Reached::Unknown => {}
    }
    if provision.reading == Reading::Recalled {
        step.missing.push("text".to_owned());
    }
    if step.missing.is_empty() {
        step.outcome = effect;
    } else {
        step.outcome = Outcome::Undetermined;
        step.would = Some(effect);
    }
}

/// Whether all conditions hold: yes, no, or not known.
#[must_use]
pub fn holds(conditions: &Conditions, context: &Context) -> Option<bool> {
    let mut all = Some(true);
    for (key, values) in conditions {
        match context.get(key) {
            Some(value) if values.contains(value) => {}
            Some(_) => return Some(false),
            None => all = None,
        }
    }
    all
}

fn relied_on(provision: &Provision, context: &Context) -> Vec<(String, String)> {
    let keys = provision.bound.keys().chain(provision.when.keys());
    keys.filter_map(|key| Some((key.clone(), context.get(key)?.clone()))).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reached {
    Yes,
    No,
    Perhaps,
    Unknown,
    /// Whether those who hold it hold enough of it is not on file.
    ByShare,
}

fn reached(
    facts: &Facts,
    regime: &Regime,
    test: &MakerTest,
    maker: &MakerFact<'_>,
    on: Date,
) -> Reached {
    match maker {
        _ if test.whoever => Reached::Yes,
        MakerFact::Unknown => Reached::Unknown,
        MakerFact::Firm(_) if test.any => Reached::Yes,
        MakerFact::Tentative(_) if test.any => Reached::Perhaps,
        MakerFact::Firm(id) => match reaches(facts, regime, test, id, on) {
            Some(true) => Reached::Yes,
            None => Reached::ByShare,
            // Where the base does not know a seat, it cannot say that a rule leaves them out.
            Some(false) if asks_for_seat(test) && !seat_known(facts, id) => Reached::Unknown,
            Some(false) => Reached::No,
        },
        MakerFact::Tentative(ids) => {
            let may_be = |id: &&str| reaches(facts, regime, test, id, on) != Some(false);
            let any = ids.iter().any(may_be);
            // What is only possible neither bars nor clears.
            if any { Reached::Perhaps } else { Reached::Unknown }
        }
    }
}

/// Whether the test looks at the maker's seat or what follows from it.
fn asks_for_seat(test: &MakerTest) -> bool {
    test.subject_to.is_some() || !test.seated_in.is_empty()
}

fn seat_known(facts: &Facts, id: &str) -> bool {
    facts.makers.get(id).is_some_and(|one| one.country.is_some() || !one.subject_to.is_empty())
}

/// Whether any provision of the regime names this maker, whatever else it asks.
#[must_use]
pub fn names(facts: &Facts, regime: &Regime, id: &str, on: Date) -> bool {
    let reached = |one: &Provision| reaches(facts, regime, &one.makers, id, on) == Some(true);
    regime.provisions.iter().any(reached)
}

/// Whether the test picks a maker, by itself or by who owns it; nothing where a share decides that
/// is not on file.
fn reaches(facts: &Facts, regime: &Regime, test: &MakerTest, id: &str, on: Date) -> Option<bool> {
    let direct = |id: &str| {
        let maker = facts.makers.get(id);
        let group = test.group.as_ref().and_then(|name| regime.groups.get(name));
        test.any_of.iter().any(|one| one == id)
            || group.is_some_and(|group| group.iter().any(|one| one == id))
            || test.subject_to.as_ref().is_some_and(|exposure| {
                maker.is_some_and(|maker| maker.subject_to.contains(exposure))
            })
            || maker
                .and_then(|maker| maker.country.as_ref())
                .is_some_and(|seat| test.seated_in.contains(seat))
    };
    match (test.affiliates, test.share) {
        _ if direct(id) => Some(true),
        (false, _) => Some(false),
        (true, None) => Some(owners(facts, id, on).iter().any(|owner| direct(owner))),
        (true, Some(least)) => held_by(facts, &direct, least, id, on),
    }
}
