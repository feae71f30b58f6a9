//! The helper that sets papers as PDF, a program of its own: found beside this one, then where the
//! system finds programs, as git finds its own.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use whomade_core::paper::Paper;
use whomade_core::report::clean;

/// What it is called.
const NAME: &str = "whomade-typeset";
/// A paper that takes longer is given up.
const SECONDS_MAX: u64 = 300;
/// Bytes of a PDF.
const PDF_BYTES_MAX: u64 = 512 << 20;
/// Bytes of what it says aside.
const SAID_BYTES_MAX: u64 = 64 << 10;

/// Where the helper lies, if it is installed.
pub(crate) fn find() -> Option<PathBuf> {
    let file = format!("{NAME}{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join(&file)));
    let path = std::env::var_os("PATH");
    let folders = path.iter().flat_map(std::env::split_paths);
    // An entry that is empty or relative would run what lies in whatever folder somebody is in.
    let found = folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join(&file));
    beside.into_iter().chain(found).find(|path| path.is_file())
}

/// That it is there, for whoever asks before anything is read.
///
/// # Errors
/// When it is not.
pub(crate) fn is_there() -> Result<()> {
    match find() {
        Some(_) => Ok(()),
        None => bail!(
            "[write/no-typesetter] PDF is set by {NAME}, which is neither beside this program nor \
             on the PATH: `cargo install --path crates/typeset`, or write .html and print it"
        ),
    }
}

/// Sets a paper as PDF, and what the helper said aside.
///
/// # Errors
/// When the helper is not there, fails, or takes too long.
pub(crate) fn pdf(paper: &Paper) -> Result<(Vec<u8>, String)> {
    is_there()?;
    let helper = find().unwrap_or_default();
    let shown = clean(&helper.to_string_lossy());
    let text = serde_json::to_vec(paper)?;
    // It needs nothing of the environment, and gets nothing of it.
    let mut child = Command::new(&helper)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {shown}"))?;
    let (mut to, from, aside) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let writing = std::thread::spawn(move || {
        // A helper that gives up early closes its end: why, it says aside.
        let _ = to.as_mut().map(|to| to.write_all(&text));
    });
    let (done, answer) = mpsc::channel();
    let said = std::thread::spawn(move || {
        let mut said = Vec::new();
        let _ = aside.map(|from| from.take(SAID_BYTES_MAX).read_to_end(&mut said));
        String::from_utf8_lossy(&said).into_owned()
    });
    std::thread::spawn(move || {
        let mut pdf = Vec::new();
        let read = from.map(|from| from.take(PDF_BYTES_MAX + 1).read_to_end(&mut pdf));
        let _ = done.send((read, pdf));
    });
    let Ok((_, pdf)) = answer.recv_timeout(Duration::from_secs(SECONDS_MAX)) else {
        let _ = child.kill();
        let _ = child.wait();
        bail!("[write/typesetter] {NAME} took longer than {SECONDS_MAX} seconds; write .html");
    };
    if pdf.len() as u64 > PDF_BYTES_MAX {
        let _ = child.kill();
        bail!("[write/typesetter] the PDF would be larger than {PDF_BYTES_MAX} bytes; write .html");
    }
    let status = child.wait()?;
    let _ = writing.join();
    let said = said.join().unwrap_or_default();
    if !status.success() || !pdf.starts_with(b"%PDF-") {
        bail!("[write/typesetter] {NAME} did not set the paper: {}", clean(said.trim()));
    }
    Ok((pdf, said.trim().to_owned()))
}
