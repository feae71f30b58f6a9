//! `whomade check`: a quoted label and model in one line: what it is, what is sourced, what to
//! ask. For the desk at which a quote is signed, not for the record: `identify` has the rest.

use std::io::{self, BufRead, Read as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};
use whomade_core::attribution::Certainty;
use whomade_core::diagnostic::{Diagnostic, Place, Severity};
use whomade_core::evidence::Aside;
use whomade_core::kb::names::{NameMatch, Names};
use whomade_core::observation::{Device, Field, Observation, Record};
use whomade_core::report::{clean, device_report, evidence_label, fact_of, join_or};
use whomade_core::ruling::{Outcome, Ruling};

use crate::base::{Known, load};
use crate::cli::Check;
use crate::out::Out;
use crate::render::diagnostics;
use crate::render::finding::{leading, missing_words};
use crate::run::asking::{Asked, names_it};
use crate::worker::{Found, Worker};

/// Longer items are no label and model.
const ITEM_CHARS_MAX: usize = 500;
/// A line of standard input is read this far; the rest of it is passed over.
const LINE_BYTES_MAX: u64 = 1 << 16;
/// Facts that are told in the line; further ones are counted.
const FACTS_SHOWN: usize = 2;
/// Regimes that are named in the line where nobody said who asks.
const REGIMES_SHOWN: usize = 3;
/// A shorter word is no model number.
const MODEL_CHARS_MIN: usize = 4;

/// How the run ends: the worst of its items.
#[derive(Default)]
struct Ended {
    answered: u64,
    named: bool,
    failed: bool,
}

/// Runs `whomade check`.
///
/// # Errors
/// When what was asked cannot be understood, or standard input cannot be read.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: &Check) -> Result<ExitCode> {
    let (known, said) = load(overlay)?;
    let asked = Asked::check(&known.base, &typed.asking)?;
    // How old each regime's sources are is worth a word only to somebody who asks of a regime.
    let of_rules = if asked.open { Vec::new() } else { asked.diagnostics() };
    for one in said.iter().chain(&of_rules) {
        if one.severity == Severity::Error || !out.quiet {
            diagnostics::write(&mut out.aside, one)?;
        }
    }
    let mut worker = Worker::new(&known, &asked);
    let mut ended = Ended {
        // With facts of the overlay missing, "names none" would say too much.
        failed: said.iter().any(|one| one.severity == Severity::Error),
        ..Ended::default()
    };
    let mut one = |out: &mut Out, item: &str, source: &str, line: u64| {
        answer(out, &known, &asked, &mut worker, &mut ended, typed.json, (item, source, line))
    };
    if typed.items.is_empty() || typed.items == ["-"] {
        each_line(|text, line| one(out, text, "standard input", line))?;
    } else {
        for item in &typed.items {
            one(out, item, "command line", 0)?;
        }
    }
    if ended.answered == 0 && !ended.failed {
        say(out, nothing())?;
    }
    Ok(match ended {
        Ended { failed: true, .. } | Ended { answered: 0, .. } => ExitCode::from(2),
        Ended { named, .. } => ExitCode::from(u8::from(named)),
    })
}

/// Reads standard input line by line; blank lines are passed over.
fn each_line(mut each: impl FnMut(&str, u64) -> Result<()>) -> Result<()> {
    use std::io::IsTerminal as _;
    let input = io::stdin();
    if input.is_terminal() {
        return Ok(());
    }
    let mut input = input.lock();
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        if input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        if bytes.last() != Some(&b'\n') {
            pass_over(&mut input)?;
        }
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_start_matches('\u{feff}').trim();
        // A line behind a # is somebody's note to himself.
        if !text.is_empty() && !text.starts_with('#') {
            each(text, line)?;
        }
    }
    Ok(())
}

/// Skips what is left of a line without keeping it.
fn pass_over(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let held = input.fill_buf()?;
        let (skip, ended) = match held.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (held.len(), held.is_empty()),
        };
        input.consume(skip);
        if ended {
            return Ok(());
        }
    }
}

fn nothing() -> Diagnostic {
    Diagnostic::new("ask/nothing-given", "there is nothing to check")
        .help("try: whomade check \"LTS CMIP7422N-28M\"")
}

fn say(out: &mut Out, said: Diagnostic) -> io::Result<()> {
    diagnostics::write(&mut out.aside, &said)
}

