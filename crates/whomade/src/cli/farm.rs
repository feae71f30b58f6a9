//! What may be typed behind `whomade farm`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::listen::duration;

pub(crate) const EXAMPLES: &str = "Examples:
  sudo whomade farm                                # one of each kind, until Ctrl-C
  sudo whomade farm --count 200 --for 10m --truth truth.csv
  sudo whomade farm --kind dahua-amcrest,printer --count 20
  whomade farm --list

In another window: whomade scan 127.77.0.0/24 --rate 2000 --stations

The devices are models after what is known of real ones, with serial numbers that are made up, and
answer at addresses of this machine alone. --truth says who really made each, to mark a scan by.

Ports below 1024 are an administrator's. Without sudo:
  sudo sysctl net.ipv4.ip_unprivileged_port_start=21";

/// Serve modelled devices on this machine, to try a scan on or to train with.
#[derive(Debug, Args)]
pub(crate) struct Farm {
    /// How many devices; else one of each kind
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub(crate) count: Option<u32>,
    /// Only these kinds, in turn; --list names them
    #[arg(long, value_name = "KIND,…", value_delimiter = ',')]
    pub(crate) kind: Vec<String>,
    /// Also hosts that do what no device should: endless pages, tarpits, storms
    #[arg(long, conflicts_with = "kind")]
    pub(crate) hostile: bool,
    /// The network at whose addresses they stand, from its first one on: of this machine's own
    #[arg(long, value_name = "NETWORK", default_value = "127.77.0.0/16")]
    pub(crate) at: String,
    /// Makes their numbers others; the same seed gives the same devices
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How long: 90s, 10m; until Ctrl-C if not given
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub(crate) lasting: Option<Duration>,
    /// Write who really made each device to this file, as CSV
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: Option<PathBuf>,
    /// List the kinds, with who really makes them and where that was learnt
    #[arg(long)]
    pub(crate) list: bool,
    /// Answer as JSON: with --list a line a kind, else at the end a line a device with its counts
    #[arg(long)]
    pub(crate) json: bool,
}
