//! What watches a network and writes lines about it.

pub(crate) mod adguard;
mod asked;
pub(crate) mod dnsmasq_log;
pub(crate) mod eve;
pub(crate) mod pihole;
pub(crate) mod zeek;
