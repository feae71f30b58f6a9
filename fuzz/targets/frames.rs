#![no_main]

use whomade_formats::read::trials::try_on;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| try_on("frames", bytes));
