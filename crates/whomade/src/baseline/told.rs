//! What changed since a baseline, in words and as JSON.

use std::io::{self, Write};

use serde_json::{Value, json};
use whomade_core::baseline::{Cause, Change, Entry, Otherwise};
use whomade_core::kb::Base;
use whomade_core::report::{clean_to, counted, join_or};
use whomade_core::ruling::Outcome;

use super::compared::{Because, Changed, Compared, Turning};

/// Devices of each kind that are named on a terminal.
const SHOWN_MAX: usize = 20;
/// Sentences in brackets behind the counts.
const PHRASES_MAX: usize = 6;
/// The line with the counts. A baseline that was edited may hold anything.
const HEADLINE_CHARS_MAX: usize = 4_000;
/// Values of one field that are named.
const VALUES_MAX: usize = 3;
/// A line about one device.
const LINE_CHARS_MAX: usize = 1_000;

impl Compared {
    /// Whether everything is as it was.
    pub(crate) fn is_nothing(&self) -> bool {
        let lists = self.new.is_empty() && self.gone.is_empty() && self.changed.is_empty();
        lists
            && self.ran_out.is_empty()
            && self.unclear.is_empty()
            && self.beyond == [0; 2]
            && self.strange == 0
    }

    /// Writes what changed: the counts, then each device.
    ///
    /// # Errors
    /// When the stream is closed.
    pub(crate) fn write(&self, out: &mut dyn Write, base: &Base, all: bool) -> io::Result<()> {
        writeln!(out, "\n{}", clean_to(&self.headline(base), HEADLINE_CHARS_MAX))?;
        for line in self.beside() {
            writeln!(out, "  {line}")?;
        }
        let most = if all { usize::MAX } else { SHOWN_MAX };
        let new = self.new.iter().map(|one| format!("new      {}", of_entry(base, one)));
        let gone = self.gone.iter().map(|one| format!("gone     {}", of_entry(base, one)));
        // A site that was written into the settings is no news of its devices.
        let (told, otherwise): (Vec<&Changed>, Vec<&Changed>) =
            self.changed.iter().partition(|one| !all && one.is_told_only());
        let changed = otherwise.iter().map(|one| format!("changed  {}", of_changed(base, one)));
        let unclear = self.unclear.iter().map(|(key, then, now)| {
            let names =
                |all: &[Entry]| all.iter().map(Entry::called).collect::<Vec<_>>().join(", ");
            format!("unclear  {key} leads from {} to {}", names(then), names(now))
        });
        list(out, new, most)?;
        list(out, gone, most)?;
        list(out, changed, most)?;
        list(out, unclear, most)?;
        list(out, self.ran_out.iter().map(|one| format!("ran out  {one}")), most)?;
        if told.is_empty() {
            return Ok(());
        }
        let devices = counted(told.len() as u64, "device");
        let because = Cause::Settings.words();
        writeln!(
            out,
            "  settings {devices} only counted to another site because {because}; \
             --all names every one"
        )
    }

    fn headline(&self, base: &Base) -> String {
        if self.is_nothing() {
            let unchanged = counted(self.unchanged, "device");
            return format!("Since the baseline of {}: nothing changed, {unchanged}", self.since);
        }
        let mut parts = vec![
            format!("{} new", self.new.len()),
            format!("{} gone", self.gone.len()),
            format!("{} changed", self.changed.len()),
        ];
        if !self.unclear.is_empty() {
            parts.push(format!("{} unclear", self.unclear.len()));
        }
        if !self.ran_out.is_empty() {
            parts.push(format!("{} ran out", counted(self.ran_out.len() as u64, "exemption")));
        }
        let phrases = self.phrases(base);
        let more = phrases.len().saturating_sub(PHRASES_MAX);
        let mut shown: Vec<String> = phrases
            .iter()
            .take(PHRASES_MAX)
            .map(|(phrase, devices)| format!("{devices} {phrase}"))
            .collect();
        if more > 0 {
            shown.push(format!("and {more} further kinds of change"));
        }
        let shown = match shown.join(", ") {
            none if none.is_empty() => String::new(),
            some => format!(" ({some})"),
        };
        let unchanged = self.unchanged;
        let counts = parts.join(", ");
        format!("Since the baseline of {}: {counts}{shown}; {unchanged} unchanged", self.since)
    }

    /// What else has to be known to read the counts.
    fn beside(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.turned.base {
            lines.push("the base or the program is another than then".to_owned());
        }
        if self.turned.question {
            lines.push("something else is asked, or read otherwise, than then".to_owned());
        }
        if self.edited {
            lines.push(
                "the baseline was edited since it was taken, so that it vouches for nothing: \
                 whomade init --update accepts the present"
                    .to_owned(),
            );
        }
        if self.unread {
            lines.push("not everything could be read: what is gone may only be unread".to_owned());
        }
        if self.strange > 0 {
            lines.push(format!("{} lines of the baseline cannot be read", self.strange));
        }
        let [now, then] = self.beyond;
        if now + then > 0 {
            lines.push(format!(
                "{now} further devices of now and {then} of then differ and were only counted"
            ));
        }
        lines
    }

