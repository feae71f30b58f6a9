//! What the user asks of the rules, checked: regimes, context, day.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use whomade_core::baseline::{Exemption, Exemptions, Places, Site};
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::document::{File, nearest};
use whomade_core::kb::schema::Regime;
use whomade_core::kb::{Base, Facts};
use whomade_core::paper::{not_asked, not_asked_words};
use whomade_core::report::clean;
use whomade_core::ruling::{self, Context, MakerFact, Outcome, Ruling};

use crate::today::today;

/// Days that a ruling may be asked for.
const YEARS: std::ops::RangeInclusive<i16> = 1990..=2100;

/// What was asked, checked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The regimes, in the order of their ids; policies last.
    pub regimes: Vec<Regime>,
    /// The context.
    pub context: Context,
    /// The day.
    pub on: Date,
    /// Whether the user named the day.
    pub day_named: bool,
    /// The preset, if one was named, with what was told otherwise.
    pub preset: Option<String>,
    /// The same as it was typed.
    pub typed: Typed,
    /// Nothing was said of who asks: then nothing is barred, and every regime says for whom it
    /// would be.
    pub open: bool,
    /// The sites of the estate: what the rules are told may differ by device.
    pub places: Places,
    /// The findings that somebody answers for.
    pub exemptions: Exemptions,
}

/// The same as it was typed, for the record of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Typed {
    /// A preset of holder, act and regimes.
    pub preset: Option<String>,
    /// Only these regimes.
    pub under: Vec<String>,
    /// Files with rules of the body's own.
    pub policy: Vec<std::path::PathBuf>,
    /// The day asked about.
    pub on: Option<String>,
    /// What the rules should know, `key=value` each.
    pub context: Vec<String>,
    /// The sites of the estate, as its `whomade.toml` tells them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<Site>,
    /// Its exemptions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exemptions: Vec<Exemption>,
}

impl From<&Self> for Typed {
    fn from(typed: &Self) -> Self {
        typed.clone()
    }
}

impl Typed {
    /// The version of the form of a kept run or bundle that can hold this question.
    pub fn form(&self) -> u32 {
        if self.sites.is_empty() && self.exemptions.is_empty() { 1 } else { 2 }
    }

    /// The asking again; what is typed now comes before what was typed then. The sites and
    /// exemptions of the estate stay: they are no part of who asks.
    #[must_use]
    pub fn under(&self, now: impl Into<Self>) -> Self {
        let now = now.into();
        let (sites, exemptions) = (self.sites.clone(), self.exemptions.clone());
        if !now.is_blank() {
            return Self { sites, exemptions, ..now };
        }
        Self { on: now.on.or_else(|| self.on.clone()), ..self.clone() }
    }

    /// Whether nothing was said of who asks and of what.
    #[must_use]
    pub const fn is_blank(&self) -> bool {
        self.preset.is_none()
            && self.under.is_empty()
            && self.policy.is_empty()
            && self.context.is_empty()
    }
}

impl Asked {
    /// Checks what was typed.
    ///
    /// # Errors
    /// With the code of the diagnostic in front, and the likeliest word behind.
    pub fn check(base: &Base, asking: impl Into<Typed>) -> Result<Self> {
        Self::check_with(base, asking.into(), |path| policy(&base.facts, path))
    }

    /// The same with the policies' texts at hand, each under the name by which it was asked.
    ///
    /// # Errors
    /// As above, and when a policy's text is not at hand.
    pub fn check_told(
        base: &Base,
        asking: impl Into<Typed>,
        policies: &BTreeMap<String, String>,
    ) -> Result<Self> {
        Self::check_with(base, asking.into(), |path| {
            let name = path.to_string_lossy();
            let Some(text) = policies.get(name.as_ref()) else {
                bail!("[ask/policy] the text of {name} is not there");
            };
            policy_of(&base.facts, &name, text.clone())
        })
    }

