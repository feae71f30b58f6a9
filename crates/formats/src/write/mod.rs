//! Writers: tables and workbooks with nothing in them that a spreadsheet would run, papers as
//! Markdown and as pages, observations as lines that are read again, findings in the formats of
//! other tools.

pub mod archive;
pub mod book;
#[cfg(feature = "parquet")]
mod columnar;
mod csaf;
pub mod csv;
mod cyclonedx;
mod estate_md;
pub mod format;
mod graphviz;
pub mod icalendar;
mod json;
pub mod markdown;
pub mod mud;
pub mod ndjson;
mod observations;
pub mod page;
mod printed;
pub mod ribbons;
mod sarif;
mod sheet;
mod stix;
mod told;
pub mod workbook;
mod xlsx;
