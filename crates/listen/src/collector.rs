//! Takes what exporters report: NetFlow, IPFIX and sFlow over UDP. It answers nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};

use whomade_capture::flowrecords::{FlowRecords, PORTS};

use crate::Until;
use crate::pcap::{RAW, Written};

/// Exporters that are heard; who sends beyond them is nobody, since anybody can forge a sender.
pub const EXPORTERS_MAX: usize = 256;
/// Different ways of counting that are told of one exporter.
pub const SAMPLINGS_MAX: usize = 8;

/// Bytes of the longest datagram.
const DATAGRAM_BYTES_MAX: usize = 65_535;
/// Bytes of the headers that are set before a datagram, of both versions, and of a datagram.
const FOUR_BYTES: usize = 20;
const UDP_BYTES: usize = 8;
const UDP: u8 = 17;

/// What came of one exporter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exporter {
    /// Datagrams.
    pub datagrams: u64,
    /// Flows that were read in them.
    pub records: u64,
    /// Of how many packets one was counted, each way once; nothing where it does not say.
    pub samplings: BTreeSet<Option<u32>>,
}

/// What was collected so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    /// Each exporter by its address.
    pub exporters: BTreeMap<IpAddr, Exporter>,
    /// Flows that were read of all.
    pub records: u64,
    /// Sets of flows of which nobody said what they look like.
    pub untold: u64,
    /// Datagrams of exporters beyond [`EXPORTERS_MAX`], which were not read.
    pub left: u64,
    /// Datagrams that hold no report of any form that is read.
    pub strange: u64,
}

/// Waits for reports; reads as a capture of them.
pub struct Collector {
    socket: UdpSocket,
    bound: SocketAddr,
    until: Until,
    /// Flows after which it ends.
    records_max: Option<u64>,
    written: Written,
    buffer: Vec<u8>,
    records: FlowRecords,
    collected: Arc<Mutex<Collected>>,
}

impl Collector {
    /// Waits at an address, until it is over or so many flows were reported.
    ///
    /// # Errors
    /// When the address is not of this machine, taken, or not for this user.
    pub fn bind(to: SocketAddr, until: Until, records_max: Option<u64>) -> io::Result<Self> {
        let socket = UdpSocket::bind(to)?;
        Ok(Self {
            bound: socket.local_addr()?,
            socket,
            until,
            records_max,
            written: Written::new(RAW),
            buffer: vec![0; DATAGRAM_BYTES_MAX],
            records: FlowRecords::default(),
            collected: Arc::default(),
        })
    }

    /// Where it waits: with the port that the system chose, where 0 was asked for.
    #[must_use]
    pub fn bound(&self) -> SocketAddr {
        self.bound
    }

    /// What is collected, as it grows.
    #[must_use]
    pub fn collected(&self) -> Arc<Mutex<Collected>> {
        Arc::clone(&self.collected)
    }

    fn is_done(&self) -> bool {
        let enough = self.records_max.is_some_and(|most| self.records.read() >= most);
        enough || self.until.is_over()
    }

    /// Takes a datagram; whether it is given on.
    fn take(&mut self, length: usize, from: SocketAddr) -> bool {
        let address = from.ip().to_canonical();
        let mut collected = self.collected.lock().unwrap_or_else(PoisonError::into_inner);
        let Collected { exporters, records, untold, left, strange } = &mut *collected;
        if !exporters.contains_key(&address) && exporters.len() >= EXPORTERS_MAX {
            *left += 1;
            return false;
        }
        let bytes = &self.buffer[..length];
        if !is_report(bytes) {
            *strange += 1;
            return false;
        }
        let exporter = exporters.entry(address).or_default();
        exporter.datagrams += 1;
        self.records.take(address, bytes, None, &mut |record| {
            exporter.records += 1;
            if exporter.samplings.len() < SAMPLINGS_MAX {
                exporter.samplings.insert(record.one_in);
            }
        });
        (*records, *untold) = (self.records.read(), self.records.untold());
        drop(collected);
        match headers(address, from.port(), self.bound, length) {
            Some(headers) => self.written.put(&[&headers, bytes]),
            None => return false,
        }
        true
    }
}

