//! Who sends to a collector: whom it takes, and who else came.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Senders of whom nothing is taken that are told one by one.
pub const SENDERS_MAX: usize = 16;

/// An address, or all that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Net {
    address: IpAddr,
    bits: u32,
}

/// The bits of an address, from the highest on, and how many there are.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(four) => (u128::from(u32::from(four)) << 96, 32),
        IpAddr::V6(six) => (u128::from(six), 128),
    }
}

/// As many bits of the beginning.
fn beginning(all: u128, bits: u32) -> u128 {
    // A shift by all of them would be none.
    all.checked_shr(128 - bits).unwrap_or(0)
}

impl Net {
    /// Whether an address is one of those.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        let (own, other) = (bits(self.address), bits(address.to_canonical()));
        own.1 == other.1 && beginning(own.0, self.bits) == beginning(other.0, self.bits)
    }
}

impl FromStr for Net {
    type Err = String;

    /// Reads `192.0.2.1`, `192.0.2.0/24` or `2001:db8::/32`.
    ///
    /// # Errors
    /// When it is none, or names one address and means many.
    fn from_str(text: &str) -> Result<Self, String> {
        const LIKE: &str = "an exporter is typed like 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32";
        let (address, length) = match text.trim().split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| LIKE.to_owned())?;
        let (all, most) = bits(address);
        let is_number = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
        let length = match length {
            Some(length) => {
                let read = Some(length).filter(is_number).and_then(|text| text.parse().ok());
                read.filter(|length| *length <= most).ok_or_else(|| LIKE.to_owned())?
            }
            None => most,
        };
        let behind = all.checked_shl(length).unwrap_or(0);
        if behind != 0 {
            return Err(format!("{address} is one address, and /{length} means many"));
        }
        Ok(Self { address: address.to_canonical(), bits: length })
    }
}

/// Datagrams by who sent them, of so many senders; of the others only how many there were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Senders {
    by: BTreeMap<IpAddr, u64>,
    more: u64,
}

impl Senders {
    pub(crate) fn add(&mut self, address: IpAddr) {
        let room = self.by.len() < SENDERS_MAX;
        match self.by.get_mut(&address) {
            Some(count) => *count += 1,
            None if room => drop(self.by.insert(address, 1)),
            None => self.more += 1,
        }
    }

    /// How many datagrams came.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.by.values().sum::<u64>() + self.more
    }
}

/// The addresses, with how many each sent where there are several.
impl fmt::Display for Senders {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alone = self.by.len() == 1 && self.more == 0;
        for (place, (address, count)) in self.by.iter().enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            write!(out, "{comma}{address}")?;
            if !alone {
                write!(out, " ({count})")?;
            }
        }
        if self.more > 0 {
            write!(out, " and others ({})", self.more)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(net: &str, address: &str) -> bool {
        let net: Result<Net, String> = net.parse();
        let address: Result<IpAddr, _> = address.parse();
        matches!((net, address), (Ok(net), Ok(address)) if net.has(address))
    }

    #[test]
    fn addresses_are_taken_by_how_they_begin() {
        assert!(has("192.0.2.1", "192.0.2.1") && !has("192.0.2.1", "192.0.2.2"));
        assert!(has("192.0.2.0/24", "192.0.2.255") && !has("192.0.2.0/24", "192.0.3.0"));
        assert!(has("192.0.2.0/25", "192.0.2.127") && !has("192.0.2.0/25", "192.0.2.128"));
        assert!(has("0.0.0.0/0", "203.0.113.9") && !has("0.0.0.0/0", "2001:db8::1"));
        assert!(has("2001:db8::/32", "2001:db8:ff::1") && !has("2001:db8::/32", "2001:db9::"));
        assert!(has("::1", "::1") && has("::/0", "2001:db8::1"));
        assert!(has("192.0.2.1", "::ffff:192.0.2.1"), "as it comes in at a socket of both");
        let wrong =
            ["", "router", "192.0.2.0/33", "192.0.2.0/+8", "192.0.2.0/", "::/129", "192.0.2.7/24"];
        for wrong in wrong {
            assert!(wrong.parse::<Net>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn senders_are_told_one_by_one_within_a_limit() {
        let mut all = Senders::default();
        let one = |number: u32| IpAddr::from(std::net::Ipv4Addr::from(0xC000_0200 | number));
        all.add(one(1));
        all.add(one(1));
        assert_eq!((all.to_string().as_str(), all.count()), ("192.0.2.1", 2));
        all.add(one(2));
        assert_eq!(all.to_string(), "192.0.2.1 (2), 192.0.2.2 (1)");
        (0..99).for_each(|number| all.add(one(number)));
        assert_eq!((all.by.len(), all.count()), (SENDERS_MAX, 102));
        assert!(all.to_string().ends_with(" and others (83)"), "{all}");
    }
}
