//! How much of an input is read: the limits of the readers in one list, for whoever asks before a
//! file is refused.

use whomade_capture::limits as capture;

use super::{archive, container, json, kinds_text, letter, ndjson, ods, records, rows, sheet};
use super::{unpack, workbook, xml, zipped};

/// A limit of the readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What it is a limit of.
    pub of: &'static str,
    /// How much.
    pub value: u64,
    /// Of what: `bytes`, `rows`.
    pub unit: &'static str,
    /// The code of what is said of an input beyond it.
    pub code: &'static str,
}

const fn limit(of: &'static str, value: u64, unit: &'static str, code: &'static str) -> Limit {
    Limit { of, value, unit, code }
}

/// The limits, from whole files down to a value.
pub const LIMITS: &[Limit] = &[
    limit("a packed input unpacks to", unpack::UNPACKED_BYTES_MAX, "bytes", "read/bomb"),
    limit("each packed byte unpacks to", unpack::UNPACKED_RATIO_MAX, "bytes", "read/bomb"),
    limit("unpacked before that is looked at", unpack::RATIO_FROM_BYTES, "bytes", "read/bomb"),
    limit("the window of zstd", unpack::ZSTD_WINDOW_BYTES_MAX, "bytes", "read/damaged-gz"),
    limit("an archive holds", container::ENTRIES_MAX as u64, "files", "read/bomb"),
    limit(
        "archives within one another",
        zipped::ARCHIVE_DEPTH_MAX as u64,
        "archives",
        "read/nested-archive",
    ),
    limit("a name in an archive", archive::NAME_BYTES_MAX as u64, "bytes", "read/archive-entry"),
    limit("a workbook unpacks to", container::EXPANSION_BYTES_MAX, "bytes", "read/bomb"),
    limit("a workbook or archive in a stream", workbook::WORKBOOK_BYTES_MAX, "bytes", "read/bomb"),
    limit("sheets of a workbook", workbook::SHEETS_MAX as u64, "sheets", "read/many-cells"),
    limit("cells of a sheet", sheet::CELLS_MAX, "cells", "read/many-cells"),
    limit("rows that a workbook repeats", ods::REPEATED_ROWS_MAX as u64, "rows", "read/many-cells"),
    limit("a line or row", records::LINE_BYTES_MAX as u64, "bytes", "read/long-line"),
    limit("cells of a row", records::COLUMNS_MAX as u64, "cells", "read/many-columns"),
    limit("a cell or value", rows::CELL_BYTES_MAX as u64, "bytes", "read/long-value"),
    limit("a reply", kinds_text::REPLY_BYTES_MAX as u64, "bytes", "read/long-value"),
    limit(
        "observations of a device",
        ndjson::OBSERVATIONS_MAX as u64,
        "observations",
        "read/many-observations",
    ),
    limit(
        "an element of a JSON document",
        json::ELEMENT_BYTES_MAX as u64,
        "bytes",
        "read/large-record",
    ),
    limit("values within it", json::VALUES_MAX as u64, "values", "read/large-record"),
    limit("a record of XML", xml::RECORD_BYTES_MAX as u64, "bytes", "read/large-record"),
    limit("elements within it", xml::NODES_MAX as u64, "elements", "read/large-record"),
    limit("elements within one another", xml::DEPTH_MAX as u64, "elements", "read/bad-xml"),
    limit("a tag or text of XML", xml::EVENT_BYTES_MAX as u64, "bytes", "read/bad-xml"),
    limit(
        "a packet of a capture",
        capture::FRAME_BYTES_MAX as u64,
        "bytes",
        "read/damaged-capture",
    ),
    limit("stations of a capture", capture::STATIONS_MAX as u64, "stations", "read/many-stations"),
    limit("what a station shows", capture::TRACES_MAX as u64, "things", "read/many-observations"),
    limit("peers of a station", capture::PEERS_MAX as u64, "peers", "read/many-peers"),
    limit("peers of all stations", capture::PEERS_OF_ALL_MAX as u64, "peers", "read/many-peers"),
    limit("answers about names", capture::ANSWERS_MAX as u64, "answers", "read/many-names"),
    limit("flows followed at once", capture::FLOWS_MAX as u64, "flows", "read/many-flows"),
    limit("exporters of flows", capture::EXPORTERS_MAX as u64, "exporters", "read/many-exporters"),
    limit(
        "what all stations show",
        capture::TRACES_BYTES_MAX as u64,
        "bytes",
        "read/many-observations",
    ),
    limit("the answer of a supplier", letter::LETTER_BYTES_MAX, "bytes", "read/long-letter"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_names_what_is_said_beyond_it() {
        for one in LIMITS {
            assert!(one.value > 0, "{}", one.of);
            assert!(whomade_core::diagnostic::find(one.code).is_some(), "{}", one.code);
        }
    }
}