    fn check_with(
        base: &Base,
        asking: Typed,
        policy: impl Fn(&Path) -> Result<Regime>,
    ) -> Result<Self> {
        let facts = &base.facts;
        let on = day(asking.on.as_deref())?;
        let mut context = Context::new();
        let mut regimes: Vec<&str> = Vec::new();
        if let Some(preset) = &asking.preset {
            let known = facts.context.presets.iter().find(|one| one.id == *preset);
            let Some(known) = known else {
                let ids = facts.context.presets.iter().map(|one| one.id.as_str());
                bail!(unknown("ask/unknown-preset", "preset", preset, ids));
            };
            regimes.extend(known.regimes.iter().map(String::as_str));
            context.extend(known.context.clone());
        }
        let mut told = Context::new();
        for pair in &asking.context {
            tell(facts, &mut told, pair)?;
        }
        let other: Vec<String> = told
            .iter()
            .filter(|(key, value)| context.get(*key).is_some_and(|set| set != *value))
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        context.extend(told);
        if let Some(why) = contradiction(facts, &context) {
            bail!("[ask/contradictory-context] {why}");
        }
        sites_hold(facts, &context, &asking.sites)?;
        if !asking.under.is_empty() {
            regimes.clear();
            for id in &asking.under {
                if !facts.regimes.contains_key(id) {
                    let ids = facts.regimes.keys().map(String::as_str);
                    bail!(unknown("ask/unknown-regime", "regime", id, ids));
                }
                regimes.push(id);
            }
        }
        let places = Places::new(&asking.sites);
        let told = !asking.context.is_empty() || places.say_something();
        let open = regimes.is_empty() && asking.policy.is_empty() && !told;
        if regimes.is_empty() && asking.policy.is_empty() {
            let all = facts.regimes.iter().filter(|(_, one)| !open || speaks(one, on));
            regimes.extend(all.map(|(id, _)| id.as_str()));
        }
        let mut chosen: Vec<Regime> =
            regimes.iter().filter_map(|id| facts.regimes.get(*id).cloned()).collect();
        for path in &asking.policy {
            chosen.push(policy(path)?);
        }
        let day_named = asking.on.is_some();
        Ok(Self {
            regimes: chosen,
            context,
            on,
            day_named,
            preset: asking.preset.as_ref().map(|preset| match other.join(", ") {
                other if other.is_empty() => preset.clone(),
                other => format!("{preset}, but {other}"),
            }),
            typed: asking.clone(),
            open,
            places,
            exemptions: Exemptions::new(&asking.exemptions),
        })
    }

    /// What should be said of the day, when the user named one (of today the summary says it),
    /// and of two clauses in one contract.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let mut said = Vec::new();
        if self.day_named {
            said.extend(beyond_all(&self.regimes, self.on));
            said.extend(before_all(&self.regimes, self.on));
        }
        said.extend(both_clauses(&self.context));
        said
    }

    /// What each regime says about a device.
    pub fn judge(&self, base: &Base, maker: &MakerFact<'_>) -> Vec<Ruling> {
        self.judge_in(base, maker, &self.context)
    }

    /// The same where sites of the estate tell the rules other things.
    pub fn judge_in(&self, base: &Base, maker: &MakerFact<'_>, context: &Context) -> Vec<Ruling> {
        self.regimes
            .iter()
            .map(|regime| ruling::judge(&base.facts, regime, maker, self.on, context))
            .collect()
    }

    /// The regime with that id.
    pub fn regime(&self, id: &str) -> Option<&Regime> {
        self.regimes.iter().find(|regime| regime.id == id)
    }

    /// Why `no_rule` is no answer of a regime, in words: the act that was told is none that it
    /// speaks of.
    pub fn unasked(&self, id: &str, outcome: Outcome) -> Option<String> {
        let regime = self.regime(id).filter(|_| outcome == Outcome::NoRule)?;
        not_asked(regime, &self.context).map(not_asked_words)
    }
}

/// Whether a regime has anything to say to somebody who told it nothing: one that has run out, or
/// that waits for a fact about a part, answers when it is asked by name.
fn speaks(regime: &Regime, on: Date) -> bool {
    let ended = |until: Option<Date>| until.is_some_and(|until| on > until);
    regime.provisions.iter().any(|one| one.told.is_empty() && !ended(one.until))
}

