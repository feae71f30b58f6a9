//! Packs: expressions of others about what a service says, in recog's form. What they name is
//! shown beside an answer and weighs nothing.
//!
//! A pack is a folder of files, each about one kind of text (a `key` such as
//! `http_header.server`). Of the fingerprints of a key the first that matches speaks, in the order
//! of preference and then of the file; this is recog's own rule. A name in a banner is what its
//! writer read out of it. It says what stands on the equipment or what runs on it, never whose
//! design it is, so that nothing of it becomes evidence.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use regex::bytes::{Captures, Regex, RegexBuilder};

use crate::diagnostic::{Diagnostic, Place};

pub mod dialect;
mod keys;
mod prefilter;
mod program;
mod said;

pub use keys::{KEYS, key_words};
pub use said::{PackName, PackSaid};

use dialect::Expression;
use prefilter::Prefilter;
use program::{Open, Programs};

/// Values are matched up to this length, in bytes; what lies beyond is not looked at.
pub const VALUE_BYTES_MAX: usize = 16 << 10;
/// An expression may use this much memory when compiled, in bytes.
pub const REGEX_BYTES_MAX: usize = 1 << 20;
/// Memory for the automaton that an expression makes as it goes, in bytes.
const CACHE_BYTES_MAX: usize = 256 << 10;
/// Fingerprints of all packs together; recog has under 5,000.
pub const FINGERPRINTS_MAX: usize = 200_000;
/// An expression of more steps is compiled as it is loaded, to know whether it can be.
const STEPS_UNTRIED_MAX: u64 = 1_000;
/// Steps of all expressions that stay compiled; those beyond are compiled anew at every use.
const STEPS_KEPT_MAX: u64 = 4_000_000;
/// What a compiled expression costs beside its steps, counted in steps.
const STEPS_EACH: u64 = 200;
/// How often one code is said in full of one file; the rest is counted.
const SAME_CODE_MAX: usize = 5;

/// A file of a pack as it was read.
#[derive(Debug, Clone, Default)]
pub struct PackFile {
    /// Its path as it is shown.
    pub name: Arc<str>,
    /// What its fingerprints are matched with: `http_header.server`.
    pub key: String,
    /// Among files of one key the higher is asked first.
    pub preference: f64,
    /// Its fingerprints in their order.
    pub fingerprints: Vec<Fingerprint>,
    /// Examples that stand in files of their own, which are not read.
    pub examples_elsewhere: u64,
}

/// One fingerprint.
#[derive(Debug, Clone, Default)]
pub struct Fingerprint {
    /// The line on which it begins, counted from 1.
    pub line: u64,
    /// The expression as the pack writes it.
    pub pattern: String,
    /// Its flags, parted by commas.
    pub flags: String,
    /// What it recognises, in the pack's words.
    pub description: String,
    /// What it gives, in their order.
    pub params: Vec<Param>,
    /// Values that it must match.
    pub examples: Vec<Example>,
}

/// What a fingerprint gives when it matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// The group that holds it; 0: the value stands here.
    pub position: u32,
    /// Its name: `service.version`.
    pub name: String,
    /// Its value, with `{name}` for those of others; empty where a group holds it.
    pub value: String,
}

/// A value that a fingerprint must match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The line on which it begins.
    pub line: u64,
    /// The value.
    pub value: Vec<u8>,
    /// What must be read out of it.
    pub expects: Vec<(String, String)>,
}

/// A fingerprint made ready.
#[derive(Debug)]
pub struct Rule {
    /// The file in which it stands.
    pub file: Arc<str>,
    /// What it is.
    pub fingerprint: Fingerprint,
    expression: Expression,
    steps: u64,
    by_bytes: OnceLock<Option<Regex>>,
    by_characters: OnceLock<Option<Regex>>,
}

/// How many times the steps of an expression it takes by characters, about.
const WIDER: u64 = 8;

impl Rule {
    /// Runs something on the compiled expression; nothing where it does not compile. A text beyond
    /// ASCII is matched by characters, anything else by bytes.
    fn with<T>(
        &self,
        kept: &AtomicU64,
        value: &Value<'_>,
        run: impl FnOnce(&Regex) -> T,
    ) -> Option<T> {
        if value.wide && !self.expression.unicode {
            let wide = self.compiled(&self.by_characters, kept, WIDER, || {
                let Fingerprint { pattern, flags, .. } = &self.fingerprint;
                compile(&dialect::read_by_characters(pattern, flags).ok()?).ok()
            });
            if let Some(regex) = wide {
                return Some(run(&regex));
            }
        }
        let plain = self.compiled(&self.by_bytes, kept, 1, || compile(&self.expression).ok());
        plain.map(|regex| run(&regex))
    }

