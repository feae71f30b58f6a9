//! The format of forms: what a report, a representation or a return asks for, field by field.

use serde::{Deserialize, Serialize};

use super::{Conditions, Reading};

/// `kb/forms/<id>.toml`: one form that somebody has to fill in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// The id that people type; the file is named for it.
    pub id: String,
    /// Title.
    pub title: String,
    /// The paper that it stands on; several forms may share one.
    pub paper: PaperKind,
    /// How it is cited.
    pub citation: String,
    /// One plain sentence on what it is for.
    pub summary: String,
    /// Ids of the regimes whose rulings fill it in.
    pub regimes: Vec<String>,
    /// Who fills it in, where nobody said who asks: a preset of `--as`.
    #[serde(default)]
    pub preset: Option<String>,
    /// The form that the clocks of the regimes' duties name, such as `report.far_52_204_25`.
    #[serde(default)]
    pub clock: Option<String>,
    /// When it is asked for: context key → values; empty: always.
    #[serde(default)]
    pub when: Conditions,
    /// Ids of forms that stand on the same paper when their own `when` holds.
    #[serde(default)]
    pub beside: Vec<String>,
    /// How its words were read.
    pub reading: Reading,
    /// Its parts, in order.
    #[serde(rename = "part")]
    pub parts: Vec<FormPart>,
    /// Ids of `kb/sources`.
    pub sources: Vec<String>,
    /// What a reader should mind.
    #[serde(default)]
    pub note: Option<String>,
}

/// The kinds of paper that forms stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaperKind {
    /// What was found is told to whoever is owed it.
    Report,
    /// Somebody signs what is so and what is not.
    Representation,
    /// A waiver is asked for.
    Waiver,
    /// A survey or a request for information is answered.
    Return,
    /// Award money is accounted for.
    Grant,
    /// To whom devices send is put on record; made of captures, not of lists.
    TransferRecord,
}

impl PaperKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Report,
        Self::Representation,
        Self::Waiver,
        Self::Return,
        Self::Grant,
        Self::TransferRecord,
    ];

    /// The word as typed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Representation => "representation",
            Self::Waiver => "waiver",
            Self::Return => "return",
            Self::Grant => "grant",
            Self::TransferRecord => "transfer-record",
        }
    }
}

/// A part of a form: one report of two, one paragraph of a representation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormPart {
    /// The paragraph, such as `(d)(2)(i)`: unique in the form.
    pub id: String,
    /// Title.
    pub title: String,
    /// What it asks, in one or two sentences of ours.
    pub asks: String,
    /// The regimes of the form that answer this part; none: all of them.
    #[serde(default)]
    pub regimes: Vec<String>,
    /// How its words were read; none: as the form's.
    #[serde(default)]
    pub reading: Option<Reading>,
    /// Its fields, in order.
    #[serde(rename = "field")]
    pub fields: Vec<FormField>,
}

/// One field.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormField {
    /// The key of `--set`; unique in the part. Fields of one id share what was told.
    pub id: String,
    /// What stands before it.
    pub label: String,
    /// What belongs into it.
    pub help: String,
    /// Where its value comes from.
    pub from: FieldFrom,
    /// The context key whose value it is, where it comes from the context.
    #[serde(default)]
    pub key: Option<String>,
    /// Whether it is asked for each thing found, not once.
    #[serde(default)]
    pub each: bool,
    /// Whether the form wants it in any case.
    #[serde(default = "yes")]
    pub required: bool,
    /// Whom to ask for it.
    #[serde(default)]
    pub ask: Option<String>,
    /// Answers that may be ticked.
    #[serde(default)]
    pub offers: Vec<String>,
}

const fn yes() -> bool {
    true
}

/// Where the value of a field comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldFrom {
    /// Somebody tells it; no file can know it.
    Told,
    /// The context that the rules were told, by `key`.
    Context,
    /// The column that names who sold or installed it, else told.
    Supplier,
    /// The label as written.
    Label,
    /// The model number as written.
    Model,
    /// What sort of equipment it is, and how many.
    Description,
    /// Who is held to have produced it, and how surely.
    Producer,
    /// Where its record stands.
    Place,
    /// Whether anything is found: the word that is signed.
    Answer,
    /// How many devices there are.
    Total,
    /// How many devices each maker has.
    Makers,
    /// How many devices the rules name.
    Named,
    /// How many devices are of unknown make, or their makers only possible.
    Open,
    /// To whom devices were seen to send.
    Recipients,
    /// In which countries the addresses of those are registered.
    Countries,
    /// What was recorded.
    Captures,
    /// What each device exchanged.
    Senders,
    /// What captures cannot show.
    Unseen,
}

impl FieldFrom {
    /// Whether it speaks of one thing found, not of all.
    #[must_use]
    pub const fn is_of_a_device(self) -> bool {
        matches!(
            self,
            Self::Supplier
                | Self::Label
                | Self::Model
                | Self::Description
                | Self::Producer
                | Self::Place
        )
    }

    /// Whether its value comes out of captures.
    #[must_use]
    pub const fn is_of_captures(self) -> bool {
        matches!(
            self,
            Self::Recipients | Self::Countries | Self::Captures | Self::Senders | Self::Unseen
        )
    }

    /// Whether its value follows from the records or the context, so that nobody may tell
    /// another: what is signed beside it must not say that the records show it.
    #[must_use]
    pub const fn is_worked_out(self) -> bool {
        !matches!(self, Self::Told | Self::Supplier)
    }
}

impl FormField {
    /// Whether it is asked for each thing found.
    #[must_use]
    pub const fn is_each(&self) -> bool {
        self.each || self.from.is_of_a_device()
    }
}
