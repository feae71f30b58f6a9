//! Records of flows that routers and switches send: NetFlow 5 and 9 (RFC 3954), IPFIX (RFC 7011)
//! and sFlow 5 (sflow.org). Bytes stay as they were counted: where only one of so many packets was,
//! or where nobody says, that stands beside them, and nothing is multiplied.

mod doubt;
mod order;
mod sflow;
mod templates;
mod whole;

use std::net::IpAddr;

use rustc_hash::FxHashSet;

use crate::limits::EXPORTERS_MAX;
use crate::packet::Mac;
use doubt::{Remembered, can_be, sameness};
use order::Order;
use templates::{Exporter, Templates};
use whole::{FIVE_BYTES, FIVE_RECORD_BYTES, Form, NINE_BYTES, SET_BYTES, TEN_BYTES, form};

/// The ports to which exporters send.
pub const PORTS: [u16; 5] = [2_055, 4_739, 6_343, 9_995, 9_996];

/// Nanoseconds of a second.
const SECOND: i64 = 1_000_000_000;
/// Nanoseconds of a thousandth of a second.
const MILLI: i64 = 1_000_000;

/// A flow, one way, as an exporter reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Who sent, and who got.
    pub ends: [IpAddr; 2],
    /// Their ports; 0 where there are none.
    pub ports: [u16; 2],
    /// Their addresses on the link, where they are told.
    pub macs: [Option<Mac>; 2],
    /// How it was carried, by its number.
    pub protocol: u8,
    /// Bytes that were counted, from the network header on.
    pub bytes: u64,
    /// Packets that were counted.
    pub packets: u64,
    /// The first and the last of them, in nanoseconds since 1970.
    pub time: Option<(i64, i64)>,
    /// Of how many packets one was counted; nothing where that is not said: then there was at least
    /// what was counted.
    pub one_in: Option<u32>,
    /// Whether the sender asked and the getter was asked, where the exporter says so. Ports and the
    /// order of the ends do not.
    pub asks: Option<bool>,
}

/// What exporters said so far of what their records look like.
#[derive(Debug, Default)]
pub struct FlowRecords {
    templates: Templates,
    remembered: Remembered,
    order: Order,
    /// Who reported a flow.
    exporters: FxHashSet<IpAddr>,
    /// Records that were read.
    read: u64,
    /// Messages that came again.
    again: u64,
    /// Records whose numbers cannot be.
    odd: u64,
}

/// When a message was made.
#[derive(Debug, Clone, Copy)]
struct Clock {
    /// Nanoseconds since 1970.
    now: i64,
    /// Thousandths of a second for which the exporter runs, where it says.
    uptime: Option<u32>,
}

impl Clock {
    /// A moment that is given as one of the exporter's running time.
    fn at(&self, uptime: u32) -> Option<i64> {
        // The count begins anew after seven weeks: what lies before it is told by the difference.
        let before = self.uptime?.wrapping_sub(uptime);
        self.now.checked_sub(i64::from(before).checked_mul(MILLI)?)
    }
}

/// Whether a datagram is a whole message of flow records: one whose lengths and counts add up. It
/// may still say nothing of a flow, or wait for what its records look like.
#[must_use]
pub fn is_whole(bytes: &[u8]) -> bool {
    form(bytes).is_some()
}

impl FlowRecords {
    /// Takes a datagram of an exporter and gives its records; whether it is a whole message of flow
    /// records, one whose lengths and counts add up. Of others nothing is read, and nothing again
    /// of one that came before. `seen`: when it came, in nanoseconds since 1970.
    pub fn take(
        &mut self,
        exporter: IpAddr,
        bytes: &[u8],
        seen: Option<i64>,
        give: &mut dyn FnMut(Record),
    ) -> bool {
        let Some(form) = form(bytes) else { return false };
        let Self { templates, remembered, order, exporters, read, again, odd } = self;
        let message = sameness(exporter, bytes);
        if remembered.holds(message) {
            *again += 1;
            return true;
        }
        order.take(exporter, form, bytes);
        let before = *read;
        let give = &mut |record: Record| {
            if can_be(&record) {
                *read += 1;
                give(record);
            } else {
                *odd += 1;
            }
        };
        let _ = match form {
            Form::Samples => sflow::read(bytes, seen, give),
            Form::Five => netflow_5(bytes, give),
            Form::Nine => netflow_9(templates, exporter, bytes, give),
            Form::Ten => ipfix(templates, exporter, bytes, give),
        };
        if *read > before {
            remembered.add(message);
            if exporters.len() < EXPORTERS_MAX {
                exporters.insert(exporter);
            }
        }
        true
    }

