//! Observation × base → evidence: who is claimed for which role, by what, seen where.

use std::sync::Arc;

use jiff::civil::Date;

use crate::firmware::date;
use crate::kb::fast::FastMap;
use crate::kb::glob;
use crate::kb::names::{NameMatch, takes_back};
use crate::kb::quote::past_furniture;
use crate::kb::registry::Digits;
use crate::kb::schema::{Polarity, Relation, Support};
use crate::kb::{Base, Entity};
use crate::observation::{Device, Field, Side};
use crate::role::Role;
use crate::shape;

mod manual;
mod said;

pub use said::{
    Aside, CLASSES, Derived, Evidence, Feature, Inside, LabelRead, Reach, Read, Reason,
};

/// Labels and firmware strings come again and again in one estate; so many of each are kept, and
/// then forgotten all at once. What is unlike everything before it is worked out as if nothing
/// were kept.
const KEPT_MAX: usize = 4_096;
/// Longer values are not kept.
const KEPT_BYTES_MAX: usize = 128;

/// Reads devices against a base; keeps its buffers.
#[derive(Debug)]
pub struct Reader<'b> {
    base: &'b Base,
    hits: Vec<u32>,
    order: Vec<usize>,
    models: Models,
    origin: Origin,
    names: FastMap<Box<str>, Option<(Entity, NameMatch)>>,
    firmwares: FastMap<Box<str>, (Vec<u32>, Vec<Inside>)>,
    /// What the firm of an address block says, by the line of the registry.
    registrants: FastMap<u32, (Arc<str>, Vec<u32>)>,
}

/// Where the device at hand comes from, which says how far its values are its own.
#[derive(Debug, Clone, Copy, Default)]
struct Origin {
    /// From a register: its firmware string was filed by a firm.
    filed: bool,
    /// From a list that users made: paths and addresses in it have one cause, whoever wrote the
    /// line.
    listed: bool,
}

impl Origin {
    fn of(device: &Device) -> Self {
        let mut origin = Self::default();
        for seen in &device.observations {
            origin.filed |= seen.field == Field::Company;
            origin.listed |= seen.field == Field::ListedPath;
        }
        origin
    }

    fn signed(
        self,
        base: &Base,
        at: usize,
        field: Field,
        hit: u32,
        derived: Option<Derived>,
    ) -> Evidence {
        let signature = &base.signatures[hit as usize];
        let listed = self.listed && field == Field::MacRegistrant || field == Field::ListedPath;
        let recorded = listed || (self.filed && field == Field::Firmware);
        Evidence {
            observation: at,
            derived,
            reason: Reason::Signature(hit),
            role: signature.role,
            of: signature.of,
            polarity: signature.polarity,
            family: if listed { LISTED } else { field.family() },
            side: if recorded { Side::Record } else { field.side() },
            feature: Feature::Signature(hit),
        }
    }
}

/// Model numbers as they are matched, each with its observation; their memory is kept.
#[derive(Debug, Default)]
struct Models {
    all: Vec<(usize, String)>,
    count: usize,
}

impl Models {
    fn push(&mut self, at: usize, model: &str) {
        if self.count == self.all.len() {
            self.all.push((at, String::new()));
        }
        let place = &mut self.all[self.count];
        place.0 = at;
        glob::squeeze_into(model, &mut place.1);
        self.count += 1;
    }

    fn seen(&self) -> &[(usize, String)] {
        &self.all[..self.count]
    }
}

/// Names on one device that are kept beside its label.
const OTHER_LABELS_MAX: usize = 8;

/// The family of all that a list made by users says of a device.
const LISTED: &str = Field::ListedPath.family();

impl<'b> Reader<'b> {
    /// A reader over a base.
    #[must_use]
    pub fn new(base: &'b Base) -> Self {
        Self {
            base,
            hits: Vec::new(),
            order: Vec::new(),
            models: Models::default(),
            origin: Origin::default(),
            names: FastMap::default(),
            firmwares: FastMap::default(),
            registrants: FastMap::default(),
        }
    }

    /// What the base has to say about a device.
    #[must_use]
    pub fn read(&mut self, device: &Device) -> Read {
        let mut read = Read::default();
        self.read_into(device, &mut read);
        read
    }

