//! The farm over real sockets: one loop for all devices, each at an address of its own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ipnet::Ipv4Net;
use mio::net::{TcpListener, TcpStream, UdpSocket};
use mio::{Events, Interest, Poll, Token};
use rustls::{ServerConfig, ServerConnection};
use socket2::{Domain, Protocol, Socket, Type};
use whomade_scan::net::Moment;
use whomade_scan::net::simulated::{Act, Device as _, Door};
use whomade_scan::ports;
use whomade_scan::probe::{self, Over};

use crate::device::{Count, Service, Stand};
use crate::kinds::Kind;

mod secure;

/// Things that are learnt at once.
const EVENTS: usize = 1_024;
/// Bytes that are read at once.
const READ_BYTES: usize = 16 << 10;
/// Bytes that wait to be sent over one connection before its device has to wait.
const WAITING_BYTES_MAX: usize = 256 << 10;
/// Connections of all devices at once.
const LINES_MAX: usize = 20_000;
/// Connections that wait for one listener.
const BACKLOG: i32 = 64;
/// The longest that nothing is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Something that is waited at.
#[derive(Debug)]
enum Place {
    /// A port of a device at which connections are taken.
    Door(TcpListener, usize, u16),
    /// A port of a device to which datagrams come.
    Ear(UdpSocket, usize),
    /// A port at which searches of all are heard.
    Group(UdpSocket, u16),
}

/// A connection to a device.
#[derive(Debug)]
struct Line {
    stream: TcpStream,
    secure: Option<Box<ServerConnection>>,
    /// The device, and the port.
    of: (usize, u16),
    /// What waits to be sent.
    out: VecDeque<u8>,
    /// What it does next, and when.
    acts: VecDeque<(Instant, Act)>,
    /// Whether it is closed once everything was sent.
    ends: bool,
}

/// Devices that are served.
#[derive(Debug)]
pub struct Farm {
    poll: Poll,
    began: Instant,
    stands: Vec<Stand>,
    places: Vec<Place>,
    /// Where a device answers datagrams from.
    ears: BTreeMap<(IpAddr, u16), usize>,
    lines: BTreeMap<usize, Line>,
    /// When something is to be done at a connection.
    due: BTreeMap<(Instant, usize), ()>,
    next: usize,
    keys: BTreeMap<(usize, u16), Arc<ServerConfig>>,
}

/// Sockets that so many devices take: doors, ears, and the groups.
#[must_use]
pub fn sockets(stands: &[Stand]) -> usize {
    let of = |stand: &Stand| {
        let doors = if stand.is_tarpit { ports::all().count() } else { stand.services.len() };
        doors + stand.ears.len()
    };
    stands.iter().map(of).sum::<usize>() + probe::REQUESTS.len()
}

impl Farm {
    /// Opens the doors of all devices. `network`: this machine's address on the link on which
    /// searches of all are heard; without one only what is sent to a device itself is.
    ///
    /// # Errors
    /// When an address is none of this machine's, a port is taken, or there are not enough
    /// sockets.
    pub fn open(stands: Vec<Stand>, network: Option<Ipv4Net>) -> io::Result<Self> {
        let mut farm = Self {
            poll: Poll::new()?,
            began: Instant::now(),
            stands,
            places: Vec::new(),
            ears: BTreeMap::new(),
            lines: BTreeMap::new(),
            due: BTreeMap::new(),
            next: 0,
            keys: BTreeMap::new(),
        };
        for at in 0..farm.stands.len() {
            farm.open_doors(at).map_err(|error| named(&farm.stands[at], &error))?;
        }
        if let Some(network) = network {
            farm.open_groups(network)?;
        }
        farm.next = farm.places.len();
        Ok(farm)
    }

