//! Whether an expression matches at all, asked of a short program that lies close together.
//!
//! A pack has thousands of expressions and a banner asks a few of them, never the same twice in
//! a row: what an engine keeps for each is then far away in memory, and fetching it takes longer
//! than the match. The steps of a set lie one behind the other here, a handful for each
//! expression. They are walked with going back, and the walk gives up after a bounded number of
//! steps; the engine then decides. What it says is exact, since all that can be tried is.

use std::collections::HashMap;

use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

/// Steps of one expression; one that needs more is left to the engine.
const STEPS_MAX: usize = 1_000;
/// Steps of a whole set.
const STEPS_ALL_MAX: usize = 2_000_000;
/// Classes of a whole set.
const CLASSES_MAX: usize = 10_000;
/// What a walk may take, beside some for each byte of the value.
const FUEL: usize = 1_000;
/// What it may take for each byte of the value.
const FUEL_EACH: usize = 4;
/// Bytes of a run that cost as much as a step.
const RUN: usize = 8;
/// Places to which a walk may have to go back.
const OPEN_MAX: usize = 1_000;

/// The bytes of a class, a bit each.
type Bytes = [u64; 4];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// This byte.
    Byte(u8),
    /// This small letter or its capital.
    Letter(u8),
    /// A byte of the class.
    Class(u16),
    /// As many bytes of the class as there are, or fewer.
    Many(u16),
    /// Goes on at the first; where that fails, at the second.
    Either(u32, u32),
    Goto(u32),
    Look(Look),
    Matched,
}

/// Where the steps of an expression begin, and where in a value it may.
#[derive(Debug, Clone, Copy)]
struct Entry {
    at: u32,
    begins: Begins,
}

#[derive(Debug, Clone, Copy)]
enum Begins {
    /// Where a line does.
    Line,
    /// Not within a run of the class: what begins there begins where the run does too.
    Run(u16),
    Anywhere,
}

/// The programs of a set of expressions.
#[derive(Debug, Default)]
pub(super) struct Programs {
    steps: Vec<Step>,
    classes: Vec<Bytes>,
    known: HashMap<Bytes, u16>,
    entries: Vec<Option<Entry>>,
}

/// A place to go back to: this step at every place from one down to another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    step: u32,
    from: u32,
    down_to: u32,
}

impl Programs {
    /// Adds an expression behind those that are there; without a structure, one for the engine.
    pub(super) fn add(&mut self, hir: Option<&Hir>) {
        let start = self.steps.len();
        let written = hir.and_then(|hir| {
            self.write(hir, start)?;
            self.push(Step::Matched, start)?;
            let begins = self.begins(hir)?;
            Some(Entry { at: u32::try_from(start).ok()?, begins })
        });
        if written.is_none() {
            self.steps.truncate(start);
        }
        self.entries.push(written);
    }

    /// Whether the expression at a place matches; nothing where the engine has to say.
    pub(super) fn matches(&self, at: u32, value: &[u8], open: &mut Vec<Open>) -> Option<bool> {
        let entry = self.entries[at as usize]?;
        let mut fuel = FUEL + FUEL_EACH * value.len();
        let mut from = 0;
        while let Some(start) = self.next_start(entry, value, from) {
            if self.walk(entry.at, value, start, open, &mut fuel)? {
                return Some(true);
            }
            from = start + 1;
        }
        Some(false)
    }

    /// The next place from one on at which a match may begin.
    fn next_start(&self, entry: Entry, value: &[u8], from: usize) -> Option<usize> {
        let rest = value.get(from..)?;
        let behind = match entry.begins {
            Begins::Line if from == 0 => 0,
            Begins::Line => memchr::memchr(b'\n', &value[from - 1..])?,
            Begins::Run(class) => {
                (from..=value.len()).position(|at| at == 0 || !self.holds(class, value[at - 1]))?
            }
            Begins::Anywhere => match self.steps[entry.at as usize] {
                Step::Byte(byte) => memchr::memchr(byte, rest)?,
                Step::Letter(byte) => memchr::memchr2(byte, byte.to_ascii_uppercase(), rest)?,
                _ => 0,
            },
        };
        Some(from + behind)
    }

