//! The format of laws, of the context they are told, and of the presets.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Reading;
use crate::role::Role;

/// `kb/regimes/<id>.toml`: one law, order or policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regime {
    /// The id that people type; the file is named for it.
    pub id: String,
    /// Title.
    pub title: String,
    /// Whose law it is, such as `US federal`.
    pub jurisdiction: String,
    /// How it is cited.
    pub citation: String,
    /// One plain sentence on what it does.
    pub summary: String,
    /// Ends the sentence "would be barred for …", for people who gave no context.
    pub would_bar: String,
    /// How deep it looks, in the project's roles: the level at which it names a maker.
    pub depth: Role,
    /// The newest day our sources speak of.
    pub read_until: Date,
    /// The makers that its provisions share, by group name.
    #[serde(default)]
    pub groups: BTreeMap<String, Vec<String>>,
    /// The levels at which its provisions look, with the words that say so.
    #[serde(default, rename = "look")]
    pub looks: Vec<Look>,
    /// Its provisions.
    #[serde(default, rename = "provision")]
    pub provisions: Vec<Provision>,
    /// Where there is no rule: why not, and what there is instead. Then it has no provision.
    #[serde(default)]
    pub none: Option<String>,
    /// The words it defines, where a definition decides.
    #[serde(default, rename = "definition")]
    pub definitions: Vec<Definition>,
    /// Who is expressly not bound: context key → values.
    #[serde(default)]
    pub not_bound: Vec<NotBound>,
    /// Duties that follow when something is barred.
    #[serde(default, rename = "duty")]
    pub duties: Vec<Duty>,
    /// Its own tests.
    #[serde(default, rename = "case")]
    pub cases: Vec<Case>,
    /// Ids of `kb/sources`.
    pub sources: Vec<String>,
    /// What a reader should mind.
    #[serde(default)]
    pub note: Option<String>,
}

/// A level at which provisions look: who stands there decides whether they reach a device.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// The level, in the project's roles.
    pub level: Role,
    /// Ids of the provisions that look there; empty: all.
    #[serde(default)]
    pub provisions: Vec<String>,
    /// The words that say so, short: the regime's, or whose reading it is.
    pub words: String,
}

impl Look {
    /// Whether that provision looks there.
    #[must_use]
    pub fn is_of(&self, provision: &str) -> bool {
        self.provisions.is_empty() || self.provisions.iter().any(|one| one == provision)
    }
}

impl Regime {
    /// The levels at which it looks. A body's own rule need not spell them out: then it is the
    /// level at which it names a maker, and the owner where affiliates count.
    #[must_use]
    pub fn looks(&self) -> Vec<Look> {
        if !self.looks.is_empty() {
            return self.looks.clone();
        }
        let look = |level| Look { level, provisions: Vec::new(), words: self.citation.clone() };
        let affiliates = self.provisions.iter().any(|one| one.makers.affiliates);
        let owner = affiliates.then(|| look(Role::Owner));
        std::iter::once(look(self.depth)).chain(owner).collect()
    }
}

/// A word that the regime defines.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The word.
    pub term: String,
    /// What it means there.
    pub text: String,
    /// The paragraph.
    pub citation: String,
    /// How it was read.
    pub reading: Reading,
    /// Ids of `kb/sources`.
    pub sources: Vec<String>,
}

/// Context keys and the values that satisfy a condition.
pub type Conditions = BTreeMap<String, Vec<String>>;

/// Somebody who is expressly free of the rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotBound {
    /// When all of these hold …
    pub when: Conditions,
    /// … the rule does not bind, for this reason.
    pub why: String,
    /// Ids of `kb/sources`.
    pub sources: Vec<String>,
}

/// What a provision says when it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Prohibited, must not.
    Barred,
    /// Allowed with an approval.
    Restricted,
    /// Should, is encouraged to, is asked to consider.
    Advised,
}

