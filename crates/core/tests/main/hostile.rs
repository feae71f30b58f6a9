//! Hostile files and expressions: said, never a panic, within stated limits.

use std::fmt::Write as _;

use proptest::prelude::*;
use whomade_core::diagnostic::KB;
use whomade_core::evidence::Reader;
use whomade_core::kb::matcher::{Matcher, Pattern, VALUE_BYTES_MAX, compile};
use whomade_core::kb::registry::{Registry, hex_digits};
use whomade_core::kb::{Base, File, lint};
use whomade_core::observation::{Field, Observation};

use crate::support::{device, files};

fn file(path: &str, text: impl Into<String>) -> File {
    File { path: path.to_owned(), text: text.into() }
}

fn ground() -> Vec<File> {
    vec![
        file("sources/seen.toml", "title = \"Seen\"\nreading = \"primary\"\n"),
        file("makers/acme.toml", "name = \"Acme\"\nkind = \"maker\"\nsources = [\"seen\"]\n"),
    ]
}

fn signature(id: &str, pattern: &str, example: &str) -> String {
    format!(
        "[[signature]]\nid = \"{id}\"\n{pattern}\nclaim = {{ role = \"firmware\", of = \"acme\" }}\n\
         grade = \"strong\"\nwhy = \"It is so.\"\nsources = [\"seen\"]\n\
         example = [\"{example}\"]\ncounter_example = [\"nothing like it\"]\n"
    )
}

#[test]
fn a_hundred_thousand_signatures_load_and_match() {
    const MANY: usize = 100_000;
    let mut text = String::new();
    for at in 0..MANY {
        let form = match at % 3 {
            0 => format!("equals = [\"server-{at}-end\"]"),
            1 => format!("prefix = [\"server-{at}-e\"]"),
            _ => format!("contains = [\"er-{at}-end\"]"),
        };
        let _ =
            writeln!(text, "{}", signature(&format!("s-{at}"), &form, &format!("server-{at}-end")));
    }
    let mut files = ground();
    files.push(file("signatures/http-server.toml", text));
    let (facts, said) = whomade_core::kb::Facts::read(&files);
    assert!(said.is_empty());
    let base = Base::new(facts, Registry::default());
    assert_eq!(base.signatures.len(), MANY);
    let mut hits = Vec::new();
    for at in [0, 1, 2, 50_000, 99_999] {
        base.fire(Field::HttpServer, &format!("server-{at}-end"), &mut hits);
        assert_eq!(hits.len(), 1);
        assert_eq!(base.signatures[hits[0] as usize].id, format!("s-{at}"));
    }
    base.fire(Field::HttpServer, &"server-99999-en".repeat(10_000), &mut hits);
    assert!(hits.len() <= 1, "{hits:?}");
}

const HOSTILE: &[&str] = &[
    "(a{1000}){1000}",
    "((a{100}){100}){100}",
    "(x+x+)+y",
    "(a|a)*b",
    "^(([a-z])+.)+[A-Z]$",
    r"\p{L}{1000}",
    r"(?u)\w{500}{500}",
    "(",
    "[",
    "a**",
    "(?P<n",
    "(?<a>x)(?<a>y)",
    r"\",
    "(?=x)",
    r"(.)\1",
    "",
    "^$",
    "^",
    "$",
    "(?i)(?s).*",
    "[^]",
    r"\xFF",
    "(?u:é)",
    "é{1000}",
    "a{0}",
    "(?-u:\\xFF)",
    "[[:alpha:]]+",
    "x{4294967295}",
    "x{4294967296}",
    "a{,5}",
    "(?x) a # b",
];

#[test]
fn hostile_expressions_are_said_or_matched_within_limits() {
    let value = "a".repeat(5000) + "!";
    for expression in HOSTILE {
        let text = signature("it", &format!("regex = '{expression}'"), "aaa");
        let mut files = ground();
        files.push(file("signatures/http-server.toml", text));
        let (facts, said) = lint(&files);
        assert!(said.iter().all(|one| KB.iter().any(|code| code.id == one.code)));
        let refused = said.iter().any(|one| one.code == "kb/bad-regex");
        assert_eq!(refused, compile(expression, false).is_err(), "{expression}");
        let base = Base::new(facts, Registry::default());
        let seen = device(vec![Observation::new(Field::HttpServer, &value)]);
        let read = Reader::new(&base).read(&seen);
        assert!(!refused || read.evidence.is_empty(), "{expression} matched");
    }
    assert!(compile("(a{1000}){1000}", false).is_err());
}