    /// What changed of how many devices, what concerns a ruling or a maker first.
    fn phrases(&self, base: &Base) -> Vec<(String, u64)> {
        let mut found: Vec<(u8, String, u64)> = Vec::new();
        for device in &self.changed {
            for (rank, phrase) in phrases(base, device) {
                match found.iter_mut().find(|(_, known, _)| *known == phrase) {
                    Some((_, _, devices)) => *devices += 1,
                    None => found.push((rank, phrase, 1)),
                }
            }
        }
        found.sort_by(|one, other| {
            (one.0, std::cmp::Reverse(one.2), &one.1).cmp(&(
                other.0,
                std::cmp::Reverse(other.2),
                &other.1,
            ))
        });
        found.into_iter().map(|(_, phrase, devices)| (phrase, devices)).collect()
    }

    /// The same as JSON.
    pub(crate) fn json(&self) -> Value {
        let changed = self.changed.iter().map(
            |one| json!({ "device": entry(&one.now), "was": entry(&one.then), "changes": one.all }),
        );
        let unclear = self.unclear.iter().map(|(key, then, now)| {
            let all = |all: &[Entry]| all.iter().map(entry).collect::<Vec<_>>();
            json!({ "key": key, "then": all(then), "now": all(now) })
        });
        json!({
            "since": self.since,
            "on": self.on,
            "base_changed": self.turned.base,
            "day_changed": self.turned.day,
            "question_changed": self.turned.question,
            "baseline_edited": self.edited,
            "not_all_read": self.unread,
            "unchanged": self.unchanged,
            "new": self.new.iter().map(entry).collect::<Vec<_>>(),
            "gone": self.gone.iter().map(entry).collect::<Vec<_>>(),
            "changed": changed.collect::<Vec<_>>(),
            "unclear": unclear.collect::<Vec<_>>(),
            "exemptions_ran_out": self.ran_out,
            "only_counted": { "now": self.beyond[0], "then": self.beyond[1] },
        })
    }
}

fn list(
    out: &mut dyn Write,
    mut lines: impl ExactSizeIterator<Item = String>,
    most: usize,
) -> io::Result<()> {
    let more = lines.len().saturating_sub(most);
    for line in lines.by_ref().take(most) {
        writeln!(out, "  {}", clean_to(&line, LINE_CHARS_MAX))?;
    }
    if more > 0 {
        writeln!(out, "  … and {more} more; --all names every one")?;
    }
    Ok(())
}

fn entry(entry: &Entry) -> Value {
    let keys: Vec<String> = entry.keys.iter().map(ToString::to_string).collect();
    let rulings = entry.rulings.iter().map(|(id, outcome)| (id.clone(), json!(outcome)));
    json!({
        "device": entry.name,
        "keys": keys,
        "label": entry.label,
        "model": entry.model,
        "site": entry.site,
        "stands_at": entry.place,
        "makers": entry.makers,
        "certainty": entry.certainty.word(),
        "rulings": rulings.collect::<serde_json::Map<String, Value>>(),
    })
}

/// The names of makers by their ids.
fn names(base: &Base, ids: &[String]) -> String {
    let names: Vec<&str> =
        ids.iter().map(|id| base.maker(id).map_or(id.as_str(), |of| base.name(of))).collect();
    join_or(&names)
}

fn of_entry(base: &Base, entry: &Entry) -> String {
    let mut text = entry.called();
    let written = [&entry.label, &entry.model].map(String::as_str);
    let written: Vec<&str> = written.into_iter().filter(|text| !text.is_empty()).collect();
    if !written.is_empty() {
        text += &format!(", {}", written.join(" "));
    }
    text += &match entry.makers.as_slice() {
        [] => ": of unknown make".to_owned(),
        ids => format!(": {} {}", entry.certainty, names(base, ids)),
    };
    let mut by: Vec<(Outcome, Vec<&str>)> = Vec::new();
    for (id, outcome) in entry.rulings.iter().filter(|(_, outcome)| outcome.is_finding()) {
        match by.iter_mut().find(|(known, _)| known == outcome) {
            Some((_, ids)) => ids.push(id),
            None => by.push((*outcome, vec![id])),
        }
    }
    by.sort();
    for (outcome, ids) in by {
        text += &format!("; {outcome} under {}", ids.join(", "));
    }
    text
}

fn of_changed(base: &Base, changed: &Changed) -> String {
    let phrases: Vec<String> =
        phrases_of(base, changed, true).into_iter().map(|(_, phrase)| phrase).collect();
    format!("{}: {}", changed.now.called(), phrases.join("; "))
}

fn phrases(base: &Base, changed: &Changed) -> Vec<(u8, String)> {
    phrases_of(base, changed, false)
}

/// Regimes that turned alike.
struct Turn<'c> {
    from: Option<Outcome>,
    to: Option<Outcome>,
    why: String,
    regimes: Vec<&'c str>,
}

