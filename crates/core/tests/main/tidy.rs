//! The house rules that no compiler holds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use whomade_core::diagnostic::CODES;

use crate::support::root;

const LINES_MAX: usize = 600;
const COLUMNS_MAX: usize = 100;
/// Words that this house does not use for what it means.
const BANNED: [&str; 4] = ["vendor", "brand", "manager", "util"];

/// A file of the program: its path from the root, and its text.
struct Rust {
    path: String,
    text: String,
}

impl Rust {
    fn is_test(&self) -> bool {
        self.path.contains("/tests/")
    }
}

fn sources() -> Vec<Rust> {
    let root = root();
    let mut files = Vec::new();
    collect(&root.join("crates"), &mut files);
    files.sort();
    let files: Vec<Rust> = files
        .into_iter()
        .map(|path| Rust {
            text: fs::read_to_string(&path).unwrap(),
            path: path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/"),
        })
        .collect();
    assert!(files.len() > 50, "only {} files", files.len());
    files
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a folder of the sources") {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && name != "data" {
                collect(&path, files);
            }
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Files that are longer for now: they should be parted, and then leave this list.
const LONGER: &[&str] = &[];

#[test]
fn no_file_is_too_long_to_read() {
    let mut wrong = Vec::new();
    for file in sources() {
        let lines = file.text.lines().count();
        let listed = LONGER.contains(&file.path.as_str());
        if (lines > LINES_MAX) != listed {
            wrong.push(format!("{}: {lines} lines, listed as longer: {listed}", file.path));
        }
    }
    none(&wrong);
}

#[test]
fn no_line_is_too_wide_to_read() {
    // Neither rustfmt nor a reader parts a long literal: it counts as two quotes.
    let literal = Regex::new(r#""(?:[^"\\]|\\.)*(?:"|\\?$)"#).unwrap();
    let mut wrong = Vec::new();
    for file in sources() {
        for (number, line) in file.text.lines().enumerate() {
            if literal.replace_all(line, "\"\"").chars().count() > COLUMNS_MAX {
                wrong.push(format!("{}:{}: {}", file.path, number + 1, line.chars().count()));
            }
        }
    }
    none(&wrong);
}

#[test]
fn nothing_but_tests_looks_beside_the_repository() {
    let beside = ["shared", "/"].concat();
    let wrong: Vec<String> = sources()
        .iter()
        .filter(|file| !file.is_test() && file.text.contains(&beside))
        .map(|file| file.path.clone())
        .collect();
    none(&wrong);
}

/// The codes that a text names: at the beginning of a literal, bare or in brackets.
fn named(text: &str) -> BTreeSet<String> {
    let code = Regex::new(
        r#"(?x)"\[? ( (?:kb|read|ask|write|bundle|rollup|estate|remote|listen|scan|watch|farm|egress
                |plan|store|serve)
            / [a-z0-9]+ (?:-[a-z0-9]+)* ) ["\]]"#,
    )
    .unwrap();
    code.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

#[test]
fn every_code_that_is_said_is_explained() {
    let known: BTreeSet<&str> = CODES.iter().flat_map(|list| list.iter()).map(|c| c.id).collect();
    let mut wrong = Vec::new();
    for file in sources() {
        let strange = named(&file.text).into_iter().filter(|code| !known.contains(code.as_str()));
        wrong.extend(strange.map(|code| format!("{}: {code}", file.path)));
    }
    none(&wrong);
}

/// Codes that are explained before anything says them.
const NOT_YET_SAID: &[&str] = &[];

#[test]
fn every_code_that_is_explained_is_said() {
    let mut said: BTreeSet<String> = BTreeSet::new();
    for file in sources() {
        if !file.is_test() && !file.path.ends_with("core/src/diagnostic.rs") {
            said.extend(named(&file.text));
        }
    }
    let silent: Vec<&str> = CODES
        .iter()
        .flat_map(|list| list.iter())
        .map(|code| code.id)
        .filter(|code| !said.contains(*code))
        .collect();
    assert_eq!(silent, NOT_YET_SAID);
}

/// The words of a name: `FooBarBaz` and `foo_bar_baz` alike.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if c == '_'
            || (c.is_uppercase() && !words.last().is_some_and(|w| w.ends_with(char::is_uppercase)))
        {
            words.push(String::new());
        }
        if c != '_' {
            words.last_mut().unwrap().push(c);
        }
    }
    words.iter().map(|word| word.to_lowercase()).filter(|word| !word.is_empty()).collect()
}

#[test]
fn nothing_is_called_by_a_banned_word() {
    let name =
        Regex::new(r"\b(?:fn|struct|enum|trait|type|mod|const|static|let|mut)\s+(\w+)").unwrap();
    let mut wrong = Vec::new();
    for file in sources() {
        let stem = Path::new(&file.path).file_stem().unwrap().to_string_lossy().into_owned();
        let called = name.captures_iter(&file.text).map(|found| found[1].to_owned());
        for called in called.chain([stem]) {
            let banned =
                |word: &String| BANNED.iter().any(|one| word == one || *word == format!("{one}s"));
            if words(&called).iter().any(banned) {
                wrong.push(format!("{}: {called}", file.path));
            }
        }
    }
    none(&wrong);
    assert_eq!(words("FooBar_baz"), ["foo", "bar", "baz"]);
}
