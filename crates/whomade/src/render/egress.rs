//! To whom devices send: for people, as lines of JSON, as rows of CSV, as a page.

mod devices;
mod flow;
mod map;
mod page;
mod since;
mod sums;
mod tables;
mod world;

use std::collections::BTreeSet;
use std::io::Write as _;

use anyhow::{Result, bail};
use serde_json::{Value, json};
use whomade_core::egress::compared::Compared;
use whomade_core::egress::{Counted, Flow, Recipient, Recording, Whose};
use whomade_core::kb::{Base, Entity};
use whomade_core::observation::{Device, Field};
use whomade_core::report::{clean, clean_to, headline};
use whomade_formats::write::csv::push_cell;

use crate::out::Out;
use crate::render::finding::place_of;
use crate::run::egress::gather::{Gathered, Talking};
use crate::run::egress::held::{Held, Tables};

/// A sentence of ours around a name of the input is cut only where it is none any more.
const SENTENCE_CHARS_MAX: usize = 2_000;
/// Names without traffic that are shown.
const ASKED_MAX: usize = 8;
/// Devices that exchanged nothing outside from which on it is said how they are left out.
const SILENT_MANY: usize = 10;
/// Captures of which is said what they lack, in the sums.
const LACKING_MAX: usize = 5;

pub(crate) use page::page;
pub(crate) use since::compared;

/// Whether the map knows a country that was typed.
///
/// # Errors
/// When it does not.
pub(crate) fn is_country(typed: Option<&str>) -> Result<()> {
    if let Some(code) = typed.filter(|code| world::WORLD.find(code).is_none()) {
        let code = clean(code);
        bail!("[ask/unknown-country] `{code}` is no code of a country; write two letters: GB");
    }
    Ok(())
}

/// A country by code and name.
pub(crate) fn country_words(code: &str) -> String {
    world::WORLD.find(code).map_or_else(|| code.to_owned(), |one| format!("{} ({code})", one.name))
}

/// What a page shows, with what every part of it asks.
pub(crate) struct View<'v> {
    base: &'v Base,
    tables: &'v Tables,
    gathered: &'v Gathered,
    /// What is otherwise since earlier captures.
    compared: Option<&'v Compared>,
    /// Where the user says that the devices stand.
    here: Option<&'static world::Country>,
    sums: sums::Sums,
}

impl<'v> View<'v> {
    /// Adds up what is shown.
    pub(crate) fn new(
        base: &'v Base,
        tables: &'v Tables,
        gathered: &'v Gathered,
        (here, compared): (Option<&str>, Option<&'v Compared>),
    ) -> Self {
        let here = here.and_then(|code| world::WORLD.find(code));
        let sums = sums::Sums::of(base, tables, gathered);
        Self { base, tables, gathered, compared, here, sums }
    }

    fn is_lower_bound(&self) -> bool {
        let lacks = self.gathered.recordings.iter().any(|one| one.lacks);
        lacks || self.gathered.talking.iter().any(Talking::is_lower_bound)
    }

    /// What devices are told apart by.
    const fn where_words(&self) -> &'static str {
        if self.gathered.sited { "Site" } else { "Capture" }
    }

    /// What of the amounts may be wrong, and why.
    fn doubt(&self) -> Option<String> {
        let twice = overlapping(self.gathered);
        let bound = self.is_lower_bound().then_some(
            "Not every packet was counted, or not all could be read: amounts are lower bounds.",
        );
        let all: Vec<&str> = twice.as_deref().into_iter().chain(bound).collect();
        (!all.is_empty()).then(|| all.join(" "))
    }

    const fn sites_words(&self) -> &'static str {
        if self.gathered.sited { "Sites" } else { "Captures" }
    }

    const fn flow_title(&self) -> &'static str {
        match self.gathered.sited {
            true => "From sites to those who operate what they send to",
            false => "From captures to those who operate what was sent to",
        }
    }
}

/// Writes for people.
///
/// # Errors
/// When the output is closed.
pub(crate) fn write(
    out: &mut Out,
    base: &Base,
    tables: &Tables,
    gathered: &Gathered,
) -> Result<()> {
    let all = &gathered.talking;
    for one in all {
        device(out, base, tables, one)?;
    }
    sums(out, tables, gathered)
}

