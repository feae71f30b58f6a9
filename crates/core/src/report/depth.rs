//! Level by level behind the label: who stands there, on what ground, how sure that is, and
//! which regime looks there. The answer to "where do you stop?".

use jiff::civil::Date;
use serde::Serialize;

use super::{Named, Worked, evidence_label, fact_of, named, record_sentence, role_answers};
use crate::attribution::Certainty;
use crate::evidence::Evidence;
use crate::kb::names::NameMatch;
use crate::kb::schema::{Reading, Regime};
use crate::kb::{Base, Entity};
use crate::observation::Field;
use crate::role::Role;

/// The levels down to the one asked for, and what lies deeper.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Depth {
    /// The deepest level asked for.
    pub to: Role,
    /// The levels, from the outside in.
    pub levels: Vec<Level>,
    /// What lies deeper and was not asked, with who looks there.
    pub deeper: Vec<Deeper>,
}

/// One level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Level {
    /// Which.
    pub level: Role,
    /// Who stands there; empty: not known, or nobody in the base bears the name.
    pub who: Vec<Named>,
    /// The names as written, where the base has no file of them.
    pub written: Vec<String>,
    /// On what ground.
    pub grounds: Vec<Ground>,
    /// How sure.
    pub sure: String,
    /// What would tell, or make it surer; absent where nothing is open.
    pub would_tell: Option<String>,
    /// The regimes whose provisions look here.
    pub looked_at: Vec<LookedAt>,
}

impl Level {
    /// Whether somebody stands there.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !self.who.is_empty() || !self.written.is_empty()
    }
}

/// What an answer rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ground {
    /// In words.
    pub says: String,
    /// The fact relied on: file and id; absent where none is needed.
    pub fact: Option<String>,
    /// Ids of its sources.
    pub sources: Vec<String>,
}

impl Ground {
    fn plain(says: impl Into<String>) -> Self {
        Self { says: says.into(), fact: None, sources: Vec::new() }
    }
}

/// A regime that looks at a level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LookedAt {
    /// Its id.
    pub regime: String,
    /// The words that say so.
    pub words: Vec<String>,
}

/// A level that was not asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deeper {
    /// Which.
    pub level: Role,
    /// Ids of the regimes whose provisions look there all the same.
    pub looked_at: Vec<String>,
}

/// Goes behind the label, as deep as asked. `regimes` are those that were asked about.
#[must_use]
pub fn depth(base: &Base, worked: &Worked<'_>, regimes: &[Regime], on: Date, to: Role) -> Depth {
    let (asked, deeper): (Vec<Role>, Vec<Role>) =
        Role::ALL.into_iter().partition(|role| *role <= to);
    let levels = asked
        .into_iter()
        .map(|role| Level { looked_at: looked_at(regimes, role), ..level(base, worked, on, role) });
    let deeper = deeper.into_iter().map(|role| Deeper {
        level: role,
        looked_at: looked_at(regimes, role).into_iter().map(|one| one.regime).collect(),
    });
    Depth { to, levels: levels.collect(), deeper: deeper.collect() }
}

fn looked_at(regimes: &[Regime], role: Role) -> Vec<LookedAt> {
    let all = regimes.iter().map(|regime| {
        let looks = regime.looks().into_iter().filter(|look| look.level == role);
        LookedAt { regime: regime.id.clone(), words: looks.map(|look| look.words).collect() }
    });
    all.filter(|one| !one.words.is_empty()).collect()
}

fn level(base: &Base, worked: &Worked<'_>, on: Date, role: Role) -> Level {
    match role {
        Role::Design => design(base, worked),
        Role::Producer => producer(base, worked),
        Role::Owner => owner(base, worked, on),
        role => seen(base, worked, role),
    }
}

/// A level with nobody in it.
fn empty(level: Role) -> Level {
    Level {
        level,
        who: Vec::new(),
        written: Vec::new(),
        grounds: Vec::new(),
        sure: "not known".to_owned(),
        would_tell: None,
        looked_at: Vec::new(),
    }
}

/// The grounds of evidence, each fact once.
fn grounds<'e>(
    base: &Base,
    worked: &Worked<'_>,
    evidence: impl Iterator<Item = &'e Evidence>,
) -> Vec<Ground> {
    let mut all: Vec<Ground> = Vec::new();
    for one in evidence {
        let (fact, _, sources) = fact_of(base, one);
        if !all.iter().any(|ground| ground.fact.as_ref() == Some(&fact)) {
            let says = evidence_label(base, worked.device, one);
            all.push(Ground { says, fact: Some(fact), sources });
        }
    }
    all
}

/// A level that is answered by what was seen of it.
fn seen(base: &Base, worked: &Worked<'_>, role: Role) -> Level {
    let Worked { device, read, design, .. } = worked;
    let answers = role_answers(base, device, read, design);
    let mut level = empty(role);
    let claims = read.evidence.iter().filter(|one| one.role == role);
    level.grounds = grounds(base, worked, claims);
    if let Some(answer) = answers.into_iter().find(|one| one.role == role) {
        let said = level.grounds.is_empty() || answer.written.is_some();
        if said && (answer.written.is_some() || !answer.who.is_empty()) {
            let fact = file_of(base, worked, role);
            level.grounds.insert(0, Ground { fact, ..Ground::plain(answer.ground) });
        }
        level.who = answer.who;
        level.written = answer.written.into_iter().collect();
    }
    if level.is_known() {
        level.sure = match (role, &read.label) {
            (Role::Label, Some(label)) => match label.how {
                NameMatch::Same => "as written",
                NameMatch::Begins => "it begins with the name",
                NameMatch::Typo => "one letter off",
            },
            (Role::Label, None) => "as written",
            (Role::RecordHolder, _) => "as registered, which does not say who made it",
            _ => "seen of the device",
        }
        .to_owned();
    } else {
        level.would_tell = Some(would_tell(base, worked, role));
    }
    level
}

