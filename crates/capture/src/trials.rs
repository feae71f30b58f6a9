//! One function for each parser that reads bytes of others: any bytes may be thrown at it, by tests
//! and by fuzz targets. Each asserts what must hold whatever it is given.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::ControlFlow;

use crate::flowrecords::FlowRecords;
use crate::limits::{PEERS_OF_ALL_MAX, STATIONS_MAX, TRACES_MAX};
use crate::reading::Capture;
use crate::wire::{dhcp, discovery, dns, greeting, http, makers, quic, signs, snmp, tls, xiongmai};
use crate::{Frame, each_frame, packet};

/// A parser, and what throws bytes at it.
#[derive(Debug, Clone, Copy)]
pub struct Trial {
    /// Its name.
    pub name: &'static str,
    /// Throws bytes at it.
    pub run: fn(&[u8]),
}

/// Every parser.
pub static TRIALS: &[Trial] = &[
    Trial { name: "capture", run: capture },
    Trial { name: "frame", run: frame },
    Trial { name: "flows", run: flows },
    Trial { name: "dhcp", run: |bytes| drop(dhcp::read(bytes).map(|one| one.words())) },
    Trial { name: "dns", run: |bytes| drop(dns::read(bytes)) },
    Trial { name: "discovery", run: on_ports },
    Trial { name: "signs", run: sign },
    Trial { name: "tls", run: |bytes| drop((tls::read(bytes, false), tls::read(bytes, true))) },
    Trial { name: "http", run: |bytes| drop((http::read(bytes, false), http::read(bytes, true))) },
    Trial { name: "quic", run: datagrams_of_quic },
    Trial { name: "snmp", run: |bytes| drop(snmp::read(bytes)) },
    Trial { name: "greeting", run: greet },
    Trial { name: "xiongmai", run: |bytes| drop((xiongmai::notice(bytes), xiongmai::read(bytes))) },
];

/// Throws bytes at a parser; whether there is one of that name.
pub fn try_on(name: &str, bytes: &[u8]) -> bool {
    let found = TRIALS.iter().find(|trial| trial.name == name);
    found.inspect(|trial| (trial.run)(bytes)).is_some()
}

/// A whole file: what comes out keeps within its limits.
fn capture(bytes: &[u8]) {
    let mut capture = Capture::default();
    let mut frames = 0;
    let _ = each_frame(bytes, &mut |frame| {
        frames += 1;
        capture.take(&frame);
        ControlFlow::Continue(())
    });
    let (stations, tally) = capture.finish();
    assert_eq!(tally.frames, frames);
    assert!(stations.len() <= STATIONS_MAX);
    assert!(stations.iter().all(|station| station.traces.len() <= TRACES_MAX));
    let peers: usize = stations.iter().map(|station| station.peers.len()).sum();
    assert!(peers <= PEERS_OF_ALL_MAX);
}

/// One frame, of the link that its first byte chooses.
fn frame(bytes: &[u8]) {
    let Some((link, bytes)) = bytes.split_first() else { return };
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let frame = Frame { number: 1, time: None, link: i32::from(*link), bytes, length };
    if let Some(packet) = packet(&frame) {
        assert!(packet.length <= length, "no more is carried than was sent");
    }
    let mut capture = Capture::default();
    capture.take(&frame);
    capture.take(&frame);
    let _ = capture.finish();
}

/// A datagram as it is, and as what stands within whole messages of each form: one of which the
/// lengths do not add up is not looked into.
fn messages(one: &[u8]) -> Vec<Vec<u8>> {
    const SET_BYTES_MAX: usize = 60_000;
    let inside = &one[..one.len().min(SET_BYTES_MAX)];
    let two = |number: usize| u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes();
    let wide = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
    let set = |id: u16| [&id.to_be_bytes()[..], &two(4 + inside.len()), inside].concat();
    let nine = |id| [&[0, 9, 0, 1][..], &[0; 16], &set(id)].concat();
    let ten = |id| [&[0, 10][..], &two(20 + inside.len()), &[0; 12], &set(id)].concat();
    let sample = |kind: usize| {
        let agent = [&wide(5)[..], &wide(1), &[0; 16], &wide(1)].concat();
        [&agent[..], &wide(kind), &wide(inside.len()), inside].concat()
    };
    let records = (inside.len() / 48).min(30);
    let five = [&[0, 5][..], &two(records), &[0; 20], &inside[..48 * records]].concat();
    let mut all = vec![one.to_vec(), five, sample(1), sample(3)];
    all.extend([0, 1, 256, 300].map(nine));
    all.extend([2, 3, 256, 300].map(ten));
    all
}

/// Datagrams of exporters, each with its length before it, the second of the same after the first.
fn flows(mut bytes: &[u8]) {
    let mut records = FlowRecords::default();
    let mut given = 0_u64;
    while let [high, low, rest @ ..] = bytes {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
        let (one, behind) = rest.split_at(length);
        bytes = behind;
        let exporter = IpAddr::V4(Ipv4Addr::LOCALHOST);
        for message in messages(one) {
            records.take(exporter, &message, Some(0), &mut |record| {
                given += 1;
                assert!(record.one_in != Some(0), "none is not one of so many");
                assert!(record.time.is_none_or(|(from, until)| from <= until));
            });
        }
    }
    assert_eq!(given, records.read());
}

/// The ports on which devices are found, one after the other.
fn on_ports(bytes: &[u8]) {
    let _ = makers::sadp_frame(bytes);
    for port in 0..=u16::MAX {
        if discovery::is_known(port) {
            let _ = discovery::read(port, port, bytes);
        }
    }
}

fn sign(bytes: &[u8]) {
    for port in [6_036, 9_000, 34_567, 37_777, 32_100] {
        let _ = signs::of_stream(port, true, bytes);
        let _ = signs::of_datagram(port, 1, bytes);
    }
    let _ = signs::dahua_realm(bytes);
}

/// A datagram taken until it is given up, as it is and as a first one.
fn datagrams_of_quic(bytes: &[u8]) {
    let long = [&[0xC0, 0, 0, 0, 1][..], bytes].concat();
    for datagram in [bytes, &long] {
        let mut beginning = quic::Beginning::default();
        while beginning.take(datagram) == quic::Reading::More {}
    }
}

fn greet(bytes: &[u8]) {
    for ended in [false, true] {
        let _ = greeting::read(21, bytes, ended);
        let _ = greeting::read(23, bytes, ended);
        let _ = greeting::read(9_008, bytes, ended);
    }
    let _ = greeting::sip(bytes);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_thrown_at_records_of_flows_gets_into_them() {
        // A form of one field, and a record of two addresses for version 5.
        let form = [256_u16, 1, 8, 4].map(u16::to_be_bytes).concat();
        let taken = |one: &[u8]| {
            let mut records = FlowRecords::default();
            let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
            let messages = messages(one);
            messages.iter().filter(|one| records.take(here, one, None, &mut |_| {})).count()
        };
        // All but the form itself, version 5, which takes 48 bytes, and the forms of options.
        assert_eq!(taken(&form), 12 - 4);
        assert_eq!(taken(&[7; 48]), 7);
    }

    #[test]
    fn names_are_found_and_others_are_not() {
        assert!(TRIALS.iter().all(|trial| try_on(trial.name, b"")));
        assert!(!try_on("nothing", b""));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_bytes_bring_any_down(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for trial in TRIALS {
                (trial.run)(&bytes);
            }
        }
    }
}
