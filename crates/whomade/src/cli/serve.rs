//! What may be typed after `whomade serve`, `audit`, `backup` and `restore`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Examples under the help of `serve`.
pub(super) const SERVE_EXAMPLES: &str = "Examples:
  whomade serve                      the estate of this folder, on this machine only
  whomade serve --demo               two example estates, ready to click, kept nowhere
  whomade serve --store estate.db --listen 127.0.0.1:9000
  whomade serve --listen 0.0.0.0:8470 --name cameras.council.example --behind-https
  WHOMADE_STORE=postgres://whomade@db.council.example/whomade whomade serve

The first start prints a link that holds once and for an hour: whoever follows it is the first
admin. SIGTERM or Ctrl-C ends it; what was under way goes on at the next start.";

/// Examples under the help of `audit`.
pub(super) const AUDIT_EXAMPLES: &str = "Examples:
  whomade audit verify
  whomade audit verify --head 9f0c…  also that the end was not cut off since this was noted

Exit status: 0 the trail is whole; 1 it is not; 2 it could not be read.";

/// Where the estate lies.
#[derive(Debug, Clone, Args)]
pub(crate) struct At {
    /// The estate: a file, or the URL of a PostgreSQL database; else what WHOMADE_STORE says, else
    /// whomade.db in this folder
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) store: Option<String>,
}

/// Serves the estate to browsers and programs.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) at: At,
    /// Where to listen
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8470")]
    pub(crate) listen: SocketAddr,
    /// A name of this server, as browsers call it; again for another
    #[arg(long, value_name = "HOST")]
    pub(crate) name: Vec<String>,
    /// A proxy before it speaks https: cookies go by https only
    #[arg(long)]
    pub(crate) behind_https: bool,
    /// Show two example estates with a dispute, in memory
    #[arg(long, conflicts_with = "store")]
    pub(crate) demo: bool,
}

/// Looks at the audit trail.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    pub(crate) command: AuditCommand,
}

/// What is done with it.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Whether every line is bound to the one before
    Verify {
        #[command(flatten)]
        at: At,
        /// The hash of the last line, as it was noted earlier
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
}

/// Copies the estate into one file.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    pub(crate) at: At,
    /// The new file
    pub(crate) file: PathBuf,
}

/// Brings an estate back from a copy.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    #[command(flatten)]
    pub(crate) at: At,
    /// The file that `backup` wrote
    pub(crate) file: PathBuf,
}
