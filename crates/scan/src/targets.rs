//! What is to be asked, in an order that spreads over the networks: no list of addresses is made,
//! so that ten million of them take no room.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, IpSubnets, Ipv4Subnets, Ipv6Subnets};

use crate::scope::{Outside, Scope, Target, parse_network};

/// Addresses of one scan: a /8.
pub const TARGETS_MAX: u64 = 1 << 24;

/// Ranges of one scan.
pub const RANGES_MAX: usize = 100_000;

/// Runs of addresses that may not be asked which are told one by one.
pub const RUNS_MAX: usize = 8;

/// Addresses from the first to the last, both within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    first: u128,
    last: u128,
    is_six: bool,
}

impl Range {
    /// Reads `10.0.0.0/24`, `10.0.0.5`, `10.0.0.5-10.0.0.9` or `10.0.0.5-9`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(network) = parse_network(text) {
            return Some(Self::of(network));
        }
        let (first, last) = text.split_once('-')?;
        let first: IpAddr = first.trim().parse().ok()?;
        let last = last.trim();
        let last: IpAddr = match (first, last.parse::<u8>()) {
            (IpAddr::V4(four), Ok(end)) => {
                let [a, b, c, _] = four.octets();
                IpAddr::V4(Ipv4Addr::new(a, b, c, end))
            }
            _ => last.parse().ok()?,
        };
        let same = first.is_ipv4() == last.is_ipv4();
        let range = Self { first: number(first), last: number(last), is_six: first.is_ipv6() };
        (same && range.first <= range.last).then_some(range)
    }

    /// All addresses of a network.
    #[must_use]
    pub fn of(network: IpNet) -> Self {
        Self {
            first: number(network.network()),
            last: number(network.broadcast()),
            is_six: network.addr().is_ipv6(),
        }
    }

    /// The networks that hold these addresses and no others.
    pub fn networks(self) -> impl Iterator<Item = IpNet> {
        let ends = [address(self.first, self.is_six), address(self.last, self.is_six)];
        match ends {
            [IpAddr::V4(first), IpAddr::V4(last)] => {
                IpSubnets::from(Ipv4Subnets::new(first, last, 0))
            }
            [first, last] => {
                let six = |one| match one {
                    IpAddr::V6(six) => six,
                    IpAddr::V4(four) => four.to_ipv6_mapped(),
                };
                IpSubnets::from(Ipv6Subnets::new(six(first), six(last), 0))
            }
        }
    }

    /// How many there are, as far as that can be counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        u64::try_from(self.last - self.first).unwrap_or(u64::MAX).saturating_add(1)
    }

    fn at(&self, index: u64) -> IpAddr {
        address(self.first + u128::from(index), self.is_six)
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(four) => u128::from(u32::from(four)),
        IpAddr::V6(six) => u128::from(six),
    }
}

fn address(number: u128, is_six: bool) -> IpAddr {
    if is_six {
        IpAddr::V6(Ipv6Addr::from(number))
    } else {
        IpAddr::V4(Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX)))
    }
}

/// Too many addresses were named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Many {
    /// More than [`TARGETS_MAX`] addresses: so many, as far as they can be counted.
    Addresses(u64),
    /// More than [`RANGES_MAX`] ranges.
    Ranges,
}

/// Addresses that may not be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Left {
    /// How many.
    pub count: u64,
    /// The first of them, as runs from one address to another.
    pub runs: Vec<(IpAddr, IpAddr)>,
}

impl Left {
    /// Takes one more, in order.
    fn take(&mut self, address: IpAddr) {
        self.count += 1;
        let has_room = self.runs.len() < RUNS_MAX;
        match self.runs.last_mut() {
            Some((_, last)) if number(*last).checked_add(1) == Some(number(address)) => {
                *last = address;
            }
            _ if has_room => self.runs.push((address, address)),
            _ => {}
        }
    }
}

impl fmt::Display for Left {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut named = 0_u64;
        for (at, (first, last)) in self.runs.iter().enumerate() {
            out.write_str(if at == 0 { "" } else { ", " })?;
            match first == last {
                true => write!(out, "{first}")?,
                false => write!(out, "{first} to {last}")?,
            }
            let count = u64::try_from(number(*last) - number(*first)).unwrap_or(u64::MAX);
            named = named.saturating_add(count.saturating_add(1));
        }
        match self.count.saturating_sub(named) {
            0 => Ok(()),
            1 => out.write_str(" and 1 other"),
            more => write!(out, " and {more} others"),
        }
    }
}

