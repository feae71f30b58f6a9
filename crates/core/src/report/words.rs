//! The sentences.

use crate::attribution::{Certainty, Design};
use crate::evidence::{Evidence, Reach, Read, Reason};
use crate::kb::names::NameMatch;
use crate::kb::schema::Relation;
use crate::kb::{Base, Entity};
use crate::observation::{Device, Field};
use crate::report::{Standing, Worked, standing};
use crate::role::Role;
use crate::ruling::{MAKER, SEAT};
use crate::shape::is_shape;

/// The answer in one sentence: `CAM-017, sold as LTS, was probably designed by Hikvision`.
#[must_use]
pub fn headline(base: &Base, worked: &Worked<'_>) -> String {
    let Worked { device, read, design, contradictions, .. } = worked;
    // Of a record that contradicts itself nobody knows whether the name is that of the device.
    let sold = match standing(base, read, design, contradictions) {
        Standing::Contradictory => "entered as",
        _ => "sold as",
    };
    let sold = match &read.label {
        Some(label) => {
            let same = design.stated() == Some(label.of);
            if same { String::new() } else { format!(", {sold} {},", base.name(label.of)) }
        }
        None => match device.first(Field::Label) {
            Some(written) => format!(", {sold} {},", clean(written)),
            None => String::new(),
        },
    };
    let name = clean(&device.name);
    if !design.one_of.is_empty() {
        let names: Vec<&str> = design.one_of.iter().map(|of| base.name(*of)).collect();
        return format!(
            "{name}{sold} was possibly designed by {}; which one is open",
            join_or(&names)
        );
    }
    let Some(of) = design.stated() else {
        return format!("{name}{sold} is of unknown make");
    };
    let adverb = match design.certainty {
        Certainty::Confirmed => "",
        Certainty::Probable => "probably ",
        Certainty::Possible | Certainty::Unknown => "possibly ",
    };
    format!("{name}{sold} was {adverb}designed by {}", base.name(of))
}

/// The label as it was written: the value that names the label which is spoken of everywhere, else
/// the first that stands where labels do. Records that were joined may write several.
#[must_use]
pub fn written_label<'d>(device: &'d Device, read: &Read) -> Option<&'d str> {
    let fields = [Field::Label, Field::Company];
    let named = read.label.as_ref().and_then(|label| device.observations.get(label.observation));
    let named = named.filter(|seen| fields.contains(&seen.field)).map(|seen| &*seen.value);
    named.or_else(|| fields.into_iter().find_map(|field| device.first(field)))
}

/// So many of something that takes an `s`: `1 device`, `3 devices`.
#[must_use]
pub fn counted(count: impl Into<u64>, one: &str) -> String {
    let count = count.into();
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

/// `a`, `a or b`, `a, b or c`.
#[must_use]
pub fn join_or(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} or {last}", all.join(", ")),
    }
}

/// What is written beside the bytes that a piece of evidence rests on.
#[must_use]
pub fn evidence_label(base: &Base, device: &Device, one: &Evidence) -> String {
    let name = base.name(one.of);
    let (field, value) = spoken_of(base, device, one);
    match one.reason {
        Reason::Supply { label, at, reach } => {
            let words = supply_label(base, one.of, label, at, reach);
            let slip = matches!(base.names.find(value), Some((of, NameMatch::Typo)) if of == label);
            if slip { format!("read as {}: {words}", base.name(label)) } else { words }
        }
        Reason::OwnName(NameMatch::Typo) => format!("read as {name}, one letter away"),
        Reason::OwnName(_) => format!("{name}'s own name"),
        Reason::Signature(_) => match (one.role, field) {
            (Role::Component, Field::Mac) => format!("address block of a part: {name}"),
            (Role::Component, _) => format!("points to a part by {name}"),
            (_, Field::Mac) => format!(
                "address block registered to {}",
                one.derived.as_deref().map_or_else(|| name.to_owned(), clean)
            ),
            (Role::Label, _) => format!("points to the label {name}"),
            (Role::Cloud, _) => format!("a cloud that {name} runs"),
            (Role::RecordHolder, field) => format!("{field} filed by {name}"),
            (_, Field::Serial) if one.derived.is_none() => {
                format!("serial number of {name}'s form")
            }
            (_, Field::Firmware) => format!("firmware version of {name}'s form"),
            (_, Field::Model | Field::Product) => format!("model number of {name}'s form"),
            (_, Field::LabelManual) => format!("a manual like {name}'s"),
            (_, Field::HttpHeaderOrder) => format!("order of headers as {name}'s firmware has it"),
            (_, Field::HttpEtag) => format!("entity tag made as {name}'s firmware makes it"),
            (_, Field::OnvifScopeOrder) => format!("order of scopes as {name}'s firmware has it"),
            (_, Field::OnvifPrefixOrder) => {
                format!("prefixes declared as {name}'s firmware declares them")
            }
            (_, Field::SdpShape) => format!("stream described as {name}'s firmware describes it"),
            (_, field) => format!("{field} of {name}'s firmware"),
        },
    }
}

