//! A large estate: rows with unique address, serial and IP, 50,000 models and 5 % typos, screened
//! by the program; beside it two floors, the same file merely read with the csv crate.
//!
//! `cargo run --release -p whomade-bench --bin estate -- [ROWS] [PROGRAM]`

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use whomade_bench::{Watched, on_core, passed, watch};

/// Model numbers of each label: with eight labels 50,000.
const MODELS: u64 = 6_250;

/// Label, address block, firmware.
const LABELS: [(&str, &str, &str); 8] = [
    ("Hikvision", "4419b6", "V5.5.83 build 190221"),
    ("Dahua", "a0bd1d", "2.800.0000000.16.R, Build Date 2019-07-26"),
    ("LTS", "142ffd", "V5.4.5 build 170124"),
    ("Axis", "accc8e", "10.12.114"),
    ("Hanwha", "000918", "1.41.02"),
    ("Lorex", "9002a9", "2.420.LR00.0.R"),
    ("Uniview", "48ea63", "IPC_G6107-B0001P82D1806"),
    ("Bosch", "000463", "7.10.0095"),
];

/// The form of a label's model numbers with its number counted through. That each of them was
/// sold is not said: the program has to read them all the same.
fn model(label: usize, number: u64) -> String {
    let (low, high) = (1_000 + number % 3_125, number / 3_125);
    match label {
        0 => format!("DS-2CD{low}G{high}-I"),
        1 => format!("IPC-HDW{low}R-Z{}", ["", "S"][high as usize]),
        2 => format!("CMIP{low}N-{}", ["M", "28M"][high as usize]),
        3 => format!("P{low}-LV{}", ["", "E"][high as usize]),
        4 => format!("QN{}-{low}R", ["D", "V"][high as usize]),
        5 => format!("LN{}{low}-C", ["B", "E"][high as usize]),
        6 => format!("IPC3{:03}SR{}-ADPF40-F", number % 1_000, number / 1_000),
        _ => format!("FLEXIDOME IP {number}i"),
    }
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let rows: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let program = arguments.next().unwrap_or_else(|| "target/release/whomade".to_owned());
    let path = std::env::temp_dir().join(format!("whomade-estate-{rows}.csv"));
    // To look into the file, or to profile the program on it.
    let only_written = program == "none";
    let mut out = io::stdout().lock();
    generate(&path, rows)?;
    let bytes = path.metadata()?.len();
    writeln!(
        out,
        "{rows} rows, {} MB, unique MAC, serial and IP, 50,000 models, 5 % typos",
        bytes >> 20
    )?;
    if only_written {
        return Ok(());
    }
    let bytes = floor(|| read_bytes(&path))?;
    let texts = floor(|| read_texts(&path))?;
    for (name, took) in [("bytes (ByteRecord)", bytes), ("text (StringRecord)", texts)] {
        let name = format!("floor: csv crate, every record as {name}");
        report(&mut out, &name, rows, took, (bytes, texts), None)?;
    }
    for form in ["--quiet", "--csv", "--json"] {
        let (passed, seen) = passed(|| screen(&program, &path, form));
        let seen = seen?;
        let took = Took { passed, on_core: seen.busiest.unwrap_or(passed) };
        let name = format!("whomade screen {form}");
        report(&mut out, &name, rows, took, (bytes, texts), Some(seen.peak))?;
    }
    std::fs::remove_file(&path)
}

/// How long something took.
#[derive(Clone, Copy)]
struct Took {
    /// By the clock.
    passed: Duration,
    /// How long its busiest thread had a core.
    on_core: Duration,
}

fn floor(read: impl FnOnce() -> io::Result<()>) -> io::Result<Took> {
    let (passed, (on_core, read)) = passed(|| on_core(read));
    read.map(|()| Took { passed, on_core })
}

fn report(
    out: &mut dyn Write,
    name: &str,
    rows: u64,
    took: Took,
    (bytes, texts): (Took, Took),
    peak: Option<u64>,
) -> io::Result<()> {
    let seconds = took.passed.as_secs_f64();
    let rate = rows as f64 / seconds;
    let share = |floor: Took| 100.0 * floor.passed.as_secs_f64() / seconds;
    let of_core = |floor: Took| 100.0 * floor.on_core.as_secs_f64() / took.on_core.as_secs_f64();
    let peak = peak.map(|kib| format!(", peak {} MB", kib >> 10)).unwrap_or_default();
    writeln!(
        out,
        "{name:<54} {seconds:>7.2} s {rate:>10.0} rows/s {:>6.1} % of bytes {:>6.1} % of text; \
         {:.2} s on the core of its busiest thread: {:.1} and {:.1} %{peak}",
        share(bytes),
        share(texts),
        took.on_core.as_secs_f64(),
        of_core(bytes),
        of_core(texts),
    )?;
    out.flush()
}

fn read_bytes(path: &Path) -> io::Result<()> {
    let mut reader = csv::Reader::from_path(path)?;
    let mut record = csv::ByteRecord::new();
    let mut cells = 0;
    while reader.read_byte_record(&mut record)? {
        cells += record.len();
    }
    if cells == 0 { Err(io::Error::other("nothing was read")) } else { Ok(()) }
}

fn read_texts(path: &Path) -> io::Result<()> {
    let mut reader = csv::Reader::from_path(path)?;
    let mut record = csv::StringRecord::new();
    let mut cells = 0;
    while reader.read_record(&mut record)? {
        cells += record.len();
    }
    if cells == 0 { Err(io::Error::other("nothing was read")) } else { Ok(()) }
}

/// Runs the program and watches how much memory it holds.
fn screen(program: &str, path: &Path, form: &str) -> io::Result<Watched> {
    let child = Command::new(program)
        .args(["screen", "--on", "2026-11-22", form])
        .arg(path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    watch(child)
}

/// Writes the file; the same rows for the same number.
fn generate(path: &Path, rows: u64) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    writeln!(out, "asset,site,make,model,serial,mac,ip,firmware,installed")?;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut devices = [0_u32; LABELS.len()];
    for row in 0..rows {
        let at = (next() % 8) as usize;
        let (label, block, firmware) = LABELS[at];
        let model = model(at, next() % MODELS);
        let (typo, number) = (next() % 100 < 5, next());
        let (label, model) =
            if typo { wrong(label, &model, number) } else { (label.into(), model) };
        let device = devices[at];
        devices[at] += 1;
        let quote = if firmware.contains(',') { "\"" } else { "" };
        writeln!(
            out,
            "CAM-{row:08},Site {},{label},{model},SN{row:010}{:04X},{block}{device:06x},\
             {}.{}.{}.{},{quote}{firmware}{quote},20{:02}-{:02}-{:02}",
            number % 5000,
            number & 0xffff,
            10 + (row >> 24),
            row >> 16 & 255,
            row >> 8 & 255,
            row & 255,
            15 + number % 10,
            1 + number % 12,
            1 + number % 28
        )?;
    }
    out.flush()
}

/// A letter lost from the label, a letter for a digit in the model.
fn wrong(label: &str, model: &str, number: u64) -> (String, String) {
    let mut label = label.to_owned();
    let at = (number % label.len() as u64) as usize;
    label.remove(at);
    (label, model.replacen('0', "O", 1))
}
