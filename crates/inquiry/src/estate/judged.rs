//! What a person said about joining, as typed: `--apart` and `--together`, and the same keys of
//! `whomade.toml`.

use std::collections::BTreeSet;
use std::net::IpAddr;

use anyhow::{Result, bail};
use whomade_core::assembly::{Judged, Key, KeyKind};
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::document::nearest;
use whomade_core::report::{clean, clean_to};

/// A key is shown whole, however long its name.
const KEY_CHARS_MAX: usize = 400;

/// Every kind of key.
const KINDS: [KeyKind; 5] =
    [KeyKind::Serial, KeyKind::Mac, KeyKind::Certificate, KeyKind::Name, KeyKind::Address];

/// What was typed about joining.
///
/// # Errors
/// When a key is none, with the form that was probably meant.
pub fn judged(apart: &[String], together: &[String]) -> Result<Judged> {
    let apart = apart.iter().map(|text| key(text, "--apart", text)).collect::<Result<_>>()?;
    let one = |text: &String| {
        let all = text.split('+').map(|part| key(part, "--together", text));
        all.collect::<Result<BTreeSet<Key>>>()
    };
    let together = together.iter().map(one).collect::<Result<_>>()?;
    Ok(Judged { apart, together })
}

/// A key as typed, in what was typed behind an option.
fn key(part: &str, option: &str, typed: &str) -> Result<Key> {
    if let Some(key) = Key::parse(part) {
        return Ok(key);
    }
    let (part, typed) = (clean(part), clean_to(typed, KEY_CHARS_MAX));
    let word = part.split_once(':').map(|(word, _)| word.trim().to_lowercase());
    match word.as_deref().and_then(KeyKind::from_word) {
        Some(KeyKind::Mac) => bail!(
            "[ask/bad-key] `{part}` is no hardware address that a maker gave: six octets, and none \
             that a device made up for itself"
        ),
        Some(KeyKind::Serial) => bail!(
            "[ask/bad-key] `{part}` is no serial number: it has at least six signs, a digit among \
             them, and is no filler"
        ),
        _ => {}
    }
    let meant: Vec<String> = typed.split('+').map(guess).collect();
    let example = if option == "--apart" { "ip:192.0.2.17" } else { "name:CAM-017+ip:192.0.2.17" };
    let meant = match meant.join("+") {
        same if same == typed => String::new(),
        meant => format!("; did you mean {option} {meant}?"),
    };
    bail!(
        "[ask/bad-key] `{part}` is no key: serial:, mac:, certificate:, name: or ip:, and behind it \
         the value, as in {option} {example}{meant}"
    )
}

/// The key that was probably meant; what is one stays as it is.
fn guess(part: &str) -> String {
    let part = part.trim();
    if Key::parse(part).is_some() {
        return part.to_owned();
    }
    if let Some((word, value)) = part.split_once([':', '=']) {
        let also =
            [("address", "ip"), ("sn", "serial"), ("device", "name"), ("cert", "certificate")];
        let word = word.trim().to_lowercase();
        let known = also.iter().find(|(one, _)| *one == word).map(|(_, kind)| *kind);
        let words = || KINDS.iter().map(|kind| kind.word());
        let exact = words().find(|one| *one == word);
        if let Some(kind) = exact.or(known).or_else(|| nearest(&word, words())) {
            let meant = format!("{kind}:{}", value.trim());
            return if Key::parse(&meant).is_some() { meant } else { part.to_owned() };
        }
    }
    let hex = part.len() == 64 && part.bytes().all(|c| c.is_ascii_hexdigit());
    if part.parse::<IpAddr>().is_ok() {
        format!("ip:{part}")
    } else if Key::parse(&format!("mac:{part}")).is_some() {
        format!("mac:{part}")
    } else if hex {
        format!("certificate:{part}")
    } else if part.is_empty() || part.contains(':') {
        part.to_owned()
    } else {
        format!("name:{part}")
    }
}

/// What is said of keys that no record has, and of those that join nothing because they stand
/// alone.
pub(super) fn unmatched(judged: &Judged, met: &BTreeSet<Key>) -> Vec<Diagnostic> {
    let missing = judged.keys().into_iter().filter(|key| !met.contains(*key));
    missing
        .map(|key| {
            let shown = clean_to(&key.to_string(), KEY_CHARS_MAX);
            let option = if judged.apart.contains(key) { "--apart" } else { "--together" };
            let message = format!("no record has the key `{shown}` of {option}, which does nothing");
            let help = match key.kind {
                KeyKind::Name if key.value.ends_with(')') => {
                    "a key is typed without its site in brackets"
                }
                KeyKind::Name => {
                    "a name is a key where a list gives it and it has a digit; serial:, mac: or ip: \
                     tell every device"
                }
                _ => "`whomade read FILES` shows what each record has",
            };
            Diagnostic::new("ask/unmatched-key", message).help(help)
        })
        .collect()
}