#[test]
fn deep_and_long_expressions_are_said_or_matched_within_limits() {
    let deep = "(".repeat(5000) + "a" + &")".repeat(5000);
    let long = "a".repeat(200_000);
    let wide = vec!["abc"; 20_000].join("|");
    for expression in [&deep, &long, &wide] {
        let text = signature("it", &format!("regex = '{expression}'"), "aaa");
        let mut files = ground();
        files.push(file("signatures/http-server.toml", text));
        let (facts, said) = lint(&files);
        let base = Base::new(facts, Registry::default());
        let mut hits = Vec::new();
        base.fire(Field::HttpServer, "aaaaaaaa", &mut hits);
        assert!(hits.is_empty(), "{} bytes matched", expression.len());
        assert!(!said.is_empty(), "nothing was said of {} bytes", expression.len());
    }
}

#[test]
fn an_expression_with_a_required_literal_matches_as_without_the_index() {
    let cases = [
        (r"^Login to [0-9A-Z]{15}$", "Login to 4K01FD2PAJ6E3FF"),
        (r"(?i)webs/\d", "AN APP-WEBS/1"),
        (r"(alpha|beta)-\d+$", "x beta-12"),
        (r"\d{4}-end$", "1234-end"),
        (r"a?bcd*", "bc"),
        (r"(foo)?bar", "bar"),
        (r"(?s)a.+z", "a\nz"),
        (r"é+", "été"),
        (r"x|", "anything"),
    ];
    for (expression, value) in cases {
        let plain = compile(expression, false).unwrap().is_match(value.as_bytes());
        let regex = Some(expression.to_owned());
        let mut hits = Vec::new();
        Matcher::new(vec![(0, Pattern { regex, ..Pattern::default() })]).fire(value, &mut hits);
        assert_eq!(plain, !hits.is_empty(), "{expression} on {value}");
    }
}

#[test]
fn what_lies_beyond_the_limit_of_a_value_is_not_looked_at() {
    let contains = Pattern { contains: vec!["needle".to_owned()], ..Pattern::default() };
    let matcher = Matcher::new(vec![(0, contains)]);
    let fires = |value: &str| {
        let mut hits = Vec::new();
        matcher.fire(value, &mut hits);
        !hits.is_empty()
    };
    let hay = |bytes: usize| "é".repeat(bytes / 2);
    assert!(fires(&(hay(VALUE_BYTES_MAX - 6) + "needle")));
    assert!(!fires(&(hay(VALUE_BYTES_MAX) + "needle")));
    assert!(!fires(&("x".to_owned() + &hay(VALUE_BYTES_MAX - 6) + "needle")));
}

proptest! {
    #[test]
    fn any_text_as_any_file_of_the_base_is_said_or_read(
        folder in prop::sample::select(vec![
            "makers/a.toml", "labels/a.toml", "models/acme.toml", "signatures/http-server.toml",
            "regimes/a.toml", "sources/a.toml", "context.toml", "x", "/", "", "makers/",
            "makers/../a.toml", "signatures/é.toml",
        ]),
        text in ".{0,80}|([a-z]{1,6} = (\"é\"|1|\\[\\]|\\{)\n|\\[\\[[a-z]{1,9}\\]\\]\n){0,6}",
    ) {
        let mut files = ground();
        files.push(file(folder, text));
        let (facts, said) = lint(&files);
        prop_assert!(facts.makers.contains_key("acme"));
        prop_assert!(said.iter().all(|one| one.place.is_some()));
    }

    #[test]
    fn a_damaged_file_of_the_base_is_said_or_read(
        at in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        with in "\\PC{0,2}|\"|\\[|\n|=|'''|\\\\u",
    ) {
        let mut files = ground();
        let mut damaged = at.get(crate::support::files()).clone();
        let cut = cut.index(damaged.text.len() + 1);
        if !damaged.text.is_char_boundary(cut) {
            return Ok(());
        }
        damaged.text.insert_str(cut, &with);
        files.push(damaged);
        let (_, said) = lint(&files);
        for one in said {
            let place = one.place.expect("a place");
            prop_assert!(place.text.get(place.span.clone()).is_some(), "{place:?}");
        }
    }

    #[test]
    fn any_bytes_may_be_the_address_registry(
        table in prop::collection::vec(any::<u8>(), 0..200),
        address in "[0-9a-fA-F:.-]{0,20}",
    ) {
        let registry = Registry::new(table);
        if let Some(digits) = hex_digits(&address) {
            prop_assert!(digits.len() == 6 || digits.len() == 12);
            let _ = registry.registrant(&digits);
        }
        let _ = registry.registrant(&address);
    }
}

#[test]
fn a_file_cut_anywhere_is_said_or_read() {
    let whole = files().iter().find(|file| file.path == "signatures/http-server.toml").unwrap();
    let step = whole.text.len() / 200;
    for cut in (0..whole.text.len()).step_by(step.max(1)) {
        if whole.text.is_char_boundary(cut) {
            let mut files = ground();
            files.push(file(&whole.path, &whole.text[..cut]));
            let (facts, _) = lint(&files);
            assert!(facts.makers.contains_key("acme"));
        }
    }
}
