//! A network that is thought up: a clock that goes on when nothing happens, devices that answer,
//! loss, delay and disorder from a seed. Everything that is sent is written down.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use whomade_capture::Mac;

use super::{Event, Key, Moment, Net, Trouble};
use crate::probe::{Over, Packet};
use crate::scope::Target;

/// When the system asks a second time for a connection.
const AGAIN: Moment = Moment::from_millis(1_000);

/// What a device does with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Takes it.
    Open,
    /// Says that nobody is there.
    Closed,
    /// Says nothing.
    Silent,
    /// Nobody answers for the address.
    Nobody,
}

/// What a device does on a connection, so long after the last thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Sends bytes.
    Says(Vec<u8>),
    /// Closes.
    Ends,
    /// Breaks it off.
    Breaks,
}

/// A device on the network.
pub trait Device: fmt::Debug {
    /// What becomes of a connection to a port.
    fn door(&mut self, port: u16, now: Moment) -> Door;

    /// What it does as soon as a connection is open.
    fn greets(&mut self, port: u16) -> Vec<(Moment, Act)> {
        let _ = port;
        Vec::new()
    }

    /// What it does when something was asked over a connection.
    fn answers(&mut self, port: u16, asked: &[u8], now: Moment) -> Vec<(Moment, Act)>;

    /// The certificate that it shows at a port where it speaks TLS.
    fn certificate(&mut self, port: u16) -> Option<Vec<u8>> {
        let _ = port;
        None
    }

    /// The datagrams with which it answers one: after how long, from which address and port, to
    /// which port of ours.
    fn hears(&mut self, port: u16, asked: &[u8]) -> Vec<(Moment, SocketAddr, u16, Vec<u8>)> {
        let _ = (port, asked);
        Vec::new()
    }

    /// A connection to it was closed.
    fn closed(&mut self, port: u16) {
        let _ = port;
    }
}

/// What was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// A connection was begun.
    Open(IpAddr, u16),
    /// TLS was begun over it.
    Secure(IpAddr, u16),
    /// Bytes went over it.
    Stream(IpAddr, u16, Vec<u8>),
    /// A datagram went to one host.
    Datagram(IpAddr, u16, Vec<u8>),
    /// A datagram went to all.
    Search(u16, Vec<u8>),
}

/// What the network does to what passes.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    /// Of a thousand packets so many are lost.
    pub loss: u32,
    /// Every packet takes at least so long.
    pub delay: Moment,
    /// And up to so much longer, so that datagrams overtake one another.
    pub jitter: Moment,
    /// Sockets that this machine has.
    pub sockets: usize,
}

impl Default for Weather {
    fn default() -> Self {
        Self { loss: 0, delay: Moment::from_millis(1), jitter: Moment::ZERO, sockets: usize::MAX }
    }
}

#[derive(Debug)]
struct Line {
    to: IpAddr,
    port: u16,
    is_open: bool,
    /// What comes next comes behind what came before.
    last: Moment,
}

/// A network that is thought up.
#[derive(Debug)]
pub struct Simulated {
    now: Moment,
    weather: Weather,
    random: fastrand::Rng,
    devices: BTreeMap<IpAddr, Box<dyn Device>>,
    /// Addresses to which no way leads.
    unrouted: BTreeSet<IpAddr>,
    lines: BTreeMap<Key, Line>,
    coming: BTreeMap<(Moment, u64), Event>,
    count: u64,
    /// Everything that was sent, and when.
    pub sent: Vec<(Moment, Sent)>,
}

impl Simulated {
    /// A network without devices.
    #[must_use]
    pub fn new(seed: u64, weather: Weather) -> Self {
        Self {
            now: Moment::ZERO,
            weather,
            random: fastrand::Rng::with_seed(seed),
            devices: BTreeMap::new(),
            unrouted: BTreeSet::new(),
            lines: BTreeMap::new(),
            coming: BTreeMap::new(),
            count: 0,
            sent: Vec::new(),
        }
    }

    /// Puts a device there.
    pub fn put(&mut self, address: IpAddr, device: impl Device + 'static) {
        self.devices.insert(address, Box::new(device));
    }

    /// Takes this machine's way to an address away.
    pub fn cut(&mut self, address: IpAddr) {
        self.unrouted.insert(address);
    }

    fn is_lost(&mut self) -> bool {
        self.random.u32(0..1_000) < self.weather.loss
    }

    fn way(&mut self) -> Moment {
        let jitter = u64::try_from(self.weather.jitter.as_micros()).unwrap_or(u64::MAX);
        self.weather.delay + Moment::from_micros(self.random.u64(0..=jitter))
    }

    fn comes(&mut self, at: Moment, event: Event) {
        self.count += 1;
        self.coming.insert((at, self.count), event);
    }

    /// What a device does on a connection comes in order, and is repeated until it arrives.
    fn acts(&mut self, key: Key, acts: Vec<(Moment, Act)>) {
        let way = self.way();
        let Some(line) = self.lines.get(&key) else { return };
        let mut at = line.last.max(self.now + way);
        for (after, act) in acts {
            at += after;
            self.comes(
                at,
                match act {
                    Act::Says(bytes) => Event::Bytes(key, bytes),
                    Act::Ends => Event::Ended(key),
                    Act::Breaks => Event::Failed(key, Trouble::Refused),
                },
            );
        }
        if let Some(line) = self.lines.get_mut(&key) {
            line.last = at;
        }
    }

