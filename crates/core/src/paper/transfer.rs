//! A transfer record: to whom devices were seen to send, laid out as a form of the base asks for
//! it. What no capture can show (whether it was personal data, on what ground, under which
//! safeguard) is a blank; what was not recorded is not said not to happen.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::common::{self, count, reading_words};
use super::{BLANK, Block, Blocks, Fact, Paper, VERSION};
use crate::egress::recording::{Recording, long_words, seconds, span, stretches};
use crate::egress::{Recipient, Whose};
use crate::kb::Base;
use crate::kb::schema::{FieldFrom, Form, FormField, FormPart};

/// Devices that are shown with all of their recipients.
const DEVICES_MAX: usize = 500;
/// Rows of a table.
const ROWS_MAX: usize = 1_000;
/// Names of recipients in one cell.
const NAMES_MAX: usize = 6;
/// Recipients of one country that are listed.
const LISTED_MAX: usize = 100;

/// Of what the record is made.
#[derive(Debug)]
pub struct Exchange<'x> {
    /// The base.
    pub base: &'x Base,
    /// What is asked.
    pub form: &'x Form,
    /// The day that stands on it.
    pub on: Date,
    /// What no file can know, as it was told: key of a field → value.
    pub told: &'x BTreeMap<String, String>,
    /// The devices.
    pub senders: Vec<Sender<'x>>,
    /// What was recorded.
    pub recordings: &'x [Recording],
    /// The files that were read, captures and tables of addresses, each with its SHA-256 where it
    /// is a file that stays.
    pub files: Vec<(String, Option<String>)>,
    /// Whether a table of addresses was given.
    pub tables: bool,
    /// With what it is made.
    pub made_with: String,
}

/// One device.
#[derive(Debug)]
pub struct Sender<'x> {
    /// The answer about it in one sentence.
    pub headline: String,
    /// Where it was first read.
    pub place: String,
    /// What it exchanged with outside.
    pub receivers: Vec<Receiver<'x>>,
    /// With whom it exchanged nothing, though one of both tried.
    pub tried: Vec<String>,
    /// Names that it asked for, and nothing exchanged with them was seen.
    pub asked_only: &'x [String],
}

/// One recipient, with what the user's tables say of its addresses.
#[derive(Debug)]
pub struct Receiver<'x> {
    /// The recipient.
    pub recipient: &'x Recipient,
    /// Who holds its addresses.
    pub holders: BTreeSet<String>,
    /// Where they are registered, code and name.
    pub countries: BTreeSet<String>,
    /// The same in words.
    pub held: Option<String>,
}

/// Composes the paper.
#[must_use]
pub fn transfer(exchange: &Exchange<'_>) -> Paper {
    let mut out = Blocks::default();
    let all = receivers(exchange);
    let sending = exchange.senders.iter().filter(|one| !one.receivers.is_empty()).count();
    let names: BTreeSet<&str> = all.iter().map(|one| one.recipient.name.as_str()).collect();
    let countries: BTreeSet<&String> = all.iter().flat_map(|one| &one.countries).collect();
    let mut numbers = vec![
        (exchange.senders.len() as u64, "devices in the captures".to_owned()),
        (sending as u64, "exchanged something outside".to_owned()),
        (names.len() as u64, "recipients outside".to_owned()),
    ];
    if exchange.tables {
        numbers.push((countries.len() as u64, "countries of registration".to_owned()));
    }
    out.0.push(Block::Numbers { numbers });
    out.note(format!(
        "{}. How it is known: {}. {}",
        exchange.form.citation,
        reading_words(exchange.form.reading),
        exchange.form.note.as_deref().unwrap_or_default()
    ));
    for part in &exchange.form.parts {
        self::part(exchange, part, &mut out);
    }
    common::sign(exchange.told, &mut out);
    sources(exchange, &mut out);
    let over = exchange.form.citation.clone();
    let covered = long_words(seconds(exchange.recordings));
    Paper {
        v: VERSION,
        kind: exchange.form.paper.word().to_owned(),
        over,
        title: exchange.form.title.clone(),
        lead: format!(
            "{} Made of {covered} of traffic, for {}.",
            exchange.form.summary, exchange.on
        ),
        on: exchange.on,
        made_with: exchange.made_with.clone(),
        blocks: out.0,
    }
}

fn receivers<'e, 'x>(exchange: &'e Exchange<'x>) -> Vec<&'e Receiver<'x>> {
    exchange.senders.iter().flat_map(|one| &one.receivers).collect()
}

