//! One product: who filed it, which form its firmware string has, and what else supports that.

use jiff::civil::Date;

use super::Filer;
use crate::evidence::{Evidence, Read, Reason};
use crate::kb::schema::{Grade, MakerKind, Owner, Polarity, Reading, Relation};
use crate::kb::{Base, Entity};
use crate::observation::{Device, Field};
use crate::report::clean;
use crate::role::Role;

/// What there is for a label and a family beside the form of the string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Support {
    /// A second named source names the models or the label.
    Supported,
    /// The form of the firmware string alone: nobody is called the maker.
    StringOnly,
    /// One side contests the relation, in a supply or in words of its own.
    Disputed,
}

impl Support {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Supported, Self::StringOnly, Self::Disputed];

    /// The words as printed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Supported => "supported",
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
    let standing = standing(base, filer, family, device.installed);
    let (support, ground) = match (standing, filer) {
        (Standing::Label | Standing::Kin, Filer::Known(label)) => {
            support(base, read, *label, family)
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
    let sub_label = base.supplies(*of).iter().any(|supply| {
        let words = base.supply(*of, supply.at);
        supply.maker == family && words.is_some_and(|words| words.relation == Relation::Own)
    });
    let owners = |id: &str| base.facts.makers.get(id).map_or(&[][..], |maker| &maker.owners);
    let owns = |holder: &str, held: &str| {
        owners(held).iter().any(|one| on(one, day) && one.maker.as_deref() == Some(holder))
    };
    let siblings = owners(id)
        .iter()
        .any(|one| on(one, day) && one.maker.as_deref().is_some_and(|holder| owns(holder, maker)));
    if sub_label || owns(id, maker) || owns(maker, id) || siblings {
        return Standing::Kin;
    }
    match base.facts.makers.get(id) {
        Some(firm) if matches!(of, Entity::Maker(_)) && firm.kind == MakerKind::Control => {
            Standing::Control
        }
        _ => Standing::Label,
    }
}

fn on(owner: &Owner, day: Option<Date>) -> bool {
    day.is_none_or(|day| {
        owner.from.is_none_or(|from| day >= from) && owner.until.is_none_or(|until| day <= until)
    })
}

/// Whether a source is a second one: somebody read it, and it is not the register of the very
/// strings whose form is in question.
#[must_use]
pub fn is_second_source(base: &Base, id: &str) -> bool {
    let source = base.facts.sources.get(id);
    source.is_some_and(|source| !source.register && source.reading != Reading::Recalled)
}

/// What there is for this product beside the form of its string.
fn support(base: &Base, read: &Read, label: Entity, family: Entity) -> (Support, Option<Ground>) {
    let second = |sources: &[String]| sources.iter().any(|id| is_second_source(base, id));
    let supplies = read.evidence.iter().filter(|one| one.of == family).filter_map(|one| {
        let Reason::Supply { label, at, named } = one.reason else { return None };
        let whole = || base.supplies(label).iter().any(|s| s.at == at && s.is_whole_label());
        let words = base.supply(label, at)?;
        (named || whole()).then_some((at, words))
    });
    let mut found = None;
    for (at, words) in supplies.filter(|(_, words)| second(&words.sources)) {
        if words.relation == Relation::Disputed {
            return (Support::Disputed, Some(Ground::Supply(at)));
        }
        found = found.or(Some(Ground::Supply(at)));
    }
    let code = || {
        let mut codes = read.evidence.iter().filter_map(|one| {
            let Reason::Signature(number) = one.reason else { return None };
            let signature = &base.signatures[number as usize];
            let names = signature.field == Field::Firmware && one.role == Role::Label;
            (names && one.of == label && second(&signature.sources)).then_some(number)
        });
        codes.next().map(Ground::Code)
    };
    match found.or_else(code) {
        Some(ground) => (Support::Supported, Some(ground)),
        None => (Support::StringOnly, None),
    }
}
