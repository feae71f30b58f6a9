//! What may be typed after `whomade check`.

use clap::Args;

use super::Asking;

/// Examples under its help.
pub(super) const EXAMPLES: &str = "Examples:
  whomade check \"LTS CMIP7422N-28M\" --as us-agency
  whomade check DS-2CD2143G2-I Swann
  whomade check < quote.txt
  whomade check --json < quote.txt | jq -r .says";

/// One line for each quoted item.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Label and model as they stand on the quote, each item in quotation marks; none, or -:
    /// standard input, one item a line
    #[arg(value_name = "ITEM")]
    pub(crate) items: Vec<String>,
    #[command(flatten)]
    pub(crate) asking: Asking,
    /// Answer as JSON, one object an item
    #[arg(long)]
    pub(crate) json: bool,
}
