//! Whom the scanner may ask: the networks that this machine is attached to and that are private,
//! and those that somebody answers for in a scope file. A [`Target`] comes from here alone, and
//! nothing is sent to anything but a target.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::civil::Date;
use serde::Deserialize;

/// Entries of one scope file.
pub const ENTRIES_MAX: usize = 10_000;

/// Letters of a name or a reason in a scope file.
pub const WORDS_CHARS_MAX: usize = 400;

/// The widest network of public addresses that one entry may hold, by its prefix: 4,096 addresses.
pub const PUBLIC_PREFIX_MIN: u8 = 20;

/// The same for IPv6: as many addresses.
pub const PUBLIC_PREFIX_MIN_V6: u8 = 116;

/// A network that somebody answers for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its addresses: `10.20.0.0/16`, or one address.
    #[serde(deserialize_with = "network")]
    pub network: IpNet,
    /// Who answers for it: `Northmoor Borough Council`.
    pub owner: String,
    /// On what ground it may be asked: `asset register, minute 2026/114`.
    pub basis: String,
    /// The last day on which it may be.
    #[serde(deserialize_with = "day")]
    pub until: Date,
}

/// A scope file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    scope: Vec<Entry>,
}

fn network<'de, D: serde::Deserializer<'de>>(from: D) -> Result<IpNet, D::Error> {
    let text = String::deserialize(from)?;
    parse_network(&text).ok_or_else(|| {
        serde::de::Error::custom(format!("`{text}` is no network such as 10.20.0.0/16"))
    })
}

fn day<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(|_| {
        serde::de::Error::custom(format!("`{text}` is no day such as 2026-12-31 in quotes"))
    })
}

/// A network, or an address as the network of itself.
#[must_use]
pub fn parse_network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// An address that may be asked. Only [`Scope::admit`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target(IpAddr);

impl Target {
    /// The address.
    #[must_use]
    pub fn address(self) -> IpAddr {
        self.0
    }
}

/// Why an address may not be asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outside {
    /// The user excluded it.
    Excluded,
    /// Nobody answers for it.
    NotInScope,
    /// Somebody did until that day.
    Expired(Date),
    /// It is no address of one host: a group, a broadcast, an unspecified or reserved one.
    NoHost,
    /// It means another host on each link (IPv6), and no link was named with it.
    OnLink,
}

impl fmt::Display for Outside {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Excluded => out.write_str("excluded"),
            Self::NotInScope => {
                out.write_str("in no private network of this machine, and in no scope file")
            }
            Self::Expired(day) => write!(out, "in scope until {day}, which is past"),
            Self::NoHost => out.write_str("no address of one host"),
            Self::OnLink => {
                out.write_str("of one link alone (fe80::/10): name another address of the device")
            }
        }
    }
}

/// What is wrong with a scope file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// It is no scope file, and why not, with the place.
    Unreadable(String),
    /// It holds more entries than [`ENTRIES_MAX`].
    Many,
    /// An entry names neither who answers for the network nor on what ground.
    Blank(IpNet),
    /// An entry holds more public addresses than one may.
    Wide(IpNet),
    /// An entry names an address within a network as the network.
    Within(IpNet),
    /// A name or a reason is longer than [`WORDS_CHARS_MAX`].
    Long(IpNet),
}

impl fmt::Display for Unfit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => out.write_str(why),
            Self::Many => write!(out, "more than {ENTRIES_MAX} entries"),
            Self::Blank(network) => {
                write!(
                    out,
                    "{network} has no `owner` or no `basis`: say who answers for it, and why"
                )
            }
            Self::Wide(network) => write!(
                out,
                "{network} holds more public addresses than one entry may: at most a \
                 /{PUBLIC_PREFIX_MIN} (IPv6: /{PUBLIC_PREFIX_MIN_V6})"
            ),
            Self::Within(network) => write!(
                out,
                "{network} is an address within {}: write the network, or the address alone",
                network.trunc()
            ),
            Self::Long(network) => {
                write!(out, "what {network} says is longer than {WORDS_CHARS_MAX} letters")
            }
        }
    }
}

/// Whom the scanner may ask.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    attached: Vec<IpNet>,
    /// The addresses of this machine.
    here: Vec<IpAddr>,
    entries: Vec<Entry>,
    excluded: Vec<IpNet>,
    on: Option<Date>,
}

impl Scope {
    /// The private ones of these networks, which this machine is attached to.
    #[must_use]
    pub fn attached(networks: impl IntoIterator<Item = IpNet>, on: Date) -> Self {
        let networks: Vec<IpNet> = networks.into_iter().collect();
        let here = networks.iter().map(IpNet::addr).collect();
        let mut attached: Vec<IpNet> =
            networks.iter().filter(|one| is_private(one)).map(IpNet::trunc).collect();
        attached.sort_unstable();
        attached.dedup();
        Self { attached, here, on: Some(on), ..Self::default() }
    }

