//! A device of the farm: what it answers at each of its ports, and what it counts.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use whomade_scan::net::Moment;
use whomade_scan::net::simulated::{Act, Device, Door};
use whomade_scan::probe;

use crate::kinds::Kind;

const MILLI: Moment = Moment::from_millis(1);

/// What is served at a port of connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Service {
    /// A web server: its start page, and what it says to whoever asks the time by ONVIF.
    Web {
        /// The answer to `GET /`.
        page: Vec<u8>,
        /// The answer to GetSystemDateAndTime.
        time: Option<Vec<u8>>,
    },
    /// A server of streams: what it can do, and what it says of its stream to whoever does not log
    /// in. The number of the question is put in where `{CSeq}` stands.
    Streams {
        /// The answer to OPTIONS.
        options: Vec<u8>,
        /// The answer to DESCRIBE.
        describe: Vec<u8>,
    },
    /// It speaks first.
    Greets(Vec<u8>),
    /// It takes connections and says nothing.
    Mute,
    /// TLS, with a certificate of that name and organisation, and another service within.
    Secure(String, String, Box<Self>),
    /// It does whatever is written down, to whatever is asked.
    Acts(Vec<(Moment, Act)>),
}

/// A port of datagrams at which it answers a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ear {
    /// The port.
    pub port: u16,
    /// The request that it answers, by its name in the table of the scan.
    pub to: &'static str,
    /// The answer.
    pub says: Vec<u8>,
    /// How often it says so.
    pub times: usize,
    /// From which address, where it is not its own.
    pub from: Option<IpAddr>,
}

/// What a device counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Connections that it took.
    pub connections: u64,
    /// Most of them at once.
    pub most: u64,
    /// Requests and datagrams that it was sent.
    pub asked: u64,
    /// Those among them that do not stand in the scan's table.
    pub strange: u64,
    /// Bytes that it was sent, and that it sent.
    pub bytes: [u64; 2],
    /// How often it was pushed so that it broke down.
    pub resets: u64,
    /// How often the description was fetched that its SSDP points to: some recorders fail at that.
    pub described: u64,
}

/// A device of the farm.
#[derive(Clone)]
pub struct Stand {
    /// What it is.
    pub kind: &'static Kind,
    /// Where it stands.
    pub address: IpAddr,
    /// What it serves over connections.
    pub services: BTreeMap<u16, Service>,
    /// What it answers to searches.
    pub ears: Vec<Ear>,
    /// Whether it takes one connection at a time, needs its time for each request, and breaks down
    /// when it is given neither.
    pub is_weak: bool,
    /// Whether it accepts connections at every port that a scan looks at.
    pub is_tarpit: bool,
    /// What it counted.
    pub count: Count,
    open: u64,
    busy_until: Moment,
}

/// How long a weak device works on one request.
const WORK: Moment = Moment::from_millis(50);

impl fmt::Debug for Stand {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = out.debug_struct("Stand");
        out.field("kind", &self.kind.id).field("address", &self.address);
        out.field("ports", &self.services.keys()).field("count", &self.count);
        out.finish_non_exhaustive()
    }
}

impl Stand {
    /// A device of a kind, with numbers of its own.
    #[must_use]
    pub fn new(kind: &'static Kind, address: IpAddr, random: &mut fastrand::Rng) -> Self {
        let mut stand = Self {
            kind,
            address,
            services: BTreeMap::new(),
            ears: Vec::new(),
            is_weak: false,
            is_tarpit: false,
            count: Count::default(),
            open: 0,
            busy_until: Moment::ZERO,
        };
        (kind.make)(&mut stand, random);
        stand
    }

    /// Serves at a port.
    pub fn serve(&mut self, port: u16, service: Service) -> &mut Self {
        self.services.insert(port, service);
        self
    }

    /// Answers a search of that name.
    pub fn hear(&mut self, to: &'static str, says: impl Into<Vec<u8>>) -> &mut Self {
        let port = probe::find(to).map(probe::Request::over).map(|over| match over {
            probe::Over::Datagram { port, .. } => port,
            probe::Over::Stream => 0,
        });
        let (port, says) = (port.unwrap_or(0), says.into());
        self.ears.push(Ear { port, to, says, times: 1, from: None });
        self
    }

    /// What stands at a port, behind TLS or not.
    fn service(&self, port: u16) -> Option<&Service> {
        match self.services.get(&port) {
            Some(Service::Secure(_, _, within)) => Some(within),
            other => other,
        }
    }

    fn asked(&mut self, asked: &[u8]) {
        self.count.asked += 1;
        self.count.bytes[0] += asked.len() as u64;
        // A hello of TLS that is none of ours is the library's, before the request within.
        let is_hello = asked.first() == Some(&0x16);
        self.count.strange += u64::from(probe::which(asked).is_none() && !is_hello);
        let described = asked.starts_with(b"GET /") && contains(asked, b"desc");
        self.count.described += u64::from(described);
    }

