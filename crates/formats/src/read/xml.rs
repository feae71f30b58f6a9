//! XML as a stream of records: each element of a wanted name as a small tree, its memory used
//! again for the next. Entities that a document declares are never expanded.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::{ControlFlow, Range};

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use whomade_core::diagnostic::Diagnostic;

use super::encoding::Text;
use super::format::Input;
use super::report::{Report, floor_boundary};
use super::said;

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

/// Records between two reports of progress.
const TICK_RECORDS: u64 = 256;

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
    let text = Text::new(input.stream, &input.head);
    let mut records = Records::new(Decoded { text, ready: String::new(), at: 0, error: None });
    let mut count = 0_u64;
    loop {
        match records.next(names) {
            Ok(Some(record)) => {
                count += 1;
                if take(&record, report).is_break() {
                    return;
                }
            }
            Ok(None) => break,
            Err(wrong) => {
                tell(&wrong, records.line(), report);
                break;
            }
        }
        if count.is_multiple_of(TICK_RECORDS) {
            report.tick();
        }
    }
    let text = &records.reader.get_mut().inner.get_ref().text;
    said::tell_text(text.nuls, text.replaced, text.name(), report);
    if records.entities {
        let said = Diagnostic::new("read/entities", "the document declares entities of its own")
            .note("they were not expanded")
            .help("whoever exports such files does so for no good reason: look at it");
        report.say_of_file(said);
    }
    if records.large > 0 {
        let what = if records.large == 1 { "record is" } else { "records are" };
        let said = Diagnostic::new(
            "read/large-record",
            format!("{} {what} larger than the limits and left out", records.large),
        );
        report.say_of_file(said.note(format!(
            "{DEPTH_MAX} elements within one another, {NODES_MAX} elements, {RECORD_BYTES_MAX} bytes"
        )));
    }
}

/// What ends the reading of a document.
enum Wrong {
    Xml(quick_xml::Error),
    Cut,
    Deep,
    Long,
}

fn tell(wrong: &Wrong, line: u64, report: &mut Report<'_>) {
    let why = match wrong {
        Wrong::Xml(quick_xml::Error::Io(error)) => {
            said::tell_read_error(error, report);
            return;
        }
        Wrong::Xml(error) => error.to_string(),
        Wrong::Cut => "the document ends within a record".to_owned(),
        Wrong::Deep => format!("more than {DEPTH_MAX} elements stand within one another"),
        Wrong::Long => format!("a tag or text is longer than {EVENT_BYTES_MAX} bytes"),
    };
    let devices = report.devices;
    let said = Diagnostic::new("read/bad-xml", format!("line {line}: {why}"))
        .note(format!("{devices} devices were read before"))
        .help("export it again; a scan that was broken off leaves such a file");
    report.say_of_file(said);
}

/// A document as UTF-8, whatever it is written in: one bad byte must not end the reading.
struct Decoded<R> {
    text: Text<R>,
    ready: String,
    at: usize,
    error: Option<io::Error>,
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() {
            self.ready.clear();
            self.at = 0;
            // What stood before an error is given out first.
            match self.error.take().map_or_else(|| self.text.fill(&mut self.ready), Err) {
                Ok(false) if self.ready.is_empty() => return Ok(0),
                Err(error) if self.ready.is_empty() => return Err(error),
                Err(error) => self.error = Some(error),
                Ok(_) => {}
            }
        }
        let read = (&self.ready.as_bytes()[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

/// Counts the line breaks that pass and keeps what passes while it is wanted. A tag or text that
/// goes on beyond the limit is an error.
pub(crate) struct Watched<R> {
    inner: BufReader<R>,
    lines: u64,
    raw: Vec<u8>,
    keeps: bool,
    /// Bytes since the last event.
    since: usize,
}

impl<R: Read> Watched<R> {
    /// A document of which nothing passed yet.
    pub(crate) fn new(input: R) -> Self {
        let inner = BufReader::with_capacity(64 << 10, input);
        Self { inner, lines: 0, raw: Vec::new(), keeps: false, since: 0 }
    }

    /// A tag or text begins.
    pub(crate) fn begin_event(&mut self) {
        self.since = 0;
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }
}

impl<R: Read> BufRead for Watched<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since > EVENT_BYTES_MAX {
            return Err(io::Error::other(TooLong));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        let passed = &self.inner.buffer()[..amount];
        self.lines += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.since += amount;
        if self.keeps {
            let room = RAW_BYTES_MAX.saturating_sub(self.raw.len());
            self.raw.extend_from_slice(&passed[..amount.min(room)]);
        }
        self.inner.consume(amount);
    }
}

/// A tag or text went on and on.
#[derive(Debug)]
struct TooLong;

impl std::fmt::Display for TooLong {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("too long")
    }
}

impl std::error::Error for TooLong {}

/// The records of a document.
struct Records<R: Read> {
    reader: Reader<Watched<R>>,
    event: Vec<u8>,
    tree: Tree,
    text: String,
    depth: usize,
    entities: bool,
    large: u64,
}

impl<R: Read> Records<R> {
    fn new(input: R) -> Self {
        let mut reader = Reader::from_reader(Watched::new(input));
        // A record whose tags do not match is told from the others by its own names.
        reader.config_mut().allow_unmatched_ends = true;
        Self {
            reader,
            event: Vec::new(),
            tree: Tree::default(),
            text: String::new(),
            depth: 0,
            entities: false,
            large: 0,
        }
    }

