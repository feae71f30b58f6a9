//! Packs the knowledge base and the fit into one JSON text that the program embeds.

use std::path::Path;
use std::{env, fs};

use serde_json::{Map, Value};

include!("../core/src/kb/folders.rs");

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut facts = Map::new();
    for folder in FOLDERS {
        let mut inside = Map::new();
        let dir = root.join("kb").join(folder);
        println!("cargo:rerun-if-changed={}", dir.display());
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|ending| ending == "toml") {
                let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                inside.insert(id, read(&path));
            }
        }
        facts.insert(folder.to_owned(), Value::Object(inside));
    }
    facts.insert("context".to_owned(), read(&root.join("kb/context.toml")));
    facts.insert("kev".to_owned(), kev(&root.join("kb/imported/kev.tsv")));
    let fit = read(&root.join("calibration/weights.toml"));
    let packed = serde_json::json!({ "facts": facts, "fit": fit });
    let out = env::var_os("OUT_DIR").unwrap_or_default();
    let out = Path::new(&out);
    if let Err(wrong) = fs::write(out.join("base.json"), packed.to_string()) {
        println!("cargo:error=cannot write the packed base: {wrong}");
    }
    let registry = root.join("kb/imported/oui.tsv");
    println!("cargo:rerun-if-changed={}", registry.display());
    let table = fs::read(&registry).unwrap_or_default();
    if let Err(wrong) = fs::write(out.join("oui.tsv"), table) {
        println!("cargo:error=cannot write the address registry: {wrong}");
    }
}

/// The catalogue of exploited vulnerabilities: its day, then a number and a day a line.
fn kev(path: &Path) -> Value {
    println!("cargo:rerun-if-changed={}", path.display());
    let table = fs::read_to_string(path).unwrap_or_default();
    let mut rows = table.lines().filter_map(|line| line.split_once('\t'));
    let catalogue = rows.next().map_or(Value::Null, |(_, day)| Value::from(day));
    let added: Map<String, Value> =
        rows.map(|(cve, day)| (cve.to_owned(), Value::from(day))).collect();
    serde_json::json!({ "catalogue": catalogue, "added": added })
}

/// A TOML file as JSON, dates as text. A broken file is left out here: `kb lint` says why.
fn read(path: &Path) -> Value {
    println!("cargo:rerun-if-changed={}", path.display());
    let Ok(text) = fs::read_to_string(path) else { return Value::Null };
    match text.parse::<toml::Table>() {
        Ok(table) => json(toml::Value::Table(table)),
        Err(wrong) => {
            println!("cargo:warning={}: {}", path.display(), wrong.message());
            Value::Null
        }
    }
}

fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Value::from(number),
        toml::Value::Boolean(truth) => Value::Bool(truth),
        toml::Value::Datetime(date) => Value::String(date.to_string()),
        toml::Value::Array(list) => Value::Array(list.into_iter().map(json).collect()),
        toml::Value::Table(table) => {
            Value::Object(table.into_iter().map(|(key, value)| (key, json(value))).collect())
        }
    }
}
