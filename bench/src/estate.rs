//! A large estate: rows with unique address, serial and IP and 5 % typos, screened by the
//! program; beside it the floor, the same file merely read with the csv crate.
//!
//! `cargo run --release -p whomade-bench --bin estate -- [ROWS] [PROGRAM]`

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const LABELS: [(&str, &str, &str, &str); 8] = [
    ("Hikvision", "DS-2CD2143G2-I", "4419b6", "V5.5.83 build 190221"),
    ("Dahua", "IPC-HDW2231R-ZS", "a0bd1d", "2.800.0000000.16.R, Build Date 2019-07-26"),
    ("LTS", "CMIP7422N-28M", "142ffd", "V5.4.5 build 170124"),
    ("Axis", "P3245-LVE", "accc8e", "10.12.114"),
    ("Hanwha", "QNV-8080R", "000918", "1.41.02"),
    ("Lorex", "LNB8005-C", "9002a9", "2.420.LR00.0.R"),
    ("Uniview", "IPC3614SR3-ADPF40-F", "48ea63", "IPC_G6107-B0001P82D1806"),
    ("Bosch", "FLEXIDOME IP 4000i", "000463", "7.10.0095"),
];

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let rows: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let program = arguments.next().unwrap_or_else(|| "target/release/whomade".to_owned());
    let path = std::env::temp_dir().join(format!("whomade-estate-{rows}.csv"));
    let mut out = io::stdout().lock();
    generate(&path, rows)?;
    let bytes = path.metadata()?.len();
    writeln!(out, "{rows} rows, {} MB, unique MAC, serial and IP, 5 % typos", bytes >> 20)?;
    let floor = timed(|| read_only(&path))?;
    report(&mut out, "floor: csv crate, every record read", rows, floor, floor, None)?;
    for form in ["--json", "--csv", "--quiet"] {
        let mut peak = 0;
        let took = timed(|| {
            peak = screen(&program, &path, form)?;
            Ok(())
        })?;
        report(&mut out, &format!("whomade screen {form}"), rows, took, floor, Some(peak))?;
    }
    std::fs::remove_file(&path)
}

fn report(
    out: &mut dyn Write,
    name: &str,
    rows: u64,
    took: Duration,
    floor: Duration,
    peak: Option<u64>,
) -> io::Result<()> {
    let rate = rows as f64 / took.as_secs_f64();
    let share = 100.0 * floor.as_secs_f64() / took.as_secs_f64();
    let peak = peak.map(|kib| format!(", peak {} MB", kib >> 10)).unwrap_or_default();
    writeln!(
        out,
        "{name:<38} {:>7.2} s {:>10.0} rows/s {share:>6.1} % of the floor{peak}",
        took.as_secs_f64(),
        rate
    )
}

#[expect(clippy::disallowed_methods, reason = "measuring is what this program is for")]
fn timed(work: impl FnOnce() -> io::Result<()>) -> io::Result<Duration> {
    let start = std::time::Instant::now();
    work()?;
    Ok(start.elapsed())
}

fn read_only(path: &Path) -> io::Result<()> {
    let mut reader = csv::Reader::from_path(path)?;
    let mut record = csv::ByteRecord::new();
    let mut cells = 0;
    while reader.read_byte_record(&mut record)? {
        cells += record.len();
    }
    if cells == 0 { Err(io::Error::other("nothing was read")) } else { Ok(()) }
}

/// Runs the program and watches how much memory it holds.
fn screen(program: &str, path: &Path, form: &str) -> io::Result<u64> {
    let mut child = Command::new(program)
        .args(["screen", "--on", "2026-11-22", form])
        .arg(path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(peak)
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
    for row in 0..rows {
        let (label, model, block, firmware) = LABELS[(next() % 8) as usize];
        let (typo, number) = (next() % 100 < 5, next());
        let (label, model) =
            if typo { wrong(label, model, number) } else { (label.into(), model.into()) };
        writeln!(
            out,
            "CAM-{row:08},Site {},{label},{model},SN{row:010}{:04X},{block}{:06x},10.{}.{}.{},\
             {}{firmware}{},20{:02}-{:02}-{:02}",
            number % 5000,
            number & 0xffff,
            row & 0xff_ffff,
            row >> 16 & 255,
            row >> 8 & 255,
            row & 255,
            if firmware.contains(',') { "\"" } else { "" },
            if firmware.contains(',') { "\"" } else { "" },
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