/// Answers one item.
fn answer(
    out: &mut Out,
    known: &Known,
    asked: &Asked,
    worker: &mut Worker<'_>,
    ended: &mut Ended,
    as_json: bool,
    (item, source, line): (&str, &str, u64),
) -> Result<()> {
    let item = item.trim();
    let at = |said: Diagnostic| {
        if line == 0 {
            return said;
        }
        said.at(Place { source: source.into(), line, ..Place::default() })
    };
    if !item.chars().any(char::is_alphanumeric) {
        ended.failed = true;
        return Ok(say(out, at(nothing()))?);
    }
    if item.chars().nth(ITEM_CHARS_MAX).is_some() {
        ended.failed = true;
        let message = format!("an item is longer than {ITEM_CHARS_MAX} characters");
        let said = Diagnostic::new("ask/long-item", message);
        let help = "an item is a label and a model number; `whomade screen` reads lists";
        return Ok(say(out, at(said.help(help)))?);
    }
    let found = worker.work(device_of(known, item, source));
    let (sure, rulings) = (found.design().certainty, found.rulings());
    ended.answered += 1;
    ended.named |= sure >= Certainty::Possible && rulings.iter().any(|one| names_it(one.outcome));
    let says = sentence(known, asked, &found, item);
    if as_json {
        out.line(json_of(known, asked, &found, (item, &says)).to_string())?;
    } else {
        out.line(&says)?;
    }
    worker.take_back(found);
    Ok(())
}

/// The device that a quoted item speaks of.
fn device_of(known: &Known, item: &str, source: &str) -> Device {
    let names = &known.base.names;
    // As it stands first: the number of `360 Vision` is the name's.
    let slip = |label: &str| matches!(names.find(label), Some((_, NameMatch::Typo)));
    let (label, rest) = match (names.quoted(item), names.quoted(without_mark(item))) {
        (whole @ (Some(label), _), _) if !slip(label) || item == without_mark(item) => whole,
        (_, (None, rest)) => behind(names, rest).unwrap_or((None, rest)),
        (_, unmarked) => unmarked,
    };
    let mut observations = Vec::new();
    let mut add = |field, value: &str| observations.push(Observation::new(field, value));
    if let Some(label) = label {
        add(Field::Label, label);
    }
    if !rest.is_empty() {
        add(Field::Model, rest);
        // The item is named first; what it replaces, or is fixed with, stands behind it.
        let mut words = rest.split(char::is_whitespace).map(|word| word.trim_matches(edge));
        if let Some(word) = words.find(|word| like_a_model(word))
            && word != rest
        {
            add(Field::Model, word);
        }
    }
    let record = Record { source: source.into(), ..Record::default() };
    Device { name: clean(item).into(), record, observations, ..Device::default() }
}

/// A quoted item without the mark or the number of pieces before it: `- `, `2) `, `4x `, `Qty 4 `.
fn without_mark(item: &str) -> &str {
    let item = item.trim_start_matches(['-', '*', '•', ' ']);
    let counted = ["Qty", "qty", "QTY"].iter().find_map(|word| item.strip_prefix(word));
    let item = counted.map_or(item, |rest| rest.trim_start_matches([':', ' ']));
    let rest = item.trim_start_matches(|c: char| c.is_ascii_digit());
    let after = rest.strip_prefix(['.', ')']).unwrap_or(rest).trim_start();
    // In `3xLOGIC` the letter is the name's.
    let times = after.strip_prefix(['x', '×']).filter(|after| after.starts_with(' '));
    let parted = times.is_some() || rest.starts_with([' ', '.', ')']);
    if rest.len() < item.len() && parted { times.unwrap_or(after).trim_start() } else { item }
}

/// The label where it stands behind the model number: `DS-2CD2143G2-I Hikvision`, `… by LTS`.
fn behind<'i>(names: &Names, item: &'i str) -> Option<(Option<&'i str>, &'i str)> {
    let (model, label) = item.rsplit_once(char::is_whitespace)?;
    let known = matches!(names.find(label), Some((_, NameMatch::Same)));
    let model = model.trim_end();
    let model = model.strip_suffix(" by").or_else(|| model.strip_suffix(" von")).unwrap_or(model);
    (known && like_a_model(model)).then_some((Some(label), model))
}

/// What clings to a word in running text.
fn edge(c: char) -> bool {
    ",;:!?()[]{}\"'".contains(c)
}