    fn said(&mut self, acts: Vec<(Moment, Act)>) -> Vec<(Moment, Act)> {
        for (_, act) in &acts {
            if let Act::Says(bytes) = act {
                self.count.bytes[1] += bytes.len() as u64;
            }
        }
        acts
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|one| one == part)
}

/// The text with the number of the question where `{CSeq}` stands.
fn numbered(says: &[u8], asked: &[u8]) -> Vec<u8> {
    let asked = String::from_utf8_lossy(asked);
    let number = asked.lines().find_map(|line| line.strip_prefix("CSeq:")).unwrap_or("").trim();
    String::from_utf8_lossy(says).replace("{CSeq}", number).into_bytes()
}

const NOT_FOUND: &[u8] =
    b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const NOT_ALLOWED: &[u8] = b"RTSP/1.0 405 Method Not Allowed\r\nCSeq: {CSeq}\r\n\r\n";
/// What a server of TLS 1.3 says to a client that knows only older ones: an alert.
const NO_OLDER_TLS: &[u8] = b"\x15\x03\x01\x00\x02\x02\x46";

impl Service {
    /// What it does when it is asked something.
    fn answers(&self, asked: &[u8]) -> Vec<(Moment, Act)> {
        let says = |bytes: &[u8]| vec![(MILLI, Act::Says(bytes.to_vec()))];
        let and_ends = |bytes: &[u8]| vec![(MILLI, Act::Says(bytes.to_vec())), (MILLI, Act::Ends)];
        match self {
            Self::Web { page, time } => match (asked.starts_with(b"GET / "), time) {
                (true, _) => and_ends(page),
                (false, Some(time)) if contains(asked, b"GetSystemDateAndTime") => and_ends(time),
                _ => and_ends(NOT_FOUND),
            },
            Self::Streams { options, describe } => says(&numbered(
                match asked {
                    _ if asked.starts_with(b"OPTIONS ") => options,
                    _ if asked.starts_with(b"DESCRIBE ") => describe,
                    _ => NOT_ALLOWED,
                },
                asked,
            )),
            Self::Acts(acts) => acts.clone(),
            Self::Greets(_) | Self::Mute => Vec::new(),
            Self::Secure(..) => and_ends(NO_OLDER_TLS),
        }
    }
}

impl Device for Stand {
    fn door(&mut self, port: u16, now: Moment) -> Door {
        if self.is_weak && (self.open > 0 || now < self.busy_until) {
            self.count.resets += 1;
            return Door::Silent;
        }
        if !self.is_tarpit && !self.services.contains_key(&port) {
            return Door::Closed;
        }
        self.open += 1;
        self.count.connections += 1;
        self.count.most = self.count.most.max(self.open);
        Door::Open
    }

    fn greets(&mut self, port: u16) -> Vec<(Moment, Act)> {
        match self.service(port) {
            Some(Service::Greets(says)) => {
                let acts = vec![(MILLI, Act::Says(says.clone()))];
                self.said(acts)
            }
            _ => Vec::new(),
        }
    }

    fn answers(&mut self, port: u16, asked: &[u8], now: Moment) -> Vec<(Moment, Act)> {
        self.asked(asked);
        let is_hello = asked.first() == Some(&0x16);
        let service = if is_hello { self.services.get(&port) } else { self.service(port) };
        let mut acts = service.map(|service| service.answers(asked)).unwrap_or_default();
        if self.is_weak {
            self.busy_until = now + WORK;
            if let Some((after, _)) = acts.first_mut() {
                *after += WORK;
            }
        }
        self.said(acts)
    }

    fn certificate(&mut self, port: u16) -> Option<Vec<u8>> {
        // Only who serves over real sockets makes certificates.
        matches!(self.services.get(&port), Some(Service::Secure(..))).then(Vec::new)
    }

    fn hears(&mut self, port: u16, asked: &[u8]) -> Vec<(Moment, SocketAddr, u16, Vec<u8>)> {
        if !self.ears.iter().any(|ear| ear.port == port) {
            return Vec::new();
        }
        self.asked(asked);
        let which = probe::which(asked).map(probe::Request::id);
        let mut all = Vec::new();
        for ear in self.ears.iter().filter(|ear| ear.port == port && Some(ear.to) == which) {
            let from = SocketAddr::new(ear.from.unwrap_or(self.address), port);
            for _ in 0..ear.times {
                all.push((5 * MILLI, from, port, ear.says.clone()));
            }
        }
        for (.., says) in &all {
            self.count.bytes[1] += says.len() as u64;
        }
        all
    }

    fn closed(&mut self, _: u16) {
        self.open = self.open.saturating_sub(1);
    }
}
