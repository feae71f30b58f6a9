//! The names that stations asked for, with the addresses that were the answer.

use std::net::IpAddr;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::limits::{ANSWERS_MAX, NAMES_BYTES_MAX};

/// That an address was the answer when a station asked for a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The address.
    pub address: IpAddr,
    /// The name that was asked for.
    pub name: Arc<str>,
    /// When it was said, in nanoseconds since 1970.
    pub time: Option<i64>,
}

/// What all stations were told, in the order in which it was said.
#[derive(Debug, Default)]
pub(super) struct Answers {
    all: Vec<(u32, Answer)>,
    /// Of each station and address the answer that came last.
    last: FxHashMap<(u32, IpAddr), u32>,
    bytes: usize,
    /// Answers for which there was no room.
    left: u64,
}

impl Answers {
    /// Adds one that a station got. What is said again with nothing else in between is one.
    pub(super) fn add(&mut self, node: u32, answer: Answer) {
        let key = (node, answer.address);
        let known = self.last.get(&key).map(|last| &mut self.all[*last as usize].1);
        if let Some(known) = known.filter(|known| known.name == answer.name) {
            known.time = known.time.min(answer.time);
        } else if self.all.len() < ANSWERS_MAX && self.bytes + answer.name.len() <= NAMES_BYTES_MAX
        {
            self.bytes += answer.name.len();
            self.last.insert(key, self.all.len() as u32);
            self.all.push((node, answer));
        } else {
            self.left += 1;
        }
    }

    pub(super) const fn left(&self) -> u64 {
        self.left
    }

    pub(super) fn into_all(self) -> Vec<(u32, Answer)> {
        self.all
    }
}