/// Whether a word has letters and digits mixed as model numbers have, and is no measure such as
/// `1080p`, `2.8mm` or `12V`.
fn like_a_model(word: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic();
    let unit = word.trim_end_matches(letter);
    let measure = unit.chars().all(|c| c.is_ascii_digit() || ".,x/+-".contains(c));
    let mixed = word.chars().any(|c| c.is_ascii_digit()) && word.chars().any(letter);
    mixed && !measure && word.chars().count() >= MODEL_CHARS_MIN
}

/// The line.
fn sentence(known: &Known, asked: &Asked, found: &Found, item: &str) -> String {
    let word = match leading(found.rulings()) {
        Some(ruling) if names_it(ruling.outcome) => ruling.outcome.word(),
        _ => found.design().certainty.word(),
    };
    let mut parts = vec![format!("{word}: {}, {}", clean(item), make(known, found))];
    parts.push(sourced_words(known, found));
    parts.extend(rule_words(asked, found));
    let asks = asks(known, asked, found);
    if !asks.is_empty() {
        parts.push(format!("ask: {}", asks.join("; and: ")));
    }
    parts.join(" | ")
}

/// Whose it is, in a few words.
fn make(known: &Known, found: &Found) -> String {
    let (base, design) = (&known.base, found.design());
    let makers: Vec<&str> = design.candidates().iter().map(|of| base.name(*of)).collect();
    let adverb = match design.certainty {
        Certainty::Unknown => return "of unknown make".to_owned(),
        Certainty::Possible => "possibly ",
        Certainty::Probable => "probably ",
        Certainty::Confirmed => "",
    };
    let read_as = match &found.read.label {
        Some(label) if label.how == NameMatch::Typo => {
            format!(" (its label read as {})", base.name(label.of))
        }
        _ => String::new(),
    };
    format!("{adverb}designed by {}{read_as}", join_or(&makers))
}

/// The facts that speak for the makers stated: in words, where each stands, and its sources.
fn sourced(known: &Known, found: &Found) -> Vec<(String, String, Vec<String>)> {
    let base = &known.base;
    let makers = found.design().candidates();
    let mut facts: Vec<(String, String, Vec<String>)> = Vec::new();
    for one in found.read.evidence.iter().filter(|one| makers.contains(&one.of)) {
        let (place, _, sources) = fact_of(base, one);
        let says = evidence_label(base, &found.device, one);
        if !facts.iter().any(|(_, other, _)| *other == place) {
            facts.push((says, place, sources));
        }
    }
    facts
}

fn sourced_words(known: &Known, found: &Found) -> String {
    let facts = sourced(known, found);
    if facts.is_empty() {
        let Pointers { supplies, leads } = pointers(known, found);
        let mut words = "no sourced fact speaks".to_owned();
        for (what, names) in [("of other models or times", supplies), ("not weighed", leads)] {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            if !names.is_empty() {
                words += &match what {
                    "not weighed" => format!("; leads, not weighed: {}", join_or(&names)),
                    _ => format!("; supplies {what}: {}", join_or(&names)),
                };
            }
        }
        return words;
    }
    let mut words: Vec<String> = facts
        .iter()
        .take(FACTS_SHOWN)
        .map(|(says, _, sources)| match sources.as_slice() {
            [] => says.clone(),
            [one] => format!("{says} [{one}]"),
            [one, more @ ..] => format!("{says} [{one} +{}]", more.len()),
        })
        .collect();
    if facts.len() > FACTS_SHOWN {
        words.push(format!("{} more", facts.len() - FACTS_SHOWN));
    }
    format!("sourced: {}", words.join("; "))
}

/// The makers to whom the base points without speaking for this item.
struct Pointers {
    /// Sourced supplies of the label, of other models or at another time.
    supplies: Vec<String>,
    /// Leads.
    leads: Vec<String>,
}

fn pointers(known: &Known, found: &Found) -> Pointers {
    let base = &known.base;
    let mut made = Pointers { supplies: Vec::new(), leads: Vec::new() };
    for aside in &found.read.asides {
        let (list, maker) = match aside {
            Aside::Lead { label, at } => {
                let label = base.facts.labels.get(base.id(*label));
                let lead = label.and_then(|one| one.leads.get(*at));
                (&mut made.leads, lead.map(|one| &one.maker))
            }
            Aside::OtherModels { label, at } | Aside::OtherTime { label, at } => {
                (&mut made.supplies, base.supply(*label, *at).map(|one| &one.maker))
            }
        };
        let Some(of) = maker.and_then(|maker| base.maker(maker)) else { continue };
        let name = base.name(of).to_owned();
        if !list.contains(&name) {
            list.push(name);
        }
    }
    made.leads.retain(|name| !made.supplies.contains(name));
    made
}

