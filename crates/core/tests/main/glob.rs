//! Patterns of supplies against a plain reference, and model numbers as patterns see them.

use proptest::prelude::*;
use whomade_core::kb::glob::{literal_head, matches, squeeze, unswapped};

const DASHES: [char; 6] = ['-', '\u{2010}', '\u{2011}', '\u{2013}', '\u{2212}', '\u{ff0d}'];

/// The meaning of a pattern, as slow as it is clear.
fn naive(pattern: &[u8], model: &[u8]) -> bool {
    match (pattern, model) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=model.len()).any(|skip| naive(rest, &model[skip..])),
        ([b'#', rest @ ..], [c, model @ ..]) => c.is_ascii_digit() && naive(rest, model),
        ([b'@', rest @ ..], [c, model @ ..]) => c.is_ascii_alphabetic() && naive(rest, model),
        ([one, rest @ ..], [c, model @ ..]) => one == c && naive(rest, model),
        ([_, ..], []) | ([], [_, ..]) => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn patterns_mean_what_the_reference_means(
        pattern in "[AB1é#@*-]{0,8}",
        model in "[AB12é#*-]{0,9}",
    ) {
        prop_assert_eq!(
            matches(&pattern, &model),
            naive(pattern.as_bytes(), model.as_bytes())
        );
    }

    #[test]
    fn a_model_matches_the_pattern_made_from_it(
        model in "[A-Z0-9-]{0,12}",
        stars in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let mut pattern: Vec<char> = model.chars().collect();
        for star in stars {
            let at = star.index(pattern.len() + 1);
            pattern.insert(at, '*');
        }
        let pattern: String = pattern.into_iter().collect();
        prop_assert!(matches(&pattern, &model), "{pattern} {model}");
        prop_assert!(model.starts_with(literal_head(&pattern)));
    }

    #[test]
    fn squeezing_twice_is_squeezing_once(model in ".{0,20}|[Aa2. (m)M\u{2011}\t-]{0,14}") {
        let once = squeeze(&model);
        prop_assert_eq!(squeeze(&once), once.clone(), "of {:?}", model);
    }

    #[test]
    fn case_blanks_and_kinds_of_dash_do_not_matter(
        model in "[A-Z]{2}-[0-9A-Z]{3,8}-[A-Z]{1,3}",
        dash in prop::sample::select(DASHES.to_vec()),
    ) {
        let written = format!(" {} ", model.to_lowercase().replace('-', &dash.to_string()));
        prop_assert_eq!(squeeze(&written), model.clone());
        prop_assert_eq!(squeeze(&model.replace('-', " - ")), model);
    }

    #[test]
    fn letters_are_only_swapped_for_digits(model in "[A-Z0-9-]{0,14}|.{0,14}") {
        let squeezed = squeeze(&model);
        if let Some(other) = unswapped(&squeezed) {
            prop_assert_ne!(&other, &squeezed);
            prop_assert_eq!(other.len(), squeezed.len());
            prop_assert_eq!(other.replace('O', "0"), squeezed.replace('O', "0"));
        }
    }
}

#[test]
fn a_lens_named_behind_a_model_is_no_part_of_it() {
    assert_eq!(squeeze("AA - 000 - MM"), "AA-000-MM", "dashes with blanks make no lens");
    for written in [
        "DS-2CD2143G2-I(2.8mm)",
        "DS-2CD2143G2-I (2.8 mm)",
        "DS-2CD2143G2-I 2.8-12mm",
        "DS-2CD2143G2-I(2.8\u{2013}12mm)",
        "DS-2CD2143G2-I\u{a0}(2.8\u{a0}mm)",
        "ds-2cd2143g2-i (2.8mm) (4mm)",
        "DS-2CD2143G2-I 4MM",
        "DS-2CD2143G2-I 2.8 mm",
        "DS-2CD2143G2-I(2 . 8 m m)",
    ] {
        assert_eq!(squeeze(written), "DS-2CD2143G2-I", "{written}");
    }
}

#[test]
fn many_stars_take_no_time_to_speak_of() {
    let pattern = "*A".repeat(2000) + "B";
    let model = "A".repeat(20_000);
    assert!(!matches(&pattern, &model));
    assert!(matches(&"*".repeat(50_000), &model));
}
