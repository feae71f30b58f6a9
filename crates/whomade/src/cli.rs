//! The command line: what may be typed, and what stands in the help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use serde::{Deserialize, Serialize};
use whomade_core::baseline::{Exemption, Site};
use whomade_inquiry::asking::Typed;

use crate::run::live::Live;

mod access;
mod atlas;
mod capture;
mod check;
mod depth;
mod devices;
mod doctor;
mod egress;
mod farm;
mod init;
mod kb;
mod listen;
mod networks;
mod output;
mod packs;
mod paper;
mod plan;
pub(crate) mod scan;
mod serve;
mod stations;
mod watch;

pub(crate) use access::Access;
pub(crate) use atlas::Atlas;
pub(crate) use capture::Capture;
pub(crate) use check::Check;
pub(crate) use depth::{Deep, To};
pub(crate) use devices::{Devices, Read};
pub(crate) use doctor::Doctor;
pub(crate) use egress::{Blocklist, Egress};
pub(crate) use farm::Farm;
pub(crate) use init::{Configured, Init};
pub(crate) use kb::{ImportTable, Kb, KbCommand, NewKind};
pub(crate) use listen::{Collect, Listen};
pub(crate) use networks::Networks;
pub(crate) use output::{Lists, ScreenOutput};
pub(crate) use packs::PackArgs;
pub(crate) use paper::{Gathering, Letter, Report};
pub(crate) use plan::Plan;
pub(crate) use scan::{Scan, Whom};
pub(crate) use serve::{At, Audit, AuditCommand, Backup, Restore, Serve};
pub(crate) use stations::Stations;
pub(crate) use watch::Watch;

