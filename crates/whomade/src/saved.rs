//! What is kept on disk: runs, and which run was the last of a folder.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::{Builder, NamedTempFile};
use whomade_core::observation::Device;
use whomade_core::report::{DeviceReport, clean};

use whomade_inquiry::asking::{Asked, Typed};
use whomade_inquiry::base::{Identity, hex, sha256};
use whomade_inquiry::spelled::{from_json, to_json};

use crate::cli::Reading;
use crate::run::servers::Servers;

/// The newest form of a kept run: since 2 it holds the sites and exemptions of the estate, which
/// an older program would leave out without a word.
const FORM_MAX: u32 = 2;
/// A run unpacks to at most this many bytes a line.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// The inputs of a run, as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct LastRun {
    pub(crate) files: Vec<PathBuf>,
    #[serde(default)]
    pub(crate) reading: Reading,
    pub(crate) asked: Typed,
    pub(crate) kb: Option<PathBuf>,
    /// What the servers among them answered.
    #[serde(skip)]
    pub(crate) servers: Servers,
    /// What each file is known again by; absent when it was standard input.
    pub(crate) hashes: Vec<Option<String>>,
}

impl LastRun {
    pub(crate) fn new(
        files: &[PathBuf],
        reading: &Reading,
        asked: &Typed,
        kb: Option<&Path>,
    ) -> Self {
        Self {
            files: files.to_vec(),
            reading: reading.clone(),
            asked: asked.clone(),
            kb: kb.map(Path::to_owned),
            servers: Servers::default(),
            hashes: Vec::new(),
        }
    }

    /// Where the last run of this folder is noted: the user's own state folder.
    fn path() -> Option<PathBuf> {
        let here = std::env::current_dir().ok()?;
        let name = sha256(here.as_os_str().as_encoded_bytes());
        Some(state_folder()?.join("last").join(format!("{}.json", &name[..16])))
    }

    /// Notes this run. A machine that keeps no state loses only the convenience.
    pub(crate) fn remember(&self) {
        let Some(path) = Self::path() else { return };
        if self.servers.is_gone() || self.files.iter().any(|file| file == Path::new("-")) {
            return;
        }
        let mut run = self.clone();
        run.hashes = self.files.iter().map(|file| mark_of(file).ok()).collect();
        let written = path
            .parent()
            .map(std::fs::create_dir_all)
            .and_then(|made| made.ok())
            .and_then(|()| serde_json::to_vec(&run).ok())
            .and_then(|bytes| std::fs::write(&path, bytes).ok());
        let _ = written;
    }

    /// The last run of this folder.
    ///
    /// # Errors
    /// When nothing was screened here.
    pub(crate) fn recall() -> Result<Self> {
        let text = Self::path().and_then(|path| std::fs::read(path).ok());
        let Some(text) = text else {
            bail!("[ask/no-run] no file was given, and nothing was screened in this folder before");
        };
        serde_json::from_slice(&text).context("[ask/no-run] the note of the last run is damaged")
    }

    /// The files that have changed since.
    pub(crate) fn changed(&self) -> Vec<&Path> {
        let pairs = self.files.iter().zip(&self.hashes);
        pairs
            .filter(|(file, mark)| mark.is_some() && mark_of(file).ok() != **mark)
            .map(|(file, _)| file.as_path())
            .collect()
    }
}

/// The folder of the program in the user's own state folder, if there is a home.
pub(crate) fn state_folder() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state")))?;
    Some(state.join("whomade"))
}

/// Opens a file that can be read more than once. A pipe gives its bytes to whoever asks first, and
/// once they are gone, whoever opens it by its name waits for ever.
fn open_again(path: &Path) -> Result<File> {
    if !path.metadata()?.is_file() {
        bail!("{} is no plain file", path.display());
    }
    Ok(File::open(path)?)
}

/// The SHA-256 of a file.
///
/// # Errors
/// When it cannot be read, or is none that can be read more than once.
pub(crate) fn hash_of(path: &Path) -> Result<String> {
    let mut file = open_again(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(&buffer[..count]);
    }
}

/// The SHA-256 of each file; empty where one cannot be read.
pub(crate) fn hashes_of(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| hash_of(path).unwrap_or_default()).collect()
}

/// Bytes at either end of a file by which it is known again.
const MARK_BYTES: u64 = 1 << 20;

/// What a file is known again by: its length and both its ends. A whole hash would read a large
/// estate twice only to note that it was screened.
fn mark_of(path: &Path) -> Result<String> {
    let mut file = open_again(path)?;
    let length = file.metadata()?.len();
    let mut bytes = length.to_le_bytes().to_vec();
    (&file).take(MARK_BYTES).read_to_end(&mut bytes)?;
    file.seek(SeekFrom::Start(length.saturating_sub(MARK_BYTES)))?;
    file.take(MARK_BYTES).read_to_end(&mut bytes)?;
    Ok(sha256(&bytes))
}

/// The folder of a file.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new file beside another, for that one's name.
pub(crate) fn beside(path: &Path) -> std::io::Result<NamedTempFile> {
    // What the library says of a folder that is not there names a file that nobody asked for.
    std::fs::metadata(folder(path))?;
    let mut builder = Builder::new();
    builder.prefix(".whomade-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // What the user's mask leaves of it, as of any file: others may have to read it.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder(path))
}

/// Whether something is there that is no file: a pipe or a terminal is written into, not replaced.
pub(crate) fn is_stream(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|seen| !seen.is_file() && !seen.is_dir())
}

