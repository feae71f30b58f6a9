//! Text as both databases take it. What a device sends may hold a zero byte, which PostgreSQL
//! keeps in no text; it is written with two signs that stand for it, and read back as it was.

use std::borrow::Cow;

/// A sign that Unicode keeps free for programs' own use and that no device has reason to send.
const LEAD: char = '\u{FDD0}';
/// Behind the lead: a zero byte.
const ZERO: char = '0';

/// Text as it is kept.
#[must_use]
pub fn keep(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', LEAD]) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len() + 8);
    for sign in text.chars() {
        match sign {
            '\0' => kept.extend([LEAD, ZERO]),
            LEAD => kept.extend([LEAD, LEAD]),
            sign => kept.push(sign),
        }
    }
    Cow::Owned(kept)
}

/// The same as it was.
#[must_use]
pub fn kept(text: String) -> String {
    if !text.contains(LEAD) {
        return text;
    }
    let mut was = String::with_capacity(text.len());
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        match sign {
            LEAD => was.push(if signs.next() == Some(ZERO) { '\0' } else { LEAD }),
            sign => was.push(sign),
        }
    }
    was
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_to_the_sign() {
        for text in ["", "plain", "a\0b", "\u{FDD0}0", "\0\u{FDD0}\0", "ends\u{FDD0}"] {
            let on_disk = keep(text).into_owned();
            assert!(!on_disk.contains('\0'));
            assert_eq!(kept(on_disk), text);
        }
    }
}
