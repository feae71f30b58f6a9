//! Writers: tables and workbooks, with nothing in them that a spreadsheet would run.

pub mod archive;
pub mod csv;
mod sheet;
pub mod workbook;
