//! Values of JSON as they stand in a text.

use std::ops::Range;

use serde_json::Value;

/// Where a key stands from a place on, with its colon and its whole value. A text that holds the
/// same words in quotes is no key.
pub(super) fn member(text: &str, key: &str, from: usize) -> Option<Range<usize>> {
    let quoted = format!("\"{key}\"");
    let mut places = text.get(from..)?.match_indices(&quoted);
    places.find_map(|(at, _)| {
        let start = from + at;
        let rest = &text[start + quoted.len()..];
        let value = rest.trim_start().strip_prefix(':')?;
        let before = text.len() - value.len();
        let mut values = serde_json::Deserializer::from_str(value).into_iter::<Value>();
        values.next()?.ok()?;
        Some(start..before + values.byte_offset())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_found_with_its_value() {
        let text = r#"{"a": "DeviceInfo", "DeviceInfo" : {"x": [1, {"y": 2}]}, "z": 1}"#;
        let range = member(text, "DeviceInfo", 0).unwrap();
        assert_eq!(&text[range], r#""DeviceInfo" : {"x": [1, {"y": 2}]}"#);
        assert_eq!(member(text, "y", text.len()), None);
        assert_eq!(member(text, "DeviceInfo", text.len() + 9), None);
        assert_eq!(member(r#"{"DeviceInfo": {"x": "#, "DeviceInfo", 0), None);
    }
}