/// Writes how many devices there are and what was not seen: all that is said where files hold the
/// rest.
///
/// # Errors
/// When the output is closed.
pub(crate) fn sums(out: &mut Out, tables: &Tables, gathered: &Gathered) -> Result<()> {
    let all = &gathered.talking;
    if all.is_empty() && gathered.left_out == 0 {
        return Ok(out.line("no device was read")?);
    }
    let (sending, trying) = outside(all);
    let devices = sums::many(all.len() + gathered.left_out, "device");
    let tried = match trying {
        0 => String::new(),
        more => format!("; {more} more tried in vain, or was asked in vain"),
    };
    out.line(format!("{devices}, of which {sending} exchanged something outside{tried}"))?;
    let silent = all.len() - sending - trying;
    if silent >= SILENT_MANY {
        let said = format!("{silent} exchanged nothing outside: --outside leaves them out");
        out.line(said)?;
    }
    let lacking = gathered.recordings.iter().filter(|one| !one.lacks_words().is_empty());
    for one in lacking.take(LACKING_MAX) {
        out.line(format!("{}: {}", one.source, one.lacks_words()))?;
    }
    if let Some(twice) = overlapping(gathered) {
        out.line(twice)?;
    }
    if !tables.is_empty() {
        out.line("A country is where an address is registered, not where anything is kept.")?;
    }
    let said = "Not seen: what passed elsewhere or at another time, what is within TLS and QUIC, \
                and names that were asked before the recording or in secret. Not listed: what goes \
                to groups or to all, within the network.";
    Ok(out.line(Out::wrapped(said, 0))?)
}

/// Says that captures overlap, where they do.
fn overlapping(gathered: &Gathered) -> Option<String> {
    let devices = sums::many(gathered.overlapping, "device");
    let said =
        || format!("Captures overlap: what two of them recorded of {devices} may count twice.");
    (gathered.overlapping > 0).then(said)
}

/// How many devices exchanged something outside, and how many more were only tried in vain: a
/// connection that never came about.
fn outside(all: &[Talking]) -> (usize, usize) {
    let any = |one: &Talking, is: fn(&Recipient) -> bool| one.recipients.iter().any(is);
    let met = all.iter().filter(|one| any(one, |one| is_outside(one) && !one.is_in_vain()));
    let (met, all) = (met.count(), all.iter().filter(|one| any(one, is_outside)).count());
    (met, all - met)
}

fn is_outside(one: &Recipient) -> bool {
    one.whose != Whose::OwnNetwork
}

fn device(out: &mut Out, base: &Base, tables: &Tables, one: &Talking) -> Result<()> {
    let found = &one.found;
    out.line(headline(base, &found.worked(&[])))?;
    let certainty = found.design().certainty.word();
    let hardware = hardware(&found.device);
    let hardware = if hardware.is_empty() { hardware } else { format!("; {hardware}") };
    let place = clean(&place_of(&found.device));
    out.line(format!("  {place}{hardware}; certainty: {certainty}"))?;
    if let Some(why) = one.bound() {
        out.line(format!("  lower bound: {why}; nothing is multiplied"))?;
    }
    for recipient in one.recipients.iter().filter(|one| is_outside(one)) {
        let held = tables.of_recipient(recipient).words();
        let sentence = recipient.sentence(base, held.as_deref());
        let sentence = clean_to(&sentence, SENTENCE_CHARS_MAX);
        out.line(format!("  {}", Out::wrapped(&sentence, 2)))?;
        out.line(format!("    {}", amounts(recipient)))?;
    }
    if !one.recipients.iter().any(is_outside) {
        out.line("  nothing that it exchanged outside the network was seen")?;
    }
    let own: Vec<&Recipient> = one.recipients.iter().filter(|one| !is_outside(one)).collect();
    if !own.is_empty() {
        let sent = own.iter().fold(0_u64, |sum, one| sum.saturating_add(one.sent()));
        let got = own.iter().fold(0_u64, |sum, one| sum.saturating_add(one.got()));
        let count = own.len();
        let peers = if count == 1 { "1 peer".to_owned() } else { format!("{count} peers") };
        out.line(format!("  within the network: {peers}, {sent} B sent, {got} B got"))?;
    }
    if !one.asked_only.is_empty() {
        let mut names: Vec<String> =
            one.asked_only.iter().take(ASKED_MAX).map(|name| asked(base, name)).collect();
        if one.asked_only.len() > ASKED_MAX {
            names.push(format!("{} more", one.asked_only.len() - ASKED_MAX));
        }
        let names = names.join(", ");
        out.line(format!("  asked for, nothing exchanged was seen: {names}"))?;
    }
    Ok(out.line("")?)
}

/// The hardware addresses of a device: one address of the network may be another's the next day.
fn hardware(device: &Device) -> String {
    let all = device.observations.iter().filter(|one| one.field == Field::Mac);
    all.map(|one| clean(&one.value)).collect::<Vec<_>>().join(", ")
}

