//! The trial that `WHOMADE_TRIAL` names: one build for all of them.
#![no_main]

use std::sync::OnceLock;

use whomade_formats::read::trials::try_on;

static NAME: OnceLock<String> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    try_on(NAME.get_or_init(|| std::env::var("WHOMADE_TRIAL").expect("a trial")), bytes)
});
