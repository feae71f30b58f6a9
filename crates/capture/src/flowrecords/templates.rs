//! What the records of an exporter look like: it says so itself, now and then.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use super::{Clock, MILLI, Record, SECOND, long, short, word};
use crate::limits::EXPORTERS_MAX;
use crate::packet::Mac;

/// Fields of one template.
const FIELDS_MAX: usize = 256;
/// What a template takes of the room beside its fields, each of which takes one.
const TEMPLATE_ROOM: usize = 8;
/// Room for the templates of one exporter, and of all.
const ROOM_OF_ONE_MAX: usize = 16 << 10;
const ROOM_MAX: usize = 512 << 10;
/// Ways of counting of one exporter that are kept.
const SAMPLERS_OF_ONE_MAX: usize = 256;
/// Bytes of sets that wait for their template: of one exporter, and of all.
const WAITING_OF_ONE_MAX: usize = 512 << 10;
const WAITING_MAX: usize = 8 << 20;
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
    /// Which end of a flow of both directions began it (RFC 5103, 6.3).
    pub(super) const DIRECTION: u16 = 239;
    pub(super) const PACKETS_OF_ASKING: u16 = 298;
    pub(super) const PACKETS_OF_ANSWERING: u16 = 299;
    pub(super) const SELECTOR: u16 = 302;
    /// Packets that are counted one after the other, and then passed over.
    pub(super) const COUNTED: u16 = 305;
    pub(super) const PASSED: u16 = 306;
}

/// What is said of the other direction bears the same numbers under this enterprise (RFC 5103).
const REVERSE: u32 = 29_305;
/// Cisco's, of which what is seen of applications has addresses of its own: who asks and who is
/// asked (as Wireshark lists them).
const CISCO: u32 = 9;
/// A length that stands before each value (RFC 7011, 7).
const ANY_LENGTH: u16 = u16::MAX;

#[derive(Debug)]
struct Template {
    fields: Vec<Field>,
    /// It says how is counted, not what.
    is_option: bool,
}

/// A set that waits for its template, with when it was sent.
type Waiting = (Clock, Vec<u8>);

/// Bytes that a set of so many takes while it waits.
fn bytes_of(length: usize) -> usize {
    const BESIDE_IT: usize = 128;
    length + BESIDE_IT
}

/// What is kept of one exporter.
#[derive(Debug, Default)]
struct Kept {
    templates: FxHashMap<u16, Template>,
    /// The room that they take.
    room: usize,
    /// Of how many packets one is counted, by the number of the sampler; 0 where it has none.
    samplers: FxHashMap<u64, u32>,
    waiting: FxHashMap<u16, Vec<Waiting>>,
    /// Sets that wait, and the bytes that they take.
    waiting_sets: u64,
    waiting_bytes: usize,
    /// Whether records of it were read: such a one never gives way to one that is new.
    delivered: bool,
    /// Its last set among all sets.
    last: u64,
}

#[derive(Debug, Default)]
pub(super) struct Templates {
    all: FxHashMap<Exporter, Kept>,
    /// What all of them take.
    room: usize,
    waiting_sets: u64,
    waiting_bytes: usize,
    /// Sets that came.
    sets: u64,
    /// Sets for which there was no room to wait.
    left: u64,
    /// Records that do not say between whom.
    unnamed: u64,
    /// How often there was no room for an exporter, or for something that it says.
    crowded: u64,
}

impl Templates {
    /// Sets of which nobody said what they look like.
    pub(super) fn untold(&self) -> u64 {
        self.left + self.waiting_sets
    }

    /// Records that do not say between whom.
    pub(super) fn unnamed(&self) -> u64 {
        self.unnamed
    }