/// A name, and whose service it belongs to.
fn asked(base: &Base, name: &str) -> String {
    let shown = clean(name);
    let of = whomade_core::egress::services(base, name);
    match of.first().and_then(|one| Some((base.facts.endpoints.get(&one.id)?, one.operator))) {
        Some((service, of)) => {
            format!("{shown} of {}, which {} operates", service.name, base.name(of))
        }
        None => shown,
    }
}

/// What was counted, since when, how it is protected, and what is spoken.
fn amounts(one: &Recipient) -> String {
    let bound = if one.is_lower_bound() { "at least " } else { "" };
    let (sent, got, packets) = (one.sent(), one.got(), one.packets());
    let packets = if packets == 1 { "1 packet".to_owned() } else { format!("{packets} packets") };
    let mut parts = vec![format!("{bound}{sent} B sent, {got} B got in {packets}")];
    parts.extend(one.seen().map(|seen| format!("from {:.0} to {:.0}", seen.from, seen.until)));
    let covers: Vec<&str> = one.covers().into_iter().map(|cover| cover.words()).collect();
    parts.push(covers.join(" and "));
    parts.push(one.ports_words(", "));
    parts.extend(signs(one).into_iter().map(|sign| format!("speaks {sign}")));
    parts.extend(one.first().map(|first| format!("first in {}", clean(&first))));
    parts.join("; ")
}

fn signs(one: &Recipient) -> Vec<&'static str> {
    let mut all: Vec<&'static str> = one.flows.iter().filter_map(|flow| flow.sign).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Writes a line of JSON a device, and one that sums up.
///
/// # Errors
/// When the output is closed.
pub(crate) fn json(
    out: &mut Out,
    base: &Base,
    tables: &Tables,
    (gathered, compared): (&Gathered, Option<&Compared>),
) -> Result<()> {
    let all = &gathered.talking;
    let named = |of: Entity| json!({ "id": base.id(of), "name": base.name(of) });
    for (at, one) in all.iter().enumerate() {
        let (device, design) = (&one.found.device, one.found.design());
        let of = |field: Field| -> Vec<&str> {
            let all = device.observations.iter().filter(|one| one.field == field);
            all.map(|one| one.value.as_str()).collect()
        };
        let recipients: Vec<Value> =
            one.recipients.iter().map(|one| recipient(base, tables, one)).collect();
        let mut line = json!({
            "v": 1,
            "device": device.name.as_str(),
            "place": place_of(device),
            "macs": of(Field::Mac),
            "ips": of(Field::Ip),
            "headline": headline(base, &one.found.worked(&[])),
            "maker": design.stated().map(named),
            "certainty": design.certainty.word(),
            "lower_bound": one.is_lower_bound(),
            "recipients": recipients,
            "asked_only": one.asked_only,
        });
        if let Some(compared) = compared {
            line["compared"] = since::json(compared, Some(at));
        }
        out.line(line.to_string())?;
    }
    let recipients = all.iter().flat_map(|one| &one.recipients);
    let named = recipients.filter(|one| is_outside(one)).map(|one| one.name.as_str());
    let mut summary = json!({
        "devices": all.len(),
        "devices_outside": outside(all).0,
        "devices_in_vain": outside(all).1,
        "recipients": all.iter().map(|one| one.recipients.len()).sum::<usize>(),
        "recipients_outside": named.collect::<BTreeSet<_>>().len(),
        "overlapping": gathered.overlapping,
        "recordings": gathered.recordings.iter().map(recording).collect::<Vec<_>>(),
    });
    if gathered.left_out > 0 {
        summary["left_out"] = gathered.left_out.into();
    }
    if let Some(compared) = compared {
        summary["before_seconds"] = compared.seconds.0.into();
        summary["since_seconds"] = compared.seconds.1.into();
        summary["not_recorded"] = since::json(compared, None);
    }
    Ok(out.line(json!({ "v": 1, "summary": summary }).to_string())?)
}

fn recording(one: &Recording) -> Value {
    json!({
        "source": one.source,
        "from": one.seen.map(|seen| seen.from.to_string()),
        "until": one.seen.map(|seen| seen.until.to_string()),
        "packets": one.packets,
        "cut_packets": one.cut,
        "lacks": one.lacks_words(),
    })
}

