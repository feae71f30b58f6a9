//! Evidence bundles: what was seen, what was concluded, the facts that were used, and a hash of
//! every byte of it, so that somebody who doubts an answer can work it out again.
//!
//! A bundle is laid out as BagIt has it (RFC 8493), because any archive can check that with tools
//! it has. It lies in a folder, or in a ZIP of one form only. No clock, host, user or absolute
//! path stands in it: the same run gives the same bytes.

pub(crate) mod bag;
pub(crate) mod beside;
pub(crate) mod check;
pub(crate) mod cited;
pub(crate) mod container;
pub(crate) mod record;
pub(crate) mod rework;
pub(crate) mod shelf;
pub(crate) mod sign;
pub(crate) mod told;

#[cfg(all(test, unix))]
mod tests;
