//! What all devices exchanged with outside, added up: by site, by who operates, by country.

use std::collections::{BTreeMap, BTreeSet};

use whomade_core::egress::{Flow, Recipient, Whose};
use whomade_core::kb::Base;
use whomade_core::report::clean;

use crate::run::egress::gather::Gathered;
use crate::run::egress::held::Tables;

/// Whose a recipient is, as pictures tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The maker of the device operates it.
    Maker,
    /// The house whose name the device bears operates it.
    Label,
    /// A maker operates it of whom it is not settled whether it made the device.
    Possible,
    /// Another maker operates it.
    Other,
    /// Names or the time are asked there.
    Plumbing,
    /// Nobody knows.
    Unknown,
}

impl Kind {
    pub(super) const ALL: [Self; 6] =
        [Self::Maker, Self::Label, Self::Possible, Self::Other, Self::Plumbing, Self::Unknown];

    fn of(whose: Whose) -> Option<Self> {
        Some(match whose {
            Whose::OwnNetwork => return None,
            Whose::Maker => Self::Maker,
            Whose::Label => Self::Label,
            Whose::PossibleMaker | Whose::SomeMaker => Self::Possible,
            Whose::OtherMaker | Whose::OtherLabel => Self::Other,
            Whose::NamesService | Whose::TimeService => Self::Plumbing,
            Whose::Unknown => Self::Unknown,
        })
    }

    /// The class by which the style knows it.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Maker => "maker",
            Self::Label => "by-label",
            Self::Possible => "possible",
            Self::Other => "other",
            Self::Plumbing => "plumbing",
            Self::Unknown => "unknown",
        }
    }

    /// In two or three words.
    pub(super) const fn short(self) -> &'static str {
        match self {
            Self::Maker => "maker’s own",
            Self::Label => "label’s own",
            Self::Possible => "a maker’s, perhaps its own",
            Self::Other => "another maker’s",
            Self::Plumbing => "names and time",
            Self::Unknown => "not known",
        }
    }

    /// In words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Maker => "operated by the maker of the device",
            Self::Label => "operated by the house whose name the device bears",
            Self::Possible => "operated by a maker; whether it made the device is not settled",
            Self::Other => "operated by a maker who did not make the device",
            Self::Plumbing => "names or the time are asked there, by its port",
            Self::Unknown => "who operates it is not known",
        }
    }
}

/// What went to and came from one group.
#[derive(Debug, Clone, Default)]
pub(super) struct Sum {
    pub(super) sent: u64,
    pub(super) got: u64,
    pub(super) devices: BTreeSet<usize>,
    /// Bytes sent to each.
    pub(super) recipients: BTreeMap<String, u64>,
    /// Who holds the addresses, by the user's tables.
    pub(super) holders: BTreeSet<String>,
    /// What they are to the devices.
    pub(super) kinds: BTreeSet<Kind>,
}

impl Sum {
    fn add(&mut self, (sent, got): (u64, u64), device: usize, name: &str, kind: Kind) {
        self.sent = self.sent.saturating_add(sent);
        self.got = self.got.saturating_add(got);
        self.devices.insert(device);
        let of_it = self.recipients.entry(name.to_owned()).or_default();
        *of_it = of_it.saturating_add(sent);
        self.kinds.insert(kind);
    }
}

/// Everything that was exchanged with outside.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) all: Sum,
    /// Devices by site, also those that sent nothing outside.
    pub(super) devices_at: BTreeMap<String, usize>,
    pub(super) sites: BTreeMap<String, Sum>,
    /// By who operates, or by what is known instead.
    pub(super) parties: BTreeMap<String, Sum>,
    /// Bytes sent from a site to a party, by what it is to the devices.
    pub(super) links: BTreeMap<(String, String, Kind), u64>,
    /// By the country of registration.
    pub(super) countries: BTreeMap<String, Sum>,
    /// Addresses of which no table tells one country.
    pub(super) nowhere: Sum,
}

impl Sums {
    pub(super) fn of(base: &Base, tables: &Tables, gathered: &Gathered) -> Self {
        let mut sums = Self::default();
        for (number, one) in gathered.talking.iter().enumerate() {
            for site in gathered.sites(one) {
                *sums.devices_at.entry(site.to_owned()).or_default() += 1;
            }
            let site = |flow: &Flow| gathered.site_of(one, flow).to_owned();
            // What was only tried reached nobody.
            for recipient in one.recipients.iter().filter(|one| !one.is_in_vain()) {
                if let Some(kind) = Kind::of(recipient.whose) {
                    sums.add(base, tables, (number, &site), recipient, kind);
                }
            }
        }
        sums
    }

    fn add(
        &mut self,
        base: &Base,
        tables: &Tables,
        (number, site): (usize, &dyn Fn(&Flow) -> String),
        one: &Recipient,
        kind: Kind,
    ) {
        let name = clean(&one.name);
        for flow in &one.flows {
            let (bytes, site) = ((flow.sent, flow.got), site(flow));
            let held = tables.of(flow.address);
            let party = party(base, one, kind, &held.holders);
            let link = self.links.entry((site.clone(), party.clone(), kind)).or_default();
            *link = link.saturating_add(flow.sent);
            let country = match held.countries.len() {
                1 => held.countries.first().cloned(),
                _ => None,
            };
            let country = match country {
                Some(code) => self.countries.entry(code).or_default(),
                None => &mut self.nowhere,
            };
            for sum in [
                country,
                &mut self.all,
                self.sites.entry(site).or_default(),
                self.parties.entry(party).or_default(),
            ] {
                sum.add(bytes, number, &name, kind);
                sum.holders.extend(held.holders.iter().cloned());
            }
        }
    }
}

/// Under what a recipient is added up: who operates it; where nobody knows, who holds the address,
/// which is said to be no more than that; and else its name.
fn party(base: &Base, one: &Recipient, kind: Kind, holders: &BTreeSet<String>) -> String {
    if let Some(of) = one.operator() {
        return base.name(of).to_owned();
    }
    if kind == Kind::Plumbing {
        return "names and the time, by their ports".to_owned();
    }
    match holders.first() {
        Some(holder) => format!("not known: hosts of {holder}"),
        None => format!("not known: {}", clean(&one.name)),
    }
}

/// Bytes as people read them: `300 B`, `12.4 kB`, `1.2 GB`, in thousands.
pub(super) fn bytes(number: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if number < 1_000 {
        return format!("{number} B");
    }
    let (mut value, mut unit) = (number as f64 / 1e3, 0);
    // What would be printed as 1000 is 1 of the next.
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1e3;
        unit += 1;
    }
    let digits = if value < 9.95 { 1 } else { 0 };
    format!("{value:.digits$} {}", UNITS[unit])
}

/// `1 device`, `2 devices`.
pub(super) fn many(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn bytes_are_rounded_to_two_or_three_figures() {
        let all = [0, 999, 1_000, 9_949, 12_400, 999_499, 999_500, 1_234_567, u64::MAX];
        let words: Vec<String> = all.into_iter().map(bytes).collect();
        assert_eq!(
            words,
            ["0 B", "999 B", "1.0 kB", "9.9 kB", "12 kB", "999 kB", "1.0 MB", "1.2 MB", "18 EB"]
        );
    }
}
