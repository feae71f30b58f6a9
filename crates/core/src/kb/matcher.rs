//! Which signatures a value of one field fires.
//!
//! Plain forms are looked up, what is bound to the beginning is tried all at once by its places,
//! all literals are found in one pass, and an expression is compiled only when its beginning or
//! the literals it cannot match without are there.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::bytes::{Captures, Regex, RegexBuilder};
use regex_syntax::hir::literal::{ExtractKind, Extractor};

use super::fast::FastMap;
use super::shape::{Shapes, Ways};

/// An expression may use this much memory when compiled, in bytes.
pub const REGEX_BYTES_MAX: usize = 1 << 20;
/// Values are matched up to this length, in bytes; what lies beyond is not looked at.
pub const VALUE_BYTES_MAX: usize = 64 << 10;
/// A literal shorter than this fires too often to save anything.
const LITERAL_BYTES_MIN: usize = 3;
/// A named group may be declared this often in one expression, numbered from the second on.
pub const GROUPS_MAX: usize = 9;
/// Literals of a field beyond which their table of transitions would take too long to make.
const TABLE_LITERALS_MAX: usize = 256;
/// Values up to this length are looked up without asking for memory.
const KEY_BYTES: usize = 64;

/// The pattern of one signature, in the plainest form that it uses.
#[derive(Debug, Clone, Default)]
pub struct Pattern {
    /// The value is one of these.
    pub equals: Vec<String>,
    /// The value begins with one of these.
    pub prefix: Vec<String>,
    /// The value holds one of these.
    pub contains: Vec<String>,
    /// The value matches this expression.
    pub regex: Option<String>,
    /// Letters match in either case.
    pub ignore_case: bool,
}

/// Compiles an expression as the base means it: bytes, ASCII classes, bounded memory.
///
/// # Errors
/// What the engine says of it.
pub fn compile(expression: &str, ignore_case: bool) -> Result<Regex, Box<regex::Error>> {
    RegexBuilder::new(expression)
        .unicode(false)
        .case_insensitive(ignore_case)
        .size_limit(REGEX_BYTES_MAX)
        .build()
        .map_err(Box::new)
}

/// A literal that is found anywhere in a value, and what it stands for.
#[derive(Debug)]
enum Literal {
    /// The value begins with it; only where the masks had no room.
    Prefix,
    /// The value holds it.
    Contains,
    /// The expression cannot match without it.
    OfRegex,
}

/// The patterns of one field, made fast.
#[derive(Debug)]
pub struct Matcher {
    patterns: Vec<(u32, Pattern)>,
    regexes: Vec<OnceLock<Option<Regex>>>,
    /// Made at the first value: most runs ask only some fields.
    index: OnceLock<Index>,
}

#[derive(Debug, Default)]
struct Index {
    /// Values in small letters → the patterns that are equal to them.
    equals: FastMap<Box<[u8]>, Vec<u32>>,
    equals_max: usize,
    /// The lengths of these values, a bit each; the last bit stands for all longer ones.
    equals_lengths: u64,
    shapes: Shapes,
    found: Vec<(u32, Literal, String)>,
    automaton: Option<AhoCorasick>,
    always: Vec<u32>,
}

impl Index {
    fn new(patterns: &[(u32, Pattern)]) -> Self {
        let mut made = Self::default();
        let mut bound: Vec<(u32, Ways)> = Vec::new();
        for ((_, pattern), at) in patterns.iter().zip(0..) {
            for value in &pattern.equals {
                let key = value.to_ascii_lowercase().into_bytes().into_boxed_slice();
                made.equals_max = made.equals_max.max(key.len());
                made.equals_lengths |= 1 << key.len().min(63);
                let all = made.equals.entry(key).or_default();
                // One list may hold a value in several cases.
                if all.last() != Some(&at) {
                    all.push(at);
                }
            }
            let prefixes = pattern.prefix.iter();
            bound.extend(prefixes.map(|one| (at, Ways::of_prefix(one, pattern.ignore_case))));
            let contains = pattern.contains.iter();
            made.found.extend(contains.map(|one| (at, Literal::Contains, one.clone())));
            let Some(expression) = &pattern.regex else { continue };
            match Ways::of_expression(expression, pattern.ignore_case) {
                Some(ways) => bound.push((at, ways)),
                None => made.search(at, expression),
            }
        }
        let (shapes, without) = Shapes::new(bound);
        made.shapes = shapes;
        for at in without {
            let pattern = &patterns[at as usize].1;
            for prefix in &pattern.prefix {
                made.found.push((at, Literal::Prefix, prefix.clone()));
            }
            if let Some(expression) = &pattern.regex {
                made.search(at, expression);
            }
        }
        made.automaton = automaton(&made.found);
        made
    }

    /// Files an expression that may match anywhere in a value.
    fn search(&mut self, at: u32, expression: &str) {
        match required_literals(expression) {
            Some(literals) => {
                let literals = literals.into_iter().map(|one| (at, Literal::OfRegex, one));
                self.found.extend(literals);
            }
            None => self.always.push(at),
        }
    }
}