    /// Records that were read.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.read
    }

    /// Messages that came again, byte for byte: what they report was counted when they came first.
    #[must_use]
    pub fn again(&self) -> u64 {
        self.again
    }

    /// Who reported flows: one that passes several of them is counted by each.
    #[must_use]
    pub fn exporters(&self) -> usize {
        self.exporters.len()
    }

    /// In how many places messages are missing, by the numbers of those that came: what they
    /// reported is not known. Of IPFIX that is not counted.
    #[must_use]
    pub fn gaps(&self) -> u64 {
        self.order.gaps()
    }

    /// Records that report more bytes than their packets can carry, or more than any link does:
    /// nothing of them is counted.
    #[must_use]
    pub fn odd(&self) -> u64 {
        self.odd
    }

    /// Sets of records that could not be read, since what they look like was never said.
    #[must_use]
    pub fn untold(&self) -> u64 {
        self.templates.untold()
    }

    /// Records that do not say between whom, such as counts of interfaces or of addresses that the
    /// exporter has changed.
    #[must_use]
    pub fn unnamed(&self) -> u64 {
        self.templates.unnamed()
    }

    /// How often there was no room for an exporter, or for what one of them says of its records.
    #[must_use]
    pub fn crowded(&self) -> u64 {
        self.templates.crowded()
    }
}

/// Two, four or as many bytes as a number has, the highest first.
fn word<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    word(bytes, at).map(u16::from_be_bytes)
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    word(bytes, at).map(u32::from_be_bytes)
}

fn four(bytes: &[u8], at: usize) -> Option<IpAddr> {
    word::<4>(bytes, at).map(IpAddr::from)
}

/// Version 5: all records alike.
fn netflow_5(bytes: &[u8], give: &mut dyn FnMut(Record)) -> Option<()> {
    // Two bits say how, the others of how many; 0 is left by those who do not say.
    let one_in = u32::from(short(bytes, 22)? & 0x3FFF);
    let one_in = (one_in > 0).then_some(one_in);
    let now = i64::from(long(bytes, 8)?) * SECOND + i64::from(long(bytes, 12)?);
    let clock = Clock { now, uptime: long(bytes, 4) };
    let count = usize::from(short(bytes, 2)?);
    for record in bytes.get(FIVE_BYTES..)?.chunks_exact(FIVE_RECORD_BYTES).take(count) {
        let first = long(record, 24).and_then(|uptime| clock.at(uptime));
        let last = long(record, 28).and_then(|uptime| clock.at(uptime));
        give(Record {
            ends: [four(record, 0)?, four(record, 4)?],
            ports: [short(record, 32)?, short(record, 34)?],
            macs: [None; 2],
            protocol: record[38],
            bytes: u64::from(long(record, 20)?),
            packets: u64::from(long(record, 16)?),
            time: first.zip(last).map(|(one, other)| (one.min(other), one.max(other))),
            one_in,
            asks: None,
        });
    }
    Some(())
}

/// Version 9: sets, of which some say what others look like.
fn netflow_9(
    templates: &mut Templates,
    exporter: IpAddr,
    bytes: &[u8],
    give: &mut dyn FnMut(Record),
) -> Option<()> {
    let clock = Clock { now: i64::from(long(bytes, 8)?) * SECOND, uptime: long(bytes, 4) };
    let exporter = Exporter { address: exporter, domain: long(bytes, 16)?, version: 9 };
    sets(templates, exporter, clock, bytes.get(NINE_BYTES..)?, give)
}

/// IPFIX: the same, with fields of other makers and of any length.
fn ipfix(
    templates: &mut Templates,
    exporter: IpAddr,
    bytes: &[u8],
    give: &mut dyn FnMut(Record),
) -> Option<()> {
    let clock = Clock { now: i64::from(long(bytes, 4)?) * SECOND, uptime: None };
    let exporter = Exporter { address: exporter, domain: long(bytes, 12)?, version: 10 };
    sets(templates, exporter, clock, bytes.get(TEN_BYTES..)?, give)
}

fn sets(
    templates: &mut Templates,
    exporter: Exporter,
    clock: Clock,
    mut rest: &[u8],
    give: &mut dyn FnMut(Record),
) -> Option<()> {
    while let (Some(id), Some(length)) = (short(rest, 0), short(rest, 2)) {
        let set = rest.get(SET_BYTES..usize::from(length))?;
        rest = &rest[usize::from(length)..];
        templates.set(exporter, clock, id, set, give);
    }
    Some(())
}

#[cfg(test)]
mod tests;