/// What the rules say, where they say something.
fn rule_words(asked: &Asked, found: &Found) -> Option<String> {
    let rulings = found.rulings();
    let named: Vec<&Ruling> = rulings.iter().filter(|one| names_it(one.outcome)).collect();
    if asked.open {
        // One rule of each country is enough to see what is at stake.
        let mut countries: Vec<&str> = Vec::new();
        let mut shown: Vec<&str> = Vec::new();
        for one in &named {
            let country = one.regime.split('.').next().unwrap_or_default();
            if !countries.contains(&country) && shown.len() < REGIMES_SHOWN {
                countries.push(country);
                shown.push(&one.regime);
            }
        }
        let more = match named.len() - shown.len() {
            0 => String::new(),
            more => format!(" +{more}"),
        };
        return (!shown.is_empty())
            .then(|| format!("named under {}{more}, who asks is open", shown.join(", ")));
    }
    let mut words: Vec<String> = named.iter().map(|one| rule_word(one)).collect();
    let unknown = rulings.iter().filter(|one| one.outcome == Outcome::UnknownMaker).count();
    if unknown > 0 {
        let of = rulings.len();
        words.push(format!("cleared of nothing under {unknown} of {of} regimes asked"));
    }
    if words.is_empty() {
        words.push("no regime asked names it".to_owned());
    }
    Some(words.join(", "))
}

fn rule_word(ruling: &Ruling) -> String {
    let id = &ruling.regime;
    match (ruling.outcome, ruling.would()) {
        (Outcome::Undetermined, Some(would)) => {
            let missing = missing_words(&ruling.missing());
            format!("may be {would} [{id}], not known: {missing}")
        }
        (outcome, _) => format!("{outcome} [{id}]"),
    }
}

/// What to ask: first the asker, for what the rule wants to know, then of the device.
fn asks(known: &Known, asked: &Asked, found: &Found) -> Vec<String> {
    let mut asks = Vec::new();
    let strongest = leading(found.rulings()).filter(|one| names_it(one.outcome) && !asked.open);
    let keys = strongest.map(Ruling::missing).unwrap_or_default();
    let all = &known.base.facts.context.keys;
    asks.extend(
        keys.iter()
            .find_map(|key| all.iter().find(|one| one.id == *key))
            .map(|key| format!("{} (--context {}=…)", key.ask, key.id)),
    );
    if found.design().certainty < Certainty::Confirmed {
        // Whoever holds a quote has no device: the seller can send a picture of one.
        let all = found.suggestions();
        let sticker = all.iter().find(|one| one.id == "sticker");
        let other = all.iter().find(|one| one.id != "sticker");
        let what: Vec<&str> = sticker.into_iter().chain(other).map(|one| one.what).collect();
        asks.extend((!what.is_empty()).then(|| join_or(&what)));
    }
    asks
}

fn json_of(known: &Known, asked: &Asked, found: &Found, (item, says): (&str, &str)) -> Value {
    let report = device_report(&known.base, &known.weights, &found.worked(found.suggestions()));
    let facts: Vec<Value> = sourced(known, found)
        .into_iter()
        .map(|(says, fact, sources)| json!({ "says": says, "fact": fact, "sources": sources }))
        .collect();
    let regimes: Vec<Value> = found
        .rulings()
        .iter()
        .map(|one| {
            json!({
                "id": one.regime, "outcome": one.outcome, "would": one.would(),
                "missing": one.missing(),
            })
        })
        .collect();
    let outcome = leading(found.rulings()).map(|one| one.outcome);
    let pointers = pointers(known, found);
    let [label, model] =
        [report.written.label, report.written.model].map(|text| text.map(|text| clean(&text)));
    let written = json!({ "label": label, "model": model });
    json!({
        "v": 1, "on": asked.on, "item": clean(item), "label": report.label, "written": written,
        "maker": report.design.maker, "one_of": report.design.one_of,
        "certainty": report.design.certainty, "held_back": report.design.held_back,
        "sourced": facts, "other_supplies": pointers.supplies, "leads": pointers.leads,
        "outcome": outcome,
        "regimes": regimes, "ask": asks(known, asked, found), "says": says,
    })
}
