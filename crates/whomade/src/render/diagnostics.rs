//! Diagnostics as people read them, pointing at the bytes; and as JSON.

use std::io::{self, Write};
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::json;
use whomade_core::diagnostic::{Diagnostic, Place, Severity};
use whomade_core::report::clean;

use crate::out::Out;

/// A line longer than this is shown around the place only.
const SHOWN_BYTES_MAX: usize = 160;

/// The renderer: plain or styled is decided by the stream behind it.
pub(crate) fn renderer() -> Renderer {
    Renderer::styled().term_width(Out::width())
}

/// Writes a diagnostic.
///
/// # Errors
/// When the stream is closed.
pub(crate) fn write(out: &mut dyn Write, said: &Diagnostic) -> io::Result<()> {
    let level = match said.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let shown = said.place.as_deref().map(Shown::of);
    let mut group = level
        .primary_title(clean(&said.message))
        .id(said.code)
        .elements(shown.iter().filter(|shown| shown.line > 0).map(Shown::snippet));
    if let Some(shown) = shown.iter().find(|shown| shown.line == 0) {
        group = group.element(annotate_snippets::Origin::path(shown.path.clone()));
    }
    for note in &said.notes {
        group = group.element(Level::NOTE.message(clean(note)));
    }
    if let Some(help) = &said.help {
        group = group.element(Level::HELP.message(clean(help)));
    }
    let groups: [Group<'_>; 1] = [group];
    writeln!(out, "{}\n", renderer().render(&groups))
}

/// A place made fit to be shown: no control bytes, no line that fills the screen.
pub(crate) struct Shown {
    /// The file.
    pub(crate) path: String,
    /// The line, from 1; 0: the whole file.
    pub(crate) line: u64,
    /// The text.
    pub(crate) text: String,
    /// What is marked, with what is said of it.
    pub(crate) marks: Vec<(Range<usize>, String)>,
}

impl Shown {
    fn of(place: &Place) -> Self {
        let marks = vec![(place.span.clone(), place.label.clone())];
        Self::new(&place.source, place.line, &place.text, marks)
    }

    /// Prepares a text and its marks.
    pub(crate) fn new(
        path: &str,
        line: u64,
        text: &str,
        marks: Vec<(Range<usize>, String)>,
    ) -> Self {
        let (text, marks) = visible(text, marks);
        let (text, marks) = window(text, marks);
        Self { path: clean(path), line, text, marks }
    }

    /// The snippet; the first mark is the primary one.
    pub(crate) fn snippet(&self) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
        let kinds = std::iter::once(AnnotationKind::Primary)
            .chain(std::iter::repeat(AnnotationKind::Context));
        let marks = self.marks.iter().zip(kinds).map(|((span, label), kind)| {
            let mark = kind.span(span.clone());
            if label.is_empty() { mark } else { mark.label(label.as_str()) }
        });
        Snippet::source(self.text.as_str())
            .line_start(usize::try_from(self.line).unwrap_or(1))
            .path(self.path.as_str())
            .annotations(marks)
    }
}

/// The text with control bytes made visible; marks move with what they mark.
fn visible(
    text: &str,
    marks: Vec<(Range<usize>, String)>,
) -> (String, Vec<(Range<usize>, String)>) {
    let mut out = String::with_capacity(text.len());
    let mut moved = vec![0; text.len() + 1];
    for (at, c) in text.char_indices() {
        moved[at..at + c.len_utf8()].fill(out.len());
        match c {
            '\t' => out.push_str("    "),
            c => out.push_str(&clean(c.encode_utf8(&mut [0; 4]))),
        }
    }
    moved[text.len()] = out.len();
    let marks = marks
        .into_iter()
        .map(|(span, label)| {
            let start = moved[span.start.min(text.len())];
            (start..moved[span.end.min(text.len())].max(start), label)
        })
        .collect();
    (out, marks)
}

/// The part of a long line around its marks.
fn window(
    text: String,
    marks: Vec<(Range<usize>, String)>,
) -> (String, Vec<(Range<usize>, String)>) {
    if text.len() <= SHOWN_BYTES_MAX {
        return (text, marks);
    }
    let first = marks.iter().map(|(span, _)| span.start).min().unwrap_or(0);
    let mut from = first.saturating_sub(SHOWN_BYTES_MAX / 4);
    let mut until = (from + SHOWN_BYTES_MAX).min(text.len());
    while !text.is_char_boundary(from) {
        from -= 1;
    }
    while !text.is_char_boundary(until) {
        until += 1;
    }
    let (before, after) =
        (if from > 0 { "…" } else { "" }, if until < text.len() { "…" } else { "" });
    let shift = before.len();
    let shown = format!("{before}{}{after}", &text[from..until]);
    let marks = marks
        .into_iter()
        .filter(|(span, _)| span.start < until)
        .map(|(span, label)| (span.start - from + shift..span.end.min(until) - from + shift, label))
        .collect();
    (shown, marks)
}

/// A diagnostic as JSON.
pub(crate) fn json(said: &Diagnostic) -> serde_json::Value {
    let place = said.place.as_deref().map(|place| {
        json!({
            "file": place.source.as_ref(),
            "line": place.line,
            "text": place.text,
            "span": [place.span.start, place.span.end],
        })
    });
    json!({
        "code": said.code,
        "severity": said.severity.word(),
        "message": said.message,
        "place": place,
        "notes": said.notes,
        "help": said.help,
    })
}
