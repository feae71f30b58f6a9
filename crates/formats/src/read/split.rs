//! Splits a line into cells, where that needs no more than to know where its delimiters stand.

use super::records::{COLUMNS_MAX, CellAt};

/// Splits a record without quotes. Cells are short, so that a search for each delimiter on its own
/// would cost more than its bytes: eight of them are looked at in one step.
///
/// The text stands so many bytes behind the record's beginning.
pub(super) fn split_plain(text: &[u8], base: usize, delimiter: u8, cells: &mut Vec<CellAt>) {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let wanted = u64::from_le_bytes([delimiter; 8]);
    let mut start = base;
    let mut at = base;
    // A short text cannot have too many.
    let short = text.len() <= COLUMNS_MAX;
    let (words, rest) = text.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word) ^ wanted;
        // The highest bit of each byte that is the delimiter, and of no other.
        let mut hits = !(((word & LOW) + LOW) | word | LOW);
        while hits != 0 {
            let end = at + (hits.trailing_zeros() / 8) as usize;
            cells.push(CellAt { start, end, loose: None });
            start = end + 1;
            hits &= hits - 1;
        }
        at += 8;
        if !short && cells.len() > COLUMNS_MAX {
            return;
        }
    }
    for (byte, end) in rest.iter().zip(at..) {
        if *byte == delimiter {
            cells.push(CellAt { start, end, loose: None });
            start = end + 1;
        }
    }
    cells.push(CellAt { start, end: base + text.len(), loose: None });
}

/// Splits a line whose quotes stand around whole cells; `false` when they do not.
pub(super) fn split_quoted(line: &[u8], delimiter: u8, cells: &mut Vec<CellAt>) -> bool {
    let mut at = 0;
    while let Some(quote) = memchr::memchr(b'"', &line[at..]).map(|place| at + place) {
        if quote > at {
            if line[quote - 1] != delimiter {
                return false;
            }
            split_plain(&line[at..quote - 1], at, delimiter, cells);
        }
        let start = quote + 1;
        let Some(length) = memchr::memchr(b'"', &line[start..]) else { return false };
        let end = start + length;
        cells.push(CellAt { start, end, loose: None });
        if cells.len() > COLUMNS_MAX {
            return false;
        }
        match line.get(end + 1) {
            None => return true,
            Some(byte) if *byte == delimiter => at = end + 2,
            Some(_) => return false,
        }
    }
    split_plain(&line[at..], at, delimiter, cells);
    cells.len() <= COLUMNS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(line: &str) -> Option<Vec<&str>> {
        let mut cells = vec![];
        let split = split_quoted(line.as_bytes(), b',', &mut cells);
        split.then(|| cells.iter().map(|cell| &line[cell.start..cell.end]).collect())
    }

    #[test]
    fn quotes_around_whole_cells_are_no_part_of_them() {
        for (line, expected) in [
            ("a,b,c", vec!["a", "b", "c"]),
            ("a,\"b, and c\",d", vec!["a", "b, and c", "d"]),
            ("\"a\"", vec!["a"]),
            ("\"a\",", vec!["a", ""]),
            (",\"\",", vec!["", "", ""]),
            (",,\"a\",\"b\",,c", vec!["", "", "a", "b", "", "c"]),
            (
                "\"a longer cell than a word\",and another that is longer, \u{e4}",
                vec!["a longer cell than a word", "and another that is longer", " \u{e4}"],
            ),
        ] {
            assert_eq!(cells(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn any_other_quote_is_left_to_the_library() {
        for line in ["a\"b,c", "\"a\"b,c", "\"a,b", "\"a \"\"b\"\"\",c", "a, \"b\"", "\""] {
            assert_eq!(cells(line), None, "{line}");
        }
    }

    #[test]
    fn a_record_is_split_at_each_delimiter_wherever_it_stands() {
        for text in
            ["", ",", "a", "a,b", ",,,,,,,,,,", "abcdefg,h", "abcdefgh,", "\u{2c2c},\u{ac}x,,y"]
        {
            let mut cells = Vec::new();
            split_plain(text.as_bytes(), 0, b',', &mut cells);
            let split: Vec<&str> = cells.iter().map(|cell| &text[cell.start..cell.end]).collect();
            assert_eq!(split, text.split(',').collect::<Vec<_>>(), "{text:?}");
        }
    }
}
