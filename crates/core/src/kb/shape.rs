//! Patterns that are bound to the beginning of a value, all tried at once.
//!
//! Every way in which a value may begin is a bit; for each place and byte a mask says which ways
//! are still open. A value is walked once for all patterns, and most of them are out after two
//! bytes. Where the bytes at the places say everything, no expression is run at all.

use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

/// Bytes of a value that are looked at.
const PLACES: usize = 24;
/// Ways of one pattern; one with more is followed up to where it parts.
const WAYS_MAX: usize = 32;
/// Ways of all patterns of a field: beyond that the masks would not fit the nearest memory.
const ALL_WAYS_MAX: usize = 2_048;

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Bytes([u64; 4]);

impl Bytes {
    const NONE: Self = Self([0; 4]);

    fn add(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    const fn has(&self, byte: u8) -> bool {
        self.0[(byte >> 6) as usize] >> (byte & 63) & 1 == 1
    }
}

/// A way in which a value may begin.
#[derive(Debug, Clone, Default)]
struct Way {
    places: Vec<Bytes>,
    /// The value ends behind the last place.
    ends: bool,
    /// More follows that the places do not say.
    open: bool,
    /// The places say everything that the pattern asks.
    exact: bool,
}

/// The ways of a pattern.
#[derive(Debug, Clone)]
pub(super) struct Ways(Vec<Way>);

impl Ways {
    /// The ways of a literal that the value begins with.
    pub(super) fn of_prefix(literal: &str, ignore_case: bool) -> Self {
        let set = |byte: &u8| {
            let mut set = Bytes::NONE;
            set.add(*byte);
            if ignore_case {
                set.add(byte.to_ascii_lowercase());
                set.add(byte.to_ascii_uppercase());
            }
            set
        };
        let places: Vec<Bytes> = literal.as_bytes().iter().take(PLACES).map(set).collect();
        let exact = literal.len() <= PLACES;
        Self(vec![Way { places, ends: false, open: !exact, exact }])
    }

