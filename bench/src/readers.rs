//! The readers beside their floor: the same library merely parsing the same bytes, on one core.
//!
//! `cargo run --release -p whomade-bench --bin readers -- [MEGABYTES [FORM]]`: all forms, or those
//! whose name holds that word.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use whomade_bench::{core_time, on_core};
use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::Device;
use whomade_formats::read::{Options, Sink, Understood, read_file};

/// A form of input, how it is written and how its library parses it.
struct Form {
    name: &'static str,
    head: &'static str,
    record: fn(u64) -> String,
    tail: &'static str,
    floor: fn(&Path) -> io::Result<u64>,
}

const FORMS: [Form; 4] = [
    Form {
        name: "banners, one JSON object a line (zgrab2)",
        head: "",
        record: banner,
        tail: "",
        floor: json_lines,
    },
    Form {
        name: "observations, one JSON object a line",
        head: "",
        record: observation,
        tail: "",
        floor: json_lines,
    },
    Form {
        name: "inventory (CSV)",
        head: "Asset,Site,Make,Model,Serial,MAC,IP,Firmware\n",
        record: row,
        tail: "",
        floor: csv_records,
    },
    Form {
        name: "scan (nmap XML)",
        head: "<?xml version=\"1.0\"?>\n<nmaprun scanner=\"nmap\" xmloutputversion=\"1.05\">\n",
        record: host,
        tail: "</nmaprun>\n",
        floor: xml_events,
    },
];

fn ip(number: u64) -> String {
    format!("{}.{}.{}.{}", 10 + (number >> 24), number >> 16 & 255, number >> 8 & 255, number & 255)
}

/// The body of a start page goes with it, as scans keep it.
fn banner(number: u64) -> String {
    let body = "<html><head><title>WEB SERVICE</title></head><body class=\\\"main\\\">".repeat(8);
    format!(
        "{{\"ip\":\"{}\",\"data\":{{\"http\":{{\"status\":\"success\",\"protocol\":\"http\",\
         \"port\":80,\"result\":{{\"response\":{{\"status_line\":\"401 Unauthorized\",\
         \"status_code\":401,\"protocol\":{{\"name\":\"HTTP/1.1\",\"major\":1,\"minor\":1}},\
         \"headers\":{{\"server\":[\"App-webs/{number}\"],\"content_length\":[\"{number}\"],\
         \"www_authenticate\":[\"Digest realm=\\\"Login to {number:015X}\\\", nonce=\\\"1\\\"\"]}},\
         \"body\":\"{body}\",\"content_length\":{number}}}}},\
         \"timestamp\":\"2026-11-02T08:00:01Z\"}}}}}}\n",
        ip(number)
    )
}

fn observation(number: u64) -> String {
    format!(
        "{{\"device\":\"CAM-{number:08}\",\"label\":\"LTS\",\"model\":\"CMIP{number}N\",\
         \"mac\":\"44:19:b6:{:02x}:{:02x}:{:02x}\",\"ip\":\"{}\",\"http-server\":\"DNVRS-Webs\"}}\n",
        number >> 16 & 255,
        number >> 8 & 255,
        number & 255,
        ip(number)
    )
}

fn row(number: u64) -> String {
    format!(
        "CAM-{number:08},Site {},LTS,CMIP{number}N,SN{number:012},44:19:b6:{:02x}:{:02x}:{:02x},{},\
         \"2.800.0000000.16.R, Build Date 2019-07-26\"\n",
        number % 5000,
        number >> 16 & 255,
        number >> 8 & 255,
        number & 255,
        ip(number)
    )
}

fn host(number: u64) -> String {
    let mut ports = String::new();
    for port in [80, 443, 554, 8000] {
        ports += &format!(
            "<port protocol=\"tcp\" portid=\"{port}\"><state state=\"open\" reason=\"syn-ack\" \
             reason_ttl=\"64\"/><service name=\"http\" product=\"Hikvision IPCam http config\" \
             devicetype=\"webcam\" method=\"probed\" conf=\"10\"/><script \
             id=\"http-server-header\" output=\"App-webs/{number}\"><elem>App-webs/{number}\
             </elem></script></port>\n"
        );
    }
    format!(
        "<host starttime=\"1793606400\" endtime=\"1793606460\"><status state=\"up\" \
         reason=\"arp-response\" reason_ttl=\"0\"/>\n<address addr=\"{}\" addrtype=\"ipv4\"/>\n\
         <address addr=\"44:19:B6:{:02X}:{:02X}:{:02X}\" addrtype=\"mac\" \
         vendor=\"Hangzhou Hikvision Digital Technology\"/>\n<hostnames>\n</hostnames>\n\
         <ports>{ports}</ports>\n<times srtt=\"1049\" rttvar=\"614\" to=\"100000\"/>\n</host>\n",
        ip(number),
        number >> 16 & 255,
        number >> 8 & 255,
        number & 255
    )
}