impl Read for Collector {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let given = self.written.give(buffer);
            if given > 0 || buffer.is_empty() || self.is_done() {
                return Ok(given);
            }
            self.socket.set_read_timeout(Some(self.until.wait()))?;
            match self.socket.recv_from(&mut self.buffer) {
                Ok((length, from)) => {
                    self.take(length, from);
                }
                // What comes back of nobody's sending concerns nobody here.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock
                            | io::ErrorKind::TimedOut
                            | io::ErrorKind::Interrupted
                            | io::ErrorKind::ConnectionReset
                    ) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Whether a datagram begins as one of the forms that are read.
fn is_report(bytes: &[u8]) -> bool {
    matches!(bytes, [0, 5 | 9 | 10, ..] | [0, 0, 0, 5, ..])
}

/// The headers with which a datagram would have been recorded. It goes to a port at which exporters
/// are expected, wherever it came in.
fn headers(from: IpAddr, port: u16, bound: SocketAddr, length: usize) -> Option<Vec<u8>> {
    let inside = u16::try_from(length + UDP_BYTES).ok()?;
    let mut bytes = match from {
        IpAddr::V4(from) => {
            let to = match bound.ip().to_canonical() {
                IpAddr::V4(to) => to,
                IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
            };
            let whole = inside.checked_add(FOUR_BYTES as u16)?;
            let mut bytes = vec![0x45, 0];
            bytes.extend(whole.to_be_bytes());
            bytes.extend([0, 0, 0x40, 0, 64, UDP, 0, 0]);
            bytes.extend(from.octets());
            bytes.extend(to.octets());
            bytes
        }
        IpAddr::V6(from) => {
            let to = match bound.ip() {
                IpAddr::V6(to) => to,
                IpAddr::V4(_) => Ipv6Addr::UNSPECIFIED,
            };
            let mut bytes = vec![0x60, 0, 0, 0];
            bytes.extend(inside.to_be_bytes());
            bytes.extend([UDP, 64]);
            bytes.extend(from.octets());
            bytes.extend(to.octets());
            bytes
        }
    };
    let [expected, ..] = PORTS;
    for number in [port, expected, inside, 0] {
        bytes.extend(number.to_be_bytes());
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use whomade_capture::{Capture, each_frame};

    use super::*;

    /// A report of version 5 with one flow.
    fn report() -> Vec<u8> {
        let mut bytes = vec![0; 24 + 48];
        bytes[..4].copy_from_slice(&[0, 5, 0, 1]);
        bytes[24..32].copy_from_slice(&[10, 20, 0, 11, 198, 51, 100, 7]);
        bytes[24 + 23] = 90;
        bytes
    }

    /// What is read of one report that is sent to `bind`; nothing where the machine has no such
    /// address.
    fn heard(bind: &str, sender: &str) -> Option<(u64, Collected)> {
        let until = Until::lasting(Some(Duration::from_secs(60)));
        let mut collector = Collector::bind(bind.parse().ok()?, until, Some(1)).ok()?;
        let collected = collector.collected();
        let exporter = UdpSocket::bind(sender).ok()?;
        let to = SocketAddr::new(exporter.local_addr().ok()?.ip(), collector.bound().port());
        exporter.send_to(&report(), to).ok()?;
        let mut capture = Capture::default();
        let done = each_frame(&mut collector, &mut |frame| {
            capture.take(&frame);
            std::ops::ControlFlow::Continue(())
        });
        assert!(done.is_ok(), "{done:?}");
        let (_, tally) = capture.finish();
        let collected = collected.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Some((tally.reported, collected))
    }

    #[test]
    fn reports_over_both_versions_are_read_as_recorded() {
        let ways = [
            ("127.0.0.1:0", "127.0.0.1:0", "127.0.0.1"),
            ("0.0.0.0:0", "127.0.0.1:0", "127.0.0.1"),
            ("[::1]:0", "[::1]:0", "::1"),
            // Where both versions come in at one socket, an address is told in its own.
            ("[::]:0", "127.0.0.1:0", "127.0.0.1"),
        ];
        for (bind, sender, exporter) in ways {
            let Some((reported, collected)) = heard(bind, sender) else {
                assert!(bind.starts_with('['), "no {bind}");
                continue;
            };
            assert_eq!((reported, collected.records), (1, 1), "{bind}");
            let exporters: Vec<String> =
                collected.exporters.keys().map(ToString::to_string).collect();
            assert_eq!(exporters, [exporter], "{bind}");
        }
    }

    #[test]
    fn no_datagram_is_too_long_for_its_headers() {
        let from =
            |text: &str| -> IpAddr { text.parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)) };
        let bound = SocketAddr::from(([127, 0, 0, 1], 2_055));
        for (address, most) in [("192.0.2.1", 65_507), ("2001:db8::1", 65_527)] {
            assert!(headers(from(address), 9, bound, most).is_some(), "{address}");
            assert!(headers(from(address), 9, bound, most + 1).is_none(), "{address}");
        }
    }
}
