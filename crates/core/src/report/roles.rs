//! The roles beside the design: each a separate answer with its own ground.

use serde::Serialize;

use super::{Named, named};
use crate::attribution::Design;
use crate::evidence::{Read, Reason};
use crate::kb::{Base, Entity};
use crate::observation::{Device, Field};
use crate::role::Role;

/// Who stands in a role, and on what ground.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoleAnswer {
    /// The role.
    pub role: Role,
    /// Who; empty: nothing was seen that tells.
    pub who: Vec<Named>,
    /// As written, where nobody in the base bears the name.
    pub written: Option<String>,
    /// On what ground.
    pub ground: String,
}

/// The answers for every role but the design, in the order of [`Role::ALL`].
#[must_use]
pub fn role_answers(base: &Base, device: &Device, read: &Read, design: &Design) -> Vec<RoleAnswer> {
    Role::ALL
        .into_iter()
        .filter(|role| *role != Role::Design)
        .map(|role| match role {
            Role::Label => label(base, device, read),
            Role::RecordHolder => record_holder(base, device, read),
            Role::Producer => producer(base, design),
            Role::Owner => owner(base, design),
            role => claimed(base, read, role),
        })
        .collect()
}

fn label(base: &Base, device: &Device, read: &Read) -> RoleAnswer {
    let mut answer = claimed(base, read, Role::Label);
    if let Some(label) = &read.label {
        let name = named(base, label.of);
        answer.who.retain(|other| other.id != name.id);
        answer.who.insert(0, name);
        answer.ground = format!("the {}", device.observations[label.observation].field);
    } else if let Some(written) = device.first(Field::Label) {
        answer.written = Some(super::words::clean(written));
        answer.ground = "as written; the base has no such label".to_owned();
    }
    answer
}

fn record_holder(base: &Base, device: &Device, read: &Read) -> RoleAnswer {
    let mut answer = claimed(base, read, Role::RecordHolder);
    let registrant =
        device.observations.iter().filter(|seen| seen.field == Field::Mac).find_map(|seen| {
            let digits = crate::kb::registry::hex_digits(&seen.value)?;
            base.registry.registrant(&digits)
        });
    if let Some(company) = device.first(Field::Company) {
        answer.written = Some(super::words::clean(company));
        answer.ground = "the firm that stands for it in the register".to_owned();
    } else if let Some(registrant) = registrant {
        answer.written = Some(super::words::clean(registrant));
        answer.ground = "the firm to which the address block is registered".to_owned();
    }
    answer
}

fn producer(base: &Base, design: &Design) -> RoleAnswer {
    let who: Vec<Named> = design.candidates().iter().map(|of| named(base, *of)).collect();
    let ground = if who.is_empty() {
        "not known, as the design is not".to_owned()
    } else {
        "follows from the design; no fact of the base says that another factory built it".to_owned()
    };
    RoleAnswer { role: Role::Producer, who, written: None, ground }
}

fn owner(base: &Base, design: &Design) -> RoleAnswer {
    let mut ground = "the base names no owner".to_owned();
    let mut words = Vec::new();
    for of in design.candidates() {
        let Some(maker) = base.facts.makers.get(base.id(of)) else { continue };
        for owner in maker.owners.iter().filter(|owner| owner.until.is_none()) {
            let stake = owner.stake.as_ref().map(|stake| format!(" ({stake})"));
            words.push(format!("of {}: {}{}", maker.name, owner.holder, stake.unwrap_or_default()));
        }
    }
    let written = (!words.is_empty()).then(|| words.join("; "));
    if written.is_some() {
        "as its sources have it; `whomade kb show` names them".clone_into(&mut ground);
    }
    RoleAnswer { role: Role::Owner, who: Vec::new(), written, ground }
}

/// A role that is answered by claims alone.
fn claimed(base: &Base, read: &Read, role: Role) -> RoleAnswer {
    let mut who: Vec<Entity> = Vec::new();
    let mut facts: Vec<&str> = Vec::new();
    for one in read.evidence.iter().filter(|one| one.role == role) {
        if let Reason::Signature(number) = one.reason {
            if !who.contains(&one.of) {
                who.push(one.of);
            }
            let id = base.signatures[number as usize].id.as_str();
            if !facts.contains(&id) {
                facts.push(id);
            }
        }
    }
    let ground =
        if facts.is_empty() { "nothing was seen that tells".to_owned() } else { facts.join(", ") };
    RoleAnswer { role, who: who.iter().map(|of| named(base, *of)).collect(), written: None, ground }
}
