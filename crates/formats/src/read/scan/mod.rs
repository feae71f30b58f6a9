//! What scanners write. Files only: nothing here runs a scanner or reads what one ships with.

pub(crate) mod nmap_xml;