/// Where the base knows the name that was read, or the address block.
fn file_of(base: &Base, worked: &Worked<'_>, role: Role) -> Option<String> {
    match (role, worked.read.label.as_ref().map(|label| label.of)) {
        (Role::Label, Some(of @ Entity::Label(_))) => {
            Some(format!("kb/labels/{}.toml", base.id(of)))
        }
        (Role::Label, Some(of)) => Some(format!("kb/makers/{}.toml", base.id(of))),
        (Role::RecordHolder, _) if worked.device.first(Field::Company).is_none() => {
            Some("kb/imported/oui.tsv".to_owned())
        }
        _ => None,
    }
}

/// What would tell who stands at a level of which nothing was seen.
fn would_tell(base: &Base, worked: &Worked<'_>, role: Role) -> String {
    let makers = worked.design.candidates();
    let operates = |operator: &str| makers.iter().any(|of| base.id(*of) == operator);
    match role {
        Role::Label => "the name on it".to_owned(),
        Role::RecordHolder => "the MAC address, or the FCC ID on the sticker".to_owned(),
        Role::Firmware => "the firmware version, or the headers of its start page".to_owned(),
        Role::Cloud => {
            let clouds = base.facts.endpoints.values().filter(|one| operates(&one.operator));
            let names: Vec<&str> = clouds.map(|one| one.name.as_str()).collect();
            let of = match names.as_slice() {
                [] => String::new(),
                names => format!(", such as a host of {}", super::join_or(names)),
            };
            format!("the names that it asks DNS for{of}")
        }
        _ => {
            "a picture of its main board, or the inside pictures filed under its FCC ID".to_owned()
        }
    }
}

fn candidates(base: &Base, worked: &Worked<'_>) -> Vec<Named> {
    worked.design.candidates().iter().map(|of| named(base, *of)).collect()
}

fn design(base: &Base, worked: &Worked<'_>) -> Level {
    let makers = worked.design.candidates();
    let speaking = worked
        .read
        .evidence
        .iter()
        .filter(|one| one.speaks_to_design() && makers.contains(&one.of));
    let settle: Vec<&str> = worked.suggestions.iter().take(2).map(|one| one.what).collect();
    let open = worked.design.certainty < Certainty::Confirmed && !settle.is_empty();
    Level {
        who: candidates(base, worked),
        grounds: grounds(base, worked, speaking),
        sure: record_sentence(worked.design),
        would_tell: open.then(|| super::join_or(&settle)),
        ..empty(Role::Design)
    }
}

/// Who assembled it: no fact of the base parts the producer from the design.
fn producer(base: &Base, worked: &Worked<'_>) -> Level {
    let who = candidates(base, worked);
    if who.is_empty() {
        let told = "whose design it is, and then a named source on the factory";
        return Level { would_tell: Some(told.to_owned()), ..empty(Role::Producer) };
    }
    let says = "follows from the design; no fact of the base says that another factory built it";
    Level {
        who,
        grounds: vec![Ground::plain(says)],
        sure: format!("as the design: {}", worked.design.certainty.word()),
        would_tell: Some("a named source on the factory, such as its FCC report".to_owned()),
        ..empty(Role::Producer)
    }
}

/// The owners of the makers stated and the owners of these, as of the day.
fn owner(base: &Base, worked: &Worked<'_>, on: Date) -> Level {
    let mut level = empty(Role::Owner);
    let mut worst = Reading::Primary;
    let mut open: Vec<Entity> = worked.design.candidates();
    let mut done: Vec<Entity> = Vec::new();
    while let Some(of) = open.pop() {
        done.push(of);
        let id = base.id(of);
        let Some(maker) = base.facts.makers.get(id) else { continue };
        for owner in maker.owners.iter().filter(|owner| owner.holds_on(on)) {
            let stake = owner.stake.as_ref().map(|stake| format!(", {stake}"));
            let says = format!("of {}: {}{}", maker.name, owner.holder, stake.unwrap_or_default());
            let sources = &owner.sources;
            let read = sources.iter().filter_map(|id| base.facts.sources.get(id));
            worst = read.map(|source| source.reading).max().map_or(worst, |best| worst.min(best));
            let fact = Some(format!("kb/makers/{id}.toml"));
            level.grounds.push(Ground { says, fact, sources: sources.clone() });
            match owner.maker.as_deref().and_then(|id| base.maker(id)) {
                Some(holder) if done.contains(&holder) || open.contains(&holder) => {}
                Some(holder) => {
                    level.who.push(named(base, holder));
                    open.push(holder);
                }
                None => level.written.push(owner.holder.clone()),
            }
        }
    }
    if level.is_known() {
        level.sure = format!("by a {} source, of a maker that is {}", worst.word(), sure(worked));
        level.would_tell =
            Some("the company register and the annual report of the year in question".to_owned());
    } else {
        let who = if done.is_empty() { "whose design it is, and then its" } else { "the maker's" };
        level.would_tell = Some(format!("{who} entry in its company register"));
    }
    level
}

fn sure(worked: &Worked<'_>) -> &'static str {
    worked.design.certainty.word()
}
