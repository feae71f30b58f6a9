//! What a device exchanged with one address, as it was counted.

use std::net::IpAddr;
use std::sync::Arc;

use crate::observation::Seen;

/// How what is exchanged is protected, as far as it was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cover {
    /// That cannot be told.
    #[default]
    Unknown,
    /// Anybody on the way can read it.
    Plain,
    /// By TLS.
    Tls,
    /// By QUIC.
    Quic,
}

impl Cover {
    /// The word that is printed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Plain => "plain",
            Self::Tls => "tls",
            Self::Quic => "quic",
        }
    }

    /// For people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unknown => "protection not seen",
            Self::Plain => "plain text",
            Self::Tls => "TLS",
            Self::Quic => "QUIC",
        }
    }
}

/// How what is counted was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// Every packet that passed where it was recorded.
    #[default]
    Packets,
    /// An exporter counted every packet.
    Reported,
    /// An exporter counted one of so many; what stands there is what was counted, a lower bound.
    OneOf(u32),
    /// An exporter counted, and does not say of how many packets: a lower bound, too.
    Unsaid,
}

impl Counted {
    /// Whether there was at least what was counted, and perhaps much more.
    #[must_use]
    pub const fn is_lower_bound(self) -> bool {
        matches!(self, Self::OneOf(_) | Self::Unsaid)
    }
}

/// Which end was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// The other one.
    Peer,
    /// The device.
    Device,
    /// Nobody knows: an exporter reported a direction, and nothing in it tells who began.
    Unknown,
}

impl Asked {
    /// The word that is printed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::Device => "device",
            Self::Unknown => "unknown",
        }
    }
}

/// What a device exchanged with one address at one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// The names under which it was asked, in the order in which they were seen.
    pub names: Vec<String>,
    /// Whether the address was the answer for all of these, and which of them was asked is not
    /// known.
    pub unsure: bool,
    /// The address.
    pub address: IpAddr,
    /// The port that was asked, of the peer or of the device; the lower of both where it is not
    /// known who was asked; 0 where there is none.
    pub port: u16,
    /// How it is carried, by the number of the protocol: 6 TCP, 17 UDP.
    pub protocol: u8,
    /// Whether the port is the device's, which then was asked by the other side.
    pub serves: bool,
    /// Whether nobody knows who was asked.
    pub guessed: bool,
    /// Whether it was recorded that whoever was asked gave no answer, or none but a refusal.
    pub unanswered: bool,
    /// Whether the address is of the network that was recorded, or of one beside it.
    pub local: bool,
    /// How it is protected.
    pub cover: Cover,
    /// The language of a maker's service that was recognised. It says what is spoken, not who made
    /// the device, nor who operates the service.
    pub sign: Option<&'static str>,
    /// Bytes that the device sent, from the network header on.
    pub sent: u64,
    /// The same of what it got.
    pub got: u64,
    /// Packets both ways.
    pub packets: u64,
    /// The first and the last packet.
    pub seen: Option<Seen>,
    /// The capture that shows it, without a name where it is kept nowhere, and the number of the
    /// oldest packet there, counted from 1.
    pub first: (Arc<str>, u64),
    /// How it was counted.
    pub counted: Counted,
}

impl Flow {
    /// Which end was asked.
    #[must_use]
    pub const fn asked(&self) -> Asked {
        match (self.guessed, self.serves) {
            (true, _) => Asked::Unknown,
            (false, true) => Asked::Device,
            (false, false) => Asked::Peer,
        }
    }

    /// Whether nothing came of it: a connection that was never opened, or a question to the device
    /// that it left. Datagrams that a device sends may want no answer.
    #[must_use]
    pub const fn is_in_vain(&self) -> bool {
        const TCP: u8 = 6;
        self.unanswered && (self.protocol == TCP || self.serves && !self.guessed)
    }

    /// Whether another is the same in the next file of one recording, where the beginning of a
    /// connection may stand in the file before.
    #[must_use]
    pub fn goes_on_in(&self, next: &Self) -> bool {
        let key = |one: &Self| (one.address, one.port, one.protocol, one.serves, one.counted);
        key(self) == key(next)
    }

    /// Adds what the next file of the same recording shows of it.
    pub fn go_on(&mut self, next: Self) {
        let older = next.seen.zip(self.seen).is_some_and(|(next, seen)| next.from < seen.from);
        self.seen = match (self.seen, next.seen) {
            (Some(one), Some(two)) => {
                Some(Seen::between(one.from.min(two.from), one.until.max(two.until)))
            }
            (one, two) => one.or(two),
        };
        if older {
            self.first = next.first.clone();
        }
        // Who asked, the file tells in which it began.
        self.guessed &= next.guessed;
        self.unanswered &= next.unanswered;
        self.sent = self.sent.saturating_add(next.sent);
        self.got = self.got.saturating_add(next.got);
        self.packets = self.packets.saturating_add(next.packets);
        if next.cover != Cover::Unknown && !older {
            self.cover = next.cover;
        }
        self.learn(next);
    }

    /// Takes from another record of the same what this one does not say.
    pub fn learn(&mut self, other: Self) {
        if self.cover == Cover::Unknown {
            self.cover = other.cover;
        }
        self.sign = self.sign.or(other.sign);
        for name in other.names {
            if !self.names.contains(&name) {
                self.names.push(name);
            }
        }
    }
}
