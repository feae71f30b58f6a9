//! Packets that came in pieces, put together again. Where pieces overlap, what came first stays.

use std::collections::VecDeque;
use std::net::IpAddr;

use etherparse::{IpNumber, TcpSlice, UdpSlice};
use rustc_hash::FxHashMap;

use crate::limits::{FRAGMENTED_BYTES_MAX, FRAGMENTED_MAX, FRAGMENTS_BYTES_MAX, PIECES_MAX};
use crate::packet::{Piece, Segment, Transport};

/// Pieces of one packet; of the smallest that links carry, 65,535 bytes take some fifty.
const PIECES_OF_PACKET_MAX: usize = 4 * PIECES_MAX;

/// What the pieces of a packet have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    from: IpAddr,
    to: IpAddr,
    id: u32,
    protocol: u8,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Where each piece begins, and its bytes.
    pieces: Vec<(usize, Vec<u8>)>,
    /// How long the packet is, once its last piece came.
    length: Option<usize>,
    /// Bytes of the pieces, which may overlap.
    kept: usize,
    /// What the pieces were on the wire.
    spent: Spent,
}

/// What the pieces of a packet were on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Bytes, from the network header of each on.
    pub length: u32,
    /// How many there were.
    pub pieces: u32,
    /// The number of the first.
    pub number: u64,
}

impl Waiting {
    /// The packet, where every byte of it came.
    fn whole(&mut self) -> Option<Vec<u8>> {
        let length = self.length?;
        self.pieces.sort_by_key(|(at, _)| *at);
        let mut whole: Vec<u8> = Vec::with_capacity(length);
        for (at, bytes) in &self.pieces {
            let known = whole.len().checked_sub(*at)?;
            whole.extend_from_slice(bytes.get(known..).unwrap_or_default());
        }
        whole.truncate(length);
        (whole.len() == length).then_some(whole)
    }
}

/// The packets that wait for pieces.
#[derive(Debug, Default)]
pub struct Fragments {
    waiting: FxHashMap<Key, Waiting>,
    /// The packets in the order in which their first pieces came.
    order: VecDeque<Key>,
    /// Bytes of all pieces.
    kept: usize,
    /// Packets that were given up while they waited, since too many waited.
    let_go: u64,
}

impl Fragments {
    /// Packets that were given up while they waited for pieces, since too many waited.
    #[must_use]
    pub const fn let_go(&self) -> u64 {
        self.let_go
    }

    /// Packets of which some pieces never came: nothing is known of what they carry.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.order.len() as u64
    }

    /// Takes a piece, which was so long on the wire and has that number; gives what the whole
    /// packet carries once it is there: the number of the protocol, its bytes, and what its pieces
    /// were.
    pub fn take(
        &mut self,
        (from, to): (IpAddr, IpAddr),
        piece: &Piece<'_>,
        (length, number): (u32, u64),
    ) -> Option<(u8, Vec<u8>, Spent)> {
        let key = Key { from, to, id: piece.id, protocol: piece.protocol };
        let start = piece.offset as usize;
        let end = start + piece.bytes.len();
        if end > FRAGMENTED_BYTES_MAX || piece.bytes.is_empty() {
            return None;
        }
        if !self.waiting.contains_key(&key) {
            if self.order.len() >= FRAGMENTED_MAX {
                self.forget_oldest();
            }
            self.order.push_back(key);
        }
        while self.kept > FRAGMENTS_BYTES_MAX && self.order.front() != Some(&key) {
            self.forget_oldest();
        }
        let waiting = self.waiting.entry(key).or_default();
        let spent = &mut waiting.spent;
        spent.length = spent.length.saturating_add(length);
        spent.pieces += 1;
        spent.number = if spent.pieces == 1 { number } else { spent.number.min(number) };
        if !piece.more {
            waiting.length.get_or_insert(end);
        }
        let room = waiting.kept + piece.bytes.len() <= 2 * FRAGMENTED_BYTES_MAX;
        if room && waiting.pieces.len() < PIECES_OF_PACKET_MAX {
            waiting.pieces.push((start, piece.bytes.to_vec()));
            waiting.kept += piece.bytes.len();
            self.kept += piece.bytes.len();
        }
        let whole = waiting.whole()?;
        let spent = waiting.spent;
        self.kept -= waiting.kept;
        self.waiting.remove(&key);
        self.order.retain(|one| *one != key);
        Some((piece.protocol, whole, spent))
    }

    fn forget_oldest(&mut self) {
        let oldest = self.order.pop_front();
        self.let_go += u64::from(oldest.is_some());
        let oldest = oldest.and_then(|oldest| self.waiting.remove(&oldest));
        self.kept -= oldest.map_or(0, |oldest| oldest.kept);
    }
}

/// What a packet carries that was put together.
#[must_use]
pub fn carried(protocol: u8, bytes: &[u8]) -> Option<Transport<'_>> {
    match IpNumber(protocol) {
        IpNumber::UDP => {
            let udp = UdpSlice::from_slice_lax(bytes).ok()?;
            Some(Transport::Udp(udp.source_port(), udp.destination_port(), udp.payload()))
        }
        IpNumber::TCP => Some(Transport::Tcp(Segment::of(&TcpSlice::from_slice(bytes).ok()?))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn give(all: &mut Fragments, offset: u32, more: bool, bytes: &[u8]) -> Option<Vec<u8>> {
        let here = IpAddr::from([192, 0, 2, 1]);
        let piece = Piece { id: 7, protocol: 17, offset, more, bytes };
        all.take((here, here), &piece, (28, 1)).map(|(_, whole, _)| whole)
    }

    #[test]
    fn a_packet_is_put_together_in_whatever_order_its_pieces_come() {
        let mut all = Fragments::default();
        assert_eq!(give(&mut all, 8, false, b"ninth"), None);
        assert_eq!(give(&mut all, 0, true, b"eightone").unwrap(), b"eightoneninth");
        assert!(all.waiting.is_empty() && all.order.is_empty(), "nothing waits any more");
    }

    #[test]
    fn of_pieces_that_overlap_the_first_bytes_stay() {
        let mut all = Fragments::default();
        assert_eq!(give(&mut all, 0, true, b"aaaaaaaabbbb"), None);
        assert_eq!(give(&mut all, 8, false, b"XXXXcccc").unwrap(), b"aaaaaaaabbbbcccc");
    }

    #[test]
    fn what_never_comes_is_not_waited_for_without_end() {
        let mut all = Fragments::default();
        for id in 0..10 * FRAGMENTED_MAX as u32 {
            let here = IpAddr::from([192, 0, 2, 1]);
            let piece = Piece { id, protocol: 17, offset: 0, more: true, bytes: b"eightone" };
            assert!(all.take((here, here), &piece, (28, 1)).is_none());
        }
        assert!(all.waiting.len() <= FRAGMENTED_MAX && all.order.len() <= FRAGMENTED_MAX);
        assert_eq!(all.let_go(), 9 * FRAGMENTED_MAX as u64, "each that was given up is counted");
        let large = vec![b'x'; 60_000];
        for id in 0..2_000 {
            let here = IpAddr::from([192, 0, 2, 1]);
            for _ in 0..3 {
                let piece = Piece { id, protocol: 17, offset: 8, more: true, bytes: &large };
                assert!(all.take((here, here), &piece, (28, 1)).is_none());
            }
        }
        let kept = all.waiting.values().map(|one| one.kept).sum::<usize>();
        assert!(kept == all.kept && kept <= FRAGMENTS_BYTES_MAX + large.len(), "{kept}");
        assert_eq!(give(&mut all, 65_528, false, b"too long for any"), None);
    }
}
