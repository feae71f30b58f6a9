//! Packs of others: what their expressions mean, in which order they speak, and what they may not
//! do.

use proptest::prelude::*;
use whomade_core::observation::{Device, Field, Observation};
use whomade_core::pack::{
    Example, FINGERPRINTS_MAX, Fingerprint, PackFile, Packs, Param, Scratch, compile, dialect,
};
use whomade_core::role::Role;

fn param(position: u32, name: &str, value: &str) -> Param {
    Param { position, name: name.to_owned(), value: value.to_owned() }
}

fn fingerprint(line: u64, pattern: &str, params: &[(u32, &str, &str)]) -> Fingerprint {
    Fingerprint {
        line,
        pattern: pattern.to_owned(),
        description: format!("thing of line {line}"),
        params: params.iter().map(|(at, name, value)| param(*at, name, value)).collect(),
        ..Fingerprint::default()
    }
}

fn file(name: &str, key: &str, preference: f64, fingerprints: Vec<Fingerprint>) -> PackFile {
    let (name, key) = (name.into(), key.to_owned());
    PackFile { name, key, preference, fingerprints, examples_elsewhere: 0 }
}

fn sound(files: Vec<PackFile>) -> Packs {
    let (packs, said) = Packs::new(files);
    assert!(said.is_empty(), "{said:#?}");
    packs
}

/// The line of the fingerprint that speaks of a value.
fn line(packs: &Packs, key: &str, value: &str) -> Option<u64> {
    let rule = packs.set(key)?.first(value.as_bytes(), &mut Scratch::default());
    rule.map(|rule| rule.fingerprint.line)
}