/// The literals as one automaton. A few are worth the table that needs one step a byte.
fn automaton(found: &[(u32, Literal, String)]) -> Option<AhoCorasick> {
    if found.is_empty() {
        return None;
    }
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind((found.len() <= TABLE_LITERALS_MAX).then_some(AhoCorasickKind::DFA))
        .build(found.iter().map(|(_, _, literal)| literal.as_bytes()))
        .ok()
}

impl Matcher {
    /// A matcher of patterns, each with the number of its signature.
    #[must_use]
    pub fn new(patterns: Vec<(u32, Pattern)>) -> Self {
        let regexes = patterns.iter().map(|_| OnceLock::new()).collect();
        Self { regexes, patterns, index: OnceLock::new() }
    }

    fn regex(&self, at: u32) -> Option<&Regex> {
        self.regexes[at as usize]
            .get_or_init(|| {
                let pattern = &self.patterns[at as usize].1;
                compile(pattern.regex.as_deref()?, pattern.ignore_case).ok()
            })
            .as_ref()
    }

    /// The signatures that fire, in ascending order, each once.
    pub fn fire(&self, value: &str, hits: &mut Vec<u32>) {
        hits.clear();
        let index = self.index.get_or_init(|| Index::new(&self.patterns));
        let bytes = &value.as_bytes()[..value.len().min(VALUE_BYTES_MAX)];
        self.look_up(index, value, hits);
        let mut refused = u32::MAX;
        index.shapes.each(bytes, |at, exact| {
            if hits.contains(&at) || (!exact && refused == at) {
                return;
            }
            if exact || self.holds(at, bytes) {
                hits.push(at);
            } else {
                // The ways of one pattern come one after the other.
                refused = at;
            }
        });
        if let Some(automaton) = &index.automaton {
            for hit in automaton.find_overlapping_iter(bytes) {
                let (at, kind, literal) = &index.found[hit.pattern().as_usize()];
                let here = &bytes[hit.start()..hit.end()];
                let case = !self.patterns[*at as usize].1.ignore_case;
                let same = !case || here == literal.as_bytes();
                let ok = !hits.contains(at)
                    && match kind {
                        Literal::Prefix => hit.start() == 0 && same,
                        Literal::Contains => same,
                        Literal::OfRegex => self.is_match(*at, bytes),
                    };
                if ok {
                    hits.push(*at);
                }
            }
        }
        for at in &index.always {
            if !hits.contains(at) && self.is_match(*at, bytes) {
                hits.push(*at);
            }
        }
        for hit in hits.iter_mut() {
            *hit = self.patterns[*hit as usize].0;
        }
        hits.sort_unstable();
    }

    fn is_match(&self, at: u32, bytes: &[u8]) -> bool {
        self.regex(at).is_some_and(|regex| regex.is_match(bytes))
    }

    /// Whether a pattern whose beginning fits holds to its end.
    fn holds(&self, at: u32, bytes: &[u8]) -> bool {
        let pattern = &self.patterns[at as usize].1;
        let begins = |literal: &String| {
            let Some(head) = bytes.get(..literal.len()) else { return false };
            let literal = literal.as_bytes();
            head == literal || (pattern.ignore_case && head.eq_ignore_ascii_case(literal))
        };
        pattern.prefix.iter().any(begins) || self.is_match(at, bytes)
    }

    fn look_up(&self, index: &Index, value: &str, hits: &mut Vec<u32>) {
        if value.len() > index.equals_max || index.equals_lengths >> value.len().min(63) & 1 == 0 {
            return;
        }
        let mut short = [0; KEY_BYTES];
        let mut long = Vec::new();
        let key = match short.get_mut(..value.len()) {
            Some(key) => {
                key.copy_from_slice(value.as_bytes());
                key
            }
            None => {
                long.extend_from_slice(value.as_bytes());
                long.as_mut_slice()
            }
        };
        key.make_ascii_lowercase();
        for at in index.equals.get(&*key).into_iter().flatten() {
            let pattern = &self.patterns[*at as usize].1;
            if pattern.ignore_case || pattern.equals.iter().any(|equal| equal == value) {
                hits.push(*at);
            }
        }
    }

