//! Evidence as it came, by its hash: what a run was read from can be read again, and be shown to
//! somebody who doubts it. A file is kept in parts, so that none has to fit into memory.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use sqlx::Row as _;

use crate::audit::now;
use crate::open::Store;
use crate::wrong::{Result, Wrong};

/// Bytes of one part.
const PART_BYTES: usize = 1 << 20;

/// A piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// Its SHA-256, as hex digits.
    pub sha256: String,
    /// Its bytes.
    pub size: i64,
}

fn told(wrong: &io::Error) -> Wrong {
    match wrong.kind() {
        io::ErrorKind::StorageFull => Wrong::Full,
        _ => Wrong::Refused(format!("the file cannot be read or written: {wrong}")),
    }
}

/// The SHA-256 of a file and its length.
fn hashed(file: &Path) -> Result<Blob> {
    let mut reader =
        BufReader::with_capacity(PART_BYTES, File::open(file).map_err(|it| told(&it))?);
    let (mut hash, mut size, mut part) = (Sha256::new(), 0_i64, vec![0; PART_BYTES]);
    loop {
        let read = reader.read(&mut part).map_err(|it| told(&it))?;
        if read == 0 {
            return Ok(Blob { sha256: whomade_inquiry::base::hex(&hash.finalize()), size });
        }
        hash.update(&part[..read]);
        size += i64::try_from(read).unwrap_or_default();
    }
}

impl Store {
    /// Keeps a file; what is there already is not kept twice.
    ///
    /// # Errors
    /// When the file cannot be read, or the database not be written.
    pub async fn put_blob(&self, file: &Path) -> Result<Blob> {
        let blob = hashed(file)?;
        if self.has_blob(&blob.sha256).await? {
            return Ok(blob);
        }
        let mut reader = File::open(file).map_err(|it| told(&it))?;
        let mut n = 0_i64;
        loop {
            let mut part = Vec::with_capacity(PART_BYTES);
            let limit = PART_BYTES as u64;
            (&mut reader).take(limit).read_to_end(&mut part).map_err(|it| told(&it))?;
            if part.is_empty() {
                break;
            }
            // A part says by its hash what it is of: what an earlier go left behind is the same.
            sqlx::query(
                "INSERT INTO blob_part (sha256, n, bytes) VALUES ($1, $2, $3) \
                 ON CONFLICT (sha256, n) DO NOTHING",
            )
            .bind(blob.sha256.clone())
            .bind(n)
            .bind(part)
            .execute(&self.write)
            .await?;
            n += 1;
        }
        // Only now is it there: before, nobody finds its parts.
        sqlx::query(
            "INSERT INTO blob (sha256, size, made_at) VALUES ($1, $2, $3) \
             ON CONFLICT (sha256) DO NOTHING",
        )
        .bind(blob.sha256.clone())
        .bind(blob.size)
        .bind(now())
        .execute(&self.write)
        .await?;
        Ok(blob)
    }

    /// Whether a piece of evidence is there.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn has_blob(&self, sha256: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM blob WHERE sha256 = $1 AND redacted_at IS NULL";
        let row = sqlx::query(sql).bind(sha256.to_owned()).fetch_optional(&self.read).await?;
        Ok(row.is_some())
    }

    /// Writes a piece of evidence out.
    ///
    /// # Errors
    /// When it is not there, or what is there is not what its hash says; when either cannot be
    /// read or written.
    pub async fn copy_blob(&self, sha256: &str, out: &mut (dyn Write + Send)) -> Result<i64> {
        if !self.has_blob(sha256).await? {
            return Err(Wrong::Nothing(format!("evidence {sha256}")));
        }
        let (mut hash, mut size) = (Sha256::new(), 0_i64);
        for n in 0.. {
            let sql = "SELECT bytes FROM blob_part WHERE sha256 = $1 AND n = $2";
            let row = sqlx::query(sql).bind(sha256.to_owned()).bind(n);
            let Some(row) = row.fetch_optional(&self.read).await? else { break };
            let part: Vec<u8> = row.try_get(0)?;
            hash.update(&part);
            out.write_all(&part).map_err(|it| told(&it))?;
            size += i64::try_from(part.len()).unwrap_or_default();
        }
        if whomade_inquiry::base::hex(&hash.finalize()) == sha256 {
            Ok(size)
        } else {
            Err(Wrong::Refused(format!("evidence {sha256} is not what it was; restore a backup")))
        }
    }
}