    fn walk(
        &self,
        entry: u32,
        value: &[u8],
        start: usize,
        open: &mut Vec<Open>,
        fuel: &mut usize,
    ) -> Option<bool> {
        open.clear();
        let (mut step, mut at) = (entry, start);
        loop {
            *fuel = fuel.checked_sub(1)?;
            let next = value.get(at).copied();
            let goes_on = match self.steps[step as usize] {
                Step::Byte(byte) => next == Some(byte),
                Step::Letter(byte) => next.is_some_and(|next| next.to_ascii_lowercase() == byte),
                Step::Class(class) => next.is_some_and(|next| self.holds(class, next)),
                Step::Many(class) => {
                    let rest = value[at..].iter();
                    let run = rest.take_while(|byte| self.holds(class, **byte)).count();
                    *fuel = fuel.checked_sub(run / RUN)?;
                    if run > 0 {
                        let (from, down_to) = ((at + run - 1) as u32, at as u32);
                        self.open(open, Open { step: step + 1, from, down_to })?;
                    }
                    at += run;
                    step += 1;
                    continue;
                }
                Step::Either(first, second) => {
                    let place = at as u32;
                    self.open(open, Open { step: second, from: place, down_to: place })?;
                    step = first;
                    continue;
                }
                Step::Goto(to) => {
                    step = to;
                    continue;
                }
                Step::Look(look) => {
                    if looks(look, value, at) {
                        step += 1;
                        continue;
                    }
                    false
                }
                Step::Matched => return Some(true),
            };
            if goes_on {
                at += 1;
                step += 1;
                continue;
            }
            match self.back(value, open, fuel)? {
                Some(place) => (step, at) = place,
                None => return Some(false),
            }
        }
    }

    fn open(&self, all: &mut Vec<Open>, one: Open) -> Option<()> {
        (all.len() < OPEN_MAX).then(|| all.push(one))
    }

    /// The last place that is open, and of a run the first at which the next byte fits.
    fn back(
        &self,
        value: &[u8],
        open: &mut Vec<Open>,
        fuel: &mut usize,
    ) -> Option<Option<(u32, usize)>> {
        while let Some(last) = open.pop() {
            let places = last.down_to as usize..=last.from as usize;
            let found = match self.steps[last.step as usize] {
                Step::Byte(byte) => places.clone().rev().find(|at| value.get(*at) == Some(&byte)),
                _ => Some(last.from as usize),
            };
            let passed = last.from as usize - found.unwrap_or(last.down_to as usize);
            *fuel = fuel.checked_sub(passed / RUN)?;
            let Some(at) = found else { continue };
            if at > last.down_to as usize {
                open.push(Open { from: at as u32 - 1, ..last });
            }
            return Some(Some((last.step, at)));
        }
        Some(None)
    }

    fn holds(&self, class: u16, byte: u8) -> bool {
        has(&self.classes[usize::from(class)], byte)
    }

    fn push(&mut self, step: Step, start: usize) -> Option<u32> {
        let at = self.steps.len();
        let room = at - start < STEPS_MAX && at < STEPS_ALL_MAX;
        room.then(|| {
            self.steps.push(step);
            at as u32
        })
    }

    fn class(&mut self, bytes: Bytes) -> Option<u16> {
        if let Some(known) = self.known.get(&bytes) {
            return Some(*known);
        }
        let new = u16::try_from(self.classes.len()).ok()?;
        (self.classes.len() < CLASSES_MAX).then(|| {
            self.classes.push(bytes);
            self.known.insert(bytes, new);
            new
        })
    }

    /// Where a match may begin.
    fn begins(&mut self, hir: &Hir) -> Option<Begins> {
        let looks = hir.properties().look_set_prefix();
        if looks.contains(Look::StartLF) || looks.contains(Look::Start) {
            return Some(Begins::Line);
        }
        let mut first = hir;
        loop {
            first = match first.kind() {
                HirKind::Concat(parts) => &parts[0],
                HirKind::Capture(capture) => &capture.sub,
                HirKind::Repetition(Repetition { max: None, sub, .. }) => {
                    let Some(bytes) = single(sub) else { break };
                    return Some(Begins::Run(self.class(bytes)?));
                }
                _ => break,
            };
        }
        Some(Begins::Anywhere)
    }

