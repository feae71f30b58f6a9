//! How whoever designed a device stands to the name that it bears.

use serde::Serialize;

use crate::attribution::Design;
use crate::contradiction::Contradiction;
use crate::evidence::{Read, Reason};
use crate::kb::Base;
use crate::kb::schema::Relation;

/// How a device's maker stands to the name on it: what a reader of a summary must tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Somebody stands behind another's label, or behind none.
    Behind,
    /// The label is another name of the maker's own house: a sub-label, or the name it had.
    House,
    /// It bears the maker's own name.
    Own,
    /// The name and the rest of the record are of different makers. Who is right, the sheet or
    /// the device, the record itself does not tell.
    Contradictory,
    /// Nobody is known to have designed it.
    Unknown,
}

impl Standing {
    /// Every standing, in the order in which they are told.
    pub const ALL: [Self; 5] =
        [Self::Behind, Self::House, Self::Own, Self::Contradictory, Self::Unknown];

    /// The word as printed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Behind => "behind-another-label",
            Self::House => "another-name-of-its-maker",
            Self::Own => "own-name",
            Self::Contradictory => "contradictory",
            Self::Unknown => "unknown",
        }
    }

    /// The heading over such devices.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Behind => "Behind another label, or none",
            Self::House => "Under another name of the maker's own house",
            Self::Own => "Under the maker's own name",
            Self::Contradictory => "The record contradicts itself: look at the device first",
            Self::Unknown => "Unknown, and cleared of nothing",
        }
    }
}

/// How the maker of a device stands to its name.
#[must_use]
pub fn standing(
    base: &Base,
    read: &Read,
    design: &Design,
    contradictions: &[Contradiction],
) -> Standing {
    let candidates = design.candidates();
    if candidates.is_empty() {
        return Standing::Unknown;
    }
    if contradictions.iter().any(|one| one.kind.is_about_the_maker()) {
        return Standing::Contradictory;
    }
    let (Some(label), Some(of)) = (&read.label, design.stated()) else { return Standing::Behind };
    if label.of == of {
        return Standing::Own;
    }
    let own = read.evidence.iter().any(|one| match one.reason {
        Reason::Supply { label, at, .. } => {
            one.of == of && base.supply(label, at).is_some_and(|one| one.relation == Relation::Own)
        }
        _ => false,
    });
    if own || base.kin(label.of, of) { Standing::House } else { Standing::Behind }
}
