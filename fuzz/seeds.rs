//! Writes what the targets begin with: the inputs of the golden cases, cut to what each eats.
//! The same cases give the same files.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use whomade_capture::trials::TRIALS as TRIALS_OF_WIRE;
use whomade_capture::{Body, Transport, each_frame, is_capture, packet};
use whomade_formats::read::trials::TRIALS;
use whomade_scan::trials::TRIALS as TRIALS_OF_SCANS;

/// Frames of one capture that become seeds.
const FRAMES_MAX: usize = 400;

fn main() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    inputs(&here.join("../crates/formats/tests/data"), &mut files)?;
    files.sort();
    let files = files.iter().map(fs::read).collect::<io::Result<Vec<_>>>()?;
    for trial in TRIALS {
        write(here, trial.name, trial.eats.seeds(&files))?;
    }
    let captures: Vec<Vec<u8>> = files.into_iter().filter(|file| is_capture(file)).collect();
    let (frames, messages) = carried(&captures);
    // Each with its length before it, as the trial takes them.
    let exported = messages.iter().filter_map(|one| {
        let length = u16::try_from(one.len()).ok()?;
        Some([&length.to_be_bytes(), one.as_slice()].concat())
    });
    let exported: Vec<Vec<u8>> = exported.collect();
    for trial in TRIALS_OF_WIRE {
        let seeds = match trial.name {
            "capture" => &captures,
            "frame" => &frames,
            "flows" => &exported,
            _ => &messages,
        };
        write(here, trial.name, seeds.clone())?;
    }
    // Each behind a byte that chooses what was asked.
    let answers = messages.iter().enumerate().map(|(at, one)| [&[at as u8], one.as_slice()].concat());
    let answers: Vec<Vec<u8>> = answers.collect();
    for trial in TRIALS_OF_SCANS {
        write(here, trial.name, answers.clone())?;
    }
    Ok(())
}

fn write(here: &Path, trial: &str, seeds: Vec<Vec<u8>>) -> io::Result<()> {
    let folder = here.join("corpus").join(trial);
    fs::create_dir_all(&folder)?;
    for (at, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(format!("seed-{at:04}")), seed)?;
    }
    Ok(())
}

/// The frames of captures, the number of their link before each, and the messages in them.
fn carried(captures: &[Vec<u8>]) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (mut frames, mut messages) = (BTreeSet::new(), BTreeSet::new());
    for capture in captures {
        let mut count = 0;
        let _ = each_frame(capture.as_slice(), &mut |frame| {
            if let Ok(link) = u8::try_from(frame.link) {
                frames.insert([&[link], frame.bytes].concat());
            }
            if let Some(Body::Ip(ip)) = packet(&frame).map(|packet| packet.body) {
                match ip.transport {
                    Transport::Udp(_, _, bytes) => messages.insert(bytes.to_vec()),
                    Transport::Tcp(segment) => messages.insert(segment.bytes.to_vec()),
                    _ => false,
                };
            }
            count += 1;
            if count < FRAMES_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
    }
    (frames.into_iter().collect(), messages.into_iter().collect())
}

fn inputs(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            inputs(&path, files)?;
        } else if path.file_stem().is_some_and(|stem| stem == "input") {
            files.push(path);
        }
    }
    Ok(())
}