    /// The ways of an expression, if it is bound to the beginning.
    pub(super) fn of_expression(expression: &str, ignore_case: bool) -> Option<Self> {
        let hir = regex_syntax::ParserBuilder::new()
            .unicode(false)
            .utf8(false)
            .case_insensitive(ignore_case)
            .build()
            .parse(expression)
            .ok()?;
        if !hir.properties().look_set_prefix().contains(Look::Start) {
            return None;
        }
        let ways = follow(&hir, vec![Way { exact: true, ..Way::default() }]);
        // A way that says nothing would hold every value up.
        ways.iter().all(|way| !way.places.is_empty()).then_some(Self(ways))
    }
}

/// The ways, each followed through a part of an expression. Every match keeps a way that it
/// satisfies: where too much opens, the ways end before it and the engine decides.
fn follow(hir: &Hir, ways: Vec<Way>) -> Vec<Way> {
    let (open, ways): (Vec<Way>, Vec<Way>) = ways.into_iter().partition(|way| way.open);
    if ways.is_empty() {
        return open;
    }
    let mut all = match hir.kind() {
        HirKind::Empty => ways,
        HirKind::Literal(literal) => literal.0.iter().fold(ways, |ways, byte| {
            let mut set = Bytes::NONE;
            set.add(*byte);
            step(ways, set)
        }),
        HirKind::Class(Class::Bytes(class)) => {
            let mut set = Bytes::NONE;
            for range in class.ranges() {
                (range.start()..=range.end()).for_each(|byte| set.add(byte));
            }
            step(ways, set)
        }
        HirKind::Class(Class::Unicode(_)) => part(ways),
        HirKind::Look(look) => look_at(*look, ways),
        HirKind::Capture(capture) => follow(&capture.sub, ways),
        HirKind::Concat(parts) => parts.iter().fold(ways, |ways, one| follow(one, ways)),
        HirKind::Alternation(parts) => alternatives(parts, ways),
        HirKind::Repetition(repetition) => repeated(repetition, ways),
    };
    all.extend(open);
    all
}

fn alternatives(parts: &[Hir], ways: Vec<Way>) -> Vec<Way> {
    let mut all = Vec::new();
    for one in parts {
        all.extend(follow(one, ways.clone()));
        if all.len() > WAYS_MAX {
            return part(ways);
        }
    }
    all
}

fn repeated(repetition: &Repetition, ways: Vec<Way>) -> Vec<Way> {
    let sub = &repetition.sub;
    if sub.properties().maximum_len() == Some(0) {
        return part(ways);
    }
    let mut now = ways.clone();
    for _ in 0..repetition.min {
        now = follow(sub, now);
        if now.len() > WAYS_MAX {
            return part(ways);
        }
        if now.iter().all(|way| way.open) {
            return now;
        }
    }
    let Some(max) = repetition.max.filter(|max| *max as usize <= PLACES) else { return part(now) };
    let mut all = now.clone();
    let mut longer = now.clone();
    for _ in repetition.min..max {
        longer = follow(sub, longer);
        all.extend(longer.iter().cloned());
        if all.len() > WAYS_MAX {
            return part(now);
        }
    }
    all
}

/// One more place on every way.
fn step(mut ways: Vec<Way>, set: Bytes) -> Vec<Way> {
    for way in &mut ways {
        if way.open {
            continue;
        }
        if way.ends || way.places.len() == PLACES {
            // Nothing follows an end; whether that can be is left to the engine.
            *way = Way { ends: false, open: true, exact: false, ..std::mem::take(way) };
        } else {
            way.places.push(set);
        }
    }
    ways
}

fn look_at(look: Look, mut ways: Vec<Way>) -> Vec<Way> {
    for way in &mut ways {
        match look {
            Look::Start if way.places.is_empty() => {}
            Look::End => way.ends = true,
            _ => way.exact = false,
        }
    }
    ways
}

/// From here on the places say nothing.
fn part(mut ways: Vec<Way>) -> Vec<Way> {
    for way in &mut ways {
        (way.open, way.exact) = (true, false);
    }
    ways
}

/// The class of each byte.
#[derive(Debug)]
struct ClassOf([u8; 256]);

impl Default for ClassOf {
    fn default() -> Self {
        Self([0; 256])
    }
}

impl ClassOf {
    fn of(&self, byte: u8) -> usize {
        usize::from(self.0[usize::from(byte)])
    }
}

/// The masks of all patterns of a field.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    /// Bytes that no pattern tells apart are of one class.
    class_of: ClassOf,
    classes: usize,
    words: usize,
    /// By word, place and class: the ways that this byte leaves open at this place.
    masks: Vec<u64>,
    /// By the class of the first byte: the words that it leaves anything open in, a bit each.
    first: Vec<u64>,
    /// By word and length: the ways for which a value of that length is long enough.
    long_enough: Vec<u64>,
    /// For each way its pattern, and whether the places say everything.
    of: Vec<(u32, bool)>,
}

impl Shapes {
    /// The masks of patterns that are bound to the beginning; those for which there is no room
    /// are given back.
    pub(super) fn new(patterns: Vec<(u32, Ways)>) -> (Self, Vec<u32>) {
        let mut ways: Vec<(u32, Way)> = Vec::new();
        let mut without = Vec::new();
        for (at, found) in patterns {
            if ways.len() + found.0.len() > ALL_WAYS_MAX {
                without.push(at);
            } else {
                ways.extend(found.0.into_iter().map(|way| (at, way)));
            }
        }
        let (class_of, examples) = classes(&ways);
        let words = ways.len().div_ceil(64);
        let classes = examples.len();
        let mut made = Self {
            class_of,
            classes,
            words,
            masks: vec![0; (PLACES + 1) * classes * words],
            first: vec![0; classes],
            long_enough: vec![0; (PLACES + 1) * words],
            of: ways.iter().map(|(at, way)| (*at, way.exact)).collect(),
        };
        for (bit, (_, way)) in ways.iter().enumerate() {
            made.file(bit, way, &examples);
        }
        for class in 0..classes {
            let opens = |word: &usize| made.masks[made.masks_of(*word) + class] != 0;
            made.first[class] = (0..words).filter(opens).fold(0, |all, word| all | 1 << word);
        }
        (made, without)
    }

    /// Where the masks of a word begin.
    const fn masks_of(&self, word: usize) -> usize {
        word * (PLACES + 1) * self.classes
    }

