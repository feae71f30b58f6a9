//! Where output goes: standard output and standard error, colour only where it shows.

use std::io::{self, BufWriter, IsTerminal as _, Write};

use anstream::AutoStream;

use crate::cli::When;

/// Rows are written out in blocks of this many bytes.
const ROWS_BYTES: usize = 64 << 10;

/// The two streams of the program.
pub(crate) struct Out {
    /// Answers for people.
    pub(crate) answers: AutoStream<io::Stdout>,
    /// Answers for programs: no colour to take out, and many lines.
    pub(crate) rows: BufWriter<io::Stdout>,
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
            rows: BufWriter::with_capacity(ROWS_BYTES, io::stdout()),
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
        writeln!(self.answers, "{}", text.as_ref())
    }
}
