//! The network that there is.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Instant;

use ipnet::{IpNet, Ipv4Net};
use mio::net::{TcpStream, UdpSocket};
use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, Protocol, Socket, Type};
use whomade_capture::Mac;

use super::secure::{Client, Secure};
use super::{Event, Key, Moment, Net, READ_BYTES_MAX, Trouble};
use crate::probe::{Over, Packet};
use crate::scope::Target;

/// Things that are learnt at once.
const EVENTS: usize = 1_024;

/// Bytes of the longest datagram.
const DATAGRAM_BYTES_MAX: usize = 64 << 10;

/// Bytes of answers to a search that wait to be read.
const ANSWERS_BYTES: usize = 4 << 20;

/// Tokens from here on are of sockets for datagrams; connections count from one.
const DATAGRAMS: usize = usize::MAX / 2;

/// Lines of the system's table of neighbours that are read.
const NEIGHBOURS_MAX: usize = 100_000;

/// A local link on which all may be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// This machine's address there, with the prefix of the network.
    pub network: Ipv4Net,
}

/// The networks that this machine is attached to, each with its own address in it.
///
/// # Errors
/// When the system does not tell.
pub fn attached() -> io::Result<Vec<IpNet>> {
    let all = if_addrs::get_if_addrs()?;
    let mut networks: Vec<IpNet> = all
        .into_iter()
        .filter_map(|one| match one.addr {
            if_addrs::IfAddr::V4(four) => {
                IpNet::with_netmask(four.ip.into(), four.netmask.into()).ok()
            }
            if_addrs::IfAddr::V6(six) => {
                IpNet::with_netmask(six.ip.into(), six.netmask.into()).ok()
            }
        })
        .collect();
    networks.sort_unstable();
    networks.dedup();
    Ok(networks)
}

/// Whether the link on which this machine has an address is down, or the address is gone. A system
/// that does not tell its addresses is believed to have them.
#[must_use]
pub fn is_down(address: IpAddr) -> bool {
    let Ok(all) = if_addrs::get_if_addrs() else { return false };
    !all.iter().any(|one| one.ip() == address && one.is_oper_up())
}

/// A connection, perhaps with TLS in it.
#[derive(Debug)]
struct Line {
    stream: TcpStream,
    secure: Option<Box<Secure>>,
}

/// A socket for datagrams, and the port of the language that is spoken there.
#[derive(Debug)]
struct Ear {
    socket: UdpSocket,
    language: u16,
}

/// Who is read when: each once before anybody twice.
#[derive(Debug, Default)]
struct Turns {
    queue: VecDeque<usize>,
    within: BTreeSet<usize>,
}

impl Turns {
    fn insert(&mut self, token: usize) {
        if self.within.insert(token) {
            self.queue.push_back(token);
        }
    }

    fn next(&mut self) -> Option<usize> {
        loop {
            let token = self.queue.pop_front()?;
            if self.within.remove(&token) {
                return Some(token);
            }
        }
    }

    fn remove(&mut self, token: usize) {
        self.within.remove(&token);
    }

    fn is_empty(&self) -> bool {
        self.within.is_empty()
    }
}

