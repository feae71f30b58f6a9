//! The answers of a command that the user named, beside ours.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use whomade_core::pack::{PackFile, Packs, Scratch};

use super::{Banner, LISTED_MAX, params, set_of};

/// What recog's own programs add to what a fingerprint gives.
const ADDED: [&str; 3] = ["matched", "service.protocol", "fingerprint_db"];

/// Asks the command of every banner that a line can carry, file by file, and lists where its
/// answer is another than ours, in which fingerprint or in what is read out.
pub(super) fn compare(
    out: &mut impl Write,
    command: &[String],
    packs: &Packs,
    files: &[PackFile],
    dir: &Path,
    banners: &[Banner],
) -> io::Result<()> {
    let (mut asked, mut left, mut differ, mut beyond) = (0, 0, 0, 0);
    for (at, file) in files.iter().enumerate() {
        let all: Vec<&Banner> = banners.iter().filter(|one| one.file == at).collect();
        let (sent, kept): (Vec<&Banner>, Vec<&Banner>) =
            all.into_iter().partition(|one| carried(&one.value));
        left += kept.len();
        let answers = answers(command, &dir.join(&*file.name), &sent)?;
        if answers.len() != sent.len() {
            let (got, wanted) = (answers.len(), sent.len());
            writeln!(out, "  {}: {got} answers to {wanted} banners; left out", file.name)?;
            continue;
        }
        asked += sent.len();
        for (one, theirs) in sent.iter().zip(answers) {
            let ours = answer(packs, file, &one.value);
            if ours == theirs {
                continue;
            }
            differ += 1;
            beyond += usize::from(!one.value.is_ascii());
            if differ <= LISTED_MAX {
                let value = one.value.escape_ascii();
                writeln!(out, "  differs: {} {ours:?}, theirs {theirs:?}: {value}", file.name)?;
            }
        }
    }
    writeln!(
        out,
        "against the command: {asked} answers compared, {differ} differ, {beyond} of them in \
         banners beyond ASCII; {left} banners cannot be sent as a line"
    )
}

/// Whether a banner arrives as it is: such programs cut blanks and written-out line breaks away.
fn carried(value: &[u8]) -> bool {
    let edge =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_whitespace() || *byte == 0);
    let written = value.windows(2).any(|two| matches!(two, b"\\r" | b"\\n"));
    let text = std::str::from_utf8(value).is_ok();
    text && !written && !value.is_empty() && !edge(value.first()) && !edge(value.last())
}

type Answer = Option<BTreeMap<String, String>>;

fn answer(packs: &Packs, file: &PackFile, value: &[u8]) -> Answer {
    let set = set_of(packs, file)?;
    let rule = set.first(value, &mut Scratch::default())?;
    let mut given = params(set, rule, value);
    for name in ADDED {
        given.remove(name);
    }
    given.insert(ADDED[0].to_owned(), rule.fingerprint.description.clone());
    Some(given)
}

fn answers(command: &[String], file: &Path, banners: &[&Banner]) -> io::Result<Vec<Answer>> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(io::Error::other("--against names no command"));
    };
    let mut child = Command::new(program)
        .args(arguments)
        .arg(file)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = Vec::new();
    for one in banners {
        lines.extend_from_slice(&one.value);
        lines.push(b'\n');
    }
    let input = child.stdin.take();
    let sending = std::thread::spawn(move || match input {
        Some(mut input) => input.write_all(&lines),
        None => Ok(()),
    });
    let mut all = Vec::new();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let Ok(value) = serde_json::from_str::<Value>(line?.trim()) else { continue };
            if value.get("data").is_some() {
                all.push(theirs(&value));
            }
        }
    }
    let _ = sending.join();
    child.wait()?;
    Ok(all)
}

/// An answer of the command: what it gives, without what has no value.
fn theirs(value: &Value) -> Answer {
    let given = value.get("match")?.as_object()?;
    let held = given.iter().filter_map(|(name, held)| Some((name.clone(), held.as_str()?)));
    let mut given: BTreeMap<String, String> =
        held.map(|(name, held)| (name, held.to_owned())).collect();
    for name in &ADDED[1..] {
        given.remove(*name);
    }
    Some(given)
}
