//! What changed since a baseline, and why.

use anyhow::Result;
use jiff::civil::Date;
use serde::Serialize;
use whomade_core::baseline::cause::{Again, Now, of_maker, of_place, of_ruling};
use whomade_core::baseline::exemption::State;
use whomade_core::baseline::{Cause, Change, Entry, Turned, changes, tell};
use whomade_core::kb::Base;
use whomade_core::ruling::{Outcome, Ruling, judge};

use super::{Held, Question, base_words};
use crate::cli::Reading;
use whomade_inquiry::asking::{Asked, Typed};
use whomade_inquiry::base::Identity;

/// One thing that changed, with why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Because {
    #[serde(flatten)]
    pub(crate) change: Change,
    pub(crate) because: Vec<Cause>,
    /// The day on which a rule began or ended, where that is why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) turned_on: Option<Turning>,
}

/// What a rule did between the two days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Turning {
    /// It began on that day.
    Began(Date),
    /// That was its last day.
    Ended(Date),
}

/// A device that is not as it was.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) then: Entry,
    pub(crate) now: Entry,
    pub(crate) all: Vec<Because>,
}

impl Changed {
    /// Whether the settings alone put it to another site, and nothing else is otherwise.
    pub(crate) fn is_told_only(&self) -> bool {
        self.all.iter().all(|one| {
            matches!(one.change, Change::StandsAt { .. }) && one.because == [Cause::Settings]
        })
    }
}

/// What changed since the baseline.
#[derive(Debug)]
pub(crate) struct Compared {
    pub(crate) since: Date,
    pub(crate) on: Date,
    pub(crate) turned: Turned,
    pub(crate) unchanged: u64,
    pub(crate) new: Vec<Entry>,
    pub(crate) gone: Vec<Entry>,
    pub(crate) changed: Vec<Changed>,
    /// Devices of then and of now that bear one key, which several bear.
    pub(crate) unclear: Vec<(String, Vec<Entry>, Vec<Entry>)>,
    /// Devices that were only counted: now, and then.
    pub(crate) beyond: [u64; 2],
    /// Lines of the baseline that are none.
    pub(crate) strange: u64,
    /// Whether the baseline is not the file that `whomade.toml` names.
    pub(crate) edited: bool,
    /// Whether not all files could be read: then what is gone may only be unread.
    pub(crate) unread: bool,
    /// Exemptions about devices of the estate that ran out since, in words: what they were about
    /// counts again.
    pub(crate) ran_out: Vec<String>,
    /// Whether what is new or changed holds a finding that counts.
    pub(crate) counts: bool,
}

/// What is compared with, and how it was asked then and is asked now.
pub(crate) struct Comparing<'c> {
    base: &'c Base,
    /// As asked now and then, each for the day of now and of then; then is absent where it cannot
    /// be asked any more.
    now: [Asked; 2],
    then: Option<[Asked; 2]>,
    turned: Turned,
}

impl<'c> Comparing<'c> {
    /// Makes ready to compare.
    pub(crate) fn new(
        base: &'c Base,
        identity: &Identity,
        asked: &Asked,
        reading: &Reading,
        held: &Held,
    ) -> Self {
        let question = Question::new(&asked.typed, reading).text();
        let header = &held.header;
        let turned = Turned {
            base: header.base != base_words(identity),
            day: header.on != asked.on,
            question: header.asked != question,
        };
        let on = |asked: &Asked, on: Date| Asked { on, ..asked.clone() };
        let then = if turned.question {
            let typed: Option<Typed> =
                serde_json::from_str::<Question>(&header.asked).ok().map(|one| one.asked);
            let asking = typed.map(|typed| typed.under(Typed::default()));
            asking.and_then(|asking| Asked::check(base, asking).ok())
        } else {
            Some(asked.clone())
        };
        let both = |asked: &Asked, now: Date| [on(asked, header.on), on(asked, now)];
        let then = then.map(|then| both(&then, asked.on));
        Self { base, now: both(asked, asked.on), then, turned }
    }

    fn asked(&self, day: Now, question: Now) -> Option<&Asked> {
        let of = if question == Now::Now { Some(&self.now) } else { self.then.as_ref() };
        of.map(|of| &of[usize::from(day == Now::Now)])
    }

