//! How packs of others are named on the command line.

use std::path::PathBuf;

use clap::Args;

/// Packs in recog's form.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Packs")]
pub(crate) struct PackArgs {
    /// Show beside the answer what recog's fingerprints in this folder read out of banners; they
    /// weigh nothing
    #[arg(long, value_name = "DIR")]
    pub(crate) pack: Vec<PathBuf>,
}
