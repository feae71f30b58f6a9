//! Model numbers and the patterns of supplies: `*` any run, `#` a digit, `@` a letter,
//! `?` either.

/// A model number as patterns see it: capitals, one kind of dash, no blanks, no lens in brackets.
#[must_use]
pub fn squeeze(model: &str) -> String {
    let mut out = String::new();
    squeeze_into(model, &mut out);
    out
}

/// The same into a text whose memory is used again.
pub fn squeeze_into(model: &str, out: &mut String) {
    out.clear();
    // Nearly all are plain already.
    let plain = |all: bool, c: u8| all & c.is_ascii_graphic() & (c != b'(');
    if model.bytes().fold(true, plain) {
        out.push_str(model);
        out.make_ascii_uppercase();
        return;
    }
    if model.bytes().all(|c| c.is_ascii_graphic() || c == b' ') {
        out.push_str(model);
        out.make_ascii_uppercase();
    } else {
        out.extend(model.chars().flat_map(|c| {
            let as_seen = match c {
                c if c.is_whitespace() => ' ',
                '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => '-',
                c => c,
            };
            as_seen.to_uppercase()
        }));
    }
    let before = out.len() - out.trim_start().len();
    out.truncate(before + without_lenses(out).len());
    out.retain(|c| c != ' ');
    // Blanks inside a bracket may have hidden a lens.
    out.truncate(without_lenses(out).len());
}

/// Without every lens named behind it, so that squeezing twice changes nothing.
fn without_lenses(mut model: &str) -> &str {
    loop {
        let shorter = without_lens(model);
        if shorter.len() == model.len() {
            return model;
        }
        model = shorter;
    }
}

/// `DS-2CD2143G2-I(2.8mm)` and `… 2.8mm` are the same model with a lens named behind it.
fn without_lens(model: &str) -> &str {
    let trimmed = model.trim();
    let lens = |text: &str| {
        let text = text.trim().trim_end_matches(')').trim_end();
        let Some((millimetres, unit)) = text.split_at_checked(text.len().wrapping_sub(2)) else {
            return false;
        };
        let millimetres = millimetres.trim();
        // A length begins and ends with a digit: in `AA - 000 - MM` the letters are the model's.
        unit.eq_ignore_ascii_case("mm")
            && millimetres.starts_with(|c: char| c.is_ascii_digit())
            && millimetres.ends_with(|c: char| c.is_ascii_digit())
            && millimetres.chars().all(|c| "0123456789.,-~/ ".contains(c))
    };
    for (at, c) in trimmed.char_indices().rev() {
        if c == '(' && lens(&trimmed[at + 1..]) {
            return trimmed[..at].trim_end();
        }
        if c == ' ' && at > 0 && lens(&trimmed[at + 1..]) && !trimmed[at + 1..].starts_with('(') {
            return trimmed[..at].trim_end();
        }
    }
    trimmed
}

/// Whether a squeezed model number matches a squeezed pattern.
#[must_use]
pub fn matches(pattern: &str, model: &str) -> bool {
    let (pattern, model) = (pattern.as_bytes(), model.as_bytes());
    // Most patterns say by their first byte that a model is none of theirs.
    if let (Some(first), Some(c)) = (pattern.first(), model.first())
        && *first != b'*'
        && !one(*first, *c)
    {
        return false;
    }
    let (mut p, mut m) = (0, 0);
    // Where the last star stood and how far it has swallowed: no recursion, no blow-up.
    let mut star: Option<(usize, usize)> = None;
    while m < model.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p, m));
            p += 1;
        } else if p < pattern.len() && one(pattern[p], model[m]) {
            p += 1;
            m += 1;
        } else if let Some((at, swallowed)) = star {
            star = Some((at, swallowed + 1));
            p = at + 1;
            m = swallowed + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|rest| *rest == b'*')
}

fn one(pattern: u8, c: u8) -> bool {
    match pattern {
        b'#' => c.is_ascii_digit(),
        b'@' => c.is_ascii_alphabetic(),
        b'?' => c.is_ascii_alphanumeric(),
        literal => literal == c,
    }
}

/// What a pattern begins with before its first wildcard.
#[must_use]
pub fn literal_head(pattern: &str) -> &str {
    &pattern[..pattern.find(['*', '#', '@', '?']).unwrap_or(pattern.len())]
}

/// The model number with the letter O and the digit 0 put where they are likelier, if that
/// changes it: people and readers of stickers swap them.
#[must_use]
pub fn unswapped(squeezed: &str) -> Option<String> {
    if !squeezed.contains('O') {
        return None;
    }
    let bytes = squeezed.as_bytes();
    let mut out = bytes.to_vec();
    for (at, c) in bytes.iter().enumerate() {
        let before = at.checked_sub(1).map(|b| bytes[b]);
        let after = bytes.get(at + 1).copied();
        let digit = |c: Option<u8>| c.is_some_and(|c| c.is_ascii_digit() && c != b'0');
        if *c == b'O' && (digit(before) || digit(after) || before == Some(b'G')) {
            out[at] = b'0';
        }
    }
    (out != bytes).then(|| String::from_utf8(out).unwrap_or_default())
}

/// Other readings of a model number that matched nothing as it stands: O and 0 put right, a blank
/// or an underscore for a dash. A dash is never made up: `TC60` is nobody's `TC-60`.
pub fn readings(written: &str) -> impl Iterator<Item = String> {
    // Nothing to put right and nothing to become a dash: nearly every model.
    let may =
        |any: bool, byte: u8| any | matches!(byte, b' ' | b'_' | b'O' | b'o') | !byte.is_ascii();
    let some = written.bytes().fold(false, may);
    let parted = some && written.contains([' ', '_']);
    let squeezed = if some { squeeze(written) } else { String::new() };
    let swapped = unswapped(&squeezed);
    let dashed = parted.then(|| squeeze(&written.trim().replace([' ', '_'], "-")));
    let both = dashed.as_deref().map_or_else(|| swapped.clone(), unswapped);
    let dashed = dashed.filter(|dashed| *dashed != squeezed);
    [swapped, dashed, both].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_squeezed() {
        assert_eq!(squeeze("DS-2CD2143G2-I(2.8mm)"), "DS-2CD2143G2-I");
        assert_eq!(squeeze("ds–2cd2143g2‑i 4mm"), "DS-2CD2143G2-I");
        assert_eq!(squeeze("AXIS P3245-V"), "AXISP3245-V");
        assert_eq!(squeeze("IPC-HFW1431S (S4)"), "IPC-HFW1431S(S4)");
        assert_eq!(squeeze(""), "");
        assert_eq!(squeeze("mm"), "MM");
        assert_eq!(squeeze("("), "(");
    }

    #[test]
    fn patterns_match_as_written() {
        assert!(matches("CMIP*", "CMIP7422N-28M"));
        assert!(matches("TV-IP31#PI", "TV-IP312PI"));
        assert!(!matches("TV-IP31#PI", "TV-IP31XPI"));
        assert!(matches("*", ""));
        assert!(matches("A*B*C", "AXXBYYBZC"));
        assert!(!matches("A*B", "AXXBC"));
        assert!(matches("@##", "P12"));
    }

    #[test]
    fn swapped_letters_are_put_back() {
        assert_eq!(unswapped("DS-2CD2143GO-I").as_deref(), Some("DS-2CD2143G0-I"));
        assert_eq!(unswapped("DS-2CD2O43G2-I").as_deref(), Some("DS-2CD2043G2-I"));
        assert_eq!(unswapped("QNO-8080R"), None);
    }
}