    /// What a named group of a signature's expression holds in this value, or the first of its
    /// numbered companions that holds anything.
    #[must_use]
    pub fn group<'v>(&self, signature: u32, value: &'v str, name: &str) -> Option<&'v str> {
        let [held] = self.groups(signature, value, [name]);
        held
    }

    /// The same of several groups, by one search.
    #[must_use]
    pub fn groups<'v, const N: usize>(
        &self,
        signature: u32,
        value: &'v str,
        names: [&str; N],
    ) -> [Option<&'v str>; N] {
        let found = self.captured(signature, value);
        names.map(|name| {
            let (regex, found) = found.as_ref()?;
            let each = numbered(regex, name).filter_map(|name| found.name(&name));
            value.get(each.map(|held| held.range()).next()?)
        })
    }

    /// What a named group and its numbered companions (`version`, `version2`, …) hold: one entry
    /// for each that the expression declares, `None` where it took no part in the match.
    #[must_use]
    pub fn parts<'v>(&self, signature: u32, value: &'v str, name: &str) -> Vec<Option<&'v str>> {
        let Some((regex, found)) = self.captured(signature, value) else { return Vec::new() };
        numbered(regex, name).map(|name| value.get(found.name(&name)?.range())).collect()
    }

    fn captured<'v>(&self, signature: u32, value: &'v str) -> Option<(&Regex, Captures<'v>)> {
        let at = self.patterns.binary_search_by_key(&signature, |(number, _)| *number).ok()?;
        let regex = self.regex(at as u32)?;
        Some((regex, regex.captures(value.as_bytes())?))
    }
}

/// The names under which an expression declares a group, the plain one first.
fn numbered<'r>(regex: &'r Regex, name: &'r str) -> impl Iterator<Item = String> + 'r {
    let each = (1..=GROUPS_MAX).map(move |number| match number {
        1 => name.to_owned(),
        number => format!("{name}{number}"),
    });
    each.take_while(|one| regex.capture_names().flatten().any(|known| known == one))
}

/// Literals one of which must be in every match, if they are few and long enough.
fn required_literals(expression: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(expression)
        .ok()?;
    [ExtractKind::Prefix, ExtractKind::Suffix].into_iter().find_map(|kind| {
        let mut sequence = Extractor::new().kind(kind.clone()).extract(&hir);
        match kind {
            ExtractKind::Suffix => sequence.optimize_for_suffix_by_preference(),
            _ => sequence.optimize_for_prefix_by_preference(),
        }
        let literals = sequence.literals()?;
        let good = !literals.is_empty()
            && literals.iter().all(|literal| literal.as_bytes().len() >= LITERAL_BYTES_MIN);
        if !good {
            return None;
        }
        literals.iter().map(|one| String::from_utf8(one.as_bytes().to_vec()).ok()).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fires(pattern: Pattern, value: &str) -> bool {
        let mut hits = Vec::new();
        Matcher::new(vec![(7, pattern)]).fire(value, &mut hits);
        hits == [7]
    }

    fn regex(expression: &str) -> Pattern {
        Pattern { regex: Some(expression.to_owned()), ..Pattern::default() }
    }

    #[test]
    fn each_form_matches_what_it_says() {
        let equals = Pattern { equals: vec!["Webs".into()], ..Pattern::default() };
        assert!(fires(equals.clone(), "Webs"));
        assert!(!fires(equals.clone(), "webs"));
        assert!(fires(Pattern { ignore_case: true, ..equals }, "WEBS"));
        let prefix = Pattern { prefix: vec!["App-".into()], ..Pattern::default() };
        assert!(fires(prefix.clone(), "App-webs/"));
        assert!(!fires(prefix, "an App-webs/"));
        let contains = Pattern { contains: vec!["494D4B48".into()], ..Pattern::default() };
        assert!(fires(contains.clone(), "a=MEDIAINFO=494D4B4801"));
        assert!(!fires(contains, "a=MEDIAINFO=494d4b4801"));
        assert!(fires(regex(r"^Login to [0-9A-Z]{15}$"), "Login to 4K01FD2PAJ6E3FF"));
        assert!(!fires(regex(r"^Login to [0-9A-Z]{15}$"), "Login to x"));
        assert!(fires(regex(r"^\d\.\d{3}\."), "2.800.0"));
    }

    #[test]
    fn literals_are_found_where_there_are_any() {
        assert_eq!(required_literals("^Login to (x|y)"), Some(vec!["Login to ".to_owned()]));
        assert!(required_literals(r"^\d+$").is_none());
        assert!(required_literals("(?i)^/Streaming/").is_none_or(|all| all.len() > 1));
    }

    #[test]
    fn groups_are_read() {
        let matcher = Matcher::new(vec![(3, regex(r"build (?<date>\d{6})"))]);
        assert_eq!(matcher.group(3, "V5.4.6 build 170908", "date"), Some("170908"));
        assert_eq!(matcher.group(4, "V5.4.6 build 170908", "date"), None);
        let matcher = Matcher::new(vec![(3, regex(r"^(?:a(?<x>[0-9])|b(?<x2>[0-9]))(?<x3>z)?"))]);
        assert_eq!(matcher.group(3, "b7", "x"), Some("7"));
        assert_eq!(matcher.parts(3, "b7z", "x"), [None, Some("7"), Some("z")]);
        assert_eq!(matcher.groups(3, "b7z", ["x", "y"]), [Some("7"), None]);
        assert!(matcher.parts(3, "b7z", "y").is_empty());
    }
}
