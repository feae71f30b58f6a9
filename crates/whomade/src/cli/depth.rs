//! How deep behind the label somebody asks.

use clap::{Args, ValueEnum};
use whomade_core::role::Role;

/// The levels that can be asked for, from the outside in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum To {
    Label,
    Design,
    Producer,
    Owner,
    Component,
    Cloud,
}

impl To {
    /// The role that is the deepest level told.
    pub(crate) const fn role(self) -> Role {
        match self {
            Self::Label => Role::Label,
            Self::Design => Role::Design,
            Self::Producer => Role::Producer,
            Self::Owner => Role::Owner,
            Self::Component => Role::Component,
            Self::Cloud => Role::Cloud,
        }
    }
}

/// How deep is asked.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct Deep {
    /// Go behind the label level by level, down to this one: who, on what ground, how sure, and
    /// which regime looks there
    #[arg(long, value_name = "LEVEL")]
    pub(crate) depth: Option<To>,
}
