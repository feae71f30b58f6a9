//! Maps for short keys of our own making.
//!
//! The standard hash withstands keys chosen to collide and costs more than the rest of a look-up.
//! It is kept wherever the input chooses how many keys a map may have.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map with a quick hash that is the same on every machine.
pub type FastMap<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

/// Multiply, fold.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quick(u64);

impl Quick {
    fn add(&mut self, word: u64) {
        self.fold(word, 0);
    }

    /// Sixteen bytes a step: the product of both halves, folded.
    fn fold(&mut self, low: u64, high: u64) {
        let wide = u128::from(self.0 ^ low ^ 0xa076_1d64_78bd_642f)
            * u128::from(high.wrapping_add(0x9e37_79b9_7f4a_7c15));
        self.0 = (wide >> 64) as u64 ^ wide as u64 ^ self.0.rotate_left(29);
    }
}

fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().unwrap_or_default())
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let mut pairs = bytes.chunks_exact(16);
        for pair in &mut pairs {
            let (low, high) = pair.split_at(8);
            self.fold(word(low), word(high));
        }
        // The rest is filled up; how long it was tells apart what looks the same.
        let mut last = [0; 16];
        let rest = pairs.remainder();
        last[..rest.len()].copy_from_slice(rest);
        let (low, high) = last.split_at(8);
        self.fold(word(low), word(high) ^ bytes.len() as u64);
    }

    fn write_u32(&mut self, number: u32) {
        self.add(u64::from(number));
    }

    fn write_usize(&mut self, number: usize) {
        self.add(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
