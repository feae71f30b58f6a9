//! Rounds over the same network held against each other: who is new, who is missed, who says
//! something else of itself.
//!
//! Only the thinking: who asks or listens, when, and where what is known is kept is told elsewhere.
//! What a round did not ask for it says nothing about: a device is missed only by a round that
//! asked for it to its end, and gone only when several in a row missed it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::attribution::Certainty;
use crate::baseline::Entry;

mod diff;
mod ledger;

pub use diff::{Change, Diff, Replaced, diff};
pub use ledger::{Known, Ledger, Missed, Presence, Round, Seen, Told, What, Who};

/// How a round learnt what it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manner {
    /// By asking each address: who does not answer is missed.
    Asked,
    /// By listening: who is silent may be there.
    Heard,
}

/// A maker, by id and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Maker {
    /// Id in the base.
    pub id: String,
    /// Name.
    pub name: String,
}

/// Whose hardware it is, as far as a ruling may rely on it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Conclusion {
    /// The makers that lead; none: nobody does.
    pub makers: Vec<Maker>,
    /// How surely.
    #[serde(with = "certainty")]
    pub certainty: Certainty,
}

impl Default for Conclusion {
    fn default() -> Self {
        Self { makers: Vec::new(), certainty: Certainty::Unknown }
    }
}

/// Something seen of a device that speaks for a maker.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sign {
    /// The field.
    pub field: String,
    /// Id of the maker.
    pub of: String,
    /// The fact that is relied on: file and id.
    pub fact: String,
    /// Its value, as far as there is room.
    pub value: String,
}

impl Sign {
    /// Whether it is the same sign, whatever its value is: a page has another date each time.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        (&self.field, &self.of, &self.fact) == (&other.field, &other.of, &other.fact)
    }
}

/// The ports of a device.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ports {
    /// Those that are open.
    pub open: Vec<u16>,
    /// Those that were looked at: of another nothing is known.
    pub asked: Vec<u16>,
    /// Whether it refused at one: it answers whoever asks, though nothing may be open.
    #[serde(default)]
    pub refuses: bool,
}

/// What one round saw of one device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sight {
    /// What tells it from others, with label and model.
    #[serde(with = "line")]
    pub entry: Entry,
    /// Whose hardware it is.
    pub maker: Conclusion,
    /// On what that rests.
    pub signs: Vec<Sign>,
    /// The versions of its firmware that it shows; none where it shows none.
    pub firmware: Vec<String>,
    /// Its ports, where all that belong to the round were looked at.
    pub ports: Option<Ports>,
    /// What is odd about how it behaves.
    pub odd: Vec<String>,
    /// Whether it shows something of a camera or of a maker.
    pub shows: bool,
    /// Whether the round ended while it was being asked: it may have more to show.
    pub partial: bool,
}

/// When a device was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Met {
    /// First.
    pub first: Timestamp,
    /// Last.
    pub last: Timestamp,
}

/// A certainty as its word.
mod certainty {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::Certainty;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    pub(super) fn serialize<S: Serializer>(one: &Certainty, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(one.word())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Certainty, D::Error> {
        let word = String::deserialize(from)?;
        Certainty::from_word(&word).ok_or_else(|| D::Error::custom("no certainty has that word"))
    }
}

/// An entry as the line of a baseline.
mod line {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::Entry;

    pub(super) fn serialize<S: Serializer>(one: &Entry, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&one.line())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Entry, D::Error> {
        let line = String::deserialize(from)?;
        Entry::parse(&line).ok_or_else(|| D::Error::custom("it is no line of a device"))
    }
}
