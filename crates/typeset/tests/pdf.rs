//! Papers set: what stands in the PDF, for eyes and for ears, whatever stands in the paper.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test that cannot set itself up should stop, and who reads the run must see that \
              something was not run"
)]

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use whomade_typeset::{Fonts, ROWS_MAX, Set, Wrong, typeset};

fn paper(blocks: &Value) -> Value {
    json!({
        "v": 1, "kind": "summary", "over": "Above", "title": "A title of it", "lead": "A lead.",
        "on": "2026-11-23", "made_with": "Made with whomade 0.1.0, base 0123", "blocks": blocks,
    })
}

fn set(paper: &Value) -> Set {
    typeset(&serde_json::to_vec(paper).unwrap(), Fonts::carried()).unwrap()
}

/// What a tool of poppler prints of a PDF; none where it is not here.
fn poppler(tool: &str, name: &str, pdf: &[u8], options: &[&str]) -> Option<String> {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pdf"));
    std::fs::write(&path, pdf).unwrap();
    let mut ran = Command::new(tool);
    ran.args(options).arg(&path);
    if tool == "pdftotext" {
        ran.arg("-");
    }
    let ran = ran.output();
    let _ = std::fs::remove_file(&path);
    match ran {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(_) => {
            assert!(
                std::env::var_os("WHOMADE_VALIDATORS").is_none(),
                "{tool} is not here, and ./test puts it here"
            );
            eprintln!("skipped: {tool} is not here; ./test puts it here");
            None
        }
    }
}

/// One of every kind of block.
fn every_block() -> Value {
    json!([
        { "block": "numbers", "numbers": [[308, "devices"], [2, "barred"]] },
        { "block": "subheading", "text": "Before any heading" },
        { "block": "heading", "text": "First section" },
        { "block": "paragraph", "text": "Some words with ________ a blank." },
        { "block": "facts", "facts": [
            { "name": "Contract", "value": null, "hint": "the contracts office", "required": false },
            { "name": "Record", "value": "estate.csv:2", "hint": "", "required": true }] },
        { "block": "table", "caption": "The table", "columns": ["Device", "Count"],
          "rows": [["CAM-1", "12"], ["CAM-2", "7"]] },
        { "block": "steps", "steps": ["First step", "Second step"], "ticked": false },
        { "block": "steps", "steps": ["A box"], "ticked": true },
        { "block": "quote", "text": "Their words", "source": "where they stand" },
        { "block": "note", "text": "A remark." },
        { "block": "bars", "caption": "The bars", "parts": ["sure", "open"],
          "bars": [{ "name": "Maker", "numbers": [3, 1] }, { "name": "Nobody", "numbers": [] }] },
        { "block": "picture", "caption": "The picture", "alt": "Said in words",
          "svg": "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 10 10\"><text x=\"1\" y=\"8\">x</text></svg>" },
        { "block": "new_page" },
        { "block": "signature", "lines": [
            { "name": "Signed by", "value": null, "hint": "", "required": true }] },
        { "block": "of tomorrow", "text": "unknown here" },
    ])
}

