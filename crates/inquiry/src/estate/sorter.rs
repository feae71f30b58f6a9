//! The keys of records, sorted: in memory, and in runs on disk beyond a limit.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, Write as _};

/// Keys that are held in memory: 16 bytes each.
const MEMORY_KEYS_MAX: usize = 4 << 20;

/// Of each key's number the bit that tells what sort of key it is.
const IS_END: u64 = 1;

/// Keys with the records that have them: what joins records, and ends of serial numbers.
#[derive(Default)]
pub(super) struct Sorter {
    run: Vec<(u64, u32)>,
    runs: Vec<File>,
}

/// A set of records.
pub(super) struct Records {
    bits: Vec<u64>,
    count: usize,
}

impl Records {
    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether a record is among them.
    pub(super) fn contains(&self, number: u32) -> bool {
        let word = self.bits.get(number as usize / 64).copied().unwrap_or(0);
        word >> (number % 64) & 1 == 1
    }

    /// Takes all out.
    pub(super) fn clear(&mut self) {
        self.bits.clear();
        self.count = 0;
    }

    /// How many of others are not among them.
    fn lacks(&self, others: &Self) -> usize {
        let both = self.bits.iter().zip(&others.bits);
        both.map(|(own, other)| (other & !own).count_ones() as usize).sum()
    }

    /// Takes others in, if no more than so many are new; gives whether they are.
    pub(super) fn add(&mut self, others: &Self, most: usize) -> bool {
        let new = self.lacks(others);
        if new > most {
            return false;
        }
        self.count += new;
        for (own, other) in self.bits.iter_mut().zip(&others.bits) {
            *own |= other;
        }
        true
    }

    /// Takes a record in.
    pub(super) fn insert(&mut self, number: u32) {
        if let Some(word) = self.bits.get_mut(number as usize / 64)
            && *word >> (number % 64) & 1 == 0
        {
            *word |= 1 << (number % 64);
            self.count += 1;
        }
    }
}

impl Sorter {
    /// Takes a key of a record.
    pub(super) fn push(&mut self, key: u64, record: u32) -> io::Result<()> {
        self.take(key & !IS_END, record)
    }

    /// Takes the end of a serial number of a record.
    pub(super) fn push_end(&mut self, end: u64, record: u32) -> io::Result<()> {
        self.take(end | IS_END, record)
    }

    fn take(&mut self, key: u64, record: u32) -> io::Result<()> {
        self.run.push((key, record));
        if self.run.len() < MEMORY_KEYS_MAX {
            return Ok(());
        }
        self.run.sort_unstable();
        let mut out = BufWriter::with_capacity(1 << 20, tempfile::tempfile()?);
        for (key, record) in self.run.drain(..) {
            out.write_all(&key.to_le_bytes())?;
            out.write_all(&record.to_le_bytes())?;
        }
        let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        self.runs.push(file);
        Ok(())
    }

    /// The records, of so many, that share a key with another, and those that share the end of a
    /// serial number.
    pub(super) fn shared(mut self, records: u32) -> io::Result<(Records, Records)> {
        let none = || Records { bits: vec![0; (records as usize).div_ceil(64)], count: 0 };
        let (mut shared, mut near) = (none(), none());
        self.run.sort_unstable();
        let mut before: Option<(u64, u32)> = None;
        self.merged(|key, record| {
            if let Some((same, other)) = before
                && same == key
                && other != record
            {
                let of = if key & IS_END == 0 { &mut shared } else { &mut near };
                of.insert(other);
                of.insert(record);
            }
            before = Some((key, record));
        })?;
        Ok((shared, near))
    }

    /// Gives every key in order.
    fn merged(self, mut take: impl FnMut(u64, u32)) -> io::Result<()> {
        let mut held = self.run.into_iter();
        let mut runs: Vec<BufReader<File>> = self.runs.into_iter().map(BufReader::new).collect();
        let last = runs.len();
        let mut heads = BinaryHeap::new();
        for (at, run) in runs.iter_mut().enumerate() {
            heads.extend(next(run)?.map(|head| Reverse((head, at))));
        }
        heads.extend(held.next().map(|head| Reverse((head, last))));
        while let Some(Reverse(((key, record), at))) = heads.pop() {
            take(key, record);
            let head = if at == last { held.next() } else { next(&mut runs[at])? };
            heads.extend(head.map(|head| Reverse((head, at))));
        }
        Ok(())
    }
}

fn next(run: &mut BufReader<File>) -> io::Result<Option<(u64, u32)>> {
    let (mut key, mut record) = ([0; 8], [0; 4]);
    match run.read_exact(&mut key) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    run.read_exact(&mut record)?;
    Ok(Some((u64::from_le_bytes(key), u32::from_le_bytes(record))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_records_share_are_found_across_runs() {
        let mut sorter = Sorter::default();
        let records = 1_500_000_u32;
        // Four keys a record: enough for a run on disk and one in memory.
        for record in 0..records {
            for kind in 0..4_u64 {
                sorter.push(u64::from(record) * 8 + kind * 2, record).unwrap();
            }
        }
        assert!(!sorter.runs.is_empty());
        // One that the first and the last share, and one that a record has twice.
        sorter.push(6, records - 1).unwrap();
        sorter.push(u64::from(7_u32) * 8, 7).unwrap();
        for record in [0, 8, 9] {
            sorter.push_end(6, record).unwrap();
        }
        let (mut shared, near) = sorter.shared(records).unwrap();
        assert_eq!(shared.len(), 2);
        assert!(shared.contains(0) && shared.contains(records - 1) && !shared.contains(7));
        // The ends of their serial numbers join nothing.
        assert_eq!((near.len(), shared.lacks(&near)), (3, 2));
        assert!(!shared.add(&near, 1) && shared.len() == 2);
        assert!(shared.add(&near, 2));
        assert_eq!((shared.len(), shared.contains(9)), (4, true));
    }
}
