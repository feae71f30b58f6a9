//! What a file of the knowledge base may say: one type for each kind of file.
//!
//! These types are the format. Every key is listed here with its meaning, unknown keys are
//! refused, and nothing in them is computed: the loader checks them, the index makes them fast.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::role::Role;

mod advisory;
mod conduct;
mod endpoint;
mod form;
mod law;

pub use advisory::{
    Advisory, AdvisoryCase, Affected, After, RangeGrade, RecordForm, Verdict, VersionForm,
};
pub use conduct::{Answer, Conduct, ConductKind, ConductStatus};
pub use endpoint::{Endpoint, HostLead, Port, Transport, is_domain};
pub use form::{FieldFrom, Form, FormField, FormPart, PaperKind};
pub use law::{
    Calendar, Case, Clock, ClockUnit, Conditions, ContextFile, ContextKey, ContextValue,
    Contradictory, Definition, Duty, Effect, Exception, Holiday, Look, MakerTest, NotBound, Preset,
    Provision, Recipient, Regime,
};

/// How well a fact is supported. It is a prior only; weights are fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Seen, but shared, copied or thin: it may tip a balance, it never leads alone for long.
    Weak,
    /// Usually right; others are known to carry it now and then.
    Medium,
    /// Rarely carried by anybody else.
    Strong,
    /// Written by the device itself in a form that only this maker's code writes.
    Structural,
}

/// How well a relation or a company fact is sourced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Support {
    /// A list, a user's remark, a likeness of pictures, a source that nobody names: a lead.
    Low,
    /// Specialist press, one technical proof, or a data set made from datasheets.
    Medium,
    /// The company's own statement, an official document, or proof from device or firmware.
    High,
}

/// What a maker is, for the person who reads its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MakerKind {
    /// Makes equipment that is also sold under other names.
    Maker,
    /// Makes equipment under its own name; here so that it is not taken for somebody else.
    Control,
    /// Makes chips or radio modules.
    Component,
    /// Gives a software platform or a cloud to others.
    Platform,
}

/// `kb/makers/<id>.toml`: a company that makes equipment.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maker {
    /// The name people use.
    pub name: String,
    /// The registered name.
    #[serde(default)]
    pub legal_name: Option<String>,
    /// Names in the local script.
    #[serde(default)]
    pub local_names: Vec<String>,
    /// Other spellings and former names, as they stand on papers and in registers.
    #[serde(default)]
    pub also: Vec<String>,
    /// Names under which the National Vulnerability Database files its products, where they are
    /// none of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cpe: Vec<String>,
    /// Country of the seat, ISO 3166-1 alpha-2.
    #[serde(default)]
    pub country: Option<String>,
    /// What it is.
    pub kind: MakerKind,
    /// Legal exposures that a regime may test for, such as `prc-national-intelligence-law`. They
    /// are our reading of the seat: the file's note says so, and who else reads it that way.
    #[serde(default)]
    pub subject_to: Vec<String>,
    /// Who owns it.
    #[serde(default, rename = "owner")]
    pub owners: Vec<Owner>,
    /// What the company itself says, shown beside what others say.
    #[serde(default, rename = "statement")]
    pub statements: Vec<Statement>,
    /// Ids of `kb/sources`.
    pub sources: Vec<String>,
    /// What a reader should mind.
    #[serde(default)]
    pub note: Option<String>,
}

/// One holder of a company or of a label.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// Name of the holder.
    pub holder: String,
    /// Id of the holder in `kb/makers`, when it has a file.
    #[serde(default)]
    pub maker: Option<String>,
    /// The stake in words, as the source gives it.
    #[serde(default)]
    pub stake: Option<String>,
    /// The share in percent, where the source names one number for these days; above 0 up to 100.
    #[serde(default)]
    pub percent: Option<f64>,
    /// What a reader should mind, such as how the first day is known.
    #[serde(default)]
    pub note: Option<String>,
    /// First day, if known.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day, if it ended.
    #[serde(default)]
    pub until: Option<Date>,
    /// Ids of `kb/sources`.
    pub sources: Vec<String>,
}