    /// The expression out of its place, compiled for good while there is room and else for once.
    fn compiled<'r>(
        &self,
        place: &'r OnceLock<Option<Regex>>,
        kept: &AtomicU64,
        times: u64,
        make: impl FnOnce() -> Option<Regex>,
    ) -> Option<Cow<'r, Regex>> {
        if let Some(regex) = place.get() {
            return regex.as_ref().map(Cow::Borrowed);
        }
        let steps = self.steps.saturating_mul(times) + STEPS_EACH;
        if kept.load(Ordering::Relaxed) > STEPS_KEPT_MAX {
            return make().map(Cow::Owned);
        }
        kept.fetch_add(steps, Ordering::Relaxed);
        place.get_or_init(make).as_ref().map(Cow::Borrowed)
    }
}

/// A value as it is matched.
struct Value<'v> {
    bytes: &'v [u8],
    /// Whether it is text beyond ASCII.
    wide: bool,
}

impl<'v> Value<'v> {
    fn new(whole: &'v [u8]) -> Self {
        let bytes = &whole[..whole.len().min(VALUE_BYTES_MAX)];
        let wide = !bytes.is_ascii() && std::str::from_utf8(bytes).is_ok();
        Self { bytes, wide }
    }
}

/// Compiles an expression as packs mean it: bytes, lines, bounded memory.
///
/// # Errors
/// What the engine says of it.
pub fn compile(one: &Expression) -> Result<Regex, Box<regex::Error>> {
    RegexBuilder::new(&one.text)
        .unicode(one.unicode)
        .multi_line(true)
        .case_insensitive(one.ignore_case)
        .dot_matches_new_line(one.dot_all)
        .size_limit(REGEX_BYTES_MAX)
        .dfa_size_limit(CACHE_BYTES_MAX)
        .build()
        .map_err(Box::new)
}

/// What a set is asked through, made at its first use.
#[derive(Debug)]
struct Index {
    prefilter: Prefilter,
    programs: Programs,
}

/// Room that matching needs, kept from one value to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    tried: Vec<u32>,
    open: Vec<Open>,
}

/// The fingerprints of one key, made fast.
#[derive(Debug)]
pub struct RuleSet {
    /// The key.
    pub key: String,
    /// The fingerprints in the order in which they are asked.
    pub rules: Vec<Rule>,
    index: OnceLock<Index>,
    kept: Arc<AtomicU64>,
}

impl RuleSet {
    /// The first fingerprint that matches a value.
    #[must_use]
    pub fn first(&self, value: &[u8], Scratch { tried, open }: &mut Scratch) -> Option<&Rule> {
        let value = Value::new(value);
        let index = self.index();
        if value.wide {
            index.prefilter.candidates(&in_ascii(value.bytes), tried);
        } else {
            index.prefilter.candidates(value.bytes, tried);
        }
        let first = tried.iter().find(|at| self.matches(**at, &value, index, open));
        first.map(|at| &self.rules[*at as usize])
    }

    /// Whether the rule at a place matches: asked of its program, and of the engine where that
    /// does not know.
    fn matches(&self, at: u32, value: &Value<'_>, index: &Index, open: &mut Vec<Open>) -> bool {
        let known = if value.wide { None } else { index.programs.matches(at, value.bytes, open) };
        let rule = &self.rules[at as usize];
        let engine = || rule.with(&self.kept, value, |regex| regex.is_match(value.bytes));
        known.or_else(engine).unwrap_or(false)
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let all = self.rules.iter().map(|rule| &rule.expression);
            let mut programs = Programs::default();
            all.clone().for_each(|one| programs.add(prefilter::meant(one).ok().as_ref()));
            Index { prefilter: Prefilter::new(all), programs }
        })
    }

    /// How many of its fingerprints are tried on every value, because nothing in them can be
    /// looked up.
    #[must_use]
    pub fn always_tried(&self) -> usize {
        self.index().prefilter.always()
    }

    /// What a fingerprint gives for a value that it matches: names and values, each once. What a
    /// group did not take part in is left out, and so is what would have to be filled in from it;
    /// of a platform's number (`.cpe23`) a version that is not known is a dash.
    #[must_use]
    pub fn params(&self, rule: &Rule, value: &[u8]) -> Option<BTreeMap<String, String>> {
        let value = Value::new(value);
        let read =
            |regex: &Regex| Some(filled(&rule.fingerprint.params, &regex.captures(value.bytes)?));
        rule.with(&self.kept, &value, read).flatten()
    }
}

