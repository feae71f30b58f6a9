//! `whomade kb import`: the IEEE registry and CISA's catalogue as tables of ours, with a lock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use whomade_core::diagnostic::Diagnostic;

use crate::out::Out;
use whomade_inquiry::base::sha256;

const TABLE: &str = "oui.tsv";
const EXPLOITED: &str = "kev.tsv";
const SCORES: &str = "epss.tsv";
const LOCK: &str = "lock.toml";

/// Reads the registry's files and writes `imported/oui.tsv` and `imported/lock.toml`.
///
/// # Errors
/// When a file cannot be read, holds no address block, or cannot be written.
pub(crate) fn oui(out: &mut Out, files: &[PathBuf], dir: &Path) -> Result<ExitCode> {
    let mut blocks: BTreeMap<String, String> = BTreeMap::new();
    let mut inputs = Vec::new();
    for file in files {
        let bytes =
            std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let text = String::from_utf8_lossy(&bytes);
        let found =
            if text.trim_start().starts_with('{') { of_json(&text)? } else { of_csv(&text) };
        if found.is_empty() {
            bail!("{} holds no address block; IEEE's oui.csv has one a line", file.display());
        }
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        inputs.push((name, sha256(&bytes), found.len()));
        blocks.extend(found);
    }
    let table: String = blocks.iter().map(|(prefix, name)| format!("{prefix}\t{name}\n")).collect();
    let imported = dir.join("imported");
    let before = std::fs::read_to_string(imported.join(TABLE)).unwrap_or_default();
    std::fs::create_dir_all(&imported)?;
    std::fs::write(imported.join(TABLE), &table)?;
    let mut lock = String::from("[oui]\n");
    lock += &format!("file = \"{TABLE}\"\n");
    lock += &format!("sha256 = \"{}\"\n", sha256(table.as_bytes()));
    lock += &format!("blocks = {}\n", blocks.len());
    for (name, hash, count) in &inputs {
        lock += "\n[[oui.input]]\n";
        lock += &format!("name = \"{name}\"\nsha256 = \"{hash}\"\nblocks = {count}\n");
    }
    write_lock(&imported, "oui", &lock)?;
    let old: BTreeMap<&str, &str> =
        before.lines().filter_map(|line| line.split_once('\t')).collect();
    let new = blocks.keys().filter(|prefix| !old.contains_key(prefix.as_str())).count();
    let gone = old.keys().filter(|prefix| !blocks.contains_key(**prefix)).count();
    out.line(format!("{} blocks, {new} new, {gone} gone", blocks.len()))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes one table's part of the lock and leaves the others as they stand.
fn write_lock(imported: &Path, table: &str, part: &str) -> Result<()> {
    let before = std::fs::read_to_string(imported.join(LOCK)).unwrap_or_default();
    let mut parts: BTreeMap<String, String> = BTreeMap::new();
    let mut of = None;
    for line in before.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
            && !name.starts_with('[')
        {
            of = Some(name.to_owned());
        }
        if let Some(name) = &of {
            *parts.entry(name.clone()).or_default() += &format!("{line}\n");
        }
    }
    parts.insert(table.to_owned(), part.to_owned());
    let mut lock = String::from("# Written by `whomade kb import`; never edited by hand.\n");
    for part in parts.values() {
        lock += &format!("\n{}\n", part.trim_end());
    }
    std::fs::write(imported.join(LOCK), lock)?;
    Ok(())
}

/// Reads CISA's catalogue and writes `imported/kev.tsv`: its day, then number and day added.
///
/// # Errors
/// When the file is no such catalogue, or the table cannot be written.
pub(crate) fn kev(out: &mut Out, files: &[PathBuf], dir: &Path) -> Result<ExitCode> {
    let [file] = files else { bail!("one file: known_exploited_vulnerabilities.json") };
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let all: serde_json::Value =
        serde_json::from_slice(&bytes).context("this is no JSON of CISA's catalogue")?;
    let day = |text: &str| text.get(..10).filter(|day| day.bytes().all(is_day)).map(str::to_owned);
    let released = all["dateReleased"].as_str().and_then(day);
    let (Some(released), Some(list)) = (released, all["vulnerabilities"].as_array()) else {
        bail!("{} has no dateReleased or no vulnerabilities", file.display());
    };
    let mut rows: BTreeMap<&str, String> = BTreeMap::new();
    for one in list {
        let cve = one["cveID"].as_str().filter(|cve| cve.starts_with("CVE-") && cve.len() < 30);
        let plain = cve.filter(|cve| cve.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-'));
        if let Some((cve, added)) = plain.zip(one["dateAdded"].as_str().and_then(day)) {
            rows.insert(cve, added);
        }
    }
    let rows = rows.into_iter().map(|(cve, added)| (cve.to_owned(), added)).collect();
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let count = write_kev(dir, &released, &rows, &[Input { name, sha256: sha256(&bytes) }])?;
    out.line(format!("{count} entries of the catalogue of {released}"))?;
    Ok(ExitCode::SUCCESS)
}

/// A file of which a table was made.
#[derive(Debug, Clone)]
pub(super) struct Input {
    pub(super) name: String,
    pub(super) sha256: String,
}

/// Writes `imported/kev.tsv`; gives how many entries it has.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write_kev(
    dir: &Path,
    released: &str,
    rows: &BTreeMap<String, String>,
    inputs: &[Input],
) -> Result<u64> {
    let body: String = rows.iter().map(|(cve, added)| format!("{cve}\t{added}\n")).collect();
    let table = format!("catalogue\t{released}\n{body}");
    let about = format!("catalogue = \"{released}\"\nentries = {}\n", rows.len());
    write_table(dir, ("kev", EXPLOITED), (&table, &about), inputs)?;
    Ok(rows.len() as u64)
}