/// Who really made this surveillance equipment, behind the label it is sold under, and what
/// follows from that.
#[derive(Debug, Parser)]
#[command(
    name = "whomade",
    version,
    max_term_width = 100,
    after_help = "Exit status: 0 nothing that the chosen regimes (or, with none, any regime) name; \
                  1 at least one such device; 2 could not answer, or could not tell it whole \
                  because who reads it closed the pipe, as `head` does.\n\
                  Nothing leaves this machine: no query, no telemetry, unless you name a server of \
                  yours."
)]
pub(crate) struct Cli {
    /// Lay the facts of this folder over the built-in knowledge base
    #[arg(long, global = true, value_name = "DIR", help_heading = "Everywhere")]
    pub(crate) kb: Option<PathBuf>,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    #[arg(help_heading = "Everywhere")]
    pub(crate) color: When,
    /// Say nothing on standard error but errors
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Identify one device by what you know of it
    #[command(after_help = IDENTIFY_EXAMPLES)]
    Identify(Identify),
    /// A quoted label and model in one line: what it is, what is sourced, what to ask
    #[command(after_help = check::EXAMPLES)]
    Check(Check),
    /// Identify every device in your files, and say which rules follow
    #[command(after_help = SCREEN_EXAMPLES)]
    Screen(Screen),
    /// Identify devices from recorded traffic alone
    #[command(after_help = capture::EXAMPLES)]
    Capture(Capture),
    /// Identify devices by what a network says of itself, and send nothing
    #[command(after_help = listen::LISTEN_EXAMPLES)]
    Listen(Listen),
    /// Ask the devices of a network who made them: no login, no change, nothing but a closed list
    #[command(after_help = scan::EXAMPLES)]
    Scan(Scan),
    /// Ask or listen round after round, and tell what changed
    #[command(after_help = watch::EXAMPLES)]
    Watch(Watch),
    /// Serve modelled devices on this machine, to try a scan on or to train with
    #[command(after_help = farm::EXAMPLES)]
    Farm(Farm),
    /// Take an estate as the baseline that later runs are held against
    #[command(after_help = init::EXAMPLES)]
    Init(Init),
    /// Show what a file was taken for and what was observed in it, and think nothing
    #[command(after_help = devices::READ_EXAMPLES)]
    Read(Read),
    /// Which records of your files are one device, and why
    #[command(after_help = devices::DEVICES_EXAMPLES)]
    Devices(Devices),
    /// With whom each device of a capture talks, who operates that, and whose it is
    #[command(after_help = egress::EXAMPLES)]
    Egress(Egress),
    /// Take what routers report of flows, and say with whom each device talks
    #[command(after_help = listen::COLLECT_EXAMPLES)]
    Collect(Collect),
    /// Check every byte of an evidence bundle, and work every conclusion of it out again
    #[command(after_help = "Examples:\n  whomade verify evidence.zip\n  \
                            whomade verify evidence.zip --key council.pub --json\n\n\
                            Exit status: 0 equal; 1 it differs; 2 could not be worked out.")]
    Verify(Verify),
    /// Put the runs of many bodies into one table, and say what each could not say
    #[command(after_help = "Examples:\n  whomade rollup *.whomade\n  \
                            whomade rollup *.zip --again --as uk-police --on 2026-11-22 --csv")]
    Rollup(Rollup),
    /// Show the whole way from what was seen of a device to what is said of it
    #[command(after_help = "Examples:\n  whomade explain CAM-017 estate.csv\n  \
                            whomade explain CAM-017            # the last run of this folder")]
    Explain(Explain),
    /// The cheapest next observation for each device that is not settled
    #[command(after_help = "Examples:\n  whomade suggest estate.csv\n  \
                            whomade suggest --run october.whomade --json")]
    Suggest(Suggest),
    /// Write a paper: a report, a representation, a return, a dossier, a page
    #[command(after_help = paper::REPORT_EXAMPLES)]
    Report(Report),
    /// Ask a supplier who made what it sold, and read its answer back
    #[command(after_help = paper::LETTER_EXAMPLES)]
    Letter(Letter),
    /// What has to go, in which order, when, for how much, and what helps until then
    #[command(after_help = plan::EXAMPLES)]
    Plan(Plan),
    /// Labels and whose firmware form they filed: a register as one page
    #[command(after_help = atlas::EXAMPLES)]
    Atlas(Atlas),
    /// Score the advisories of the base against a table of cases
    #[command(after_help = ADVISE_EXAMPLES)]
    Advise(Advise),
    /// The regimes, the presets of --as, and every context key with its values
    #[command(after_help = "Examples:\n  whomade regimes uk.co.2022_11_24 -o statement.pdf\n  \
                            whomade regimes --matrix -o matrix.html")]
    Regimes(Regimes),
    /// Judge cases: who asks and what it is, against every regime they name
    #[command(after_help = "Examples:\n  whomade judge cases.json\n  \
                            whomade judge cases.json --json | jq .totals")]
    Judge(Judge),
    /// Score the program against labelled observations
    #[command(after_help = "Examples:\n  whomade eval dev.jsonl --cv\n  \
                            whomade eval dev.jsonl --cv --mask-label --by-cluster --json")]
    Eval(Eval),
    /// The knowledge base: lint, show, new, explain, import, fit
    Kb(Kb),
    /// The estate over time, in a browser and for programs
    #[command(after_help = serve::SERVE_EXAMPLES)]
    Serve(Serve),
    /// The trail of what everybody did to an estate
    #[command(after_help = serve::AUDIT_EXAMPLES)]
    Audit(Audit),
    /// Copy an estate into one file
    #[command(after_help = "Example:\n  whomade backup estate-2026-11-23.db")]
    Backup(Backup),
    /// Bring an estate back from such a copy, into either kind of database
    #[command(after_help = "Example:\n  whomade restore estate-2026-11-23.db --store new.db")]
    Restore(Restore),
    /// Whether the program, its base and its place on this machine are sound
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(Doctor),
    /// Print a completion script for your shell
    #[command(after_help = "Example:\n  whomade completions bash > \
                            ~/.local/share/bash-completion/completions/whomade")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the man pages into a folder
    #[command(after_help = "Example:\n  whomade man ~/.local/share/man/man1")]
    Man {
        /// The folder
        dir: PathBuf,
    },
}

const IDENTIFY_EXAMPLES: &str = "Examples:
  whomade identify --label LTS --model CMIP7422N-28M --mac 44:19:b6:0a:1c:33
  whomade identify --banner http-server=DNVRS-Webs
  whomade identify --label Swann --as us-agency
  printf '44:19:b6:0a:1c:33\\nServer: DNVRS-Webs\\n' | whomade identify";

const SCREEN_EXAMPLES: &str = "Examples:
  whomade screen estate.csv
  whomade screen exports/
  whomade screen 'netbox:https://netbox.council.example/?role=camera'
  whomade screen estate.xlsx --as us-contractor --xlsx estate-screened.xlsx
  whomade screen estate.csv --policy motion.toml --html report.html
  whomade screen estate.csv --write estate.dot --write sarif=estate.json
  whomade screen estate.csv --only contradictory,unknown --all
  whomade screen estate.csv --csv --rulings > rulings.csv
  whomade screen liste.csv --map label=Marque,model=\"Réf.\"
  whomade screen estate.csv --under us.889a1A --context holder=us-executive-agency,act=procure";