    fn open_doors(&mut self, at: usize) -> io::Result<()> {
        let stand = &self.stands[at];
        let address = stand.address;
        let doors: Vec<u16> = match stand.is_tarpit {
            true => ports::all().map(|port| port.number).collect(),
            false => stand.services.keys().copied().collect(),
        };
        let mut ears: Vec<u16> = stand.ears.iter().map(|ear| ear.port).collect();
        ears.sort_unstable();
        ears.dedup();
        for (port, service) in &stand.services {
            if let Service::Secure(name, maker, _) = service {
                let config = secure::config(name, maker).map_err(io::Error::other)?;
                self.keys.insert((at, *port), config);
            }
        }
        for port in doors {
            let socket = socket(address, Type::STREAM, port)?;
            socket.listen(BACKLOG)?;
            let mut listener = TcpListener::from_std(socket.into());
            let token = Token(self.places.len());
            self.poll.registry().register(&mut listener, token, Interest::READABLE)?;
            self.places.push(Place::Door(listener, at, port));
        }
        for port in ears {
            let mut ear = UdpSocket::from_std(socket(address, Type::DGRAM, port)?.into());
            let token = Token(self.places.len());
            self.poll.registry().register(&mut ear, token, Interest::READABLE)?;
            self.ears.insert((address, port), self.places.len());
            self.places.push(Place::Ear(ear, at));
        }
        Ok(())
    }

    /// Hears the searches that go to groups, or to all of a network.
    fn open_groups(&mut self, network: Ipv4Net) -> io::Result<()> {
        let mut all: BTreeSet<(Ipv4Addr, u16)> = BTreeSet::new();
        for request in probe::searches() {
            if let Over::Datagram { port, group, .. } = request.over() {
                all.insert((group.unwrap_or_else(|| network.broadcast()), port));
            }
        }
        for (to, port) in all {
            // Bound to the group itself it does not hear what is sent to single devices. Where a
            // system binds to no group it hears that, too.
            let any = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
            let bound = socket(to.into(), Type::DGRAM, port);
            let socket = bound.or_else(|_| socket(any, Type::DGRAM, port))?;
            if to.is_multicast() {
                socket.join_multicast_v4(&to, &network.addr())?;
            }
            let mut ear = UdpSocket::from_std(socket.into());
            let token = Token(self.places.len());
            self.poll.registry().register(&mut ear, token, Interest::READABLE)?;
            self.places.push(Place::Group(ear, port));
        }
        Ok(())
    }

    /// The devices.
    #[must_use]
    pub fn stands(&self) -> &[Stand] {
        &self.stands
    }

    /// What the devices counted so far.
    pub fn counts(&self) -> impl Iterator<Item = (IpAddr, &'static Kind, Count)> + '_ {
        self.stands.iter().map(|stand| (stand.address, stand.kind, stand.count))
    }

    /// Serves until it is over, which is asked a few times a second.
    ///
    /// # Errors
    /// When the system no longer tells what happens.
    pub fn run(&mut self, is_over: &dyn Fn() -> bool) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        while !is_over() {
            let now = Instant::now();
            let due = self.due.first_key_value().map(|((at, _), ())| *at);
            let wait = due.map_or(LOOK, |at| at.saturating_duration_since(now)).min(LOOK);
            match self.poll.poll(&mut events, Some(wait)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => other?,
            }
            for event in &events {
                let Token(token) = event.token();
                if token < self.places.len() {
                    self.place(token);
                } else {
                    if event.is_readable() || event.is_read_closed() {
                        self.readable(token);
                    }
                    self.go_on(token);
                }
            }
            self.due();
        }
        Ok(())
    }

    fn now(&self) -> Moment {
        self.began.elapsed()
    }

