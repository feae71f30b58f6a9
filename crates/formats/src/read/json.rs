//! JSON: objects one a line, or the elements of a list deep inside a document, one after the other
//! and without the document ever being held whole. A scan over the bytes finds where an element
//! ends; what is in it is left to serde_json, which refuses more than 128 levels.

use std::io::{self, Read};
use std::ops::ControlFlow;

use serde_json::{Map, Value};
use whomade_core::diagnostic::Diagnostic;

use super::encoding::Text;
use super::format::Input;
use super::report::Report;
use super::{said, walk};

/// Bytes of one element; a longer one is left out.
pub(super) const ELEMENT_BYTES_MAX: usize = 16 << 20;

/// Values within one element; one of more is left out. The shortest take three bytes in the file
/// and some hundred in memory.
pub(super) const VALUES_MAX: usize = 500_000;

/// Elements between two reports of progress.
const TICK: u64 = 256;

/// One element.
pub(crate) struct Element<'e> {
    /// What it holds.
    pub(crate) value: &'e Value,
    /// The line on which it begins, counted from 1.
    pub(crate) line: u64,
    /// How it stands there.
    pub(crate) text: &'e str,
}

/// Takes an element.
pub(crate) type Take<'t> = dyn FnMut(&Element<'_>, &mut Report<'_>) -> ControlFlow<()> + 't;

/// Gives every object that is a line of its own. Lines that are none are told.
pub(crate) fn each_line(input: Input<'_>, report: &mut Report<'_>, take: &mut Take<'_>) {
    walk::lines(input, report, &mut |line, report| {
        let (number, text) = (line.number, line.text);
        match serde_json::from_str::<Map<String, Value>>(text.trim()) {
            Ok(object) => {
                let value = &Value::Object(object);
                take(&Element { value, line: number, text }, report)
            }
            Err(error) => {
                said::tell_bad_line(number, text, &error.to_string(), report);
                ControlFlow::Continue(())
            }
        }
    });
}

/// Gives every element of the list that stands at this path of keys, in every document; where no
/// list stands there, what stands there instead. An empty path is the document itself.
pub(crate) fn each_at(
    input: Input<'_>,
    path: &[&str],
    report: &mut Report<'_>,
    take: &mut Take<'_>,
) {
    Scan::new(input).run(report, &mut |scan, report| scan.document(path, report, take));
}

