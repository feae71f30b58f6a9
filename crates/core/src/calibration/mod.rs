//! Where certainty comes from: labelled observations, the fit on them, and the score.

use std::collections::BTreeMap;

use crate::attribution::cause;
use crate::evidence::{CLASSES, Evidence, Feature, Reach, Read, Reader, Reason};
use crate::kb::glob;
use crate::kb::names::NameMatch;
use crate::kb::schema::{Polarity, Relation};
use crate::kb::{Base, Entity};
use crate::observation::{Device, Field, Observation, Side};
use crate::role::Role;
use crate::weights::feature_name;

pub mod fit;
pub mod score;
pub mod stability;

/// What a labelled observation is there for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// Its id.
    pub id: String,
    /// The device, model, thread or file that it shares with others.
    pub cluster: String,
    /// What sort of observation.
    pub kind: String,
    /// `rebadged`, `own_brand`, `control`, `unknown`, …
    pub role: String,
    /// Whether the statement rests on a rule that the program may itself use.
    pub weak: bool,
    /// The maker; absent: a control, or nobody knows.
    pub maker: Option<Entity>,
    /// For a control the maker that may be stated all the same, because it is its own.
    pub own: Option<Entity>,
}

impl Truth {
    /// Whether stating this maker is right.
    #[must_use]
    pub fn is(&self, stated: Entity) -> bool {
        self.maker == Some(stated) || self.own == Some(stated)
    }

    /// Whether stating anybody but its own maker is an accusation.
    #[must_use]
    pub fn is_accusable(&self) -> bool {
        matches!(self.role.as_str(), "control" | "unknown")
    }
}

/// A labelled device.
#[derive(Debug, Clone)]
pub struct Sample {
    /// What is known of it.
    pub truth: Truth,
    /// What was seen of it.
    pub device: Device,
}

/// A labelled device as the fit sees it: what spoke, and for whom. No raw text.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// What is known of it.
    pub truth: Truth,
    /// What spoke.
    pub signals: Vec<Spoke>,
}

/// A piece of evidence without its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spoke {
    /// What fired.
    pub feature: Feature,
    /// The maker it names.
    pub of: Entity,
    /// Its family.
    pub family: &'static str,
    /// Which of the values seen it rests on: what rests on one is one cause.
    pub cause: usize,
}

/// The weight of each example, so that a cluster counts one.
#[must_use]
pub fn cluster_weights<'t>(truths: impl Iterator<Item = &'t Truth> + Clone) -> Vec<f64> {
    let mut sizes: BTreeMap<&str, f64> = BTreeMap::new();
    for truth in truths.clone() {
        *sizes.entry(&truth.cluster).or_default() += 1.0;
    }
    truths.map(|truth| 1.0 / sizes[truth.cluster.as_str()]).collect()
}

/// Which maker a written name stands for, as truth: the maker itself, or the one whose own
/// name is also a label's.
#[must_use]
pub fn maker_named(base: &Base, written: &str) -> Option<Entity> {
    match base.names.find(written)?.0 {
        maker @ Entity::Maker(_) => Some(maker),
        // A label of a maker's own house names that maker, as its predecessor's name does.
        label => base.maker(base.id(label)).or_else(|| own_house(base, label)),
    }
}

/// The one maker whose own name or sub-brand a label is.
fn own_house(base: &Base, label: Entity) -> Option<Entity> {
    let is_own =
        |at: usize| base.supply(label, at).is_some_and(|words| words.relation == Relation::Own);
    let mut own = base.supplies(label).iter().filter(|one| is_own(one.at)).map(|one| one.maker);
    let first = own.next()?;
    own.all(|of| of == first).then_some(first)
}

/// What spoke in a device, for the fit.
#[must_use]
pub fn example(truth: &Truth, read: &Read) -> Example {
    let mut causes: Vec<usize> = Vec::new();
    let mut numbered = |at: usize| match causes.iter().position(|known| *known == at) {
        Some(number) => number,
        None => {
            causes.push(at);
            causes.len() - 1
        }
    };
    let signals = read.evidence.iter().filter(|one| one.speaks_to_design()).map(|one| Spoke {
        feature: one.feature,
        of: one.of,
        family: one.family,
        cause: numbered(cause(read, one)),
    });
    Example { signals: signals.collect(), truth: truth.clone() }
}