#[test]
fn every_block_stands_in_it_with_its_words() {
    let set = set(&paper(&every_block()));
    assert_eq!(set.missing, [' '; 0]);
    let Some(text) = poppler("pdftotext", "blocks", &set.pdf, &["-layout"]) else { return };
    for words in [
        "Above",
        "A title of it",
        "A lead.",
        "308",
        "devices",
        "Before any heading",
        "First section",
        "Some words with",
        "a blank.",
        "Contract (if any)",
        "not known: ask the contracts office",
        "estate.csv:2",
        "The table",
        "CAM-1",
        "12",
        "First step",
        "A box",
        "Their words",
        "where they stand",
        "A remark.",
        "The bars",
        "Maker",
        "sure",
        "The picture",
        "Signed by",
        "1 of 3",
        "3 of 3",
        "Made with whomade 0.1.0, base 0123",
    ] {
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
}

#[test]
fn it_is_tagged_and_carries_its_fonts_and_its_title() {
    let set = set(&paper(&every_block()));
    let Some(about) = poppler("pdfinfo", "about", &set.pdf, &[]) else { return };
    let has = |words: &str| {
        about.lines().any(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") == words)
    };
    for words in ["Title: A title of it", "Tagged: yes", "Pages: 3", "JavaScript: no"] {
        assert!(has(words), "{words}: {about}");
    }
    let fonts = poppler("pdffonts", "fonts", &set.pdf, &[]).unwrap();
    let rows: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(!rows.is_empty(), "{fonts}");
    assert!(rows.iter().all(|row| row.contains(" yes yes ")), "embedded and subset: {fonts}");
    let tree = poppler("pdfinfo", "tree", &set.pdf, &["-struct-text"]).unwrap();
    for role in ["Table", "TH", "Figure", "L (", "H1"] {
        let role = role.trim_end_matches(" (");
        assert!(tree.contains(role), "no {role} in\n{tree}");
    }
}

#[test]
fn text_of_the_paper_is_never_obeyed() {
    let bad =
        "#import \"x\" #panic() $x$ *b* _i_ @ref <l> // c /* d */ \\u{41} #{1+1} [[ ]] ``` = H";
    let set = set(&paper(&json!([
        { "block": "heading", "text": bad },
        { "block": "paragraph", "text": bad },
        { "block": "table", "caption": bad, "columns": [bad, "b"], "rows": [[bad, bad]] },
        { "block": "picture", "caption": bad, "alt": bad, "svg": "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"/>" },
        { "block": "paragraph", "text": "a\u{1b}[31m\u{202e}b\u{0}c" },
        { "block": "paragraph", "text": "x".repeat(5_000) },
    ])));
    let Some(text) = poppler("pdftotext", "hostile", &set.pdf, &[]) else { return };
    let flat: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("#import \"x\" #panic() $x$ *b* _i_ @ref"), "{flat:.2000}");
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
}

#[test]
fn the_same_paper_gives_the_same_bytes() {
    let paper = paper(&every_block());
    assert_eq!(set(&paper).pdf, set(&paper).pdf);
}

#[test]
fn letters_without_a_font_are_named() {
    let set = set(&paper(&json!([{ "block": "paragraph", "text": "Ж β 大华 \u{10ffff}" }])));
    assert!(set.missing.contains(&'大') && !set.missing.contains(&'Ж'), "{:?}", set.missing);
    let Some(text) = poppler("pdftotext", "letters", &set.pdf, &[]) else { return };
    assert!(text.contains("Ж β [U+5927][U+534E]"), "{text}");
}

#[test]
fn what_is_no_paper_is_refused() {
    for (text, wrong) in [
        ("", "no paper"),
        ("[]", "no version"),
        ("{\"v\":1}", "no blocks"),
        ("{\"v\":2,\"blocks\":[]}", "shape 2"),
        ("{\"v\":1,\"blocks\":7}", "no blocks"),
    ] {
        let said = typeset(text.as_bytes(), Fonts::carried()).unwrap_err();
        assert!(said.to_string().contains(wrong), "{text}: {said}");
    }
    assert!(matches!(typeset(b"{\"v\":9}", Fonts::carried()), Err(Wrong::Newer(9))));
    // Blocks of any shape are set or passed over, and never a panic.
    for block in [
        json!({}),
        json!(7),
        json!({ "block": "table" }),
        json!({ "block": "table", "columns": [], "rows": [[]] }),
        json!({ "block": "table", "columns": ["a"], "rows": [[], ["1", "2"], 7] }),
        json!({ "block": "picture", "svg": "" }),
    ] {
        let text = serde_json::to_vec(&paper(&json!([block]))).unwrap();
        let _ = typeset(&text, Fonts::carried());
    }
    assert_eq!(set(&paper(&json!([]))).pages, 1);
}

#[test]
fn a_long_table_goes_over_many_pages_and_a_longer_one_is_cut_and_said() {
    let rows = |count: usize| -> Value {
        (0..count).map(|at| json!([format!("CAM-{at}"), "Gate"])).collect()
    };
    let table = |count| {
        paper(&json!([
            { "block": "table", "caption": "t", "columns": ["Device", "Site"], "rows": rows(count) }
        ]))
    };
    let long = set(&table(1_000));
    assert!(long.pages > 10 && long.left_out == 0, "{}", long.pages);
    let text = serde_json::to_vec(&table(ROWS_MAX + 5)).unwrap();
    assert!(text.len() > ROWS_MAX);
    let heads = poppler("pdftotext", "long", &long.pdf, &[]);
    if let Some(text) = heads {
        let heads = text.matches("Device").count();
        assert!(heads >= long.pages, "{heads} headings on {} pages", long.pages);
    }
}
