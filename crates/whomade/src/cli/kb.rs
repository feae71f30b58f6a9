//! What may be typed behind `whomade kb`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use whomade_core::calibration::stability::DRAWS;

use super::PackArgs;

const SHOW_EXAMPLES: &str = "Examples:
  whomade kb show lorex              its supplies, its own words, the open suits
  whomade kb show nebraska-v-lorex-2025
  whomade kb show Hikvision --json";

const DISPUTES_EXAMPLES: &str = "Examples:
  whomade kb disputes
  whomade kb disputes --json | jq '.open_cases[].fact.title'
  whomade --kb mine kb disputes      with your own facts laid over the base";

const IMPORT_EXAMPLES: &str = "Examples:
  whomade kb import advisories nvdcve-2.0-2026.json.gz --dir mine
  whomade kb import advisories hsrc-202609.json epss_scores-2026-11-01.csv.gz --dir mine
  whomade --kb mine screen estate.csv --advisories
  whomade kb import oui oui.csv --dir kb

Exit status of advisories: 0 every file was read; 1 one was read in part or not at all; 2 none.";

#[derive(Debug, Args)]
pub(crate) struct Kb {
    #[command(subcommand)]
    pub(crate) command: KbCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KbCommand {
    /// Check a base on disk: every rule, every example, every case
    Lint {
        /// The base; ./kb if not given
        dir: Option<PathBuf>,
        #[command(flatten)]
        packs: PackArgs,
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what the base says about a maker, label, signature, case, regime or source
    ///
    /// For a maker or label: what the sources show, then the other side's own words, cases as
    /// alleged with court and date, listings, what was withdrawn and why, and how to dispute it.
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        /// Its id or name
        id: String,
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// List everything in the base that somebody contests
    ///
    /// Supplies said in open cases, labels with two makers for the same models and days, cases
    /// nobody has decided, what the other side answers, claims and facts that were taken back.
    #[command(after_help = DISPUTES_EXAMPLES)]
    Disputes {
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Write the skeleton of a new fact
    New {
        /// What it is
        kind: NewKind,
        /// Its id: the file is called so
        id: String,
        /// The base
        #[arg(long, default_value = "kb", value_name = "DIR")]
        dir: PathBuf,
    },
    /// Explain a diagnostic's code
    Explain {
        /// The code, such as kb/cross-match; none: all of them
        code: Option<String>,
    },
    /// Take over a table, or advisories, that others publish
    ///
    /// Advisories: CVE records (JSON 5, one or a ZIP of them), records of NVD's API 2.0 and feeds
    /// of them of any size, CSAF 2.0, CISA's catalogue, scores of EPSS; packed or not, recognised
    /// by their content. What names a maker of the base becomes an advisory of your own folder,
    /// marked as imported. What somebody here read stays as it is.
    #[command(after_help = IMPORT_EXAMPLES)]
    Import {
        /// What it is
        table: ImportTable,
        /// The files: IEEE's oui.csv, mam.csv, oui36.csv, or index.json of the package oui-data;
        /// CISA's known_exploited_vulnerabilities.json; advisories in any of these forms
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Your own folder, which --kb lays over the base
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Write the rules as pages to read, and one on how sure the program is
    Docs {
        /// The folder
        dir: PathBuf,
        /// Where another fit was written; none: the one that the program carries
        #[arg(long, value_name = "DIR")]
        calibration: Option<PathBuf>,
        /// Only say whether the pages are current
        #[arg(long)]
        check: bool,
    },
    /// Fit the weights again and write calibration/
    Fit {
        /// Labelled observations; none: calibration/features.tsv
        #[arg(long, value_name = "FILE")]
        truth: Option<PathBuf>,
        /// The base to fit for
        #[arg(long, default_value = "kb", value_name = "DIR")]
        dir: PathBuf,
        /// Where the fit is written
        #[arg(long, default_value = "calibration", value_name = "DIR")]
        out: PathBuf,
        /// Only say whether the files would change
        #[arg(long)]
        check: bool,
        /// Fit again on so many draws of the clusters, and write what moves; 0: do not
        #[arg(long, value_name = "DRAWS", default_value_t = DRAWS)]
        resample: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum NewKind {
    Maker,
    Label,
    Models,
    Signatures,
    Regime,
    Advisory,
    Endpoint,
    Conduct,
    Source,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportTable {
    Oui,
    Kev,
    Advisories,
}
