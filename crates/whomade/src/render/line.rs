//! One JSON line a device: what was found and on what it rests, without the words that every
//! device of its kind shares. `--evidence` writes those too.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::Arc;

use serde_json::{Value, json};
use whomade_core::contradiction::Contradiction;
use whomade_core::evidence::Evidence;
use whomade_core::kb::schema::Polarity;
use whomade_core::kb::{Base, Entity};
use whomade_core::observation::Field;
use whomade_core::pack::PackSaid;
use whomade_core::report::{design_report, fact_of, written_label};

use crate::out::harmless;
use whomade_inquiry::worker::{Found, Tail};

/// The lines; keeps what is the same in many of them.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    line: Vec<u8>,
    source: Option<Source>,
}

/// File and sheet, and how they are written.
#[derive(Debug)]
struct Source {
    file: Arc<str>,
    sheet: Option<Arc<str>>,
    written: Vec<u8>,
}

impl Lines {
    /// Writes the line of a device.
    ///
    /// # Errors
    /// When the stream is closed.
    pub(crate) fn write(
        &mut self,
        out: &mut impl Write,
        base: &Base,
        found: &Found,
        packs: &[PackSaid],
    ) -> io::Result<()> {
        let device = &found.device;
        let record = &device.record;
        let line = &mut self.line;
        line.clear();
        line.extend_from_slice(b"{\"v\":1,\"device\":");
        push_text(line, &device.name);
        let same =
            |one: &Source| Arc::ptr_eq(&one.file, &record.source) && one.sheet == record.sheet;
        if !self.source.as_ref().is_some_and(same) {
            let mut written = b",\"source\":{\"file\":".to_vec();
            push_text(&mut written, &record.source);
            written.extend_from_slice(b",\"sheet\":");
            push_maybe(&mut written, record.sheet.as_deref());
            written.extend_from_slice(b",\"line\":");
            let (file, sheet) = (Arc::clone(&record.source), record.sheet.clone());
            self.source = Some(Source { file, sheet, written });
        }
        if let Some(source) = &self.source {
            line.extend_from_slice(&source.written);
        }
        push_number(line, record.line);
        let first = |one, other| device.first(one).or_else(|| device.first(other));
        line.push(b'}');
        push_estate(line, found);
        line.extend_from_slice(b",\"written\":{\"label\":");
        push_maybe(line, written_label(&found.device, &found.read));
        line.extend_from_slice(b",\"model\":");
        push_maybe(line, first(Field::Model, Field::Product));
        let after = |line: &mut Vec<u8>, all: &[Contradiction]| {
            push_contradictions(line, all);
            push_packs(line, packs);
        };
        found.write_row(out, line, || tail(base, found), after)
    }
}

/// Where the owner of the estate says that it stands, and what is exempted of it.
fn push_estate(line: &mut Vec<u8>, found: &Found) {
    if let Some(place) = &found.place {
        line.extend_from_slice(b",\"place\":");
        line.extend_from_slice(harmless(&json!(**place).to_string()).as_bytes());
    }
    if !found.exempted.is_empty() {
        line.extend_from_slice(b",\"exempted\":");
        line.extend_from_slice(harmless(&json!(found.exempted).to_string()).as_bytes());
    }
}

/// What the line says beyond the values of the row. Each name means what it means in the whole
/// report of a device; of the evidence stands here what spoke, not what it said.
fn tail(base: &Base, found: &Found) -> Tail {
    let (design, read) = (found.design(), &found.read);
    let report = design_report(base, design);
    let polarity = |one: &Evidence| match one.polarity {
        Polarity::For => "for",
        Polarity::Against => "against",
    };
    let evidence = |one: &Evidence| {
        json!({
            "field": found.device.observations[one.observation].field.id(),
            "polarity": polarity(one),
            "role": one.role.word(),
            "of": base.id(one.of),
            "fact": fact_of(base, one).0,
        })
    };
    let named = |of: Entity| json!({ "id": base.id(of), "name": base.name(of) });
    let design = json!({
        "maker": report.maker,
        "one_of": report.one_of,
        "certainty": report.certainty,
        "held_back": report.held_back,
        "record": report.record,
    });
    let label = json!(read.label.as_ref().map(|label| named(label.of)));
    let evidence = Value::Array(read.evidence.iter().map(evidence).collect());
    let rulings = rulings(found);
    let asks = found.suggestions().iter().map(|one| json!({ "id": one.id }));
    let asks = Value::Array(asks.collect());
    Tail {
        before: format!("}},\"label\":{label},\"design\":{design},\"evidence\":{evidence}").into(),
        after: format!(",\"rulings\":{rulings},\"would_settle\":{asks}}}\n").into(),
    }
}