/// Takes an element and the key under which it stands.
pub(crate) type TakeMember<'t> =
    dyn FnMut(&'static str, &Element<'_>, &mut Report<'_>) -> ControlFlow<()> + 't;

/// Gives what stands under these keys of every document, in the order in which it stands there: of
/// a list every element, of anything else all of it.
pub(crate) fn each_member(
    input: Input<'_>,
    keys: &[&'static str],
    report: &mut Report<'_>,
    take: &mut TakeMember<'_>,
) {
    Scan::new(input).run(report, &mut |scan, report| scan.members(keys, report, take));
}

/// How the words begin that say of a document that it ends too early.
const ENDS: &str = "the document ends";

/// What ends the reading.
enum Stop {
    /// The taker wants no more.
    Taken,
    /// The document is broken; these words say how.
    Broken(&'static str),
}

/// A walk over a document.
struct Scan<R> {
    text: Text<R>,
    buffer: String,
    /// The next byte of the buffer.
    at: usize,
    /// The line on which it stands.
    line: u64,
    /// The bytes before the buffer, and those before the line, of the whole text.
    before: u64,
    line_start: u64,
    ended: bool,
    error: Option<io::Error>,
    large: u64,
    count: u64,
}

impl<'a> Scan<super::gzip::Headed<'a>> {
    fn new(input: Input<'a>) -> Self {
        Self {
            text: Text::new(input.stream, &input.head),
            buffer: String::new(),
            at: 0,
            line: 1,
            before: 0,
            line_start: 0,
            ended: false,
            error: None,
            large: 0,
            count: 0,
        }
    }
}

impl<R: Read> Scan<R> {
    fn run(
        mut self,
        report: &mut Report<'_>,
        document: &mut dyn FnMut(&mut Self, &mut Report<'_>) -> Result<(), Stop>,
    ) {
        let mut stopped = Ok(());
        while stopped.is_ok() && self.peek().is_some() {
            stopped = document(&mut self, report);
        }
        said::tell_text(self.text.nuls, self.text.replaced, self.text.name(), report);
        if let Some(error) = &self.error {
            said::tell_read_error(error, report);
        } else if let Err(Stop::Broken(why)) = stopped {
            let devices = report.devices;
            let column = self.before + self.at as u64 - self.line_start + 1;
            let message = format!("line {}, column {column}: {why}", self.line);
            let cut_off = why.starts_with(ENDS);
            let help =
                if cut_off { "it looks cut off: export it again" } else { "export it again" };
            let said = Diagnostic::new("read/bad-json", message)
                .note(said::read_before(devices))
                .help(help);
            report.say_of_file(said);
        }
        if self.large > 0 {
            let what = if self.large == 1 { "element is" } else { "elements are" };
            let message = format!("{} {what} larger than the limit and left out", self.large);
            let said = Diagnostic::new("read/large-record", message);
            report.say_of_file(
                said.note(format!("{ELEMENT_BYTES_MAX} bytes and {VALUES_MAX} values each")),
            );
        }
    }

    /// A document or what is in it: down the path to its list. Where a key of the path stands
    /// twice both are read: neither may hide what the other says.
    fn document(
        &mut self,
        path: &[&str],
        report: &mut Report<'_>,
        take: &mut Take<'_>,
    ) -> Result<(), Stop> {
        if let Some((wanted, rest)) = path.split_first() {
            if self.peek() != Some(b'{') {
                return self.skip();
            }
            self.at += 1;
            while let Some(key) = self.key()? {
                if key == *wanted {
                    self.document(rest, report, take)?;
                } else {
                    self.skip()?;
                }
            }
            return Ok(());
        }
        if self.peek() == Some(b'[') {
            self.at += 1;
            while self.more(b']')? {
                self.element(report, take)?;
            }
            Ok(())
        } else {
            self.element(report, take)
        }
    }

    /// A document: what stands under some of its keys.
    fn members(
        &mut self,
        keys: &[&'static str],
        report: &mut Report<'_>,
        take: &mut TakeMember<'_>,
    ) -> Result<(), Stop> {
        if self.peek() != Some(b'{') {
            return self.skip();
        }
        self.at += 1;
        while let Some(key) = self.key()? {
            let Some(key) = keys.iter().copied().find(|own| *own == key) else {
                self.skip()?;
                continue;
            };
            let mut own =
                |element: &Element<'_>, report: &mut Report<'_>| take(key, element, report);
            if self.peek() == Some(b'[') {
                self.at += 1;
                while self.more(b']')? {
                    self.element(report, &mut own)?;
                }
            } else {
                self.element(report, &mut own)?;
            }
        }
        Ok(())
    }

    /// The next key of an object, behind its colon; `None` at its end, which is passed.
    fn key(&mut self) -> Result<Option<String>, Stop> {
        if !self.more(b'}')? {
            return Ok(None);
        }
        let end = self.end_of_value()?.ok_or(Stop::Broken("a key is too long"))?;
        let key = serde_json::from_str::<String>(&self.buffer[self.at..end]);
        let key = key.map_err(|_| Stop::Broken("a key is no text"))?;
        self.pass(end);
        if self.peek() != Some(b':') {
            return Err(Stop::Broken("a colon is missing behind a key"));
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// Whether something stands before the end of a list or object; commas are passed, and so
    /// is the end.
    fn more(&mut self, end: u8) -> Result<bool, Stop> {
        if self.peek() == Some(b',') {
            self.at += 1;
        }
        match self.peek() {
            None => Err(Stop::Broken("the document ends within a list or object")),
            Some(byte) if byte == end => {
                self.at += 1;
                Ok(false)
            }
            Some(_) => Ok(true),
        }
    }

    fn skip(&mut self) -> Result<(), Stop> {
        if let Some(end) = self.end_of_value()? {
            self.pass(end);
        }
        Ok(())
    }

    fn element(&mut self, report: &mut Report<'_>, take: &mut Take<'_>) -> Result<(), Stop> {
        self.peek();
        let line = self.line;
        let Some(end) = self.end_of_value()? else {
            self.large += 1;
            return Ok(());
        };
        let text = &self.buffer[self.at..end];
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => {
                said::tell_bad_line(line, text, &error.to_string(), report);
                self.pass(end);
                return Ok(());
            }
        };
        let taken = take(&Element { value: &value, line, text }, report);
        self.pass(end);
        self.count += 1;
        if self.count.is_multiple_of(TICK) {
            report.tick();
        }
        if taken.is_break() { Err(Stop::Taken) } else { Ok(()) }
    }

    /// The next byte that is no blank, which is not passed.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.buffer.as_bytes().get(self.at).copied() {
                Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) => {
                    self.at += 1;
                    if byte == b'\n' {
                        self.line += 1;
                        self.line_start = self.before + self.at as u64;
                    }
                }
                Some(byte) => return Some(byte),
                None if self.fill() => {}
                None => return None,
            }
        }
    }

    /// Passes what lies before a place of the buffer.
    fn pass(&mut self, end: usize) {
        let passed = &self.buffer.as_bytes()[self.at..end];
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        if let Some(last) = memchr::memrchr(b'\n', passed) {
            self.line_start = self.before + (self.at + last + 1) as u64;
        }
        self.at = end;
    }

    /// Reads more; what was passed is forgotten. `false` at the end.
    fn fill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        self.buffer.drain(..self.at);
        self.before += self.at as u64;
        self.at = 0;
        self.ended = !self.text.more(&mut self.buffer, &mut self.error);
        true
    }

    /// Where the value ends that begins here. `None` when it is too long; it is passed then.
    fn end_of_value(&mut self) -> Result<Option<usize>, Stop> {
        self.peek();
        let mut end = End::default();
        // Bytes seen of the value, and of these those that were given up.
        let (mut seen, mut gone) = (0, 0);
        loop {
            let bytes = &self.buffer.as_bytes()[self.at + seen..];
            if let Some(length) = end.within(bytes) {
                let place = self.at + seen + length;
                if gone > 0 || end.values > VALUES_MAX {
                    self.pass(place);
                    return Ok(None);
                }
                return Ok(Some(place));
            }
            seen = self.buffer.len() - self.at;
            if gone + seen > ELEMENT_BYTES_MAX {
                gone += seen;
                self.pass(self.buffer.len());
                seen = 0;
            }
            if !self.fill() {
                let scalar = end.is_scalar && seen > 0;
                let broken = Stop::Broken("the document ends within the value that begins there");
                return if scalar { Ok(Some(self.buffer.len())) } else { Err(broken) };
            }
        }
    }
}

/// Where a value ends: how deep it is, and whether within a text.
#[derive(Default)]
struct End {
    begun: bool,
    depth: usize,
    values: usize,
    in_text: bool,
    escaped: bool,
    is_scalar: bool,
}

impl End {
    /// How many of these bytes belong to the value, if it ends among them.
    fn within(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.escaped {
                self.escaped = false;
                at += 1;
                continue;
            }
            if self.in_text {
                // Nearly all of a document is text.
                at += memchr::memchr2(b'"', b'\\', &bytes[at..])?;
                self.escaped = bytes[at] == b'\\';
                self.in_text = self.escaped;
                at += 1;
                if !self.in_text && self.depth == 0 {
                    return Some(at);
                }
                continue;
            }
            match bytes[at] {
                b'"' if !self.is_scalar => self.in_text = true,
                b'{' | b'[' if !self.is_scalar => {
                    self.depth += 1;
                    self.values += 1;
                }
                b',' if self.depth > 0 => self.values += 1,
                b'}' | b']' if self.depth > 0 => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                b',' | b':' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => {
                    // A sign where a value should stand is passed, so that the walk goes on.
                    return Some(at.max(usize::from(!self.begun)));
                }
                _ if self.depth == 0 => self.is_scalar = true,
                _ => {}
            }
            self.begun = true;
            at += 1;
        }
        None
    }
}

/// The text of a value: of a text itself, of a number or truth value its digits or word.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

/// The text under a key of an object, or under keys within one another: `tls.subject`.
pub(crate) fn text_at(value: &Value, path: &str) -> Option<String> {
    text(at(value, path)?)
}

/// What stands under keys within one another: `tls.subject`.
pub(crate) fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, key| value.get(key))
}
