//! The trial that `WHOMADE_TRIAL` names: one build for all of them.
#![no_main]

use std::sync::OnceLock;

use whomade_capture::trials::try_on as try_on_wire;
use whomade_formats::read::trials::try_on;

static NAME: OnceLock<String> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let name = NAME.get_or_init(|| std::env::var("WHOMADE_TRIAL").expect("a trial"));
    if !try_on_wire(name, bytes) {
        try_on(name, bytes);
    }
});
