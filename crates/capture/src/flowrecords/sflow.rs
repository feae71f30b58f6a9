//! sFlow 5: some of the packets themselves, or what stood in their heads (sflow.org, "sFlow Version
//! 5", 2004).

use std::net::IpAddr;

use super::whole::are_parts;
use super::{Record, long, word};
use crate::frames::Frame;
use crate::packet::{Body, Ip, Transport, packet};

/// Samples of one datagram, and records of one sample, that are read.
const SAMPLES_MAX: u32 = 1_024;
/// Ethernet, by its number among link types; the packets themselves, by theirs.
const ETHERNET: i32 = 1;
const RAW: i32 = 101;

/// Where the samples of a datagram begin, by the kind of the agent's address, and how many there
/// are.
fn samples(bytes: &[u8]) -> Option<(usize, u32)> {
    let agent = match long(bytes, 4)? {
        1 => 4,
        2 => 16,
        _ => return None,
    };
    let at = 8 + agent + 16;
    Some((at, long(bytes, at - 4)?))
}

/// Whether samples fill a datagram, as many as it says, and no more than are read.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    samples(bytes).is_some_and(|(at, count)| {
        let rest = bytes.get(at..).unwrap_or_default();
        (1..=SAMPLES_MAX).contains(&count) && are_parts(count, rest)
    })
}

/// Reads a datagram. `seen`: when it came; a sample says no time of its own.
pub(super) fn read(bytes: &[u8], seen: Option<i64>, give: &mut dyn FnMut(Record)) -> Option<()> {
    let (samples_at, count) = samples(bytes)?;
    let mut rest = bytes.get(samples_at..)?;
    for _ in 0..count.min(SAMPLES_MAX) {
        let (kind, sample, behind) = part(rest)?;
        rest = behind;
        // A sample of packets, and one with longer numbers of interfaces; counters tell of nobody.
        let (rate_at, records_at) = match kind {
            1 => (8, 32),
            3 => (12, 44),
            _ => continue,
        };
        let one_in = long(sample, rate_at).filter(|rate| *rate > 0);
        let Some(records) = long(sample, records_at - 4) else { continue };
        let mut inside = sample.get(records_at..).unwrap_or_default();
        for _ in 0..records.min(SAMPLES_MAX) {
            let Some((kind, record, behind)) = part(inside) else { break };
            inside = behind;
            let found = match kind {
                1 => of_head(record),
                3 => of_addresses::<4>(record),
                4 => of_addresses::<16>(record),
                _ => None,
            };
            // What a sample says several times is one packet.
            if let Some(found) = found {
                give(Record { one_in, time: seen.map(|at| (at, at)), ..found });
                break;
            }
        }
    }
    Some(())
}

/// What has its kind and its length before it, and what follows it.
fn part(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let (kind, length) = (long(bytes, 0)?, usize::try_from(long(bytes, 4)?).ok()?);
    let (inside, behind) = bytes.get(8..)?.split_at_checked(length)?;
    Some((kind, inside, behind))
}

/// The head of a packet, as it was on the wire.
fn of_head(record: &[u8]) -> Option<Record> {
    let link = match long(record, 0)? {
        1 => ETHERNET,
        11 | 12 => RAW,
        _ => return None,
    };
    let (length, taken) = (long(record, 4)?, long(record, 8)?);
    let head = usize::try_from(long(record, 12)?).ok()?;
    let bytes = record.get(16..)?;
    let bytes = &bytes[..head.min(bytes.len())];
    let length = length.saturating_sub(taken).max(u32::try_from(bytes.len()).ok()?);
    let packet = packet(&Frame { number: 0, time: None, link, bytes, length })?;
    let Body::Ip(Ip { from, to, transport, .. }) = packet.body else { return None };
    // The packet itself is there: one that begins a stream says who asks.
    let (ports, protocol, asks) = match transport {
        Transport::Udp(from, to, _) => ([from, to], 17, None),
        Transport::Tcp(segment) => {
            ([segment.from, segment.to], 6, segment.begins.then_some(!segment.answers))
        }
        Transport::Piece(piece) => ([0; 2], piece.protocol, None),
        Transport::Other(protocol, _) => ([0; 2], protocol, None),
    };
    let ones = |mac: Option<crate::packet::Mac>| mac.filter(|mac| mac.is_ones());
    Some(Record {
        ends: [from, to],
        ports,
        macs: [ones(packet.source), ones(packet.target)],
        protocol,
        bytes: u64::from(packet.length),
        packets: 1,
        time: None,
        one_in: None,
        asks,
    })
}

/// What stood in the head of a packet: addresses of so many bytes.
fn of_addresses<const N: usize>(record: &[u8]) -> Option<Record>
where
    IpAddr: From<[u8; N]>,
{
    let port = |at| u16::try_from(long(record, at)?).ok();
    let ports_at = 8 + 2 * N;
    Some(Record {
        ends: [word::<N>(record, 8)?.into(), word::<N>(record, 8 + N)?.into()],
        ports: [port(ports_at)?, port(ports_at + 4)?],
        macs: [None; 2],
        protocol: u8::try_from(long(record, 4)?).ok()?,
        bytes: u64::from(long(record, 0)?),
        packets: 1,
        time: None,
        one_in: None,
        asks: None,
    })
}
