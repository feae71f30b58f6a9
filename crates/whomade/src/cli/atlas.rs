//! What may be typed behind `whomade atlas`.

use std::path::PathBuf;

use clap::Args;

use super::Reading;

/// Examples under its help.
pub(super) const EXAMPLES: &str = "Examples:
  whomade atlas products.tsv.gz --html atlas.html
  whomade atlas products.tsv.gz estate.csv --html atlas.html --on 2026-11-22
  whomade atlas products.tsv.gz --json";

/// A register as a page.
#[derive(Debug, Args)]
pub(crate) struct Atlas {
    /// The register, and any estate: files as `screen` takes them; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Write the page: one file without outside parts, to be mailed and printed
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// The day that stands on it; today if not given
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) on: Option<String>,
    #[command(flatten)]
    pub(crate) reading: Reading,
}