impl Owner {
    /// Whether it holds on that day, as far as the days are known.
    #[must_use]
    pub fn holds_on(&self, on: Date) -> bool {
        self.from.is_none_or(|from| on >= from) && self.until.is_none_or(|until| on <= until)
    }
}

/// A company's own words, restated.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// What it says, in one sentence of ours.
    pub says: String,
    /// When it said so, as far as known: year, year-month or full date.
    #[serde(default)]
    pub date: Option<String>,
    /// Whose part in it the company contests by saying so: ids of makers in a label's file, ids
    /// of labels in a maker's file. Empty: it contests nobody's part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputes: Vec<String>,
    /// Ids of `kb/sources`.
    pub sources: Vec<String>,
}

/// `kb/labels/<id>.toml`: a name that equipment is sold under.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// The name on the equipment.
    pub name: String,
    /// Other spellings, company names and former names under which it is listed.
    #[serde(default)]
    pub also: Vec<String>,
    /// Country of the label, ISO 3166-1 alpha-2.
    #[serde(default)]
    pub country: Option<String>,
    /// To whom the label belongs or belonged: shown, never weighed. Who owns a name has not
    /// thereby made what carries it.
    #[serde(default, rename = "owner", skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<Owner>,
    /// Who supplies it, for which models, when, says who.
    #[serde(default, rename = "supply")]
    pub supplies: Vec<Supply>,
    /// What is said of it without enough support: shown, never weighed.
    #[serde(default, rename = "lead")]
    pub leads: Vec<Lead>,
    /// What the label itself says.
    #[serde(default, rename = "statement")]
    pub statements: Vec<Statement>,
    /// What a reader should mind.
    #[serde(default)]
    pub note: Option<String>,
}

/// The kind of relation between a label and its supplier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// The maker's own name or sub-brand.
    Own,
    /// Sold under the label, made by the maker.
    Rebrand,
    /// Some lines only.
    Partial,
    /// Ended.
    Former,
    /// Said in an open case or contested by one side.
    Disputed,
}

/// One supply: maker → label, for models, from–until.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supply {
    /// Id of the maker.
    pub maker: String,
    /// The kind of relation.
    pub relation: Relation,
    /// Model numbers that the sources name or that follow their grammar: `*` any run,
    /// `#` a digit, `@` a letter. Empty: the sources speak of the label as a whole.
    #[serde(default)]
    pub models: Vec<String>,
    /// Of the models, those that a source names itself which is no register. It is asked for only
    /// where a register is among the sources: the other models then follow from strings that the
    /// register holds, and without a register every model is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named: Vec<String>,
    /// First day, if known.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day, if it ended.
    #[serde(default)]
    pub until: Option<Date>,
    /// How well it is supported. `low` is not a supply: write a `[[lead]]`.
    pub support: Support,
    /// Why we believe it, in one sentence of ours.
    pub why: String,
    /// Ids of `kb/sources`.
    pub sources: Vec<String>,
    /// Model numbers that really exist and belong to this supply.
    #[serde(default)]
    pub example: Vec<String>,
    /// Model numbers of the same label that do not.
    #[serde(default)]
    pub counter_example: Vec<String>,
    /// The day we withdrew it, instead of deleting it.
    #[serde(default)]
    pub withdrawn: Option<Date>,
    /// Why we withdrew it.
    #[serde(default)]
    pub withdrawn_because: Option<String>,
}

/// Something said of a label that may not support a finding.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lead {
    /// Id of the maker it points to.
    pub maker: String,
    /// Models it speaks of, if any.
    #[serde(default)]
    pub models: Vec<String>,
    /// Who says so, and why that is not enough.
    pub why: String,
    /// Ids of `kb/sources`.
    #[serde(default)]
    pub sources: Vec<String>,
    /// Its source cannot be named; `why` says what it is. A reader should see at once that nobody
    /// can look it up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unnamed: bool,
}

