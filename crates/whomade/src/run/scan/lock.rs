//! One scan of an address at a time: two at once would ask each device twice, at twice the rate.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use anyhow::{Result, bail};
use whomade_core::report::clean;
use whomade_scan::targets::{Range, Targets};

use crate::saved::state_folder;

/// Scans of one user at once.
const SCANS_MAX: usize = 32;

/// Bytes of what another scan says that it asks.
const WORDS_BYTES_MAX: u64 = 64 << 20;

/// Takes a place among the scans that go on, which is given back when the file is closed. Without a
/// folder to keep it in there is none, and nobody is kept from anything.
///
/// # Errors
/// When another scan asks one of these addresses.
pub(super) fn of(named: &[String], targets: &Targets) -> Result<Option<File>> {
    let Some(folder) = state_folder() else { return Ok(None) };
    if fs::create_dir_all(&folder).is_err() {
        return Ok(None);
    }
    let mut mine = None;
    for number in 0..SCANS_MAX {
        let path = folder.join(format!("scan-{number}.lock"));
        if mine.is_some() && !path.exists() {
            continue;
        }
        let mut options = OpenOptions::new();
        let opened = options.read(true).write(true).create(true).truncate(false).open(&path);
        let Ok(mut file) = opened else { return Ok(mine) };
        match file.try_lock() {
            Ok(()) if mine.is_none() => mine = Some(file),
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => {
                let mut words = String::new();
                let _ = (&mut file).take(WORDS_BYTES_MAX).read_to_string(&mut words);
                let theirs = words.lines().filter_map(Range::parse);
                if Targets::new(theirs).is_ok_and(|theirs| theirs.meets(targets)) {
                    bail!(
                        "[scan/twice] another scan is asking some of these addresses: {}; wait for \
                         its end, or end it with Ctrl-C where it runs",
                        clean(words.lines().next().unwrap_or_default())
                    );
                }
            }
        }
    }
    if let Some(file) = &mut mine {
        let written = file.set_len(0).and_then(|()| {
            file.seek(SeekFrom::Start(0))?;
            file.write_all(named.join("\n").as_bytes())
        });
        if written.is_err() {
            return Ok(None);
        }
    }
    Ok(mine)
}
