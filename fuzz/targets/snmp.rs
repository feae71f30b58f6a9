#![no_main]

use whomade_capture::trials::try_on;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    try_on("snmp", bytes);
});
