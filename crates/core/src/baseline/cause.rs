//! Why an answer is another than it was: the device, the base, the day or the question changed.
//!
//! Where a site claims it, the settings may have changed instead. Of these the base of then is not
//! at hand any more; the others are turned back one by one,
//! and what is asked again says which of them made the difference.

use serde::Serialize;

use super::entry::Entry;
use crate::ruling::Outcome;

/// What made the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Something else was seen of the device, or it stands elsewhere.
    Device,
    /// The base or the program knows more, or other things.
    Base,
    /// The day is another: a rule began or ended.
    Day,
    /// The settings say otherwise which devices a site has.
    Settings,
    /// Something else was asked: who asks, which regimes, a policy, what a site tells the rules.
    Question,
}

impl Cause {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Device => "the device changed",
            Self::Base => "the base changed",
            Self::Day => "the day changed",
            Self::Settings => "the settings changed",
            Self::Question => "the question changed",
        }
    }
}

/// What is otherwise for the estate as a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Turned {
    /// The base, or the program.
    pub base: bool,
    /// The day.
    pub day: bool,
    /// What is asked.
    pub question: bool,
}

/// Why another maker leads, or as surely.
#[must_use]
pub fn of_maker(then: &Entry, now: &Entry, turned: Turned) -> Vec<Cause> {
    match (then.seen != now.seen, turned.base) {
        (true, false) => vec![Cause::Device],
        // Which of the two it was, nobody can say who does not have the base of then.
        (true, true) => vec![Cause::Device, Cause::Base],
        (false, _) => vec![Cause::Base],
    }
}

/// Why the sites that claim it are others: the sites of now are asked where the device of then
/// stands, and the sites of then where that of now does.
#[must_use]
pub fn of_place(then: &Entry, now: &Entry, again: &Again<'_>) -> Vec<Cause> {
    let stands = |entry, sites| (again.place)(entry, sites).as_ref() == Some(&now.place);
    match () {
        () if stands(then, Now::Now) => vec![Cause::Settings],
        () if stands(now, Now::Then) => vec![Cause::Device],
        () => vec![Cause::Device, Cause::Settings],
    }
}

/// What is asked again about a device as it is in an entry; none where it cannot be asked any more.
#[derive(Clone, Copy)]
pub struct Again<'a> {
    /// What a regime says, on the day of now or of then, as is asked now or was then.
    pub outcome: &'a dyn Fn(&Entry, Now, Now) -> Option<Outcome>,
    /// Which sites claim it, of those of now or of then.
    pub place: &'a dyn Fn(&Entry, Now) -> Option<String>,
}

/// Whether something is as it is now, or as it was then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Now {
    /// As it was.
    Then,
    /// As it is.
    Now,
}

/// Why a regime says something else than it said: the fewest things that have to be turned.
#[must_use]
pub fn of_ruling(
    then: &Entry,
    now: &Entry,
    regime: &str,
    turned: Turned,
    again: &Again<'_>,
) -> Vec<Cause> {
    let of = |turned: bool| if turned { Now::Now } else { Now::Then };
    let outcome = |device: bool, day: bool, question: bool| {
        (again.outcome)(if device { now } else { then }, of(day), of(question))
    };
    let mut causes = Vec::new();
    let start = outcome(false, false, false);
    if start != then.ruling(regime) {
        // A policy whose text changed is a part of what is asked.
        causes.push(if turned.base || !turned.question { Cause::Base } else { Cause::Question });
    }
    let wanted = now.ruling(regime);
    if start != wanted {
        const WAYS: [(bool, bool, bool); 7] = [
            (true, false, false),
            (false, true, false),
            (false, false, true),
            (true, true, false),
            (true, false, true),
            (false, true, true),
            (true, true, true),
        ];
        let found = WAYS
            .into_iter()
            .filter(|(_, day, question)| (turned.day || !day) && (turned.question || !question))
            .find(|(device, day, question)| outcome(*device, *day, *question) == wanted);
        match found {
            Some((device, day, question)) => {
                if device {
                    causes.extend(of_device(then, now, turned, again));
                }
                causes.extend(day.then_some(Cause::Day));
                causes.extend(question.then_some(Cause::Question));
            }
            None => causes.push(Cause::Base),
        }
    }
    causes.sort_unstable();
    causes.dedup();
    // What a new site tells the rules came with the site.
    if causes.contains(&Cause::Settings) {
        causes.retain(|cause| *cause != Cause::Question);
    }
    causes
}

fn of_device(then: &Entry, now: &Entry, turned: Turned, again: &Again<'_>) -> Vec<Cause> {
    let maker = |entry: &Entry| (entry.makers.clone(), entry.certainty);
    let mut causes = Vec::new();
    if maker(then) != maker(now) {
        causes.extend(of_maker(then, now, turned));
    }
    if then.place != now.place {
        causes.extend(of_place(then, now, again));
    }
    causes
}