/// What a supply says, in its own tense, and that somebody contests it where somebody does.
fn supply_label(base: &Base, of: Entity, label: Entity, at: usize, reach: Reach) -> String {
    let (maker, sold_as) = (base.name(of), base.name(label));
    let supply = base.supply(label, at);
    let relation = supply.map(|supply| supply.relation);
    let contested =
        relation == Some(Relation::Disputed) || base.facts.contested(base.id(label), base.id(of));
    let supplies = match (contested, relation) {
        (true, _) => "is said to supply",
        (false, Some(Relation::Former)) => "supplied",
        (false, _) => "supplies",
    };
    let until = supply.filter(|one| one.relation == Relation::Former).and_then(|one| one.until);
    let until = until.map(|day| format!(" until {day}")).unwrap_or_default();
    let contest = if contested { ", which is contested" } else { "" };
    match reach {
        Reach::Model => format!("a model that {maker} {supplies} to {sold_as}{until}{contest}"),
        Reach::Line => {
            format!("a number of a line that {maker} {supplies} to {sold_as}{until}{contest}")
        }
        Reach::Label => format!("a label that {maker} {supplies}{until}{contest}"),
    }
}

/// The field and value that a piece of evidence speaks of: what was observed, or the shape that
/// was derived from it.
#[must_use]
pub fn spoken_of<'d>(base: &Base, device: &'d Device, one: &'d Evidence) -> (Field, &'d str) {
    let seen = &device.observations[one.observation];
    let signature = match one.reason {
        Reason::Signature(number) => base.signatures.get(number as usize),
        _ => None,
    };
    match (signature, &one.derived) {
        (Some(signature), Some(derived)) if is_shape(signature.field) => (signature.field, derived),
        _ => (seen.field, &seen.value),
    }
}

/// How sure, in counts: `probable; 41 of 42 labelled observations like it were right (31
/// clusters, lower bound .88)`. Like it: the same word, and sold under the maker's own name or not.
#[must_use]
pub fn record_sentence(design: &Design) -> String {
    let word = design.certainty.word();
    let record = &design.record;
    if design.certainty == Certainty::Unknown {
        return format!("{word}: {}", design.held_back);
    }
    let counted = if record.fired == 0 {
        "nothing like it was counted yet".to_owned()
    } else {
        // Two digits say more than few counts know, so the bound is given, not the share.
        format!(
            "{} of {} labelled observations like it were right ({} cluster{}, lower bound {})",
            record.right,
            record.fired,
            record.clusters,
            if record.clusters == 1 { "" } else { "s" },
            format!("{:.2}", design.lower_bound()).trim_start_matches('0'),
        )
    };
    if design.held_back.is_empty() {
        format!("{word}; {counted}")
    } else {
        format!("{word}; {counted}; not surer because {}", design.held_back)
    }
}

/// Text of the input as it may be shown: control bytes and bidirectional overrides are made
/// visible, length is bounded.
#[must_use]
pub fn clean(text: &str) -> String {
    const CHARS_MAX: usize = 200;
    clean_to(text, CHARS_MAX)
}

/// The same for text of another length: a sentence of ours around a value of the input is cut
/// nowhere before its end.
#[must_use]
pub fn clean_to(text: &str, chars_max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(chars_max));
    for (at, c) in text.chars().enumerate() {
        if at == chars_max {
            out.push('…');
            break;
        }
        match c {
            '\t' | '\n' | '\r' => out.push(' '),
            c if turns_text(c) => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Whether a character turns the direction of the text around it, so that a reader sees another
/// order than a program.
#[must_use]
pub const fn turns_text(c: char) -> bool {
    matches!(
        c,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{061c}'
    )
}

/// The missing facts, the maker put in words.
#[must_use]
pub fn missing_words(keys: &[String]) -> String {
    let words: Vec<&str> = keys
        .iter()
        .map(|key| match key.as_str() {
            MAKER => "the maker (surely enough for a rule to bite)",
            SEAT => "the seat of its maker (no source of the base gives it)",
            "text" => "the provision's own words (nobody has read them)",
            key => key,
        })
        .collect();
    words.join(", ")
}
