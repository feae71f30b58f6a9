//! The numbers of messages: where one is missing, reports were lost on the way.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use super::whole::Form;
use super::{long, short};
use crate::limits::EXPORTERS_MAX;

/// By how much a message may come late.
const LATE_MAX: u32 = 1_000;

/// The numbers of all exporters.
#[derive(Debug, Default)]
pub(super) struct Order {
    next: FxHashMap<(IpAddr, u8, u32), Expected>,
    gaps: u64,
}

/// What the next message of one exporter may be numbered.
#[derive(Debug, Clone, Copy)]
struct Expected {
    /// Where it counts messages.
    by_messages: u32,
    /// Where it counts records.
    by_records: u32,
    gaps: u64,
}

/// Who numbers, the number, and what it counts: nothing where what a message counts cannot be told
/// without its templates, as of IPFIX.
fn numbered(form: Form, bytes: &[u8]) -> Option<(u8, u32, u32)> {
    const SFLOW: u8 = 0;
    match form {
        // An engine has numbers of its own.
        Form::Five => Some((5, u32::from(short(bytes, 20)?), long(bytes, 16)?)),
        Form::Nine => Some((9, long(bytes, 16)?, long(bytes, 12)?)),
        Form::Samples => {
            let agent = if long(bytes, 4)? == 1 { 4 } else { 16 };
            Some((SFLOW, long(bytes, 8 + agent)?, long(bytes, 12 + agent)?))
        }
        Form::Ten => None,
    }
}

impl Order {
    /// Takes note of a message.
    pub(super) fn take(&mut self, exporter: IpAddr, form: Form, bytes: &[u8]) {
        let Some((kind, part, number)) = numbered(form, bytes) else { return };
        let records = short(bytes, 2).map_or(1, u32::from);
        let key = (exporter, kind, part);
        let next = (number.wrapping_add(1), number.wrapping_add(records));
        let Some(known) = self.next.get_mut(&key) else {
            if self.next.len() < EXPORTERS_MAX {
                let (by_messages, by_records) = next;
                self.next.insert(key, Expected { by_messages, by_records, gaps: 0 });
            }
            return;
        };
        // Version 5 counts records, sFlow messages, and version 9 what its maker took it for.
        let fits = match form {
            Form::Five => number == known.by_records,
            Form::Nine => number == known.by_messages || number == known.by_records,
            Form::Samples | Form::Ten => number == known.by_messages,
        };
        let late = known.by_records.wrapping_sub(number);
        if !fits && (1..=LATE_MAX).contains(&late) {
            // It fills a gap that was counted, if any was.
            let fills = u64::from(known.gaps > 0);
            (known.gaps, self.gaps) = (known.gaps - fills, self.gaps - fills);
            return;
        }
        // Who begins anew was off, and lost what it had; that is no gap on the way.
        let begins = number < records.max(1);
        if !fits && !begins {
            (known.gaps, self.gaps) = (known.gaps + 1, self.gaps + 1);
        }
        (known.by_messages, known.by_records) = next;
    }

    /// In how many places messages are missing.
    pub(super) const fn gaps(&self) -> u64 {
        self.gaps
    }
}
