//! Where output goes: standard output and standard error, colour only where it shows.

use std::borrow::Cow;
use std::io::{self, BufWriter, IsTerminal as _, Write};

use anstream::AutoStream;
use whomade_core::report::turns_text;

use crate::cli::When;

/// Rows are written out in blocks of this many bytes.
const ROWS_BYTES: usize = 64 << 10;

/// The two streams of the program.
pub(crate) struct Out {
    /// Answers for people.
    pub(crate) answers: AutoStream<io::Stdout>,
    /// Answers for programs: no colour to take out, and many lines.
    pub(crate) rows: BufWriter<Shown>,
    /// Diagnostics and progress.
    pub(crate) aside: AutoStream<io::Stderr>,
    /// Whether only errors are said aside.
    pub(crate) quiet: bool,
}

impl Out {
    /// Opens the streams.
    pub(crate) fn new(when: When, quiet: bool) -> Self {
        let choice = match when {
            When::Auto => anstream::ColorChoice::Auto,
            When::Always => anstream::ColorChoice::Always,
            When::Never => anstream::ColorChoice::Never,
        };
        Self {
            answers: AutoStream::new(io::stdout(), choice),
            rows: BufWriter::with_capacity(ROWS_BYTES, Shown::new()),
            aside: AutoStream::new(io::stderr(), choice),
            quiet,
        }
    }

    /// How many columns a line may have.
    pub(crate) fn width() -> usize {
        let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        let terminal = || terminal_size::terminal_size_of(io::stdout()).map(|(wide, _)| wide.0);
        columns.or_else(|| terminal().map(usize::from)).unwrap_or(100).clamp(60, 140)
    }

    /// A sentence broken between words so that it fits a terminal behind `indent` columns. For
    /// anything but a terminal it stays one line, for `grep` to find.
    pub(crate) fn wrapped(text: &str, indent: usize) -> String {
        if !io::stdout().is_terminal() {
            return text.to_owned();
        }
        textwrap::fill(text, Self::width().saturating_sub(indent))
    }

    /// Writes a line of the answer.
    ///
    /// # Errors
    /// When the stream is closed.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> io::Result<()> {
        writeln!(self.answers, "{}", harmless(text.as_ref()))
    }
}

/// A text in which nothing is left that a terminal obeys and JSON allows raw: the control
/// characters from U+007F to U+009F and those that turn the direction of writing stand as
/// `\u009b`. They occur only within strings of JSON; in text for people they were replaced before.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    if !has_obeyed(text) {
        return Cow::Borrowed(text);
    }
    let obeyed = |c: char| {
        matches!(
            c,
            '\u{7f}'..='\u{9f}'
                | '\u{200e}' | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
    };
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if obeyed(c) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Whether one of those characters stands in a text, told by its bytes: they begin with one of
/// three, which hardly any text holds but for its quotation marks.
pub(crate) fn has_obeyed(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr3_iter(0x7f, 0xc2, 0xe2, bytes).any(|at| {
        matches!(
            bytes[at..],
            [0x7f, ..]
                | [0xc2, 0x80..=0x9f, ..]
                | [0xe2, 0x80, 0x8e | 0x8f | 0xa8..=0xae, ..]
                | [0xe2, 0x81, 0xa6..=0xa9, ..]
        )
    })
}

/// Standard output for rows. On a terminal a character that turns the direction of text is shown
/// as one that could not be; a file or a program gets it as it stands.
pub(crate) struct Shown {
    to: io::Stdout,
    terminal: bool,
}

impl Shown {
    fn new() -> Self {
        let to = io::stdout();
        Self { terminal: to.is_terminal(), to }
    }
}

impl Write for Shown {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.terminal {
            return self.to.write(bytes);
        }
        // The buffer before it writes whole rows nearly always; half a character is no text.
        let text = String::from_utf8_lossy(bytes).replace(turns_text, "\u{fffd}");
        self.to.write_all(text.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn what_a_terminal_obeys_is_written_out() {
        assert_eq!(harmless("LTS \u{b0} \u{2026}"), "LTS \u{b0} \u{2026}");
        let raw = serde_json::json!({ "label": "a\u{9b}31m\u{7f}\u{202e}b" }).to_string();
        let shown = harmless(&raw).into_owned();
        assert_eq!(shown, r#"{"label":"a\u009b31m\u007f\u202eb"}"#);
        let again: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(again["label"], "a\u{9b}31m\u{7f}\u{202e}b");
    }
}
