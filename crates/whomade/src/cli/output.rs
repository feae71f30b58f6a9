//! What a screening writes, and where.

use std::path::PathBuf;

use clap::Args;

use super::{BundleArgs, To};
use crate::only;
use crate::run::write::Wanted;

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ScreenOutput {
    /// One JSON object a device, a line each, and a summary last
    #[arg(long)]
    pub(crate) json: bool,
    /// With --json: every device with all its evidence, as identify and explain give it
    #[arg(long, requires = "json")]
    pub(crate) evidence: bool,
    /// With --evidence: every level behind the label down to this one
    #[arg(long, requires = "evidence", value_name = "LEVEL")]
    pub(crate) depth: Option<To>,
    /// One CSV row a device, on standard output: --csv > rows.csv
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
    /// Write a report in one file that can be mailed and printed
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write the findings in a format of other tools; - is standard output. --formats lists the
    /// formats; the end of the file's name can say which: --write estate.dot
    #[arg(long, value_name = "FORMAT=FILE", value_parser = Wanted::parse)]
    pub(crate) write: Vec<Wanted>,
    /// List the formats that --write takes, and stop
    #[arg(long)]
    pub(crate) formats: bool,
    /// Keep observations, answers and the inputs' hashes in one file
    #[arg(long, value_name = "RUN.whomade")]
    pub(crate) save: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) bundle: BundleArgs,
    /// Whose estate it is: `rollup` names its row so; with --save, --bundle or --write
    #[arg(long, value_name = "NAME")]
    pub(crate) body: Option<String>,
    /// Show every finding, not one of each group
    #[arg(long)]
    pub(crate) all: bool,
    /// Answer with counts alone: no device, address or place, so that it can be passed on
    #[arg(long, conflicts_with_all = ["csv", "all", "evidence"])]
    pub(crate) summary: bool,
    /// Tell only of devices that are one of these; a kept run and your workbook hold all
    #[arg(long, value_name = "WORD,…", value_delimiter = ',', value_parser = only::words())]
    pub(crate) only: Vec<String>,
    /// What is asked of lists.
    #[arg(skip)]
    pub(crate) lists: Lists,
    /// Also count which advisories reach the devices whose firmware version is known
    #[arg(long)]
    pub(crate) advisories: bool,
    /// Exit status 1 only for what is new or changed since the baseline and named by a regime
    #[arg(long)]
    pub(crate) changed: bool,
    /// Tell only of devices that show something of a camera or of who made them.
    #[arg(skip)]
    pub(crate) cameras: bool,
    /// With --csv: one row for each device and regime
    #[arg(long, requires = "csv")]
    pub(crate) rulings: bool,
}

/// What only lists can give: captures have no columns.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Lists")]
pub(crate) struct Lists {
    /// Write your workbook back with our columns appended
    #[arg(long, value_name = "FILE")]
    pub(crate) xlsx: Option<PathBuf>,
    /// Leave out what a list calls other equipment, by what it says under a heading, as long as
    /// nothing is known of its maker: type=switch*,role=printer
    #[arg(long, value_name = "HEADING=PATTERN,…", value_delimiter = ',')]
    pub(crate) other: Vec<String>,
}