/// The network that there is.
#[derive(Debug)]
pub struct Real {
    poll: Poll,
    events: Events,
    began: Instant,
    links: Vec<Link>,
    lines: BTreeMap<Key, Line>,
    /// Made when TLS is begun first.
    client: Option<Client>,
    ears: Vec<Option<Ear>>,
    /// The ear of each search, by link and name, and the one that asks single hosts.
    ear_of: BTreeMap<(Option<usize>, &'static str), usize>,
    known: VecDeque<Event>,
    /// Connections and ears that may hold something.
    readable: Turns,
    buffer: Vec<u8>,
}

impl Real {
    /// Sockets that search on these links alone.
    ///
    /// # Errors
    /// When the system has none to wait with.
    pub fn new(links: Vec<Link>) -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS),
            began: Instant::now(),
            links,
            lines: BTreeMap::new(),
            client: None,
            ears: Vec::new(),
            ear_of: BTreeMap::new(),
            known: VecDeque::new(),
            readable: Turns::default(),
            buffer: vec![0; DATAGRAM_BYTES_MAX],
        })
    }

    /// The ear of a request on a link, or for single hosts of a family.
    fn ear(&mut self, link: Option<usize>, packet: &Packet, is_six: bool) -> io::Result<usize> {
        let name = if is_six { "six" } else { packet.request().id() };
        if let Some(ear) = self.ear_of.get(&(link, name)) {
            return Ok(*ear);
        }
        let Over::Datagram { port, from, .. } = packet.request().over() else {
            return Err(ErrorKind::InvalidInput.into());
        };
        let (domain, any): (_, IpAddr) = match is_six {
            true => (Domain::IPV6, Ipv6Addr::UNSPECIFIED.into()),
            false => (Domain::IPV4, Ipv4Addr::UNSPECIFIED.into()),
        };
        let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_nonblocking(true)?;
        // Hundreds of devices may answer at once; what the system does not give is not needed.
        let _ = socket.set_recv_buffer_size(ANSWERS_BYTES);
        if let Some(link) = link.and_then(|link| self.links.get(link)) {
            socket.set_broadcast(true)?;
            // The link and nothing behind it.
            socket.set_multicast_ttl_v4(1)?;
            socket.set_multicast_if_v4(&link.network.addr())?;
            socket.set_multicast_loop_v4(false)?;
        }
        // Where devices answer to a fixed port it may be shared with whoever listens there.
        let at = from.filter(|_| link.is_some()).unwrap_or(0);
        if at > 0 {
            socket.set_reuse_address(true)?;
        }
        socket.bind(&SocketAddr::new(any, at).into())?;
        let mut socket = UdpSocket::from_std(socket.into());
        let ear = self.ears.len();
        self.poll.registry().register(&mut socket, Token(DATAGRAMS + ear), Interest::READABLE)?;
        self.ears.push(Some(Ear { socket, language: port }));
        self.ear_of.insert((link, name), ear);
        Ok(ear)
    }

    /// Sends a datagram from an ear.
    fn say(&self, ear: usize, packet: &Packet, to: SocketAddr) -> io::Result<()> {
        let ear = self.ears[ear].as_ref().ok_or(ErrorKind::NotConnected)?;
        ear.socket.send_to(packet.bytes(), to).map(|_| ())
    }

    /// Waits, and takes note of what may be read now.
    fn poll(&mut self, until: Moment) {
        let wait = until.saturating_sub(self.now());
        if self.poll.poll(&mut self.events, Some(wait)).is_err() {
            return;
        }
        for event in &self.events {
            let Token(token) = event.token();
            if token >= DATAGRAMS {
                self.readable.insert(token);
                continue;
            }
            let key = Key(token as u64);
            let Some(line) = self.lines.get_mut(&key) else { continue };
            if event.is_writable() {
                match line.writable() {
                    Ok(true) => self.known.push_back(Event::Opened(key)),
                    Ok(false) => {}
                    Err(error) => {
                        self.known.push_back(Event::Failed(key, trouble(&error)));
                        continue;
                    }
                }
            }
            if event.is_readable() || event.is_read_closed() || event.is_error() {
                self.readable.insert(token);
            }
        }
    }

    /// Reads once where something may be; each in its turn, so that nobody who sends without end
    /// keeps the others waiting.
    fn read(&mut self) -> Option<Event> {
        while let Some(token) = self.readable.next() {
            let event = if token >= DATAGRAMS { self.hear(token) } else { self.read_line(token) };
            if event.is_some() {
                return event;
            }
        }
        None
    }

    fn hear(&mut self, token: usize) -> Option<Event> {
        let ear = self.ears.get(token - DATAGRAMS)?.as_ref()?;
        match ear.socket.recv_from(&mut self.buffer) {
            Ok((count, from)) => {
                let at = ear.language;
                self.readable.insert(token);
                // What is said to all comes back to whoever shares the port.
                if self.links.iter().any(|link| IpAddr::V4(link.network.addr()) == from.ip()) {
                    return None;
                }
                Some(Event::Heard { from, at, bytes: self.buffer[..count].to_vec() })
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            // A host that has no such service says so; it is no trouble of the socket.
            Err(_) => {
                self.readable.insert(token);
                None
            }
        }
    }

    fn read_line(&mut self, token: usize) -> Option<Event> {
        let key = Key(token as u64);
        let line = self.lines.get_mut(&key)?;
        if let Some(secure) = &mut line.secure {
            let was_open = secure.is_open();
            return match secure.read(&mut line.stream) {
                Ok(came) => {
                    if came.more {
                        self.readable.insert(token);
                    }
                    if let Some(shown) = came.opened {
                        self.known.extend([Event::Shown(key, shown), Event::Opened(key)]);
                    }
                    if !came.bytes.is_empty() {
                        self.known.push_back(Event::Bytes(key, came.bytes));
                    }
                    match came.ended {
                        true if was_open => self.known.push_back(Event::Ended(key)),
                        true => self.known.push_back(Event::Failed(key, Trouble::Other)),
                        false => {}
                    }
                    self.known.pop_front()
                }
                Err(error) if error.kind() == ErrorKind::NotConnected => None,
                // Who breaks off because no keys are agreed on refuses nothing else.
                Err(_) => Some(Event::Failed(key, Trouble::Other)),
            };
        }
        match line.stream.read(&mut self.buffer[..READ_BYTES_MAX]) {
            Ok(0) => Some(Event::Ended(key)),
            Ok(count) => {
                self.readable.insert(token);
                Some(Event::Bytes(key, self.buffer[..count].to_vec()))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) if error.kind() == ErrorKind::NotConnected => None,
            Err(error) => Some(Event::Failed(key, trouble(&error))),
        }
    }
}

