//! What a request says, taken apart; and small things of which pages are made.

use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use maud::{Markup, html};
use whomade_core::report::clean;

use crate::trouble::Trouble;
use crate::words;

/// Names and values, as an address or a form has them; a name may come several times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields(pub(crate) Vec<(String, String)>);

impl Fields {
    /// The value of a name; empty where there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value.as_str())
    }

    /// Every value of a name.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a name as a number, where it is one.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.get(name).parse().ok()
    }

    /// A value of a name that is not blank.
    pub(crate) fn told(&self, name: &str) -> Option<&str> {
        let value = self.get(name).trim();
        (!value.is_empty()).then_some(value)
    }

    /// As an address has them.
    pub(crate) fn address(&self) -> String {
        let pairs =
            self.0.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        pairs.collect::<Vec<_>>().join("&")
    }
}

/// What stands behind the `?` of an address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asks(pub(crate) Fields);

impl<S: Send + Sync> FromRequestParts<S> for Asks {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Trouble> {
        let pairs = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let pairs = pairs.map_err(|_| Trouble::bad(words::BAD_ADDRESS))?;
        Ok(Self(Fields(pairs.0)))
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Trouble;

    async fn from_request(request: Request, state: &S) -> Result<Self, Trouble> {
        match Form::<Vec<(String, String)>>::from_request(request, state).await {
            Ok(pairs) => Ok(Self(pairs.0)),
            Err(wrong) if wrong.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Trouble::new(StatusCode::PAYLOAD_TOO_LARGE, words::FORM_LARGE))
            }
            Err(_) => Err(Trouble::bad(words::BAD_FORM)),
        }
    }
}

/// The number in a path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Id(pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Trouble> {
        let Named(text) = Named::from_request_parts(parts, state).await?;
        text.parse().map(Self).map_err(|_| Trouble::nothing("such page"))
    }
}

/// The name in a path.
#[derive(Debug, Clone)]
pub(crate) struct Named(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Trouble> {
        let name = Path::<String>::from_request_parts(parts, state).await;
        name.map(|Path(name)| Self(name)).map_err(|_| Trouble::bad(words::BAD_ADDRESS))
    }
}

/// Text as an address has it.
pub(crate) fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Text as it may be shown: what steers a terminal or turns a line round is written out.
pub(crate) fn shown(text: &str) -> Markup {
    html! { (clean(text)) }
}

/// A number as people read it.
pub(crate) fn count(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or_default().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A moment as people read it, to the minute.
pub(crate) fn when(moment: &str) -> Markup {
    let plain = moment.get(..16).unwrap_or(moment).replacen('T', " ", 1);
    html! { time datetime=(moment) title=(words::UTC) { (plain) } }
}

/// A word of certainty, as a mark.
pub(crate) fn certainty(word: &str) -> Markup {
    html! { span class={ "mark " (word) } { (words::certainty(word)) } }
}

/// A word of a ruling, as a mark.
pub(crate) fn ruling(word: &str) -> Markup {
    html! { span class={ "mark rule " (word) } { (words::ruling(word)) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_addresses_are_written_for_people_and_browsers() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(100), "100");
        assert_eq!(encoded("a b&c=é/"), "a%20b%26c%3D%C3%A9/");
        let fields = Fields(vec![("site".to_owned(), "a&b".to_owned())]);
        assert_eq!(fields.address(), "site=a%26b");
    }
}
