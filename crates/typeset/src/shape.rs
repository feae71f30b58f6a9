//! A paper made ready for its layout: harmless, bounded, with the widths of its columns worked out.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::{ROWS_MAX, Wrong};

/// Signs of a cell that count for the width of its column.
const CELL_SIGNS_MAX: usize = 60;
/// Signs of a word beyond which it may be broken anywhere.
const WORD_MAX: usize = 18;
/// Columns of a table.
const COLUMNS_MAX: usize = 24;
/// Columns from which a table is set smaller.
const WIDE_COLUMNS: usize = 7;
/// Columns from which it lies across a page of its own.
const ACROSS_COLUMNS: usize = 11;
/// Blocks before a broad table that stand on one page with it.
const FEW_BLOCKS: usize = 4;
/// Pictures of a paper.
const PICTURES_MAX: usize = 200;

/// What the layout is given.
#[derive(Debug)]
pub(crate) struct Shaped {
    /// The paper.
    pub(crate) paper: Value,
    /// Its pictures, by the names under which the paper has them.
    pub(crate) pictures: Vec<(String, String)>,
    /// The letters that stand in it.
    pub(crate) letters: BTreeSet<char>,
    pub(crate) left_out: usize,
}

/// Makes a paper ready.
pub(crate) fn shape(paper: &Value) -> Result<Shaped, Wrong> {
    let mut shaping =
        Shaping { pictures: Vec::new(), letters: BTreeSet::new(), rows: 0, left_out: 0 };
    let mut out = Map::new();
    for key in ["over", "title", "lead", "on", "made_with"] {
        let text = paper.get(key).and_then(Value::as_str).unwrap_or_default();
        out.insert(key.to_owned(), shaping.text(text));
    }
    let blocks = paper.get("blocks").and_then(Value::as_array);
    let blocks = blocks.ok_or_else(|| Wrong::NoPaper("it has no blocks".to_owned()))?;
    let blocks: Vec<Value> = blocks.iter().filter_map(|block| shaping.block(block)).collect();
    // A paper that is hardly more than one broad table lies across from its first page: what
    // explains the table then stands above it.
    let across = blocks.iter().take(FEW_BLOCKS).any(|one| one["across"] == true);
    out.insert("across".to_owned(), json!(across));
    out.insert("blocks".to_owned(), levelled(blocks));
    let Shaping { pictures, letters, left_out, .. } = shaping;
    Ok(Shaped { paper: Value::Object(out), pictures, letters, left_out })
}

impl Shaped {
    /// Puts the numbers of letters where these would stand.
    pub(crate) fn spell_out(&mut self, letters: &[char]) {
        if letters.is_empty() {
            return;
        }
        replace(&mut self.paper, letters);
        for (_, svg) in &mut self.pictures {
            *svg = spelled(svg, letters);
        }
    }
}

fn replace(value: &mut Value, letters: &[char]) {
    match value {
        Value::String(text) => *text = spelled(text, letters),
        Value::Array(all) => all.iter_mut().for_each(|one| replace(one, letters)),
        Value::Object(map) => map.values_mut().for_each(|one| replace(one, letters)),
        _ => {}
    }
}

