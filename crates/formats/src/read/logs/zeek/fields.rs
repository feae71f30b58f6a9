//! The fields of a record, whether it is a row of a table or an object of JSON.

use serde_json::Value;

use crate::read::json;

/// Fields of a table; those beyond are not read.
const FIELDS_MAX: usize = 512;

/// What stands above the rows of a table.
pub(super) struct Table {
    separator: String,
    set_separator: String,
    unset: String,
    empty: String,
    path: Option<String>,
    names: Vec<String>,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            separator: "\t".to_owned(),
            set_separator: ",".to_owned(),
            unset: "-".to_owned(),
            empty: "(empty)".to_owned(),
            path: None,
            names: vec![],
        }
    }
}

impl Table {
    /// Takes a line that begins with `#`. A log that was put behind another begins anew.
    pub(super) fn says(&mut self, line: &str) {
        if let Some(separator) = line.strip_prefix("#separator ") {
            *self = Self::default();
            let separator = plain(separator.trim());
            if !separator.is_empty() {
                self.separator = separator;
            }
            return;
        }
        let (word, rest) = line.split_once(&*self.separator).unwrap_or((line, ""));
        match word {
            "#set_separator" if !rest.is_empty() => self.set_separator = plain(rest),
            "#empty_field" => rest.clone_into(&mut self.empty),
            "#unset_field" => rest.clone_into(&mut self.unset),
            "#path" => self.path = Some(rest.trim().to_owned()),
            "#fields" => {
                let names = rest.split(&*self.separator).take(FIELDS_MAX);
                self.names = names.map(|name| name.trim().to_owned()).collect();
            }
            _ => {}
        }
    }

    /// The name of the log, where it is told.
    pub(super) fn path(&self) -> Option<String> {
        self.path.clone().filter(|path| !path.is_empty())
    }

    /// Whether the log has such a field.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }

    /// How many fields the log has.
    pub(super) fn count(&self) -> usize {
        self.names.len()
    }

    /// A row. `None` where it has not as many cells as there are fields.
    pub(super) fn row<'r>(&'r self, line: &'r str) -> Option<Fields<'r>> {
        let cells: Vec<&str> = line.split(&*self.separator).take(FIELDS_MAX + 1).collect();
        let fits = cells.len() == self.names.len() && !self.names.is_empty();
        fits.then_some(Fields::Row { table: self, cells })
    }
}

/// The fields of one record.
pub(super) enum Fields<'f> {
    /// Of a row.
    Row {
        /// What stands above it.
        table: &'f Table,
        /// Its cells, as many as there are fields.
        cells: Vec<&'f str>,
    },
    /// Of an object.
    Object(&'f Value),
}

impl Fields<'_> {
    /// Whether the record has such a field.
    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Self::Row { table, .. } => table.has(name),
            Self::Object(value) => found(value, name).is_some(),
        }
    }

    /// How many fields the record has.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Row { table, .. } => table.count(),
            Self::Object(value) => value.as_object().map_or(0, serde_json::Map::len),
        }
    }

    /// The text of a field; none where it is not set or empty.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        match self {
            Self::Row { .. } => self.cell(name).map(|cell| plain(cell).trim().to_owned()),
            Self::Object(value) => json::text(found(value, name)?),
        }
        .filter(|text| !text.is_empty())
    }

    /// The texts of a field that holds several.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        match self {
            Self::Row { table, .. } => {
                let cell = self.cell(name).unwrap_or_default();
                let parts = cell.split(&*table.set_separator).filter(|part| !part.is_empty());
                parts.map(plain).collect()
            }
            Self::Object(value) => match found(value, name) {
                Some(Value::Array(all)) => all.iter().filter_map(json::text).collect(),
                Some(one) => json::text(one).into_iter().collect(),
                None => vec![],
            },
        }
    }

    fn cell(&self, name: &str) -> Option<&str> {
        let Self::Row { table, cells } = self else { return None };
        let place = table.names.iter().position(|own| own == name)?;
        let cell = *cells.get(place)?;
        (cell != table.unset && cell != table.empty).then_some(cell)
    }
}

/// A field of an object: `id.orig_h` is one key in Zeek's own logs, two within one another where
/// something took them apart, and `id_orig_h` where points were not allowed.
fn found<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let whole = value.get(name);
    let whole = whole.or_else(|| json::at(value, name).filter(|_| name.contains('.')));
    whole.or_else(|| value.get(name.replace('.', "_")).filter(|_| name.contains('.')))
}

/// A text with the bytes that are written as `\xHH`, and the backslashes that are written twice,
/// put back.
fn plain(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let hex = bytes.get(at + 2..at + 4).filter(|_| bytes[at..].starts_with(b"\\x"));
        let hex = hex.and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = hex.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            out.push(byte);
            at += 4;
        } else {
            out.push(bytes[at]);
            at += if bytes[at..].starts_with(b"\\\\") { 2 } else { 1 };
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_put_back() {
        assert_eq!(plain("O=A\\\\, Inc"), "O=A\\, Inc");
        assert_eq!(plain("\\xc3\\xa9\\x2c"), "\u{e9},");
        assert_eq!(plain("\\x0"), "\\x0");
        assert_eq!(plain("\\"), "\\");
    }

    #[test]
    fn a_field_of_an_object_is_found_however_its_points_were_kept() {
        for text in [
            r#"{"id.orig_h":"192.0.2.1"}"#,
            r#"{"id":{"orig_h":"192.0.2.1"}}"#,
            r#"{"id_orig_h":"192.0.2.1"}"#,
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            let fields = Fields::Object(&value);
            assert_eq!(fields.get("id.orig_h").as_deref(), Some("192.0.2.1"), "{text}");
        }
    }
}