    /// How often there was no room for an exporter, or for something that it says.
    pub(super) fn crowded(&self) -> u64 {
        self.crowded
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
        self.sets += 1;
        let is_known = self.admit(exporter);
        match (exporter.version, id) {
            (9, 0) | (10, 2) if is_known => self.told(exporter, set, false, give),
            (9, 1) | (10, 3) if is_known => self.told(exporter, set, true, give),
            (_, 256..) if self.holds(exporter, id) => {
                self.records(exporter, clock, id, set, give);
            }
            (_, 256..) if !set.is_empty() => self.wait(exporter, clock, id, set),
            _ => {}
        }
    }

    fn holds(&self, exporter: Exporter, id: u16) -> bool {
        self.all.get(&exporter).is_some_and(|kept| kept.templates.contains_key(&id))
    }

    /// Whether an exporter is kept. One that is new may take the place of the one that was silent
    /// longest among those of which nothing was ever read: who sends is easily forged, and nobody
    /// may crowd out with that who delivers.
    fn admit(&mut self, exporter: Exporter) -> bool {
        if !self.all.contains_key(&exporter) {
            if self.all.len() >= EXPORTERS_MAX {
                self.crowded += 1;
                let Some(stranger) = self.stranger(exporter, |_| true) else { return false };
                self.forget(stranger);
            }
            self.all.insert(exporter, Kept::default());
        }
        if let Some(kept) = self.all.get_mut(&exporter) {
            kept.last = self.sets;
        }
        true
    }

    /// The one that was silent longest among those that never delivered, but for this one.
    fn stranger(&self, but: Exporter, holds: fn(&Kept) -> bool) -> Option<Exporter> {
        let gives_way =
            |(of, kept): &(&Exporter, &Kept)| **of != but && !kept.delivered && holds(kept);
        let all = self.all.iter().filter(gives_way);
        all.min_by_key(|(_, kept)| kept.last).map(|(of, _)| *of)
    }

    fn forget(&mut self, exporter: Exporter) {
        if let Some(kept) = self.all.remove(&exporter) {
            self.room -= kept.room;
            self.waiting_bytes -= kept.waiting_bytes;
            self.waiting_sets -= kept.waiting_sets;
            self.left += kept.waiting_sets;
        }
    }

    /// Keeps a set until its template comes.
    fn wait(&mut self, exporter: Exporter, clock: Clock, id: u16, set: &[u8]) {
        let bytes = bytes_of(set.len());
        while self.waiting_bytes + bytes > WAITING_MAX {
            let Some(stranger) = self.stranger(exporter, |kept| kept.waiting_bytes > 0) else {
                break;
            };
            self.crowded += 1;
            self.forget(stranger);
        }
        let room = self.waiting_bytes + bytes <= WAITING_MAX;
        let kept = self.all.get_mut(&exporter);
        let kept = kept.filter(|kept| room && kept.waiting_bytes + bytes <= WAITING_OF_ONE_MAX);
        let Some(kept) = kept else {
            self.left += 1;
            return;
        };
        for waiting in [&mut kept.waiting_bytes, &mut self.waiting_bytes] {
            *waiting += bytes;
        }
        for waiting in [&mut kept.waiting_sets, &mut self.waiting_sets] {
            *waiting += 1;
        }
        kept.waiting.entry(id).or_default().push((clock, set.to_vec()));
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
            // One without fields takes the one before it back.
            let is_new = !template.fields.is_empty();
            if !self.put(exporter, id, template) {
                self.crowded += 1;
                continue;
            }
            let waited = self.all.get_mut(&exporter).filter(|_| is_new);
            for (clock, set) in waited.and_then(|kept| kept.waiting.remove(&id)).unwrap_or_default()
            {
                if let Some(kept) = self.all.get_mut(&exporter) {
                    kept.waiting_bytes -= bytes_of(set.len());
                    kept.waiting_sets -= 1;
                }
                self.waiting_bytes -= bytes_of(set.len());
                self.waiting_sets -= 1;
                self.records(exporter, clock, id, &set, give);
            }
        }
    }

    /// Puts a template in place of the one before it; whether there is room for it.
    fn put(&mut self, exporter: Exporter, id: u16, template: Template) -> bool {
        let Some(kept) = self.all.get_mut(&exporter) else { return false };
        let before = kept.templates.get(&id).map_or(0, room_of);
        let after = room_of(&template);
        if kept.room - before + after > ROOM_OF_ONE_MAX {
            return false;
        }
        while self.room - before + after > ROOM_MAX {
            let Some(stranger) = self.stranger(exporter, |kept| kept.room > 0) else {
                return false;
            };
            self.crowded += 1;
            self.forget(stranger);
        }
        let Some(kept) = self.all.get_mut(&exporter) else { return false };
        kept.room = kept.room - before + after;
        self.room = self.room - before + after;
        if template.fields.is_empty() {
            kept.templates.remove(&id);
        } else {
            kept.templates.insert(id, template);
        }
        true
    }

    fn records(
        &mut self,
        exporter: Exporter,
        clock: Clock,
        id: u16,
        mut set: &[u8],
        give: &mut dyn FnMut(Record),
    ) {
        let Some(kept) = self.all.get_mut(&exporter) else { return };
        let Kept { templates, samplers, delivered, .. } = kept;
        let Some(template) = templates.get(&id) else { return };
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
                    let room = samplers.len() < SAMPLERS_OF_ONE_MAX;
                    if room || samplers.contains_key(&found.sampler) {
                        samplers.insert(found.sampler, one_in);
                    } else {
                        self.crowded += 1;
                    }
                }
                continue;
            }
            let told = samplers.get(&found.sampler).or_else(|| samplers.get(&0)).copied();
            let named = found.give(found.interval().or(told), give);
            *delivered |= named;
            self.unnamed += u64::from(!named);
        }
    }
}

