//! Rows that sum up a table and are no device of it.

use super::words::fold;

/// Words that stand before the sums at the foot of a table.
const SUM_WORDS: &[&str] = &[
    "total",
    "totals",
    "totaux",
    "totales",
    "totais",
    "totali",
    "totale",
    "totaal",
    "subtotal",
    "zwischensumme",
    "sum",
    "summe",
    "gesamtsumme",
    "gesamt",
    "insgesamt",
    "somme",
    "suma",
    "razem",
];

/// What every one of them holds.
const BEGINNINGS: [&str; 5] = ["tot", "sum", "som", "ges", "raz"];

/// Words that stand beside them.
const BESIDE: &[&str] = &[
    "grand",
    "sub",
    "sous",
    "general",
    "generale",
    "geral",
    "of",
    "de",
    "di",
    "no",
    "number",
    "count",
    "device",
    "devices",
    "camera",
    "cameras",
    "kameras",
    "camaras",
    "telecamere",
    "kamer",
    "recorders",
    "units",
    "items",
    "rows",
    "stuck",
    "gerate",
    "appareils",
    "equipos",
    "apparaten",
    "urzadzen",
];

/// Bytes of a cell that may be a sum.
const SUM_BYTES_MAX: usize = 40;

/// Whether a value sums up: `Total`, `Total: 18`, `Grand total 18 cameras`.
pub(crate) fn is_sum(value: &str) -> bool {
    // Nearly every cell is told from these words by their first letters.
    let begins =
        |three: &[u8]| BEGINNINGS.iter().any(|one| three.eq_ignore_ascii_case(one.as_bytes()));
    if value.len() > SUM_BYTES_MAX || !value.as_bytes().windows(3).any(begins) {
        return false;
    }
    let folded = fold(value);
    let beside = |word: &str| BESIDE.contains(&word) || is_number(word);
    let sums = |word: &str| SUM_WORDS.contains(&word);
    folded.split(' ').any(sums) && folded.split(' ').all(|word| sums(word) || beside(word))
}

fn is_number(value: &str) -> bool {
    let mark = |byte: u8| matches!(byte, b'.' | b',' | b' ' | b'\'');
    value.bytes().all(|byte| byte.is_ascii_digit() || mark(byte))
}

/// Whether a row is one: a cell that says so, and nothing else but numbers.
#[derive(Debug, Default)]
pub(crate) struct Sum<'v> {
    word: Option<&'v str>,
    others: bool,
}

impl<'v> Sum<'v> {
    /// Takes a filled cell.
    pub(crate) fn take(&mut self, value: &'v str) {
        if self.others || is_number(value) {
            return;
        }
        self.others = self.word.is_some();
        self.word = Some(value);
    }

    /// Whether it was one.
    pub(crate) fn is_one(&self) -> bool {
        !self.others && self.word.is_some_and(is_sum)
    }
}