impl Line {
    /// Goes on with what waited for room; whether the connection is open now. One with TLS in it
    /// opens later.
    fn writable(&mut self) -> io::Result<bool> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        let is_there = self.stream.peer_addr().is_ok();
        match &mut self.secure {
            Some(secure) if is_there => secure.flush(&mut self.stream).map(|()| false),
            Some(_) => Ok(false),
            None => Ok(is_there),
        }
    }
}

/// A hardware address as the system writes it: `44:19:b6:00:00:01`.
fn mac_of(text: &str) -> Option<Mac> {
    let mut bytes = [0; 6];
    let mut parts = text.split(':');
    for byte in &mut bytes {
        *byte = u8::from_str_radix(parts.next()?, 16).ok()?;
    }
    let mac = Mac(bytes);
    (parts.next().is_none() && mac.is_ones()).then_some(mac)
}

/// What an error of a socket means.
fn trouble(error: &io::Error) -> Trouble {
    /// The numbers under which systems have no room (`EAGAIN`, `ENFILE`, `EMFILE`, `ENOBUFS`).
    const EXHAUSTED: [i32; 4] = [11, 23, 24, 105];
    match error.kind() {
        ErrorKind::ConnectionRefused
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe => Trouble::Refused,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::TimedOut => {
            Trouble::Unreachable
        }
        ErrorKind::PermissionDenied => Trouble::Forbidden,
        ErrorKind::AddrNotAvailable | ErrorKind::AddrInUse => Trouble::Exhausted,
        _ if error.raw_os_error().is_some_and(|number| EXHAUSTED.contains(&number)) => {
            Trouble::Exhausted
        }
        _ => Trouble::Other,
    }
}

impl Net for Real {
    fn now(&self) -> Moment {
        self.began.elapsed()
    }

    fn open(&mut self, key: Key, target: Target, port: u16) -> Result<(), Trouble> {
        let to = SocketAddr::new(target.address(), port);
        // What is known before anything was sent is known of this machine, and not of the host.
        let mut stream = TcpStream::connect(to).map_err(|error| match error.kind() {
            ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => Trouble::NoWay,
            _ => trouble(&error),
        })?;
        let token = usize::try_from(key.0).map_err(|_| Trouble::Other)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registered = self.poll.registry().register(&mut stream, Token(token), interest);
        registered.map_err(|error| trouble(&error))?;
        self.lines.insert(key, Line { stream, secure: None });
        Ok(())
    }

