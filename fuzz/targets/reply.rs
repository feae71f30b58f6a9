#![no_main]

use whomade_scan::trials::try_on;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    try_on("reply", bytes);
});