    fn line(&mut self) -> u64 {
        self.reader.get_mut().lines + 1
    }

    /// The next record.
    fn next(&mut self, names: &[&str]) -> Result<Option<Record<'_>>, Wrong> {
        loop {
            let before = self.line();
            self.event.clear();
            self.reader.get_mut().begin_event();
            let event = self.reader.read_event_into(&mut self.event).map_err(wrong)?;
            match event {
                Event::Start(tag) if names.contains(&tag.local_name().as_ref()) => {
                    let tag = tag.into_owned();
                    if self.record(&tag)? {
                        return Ok(Some(self.found(before)));
                    }
                    self.large += 1;
                }
                Event::Empty(tag) if names.contains(&tag.local_name().as_ref()) => {
                    self.tree.clear();
                    self.tree.open(&tag);
                    self.tree.close();
                    self.text.clear();
                    self.text.push_str(&format!("<{}/>", &*tag));
                    return Ok(Some(self.found(before)));
                }
                Event::Start(_) => {
                    self.depth += 1;
                    if self.depth > DEPTH_MAX {
                        return Err(Wrong::Deep);
                    }
                }
                Event::End(_) => self.depth = self.depth.saturating_sub(1),
                Event::DocType(declared) => self.entities |= declared.contains("<!ENTITY"),
                Event::Eof => return Ok(None),
                _ => {}
            }
        }
    }

    fn found(&self, line: u64) -> Record<'_> {
        Record { element: Element { tree: &self.tree, at: 0 }, line, text: &self.text }
    }

    /// Reads a record to its end; `false` when it is too large.
    fn record(&mut self, tag: &BytesStart<'_>) -> Result<bool, Wrong> {
        self.tree.clear();
        self.tree.open(tag);
        let watched = self.reader.get_mut();
        watched.raw.clear();
        for part in ["<", &**tag, ">"] {
            watched.raw.extend_from_slice(part.as_bytes());
        }
        watched.keeps = true;
        let mut depth = 1;
        let mut fits = true;
        while depth > 0 {
            self.event.clear();
            self.reader.get_mut().begin_event();
            let event = self.reader.read_event_into(&mut self.event).map_err(wrong)?;
            fits &= self.tree.nodes.len() < NODES_MAX && self.tree.all.len() < RECORD_BYTES_MAX;
            match event {
                Event::Start(tag) => {
                    depth += 1;
                    if depth > DEPTH_MAX {
                        return Err(Wrong::Deep);
                    }
                    if fits {
                        self.tree.open(&tag);
                    }
                }
                Event::Empty(tag) if fits => {
                    self.tree.open(&tag);
                    self.tree.close();
                }
                Event::End(_) => {
                    depth -= 1;
                    if fits {
                        self.tree.close();
                    }
                }
                Event::Text(text) if fits => self.tree.text(&text),
                Event::CData(text) if fits => self.tree.text(&text),
                Event::GeneralRef(name) if fits => self.tree.text(&resolved(&name)),
                Event::Eof => return Err(Wrong::Cut),
                _ => {}
            }
        }
        let watched = self.reader.get_mut();
        watched.keeps = false;
        self.text.clear();
        self.text.push_str(&String::from_utf8_lossy(&watched.raw));
        self.text.truncate(floor_boundary(&self.text, RAW_BYTES_MAX));
        Ok(fits)
    }
}

