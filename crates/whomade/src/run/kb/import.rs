//! `whomade kb import oui`: the IEEE registry as a table of ours, with a lock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use whomade_core::diagnostic::Diagnostic;

use crate::base::sha256;
use crate::out::Out;

const TABLE: &str = "oui.tsv";
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
    let mut lock =
        String::from("# Written by `whomade kb import`; never edited by hand.\n\n[oui]\n");
    lock += &format!("file = \"{TABLE}\"\n");
    lock += &format!("sha256 = \"{}\"\n", sha256(table.as_bytes()));
    lock += &format!("blocks = {}\n", blocks.len());
    for (name, hash, count) in &inputs {
        lock += "\n[[oui.input]]\n";
        lock += &format!("name = \"{name}\"\nsha256 = \"{hash}\"\nblocks = {count}\n");
    }
    std::fs::write(imported.join(LOCK), lock)?;
    let old: BTreeMap<&str, &str> =
        before.lines().filter_map(|line| line.split_once('\t')).collect();
    let new = blocks.keys().filter(|prefix| !old.contains_key(prefix.as_str())).count();
    let gone = old.keys().filter(|prefix| !blocks.contains_key(**prefix)).count();
    out.line(format!("{} blocks, {new} new, {gone} gone", blocks.len()))?;
    Ok(ExitCode::SUCCESS)
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
    let Ok(table) = std::fs::read(imported.join(TABLE)) else { return Vec::new() };
    let lock = std::fs::read_to_string(imported.join(LOCK)).unwrap_or_default();
    if lock.contains(&sha256(&table)) {
        return Vec::new();
    }
    vec![
        Diagnostic::new("kb/lock", "the table is not the one that was imported")
            .in_file("kb/imported/oui.tsv")
            .help("import it again: whomade kb import oui FILE"),
    ]
}
