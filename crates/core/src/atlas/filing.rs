//! One product: who filed it, which form its firmware string has, and what else supports that.

use jiff::civil::Date;

use super::house::house;
use super::{Filer, day_of};
use crate::evidence::{Evidence, Reach, Read, Reason};
use crate::kb::index::IndexedSupply;
use crate::kb::schema::{Grade, MakerKind, Polarity, Reading, Relation};
use crate::kb::{Base, Entity, glob};
use crate::observation::{Device, Field};
use crate::report::clean;
use crate::role::Role;

/// What there is for a label and a family beside the form of the string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Support {
    /// A second named source names this very model, or a pattern that takes it in.
    Model,
    /// A second named source names the label, a line of it or its code in the string, but not
    /// this model.
    Label,
    /// The form of the firmware string alone: nobody is called the maker.
    StringOnly,
    /// One side contests the relation, in a supply or in words of its own.
    Disputed,
}

impl Support {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Model, Self::Label, Self::StringOnly, Self::Disputed];

    /// The word as printed and in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Label => "label",
            Self::StringOnly => "string only",
            Self::Disputed => "disputed",
        }
    }
}

/// What a label is to the family whose form it filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// The maker itself, under its own name.
    Own,
    /// A company or label of the same house.
    Kin,
    /// A firm known to make its own equipment: a likeness of form says nothing of it.
    Control,
    /// Another firm.
    Label,
}

impl Standing {
    /// The word as printed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Own => "own name",
            Self::Kin => "same house",
            Self::Control => "own equipment",
            Self::Label => "label",
        }
    }
}

/// The second source that speaks for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ground {
    /// A supply, by its place in the label's file.
    Supply(usize),
    /// A customer code inside the string, by the number of its signature.
    Code(u32),
}

/// A string with the form of one maker's firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form<'d> {
    /// The maker.
    pub family: Entity,
    /// The string as filed.
    pub string: &'d str,
    /// The grammar: a number of [`Base::signatures`].
    pub grammar: u32,
    /// What the label is to the family.
    pub standing: Standing,
    /// What supports it.
    pub support: Support,
    /// The second source, where there is one.
    pub ground: Option<Ground>,
}

/// What was filed as firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filed<'d> {
    /// Nothing.
    Nothing,
    /// A string of no form, or of several makers' forms: it belongs to nobody.
    Formless(&'d str),
    /// A string of one maker's form.
    Form(Form<'d>),
}

/// One product, read for the atlas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filing<'d> {
    /// Who stands for it.
    pub filer: Filer,
    /// The name as written.
    pub written: String,
    /// What was filed as firmware.
    pub filed: Filed<'d>,
}

/// Reads one product for the atlas; none, where it bears no name.
#[must_use]
pub fn file<'d>(base: &Base, device: &'d Device, read: &Read) -> Option<Filing<'d>> {
    let label = read.label.as_ref();
    let seen = label.map(|label| device.observations[label.observation].value.as_str());
    let written = seen
        .or_else(|| device.first(Field::Label))
        .or_else(|| device.first(Field::Company))
        .or_else(|| device.first(Field::OnvifManufacturer))?;
    // Free text names the model too; only the name is wanted.
    let free = label
        .filter(|label| device.observations[label.observation].field == Field::Product)
        .map(|label| base.name(label.of).to_owned());
    let written = free.unwrap_or_else(|| clean(written));
    if written.trim().is_empty() {
        return None;
    }
    let filer = label
        .map_or_else(|| Filer::Written(written.to_lowercase()), |label| Filer::Known(label.of));
    let filed = filed(base, device, read, &filer);
    Some(Filing { filer, written, filed })
}

