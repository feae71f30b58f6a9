//! The elements of one record, where they stand in its text.

use std::borrow::Cow;
use std::ops::Range;

use quick_xml::events::BytesStart;

/// The elements of a record, one behind the other, each before what is within it.
#[derive(Default)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    /// Keys and values of attributes that the library had to read.
    attributes: Vec<(String, String)>,
    /// Texts that are not what stands in the record.
    resolved: String,
    open: Vec<usize>,
}

pub(super) struct Node {
    /// The name; of a text that text.
    name: Place,
    attributes: Attributes,
    /// The first node behind what is within it.
    end: u32,
    is_text: bool,
}

/// A part of something. A record has [`super::RECORD_BYTES_MAX`] bytes at most, so that half a
/// word is enough: nodes are many, and short ones are soon written and read.
#[derive(Clone, Copy)]
struct Span {
    from: u32,
    to: u32,
}

impl Span {
    fn of(range: Range<usize>) -> Self {
        Self { from: range.start as u32, to: range.end as u32 }
    }

    fn range(self) -> Range<usize> {
        self.from as usize..self.to as usize
    }
}

/// Where a name or text is.
enum Place {
    /// In the text of the record.
    There(Span),
    /// In [`Tree::resolved`].
    Resolved(Span),
}

/// Where the attributes of an element are. Most are never asked for.
enum Attributes {
    /// In the text of the record, as they stand in the tag.
    InTag(Span),
    /// In [`Tree::attributes`].
    Resolved(Span),
}

impl Tree {
    /// A record begins with that tag.
    pub(super) fn begin(&mut self, tag: &BytesStart<'_>) {
        self.nodes.clear();
        self.attributes.clear();
        self.resolved.clear();
        self.open.clear();
        self.open(tag, "<".len());
    }

    /// An element begins whose tag, without its brackets, stands there.
    pub(super) fn open(&mut self, tag: &BytesStart<'_>, at: usize) {
        self.open.push(self.nodes.len());
        let name = tag.name();
        let prefix = name.as_ref().bytes().rposition(|byte| byte == b':').map_or(0, |at| at + 1);
        let end = at + name.as_ref().len();
        let name = Place::There(Span::of(at + prefix..end));
        // References are to be resolved, and values may stand between other marks than the usual.
        let attributes = match memchr::memchr2(b'&', b'\'', tag.as_bytes()) {
            None => Attributes::InTag(Span::of(end..at + tag.len())),
            Some(_) => Attributes::Resolved(Span::of(self.resolved(tag))),
        };
        self.nodes.push(Node { name, attributes, end: u32::MAX, is_text: false });
    }

    fn resolved(&mut self, tag: &BytesStart<'_>) -> Range<usize> {
        let from = self.attributes.len();
        // A repeated or broken attribute is no reason to lose the others.
        for attribute in tag.attributes().with_checks(false).flatten() {
            let key = attribute.key.local_name().as_ref().to_owned();
            let value = super::unescaped(&attribute.value).into_owned();
            self.attributes.push((key, value));
        }
        from..self.attributes.len()
    }

    /// The element that began last and did not end yet ends.
    pub(super) fn close(&mut self) {
        if let Some(at) = self.open.pop() {
            self.nodes[at].end = self.nodes.len() as u32;
        }
    }

    /// A text that stands there.
    pub(super) fn text(&mut self, text: &str, at: usize) {
        if !text.trim_ascii().is_empty() {
            self.push_text(Place::There(Span::of(at..at + text.len())));
        }
    }

    /// A text that stands there in other words.
    pub(super) fn text_resolved(&mut self, text: &str) {
        if !text.trim_ascii().is_empty() {
            let at = self.resolved.len();
            self.resolved.push_str(text);
            self.push_text(Place::Resolved(Span::of(at..self.resolved.len())));
        }
    }

    fn push_text(&mut self, name: Place) {
        let attributes = Attributes::Resolved(Span::of(0..0));
        let end = self.nodes.len() as u32 + 1;
        self.nodes.push(Node { name, attributes, end, is_text: true });
    }
}

/// The attributes of a tag in which nothing is to be resolved, by their quotation marks alone:
/// most are never asked for. Ends at what is not written as it should be.
struct InTag<'t> {
    tag: &'t [u8],
    marks: memchr::Memchr<'t>,
    at: usize,
}

