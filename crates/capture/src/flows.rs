//! The flows of a capture, found again for each of their packets.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use crate::limits::{FLOWS_MAX, STREAMS_BYTES_MAX};
use crate::stream::Stream;
use crate::wire::quic;

/// One end of a flow.
pub(crate) type End = (IpAddr, u16);

/// What a flow is found by: its ends in ascending order, and how it is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    low: End,
    high: End,
    protocol: u8,
}

impl Key {
    /// The key of a packet, and whether it goes from the lower end to the higher.
    pub(crate) fn of(from: End, to: End, protocol: u8) -> (Self, bool) {
        if from <= to {
            (Self { low: from, high: to, protocol }, true)
        } else {
            (Self { low: to, high: from, protocol }, false)
        }
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
            last: 0,
        }
    }
}

/// The flows that are followed.
#[derive(Debug, Default)]
pub(crate) struct Flows {
    all: FxHashMap<Key, Flow>,
    /// Bytes that streams keep, as of the last count.
    kept: usize,
}

impl Flows {
    /// The flow of a packet, made where there is none.
    pub(crate) fn find(&mut self, key: Key, number: u64, make: impl FnOnce() -> Flow) -> &mut Flow {
        if self.all.len() >= FLOWS_MAX && !self.all.contains_key(&key) {
            self.forget(number);
        }
        let flow = self.all.entry(key).or_insert_with(make);
        flow.last = number;
        flow
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
        let mut silent: Vec<u64> = self.all.values().map(|flow| number - flow.last).collect();
        let middle = silent.len() / 2;
        let (_, limit, _) = silent.select_nth_unstable(middle);
        let limit = *limit;
        self.all.retain(|_, flow| number - flow.last < limit);
        let kept = |flow: &Flow| {
            let begun = flow.quic.as_ref().map_or(0, |beginning| beginning.kept());
            begun + flow.streams.iter().map(Stream::kept).sum::<usize>()
        };
        self.kept = self.all.values().map(kept).sum();
    }
}
