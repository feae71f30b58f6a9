//! What may be typed behind `whomade egress`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Configured, Networks};
use crate::run::live::Live;

pub(crate) const EXAMPLES: &str = "Examples:
  whomade egress gate.pcap
  whomade egress captures/ --mmdb country.mmdb --mmdb asn.mmdb
  whomade egress 'gate-*.pcapng.gz' --csv > recipients.csv
  whomade egress gate.pcap --mmdb country.mmdb --html egress.html
  whomade egress november/ --before october/
  whomade egress campus.pcap --network 198.51.100.0/24 --outside
  whomade egress gate.pcap --blocklist rpz > clouds.rpz
  whomade egress gate.pcap --mud profiles/ --mud-url https://mud.council.example/
  whomade egress gate.pcap --mmdb country.mmdb --paper transfer-record -o record.html

Exit status: 0 answered, whatever was found; 2 could not answer: nothing asked for can be made, a
file could not be read, no device is in them, or with --strict anything was warned of.";

#[derive(Debug, Default, Args)]
pub(crate) struct Egress {
    /// The captures, folders or patterns; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// A table of who holds which address, or in which country it is registered (MaxMind DB)
    #[arg(long, value_name = "FILE")]
    pub(crate) mmdb: Vec<PathBuf>,
    /// Earlier captures, folders or patterns: say what is new, grown or not seen since
    #[arg(long, value_name = "FILE", conflicts_with_all = ["blocklist", "csv"])]
    pub(crate) before: Vec<PathBuf>,
    /// Write a page with a map and a picture of who sends to whom: one file without outside parts
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// In which country the devices stand, for the lines of the map: GB
    #[arg(long, value_name = "COUNTRY", requires = "html")]
    pub(crate) here: Option<String>,
    /// Lay out as a paper: transfer-record, for a record of processing and an impact assessment
    #[arg(long, value_name = "PAPER", conflicts_with_all = ["blocklist", "csv", "before"])]
    pub(crate) paper: Option<String>,
    /// Write the paper to this file: .md, .html, .pdf or .json; without one it is Markdown
    #[arg(short, long = "output", value_name = "FILE", requires = "paper")]
    pub(crate) output: Option<PathBuf>,
    /// What no file can know, such as controller="Northmoor Council"; a key of the paper's fields
    #[arg(long, value_name = "KEY=VALUE", requires = "paper")]
    pub(crate) set: Vec<String>,
    /// The same from a TOML file of keys and values
    #[arg(long, value_name = "FILE", requires = "paper")]
    pub(crate) details: Option<PathBuf>,
    /// The day that stands on the paper, and on profiles of captures that tell no time; today if
    /// not given
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) on: Option<String>,
    /// Write a profile of each device into this folder, of what it was seen to do in its own
    /// network (MUD, RFC 8520)
    #[arg(long, value_name = "FOLDER")]
    pub(crate) mud: Option<PathBuf>,
    /// Where these files will be served, for their `mud-url`; else a name that leads nowhere
    #[arg(long, value_name = "URL", requires = "mud")]
    pub(crate) mud_url: Option<String>,
    /// Allow in them what was seen outside, too
    #[arg(long, requires = "mud")]
    pub(crate) mud_outside: bool,
    /// Tell only of devices that exchanged something outside; the others are counted
    #[arg(long, conflicts_with_all = ["html", "paper", "blocklist", "before"])]
    pub(crate) outside: bool,
    #[command(flatten)]
    pub(crate) own: Networks,
    #[command(flatten)]
    pub(crate) configured: Configured,
    /// Treat every warning about the input as an error
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) shown: Shown,
    /// What is heard while it is read, instead of files.
    #[arg(skip)]
    pub(crate) live: Option<Live>,
}

/// How the answer is given.
#[derive(Debug, Default, Args)]
pub(crate) struct Shown {
    /// Write what would bar the services seen whose operator is known, in this form
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