fn json_lines(path: &Path) -> io::Result<u64> {
    let mut reader = BufReader::with_capacity(64 << 10, File::open(path)?);
    let (mut line, mut records) = (String::new(), 0);
    while reader.read_line(&mut line)? > 0 {
        let value: serde_json::Value = serde_json::from_str(&line)?;
        records += u64::from(value.is_object());
        line.clear();
    }
    Ok(records)
}

fn csv_records(path: &Path) -> io::Result<u64> {
    let mut reader = csv::Reader::from_path(path)?;
    let mut record = csv::StringRecord::new();
    let mut records = 0;
    while reader.read_record(&mut record)? {
        records += 1;
    }
    Ok(records)
}

fn xml_events(path: &Path) -> io::Result<u64> {
    use quick_xml::events::Event;
    let file = BufReader::with_capacity(64 << 10, File::open(path)?);
    let mut reader = quick_xml::Reader::from_reader(file);
    let (mut buffer, mut records) = (Vec::new(), 0);
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(io::Error::other)? {
            Event::Start(tag) => records += u64::from(tag.local_name().as_ref() == "host"),
            Event::Eof => return Ok(records),
            _ => {}
        }
    }
}

/// How often each is measured.
const ROUNDS: u32 = 3;

/// Devices whose memory is kept for the next ones.
const SPARE_MAX: usize = 64;

/// Counts devices and gives their memory back, as the program does.
#[derive(Default)]
struct Counting {
    devices: u64,
    observations: u64,
    spare: Vec<Box<Device>>,
    said: u64,
}

impl Sink for Counting {
    fn understood(&mut self, _: Understood) {}

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        self.devices += 1;
        self.observations += device.observations.len() as u64;
        if self.spare.len() < SPARE_MAX {
            self.spare.push(device);
        }
        ControlFlow::Continue(())
    }

    fn spare(&mut self) -> Box<Device> {
        self.spare.pop().unwrap_or_default()
    }

    fn diagnostic(&mut self, _: Diagnostic) {
        self.said += 1;
    }
}

fn generate(form: &Form, path: &Path, bytes: u64) -> io::Result<u64> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    out.write_all(form.head.as_bytes())?;
    let (mut written, mut number) = (0, 0);
    while written < bytes {
        let record = (form.record)(number);
        out.write_all(record.as_bytes())?;
        written += record.len() as u64;
        number += 1;
    }
    out.write_all(form.tail.as_bytes())?;
    out.flush()?;
    Ok(number)
}

/// The best times of the floor and of the reader, taken in turn.
fn measured(form: &Form, path: &Path, records: u64) -> io::Result<(Duration, Duration, f64)> {
    let (mut floor, mut took) = (Duration::MAX, Duration::MAX);
    let mut observations = 0;
    for _ in 0..ROUNDS {
        let (once, parsed) = on_core(|| (form.floor)(path));
        let parsed = parsed?;
        floor = floor.min(once);
        let mut sink = Counting::default();
        let once = core_time(|| {
            read_file(path, &Options::default(), &mut sink);
        });
        took = took.min(once);
        if parsed != records || sink.devices != records || sink.said > 0 {
            let why = format!("{records} records, {parsed} parsed, {} read", sink.devices);
            return Err(io::Error::other(why));
        }
        observations = sink.observations;
    }
    Ok((floor, took, observations as f64 / records as f64))
}

fn main() -> io::Result<()> {
    let asked = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let megabytes: u64 = asked.unwrap_or(500);
    let wanted = std::env::args().nth(2).unwrap_or_default();
    let mut out = io::stdout().lock();
    writeln!(out, "{megabytes} MB each, every address and serial number unlike any other")?;
    let forms = FORMS.iter().filter(|form| form.name.contains(&wanted));
    for (at, form) in forms.enumerate() {
        let path: PathBuf = std::env::temp_dir().join(format!("whomade-readers-{at}"));
        let records = generate(form, &path, megabytes << 20)?;
        let bytes = path.metadata()?.len() as f64 / f64::from(1 << 20);
        let (floor, took, observations) = measured(form, &path, records)?;
        std::fs::remove_file(&path)?;
        writeln!(
            out,
            "{:<42} floor {:>6.0} MB/s   read {:>6.0} MB/s   {:>5.1} % of the floor   {:.1} \
             observations a record",
            form.name,
            bytes / floor.as_secs_f64(),
            bytes / took.as_secs_f64(),
            100.0 * floor.as_secs_f64() / took.as_secs_f64(),
            observations,
        )?;
        out.flush()?;
    }
    Ok(())
}
