//! What may be typed behind `whomade egress`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Reading;
use crate::run::live::Live;

pub(crate) const EXAMPLES: &str = "Examples:
  whomade egress gate.pcap
  whomade egress captures/ --mmdb country.mmdb --mmdb asn.mmdb
  whomade egress 'gate-*.pcapng.gz' --csv > recipients.csv
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
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) shown: Shown,
    /// What is heard while it is read, instead of files.
    #[arg(skip)]
    pub(crate) live: Option<Live>,
}

/// How the answer is given.
#[derive(Debug, Args)]
pub(crate) struct Shown {
    /// Write what would bar the services seen that a maker operates, in this form
    #[arg(long, value_name = "FORM", value_enum, conflicts_with_all = ["json", "csv"])]
    pub(crate) blocklist: Option<Blocklist>,
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
