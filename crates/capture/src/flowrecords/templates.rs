//! What the records of an exporter look like: it says so itself, now and then.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use super::{Clock, MILLI, Record, SECOND, long, short, word};
use crate::packet::Mac;

/// Templates of all exporters that are kept.
const TEMPLATES_MAX: usize = 4_096;
/// Fields of one template.
const FIELDS_MAX: usize = 256;
/// Ways of counting of all exporters that are kept.
const SAMPLERS_MAX: usize = 4_096;
/// Bytes of sets that wait for their template.
const WAITING_BYTES_MAX: usize = 4 << 20;
/// Records of one set; a datagram holds no more, unless they are of no bytes.
const RECORDS_MAX: usize = 16_384;

/// Who exports: templates are of one domain of one exporter, in one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Exporter {
    pub(super) address: IpAddr,
    pub(super) domain: u32,
    pub(super) version: u8,
}

/// A field of a template: its number, whose it is, and how many bytes it takes.
#[derive(Debug, Clone, Copy)]
struct Field {
    number: u16,
    /// 0 for those of the registry.
    enterprise: u32,
    length: u16,
}

/// The numbers of the registry (RFC 7012 and its registry at IANA, RFC 3954).
mod field {
    pub(super) const BYTES: u16 = 1;
    pub(super) const PACKETS: u16 = 2;
    pub(super) const PROTOCOL: u16 = 4;
    pub(super) const FROM_PORT: u16 = 7;
    pub(super) const FROM_FOUR: u16 = 8;
    pub(super) const TO_PORT: u16 = 11;
    pub(super) const TO_FOUR: u16 = 12;
    pub(super) const LAST_UPTIME: u16 = 21;
    pub(super) const FIRST_UPTIME: u16 = 22;
    pub(super) const FROM_SIX: u16 = 27;
    pub(super) const TO_SIX: u16 = 28;
    /// Of how many packets one is counted.
    pub(super) const INTERVAL: u16 = 34;
    pub(super) const SAMPLER: u16 = 48;
    pub(super) const SAMPLER_INTERVAL: u16 = 50;
    pub(super) const FROM_MAC: u16 = 56;
    pub(super) const TO_MAC: u16 = 80;
    pub(super) const BYTES_TOTAL: u16 = 85;
    pub(super) const PACKETS_TOTAL: u16 = 86;
    pub(super) const FIRST_SECOND: u16 = 150;
    pub(super) const LAST_SECOND: u16 = 151;
    pub(super) const FIRST_MILLI: u16 = 152;
    pub(super) const LAST_MILLI: u16 = 153;
    pub(super) const BYTES_OF_ASKING: u16 = 231;
    pub(super) const BYTES_OF_ANSWERING: u16 = 232;
    pub(super) const PACKETS_OF_ASKING: u16 = 298;
    pub(super) const PACKETS_OF_ANSWERING: u16 = 299;
    pub(super) const SELECTOR: u16 = 302;
    /// Packets that are counted one after the other, and then passed over.
    pub(super) const COUNTED: u16 = 305;
    pub(super) const PASSED: u16 = 306;
}

/// What is said of the other direction bears the same numbers under this enterprise (RFC 5103).
const REVERSE: u32 = 29_305;
/// A length that stands before each value (RFC 7011, 7).
const ANY_LENGTH: u16 = u16::MAX;

#[derive(Debug)]
struct Template {
    fields: Vec<Field>,
    /// It says how is counted, not what.
    is_option: bool,
}

#[derive(Debug)]
struct Waiting {
    exporter: Exporter,
    clock: Clock,
    id: u16,
    set: Vec<u8>,
}

#[derive(Debug, Default)]
pub(super) struct Templates {
    all: FxHashMap<(Exporter, u16), Template>,
    /// Of how many packets one is counted, by the number of the sampler; 0 where it has none.
    samplers: FxHashMap<(Exporter, u64), u32>,
    waiting: Vec<Waiting>,
    waiting_bytes: usize,
    /// Sets for which there was no room to wait.
    left: u64,
}

impl Templates {
    /// Sets of which nobody said what they look like.
    pub(super) fn untold(&self) -> u64 {
        self.left + self.waiting.len() as u64
    }

    /// Takes a set: templates, or records that look like one.
    pub(super) fn set(
        &mut self,
        exporter: Exporter,
        clock: Clock,
        id: u16,
        set: &[u8],
        give: &mut dyn FnMut(Record),
    ) {
        match (exporter.version, id) {
            (9, 0) | (10, 2) => self.told(exporter, set, false, give),
            (9, 1) | (10, 3) => self.told(exporter, set, true, give),
            (_, 256..) if self.all.contains_key(&(exporter, id)) => {
                self.records(exporter, clock, id, set, give);
            }
            (_, 256..) => {
                if self.waiting_bytes + set.len() > WAITING_BYTES_MAX {
                    self.left += 1;
                } else {
                    self.waiting_bytes += set.len();
                    self.waiting.push(Waiting { exporter, clock, id, set: set.to_vec() });
                }
            }
            _ => {}
        }
    }

