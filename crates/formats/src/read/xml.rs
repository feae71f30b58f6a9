//! XML as a stream of records: each element of a wanted name as a small tree, its memory used
//! again for the next. Entities that a document declares are never expanded.

use std::borrow::Cow;
use std::io::{self, Read};
use std::ops::ControlFlow;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use whomade_core::diagnostic::Diagnostic;

use super::encoding::Text;
use super::format::Input;
use super::report::{Report, floor_boundary};
use super::said;

mod tree;
mod watched;
mod window;

pub(crate) use tree::Element;
use tree::Tree;
pub(crate) use watched::Watched;
use window::{Window, line_breaks};

/// What may stand before a text, and between texts that were put one behind the other.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Elements within one another.
pub(super) const DEPTH_MAX: usize = 128;

/// Elements and texts of one record.
pub(super) const NODES_MAX: usize = 200_000;

/// Bytes of names, values and texts of one record.
pub(super) const RECORD_BYTES_MAX: usize = 16 << 20;

/// Bytes of a record that are kept as it stood there.
const RAW_BYTES_MAX: usize = 32 << 10;

/// Bytes of one tag or text: beyond that the document is no longer read.
pub(super) const EVENT_BYTES_MAX: usize = 64 << 20;

/// What stands before a text in which nothing is markup.
const CDATA_MARK: &str = "<![CDATA[";

/// One record.
pub(crate) struct Record<'r> {
    /// Its element.
    pub(crate) element: Element<'r>,
    /// The line on which it begins, counted from 1.
    pub(crate) line: u64,
    /// How it stood there; cut where it is long.
    pub(crate) text: &'r str,
}

/// Gives every outermost element of one of these names. What is wrong with the document is said
/// and ends the reading; the records before it stay read.
pub(crate) fn each(
    input: Input<'_>,
    names: &[&str],
    report: &mut Report<'_>,
    take: &mut dyn FnMut(&Record<'_>, &mut Report<'_>) -> ControlFlow<()>,
) {
    let mut records = Records::new(Text::new(input.stream, &input.head));
    loop {
        match records.of_window(names, &mut |record| take(record, report)) {
            Ok(true) => {}
            Ok(false) => break,
            Err(wrong) => {
                tell(&wrong, records.line(), report);
                break;
            }
        }
        report.tick();
    }
    let text = &records.window.input;
    said::tell_text(text.nuls, text.replaced, text.name(), report);
    if records.outside.entities {
        let said = Diagnostic::new("read/entities", "the document declares entities of its own")
            .note("they were not expanded")
            .help("whoever exports such files does so for no good reason: look at it");
        report.say_of_file(said);
    }
    if records.outside.large > 0 {
        let what = if records.outside.large == 1 { "record is" } else { "records are" };
        let said = Diagnostic::new(
            "read/large-record",
            format!("{} {what} larger than the limits and left out", records.outside.large),
        );
        report.say_of_file(said.note(format!(
            "{DEPTH_MAX} elements within one another, {NODES_MAX} elements, {RECORD_BYTES_MAX} bytes"
        )));
    }
}

/// What ends the reading of a document.
enum Wrong {
    Xml(quick_xml::Error),
    Io(io::Error),
    Cut,
    Deep,
    Long,
}

fn tell(wrong: &Wrong, line: u64, report: &mut Report<'_>) {
    let why = match wrong {
        Wrong::Io(error) => {
            said::tell_read_error(error, report);
            return;
        }
        Wrong::Xml(error) => error.to_string(),
        Wrong::Cut => "the document ends within the record that begins there".to_owned(),
        Wrong::Deep => format!("more than {DEPTH_MAX} elements stand within one another"),
        Wrong::Long => format!("a tag or text is longer than {EVENT_BYTES_MAX} bytes"),
    };
    let devices = report.devices;
    let said = Diagnostic::new("read/bad-xml", format!("line {line}: {why}"))
        .note(said::read_before(devices))
        .help("export it again; a scan that was broken off leaves such a file");
    report.say_of_file(said);
}

/// The records of a document.
struct Records<R: Read> {
    window: Window<R>,
    tree: Tree,
    outside: Outside,
}

/// What was seen outside of records.
#[derive(Default)]
struct Outside {
    /// Elements that are open there, or within a record that is left out.
    depth: usize,
    /// How many were open where that record began.
    leaving: Option<usize>,
    /// Whether entities are declared.
    entities: bool,
    /// Records that were left out.
    large: u64,
}

impl Outside {
    fn take(&mut self, event: &Event<'_>) -> Result<(), Wrong> {
        match event {
            Event::Start(_) if self.depth >= DEPTH_MAX => return Err(Wrong::Deep),
            Event::Start(_) => self.depth += 1,
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                self.leaving = self.leaving.filter(|depth| *depth < self.depth);
            }
            Event::DocType(declared) => self.entities |= declared.contains("<!ENTITY"),
            _ => {}
        }
        Ok(())
    }

    /// What comes is of a record that is left out.
    fn leave(&mut self) {
        self.leaving = Some(self.depth);
        self.depth += 1;
        self.large += 1;
    }

    /// Whether a record begins with that tag.
    fn begins(&self, tag: &BytesStart<'_>, names: &[&str]) -> bool {
        self.leaving.is_none() && names.contains(&tag.local_name().as_ref())
    }
}