/// Which makers a provision reaches. Exactly one key is given.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakerTest {
    /// Any of these makers, or a company that one of them owns.
    #[serde(default)]
    pub any_of: Vec<String>,
    /// Any maker of this group of the regime.
    #[serde(default)]
    pub group: Option<String>,
    /// Any maker with this legal exposure.
    #[serde(default)]
    pub subject_to: Option<String>,
    /// Any maker seated in one of these countries.
    #[serde(default)]
    pub seated_in: Vec<String>,
    /// Any maker at all: the rule looks at something else, such as a part or a country.
    #[serde(default)]
    pub any: bool,
    /// Whoever made it, also where nobody knows: a duty of who sells or imports it. What bars asks
    /// for a maker that is known.
    #[serde(default)]
    pub whoever: bool,
    /// Subsidiaries and affiliates count too.
    #[serde(default)]
    pub affiliates: bool,
    /// Of these only such of which makers it reaches hold at least so much together, in percent;
    /// where a share is not on file, nobody knows.
    #[serde(default)]
    pub share: Option<f64>,
}

/// One provision.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provision {
    /// Unique in the regime.
    pub id: String,
    /// The paragraph.
    pub citation: String,
    /// The deciding words, short.
    pub text: String,
    /// What follows when it applies.
    pub effect: Effect,
    /// First day.
    pub from: Date,
    /// Last day, if it ended.
    #[serde(default)]
    pub until: Option<Date>,
    /// Whom it binds: context key → values.
    pub bound: Conditions,
    /// What else must hold.
    #[serde(default)]
    pub when: Conditions,
    /// Keys of `when` that must have been told before it speaks at all. Without them it would
    /// hold every maker's equipment open, for a chip that nobody has seen in it.
    #[serde(default)]
    pub told: Vec<String>,
    /// Which makers it reaches.
    pub makers: MakerTest,
    /// Circumstances that take a device out.
    #[serde(default, rename = "exception")]
    pub exceptions: Vec<Exception>,
    /// How its words were read. A recalled provision rules at most `undetermined`.
    pub reading: Reading,
    /// Ids of `kb/sources`.
    pub sources: Vec<String>,
    /// What a reader should mind: disputes, readings that differ.
    #[serde(default)]
    pub note: Option<String>,
}

/// An exception or waiver.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Unique in the provision.
    pub id: String,
    /// The paragraph.
    pub citation: String,
    /// The deciding words, short.
    pub text: String,
    /// It applies when all of these hold.
    pub when: Conditions,
    /// First day.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day: a waiver that cannot reach beyond it.
    #[serde(default)]
    pub until: Option<Date>,
    /// Ids of `kb/sources`; none: those of its provision.
    #[serde(default)]
    pub sources: Vec<String>,
}

/// A duty that a finding brings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duty {
    /// What to do, in one sentence.
    pub what: String,
    /// By when, in words.
    #[serde(default)]
    pub by: Option<String>,
    /// The paragraph.
    pub citation: String,
    /// Whom: context key → values; empty: everybody bound.
    #[serde(default)]
    pub when: Conditions,
    /// Whom not: a context in which any of these holds is free of it.
    #[serde(default)]
    pub unless: Conditions,
    /// The outcome that brings it; barred where none is given.
    #[serde(default = "barred")]
    pub on: crate::ruling::Outcome,
    /// Its clock, when it runs from an event.
    #[serde(default)]
    pub clock: Option<Clock>,
    /// Its last day, when the text names one.
    #[serde(default)]
    pub due: Option<Date>,
    /// To whom: the first whose conditions hold.
    #[serde(default, rename = "recipient")]
    pub recipients: Vec<Recipient>,
    /// How its words were read; none: as the provisions.
    #[serde(default)]
    pub reading: Option<Reading>,
    /// Ids of `kb/sources`; none: those of the regime.
    #[serde(default)]
    pub sources: Vec<String>,
}

const fn barred() -> crate::ruling::Outcome {
    crate::ruling::Outcome::Barred
}

/// To whom a duty is owed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// When these hold; empty: always.
    #[serde(default)]
    pub when: Conditions,
    /// To whom.
    pub to: String,
}

