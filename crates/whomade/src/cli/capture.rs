//! What may be typed behind `whomade capture`.

use std::path::PathBuf;

use clap::Args;

use super::{Networks, Screen, Stations};

pub(crate) const EXAMPLES: &str = "Examples:
  whomade capture gate.pcap
  whomade capture captures/ --as us-agency --html report.html
  tcpdump -s 0 -w - -c 100000 | whomade capture -
  whomade capture gate.pcap --stations --json
  whomade capture campus.pcap --network 198.51.100.0/24      # its cameras have public addresses

It sends nothing. It is `screen` for captures: what a camera shows of itself tells who made it, and
stations that show nothing of a camera are counted only. `screen` takes captures beside lists too.";

/// The word of the format that is read, whatever the files are called.
const FORMAT: &str = "pcap";

/// Identify devices from recorded traffic alone.
#[derive(Debug, Args)]
pub(crate) struct Capture {
    /// The captures (pcap or pcapng, also packed), folders or patterns; - is standard input
    #[arg(required_unless_present = "formats", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) own: Networks,
    #[command(flatten)]
    pub(crate) stations: Stations,
}

impl From<Capture> for Screen {
    fn from(typed: Capture) -> Self {
        typed.stations.of_files(typed.files, typed.own, FORMAT)
    }
}
