//! Scans that are larger than memory: lines of banners, each of a host of its own, screened by the
//! program from a pipe, from a file, and as two files that are joined. What is told is how fast
//! they went through and how much memory the program held at most; the aim is 500 MB.
//!
//! `cargo run --release -p whomade-bench --bin large -- [MEGABYTES] [PROGRAM]`

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use whomade_bench::{passed, watch};

/// Megabytes of memory that are not to be passed.
const AIM_MB: u64 = 500;

/// The form of the lines: a host with the start page of its web server, as zgrab2 keeps it.
fn banner(number: u64, out: &mut dyn Write, body: &str) -> io::Result<usize> {
    let line = format!(
        "{{\"ip\":\"{}.{}.{}.{}\",\"data\":{{\"http\":{{\"status\":\"success\",\"protocol\":\
         \"http\",\"port\":80,\"result\":{{\"response\":{{\"status_line\":\"401 Unauthorized\",\
         \"status_code\":401,\"protocol\":{{\"name\":\"HTTP/1.1\",\"major\":1,\"minor\":1}},\
         \"headers\":{{\"server\":[\"App-webs/{number}\"],\"content_length\":[\"{number}\"],\
         \"www_authenticate\":[\"Digest realm=\\\"Login to {number:015X}\\\", nonce=\\\"1\\\"\"]}},\
         \"body\":\"{body}\",\"content_length\":{number}}}}},\
         \"timestamp\":\"2026-11-02T08:00:01Z\"}}}}}}\n",
        10 + (number >> 24),
        number >> 16 & 255,
        number >> 8 & 255,
        number & 255
    );
    out.write_all(line.as_bytes())?;
    Ok(line.len())
}

/// Writes so many bytes of lines, of hosts from that number on; gives the number after the last.
fn write(out: &mut dyn Write, bytes: u64, first: u64) -> io::Result<u64> {
    let body = "<html><head><title>WEB SERVICE</title></head><body class=\\\"main\\\">".repeat(8);
    let (mut written, mut number) = (0, first);
    while written < bytes {
        written += banner(number, out, &body)? as u64;
        number += 1;
    }
    out.flush()?;
    Ok(number)
}

fn file(path: &Path, bytes: u64, first: u64) -> io::Result<u64> {
    write(&mut BufWriter::with_capacity(1 << 20, File::create(path)?), bytes, first)
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let megabytes: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(5_000);
    let program = arguments.next().unwrap_or_else(|| "target/release/whomade".to_owned());
    let bytes = megabytes * 1_000_000;
    let name = |name: &str| std::env::temp_dir().join(format!("whomade-large-{name}.json"));
    let (one, two, again) = (name("one"), name("two"), name("again"));
    let mut out = io::stdout().lock();
    writeln!(out, "{megabytes} MB of banners, one JSON object a line")?;
    measure(&mut out, "from a pipe", bytes, || {
        let mut child = start(&program, &[PathBuf::from("-")], Stdio::piped())?;
        let stdin = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let writing = std::thread::spawn(move || {
            write(&mut BufWriter::with_capacity(1 << 20, stdin), bytes, 0)
        });
        let peak = watch(child)?.peak;
        let wrote = writing.join().map_err(|_| io::Error::other("the writing stopped"))?;
        wrote.map(|_| peak)
    })?;
    let next = file(&one, bytes / 2, 0)?;
    file(&two, bytes / 2, next)?;
    measure(&mut out, "two files of half the size, other hosts in each", bytes, || {
        Ok(watch(start(&program, &[one.clone(), two.clone()], Stdio::null())?)?.peak)
    })?;
    std::fs::remove_file(&two)?;
    // The same hosts in other bytes: a file that is the same would be read once.
    file(&again, bytes / 2 + 1_000, 0)?;
    measure(&mut out, "two files of half the size, the same hosts in both", bytes, || {
        Ok(watch(start(&program, &[one.clone(), again.clone()], Stdio::null())?)?.peak)
    })?;
    std::fs::remove_file(&one)?;
    std::fs::remove_file(&again)
}

fn start(program: &str, files: &[PathBuf], stdin: Stdio) -> io::Result<Child> {
    Command::new(program)
        .args(["screen", "--on", "2026-11-22", "--quiet"])
        .args(files)
        .stdin(stdin)
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
}

fn measure(
    out: &mut dyn Write,
    name: &str,
    bytes: u64,
    work: impl FnOnce() -> io::Result<u64>,
) -> io::Result<()> {
    let (took, peak) = passed(work);
    let (seconds, peak) = (took.as_secs_f64(), peak? >> 10);
    let rate = bytes as f64 / 1e6 / seconds;
    let word = if peak < AIM_MB { "within" } else { "BEYOND" };
    writeln!(
        out,
        "{name:<52} {seconds:>7.1} s {rate:>6.0} MB/s, peak {peak} MB, {word} {AIM_MB} MB"
    )?;
    out.flush()
}