    /// The same into a reading that was used before.
    pub fn read_into(&mut self, device: &Device, read: &mut Read) {
        read.clear();
        self.origin = Origin::of(device);
        let mut order = std::mem::take(&mut self.order);
        let mut models = std::mem::take(&mut self.models);
        models.count = 0;
        sort_into(device, &mut order);
        let mut before: Option<usize> = None;
        for at in &order {
            // The same value once more is no second sign; only addresses vote.
            let seen = &device.observations;
            let again = before.is_some_and(|before| {
                let (one, other) = (&seen[before], &seen[*at]);
                one.field == other.field && one.value == other.value && one.field != Field::Mac
            });
            if !again {
                self.one(read, device, *at, &mut models);
            }
            before = Some(*at);
        }
        self.outvoted(read, device);
        self.models(read, device, models.seen());
        self.supplies(read, device, models.seen());
        self.order = order;
        self.models = models;
    }

    fn one(&mut self, read: &mut Read, device: &Device, at: usize, models: &mut Models) {
        let seen = &device.observations[at];
        match seen.field {
            Field::Label | Field::Company | Field::OnvifManufacturer => {
                self.name(read, at, seen.field, &seen.value);
                self.fire(read, at, seen.field, &seen.value, None);
            }
            Field::Product => {
                let rest = self.product(read, at, &seen.value);
                if !takes_back(rest) {
                    models.push(at, rest);
                }
            }
            // "DS-2CD compatible recorder" is no model of anybody's.
            Field::Model if takes_back(&seen.value) => {}
            Field::Model => models.push(at, &seen.value),
            Field::Mac => self.registrant(read, at, &seen.value),
            Field::LabelManual => self.manual(read, at, &seen.value),
            // A listed path has the same forms as one that a device answered.
            Field::ListedPath => {
                for like in [Field::RtspPath, Field::HttpPath] {
                    self.base.fire(like, &seen.value, &mut self.hits);
                    self.push(read, at, seen.field, None);
                }
            }
            Field::Firmware => self.firmware(read, at, &seen.value, models),
            Field::Serial => {
                self.fire(read, at, seen.field, &seen.value, None);
                let inside = self.inside(&seen.value);
                take_inside(read, at, models, &inside);
            }
            field => {
                self.fire(read, at, field, &seen.value, None);
                for (derived, shape) in shape::derived(field) {
                    if let Some(order) = shape(&seen.value) {
                        self.fire(read, at, *derived, &order, Some(&order));
                    }
                }
            }
        }
    }

    fn name(&mut self, read: &mut Read, at: usize, field: Field, value: &str) {
        let found = match self.names.get(value) {
            Some(found) => *found,
            None => {
                let found = self.base.names.find(value);
                keep(&mut self.names, value, found);
                found
            }
        };
        let Some((of, how)) = found else { return };
        self.named(read, at, field, of, how);
    }

    fn firmware(&mut self, read: &mut Read, at: usize, value: &str, models: &mut Models) {
        if let Some((hits, inside)) = self.firmwares.get(value) {
            self.hits.clone_from(hits);
            take_inside(read, at, models, inside);
            self.push(read, at, Field::Firmware, None);
            return;
        }
        self.fire(read, at, Field::Firmware, value, None);
        let inside = self.inside(value);
        take_inside(read, at, models, &inside);
        keep(&mut self.firmwares, value, (self.hits.clone(), inside));
    }

    fn named(&self, read: &mut Read, at: usize, field: Field, of: Entity, how: NameMatch) {
        let by_device = field == Field::OnvifManufacturer;
        if matches!(of, Entity::Maker(_)) {
            read.evidence.push(Evidence {
                observation: at,
                derived: None,
                reason: Reason::OwnName(how),
                role: Role::Design,
                of,
                polarity: Polarity::For,
                family: if by_device { "onvif" } else { "label" },
                side: field.side(),
                feature: Feature::Class(u8::from(by_device)),
            });
        }
        let named = LabelRead { of, how, observation: at };
        // The name on it comes before the name in a register or in its software.
        let Some(label) = &mut read.label else {
            read.label = Some(named);
            return;
        };
        if field != Field::Label || label.of == of {
            return;
        }
        // Of a label and the maker who supplies it the label says more: a list that knows the
        // maker alone does not make it the maker's own.
        let supplied = matches!(label.of, Entity::Maker(_))
            && self.base.supplies(of).iter().any(|one| one.maker == label.of);
        let other = if supplied { std::mem::replace(label, named) } else { named };
        if read.other_labels.len() < OTHER_LABELS_MAX {
            read.other_labels.push(other);
        }
    }

