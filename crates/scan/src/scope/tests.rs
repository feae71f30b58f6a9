//! Who may be asked, and who never.

use jiff::civil::date;

use super::*;

fn on() -> Date {
    date(2026, 11, 22)
}

fn scope(networks: &[&str]) -> Scope {
    Scope::attached(networks.iter().map(|one| one.parse().unwrap()), on())
}

fn admits(scope: &Scope, address: &str) -> Result<(), String> {
    scope.admit(address.parse().unwrap()).map(|_| ()).map_err(|why| why.to_string())
}

const FILE: &str = r#"
[[scope]]
network = "198.51.100.0/24"
owner = "Northmoor Borough Council"
basis = "asset register of 2026, approved by its network team"
until = "2026-12-31"

[[scope]]
network = "203.0.113.7"
owner = "Northmoor Borough Council"
basis = "a camera at a mast"
until = "2026-10-31"
"#;

#[test]
fn without_a_file_only_private_networks_of_this_machine_are_asked() {
    let scope = scope(&["192.168.7.20/24", "198.51.100.3/24"]);
    assert_eq!(admits(&scope, "192.168.7.9"), Ok(()));
    assert_eq!(admits(&scope, "::ffff:192.168.7.9"), Ok(()), "the same host");
    for outside in ["192.168.8.9", "198.51.100.9", "10.0.0.1", "2001:db8::1"] {
        assert!(admits(&scope, outside).unwrap_err().contains("no scope file"), "{outside}");
    }
    for nobody in ["192.168.7.0", "192.168.7.255", "224.0.0.1", "255.255.255.255", "0.0.0.0"] {
        assert!(admits(&scope, nobody).unwrap_err().contains("no address of one host"), "{nobody}");
    }
}

#[test]
fn a_file_opens_what_somebody_answers_for_until_its_day() {
    let scope = scope(&[]).with_file(FILE).unwrap();
    assert_eq!(admits(&scope, "198.51.100.9"), Ok(()));
    assert_eq!(
        admits(&scope, "203.0.113.7"),
        Err("in scope until 2026-10-31, which is past".to_owned())
    );
    let scope = scope.without(["198.51.100.8/30".parse().unwrap()]);
    assert_eq!(admits(&scope, "198.51.100.9"), Err("excluded".to_owned()));
    assert_eq!(admits(&scope, "198.51.100.12"), Ok(()));
}

#[test]
fn a_file_that_is_none_or_says_too_little_opens_nothing() {
    let with = |text: &str| scope(&[]).with_file(text).map(|_| ()).unwrap_err().to_string();
    assert!(with("[[scope]]\nnetwork = \"10.0.0.0/8\"").contains("owner"));
    assert!(with(&FILE.replace("/24", "/19")).contains("/20"));
    assert!(with(&FILE.replace("198.51.100.0/24", "2001:db8::/64")).contains("/116"));
    assert!(with(&FILE.replace("\"Northmoor Borough Council\"", "\" \"")).contains("`owner`"));
    assert!(with(&FILE.replace("2026-12-31", "soon")).contains("no day"));
    assert!(with(&FILE.replace("198.51.100.0/24", "all")).contains("no network"));
    assert!(with(&FILE.replace("100.0/24", "100.7/24")).contains("within 198.51.100.0/24"));
    let single = with(&FILE.replace("[[scope]]", "[scope]"));
    assert!(single.contains("line ") && single.contains("[[scope]]"), "{single}");
    assert!(with("\n\nscope = 5").starts_with("line 3, column 9: "), "{}", with("\n\nscope = 5"));
    assert!(with(&FILE.replace("basis", "reason")).contains("reason"));
    assert!(with(&FILE.replace("a camera", &"a".repeat(500))).contains("longer"));
    // A private network may be as wide as it is.
    assert!(scope(&[]).with_file(&FILE.replace("198.51.100.0/24", "10.0.0.0/8")).is_ok());
}