/// That the day lies after the newest source of a regime.
pub fn beyond(regime: &Regime, on: Date) -> Option<Diagnostic> {
    (on > regime.read_until).then(|| {
        let read = regime.read_until;
        let message = format!("our sources on {} reach to {read}; you ask about {on}", regime.id);
        Diagnostic::new("ask/day-beyond-sources", message).help("check for a change since then")
    })
}

/// The same of several regimes, as one.
fn beyond_all(regimes: &[Regime], on: Date) -> Option<Diagnostic> {
    let past: Vec<&Regime> = regimes.iter().filter(|one| on > one.read_until).collect();
    if let [one] = past[..] {
        return beyond(one, on);
    }
    let first = past.iter().min_by_key(|one| (one.read_until, &one.id))?;
    let (of, id, read) = (past.len(), &first.id, first.read_until);
    let message = format!(
        "our sources on {of} regimes end before {on}, the earliest on {read} ({id}); `whomade \
         regimes` lists them"
    );
    Some(Diagnostic::new("ask/day-beyond-sources", message).help("check for changes since then"))
}

/// That the day lies before the first of the rules.
pub fn before_all(regimes: &[Regime], on: Date) -> Option<Diagnostic> {
    let provisions = regimes.iter().flat_map(|one| one.provisions.iter().map(move |it| (it, one)));
    let (first, regime) = provisions.min_by_key(|(provision, _)| provision.from)?;
    (on < first.from).then(|| {
        let (id, from) = (&regime.id, first.from);
        let message = format!("{on} lies before any of these rules: {id} begins on {from}");
        Diagnostic::new("ask/day-before-rules", message)
    })
}

/// That a contract carries the old clause and the new one.
pub fn both_clauses(context: &Context) -> Option<Diagnostic> {
    (context.get("clause").is_some_and(|value| value == "both")).then(|| {
        Diagnostic::new("ask/both-clauses", "the contract carries the old clause and the new one")
            .help("each regime answers for itself; keep the earlier of the two deadlines, and ask the contracting officer which clause governs")
    })
}

/// Why a context contradicts itself, if it does.
pub fn contradiction(facts: &Facts, context: &Context) -> Option<String> {
    let one = facts
        .context
        .contradictions
        .iter()
        .find(|one| ruling::holds(&one.when, context) == Some(true))?;
    let given: Vec<String> =
        one.when.keys().filter_map(|key| Some(format!("{key}={}", context.get(key)?))).collect();
    Some(format!("{} contradict each other: {}", given.join(" and "), one.why))
}

/// Whether an outcome means that the regime names this maker's equipment.
pub fn names_it(outcome: Outcome) -> bool {
    outcome.is_finding()
}

/// The day that was typed, or today.
///
/// # Errors
/// When it is no day, or none that a rule could be asked about.
pub fn day(typed: Option<&str>) -> Result<Date> {
    let Some(typed) = typed else { return Ok(today()) };
    match typed.parse::<Date>() {
        Ok(date) if YEARS.contains(&date.year()) => Ok(date),
        Ok(_) => bail!(
            "[ask/day-out-of-range] `{typed}` does not lie between {} and {}",
            YEARS.start(),
            YEARS.end()
        ),
        Err(_) => match meant(typed).as_slice() {
            [] => bail!(
                "[ask/day-out-of-range] `{typed}` is no day; write YYYY-MM-DD, such as 2026-11-22"
            ),
            days => bail!(
                "[ask/day-out-of-range] `{typed}` is not written YYYY-MM-DD; did you mean {}?",
                days.iter().map(Date::to_string).collect::<Vec<_>>().join(" or ")
            ),
        },
    }
}