fn part(exchange: &Exchange<'_>, part: &FormPart, out: &mut Blocks) {
    out.heading(format!("{} {}", part.id, part.title));
    out.paragraph(&part.asks);
    let mut facts = Vec::new();
    for field in &part.fields {
        if field.from.is_of_captures() {
            out.facts(std::mem::take(&mut facts));
        }
        match field.from {
            FieldFrom::Recipients => recipients(exchange, out),
            FieldFrom::Countries => countries(exchange, out),
            FieldFrom::Captures => captures(exchange, out),
            FieldFrom::Senders => senders(exchange, out),
            FieldFrom::Unseen => unseen(exchange, out),
            _ => facts.push(fact(exchange, field)),
        }
    }
    out.facts(facts);
}

fn fact(exchange: &Exchange<'_>, field: &FormField) -> Fact {
    Fact {
        name: field.label.clone(),
        value: exchange.told.get(&field.id).cloned(),
        hint: field.ask.clone().unwrap_or_else(|| field.help.clone()),
        required: field.required,
    }
}

/// What one name had with all devices.
#[derive(Default)]
struct Row {
    service: String,
    whose: BTreeSet<&'static str>,
    holders: BTreeSet<String>,
    countries: BTreeSet<String>,
    devices: usize,
    sent: u64,
    got: u64,
    from: Option<jiff::Timestamp>,
    until: Option<jiff::Timestamp>,
    covers: BTreeSet<&'static str>,
    ports: BTreeSet<String>,
    first: Option<String>,
    bound: bool,
}

fn rows<'e>(exchange: &'e Exchange<'_>) -> Vec<(&'e str, Row)> {
    let mut all: BTreeMap<&str, Row> = BTreeMap::new();
    for one in receivers(exchange) {
        let recipient = one.recipient;
        let row = all.entry(recipient.name.as_str()).or_default();
        row.service = service(exchange.base, recipient);
        row.whose.insert(whose(recipient.whose));
        row.holders.extend(one.holders.iter().cloned());
        row.countries.extend(one.countries.iter().cloned());
        row.devices += 1;
        row.sent = row.sent.saturating_add(recipient.sent());
        row.got = row.got.saturating_add(recipient.got());
        row.covers.extend(recipient.covers().into_iter().map(crate::egress::Cover::words));
        row.ports.extend(recipient.ports());
        row.bound |= recipient.is_lower_bound();
        let seen = recipient.seen();
        let is_older = seen.is_some_and(|seen| row.from.is_none_or(|from| seen.from < from));
        if is_older || row.first.is_none() {
            row.first = recipient.first();
        }
        if let Some(seen) = seen {
            row.from = Some(row.from.map_or(seen.from, |from| from.min(seen.from)));
            row.until = Some(row.until.map_or(seen.until, |until| until.max(seen.until)));
        }
    }
    let mut all: Vec<(&str, Row)> = all.into_iter().collect();
    all.sort_by_key(|(name, row)| (std::cmp::Reverse(row.sent), *name));
    all
}

/// Which service it is, and what it is to the device; what is known of neither stands once.
fn service_and_whose(row: &Row) -> String {
    let whose: Vec<&str> = row.whose.iter().copied().collect();
    let whose = whose.join(", and for other devices ");
    if whose == row.service { whose } else { format!("{}; {whose}", row.service) }
}

/// Over which ports, how it is protected, as far as that was seen, and in which packet first.
fn over(row: &Row) -> String {
    let mut ports: Vec<&str> = row.ports.iter().take(NAMES_MAX).map(String::as_str).collect();
    let more = format!("{} more", row.ports.len().saturating_sub(NAMES_MAX));
    if row.ports.len() > NAMES_MAX {
        ports.push(&more);
    }
    let first = row.first.as_ref().map(|first| format!("; first in {first}"));
    let covers = joined(row.covers.iter().copied());
    format!("{}; {covers}{}", ports.join(", "), first.unwrap_or_default())
}

/// Which service it is and who operates it, as far as a source says so.
fn service(base: &Base, one: &Recipient) -> String {
    match (one.services.first(), one.operator()) {
        (Some(service), Some(of)) => {
            let title = base.facts.endpoints.get(&service.id).map_or("", |one| one.name.as_str());
            format!("{title}, run by {}", base.name(of))
        }
        (Some(_), None) => "names of several operators at one address".to_owned(),
        _ if one.whose == Whose::NamesService => "a port at which names are asked".to_owned(),
        _ if one.whose == Whose::TimeService => "a port at which the time is asked".to_owned(),
        _ => match one.flows.iter().find_map(|flow| flow.sign) {
            Some(sign) => format!("not known; it speaks {sign}"),
            None => "not known".to_owned(),
        },
    }
}