/// `kb/signatures/<field>.toml`: what a value of one observed field says.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureFile {
    /// The signatures on this field.
    #[serde(default, rename = "signature")]
    pub signatures: Vec<Signature>,
}

/// For or against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Polarity {
    /// It speaks for the claim.
    #[default]
    For,
    /// It speaks against the claim.
    Against,
}

/// What a signature claims: who stands in which role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The role.
    pub role: Role,
    /// Id of a maker, or of a label when the role is `label`.
    pub of: String,
}

/// Codes by which a maker's firmware names the customer it was built for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomerCode {
    /// Id of the maker whose firmware grammars find the code.
    pub of: String,
    /// The codes, as the group `customer` of such a grammar holds them.
    pub is: Vec<String>,
}

/// One pattern and what it claims.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Unique in the whole base; kebab-case.
    pub id: String,
    /// The value is one of these.
    #[serde(default)]
    pub equals: Vec<String>,
    /// The value begins with one of these.
    #[serde(default)]
    pub prefix: Vec<String>,
    /// The value holds one of these.
    #[serde(default)]
    pub contains: Vec<String>,
    /// The value matches this expression; only where nothing plainer will do.
    #[serde(default)]
    pub regex: Option<String>,
    /// Letters match in either case.
    #[serde(default)]
    pub ignore_case: bool,
    /// The value is a firmware version in which that maker's grammar finds one of these codes.
    #[serde(default)]
    pub customer: Option<CustomerCode>,
    /// What it claims.
    pub claim: Claim,
    /// For (the default) or against the claim.
    #[serde(default)]
    pub polarity: Polarity,
    /// A prior only.
    pub grade: Grade,
    /// Others are known to copy it: its weight is capped low.
    #[serde(default)]
    pub copied: bool,
    /// Why it says that, in a sentence of ours.
    pub why: String,
    /// Ids of `kb/sources`.
    pub sources: Vec<String>,
    /// Values that must match.
    pub example: Vec<String>,
    /// Values that must not match.
    pub counter_example: Vec<String>,
    /// Ids of other makers' signatures that may match the same examples, and why that is right
    /// is said in `why`.
    #[serde(default)]
    pub also_matches: Vec<String>,
    /// The day we withdrew it, instead of deleting it.
    #[serde(default)]
    pub withdrawn: Option<Date>,
    /// Why we withdrew it.
    #[serde(default)]
    pub withdrawn_because: Option<String>,
}

/// `kb/models/<maker>.toml`: how a maker numbers its models, serials and firmware.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Model-number grammars; they speak for the design.
    #[serde(default, rename = "model")]
    pub models: Vec<Grammar>,
    /// Serial-number grammars; they speak for the design.
    #[serde(default, rename = "serial")]
    pub serials: Vec<Grammar>,
    /// Firmware-version grammars; they speak for the firmware.
    #[serde(default, rename = "firmware")]
    pub firmwares: Vec<Grammar>,
}

/// What a device is, as far as its model number tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EquipmentClass {
    /// A camera of any form but thermal.
    Camera,
    /// A thermal camera, fever cameras among them.
    Thermal,
    /// A recorder, analogue or network.
    Recorder,
    /// A door station or indoor station.
    Intercom,
    /// An access or attendance terminal, a card or face reader, a door controller.
    AccessControl,

    /// A video encoder or decoder.
    Encoder,
    /// A number-plate camera.
    Anpr,
    /// Anything else: switch, server, accessory.
    Other,
}

/// The named groups that are read in a grammar's expression, and what they hold.
pub const GROUPS: [(&str, &str); 5] = [
    ("date", "the day of make or build"),
    ("model", "a model number inside a serial number or firmware version"),
    ("version", "the numbers of the version, in the order in which they count"),
    ("customer", "the code of the customer for whom the firmware was built"),
    ("branch", "the family of hardware or branch of code that has numbers of its own"),
];