    /// Writes the steps of a part; nothing where it holds what programs do not know.
    fn write(&mut self, hir: &Hir, start: usize) -> Option<()> {
        match hir.kind() {
            HirKind::Empty => {}
            HirKind::Literal(literal) => {
                for byte in &literal.0 {
                    self.push(Step::Byte(*byte), start)?;
                }
            }
            HirKind::Class(_) => {
                let step = self.one(single(hir)?)?;
                self.push(step, start)?;
            }
            HirKind::Look(look) => {
                known_look(*look).then_some(())?;
                self.push(Step::Look(*look), start)?;
            }
            HirKind::Capture(capture) => self.write(&capture.sub, start)?,
            HirKind::Concat(parts) => {
                for part in parts {
                    self.write(part, start)?;
                }
            }
            HirKind::Alternation(parts) => self.write_either(parts, start)?,
            HirKind::Repetition(repetition) => self.write_many(repetition, start)?,
        }
        Some(())
    }

    /// The step for one byte of some.
    fn one(&mut self, bytes: Bytes) -> Option<Step> {
        let mut all = (0..=u8::MAX).filter(|byte| has(&bytes, *byte));
        Some(match (all.next(), all.next(), all.next()) {
            (Some(only), None, _) => Step::Byte(only),
            (Some(large), Some(small), None)
                if large.is_ascii_uppercase() && large.to_ascii_lowercase() == small =>
            {
                Step::Letter(small)
            }
            _ => Step::Class(self.class(bytes)?),
        })
    }

    fn write_either(&mut self, parts: &[Hir], start: usize) -> Option<()> {
        let mut ends = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            if at + 1 == parts.len() {
                self.write(part, start)?;
                break;
            }
            let either = self.push(Step::Either(0, 0), start)?;
            self.write(part, start)?;
            ends.push(self.push(Step::Goto(0), start)?);
            self.steps[either as usize] = Step::Either(either + 1, self.steps.len() as u32);
        }
        let behind = self.steps.len() as u32;
        ends.into_iter().for_each(|end| self.steps[end as usize] = Step::Goto(behind));
        Some(())
    }

    fn write_many(&mut self, repetition: &Repetition, start: usize) -> Option<()> {
        let Repetition { min, max, sub, .. } = repetition;
        for _ in 0..*min {
            self.write(sub, start)?;
        }
        let Some(max) = max else {
            if let Some(bytes) = single(sub) {
                let class = self.class(bytes)?;
                self.push(Step::Many(class), start)?;
                return Some(());
            }
            // What takes nothing could be repeated for ever.
            sub.properties().minimum_len().filter(|least| *least > 0)?;
            let either = self.push(Step::Either(0, 0), start)?;
            self.write(sub, start)?;
            self.push(Step::Goto(either), start)?;
            self.steps[either as usize] = Step::Either(either + 1, self.steps.len() as u32);
            return Some(());
        };
        let mut open = Vec::new();
        for _ in *min..*max {
            open.push(self.push(Step::Either(0, 0), start)?);
            self.write(sub, start)?;
        }
        let behind = self.steps.len() as u32;
        open.into_iter().for_each(|at| self.steps[at as usize] = Step::Either(at + 1, behind));
        Some(())
    }
}

