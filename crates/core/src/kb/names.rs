//! Names of makers and labels, found again as people write them.

use super::facts::Facts;
use super::fast::FastMap;

/// A company or a label of the base: its place in the sorted ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entity {
    /// A maker.
    Maker(u16),
    /// A label.
    Label(u16),
}

/// How a name was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameMatch {
    /// As it stands in the base, but for case, punctuation and legal form.
    Same,
    /// It begins with the name.
    Begins,
    /// One letter is wrong, missing, doubled or swapped.
    Typo,
}

/// Shorter names are matched exactly only: one letter off may be somebody else.
const TYPO_CHARS_MIN: usize = 6;
/// Names of this many letters are found with two letters swapped, and with nothing else wrong.
const TRANSPOSED_CHARS: usize = 5;

/// Words of legal form, which say nothing about who it is.
fn is_legal(word: &str) -> bool {
    matches!(
        word,
        "inc"
            | "ltd"
            | "limited"
            | "llc"
            | "co"
            | "corp"
            | "corporation"
            | "company"
            | "gmbh"
            | "kg"
            | "ag"
            | "sa"
            | "s"
            | "a"
            | "srl"
            | "spa"
            | "bv"
            | "b"
            | "v"
            | "plc"
            | "pte"
            | "pty"
            | "pvt"
            | "private"
            | "oy"
            | "ab"
            | "sp"
            | "z"
            | "o"
            | "ltda"
            | "as"
            | "kk"
            | "and"
            | "the"
    )
}

/// The index of names.
#[derive(Debug, Default)]
pub struct Names {
    exact: FastMap<String, Entity>,
    /// Each name with one letter left out → the names it may come from.
    nearly: FastMap<u64, Vec<u32>>,
    all: Vec<(String, Entity)>,
    words_max: usize,
    chars_max: usize,
}

impl Names {
    /// Indexes the names of a base. Labels come first: a firm that makes some of its equipment
    /// and buys the rest has a label file, and that says which is which.
    #[must_use]
    pub fn new(facts: &Facts) -> Self {
        let mut names = Self::default();
        for (at, label) in facts.labels.values().enumerate() {
            for name in std::iter::once(&label.name).chain(&label.also) {
                names.add(name, Entity::Label(at as u16));
            }
        }
        for (at, maker) in facts.makers.values().enumerate() {
            let own = std::iter::once(&maker.name).chain(&maker.legal_name);
            for name in own.chain(&maker.also).chain(&maker.local_names) {
                names.add(name, Entity::Maker(at as u16));
            }
        }
        names
    }

    fn add(&mut self, name: &str, of: Entity) {
        let Words { key, ends } = Words::of(name);
        if key.is_empty() || self.exact.contains_key(&key) {
            return;
        }
        self.words_max = self.words_max.max(ends.len());
        let number = self.all.len() as u32;
        self.chars_max = self.chars_max.max(key.chars().count());
        if key.chars().count() >= TRANSPOSED_CHARS {
            for cut in cuts(&key) {
                self.nearly.entry(cut).or_default().push(number);
            }
        }
        self.exact.insert(key.clone(), of);
        self.all.push((key, of));
    }

    /// Who bears this name, if anybody in the base does.
    #[must_use]
    pub fn find(&self, written: &str) -> Option<(Entity, NameMatch)> {
        let words = Words::of(written);
        if let Some(of) = self.exact.get(&words.key) {
            return Some((*of, NameMatch::Same));
        }
        let near = self.typo(&words.key);
        if let Some((of, count)) = self.leading(&words) {
            // A longer name with one letter wrong says more than the shorter one it begins with.
            let begun = words.ends[count - 1];
            if near.is_none_or(|(_, length)| length <= begun + 1) {
                return (!self.parts_with(&words, count, of)).then_some((of, NameMatch::Begins));
            }
        }
        near.map(|(of, _)| (of, NameMatch::Typo))
    }