/// The rulings, each answer once with all regimes that give it: ten regimes mostly say three
/// things.
fn rulings(found: &Found) -> Value {
    let mut answers: Vec<(Value, Vec<&str>)> = Vec::new();
    for (ruling, unasked) in found.rulings().iter().zip(found.unasked()) {
        let mut answer = json!({ "outcome": ruling.outcome, "missing": ruling.missing() });
        if let Some(why) = unasked {
            answer["because"] = json!(why);
        }
        match answers.iter_mut().find(|(known, _)| *known == answer) {
            Some((_, regimes)) => regimes.push(&ruling.regime),
            None => answers.push((answer, vec![&ruling.regime])),
        }
    }
    let all = answers.into_iter().map(|(mut answer, regimes)| {
        answer["regimes"] = json!(regimes);
        answer
    });
    Value::Array(all.collect())
}

fn push_contradictions(line: &mut Vec<u8>, all: &[Contradiction]) {
    line.extend_from_slice(b",\"contradictions\":[");
    for (at, one) in all.iter().enumerate() {
        line.extend_from_slice(if at == 0 { b"{\"kind\":" } else { b",{\"kind\":" });
        push_text(line, one.kind.word());
        line.extend_from_slice(b",\"says\":");
        push_text(line, &one.says);
        line.push(b'}');
    }
    line.push(b']');
}

/// What packs say of the values of this row.
fn push_packs(line: &mut Vec<u8>, packs: &[PackSaid]) {
    if !packs.is_empty() {
        let written = format!(",\"packs\":{}", json!(packs));
        line.extend_from_slice(harmless(&written).as_bytes());
    }
}

/// What a byte asks of a text of JSON: nothing, a closer look for what a terminal obeys, or to be
/// escaped.
const ASKS: [u8; 256] = {
    let mut asks = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        asks[byte] = match byte as u8 {
            ..b' ' | b'"' | b'\\' => ESCAPE,
            0x7f | 0xc2 | 0xe2 => LOOK,
            _ => 0,
        };
        byte += 1;
    }
    asks
};
const LOOK: u8 = 1;
const ESCAPE: u8 = 2;

/// A text as JSON. Most need nothing but quotes.
fn push_text(out: &mut Vec<u8>, text: &str) {
    let asks = text.bytes().fold(0, |all, byte| all | ASKS[usize::from(byte)]);
    if asks & ESCAPE != 0 {
        out.extend_from_slice(harmless(&Value::from(text).to_string()).as_bytes());
        return;
    }
    let looked = if asks == 0 { Cow::Borrowed(text) } else { harmless(text) };
    out.reserve(looked.len() + 2);
    out.push(b'"');
    out.extend_from_slice(looked.as_bytes());
    out.push(b'"');
}

fn push_maybe(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => push_text(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

/// A number in digits.
pub(crate) fn push_number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_json_that_the_library_writes_whatever_stands_at_which_place() {
        let odd = ['"', '\\', '\0', '\n', '\u{1f}', '~', '\u{7f}', '\u{80}', '\u{9b}', '\u{2028}'];
        for odd in odd.into_iter().chain(['\u{e9}', '\u{201c}', '\u{202e}', 'a']) {
            for length in 0..20 {
                for place in 0..=length {
                    let mut text = "x".repeat(length);
                    text.insert(place, odd);
                    let mut written = Vec::new();
                    push_text(&mut written, &text);
                    let expected = harmless(&Value::from(&*text).to_string()).into_owned();
                    assert_eq!(String::from_utf8_lossy(&written), expected, "{text:?}");
                }
            }
        }
    }
}