    fn product<'v>(&mut self, read: &mut Read, at: usize, value: &'v str) -> &'v str {
        let names = &self.base.names;
        let found = names.split(value).or_else(|| {
            let plain = past_furniture(names, value);
            (plain.len() < value.len()).then(|| names.split(plain)).flatten()
        });
        match found {
            Some((of, rest)) => {
                self.named(read, at, Field::Product, of, NameMatch::Begins);
                rest
            }
            None => value,
        }
    }

    fn registrant(&mut self, read: &mut Read, at: usize, value: &str) {
        let Some(digits) = Digits::of(value) else { return };
        let base = self.base;
        let Some(line) = base.registry.line(digits) else { return };
        let known = self.registrants.get(&line);
        let (name, hits) = match known {
            Some(known) => known,
            None => {
                let name = base.registry.name(line);
                self.hits.clear();
                if let Some(name) = name {
                    base.fire(Field::MacRegistrant, name, &mut self.hits);
                }
                let known = (name.unwrap_or_default().into(), self.hits.clone());
                self.registrants.entry(line).or_insert(known)
            }
        };
        for hit in hits {
            let name = Some(Derived::Shared(Arc::clone(name)));
            read.evidence.push(self.origin.signed(base, at, Field::MacRegistrant, *hit, name));
        }
        let class = hits.iter().find_map(|hit| base.signatures[*hit as usize].class);
        read.class = read.class.or(class);
    }

    /// Where a device carries address blocks of several firms, only the firm of most of them is
    /// believed. Blocks of radio modules and the label's own do not vote: they hide the maker.
    fn outvoted(&self, read: &mut Read, device: &Device) {
        let seen = device.observations.iter().enumerate();
        let macs = seen.filter(|(_, one)| one.field == Field::Mac).map(|(at, _)| at);
        if macs.clone().count() < 2 {
            return;
        }
        let says_nothing = |at: &usize| {
            let mut on = read.evidence.iter().filter(|one| one.observation == *at);
            on.any(|one| matches!(one.role, Role::Component | Role::Label))
        };
        let voters = macs.filter(|at| !says_nothing(at)).count();
        let of_mac = |one: &Evidence| {
            one.role == Role::Design && device.observations[one.observation].field == Field::Mac
        };
        let votes =
            |of: Entity| read.evidence.iter().filter(|one| of_mac(one) && one.of == of).count();
        let keep: Vec<bool> =
            read.evidence.iter().map(|one| !of_mac(one) || 2 * votes(one.of) > voters).collect();
        let mut keep = keep.into_iter();
        read.evidence.retain(|_| keep.next().unwrap_or(true));
    }

    /// Fires the signatures of a field. A value that names several makers alike names nobody.
    fn fire(&mut self, read: &mut Read, at: usize, field: Field, value: &str, from: Option<&str>) {
        self.base.fire(field, value, &mut self.hits);
        if !self.hits.is_empty() {
            self.push(read, at, field, from);
        }
    }

    /// What was hit becomes evidence.
    fn push(&self, read: &mut Read, at: usize, field: Field, from: Option<&str>) {
        if self.hits.is_empty() {
            return;
        }
        for hit in &self.hits {
            let derived = from.map(|text| Derived::Own(text.into()));
            read.evidence.push(self.signed(at, field, *hit, derived));
            if read.class.is_none() {
                read.class = self.base.signatures[*hit as usize].class;
            }
        }
    }

    fn signed(&self, at: usize, field: Field, hit: u32, derived: Option<Derived>) -> Evidence {
        self.origin.signed(self.base, at, field, hit, derived)
    }

    /// Model number and date inside a serial number or firmware string, by what was just hit.
    fn inside(&self, value: &str) -> Vec<Inside> {
        let one = |hit: &u32| {
            let signature = &self.base.signatures[*hit as usize];
            if signature.date.is_none() && !signature.names_model {
                return None;
            }
            let [day, model] = self.base.groups(*hit, value, ["date", "model"]);
            let date = signature.date.zip(day).and_then(|(form, day)| date(day, form));
            let model = model.map(Arc::from);
            (date.is_some() || model.is_some()).then_some(Inside { date, model })
        };
        self.hits.iter().filter_map(one).collect()
    }

    fn models(&mut self, read: &mut Read, device: &Device, models: &[(usize, String)]) {
        for (at, model) in models {
            let before = read.evidence.len();
            self.fire(read, *at, Field::Model, model, Some(model));
            if read.evidence.len() > before {
                continue;
            }
            for other in glob::readings(written(device, *at, model)) {
                self.fire(read, *at, Field::Model, &other, Some(&other));
                if read.evidence.len() > before {
                    read.repaired.push((*at, other));
                    break;
                }
            }
        }
    }

    fn supplies(&self, read: &mut Read, device: &Device, models: &[(usize, String)]) {
        let Some(label) = read.label.clone() else { return };
        let Entity::Label(_) = label.of else { return };
        let known = || models.iter().filter(|(_, model)| !model.is_empty());
        for (at, globs) in self.base.leads(label.of).iter().enumerate() {
            // What is said of other models would be read as said of this one.
            let fits =
                |(_, model): &(usize, String)| globs.iter().any(|one| glob::matches(one, model));
            if globs.is_empty() || known().next().is_none() || known().any(fits) {
                read.asides.push(Aside::Lead { label: label.of, at });
            }
        }
        let supplies = self.base.supplies(label.of);
        if supplies.is_empty() {
            return;
        }
        let others: Vec<(usize, String)> = known()
            .flat_map(|(at, model)| {
                glob::readings(written(device, *at, model)).map(move |other| (*at, other))
            })
            .collect();
        for supply in supplies {
            let day = device.installed.or(read.dated.map(|(day, _)| day));
            if day.is_some_and(|day| !in_time(day, supply.from, supply.until)) {
                read.asides.push(Aside::OtherTime { label: label.of, at: supply.at });
                continue;
            }
            let named = known().find_map(|(at, model)| {
                let again = || others.iter().filter(|(other, _)| other == at);
                let reach = supply.reach(model);
                Some((*at, reach.or_else(|| again().find_map(|(_, one)| supply.reach(one)))?))
            });
            // A supply of certain models says nothing of others, nor of the label as a whole.
            if named.is_none() && !supply.is_whole_label() {
                read.asides.push(Aside::OtherModels { label: label.of, at: supply.at });
                continue;
            }
            read.evidence.push(Evidence {
                observation: named.map_or(label.observation, |(at, _)| at),
                derived: None,
                reason: Reason::Supply {
                    label: label.of,
                    at: supply.at,
                    reach: named.map_or(Reach::Label, |(_, reach)| reach),
                },
                role: Role::Design,
                of: supply.maker,
                polarity: Polarity::For,
                family: "supply",
                side: Side::Label,
                feature: supply_class(supply.relation, supply.support, named.is_some()),
            });
        }
    }
}

