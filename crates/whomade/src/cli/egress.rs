//! What may be typed behind `whomade egress`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Configured, Reading};

pub(crate) const EXAMPLES: &str = "Examples:
  whomade egress gate.pcap
  whomade egress captures/ --mmdb country.mmdb --mmdb asn.mmdb
  whomade egress 'gate-*.pcapng.gz' --csv > recipients.csv
  whomade egress gate.pcap --mmdb country.mmdb --html egress.html
  whomade egress november/ --before october/
  whomade egress gate.pcap --blocklist rpz > clouds.rpz

Exit status: 0 answered; 2 could not answer.";

#[derive(Debug, Args)]
pub(crate) struct Egress {
    /// The captures, folders or patterns; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// A table of who holds which address, or in which country it is registered (MaxMind DB)
    #[arg(long, value_name = "FILE")]
    pub(crate) mmdb: Vec<PathBuf>,
    /// Write what would bar the services seen that a maker operates, in this form
    #[arg(long, value_name = "FORM", value_enum, conflicts_with_all = ["json", "csv"])]
    pub(crate) blocklist: Option<Blocklist>,
    /// Earlier captures, folders or patterns: say what is new, grown or not seen since
    #[arg(long, value_name = "FILE", conflicts_with_all = ["blocklist", "csv"])]
    pub(crate) before: Vec<PathBuf>,
    /// Write a page with a map and a picture of who sends to whom: one file without outside parts
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// In which country the devices stand, for the lines of the map: GB
    #[arg(long, value_name = "COUNTRY", requires = "html")]
    pub(crate) here: Option<String>,
    #[command(flatten)]
    pub(crate) configured: Configured,
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// Answer as JSON, one object a device
    #[arg(long)]
    pub(crate) json: bool,
    /// One CSV row a recipient
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
}

/// The form of a list of what is barred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Blocklist {
    /// Names as seen, for a hosts file
    Hosts,
    /// A response policy zone for a name server
    Rpz,
    /// Addresses that the operator holds itself
    Nftables,
    /// Rules on names in DNS and TLS
    Suricata,
}
