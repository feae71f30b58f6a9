//! Observation × base → evidence: who is claimed for which role, by what, seen where.

use jiff::civil::Date;

use crate::kb::glob;
use crate::kb::names::NameMatch;
use crate::kb::registry::hex_digits;
use crate::kb::schema::{DateForm, EquipmentClass, Polarity, Relation, Support};
use crate::kb::{Base, Entity};
use crate::observation::{Device, Field, Side};
use crate::role::Role;
use crate::shape;

/// Why a piece of evidence says what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A signature or grammar, by its number in [`Base::signatures`].
    Signature(u32),
    /// A supply of a label, by its place in the label's file.
    Supply {
        /// The label.
        label: Entity,
        /// Which of its supplies.
        at: usize,
        /// Whether it names this very model.
        named: bool,
    },
    /// The maker's own name stands on it.
    OwnName(NameMatch),
}

/// The classes of evidence that are fitted together; signatures are fitted one by one.
pub const CLASSES: [&str; 7] = [
    "own-name",
    "own-name-by-device",
    "supply-high-model",
    "supply-medium-model",
    "supply-high-label",
    "supply-medium-label",
    "supply-disputed",
];

/// What was fitted: a signature, or a class of [`CLASSES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// A signature, by its number.
    Signature(u32),
    /// A class, by its place in [`CLASSES`].
    Class(u8),
}

/// One reason to think that somebody stands in a role, or does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Which observation of the device it rests on.
    pub observation: usize,
    /// What was derived from it, such as the registrant of an address; else the value itself.
    pub derived: Option<String>,
    /// Why.
    pub reason: Reason,
    /// The role it speaks about.
    pub role: Role,
    /// Who it says stands there.
    pub of: Entity,
    /// For or against.
    pub polarity: Polarity,
    /// Evidence of one family has one cause.
    pub family: &'static str,
    /// Whether it comes from the device, a record or the label.
    pub side: Side,
    /// Under which head its weight was fitted.
    pub feature: Feature,
}

impl Evidence {
    /// Whether it speaks to whose hardware and platform it is.
    #[must_use]
    pub fn speaks_to_design(&self) -> bool {
        matches!(self.role, Role::Design | Role::Firmware) && matches!(self.of, Entity::Maker(_))
    }
}

/// The label as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelRead {
    /// The label, or the maker whose own name it is.
    pub of: Entity,
    /// How the name was found.
    pub how: NameMatch,
    /// In which observation.
    pub observation: usize,
}

/// A supply or lead that exists but does not speak for this device, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aside {
    /// The base has a lead about the label.
    Lead {
        /// The label.
        label: Entity,
        /// Which of its leads.
        at: usize,
    },
    /// The label has this supply, but for other models.
    OtherModels {
        /// The label.
        label: Entity,
        /// Which of its supplies.
        at: usize,
    },
    /// The label had this supply at another time.
    OtherTime {
        /// The label.
        label: Entity,
        /// Which of its supplies.
        at: usize,
    },
}

/// Everything that the base has to say about one device's observations.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Read {
    /// The evidence.
    pub evidence: Vec<Evidence>,
    /// The label.
    pub label: Option<LabelRead>,
    /// What exists but does not speak for this device.
    pub asides: Vec<Aside>,
    /// What the model number says it is.
    pub class: Option<EquipmentClass>,
    /// Day of make or build, and the observation that says so.
    pub dated: Option<(Date, usize)>,
    /// Model numbers read otherwise than written: observation, reading.
    pub repaired: Vec<(usize, String)>,
}

/// Reads devices against a base; keeps its buffers.
#[derive(Debug)]
pub struct Reader<'b> {
    base: &'b Base,
    hits: Vec<u32>,
    /// The device at hand comes from a register: its firmware string was filed by a firm.
    filed: bool,
    /// The device at hand comes from a list that users made: paths and addresses in it have one
    /// cause, whoever wrote the line.
    listed: bool,
}

/// Stream addresses that are looked at in one manual.
const PATHS_MAX: usize = 64;

/// The family of all that a list made by users says of a device.
const LISTED: &str = Field::ListedPath.family();

impl<'b> Reader<'b> {
    /// A reader over a base.
    #[must_use]
    pub fn new(base: &'b Base) -> Self {
        Self { base, hits: Vec::new(), filed: false, listed: false }
    }