/// What is read out of a value, as `name=value` in the order of the names.
fn given(packs: &Packs, key: &str, value: &str) -> Vec<String> {
    let set = packs.set(key).unwrap();
    let rule = set.first(value.as_bytes(), &mut Scratch::default()).unwrap();
    let params = set.params(rule, value.as_bytes()).unwrap();
    params.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

#[test]
fn the_first_of_a_key_speaks_by_preference_and_then_as_it_stands() {
    let plain = |line, pattern| fingerprint(line, pattern, &[]);
    let packs = sound(vec![
        file("z.xml", "k", 0.1, vec![plain(1, "^Acme/1"), plain(2, "^Acme")]),
        file("b.xml", "k", 0.9, vec![plain(3, "^Acme/1\\.0$"), plain(4, "other")]),
        file("a.xml", "k", 0.1, vec![plain(5, "^Acme/1\\.1$")]),
        file("c.xml", "else", 1.0, vec![plain(6, "^Acme")]),
    ]);
    assert_eq!(line(&packs, "k", "Acme/1.0"), Some(3));
    assert_eq!(line(&packs, "k", "Acme/1.1"), Some(5), "names of files break a tie");
    assert_eq!(line(&packs, "k", "Acme/1.2"), Some(1), "the earlier of two that match");
    assert_eq!(line(&packs, "k", "Acme"), Some(2));
    assert_eq!(line(&packs, "k", "acme"), None, "case counts where no flag says otherwise");
    assert_eq!(line(&packs, "else", "Acme/1.0"), Some(6));
    assert_eq!(line(&packs, "none", "Acme"), None);
}

#[test]
fn flags_lines_and_characters_are_those_of_packs() {
    let flagged = |line, pattern: &str, flags: &str| Fingerprint {
        flags: flags.to_owned(),
        ..fingerprint(line, pattern, &[])
    };
    let packs = sound(vec![file(
        "a.xml",
        "k",
        0.5,
        vec![
            flagged(1, "^second$", ""),
            flagged(2, "^GATE.*end$", "REG_ICASE,REG_DOT_NEWLINE"),
            flagged(3, "(?i)kiosk", ""),
            flagged(4, "^a.b$", ""),
            flagged(5, "^caf\u{e9}$", ""),
        ],
    )]);
    assert_eq!(line(&packs, "k", "first\nsecond\nthird"), Some(1), "a line is enough");
    assert_eq!(line(&packs, "k", "gate\n\nend"), Some(2));
    assert_eq!(line(&packs, "k", "a KIOSK"), Some(3));
    assert_eq!(line(&packs, "k", "a \u{212a}iosk"), Some(3), "the sign of Kelvin is a K");
    assert_eq!(line(&packs, "k", "a\u{b7}b"), Some(4), "a dot takes a character of two bytes");
    assert_eq!(line(&packs, "k", "a\u{b7}\u{b7}b"), None);
    assert_eq!(line(&packs, "k", "caf\u{e9}"), Some(5));
}

#[test]
fn values_are_filled_in_and_what_is_not_known_is_left_out() {
    let params = [
        (1, "service.version", ""),
        (2, "_tmp.model", ""),
        (0, "hw.product", "NG-{_tmp.model}"),
        (0, "os.product", "{hw.product} system"),
        (0, "service.cpe23", "cpe:/a:x:{service.version}"),
        (0, "service.product", "first"),
        (0, "note", "{not a name} {"),
    ];
    let packs = sound(vec![file(
        "a.xml",
        "k",
        0.5,
        vec![fingerprint(1, r"^Gate(?:/(\d+))?(?: (\d+))?$", &params)],
    )]);
    let whole = given(&packs, "k", "Gate/7 2143");
    assert_eq!(
        whole,
        [
            "hw.product=NG-2143",
            "note={not a name} {",
            "os.product=NG-2143 system",
            "service.cpe23=cpe:/a:x:7",
            "service.product=first",
            "service.version=7",
        ]
    );
    // Without its model the product is not half a name; the platform's number has a dash.
    let bare = given(&packs, "k", "Gate");
    assert_eq!(bare, ["note={not a name} {", "service.cpe23=cpe:/a:x:-", "service.product=first"]);
}

#[test]
fn what_cannot_be_compiled_is_said_with_its_place_and_the_rest_works() {
    let wrong = [
        ("a(?=b)", "it looks ahead"),
        ("(?<=a)b", "it looks behind"),
        (r"(a)\1", "it refers back to a group"),
        (r"(\w{1000}){1000}", "size limit"),
        ("[b-a]", "invalid character class range"),
    ];
    let mut all: Vec<Fingerprint> = wrong
        .iter()
        .zip(10..)
        .map(|((pattern, _), line)| fingerprint(line, pattern, &[]))
        .collect();
    all.push(fingerprint(20, "^Acme", &[]));
    let (packs, said) = Packs::new(vec![file("a.xml", "k", 0.5, all)]);
    assert_eq!(said.len(), wrong.len());
    for ((pattern, why), (one, line)) in wrong.iter().zip(said.iter().zip(10..)) {
        assert_eq!(one.code, "kb/pack-pattern");
        assert!(one.message.contains(why), "{pattern}: {}", one.message);
        let place = one.place.as_deref().unwrap();
        assert_eq!((&*place.source, place.line, &*place.text), ("a.xml", line, *pattern));
    }
    assert_eq!(line(&packs, "k", "Acme"), Some(20));
}

#[test]
fn many_wrong_expressions_are_counted_and_not_all_said() {
    let all = (1..=40).map(|line| fingerprint(line, "(", &[])).collect();
    let (_, said) = Packs::new(vec![file("a.xml", "k", 0.5, all)]);
    assert_eq!(said.len(), 6);
    assert_eq!(said.iter().map(whomade_core::diagnostic::Diagnostic::counts).sum::<u64>(), 40);
}

#[test]
fn what_is_slow_elsewhere_is_linear_here() {
    let packs = sound(vec![file("a.xml", "k", 0.5, vec![fingerprint(1, "^(a+)+$", &[])])]);
    let mut value = "a".repeat(1 << 20);
    value.push('!');
    // Only the beginning of a long value is looked at, and it is all of one letter.
    assert_eq!(line(&packs, "k", &value), Some(1));
    value.truncate(10_000);
    value.push('!');
    assert_eq!(line(&packs, "k", &value), None);
}

#[test]
fn names_given_twice_and_groups_that_are_not_there_are_said() {
    let params = [(1, "hw.product", ""), (7, "hw.model", ""), (0, "hw.product", "later")];
    let (packs, said) =
        Packs::new(vec![file("a.xml", "k", 0.5, vec![fingerprint(3, "^(Acme)", &params)])]);
    let messages: Vec<&str> = said.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "hw.model is asked of group 7; there are 1",
            "hw.product is given twice; the later one counts"
        ]
    );
    assert_eq!(given(&packs, "k", "Acme"), ["hw.product=later"]);
}

#[test]
fn fingerprints_beyond_the_limit_are_left_out_and_said() {
    let all = (0..=FINGERPRINTS_MAX as u64).map(|line| fingerprint(line, "a", &[])).collect();
    let (packs, said) = Packs::new(vec![file("a.xml", "k", 0.5, all)]);
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].code, "kb/pack-large");
    assert_eq!(packs.set("k").unwrap().rules.len(), FINGERPRINTS_MAX);
}

#[test]
fn examples_are_tried_on_their_own_fingerprint() {
    let example = |line, value: &str, expects: &[(&str, &str)]| Example {
        line,
        value: value.as_bytes().to_vec(),
        expects: expects.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
    };
    let mut one = fingerprint(1, r"^Gate/(\d+)$", &[(1, "service.version", "")]);
    one.examples = vec![
        example(2, "Gate/7", &[("service.version", "7")]),
        example(3, "Gate", &[]),
        example(4, "Gate/8", &[("service.version", "9")]),
        example(5, "Gate/8", &[("hw.product", "x")]),
    ];
    let packs = sound(vec![file("a.xml", "k", 0.5, vec![one])]);
    let (tried, said) = packs.tried();
    let told: Vec<(u64, &str)> =
        said.iter().map(|one| (one.place.as_ref().unwrap().line, one.message.as_str())).collect();
    assert_eq!(tried, 4);
    assert_eq!(
        told,
        [
            (3, "an example is not matched by its own expression"),
            (4, "an example gives service.version as `8`, not as `9`"),
            (5, "an example gives no hw.product; it should be `x`"),
        ]
    );
}