fn wrong(error: quick_xml::Error) -> Wrong {
    match &error {
        quick_xml::Error::Io(io) if io.get_ref().is_some_and(|inner| inner.is::<TooLong>()) => {
            Wrong::Long
        }
        _ => Wrong::Xml(error),
    }
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

/// The elements of a record, one behind the other, each before what is within it.
#[derive(Default)]
struct Tree {
    /// Names, values and texts, one behind the other.
    all: String,
    nodes: Vec<Node>,
    attributes: Vec<(Range<usize>, Range<usize>)>,
    open: Vec<usize>,
}

struct Node {
    /// In [`Tree::all`]: the name; of a text that text.
    name: Range<usize>,
    attributes: Attributes,
    /// The first node behind what is within it.
    end: usize,
    is_text: bool,
}

/// Where the attributes of an element are. Most are never asked for.
enum Attributes {
    /// In [`Tree::all`], as they stand in the tag.
    InTag(Range<usize>),
    /// In [`Tree::attributes`], as their references had to be resolved.
    Resolved(Range<usize>),
}

impl Tree {
    fn clear(&mut self) {
        self.all.clear();
        self.nodes.clear();
        self.attributes.clear();
        self.open.clear();
    }

    fn put(&mut self, text: &str) -> Range<usize> {
        let start = self.all.len();
        self.all.push_str(text);
        start..self.all.len()
    }

    fn open(&mut self, tag: &BytesStart<'_>) {
        self.open.push(self.nodes.len());
        let (name, attributes) = match tag.contains('&') {
            true => self.resolved(tag),
            false => {
                let whole = self.put(tag);
                let end = whole.start + tag.name().as_ref().len();
                let name = end - tag.local_name().as_ref().len()..end;
                (name, Attributes::InTag(end..whole.end))
            }
        };
        self.nodes.push(Node { name, attributes, end: usize::MAX, is_text: false });
    }

    fn resolved(&mut self, tag: &BytesStart<'_>) -> (Range<usize>, Attributes) {
        let name = self.put(tag.local_name().as_ref());
        let from = self.attributes.len();
        // A repeated or broken attribute is no reason to lose the others.
        for attribute in tag.attributes().with_checks(false).flatten() {
            let key = self.put(attribute.key.local_name().as_ref());
            let value = self.put(&unescaped(&attribute.value));
            self.attributes.push((key, value));
        }
        (name, Attributes::Resolved(from..self.attributes.len()))
    }

    fn close(&mut self) {
        if let Some(at) = self.open.pop() {
            self.nodes[at].end = self.nodes.len();
        }
    }

    fn text(&mut self, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let name = self.put(text);
        let end = self.nodes.len() + 1;
        let attributes = Attributes::Resolved(0..0);
        self.nodes.push(Node { name, attributes, end, is_text: true });
    }
}

/// A value with its references resolved; those that nobody declared stay as they are written.
pub(crate) fn unescaped(raw: &str) -> Cow<'_, str> {
    quick_xml::escape::unescape(raw).unwrap_or(Cow::Borrowed(raw))
}

/// The value of an attribute of a tag without references.
fn in_tag<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut all = quick_xml::events::attributes::Attributes::new(tag, 0);
    all.with_checks(false);
    let found = all.flatten().find(|one| one.key.local_name().as_ref() == name)?;
    match found.value {
        Cow::Borrowed(value) => Some(value),
        Cow::Owned(_) => None,
    }
}

/// An element of a record.
#[derive(Clone, Copy)]
pub(crate) struct Element<'t> {
    tree: &'t Tree,
    at: usize,
}

impl<'t> Element<'t> {
    fn node(self) -> &'t Node {
        &self.tree.nodes[self.at]
    }

    /// Its name, without a prefix.
    pub(crate) fn name(self) -> &'t str {
        &self.tree.all[self.node().name.clone()]
    }

    /// The value of an attribute; prefixes do not count.
    pub(crate) fn attribute(self, name: &str) -> Option<&'t str> {
        let range = match &self.node().attributes {
            Attributes::InTag(range) => return in_tag(&self.tree.all[range.clone()], name),
            Attributes::Resolved(range) => range.clone(),
        };
        let mut all = self.tree.attributes[range].iter();
        let (_, value) = all.find(|(key, _)| &self.tree.all[key.clone()] == name)?;
        Some(&self.tree.all[value.clone()])
    }

    fn nodes_within(self) -> impl Iterator<Item = usize> {
        let (tree, end) = (self.tree, self.node().end.min(self.tree.nodes.len()));
        let next = move |at: &usize| Some(tree.nodes[*at].end).filter(|next| *next < end);
        std::iter::successors(Some(self.at + 1).filter(|at| *at < end), next)
    }

    /// The elements right within it.
    pub(crate) fn children(self) -> impl Iterator<Item = Self> {
        let tree = self.tree;
        let elements = self.nodes_within().filter(move |at| !tree.nodes[*at].is_text);
        elements.map(move |at| Self { tree, at })
    }

    /// The elements of that name right within it.
    pub(crate) fn all(self, name: &str) -> impl Iterator<Item = Self> {
        self.children().filter(move |one| one.name() == name)
    }

    /// The first element of that name right within it.
    pub(crate) fn child(self, name: &str) -> Option<Self> {
        self.all(name).next()
    }

    /// Every element within it, at any depth, in the order in which they begin.
    pub(crate) fn within(self) -> impl Iterator<Item = Self> {
        let (tree, end) = (self.tree, self.node().end.min(self.tree.nodes.len()));
        let elements = (self.at + 1..end).filter(move |at| !tree.nodes[*at].is_text);
        elements.map(move |at| Self { tree, at })
    }

    /// The text right within it, without blanks around it.
    pub(crate) fn text(self) -> Cow<'t, str> {
        let tree = self.tree;
        let mut texts = self
            .nodes_within()
            .filter(|at| tree.nodes[*at].is_text)
            .map(|at| &tree.all[tree.nodes[at].name.clone()]);
        let first = texts.next().unwrap_or("");
        match texts.next() {
            None => Cow::Borrowed(first.trim()),
            Some(second) => {
                let rest: String = texts.collect();
                Cow::Owned(format!("{first}{second}{rest}").trim().to_owned())
            }
        }
    }
}