impl Example {
    /// What was read, as far as the fit needs it: the evidence without its text.
    #[must_use]
    pub fn read(&self) -> Read {
        let evidence = self.signals.iter().map(|Spoke { feature, of, family, cause }| {
            let reason = match feature {
                Feature::Signature(number) => Reason::Signature(*number),
                Feature::Class(0 | 1) => Reason::OwnName(NameMatch::Same),
                Feature::Class(class) => {
                    let reach = if matches!(class, 2 | 3) { Reach::Line } else { Reach::Label };
                    Reason::Supply { label: *of, at: 0, reach }
                }
            };
            Evidence {
                observation: *cause,
                derived: None,
                reason,
                role: Role::Design,
                of: *of,
                polarity: Polarity::For,
                family,
                side: side_of(family),
                feature: *feature,
            }
        });
        Read { evidence: evidence.collect(), ..Read::default() }
    }
}

/// On which side of the label a family of evidence lies.
fn side_of(family: &str) -> Side {
    let field = Field::ALL.iter().rev().find(|field| field.family() == family);
    field.map_or(Side::Label, |field| field.side())
}

/// Reads samples against a base.
#[must_use]
pub fn read_all(base: &Base, samples: &[Sample]) -> Vec<Read> {
    let mut reader = Reader::new(base);
    samples.iter().map(|sample| reader.read(&sample.device)).collect()
}

/// The same samples, the rows of one cluster as one device.
#[must_use]
pub fn by_cluster(samples: Vec<Sample>) -> Vec<Sample> {
    let mut joined: BTreeMap<String, Sample> = BTreeMap::new();
    for sample in samples {
        match joined.get_mut(&sample.truth.cluster) {
            Some(first) => {
                first.truth.weak &= sample.truth.weak;
                first.device.observations.extend(sample.device.observations);
            }
            None => _ = joined.insert(sample.truth.cluster.clone(), sample),
        }
    }
    joined.into_values().collect()
}

/// The device without what its label says: names of labels, and model numbers of their own.
/// What remains was written by the device or by its maker.
#[must_use]
pub fn mask_label(base: &Base, device: &Device) -> Device {
    let mut masked = device.clone();
    masked.observations.retain(|seen| !is_label_side(base, seen));
    for seen in &mut masked.observations {
        seen.value = without_names(base, &seen.value).into();
    }
    masked
}

/// Whether anything is left that the device itself said.
#[must_use]
pub fn keeps_device_clue(device: &Device) -> bool {
    device.observations.iter().any(|seen| seen.field.side() == Side::Device)
}

fn is_label_side(base: &Base, seen: &Observation) -> bool {
    match seen.field {
        Field::Label | Field::Company | Field::Product | Field::LabelManual => true,
        Field::Model => {
            let mut hits = Vec::new();
            base.fire(Field::Model, &glob::squeeze(&seen.value), &mut hits);
            hits.is_empty()
        }
        Field::OnvifManufacturer => base.names.find(&seen.value).is_some(),
        Field::Mac => {
            let digits = crate::kb::registry::hex_digits(&seen.value).unwrap_or_default();
            let Some(name) = base.registry.registrant(&digits) else { return false };
            let mut hits = Vec::new();
            base.fire(Field::MacRegistrant, name, &mut hits);
            hits.iter().any(|hit| base.signatures[*hit as usize].role == Role::Label)
        }
        _ => false,
    }
}

/// The device with a part of its clues taken away, the same part for the same device and seed.
#[must_use]
pub fn without_part(device: &Device, share: f64, seed: u64) -> Device {
    let mut thinned = device.clone();
    let mut at = 0_u64;
    thinned.observations.retain(|seen| {
        at += 1;
        let key = format!("{seed} {at} {} {}", seen.field, seen.value);
        let drawn = fit::fold(&key, 1 << 20) as f64 / f64::from(1 << 20);
        drawn >= share
    });
    thinned
}

