//! A page of NetBox's interface: how many there are, what comes next, and the elements, each as
//! the server wrote it.

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use whomade_core::diagnostic::Diagnostic;

use crate::trouble;

/// A page.
#[derive(Debug, Default)]
pub(crate) struct Page<'p> {
    /// How many there are in all, by the server's count.
    pub(crate) count: Option<u64>,
    /// Where the next page is.
    pub(crate) next: Option<String>,
    /// The elements, as they stand there.
    pub(crate) results: Vec<&'p str>,
}

/// Of an element what asking needs.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Element {
    /// Its number.
    pub(crate) id: Option<u64>,
    /// Of a device: how many interfaces it has, where the server counts them (since 3.6).
    pub(crate) interface_count: Option<u64>,
}

impl<'p> Page<'p> {
    /// Parts a page into its elements.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn of(text: &'p str, host: &str) -> Result<Self, Box<Diagnostic>> {
        let begin = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if !begin.starts_with('{') {
            let what = if begin.starts_with('<') { "a web page" } else { "something" };
            let message = format!("{host} answered with {what} that is no JSON");
            let said = Diagnostic::new("remote/no-json", message)
                .help("look whether the address is NetBox's own, and not that of a page before it");
            return Err(Box::new(said));
        }
        parted(begin).ok_or_else(|| {
            // Whoever sends half a page sends no end of it.
            let whole = serde_json::from_str::<IgnoredAny>(begin);
            let why = match whole {
                Err(error) if error.is_eof() => "a page is cut short",
                _ => "a page is not built as those of NetBox are",
            };
            Box::new(trouble::cut(why.to_owned()))
        })
    }
}

impl Element {
    /// What asking needs of an element.
    pub(crate) fn of(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}

/// An element on one line. JSON allows line breaks only between its parts.
pub(crate) fn line_of(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// A walk over a text of which serde_json says where each value ends. A page is not read into
/// values, because what is written of these is no longer what the server wrote.
struct Walk<'p> {
    text: &'p str,
}

impl<'p> Walk<'p> {
    /// Whether this sign comes next; it is passed then.
    fn sign(&mut self, sign: char) -> bool {
        let rest = self.text.trim_ascii_start();
        let passed = rest.strip_prefix(sign);
        self.text = passed.unwrap_or(rest);
        passed.is_some()
    }

    /// The next value: read, and as it stands there.
    fn value<T: DeserializeOwned>(&mut self) -> Option<(T, &'p str)> {
        let text = self.text.trim_ascii_start();
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<T>();
        let value = values.next()?.ok()?;
        let (own, rest) = text.split_at_checked(values.byte_offset())?;
        self.text = rest;
        Some((value, own))
    }
}

/// The parts of a page; none where it is no page.
fn parted(text: &str) -> Option<Page<'_>> {
    let mut walk = Walk { text };
    let mut page = Page::default();
    let mut results = false;
    walk.sign('{').then_some(())?;
    while !walk.sign('}') {
        let (key, _) = walk.value::<String>()?;
        walk.sign(':').then_some(())?;
        match key.as_str() {
            "count" => page.count = walk.value()?.0,
            "next" => page.next = walk.value()?.0,
            "results" => {
                results = true;
                walk.sign('[').then_some(())?;
                while !walk.sign(']') {
                    page.results.push(walk.value::<IgnoredAny>()?.1);
                    if !walk.sign(',') && !walk.text.starts_with(']') {
                        return None;
                    }
                }
            }
            _ => drop(walk.value::<IgnoredAny>()?),
        }
        if !walk.sign(',') && !walk.text.starts_with('}') {
            return None;
        }
    }
    (results && walk.text.trim_ascii().is_empty()).then_some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_parted_and_its_elements_stay_as_they_are() {
        let text = "{\n \"count\" : 2,\n \"next\": null, \"previous\": null,\n \"results\": [\n \
                    {\"id\": 1, \"b\":\n [\"]}\\\"\"]},\n {\"id\": 2} ] }\n";
        let page = Page::of(text, "host").unwrap();
        assert_eq!((page.count, page.next), (Some(2), None));
        assert_eq!(page.results, ["{\"id\": 1, \"b\":\n [\"]}\\\"\"]}", "{\"id\": 2}"]);
        assert_eq!(line_of(page.results[0]), "{\"id\": 1, \"b\":  [\"]}\\\"\"]}");
        assert_eq!(Element::of(page.results[1]).id, Some(2));
    }

    #[test]
    fn what_is_no_page_says_why() {
        let whole = r#"{"count": 1, "next": "x", "results": [{"id": 1}]}"#;
        assert!(Page::of(whole, "host").is_ok());
        for end in 1..whole.len() {
            let said = Page::of(&whole[..end], "host").expect_err("it is cut");
            assert_eq!(said.code, "remote/cut", "{end}");
            assert!(said.message.contains("cut short"), "{end}: {}", said.message);
        }
        for (text, code) in [
            ("<html>", "remote/no-json"),
            ("", "remote/no-json"),
            ("[]", "remote/no-json"),
            ("{}", "remote/cut"),
            (r#"{"results": 7}"#, "remote/cut"),
            (r#"{"count": "many", "results": []}"#, "remote/cut"),
            (r#"{"results": []} more"#, "remote/cut"),
            (r#"{"results": [1 2]}"#, "remote/cut"),
        ] {
            assert_eq!(Page::of(text, "host").map(|_| ()).unwrap_err().code, code, "{text}");
        }
        let deep = format!("{{\"results\": [{}", "[".repeat(100_000));
        assert_eq!(Page::of(&deep, "host").map(|_| ()).unwrap_err().code, "remote/cut");
    }
}