fn has(bytes: &Bytes, byte: u8) -> bool {
    bytes[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
}

/// The bytes of a part that always takes one.
fn single(hir: &Hir) -> Option<Bytes> {
    let mut bytes = Bytes::default();
    let mut add = |byte: u8| bytes[usize::from(byte >> 6)] |= 1 << (byte & 63);
    match hir.kind() {
        HirKind::Class(Class::Bytes(class)) => {
            class.ranges().iter().flat_map(|range| range.start()..=range.end()).for_each(add);
        }
        HirKind::Literal(literal) if literal.0.len() == 1 => add(literal.0[0]),
        HirKind::Capture(capture) => return single(&capture.sub),
        _ => return None,
    }
    Some(bytes)
}

fn known_look(look: Look) -> bool {
    use Look::{End, EndLF, Start, StartLF, WordAscii, WordAsciiNegate};
    matches!(look, Start | End | StartLF | EndLF | WordAscii | WordAsciiNegate)
}

fn looks(look: Look, value: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| value[before]);
    let next = value.get(at).copied();
    let word = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    match look {
        Look::Start => before.is_none(),
        Look::End => next.is_none(),
        Look::StartLF => before.is_none_or(|byte| byte == b'\n'),
        Look::EndLF => next.is_none_or(|byte| byte == b'\n'),
        Look::WordAscii => word(before) != word(next),
        Look::WordAsciiNegate => word(before) == word(next),
        // Not written: see `known_look`.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::dialect::{self, Expression};
    use super::super::{compile, prefilter};
    use super::*;

    fn says(one: &Expression, value: &[u8]) -> Option<bool> {
        let mut programs = Programs::default();
        programs.add(None);
        programs.add(prefilter::meant(one).ok().as_ref());
        assert_eq!(programs.matches(0, value, &mut Vec::new()), None, "there is no structure");
        programs.matches(1, value, &mut Vec::new())
    }

    fn of(pattern: &str, value: &str) -> Option<bool> {
        says(&dialect::read(pattern, "").unwrap(), value.as_bytes())
    }

    #[test]
    fn what_packs_are_made_of_is_known_without_the_engine() {
        for (pattern, value, matches) in [
            (r"^Acme/(\d+\.\d+)$", "Acme/1.10", true),
            (r"^Acme/(\d+\.\d+)$", "Acme/1.10 ", false),
            (r"^Acme/(\d+\.\d+)$", "old\nAcme/1.1\nmore", true),
            (r"\AAcme\z", "old\nAcme", false),
            (r"(?i)gate(?: v\d+)? ready", "a GATE V12 Ready", true),
            (r"^(?:a|bc|d)*e$", "bcade", true),
            (r"^(?:a|bc|d)*e$", "bcacde", false),
            (r".+\bbox\b", "a box", true),
            (r".+\bbox\b", "a boxer", false),
            (r"^\d{2,4}-x{0,2}$", "1234-xx", true),
            (r"^\d{2,4}-x{0,2}$", "12345-xx", false),
        ] {
            assert_eq!(of(pattern, value), Some(matches), "{pattern} on {value:?}");
        }
    }

    #[test]
    fn what_takes_too_long_or_is_too_long_is_left_to_the_engine() {
        let long = "a".repeat(2_000);
        assert_eq!(of("^(?:a|a)*(?:a|aa)*b$", &long), None, "it gives up");
        assert_eq!(of("^[ab]{1001}", &long), None, "it has too many steps");
        assert_eq!(of("(?:a?)*b", "b"), None, "what takes nothing is repeated");
    }

    /// Expressions of every kind of step.
    fn pattern() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            "[ab]{1,3}",
            Just(".".to_owned()),
            Just("[a-b ]".to_owned()),
            Just("^".to_owned()),
            Just("$".to_owned()),
            Just(r"\b".to_owned()),
            Just(r"\B".to_owned()),
            Just(r"\A".to_owned()),
            Just(r"\z".to_owned()),
            Just("(?i:b)".to_owned()),
        ];
        leaf.prop_recursive(4, 16, 3, |inner| {
            let all = proptest::collection::vec(inner.clone(), 1..4);
            prop_oneof![
                all.clone().prop_map(|all| all.concat()),
                all.prop_map(|all| format!("(?:{})", all.join("|"))),
                (inner, "[*+?]|\\{1,2\\}|[*+?]\\?")
                    .prop_map(|(one, times)| format!("({one}){times}")),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_a_program_says_the_engine_says(
            pattern in pattern(),
            values in proptest::collection::vec("[abB \n]{0,10}", 1..12),
        ) {
            let text = Expression { text: pattern, ..Expression::default() };
            let engine = compile(&text).unwrap();
            for value in values.iter().map(String::as_bytes) {
                let Some(said) = says(&text, value) else { continue };
                prop_assert_eq!(said, engine.is_match(value), "{:?} on {:?}", text, value);
            }
        }
    }
}
