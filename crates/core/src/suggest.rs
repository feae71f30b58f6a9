//! What would settle it: the cheapest next observation, by what the base could learn from it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::attribution::{Certainty, Design};
use crate::evidence::{Aside, Feature, Read};
use crate::kb::schema::Grade;
use crate::kb::{Base, Entity};
use crate::observation::{Device, Field};
use crate::shape::derived;
use crate::weights::Weights;

/// A thing that a person can look at.
#[derive(Debug, PartialEq)]
pub struct Ask {
    /// Its id.
    pub id: &'static str,
    /// What to look at.
    pub what: &'static str,
    /// How to do that.
    pub how: &'static str,
    /// How long it takes for one device, in minutes, by our own reckoning.
    pub minutes: u32,
    /// What it shows.
    pub fields: &'static [Field],
    /// Of these any one shows that it was looked at already; what else it could show was not
    /// there.
    pub looked: &'static [Field],
}

/// Everything that may be asked for, cheapest first. None of it needs a login to a device that
/// is not yours, and none of it sends anything by itself.
pub static ASKS: &[Ask] = &[
    Ask {
        id: "switch-table",
        what: "the MAC address",
        how: "read it off the recorder's camera list or the switch's address table",
        minutes: 1,
        fields: &[Field::Mac],
        looked: &[],
    },
    Ask {
        id: "sticker",
        what: "a picture of the sticker",
        how: "model, serial number, MAC address and FCC ID stand on the type plate",
        minutes: 2,
        fields: &[Field::Model, Field::Serial, Field::Mac, Field::FccId],
        looked: &[],
    },
    Ask {
        id: "menu-page",
        what: "the device-information page of its menu",
        how: "firmware version with build date, serial number and model, as its owner sees them",
        minutes: 2,
        fields: &[Field::Firmware, Field::Serial, Field::Model],
        looked: &[],
    },
    Ask {
        id: "start-page",
        what: "the headers of its start page",
        how: "a browser's network view shows the Server line and the realm before any login",
        minutes: 3,
        fields: &[Field::HttpServer, Field::AuthRealm, Field::HttpHeaders, Field::HttpTitle],
        looked: &[Field::HttpHeaders],
    },
    Ask {
        id: "certificate",
        what: "its TLS certificate",
        how: "the browser shows subject and issuer of an https page",
        minutes: 3,
        fields: &[Field::TlsSubject, Field::TlsIssuer],
        looked: &[Field::TlsSubject, Field::TlsIssuer],
    },
    Ask {
        id: "discovery",
        what: "its discovery reply (SADP, DHIP or ONVIF)",
        how: "export the list of the maker's or the recorder's search tool",
        minutes: 5,
        fields: &[Field::Sadp, Field::Dhip, Field::OnvifScopes, Field::OnvifEndpoint],
        looked: &[Field::Sadp, Field::Dhip],
    },
];

/// One suggestion for one device.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    /// Id of the ask.
    pub id: &'static str,
    /// What to look at.
    pub what: &'static str,
    /// How to do that.
    pub how: &'static str,
    /// Minutes.
    pub minutes: u32,
    /// The most that it could add for a maker in question, in decibans.
    pub could_add: f64,
}

/// What each field could say of each maker, worked out once for a base and its weights.
#[derive(Debug)]
pub struct Suggester<'b> {
    base: &'b Base,
    /// In decibans; structural signs count as twice, for they alone can confirm.
    strengths: BTreeMap<(Field, Entity), f64>,
    /// The most that a field could say of anybody.
    most: BTreeMap<Field, f64>,
}

/// The field that a person can give so that a field that is derived from it can speak.
fn asked_for(field: Field) -> Field {
    if field == Field::MacRegistrant {
        return Field::Mac;
    }
    let gives = |one: &&Field| derived(**one).iter().any(|(shape, _)| *shape == field);
    Field::ALL.iter().find(gives).copied().unwrap_or(field)
}

impl<'b> Suggester<'b> {
    /// Works the strengths out.
    #[must_use]
    pub fn new(base: &'b Base, weights: &Weights) -> Self {
        let mut made = Self { base, strengths: BTreeMap::new(), most: BTreeMap::new() };
        for (one, number) in base.signatures.iter().zip(0..) {
            if !matches!(one.of, Entity::Maker(_)) {
                continue;
            }
            let field = asked_for(one.field);
            let weight = weights.of(Feature::Signature(number)).decibans();
            let structural = one.grade == Grade::Structural && !one.copied;
            let weight = if structural { 2.0 * weight } else { weight };
            let strength = made.strengths.entry((field, one.of)).or_default();
            *strength = strength.max(weight);
            let most = made.most.entry(field).or_default();
            *most = most.max(weight);
        }
        made
    }

    /// What would settle a device, best first: most that could be learnt for a minute's work.
    #[must_use]
    pub fn suggest(&self, device: &Device, read: &Read, design: &Design) -> Vec<Suggestion> {
        if design.certainty == Certainty::Confirmed {
            return Vec::new();
        }
        let makers = in_question(self.base, read, design);
        let mut found: Vec<Suggestion> = ASKS
            .iter()
            .filter(|ask| ask.looked.iter().all(|field| device.first(*field).is_none()))
            .filter_map(|ask| {
                let new = ask.fields.iter().filter(|field| device.first(**field).is_none());
                let gain = new.map(|field| self.strength(*field, &makers)).fold(0.0, f64::max);
                (gain > 0.0).then(|| Suggestion {
                    id: ask.id,
                    what: ask.what,
                    how: ask.how,
                    minutes: ask.minutes,
                    could_add: (gain * 10.0).round() / 10.0,
                })
            })
            .collect();
        found.sort_by(|one, other| {
            let worth = |s: &Suggestion| s.could_add / f64::from(s.minutes);
            worth(other).total_cmp(&worth(one)).then(one.id.cmp(other.id))
        });
        found
    }

    /// The most that a field could say for one of these makers; for any, when there are none.
    fn strength(&self, field: Field, makers: &[Entity]) -> f64 {
        if makers.is_empty() {
            return self.most.get(&field).copied().unwrap_or(0.0);
        }
        let each = makers.iter().filter_map(|of| self.strengths.get(&(field, *of)).copied());
        each.fold(0.0, f64::max)
    }
}

/// The makers that an observation should tell apart; empty: any.
fn in_question(base: &Base, read: &Read, design: &Design) -> Vec<Entity> {
    let mut makers: Vec<Entity> = design.ranked.iter().map(|one| one.of).collect();
    for aside in &read.asides {
        let id = match aside {
            Aside::Lead { label, at } => base
                .facts
                .labels
                .get(base.id(*label))
                .and_then(|facts| facts.leads.get(*at))
                .map(|lead| lead.maker.as_str()),
            Aside::OtherModels { label, at } | Aside::OtherTime { label, at } => {
                base.supply(*label, *at).map(|supply| supply.maker.as_str())
            }
        };
        if let Some(maker) = id.and_then(|id| base.maker(id))
            && !makers.contains(&maker)
        {
            makers.push(maker);
        }
    }
    makers
}
