//! Which expressions of a set can match a value at all, so that only few are tried.
//!
//! Letters are compared in either case: what is let through too much, the expression itself
//! refuses. Nothing that could match is ever left out.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Hir, HirKind, Look};

use super::dialect::Expression;

/// A literal shorter than this is found too often to save anything.
const LITERAL_BYTES_MIN: usize = 3;
/// Literals of one expression, one of which must be there.
const LITERALS_MAX: usize = 64;
/// Bytes of a literal that are looked at.
const LITERAL_BYTES_MAX: usize = 24;
/// Parts of an expression at which the literals may begin.
const PARTS_MAX: usize = 24;
/// Parts of an expression that are taken together for a literal.
const WINDOW: usize = 6;
/// Literals of a set beyond which their table of transitions would take too long to make.
const TABLE_LITERALS_MAX: usize = 256;

/// The structure of an expression, letters as they are written; where they are matched as
/// characters, whose cases are not those of ASCII alone, in every case.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parsed(one: &Expression) -> Result<Hir, Box<regex_syntax::Error>> {
    structure(one, one.ignore_case && one.unicode)
}

/// The structure of an expression as it is meant, its letters in every case that it takes.
///
/// # Errors
/// What is wrong with it.
pub(super) fn meant(one: &Expression) -> Result<Hir, Box<regex_syntax::Error>> {
    structure(one, one.ignore_case)
}

fn structure(one: &Expression, any_case: bool) -> Result<Hir, Box<regex_syntax::Error>> {
    regex_syntax::ParserBuilder::new()
        .unicode(one.unicode)
        .utf8(false)
        .multi_line(true)
        .case_insensitive(any_case)
        .dot_matches_new_line(one.dot_all)
        .build()
        .parse(&one.text)
        .map_err(Box::new)
}

/// How many steps an expression has once its repetitions are written out; as many as there can be
/// for one that repeats without bounds what repeats.
pub(super) fn steps(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => class.ranges().len() as u64 * 4,
        HirKind::Class(_) => 1,
        HirKind::Capture(capture) => steps(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(steps).fold(1, u64::saturating_add)
        }
        HirKind::Repetition(repetition) => {
            let times = u64::from(repetition.max.unwrap_or(repetition.min).max(1));
            steps(&repetition.sub).saturating_add(1).saturating_mul(times)
        }
    }
}

/// What a value must hold for one expression.
enum Needs {
    /// A line of it begins with one of these.
    Begins(Vec<Vec<u8>>),
    /// It holds one of these.
    Holds(Vec<Vec<u8>>),
    /// Nothing that could be looked up.
    Nothing,
}

fn needs(one: &Expression) -> Needs {
    let Ok(hir) = parsed(one) else { return Needs::Nothing };
    let looks = hir.properties().look_set_prefix();
    let at_start = looks.contains(Look::StartLF) || looks.contains(Look::Start);
    let begins = if at_start { literals(&hir) } else { None };
    let shortest = |all: &Vec<Vec<u8>>| all.iter().map(Vec::len).min().unwrap_or(0);
    if let Some(begins) = begins.as_ref().filter(|all| shortest(all) >= LITERAL_BYTES_MIN) {
        return Needs::Begins(begins.clone());
    }
    let mut best: Option<Vec<Vec<u8>>> = None;
    inner(&hir, &mut |found| {
        let rank = |all: &Vec<Vec<u8>>| (shortest(all).min(8), usize::MAX - all.len());
        if best.as_ref().is_none_or(|best| rank(&found) > rank(best)) {
            best = Some(found);
        }
    });
    match (best.filter(|all| shortest(all) >= LITERAL_BYTES_MIN), begins) {
        (Some(best), _) => Needs::Holds(best),
        (None, Some(begins)) => Needs::Begins(begins),
        (None, None) => Needs::Nothing,
    }
}

/// The literals one of which every match begins with, in small letters.
fn literals(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    let mut sequence = Extractor::new().kind(ExtractKind::Prefix).extract(hir);
    sequence.keep_first_bytes(LITERAL_BYTES_MAX);
    sequence.dedup();
    let found = sequence.literals()?;
    let mut all: Vec<Vec<u8>> =
        found.iter().map(|one| one.as_bytes().to_ascii_lowercase()).collect();
    all.sort_unstable();
    all.dedup();
    let good =
        !all.is_empty() && all.len() <= LITERALS_MAX && all.iter().all(|one| !one.is_empty());
    good.then_some(all)
}

/// Gives the literals of every part that no match can do without.
fn inner(hir: &Hir, give: &mut dyn FnMut(Vec<Vec<u8>>)) {
    match hir.kind() {
        HirKind::Concat(parts) => {
            for from in 0..parts.len().min(PARTS_MAX) {
                let window = parts[from..].iter().take(WINDOW).cloned().collect();
                if let Some(found) = literals(&Hir::concat(window)) {
                    give(found);
                }
                match parts[from].kind() {
                    HirKind::Capture(_) | HirKind::Repetition(_) => inner(&parts[from], give),
                    _ => {}
                }
            }
        }
        HirKind::Capture(capture) => inner(&capture.sub, give),
        HirKind::Repetition(repetition) if repetition.min > 0 => inner(&repetition.sub, give),
        HirKind::Literal(_) | HirKind::Alternation(_) | HirKind::Class(_) => {
            if let Some(found) = literals(hir) {
                give(found);
            }
        }
        _ => {}
    }
}

