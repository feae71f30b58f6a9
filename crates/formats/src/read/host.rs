//! A device of a format that says itself what each of its parts is.

use std::borrow::Cow;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use compact_str::format_compact;
use serde_json::Value;
use whomade_core::observation::{At, Device, Field, Observation, Record, Seen};

use super::kinds::observations_of;
use super::labelled::locate;
use super::records::LINE_BYTES_MAX;
use super::report::{Report, cut, floor_boundary, span32};
use super::rows::{CELL_BYTES_MAX, filled_with};
use super::{certificate, ip, mac};

/// Observations of one record; a host with more is no host.
const OBSERVATIONS_MAX: usize = 1024;

/// Notes of one record.
const NOTES_MAX: usize = 64;

/// In so many bytes a value is looked for from one place of its first byte to the next.
const SHORT_BYTES: usize = 2 << 10;

/// Addresses taken from one text.
const MACS_MAX: usize = 4;

/// Bytes that the first of several joined parts must have to be looked for alone.
const FIRST_PART_MIN: usize = 4;

/// Bytes of a value that can be joined parts; a whole reply is none.
const JOINED_BYTES_MAX: usize = 256;

/// A device that is being read. Blank values are passed over, and a value that was seen before
/// is not seen again.
pub(crate) struct Host<'r> {
    device: Box<Device>,
    text: Cow<'r, str>,
    /// Where the last value was found: values mostly come in the order of the record.
    found: usize,
    /// Notes so far; what stands behind them is of the device that was here before, whose
    /// headings are mostly the same.
    told: usize,
}

impl<'r> Host<'r> {
    /// A device whose record stands on that line and reads so. What it is called follows from
    /// what is seen of it, unless [`Self::name`] says it.
    pub(crate) fn new(line: u64, text: impl Into<Cow<'r, str>>) -> Self {
        Self::in_place_of(Box::default(), line, text)
    }

    /// The same in the memory of a device that is done with.
    pub(crate) fn in_place_of(
        mut device: Box<Device>,
        line: u64,
        text: impl Into<Cow<'r, str>>,
    ) -> Self {
        device.name.clear();
        device.observations.clear();
        device.others.clear();
        device.installed = None;
        (device.record.sheet, device.record.seen) = (None, None);
        device.record.line = line;
        // What is not kept of a record is not pointed at either.
        let text = match text.into() {
            Cow::Borrowed(text) => Cow::Borrowed(cut(text, LINE_BYTES_MAX).0),
            Cow::Owned(mut text) => {
                text.truncate(floor_boundary(&text, LINE_BYTES_MAX));
                Cow::Owned(text)
            }
        };
        Self { device, text, found: 0, told: 0 }
    }

    /// What its owner calls it; the first name stays.
    pub(crate) fn name(&mut self, name: &str) {
        let name = cut(name.trim(), CELL_BYTES_MAX).0;
        if self.device.name.is_empty() {
            self.device.name = name.into();
        }
    }

    /// Something that was seen. Addresses, names of certificates and their hashes are kept in
    /// their usual form; what should be one and is none is no observation.
    pub(crate) fn observe(&mut self, field: Field, value: &str) {
        each_usual(field, value, &mut |value, written| self.add(field, value, written));
    }

    /// The same where there is something.
    pub(crate) fn maybe(&mut self, field: Field, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            self.observe(field, value.as_ref());
        }
    }

    /// A whole reply of a kind of the labelled form: `http_headers`, `ssdp`, `isapi`, …
    pub(crate) fn reply(&mut self, kind: &str, raw: &str) {
        for seen in observations_of(kind, raw) {
            self.observe(seen.field, &seen.value);
        }
    }

    /// The hardware addresses in a text.
    pub(crate) fn mac(&mut self, text: &str) {
        self.observe(Field::Mac, text);
    }

    /// What another record of the same input says of it, brought into its usual form as
    /// [`Self::observe`] does. It is one of its records where it says something that is new.
    pub(crate) fn elsewhere<'v>(
        &mut self,
        mut record: Record,
        said: impl IntoIterator<Item = (Field, &'v str)>,
    ) {
        record.text.truncate(floor_boundary(&record.text, LINE_BYTES_MAX));
        let Device { observations, others, .. } = &mut *self.device;
        let before = observations.len();
        let of = u32::try_from(others.len() + 1).unwrap_or(u32::MAX);
        for (field, value) in said {
            each_usual(field, value, &mut |value, written| {
                if is_new(observations, field, value) {
                    let span = span32(place_of(&record.text, 0, field, value, written));
                    let at = At { span, column: 0, of };
                    observations.push(Observation { field, value: value.into(), at });
                }
            });
        }
        if observations.len() > before {
            others.push(record);
        }
    }

    /// A certificate that is quoted whole, in base64.
    pub(crate) fn certificate(&mut self, base64: &str) {
        let bytes = certificate::of_base64(base64);
        if let Some(read) = bytes.as_deref().and_then(certificate::of_der) {
            self.observe(Field::TlsSubject, &read.subject);
            self.observe(Field::TlsIssuer, &read.issuer);
            self.observe(Field::TlsFingerprint, &read.fingerprint);
        }
    }

    /// An address of the network; what is none is no observation.
    pub(crate) fn ip(&mut self, text: &str) {
        self.observe(Field::Ip, text);
    }

    /// Adds a value; `written` is how it stands in the record.
    fn add(&mut self, field: Field, value: &str, written: &str) {
        let seen = &mut self.device.observations;
        if !is_new(seen, field, value) {
            return;
        }
        let place = place_of(&self.text, self.found, field, value, written);
        self.found = place.end.max(self.found);
        let span = span32(place);
        seen.push(Observation { field, value: value.into(), at: At::new(span, 0) });
    }

    /// Something kept beside: where it stands, what it is used for.
    pub(crate) fn note(&mut self, heading: &str, value: &str) {
        let value = cut(value.trim(), CELL_BYTES_MAX).0;
        if value.is_empty() || self.told >= NOTES_MAX {
            return;
        }
        match self.device.context.get_mut(self.told) {
            Some((place, text)) => {
                if **place != *heading {
                    *place = Arc::from(heading);
                }
                filled_with(text, value);
            }
            None => self.device.context.push((Arc::from(heading), value.into())),
        }
        self.told += 1;
    }

    /// When what the record says was so.
    pub(crate) fn seen(&mut self, seen: Option<Seen>) {
        self.device.record.seen = seen;
    }

    /// Whether anything was seen but its address in the network.
    pub(crate) fn says_something(&self) -> bool {
        self.device.observations.iter().any(|seen| seen.field != Field::Ip)
    }

    /// Gives it on, if anything was seen of it.
    pub(crate) fn give(mut self, report: &mut Report<'_>) -> ControlFlow<()> {
        let device = &mut self.device;
        device.context.truncate(self.told);
        if device.observations.is_empty() {
            return ControlFlow::Continue(());
        }
        if device.name.is_empty() {
            let called = [Field::Ip, Field::Hostname, Field::Mac];
            let called = called.into_iter().find_map(|field| device.first(field));
            let line = device.record.line;
            device.name = called.map_or_else(|| format_compact!("line {line}"), Into::into);
        }
        device.record.source = Arc::clone(&report.source);
        match self.text {
            Cow::Owned(text) => device.record.text = text,
            Cow::Borrowed(text) => {
                device.record.text.clear();
                device.record.text.push_str(text);
            }
        }
        for other in &mut device.others {
            other.source = Arc::clone(&report.source);
        }
        report.device(self.device)
    }
}

