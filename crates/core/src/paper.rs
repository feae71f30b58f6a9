//! Papers: what was worked out, laid out for whoever must sign, answer or decide.
//!
//! A [`Paper`] is a title and blocks; a function for each paper composes it from [`Matter`]. What
//! nobody told is a visible blank that names whom to ask. Only what is probable or surer is
//! reported as found; what is possible stands under what is to be settled.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Serialize;

pub mod answer;
mod bound;
mod clocks;
mod common;
mod days;
mod device;
mod filled;
mod importer;
mod inquiry;
mod letter;
mod matter;
mod reach;
mod regime;
mod stated;
mod summary;
mod supplier;
mod transfer;

pub use answer::{Comparison, LetterRecord, compare, record};
pub use common::suppliers_of;
pub use device::device;
pub use filled::form;
pub use importer::importer;
pub use letter::letter;
pub use matter::{Item, Looked, Matter, Sample, Table};
pub use reach::{names_maker, not_asked, not_asked_words};
pub use stated::{is_channel, is_model_number};
pub use summary::summary;
pub use supplier::{like_suppliers, sold_by, supplier};
pub use transfer::{Exchange, Receiver, Sender, transfer};

/// The version of the shape of papers.
pub const VERSION: u32 = 1;

/// One paper.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Paper {
    /// The version of this shape.
    pub v: u32,
    /// What kind of paper it is, as typed: `far-52.204-25`, `summary`.
    pub kind: String,
    /// What stands small above the title.
    pub over: String,
    /// Title.
    pub title: String,
    /// One or two sentences under the title.
    pub lead: String,
    /// The day that was asked about.
    pub on: Date,
    /// With what it was made: program and base.
    pub made_with: String,
    /// Its blocks, in order.
    pub blocks: Vec<Block>,
}

/// A piece of a paper.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "block", rename_all = "snake_case")]
pub enum Block {
    /// A heading of a section.
    Heading {
        /// The words.
        text: String,
    },
    /// A heading inside a section.
    Subheading {
        /// The words.
        text: String,
    },
    /// Some sentences.
    Paragraph {
        /// The words.
        text: String,
    },
    /// Names and values.
    Facts {
        /// The pairs.
        facts: Vec<Fact>,
    },
    /// A table.
    Table {
        /// What it shows.
        caption: String,
        /// The headings.
        columns: Vec<String>,
        /// The cells, row by row; a blank is an empty cell to be filled in.
        rows: Vec<Vec<String>>,
    },
    /// Steps, or things to tick.
    Steps {
        /// The steps.
        steps: Vec<String>,
        /// Whether each has a box to tick.
        ticked: bool,
    },
    /// Somebody's words, with where they stand.
    Quote {
        /// The words.
        text: String,
        /// Where they stand.
        source: String,
    },
    /// A remark.
    Note {
        /// The words.
        text: String,
    },
    /// A picture: labelled bars, each of parts.
    Bars {
        /// What it shows.
        caption: String,
        /// The names of the parts, in order.
        parts: Vec<String>,
        /// The bars.
        bars: Vec<Bar>,
    },
    /// A picture that this program drew.
    Picture {
        /// What it shows.
        caption: String,
        /// The same in words, for whoever does not see it.
        alt: String,
        /// The drawing, as SVG of its own: nothing of the input stands in it unescaped.
        svg: String,
    },
    /// Large numbers side by side.
    Numbers {
        /// The numbers, each with its name.
        numbers: Vec<(u64, String)>,
    },
    /// Lines to sign on.
    Signature {
        /// What each line is for; a value that was told stands on it.
        lines: Vec<Fact>,
    },
    /// What follows begins on a new page.
    NewPage,
}

/// A name and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// The name.
    pub name: String,
    /// The value; absent: not known.
    pub value: Option<String>,
    /// Whom to ask for it, where it is not known; or what it rests on.
    pub hint: String,
    /// Whether whoever wants the paper wants it in any case.
    pub required: bool,
}

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bar {
    /// Its name.
    pub name: String,
    /// The numbers of its parts, in the order of the parts.
    pub numbers: Vec<u64>,
}

impl Fact {
    /// A value that is known.
    #[must_use]
    pub fn known(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: Some(value.into()), hint: String::new(), required: true }
    }

    /// A value that nobody told, and whom to ask.
    #[must_use]
    pub fn blank(name: impl Into<String>, ask: impl Into<String>) -> Self {
        Self { name: name.into(), value: None, hint: ask.into(), required: true }
    }

    /// The value, or a blank that names whom to ask.
    #[must_use]
    pub fn shown(&self) -> String {
        match (&self.value, self.hint.is_empty()) {
            (Some(value), _) => value.clone(),
            (None, true) => BLANK.to_owned(),
            (None, false) => format!("{BLANK} (not known: ask {})", self.hint),
        }
    }
}

/// What stands where somebody must write.
pub const BLANK: &str = "________";

/// Blocks as they are put together.
#[derive(Debug, Default)]
pub(crate) struct Blocks(
    pub(crate) Vec<Block>,
    /// The ids of the sources that the blocks name.
    BTreeSet<String>,
);

impl Blocks {
    /// Ids of sources as they are printed: whatever is named so stands among the sources.
    pub(crate) fn cite(&mut self, ids: &[String]) -> String {
        self.1.extend(ids.iter().cloned());
        ids.join(", ")
    }

    /// The ids named so far.
    pub(crate) fn cited(&self) -> &BTreeSet<String> {
        &self.1
    }

    pub(crate) fn heading(&mut self, text: impl Into<String>) {
        self.0.push(Block::Heading { text: text.into() });
    }

    pub(crate) fn subheading(&mut self, text: impl Into<String>) {
        self.0.push(Block::Subheading { text: text.into() });
    }

    pub(crate) fn paragraph(&mut self, text: impl Into<String>) {
        self.0.push(Block::Paragraph { text: text.into() });
    }

    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.0.push(Block::Note { text: text.into() });
    }

    pub(crate) fn facts(&mut self, facts: Vec<Fact>) {
        if !facts.is_empty() {
            self.0.push(Block::Facts { facts });
        }
    }

    pub(crate) fn steps(&mut self, steps: Vec<String>) {
        if !steps.is_empty() {
            self.0.push(Block::Steps { steps, ticked: false });
        }
    }

    pub(crate) fn ticks(&mut self, steps: Vec<String>) {
        if !steps.is_empty() {
            self.0.push(Block::Steps { steps, ticked: true });
        }
    }

    /// A table; none when it has no row. Columns that are empty in every row are left out unless
    /// somebody is to fill them in.
    pub(crate) fn table(
        &mut self,
        caption: impl Into<String>,
        columns: &[&str],
        rows: Vec<Vec<String>>,
    ) {
        if rows.is_empty() {
            return;
        }
        let columns = columns.iter().map(|one| (*one).to_owned()).collect();
        self.0.push(Block::Table { caption: caption.into(), columns, rows });
    }

    pub(crate) fn quote(&mut self, text: impl Into<String>, source: impl Into<String>) {
        self.0.push(Block::Quote { text: text.into(), source: source.into() });
    }
}
