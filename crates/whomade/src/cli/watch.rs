//! What may be typed behind `whomade watch`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::Whom;
use super::listen::duration;

pub(crate) const EXAMPLES: &str = "Examples:
  whomade watch 10.20.0.0/24 --every 6h --state site.watch
  whomade watch --listen eth0 --every 1h --for 10m --state eth0.watch --json
  whomade watch 10.20.0.0/24 --rounds 1 --state site.watch -q    # as a job of cron
  whomade watch --before october.ndjson --after november.ndjson  # sends nothing

The first round tells who is there, each later one what is otherwise: a new device, another one at a
known address, other signs of the maker, another label, another firmware, ports, a hostile manner. A
device is gone when --gone-after rounds in a row asked for it to their end and it did not answer; of
a round that was broken off or lost packets only what it saw counts, not what it missed. Who is only
listened to may be silent, and is never called gone.

It asks as `whomade scan` does, and keeps to the same scope: networks beside this machine's own
private ones need --scope, on the day of each round.

Exit status: 0 nothing changed; 1 something did; 2 a round failed or was not finished, and nothing
changed as far as it came.";

/// What `--before` leaves no room for.
const ONCE: [&str; 12] = [
    "targets",
    "targets_from",
    "exclude",
    "scope",
    "all_ports",
    "no_search",
    "listen",
    "state",
    "rounds",
    "gone_after",
    "every",
    "logs",
];

/// Say what is otherwise in a network than it was.
#[derive(Debug, Args)]
pub(crate) struct Watch {
    #[command(flatten)]
    pub(crate) whom: Whom,
    /// Listen at this interface instead, and send nothing
    #[arg(long, value_name = "IFACE", conflicts_with_all = [
        "targets", "targets_from", "exclude", "scope", "all_ports", "no_search", "logs",
    ])]
    pub(crate) listen: Option<String>,
    /// How long each round listens; until the next begins if not given
    #[arg(long = "for", value_name = "DURATION", value_parser = duration, requires = "listen")]
    pub(crate) lasting: Option<Duration>,
    /// From the beginning of one round to that of the next: 90s, 30m, 6h
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "24h")]
    pub(crate) every: Duration,
    /// End after so many rounds; at Ctrl-C if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) rounds: Option<u64>,
    /// Keep what is known in this file, and go on from it the next time
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Rounds in a row that have to miss a device before it is told to be gone
    #[arg(long, value_name = "N", default_value_t = 2)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) gone_after: u32,
    /// Keep the log of each scan in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) logs: Option<PathBuf>,
    /// Hold two logs of scans, or two captures, against each other: this one is the earlier
    #[arg(long, value_name = "LOG", requires = "after", conflicts_with_all = ONCE)]
    pub(crate) before: Option<PathBuf>,
    /// And this one the later
    #[arg(long, value_name = "LOG", requires = "before")]
    pub(crate) after: Option<PathBuf>,
    /// Tell of every station, also of those that show nothing of a camera
    #[arg(long)]
    pub(crate) stations: bool,
    /// One JSON object a change, a line each, and a summary of each round behind them
    #[arg(long)]
    pub(crate) json: bool,
}
