//! An estate over time: devices with twenty observations each, no two with a serial number, an
//! address or a certificate in common, imported into a store. What is told is how many observations
//! a second become part of the estate, worked out and findable, and what a second reading of the
//! same feed costs, of which nothing is new.
//!
//! `cargo run --release -p whomade-bench --bin store -- [DEVICES] [FILE or postgres://…]`

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::json;
use whomade_bench::passed;
use whomade_core::assembly::Judged;
use whomade_formats::read::Options;
use whomade_inquiry::asking::{Asked, Typed};
use whomade_inquiry::base::load;
use whomade_store::{Address, Import, NewRun, Store};

/// Observations of each device.
const OBSERVATIONS: u64 = 20;

/// Label, address block, firmware, web server.
const KINDS: [(&str, &str, &str, &str); 6] = [
    ("Hikvision", "4419b6", "V5.5.83 build 190221", "App-webs/"),
    ("LTS", "142ffd", "V5.4.5 build 170124", "DNVRS-Webs"),
    ("Dahua", "a0bd1d", "2.800.0000000.16.R, Build Date 2019-07-26", "Dahua Rtsp Server"),
    ("Lorex", "9002a9", "2.420.LR00.0.R", "webserver"),
    ("Axis", "accc8e", "10.12.114", "Apache"),
    ("Hanwha Vision", "000918", "1.41.02", "lighttpd"),
];

/// Spreads numbers so that neighbours have nothing in common.
const fn mixed(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ number >> 7
}

fn write(path: &Path, devices: u64) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    for number in 0..devices {
        let (label, block, firmware, server) = KINDS[(mixed(number) % 6) as usize];
        let (spread, low) = (mixed(number + 1), number & 0xff_ffff);
        let mac = format!("{block}{low:06x}");
        let line = json!({
            "device": format!("CAM-{number:07}"),
            "site": format!("Site {:03}", spread % 400),
            "label": label,
            "model": format!("X{}-{}", spread % 900, number % 50),
            "serial": format!("{:03X}{number:09}", number % 0xfff),
            "mac": mac,
            "ip": format!("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255),
            "firmware": firmware,
            "hostname": format!("cam{number}"),
            "http-server": server,
            "auth-realm": format!("Login to {spread:016X}"),
            "http-title": "WEB SERVICE",
            "http-path": "/doc/page/login.asp",
            "onvif-manufacturer": "ONVIF",
            "hardware": format!("HW-{}", spread % 77),
            "rtsp-server": format!("Rtsp/{}", spread % 9),
            "tls-subject": format!("CN=cam{number}"),
            "tls-issuer": format!("CN=cam{number}"),
            "tls-fingerprint": format!("{:016x}{:016x}{:016x}{:016x}", spread, number, !spread, !number),
            "favicon-md5": format!("{:032x}", spread % 5),
            "snmp": format!("camera {number}"),
            "dns-name": format!("cam{}.example", spread % 1_000),
        });
        writeln!(out, "{line}")?;
    }
    out.flush()
}

fn import(
    runtime: &tokio::runtime::Runtime,
    store: &Store,
    file: PathBuf,
) -> Result<(i64, u64), Box<dyn std::error::Error>> {
    let (known, _) = load(None)?;
    let typed = Typed { on: Some("2026-11-22".to_owned()), ..Typed::default() };
    let asked = Asked::check(&known.base, &typed)?;
    let new = NewRun {
        feed: "everything".to_owned(),
        kind: "import".to_owned(),
        who: "bench".to_owned(),
        inputs: json!([file]),
        day: asked.on.to_string(),
        ..NewRun::default()
    };
    let run = runtime.block_on(store.begin_run(&new))?;
    let import = Import {
        store,
        runtime: runtime.handle().clone(),
        known: &known,
        asked: &asked,
        run,
        folder: None,
        watch: &mut |_| ControlFlow::Continue(()),
    };
    let imported = import.read(&[file], &Options::default(), Judged::default())?;
    runtime.block_on(store.publish(run, "bench"))?;
    Ok((run, imported.unclear))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let devices: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let at = arguments.next();
    let folder = std::env::temp_dir();
    let own = folder.join(format!("whomade-store-{}.db", std::process::id()));
    let address = at.as_deref().map_or(Address::File(own), Address::parse);
    let file = folder.join(format!("whomade-store-{devices}.ndjson"));
    write(&file, devices)?;
    let mut out = io::stdout().lock();
    let observations = devices * OBSERVATIONS;
    writeln!(out, "{devices} devices, {observations} observations, into {address}")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let store = runtime.block_on(Store::open(&address))?;
    for name in ["all of it new", "the same feed again, nothing new"] {
        let (took, done) = passed(|| import(&runtime, &store, file.clone()));
        let (run, unclear) = done?;
        let run = runtime.block_on(store.run(run))?;
        writeln!(
            out,
            "{name:<34} {:>8.1} s {:>9.0} observations/s; {} devices, {} of them new, {unclear} \
             unclear, {} observations",
            took.as_secs_f64(),
            run.observations as f64 / took.as_secs_f64(),
            run.devices,
            run.new_devices,
            run.observations,
        )?;
        out.flush()?;
    }
    if let Address::File(path) = &address {
        writeln!(out, "{} MB on the disk", path.metadata()?.len() >> 20)?;
    }
    std::fs::remove_file(&file)?;
    Ok(())
}
