//! What may be typed about servers that are read.

use std::path::PathBuf;

use clap::Args;

/// With what a server is asked. It is part of no kept run and no bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct Access {
    /// The token for netbox:https://… stands in this file; else WHOMADE_NETBOX_TOKEN holds it
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Trust this authority's certificate (PEM) beside those that this machine trusts
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}
