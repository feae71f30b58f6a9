//! Tests in a network of their own.

use std::process::Command;

/// Set where the test runs again within a network of its own.
const WITHIN: &str = "WHOMADE_TEST_WITHIN";

/// Runs a test again in a network of its own. Whether it already runs there.
#[expect(clippy::print_stderr, reason = "a test that was skipped says so")]
pub(crate) fn is_within(test: &str) -> bool {
    if std::env::var_os(WITHIN).is_some() {
        return true;
    }
    // Root needs no user of its own; everybody else does, where the system allows it.
    let ways: [&[&str]; 2] = [&["-n"], &["-r", "-n"]];
    let probe = "ip link add whomade0 type veth peer name whomade1";
    let works = |way: &&&[&str]| {
        let tried = Command::new("unshare").args(**way).args(["sh", "-c", probe]).output();
        tried.is_ok_and(|done| done.status.success())
    };
    let Some(way) = ways.iter().find(works) else {
        eprintln!("skipped: no network of the test's own can be made here (unshare, ip)");
        return false;
    };
    let done = Command::new("unshare")
        .args(*way)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(WITHIN, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.contains("1 passed"), "{said}");
    false
}

/// Runs `ip` with these words.
pub(crate) fn ip(words: &str) {
    let done = Command::new("ip").args(words.split(' ')).output().unwrap();
    assert!(done.status.success(), "ip {words}: {}", String::from_utf8_lossy(&done.stderr));
}
