//! The arguments of `report` and `letter`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Asking, BundleArgs, Configured, Reading};

pub(crate) const REPORT_EXAMPLES: &str = "Examples:
  whomade report far-52.204-25 estate.csv --as us-contractor --context act=use --found 2026-11-20
  whomade report representation estate.xlsx -o representation.html
  whomade report return estate.csv --as uk-council --set body=\"Northmoor Borough Council\"
  whomade report supplier \"Ashlow F&S\" estate.csv --letters letters -o ashlow.html
  whomade report device CAM-017              # the last run of this folder
  whomade report summary estate.csv -o board.html
  whomade report importer catalogue.csv --as eu-label-holder -o labels.html
  whomade report representation estate.xlsx -o representation.html --bundle evidence.zip

PAPER is the id of a form (far-52.204-25, far-52.204-24, far-52.204-26, far-52.240-91, far-4.2104,
uk-return, cfr-2-200.216), a kind of form (representation, return, grant, waiver), or one of
supplier NAME, device NAME, summary, importer.";

pub(crate) const LETTER_EXAMPLES: &str = "Examples:
  whomade letter \"Ashlow F&S\" estate.csv --as uk-council -o letter.html
  whomade letter --read answer.md estate.csv -o letters/ashlow-2026.toml
  whomade letter --read answer.csv --asked letter.md --json

Exit status of --read: 0 every question is answered; 1 the answer leaves something open;
2 it could not be read.";

/// From where the devices come, and what no file can know.
#[derive(Debug, Args)]
pub(crate) struct Gathering {
    /// A run that was kept with --save
    #[arg(long, value_name = "RUN.whomade")]
    pub(crate) run: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) asking: Asking,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) configured: Configured,
    /// What no file can know, such as contract="W91-1234"; a key of the form's fields
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Output")]
    pub(crate) set: Vec<String>,
    /// The same from a TOML file of keys and values
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) details: Option<PathBuf>,
    /// Write to this file: .md, .html, .pdf or .json; for an answer that was read .toml or .json
    #[arg(short, long = "output", value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Answer as JSON
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
}

impl Gathering {
    /// What no file can know, as it was typed.
    pub(crate) fn told(&self) -> (Option<&Path>, &[String]) {
        (self.details.as_deref(), &self.set)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Which paper
    pub(crate) paper: String,
    /// For supplier and device its NAME first; then the files, none: the last run of this folder
    #[arg(value_name = "NAME|FILE")]
    pub(crate) rest: Vec<String>,
    /// When it was found or notified: the clocks run from there
    #[arg(long, value_name = "YYYY-MM-DD[THH:MM]")]
    pub(crate) found: Option<String>,
    /// When the first report went out, if it did
    #[arg(long, value_name = "YYYY-MM-DD", requires = "found")]
    pub(crate) reported: Option<String>,
    /// The folder of answers that suppliers gave, for the dossier of one
    #[arg(long, value_name = "DIR")]
    pub(crate) letters: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) bundle: BundleArgs,
    #[command(flatten)]
    pub(crate) gathering: Gathering,
}

#[derive(Debug, Args)]
pub(crate) struct Letter {
    /// The supplier's NAME first, with --read none; then the files
    #[arg(value_name = "NAME|FILE", required_unless_present = "read")]
    pub(crate) rest: Vec<String>,
    /// Read a supplier's answer back as a record
    #[arg(long, value_name = "ANSWER")]
    pub(crate) read: Option<PathBuf>,
    /// With --read: the letter that was sent, to know what was asked
    #[arg(long, value_name = "LETTER", requires = "read")]
    pub(crate) asked: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) gathering: Gathering,
}
