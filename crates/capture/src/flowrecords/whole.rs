//! Whether a datagram is a whole message of flow records: one whose length, counts and the lengths
//! of its parts add up. Many things begin with two bytes that are a version, and whoever sends them
//! is no exporter for that.

use super::templates::is_templates;
use super::{long, sflow, short};

/// A message, by its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Five,
    Nine,
    Ten,
    Samples,
}

/// Bytes of the header of each version, and of a record of version 5.
pub(super) const FIVE_BYTES: usize = 24;
pub(super) const FIVE_RECORD_BYTES: usize = 48;
pub(super) const NINE_BYTES: usize = 20;
pub(super) const TEN_BYTES: usize = 16;
/// Bytes before what a set holds: its number and its length.
pub(super) const SET_BYTES: usize = 4;
/// Records of one message of version 5, as its format says.
const FIVE_RECORDS_MAX: usize = 30;

/// The form of a message; nothing where it is none, or is not whole.
pub(super) fn form(bytes: &[u8]) -> Option<Form> {
    let (form, is_whole) = match bytes {
        [0, 0, 0, 5, ..] => (Form::Samples, sflow::is_whole(bytes)),
        [0, 5, ..] => (Form::Five, is_five(bytes)?),
        [0, 9, ..] => (Form::Nine, is_nine(bytes)?),
        [0, 10, ..] => (Form::Ten, is_ten(bytes)?),
        _ => return None,
    };
    is_whole.then_some(form)
}

fn is_five(bytes: &[u8]) -> Option<bool> {
    let count = usize::from(short(bytes, 2)?);
    let length = FIVE_BYTES + FIVE_RECORD_BYTES * count;
    Some((1..=FIVE_RECORDS_MAX).contains(&count) && bytes.len() == length)
}

/// By section 5.1 of RFC 3954 the count is that of all records; some exporters give that of the
/// sets. Of either there is one, and each takes a byte.
fn is_nine(bytes: &[u8]) -> Option<bool> {
    let (count, rest) = (usize::from(short(bytes, 2)?), bytes.get(NINE_BYTES..)?);
    let known = |id| matches!(id, 0 | 1 | 256..);
    Some((1..=rest.len()).contains(&count) && are_sets(9, rest, known))
}

/// By section 3.1 of RFC 7011 the length is that of the whole message.
fn is_ten(bytes: &[u8]) -> Option<bool> {
    let (length, rest) = (usize::from(short(bytes, 2)?), bytes.get(TEN_BYTES..)?);
    Some(length == bytes.len() && are_sets(10, rest, |id| matches!(id, 2 | 3 | 256..)))
}

/// Whether sets follow one another to the end, one at least; zeros may fill it up.
fn are_sets(version: u8, mut rest: &[u8], known: fn(u16) -> bool) -> bool {
    let mut sets = 0_usize;
    while rest.iter().any(|byte| *byte != 0) {
        let (Some(id), Some(length)) = (short(rest, 0), short(rest, 2)) else { return false };
        let Some(set) = rest.get(SET_BYTES..usize::from(length)) else { return false };
        if !known(id) || id < 256 && !is_templates(version, set, matches!(id, 1 | 3)) {
            return false;
        }
        rest = &rest[usize::from(length)..];
        sets += 1;
    }
    sets > 0
}

/// Whether so many parts, each with its kind and its length before it, fill the bytes.
pub(super) fn are_parts(count: u32, mut rest: &[u8]) -> bool {
    for _ in 0..count {
        let Some(length) = long(rest, 4).and_then(|length| usize::try_from(length).ok()) else {
            return false;
        };
        let Some(behind) = rest.get(8..).and_then(|inside| inside.get(length..)) else {
            return false;
        };
        rest = behind;
    }
    rest.is_empty()
}
