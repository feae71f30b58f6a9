//! Every trial over the inputs of the cases, whole and damaged: what the fuzz targets do for
//! minutes, for a moment.

use whomade_formats::read::trials::{TRIALS, try_on};

use crate::golden;
use crate::mutation::{Random, damage};

fn tried(name: &str) {
    let trial = TRIALS.iter().find(|trial| trial.name == name).expect("a trial of that name");
    let mut random = Random(0x6A09_E667_F3BC_C908);
    let inputs = golden::inputs();
    let files: Vec<Vec<u8>> = inputs.iter().map(|input| std::fs::read(input).unwrap()).collect();
    let seeds = trial.eats.seeds(&files);
    assert!(seeds.len() >= 3, "{name}: {} seeds", seeds.len());
    for seed in seeds {
        (trial.run)(&seed);
        for _ in 0..3 {
            let mut bytes = seed.clone();
            damage(&mut bytes, &mut random);
            (trial.run)(&bytes);
        }
    }
}

macro_rules! trials {
    ($($name:ident)+) => {
        $(#[test]
        fn $name() {
            tried(stringify!($name));
        })+

        #[test]
        fn every_trial_is_tried_and_has_its_target() {
            let here = [$(stringify!($name)),+];
            let all: Vec<&str> = TRIALS.iter().map(|trial| trial.name).collect();
            assert_eq!(all, here);
            let fuzz = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
            for name in all {
                assert!(fuzz.join("targets").join(name).with_extension("rs").is_file(), "{name}");
            }
        }
    };
}

/// What fuzzing found; each was mended where it lay.
#[test]
fn what_was_found_once_is_not_found_again() {
    let found: [(&str, &[u8]); 1] = [
        // The parser passes over a second byte order mark and does not count it.
        ("xml", b"\x35\xff\xfe\xff\xfe\x0d\x00\x0a\x70\x6f\x04"),
    ];
    for (name, bytes) in found {
        try_on(name, bytes);
    }
}

trials! {
    encoding head lines records json_scan xml xls_records xls mac certificate words labelled kinds
    letter readers unpack frames xlsx ods zip workbook
}