fn spelled(text: &str, letters: &[char]) -> String {
    if !text.contains(letters) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if letters.contains(&c) {
            out.push_str(&format!("[U+{:04X}]", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// Headings in an order without a gap: a reader who listens goes by them.
fn levelled(mut blocks: Vec<Value>) -> Value {
    let mut headed = false;
    for block in &mut blocks {
        let level = match block["block"].as_str() {
            Some("heading") => 1,
            Some("subheading") if headed => 2,
            Some("subheading") => 1,
            _ => continue,
        };
        headed = true;
        block["block"] = json!("heading");
        block["level"] = json!(level);
    }
    Value::Array(blocks)
}

struct Shaping {
    pictures: Vec<(String, String)>,
    letters: BTreeSet<char>,
    rows: usize,
    left_out: usize,
}

impl Shaping {
    /// A text of the paper: control characters and those that turn the direction of writing are
    /// made visible, words without an end may be broken.
    fn text(&mut self, text: &str) -> Value {
        let mut out = String::with_capacity(text.len());
        let mut word = 0;
        for c in text.chars() {
            let c = match c {
                '\n' | '\t' | '\r' => ' ',
                c if c.is_control() => '\u{fffd}',
                '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    '\u{fffd}'
                }
                c => c,
            };
            word = if c.is_whitespace() || c == '-' { 0 } else { word + 1 };
            if word > WORD_MAX {
                // A place where it may be broken, and nothing that is seen.
                out.push('\u{200b}');
                word = 1;
            }
            self.letters.insert(c);
            out.push(c);
        }
        json!(out)
    }

    /// The same of whatever stands there.
    fn value(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(all) => all.iter().map(|one| self.value(one)).collect(),
            Value::Object(map) => {
                let pairs = map.iter().map(|(key, value)| (key.clone(), self.value(value)));
                Value::Object(pairs.collect())
            }
            other => other.clone(),
        }
    }

    fn block(&mut self, block: &Value) -> Option<Value> {
        let kind = block.get("block").and_then(Value::as_str)?;
        match kind {
            "table" => self.table(block),
            "picture" => self.picture(block),
            "heading" | "subheading" | "paragraph" | "facts" | "steps" | "quote" | "note"
            | "bars" | "numbers" | "signature" | "new_page" => {
                let mut shaped = self.value(block);
                // The kind is ours, and stays as it is.
                shaped["block"] = json!(kind);
                Some(shaped)
            }
            // A newer program may write blocks that this one does not know: their text stays.
            _ => None,
        }
    }

    fn picture(&mut self, block: &Value) -> Option<Value> {
        let svg = block.get("svg").and_then(Value::as_str)?;
        if self.pictures.len() >= PICTURES_MAX {
            return None;
        }
        let name = format!("picture-{}.svg", self.pictures.len());
        self.letters.extend(svg.chars().filter(|c| !c.is_control()));
        self.pictures.push((name.clone(), svg.to_owned()));
        let caption = block.get("caption").and_then(Value::as_str).unwrap_or_default();
        let alt = block.get("alt").and_then(Value::as_str).unwrap_or_default();
        Some(json!({
            "block": "picture", "name": name, "caption": self.text(caption), "alt": self.text(alt),
        }))
    }

    fn table(&mut self, block: &Value) -> Option<Value> {
        let list = |key: &str| block.get(key).and_then(Value::as_array);
        let columns: Vec<&str> =
            list("columns")?.iter().take(COLUMNS_MAX).filter_map(Value::as_str).collect();
        let room = ROWS_MAX.saturating_sub(self.rows);
        let rows = list("rows")?;
        self.left_out += rows.len().saturating_sub(room);
        let rows: Vec<Vec<&str>> = rows
            .iter()
            .take(room)
            .map(|row| {
                let cells = row
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|cell| cell.as_str().unwrap_or_default());
                let mut cells: Vec<&str> = cells.take(columns.len()).collect();
                cells.resize(columns.len(), "");
                cells
            })
            .collect();
        self.rows += rows.len();
        if columns.is_empty() {
            return None;
        }
        let caption = block.get("caption").and_then(Value::as_str).unwrap_or_default();
        Some(json!({
            "block": "table",
            "caption": self.text(caption),
            "widths": widths(&columns, &rows),
            "right": columns.iter().enumerate().map(|(at, _)| is_numeric(&rows, at)).collect::<Vec<_>>(),
            "wide": columns.len() >= WIDE_COLUMNS,
            "across": columns.len() >= ACROSS_COLUMNS,
            "columns": columns.iter().map(|one| self.text(one)).collect::<Vec<_>>(),
            "rows": rows.iter().map(|row| {
                row.iter().map(|cell| self.text(cell)).collect::<Vec<_>>()
            }).collect::<Vec<_>>(),
        }))
    }
}

/// How wide each column is beside the others: between its longest word and its usual cell.
fn widths(columns: &[&str], rows: &[Vec<&str>]) -> Vec<f64> {
    let signs = |text: &str| text.chars().count().min(CELL_SIGNS_MAX) as f64;
    let word = |text: &str| {
        let longest = text.split([' ', '-']).map(|word| word.chars().count()).max().unwrap_or(0);
        longest.min(WORD_MAX) as f64
    };
    let width = |(at, column): (usize, &&str)| {
        let cells = || rows.iter().map(|row| row[at]).chain([*column]);
        let count = (rows.len() + 1) as f64;
        let usual: f64 = cells().map(signs).sum::<f64>() / count;
        let most = cells().map(signs).fold(0.0, f64::max);
        let word = cells().map(word).fold(0.0, f64::max);
        (0.6 * usual + 0.4 * most).max(word + 1.0).max(4.0)
    };
    columns.iter().enumerate().map(width).collect()
}

/// Whether a column holds numbers, which stand under one another.
fn is_numeric(rows: &[Vec<&str>], at: usize) -> bool {
    let number = |text: &str| {
        let digits = text.trim_start_matches(['+', '-']);
        digits.chars().next().is_some_and(|c| c.is_ascii_digit())
            && digits.chars().all(|c| c.is_ascii_digit() || ".,% ".contains(c))
    };
    let cells = || rows.iter().map(|row| row[at].trim()).filter(|cell| !cell.is_empty());
    cells().next().is_some() && cells().all(number)
}