fn device(seen: &[(Field, &str)]) -> Device {
    let observations = seen.iter().map(|(field, value)| Observation::new(*field, *value)).collect();
    Device { observations, ..Device::default() }
}

#[test]
fn names_are_read_as_label_and_platform_and_never_as_a_maker() {
    let params = [
        (0, "hw.vendor", "Northgate"),
        (1, "hw.product", ""),
        (0, "os.vendor", "Northgate"),
        (0, "service.vendor", "Tinyhttp"),
        (0, "service.product", "Tinyhttp server"),
        (0, "service.version", "2"),
    ];
    let packs = sound(vec![file(
        "mine/http.xml",
        "http_header.server",
        0.5,
        vec![
            fingerprint(4, "^bare$", &[(0, "hw.certainty", "0.0")]),
            fingerprint(9, "^NG (.+)$", &params),
        ],
    )]);
    let said = packs.said(&device(&[
        (Field::HttpServer, "NG \u{1b}[31m7"),
        (Field::HttpHeaders, "HTTP/1.1 200 OK\nServer: NG \u{1b}[31m7\nX: y"),
        (Field::HttpServer, "bare"),
        (Field::RtspServer, "NG 8"),
    ]));
    assert_eq!(said.len(), 1, "a value once, nothing of a bare one, nothing of another key");
    let roles: Vec<Role> = said[0].names.iter().map(|named| named.role).collect();
    assert_eq!(roles, [Role::Label, Role::Firmware, Role::Firmware]);
    assert_eq!(
        said[0].sentence(),
        "http-server `NG \u{fffd}[31m7` is read as label Northgate \u{fffd}[31m7, platform \
         Northgate, platform Tinyhttp server 2 (“thing of line 9”, mine/http.xml:9)"
    );
}

/// Expressions of a small tongue, so that many of them match one of the values.
fn pattern() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-c]{1,4}",
        Just(".".to_owned()),
        Just("(?:ab|c)".to_owned()),
        Just("[ab]+".to_owned()),
        Just("\\d?".to_owned()),
        Just("b*".to_owned()),
        Just("(?i:abc)".to_owned()),
        Just("(?:abca)?".to_owned()),
    ];
    let parts = proptest::collection::vec(part, 1..5).prop_map(|parts| parts.concat());
    (parts, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(middle, start, end, case)| {
        let case = if case { "(?i)" } else { "" };
        let (start, end) = (if start { "^" } else { "" }, if end { "$" } else { "" });
        format!("{case}{start}{middle}{end}")
    })
}

proptest! {
    #[test]
    fn the_filter_never_changes_the_answer(
        patterns in proptest::collection::vec(pattern(), 1..12),
        values in proptest::collection::vec("[abcABC1\n\u{e9}]{0,12}", 1..12),
    ) {
        let all = patterns.iter().zip(1..);
        let all = all.map(|(pattern, line)| fingerprint(line, pattern, &[])).collect();
        let packs = sound(vec![file("a.xml", "k", 0.5, all)]);
        for value in &values {
            let one_by_one = patterns.iter().position(|pattern| {
                let read = match value.is_ascii() {
                    true => dialect::read,
                    false => dialect::read_by_characters,
                };
                compile(&read(pattern, "").unwrap()).unwrap().is_match(value.as_bytes())
            });
            prop_assert_eq!(line(&packs, "k", value), one_by_one.map(|at| at as u64 + 1));
        }
    }

    #[test]
    fn any_expression_is_read_or_refused(pattern in any::<String>(), value in any::<String>()) {
        let all = vec![fingerprint(1, &pattern, &[(1, "a", "")])];
        let (packs, _) = Packs::new(vec![file("a.xml", "k", 0.5, all)]);
        let _ = line(&packs, "k", &value);
    }

    #[test]
    fn anything_of_signs_is_read_or_refused(pattern in r"[\\\[\](){}?*+^$|:<>=!imx,\-0-9a-ehwdsu.]{0,24}") {
        let all = vec![fingerprint(1, &pattern, &[])];
        let (packs, said) = Packs::new(vec![file("a.xml", "k", 0.5, all)]);
        prop_assert_eq!(packs.set("k").unwrap().rules.len() + said.len(), 1);
        let _ = line(&packs, "k", "abc{1}");
    }
}
