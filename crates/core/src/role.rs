//! The roles: separate answers, each with its own evidence.

use serde::{Deserialize, Serialize};

/// Who stands where behind a device. Never one field for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The name on it.
    Label,
    /// Who stands in a register for it: FCC grantee, CRA manufacturer, MAC registrant.
    RecordHolder,
    /// Whose hardware and platform it is: what people mean by "true maker".
    Design,
    /// Who assembled it; follows from the design unless a sourced fact says otherwise.
    Producer,
    /// Whose firmware runs on it.
    Firmware,
    /// Who owns the maker.
    Owner,
    /// Whose chip or radio module is inside.
    Component,
    /// Who operates the cloud it talks to.
    Cloud,
}

impl Role {
    /// Every role, in the order of reports: from the outside in.
    pub const ALL: [Self; 8] = [
        Self::Label,
        Self::RecordHolder,
        Self::Design,
        Self::Producer,
        Self::Firmware,
        Self::Owner,
        Self::Component,
        Self::Cloud,
    ];

    /// What it is for readers of a paper, in a few words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::RecordHolder => "holder in a register",
            Self::Design => "design",
            Self::Producer => "producer",
            Self::Firmware => "firmware",
            Self::Owner => "owner",
            Self::Component => "chip or radio",
            Self::Cloud => "operator of its cloud",
        }
    }

    /// The word as typed and printed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::RecordHolder => "record-holder",
            Self::Design => "design",
            Self::Producer => "producer",
            Self::Firmware => "firmware",
            Self::Owner => "owner",
            Self::Component => "component",
            Self::Cloud => "cloud",
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.word())
    }
}
