//! Two periods held against each other: to whom devices send since, and to whom they were not seen
//! to send any more. Of what was not recorded nothing is known.

use std::collections::{BTreeMap, BTreeSet};

use super::recording::long_words;
use super::{Asked, Recipient, Whose};

/// By how much more an hour a recipient must get to have grown: recordings differ by chance.
const TIMES: u128 = 2;

/// One period.
#[derive(Debug, Clone, Default)]
pub struct Period<'p> {
    /// Seconds that its recordings cover.
    pub seconds: i64,
    /// Whether something of them could not be read or kept.
    pub lacks: bool,
    /// Its devices.
    pub devices: Vec<Party<'p>>,
}

/// One device of a period.
#[derive(Debug, Clone)]
pub struct Party<'p> {
    /// By what it is known again: its hardware address, or its address in the network where only
    /// one of the periods shows the hardware, or none does.
    pub key: String,
    /// Whether the address in the network is all by which it is known again: another may have it.
    pub by_address: bool,
    /// What it is called.
    pub name: String,
    /// To whom it sends.
    pub recipients: &'p [Recipient],
    /// Seconds that the recordings cover which hold it.
    pub seconds: i64,
}

/// How a recipient of a device stands in the later period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It was not seen before, and the device was.
    New,
    /// Neither was the device.
    NewDevice,
    /// More was sent to it, and at least twice as much an hour.
    Grown,
    /// It was seen in both.
    Both,
    /// It was not seen in the later period, and the device was.
    NotSeen,
    /// Neither was the device.
    NotRecorded,
}

impl Change {
    /// Every one, in the order in which they are told.
    pub const ALL: [Self; 6] =
        [Self::New, Self::NewDevice, Self::Grown, Self::NotSeen, Self::NotRecorded, Self::Both];

    /// The word that is printed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::NewDevice => "new-device",
            Self::Grown => "grown",
            Self::Both => "both",
            Self::NotSeen => "not-seen",
            Self::NotRecorded => "not-recorded",
        }
    }
}

/// A recipient of a device, before and since.
#[derive(Debug, Clone)]
pub struct Row {
    /// The device, by its place in the later period; none where it was not recorded there.
    pub at: Option<usize>,
    /// What the device is called.
    pub device: String,
    /// Whether it is only its address in the network by which the device is known again.
    pub by_address: bool,
    /// The recipient, as it was seen last.
    pub recipient: Recipient,
    /// How it stands.
    pub change: Change,
    /// Bytes sent before; none where it was not seen.
    pub before: Option<u64>,
    /// Bytes sent since; none where it was not seen.
    pub since: Option<u64>,
    /// Seconds that the recordings cover which hold the device, before and since; where none does,
    /// all of that period.
    pub seconds: (i64, i64),
}

/// Both periods.
#[derive(Debug, Clone, Default)]
pub struct Compared {
    /// Seconds that the earlier and the later recordings cover.
    pub seconds: (i64, i64),
    /// Whether something of the earlier or of the later could not be read or kept.
    pub lacks: (bool, bool),
    /// Recipients outside, device by device.
    pub rows: Vec<Row>,
}

impl Compared {
    /// Rows of one change.
    pub fn of(&self, change: Change) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.change == change)
    }

    /// One sentence on a row: never more than both periods carry.
    #[must_use]
    pub fn sentence(&self, row: &Row) -> String {
        let said = self.plain_sentence(row);
        let met = !matches!(row.change, Change::NewDevice | Change::NotRecorded);
        match row.by_address && met {
            true => format!("{said}; the device is known again by its address alone"),
            false => said,
        }
    }

    fn plain_sentence(&self, row: &Row) -> String {
        let (before, since) = (long_words(row.seconds.0), long_words(row.seconds.1));
        let of = |bytes: Option<u64>| bytes.unwrap_or_default();
        let missed = match row.seconds.0 < row.seconds.1 || self.lacks.0 {
            true => ", which may have missed it",
            false => "",
        };
        match row.change {
            Change::New => format!(
                "new: {} B in {since}; not seen in the {before} recorded before{missed}",
                of(row.since)
            ),
            Change::NewDevice => format!(
                "{} B in {since}; the device was not in the {before} recorded before",
                of(row.since)
            ),
            Change::Grown => format!(
                "grown: {} B in {since}, before {} B in {before}",
                of(row.since),
                of(row.before)
            ),
            Change::Both => {
                let none = row.seconds.0 == 0 || row.seconds.1 == 0;
                let untold = if none { "; how much that is an hour cannot be told" } else { "" };
                let (since_sent, sent) = (of(row.since), of(row.before));
                format!("{since_sent} B in {since}, before {sent} B in {before}{untold}")
            }
            Change::NotSeen => format!(
                "not seen in the later captures, which cover {since}; before, {} B in {before}{}",
                of(row.before),
                if self.lacks.1 { "; of the later ones not all could be read" } else { "" }
            ),
            Change::NotRecorded => format!(
                "the device is not in the later captures, which cover {since}; before, {} B in \
                 {before}",
                of(row.before)
            ),
        }
    }
}