fn filed<'d>(base: &Base, device: &'d Device, read: &Read, filer: &Filer) -> Filed<'d> {
    let Some(string) = device.first(Field::Firmware) else { return Filed::Nothing };
    let mut forms = read.evidence.iter().filter_map(|one| Some((one, form_of(base, one)?)));
    let Some((first, grammar)) = forms.next() else { return Filed::Formless(string) };
    if forms.any(|(one, _)| one.of != first.of) {
        return Filed::Formless(string);
    }
    let family = first.of;
    let standing = standing(base, filer, family, day_of(device));
    let (support, ground) = match (standing, filer) {
        (Standing::Label | Standing::Kin, Filer::Known(label)) => {
            support(base, device, read, *label, family)
        }
        _ => (Support::StringOnly, None),
    };
    let string = &device.observations[first.observation].value;
    Filed::Form(Form { family, string, grammar, standing, support, ground })
}

/// The number of the grammar, if this is a firmware string of a maker's form. What others copy
/// and what is thin belongs to nobody.
fn form_of(base: &Base, one: &Evidence) -> Option<u32> {
    let Reason::Signature(number) = one.reason else { return None };
    let signature = &base.signatures[number as usize];
    let speaks = signature.field == Field::Firmware
        && one.role == Role::Firmware
        && one.polarity == Polarity::For
        && matches!(one.of, Entity::Maker(_))
        && !signature.copied
        && signature.grade > Grade::Weak;
    speaks.then_some(number)
}

/// What the label is to the family.
fn standing(base: &Base, filer: &Filer, family: Entity, day: Option<Date>) -> Standing {
    let Filer::Known(of) = filer else { return Standing::Label };
    let (id, maker) = (base.id(*of), base.id(family));
    if id == maker {
        return Standing::Own;
    }
    if house(base, filer, family, day).is_some() {
        return Standing::Kin;
    }
    match base.facts.makers.get(id) {
        Some(firm) if matches!(of, Entity::Maker(_)) && firm.kind == MakerKind::Control => {
            Standing::Control
        }
        _ => Standing::Label,
    }
}

/// Whether a source is a second one: somebody read it, and it is not the register of the very
/// strings whose form is in question.
#[must_use]
pub fn is_second_source(base: &Base, id: &str) -> bool {
    let source = base.facts.sources.get(id);
    source.is_some_and(|source| !source.register && source.reading != Reading::Recalled)
}

/// What there is for this product beside the form of its string.
fn support(
    base: &Base,
    device: &Device,
    read: &Read,
    label: Entity,
    family: Entity,
) -> (Support, Option<Ground>) {
    let second = |sources: &[String]| sources.iter().any(|id| is_second_source(base, id));
    let mut found = None;
    for one in read.evidence.iter().filter(|one| one.of == family) {
        let Reason::Supply { label, at, reach } = one.reason else { continue };
        let named = reach > Reach::Label;
        let supply = base.supplies(label).iter().find(|supply| supply.at == at);
        let (Some(supply), Some(words)) = (supply, base.supply(label, at)) else { continue };
        if !named && !supply.is_whole_label() || !second(&words.sources) {
            continue;
        }
        let ground = Some(Ground::Supply(at));
        if words.relation == Relation::Disputed {
            return (Support::Disputed, ground);
        }
        let model = &device.observations[one.observation].value;
        let step = if named && names(supply, model) { Support::Model } else { Support::Label };
        // A source that names the model says more than one that names the label.
        if found.is_none_or(|(best, _)| step < best) {
            found = Some((step, ground));
        }
    }
    let code = || {
        let mut codes = read.evidence.iter().filter_map(|one| {
            let Reason::Signature(number) = one.reason else { return None };
            let signature = &base.signatures[number as usize];
            let names = signature.field == Field::Firmware && one.role == Role::Label;
            (names && one.of == label && second(&signature.sources)).then_some(number)
        });
        codes.next().map(|number| (Support::Label, Some(Ground::Code(number))))
    };
    found.or_else(code).unwrap_or((Support::StringOnly, None))
}

/// Whether a second source of the supply names the model as written, or as it may be read.
fn names(supply: &IndexedSupply, model: &str) -> bool {
    supply.is_named_elsewhere(&glob::squeeze(model))
        || glob::readings(model).any(|other| supply.is_named_elsewhere(&other))
}
