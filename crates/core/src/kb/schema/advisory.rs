//! The format of advisories: which models with which firmware a vulnerability reaches, and what
//! fixes it. Nothing about how it is used stands in the base.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::EquipmentClass;

/// `kb/advisories/<id>.toml`: one vulnerability of one maker's firmware.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advisory {
    /// Its number, such as `CVE-2021-36260`.
    pub cve: String,
    /// What it is, in a few words of ours: what somebody may do, never how.
    pub title: String,
    /// Id of the maker whose firmware it lies in.
    pub maker: String,
    /// How the firmware versions of its ranges are written.
    pub form: VersionForm,
    /// The CVSS base score that a source prints.
    #[serde(default)]
    pub score: Option<f64>,
    /// The CVSS vector, as its source prints it.
    #[serde(default)]
    pub cvss: Option<String>,
    /// The day of the record or advisory.
    #[serde(default)]
    pub published: Option<Date>,
    /// Whether somebody read the ranges.
    pub grade: RangeGrade,
    /// What a model number may begin with that the list leaves out, such as `DH-`.
    #[serde(default)]
    pub prefix: Vec<String>,
    /// Where it lies in equipment other than cameras and recorders: in what.
    #[serde(default)]
    pub classes: Vec<EquipmentClass>,
    /// What a machine finds in the record's own field of affected products; absent: not looked.
    #[serde(default)]
    pub record: Option<RecordForm>,
    /// Ids of `kb/sources`.
    pub sources: Vec<String>,
    /// What it reaches, one entry for each range.
    #[serde(default)]
    pub affected: Vec<Affected>,
    /// Devices whose verdict follows from the text, the edges above all.
    #[serde(default, rename = "case")]
    pub cases: Vec<AdvisoryCase>,
    /// What a reader should mind.
    #[serde(default)]
    pub note: Option<String>,
    /// The day we withdrew it, instead of deleting it.
    #[serde(default)]
    pub withdrawn: Option<Date>,
    /// Why we withdrew it.
    #[serde(default)]
    pub withdrawn_because: Option<String>,
}

/// How firmware versions are written, as far as an order needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VersionForm {
    /// Numbers and often a day of build: `V5.4.0 build 160530`, `5.7.13_230822`.
    Build,
    /// Fields, of which the first three are the branch: `2.800.0000000.6.R.200314`.
    Fields,
    /// A platform, numbers that count inside it, and a day: `NVR-B3801.20.17.240507`.
    Platform,
    /// No order: only whole texts are compared.
    Whole,
}

/// Whether the ranges were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RangeGrade {
    /// In the record or the advisory.
    Read,
    /// Taken over from a catalogue by `whomade kb import advisories`; nobody here read it.
    Imported,
    /// Known from memory only: a lead, which decides nothing.
    Recalled,
}

/// What a machine can read out of a CVE record's own list of affected products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordForm {
    /// Nothing: product and version say `n/a`.
    Nothing,
    /// A sentence where a version should stand.
    Sentence,
    /// Single versions.
    Exact,
    /// A bound that can be compared.
    Range,
}

/// What follows once a firmware is later than all that is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum After {
    /// It is fixed there, or from `fixed` or `fixed_built` on where these are given.
    #[default]
    Fixed,
    /// The source says that later ones never had the fault.
    NotAffected,
    /// No fix is stated: it cannot be told.
    Unknown,
}

/// Models and the range of their firmware that is affected.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Affected {
    /// Patterns of model numbers: `*` any run, `#` a digit, `@` a letter, `?` a letter or digit.
    /// Where several entries match, the one that spells out most of the number counts.
    pub models: Vec<String>,
    /// Patterns that these entries do not mean.
    #[serde(default)]
    pub except: Vec<String>,
    /// Ids of the labels that the advisory names, or that published it themselves. Under another
    /// label a later build is only probably fixed.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The first affected version.
    #[serde(default)]
    pub from: Option<String>,
    /// The first version that is no longer affected.
    #[serde(default)]
    pub before: Option<String>,
    /// The last affected version.
    #[serde(default)]
    pub until: Option<String>,
    /// The first day of build that is affected.
    #[serde(default)]
    pub built_from: Option<Date>,
    /// The first day of build that is no longer affected.
    #[serde(default)]
    pub built_before: Option<Date>,
    /// The last day of build that is affected.
    #[serde(default)]
    pub built_until: Option<Date>,
    /// Only these versions are named.
    #[serde(default)]
    pub exact: Vec<String>,
    /// Every firmware is affected.
    #[serde(default)]
    pub all: bool,
    /// The models are named without any range: nothing can be told from the firmware.
    #[serde(default)]
    pub unstated: bool,
    /// Only some of these models are meant, and the source does not say which.
    #[serde(default)]
    pub some: bool,
    /// What follows after the range.
    #[serde(default)]
    pub after: After,
    /// The first fixed versions, one for each branch.
    #[serde(default)]
    pub fixed: Vec<String>,
    /// The first day of build that is fixed.
    #[serde(default)]
    pub fixed_built: Option<Date>,
    /// What a reader should mind.
    #[serde(default)]
    pub note: Option<String>,
}

impl Affected {
    /// The versions that it compares with.
    pub fn bounds(&self) -> impl Iterator<Item = &String> {
        self.from.iter().chain(&self.before).chain(&self.until).chain(&self.fixed)
    }

    /// Whether it says where the affected firmware ends.
    #[must_use]
    pub fn ends(&self) -> bool {
        self.before.is_some()
            || self.until.is_some()
            || self.built_before.is_some()
            || self.built_until.is_some()
    }
}

/// A device and the verdict that follows from the text.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdvisoryCase {
    /// The model number.
    pub model: String,
    /// The firmware version; empty: not known.
    #[serde(default)]
    pub firmware: String,
    /// Id of the label it is sold under, where that matters.
    #[serde(default)]
    pub label: Option<String>,
    /// The verdict.
    pub expect: Verdict,
}

/// Whether a vulnerability reaches a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The advisory's own range holds the firmware.
    Affected,
    /// The build is later than the maker's fix, but whoever relabelled the device published
    /// nothing, and may have left the fix out.
    ProbablyFixed,
    /// The firmware is at or after the fix.
    Fixed,
    /// The firmware is older than the fault, or is not of this maker at all.
    NotAffected,
    /// What is known of the device or of the advisory does not decide it.
    CannotTell,
}

impl Verdict {
    /// The words as printed.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::ProbablyFixed => "probably fixed",
            Self::Fixed => "fixed",
            Self::NotAffected => "not affected",
            Self::CannotTell => "cannot tell",
        }
    }

    /// The word as it stands in JSON and in tables of cases.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::ProbablyFixed => "probably_fixed",
            Self::Fixed => "fixed",
            Self::NotAffected => "not_affected",
            Self::CannotTell => "cannot_tell",
        }
    }
}

impl Affected {
    /// Its bounds in words, such as `before V5.5.800` and `built before 2021-06-28`; none when it
    /// has no bounds.
    #[must_use]
    pub fn in_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        words.extend(self.from.as_ref().map(|text| format!("from {text}")));
        words.extend(self.built_from.map(|day| format!("built from {day} on")));
        words.extend(self.before.as_ref().map(|text| format!("before {text}")));
        words.extend(self.until.as_ref().map(|text| format!("up to {text}")));
        words.extend(self.built_before.map(|day| format!("built before {day}")));
        words.extend(self.built_until.map(|day| format!("built up to {day}")));
        words
    }
}
