//! What may be typed behind `whomade devices` and `whomade read`.

use std::path::PathBuf;

use clap::Args;

use super::Reading;

pub(crate) const DEVICES_EXAMPLES: &str = "Examples:
  whomade devices exports/
  whomade devices exports/ --why CAM-017
  whomade devices exports/ --apart ip:192.0.2.17 --together name:CAM-017+serial:D12345678";

pub(crate) const READ_EXAMPLES: &str = "Examples:
  whomade read scan.xml
  whomade read leases.txt --from dnsmasq --json
  whomade read netbox:https://netbox.council.example/ --token-file token.txt
  whomade read --formats";

#[derive(Debug, Args)]
pub(crate) struct Devices {
    /// The files or folders; none: the last run of this folder
    pub(crate) files: Vec<PathBuf>,
    /// Why this device is one, and what was not joined to it
    #[arg(long, value_name = "DEVICE")]
    pub(crate) why: Option<String>,
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// Answer as JSON, one object a device
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Read {
    /// The files or folders; - is standard input, netbox:https://HOST/ a server of yours
    #[arg(required_unless_present_any = ["formats", "limits"])]
    pub(crate) files: Vec<PathBuf>,
    /// List the formats that are read, and stop
    #[arg(long)]
    pub(crate) formats: bool,
    /// List how much of an input is read, and stop
    #[arg(long)]
    pub(crate) limits: bool,
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// Answer as observations, one JSON object a line, which is read again as it was written
    #[arg(long)]
    pub(crate) json: bool,
}
