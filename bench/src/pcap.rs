//! Captures: read to stations, traces and peers, and by the program to findings, beside what
//! others do with the same file.
//!
//! `cargo run --release -p whomade-bench --bin pcap -- [MEGABYTES [PROGRAM [COMMAND ARGUMENT…]]]`:
//! the capture is made from a seed (1,000 cameras: streams and their setting up, TLS with
//! beginnings split over two segments, names asked for, discovery, small acknowledgements), once
//! mostly of streams, as cameras fill a network, and once nearly without them. Commands
//! stand one behind the other, parted by `--`, each run as it is given with the path of the capture
//! in the place of `{}`; no other is run.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use whomade_bench::{Watched, on_core, passed, watch};
use whomade_capture::{Capture, each_frame};

#[path = "pcap/made.rs"]
mod made;

/// The aim: packets and bytes a second on one core, and memory.
const AIM: &str = "aim: 1,000,000 packets/s, 500 MB/s, 300 MB";

/// What the capture is mostly of: packets of a stream between two other things.
const RUNS: [(&str, u64); 2] = [("mostly streams", 60), ("nearly without streams", 1)];

fn main() -> io::Result<()> {
    let mut typed = std::env::args().skip(1);
    let megabytes: u64 = typed.next().and_then(|text| text.parse().ok()).unwrap_or(600);
    let program = typed.next().unwrap_or_else(|| "target/release/whomade".to_owned());
    let others: Vec<String> = typed.collect();
    let path = std::env::temp_dir().join("whomade-bench.pcap");
    let mut out = io::stdout().lock();
    for (name, run) in RUNS {
        let made = made::write(&path, megabytes << 20, run)?;
        writeln!(
            out,
            "{name}: {} MB, {} packets of {} bytes on average, {} cameras; {AIM}",
            made.bytes >> 20,
            made.packets,
            made.bytes / made.packets,
            made::CAMERAS
        )?;
        measure(&mut out, (&path, &made), &program, &others)?;
    }
    std::fs::remove_file(&path)
}

/// Reads a capture in this process, by the program, and by each other command.
fn measure(
    out: &mut dyn Write,
    (path, made): (&Path, &made::Made),
    program: &str,
    others: &[String],
) -> io::Result<()> {
    let (took, seen) = on_core(|| stations(path));
    let (stations, traces, peers) = seen?;
    told(out, "to stations, traces and peers, one core", made, took, None)?;
    writeln!(out, "  {stations} stations, {traces} traces, {peers} peers")?;
    for form in ["capture", "screen"] {
        let mut command = Command::new(program);
        command.args([form, "--quiet", "--on", "2026-11-22"]).arg(path);
        let (took, seen) = run(&mut command)?;
        told(out, &format!("whomade {form} --quiet"), made, took, Some(seen))?;
    }
    for other in others.split(|word| word == "--").filter(|words| !words.is_empty()) {
        let words: Vec<String> =
            other.iter().map(|word| word.replace("{}", &path.to_string_lossy())).collect();
        let (took, seen) = run(Command::new(&words[0]).args(&words[1..]))?;
        told(out, &other.join(" "), made, took, Some(seen))?;
    }
    Ok(())
}

/// Runs a command to its end; how long that took by the clock, and what was seen of it.
fn run(command: &mut Command) -> io::Result<(Duration, Watched)> {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = quiet.spawn()?;
    let (took, seen) = passed(|| watch(child));
    Ok((took, seen?))
}

/// How many stations a capture shows, and how many traces and peers they have.
fn stations(path: &Path) -> io::Result<(usize, usize, usize)> {
    let mut capture = Capture::default();
    let file = BufReader::with_capacity(1 << 20, File::open(path)?);
    let read = each_frame(file, &mut |frame| {
        capture.take(&frame);
        ControlFlow::Continue(())
    });
    read.map_err(io::Error::other)?;
    let (stations, _) = capture.finish();
    let traces = stations.iter().map(|one| one.traces.len()).sum();
    let peers = stations.iter().map(|one| one.peers.len()).sum();
    Ok((stations.len(), traces, peers))
}

fn told(
    out: &mut dyn Write,
    name: &str,
    made: &made::Made,
    took: Duration,
    seen: Option<Watched>,
) -> io::Result<()> {
    let rates = |took: Duration| {
        let seconds = took.as_secs_f64();
        let (packets, bytes) = (made.packets as f64 / seconds, made.bytes as f64 / seconds / 1e6);
        format!("{seconds:>6.2} s {packets:>9.0} packets/s {bytes:>6.0} MB/s")
    };
    let busiest = seen.and_then(|seen| seen.busiest);
    let busiest = busiest.map(|busiest| format!("; on its busiest core {}", rates(busiest)));
    let peak = seen.map(|seen| format!("; peak {} MB", seen.peak >> 10));
    let (busiest, peak) = (busiest.unwrap_or_default(), peak.unwrap_or_default());
    writeln!(out, "{name:<40} {}{busiest}{peak}", rates(took))?;
    out.flush()
}
