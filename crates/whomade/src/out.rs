//! Where output goes: standard output and standard error, colour only where it shows.

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
        let text = text.as_ref();
        if io::stdout().is_terminal() && text.contains(turns_text) {
            return writeln!(self.answers, "{}", text.replace(turns_text, "\u{fffd}"));
        }
        writeln!(self.answers, "{text}")
    }
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