/// The days that somebody may mean who writes the day, the month and the year otherwise.
fn meant(typed: &str) -> Vec<Date> {
    let parts: Vec<i16> =
        typed.split(['/', '.', '-', ' ']).filter_map(|part| part.parse().ok()).collect();
    let orders = match parts[..] {
        [year, month, day] if year > 31 => vec![(year, month, day)],
        [one, other, year] if year > 31 => vec![(year, other, one), (year, one, other)],
        _ => vec![],
    };
    let mut days = Vec::new();
    for (year, month, day) in orders {
        let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else { continue };
        if let Ok(day) = Date::new(year, month, day)
            && YEARS.contains(&day.year())
            && !days.contains(&day)
        {
            days.push(day);
        }
    }
    days
}

fn unknown<'i>(code: &str, kind: &str, typed: &str, ids: impl Iterator<Item = &'i str>) -> String {
    let ids: Vec<&str> = ids.collect();
    match nearest(typed, ids.iter().copied()) {
        Some(near) => format!("[{code}] there is no {kind} `{typed}`; did you mean `{near}`?"),
        None => format!("[{code}] there is no {kind} `{typed}`; there are: {}", ids.join(", ")),
    }
}

fn tell(facts: &Facts, context: &mut Context, pair: &str) -> Result<()> {
    let Some((key, value)) = pair.split_once('=') else {
        bail!("[ask/unknown-context] `{pair}` is no KEY=VALUE");
    };
    known_key(facts, key, value)?;
    match context.insert(key.to_owned(), value.to_owned()) {
        Some(other) if other != value => {
            bail!("[ask/contradictory-context] `{key}` is given as `{other}` and as `{value}`")
        }
        _ => Ok(()),
    }
}

/// Whether what each site tells the rules is known to them, and goes with what they are told of
/// the estate.
fn sites_hold(facts: &Facts, context: &Context, sites: &[Site]) -> Result<()> {
    for site in sites {
        let mut there = context.clone();
        site.context.iter().try_for_each(|(key, value)| known_key(facts, key, value))?;
        there.extend(site.context.clone());
        if let Some(why) = contradiction(facts, &there) {
            bail!("[ask/contradictory-context] at the site {}: {why}", clean(&site.name));
        }
    }
    Ok(())
}

fn known_key(facts: &Facts, key: &str, value: &str) -> Result<()> {
    let keys = &facts.context.keys;
    let Some(known) = keys.iter().find(|one| one.id == key) else {
        let ids = keys.iter().map(|one| one.id.as_str());
        bail!(unknown("ask/unknown-context", "context key", key, ids));
    };
    if !known.values.iter().any(|one| one.id == value) {
        let ids = known.values.iter().map(|one| one.id.as_str());
        bail!(unknown("ask/unknown-context", &format!("value of `{key}`"), value, ids));
    }
    Ok(())
}

/// A body's own rule. Its source is the body itself.
fn policy(facts: &Facts, path: &Path) -> Result<Regime> {
    const POLICY_BYTES_MAX: u64 = 1 << 20;
    let shown = path.display();
    let size = path.metadata().with_context(|| format!("[ask/policy] cannot read {shown}"))?.len();
    if size > POLICY_BYTES_MAX {
        bail!("[ask/policy] {shown} is larger than {POLICY_BYTES_MAX} bytes");
    }
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("[ask/policy] cannot read {shown}"))?;
    policy_of(facts, &shown.to_string(), text)
}

/// The same out of its text.
fn policy_of(facts: &Facts, shown: &str, text: String) -> Result<Regime> {
    let file = File { path: shown.to_owned(), text };
    let regime: Regime = file.typed().map_err(|wrong| {
        let line = wrong.place.as_ref().map_or(0, |place| place.line);
        let help = wrong.help.map(|help| format!("; {help}")).unwrap_or_default();
        anyhow::anyhow!("[ask/policy] {shown}:{line}: {}{help}", wrong.message)
    })?;
    for case in &regime.cases {
        let ruling = ruling::judge_case(facts, &regime, case);
        if ruling.outcome != case.expect {
            bail!(
                "[ask/policy] {shown}: its case `{}` comes out {}, not {}",
                case.name,
                ruling.outcome,
                case.expect
            );
        }
    }
    Ok(regime)
}