/// How the world is told to the rules.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct Asking {
    /// Who asks: a preset of holder, act and regimes (`whomade regimes` lists them)
    #[arg(long = "as", value_name = "PRESET")]
    pub(crate) preset: Option<String>,
    /// Only these regimes
    #[arg(long, value_name = "REGIME,…", value_delimiter = ',')]
    pub(crate) under: Vec<String>,
    /// Your own rule, in the format of the regimes
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Vec<PathBuf>,
    /// The day asked about; today if not given
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) on: Option<String>,
    /// What the rules should know: holder, act, purpose, site-class, …
    #[arg(long, value_name = "KEY=VALUE,…", value_delimiter = ',')]
    pub(crate) context: Vec<String>,
    /// The sites of the estate, as its `whomade.toml` tells them.
    #[arg(skip)]
    pub(crate) sites: Vec<Site>,
    /// The findings that somebody answers for, from there too.
    #[arg(skip)]
    pub(crate) exemptions: Vec<Exemption>,
}

impl From<&Asking> for Typed {
    fn from(asking: &Asking) -> Self {
        Self {
            preset: asking.preset.clone(),
            under: asking.under.clone(),
            policy: asking.policy.clone(),
            on: asking.on.clone(),
            context: asking.context.clone(),
            sites: asking.sites.clone(),
            exemptions: asking.exemptions.clone(),
        }
    }
}

impl From<Typed> for Asking {
    fn from(typed: Typed) -> Self {
        let Typed { preset, under, policy, on, context, sites, exemptions } = typed;
        Self { preset, under, policy, on, context, sites, exemptions }
    }
}

impl Asking {
    /// Whether nothing was typed of who asks and of what.
    pub(crate) fn is_blank(&self) -> bool {
        Typed::from(self).is_blank()
    }
}

#[derive(Debug, Args)]
pub(crate) struct Identify {
    /// Hardware address, or its first three octets
    #[arg(long, value_name = "MAC")]
    pub(crate) mac: Vec<String>,
    /// Model number
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Vec<String>,
    /// The name it is sold under
    #[arg(long, value_name = "LABEL")]
    pub(crate) label: Option<String>,
    /// Serial number
    #[arg(long, value_name = "SERIAL")]
    pub(crate) serial: Option<String>,
    /// Firmware version as the device shows it
    #[arg(long, value_name = "VERSION")]
    pub(crate) firmware: Option<String>,
    /// Any observed field, such as `http-server=DNVRS-Webs`; --fields lists them
    #[arg(long, value_name = "FIELD=VALUE")]
    pub(crate) banner: Vec<String>,
    /// FCC ID of the type plate
    #[arg(long, value_name = "ID")]
    pub(crate) fcc_id: Option<String>,
    /// List the fields that --banner takes, and stop
    #[arg(long)]
    pub(crate) fields: bool,
    #[command(flatten)]
    pub(crate) deep: Deep,
    #[command(flatten)]
    pub(crate) packs: PackArgs,
    #[command(flatten)]
    pub(crate) asking: Asking,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which number of a date is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Days {
    DayFirst,
    MonthFirst,
}

/// How files are read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
#[serde(default)]
#[command(next_help_heading = "Reading")]
pub(crate) struct Reading {
    /// Which column is which field, or the devices' `name` or the day they were `installed`:
    /// label=Marque,model="Réf.",name=N° (or a column's letter)
    #[arg(long, value_name = "FIELD=COLUMN,…", value_delimiter = ',')]
    pub(crate) map: Vec<String>,
    /// Which number of 3/5/2022 is the day; otherwise the column tells, or day first is taken
    #[arg(long, value_name = "ORDER", value_enum)]
    pub(crate) dates: Option<Days>,
    /// Treat every warning about the input as an error
    #[arg(long)]
    pub(crate) strict: bool,
    /// Read every file as this format; otherwise its content tells (`whomade read --formats`)
    #[arg(long, value_name = "FORMAT")]
    pub(crate) from: Option<String>,
    /// Networks of the user's with public addresses, where a command takes them.
    #[arg(skip)]
    pub(crate) own: Networks,
    /// Keys that join no records of different files: ip:192.0.2.17
    #[arg(long, value_name = "KEY,…", value_delimiter = ',')]
    pub(crate) apart: Vec<String>,
    /// Keys of one device, whatever speaks against it: name:CAM-017+serial:D12345678
    #[arg(long, value_name = "KEY+KEY,…", value_delimiter = ',')]
    pub(crate) together: Vec<String>,
    /// With what servers are asked, which no run keeps
    #[command(flatten)]
    #[serde(skip)]
    pub(crate) access: Access,
}

#[derive(Debug, Args)]
pub(crate) struct Screen {
    /// The files, folders or patterns; - is standard input, netbox:https://HOST/ a server of
    /// yours. `whomade read --formats` lists what can be read. None: those that whomade.toml names
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// What is heard while it is read, instead of files.
    #[arg(skip)]
    pub(crate) live: Option<Live>,
    #[command(flatten)]
    pub(crate) asking: Asking,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) packs: PackArgs,
    #[command(flatten)]
    pub(crate) configured: Configured,
    #[command(flatten)]
    pub(crate) output: ScreenOutput,
    #[command(flatten)]
    pub(crate) lists: Lists,
}

