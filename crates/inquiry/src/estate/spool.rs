//! Records put aside, in the order in which they came: in memory, and on disk beyond a limit.

use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::ops::ControlFlow;

use serde_json::{Value, json};
use tempfile::SpooledTempFile;
use whomade_core::assembly::{Sort, Traits};
use whomade_core::observation::Device;

use crate::spelled::{from_json, to_json};

/// Bytes of records that are held in memory.
const MEMORY_BYTES_MAX: usize = 64 << 20;

/// Bytes of records that are read back at once.
const BATCH_BYTES: usize = 1 << 20;

/// Records put aside.
pub(super) struct Spool {
    file: SpooledTempFile,
    line: Vec<u8>,
    records: u32,
}

/// A record that was put aside.
pub(super) struct Kept {
    pub(super) device: Device,
    pub(super) sort: Sort,
    source: u32,
    site: Option<String>,
}

impl Kept {
    /// What joining looks at in it.
    pub(super) fn traits(&self) -> Traits {
        Traits::of(&self.device, self.sort, self.source, self.site.as_deref())
    }

    fn of(line: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(line).ok()?;
        let sort = match value.get(0)?.as_u64()? {
            0 => Sort::Register,
            1 => Sort::Lease,
            _ => Sort::Sighting,
        };
        Some(Self {
            device: from_json(value.get(3)?)?,
            sort,
            source: u32::try_from(value.get(1)?.as_u64()?).ok()?,
            site: value.get(2)?.as_str().map(str::to_owned),
        })
    }
}

impl Default for Spool {
    fn default() -> Self {
        let file = SpooledTempFile::new(MEMORY_BYTES_MAX);
        Self { file, line: Vec::new(), records: 0 }
    }
}

impl Spool {
    /// How many records there are; the next one has this number.
    pub(super) const fn records(&self) -> u32 {
        self.records
    }

    /// Puts a record aside.
    pub(super) fn push(
        &mut self,
        device: &Device,
        sort: Sort,
        source: u32,
        site: Option<&str>,
    ) -> io::Result<()> {
        self.line.clear();
        let sort = match sort {
            Sort::Register => 0,
            Sort::Lease => 1,
            Sort::Sighting => 2,
        };
        serde_json::to_writer(&mut self.line, &json!([sort, source, site, to_json(device)]))?;
        self.line.push(b'\n');
        self.file.write_all(&self.line)?;
        self.records =
            self.records.checked_add(1).ok_or_else(|| io::Error::other("too many records"))?;
        Ok(())
    }

    /// Gives every record with its number and where it lies.
    pub(super) fn each(
        &mut self,
        mut take: impl FnMut(u32, u64, Kept) -> ControlFlow<()>,
    ) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::with_capacity(1 << 20, &mut self.file);
        let (mut line, mut offset) = (Vec::new(), 0);
        for number in 0..self.records {
            line.clear();
            let read = reader.read_until(b'\n', &mut line)?;
            let kept = Kept::of(&line).ok_or_else(damaged)?;
            if take(number, offset, kept).is_break() {
                break;
            }
            offset += read as u64;
        }
        Ok(())
    }

    /// The records from a place on, of at most so many bytes and at least one, and the place behind
    /// them.
    pub(super) fn batch(&mut self, from: u64) -> io::Result<(Vec<Kept>, u64)> {
        self.file.seek(SeekFrom::Start(from))?;
        let mut reader = BufReader::with_capacity(BATCH_BYTES, &mut self.file);
        let (mut batch, mut line, mut bytes) = (Vec::new(), Vec::new(), 0);
        while bytes < BATCH_BYTES {
            line.clear();
            let read = reader.read_until(b'\n', &mut line)?;
            if read == 0 {
                break;
            }
            bytes += read;
            batch.push(Kept::of(&line).ok_or_else(damaged)?);
        }
        if batch.is_empty() { Err(damaged()) } else { Ok((batch, from + bytes as u64)) }
    }

    /// The record that lies there.
    pub(super) fn at(&mut self, offset: u64) -> io::Result<Option<Kept>> {
        self.file.seek(SeekFrom::Start(offset))?;
        let mut line = Vec::new();
        BufReader::new(&mut self.file).read_until(b'\n', &mut line)?;
        Ok(Kept::of(&line))
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "what was put aside is damaged")
}
