//! What may be typed behind `whomade plan`.

use std::path::PathBuf;

use clap::Args;

use super::{Asking, Configured, Networks, Reading};

pub(crate) const EXAMPLES: &str = "Examples:
  whomade plan --example > plan.toml       # then write your money, crews and days into it
  whomade plan estate.csv --as uk-department
  whomade plan estate.csv --policy motion.toml --terms plan.toml -o plan.html
  whomade plan --run october.whomade --csv plan.csv --ics visits.ics --pictures plan/
  whomade plan estate.csv --as uk-department --what-if budget=+20% --what-if crews=3,visits=30
  whomade plan estate.csv --as uk-department --traffic gate.pcap --save first.plan
  whomade plan estate-june.csv --as uk-department --against first.plan

Exit status: 0 there is a plan, or nothing has to go; 1 no plan keeps every day, or with --against
something is late; 2 could not answer.";

#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// The files, folders or patterns; none: the last run of this folder
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// A run that was kept with `screen --save`
    #[arg(long, value_name = "RUN.whomade", conflicts_with = "files")]
    pub(crate) run: Option<PathBuf>,
    /// Money, crews, days, weights and candidates; else plan.toml in this folder
    #[arg(long, value_name = "FILE")]
    pub(crate) terms: Option<PathBuf>,
    /// Print terms to begin with, every key explained, and stop
    #[arg(long, exclusive = true)]
    pub(crate) example: bool,
    #[command(flatten)]
    pub(crate) asking: Asking,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) configured: Configured,
    /// Captures, folders or patterns: what devices send outside weighs, and is barred until then
    #[arg(long, value_name = "FILE", help_heading = "Planning")]
    pub(crate) traffic: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) own: Networks,
    /// Plan again with other terms, and put both side by side: budget=+20%, crews=3, visit.cost=90
    #[arg(long, value_name = "KEY=VALUE,…", help_heading = "Planning")]
    pub(crate) what_if: Vec<String>,
    /// Hold an earlier plan against what is there now, and plan the rest
    #[arg(long, value_name = "PLAN", help_heading = "Planning")]
    pub(crate) against: Option<PathBuf>,
    /// Keep this plan, to hold later runs against it
    #[arg(long, value_name = "PLAN", help_heading = "Output")]
    pub(crate) save: Option<PathBuf>,
    /// Write the plan as a paper with its pictures: .md, .html, .pdf or .json
    #[arg(short, long = "output", value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Write one row a device: its wave, its visit, what it costs, what helps until then
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) csv: Option<PathBuf>,
    /// Write the visits as a calendar (iCalendar, RFC 5545)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) ics: Option<PathBuf>,
    /// Write the pictures into this folder, as SVG
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    pub(crate) pictures: Option<PathBuf>,
    /// Name every visit, not only the first ones of each wave
    #[arg(long, help_heading = "Output")]
    pub(crate) all: bool,
    /// Answer as JSON
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
}