impl EquipmentClass {
    /// What it is, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Camera => "a camera",
            Self::Thermal => "a thermal camera",
            Self::Recorder => "a recorder",
            Self::Intercom => "a door or indoor station",
            Self::AccessControl => "an access terminal, reader or controller",
            Self::Encoder => "an encoder or decoder",
            Self::Anpr => "a number-plate camera",
            Self::Other => "other equipment",
        }
    }

    /// Whether the class alone makes it video surveillance equipment, as laws use the words.
    /// Where it does not, the single device may still be: a terminal with a camera, a server.
    #[must_use]
    pub const fn is_video(self) -> bool {
        match self {
            Self::Camera | Self::Thermal | Self::Recorder | Self::Encoder | Self::Anpr => true,
            Self::Intercom | Self::AccessControl | Self::Other => false,
        }
    }
}

/// One grammar: a signature whose claim follows from the file it stands in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grammar {
    /// Unique in the whole base; kebab-case.
    pub id: String,
    /// The value is one of these.
    #[serde(default)]
    pub equals: Vec<String>,
    /// The value begins with one of these.
    #[serde(default)]
    pub prefix: Vec<String>,
    /// The value matches this expression. Its named groups are [`GROUPS`]; where alternatives or
    /// parts that do not adjoin need a group twice, the further ones are numbered: `version2`.
    #[serde(default)]
    pub regex: Option<String>,
    /// How `date` is written: `yyyymmdd`, `yymmdd`, `yyyy-mm-dd` or `mon dd yyyy`.
    #[serde(default)]
    pub date: Option<DateForm>,
    /// What such a model is.
    #[serde(default)]
    pub class: Option<EquipmentClass>,
    /// A prior only.
    pub grade: Grade,
    /// Who else writes numbers of this form.
    #[serde(default)]
    pub collision: Option<String>,
    /// Others are known to write it too: its weight is capped low.
    #[serde(default)]
    pub copied: bool,
    /// What it is, in a sentence of ours.
    pub why: String,
    /// Ids of `kb/sources`.
    pub sources: Vec<String>,
    /// Values that must match.
    pub example: Vec<String>,
    /// Values that must not match.
    pub counter_example: Vec<String>,
    /// Ids of other makers' signatures that may match the same examples.
    #[serde(default)]
    pub also_matches: Vec<String>,
    /// The day we withdrew it, instead of deleting it.
    #[serde(default)]
    pub withdrawn: Option<Date>,
    /// Why we withdrew it.
    #[serde(default)]
    pub withdrawn_because: Option<String>,
}

/// How a date is written inside a serial or firmware string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DateForm {
    /// `20200414`
    #[serde(rename = "yyyymmdd")]
    Yyyymmdd,
    /// `190701`
    #[serde(rename = "yymmdd")]
    Yymmdd,
    /// `2020-04-14`, `2020-4-14`, `2020_04_14`; without anything between `20200414` or `200414`
    #[serde(rename = "yyyy-mm-dd")]
    Dashed,
    /// `Feb 25 2015`
    #[serde(rename = "mon dd yyyy")]
    Words,
}

/// How a source of law or fact was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reading {
    /// Known from memory; nobody read it.
    Recalled,
    /// Known through somebody else's quotation.
    Quoted,
    /// A law firm, trade press, a data set, a code base: read, but not the origin.
    Secondary,
    /// The official text, the maker's own page or the device's own bytes: read.
    Primary,
}

impl Reading {
    /// The word as written in a file and as printed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Recalled => "recalled",
            Self::Quoted => "quoted",
            Self::Secondary => "secondary",
            Self::Primary => "primary",
        }
    }
}

/// `kb/sources/<id>.toml`: where a fact comes from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Title as people would look for it.
    pub title: String,
    /// Address.
    #[serde(default)]
    pub url: Option<String>,
    /// Author, court, agency or project.
    #[serde(default)]
    pub by: Option<String>,
    /// Date of the thing itself: year, year-month or full date.
    #[serde(default)]
    pub date: Option<String>,
    /// How it was read.
    pub reading: Reading,
    /// It is a register of what firms filed themselves: no second source for what is read out of
    /// its own strings.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub register: bool,
    /// What a reader should mind.
    #[serde(default)]
    pub note: Option<String>,
}