/// The beginnings as a tree that lies close together: what all below a node share is compared at
/// once, and a walk touches little memory.
#[derive(Debug, Default)]
struct Tree {
    nodes: Vec<Node>,
    /// The bytes of all nodes, one behind the other.
    shared: Vec<u8>,
    /// What ends at each node.
    ends: Vec<u32>,
    /// The first byte of each child of each node, and beside it the child.
    keys: Vec<u8>,
    children: Vec<u32>,
}

/// A node: its parts of the lists of the tree.
#[derive(Debug, Clone, Default)]
struct Node {
    shared: Range<u32>,
    ends: Range<u32>,
    children: Range<u32>,
}

/// The part of a list that a range of a node means.
fn part<'l, T>(list: &'l [T], range: &Range<u32>) -> &'l [T] {
    &list[range.start as usize..range.end as usize]
}

impl Tree {
    /// A tree of literals in small letters, each with what it stands for.
    fn new(mut all: Vec<(Vec<u8>, u32)>) -> Self {
        all.sort_unstable();
        let mut made = Self::default();
        made.grow(&all, 0);
        made
    }

    /// Makes the node of literals that are alike up to a depth; they are sorted.
    fn grow(&mut self, all: &[(Vec<u8>, u32)], depth: usize) -> u32 {
        let new = self.nodes.len();
        self.nodes.push(Node::default());
        let (Some((first, _)), Some((last, _))) = (all.first(), all.last()) else { return 0 };
        let both = first[depth..].iter().zip(&last[depth..]);
        let end = depth + both.take_while(|(one, other)| one == other).count();
        let from = |list: usize| list as u32;
        let start = from(self.shared.len());
        self.shared.extend_from_slice(&first[depth..end]);
        self.nodes[new].shared = start..from(self.shared.len());
        let (ending, longer) = all.split_at(all.partition_point(|(one, _)| one.len() == end));
        let start = from(self.ends.len());
        self.ends.extend(ending.iter().map(|(_, at)| at));
        self.nodes[new].ends = start..from(self.ends.len());
        let groups = longer.chunk_by(|(one, _), (other, _)| one[end] == other[end]);
        // The places of the children are taken before they take places for theirs.
        let start = self.keys.len();
        self.keys.extend(groups.clone().map(|group| group[0].0[end]));
        self.children.resize(self.keys.len(), 0);
        self.nodes[new].children = from(start)..from(self.keys.len());
        for (group, place) in groups.zip(start..) {
            self.children[place] = self.grow(group, end);
        }
        from(new)
    }

    fn walk(&self, mut line: &[u8], found: &mut Vec<u32>) {
        let mut node = &self.nodes[0];
        loop {
            let shared = part(&self.shared, &node.shared);
            let Some((here, rest)) = line.split_at_checked(shared.len()) else { return };
            if !here.eq_ignore_ascii_case(shared) {
                return;
            }
            found.extend_from_slice(part(&self.ends, &node.ends));
            let Some(next) = rest.first().map(u8::to_ascii_lowercase) else { return };
            let keys = part(&self.keys, &node.children);
            let Some(child) = memchr::memchr(next, keys) else { return };
            node = &self.nodes[self.children[node.children.start as usize + child] as usize];
            line = rest;
        }
    }
}

/// What each expression of a set asks of a value.
#[derive(Debug, Default)]
pub(super) struct Prefilter {
    begins: Tree,
    /// For each literal of the automaton, the expression that asks for it.
    held: Vec<u32>,
    automaton: Option<AhoCorasick>,
    always: Vec<u32>,
}

impl Prefilter {
    /// A filter for expressions, which it calls by their place.
    pub(super) fn new<'e>(expressions: impl Iterator<Item = &'e Expression>) -> Self {
        let mut made = Self::default();
        let mut begins: Vec<(Vec<u8>, u32)> = Vec::new();
        let mut held: Vec<Vec<u8>> = Vec::new();
        for (one, at) in expressions.zip(0..) {
            match needs(one) {
                Needs::Begins(all) => begins.extend(all.into_iter().map(|one| (one, at))),
                Needs::Holds(all) => {
                    made.held.extend(std::iter::repeat_n(at, all.len()));
                    held.extend(all);
                }
                Needs::Nothing => made.always.push(at),
            }
        }
        made.begins = Tree::new(begins);
        if !held.is_empty() {
            made.automaton = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .kind((held.len() <= TABLE_LITERALS_MAX).then_some(AhoCorasickKind::DFA))
                .build(&held)
                .ok();
            if made.automaton.is_none() {
                made.always.append(&mut made.held);
            }
        }
        made
    }

    /// The places of all expressions that may match, in ascending order, each once.
    pub(super) fn candidates(&self, value: &[u8], found: &mut Vec<u32>) {
        found.clear();
        found.extend_from_slice(&self.always);
        self.begins.walk(value, found);
        for end in memchr::memchr_iter(b'\n', value) {
            self.begins.walk(&value[end + 1..], found);
        }
        if let Some(automaton) = &self.automaton {
            let hits = automaton.find_overlapping_iter(value);
            found.extend(hits.map(|hit| self.held[hit.pattern().as_usize()]));
        }
        found.sort_unstable();
        found.dedup();
    }

    /// How many expressions are tried on every value.
    pub(super) fn always(&self) -> usize {
        self.always.len()
    }
}
