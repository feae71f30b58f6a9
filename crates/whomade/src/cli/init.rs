//! What may be typed behind `whomade init`, and about `whomade.toml` behind other commands.

use std::path::PathBuf;

use clap::Args;

use super::{Asking, Reading};

pub(crate) const EXAMPLES: &str = "Examples:
  whomade init 'exports/*.csv' --as uk-council --body \"Northmoor Borough Council\"
  whomade screen                    # later: the same files, and what changed since
  whomade init --update             # take the present as the new baseline

It writes whomade.toml, which is yours to edit (sites, exemptions), and whomade.baseline beside.";

/// Take an estate as the baseline that later runs are held against.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The files, folders or patterns of the estate, in quotes where the shell would expand them
    #[arg(value_name = "FILE", required_unless_present = "update", conflicts_with = "update")]
    pub(crate) files: Vec<PathBuf>,
    /// Take the present as the new baseline; the rest of whomade.toml stays as it is
    #[arg(long)]
    pub(crate) update: bool,
    /// Whose estate it is
    #[arg(long, value_name = "NAME", conflicts_with = "update")]
    pub(crate) body: Option<String>,
    #[command(flatten)]
    pub(crate) asking: Asking,
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// Write or read this file instead of whomade.toml in this folder
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What is taken from `whomade.toml`.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Estate")]
pub(crate) struct Configured {
    /// Take what is asked, sites and exemptions from this file, not from whomade.toml in this
    /// folder
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub(crate) config: Option<PathBuf>,
    /// Leave whomade.toml out
    #[arg(long)]
    pub(crate) no_config: bool,
}