    fn open_secure(&mut self, key: Key, target: Target, port: u16) -> Result<(), Trouble> {
        let client = match &self.client {
            Some(client) => client.clone(),
            None => Client::new().map_err(|_| Trouble::Other)?,
        };
        let secure = client.connect(target.address()).map_err(|_| Trouble::Other)?;
        self.client = Some(client);
        self.open(key, target, port)?;
        if let Some(line) = self.lines.get_mut(&key) {
            line.secure = Some(Box::new(secure));
        }
        Ok(())
    }

    fn send(&mut self, key: Key, packet: &Packet) -> Result<(), Trouble> {
        let line = self.lines.get_mut(&key).ok_or(Trouble::Other)?;
        // The room of a new connection takes the longest request many times over.
        let Line { stream, secure } = line;
        let sent = match secure {
            Some(secure) => secure.send(stream, packet.bytes()),
            None => stream.write_all(packet.bytes()),
        };
        sent.map_err(|error| trouble(&error))
    }

    fn close(&mut self, key: Key) {
        if let Some(mut line) = self.lines.remove(&key) {
            let _ = self.poll.registry().deregister(&mut line.stream);
            self.readable.remove(usize::try_from(key.0).unwrap_or(usize::MAX));
        }
    }

    fn search(&mut self, packet: &Packet) -> Result<(), Trouble> {
        let Over::Datagram { port, group, .. } = packet.request().over() else {
            return Err(Trouble::Other);
        };
        let mut all = Ok(());
        for link in 0..self.links.len() {
            let network = self.links[link].network;
            let to = group.unwrap_or_else(|| network.broadcast());
            let ear = self.ear(Some(link), packet, false);
            let sent = ear.and_then(|ear| self.say(ear, packet, (to, port).into()));
            if let Err(error) = sent {
                all = Err(trouble(&error));
            }
        }
        all
    }

    fn end_search(&mut self) {
        let over: Vec<_> = self.ear_of.keys().filter(|(link, _)| link.is_some()).copied().collect();
        for key in over {
            let Some(ear) = self.ear_of.remove(&key) else { continue };
            if let Some(mut ear) = self.ears[ear].take() {
                let _ = self.poll.registry().deregister(&mut ear.socket);
            }
        }
    }

    fn ask(&mut self, target: Target, packet: &Packet) -> Result<(), Trouble> {
        let Over::Datagram { port, .. } = packet.request().over() else {
            return Err(Trouble::Other);
        };
        let to = SocketAddr::new(target.address(), port);
        let ear = self.ear(None, packet, to.is_ipv6()).map_err(|error| trouble(&error))?;
        self.say(ear, packet, to).map_err(|error| trouble(&error))
    }

    fn next(&mut self, until: Moment) -> Option<Event> {
        loop {
            let known = self.known.pop_front().or_else(|| self.read());
            match known {
                // What is closed has nothing more to say.
                Some(Event::Opened(key) | Event::Shown(key, _) | Event::Failed(key, _))
                    if !self.lines.contains_key(&key) => {}
                Some(event) => return Some(event),
                None if self.now() >= until => {
                    // What has happened meanwhile comes before what time brings.
                    self.poll(Moment::ZERO);
                    let nothing = self.known.is_empty() && self.readable.is_empty();
                    if nothing {
                        return None;
                    }
                }
                None => self.poll(until),
            }
        }
    }

    fn neighbour(&self, address: IpAddr) -> Option<Mac> {
        let (flags, mac) = neighbour(address)?;
        (flags != UNANSWERED).then(|| mac_of(&mac))?
    }

    fn is_nobody(&self, address: IpAddr) -> bool {
        neighbour(address).is_some_and(|(flags, _)| flags == UNANSWERED)
    }
}

/// The mark of a neighbour for whom nobody answered.
const UNANSWERED: &str = "0x0";

/// The marks and the hardware address that the system's table of neighbours has for an address.
/// Systems without that table tell neither.
fn neighbour(address: IpAddr) -> Option<(String, String)> {
    let table = std::fs::read_to_string("/proc/net/arp").ok()?;
    let wanted = address.to_string();
    table.lines().skip(1).take(NEIGHBOURS_MAX).find_map(|line| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let [ip, _, flags, mac, ..] = cells[..] else { return None };
        (ip == wanted).then(|| (flags.to_owned(), mac.to_owned()))
    })
}