/// Keeps what was worked out for a value.
fn keep<T>(kept: &mut FastMap<Box<str>, T>, value: &str, found: T) {
    if value.len() > KEPT_BYTES_MAX {
        return;
    }
    if kept.len() >= KEPT_MAX {
        kept.clear();
    }
    kept.insert(value.into(), found);
}

fn take_inside(read: &mut Read, at: usize, models: &mut Models, inside: &[Inside]) {
    if read.dated.is_none() {
        read.dated = inside.iter().find_map(|one| Some((one.date?, at)));
    }
    if models.count == 0
        && let Some(model) = inside.iter().find_map(|one| one.model.as_ref())
    {
        models.push(at, model);
    }
    read.inside.extend(inside.iter().map(|one| (at, one.clone())));
}

/// The observations in one order however they came: the name on it before the name in a register
/// or in its software, the model number before one inside a serial number. Of several names on it
/// the one in the record that names the device comes first.
fn sort_into(device: &Device, order: &mut Vec<usize>) {
    let seen = &device.observations;
    order.clear();
    order.extend((0..seen.len()).filter(|at| seen[*at].field.speaks()));
    let key = |at: usize| {
        let one = &seen[at];
        let elsewhere = one.field == Field::Label && one.at.of > 0;
        (one.field, elsewhere, one.value.as_str())
    };
    // Nearly every record has them in order, and of each field one.
    let in_order =
        |one: &usize, next: &usize| seen[*one].field < seen[*next].field || key(*one) <= key(*next);
    if !order.is_sorted_by(in_order) {
        order.sort_by_key(|at| key(*at));
    }
}

/// A model number as it stood there; of free text only the part that was taken for one.
fn written<'d>(device: &'d Device, at: usize, model: &'d str) -> &'d str {
    let seen = &device.observations[at];
    if seen.field == Field::Model { &seen.value } else { model }
}

/// The class under which a supply is fitted.
fn supply_class(relation: Relation, support: Support, named: bool) -> Feature {
    Feature::Class(match (relation, support, named) {
        (Relation::Disputed, ..) => 6,
        (_, Support::High, true) => 2,
        (_, _, true) => 3,
        (_, Support::High, false) => 4,
        (_, _, false) => 5,
    })
}

fn in_time(day: Date, from: Option<Date>, until: Option<Date>) -> bool {
    from.is_none_or(|from| day >= from) && until.is_none_or(|until| day <= until)
}
