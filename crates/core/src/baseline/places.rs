//! Where a device stands, as the owner of the estate tells it, and what the rules are told there.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::entry::Entry;
use crate::assembly::{KeyKind, plain_name};
use crate::kb::glob;
use crate::observation::{Device, Field};
use crate::ruling::Context;

/// Sites of one estate.
pub const SITES_MAX: usize = 2_000;

/// Context keys that are about who asks and what they do. A site is a place: it has no say in them.
pub const NOT_OF_A_SITE: [&str; 2] = ["holder", "act"];

/// A place of the estate, as `[[site]]` of `whomade.toml` tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// What it is called.
    pub name: String,
    /// What the column of sites says of its devices; `*` stands for any run of signs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Addresses of its devices: `10.1.0.0/16`, `10.2.0.5-10.2.0.20`, `10.3.0.1`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// What its devices are called; `*` stands for any run of signs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// What the rules are told there, before what they are told of the whole estate.
    #[serde(default, skip_serializing_if = "Context::is_empty")]
    pub context: Context,
}

/// A stretch of addresses, both ends in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Whether they are of version 6.
    six: bool,
    from: u128,
    to: u128,
}

impl Stretch {
    /// Reads `10.1.0.0/16`, `10.2.0.5-10.2.0.20` or `10.3.0.1`; none when it is none of these.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some((from, bits)) = text.split_once('/') {
            let (six, from) = number(from)?;
            let wide: u32 = if six { 128 } else { 32 };
            let bits: u32 = bits.trim().parse().ok().filter(|bits| *bits <= wide)?;
            let rest = wide - bits;
            let low = if rest == 128 { u128::MAX } else { (1_u128 << rest) - 1 };
            return Some(Self { six, from: from & !low, to: from | low });
        }
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        let ((six, from), (too, to)) = (number(from)?, number(to)?);
        (six == too && from <= to).then_some(Self { six, from, to })
    }

    /// Whether an address lies in it.
    #[must_use]
    pub fn holds(&self, address: &str) -> bool {
        number(address).is_some_and(|at| self.has(at))
    }

    fn has(&self, (six, at): (bool, u128)) -> bool {
        six == self.six && (self.from..=self.to).contains(&at)
    }
}

fn number(text: &str) -> Option<(bool, u128)> {
    match text.trim().parse::<IpAddr>().ok()? {
        IpAddr::V4(four) => Some((false, u128::from(u32::from(four)))),
        IpAddr::V6(six) => Some((true, u128::from(six))),
    }
}

/// A pattern of names: letters large or small and blanks make no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// A pattern as written.
    #[must_use]
    pub fn new(written: &str) -> Self {
        Self(glob::squeeze(written))
    }

    /// Whether it is that name, or matches it.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        self.fits_squeezed(&glob::squeeze(name))
    }

    fn fits_squeezed(&self, name: &str) -> bool {
        !name.is_empty() && (self.0 == name || glob::matches(&self.0, name))
    }
}

/// Where a device stands, for whoever is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The sites that claim it: one, or several that contradict each other.
    pub sites: Vec<String>,
    /// Context keys of which these sites say different things: they count as not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_known: Vec<String>,
}

impl Place {
    /// The sites in words.
    #[must_use]
    pub fn words(&self) -> String {
        self.sites.join(" or ")
    }
}

#[derive(Debug, Clone)]
struct Known {
    name: String,
    values: Vec<Pattern>,
    addresses: Vec<Stretch>,
    names: Vec<Pattern>,
    context: Context,
}

/// The sites of an estate, ready to be asked.
#[derive(Debug, Clone, Default)]
pub struct Places(Vec<Known>);