/// A clock of a duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// The form it belongs to, such as `report.far_52_204_25`.
    pub form: String,
    /// The part of the form, such as `(d)(2)(i)`: unique in the form.
    pub part: String,
    /// How many.
    pub within: u32,
    /// Of what.
    pub unit: ClockUnit,
    /// The part of the same form whose submission starts it; none: the finding starts it.
    #[serde(default)]
    pub after: Option<String>,
    /// The calendar of `kb/context.toml` whose holidays are no business days.
    #[serde(default)]
    pub calendar: Option<String>,
    /// What had to be assumed to count it.
    #[serde(default)]
    pub assumes: Option<String>,
}

/// What a clock counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockUnit {
    /// Days that are neither Saturday, Sunday nor a holiday; the day of the event is not counted.
    BusinessDay,
    /// Days of the calendar; the day of the event is not counted.
    Day,
    /// Hours.
    Hour,
}

/// A case: a device, a day, a context, and what the rule says of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Name, as a sentence.
    pub name: String,
    /// The maker; absent: not known.
    #[serde(default)]
    pub maker: Option<String>,
    /// The day.
    pub on: Date,
    /// Context key → value.
    #[serde(default)]
    pub context: BTreeMap<String, String>,
    /// The outcome.
    pub expect: crate::ruling::Outcome,
    /// The provision that decides, if one does.
    #[serde(default)]
    pub by: Option<String>,
    /// Facts that must be named as missing.
    #[serde(default)]
    pub missing: Vec<String>,
    /// The day it was found or notified, if a clock is to be tried.
    #[serde(default)]
    pub identified: Option<Date>,
    /// The days on which the duties fall due then, in the order of the duties.
    #[serde(default)]
    pub due: Vec<Date>,
    /// The deciding words or the reason.
    pub why: String,
}

/// `kb/context.toml`: what a ruling may be told, and the presets.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContextFile {
    /// The keys.
    #[serde(default, rename = "key")]
    pub keys: Vec<ContextKey>,
    /// The presets of `--as`.
    #[serde(default, rename = "preset")]
    pub presets: Vec<Preset>,
    /// What cannot be true at once.
    #[serde(default, rename = "contradiction")]
    pub contradictions: Vec<Contradictory>,
    /// Calendars of business days.
    #[serde(default, rename = "calendar")]
    pub calendars: Vec<Calendar>,
}

/// Two values of a context that cannot both be true.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contradictory {
    /// When all of these hold …
    pub when: Conditions,
    /// … the context contradicts itself, for this reason.
    pub why: String,
}

/// A calendar: the days of the year on which nobody works.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// Its id.
    pub id: String,
    /// The holidays. One on a Saturday is kept on the Friday before, one on a Sunday on the
    /// Monday after.
    #[serde(rename = "holiday")]
    pub holidays: Vec<Holiday>,
    /// Where they are read.
    pub sources: Vec<String>,
}

/// A holiday: a day of a month, or a weekday of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// Its name.
    pub name: String,
    /// The month, from 1.
    pub month: i8,
    /// The day of the month.
    #[serde(default)]
    pub day: Option<i8>,
    /// Monday is 1.
    #[serde(default)]
    pub weekday: Option<i8>,
    /// Which of these weekdays in the month, from 1; -1 is the last.
    #[serde(default)]
    pub nth: Option<i8>,
    /// The first year in which it was kept, if it is young.
    #[serde(default)]
    pub since: Option<i16>,
}

/// A key of the context, such as `holder`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContextKey {
    /// The key as typed.
    pub id: String,
    /// Other words for the key, as case files have them.
    #[serde(default)]
    pub also: Vec<String>,
    /// What it means.
    pub meaning: String,
    /// The question to ask a person who left it out.
    pub ask: String,
    /// Its values.
    #[serde(rename = "value")]
    pub values: Vec<ContextValue>,
}

/// A value of a context key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContextValue {
    /// The value as typed.
    pub id: String,
    /// Other words for the value, as case files have them; a `*` at the end stands for any rest.
    #[serde(default)]
    pub also: Vec<String>,
    /// What it means.
    pub meaning: String,
}

/// A preset: who asks.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// As typed after `--as`.
    pub id: String,
    /// Who that is.
    pub meaning: String,
    /// The regimes it asks about.
    pub regimes: Vec<String>,
    /// The context it sets.
    pub context: BTreeMap<String, String>,
}