/// A text with the two characters beyond ASCII that are letters of it in another case.
fn in_ascii(value: &[u8]) -> Cow<'_, [u8]> {
    const CASES: [(char, &str); 2] = [('\u{212a}', "k"), ('\u{17f}', "s")];
    let Ok(text) = std::str::from_utf8(value) else { return Cow::Borrowed(value) };
    if !CASES.iter().any(|(case, _)| text.contains(*case)) {
        return Cow::Borrowed(value);
    }
    let text = CASES.iter().fold(text.to_owned(), |text, (case, to)| text.replace(*case, to));
    Cow::Owned(text.into_bytes())
}

/// Params whose names begin so are for filling in others, and are not given.
const TEMPORARY: &str = "_tmp.";

/// The params of a match. A name that stands twice is the later one's, as recog has it.
fn filled(params: &[Param], captures: &Captures<'_>) -> BTreeMap<String, String> {
    let mut given: BTreeMap<String, String> = BTreeMap::new();
    for one in params {
        let held = match one.position {
            0 => Some(one.value.clone()),
            at => captures
                .get(at as usize)
                .map(|held| String::from_utf8_lossy(held.as_bytes()).into_owned()),
        };
        match held {
            Some(held) => given.insert(one.name.clone(), held),
            None => given.remove(&one.name),
        };
    }
    for one in params.iter().filter(|one| one.position == 0 && one.value.contains('{')) {
        let Some(value) = given.get(&one.name) else { continue };
        match filled_in(&one.name, value, &given) {
            Some(whole) => given.insert(one.name.clone(), whole),
            None => given.remove(&one.name),
        };
    }
    given.retain(|name, _| !name.starts_with(TEMPORARY));
    given
}

/// A value with `{name}` filled in; nothing where a name that it needs has no value.
fn filled_in(name: &str, value: &str, given: &BTreeMap<String, String>) -> Option<String> {
    let mut whole = String::new();
    let mut rest = value;
    while let Some((before, behind)) = rest.split_once('{') {
        whole.push_str(before);
        let inside = behind.split_once('}').filter(|(inside, _)| {
            !inside.is_empty() && !inside.contains(|c: char| c == '{' || c.is_whitespace())
        });
        let Some((inside, behind)) = inside else {
            whole.push('{');
            rest = behind;
            continue;
        };
        match given.get(inside) {
            Some(held) => whole.push_str(held),
            None if name.ends_with(".cpe23") && inside.ends_with(".version") => whole.push('-'),
            None => return None,
        }
        rest = behind;
    }
    whole.push_str(rest);
    Some(whole)
}

/// The packs of a run.
#[derive(Debug, Default)]
pub struct Packs {
    sets: Vec<RuleSet>,
}