    /// Keeps templates, and reads what waited for them.
    fn told(
        &mut self,
        exporter: Exporter,
        mut set: &[u8],
        is_option: bool,
        give: &mut dyn FnMut(Record),
    ) {
        while let Some((id, template, rest)) = template(exporter.version, set, is_option) {
            set = rest;
            let room = self.all.len() < TEMPLATES_MAX || self.all.contains_key(&(exporter, id));
            if template.fields.is_empty() {
                // It is taken back.
                self.all.remove(&(exporter, id));
                continue;
            }
            if !room {
                continue;
            }
            self.all.insert((exporter, id), template);
            let waits = |one: &Waiting| one.exporter == exporter && one.id == id;
            if !self.waiting.iter().any(waits) {
                continue;
            }
            let (now, later) = std::mem::take(&mut self.waiting).into_iter().partition(waits);
            self.waiting = later;
            let now: Vec<Waiting> = now;
            for one in now {
                self.waiting_bytes -= one.set.len();
                self.records(exporter, one.clock, id, &one.set, give);
            }
        }
    }

    fn records(
        &mut self,
        exporter: Exporter,
        clock: Clock,
        id: u16,
        mut set: &[u8],
        give: &mut dyn FnMut(Record),
    ) {
        let Self { all, samplers, .. } = self;
        let Some(template) = all.get(&(exporter, id)) else { return };
        for _ in 0..RECORDS_MAX {
            let before = set.len();
            let mut found = Values::default();
            let taken = template.fields.iter().try_for_each(|field| {
                let (value, rest) = value_of(field, set)?;
                set = rest;
                found.take(field, value, &clock);
                Some(())
            });
            // What is too short for a record fills the set up; one of no bytes never ends.
            if taken.is_none() || set.len() == before {
                return;
            }
            if template.is_option {
                if let Some(one_in) = found.interval() {
                    let known = (exporter, found.sampler);
                    if samplers.len() < SAMPLERS_MAX || samplers.contains_key(&known) {
                        samplers.insert(known, one_in);
                    }
                }
                continue;
            }
            let told = samplers.get(&(exporter, found.sampler));
            let told = told.or_else(|| samplers.get(&(exporter, 0))).copied();
            found.give(found.interval().or(told), give);
        }
    }
}

/// A template and what follows it.
fn template(version: u8, set: &[u8], is_option: bool) -> Option<(u16, Template, &[u8])> {
    const ENTERPRISE: u16 = 0x8000;
    let (id, count) = (short(set, 0)?, usize::from(short(set, 2)?));
    // What fills a set up is no template.
    if id < 256 {
        return None;
    }
    let (count, mut at) = match (is_option, version) {
        (false, _) => (count, 4),
        // Of version 9 the bytes of both kinds of fields are given, each of which takes four.
        (true, 9) => ((count + usize::from(short(set, 4)?)) / 4, 6),
        // One that is taken back ends behind its number.
        (true, _) if count == 0 => (0, 4),
        (true, _) => (count, 6),
    };
    if count > FIELDS_MAX {
        return None;
    }
    let mut fields = Vec::with_capacity(count);
    for place in 0..count {
        let (number, length) = (short(set, at)?, short(set, at + 2)?);
        at += 4;
        let mut enterprise = 0;
        if version == 10 && number & ENTERPRISE != 0 {
            enterprise = long(set, at)?;
            at += 4;
        }
        // The scopes of version 9 have numbers of their own.
        let scopes = usize::from(short(set, 2)?) / 4;
        let is_scope = is_option && version == 9 && place < scopes;
        let number = if is_scope { 0 } else { number & !ENTERPRISE };
        fields.push(Field { number, enterprise, length });
    }
    Some((id, Template { fields, is_option }, set.get(at..)?))
}

/// The bytes of a field and what follows them.
fn value_of<'s>(field: &Field, set: &'s [u8]) -> Option<(&'s [u8], &'s [u8])> {
    if field.length != ANY_LENGTH {
        return set.split_at_checked(usize::from(field.length));
    }
    match *set.first()? {
        u8::MAX => {
            let length = usize::from(short(set, 1)?);
            set.get(3..)?.split_at_checked(length)
        }
        length => set.get(1..)?.split_at_checked(usize::from(length)),
    }
}

/// What a record holds, as far as it is wanted.
#[derive(Debug, Default)]
struct Values {
    ends: [Option<IpAddr>; 2],
    ports: [u16; 2],
    macs: [Option<Mac>; 2],
    protocol: u8,
    /// Counted there, and back.
    bytes: [u64; 2],
    packets: [u64; 2],
    time: [Option<i64>; 2],
    one_in: Option<u32>,
    counted: u32,
    passed: Option<u32>,
    sampler: u64,
}