/// The file that a name leads to: a link stays one, and what it leads to is replaced.
pub(crate) fn behind(path: &Path) -> PathBuf {
    let is_link = std::fs::symlink_metadata(path).is_ok_and(|seen| seen.is_symlink());
    if is_link { path.canonicalize().unwrap_or_else(|_| path.to_owned()) } else { path.to_owned() }
}

/// Looks whether a file can be written, for whoever writes it much later; nothing is left behind.
///
/// # Errors
/// When it cannot.
pub(crate) fn writable(path: &Path) -> Result<()> {
    if is_stream(path) {
        return Ok(());
    }
    beside(&behind(path)).map(drop).with_context(|| cannot_write(path))
}

/// Writes a file whole or not at all. A pipe or a device is written into.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        if is_stream(path) {
            return File::options().write(true).open(path)?.write_all(bytes);
        }
        let path = behind(path);
        let mut whole = beside(&path)?;
        whole.write_all(bytes)?;
        whole.persist(path).map(drop).map_err(|wrong| wrong.error)
    };
    write().with_context(|| cannot_write(path))
}

/// That a file cannot be written, with the next step; behind it stands what the system says.
pub(crate) fn cannot_write(path: &Path) -> String {
    let shown = clean(&path.to_string_lossy());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let next = if folder.is_dir() {
        "name a file in a folder that you may write to".to_owned()
    } else {
        format!("there is no folder {}; make it first", clean(&folder.to_string_lossy()))
    };
    format!("cannot write {shown}; {next}")
}

/// Writes a run: a header, a line a device, the summary; compressed.
pub(crate) struct RunWriter {
    out: GzEncoder<BufWriter<File>>,
}

impl RunWriter {
    pub(crate) fn new(
        path: &Path,
        run: &LastRun,
        asked: &Asked,
        base: &Identity,
        body: Option<&str>,
    ) -> Result<Self> {
        let file = File::create(path).with_context(|| cannot_write(path))?;
        let mut out = GzEncoder::new(BufWriter::new(file), Compression::fast());
        let inputs: Vec<Value> = run
            .files
            .iter()
            .map(|file| json!({ "file": file, "sha256": hash_of(run.servers.place(file)).ok() }))
            .collect();
        let header = json!({
            "v": run.asked.form(),
            "program": env!("CARGO_PKG_VERSION"),
            "base": base,
            "body": body,
            "on": asked.on,
            "asked": run.asked,
            "inputs": inputs,
            "policies": hashes_of(&run.asked.policy),
        });
        writeln!(out, "{header}")?;
        Ok(Self { out })
    }

    pub(crate) fn device(&mut self, device: &Device, report: &DeviceReport) -> Result<()> {
        let line = json!({ "device": to_json(device), "report": report });
        writeln!(self.out, "{line}")?;
        Ok(())
    }

    /// Ends the run with its summary, and with how often each code was said of the files.
    pub(crate) fn finish(mut self, summary: &Value, said: &BTreeMap<String, u64>) -> Result<()> {
        writeln!(self.out, "{}", json!({ "summary": summary, "said": said }))?;
        self.out.finish()?.flush()?;
        Ok(())
    }
}

/// The header of a run.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Header {
    pub(crate) v: u32,
    pub(crate) program: String,
    pub(crate) on: Date,
    pub(crate) asked: Typed,
    /// Absent in runs that were kept before runs named their base.
    pub(crate) base: Option<Identity>,
    /// Whose estate it is, where that was said.
    pub(crate) body: Option<String>,
    /// The SHA-256 of each policy: two may bear one name.
    #[serde(default)]
    pub(crate) policies: Vec<String>,
}

/// Reads a run: its header, then each device.
///
/// # Errors
/// When it is no run, or damaged.
pub(crate) fn read_run(path: &Path, mut each: impl FnMut(Device) -> bool) -> Result<Header> {
    let (header, _) = read_lines(path, |line| {
        let device = line.get("device").and_then(from_json);
        Ok(device.is_none_or(&mut each))
    })?;
    Ok(header)
}

/// Reads a run: its header, then each line as it stands. Gives how often each code was said of
/// the files; nothing where the run does not end as a whole one does.
///
/// # Errors
/// When it is no run, or damaged, or `each` says so.
pub(crate) fn read_lines(
    path: &Path,
    mut each: impl FnMut(&Value) -> Result<bool>,
) -> Result<(Header, Option<BTreeMap<String, u64>>)> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot read {shown}"))?;
    let mut lines = BufReader::new(MultiGzDecoder::new(BufReader::new(file)));
    let mut line = String::new();
    let mut next = |line: &mut String| -> Result<bool> {
        line.clear();
        let count = lines
            .by_ref()
            .take(LINE_BYTES_MAX)
            .read_line(line)
            .with_context(|| format!("{shown} is no run, or damaged"))?;
        Ok(count > 0)
    };
    next(&mut line)?;
    let first: Value = serde_json::from_str(&line)
        .with_context(|| format!("{shown} is no run of this program"))?;
    if first.get("v").and_then(Value::as_u64).is_some_and(|v| v > FORM_MAX.into()) {
        bail!("{shown} was written by a newer version ({})", first["v"]);
    }
    let header: Header = serde_json::from_value(first)
        .with_context(|| format!("{shown} is no run of this program"))?;
    if !(1..=FORM_MAX).contains(&header.v) {
        bail!("{shown} is no run of this program: version {}", header.v);
    }
    let mut said = None;
    while next(&mut line)? {
        let value: Value =
            serde_json::from_str(&line).with_context(|| format!("{shown} is damaged"))?;
        if value.get("summary").is_some() {
            let codes = value.get("said").cloned().unwrap_or_else(|| json!({}));
            said = serde_json::from_value(codes).ok();
        } else if !each(&value)? {
            break;
        }
    }
    Ok((header, said))
}