    fn file(&mut self, bit: usize, way: &Way, examples: &[u8]) {
        let (word, mask) = (bit / 64, 1 << (bit % 64));
        let masks = self.masks_of(word);
        for length in way.places.len()..=PLACES {
            self.long_enough[word * (PLACES + 1) + length] |= mask;
        }
        for place in 0..=PLACES {
            for (class, byte) in examples.iter().enumerate() {
                let open = match way.places.get(place) {
                    Some(set) => set.has(*byte),
                    None => !way.ends,
                };
                if open {
                    self.masks[masks + place * self.classes + class] |= mask;
                }
            }
        }
    }

    /// Gives each way that a value may match: its pattern, and whether that is certain.
    pub(super) fn each(&self, value: &[u8], mut found: impl FnMut(u32, bool)) {
        let head = &value[..value.len().min(PLACES + 1)];
        let length = value.len().min(PLACES);
        let mut words = match head.first() {
            Some(byte) => self.first[self.class_of.of(*byte)],
            None => (1 << self.words) - 1,
        };
        while words != 0 {
            let word = words.trailing_zeros() as usize;
            words &= words - 1;
            let mut open = self.long_enough[word * (PLACES + 1) + length];
            let mut place = self.masks_of(word);
            for byte in head {
                if open == 0 {
                    break;
                }
                open &= self.masks[place + self.class_of.of(*byte)];
                place += self.classes;
            }
            while open != 0 {
                let (at, exact) = self.of[word * 64 + open.trailing_zeros() as usize];
                found(at, exact);
                open &= open - 1;
            }
        }
    }
}

/// The class of each byte, and a byte of each class.
fn classes(ways: &[(u32, Way)]) -> (ClassOf, Vec<u8>) {
    let mut sets: Vec<Bytes> = ways.iter().flat_map(|(_, way)| way.places.clone()).collect();
    sets.sort_unstable();
    sets.dedup();
    let ClassOf(mut class_of) = ClassOf::default();
    let mut examples = vec![0_u8];
    // Each set parts the classes that it holds only some bytes of.
    for set in &sets {
        let mut moved: Vec<(u8, u8)> = Vec::new();
        for byte in 0..=u8::MAX {
            let class = class_of[usize::from(byte)];
            if set.has(byte) == set.has(examples[usize::from(class)]) {
                continue;
            }
            let new = match moved.iter().find(|(from, _)| *from == class) {
                Some((_, to)) => *to,
                None => {
                    examples.push(byte);
                    let to = (examples.len() - 1) as u8;
                    moved.push((class, to));
                    to
                }
            };
            class_of[usize::from(byte)] = new;
        }
    }
    (ClassOf(class_of), examples)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the masks say of a value: `None`, or whether they are certain.
    fn says(expression: &str, value: &str) -> Option<bool> {
        let (shapes, _) = Shapes::new(vec![(0, Ways::of_expression(expression, false)?)]);
        let mut said = None;
        shapes.each(value.as_bytes(), |_, exact| said = said.max(Some(exact)));
        said
    }

    #[test]
    fn places_decide_where_they_say_everything() {
        assert_eq!(says("^DS-2CD[0-9]{4}", "DS-2CD2143G2-I"), Some(true));
        assert_eq!(says("^DS-2CD[0-9]{4}", "DS-2CD214"), None);
        assert_eq!(says("^A[0-9]{2}$", "A12"), Some(true));
        assert_eq!(says("^A[0-9]{2}$", "A123"), None);
        assert_eq!(says("^(?:NBN|ND)-[0-9]", "ND-5"), Some(true));
        assert_eq!(says("^A(?:$|-)", "A"), Some(true));
        assert_eq!(says("^A(?:$|-)", "AB"), None);
    }

    #[test]
    fn the_engine_decides_the_rest() {
        assert_eq!(says("^A[0-9]+B", "A12345B"), Some(false));
        assert_eq!(says("^A[0-9]{1,40}$", "A1234567890123456789012345678901"), Some(false));
        assert_eq!(says("^[0-9A-Z]{30}$", "0123456789ABCDEFGHIJKLMNOPQRST"), Some(false));
        assert_eq!(says(r"^A\bB", "AB"), Some(false));
        assert!(Ways::of_expression("A[0-9]", false).is_none());
        assert!(Ways::of_expression("^a|b", false).is_none());
        assert!(Ways::of_expression("^", false).is_none());
    }
}
