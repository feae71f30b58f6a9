//! What was read of a round, as sights: each device worked out, and only what is compared kept.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::ControlFlow;

use jiff::Timestamp;
use whomade_core::attribution::Certainty;
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::evidence::Read;
use whomade_core::kb::schema::Polarity;
use whomade_core::observation::{Device, Field};
use whomade_core::report::{clean, clean_to, fact_of};
use whomade_core::watch::{Conclusion, Maker, Ports, Sight, Sign};
use whomade_formats::read::{Sink, Understood};

use super::cover::Log;
use crate::only::shows_something;
use crate::out::Out;
use crate::run::beside::Taker;
use crate::run::heard::Heard;
use whomade_inquiry::worker::{Found, Worker};

/// Signs, versions and the like of one device that are kept.
const OF_ONE_MAX: usize = 32;

/// Letters of a value that is kept.
const VALUE_CHARS_MAX: usize = 80;

/// Devices of one round.
const DEVICES_MAX: usize = 200_000;

/// Takes devices and keeps what is compared of them.
pub(super) struct Sighting<'k, 'o> {
    pub(super) worker: Worker<'k>,
    pub(super) out: &'o mut Out,
    pub(super) heard: Heard,
    /// What the log of the scan says, where it is one.
    pub(super) log: Option<&'o Log>,
    /// The hardware address of this machine, which is no device of the network.
    pub(super) own: Option<String>,
    pub(super) sights: Vec<Sight>,
    /// Devices beyond those that are kept.
    pub(super) beyond: u64,
    pub(super) spare: Vec<Box<Device>>,
    /// When the last of them was met, where that is known.
    pub(super) latest: Option<Timestamp>,
}

impl Sink for Sighting<'_, '_> {
    fn begins(&mut self, name: &str) {
        self.heard.begins(name);
    }

    fn opens(&mut self, files: usize) {
        self.heard.opens(files);
    }

    fn understood(&mut self, _: Understood) {}

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        self.take(device, None)
    }

    fn spare(&mut self) -> Box<Device> {
        self.spare.pop().unwrap_or_default()
    }

    fn diagnostic(&mut self, said: Diagnostic) {
        // A round says itself whether it was finished, and a silent window is no fault.
        let is_told = ["read/unfinished-scan", "listen/nothing"].contains(&said.code);
        if !is_told && said.severity > Severity::Note {
            self.heard.diagnostic(self.out, &said);
        }
    }

    fn progress(&mut self, _: u64, _: Option<u64>) {}
}

impl Taker for Sighting<'_, '_> {
    fn take(&mut self, device: Box<Device>, read: Option<Box<Read>>) -> ControlFlow<()> {
        let found = self.worker.work_on(device, read);
        let seen = found.device.records().filter_map(|record| record.seen);
        self.latest = self.latest.max(seen.map(|seen| seen.until).max());
        let own = self.own.as_deref();
        let is_own = own.is_some_and(|own| {
            found.device.first(Field::Mac).is_some_and(|mac| mac.eq_ignore_ascii_case(own))
        });
        if self.sights.len() >= DEVICES_MAX {
            self.beyond += 1;
        } else if !is_own {
            let sight = self.sight(&found);
            self.sights.push(sight);
        }
        self.spare.push(self.worker.take_back(found));
        ControlFlow::Continue(())
    }

    fn spare_read(&mut self) -> Box<Read> {
        self.worker.spare_read()
    }
}

impl Sighting<'_, '_> {
    fn sight(&mut self, found: &Found) -> Sight {
        let mut entry = self.worker.entry(found);
        // What is compared stands beside it; rules and days are no matter of a watch.
        entry.rulings.clear();
        entry.observed.clear();
        entry.seen.clear();
        entry.makers.clear();
        entry.name.clear();
        entry.site.clear();
        entry.certainty = Certainty::Unknown;
        let base = &self.worker.known.base;
        let design = found.design();
        let makers = design.candidates().into_iter();
        let makers = makers
            .map(|of| Maker { id: base.id(of).to_owned(), name: clean(base.name(of)) })
            .collect();
        let Manner { ports, odd, partial } = self.manner(&found.device);
        Sight {
            entry,
            maker: Conclusion { makers, certainty: design.certainty },
            signs: self.signs(found),
            firmware: firmware(&found.device),
            ports,
            odd,
            shows: shows_something(found),
            partial,
        }
    }

    /// What speaks for whose hardware it is, each sign once.
    fn signs(&self, found: &Found) -> Vec<Sign> {
        let base = &self.worker.known.base;
        let evidence = found.read.evidence.iter();
        let of = evidence.filter(|one| one.speaks_to_design() && one.polarity == Polarity::For);
        let mut signs: Vec<Sign> = of
            .map(|one| {
                let seen = &found.device.observations[one.observation];
                Sign {
                    field: seen.field.id().to_owned(),
                    of: base.id(one.of).to_owned(),
                    fact: fact_of(base, one).0,
                    value: clean_to(&seen.value, VALUE_CHARS_MAX),
                }
            })
            .collect();
        signs.sort_unstable();
        signs.dedup_by(|one, other| one.is(other));
        signs.truncate(OF_ONE_MAX);
        signs
    }

    /// How it behaves, as far as the log of a scan tells.
    fn manner(&self, device: &Device) -> Manner {
        let Some(log) = self.log else { return Manner::default() };
        let of_address = device.observations.iter().filter(|one| one.field == Field::Ip);
        let addresses: BTreeSet<IpAddr> =
            of_address.filter_map(|one| one.value.parse().ok()).collect();
        let mut odd: BTreeSet<String> = BTreeSet::new();
        let mut manner = Manner::default();
        for address in &addresses {
            let Some(host) = log.hosts.get(address) else {
                manner.partial = true;
                continue;
            };
            let words = host.odd.iter().take(OF_ONE_MAX);
            odd.extend(words.map(|word| clean_to(word, VALUE_CHARS_MAX)));
            // Of a device with several addresses only what one of them shows is its own.
            manner.ports = if addresses.len() == 1 { host.ports.clone() } else { None };
        }
        Manner { odd: odd.into_iter().collect(), ..manner }
    }
}

/// How a device behaves.
#[derive(Default)]
struct Manner {
    /// Its ports, where all were looked at.
    ports: Option<Ports>,
    /// What is odd about it.
    odd: Vec<String>,
    /// Whether it was not asked to the end.
    partial: bool,
}

/// The versions that a device shows.
fn firmware(device: &Device) -> Vec<String> {
    let seen = device.observations.iter().filter(|one| one.field == Field::Firmware);
    let all: BTreeSet<String> =
        seen.map(|one| clean_to(one.value.trim(), VALUE_CHARS_MAX)).collect();
    all.into_iter().take(OF_ONE_MAX).collect()
}
