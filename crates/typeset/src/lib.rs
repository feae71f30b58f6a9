//! Papers as PDF: tagged for readers who listen, with fonts inside, the same bytes for the same
//! paper. A paper is JSON as `whomade report --json` writes it; its text is data of the layout and
//! never a part of it, so that nothing in it is obeyed.

use std::fmt;

use serde_json::Value;

mod fonts;
mod shape;
mod world;

pub use fonts::Fonts;

/// Bytes of a paper.
pub const PAPER_BYTES_MAX: u64 = 64 << 20;
/// Pages of a paper.
pub const PAGES_MAX: usize = 5_000;
/// Rows of all tables together.
pub const ROWS_MAX: usize = 60_000;
/// The version of the shape of papers that is understood.
pub const VERSION: u64 = 1;

/// A paper that was set.
#[derive(Debug)]
pub struct Set {
    /// The PDF.
    pub pdf: Vec<u8>,
    /// Its pages.
    pub pages: usize,
    /// Characters that no font has: they stand there by their numbers, `[U+5927]`.
    pub missing: Vec<char>,
    /// Rows that were left out because there are too many.
    pub left_out: usize,
}

/// Why a paper was not set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// It is no paper.
    NoPaper(String),
    /// It has a newer shape.
    Newer(u64),
    /// It has more pages than anybody turns.
    TooLong(usize),
    /// The layout refused it: a fault of this program.
    Layout(String),
}

impl fmt::Display for Wrong {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPaper(why) => write!(out, "it is no paper: {why}"),
            Self::Newer(version) => {
                write!(out, "it has shape {version}, and this program knows up to {VERSION}")
            }
            Self::TooLong(pages) => write!(out, "it has {pages} pages; {PAGES_MAX} are the most"),
            Self::Layout(why) => write!(out, "it cannot be laid out: {why}"),
        }
    }
}

impl std::error::Error for Wrong {}

/// Sets a paper.
///
/// # Errors
/// When it is no paper, too long, or cannot be laid out.
pub fn typeset(text: &[u8], fonts: Fonts) -> Result<Set, Wrong> {
    let paper: Value =
        serde_json::from_slice(text).map_err(|wrong| Wrong::NoPaper(wrong.to_string()))?;
    match paper.get("v").and_then(Value::as_u64) {
        Some(version) if version > VERSION => return Err(Wrong::Newer(version)),
        Some(_) => {}
        None => return Err(Wrong::NoPaper("it has no version".to_owned())),
    }
    let mut shaped = shape::shape(&paper)?;
    let fonts = fonts.for_text(&shaped.letters);
    let missing = fonts.missing(&shaped.letters);
    // A letter that cannot be shown cannot be read out either: it stands there by its number.
    shaped.spell_out(&missing);
    let (pdf, pages) = world::set(&shaped, fonts)?;
    Ok(Set { pdf, pages, missing, left_out: shaped.left_out })
}