    /// What the base has to say about a device.
    #[must_use]
    pub fn read(&mut self, device: &Device) -> Read {
        self.filed = device.first(Field::Company).is_some();
        self.listed = device.first(Field::ListedPath).is_some();
        let mut read = Read::default();
        let mut models: Vec<(usize, String)> = Vec::new();
        for at in in_order(device) {
            let seen = &device.observations[at];
            match seen.field {
                Field::Label | Field::Company | Field::OnvifManufacturer => {
                    self.name(&mut read, at, seen.field, &seen.value);
                    self.fire(&mut read, at, seen.field, &seen.value, None);
                }
                Field::Product => {
                    let rest = self.product(&mut read, at, &seen.value);
                    models.push((at, glob::squeeze(rest)));
                }
                Field::Model => models.push((at, glob::squeeze(&seen.value))),
                Field::Mac => self.registrant(&mut read, at, &seen.value),
                Field::LabelManual => self.manual(&mut read, at, &seen.value),
                // A listed path has the same forms as one that a device answered.
                Field::ListedPath => {
                    for like in [Field::RtspPath, Field::HttpPath] {
                        self.fire_as(&mut read, at, like, seen.field, &seen.value, None);
                    }
                }
                Field::Serial | Field::Firmware => {
                    self.fire(&mut read, at, seen.field, &seen.value, None);
                    self.inside(&mut read, at, &seen.value, &mut models);
                }
                field => {
                    self.fire(&mut read, at, field, &seen.value, None);
                    for (derived, shape) in shape::derived(field) {
                        if let Some(order) = shape(&seen.value) {
                            self.fire(&mut read, at, *derived, &order, Some(&order));
                        }
                    }
                }
            }
        }
        self.outvoted(&mut read, device);
        self.models(&mut read, device, &models);
        self.supplies(&mut read, device, &models);
        read
    }

    fn name(&self, read: &mut Read, at: usize, field: Field, value: &str) {
        let Some((of, how)) = self.base.names.find(value) else { return };
        self.named(read, at, field, of, how);
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
        // The name on it comes before the name in a register or in its software.
        if read.label.is_none() {
            read.label = Some(LabelRead { of, how, observation: at });
        }
    }

    fn product<'v>(&mut self, read: &mut Read, at: usize, value: &'v str) -> &'v str {
        match self.base.names.split(value) {
            Some((of, rest)) => {
                self.named(read, at, Field::Product, of, NameMatch::Begins);
                rest
            }
            None => value,
        }
    }

    fn registrant(&mut self, read: &mut Read, at: usize, value: &str) {
        let Some(digits) = hex_digits(value) else { return };
        let base = self.base;
        if let Some(name) = base.registry.registrant(&digits) {
            self.fire(read, at, Field::MacRegistrant, name, Some(name));
        }
    }

    /// A manual speaks of the label's supply in general, so all it says is of the supply's family.
    /// The stream addresses in it have the same forms as those that a device answers.
    fn manual(&mut self, read: &mut Read, at: usize, value: &str) {
        self.fire(read, at, Field::LabelManual, value, None);
        let before = read.evidence.len();
        for path in stream_paths(value).take(PATHS_MAX) {
            self.fire_as(read, at, Field::RtspPath, Field::LabelManual, path, Some(path));
        }
        let mut seen: Vec<Feature> = Vec::new();
        let mut number = 0;
        read.evidence.retain(|one| {
            number += 1;
            let again = number > before && seen.contains(&one.feature);
            seen.extend((number > before).then_some(one.feature));
            !again
        });
    }

    /// Where a device carries address blocks of several firms, only the firm of most of them is
    /// believed. Blocks of radio modules and the label's own do not vote: they hide the maker.
    fn outvoted(&self, read: &mut Read, device: &Device) {
        let seen = device.observations.iter().enumerate();
        let macs = seen.filter(|(_, one)| one.field == Field::Mac);
        let macs: Vec<usize> = macs.map(|(at, _)| at).collect();
        if macs.len() < 2 {
            return;
        }
        let says_nothing = |at: &usize| {
            let mut on = read.evidence.iter().filter(|one| one.observation == *at);
            on.any(|one| matches!(one.role, Role::Component | Role::Label))
        };
        let voters = macs.iter().filter(|at| !says_nothing(at)).count();
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
        self.fire_as(read, at, field, field, value, from);
    }

    /// The same, where the signatures of one field are used for another.
    fn fire_as(
        &mut self,
        read: &mut Read,
        at: usize,
        signatures: Field,
        field: Field,
        value: &str,
        from: Option<&str>,
    ) {
        let listed = self.listed && field == Field::MacRegistrant || field == Field::ListedPath;
        self.base.fire(signatures, value, &mut self.hits);
        for hit in &self.hits {
            let signature = &self.base.signatures[*hit as usize];
            read.evidence.push(Evidence {
                observation: at,
                derived: from.map(str::to_owned),
                reason: Reason::Signature(*hit),
                role: signature.role,
                of: signature.of,
                polarity: signature.polarity,
                family: if listed { LISTED } else { field.family() },
                side: if listed || (self.filed && field == Field::Firmware) {
                    Side::Record
                } else {
                    field.side()
                },
                feature: Feature::Signature(*hit),
            });
            if read.class.is_none() {
                read.class = signature.class;
            }
        }
    }

    /// Model number and date inside a serial number or firmware string.
    fn inside(&self, read: &mut Read, at: usize, value: &str, models: &mut Vec<(usize, String)>) {
        for hit in &self.hits {
            let Some(form) = self.base.signatures[*hit as usize].date else { continue };
            if read.dated.is_none()
                && let Some(written) = self.base.group(*hit, value, "date")
                && let Some(date) = date(written, form)
            {
                read.dated = Some((date, at));
            }
            if models.is_empty()
                && let Some(model) = self.base.group(*hit, value, "model")
            {
                models.push((at, glob::squeeze(model)));
            }
        }
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
        let Some(facts) = self.base.facts.labels.get(self.base.id(label.of)) else { return };
        let Entity::Label(_) = label.of else { return };
        let leads = 0..facts.leads.len();
        read.asides.extend(leads.map(|at| Aside::Lead { label: label.of, at }));
        let models: Vec<&(usize, String)> =
            models.iter().filter(|(_, model)| !model.is_empty()).collect();
        for supply in self.base.supplies(label.of) {
            let words = &facts.supplies[supply.at];
            let day = device.installed.or(read.dated.map(|(day, _)| day));
            if day.is_some_and(|day| !in_time(day, words.from, words.until)) {
                read.asides.push(Aside::OtherTime { label: label.of, at: supply.at });
                continue;
            }
            let named = models.iter().find(|(at, model)| {
                let mut readings = glob::readings(written(device, *at, model));
                supply.names_model(model) || readings.any(|other| supply.names_model(&other))
            });
            // A supply of certain models says nothing of others, nor of the label as a whole.
            if named.is_none() && !supply.is_whole_label() {
                read.asides.push(Aside::OtherModels { label: label.of, at: supply.at });
                continue;
            }
            read.evidence.push(Evidence {
                observation: named.map_or(label.observation, |(at, _)| *at),
                derived: None,
                reason: Reason::Supply { label: label.of, at: supply.at, named: named.is_some() },
                role: Role::Design,
                of: supply.maker,
                polarity: Polarity::For,
                family: "supply",
                side: Side::Label,
                feature: supply_class(words.relation, words.support, named.is_some()),
            });
        }
    }
}

