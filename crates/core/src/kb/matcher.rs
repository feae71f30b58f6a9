//! Which signatures a value of one field fires.
//!
//! Plain forms are looked up, all literals are found in one pass, and an expression is compiled
//! only when the literals it cannot match without are there.

use std::collections::HashMap;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::literal::{ExtractKind, Extractor};

/// An expression may use this much memory when compiled, in bytes.
pub const REGEX_BYTES_MAX: usize = 1 << 20;
/// Values are matched up to this length, in bytes; what lies beyond is not looked at.
pub const VALUE_BYTES_MAX: usize = 64 << 10;
/// A literal shorter than this fires too often to save anything.
const LITERAL_BYTES_MIN: usize = 3;
/// A named group may be declared this often in one expression, numbered from the second on.
pub const GROUPS_MAX: usize = 9;

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

#[derive(Debug, Clone, Copy)]
enum Literal {
    Prefix { case: bool },
    Contains { case: bool },
    OfRegex,
}

/// The patterns of one field, made fast.
#[derive(Debug)]
pub struct Matcher {
    patterns: Vec<(u32, Pattern)>,
    equals: HashMap<Vec<u8>, Vec<u32>>,
    found: Vec<(u32, Literal, String)>,
    automaton: OnceLock<Option<AhoCorasick>>,
    always: Vec<u32>,
    regexes: Vec<OnceLock<Option<Regex>>>,
}

impl Matcher {
    /// A matcher of patterns, each with the number of its signature.
    #[must_use]
    pub fn new(patterns: Vec<(u32, Pattern)>) -> Self {
        let mut made = Self {
            regexes: patterns.iter().map(|_| OnceLock::new()).collect(),
            patterns,
            equals: HashMap::new(),
            found: Vec::new(),
            automaton: OnceLock::new(),
            always: Vec::new(),
        };
        for at in 0..made.patterns.len() {
            made.file(at as u32);
        }
        made
    }

    fn file(&mut self, at: u32) {
        let pattern = self.patterns[at as usize].1.clone();
        for value in &pattern.equals {
            self.equals.entry(value.to_ascii_lowercase().into_bytes()).or_default().push(at);
        }
        let case = !pattern.ignore_case;
        for value in pattern.prefix {
            self.found.push((at, Literal::Prefix { case }, value));
        }
        for value in pattern.contains {
            self.found.push((at, Literal::Contains { case }, value));
        }
        let Some(expression) = pattern.regex else { return };
        match required_literals(&expression) {
            Some(literals) => {
                for literal in literals {
                    self.found.push((at, Literal::OfRegex, literal));
                }
            }
            None => self.always.push(at),
        }
    }

    fn automaton(&self) -> Option<&AhoCorasick> {
        self.automaton
            .get_or_init(|| {
                AhoCorasick::builder()
                    .ascii_case_insensitive(true)
                    .match_kind(MatchKind::Standard)
                    .build(self.found.iter().map(|(_, _, literal)| literal.as_bytes()))
                    .ok()
            })
            .as_ref()
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
        let bytes = &value.as_bytes()[..value.len().min(VALUE_BYTES_MAX)];
        self.look_up(value, hits);
        if !self.found.is_empty()
            && let Some(automaton) = self.automaton()
        {
            for hit in automaton.find_overlapping_iter(bytes) {
                let (at, kind, literal) = &self.found[hit.pattern().as_usize()];
                let here = &bytes[hit.start()..hit.end()];
                let ok = match kind {
                    Literal::Prefix { case } => {
                        hit.start() == 0 && (!case || here == literal.as_bytes())
                    }
                    Literal::Contains { case } => !case || here == literal.as_bytes(),
                    Literal::OfRegex => {
                        !hits.contains(at) && self.regex(*at).is_some_and(|re| re.is_match(bytes))
                    }
                };
                if ok && !hits.contains(at) {
                    hits.push(*at);
                }
            }
        }
        for at in &self.always {
            if !hits.contains(at) && self.regex(*at).is_some_and(|regex| regex.is_match(bytes)) {
                hits.push(*at);
            }
        }
        for hit in hits.iter_mut() {
            *hit = self.patterns[*hit as usize].0;
        }
        hits.sort_unstable();
    }

    fn look_up(&self, value: &str, hits: &mut Vec<u32>) {
        if self.equals.is_empty() {
            return;
        }
        let key = value.to_ascii_lowercase().into_bytes();
        for at in self.equals.get(&key).into_iter().flatten() {
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
        self.groups(signature, value, name).into_iter().flatten().next()
    }

    /// What a named group and its numbered companions (`version`, `version2`, …) hold: one entry
    /// for each that the expression declares, `None` where it took no part in the match.
    #[must_use]
    pub fn groups<'v>(&self, signature: u32, value: &'v str, name: &str) -> Vec<Option<&'v str>> {
        let Ok(at) = self.patterns.binary_search_by_key(&signature, |(number, _)| *number) else {
            return Vec::new();
        };
        let Some(regex) = self.regex(at as u32) else { return Vec::new() };
        let numbered = (1..=GROUPS_MAX).map(|number| match number {
            1 => name.to_owned(),
            number => format!("{name}{number}"),
        });
        let declared = |one: &String| regex.capture_names().flatten().any(|known| known == one);
        let names: Vec<String> = numbered.take_while(declared).collect();
        if names.is_empty() {
            return Vec::new();
        }
        let Some(found) = regex.captures(value.as_bytes()) else { return Vec::new() };
        let text = |name: &String| value.get(found.name(name)?.range());
        names.iter().map(text).collect()
    }
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
        assert_eq!(matcher.groups(3, "b7z", "x"), [None, Some("7"), Some("z")]);
        assert!(matcher.groups(3, "b7z", "y").is_empty());
    }
}
