//! The commands, one file each.

pub(crate) mod advise;
pub(crate) mod again;
pub(crate) mod asking;
pub(crate) mod atlas;
pub(crate) mod beside;
pub(crate) mod check;
pub(crate) mod details;
pub(crate) mod doctor;
pub(crate) mod eval;
pub(crate) mod explain;
pub(crate) mod gather;
pub(crate) mod heard;
pub(crate) mod identify;
pub(crate) mod judge;
pub(crate) mod kb;
pub(crate) mod letter;
pub(crate) mod names;
pub(crate) mod regimes;
pub(crate) mod report;
pub(crate) mod rollup;
pub(crate) mod screen;
pub(crate) mod suggest;
pub(crate) mod twice;
pub(crate) mod verify;