/// Where the reading of a window stops.
enum Stop {
    /// At its end, or at what begins in it and does not end in it.
    End,
    /// Behind the tag of a record that is left out.
    Large,
    /// Nobody takes any more.
    Taken,
}

/// Who takes the records.
type Take<'t> = dyn FnMut(&Record<'_>) -> ControlFlow<()> + 't;

impl<R: Read> Records<R> {
    fn new(input: Text<R>) -> Self {
        let (tree, outside) = (Tree::default(), Outside::default());
        Self { window: Window::new(input), tree, outside }
    }

    fn line(&self) -> u64 {
        self.window.line()
    }

    /// Gives the records of the window, and reads on; `false` when there is no more to be had.
    fn of_window(&mut self, names: &[&str], take: &mut Take<'_>) -> Result<bool, Wrong> {
        // The library passes over a mark of the order of bytes and does not count it.
        while self.window.rest().starts_with(BYTE_ORDER_MARK) {
            self.window.pass(BYTE_ORDER_MARK.len_utf8());
        }
        let mut done = 0;
        let stop = self.walk(names, &mut done, take);
        self.window.pass(done);
        match stop? {
            Stop::Taken => return Ok(false),
            Stop::End if self.window.whole => {
                return self.window.error.take().map_or(Ok(false), |error| Err(Wrong::Io(error)));
            }
            Stop::End => self.window.more(),
            Stop::Large => self.outside.leave(),
        }
        Ok(true)
    }

    /// Gives the records of the window and counts the bytes that are done with.
    fn walk(
        &mut self,
        names: &[&str],
        done: &mut usize,
        take: &mut Take<'_>,
    ) -> Result<Stop, Wrong> {
        let mut line = self.window.line();
        let (rest, whole) = (self.window.rest(), self.window.whole);
        let mut reader = Reader::from_str(rest);
        // A record whose tags do not match is told from the others by its own names.
        reader.config_mut().allow_unmatched_ends = true;
        loop {
            let at = position(&reader);
            line += line_breaks(&rest[*done..at]);
            *done = at;
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(_) if !whole && rest.len() - at <= EVENT_BYTES_MAX => return Ok(Stop::End),
                Err(quick_xml::Error::Syntax(_)) if !whole => return Err(Wrong::Long),
                Err(error) => return Err(Wrong::Xml(error)),
            };
            let behind = position(&reader);
            let read = match &event {
                Event::Start(tag) if self.outside.begins(tag, names) => {
                    self.tree.begin(tag);
                    record(&mut reader, &mut self.tree, at)
                }
                Event::Empty(tag) if self.outside.begins(tag, names) => {
                    self.tree.begin(tag);
                    self.tree.close();
                    Ok(true)
                }
                Event::Eof => return Ok(Stop::End),
                event => {
                    self.outside.take(event)?;
                    continue;
                }
            };
            let cut = !whole && rest.len() - at <= RECORD_BYTES_MAX;
            match read {
                Ok(true) => {
                    let text = &rest[at..position(&reader)];
                    let element = Element { tree: &self.tree, text, at: 0 };
                    let text = &text[..floor_boundary(text, RAW_BYTES_MAX)];
                    if take(&Record { element, line, text }).is_break() {
                        return Ok(Stop::Taken);
                    }
                }
                Err(Wrong::Xml(_) | Wrong::Cut) if cut => return Ok(Stop::End),
                Err(Wrong::Cut) if whole => return Err(Wrong::Cut),
                Ok(false) | Err(Wrong::Cut) => {
                    *done = behind;
                    return Ok(Stop::Large);
                }
                Err(wrong) => {
                    *done = floor_boundary(rest, position(&reader));
                    return Err(wrong);
                }
            }
        }
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

/// Reads a record, whose tag was read, to its end; `false` when it is too large.
fn record(reader: &mut Reader<&[u8]>, tree: &mut Tree, start: usize) -> Result<bool, Wrong> {
    let mut depth = 1;
    while depth > 0 {
        let at = position(reader) - start;
        if tree.nodes.len() >= NODES_MAX || at > RECORD_BYTES_MAX {
            return Ok(false);
        }
        match reader.read_event().map_err(Wrong::Xml)? {
            Event::Start(tag) => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(Wrong::Deep);
                }
                tree.open(&tag, at + 1);
            }
            Event::Empty(tag) => {
                tree.open(&tag, at + 1);
                tree.close();
            }
            Event::End(_) => {
                depth -= 1;
                tree.close();
            }
            Event::Text(text) => tree.text(&text, at),
            Event::CData(text) => tree.text(&text, at + CDATA_MARK.len()),
            Event::GeneralRef(name) => tree.text_resolved(&resolved(&name)),
            Event::Eof => return Err(Wrong::Cut),
            _ => {}
        }
    }
    Ok(true)
}

/// What a reference stands for: a character, or one of the five names that need no declaration.
/// Any other stays as it is written.
pub(crate) fn resolved(name: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = name.resolve_char_ref() {
        return character.to_string();
    }
    match quick_xml::escape::resolve_predefined_entity(name) {
        Some(text) => text.to_owned(),
        None => format!("&{};", &**name),
    }
}

/// A value with its references resolved; those that nobody declared stay as they are written.
pub(crate) fn unescaped(raw: &str) -> Cow<'_, str> {
    quick_xml::escape::unescape(raw).unwrap_or(Cow::Borrowed(raw))
}