impl Places {
    /// The sites, ready to be asked. What is no address in them is left out, and so is what a site
    /// has no say in; the loader of `whomade.toml` refuses both.
    #[must_use]
    pub fn new(sites: &[Site]) -> Self {
        let patterns = |all: &[String]| all.iter().map(|one| Pattern::new(one)).collect();
        let known = |site: &Site| Known {
            name: site.name.clone(),
            values: patterns(&site.values),
            addresses: site.addresses.iter().filter_map(|one| Stretch::parse(one)).collect(),
            names: patterns(&site.names),
            context: site
                .context
                .iter()
                .filter(|(key, _)| !NOT_OF_A_SITE.contains(&key.as_str()))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        };
        Self(sites.iter().take(SITES_MAX).map(known).collect())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether any site tells the rules something.
    #[must_use]
    pub fn say_something(&self) -> bool {
        self.0.iter().any(|site| !site.context.is_empty())
    }

    /// The numbers of the sites that claim a device, in their order. `column` is what the column
    /// of sites of its register says.
    #[must_use]
    pub fn of(&self, device: &Device, column: Option<&str>) -> Vec<u16> {
        let seen = device.observations.iter().filter(|seen| seen.field == Field::Ip);
        let addresses: Vec<(bool, u128)> = seen.filter_map(|seen| number(&seen.value)).collect();
        self.claiming(plain_name(device), column.unwrap_or_default(), &addresses)
    }

    /// The sites that claim a device as a baseline has it, in words; empty where none does.
    #[must_use]
    pub fn of_entry(&self, entry: &Entry) -> String {
        let addresses = entry.keys_of(KeyKind::Address).filter_map(|key| number(&key.value));
        let addresses: Vec<(bool, u128)> = addresses.collect();
        let at = self.claiming(&entry.name, &entry.site, &addresses);
        self.place(&at, &Context::new()).map(|place| place.words()).unwrap_or_default()
    }

    fn claiming(&self, name: &str, column: &str, addresses: &[(bool, u128)]) -> Vec<u16> {
        let (name, column) = (glob::squeeze(name), glob::squeeze(column));
        let claims = |site: &Known| {
            site.values.iter().any(|one| one.fits_squeezed(&column))
                || site.names.iter().any(|one| one.fits_squeezed(&name))
                || site.addresses.iter().any(|one| addresses.iter().any(|at| one.has(*at)))
        };
        let all = self.0.iter().zip(0..).filter(|(site, _)| claims(site));
        all.map(|(_, number)| number).collect()
    }

    /// What the rules are told at these sites, which claim one device: what the site says before
    /// what the estate says. Of what several sites say differently nothing is known; the keys come
    /// beside.
    #[must_use]
    pub fn context(&self, at: &[u16], estate: &Context) -> (Context, Vec<String>) {
        let told = |site: &Known| {
            let mut context = estate.clone();
            context.extend(site.context.clone());
            context
        };
        let each: Vec<Context> =
            at.iter().filter_map(|one| self.0.get(usize::from(*one))).map(told).collect();
        let Some(first) = each.first() else { return (estate.clone(), Vec::new()) };
        let keys: BTreeSet<&String> = each.iter().flat_map(Context::keys).collect();
        let (mut context, mut open) = (Context::new(), Vec::new());
        for key in keys {
            match first.get(key) {
                Some(value) if each.iter().all(|one| one.get(key) == Some(value)) => {
                    context.insert(key.clone(), value.clone());
                }
                _ => open.push(key.clone()),
            }
        }
        (context, open)
    }

    /// Where a device stands that these sites claim; none when none does.
    #[must_use]
    pub fn place(&self, at: &[u16], estate: &Context) -> Option<Place> {
        let known = at.iter().filter_map(|one| self.0.get(usize::from(*one)));
        let sites: Vec<String> = known.map(|site| site.name.clone()).collect();
        let (_, not_known) = self.context(at, estate);
        (!sites.is_empty()).then_some(Place { sites, not_known })
    }

    /// The numbers of the sites of these names, as an entry of a baseline has them.
    #[must_use]
    pub fn named(&self, words: &str) -> Vec<u16> {
        let all = self.0.iter().zip(0..);
        let names: Vec<&str> = words.split(" or ").collect();
        let ours =
            all.filter(|(site, _)| names.contains(&site.name.as_str()) || site.name == words);
        ours.map(|(_, number)| number).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Observation;

    fn site(name: &str, addresses: &[&str], context: &[(&str, &str)]) -> Site {
        Site {
            name: name.to_owned(),
            values: vec![name.to_owned()],
            addresses: addresses.iter().map(|one| (*one).to_owned()).collect(),
            names: Vec::new(),
            context: context.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        }
    }

    #[test]
    fn addresses_are_read_as_people_write_them() {
        let holds = |text: &str, address: &str| Stretch::parse(text).unwrap().holds(address);
        assert!(holds("10.1.0.0/16", "10.1.255.255") && !holds("10.1.0.0/16", "10.2.0.0"));
        assert!(holds("10.1.7.9/16", "10.1.0.0"), "what lies behind the mask counts for nothing");
        assert!(holds("10.2.0.5-10.2.0.20", "10.2.0.20") && !holds("10.2.0.5", "10.2.0.6"));
        assert!(holds("2001:db8::/32", "2001:db8::1") && !holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("::/0", "2001:db8::1"));
        for wrong in ["10.1.0.0/33", "10.1.0.9-10.1.0.1", "gate", "10.1.0.1-::1", "", "1/2/3"] {
            assert_eq!(Stretch::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn two_sites_that_claim_one_device_leave_open_what_they_say_differently() {
        let sites = [
            site("Depot", &["10.1.0.0/16"], &[("site-class", "sensitive"), ("purpose", "other")]),
            site("Yard", &["10.1.2.0/24"], &[("purpose", "other")]),
        ];
        let places = Places::new(&sites);
        let mut device = Device::default();
        device.observations.push(Observation::new(Field::Ip, "10.1.2.3"));
        let at = places.of(&device, None);
        assert_eq!(at, [0, 1]);
        let estate = Context::from([("network".to_owned(), "core".to_owned())]);
        let (context, open) = places.context(&at, &estate);
        assert_eq!(open, ["site-class"]);
        assert_eq!(context.get("purpose").map(String::as_str), Some("other"));
        assert_eq!(context.get("network").map(String::as_str), Some("core"));
        assert_eq!(places.place(&at, &estate).unwrap().words(), "Depot or Yard");
        assert_eq!(places.named("Depot or Yard"), [0, 1]);
        assert!(places.of(&Device::default(), Some("Gate")).is_empty());
        assert_eq!(places.of(&Device::default(), Some("yard")), [1]);
        assert_eq!(places.context(&[], &estate).0, estate);
    }
}