/// The paths of the stream addresses in a text.
fn stream_paths(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("rtsp://").filter_map(|(at, mark)| {
        let rest = text[at + mark.len()..].split(char::is_whitespace).next()?;
        let path = rest.get(rest.find('/')?..)?.trim_end_matches(['.', ',', ';', ')', '"']);
        (path.len() > 1).then_some(path)
    })
}

/// The observations in one order however they came: the name on it before the name in a register
/// or in its software, the model number before one inside a serial number.
fn in_order(device: &Device) -> Vec<usize> {
    let seen = &device.observations;
    let mut order: Vec<usize> = (0..seen.len()).collect();
    order.sort_by_key(|at| (seen[*at].field, seen[*at].value.as_str()));
    order
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

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The day that is written in this form, if it is one and not before there were such devices.
pub(crate) fn date(written: &str, form: DateForm) -> Option<Date> {
    let part = |from: usize, to: usize| written.get(from..to)?.parse::<i16>().ok();
    let mut parts = written.split(|c: char| !c.is_ascii_alphanumeric()).filter(|p| !p.is_empty());
    let (year, month, day) = match form {
        DateForm::Yymmdd => (2000 + part(0, 2)?, part(2, 4)?, part(4, 6)?),
        DateForm::Yyyymmdd => (part(0, 4)?, part(4, 6)?, part(6, 8)?),
        DateForm::Dashed if !written.contains(['-', '_']) => {
            let form = if written.len() > 6 { DateForm::Yyyymmdd } else { DateForm::Yymmdd };
            return date(written, form);
        }
        DateForm::Dashed => {
            let mut next = || parts.next()?.parse::<i16>().ok();
            (next()?, next()?, next()?)
        }
        DateForm::Words => {
            let month = MONTHS.iter().zip(1..).find(|(name, _)| parts.clone().next() == Some(name));
            let month = month?.1;
            let day = parts.nth(1)?.parse().ok()?;
            (parts.next()?.parse().ok()?, month, day)
        }
    };
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    (2000..2100).contains(&year).then_some(date)
}