    fn judge(&self, entry: &Entry, day: Now, question: Now, regime: &str) -> Option<Ruling> {
        let asked = self.asked(day, question)?;
        let regime = asked.regime(regime)?;
        let sites = asked.places.named(&entry.place);
        let (context, _) = asked.places.context(&sites, &asked.context);
        Some(judge(&self.base.facts, regime, &entry.maker(), asked.on, &context))
    }

    /// What changed.
    ///
    /// # Errors
    /// When the baseline cannot be read to its end.
    pub(crate) fn compare(&self, mut held: Held, edited: bool, unread: bool) -> Result<Compared> {
        held.close()?;
        let (now, counting): (Vec<Entry>, Vec<bool>) = held.now.drain(..).unzip();
        let told = tell(&held.then, &now);
        let mut counts = held.beyond_counts;
        let of = |entries: &[Entry], all: &[usize]| -> Vec<Entry> {
            all.iter().map(|at| entries[*at].clone()).collect()
        };
        let mut changed = Vec::new();
        for (one, other) in &told.same {
            let (then, now) = (&held.then[*one], &now[*other]);
            let all = self.because(then, now);
            counts |= counting[*other] && !all.is_empty();
            changed.push(Changed { then: then.clone(), now: now.clone(), all });
        }
        counts |= told.new.iter().any(|at| counting[*at]);
        counts |= told.unclear.iter().any(|one| one.now.iter().any(|at| counting[*at]));
        let unclear = told
            .unclear
            .iter()
            .map(|one| (one.key.to_string(), of(&held.then, &one.then), of(&now, &one.now)));
        Ok(Compared {
            since: held.header.on,
            on: self.now[1].on,
            turned: self.turned,
            unchanged: held.unchanged,
            new: of(&now, &told.new),
            gone: of(&held.then, &told.gone),
            changed,
            unclear: unclear.collect(),
            beyond: held.beyond,
            strange: held.strange,
            edited,
            unread,
            ran_out: self.ran_out(held.header.on),
            counts,
        })
    }

    fn ran_out(&self, since: Date) -> Vec<String> {
        let now = &self.now[1];
        let all = now.exemptions.outturns(now.on);
        let ran_out = all.filter(|one| {
            one.state == State::Expired && one.met > 0 && !one.exemption.expired(since)
        });
        ran_out.map(|one| one.words()).collect()
    }

    fn because(&self, then: &Entry, now: &Entry) -> Vec<Because> {
        let place =
            |entry: &Entry, sites| Some(self.asked(Now::Now, sites)?.places.of_entry(entry));
        let each = changes(then, now).into_iter().map(|change| {
            let regime = match &change {
                Change::Ruling { regime, .. } => regime.as_str(),
                _ => "",
            };
            let outcome = |entry: &Entry, day, question| {
                self.judge(entry, day, question, regime).map(|one| one.outcome)
            };
            let again = Again { outcome: &outcome, place: &place };
            let because = match &change {
                Change::Maker { .. } => of_maker(then, now, self.turned),
                Change::StandsAt { .. } => of_place(then, now, &again),
                Change::Ruling { .. } => of_ruling(then, now, regime, self.turned, &again),
                _ => vec![Cause::Device],
            };
            let turned_on = match &change {
                Change::Ruling { regime, to, .. } if because.contains(&Cause::Day) => {
                    self.turning(now, regime, *to)
                }
                _ => None,
            };
            Because { change, because, turned_on }
        });
        each.collect()
    }

    /// What the rule did between the two days that makes it say that.
    fn turning(&self, now: &Entry, regime: &str, to: Option<Outcome>) -> Option<Turning> {
        let ruling = self.judge(now, Now::Now, Now::Now, regime)?;
        let (before, after) = (self.now[0].on, self.now[1].on);
        let step = ruling.decisive()?;
        if to == Some(Outcome::Expired) {
            let regime = self.now[1].regime(regime)?;
            let provision = regime.provisions.iter().find(|one| one.id == step.provision)?;
            return provision.until.filter(|until| before <= *until).map(Turning::Ended);
        }
        (before < step.from && step.from <= after).then_some(Turning::Began(step.from))
    }
}
