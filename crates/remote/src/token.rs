//! The token: shown to the server it is meant for, and to nobody else.

use std::fmt;

use ureq::http::HeaderValue;

/// Bytes of a token; a longer one is something else.
pub const TOKEN_BYTES_MAX: usize = 4096;

/// A shorter token is not looked for in what the server writes: it would stand in any text.
const LOOKED_FOR_BYTES_MIN: usize = 8;

/// How tokens of NetBox 4.5 and later begin, which are sent in another way.
const NEWER: &str = "nbt_";

/// What stands where a token was taken out.
const TAKEN_OUT: &str = "[token]";

/// A token. It has no form in which it could be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token")
    }
}

impl Token {
    /// A token as it stands in a variable or a file; blanks around it are no part of it.
    ///
    /// # Errors
    /// Why it can be none, in words that do not repeat it.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.is_empty() {
            return Err("it is empty");
        }
        if text.len() > TOKEN_BYTES_MAX {
            return Err("it is too long to be a token");
        }
        if text.contains(char::is_whitespace) {
            return Err("it holds a blank or a second line: give the token alone, without a word \
                        before it");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("it holds signs that no token has");
        }
        Ok(Self(text.to_owned()))
    }

    /// How it is shown to the server. The newer tokens of NetBox go behind another word.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let word = if self.0.starts_with(NEWER) { "Bearer" } else { "Token" };
        let mut value = HeaderValue::from_str(&format!("{word} {}", self.0)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// A text without the token; none where it does not stand in it.
    pub(crate) fn taken_out_of(&self, text: &str) -> Option<String> {
        let mut parts = vec![self.0.as_str()];
        // The secret of a newer token stands behind its key.
        parts.extend(self.0.strip_prefix(NEWER).and_then(|rest| Some(rest.split_once('.')?.1)));
        parts.retain(|part| part.len() >= LOOKED_FOR_BYTES_MIN && text.contains(part));
        if parts.is_empty() {
            return None;
        }
        Some(parts.iter().fold(text.to_owned(), |text, part| text.replace(part, TAKEN_OUT)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "0123456789abcdef0123456789abcdef01234567";
    const NEW: &str = "nbt_AbCdEfGhIjKl.0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_token_is_never_printed() {
        let token = Token::new(&format!(" {OLD}\n")).unwrap();
        assert_eq!(format!("{token:?}"), "Token");
        let header = token.header().unwrap();
        assert_eq!(format!("{header:?}"), "Sensitive");
        assert_eq!(header.as_bytes(), format!("Token {OLD}").as_bytes());
    }

    #[test]
    fn newer_tokens_go_behind_another_word() {
        let header = Token::new(NEW).unwrap().header().unwrap();
        assert_eq!(header.as_bytes(), format!("Bearer {NEW}").as_bytes());
    }

    #[test]
    fn what_can_be_no_token_is_refused_without_being_repeated() {
        for text in
            ["", " \n", "Token 0123", "two\nlines", "bell\u{7}", "e\u{301}", &"a".repeat(5_000)]
        {
            let why = Token::new(text).expect_err(text);
            assert!(text.trim().is_empty() || !why.contains(text.trim()), "{why}");
        }
    }

    #[test]
    fn a_token_is_taken_out_of_what_comes_back() {
        let token = Token::new(NEW).unwrap();
        let secret = NEW.split_once('.').unwrap().1;
        let text = format!("you said {NEW}, that is {secret}");
        assert_eq!(token.taken_out_of(&text).unwrap(), "you said [token], that is [token]");
        assert_eq!(token.taken_out_of("nothing"), None);
        assert_eq!(Token::new("cam").unwrap().taken_out_of("a cam"), None);
    }
}