/// What it is to the device.
const fn whose(whose: Whose) -> &'static str {
    match whose {
        Whose::OwnNetwork => "own network",
        Whose::Label => "of the name on the device",
        Whose::Maker => "maker of the device",
        Whose::PossibleMaker => "possibly its maker",
        Whose::OtherMaker => "another maker",
        Whose::OtherLabel => "a house that sells equipment of others",
        Whose::SomeMaker => "a maker; who made the device is not known",
        Whose::NamesService | Whose::TimeService => "infrastructure",
        Whose::Unknown => "not known",
    }
}

fn joined<'a>(all: impl IntoIterator<Item = &'a str>) -> String {
    all.into_iter().collect::<Vec<_>>().join(", ")
}

fn recipients(exchange: &Exchange<'_>, out: &mut Blocks) {
    let rows = rows(exchange);
    if rows.is_empty() {
        out.paragraph(
            "No recipient outside the network was seen. That clears nothing: see what was recorded, \
             and what was not.",
        );
        return;
    }
    let more = rows.len().saturating_sub(ROWS_MAX);
    let cells = rows.into_iter().take(ROWS_MAX).map(|(name, row)| {
        let bound = if row.bound { "at least " } else { "" };
        let period = match (row.from, row.until) {
            (Some(from), Some(until)) => format!("{from:.0} to {until:.0}"),
            _ => "not told".to_owned(),
        };
        let over = over(&row);
        let held = match row.holders.is_empty() {
            true => String::new(),
            false => format!("; host of {}", joined(row.holders.iter().map(String::as_str))),
        };
        vec![
            format!("{name}{held}"),
            service_and_whose(&row),
            row.devices.to_string(),
            format!("{bound}{}\u{a0}B sent, {}\u{a0}B got", row.sent, row.got),
            period,
            over,
            BLANK.to_owned(),
        ]
    });
    out.table(
        "Recipients as seen, most sent first. The last column is the controller's to fill in: \
         processor, joint controller, third party, or none because no personal data was sent",
        &[
            "Recipient",
            "Service, and whose",
            "Devices",
            "Bytes",
            "Seen",
            "Over, and first packet",
            "Category",
        ],
        cells.collect(),
    );
    if more > 0 {
        out.note(format!("{} further recipients are not listed.", more));
    }
    if !exchange.tables {
        out.note("Who holds the addresses is not known: no table of addresses was given (--mmdb).");
    }
}

fn countries(exchange: &Exchange<'_>, out: &mut Blocks) {
    if !exchange.tables {
        out.paragraph(
            "No table of countries was given (--mmdb), so none is named here; nothing is guessed.",
        );
    }
    let mut by: BTreeMap<String, (BTreeMap<&str, u64>, u64)> = BTreeMap::new();
    for one in receivers(exchange) {
        // Bytes to several addresses are not divided between their countries; who only tells names
        // or the time stands apart.
        let mut key = match one.countries.len() {
            0 => "not known".to_owned(),
            _ => joined(one.countries.iter().map(String::as_str)),
        };
        if matches!(one.recipient.whose, Whose::NamesService | Whose::TimeService) {
            key.push_str(": names and the time, by their ports");
        }
        let (names, sent) = by.entry(key).or_default();
        let of_it = names.entry(one.recipient.name.as_str()).or_default();
        *of_it = of_it.saturating_add(one.recipient.sent());
        *sent = sent.saturating_add(one.recipient.sent());
    }
    let rows = by.into_iter().map(|(country, (names, sent))| {
        let mut all: Vec<(&str, u64)> = names.into_iter().collect();
        // A record leaves out nobody lightly, and never those who were sent most.
        all.sort_by_key(|(name, sent)| (std::cmp::Reverse(*sent), *name));
        let mut listed: Vec<String> =
            all.iter().take(LISTED_MAX).map(|(name, _)| (*name).to_owned()).collect();
        if all.len() > LISTED_MAX {
            listed.push(format!("{} more", all.len() - LISTED_MAX));
        }
        vec![
            country,
            listed.join(", "),
            format!("{sent}\u{a0}B"),
            BLANK.to_owned(),
            format!("not known from traffic: {BLANK}"),
        ]
    });
    out.table(
        "Where the addresses of recipients are registered",
        &[
            "Registered in",
            "Recipients",
            "Sent",
            "Is it a third country, a transfer?",
            "Safeguards",
        ],
        rows.collect(),
    );
}

