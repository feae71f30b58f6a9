//! What devices say of themselves when they are asked or announce themselves: replies that a tool
//! or a person wrote into a file.

pub(crate) mod avahi;
pub(crate) mod isapi;
pub(crate) mod magicbox;
pub(crate) mod onvif;
mod raw;
pub(crate) mod sadp;
pub(crate) mod ssdp;
pub(crate) mod wsdiscover;

use std::collections::HashMap;
use std::ops::ControlFlow;

use whomade_core::observation::Field;

use super::host::Host;
use super::kinds::observations_of;
use super::report::Report;

/// Replies that are held until it is known whether they are of one device; with more of them each
/// is taken for itself.
const PARTS_MAX: usize = 256;

/// Bytes of the replies that are held; with more each is taken for itself.
const BYTES_MAX: usize = 512 << 10;

/// Bytes of lines that are held because further lines may be of the same devices. Beyond that all
/// are given, and a device of which more comes is given again.
const HELD_BYTES_MAX: usize = 4 << 20;

/// A reply and what it says.
#[derive(Debug, Default)]
struct Part {
    line: u64,
    text: String,
    /// What sort of reply it is.
    kind: &'static str,
    seen: Vec<(Field, String)>,
    notes: Vec<(&'static str, String)>,
}

impl Part {
    fn new(kind: &'static str, line: u64, text: &str) -> Self {
        Self { kind, line, text: text.to_owned(), ..Self::default() }
    }

    fn see(&mut self, field: Field, value: &str) {
        if !value.trim().is_empty() {
            self.seen.push((field, value.to_owned()));
        }
    }

    /// What a reply of a kind of the labelled form says.
    fn reply(&mut self, kind: &str, raw: &str) {
        let seen = observations_of(kind, raw).into_iter();
        self.seen.extend(seen.map(|one| (one.field, one.value.into())));
    }

    fn values(&self, field: Field) -> impl Iterator<Item = &str> {
        self.seen.iter().filter(move |(own, _)| *own == field).map(|(_, value)| value.as_str())
    }

    fn fill(&self, host: &mut Host<'_>) {
        for (field, value) in &self.seen {
            host.observe(*field, value);
        }
        for (heading, value) in &self.notes {
            host.note(heading, value);
        }
    }

    fn give(&self, report: &mut Report<'_>) -> ControlFlow<()> {
        let mut host = Host::new(self.line, self.text.as_str());
        self.fill(&mut host);
        host.give(report)
    }

    /// Whether both cannot be of one device, or nobody can say: other serial numbers, addresses
    /// of which none is the same, two different replies to the same question.
    fn differs(&self, other: &Self) -> bool {
        let apart = |field: Field| {
            let mut own = self.values(field).peekable();
            let strange = |value: &str| other.values(field).all(|one| one != value);
            own.peek().is_some() && other.values(field).next().is_some() && own.all(strange)
        };
        let same_question = self.kind == other.kind && self.text != other.text;
        same_question || [Field::Serial, Field::Mac, Field::Ip].into_iter().any(apart)
    }
}

/// The replies of one file. They are one device's, unless any two of them differ: then each is
/// given for itself, as nothing in the file says which belong together.
#[derive(Debug, Default)]
struct Parts {
    held: Vec<Part>,
    bytes: usize,
    apart: bool,
}

impl Parts {
    /// Takes a reply.
    fn take(&mut self, part: Part, report: &mut Report<'_>) -> ControlFlow<()> {
        if part.seen.is_empty() {
            return ControlFlow::Continue(());
        }
        self.bytes += part.text.len();
        let full = self.held.len() >= PARTS_MAX || self.bytes > BYTES_MAX;
        self.apart |= full || self.held.iter().any(|one| one.differs(&part));
        self.held.push(part);
        if !self.apart {
            return ControlFlow::Continue(());
        }
        self.held.drain(..).try_for_each(|part| part.give(report))
    }

    /// Gives what is held.
    fn end(self, report: &mut Report<'_>) -> ControlFlow<()> {
        let Some(first) = self.held.first() else { return ControlFlow::Continue(()) };
        let text: Vec<&str> = self.held.iter().map(|part| part.text.as_str()).collect();
        let mut host = Host::new(first.line, text.join("\n"));
        for part in &self.held {
            part.fill(&mut host);
        }
        host.give(report)
    }
}

/// Devices of which further lines may come, in the order in which they were met.
#[derive(Debug, Default)]
struct Held {
    all: Vec<Part>,
    places: HashMap<String, usize>,
    bytes: usize,
}

impl Held {
    /// The device of that key, to which so many bytes will be added; a new one where there is
    /// none.
    fn part(&mut self, key: String, bytes: usize) -> &mut Part {
        self.bytes += bytes;
        let place = *self.places.entry(key).or_insert(self.all.len());
        if place == self.all.len() {
            self.all.push(Part::default());
        }
        &mut self.all[place]
    }

    /// Whether so many bytes more would be too many.
    const fn is_full(&self, bytes: usize) -> bool {
        self.bytes + bytes > HELD_BYTES_MAX
    }

    /// Gives those that are wanted and holds none any longer.
    fn give(&mut self, wanted: &dyn Fn(&Part) -> bool, report: &mut Report<'_>) -> ControlFlow<()> {
        let Self { all, .. } = std::mem::take(self);
        all.into_iter().filter(|part| wanted(part)).try_for_each(|part| part.give(report))
    }
}
