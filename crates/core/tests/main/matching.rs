//! The quick matcher says what a plain reading of every pattern says.

use proptest::prelude::*;
use regex::bytes::Regex;
use whomade_core::kb::matcher::{Matcher, Pattern, compile};

use crate::support::files;
use whomade_core::kb::{Facts, glob};

struct Plain {
    patterns: Vec<(Pattern, Option<Regex>)>,
    examples: Vec<String>,
}

impl Plain {
    fn add(&mut self, pattern: Pattern, examples: &[&[String]]) {
        let regex = pattern.regex.as_deref().map(|one| compile(one, pattern.ignore_case).unwrap());
        self.patterns.push((pattern, regex));
        self.examples.extend(examples.iter().flat_map(|list| list.iter().cloned()));
    }

    /// Every pattern tried by itself.
    fn fire(&self, value: &str) -> Vec<u32> {
        let fires = |(pattern, regex): &(Pattern, Option<Regex>)| {
            let case = |text: &str| {
                if pattern.ignore_case { text.to_ascii_lowercase() } else { text.to_owned() }
            };
            let value_as = case(value);
            pattern.equals.iter().any(|one| case(one) == value_as)
                || pattern.prefix.iter().any(|one| value_as.starts_with(&case(one)))
                || pattern.contains.iter().any(|one| value_as.contains(&case(one)))
                || regex.as_ref().is_some_and(|regex| regex.is_match(value.as_bytes()))
        };
        let numbered = self.patterns.iter().zip(0..);
        numbered.filter(|(one, _)| fires(one)).map(|(_, number)| number).collect()
    }
}

/// All patterns of the base in one matcher, beside the plain reading.
fn both() -> &'static (Matcher, Plain) {
    static BOTH: std::sync::OnceLock<(Matcher, Plain)> = std::sync::OnceLock::new();
    BOTH.get_or_init(|| {
        let (facts, _) = Facts::read(files());
        let mut plain = Plain { patterns: Vec::new(), examples: Vec::new() };
        for one in facts.signatures.values().flat_map(|file| &file.signatures) {
            let pattern = Pattern {
                equals: one.equals.clone(),
                prefix: one.prefix.clone(),
                contains: one.contains.clone(),
                regex: one.regex.clone(),
                ignore_case: one.ignore_case,
            };
            plain.add(pattern, &[&one.example, &one.counter_example]);
        }
        for file in facts.models.values() {
            for one in file.models.iter().chain(&file.serials).chain(&file.firmwares) {
                let pattern = Pattern {
                    equals: one.equals.clone(),
                    prefix: one.prefix.clone(),
                    regex: one.regex.clone(),
                    ..Pattern::default()
                };
                plain.add(pattern, &[&one.example, &one.counter_example]);
            }
        }
        let numbered = plain.patterns.iter().zip(0..);
        let numbered = numbered.map(|((pattern, _), number)| (number, pattern.clone())).collect();
        (Matcher::new(numbered), plain)
    })
}

fn agree(value: &str) {
    let (quick, plain) = both();
    let mut hits = Vec::new();
    quick.fire(value, &mut hits);
    assert_eq!(hits, plain.fire(value), "{value:?}");
}

#[test]
fn every_example_fires_alike() {
    let (_, plain) = both();
    assert!(plain.examples.len() > 1_000);
    for value in &plain.examples {
        agree(value);
        agree(&glob::squeeze(value));
        agree(&value.to_ascii_lowercase());
    }
}

proptest! {
    #[test]
    fn every_damaged_example_fires_alike(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        with in "[ -~é]{0,3}",
        cut in 0_usize..4,
    ) {
        let (_, plain) = both();
        let example = &plain.examples[which.index(plain.examples.len())];
        let mut value: Vec<char> = example.chars().collect();
        let at = at.index(value.len() + 1);
        let end = (at + cut).min(value.len());
        value.splice(at..end, with.chars());
        agree(&value.into_iter().collect::<String>());
    }

    #[test]
    fn every_expression_is_read_alike(
        expression in r"\^?(\(?([A-C]|\[A-C\]|\(A\|BC\)|\.|\\b|\$|B\?|C\*|A\{0,3\}|\(\?:A\?\)\{2,40\})){1,6}",
        value in "[A-D]{0,30}",
    ) {
        let Ok(regex) = compile(&expression, false) else { return Ok(()) };
        let pattern = Pattern { regex: Some(expression.clone()), ..Pattern::default() };
        let mut hits = Vec::new();
        Matcher::new(vec![(0, pattern)]).fire(&value, &mut hits);
        prop_assert_eq!(hits.len() == 1, regex.is_match(value.as_bytes()), "{}", expression);
    }
}