impl<'t> InTag<'t> {
    fn new(tag: &'t str) -> Self {
        let tag = tag.as_bytes();
        Self { tag, marks: memchr::memchr_iter(b'"', tag), at: 0 }
    }

    /// The name with the blanks around it, and where the value stands in the tag.
    #[inline]
    fn next(&mut self) -> Option<(&'t [u8], Range<usize>)> {
        let (open, close) = (self.marks.next()?, self.marks.next()?);
        let key = self.tag[self.at..open].trim_ascii_end().strip_suffix(b"=")?;
        self.at = close + 1;
        Some((key, open + 1..close))
    }
}

/// Whether an attribute is called so; neither prefixes count nor blanks around it.
#[inline]
fn is_called(key: &[u8], name: &str) -> bool {
    let (key, name) = (key.trim_ascii_end(), name.as_bytes());
    // Nearly all others are told from it by their last letter.
    if key.last() != name.last() {
        return false;
    }
    let before = key.strip_suffix(name).map(|before| before.last());
    before.is_some_and(|last| last.is_none_or(|last| *last == b':' || *last <= b' '))
}

/// An element of a record.
#[derive(Clone, Copy)]
pub(crate) struct Element<'t> {
    pub(super) tree: &'t Tree,
    /// The record.
    pub(super) text: &'t str,
    pub(super) at: usize,
}

impl<'t> Element<'t> {
    fn node(self) -> &'t Node {
        &self.tree.nodes[self.at]
    }

    fn read(self, place: &Place) -> &'t str {
        match place {
            Place::There(span) => &self.text[span.range()],
            Place::Resolved(span) => &self.tree.resolved[span.range()],
        }
    }

    /// Its name, without a prefix.
    pub(crate) fn name(self) -> &'t str {
        self.read(&self.node().name)
    }

    /// The value of an attribute; prefixes do not count.
    pub(crate) fn attribute(self, name: &str) -> Option<&'t str> {
        let [value] = self.attributes([name]);
        value
    }

    /// The values of some attributes, in one go.
    pub(crate) fn attributes<const N: usize>(self, names: [&str; N]) -> [Option<&'t str>; N] {
        let mut values = [None; N];
        let place = |values: &[Option<&str>; N], key: &[u8]| {
            let at = names.iter().position(|name| is_called(key, name))?;
            values[at].is_none().then_some(at)
        };
        match &self.node().attributes {
            Attributes::InTag(span) => {
                let tag = &self.text[span.range()];
                let mut missing = N;
                let mut all = InTag::new(tag);
                while let Some((key, value)) = all.next() {
                    let Some(at) = place(&values, key) else { continue };
                    values[at] = Some(&tag[value]);
                    missing -= 1;
                    if missing == 0 {
                        break;
                    }
                }
            }
            Attributes::Resolved(span) => {
                for (key, value) in &self.tree.attributes[span.range()] {
                    if let Some(at) = place(&values, key.as_bytes()) {
                        values[at] = Some(value.as_str());
                    }
                }
            }
        }
        values
    }

    /// The first node behind what is within it.
    fn end(self) -> usize {
        (self.node().end as usize).min(self.tree.nodes.len())
    }

    fn nodes_within(self) -> impl Iterator<Item = usize> {
        let (tree, end) = (self.tree, self.end());
        let next = move |at: &usize| Some(tree.nodes[*at].end as usize).filter(|next| *next < end);
        std::iter::successors(Some(self.at + 1).filter(|at| *at < end), next)
    }

    /// The elements right within it.
    pub(crate) fn children(self) -> impl Iterator<Item = Self> {
        let elements = self.nodes_within().filter(move |at| !self.tree.nodes[*at].is_text);
        elements.map(move |at| Self { at, ..self })
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
        let elements = (self.at + 1..self.end()).filter(move |at| !self.tree.nodes[*at].is_text);
        elements.map(move |at| Self { at, ..self })
    }

    /// The text right within it, without blanks around it.
    pub(crate) fn text(self) -> Cow<'t, str> {
        let nodes = &self.tree.nodes;
        let texts = self.nodes_within().filter(|at| nodes[*at].is_text);
        let mut texts = texts.map(|at| self.read(&nodes[at].name));
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
