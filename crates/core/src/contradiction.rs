//! What does not fit together, as findings of their own: each with its kind, the observations it
//! lies between, and a sentence. Nothing here changes who is said to have made a device, but for
//! one rule: what carries everybody's banners is said to be nobody's.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::attribution::Design;
use crate::evidence::{Evidence, LabelRead, Read, Reason};
use crate::kb::schema::{Grade, MakerKind, Polarity};
use crate::kb::{Base, Entity, glob};
use crate::observation::{Device, Field, Record, Side};
use crate::report::clean;
use crate::role::Role;

/// A device whose own software speaks for so many makers is no product of any of them.
const EVERYBODYS_MIN: usize = 3;
/// Fields that people copy from stickers and menus into sheets.
const TYPED: [Field; 3] = [Field::Serial, Field::Firmware, Field::Model];
/// A model number shorter than this is contained in too many others to be compared.
const MODEL_CHARS_MIN: usize = 4;

/// What kind of contradiction it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContradictionKind {
    /// It carries the software signs of three or more makers, as a honeypot does.
    EverybodysBanners,
    /// The name on it stands for one maker, what the device itself says for another.
    LabelAgainstWire,
    /// The address block belongs to another maker or is another label's own.
    OuiAgainstLabel,
    /// The serial number or the firmware is younger than the record, or names another model.
    ModelAgainstSerialDate,
    /// A sign that others copy, without anything else of the maker it points to.
    CopiedSignAlone,
    /// Further evidence speaks for somebody else.
    TwoMakers,
    /// Two names stand on it, or two registers name it otherwise, and neither supplies the other.
    TwoLabels,
}

impl ContradictionKind {
    /// Every kind, gravest first.
    pub const ALL: [Self; 7] = [
        Self::EverybodysBanners,
        Self::LabelAgainstWire,
        Self::OuiAgainstLabel,
        Self::ModelAgainstSerialDate,
        Self::CopiedSignAlone,
        Self::TwoMakers,
        Self::TwoLabels,
    ];

    /// In a few words for somebody who reads it for the first time.
    #[must_use]
    pub const fn plain(self) -> &'static str {
        match self {
            Self::EverybodysBanners => "banners of many makers at once",
            Self::LabelAgainstWire => "the name against the device's own signs",
            Self::OuiAgainstLabel => "the name against the address block",
            Self::ModelAgainstSerialDate => "serial or firmware against model or date",
            Self::CopiedSignAlone => "a sign that others copy, alone",
            Self::TwoMakers => "signs of two makers",
            Self::TwoLabels => "two labels",
        }
    }

    /// Whether it leaves in doubt who made the device, and not only when or which model.
    #[must_use]
    pub const fn is_about_the_maker(self) -> bool {
        match self {
            Self::EverybodysBanners
            | Self::LabelAgainstWire
            | Self::OuiAgainstLabel
            | Self::TwoMakers => true,
            Self::ModelAgainstSerialDate | Self::CopiedSignAlone | Self::TwoLabels => false,
        }
    }

    /// The word as printed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::EverybodysBanners => "everybodys-banners",
            Self::LabelAgainstWire => "label-against-wire",
            Self::OuiAgainstLabel => "oui-against-label",
            Self::ModelAgainstSerialDate => "model-against-serial-date",
            Self::CopiedSignAlone => "copied-sign-alone",
            Self::TwoMakers => "two-makers",
            Self::TwoLabels => "two-labels",
        }
    }
}

impl std::fmt::Display for ContradictionKind {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.pad(self.word())
    }
}

/// Two things seen of one device that do not fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// What kind.
    pub kind: ContradictionKind,
    /// The observations it lies between: their places in [`Device::observations`], ascending.
    pub between: Vec<usize>,
    /// In one sentence without a full stop.
    pub says: String,
}

/// Everything about a device that does not fit together, gravest first.
#[must_use]
pub fn contradictions(
    base: &Base,
    device: &Device,
    read: &Read,
    design: &Design,
) -> Vec<Contradiction> {
    joined(&of_facts(base, device, read, design), of_values(base, device, read))
}

/// Both in their order.
#[must_use]
pub fn joined(of_facts: &[Contradiction], of_values: Vec<Contradiction>) -> Vec<Contradiction> {
    let mut found = of_values;
    found.extend_from_slice(of_facts);
    found.sort_by(|one, other| {
        (one.kind, &one.between, &one.says).cmp(&(other.kind, &other.between, &other.says))
    });
    found.dedup();
    found
}

