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

/// What stands for the parts of a line that are not shown.
const ELIDED: &str = "…";

/// The parts of a long line around its marks. Marks that stand far apart have a part each, with
/// what lies between them left out.
fn window(
    text: String,
    marks: Vec<(Range<usize>, String)>,
) -> (String, Vec<(Range<usize>, String)>) {
    if text.len() <= SHOWN_BYTES_MAX {
        return (text, marks);
    }
    let (mut shown, mut moved) = (String::new(), Vec::new());
    // Bytes of the text before each part that are shown or stand as one sign.
    let mut parts: Vec<(Range<usize>, usize)> = Vec::new();
    for part in parts_of(&text, &marks) {
        if part.start > 0 {
            shown.push_str(ELIDED);
        }
        parts.push((part.clone(), shown.len()));
        shown.push_str(&text[part]);
    }
    if parts.last().is_some_and(|(part, _)| part.end < text.len()) {
        shown.push_str(ELIDED);
    }
    for (span, label) in marks {
        let part =
            parts.iter().find(|(part, _)| part.contains(&span.start) || part.end == span.end);
        let Some((part, at)) = part else { continue };
        let end = span.end.min(part.end);
        moved.push((span.start - part.start + at..end - part.start + at, label));
    }
    (shown, moved)
}

/// The parts of a text that are shown around its marks, in their order.
fn parts_of(text: &str, marks: &[(Range<usize>, String)]) -> Vec<Range<usize>> {
    let mut spans: Vec<&Range<usize>> = marks.iter().map(|(span, _)| span).collect();
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let first = spans.first().map_or(0, |span| span.start);
    let last = spans.iter().map(|span| span.end).max().unwrap_or(0);
    let before = SHOWN_BYTES_MAX / 4;
    let from = first.saturating_sub(before);
    if last <= from + SHOWN_BYTES_MAX || spans.len() < 2 {
        return vec![whole_signs(text, from..from + SHOWN_BYTES_MAX)];
    }
    // So much around each that two of them are shown in the place of one; what lies between two is
    // left out only where that is worth a sign.
    let (around, longest) = (before / 4, SHOWN_BYTES_MAX / 4);
    let mut parts: Vec<Range<usize>> = Vec::new();
    for span in spans {
        let end = span.end.min(span.start + longest);
        let part = whole_signs(text, span.start.saturating_sub(around)..end + around);
        match parts.last_mut() {
            Some(before) if part.start <= before.end + around => {
                before.end = before.end.max(part.end)
            }
            _ => parts.push(part),
        }
    }
    parts
}

/// A stretch of a text, so wide that it parts no sign.
fn whole_signs(text: &str, span: Range<usize>) -> Range<usize> {
    let (mut from, mut until) = (span.start.min(text.len()), span.end.min(text.len()));
    while !text.is_char_boundary(from) {
        from -= 1;
    }
    while !text.is_char_boundary(until) {
        until += 1;
    }
    from..until
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proofs_that_stand_far_apart_in_a_line_are_both_shown() {
        let (pad, model, mac) = ("ü".repeat(200), "CMIP7422N-28M", "44:19:b6:0a:1c:33");
        let text = format!("CAM-1,LTS,{model},{pad},{mac},{pad}");
        let at = |what: &str| text.find(what).map(|at| at..at + what.len()).unwrap();
        let marks = vec![(at(mac), "the block".to_owned()), (at(model), "the line".to_owned())];
        let shown = Shown::new("wide.csv", 2, &text, marks);
        let marked: Vec<&str> =
            shown.marks.iter().map(|(span, _)| &shown.text[span.clone()]).collect();
        assert_eq!(marked, [mac, model]);
        assert_eq!(shown.text.matches(ELIDED).count(), 2, "{}", shown.text);
        assert!(shown.text.len() <= SHOWN_BYTES_MAX, "{} bytes", shown.text.len());
    }
}
