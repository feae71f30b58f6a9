//! Lines of a text one after the other, and rows whose cells are found by the names of a heading.

use std::borrow::Cow;
use std::ops::ControlFlow;

use whomade_core::diagnostic::Diagnostic;

use super::encoding::Text;
use super::format::Input;
use super::head::Head;
use super::lines::{Line, Lines};
use super::report::Report;
use super::said;

/// Lines between two reports of progress.
const TICK: u64 = 1024;

/// Lines looked at to tell a format.
const LOOKED_AT: usize = 20;

/// Columns of a heading; those beyond are not read.
const COLUMNS_MAX: usize = 512;

/// Takes a line.
pub(crate) type TakeLine<'t> = dyn FnMut(&Line<'_>, &mut Report<'_>) -> ControlFlow<()> + 't;

/// Gives every line that is not blank, and says what was wrong with the text as a whole.
pub(crate) fn lines(input: Input<'_>, report: &mut Report<'_>, take: &mut TakeLine<'_>) {
    let mut lines = Lines::new(Text::new(input.stream, &input.head));
    while let Some(line) = lines.next() {
        if line.text.trim().is_empty() {
            continue;
        }
        said::tell_cut(&line, report);
        if take(&line, report).is_break() {
            break;
        }
        if line.number.is_multiple_of(TICK) {
            report.tick();
        }
    }
    let text = &lines.text;
    said::tell_text(text.nuls, text.replaced, text.name(), report);
    if let Some(error) = &lines.error {
        said::tell_broken_off(error, lines.torn, report);
    }
}

/// Takes a line by its number, counted from 1, and its text.
pub(crate) type Take<'t> = dyn FnMut(u64, &str, &mut Report<'_>) -> ControlFlow<()> + 't;

/// The same, each by its number and text.
pub(crate) fn each(input: Input<'_>, report: &mut Report<'_>, take: &mut Take<'_>) {
    lines(input, report, &mut |line, report| take(line.number, line.text, report));
}

/// Says that an input was understood and that nothing in it speaks of a device, if it is so.
pub(crate) fn tell_silence(why: &str, report: &mut Report<'_>) {
    if report.devices == 0 {
        let said = Diagnostic::new("read/says-nothing", format!("no device: {why}"));
        report.say_of_file(said);
    }
}

/// Whether more than half of the first lines are of a kind.
pub(crate) fn most(head: &Head<'_>, is: impl Fn(&str) -> bool) -> bool {
    let lines = head.start().lines().filter(|line| !line.trim().is_empty()).take(LOOKED_AT);
    let (mut all, mut own) = (0, 0);
    for line in lines {
        all += 1;
        own += usize::from(is(line));
    }
    own * 2 > all
}

/// The names of columns.
#[derive(Debug, Default)]
pub(crate) struct Heading {
    names: Vec<String>,
    delimiter: u8,
}

impl Heading {
    /// Of a line whose cells are parted so.
    pub(crate) fn of(line: &str, delimiter: u8) -> Self {
        let cells = cells(line, delimiter);
        let names = cells.iter().take(COLUMNS_MAX).map(|cell| cell.trim().to_owned());
        Self { names: names.collect(), delimiter }
    }

    /// Of a line that names all of these columns, in any order and case, whatever of comma,
    /// semicolon and tabulator parts them.
    pub(crate) fn with(line: &str, wanted: &[&str]) -> Option<Self> {
        let line = line.trim_start_matches('\u{feff}');
        let all = b",;\t".iter().map(|delimiter| Self::of(line, *delimiter));
        let fitting = all.filter(|heading| wanted.iter().all(|name| heading.has(name)));
        fitting.max_by_key(|heading| heading.names.len())
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|own| own.eq_ignore_ascii_case(name))
    }

    /// Whether it names that column.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.place(name).is_some()
    }

    /// A line under it.
    pub(crate) fn row<'r>(&'r self, line: &'r str) -> Row<'r> {
        Row { heading: self, cells: cells(line, self.delimiter) }
    }
}

/// A row whose cells are found by name.
#[derive(Debug)]
pub(crate) struct Row<'r> {
    heading: &'r Heading,
    cells: Vec<Cow<'r, str>>,
}

impl Row<'_> {
    /// What stands under that name; none where nothing does.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let cell = self.cells.get(self.heading.place(name)?)?.trim();
        (!cell.is_empty()).then_some(cell)
    }

    /// Whether it is the heading once more.
    pub(crate) fn repeats_heading(&self) -> bool {
        let names = self.heading.names.iter().map(String::as_str);
        names.eq(self.cells.iter().map(|cell| cell.trim()))
    }
}

/// The cells of a line. What stands in quotes may hold the delimiter, and two quotes are one.
fn cells(line: &str, delimiter: u8) -> Vec<Cow<'_, str>> {
    let mut all = vec![];
    let mut rest = line;
    while all.len() < COLUMNS_MAX {
        let quoted = rest.strip_prefix('"').and_then(quoted);
        let (cell, length) = match quoted {
            Some((cell, length)) => (cell, length + 1),
            None => {
                let end = memchr::memchr(delimiter, rest.as_bytes()).unwrap_or(rest.len());
                (Cow::Borrowed(&rest[..end]), end)
            }
        };
        all.push(cell);
        // Whatever stands between a closing quote and the delimiter is passed over.
        let behind = &rest[length..];
        match memchr::memchr(delimiter, behind.as_bytes()) {
            Some(at) => rest = &behind[at + 1..],
            None => break,
        }
    }
    all
}

/// A text up to its closing quote, and how many bytes it takes with that.
fn quoted(text: &str) -> Option<(Cow<'_, str>, usize)> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find('"')?;
        if !text[at + 1..].starts_with('"') {
            let cell = &text[..at];
            let plain = if from == 0 { cell.into() } else { cell.replace("\"\"", "\"").into() };
            return Some((plain, at + 1));
        }
        from = at + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_found_by_name_in_quotes_and_without() {
        let heading = Heading::with("\"IPAddress\";\"Host Name\";Note", &["ipaddress"]).unwrap();
        let row = heading.row("\"192.0.2.1\" ;\"a;\"\"b\"\"\";\u{e9}");
        assert_eq!(row.get("IPADDRESS"), Some("192.0.2.1"));
        assert_eq!(row.get("host name"), Some("a;\"b\""));
        assert_eq!(row.get("note"), Some("\u{e9}"));
        assert_eq!(row.get("other"), None);
        assert!(!row.repeats_heading());
        // A quote that never closes is a character like any other.
        assert_eq!(heading.row("\"192.0.2.1;b;c").get("Host Name"), Some("b"));
        assert_eq!(heading.row("").get("IPAddress"), None);
    }
}