/// The room that a template takes; none where it only takes another back.
fn room_of(template: &Template) -> usize {
    if template.fields.is_empty() { 0 } else { template.fields.len() + TEMPLATE_ROOM }
}

/// Whether a set holds templates to its end, one at least; zeros may fill it up.
pub(super) fn is_templates(version: u8, mut set: &[u8], is_option: bool) -> bool {
    let mut count = 0_usize;
    while set.iter().any(|byte| *byte != 0) {
        let Some((_, _, rest)) = template(version, set, is_option) else { return false };
        set = rest;
        count += 1;
    }
    count > 0
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
    /// Whether the sender asked, as it is said: by the direction, or by fields that are of who
    /// asked and of who was asked.
    direction: Option<bool>,
    is_of_asking: bool,
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
        // What counts back under the other enterprise says nothing of who began.
        self.is_of_asking |= match field.enterprise {
            0 => matches!(
                field.number,
                field::BYTES_OF_ASKING
                    | field::BYTES_OF_ANSWERING
                    | field::PACKETS_OF_ASKING
                    | field::PACKETS_OF_ANSWERING
            ),
            CISCO => matches!(field.number, 12_236 | 12_237),
            _ => false,
        };
        let number = match field.enterprise {
            0 => field.number,
            REVERSE => match field.number {
                field::BYTES | field::BYTES_TOTAL => field::BYTES_OF_ANSWERING,
                field::PACKETS | field::PACKETS_TOTAL => field::PACKETS_OF_ANSWERING,
                _ => return,
            },
            CISCO => match field.number {
                12_236 => field::FROM_FOUR,
                12_237 => field::TO_FOUR,
                12_240 => field::FROM_PORT,
                12_241 => field::TO_PORT,
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
            // 0 is that of which nobody knows, 3 that of an edge of the network.
            field::DIRECTION => self.direction = (1..=2).contains(&low).then_some(low == 1),
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

    /// Gives what is reported of each direction; whether it is said between whom.
    fn give(&self, one_in: Option<u32>, give: &mut dyn FnMut(Record)) -> bool {
        let [Some(from), Some(to)] = self.ends else { return false };
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
            asks: self.direction.or(self.is_of_asking.then_some(true)),
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
                asks: record.asks.map(|asks| !asks),
                ..record
            });
        }
        true
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