    /// Takes what came to a place until nothing is there.
    fn place(&mut self, at: usize) {
        let mut buffer = [0; READ_BYTES];
        loop {
            let heard = match &self.places[at] {
                Place::Door(listener, stand, port) => match listener.accept() {
                    Ok((stream, _)) => {
                        let (stand, port) = (*stand, *port);
                        self.take(stream, stand, port);
                        continue;
                    }
                    Err(_) => return,
                },
                Place::Ear(ear, stand) => {
                    let port = ear.local_addr().map_or(0, |address| address.port());
                    match ear.recv_from(&mut buffer) {
                        Ok((count, from)) => (Some(*stand), port, count, from),
                        Err(_) => return,
                    }
                }
                Place::Group(ear, port) => match ear.recv_from(&mut buffer) {
                    Ok((count, from)) => (None, *port, count, from),
                    Err(_) => return,
                },
            };
            let (only, port, count, from) = heard;
            for stand in 0..self.stands.len() {
                if only.is_none_or(|only| only == stand) {
                    self.answer(stand, port, &buffer[..count], from);
                }
            }
        }
    }

    /// Lets a device answer a datagram.
    fn answer(&mut self, stand: usize, port: u16, asked: &[u8], to: SocketAddr) {
        for (_, from, _, says) in self.stands[stand].hears(port, asked) {
            // Who answers in another's name does so from a socket that is nobody's, at that
            // address where this machine has it.
            let own = self.ears.get(&(from.ip(), from.port()));
            match own.map(|at| &self.places[*at]) {
                Some(Place::Ear(ear, _)) => drop(ear.send_to(&says, to)),
                _ => {
                    let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
                    let one = UdpSocket::bind((from.ip(), 0).into());
                    let one = one.or_else(|_| UdpSocket::bind(any));
                    drop(one.and_then(|one| one.send_to(&says, to)));
                }
            }
        }
    }

    /// Takes a connection.
    fn take(&mut self, mut stream: TcpStream, stand: usize, port: u16) {
        let now = self.now();
        let door = self.stands[stand].door(port, now);
        if door != Door::Open || self.lines.len() >= LINES_MAX {
            reset(&stream);
            return;
        }
        self.next += 1;
        let token = self.next;
        let interest = Interest::READABLE | Interest::WRITABLE;
        if self.poll.registry().register(&mut stream, Token(token), interest).is_err() {
            self.stands[stand].closed(port);
            return;
        }
        let secure = self.keys.get(&(stand, port)).map(Arc::clone);
        let secure = secure.and_then(|config| ServerConnection::new(config).ok()).map(Box::new);
        let acts = self.stands[stand].greets(port);
        let (out, acts_none) = (VecDeque::new(), VecDeque::new());
        let line = Line { stream, secure, of: (stand, port), out, acts: acts_none, ends: false };
        self.lines.insert(token, line);
        self.act(token, acts);
    }

    /// Writes down what is done at a connection, one after the other.
    fn act(&mut self, token: usize, acts: Vec<(Moment, Act)>) {
        let Some(line) = self.lines.get_mut(&token) else { return };
        let mut at = line.acts.back().map_or_else(Instant::now, |(at, _)| *at);
        for (after, act) in acts {
            at += after;
            line.acts.push_back((at, act));
        }
        if let Some((at, _)) = line.acts.front() {
            self.due.insert((*at, token), ());
        }
    }

    /// Does what is due.
    fn due(&mut self) {
        let now = Instant::now();
        while let Some(((at, token), ())) = self.due.first_key_value().map(|(key, ())| (*key, ())) {
            if at > now {
                return;
            }
            self.due.remove(&(at, token));
            self.go_on(token);
        }
    }

    /// Goes on at a connection: what is due is done, what waits is sent.
    fn go_on(&mut self, token: usize) {
        let Some(line) = self.lines.get_mut(&token) else { return };
        if line.go_on() {
            self.close(token);
        } else if let Some((at, _)) = self.lines.get(&token).and_then(|line| line.acts.front()) {
            // What waits for room goes on when there is some.
            let at = (*at).max(Instant::now() + Duration::from_millis(1));
            self.due.insert((at, token), ());
        }
    }

