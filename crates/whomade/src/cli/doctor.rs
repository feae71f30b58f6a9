//! What may be typed after `whomade doctor`.

use clap::Args;

/// Examples under its help.
pub(super) const EXAMPLES: &str = "Examples:
  whomade doctor
  whomade --kb mine doctor           with your own facts laid over the base
  whomade doctor --json | jq -r '.checks[] | select(.state != \"ok\") | .next'

Exit status: 0 nothing is broken, warnings or not; 2 something is.";

/// Looks at the program itself.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The day from which the age of the base is counted; today if not given
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) on: Option<String>,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
