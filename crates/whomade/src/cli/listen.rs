//! What may be typed behind `whomade listen` and `whomade collect`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;
use whomade_listen::Net;

use super::egress::Shown;
use super::{Networks, Stations};

pub(crate) const LISTEN_EXAMPLES: &str = "Examples:
  whomade listen eth0 --for 10m
  whomade listen eth0 --as uk-council --html report.html      # until Ctrl-C
  whomade listen eth0 --for 1h --stations --json > heard.jsonl

It sends nothing: no packet, no membership of a group. It hears what devices say to everybody
(ARP, DHCP, mDNS, SSDP, WS-Discovery, SADP, DHIP, broadcasts of Xiongmai's) and, behind a mirror
port, all that passes. Nothing of it is stored. It needs the right to open a raw socket; without
it, `tcpdump -w` by an administrator and `whomade capture` give the same answer.";

pub(crate) const COLLECT_EXAMPLES: &str = "Examples:
  whomade collect --for 1h
  whomade collect --bind 192.0.2.10:2055 --records 100000 --mmdb country.mmdb
  whomade collect --bind 127.0.0.1:6343 --for 10m --csv > recipients.csv
  whomade collect --bind 192.0.2.10:2055 --exporter 192.0.2.1 --exporter 198.51.100.0/24

NetFlow 5 and 9, IPFIX and sFlow 5 come in over UDP; nothing is ever answered. Only this machine
itself is heard unless --bind opens it: who can send to that address can forge reports, so name
your exporters (--exporter), and let a packet filter admit only them: senders are forged, too.

Exit status: 0 answered; 2 could not answer.";

/// Identify devices by what a network says of itself.
#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// The interface; the shell's `ip link` lists them
    #[arg(value_name = "IFACE", required_unless_present = "formats", default_value = "")]
    #[arg(hide_default_value = true)]
    pub(crate) interface: String,
    /// How long to listen: 90s, 10m, 2h; until Ctrl-C if not given
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub(crate) lasting: Option<Duration>,
    #[command(flatten)]
    pub(crate) own: Networks,
    #[command(flatten)]
    pub(crate) stations: Stations,
}

/// Take what routers report of flows.
#[derive(Debug, Args)]
pub(crate) struct Collect {
    /// The address and port of this machine at which reports are taken; 0.0.0.0 opens it to all
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:2055")]
    pub(crate) bind: SocketAddr,
    /// Take only what comes from this exporter, or from one of this network; as often as you like
    #[arg(long, value_name = "ADDRESS|NET")]
    pub(crate) exporter: Vec<Net>,
    /// How long to collect: 90s, 10m, 2h; until Ctrl-C if not given
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub(crate) lasting: Option<Duration>,
    /// End once so many flows were reported
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) records: Option<u64>,
    /// A table of who holds which address, or in which country it is registered (MaxMind DB)
    #[arg(long, value_name = "FILE")]
    pub(crate) mmdb: Vec<PathBuf>,
    /// Treat every warning about what was reported as an error
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) own: Networks,
    #[command(flatten)]
    pub(crate) shown: Shown,
}

/// A length of time as people type it.
///
/// # Errors
/// When it is none, or none that passes.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    const LIKE: &str = "a length of time is typed like 90s, 10m or 1h30m";
    let read: SignedDuration = text.trim().parse().map_err(|_| LIKE.to_owned())?;
    let read = Duration::try_from(read).map_err(|_| LIKE.to_owned())?;
    if read.is_zero() { Err("it must be longer than nothing".to_owned()) } else { Ok(read) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_people_type_them() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1h30m", 5_400), (" 2h ", 7_200)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["", "0s", "-5m", "soon", "10", "10 parsecs"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
