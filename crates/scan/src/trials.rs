//! One function for each way in which bytes of a host reach the scan: any bytes may be thrown at
//! it, by tests and by fuzz targets. Each asserts what must hold whatever it is given.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use jiff::civil::Date;

use crate::host::{ANSWER_BYTES_MAX, Answer, Ending};
use crate::net::Moment;
use crate::net::simulated::{Act, Device, Door, Sent, Simulated, Weather};
use crate::ports;
use crate::probe::{self, REQUESTS};
use crate::said::said;
use crate::scanner::{Plan, Scanner};
use crate::scope::{Scope, parse_network};
use crate::targets::{Range, Targets};

/// The way, and what throws bytes at it.
#[derive(Debug, Clone, Copy)]
pub struct Trial {
    /// Its name.
    pub name: &'static str,
    /// Throws bytes at it.
    pub run: fn(&[u8]),
}

/// All of them.
pub static TRIALS: &[Trial] =
    &[Trial { name: "reply", run: reply }, Trial { name: "conversation", run: conversation }];

/// Throws bytes at one; whether there is one of that name.
pub fn try_on(name: &str, bytes: &[u8]) -> bool {
    let found = TRIALS.iter().find(|trial| trial.name == name);
    found.inspect(|trial| (trial.run)(bytes)).is_some()
}

/// The reply to the request that the first byte chooses, or the greeting at a port: what it says is
/// no more than it holds.
fn reply(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else { return };
    let which = usize::from(*which);
    let port = ports::all().nth(which % ports::all().count()).map_or(80, |port| port.number);
    let bytes = bytes[..bytes.len().min(ANSWER_BYTES_MAX)].to_vec();
    for to in [REQUESTS.get(which % REQUESTS.len()).map(|one| one.id()), None] {
        let (at, bytes, ending) = (Moment::ZERO, bytes.clone(), Ending::Whole);
        let _ = said(&Answer { to, port, at, bytes, ending });
    }
}

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 9, 0, 7));

/// A host that says what it was given: piece by piece, at whatever port, to whatever is asked.
#[derive(Debug)]
struct Teller {
    /// Lengths, pauses and pieces that are still to come.
    rest: Vec<u8>,
}

impl Teller {
    fn byte(&mut self) -> u8 {
        if self.rest.is_empty() { 0 } else { self.rest.remove(0) }
    }

    /// Pieces, each behind its length and a pause; a length of none ends it, or breaks it off.
    fn acts(&mut self) -> Vec<(Moment, Act)> {
        const PIECES_MAX: usize = 8;
        let mut acts = Vec::new();
        for _ in 0..PIECES_MAX {
            let (length, pause) = (usize::from(self.byte()), u64::from(self.byte()));
            let after = Moment::from_millis(pause * 4);
            if length == 0 {
                let ends = if pause & 1 == 0 { Act::Ends } else { Act::Breaks };
                acts.push((after, ends));
                return acts;
            }
            let piece = self.rest.drain(..self.rest.len().min(length * 4)).collect();
            acts.push((after, Act::Says(piece)));
        }
        acts
    }
}

impl Device for Teller {
    fn door(&mut self, _: u16, _: Moment) -> Door {
        match self.byte() & 3 {
            0 => Door::Closed,
            1 => Door::Silent,
            _ => Door::Open,
        }
    }

    fn greets(&mut self, _: u16) -> Vec<(Moment, Act)> {
        if self.byte() & 1 == 1 { self.acts() } else { Vec::new() }
    }

    fn answers(&mut self, _: u16, _: &[u8], _: Moment) -> Vec<(Moment, Act)> {
        self.acts()
    }

    fn certificate(&mut self, _: u16) -> Option<Vec<u8>> {
        let length = usize::from(self.byte());
        (length > 0).then(|| self.rest.drain(..self.rest.len().min(length * 4)).collect())
    }

    fn hears(&mut self, port: u16, _: &[u8]) -> Vec<(Moment, SocketAddr, u16, Vec<u8>)> {
        let length = usize::from(self.byte());
        if length == 0 {
            return Vec::new();
        }
        let said = self.rest.drain(..self.rest.len().min(length * 4)).collect();
        // It may say so for another, too.
        let last = if length & 1 == 1 { 7 } else { self.byte() };
        let from = SocketAddr::from((Ipv4Addr::new(10, 9, 0, last), port));
        vec![(Moment::from_millis(5), from, port, said)]
    }
}

/// A whole scan of a host that answers so: it ends in time, nothing outside the table is sent, and
/// to nobody outside the scope.
fn conversation(bytes: &[u8]) {
    const END: Moment = Moment::from_secs(1_000);
    let network = parse_network("10.9.0.0/24");
    let scope = Scope::attached(network, Date::constant(2026, 11, 22));
    let range = Range::parse("10.9.0.6-10.9.0.8");
    let Ok(targets) = Targets::new(range) else { return };
    let mut net = Simulated::new(1, Weather::default());
    net.put(HERE, Teller { rest: bytes.to_vec() });
    let mut scanner = Scanner::new(net, scope.clone(), targets.clone(), Plan::default());
    while let Some(found) = scanner.advance(END) {
        assert!(targets.holds(found.address), "{}", found.address);
        for (host, answer) in scanner.said() {
            let _ = crate::log::told(jiff::Timestamp::UNIX_EPOCH, host, &answer);
        }
    }
    assert!(scanner.is_over(), "it goes on");
    for (_, one) in &scanner.net().sent {
        let (to, bytes) = match one {
            Sent::Open(to, _) | Sent::Secure(to, _) => (Some(*to), None),
            Sent::Stream(to, _, bytes) | Sent::Datagram(to, _, bytes) => (Some(*to), Some(bytes)),
            Sent::Search(_, bytes) => (None, Some(bytes)),
        };
        assert!(to.is_none_or(|to| targets.holds(to) && scope.admit(to).is_ok()), "{one:?}");
        assert!(bytes.is_none_or(|bytes| probe::which(bytes).is_some()), "{one:?}");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_found_and_others_are_not() {
        assert!(TRIALS.iter().all(|trial| try_on(trial.name, b"")));
        assert!(!try_on("nothing", b""));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_bytes_bring_any_down(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            for trial in TRIALS {
                (trial.run)(&bytes);
            }
        }
    }
}
