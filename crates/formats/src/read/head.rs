//! The first bytes of an input, and what every format wants to know of them, asked once.

use std::cell::OnceCell;

use serde_json::{Map, Value};

/// Lines of JSON looked at.
const LINES_MAX: usize = 20;

/// A text of so many bytes without a line break goes on beyond what is looked at.
const CUT_BYTES: usize = 60_000;

/// The first bytes of an input.
pub(crate) struct Head<'h> {
    /// As they are.
    pub(crate) bytes: &'h [u8],
    /// As text.
    pub(crate) text: &'h str,
    objects: OnceCell<Objects>,
    root: OnceCell<Option<String>>,
}

/// The first lines as objects of JSON.
#[derive(Debug, Default)]
struct Objects {
    found: Vec<Map<String, Value>>,
    lines: usize,
}

impl<'h> Head<'h> {
    /// The first bytes, and the same as text.
    pub(crate) fn new(bytes: &'h [u8], text: &'h str) -> Self {
        Self { bytes, text, objects: OnceCell::new(), root: OnceCell::new() }
    }

    /// The text from its first character that is no blank.
    pub(crate) fn start(&self) -> &'h str {
        self.text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
    }

    /// Whether it begins as JSON does.
    pub(crate) fn is_json(&self) -> bool {
        self.start().starts_with(['{', '['])
    }

    /// The objects among the first lines, where every line is one; the last may be cut. Empty
    /// where half of the lines or more are none.
    pub(crate) fn objects(&self) -> &[Map<String, Value>] {
        let objects = self.objects.get_or_init(|| objects(self.start()));
        if objects.found.len() * 2 < objects.lines { &[] } else { &objects.found }
    }

    /// Whether more than half of the objects, one a line, have all of these keys.
    pub(crate) fn lines_have(&self, keys: &[&str]) -> bool {
        let all = self.objects();
        let have = |one: &&Map<String, Value>| keys.iter().all(|key| one.contains_key(*key));
        all.iter().filter(have).count() * 2 > all.len()
    }

    /// Whether it is one object that goes on beyond what is looked at, all in one line.
    pub(crate) fn is_one_cut_object(&self) -> bool {
        self.start().starts_with('{') && self.text.len() > CUT_BYTES && !self.text.contains('\n')
    }

    /// Whether it is JSON in which each of these stands as a key, at any depth. For documents
    /// that are longer than what is looked at.
    pub(crate) fn names(&self, keys: &[&str]) -> bool {
        let is_key = |key: &&str| {
            let quoted = format!("\"{key}\"");
            let mut places = self.text.match_indices(&quoted);
            places.any(|(at, _)| self.text[at + quoted.len()..].trim_start().starts_with(':'))
        };
        self.is_json() && keys.iter().all(is_key)
    }

    /// The name of the outermost element, if it is XML: without its prefix.
    pub(crate) fn root(&self) -> Option<&str> {
        self.root.get_or_init(|| root(self.start())).as_deref()
    }
}

fn objects(text: &str) -> Objects {
    let mut all = Objects::default();
    if !text.starts_with('{') {
        return all;
    }
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    while let Some(line) = lines.next().filter(|_| all.lines < LINES_MAX) {
        let object = serde_json::from_str(line);
        // The last line of the head may be cut.
        if lines.peek().is_none() && all.lines > 0 && object.is_err() {
            break;
        }
        all.lines += 1;
        all.found.extend(object);
    }
    all
}

fn root(text: &str) -> Option<String> {
    use quick_xml::events::Event;
    if !text.starts_with('<') {
        return None;
    }
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) => {
                let name = element.local_name();
                return Some(name.as_ref().to_owned());
            }
            Ok(Event::Eof) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Head<'_> {
        Head::new(text.as_bytes(), text)
    }

    #[test]
    fn the_outermost_element_is_named_behind_whatever_stands_before_it() {
        let text =
            "<?xml version=\"1.0\"?>\n<!DOCTYPE nmaprun>\n<!-- a scan -->\n<n:nmaprun a='b'>";
        assert_eq!(head(text).root(), Some("nmaprun"));
        assert_eq!(head("<<<").root(), None);
        assert_eq!(head("nmaprun").root(), None);
    }

    #[test]
    fn keys_are_found_in_lines_and_in_a_document_that_is_cut() {
        let lines = "{\"ip\": 1, \"data\": 2}\n{\"ip\": 3, \"data\": 4}\n{\"ip\": 5, \"da";
        assert!(head(lines).lines_have(&["ip", "data"]));
        assert!(!head(lines).lines_have(&["ip", "port"]));
        let document = "{\n  \"bomFormat\" : \"CycloneDX\",\n  \"components\": [ {";
        assert!(head(document).names(&["bomFormat", "components"]));
        assert!(!head(document).names(&["CycloneDX"]));
        assert!(head(document).objects().is_empty());
    }
}