impl Values {
    fn take(&mut self, field: &Field, bytes: &[u8], clock: &Clock) {
        let Some(value) = number(bytes) else {
            if field.enterprise == 0 {
                self.address(field.number, bytes);
            }
            return;
        };
        let low = u32::try_from(value).unwrap_or(u32::MAX);
        let port = u16::try_from(value).unwrap_or(0);
        let since = |unit: i64| i64::try_from(value).ok()?.checked_mul(unit);
        let number = match field.enterprise {
            0 => field.number,
            REVERSE => match field.number {
                field::BYTES | field::BYTES_TOTAL => field::BYTES_OF_ANSWERING,
                field::PACKETS | field::PACKETS_TOTAL => field::PACKETS_OF_ANSWERING,
                _ => return,
            },
            _ => return,
        };
        match number {
            field::BYTES | field::BYTES_TOTAL | field::BYTES_OF_ASKING => self.bytes[0] = value,
            field::PACKETS | field::PACKETS_TOTAL | field::PACKETS_OF_ASKING => {
                self.packets[0] = value;
            }
            field::BYTES_OF_ANSWERING => self.bytes[1] = value,
            field::PACKETS_OF_ANSWERING => self.packets[1] = value,
            field::PROTOCOL => self.protocol = u8::try_from(value).unwrap_or(0),
            field::FROM_PORT => self.ports[0] = port,
            field::TO_PORT => self.ports[1] = port,
            field::FIRST_UPTIME => self.time[0] = clock.at(low),
            field::LAST_UPTIME => self.time[1] = clock.at(low),
            field::FIRST_SECOND => self.time[0] = since(SECOND),
            field::LAST_SECOND => self.time[1] = since(SECOND),
            field::FIRST_MILLI => self.time[0] = since(MILLI),
            field::LAST_MILLI => self.time[1] = since(MILLI),
            field::INTERVAL | field::SAMPLER_INTERVAL => self.one_in = Some(low),
            field::COUNTED => self.counted = low,
            field::PASSED => self.passed = Some(low),
            field::SAMPLER | field::SELECTOR => self.sampler = value,
            _ => self.address(number, bytes),
        }
    }

    fn address(&mut self, number: u16, bytes: &[u8]) {
        let four = || word::<4>(bytes, 0).filter(|_| bytes.len() == 4).map(IpAddr::from);
        let six = || word::<16>(bytes, 0).filter(|_| bytes.len() == 16).map(IpAddr::from);
        let mac = || word::<6>(bytes, 0).map(Mac).filter(|mac| bytes.len() == 6 && mac.is_ones());
        match number {
            field::FROM_FOUR => self.ends[0] = four().or(self.ends[0]),
            field::TO_FOUR => self.ends[1] = four().or(self.ends[1]),
            // Where a template has both kinds, the one that is not used is nobody's.
            field::FROM_SIX => self.ends[0] = six().filter(is_some).or(self.ends[0]),
            field::TO_SIX => self.ends[1] = six().filter(is_some).or(self.ends[1]),
            field::FROM_MAC => self.macs[0] = mac(),
            field::TO_MAC => self.macs[1] = mac(),
            _ => {}
        }
    }

    /// Of how many packets one is counted, as the record itself says.
    fn interval(&self) -> Option<u32> {
        let counted = self.counted.max(1);
        let passed = self.passed.map(|passed| passed.saturating_add(counted) / counted);
        self.one_in.or(passed).filter(|one_in| *one_in > 0)
    }

    fn give(&self, one_in: Option<u32>, give: &mut dyn FnMut(Record)) {
        let [Some(from), Some(to)] = self.ends else { return };
        let time = self.time[0].zip(self.time[1]);
        let time = time.map(|(one, other)| (one.min(other), one.max(other)));
        let record = Record {
            ends: [from, to],
            ports: self.ports,
            macs: self.macs,
            protocol: self.protocol,
            bytes: self.bytes[0],
            packets: self.packets[0],
            time,
            one_in,
        };
        give(record);
        if self.bytes[1] > 0 || self.packets[1] > 0 {
            let back = |[one, other]: [IpAddr; 2]| [other, one];
            let [port, other_port] = self.ports;
            let [mac, other_mac] = self.macs;
            give(Record {
                ends: back(record.ends),
                ports: [other_port, port],
                macs: [other_mac, mac],
                bytes: self.bytes[1],
                packets: self.packets[1],
                ..record
            });
        }
    }
}

fn is_some(address: &IpAddr) -> bool {
    !address.is_unspecified()
}

/// A number of at most eight bytes.
fn number(bytes: &[u8]) -> Option<u64> {
    let small = (1..=8).contains(&bytes.len());
    small.then(|| bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)))
}
