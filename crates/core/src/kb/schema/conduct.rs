//! The format of what is said of a company beside its equipment: shown, never weighed.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What kind of thing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConductKind {
    /// A body or paper looked into it and says what it found.
    Finding,
    /// A fund, buyer or government keeps the company out, or was advised to.
    Exclusion,
    /// A dispute before a court or an authority.
    Case,
    /// An official list names the company; what follows from it is a ruling, not this.
    Listing,
    /// Something said of the company that was taken back; kept, so that it is not said again.
    WithdrawnClaim,
}

impl ConductKind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [Self; 5] =
        [Self::Case, Self::Listing, Self::Exclusion, Self::Finding, Self::WithdrawnClaim];

    /// The word as written in a file and as printed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Finding => "finding",
            Self::Exclusion => "exclusion",
            Self::Case => "case",
            Self::Listing => "listing",
            Self::WithdrawnClaim => "withdrawn-claim",
        }
    }
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConductStatus {
    /// One side says it; nobody has decided.
    Alleged,
    /// Whoever had to decide it did.
    Decided,
    /// It stands on a list.
    Listed,
    /// Whoever said it took it back.
    Withdrawn,
    /// It was said, and the company says that it is not so.
    Denied,
}

impl ConductStatus {
    /// The word as written in a file and as printed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Alleged => "alleged",
            Self::Decided => "decided",
            Self::Listed => "listed",
            Self::Withdrawn => "withdrawn",
            Self::Denied => "denied",
        }
    }
}

/// `kb/conduct/<id>.toml`: a finding, exclusion, case, listing or withdrawn claim about makers
/// and labels. Nothing in it is evidence of who made a device.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conduct {
    /// What it is called, such as `Nebraska v. Lorex`.
    pub title: String,
    /// What kind of thing it is.
    pub kind: ConductKind,
    /// Ids of the makers and labels it is about.
    pub about: Vec<String>,
    /// Who says it.
    pub by: String,
    /// For a case: the court or authority, as far as the sources name it.
    #[serde(default)]
    pub court: Option<String>,
    /// When it was said, filed or took effect: year, year-month or full date.
    pub date: String,
    /// When it ended or was taken back, in the same form.
    #[serde(default)]
    pub until: Option<String>,
    /// How it stands. A listing may leave it out.
    #[serde(default)]
    pub status: Option<ConductStatus>,
    /// What is said, in one sentence of ours.
    pub says: String,
    /// What came of it, as far as known.
    #[serde(default)]
    pub outcome: Option<String>,
    /// Ids of `kb/sources`.
    pub sources: Vec<String>,
    /// The other side.
    #[serde(default, rename = "answer")]
    pub answers: Vec<Answer>,
    /// What a reader should mind.
    #[serde(default)]
    pub note: Option<String>,
    /// The day we took this file's word back, instead of deleting it.
    #[serde(default)]
    pub withdrawn: Option<Date>,
    /// Why we took it back.
    #[serde(default)]
    pub withdrawn_because: Option<String>,
}

/// What the other side says to it, restated.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Who answers.
    pub by: String,
    /// When, as far as known: year, year-month or full date.
    #[serde(default)]
    pub date: Option<String>,
    /// What it says, in one sentence of ours.
    pub says: String,
    /// Ids of `kb/sources`.
    pub sources: Vec<String>,
}

impl Conduct {
    /// How it stands; a listing stands on its list unless its file says otherwise.
    #[must_use]
    pub fn stands(&self) -> Option<ConductStatus> {
        let listed = self.kind == ConductKind::Listing;
        self.status.or(listed.then_some(ConductStatus::Listed))
    }

    /// Whether it is a case that nobody is known to have decided.
    #[must_use]
    pub fn is_open_case(&self) -> bool {
        self.kind == ConductKind::Case && self.stands() != Some(ConductStatus::Decided)
    }

    /// Whether somebody contests it: a case nobody decided, a denial, a claim taken back, or any
    /// answer of the other side.
    #[must_use]
    pub fn is_disputed(&self) -> bool {
        let open = matches!(
            self.stands(),
            Some(ConductStatus::Alleged | ConductStatus::Denied | ConductStatus::Withdrawn)
        );
        open || self.is_open_case() || !self.answers.is_empty() || self.withdrawn.is_some()
    }
}