/// Everything that was named, each address once.
#[derive(Debug, Clone, Default)]
pub struct Targets {
    ranges: Vec<Range>,
    /// How many addresses lie before each range.
    before: Vec<u64>,
    count: u64,
    /// By how much the order goes on from one address to the next.
    step: u64,
}

impl Targets {
    /// All addresses of some ranges, each once, however they overlap.
    ///
    /// # Errors
    /// When they are more than can be asked.
    pub fn new(named: impl IntoIterator<Item = Range>) -> Result<Self, Many> {
        let mut ranges: Vec<Range> = named.into_iter().collect();
        if ranges.len() > RANGES_MAX {
            return Err(Many::Ranges);
        }
        ranges.sort_unstable_by_key(|one| (one.is_six, one.first, one.last));
        let mut joined: Vec<Range> = Vec::new();
        for range in ranges {
            match joined.last_mut() {
                Some(last)
                    if last.is_six == range.is_six
                        && range.first <= last.last.saturating_add(1) =>
                {
                    last.last = last.last.max(range.last);
                }
                _ => joined.push(range),
            }
        }
        let mut count = 0_u64;
        let mut before = Vec::with_capacity(joined.len());
        for range in &joined {
            before.push(count);
            count = count.saturating_add(range.count());
        }
        if count > TARGETS_MAX {
            return Err(Many::Addresses(count));
        }
        Ok(Self { ranges: joined, before, count, step: step(count) })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether an address was named.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        let (number, is_six) = (number(address), address.is_ipv6());
        let behind = self.ranges.partition_point(|one| (one.is_six, one.first) <= (is_six, number));
        let range = behind.checked_sub(1).map(|at| &self.ranges[at]);
        range.is_some_and(|one| one.is_six == is_six && number <= one.last)
    }

    /// Whether every address of a network was named.
    #[must_use]
    pub fn holds_all(&self, network: IpNet) -> bool {
        let of = Range::of(network);
        let whole =
            |one: &Range| one.is_six == of.is_six && one.first <= of.first && of.last <= one.last;
        self.ranges.iter().any(whole)
    }

    /// Whether some address is in both.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.ranges.iter().any(|one| {
            other.ranges.iter().any(|two| {
                one.is_six == two.is_six && one.first <= two.last && two.first <= one.last
            })
        })
    }

    /// The one at a place of the order.
    #[must_use]
    pub fn at(&self, place: u64) -> Option<IpAddr> {
        if place >= self.count {
            return None;
        }
        let index = u64::try_from(
            u128::from(place) * u128::from(self.step) % u128::from(self.count.max(1)),
        )
        .ok()?;
        let range = self.before.partition_point(|before| *before <= index).checked_sub(1)?;
        Some(self.ranges[range].at(index - self.before[range]))
    }

    /// How many may be asked, and who of the others may not be for each reason.
    #[must_use]
    pub fn admitted(&self, scope: &Scope) -> (u64, BTreeMap<Outside, Left>) {
        let mut left: BTreeMap<Outside, Left> = BTreeMap::new();
        let mut admitted = 0;
        for range in &self.ranges {
            for index in 0..range.count() {
                let address = range.at(index);
                match scope.admit(address) {
                    Ok(_) => admitted += 1,
                    // The ends of a network are no hosts that anybody asked for.
                    Err(Outside::NoHost) if range.count() > 2 => {}
                    Err(why) => left.entry(why).or_default().take(address),
                }
            }
        }
        (admitted, left)
    }

    /// The target at a place of the order, if it may be asked.
    #[must_use]
    pub fn target(&self, scope: &Scope, place: u64) -> Option<Target> {
        scope.admit(self.at(place)?).ok()
    }
}

/// A step that leads through all of so many places and seldom from one to its neighbour: near the
/// golden section of them, and without a common factor.
fn step(count: u64) -> u64 {
    const NUMERATOR: u128 = 618_034;
    const DENOMINATOR: u128 = 1_000_000;
    let near = u64::try_from(u128::from(count) * NUMERATOR / DENOMINATOR).unwrap_or(1).max(1);
    (near..near.saturating_add(count.max(1))).find(|step| gcd(*step, count) == 1).unwrap_or(1)
}

fn gcd(one: u64, other: u64) -> u64 {
    let (mut one, mut other) = (one, other);
    while other > 0 {
        (one, other) = (other, one % other);
    }
    one
}

#[cfg(test)]
mod tests;