/// What follows from which facts speak in which observations, whatever the values are.
#[must_use]
pub fn of_facts(base: &Base, device: &Device, read: &Read, design: &Design) -> Vec<Contradiction> {
    if read.evidence.is_empty() {
        return Vec::new();
    }
    let mut search = Search::new(base, device, read);
    let many = everybodys(base, read);
    if many.is_empty() {
        search.label_against_wire();
    } else {
        search.everybodys_banners(&many);
    }
    search.address_against_label();
    search.copied_alone();
    search.further(design);
    joined(&search.found, Vec::new())
}

/// What lies in the values themselves: the day or the model inside a serial number or a firmware
/// string against those of the record, and one name against another.
#[must_use]
pub fn of_values(base: &Base, device: &Device, read: &Read) -> Vec<Contradiction> {
    if read.inside.is_empty() && read.other_labels.is_empty() {
        return Vec::new();
    }
    let mut search = Search::new(base, device, read);
    search.serial_against_record();
    search.label_against_label();
    search.found
}

/// The makers for whom a device's own software speaks, if they are so many that it is likely a
/// honeypot or a laboratory device; else none. Addresses and serial numbers do not count, nor
/// signs that others copy, nor a value that speaks for several makers at once.
#[must_use]
pub fn everybodys(base: &Base, read: &Read) -> Vec<Entity> {
    let software = |one: &&Evidence| {
        one.side == Side::Device
            && !matches!(one.family, "mac" | "serial")
            && is_firm(base, one)
            && makes_devices(base, one.of)
    };
    let speaking: Vec<&Evidence> = read.evidence.iter().filter(software).collect();
    let alone = |one: &&&Evidence| {
        let mut same = speaking.iter().filter(|other| other.observation == one.observation);
        same.all(|other| other.of == one.of)
    };
    let makers: BTreeSet<Entity> = speaking.iter().filter(alone).map(|one| one.of).collect();
    if makers.len() < EVERYBODYS_MIN { Vec::new() } else { makers.into_iter().collect() }
}

/// Evidence for a maker's design or firmware that is worth contradicting.
fn is_firm(base: &Base, one: &Evidence) -> bool {
    let graded = match one.reason {
        Reason::Signature(number) => {
            let signature = &base.signatures[number as usize];
            !signature.copied && signature.grade > Grade::Weak
        }
        Reason::Supply { .. } | Reason::OwnName(_) => true,
    };
    graded && speaks(one)
}

fn speaks(one: &Evidence) -> bool {
    one.speaks_to_design() && one.polarity == Polarity::For
}

/// Whether somebody makes whole devices: platforms and chips are in many makers' devices.
fn makes_devices(base: &Base, of: Entity) -> bool {
    let maker = base.facts.makers.get(base.id(of));
    maker.is_some_and(|maker| matches!(maker.kind, MakerKind::Maker | MakerKind::Control))
}

/// What is searched, and what was found so far.
struct Search<'s> {
    base: &'s Base,
    device: &'s Device,
    read: &'s Read,
    found: Vec<Contradiction>,
    /// Who speaks in which observation, where that is said already.
    covered: BTreeSet<(Entity, usize)>,
}

impl<'s> Search<'s> {
    fn new(base: &'s Base, device: &'s Device, read: &'s Read) -> Self {
        Self { base, device, read, found: Vec::new(), covered: BTreeSet::new() }
    }

    fn say(&mut self, kind: ContradictionKind, between: &[usize], says: String) {
        let between: BTreeSet<usize> = between.iter().copied().collect();
        self.found.push(Contradiction { kind, between: between.into_iter().collect(), says });
    }

