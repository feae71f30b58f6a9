//! What is no count of anything: messages that came twice, and records whose numbers cannot be.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;

use rustc_hash::FxHashSet;

use super::Record;

/// Messages that are remembered: a network that doubles one does so within moments.
const REMEMBERED_MAX: usize = 4_096;

/// Bytes of the longest packet of the network: its length is told in 16 bits (RFC 791, 3.1).
const PACKET_BYTES_MAX: u64 = 65_535;

/// Bytes and packets of one flow beyond which the numbers are no counts: more than the fastest
/// links carry in a day.
const FLOW_BYTES_MAX: u64 = 1 << 53;
const FLOW_PACKETS_MAX: u64 = 1 << 43;

/// The messages that came last, and of which something was counted.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    order: VecDeque<u64>,
    known: FxHashSet<u64>,
}

impl Remembered {
    pub(super) fn holds(&self, message: u64) -> bool {
        self.known.contains(&message)
    }

    pub(super) fn add(&mut self, message: u64) {
        if self.known.insert(message) {
            self.order.push_back(message);
        }
        if self.order.len() > REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

/// What makes two messages the same, byte for byte: each has a number of its own and the moment at
/// which it was made.
pub(super) fn sameness(exporter: IpAddr, bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (exporter, bytes).hash(&mut hasher);
    hasher.finish()
}

/// Whether the numbers of a record can be: so many packets can carry so many bytes, and none is
/// without any. An exporter that tells only one of both is believed.
pub(super) fn can_be(record: &Record) -> bool {
    let carried = record.packets.saturating_mul(PACKET_BYTES_MAX);
    record.packets <= FLOW_PACKETS_MAX
        && record.bytes <= FLOW_BYTES_MAX
        && (record.packets == 0
            || record.bytes == 0
            || (record.packets..=carried).contains(&record.bytes))
}