impl Packs {
    /// Makes packs ready; says what of them cannot be used. The rest is used all the same.
    #[must_use]
    pub fn new(mut files: Vec<PackFile>) -> (Self, Vec<Diagnostic>) {
        // Which of two files of a key is asked first must not hang on the order of the disk.
        files.sort_by(|one, other| {
            other.preference.total_cmp(&one.preference).then_with(|| one.name.cmp(&other.name))
        });
        let mut packs = Self::default();
        let mut said = Vec::new();
        let kept = Arc::new(AtomicU64::new(0));
        let mut room = FINGERPRINTS_MAX;
        for file in files {
            let mut about = About::new(&file.name);
            let at = match packs.sets.iter().position(|set| set.key == file.key) {
                Some(at) => at,
                None => {
                    packs.sets.push(RuleSet {
                        key: file.key.clone(),
                        rules: Vec::new(),
                        index: OnceLock::new(),
                        kept: Arc::clone(&kept),
                    });
                    packs.sets.len() - 1
                }
            };
            let rules = &mut packs.sets[at].rules;
            for fingerprint in file.fingerprints {
                if room == 0 {
                    about.say(&many(), None);
                    break;
                }
                room -= 1;
                rules.extend(ready(fingerprint, &mut about));
            }
            said.extend(about.finish());
        }
        (packs, said)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// The fingerprints of each key.
    #[must_use]
    pub fn sets(&self) -> &[RuleSet] {
        &self.sets
    }

    /// The fingerprints of a key.
    #[must_use]
    pub fn set(&self, key: &str) -> Option<&RuleSet> {
        self.sets.iter().find(|set| set.key == key)
    }

    /// Tries every example on its own fingerprint; says which are missed and how many were tried.
    #[must_use]
    pub fn tried(&self) -> (u64, Vec<Diagnostic>) {
        let mut said = Vec::new();
        let mut count = 0;
        for set in &self.sets {
            for rules in set.rules.chunk_by(|one, other| one.file == other.file) {
                let mut about = About::new(&rules[0].file);
                for rule in rules {
                    for example in &rule.fingerprint.examples {
                        count += 1;
                        let Some(why) = missed(set, rule, example) else { continue };
                        let wrong = Diagnostic::new("kb/pack-example", why);
                        about.say(&wrong, Some((example.line, &rule.fingerprint.pattern)));
                    }
                }
                said.extend(about.finish());
            }
        }
        (count, said)
    }
}

/// Why an example does not come out as it should.
fn missed(set: &RuleSet, rule: &Rule, example: &Example) -> Option<String> {
    let Some(given) = set.params(rule, &example.value) else {
        return Some("an example is not matched by its own expression".to_owned());
    };
    let wrong = example.expects.iter().find(|(name, value)| given.get(name) != Some(value))?;
    let (name, wanted) = wrong;
    Some(match given.get(name) {
        Some(held) => format!("an example gives {name} as `{held}`, not as `{wanted}`"),
        None => format!("an example gives no {name}; it should be `{wanted}`"),
    })
}

fn many() -> Diagnostic {
    let message = format!("the packs have more than {FINGERPRINTS_MAX} fingerprints");
    Diagnostic::new("kb/pack-large", message).note("those beyond the limit are not used")
}

/// Makes a fingerprint ready.
fn ready(mut fingerprint: Fingerprint, about: &mut About) -> Option<Rule> {
    let read = dialect::read(&fingerprint.pattern, &fingerprint.flags).and_then(|expression| {
        let hir = prefilter::parsed(&expression).map_err(|wrong| short(&wrong.to_string()))?;
        let steps = prefilter::steps(&hir);
        if steps > STEPS_UNTRIED_MAX {
            compile(&expression).map_err(|wrong| short(&wrong.to_string()))?;
        }
        Ok((expression, steps, hir.properties().explicit_captures_len()))
    });
    let (expression, steps, groups) = match read {
        Ok(read) => read,
        Err(why) => {
            let said =
                Diagnostic::new("kb/pack-pattern", format!("an expression is left out: {why}"));
            about.say(&said, Some((fingerprint.line, &fingerprint.pattern)));
            return None;
        }
    };
    let (line, pattern) = (fingerprint.line, &fingerprint.pattern);
    let mut names: Vec<&str> = Vec::new();
    for one in &fingerprint.params {
        let wrong = if one.position as usize > groups {
            format!("{} is asked of group {}; there are {groups}", one.name, one.position)
        } else if names.contains(&one.name.as_str()) {
            format!("{} is given twice; the later one counts", one.name)
        } else {
            names.push(&one.name);
            continue;
        };
        about.say(&Diagnostic::new("kb/pack-param", wrong), Some((line, pattern)));
    }
    fingerprint.params.retain(|one| one.position as usize <= groups);
    let file = Arc::clone(&about.file);
    let (by_bytes, by_characters) = (OnceLock::new(), OnceLock::new());
    Some(Rule { file, fingerprint, expression, steps, by_bytes, by_characters })
}

/// The last line of what an engine says: it shows the expression above it.
fn short(wrong: &str) -> String {
    let last = wrong.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(wrong);
    last.trim().trim_start_matches("error: ").trim_end_matches('.').to_owned()
}

/// What is said of one file, each code so often.
struct About {
    file: Arc<str>,
    counts: Vec<(&'static str, usize)>,
    said: Vec<Diagnostic>,
}

impl About {
    fn new(file: &Arc<str>) -> Self {
        Self { file: Arc::clone(file), counts: Vec::new(), said: Vec::new() }
    }

    fn say(&mut self, what: &Diagnostic, at: Option<(u64, &str)>) {
        let code = what.code;
        let place = self.counts.iter().position(|(known, _)| *known == code);
        let place = place.unwrap_or_else(|| {
            self.counts.push((code, 0));
            self.counts.len() - 1
        });
        self.counts[place].1 += 1;
        if self.counts[place].1 > SAME_CODE_MAX {
            return;
        }
        const SHOWN_CHARS_MAX: usize = 160;
        let (line, text) = at.unwrap_or_default();
        let text: String = text.chars().take(SHOWN_CHARS_MAX).collect();
        let span = 0..text.len();
        let source = Arc::clone(&self.file);
        let place = Place { source, line, text, span, label: String::new() };
        self.said.push(what.clone().at(place));
    }

    fn finish(mut self) -> Vec<Diagnostic> {
        for (code, count) in self.counts.into_iter().filter(|(_, count)| *count > SAME_CODE_MAX) {
            let more = (count - SAME_CODE_MAX) as u64;
            let mut last =
                Diagnostic::new(code, format!("\u{2026} and {more} more of the same kind"));
            last.severity = crate::diagnostic::Severity::Note;
            last.more = Some(more);
            self.said.push(last.in_file(Arc::clone(&self.file)));
        }
        self.said
    }
}