/// What changed of a device, with why; in full with what it was, else so that devices that
/// changed alike have the same words. Regimes that turned alike stand together.
fn phrases_of(base: &Base, changed: &Changed, full: bool) -> Vec<(u8, String)> {
    let mut all: Vec<(u8, String)> = Vec::new();
    let mut turned: Vec<Turn<'_>> = Vec::new();
    for one in &changed.all {
        let why = why(one);
        match &one.change {
            Change::Ruling { regime, from, to } => {
                let same = |it: &&mut Turn<'_>| (it.from, it.to) == (*from, *to) && it.why == why;
                match turned.iter_mut().find(same) {
                    Some(turn) => turn.regimes.push(regime),
                    None => turned.push(Turn { from: *from, to: *to, why, regimes: vec![regime] }),
                }
            }
            Change::Maker { .. } => all.push((1, format!("{}{why}", maker(base, &one.change)))),
            Change::StandsAt { .. } => all.push((2, format!("{}{why}", plain(&one.change, full)))),
            Change::Seen { fields } if !fields.is_empty() => {
                all.extend(fields.iter().map(|field| (2, seen(field, full))));
            }
            // What was written or seen of it is the device's own change.
            other => all.push((2, plain(other, full))),
        }
    }
    for Turn { from, to, why, regimes } in turned {
        let regimes = regimes.join(", ");
        all.push((0, format!("{}{why}", ruling(from, to, &regimes, full))));
    }
    all.sort_by_key(|(rank, _)| *rank);
    all
}

fn ruling(from: Option<Outcome>, to: Option<Outcome>, regimes: &str, full: bool) -> String {
    let found = |one: Option<Outcome>| one.is_some_and(Outcome::is_finding);
    let word = |one: Option<Outcome>| one.map_or("not asked", Outcome::word);
    match (found(from), found(to)) {
        (false, true) => format!("newly {} under {regimes}", word(to)),
        (true, false) if full => {
            format!("no longer {} but {} under {regimes}", word(from), word(to))
        }
        (true, false) => format!("no longer {} under {regimes}", word(from)),
        _ => format!("{} instead of {} under {regimes}", word(to), word(from)),
    }
}

fn maker(base: &Base, change: &Change) -> String {
    let Change::Maker { certainty_to, to, .. } = change else { return String::new() };
    match to.as_slice() {
        [] => "became of unknown make".to_owned(),
        ids => format!("became {certainty_to} {}", names(base, ids)),
    }
}

fn plain(change: &Change, full: bool) -> String {
    let nothing = |text: &String| if text.is_empty() { "nothing".to_owned() } else { text.clone() };
    let pair = |what: &str, from: &String, to: &String| {
        let (from, to) = (nothing(from), nothing(to));
        if full { format!("{what} from {from} to {to}") } else { what.to_owned() }
    };
    let listed = |all: &Vec<String>| all.join(" ");
    match change {
        Change::Renamed { from, to } => pair("renamed", from, to),
        Change::Moved { from, to } => pair("moved", from, to),
        Change::StandsAt { from, to } => pair("counted to another site", from, to),
        Change::Label { from, to } => pair("label changed", from, to),
        Change::Model { from, to } => pair("model changed", from, to),
        Change::Address { from, to } => pair("address changed", &listed(from), &listed(to)),
        Change::Keys { gone, new } if full => {
            let part = |word: &str, all: &Vec<String>| match all.is_empty() {
                true => String::new(),
                false => format!("{word} {}", all.join(" ")),
            };
            let parts = [part("new", new), part("gone", gone)];
            let parts: Vec<String> = parts.into_iter().filter(|one| !one.is_empty()).collect();
            format!("numbers: {}", parts.join(", "))
        }
        Change::Keys { .. } => "with other numbers".to_owned(),
        Change::Seen { .. } => "observed otherwise".to_owned(),
        Change::Maker { .. } | Change::Ruling { .. } => String::new(),
    }
}

/// What was seen otherwise of one field.
fn seen(one: &Otherwise, full: bool) -> String {
    let field = one.field.as_str();
    if !full {
        return format!("{field} changed");
    }
    let shown = |values: &[String]| {
        let more = values.len().saturating_sub(VALUES_MAX);
        let mut text = values[..values.len() - more].join(", ");
        if more > 0 {
            text += &format!(" and {more} more");
        }
        text
    };
    match (one.from.as_slice(), one.to.as_slice()) {
        ([], to) => format!("{field} newly {}", shown(to)),
        (from, []) => format!("{field} no longer {}", shown(from)),
        (from, to) => format!("{field} changed from {} to {}", shown(from), shown(to)),
    }
}

fn why(one: &Because) -> String {
    let words: Vec<String> = one
        .because
        .iter()
        .map(|cause| match (cause, one.turned_on) {
            (Cause::Day, Some(Turning::Began(day))) => format!("the rule began on {day}"),
            (Cause::Day, Some(Turning::Ended(day))) => format!("the rule ended on {day}"),
            (cause, _) => cause.words().to_owned(),
        })
        .collect();
    if words.is_empty() { String::new() } else { format!(" because {}", words.join(" and ")) }
}