    /// Reads what came, and lets the device answer.
    fn readable(&mut self, token: usize) {
        let mut buffer = [0; READ_BYTES];
        loop {
            let Some(line) = self.lines.get_mut(&token) else { return };
            let (stand, port) = line.of;
            match line.read(&mut buffer) {
                Ok(None) => return,
                Ok(Some(0)) => {
                    self.close(token);
                    return;
                }
                Ok(Some(count)) => {
                    let now = self.began.elapsed();
                    let acts = self.stands[stand].answers(port, &buffer[..count], now);
                    self.act(token, acts);
                }
                Err(_) => {
                    self.close(token);
                    return;
                }
            }
        }
    }

    fn close(&mut self, token: usize) {
        if let Some(mut line) = self.lines.remove(&token) {
            let _ = self.poll.registry().deregister(&mut line.stream);
            let (stand, port) = line.of;
            self.stands[stand].closed(port);
        }
    }
}

impl Line {
    /// Does what is due and sends what waits; whether it is over.
    fn go_on(&mut self) -> bool {
        let now = Instant::now();
        while self.out.len() < WAITING_BYTES_MAX
            && self.acts.front().is_some_and(|(at, _)| *at <= now)
            && let Some((_, act)) = self.acts.pop_front()
        {
            match act {
                Act::Says(bytes) => match &mut self.secure {
                    Some(secure) => drop(secure.writer().write_all(&bytes)),
                    None => self.out.extend(bytes),
                },
                Act::Ends => {
                    if let Some(secure) = &mut self.secure {
                        secure.send_close_notify();
                    }
                    self.ends = true;
                }
                Act::Breaks => {
                    reset(&self.stream);
                    return true;
                }
            }
        }
        if self.flush().is_err() {
            return true;
        }
        let waits =
            !self.out.is_empty() || self.secure.as_ref().is_some_and(|one| one.wants_write());
        self.ends && !waits
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Some(secure) = &mut self.secure {
            while secure.wants_write() {
                match secure.write_tls(&mut self.stream) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                    other => drop(other?),
                }
            }
            return Ok(());
        }
        while !self.out.is_empty() {
            match self.stream.write(self.out.as_slices().0) {
                Ok(count) => drop(self.out.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What came: nothing yet, or so many bytes; 0 where nothing more comes.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let nothing_yet = |error: io::Error| match error.kind() {
            ErrorKind::WouldBlock => Ok(None),
            _ => Err(error),
        };
        let Some(secure) = &mut self.secure else {
            return self.stream.read(buffer).map_or_else(nothing_yet, |count| Ok(Some(count)));
        };
        loop {
            match secure.read_tls(&mut self.stream) {
                Ok(0) => return Ok(Some(0)),
                Ok(_) => {}
                Err(error) => return nothing_yet(error),
            }
            let state = secure.process_new_packets().map_err(io::Error::other);
            // Whoever is refused is told why.
            let refused = state.is_err();
            while secure.wants_write() && secure.write_tls(&mut self.stream).is_ok() {}
            let waits = state?.plaintext_bytes_to_read();
            if waits > 0 && !refused {
                return secure.reader().read(buffer).map(Some);
            }
        }
    }
}

/// Breaks a connection off, so that the other end learns it at once.
fn reset(stream: &TcpStream) {
    let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
}

/// A socket at an address and port that others of ours may use too.
fn socket(address: IpAddr, kind: Type, port: u16) -> io::Result<Socket> {
    let is_stream = kind == Type::STREAM;
    let protocol = if is_stream { Protocol::TCP } else { Protocol::UDP };
    let domain = if address.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
    let socket = Socket::new(domain, kind, Some(protocol))?;
    socket.set_nonblocking(true)?;
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::new(address, port).into())?;
    Ok(socket)
}

/// An error with the device that it is about.
fn named(stand: &Stand, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{} ({}): {error}", stand.address, stand.kind.id))
}

#[cfg(test)]
mod tests;