/// How evidence is handed on.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct BundleArgs {
    /// Write an evidence bundle that `verify` works out again: a folder, or a ZIP if it ends so
    #[arg(long, value_name = "DIR|ZIP")]
    pub(crate) bundle: Option<PathBuf>,
    /// Put the inputs themselves into the bundle
    #[arg(long, requires = "bundle")]
    pub(crate) with_inputs: bool,
    /// Put the whole base into the bundle, so that any later release can work it out again
    #[arg(long, requires = "bundle")]
    pub(crate) with_base: bool,
    /// Sign the bundle with this minisign key
    #[arg(long, value_name = "KEYFILE", requires = "bundle")]
    pub(crate) sign: Option<PathBuf>,
    /// The key's password stands in this file; else WHOMADE_KEY_PASSWORD holds it
    #[arg(long, value_name = "FILE", requires = "sign")]
    pub(crate) sign_password: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The bundle: a folder or a ZIP
    pub(crate) bundle: PathBuf,
    /// Whose signature it must bear: a minisign public key
    #[arg(long, value_name = "PUBKEY")]
    pub(crate) key: Option<PathBuf>,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Rollup {
    /// Runs kept with `screen --save`, and bundles; the row is called as `--body` said
    #[arg(required = true, value_name = "RUN")]
    pub(crate) runs: Vec<PathBuf>,
    /// Work every device out again with this program's base, for one day and one question
    #[arg(long)]
    pub(crate) again: bool,
    #[command(flatten)]
    pub(crate) asking: Asking,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// One CSV row a run, and one for each sum
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
    /// Write the table as a page, too
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write the answer to this file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The device, as the files call it
    pub(crate) device: String,
    /// The files; none: the last run of this folder
    pub(crate) files: Vec<PathBuf>,
    /// A run that was kept with --save
    #[arg(long, value_name = "RUN.whomade", conflicts_with = "files")]
    pub(crate) run: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) asking: Asking,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) packs: PackArgs,
    #[command(flatten)]
    pub(crate) configured: Configured,
    #[command(flatten)]
    pub(crate) deep: Deep,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Suggest {
    /// The files; none: the last run of this folder
    pub(crate) files: Vec<PathBuf>,
    /// A run that was kept with --save
    #[arg(long, value_name = "RUN.whomade", conflicts_with = "files")]
    pub(crate) run: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// Only this device
    #[arg(long, value_name = "DEVICE")]
    pub(crate) device: Option<String>,
    /// Name every device that is not settled, with all that would settle it
    #[arg(long, conflicts_with = "device")]
    pub(crate) all: bool,
    /// Answer as JSON, one object a device
    #[arg(long)]
    pub(crate) json: bool,
}

const ADVISE_EXAMPLES: &str = "Examples:
  whomade advise cases.tsv
  whomade advise cases.tsv --json | jq .totals

The table: one header line; columns model, firmware, cve, and expected where it is known
(affected, fixed, probably_fixed, not_affected, cannot_tell); others are left alone.";

#[derive(Debug, Args)]
pub(crate) struct Advise {
    /// The cases: tab-separated, a header line first; - is standard input
    pub(crate) file: PathBuf,
    /// Only the totals and what does not agree
    #[arg(long)]
    pub(crate) brief: bool,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Regimes {
    /// Only this one, with its provisions, exceptions, duties and sources
    pub(crate) id: Option<String>,
    /// Regime by holder by act, on the newest day of which a source speaks
    #[arg(long, conflicts_with_all = ["id", "json"])]
    pub(crate) matrix: bool,
    /// Write the page of the regime, or the matrix, to this file: .md, .html, .pdf or .json
    #[arg(short, long, value_name = "FILE", conflicts_with = "json")]
    pub(crate) output: Option<PathBuf>,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Judge {
    /// The cases: a JSON list, or an object with `cases`; - is standard input
    pub(crate) file: PathBuf,
    /// Answer as JSON, with every step
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// Labelled observations, one JSON object a line
    pub(crate) file: PathBuf,
    /// Score each cluster with a fit that has not seen it
    #[arg(long)]
    pub(crate) cv: bool,
    /// Hide label names and the labels' own model numbers: only device-side clues remain
    #[arg(long)]
    pub(crate) mask_label: bool,
    /// Take the rows of one cluster as one device
    #[arg(long)]
    pub(crate) by_cluster: bool,
    /// Also score with a quarter, a half and three quarters of each device's clues removed
    #[arg(long)]
    pub(crate) curve: bool,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
