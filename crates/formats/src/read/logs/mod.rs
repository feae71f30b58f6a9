//! What watches a network and writes lines about it.

pub(crate) mod eve;