/// A value in the form in which its field is compared, and how it is written; each of them where
/// several stand in it.
fn each_usual(field: Field, value: &str, give: &mut dyn FnMut(&str, &str)) {
    let value = match field {
        Field::Mac | Field::Ip => value.trim(),
        _ => cut(value.trim(), CELL_BYTES_MAX).0,
    };
    match field {
        Field::Mac => {
            for (address, start, end, _) in mac::find_all(value, MACS_MAX) {
                give(&address, &value[start..end]);
            }
        }
        Field::Ip => {
            if let Some(address) = ip::usual(value) {
                give(&address, value);
            }
        }
        Field::TlsSubject | Field::TlsIssuer => give(&certificate::usual_name(value), value),
        Field::TlsFingerprint => {
            if let Some(hash) = certificate::fingerprint(value) {
                give(&hash, value);
            }
        }
        _ => give(value, value),
    }
}

/// Whether there is room for a value that was not seen before.
fn is_new(seen: &[Observation], field: Field, value: &str) -> bool {
    let again = || seen.iter().any(|one| one.field == field && one.value == value);
    !value.is_empty() && seen.len() < OBSERVATIONS_MAX && !again()
}

/// Where a value stands in a record, as it is written there.
fn place_of(text: &str, from: usize, field: Field, value: &str, written: &str) -> Range<usize> {
    let place = place(text, from, written);
    // A reader may have brought an address into its usual form before.
    if place.is_empty() && field == Field::Mac { locate(text, value) } else { place }
}

/// Where bytes stand among others. Records are short, so that making ready for a quicker search
/// would cost more than the search.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    if bytes.len() > SHORT_BYTES {
        return memchr::memmem::find(bytes, wanted);
    }
    let first = wanted.first()?;
    memchr::memchr_iter(*first, bytes).find(|at| bytes[*at..].starts_with(wanted))
}

/// Where a value stands in a record: as it is, as JSON or XML would write it, or the first of the
/// parts that were joined to it. It is looked for from a place on, then before it, so that no value
/// that stands there as it is makes the record be read twice. Nowhere when it cannot be found.
pub(crate) fn place(text: &str, from: usize, written: &str) -> Range<usize> {
    let bytes = text.as_bytes();
    let find_text = |wanted: &str| {
        let wanted = wanted.as_bytes();
        let behind = bytes.get(from..).and_then(|rest| Some(from + find(rest, wanted)?));
        let before = &bytes[..(from + wanted.len()).min(bytes.len())];
        let start = behind.or_else(|| find(before, wanted))?;
        Some(start..start + wanted.len())
    };
    let in_json = || {
        let escaped = |byte: u8| byte < 0x20 || matches!(byte, b'"' | b'\\');
        let encoded = written.bytes().any(escaped).then(|| Value::from(written).to_string())?;
        find_text(encoded.get(1..encoded.len() - 1)?)
    };
    let in_xml = || {
        let encoded = written.contains(['&', '<', '>', '"']);
        find_text(&quick_xml::escape::escape(encoded.then_some(written)?))
    };
    let first = || {
        let short = written.len() <= JOINED_BYTES_MAX;
        let first = written.split(' ').next().filter(|first| first.len() >= FIRST_PART_MIN);
        find_text(first.filter(|first| short && first.len() < written.len())?)
    };
    let found = find_text(written).or_else(in_json).or_else(in_xml);
    found.or_else(first).unwrap_or(0..0)
}