    /// The name at the beginning of a free text, and the text after it.
    #[must_use]
    pub fn split<'t>(&self, text: &'t str) -> Option<(Entity, &'t str)> {
        let (of, count) = self.leading(&Words::of(text))?;
        Some((of, after_words(text, count)))
    }

    /// The label at the beginning of an item as people quote it, and what stands behind it. The
    /// longest name wins. Where the words behind a name take it back, the whole is a label that
    /// nobody knows: what is only like somebody's is not somebody's.
    #[must_use]
    pub fn quoted<'t>(&self, text: &'t str) -> (Option<&'t str>, &'t str) {
        let text = text.trim_matches(between);
        let words = Words::of(text);
        if let Some((of, count)) = self.leading(&words) {
            if self.parts_with(&words, count, of) {
                return (Some(text), "");
            }
            let rest = after_words(text, count);
            let label = &text[..text.len() - rest.len()];
            return (Some(label.trim_end_matches(between)), rest.trim_start_matches(between));
        }
        // A name with a letter wrong stands apart: inside a model number it is chance.
        let ends = text.match_indices(char::is_whitespace).map(|(at, _)| at).chain([text.len()]);
        let ends: Vec<usize> = ends.take(self.words_max).collect();
        let near = ends
            .into_iter()
            .rev()
            .find(|end| self.find(&text[..*end]).is_some_and(|(_, how)| how == NameMatch::Typo));
        match near {
            Some(end) => (Some(&text[..end]), text[end..].trim_start_matches(between)),
            None => (None, text),
        }
    }

    /// Whether the words behind a name take it back: one says that the thing is only like it, or
    /// they name somebody else. "Hikvision compatible" and "Axis / Hikvision" name nobody.
    fn parts_with(&self, words: &Words, count: usize, of: Entity) -> bool {
        let start = |at: usize| if at == 0 { 0 } else { words.ends[at - 1] };
        (count..words.ends.len()).any(|at| {
            let rest = &words.key[start(at)..];
            let word = &words.key[start(at)..words.ends[at]];
            let mut names = (at..words.ends.len()).take(self.words_max);
            ALIKE.contains(&word)
                || names.any(|last| {
                    let name = &rest[..words.ends[last] - start(at)];
                    name.len() >= OTHER_NAME_BYTES_MIN
                        && self.exact.get(name).is_some_and(|other| *other != of)
                })
        })
    }

    /// Whether letters and digits without case and marks are a name.
    pub(super) fn is_name(&self, key: &str) -> bool {
        self.exact.contains_key(key)
    }

    /// Of how many words the longest name is.
    pub(super) fn words_max(&self) -> usize {
        self.words_max
    }

    fn leading(&self, words: &Words) -> Option<(Entity, usize)> {
        (1..=words.ends.len().min(self.words_max))
            .rev()
            .find_map(|count| Some((*self.exact.get(&words.key[..words.ends[count - 1]])?, count)))
    }

    /// The one name that is one letter away: whose it is, and how long it is in bytes.
    fn typo(&self, key: &str) -> Option<(Entity, usize)> {
        // Cuts of a long text cost its square, and no name is that long.
        let length = key.chars().count();
        if length < TRANSPOSED_CHARS || length > self.chars_max + 1 {
            return None;
        }
        let mut found: Option<(Entity, usize)> = None;
        for cut in cuts(key).chain(std::iter::once(hash(key))) {
            for number in self.nearly.get(&cut).into_iter().flatten() {
                let (name, of) = &self.all[*number as usize];
                if strsim::damerau_levenshtein(name, key) != 1 || !near_enough(name, key) {
                    continue;
                }
                match found {
                    // Two companies are equally near: nobody is named.
                    Some((other, _)) if other != *of => return None,
                    _ => found = Some((*of, name.len())),
                }
            }
        }
        found
    }
}

/// What stands between a label and a model number.
fn between(c: char) -> bool {
    c.is_whitespace() || ",;:/|-\u{2013}\u{2014}".contains(c)
}

/// Words behind a name that say that a thing is only like it, in the languages of the headings.
const ALIKE: [&str; 14] = [
    "compatible",
    "compatibles",
    "kompatibel",
    "compatibile",
    "compatibel",
    "kompatybilny",
    "clone",
    "klon",
    "clon",
    "copy",
    "style",
    "like",
    "or",
    "oder",
];
/// Whether the words of a model's cell say that the thing is only like that model.
#[must_use]
pub fn takes_back(written: &str) -> bool {
    // Nearly every number is one word.
    let may_part = |any: bool, byte: u8| any | (byte <= b' ') | !byte.is_ascii();
    written.bytes().fold(false, may_part)
        && written.contains(char::is_whitespace)
        && written
            .split(|c: char| !c.is_alphabetic())
            .any(|word| ALIKE[..ALIKE_ONLY].iter().any(|alike| word.eq_ignore_ascii_case(alike)))
}

/// Of these words the first so many say so of a number too; `or` stands in some numbers.
const ALIKE_ONLY: usize = 9;
/// A shorter word behind a name is more likely a word than somebody else's name.
const OTHER_NAME_BYTES_MIN: usize = 4;

/// Names of five letters are near only with two letters swapped: one letter off may be
/// somebody else (Lorex and Jorex).
fn near_enough(name: &str, key: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    name.chars().count() >= TYPO_CHARS_MIN || sorted(name) == sorted(key)
}

/// The words of a name without case, punctuation and trailing legal form.
struct Words {
    /// One behind the other.
    key: String,
    /// Where each ends in the key.
    ends: Vec<usize>,
}

impl Words {
    fn of(name: &str) -> Self {
        let lower = name.to_lowercase();
        let mut made = Self { key: String::with_capacity(lower.len()), ends: Vec::new() };
        for word in lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            made.key.push_str(word);
            made.ends.push(made.key.len());
        }
        while let [.., before, _] = made.ends.as_slice()
            && is_legal(&made.key[*before..])
        {
            made.key.truncate(*before);
            made.ends.pop();
        }
        made
    }
}

/// The text after the first `count` words.
fn after_words(text: &str, count: usize) -> &str {
    let mut seen = 0;
    let mut inside = false;
    for (at, c) in text.char_indices() {
        if c.is_alphanumeric() {
            inside = true;
        } else if inside {
            inside = false;
            seen += 1;
            if seen == count {
                return text[at..].trim_start_matches(|c: char| c.is_whitespace() || c == ':');
            }
        }
    }
    ""
}

/// Hashes of the key with each one letter left out, and of the key itself.
fn cuts(key: &str) -> impl Iterator<Item = u64> + '_ {
    key.char_indices()
        .map(|(at, c)| hash_parts(&key[..at], &key[at + c.len_utf8()..]))
        .chain(std::iter::once(hash(key)))
}

fn hash(text: &str) -> u64 {
    hash_parts(text, "")
}

/// FNV-1a: short keys, no dependency, the same on every machine.
fn hash_parts(before: &str, after: &str) -> u64 {
    before
        .bytes()
        .chain(after.bytes())
        .fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}
