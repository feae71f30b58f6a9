//! What was said of a device: the types that evidence consists of.

use std::sync::Arc;

use compact_str::CompactString;
use jiff::civil::Date;

use crate::kb::Entity;
use crate::kb::names::NameMatch;
use crate::kb::schema::{EquipmentClass, Polarity};
use crate::observation::Side;
use crate::role::Role;

/// How far a supply reaches towards one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// It speaks of the label.
    Label,
    /// A pattern of it takes the model number in.
    Line,
    /// It names this very model.
    Model,
}

/// Why a piece of evidence says what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A signature or grammar, by its number in [`crate::kb::Base::signatures`].
    Signature(u32),
    /// A supply of a label, by its place in the label's file.
    Supply {
        /// The label.
        label: Entity,
        /// Which of its supplies.
        at: usize,
        /// How far it reaches towards this device.
        reach: Reach,
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

/// A text that was derived from an observation.
#[derive(Debug, Clone)]
pub enum Derived {
    /// One of few texts that many devices have.
    Shared(Arc<str>),
    /// The device's own.
    Own(CompactString),
}

impl std::ops::Deref for Derived {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Shared(text) => text,
            Self::Own(text) => text,
        }
    }
}

impl PartialEq for Derived {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Derived {}

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
    pub derived: Option<Derived>,
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

/// What stands inside a serial number or a firmware string, by one grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    /// The day of make or build.
    pub date: Option<Date>,
    /// The model number.
    pub model: Option<Arc<str>>,
}

/// Everything that the base has to say about one device's observations.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Read {
    /// The evidence.
    pub evidence: Vec<Evidence>,
    /// The label.
    pub label: Option<LabelRead>,
    /// What else stands on it, or in another register of the same device.
    pub other_labels: Vec<LabelRead>,
    /// What exists but does not speak for this device.
    pub asides: Vec<Aside>,
    /// What the model number says it is.
    pub class: Option<EquipmentClass>,
    /// Day of make or build, and the observation that says so.
    pub dated: Option<(Date, usize)>,
    /// Days and model numbers inside serial numbers and firmware strings, and where these stand.
    pub inside: Vec<(usize, Inside)>,
    /// Model numbers read otherwise than written: observation, reading.
    pub repaired: Vec<(usize, String)>,
}

impl Read {
    pub(super) fn clear(&mut self) {
        self.evidence.clear();
        self.label = None;
        self.other_labels.clear();
        self.asides.clear();
        self.class = None;
        self.dated = None;
        self.inside.clear();
        self.repaired.clear();
    }
}