fn recipient(base: &Base, tables: &Tables, one: &Recipient) -> Value {
    let held = tables.of_recipient(one);
    let title = |id: &str| base.facts.endpoints.get(id).map(|service| service.name.clone());
    let services = one.services.iter().map(|service| {
        let of = service.operator;
        json!({
            "id": service.id, "name": title(&service.id), "host": service.host,
            "operator": { "id": base.id(of), "name": base.name(of) },
        })
    });
    let leads = one
        .leads
        .iter()
        .map(|lead| json!({ "id": lead.id, "name": title(&lead.id), "why": lead.why }));
    json!({
        "name": one.name,
        "names": one.names,
        "whose": one.whose.word(),
        "says": one.sentence(base, held.words().as_deref()),
        "services": services.collect::<Vec<_>>(),
        "leads": leads.collect::<Vec<_>>(),
        "countries": held.countries,
        "holders": held.holders,
        "sent": one.sent(),
        "got": one.got(),
        "packets": one.packets(),
        "from": one.seen().map(|seen| seen.from.to_string()),
        "until": one.seen().map(|seen| seen.until.to_string()),
        "cover": one.covers().into_iter().map(|cover| cover.word()).collect::<Vec<_>>(),
        "lower_bound": one.is_lower_bound(),
        "flows": one.flows.iter().map(flow).collect::<Vec<_>>(),
    })
}

fn flow(one: &Flow) -> Value {
    let (counted, one_of) = match one.counted {
        Counted::Packets => ("packets", None),
        Counted::Reported => ("reported", None),
        Counted::OneOf(of) => ("sampled", Some(of)),
        Counted::Unsaid => ("unsaid", None),
    };
    json!({
        "address": one.address.to_string(),
        "port": one.port,
        "protocol": one.protocol,
        "asked": one.asked().word(),
        "in_vain": one.is_in_vain(),
        "port_of": if one.serves { "device" } else { "peer" },
        "sent": one.sent,
        "got": one.got,
        "packets": one.packets,
        "from": one.seen.map(|seen| seen.from.to_string()),
        "until": one.seen.map(|seen| seen.until.to_string()),
        "cover": one.cover.word(),
        "sign": one.sign,
        "first": (!one.first.0.is_empty()).then(|| format!("{}:{}", one.first.0, one.first.1)),
        "counted": counted,
        "one_of": one_of,
    })
}

/// The columns of CSV.
const COLUMNS: [&str; 20] = [
    "device",
    "maker",
    "certainty",
    "recipient",
    "addresses",
    "service",
    "operator",
    "whose",
    "holder",
    "country",
    "sent",
    "got",
    "from",
    "until",
    "cover",
    "ports",
    "lower bound",
    "says",
    "first",
    "hardware",
];

/// Writes a row of CSV a recipient.
///
/// # Errors
/// When the output is closed.
pub(crate) fn csv(out: &mut Out, base: &Base, tables: &Tables, all: &[Talking]) -> Result<()> {
    let mut row = COLUMNS.join(",").into_bytes();
    row.push(b'\n');
    out.rows.write_all(&row)?;
    for one in all {
        let design = one.found.design();
        let maker = design.stated().map_or("", |of| base.name(of));
        for recipient in &one.recipients {
            let held = tables.of_recipient(recipient);
            row.clear();
            let before = [one.found.device.name.as_str(), maker, design.certainty.word()];
            before.iter().for_each(|cell| push(&mut row, cell));
            cells(base, recipient, &held).iter().for_each(|cell| push(&mut row, cell));
            push(&mut row, &hardware(&one.found.device));
            row.push(b'\n');
            out.rows.write_all(&row)?;
        }
    }
    Ok(out.rows.flush()?)
}

fn push(row: &mut Vec<u8>, cell: &str) {
    if !row.is_empty() {
        row.push(b',');
    }
    push_cell(row, cell);
}

fn cells(base: &Base, one: &Recipient, held: &Held) -> [String; 16] {
    let title = |id: &str| base.facts.endpoints.get(id).map_or("", |one| one.name.as_str());
    let services: Vec<&str> = one.services.iter().map(|one| title(&one.id)).collect();
    let addresses: Vec<String> = one.addresses().iter().map(ToString::to_string).collect();
    let all = |set: &std::collections::BTreeSet<String>| {
        set.iter().cloned().collect::<Vec<_>>().join("; ")
    };
    let moment = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    [
        one.name.clone(),
        addresses.join("; "),
        services.join("; "),
        one.operator().map(|of| base.name(of).to_owned()).unwrap_or_default(),
        one.whose.word().to_owned(),
        all(&held.holders),
        all(&held.countries),
        one.sent().to_string(),
        one.got().to_string(),
        moment(one.seen().map(|seen| seen.from)),
        moment(one.seen().map(|seen| seen.until)),
        one.covers().iter().map(|cover| cover.word()).collect::<Vec<_>>().join("; "),
        one.ports_words("; "),
        if one.is_lower_bound() { "yes" } else { "" }.to_owned(),
        one.sentence(base, held.words().as_deref()),
        one.first().unwrap_or_default(),
    ]
}
