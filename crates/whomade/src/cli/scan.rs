//! What may be typed behind `whomade scan`.

use std::path::PathBuf;

use clap::Args;
use whomade_scan::pace::{RATE, RATE_MAX};
use whomade_scan::scanner::{PARALLEL, PARALLEL_MAX};

use super::Stations;

pub(crate) const EXAMPLES: &str = "Examples:
  whomade scan                                  # the private networks of this machine
  whomade scan 10.20.0.0/24 10.20.4.7 --as uk-council --html report.html
  whomade scan 10.20.0.0/16 --rate 500 --exclude 10.20.9.0/24 --log site.ndjson
  whomade scan 198.51.100.0/24 --scope scope.toml
  whomade scan --resume site.ndjson             # go on where it was broken off
  whomade scan 10.20.0.0/16 --dry-run           # how many, how long, what is outside
  whomade scan --requests                       # everything that can ever be sent

It logs in nowhere, changes nothing and sends nothing that is not in the list of --requests. Only
private networks that this machine is attached to are asked, and what a scope file names:

  [[scope]]
  network = \"198.51.100.0/24\"
  owner = \"Northmoor Borough Council\"
  basis = \"asset register, approved by its network team\"
  until = \"2026-12-31\"

The log can be read again at any time: whomade screen scan-….ndjson";

/// Whom to ask, on what ground, and how fast.
#[derive(Debug, Clone, Args)]
pub(crate) struct Whom {
    /// Addresses, networks and ranges: 10.20.0.7, 10.20.0.0/24, 10.20.0.5-90; without any the
    /// private networks of this machine
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    /// More targets, one a line; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) targets_from: Vec<PathBuf>,
    /// Leave these out
    #[arg(long, value_name = "NETWORK,…", value_delimiter = ',')]
    pub(crate) exclude: Vec<String>,
    /// Who answers for networks that are not this machine's own private ones, until when
    #[arg(long, value_name = "FILE")]
    pub(crate) scope: Vec<PathBuf>,
    /// Connections begun and datagrams sent a second, at most
    #[arg(long, value_name = "N", default_value_t = RATE)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(RATE_MAX)))]
    pub(crate) rate: u32,
    /// Hosts that are asked at once; each of them one connection at a time
    #[arg(long, value_name = "N", default_value_t = PARALLEL as u32)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=PARALLEL_MAX as i64))]
    pub(crate) parallel: u32,
    /// Look at every port of the list at every address, not only where a first one is open
    #[arg(long)]
    pub(crate) all_ports: bool,
    /// Search nobody on the local links by broadcast and multicast
    #[arg(long)]
    pub(crate) no_search: bool,
}

/// Ask the devices of a network who made them.
#[derive(Debug, Args)]
pub(crate) struct Scan {
    #[command(flatten)]
    pub(crate) whom: Whom,
    /// Write what is heard to this file; else to scan-TIME.ndjson in this folder
    #[arg(long, value_name = "FILE", conflicts_with = "no_log")]
    pub(crate) log: Option<PathBuf>,
    /// Keep no log: a scan that is broken off cannot be gone on with
    #[arg(long)]
    pub(crate) no_log: bool,
    /// Go on with the scan of this log where it was broken off
    #[arg(long, value_name = "LOG", conflicts_with_all = ["targets", "targets_from", "log", "no_log"])]
    pub(crate) resume: Option<PathBuf>,
    /// Only look which ports are open: say nothing to anybody, and search nobody
    #[arg(long)]
    pub(crate) ports_only: bool,
    /// Say what would be asked, and how long it would take; send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// List everything that can ever be sent, why it is harmless, and the ports; send nothing
    #[arg(long)]
    pub(crate) requests: bool,
    #[command(flatten)]
    pub(crate) stations: Stations,
}
