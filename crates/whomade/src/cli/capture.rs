//! What may be typed behind `whomade capture`.

use std::path::PathBuf;

use clap::Args;

use super::{Asking, Configured, Lists, PackArgs, Reading, Screen, ScreenOutput};

pub(crate) const EXAMPLES: &str = "Examples:
  whomade capture gate.pcap
  whomade capture captures/ --as us-agency --html report.html
  tcpdump -s 0 -w - -c 100000 | whomade capture -
  whomade capture gate.pcap --stations --json

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
    /// Tell of every station, also of those that show nothing of a camera
    #[arg(long)]
    pub(crate) stations: bool,
    /// Treat every warning about the input as an error
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) asking: Asking,
    #[command(flatten)]
    pub(crate) packs: PackArgs,
    #[command(flatten)]
    pub(crate) configured: Configured,
    #[command(flatten)]
    pub(crate) output: ScreenOutput,
}

impl From<Capture> for Screen {
    fn from(typed: Capture) -> Self {
        let Capture { files, stations, strict, asking, packs, configured, output } = typed;
        let reading = Reading { from: Some(FORMAT.to_owned()), strict, ..Reading::default() };
        let output = ScreenOutput { cameras: !stations, ..output };
        let lists = Lists::default();
        Self { files, live: None, asking, reading, packs, configured, output, lists }
    }
}
