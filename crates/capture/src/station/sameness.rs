//! When two things that a station shows are one: a notice that is said every minute is one notice.

use std::hash::{Hash as _, Hasher as _};

use rustc_hash::FxHasher;

use crate::wire::Said;

/// What makes two things that a station shows the same: what is of one message alone (moments,
/// numbers of messages and of streams, of headers of HTTP every value but who serves) is left out,
/// so that a notice that is said every minute is one.
pub(super) fn sameness(said: &Said) -> u64 {
    let mut hasher = FxHasher::default();
    match said {
        Said::Reply(kind, text) => {
            kind.hash(&mut hasher);
            match *kind {
                "http_headers" | "rtsp" => hash_headers(text, &mut hasher),
                "ssdp" => hash_lines(text, &["date:", "bootid.upnp.org:"], &mut hasher),
                "sdp" => hash_lines(text, &["o=", "t="], &mut hasher),
                "ws_discovery" | "sadp" => hash_elements(text, &mut hasher),
                _ => text.hash(&mut hasher),
            }
        }
        Said::Certificate(bytes) => bytes.hash(&mut hasher),
    }
    hasher.finish()
}

/// Of headers their names, and of some what stands behind them.
fn hash_headers(head: &str, hasher: &mut FxHasher) {
    const KEPT: [&str; 3] = ["server", "www-authenticate", "location"];
    for line in head.lines() {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        name.hash(hasher);
        if KEPT.iter().any(|kept| name.trim().eq_ignore_ascii_case(kept)) {
            // A realm stays, the number beside it that is used once does not.
            value.split("nonce").next().hash(hasher);
        }
    }
}

/// Every line but those that begin so, in whatever case.
fn hash_lines(text: &str, passed: &[&str], hasher: &mut FxHasher) {
    let begins = |line: &str, word: &&str| {
        line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    for line in text.lines().filter(|line| !passed.iter().any(|word| begins(line, word))) {
        line.hash(hasher);
    }
}

/// Every element but those that are of one message alone.
fn hash_elements(text: &str, hasher: &mut FxHasher) {
    const PASSED: [&str; 5] = ["MessageID", "RelatesTo", "AppSequence", "Uuid", "BootTime"];
    for piece in text.split('<') {
        let end = piece.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'));
        let name = &piece[..end.unwrap_or(piece.len())];
        let local = name.rsplit(':').next().unwrap_or(name);
        if !PASSED.contains(&local) {
            piece.hash(hasher);
        }
    }
}
