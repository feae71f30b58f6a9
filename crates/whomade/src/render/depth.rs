//! Level by level behind the label, as people read it.

use whomade_core::kb::Base;
use whomade_core::report::{Depth, Ground, Level, clean, join_or};

use whomade_inquiry::asking::Asked;

/// Sources that are named at a ground; further ones are counted.
const SOURCES_SHOWN: usize = 3;
/// Grounds that are told of a level; further ones are counted.
const GROUNDS_SHOWN: usize = 4;

/// The lines of the table: one row a level, what it rests on below it.
pub(crate) fn lines(base: &Base, asked: &Asked, depth: &Depth) -> Vec<String> {
    let mut lines = vec![format!("Behind the label, level by level, down to: {}", depth.to)];
    for level in &depth.levels {
        lines.extend(level_lines(base, asked, level));
    }
    if depth.deeper.is_empty() {
        lines.push("  nothing lies deeper than the program asks".to_owned());
        return lines;
    }
    let words: Vec<&str> = depth.deeper.iter().map(|one| one.level.word()).collect();
    lines.push(format!("  deeper, and not asked: {}", words.join(", ")));
    for one in depth.deeper.iter().filter(|one| !one.looked_at.is_empty()) {
        let (level, looks) = (one.level.word(), one.looked_at.join(", "));
        lines.push(format!("    {level} is looked at by {looks}"));
    }
    lines
}

fn level_lines(base: &Base, asked: &Asked, level: &Level) -> Vec<String> {
    let mut names: Vec<&str> = level.who.iter().map(|one| one.name.as_str()).collect();
    names.extend(level.written.iter().map(String::as_str));
    // Owners stand beside each other; of makers it is one.
    let who = match level.level {
        _ if names.is_empty() => "not known".to_owned(),
        whomade_core::role::Role::Owner => names.join("; "),
        _ => join_or(&names),
    };
    let mut lines = vec![format!("  {:<14} {}", level.level.word(), clean(&who))];
    let mut add = |what: &str, text: String| lines.push(format!("  {:<14}   {what}: {text}", ""));
    for ground in level.grounds.iter().take(GROUNDS_SHOWN) {
        add("ground", ground_words(base, ground));
    }
    if level.grounds.len() > GROUNDS_SHOWN {
        add("ground", format!("{} more", level.grounds.len() - GROUNDS_SHOWN));
    }
    if level.is_known() {
        add("sure", level.sure.clone());
    }
    if let Some(told) = &level.would_tell {
        let what = if level.is_known() { "surer by" } else { "this would tell" };
        add(what, told.clone());
    }
    // Who names no regime sees which look here; who names some sees the words that say so.
    let mut by_words: Vec<(String, Vec<&str>)> = Vec::new();
    for one in &level.looked_at {
        let words = if asked.open { String::new() } else { one.words.join("; ") };
        match by_words.iter_mut().find(|(other, _)| *other == words) {
            Some((_, regimes)) => regimes.push(&one.regime),
            None => by_words.push((words, vec![&one.regime])),
        }
    }
    for (words, regimes) in by_words {
        let words = if words.is_empty() { words } else { format!(": {words}") };
        add("looked at by", format!("{}{words}", regimes.join(", ")));
    }
    lines
}

/// What it says, the fact, and its sources by name.
fn ground_words(base: &Base, ground: &Ground) -> String {
    let title = |id: &String| {
        base.facts.sources.get(id).map_or_else(|| id.clone(), |source| source.title.clone())
    };
    let mut words = ground.says.clone();
    if let Some(fact) = &ground.fact {
        words += &format!(" [{fact}]");
    }
    let named: Vec<String> = ground.sources.iter().take(SOURCES_SHOWN).map(title).collect();
    if !named.is_empty() {
        words += &format!("; sources: {}", named.join(" / "));
    }
    if ground.sources.len() > SOURCES_SHOWN {
        words += &format!(" / {} more", ground.sources.len() - SOURCES_SHOWN);
    }
    words
}
