//! Takes what exporters report: NetFlow, IPFIX and sFlow over UDP. It answers nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};

use whomade_capture::flowrecords::{FlowRecords, PORTS, is_whole};

use crate::pcap::{RAW, Written};
use crate::{Net, Senders, Until};

/// Exporters that are heard. One that is new may take the place of one of which no flow was read;
/// whoever else sends beyond them is nobody, since anybody can forge a sender.
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
    /// Sets of flows that wait for their templates.
    pub untold: u64,
    /// In how many places its messages are missing, by their numbers.
    pub gaps: u64,
    /// Of how many packets one was counted, each way once; nothing where it does not say.
    pub samplings: BTreeSet<Option<u32>>,
    /// Its last datagram among all.
    last: u64,
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
    /// Datagrams of exporters beyond the [`EXPORTERS_MAX`] that are kept; no flow was read of them.
    pub left: u64,
    /// Datagrams that are no flow records of any form that is read, or no whole ones.
    pub strange: Senders,
    /// Datagrams of others than those that are to be taken.
    pub others: Senders,
    /// Datagrams that came.
    datagrams: u64,
}

impl Collected {
    /// Whether there is room for an exporter. One that is new takes the place of the one that was
    /// silent longest among those of which no flow was read.
    fn admit(&mut self, address: IpAddr) -> bool {
        if self.exporters.contains_key(&address) || self.exporters.len() < EXPORTERS_MAX {
            return true;
        }
        let strangers = self.exporters.iter().filter(|(_, one)| one.records == 0);
        let stranger = strangers.min_by_key(|(_, one)| one.last).map(|(address, _)| *address);
        let gone = stranger.and_then(|stranger| self.exporters.remove(&stranger));
        self.left += gone.as_ref().map_or(0, |one| one.datagrams);
        gone.is_some()
    }
}

/// Waits for reports; reads as a capture of them.
pub struct Collector {
    socket: UdpSocket,
    bound: SocketAddr,
    until: Until,
    /// Whose reports are taken; of everybody where nobody is named.
    only: Vec<Net>,
    /// Flows after which it ends.
    records_max: Option<u64>,
    written: Written,
    buffer: Vec<u8>,
    records: FlowRecords,
    collected: Arc<Mutex<Collected>>,
}

impl Collector {
    /// Waits at an address, until it is over or so many flows were reported. `only`: whose reports
    /// are taken; of everybody where nobody is named.
    ///
    /// # Errors
    /// When the address is not of this machine, taken, or not for this user.
    pub fn bind(
        to: SocketAddr,
        until: Until,
        only: Vec<Net>,
        records_max: Option<u64>,
    ) -> io::Result<Self> {
        let socket = UdpSocket::bind(to)?;
        Ok(Self {
            bound: socket.local_addr()?,
            socket,
            until,
            only,
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
        collected.datagrams += 1;
        if !self.only.is_empty() && !self.only.iter().any(|net| net.has(address)) {
            collected.others.add(address);
            return false;
        }
        let bytes = &self.buffer[..length];
        if !is_whole(bytes) {
            collected.strange.add(address);
            return false;
        }
        if !collected.admit(address) {
            collected.left += 1;
            return false;
        }
        let Collected { exporters, records, untold, datagrams, .. } = &mut *collected;
        let exporter = exporters.entry(address).or_default();
        exporter.datagrams += 1;
        exporter.last = *datagrams;
        let before = self.records.untold();
        let gaps = self.records.gaps();
        self.records.take(address, bytes, None, &mut |record| {
            exporter.records += 1;
            if exporter.samplings.len() < SAMPLINGS_MAX {
                exporter.samplings.insert(record.one_in);
            }
        });
        (*records, *untold) = (self.records.read(), self.records.untold());
        // What waits of others stays as it is, or is given up and still not told.
        exporter.untold = (exporter.untold + *untold).saturating_sub(before);
        exporter.gaps = (exporter.gaps + self.records.gaps()).saturating_sub(gaps);
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
        let mut collector = Collector::bind(bind.parse().ok()?, until, vec![], Some(1)).ok()?;
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

    /// A collector that got these datagrams, each from one address.
    fn collected(only: &[&str], sent: &[(IpAddr, Vec<u8>)]) -> Collected {
        let until = Until::lasting(Some(Duration::from_secs(60)));
        let only = only.iter().filter_map(|one| one.parse().ok()).collect();
        let here = SocketAddr::from(([127, 0, 0, 1], 0));
        let Ok(mut collector) = Collector::bind(here, until, only, None) else {
            panic!("no address of its own");
        };
        for (address, bytes) in sent {
            collector.buffer[..bytes.len()].copy_from_slice(bytes);
            Collector::take(&mut collector, bytes.len(), SocketAddr::new(*address, 9));
        }
        let collected = collector.collected();
        let collected = collected.lock().unwrap_or_else(PoisonError::into_inner);
        collected.clone()
    }

    fn from(number: u32) -> IpAddr {
        IpAddr::from(Ipv4Addr::from(0xC633_6400 + number))
    }

    /// A message of version 9 with a set that waits for its template.
    fn waiting() -> Vec<u8> {
        [&[0, 9, 0, 1][..], &[0; 16], &[1, 0, 0, 8, 1, 2, 3, 4]].concat()
    }

    #[test]
    fn who_sends_what_is_no_message_of_flows_is_no_exporter() {
        let garbage = [&[0, 9][..], b" is how this begins, and nothing else of it fits"].concat();
        let cut = report()[..60].to_vec();
        let sent = [(from(1), garbage.clone()), (from(1), garbage), (from(2), cut)];
        let all = collected(&[], &sent);
        assert!(all.exporters.is_empty());
        assert_eq!(all.strange.to_string(), "198.51.100.1 (2), 198.51.100.2 (1)");
    }

    #[test]
    fn who_waits_for_its_templates_is_told_with_how_many() {
        let all =
            collected(&[], &[(from(1), waiting()), (from(2), report()), (from(1), waiting())]);
        let told: Vec<_> = all.exporters.values().map(|one| (one.records, one.untold)).collect();
        assert_eq!(told, [(0, 2), (1, 0)]);
        assert_eq!(all.strange.count(), 0);
    }

    #[test]
    fn only_the_exporters_that_are_named_are_taken() {
        let sent = [(from(1), report()), (from(9), report()), (from(200), vec![7])];
        let all = collected(&["198.51.100.0/29"], &sent);
        assert_eq!(all.exporters.keys().copied().collect::<Vec<_>>(), [from(1)]);
        assert_eq!(all.others.to_string(), "198.51.100.9 (1), 198.51.100.200 (1)");
        assert_eq!(all.strange.count(), 0, "what they send is not looked at");
    }

    #[test]
    fn who_is_new_takes_no_place_of_who_delivered() {
        let most = u32::try_from(EXPORTERS_MAX).unwrap_or(0);
        let mut sent = vec![(from(0), report())];
        sent.extend((1..most + 50).map(|number| (from(number), waiting())));
        sent.push((from(5_000), report()));
        let all = collected(&[], &sent);
        assert_eq!((all.exporters.len(), all.left), (EXPORTERS_MAX, 51));
        assert!(all.exporters.contains_key(&from(0)) && all.exporters.contains_key(&from(5_000)));
        // Where all delivered nobody is let in.
        let sent: Vec<_> = (0..most + 7).map(|number| (from(number), report())).collect();
        let all = collected(&[], &sent);
        assert_eq!((all.exporters.len(), all.left), (EXPORTERS_MAX, 7));
        assert!(all.exporters.contains_key(&from(0)));
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
