//! The flows of a capture, found again for each of their packets.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use crate::limits::{FLOWS_MAX, STREAMS_BYTES_MAX};
use crate::packet::{Mac, Mark};
use crate::stream::Stream;
use crate::wire::quic;

/// One end of a flow.
pub(crate) type End = (IpAddr, u16);

/// What a flow is found by: its ends in ascending order, and how it is carried. Addresses are
/// numbers here, since every packet is looked for; those of the fourth version are written as the
/// sixth does (RFC 4291, 2.5.5.2), which nothing else is, since packets come with the usual form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    addresses: [u128; 2],
    /// The ports, the first in the upper half.
    ports: u32,
    protocol: u8,
    /// Nothing, or by which of several devices at the same ends it is.
    of: u16,
}

/// An address as a number.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(four) => 0xFFFF_0000_0000 | u128::from(four.to_bits()),
        IpAddr::V6(six) => six.to_bits(),
    }
}

impl Key {
    /// The key of a packet, and whether it goes from the lower end to the higher.
    pub(crate) fn of(from: End, to: End, protocol: u8) -> (Self, bool) {
        let ends = [(number(from.0), from.1), (number(to.0), to.1)];
        let is_low = ends[0] <= ends[1];
        let [low, high] = if is_low { ends } else { [ends[1], ends[0]] };
        let ports = u32::from(low.1) << 16 | u32::from(high.1);
        (Self { addresses: [low.0, high.0], ports, protocol, of: 0 }, is_low)
    }

    /// The key of the flow between the same ends of which one is the device with that address on
    /// the link.
    pub(crate) fn of_device(self, Mac([a, b, c, d, e, f]): Mac) -> Self {
        let of = u16::from_be_bytes([a ^ c ^ e, b ^ d ^ f]);
        Self { of: of.max(1), ..self }
    }
}

/// What is known of a flow. Of what there is twice, the first is of the lower end.
#[derive(Debug)]
pub(crate) struct Flow {
    /// The stations at its ends.
    pub(crate) nodes: [u32; 2],
    /// What each of them has with the other, where it is counted.
    pub(crate) peers: [Option<u32>; 2],
    /// The first bytes of what each end sends.
    pub(crate) streams: [Stream; 2],
    /// The port that was asked.
    pub(crate) port: u16,
    /// Which end was asked.
    pub(crate) server: usize,
    /// Messages read of each end; of datagrams those that were looked at.
    pub(crate) messages: [u16; 2],
    /// Bytes of a body that are passed over.
    pub(crate) passed: [u64; 2],
    /// The beginning of QUIC that is being put together.
    pub(crate) quic: Option<Box<quic::Beginning>>,
    /// The address on the link from which each end sends.
    pub(crate) links: [Option<Mac>; 2],
    /// Whether another device has flows between the same ends.
    pub(crate) shared: bool,
    /// The last packets of each end.
    last_of: [Recent; 2],
    /// The number of its last packet.
    last: u64,
}

impl Flow {
    /// A flow between two nodes, of which one is asked at a port.
    pub(crate) fn new(nodes: [u32; 2], port: u16, server: usize) -> Self {
        Self {
            nodes,
            port,
            server,
            peers: [None; 2],
            streams: Default::default(),
            messages: [0; 2],
            passed: [0; 2],
            quic: None,
            links: [None; 2],
            shared: false,
            last_of: Default::default(),
            last: 0,
        }
    }

    /// Whether a packet of an end was recorded before, elsewhere on its way or by a mirror that
    /// copies what comes and what goes; else takes note of it.
    pub(crate) fn is_again(&mut self, end: usize, mark: Option<Mark>, time: Option<i64>) -> bool {
        mark.zip(time).is_some_and(|(mark, time)| self.last_of[end].is_again(mark, time))
    }
}

/// Nanoseconds within which a packet with a number is recorded twice: the counter of numbers comes
/// round later, and so does who says the same again.
const AGAIN: i64 = 100_000_000;
/// The same of a packet without one: what was lost is sent again after the way there and back.
const AGAIN_UNNUMBERED: i64 = 1_000_000;

/// The last packets of an end, by what is left of their marks.
#[derive(Debug, Default)]
struct Recent {
    marks: [u32; 4],
    time: i64,
}