    /// Lets a device hear a datagram.
    fn hears(&mut self, address: IpAddr, port: u16, bytes: &[u8]) {
        if self.is_lost() {
            return;
        }
        let Some(device) = self.devices.get_mut(&address) else { return };
        for (after, from, at, bytes) in device.hears(port, bytes) {
            if self.is_lost() {
                continue;
            }
            let at_time = self.now + self.way() + after;
            self.comes(at_time, Event::Heard { from, at, bytes });
        }
    }
}

impl Net for Simulated {
    fn now(&self) -> Moment {
        self.now
    }

    fn open(&mut self, key: Key, target: Target, port: u16) -> Result<(), Trouble> {
        let to = target.address();
        if self.lines.len() >= self.weather.sockets {
            return Err(Trouble::Exhausted);
        }
        if self.unrouted.contains(&to) {
            return Err(Trouble::NoWay);
        }
        self.sent.push((self.now, Sent::Open(to, port)));
        let line = Line { to, port, is_open: false, last: self.now };
        self.lines.insert(key, line);
        // The system asks twice, and each asking and its answer can be lost.
        let lost = |net: &mut Self| net.is_lost() || net.is_lost();
        let after = match (lost(self), lost(self)) {
            (false, _) => Moment::ZERO,
            (true, false) => AGAIN,
            (true, true) => return Ok(()),
        };
        let at = self.now + after + self.way() + self.way();
        let now = self.now;
        let door = self.devices.get_mut(&to).map_or(Door::Nobody, |device| device.door(port, now));
        match door {
            Door::Open => {
                if let Some(line) = self.lines.get_mut(&key) {
                    (line.is_open, line.last) = (true, at);
                }
                self.comes(at, Event::Opened(key));
                let greets = self.devices.get_mut(&to).map(|device| device.greets(port));
                self.acts(key, greets.unwrap_or_default());
            }
            Door::Closed => self.comes(at, Event::Failed(key, Trouble::Refused)),
            Door::Silent | Door::Nobody => {}
        }
        Ok(())
    }

    fn open_secure(&mut self, key: Key, target: Target, port: u16) -> Result<(), Trouble> {
        let to = target.address();
        self.open(key, target, port)?;
        self.sent.push((self.now, Sent::Secure(to, port)));
        let shown = self.devices.get_mut(&to).and_then(|device| device.certificate(port));
        // Keys are agreed on after one more way there and back.
        let way = self.way() + self.way();
        let opens = |event: &Event| *event == Event::Opened(key);
        let at = self.coming.iter().find(|(_, event)| opens(event)).map(|(at, _)| *at);
        let Some(at) = at else { return Ok(()) };
        self.coming.remove(&at);
        match shown {
            Some(bytes) => {
                self.comes(at.0 + way, Event::Shown(key, bytes));
                self.comes(at.0 + way, Event::Opened(key));
            }
            None => self.comes(at.0 + way, Event::Failed(key, Trouble::Other)),
        }
        Ok(())
    }

    fn send(&mut self, key: Key, packet: &Packet) -> Result<(), Trouble> {
        let Some(line) = self.lines.get(&key) else { return Err(Trouble::Other) };
        let (to, port) = (line.to, line.port);
        self.sent.push((self.now, Sent::Stream(to, port, packet.bytes().to_vec())));
        let now = self.now;
        let acts = self.devices.get_mut(&to).map(|one| one.answers(port, packet.bytes(), now));
        self.acts(key, acts.unwrap_or_default());
        Ok(())
    }

    fn close(&mut self, key: Key) {
        let Some(line) = self.lines.remove(&key) else { return };
        if let Some(device) = self.devices.get_mut(&line.to).filter(|_| line.is_open) {
            device.closed(line.port);
        }
    }

    fn search(&mut self, packet: &Packet) -> Result<(), Trouble> {
        let Over::Datagram { port, .. } = packet.request().over() else {
            return Err(Trouble::Other);
        };
        self.sent.push((self.now, Sent::Search(port, packet.bytes().to_vec())));
        let all: Vec<IpAddr> = self.devices.keys().copied().collect();
        for address in all {
            self.hears(address, port, packet.bytes());
        }
        Ok(())
    }

    fn end_search(&mut self) {}

    fn ask(&mut self, target: Target, packet: &Packet) -> Result<(), Trouble> {
        let Over::Datagram { port, .. } = packet.request().over() else {
            return Err(Trouble::Other);
        };
        let to = target.address();
        self.sent.push((self.now, Sent::Datagram(to, port, packet.bytes().to_vec())));
        self.hears(to, port, packet.bytes());
        Ok(())
    }

    fn neighbour(&self, _: IpAddr) -> Option<Mac> {
        None
    }

    fn is_nobody(&self, address: IpAddr) -> bool {
        !self.devices.contains_key(&address)
    }

    fn next(&mut self, until: Moment) -> Option<Event> {
        loop {
            match self.coming.first_key_value() {
                Some(((at, _), _)) if *at <= until.max(self.now) => {
                    let ((at, _), event) = self.coming.pop_first()?;
                    self.now = self.now.max(at);
                    // What was under way when a connection was closed reaches nobody.
                    let key = match &event {
                        Event::Opened(key)
                        | Event::Shown(key, _)
                        | Event::Failed(key, _)
                        | Event::Bytes(key, _)
                        | Event::Ended(key) => Some(*key),
                        Event::Heard { .. } => None,
                    };
                    if key.is_none_or(|key| self.lines.contains_key(&key)) {
                        return Some(event);
                    }
                }
                _ => {
                    self.now = self.now.max(until);
                    return None;
                }
            }
        }
    }
}
