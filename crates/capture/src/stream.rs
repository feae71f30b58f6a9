//! One direction of a stream: its first bytes in their order, however the segments came.

use crate::limits::{PIECES_MAX, STREAM_BYTES_MAX};

/// The first bytes of a direction.
#[derive(Debug, Default)]
pub struct Stream {
    /// The place of the byte that is next.
    next: Option<u32>,
    /// What came in order and was not yet read.
    bytes: Vec<u8>,
    /// What came before its turn: places and bytes.
    early: Vec<(u32, Vec<u8>)>,
    /// Nothing more of it is wanted.
    done: bool,
    /// Its beginning was recorded.
    began: bool,
}

impl Stream {
    /// Takes the beginning of a direction: its bytes are counted from behind it.
    pub fn begin(&mut self, place: u32) {
        if self.next.is_none() {
            self.next = Some(place.wrapping_add(1));
            self.began = true;
        }
    }

    /// Whether its beginning was recorded.
    #[must_use]
    pub fn began(&self) -> bool {
        self.began
    }

    /// Passes over a segment that lies whole, and in its turn, within so many bytes that nobody
    /// wants: whether it does.
    pub fn pass(&mut self, place: u32, bytes: &[u8], unwanted: &mut u64) -> bool {
        let waits = !self.bytes.is_empty() || !self.early.is_empty();
        let length = bytes.len() as u64;
        if waits || self.next != Some(place) || length == 0 || *unwanted < length {
            return false;
        }
        *unwanted -= length;
        self.next = Some(place.wrapping_add(u32::try_from(length).unwrap_or(u32::MAX)));
        true
    }

    /// Whether nothing more is wanted.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Wants nothing more and keeps nothing.
    pub fn finish(&mut self) {
        *self = Self { done: true, ..Self::default() };
    }

    /// Bytes that are kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.bytes.capacity() + self.early.iter().map(|(_, bytes)| bytes.len()).sum::<usize>()
    }

    /// What came in order and was not yet read.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes a segment; whether bytes came in order. A direction of which the beginning was not
    /// recorded begins with the first segment that carries anything.
    pub fn take(&mut self, place: u32, bytes: &[u8]) -> bool {
        if self.done || bytes.is_empty() {
            return false;
        }
        let next = *self.next.get_or_insert(place);
        // Places count around: what lies within half of all behind the next is yet to come.
        let ahead = place.wrapping_sub(next);
        if ahead == 0 {
            self.push(bytes);
        } else if ahead < 1 << 31 {
            if self.early.len() >= PIECES_MAX || self.kept() > STREAM_BYTES_MAX {
                // What is missing was not recorded: nothing behind it can be read in order.
                self.finish();
            } else {
                self.early.push((place, bytes.to_vec()));
            }
            return false;
        } else {
            // It came before; what is new of it counts.
            let known = next.wrapping_sub(place) as usize;
            let Some(fresh) = bytes.get(known..).filter(|fresh| !fresh.is_empty()) else {
                return false;
            };
            self.push(fresh);
        }
        self.catch_up();
        true
    }

    /// Drops bytes from the front that were read.
    pub fn read(&mut self, count: usize) {
        self.bytes.drain(..count.min(self.bytes.len()));
    }

    fn push(&mut self, bytes: &[u8]) {
        let room = STREAM_BYTES_MAX.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.next = self.next.map(|next| next.wrapping_add(length));
    }

    fn catch_up(&mut self) {
        while let Some(next) = self.next {
            let turn = |(place, bytes): &(u32, Vec<u8>)| {
                let behind = next.wrapping_sub(*place);
                behind < 1 << 31 && (behind as usize) <= bytes.len()
            };
            let Some(at) = self.early.iter().position(turn) else { break };
            let (place, bytes) = self.early.swap_remove(at);
            let known = next.wrapping_sub(place) as usize;
            self.push(&bytes[known..]);
        }
        let next = self.next.unwrap_or(0);
        self.early.retain(|(place, _)| place.wrapping_sub(next) < 1 << 31);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_read_in_order_however_they_come() {
        let mut stream = Stream::default();
        stream.begin(u32::MAX - 2);
        assert!(!stream.take(2, b"rld"), "it is not its turn");
        assert!(stream.take(u32::MAX - 1, b"hell"));
        assert_eq!(stream.bytes(), b"hellrld", "places count around");
        assert!(!stream.take(2, b"not"), "what came twice counts once");
        assert!(stream.take(4, b"Xd!"), "what is new of it counts");
        assert_eq!(stream.bytes(), b"hellrldd!");
        stream.read(4);
        assert_eq!(stream.bytes(), b"rldd!");
    }

    #[test]
    fn what_nobody_wants_is_passed_over_in_its_turn() {
        let mut stream = Stream::default();
        stream.begin(9);
        let mut unwanted = 6;
        assert!(stream.began() && stream.pass(10, b"body", &mut unwanted));
        assert!(!stream.pass(20, b"x", &mut unwanted), "it is not its turn");
        assert!(!stream.pass(14, b"wxyz", &mut unwanted), "the end of it is wanted");
        assert!(stream.take(14, b"wxyz") && stream.bytes() == b"wxyz" && unwanted == 2);
        assert!(!stream.pass(18, b"x", &mut unwanted), "what came before comes first");
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_is_missing_ends_it() {
        let mut stream = Stream::default();
        let block = vec![b'x'; 1_400];
        for at in 0..100_u32 {
            stream.take(1 + at * 1_400, &block);
        }
        assert_eq!(stream.bytes().len(), STREAM_BYTES_MAX);
        let mut holed = Stream::default();
        holed.begin(0);
        for at in 0..100_u32 {
            holed.take(10 + at * 1_400, &block);
        }
        assert!(holed.is_done() && holed.kept() == 0);
    }
}