impl Recent {
    fn is_again(&mut self, mark: Mark, time: i64) -> bool {
        // An odd number close to 2^64 divided by the golden ratio spreads all bits to the upper.
        let short = (mark.of.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32 | 1;
        let since = time.abs_diff(self.time);
        let within = if mark.id == 0 { AGAIN_UNNUMBERED } else { AGAIN };
        if since <= within.unsigned_abs() && self.marks.contains(&short) {
            return true;
        }
        if since > AGAIN.unsigned_abs() {
            self.marks = [0; 4];
        }
        self.marks.rotate_right(1);
        (self.marks[0], self.time) = (short, time);
        false
    }
}

/// The flows that are followed.
#[derive(Debug, Default)]
pub(crate) struct Flows {
    /// Where the flow of a key stands.
    places: FxHashMap<Key, u32>,
    all: Vec<Flow>,
    /// Bytes that streams keep, as of the last count.
    kept: usize,
    /// Flows that were let go because there were too many, or because they kept too much.
    pub(crate) let_go: u64,
}

impl Flows {
    /// The place of the flow of a packet, made where there is none. It holds until the next packet.
    pub(crate) fn find(&mut self, key: Key, number: u64, make: impl FnOnce() -> Flow) -> usize {
        if self.all.len() >= FLOWS_MAX && !self.places.contains_key(&key) {
            self.forget(number);
        }
        let Self { places, all, .. } = self;
        let at = *places.entry(key).or_insert_with(|| {
            all.push(make());
            (all.len() - 1) as u32
        });
        self.all[at as usize].last = number;
        at as usize
    }

    /// The place of a flow that is there.
    pub(crate) fn known(&self, key: Key) -> Option<usize> {
        self.places.get(&key).map(|at| *at as usize)
    }

    /// The flow at a place.
    pub(crate) fn at(&mut self, place: usize) -> &mut Flow {
        &mut self.all[place]
    }

    /// Counts bytes that a stream keeps more; where all keep too many, those of the flows that
    /// were silent longest are let go.
    pub(crate) fn keep(&mut self, more: usize, number: u64) {
        self.kept += more;
        if self.kept > STREAMS_BYTES_MAX {
            self.forget(number);
        }
    }

    /// Lets the half of the flows go that was silent longest: one is looked at as often as it was
    /// made, on average.
    fn forget(&mut self, number: u64) {
        let mut silent: Vec<u64> = self.all.iter().map(|flow| number - flow.last).collect();
        let middle = silent.len() / 2;
        let (_, limit, _) = silent.select_nth_unstable(middle);
        let limit = *limit;
        let before = self.all.len();
        let mut now: Vec<Option<u32>> = Vec::with_capacity(before);
        let mut stay = 0;
        self.all.retain(|flow| {
            let stays = number - flow.last < limit;
            now.push(stays.then_some(stay));
            stay += u32::from(stays);
            stays
        });
        self.places.retain(|_, at| now[*at as usize].map(|now| *at = now).is_some());
        self.let_go += (before - self.all.len()) as u64;
        let kept = |flow: &Flow| {
            let begun = flow.quic.as_ref().map_or(0, |beginning| beginning.kept());
            begun + flow.streams.iter().map(Stream::kept).sum::<usize>()
        };
        self.kept = self.all.iter().map(kept).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_of_a_flow_have_one_key_and_other_flows_another() {
        let (one, other) = (IpAddr::from([10, 0, 0, 7]), IpAddr::from([198, 51, 100, 9]));
        let (key, is_low) = Key::of((one, 9), (other, 443), 6);
        assert_eq!(Key::of((other, 443), (one, 9), 6), (key, !is_low));
        let others = [
            Key::of((one, 443), (other, 9), 6),
            Key::of((one, 9), (other, 443), 17),
            Key::of((one, 9), (IpAddr::from([0; 16]), 443), 6),
            Key::of((one, 9), (one, 443), 6),
        ];
        assert!(others.iter().all(|(another, _)| *another != key));
        let (same, is_low) = Key::of((one, 9), (one, 9), 6);
        assert!(is_low && same != key, "whoever talks to itself is the lower end");
    }
}