/// Whether any value of the device stands as an example in the base.
#[must_use]
pub fn stands_in_base(base: &Base, device: &Device) -> bool {
    let facts = &base.facts;
    let signatures = facts.signatures.values().flat_map(|file| &file.signatures);
    let grammars = facts
        .models
        .values()
        .flat_map(|file| file.models.iter().chain(&file.serials).chain(&file.firmwares));
    let supplies = facts.labels.values().flat_map(|label| &label.supplies);
    let mut examples = signatures
        .flat_map(|one| &one.example)
        .chain(grammars.flat_map(|one| &one.example))
        .chain(supplies.flat_map(|one| &one.example));
    examples.any(|example| device.observations.iter().any(|seen| seen.value == *example))
}

/// Cuts the names of all labels out of a text.
fn without_names(base: &Base, text: &str) -> String {
    const NAME_CHARS_MIN: usize = 4;
    let mut out = text.to_owned();
    for label in base.facts.labels.values() {
        for name in std::iter::once(&label.name).chain(&label.also) {
            if name.len() < NAME_CHARS_MIN {
                continue;
            }
            let name = name.to_ascii_lowercase();
            while let Some(at) = out.to_ascii_lowercase().find(&name) {
                out.replace_range(at..at + name.len(), "");
            }
        }
    }
    out
}

/// The heading of `features.tsv`.
pub const FEATURES_HEADING: &str = "id\tcluster\tkind\trole\tstrength\tmaker\town\tsignals";

/// An example as a line of `features.tsv`.
#[must_use]
pub fn to_line(base: &Base, example: &Example) -> String {
    let truth = &example.truth;
    let id = |of: Option<Entity>| of.map_or("", |of| base.id(of));
    let signals: Vec<String> = example
        .signals
        .iter()
        .map(|Spoke { feature, of, family, cause }| {
            format!("{}>{}@{family}#{cause}", feature_name(base, *feature), base.id(*of))
        })
        .collect();
    let strength = if truth.weak { "weak" } else { "strong" };
    [
        &truth.id,
        &truth.cluster,
        &truth.kind,
        &truth.role,
        strength,
        id(truth.maker),
        id(truth.own),
        &signals.join(" "),
    ]
    .join("\t")
}

/// Reads a line of `features.tsv`. Signals of features that the base no longer has are left out.
#[must_use]
pub fn from_line(base: &Base, line: &str) -> Option<Example> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [id, cluster, kind, role, strength, maker, own, signals] = cells[..] else { return None };
    let truth = Truth {
        id: id.to_owned(),
        cluster: cluster.to_owned(),
        kind: kind.to_owned(),
        role: role.to_owned(),
        weak: strength == "weak",
        maker: base.maker(maker),
        own: base.maker(own),
    };
    let signals = signals.split(' ').filter_map(|signal| signal_of(base, signal)).collect();
    Some(Example { truth, signals })
}

fn signal_of(base: &Base, written: &str) -> Option<Spoke> {
    let (name, rest) = written.split_once('>')?;
    let (maker, rest) = rest.split_once('@')?;
    let (family, cause) = rest.split_once('#')?;
    let mut families = Field::ALL.iter().map(|field| field.family()).chain(["supply"]);
    Some(Spoke {
        feature: feature_named(base, name)?,
        of: base.maker(maker)?,
        family: families.find(|one| *one == family)?,
        cause: cause.parse().ok()?,
    })
}

/// The feature of that name, as it stands in the calibration files.
fn feature_named(base: &Base, name: &str) -> Option<Feature> {
    if let Some(class) = CLASSES.iter().position(|class| *class == name) {
        return Some(Feature::Class(u8::try_from(class).ok()?));
    }
    let number = base.signatures.binary_search_by(|one| one.id.as_str().cmp(name)).ok()?;
    Some(Feature::Signature(u32::try_from(number).ok()?))
}
