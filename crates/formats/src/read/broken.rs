//! Whether JSON of a form that is not known is whole, and where it breaks if it is not: what was
//! cut off on its way here may well have been of a form that is read.

use std::io::{self, Read};

use serde::de::IgnoredAny;
use serde_json::Deserializer;
use serde_json::error::Category;
use whomade_core::diagnostic::{Diagnostic, Severity};

use super::encoding::Text;
use super::report::Report;
use super::said;

/// Bytes that are looked at; what is whole as far as that is not called broken.
const BYTES_MAX: u64 = 64 << 20;

/// Where JSON breaks.
#[derive(Debug, PartialEq, Eq)]
struct Break {
    /// The line, counted from 1.
    line: usize,
    /// The column, counted from 1 in bytes as the parser counts them; 0: the line before is the
    /// last.
    column: usize,
    /// What was wrong there, in the parser's words; none where it only ends too early.
    why: Option<String>,
}

/// What is decoded, as the bytes of a stream again.
struct Decoded<R> {
    text: Text<R>,
    buffer: String,
    at: usize,
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.buffer.len() {
            self.buffer.clear();
            self.at = 0;
            if !self.text.fill(&mut self.buffer)? && self.buffer.is_empty() {
                return Ok(0);
            }
        }
        let read = (&self.buffer.as_bytes()[self.at..]).read(into)?;
        self.at += read;
        Ok(read)
    }
}

/// Finds where JSON breaks; nothing is kept of it, however deep or long it is.
///
/// # Errors
/// When it cannot be read.
fn find(input: impl Read) -> io::Result<Option<Break>> {
    let mut input = input.take(BYTES_MAX);
    let mut documents = Deserializer::from_reader(&mut input).into_iter::<IgnoredAny>();
    let error = documents.find_map(Result::err);
    drop(documents);
    let Some(error) = error else { return Ok(None) };
    let why = match error.classify() {
        // What ends at our own limit may go on behind it.
        Category::Eof if input.limit() == 0 => return Ok(None),
        Category::Eof => None,
        // Its own words end with the place.
        Category::Syntax | Category::Data => {
            let words = error.to_string();
            let end = words.rfind(" at line ").unwrap_or(words.len());
            Some(words[..end].to_owned())
        }
        Category::Io => return Err(error.into()),
    };
    Ok(Some(Break { line: error.line(), column: error.column(), why }))
}

/// Says where JSON breaks, or why it cannot be read. Tells whether something was said.
pub(super) fn tell(text: Text<impl Read>, report: &mut Report<'_>) -> bool {
    let Break { line, column, why } = match find(Decoded { text, buffer: String::new(), at: 0 }) {
        Ok(Some(found)) => found,
        Ok(None) => return false,
        Err(error) => {
            said::tell_read_error(&error, report);
            return true;
        }
    };
    let place = match column {
        // It ends with the line before.
        0 => format!("behind line {}", line - 1),
        _ => format!("in line {line}, column {column}"),
    };
    let mut said = match why {
        None => Diagnostic::new(
            "read/bad-json",
            format!("the content is JSON that ends too early, {place}: it looks cut off"),
        )
        .help("export or copy it again, whole"),
        Some(why) => Diagnostic::new(
            "read/bad-json",
            format!("the content is JSON that breaks {place}: {why}"),
        )
        .help("export it again; what was edited by hand may lack a comma, quote or bracket there"),
    };
    if !report.searched {
        said.severity = Severity::Error;
    }
    report.say_of_file(said);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<(usize, usize, Option<String>)> {
        find(text.as_bytes()).unwrap().map(|one| (one.line, one.column, one.why))
    }

    #[test]
    fn a_bracket_that_is_missing_is_found_where_the_text_ends() {
        assert_eq!(of("{\"a\": [1, 2"), Some((1, 11, None)));
        assert_eq!(of("{\"a\":\n\"b"), Some((2, 2, None)));
    }

    #[test]
    fn a_comma_that_is_missing_is_found_where_the_next_value_stands() {
        let (line, column, why) = of("[\n  1\n  2\n]").unwrap();
        assert_eq!((line, column), (3, 3));
        assert_eq!(why.as_deref(), Some("expected `,` or `]`"));
    }

    #[test]
    fn what_is_whole_is_not_broken_however_deep_or_often() {
        assert_eq!(of("{\"a\": 1}\n{\"a\": 2}\n"), None);
        let deep = "[".repeat(200_000) + &"]".repeat(200_000);
        assert_eq!(of(&deep), None);
    }
}