/// Writes `imported/epss.tsv`: its day and model, then number, score and percentile.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write_epss(
    dir: &Path,
    (day, model): (&str, Option<&str>),
    rows: &BTreeMap<String, (f64, f64)>,
    inputs: &[Input],
) -> Result<u64> {
    let plain = |text: &str| text.chars().filter(|c| c.is_ascii_graphic()).collect::<String>();
    let (day, model) = (plain(day), plain(model.unwrap_or_default()));
    let row = |(cve, (score, rank)): (&String, &(f64, f64))| format!("{cve}\t{score}\t{rank}\n");
    let body: String = rows.iter().map(row).collect();
    let table = format!("scores\t{day}\t{model}\n{body}");
    let about = format!("day = {day:?}\nmodel = {model:?}\nscores = {}\n", rows.len());
    write_table(dir, ("epss", SCORES), (&table, &about), inputs)?;
    Ok(rows.len() as u64)
}

/// Writes a table and its part of the lock.
fn write_table(
    dir: &Path,
    (key, name): (&str, &str),
    (table, about): (&str, &str),
    inputs: &[Input],
) -> Result<()> {
    let imported = dir.join("imported");
    std::fs::create_dir_all(&imported)?;
    std::fs::write(imported.join(name), table)?;
    let mut lock = format!("[{key}]\nfile = \"{name}\"\n");
    lock += &format!("sha256 = \"{}\"\n{about}", sha256(table.as_bytes()));
    for Input { name, sha256 } in inputs {
        lock += &format!("\n[[{key}.input]]\nname = {}\n", serde_json::Value::from(name.as_str()));
        lock += &format!("sha256 = \"{sha256}\"\n");
    }
    write_lock(&imported, key, &lock)
}

fn is_day(c: u8) -> bool {
    c.is_ascii_digit() || c == b'-'
}

/// The package oui-data: prefix → registrant and address, parted by line breaks.
fn of_json(text: &str) -> Result<BTreeMap<String, String>> {
    let table: BTreeMap<String, String> =
        serde_json::from_str(text).context("this JSON is not a table of address blocks")?;
    Ok(table.iter().filter_map(|(prefix, name)| block(prefix, name)).collect())
}

/// IEEE's own CSV: registry, assignment, organisation name, address.
fn of_csv(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| {
            let (_, rest) = line.split_once(',')?;
            let (prefix, rest) = rest.split_once(',')?;
            let name = match rest.strip_prefix('"') {
                Some(quoted) => quoted.split("\",").next()?.replace("\"\"", "\""),
                None => rest.split(',').next()?.to_owned(),
            };
            block(prefix, &name)
        })
        .collect()
}

fn block(prefix: &str, name: &str) -> Option<(String, String)> {
    let prefix = prefix.trim().to_ascii_uppercase();
    let good = matches!(prefix.len(), 6 | 7 | 9) && prefix.bytes().all(|c| c.is_ascii_hexdigit());
    let name = name.lines().next()?.split_whitespace().collect::<Vec<_>>().join(" ");
    (good && !name.is_empty()).then_some((prefix, name))
}

/// Whether the imported tables are the ones that the lock speaks of.
pub(crate) fn check_lock(dir: &Path) -> Vec<Diagnostic> {
    let imported = dir.join("imported");
    let lock = std::fs::read_to_string(imported.join(LOCK)).unwrap_or_default();
    let tables =
        [(TABLE, "oui FILE"), (EXPLOITED, "kev FILE"), (SCORES, "advisories FILE")].into_iter();
    let wrong = tables.filter(|(name, _)| {
        std::fs::read(imported.join(name)).is_ok_and(|table| !lock.contains(&sha256(&table)))
    });
    wrong
        .map(|(name, again)| {
            Diagnostic::new("kb/lock", "the table is not the one that was imported")
                .in_file(format!("kb/imported/{name}"))
                .help(format!("import it again: whomade kb import {again} --dir kb"))
        })
        .collect()
}