/// What one device had with one recipient: its name, and whether the device is the one asked.
type Key<'k> = (&'k str, &'k str, Asked);

/// Holds a later period against an earlier one.
#[must_use]
pub fn compare(before: &Period<'_>, since: &Period<'_>) -> Compared {
    let (mut old, new) = (sums(before), sums(since));
    let (long_before, long_since) = (lengths(before), lengths(since));
    let long = |key: &str| {
        let of = |all: &BTreeMap<&str, i64>, period: &Period<'_>| {
            all.get(key).copied().unwrap_or(period.seconds)
        };
        (of(&long_before, before), of(&long_since, since))
    };
    let both = before.devices.iter().chain(&since.devices);
    let by_address: BTreeSet<&str> =
        both.filter(|one| one.by_address).map(|one| one.key.as_str()).collect();
    let mut all = Vec::new();
    for (key, sum) in new {
        let was = old.remove(&key).map(|one| one.sent);
        let seconds = long(key.0);
        let change = match was {
            Some(was) if is_grown((was, seconds.0), (sum.sent, seconds.1)) => Change::Grown,
            Some(_) => Change::Both,
            None if long_before.contains_key(key.0) => Change::New,
            None => Change::NewDevice,
        };
        all.push(Row {
            at: Some(sum.at),
            device: sum.device.to_owned(),
            by_address: by_address.contains(key.0),
            recipient: sum.recipient.clone(),
            change,
            before: was,
            since: Some(sum.sent),
            seconds,
        });
    }
    for (key, sum) in old {
        let met = long_since.contains_key(key.0);
        all.push(Row {
            at: since.devices.iter().position(|one| one.key == key.0),
            device: sum.device.to_owned(),
            by_address: by_address.contains(key.0),
            recipient: sum.recipient.clone(),
            change: if met { Change::NotSeen } else { Change::NotRecorded },
            before: Some(sum.sent),
            since: None,
            seconds: long(key.0),
        });
    }
    let order = |row: &Row| {
        let sent = row.since.or(row.before).unwrap_or_default();
        (row.at.unwrap_or(usize::MAX), row.device.clone(), row.change, std::cmp::Reverse(sent))
    };
    all.sort_by_key(|row| (order(row), row.recipient.name.clone()));
    Compared {
        seconds: (before.seconds, since.seconds),
        lacks: (before.lacks, since.lacks),
        rows: all,
    }
}

/// For how long each device of a period was recorded.
fn lengths<'p>(period: &'p Period<'_>) -> BTreeMap<&'p str, i64> {
    period.devices.iter().map(|one| (one.key.as_str(), one.seconds)).collect()
}

/// Whether more was sent, and at least so many times as much in the same time. Of a recording
/// without times nobody can tell.
fn is_grown((was, before): (u64, i64), (sent, since): (u64, i64)) -> bool {
    let wide = |number: i64| u128::try_from(number).unwrap_or_default();
    let (was_by, sent_by) = (u128::from(was) * wide(since), u128::from(sent) * wide(before));
    before > 0 && since > 0 && sent > was && sent_by >= TIMES * was_by
}

/// What one device sent to one recipient in a period.
struct Sum<'p> {
    at: usize,
    device: &'p str,
    recipient: &'p Recipient,
    sent: u64,
}

/// Devices of one key are one here, however often they were met: what each sent is added.
fn sums<'p>(period: &'p Period<'_>) -> BTreeMap<Key<'p>, Sum<'p>> {
    let mut all: BTreeMap<Key<'p>, Sum<'p>> = BTreeMap::new();
    for (at, device) in period.devices.iter().enumerate() {
        for one in device.recipients.iter().filter(|one| one.whose != Whose::OwnNetwork) {
            let key = (device.key.as_str(), one.name.as_str(), one.asked());
            let new = Sum { at, device: device.name.as_str(), recipient: one, sent: 0 };
            let sum = all.entry(key).or_insert(new);
            sum.sent = sum.sent.saturating_add(one.sent());
        }
    }
    all
}