    /// Adds the networks of a scope file.
    ///
    /// # Errors
    /// When the file is no scope file, or an entry may not stand there.
    pub fn with_file(mut self, text: &str) -> Result<Self, Unfit> {
        let written: Written =
            toml::from_str(text).map_err(|why| Unfit::Unreadable(unreadable(text, &why)))?;
        if self.entries.len() + written.scope.len() > ENTRIES_MAX {
            return Err(Unfit::Many);
        }
        for entry in written.scope {
            let network = entry.network;
            if entry.owner.trim().is_empty() || entry.basis.trim().is_empty() {
                return Err(Unfit::Blank(network));
            }
            if [&entry.owner, &entry.basis].iter().any(|one| one.chars().count() > WORDS_CHARS_MAX)
            {
                return Err(Unfit::Long(network));
            }
            let narrowest =
                if network.addr().is_ipv4() { PUBLIC_PREFIX_MIN } else { PUBLIC_PREFIX_MIN_V6 };
            if !is_private(&network) && network.prefix_len() < narrowest {
                return Err(Unfit::Wide(network));
            }
            if network.trunc() != network {
                return Err(Unfit::Within(network));
            }
            self.entries.push(entry);
        }
        Ok(self)
    }

    /// Leaves networks out, whoever answers for them.
    #[must_use]
    pub fn without(mut self, excluded: impl IntoIterator<Item = IpNet>) -> Self {
        self.excluded.extend(excluded);
        self
    }

    /// The networks of this machine that may be asked without a scope file.
    #[must_use]
    pub fn own(&self) -> &[IpNet] {
        &self.attached
    }

    /// The entries of scope files that hold one of these networks or lie within it: what a run
    /// keeps of who answers for what.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Whether an address is this machine's own: it refuses there for whoever asks, and that shows
    /// nobody.
    #[must_use]
    pub fn is_here(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.here.contains(&address)
    }

    /// Whether all of a network may be asked today, on the ground of one entry or since this
    /// machine is attached to it.
    #[must_use]
    pub fn answers_for(&self, network: &IpNet) -> bool {
        let entries = self.entries.iter().filter(|one| self.on.is_some_and(|on| one.until >= on));
        let mut all = entries.map(|one| &one.network).chain(&self.attached);
        all.any(|one| one.contains(network))
    }

    /// The target at an address, if it may be asked.
    ///
    /// # Errors
    /// Why it may not be.
    pub fn admit(&self, address: IpAddr) -> Result<Target, Outside> {
        let address = address.to_canonical();
        if !is_host(address) {
            return Err(Outside::NoHost);
        }
        if matches!(address, IpAddr::V6(six) if six.is_unicast_link_local()) {
            return Err(Outside::OnLink);
        }
        if self.excluded.iter().any(|one| one.contains(&address)) {
            return Err(Outside::Excluded);
        }
        // The ends of a network of this machine are nobody's, or everybody's.
        let end = |net: &&IpNet| is_end(net, address);
        if self.attached.iter().filter(|net| net.contains(&address)).any(|net| end(&net)) {
            return Err(Outside::NoHost);
        }
        if self.attached.iter().any(|net| net.contains(&address)) {
            return Ok(Target(address));
        }
        let mut expired = None;
        for entry in self.entries.iter().filter(|entry| entry.network.contains(&address)) {
            if self.on.is_some_and(|on| entry.until >= on) {
                return Ok(Target(address));
            }
            expired = expired.max(Some(entry.until));
        }
        Err(expired.map_or(Outside::NotInScope, Outside::Expired))
    }
}

/// What is wrong with a text, in a line, with its place and what is probably meant.
fn unreadable(text: &str, why: &toml::de::Error) -> String {
    let before = why.span().and_then(|span| text.get(..span.start));
    let place = before.map(|before| {
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("line {line}, column {column}: ")
    });
    let single = text.lines().any(|line| line.trim() == "[scope]");
    let meant = if single { "; each entry begins with [[scope]]" } else { "" };
    format!("{}{}{meant}", place.unwrap_or_default(), why.message())
}

/// Whether an address is the first or the last of a network of several hosts, which are the
/// network's own name and its broadcast address.
fn is_end(network: &IpNet, address: IpAddr) -> bool {
    match network {
        IpNet::V4(four) => {
            four.prefix_len() < 31
                && (IpAddr::V4(four.network()) == address
                    || IpAddr::V4(four.broadcast()) == address)
        }
        IpNet::V6(_) => false,
    }
}

/// Whether all addresses of a network are private: of RFC 1918 and RFC 6598, on the link, the
/// machine's own, or unique local (RFC 4193).
#[must_use]
pub fn is_private(network: &IpNet) -> bool {
    const PRIVATE: [&str; 8] = [
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "127.0.0.0/8",
        "fc00::/7",
        "fe80::/10",
    ];
    let loopback = matches!(network, IpNet::V6(six) if six.addr().is_loopback());
    loopback
        || PRIVATE
            .iter()
            .filter_map(|one| one.parse::<IpNet>().ok())
            .any(|one| one.contains(network))
}

/// Whether an address can be one host's.
fn is_host(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => {
            let first = four.octets()[0];
            !four.is_unspecified() && !four.is_multicast() && first != 0 && first < 240
        }
        IpAddr::V6(six) => !six.is_unspecified() && !six.is_multicast(),
    }
}

#[cfg(test)]
mod tests;
