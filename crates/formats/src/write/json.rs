//! What the writers of JSON formats share: a stream of objects in which nothing is left that a
//! terminal obeys, and names that follow from what they name.

use std::io::{self, Write};

use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::report::{clean_to, turns_text};

use super::format::Target;

/// Characters of a value of the input, where a format takes text for people.
pub(crate) const VALUE_CHARS_MAX: usize = 400;

/// The namespace of all ids that are made here, itself made of the program's name.
fn namespace() -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, b"whomade")
}

/// The id of something by its content: the same content has the same id, in every run, and no
/// other has it. Neither a clock nor chance is asked.
pub(crate) fn id_of(kind: &str, content: &[u8]) -> Uuid {
    let name = [kind.as_bytes(), b"\0", content].concat();
    Uuid::new_v5(&namespace(), &name)
}

/// A JSON file that is written piece by piece.
pub(crate) struct Stream {
    to: Target,
    hash: Sha256,
    /// Whether the list that is being written has an item already.
    follows: bool,
}

impl Stream {
    /// Begins a file with the text up to its first list.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn new(to: Target) -> Self {
        Self { to, hash: Sha256::new(), follows: false }
    }

    /// Writes text of the format itself.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.write_all(text.as_bytes())
    }

    /// Writes a value.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn value(&mut self, value: &Value) -> io::Result<()> {
        use serde::Serialize as _;
        value.serialize(&mut Serializer::with_formatter(&mut *self, Harmless))?;
        Ok(())
    }

    /// Begins a list under a key.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn list(&mut self, key: &str) -> io::Result<()> {
        self.follows = false;
        self.text(&format!("\"{key}\":["))
    }

    /// Writes an item of the list, on a line of its own.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn item(&mut self, value: &Value) -> io::Result<()> {
        self.text(if self.follows { ",\n" } else { "\n" })?;
        self.follows = true;
        self.value(value)
    }

    /// The id of what was written so far: of the content of the whole run.
    pub(crate) fn id(&self, kind: &str) -> Uuid {
        id_of(kind, &self.hash.clone().finalize())
    }

    /// Writes out what is left.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.to.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// JSON in whose strings characters that a terminal obeys stand as `\u009b`.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W>(&mut self, to: &mut W, text: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        let mut done = 0;
        for (at, c) in text.char_indices() {
            if c.is_control() || turns_text(c) || matches!(c, '\u{2028}' | '\u{2029}') {
                to.write_all(&text.as_bytes()[done..at])?;
                write!(to, "\\u{:04x}", u32::from(c))?;
                done = at + c.len_utf8();
            }
        }
        to.write_all(&text.as_bytes()[done..])
    }
}

/// What could not be read, as far as it is kept.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    /// Each in one line.
    pub(crate) lines: Vec<String>,
    /// So many more.
    pub(crate) more: u64,
}

impl Unread {
    /// Lines that are kept: of a file of bad lines each is told on standard error.
    const LINES_MAX: usize = 200;

    /// Takes what is said of the input; a note is no gap.
    pub(crate) fn said(&mut self, said: &Diagnostic) {
        if said.severity == Severity::Note {
            return;
        }
        if self.lines.len() >= Self::LINES_MAX {
            self.more += said.counts();
            return;
        }
        let place = said.place.as_ref().map(|place| match place.line {
            0 => format!(" ({})", place.source),
            line => format!(" ({}:{line})", place.source),
        });
        let line = format!("{}: {}{}", said.code, said.message, place.unwrap_or_default());
        self.lines.push(clean_to(&line, VALUE_CHARS_MAX));
    }

    /// Every line, and how many more there were.
    pub(crate) fn all(&self) -> impl Iterator<Item = String> {
        let more = (self.more > 0).then(|| format!("and {} more like these", self.more));
        self.lines.iter().cloned().chain(more)
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize as _;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_written_out_and_read_back() {
        let value = json!({ "a\u{9b}\"b\\": "x\u{202e}y\u{7f}\n\u{b0}\u{1f4f7}" });
        let mut out = Vec::new();
        value.serialize(&mut Serializer::with_formatter(&mut out, Harmless)).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.chars().any(|c| c.is_control() || turns_text(c)), "{text:?}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn an_id_follows_from_the_content() {
        assert_eq!(id_of("a", b"b"), id_of("a", b"b"));
        assert_ne!(id_of("a", b"b"), id_of("ab", b""));
        assert_eq!(id_of("a", b"b").get_version_num(), 5);
    }
}