fn captures(exchange: &Exchange<'_>, out: &mut Blocks) {
    let all = exchange.recordings;
    if let Some((from, until)) = span(all) {
        let parts = stretches(all).len();
        let between = if parts > 1 { "; of what lies between them nothing is known" } else { "" };
        out.paragraph(format!(
            "From {from:.0} to {until:.0} the captures cover {} in {}{between}.",
            long_words(seconds(all)),
            count(parts, "stretch", "stretches"),
        ));
    }
    let rows = all.iter().take(ROWS_MAX).map(|one| {
        let (from, until, long) = match one.seen {
            Some(seen) => (
                format!("{:.0}", seen.from),
                format!("{:.0}", seen.until),
                long_words(seconds(std::slice::from_ref(one))),
            ),
            None => ("not told".to_owned(), "not told".to_owned(), "not told".to_owned()),
        };
        let lacks = one.lacks_words();
        vec![one.source.clone(), from, until, long, one.packets.to_string(), lacks]
    });
    out.table(
        "Captures",
        &["Capture", "From", "Until", "Covers", "Packets", "What it lacks"],
        rows.collect(),
    );
    let hashes = exchange.files.iter().take(ROWS_MAX).map(|(name, hash)| {
        vec![name.clone(), hash.clone().unwrap_or_else(|| "read once, not kept".to_owned())]
    });
    out.table("Files that were read", &["File", "SHA-256"], hashes.collect());
}

fn senders(exchange: &Exchange<'_>, out: &mut Blocks) {
    let mut silent = 0;
    for (at, one) in exchange.senders.iter().enumerate() {
        if one.receivers.is_empty() {
            silent += 1;
            continue;
        }
        if at >= DEVICES_MAX {
            continue;
        }
        out.subheading(&one.headline);
        out.note(format!("First read at {}.", one.place));
        let lines = one.receivers.iter().map(|receiver| {
            let (one, held) = (receiver.recipient, receiver.held.as_deref());
            let first = one.first().map(|first| format!(", first in packet {first}"));
            let covers: Vec<&str> =
                one.covers().into_iter().map(crate::egress::Cover::words).collect();
            format!(
                "{}; over {}, {}{}",
                one.sentence(exchange.base, held),
                one.ports_words(", "),
                covers.join(" and "),
                first.unwrap_or_default()
            )
        });
        out.0.push(Block::Steps { steps: lines.collect(), ticked: false });
        for (what, names) in [
            ("Tried in vain, nothing was exchanged", one.tried.as_slice()),
            ("Asked for, nothing exchanged was seen", one.asked_only),
        ] {
            if !names.is_empty() {
                let more = names.len().saturating_sub(NAMES_MAX);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let names = joined(names.iter().take(NAMES_MAX).map(String::as_str));
                out.note(format!("{what}: {names}{more}."));
            }
        }
    }
    if exchange.senders.len() > DEVICES_MAX {
        out.note(format!("Only the first {DEVICES_MAX} devices are shown one by one."));
    }
    if silent > 0 {
        out.note(format!(
            "Of {} nothing exchanged outside was seen in what was recorded.",
            count(silent, "device", "devices")
        ));
    }
}

fn unseen(exchange: &Exchange<'_>, out: &mut Blocks) {
    out.paragraph("What these captures cannot rule out:");
    let mut all = vec![
        "what passed elsewhere, at another time, or by another way, such as a mobile network"
            .to_owned(),
        "what was inside TLS and QUIC, and whether it was personal data".to_owned(),
        "names that were asked before the recording began, or in secret".to_owned(),
        "where anything is kept, who reads it, and to whom a recipient passes it on".to_owned(),
        "the service behind an address that a shared cloud holds, where no name was asked for"
            .to_owned(),
    ];
    if exchange.recordings.iter().any(|one| one.lacks) {
        all.push("packets that could not be read or kept: amounts are lower bounds".to_owned());
    }
    out.steps(all);
}

fn sources(exchange: &Exchange<'_>, out: &mut Blocks) {
    let facts = &exchange.base.facts;
    let mut ids: BTreeSet<&str> = exchange.form.sources.iter().map(String::as_str).collect();
    for service in receivers(exchange).iter().flat_map(|one| &one.recipient.services) {
        let known = facts.endpoints.get(&service.id);
        ids.extend(known.into_iter().flat_map(|one| &one.sources).map(String::as_str));
    }
    common::listed(facts, &ids, out);
    out.note(
        "Not legal advice. The record states what was seen and leaves the rest to be filled in.",
    );
}
