//! Writers: tables and workbooks with nothing in them that a spreadsheet would run, papers as
//! Markdown and as pages, findings in the formats of other tools.

pub mod archive;
pub mod csv;
mod cyclonedx;
pub mod format;
mod graphviz;
mod json;
pub mod markdown;
pub mod page;
mod sarif;
mod sheet;
mod stix;
pub mod workbook;