    /// Evidence by what stands on the label, in a record or in the base's supplies of the label.
    fn by_label(&self) -> Vec<&'s Evidence> {
        let named =
            |one: &&Evidence| matches!(one.reason, Reason::OwnName(_) | Reason::Supply { .. });
        let all = self.read.evidence.iter();
        all.filter(|one| speaks(one) && one.side != Side::Device).filter(named).collect()
    }

    /// Firm evidence by the device itself, but for its address.
    fn by_wire(&self) -> Vec<&'s Evidence> {
        let all = self.read.evidence.iter();
        let wire = all.filter(|one| one.side == Side::Device && one.family != "mac");
        wire.filter(|one| is_firm(self.base, one)).collect()
    }

    fn names(&self, of: impl IntoIterator<Item = Entity>) -> String {
        let of: BTreeSet<Entity> = of.into_iter().collect();
        let names: Vec<&str> = of.into_iter().map(|of| self.base.name(of)).collect();
        match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
            None => String::new(),
        }
    }

    fn fields(&self, of: &[usize]) -> String {
        let fields: BTreeSet<Field> =
            of.iter().map(|at| self.device.observations[*at].field).collect();
        let fields: Vec<&str> = fields.iter().map(|field| field.id()).collect();
        fields.join(", ")
    }

    /// What the label says, as the first half of a sentence.
    fn label_words(&self, label: &[&Evidence]) -> String {
        let makers = self.names(label.iter().map(|one| one.of));
        let own = label.iter().any(|one| matches!(one.reason, Reason::OwnName(_)));
        match &self.read.label {
            Some(of) if !own => {
                format!("it is entered as {}, which {makers} supplies", self.base.name(of.of))
            }
            _ => format!("it is entered as {makers}"),
        }
    }

    fn label_against_wire(&mut self) {
        let (label, wire) = (self.by_label(), self.by_wire());
        let agree = |one: &&&Evidence| label.iter().any(|other| self.base.kin(one.of, other.of));
        if label.is_empty() || wire.is_empty() || wire.iter().any(|one| agree(&one)) {
            return;
        }
        let makers: BTreeSet<Entity> = wire.iter().map(|one| one.of).collect();
        for of in makers {
            let seen = wire.iter().filter(|one| one.of == of).map(|one| one.observation);
            let seen: Vec<usize> = seen.collect();
            let (name, fields) = (self.base.name(of), self.fields(&seen));
            // What somebody typed into a sheet may be another device's; only a reply is its own.
            let typed = |at: &usize| TYPED.contains(&self.device.observations[*at].field);
            let theirs = if seen.iter().all(typed) {
                format!("what is given as its {fields} is of {name}’s form")
            } else {
                format!("what the device itself says is {name}’s ({fields})")
            };
            let says = format!("{}, but {theirs}", self.label_words(&label));
            self.covered.extend(seen.iter().map(|at| (of, *at)));
            self.covered.extend(label.iter().map(|one| (one.of, one.observation)));
            let between: Vec<usize> =
                seen.into_iter().chain(label.iter().map(|one| one.observation)).collect();
            self.say(ContradictionKind::LabelAgainstWire, &between, says);
        }
    }

    fn everybodys_banners(&mut self, makers: &[Entity]) {
        let seen = self.by_wire();
        let seen = seen.iter().filter(|one| makers.contains(&one.of));
        let between: Vec<usize> = seen.map(|one| one.observation).collect();
        let says = format!(
            "it carries the banners of {}, as a honeypot or a laboratory device does",
            self.names(makers.iter().copied())
        );
        self.say(ContradictionKind::EverybodysBanners, &between, says);
    }

    /// The makers who may stand behind a name: itself, or its supplies.
    fn behind(&self, of: Entity) -> Vec<Entity> {
        match of {
            Entity::Maker(_) => vec![of],
            Entity::Label(_) => self.base.supplies(of).iter().map(|one| one.maker).collect(),
        }
    }

    fn address_against_label(&mut self) {
        let Some(label) = self.read.label.clone() else { return };
        let behind = self.behind(label.of);
        let all = self.read.evidence.iter();
        let blocks: Vec<&Evidence> = all
            .filter(|one| one.family == "mac" && one.polarity == Polarity::For)
            .filter(|one| matches!(one.role, Role::Design | Role::Label) && one.of != label.of)
            .collect();
        for one in blocks {
            let own_block = one.role == Role::Label;
            // Of a label nothing is known, so that a maker's block contradicts nothing: it tells.
            if behind.is_empty() && !own_block {
                continue;
            }
            let theirs = self.behind(one.of);
            if theirs.iter().any(|of| behind.iter().any(|other| self.base.kin(*of, *other))) {
                continue;
            }
            let name = self.base.name(label.of);
            let says = if own_block {
                format!("it is entered as {name}, but its address block is {}’s own", {
                    self.base.name(one.of)
                })
            } else {
                format!(
                    "it is entered as {name}, but its address block is registered to {}",
                    one.derived.as_deref().map_or_else(|| self.names([one.of]), clean)
                )
            };
            self.covered.insert((one.of, one.observation));
            let between = [label.observation, one.observation];
            self.say(ContradictionKind::OuiAgainstLabel, &between, says);
        }
    }

    /// A name that is neither its maker's nor its supplier's beside the label.
    fn label_against_label(&mut self) {
        let read = self.read;
        let Some(label) = &read.label else { return };
        for other in &read.other_labels {
            if self.fit(label.of, other.of) {
                continue;
            }
            let named = |one: &LabelRead| {
                let of = self.device.observations[one.observation].at.of as usize;
                let place = self.device.records().nth(of).map(Record::place).unwrap_or_default();
                format!("{} ({})", self.base.name(one.of), clean(&place))
            };
            let says = format!("it is entered as {} and as {}", named(label), named(other));
            let between = [label.observation, other.observation];
            self.say(ContradictionKind::TwoLabels, &between, says);
        }
    }

    /// Whether two names fit together: a label and whoever supplies it, or a maker and its house.
    fn fit(&self, one: Entity, other: Entity) -> bool {
        let among = |of: Entity, name: Entity| {
            self.behind(of).into_iter().chain([of]).any(|maker| self.base.kin(maker, name))
        };
        among(one, other) || among(other, one)
    }

    fn serial_against_record(&mut self) {
        for (at, inside) in &self.read.inside {
            self.date_against_record(*at, inside.date);
            if let Some(model) = &inside.model {
                self.model_against_record(*at, model);
            }
        }
    }

    fn date_against_record(&mut self, at: usize, day: Option<Date>) {
        let seen = &self.device.observations[at];
        let (Some(day), Some(recorded)) = (day, self.device.installed) else { return };
        if day <= recorded {
            return;
        }
        let says = if seen.field == Field::Serial {
            format!(
                "its serial number gives {day} as the day of make, after {recorded}, the day \
                     of the record"
            )
        } else {
            format!(
                "its firmware was built on {day}, after {recorded}, the day of the record: \
                     it was updated since, or the day is another unit’s"
            )
        };
        self.say(ContradictionKind::ModelAgainstSerialDate, &[at], says);
    }

    fn model_against_record(&mut self, at: usize, inside: &str) {
        let models = self.device.observations.iter().enumerate();
        let models: Vec<(usize, &str)> = models
            .filter(|(_, seen)| seen.field == Field::Model)
            .map(|(at, seen)| (at, seen.value.as_str()))
            .collect();
        if models.iter().any(|(_, written)| same_model(inside, written)) {
            return;
        }
        // Of several the first by its letters, however they came.
        let Some((model, written)) = models.into_iter().min_by_key(|(_, written)| *written) else {
            return;
        };
        let says = format!(
            "its {} names the model {}, the record says {}",
            self.device.observations[at].field,
            clean(inside),
            clean(written)
        );
        self.say(ContradictionKind::ModelAgainstSerialDate, &[at, model], says);
    }

    fn copied_alone(&mut self) {
        let copied = |one: &Evidence| match one.reason {
            Reason::Signature(number) => self.base.signatures[number as usize].copied,
            _ => false,
        };
        let speaking: Vec<&Evidence> =
            self.read.evidence.iter().filter(|one| speaks(one)).collect();
        let makers: BTreeSet<Entity> = speaking.iter().map(|one| one.of).collect();
        for of in makers {
            let theirs: Vec<&&Evidence> = speaking.iter().filter(|one| one.of == of).collect();
            if !theirs.iter().all(|one| copied(one)) {
                continue;
            }
            let between: Vec<usize> = theirs.iter().map(|one| one.observation).collect();
            let says = format!(
                "only a sign that others copy speaks for {} ({}), and nothing else of it",
                self.base.name(of),
                self.fields(&between)
            );
            self.covered.extend(between.iter().map(|at| (of, *at)));
            self.say(ContradictionKind::CopiedSignAlone, &between, says);
        }
    }

    /// What speaks for somebody else than the leading maker and was not said yet.
    fn further(&mut self, design: &Design) {
        let Some(first) = design.ranked.first().map(|first| first.of) else { return };
        let against = design.against.iter().map(|at| &self.read.evidence[*at]);
        let open: Vec<&Evidence> =
            against.filter(|one| !self.covered.contains(&(one.of, one.observation))).collect();
        let makers: BTreeSet<Entity> = open.iter().map(|one| one.of).collect();
        for of in makers {
            let seen: Vec<usize> =
                open.iter().filter(|one| one.of == of).map(|one| one.observation).collect();
            let says = format!(
                "{} speaks for {}, other evidence for {}",
                self.fields(&seen),
                self.base.name(of),
                self.base.name(first)
            );
            let leading = self.read.evidence.iter().filter(|one| speaks(one) && one.of == first);
            let leading = leading.map(|one| one.observation);
            let between: Vec<usize> = leading.chain(seen.iter().copied()).collect();
            self.say(ContradictionKind::TwoMakers, &between, says);
        }
    }
}

/// Whether two model numbers are one, as people write them: blanks, dashes, a nought for an O, a
/// suffix more or less do not make another.
fn same_model(one: &str, other: &str) -> bool {
    let bare = |text: &str| -> String {
        let letters = glob::squeeze(text);
        let letters = letters.chars().filter(|c| c.is_alphanumeric());
        letters.map(|c| c.to_ascii_uppercase()).map(|c| if c == 'O' { '0' } else { c }).collect()
    };
    let (one, other) = (bare(one), bare(other));
    one.chars().count().min(other.chars().count()) < MODEL_CHARS_MIN
        || one.contains(&other)
        || other.contains(&one)
}
