//! One finding as people read it: what, how sure, why, under which rule, and what to do next.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use annotate_snippets::{Element, Group, Level};
use jiff::civil::Date;
use whomade_core::attribution::Certainty;
use whomade_core::baseline::Exempted;
use whomade_core::kb::schema::{Effect, EquipmentClass, Reading, Regime};
use whomade_core::kb::{Base, Entity};
use whomade_core::observation::{Device, Record};
use whomade_core::pack::PackSaid;
use whomade_core::report::missing_words;
use whomade_core::report::{
    Exposed, Readings, Worked, clean, clean_to, evidence_label, headline, record_sentence,
    spoken_of,
};
use whomade_core::ruling::{Outcome, Ruling};

use crate::out::Out;
use crate::packs;
use crate::render::diagnostics::{Shown, renderer};
use whomade_inquiry::asking::{Asked, names_it};

/// Columns before a note.
const NOTE_INDENT: usize = 8;
/// A reason is told in full; only one that is no sentence any more is cut.
const SENTENCE_CHARS_MAX: usize = 2_000;

/// How much is said of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// The words of every rule.
    Full,
    /// The same, where the whole way is shown below anyway.
    Explained,
    /// Only the ids of rules whose words stand above already.
    Brief,
}

/// The strongest ruling of a device that names its maker, if any does.
pub(crate) fn leading(rulings: &[Ruling]) -> Option<&Ruling> {
    rulings.iter().min_by_key(|ruling| ruling.outcome)
}

/// Writes one finding.
///
/// # Errors
/// When the stream is closed.
pub(crate) fn write(
    out: &mut dyn Write,
    base: &Base,
    asked: &Asked,
    (worked, packs): (&Worked<'_>, &[PackSaid]),
    detail: Detail,
) -> io::Result<()> {
    let leading = leading(worked.rulings);
    // Of those that wait for facts one that would bar stands for all.
    let like = |one: &&Ruling| leading.is_some_and(|known| known.outcome == one.outcome);
    let leading = worked.rulings.iter().find(|one| like(one) && bars(one)).or(leading);
    let outcome = leading.map_or(Outcome::NoRule, |ruling| ruling.outcome);
    let certainty = worked.design.certainty;
    let named = names_it(outcome);
    let level = match outcome {
        Outcome::Barred | Outcome::Restricted => Level::ERROR,
        Outcome::Undetermined | Outcome::Advised | Outcome::UnknownMaker => Level::WARNING,
        _ => Level::NOTE,
    };
    let word = if named { outcome.word() } else { certainty.word() };
    let mut title = level.with_name(word).primary_title(headline(base, worked));
    if let Some(ruling) = leading.filter(|_| named) {
        let same = worked.rulings.iter().filter(|other| other.outcome == ruling.outcome).count();
        let more = if same > 1 { format!(" +{}", same - 1) } else { String::new() };
        title = title.id(format!("{}{more}", ruling.regime));
    }
    let shown = shown(base, worked);
    let mut elements: Vec<Element<'_>> = Vec::new();
    let numbered = shown.iter().filter(|one| one.line > 0);
    elements.extend(numbered.map(|one| Element::from(one.snippet())));
    for note in notes(base, asked, (worked, packs), detail) {
        let note = Out::wrapped(&note, NOTE_INDENT);
        elements.push(Level::NOTE.no_name().message(note).into());
    }
    let groups: [Group<'_>; 1] = [title.elements(elements)];
    writeln!(out, "{}\n", renderer().render(&groups))
}

/// Records shown of one device.
const RECORDS_SHOWN_MAX: usize = 5;

/// The records with what speaks in them: the first, and of the others those in which something
/// does.
fn shown(base: &Base, worked: &Worked<'_>) -> Vec<Shown> {
    let records = worked.device.records().zip(0..).take(RECORDS_SHOWN_MAX);
    records.filter_map(|(record, of)| shown_of(base, worked, record, of)).collect()
}

/// One record with what speaks in it.
fn shown_of(base: &Base, worked: &Worked<'_>, record: &Record, of: u32) -> Option<Shown> {
    let device = worked.device;
    let first = worked.design.candidates().first().copied();
    let mut marks: Vec<(std::ops::Range<usize>, String)> = Vec::new();
    let mut order: Vec<usize> = (0..worked.read.evidence.len()).collect();
    // What carries most is marked first; that is the primary mark.
    order.sort_by_key(|at| {
        let one = &worked.read.evidence[*at];
        (worked.design.strongest != Some(*at), Some(one.of) != first)
    });
    for at in order {
        let one = &worked.read.evidence[at];
        let at = &device.observations[one.observation].at;
        let span = at.span.start as usize..at.span.end as usize;
        if at.of != of || span.is_empty() || marks.iter().any(|(marked, _)| *marked == span) {
            continue;
        }
        marks.push((span, evidence_label(base, device, one)));
    }
    if marks.is_empty() && of > 0 {
        return None;
    }
    if marks.is_empty() {
        let own = device.observations.iter().filter(|one| one.at.of == of);
        let spans = own.map(|one| &one.at.span);
        let spans = spans.map(|span| span.start as usize..span.end as usize);
        marks.extend(spans.filter(|span| !span.is_empty()).map(|span| (span, String::new())));
        match marks.first_mut() {
            Some((_, label)) => match worked.read.evidence.is_empty() {
                true => "nothing here tells the maker".clone_into(label),
                false => "what tells the maker follows".clone_into(label),
            },
            None => marks.push((0..0, "nothing to go by".to_owned())),
        }
    }
    let place = match &record.sheet {
        Some(sheet) => format!("{} [{sheet}]", record.source),
        None => record.source.to_string(),
    };
    Some(Shown::new(&place, record.line, &record.text, marks))
}

/// The lines under a finding.
pub(crate) fn notes(
    base: &Base,
    asked: &Asked,
    (worked, packs): (&Worked<'_>, &[PackSaid]),
    detail: Detail,
) -> Vec<String> {
    let mut notes = Vec::new();
    if worked.device.record.line == 0 || worked.device.record.text.is_empty() {
        notes.extend(spoken(base, worked));
        notes.extend(Readings::of(base, worked.device).firmware_lines());
    }
    if worked.device.record.line == 0 || detail == Detail::Explained {
        notes.extend(worked.read.class.map(equipment));
    }
    match detail {
        Detail::Full | Detail::Explained => {
            let (full, others) = in_full(asked, worked.rulings);
            for ruling in full {
                notes.extend(ruling_notes(asked, ruling));
            }
            let (bar, ask) = others.into_iter().partition::<Vec<_>, _>(|one| bars(one));
            for (words, all) in [("and under", bar), ("advice or an approval asked for by", ask)] {
                if !all.is_empty() {
                    let ids: Vec<&str> = all.iter().map(|one| one.regime.as_str()).collect();
                    notes.push(format!("{words} {}", ids.join(", ")));
                }
            }
        }
        Detail::Brief => notes.extend(brief(asked, worked.rulings)),
    }
    if worked.device.record.line == 0 || detail == Detail::Explained {
        let exposed = Exposed::of(base, worked.device, worked.read, worked.design);
        notes.extend(exposed.lines());
    }
    notes.extend(estate(worked));
    let first_read = worked.device.records().filter_map(|record| record.origin.as_deref());
    notes.extend(first_read.take(RECORDS_SHOWN_MAX).map(|at| format!("first read: {}", clean(at))));
    notes.push(format!("certainty: {}", record_sentence(worked.design)));
    for one in worked.contradictions {
        notes.push(format!("contradiction [{}]: {}", one.kind, one.says));
    }
    for (at, reading) in &worked.read.repaired {
        let written = clean(&worked.device.observations[*at].value);
        notes.push(format!("read `{written}` as {reading}"));
    }
    let leads = worked.device.record.line == 0 || detail == Detail::Explained;
    notes.extend(asides(base, worked, leads));
    if leads {
        let near = base.near(worked.device, worked.read);
        notes.extend(near.iter().map(|one| format!("lead, not weighed: {}", base.near_words(one))));
    }
    notes.extend(packs::lines(packs));
    let settle: Vec<&str> = worked.suggestions.iter().take(2).map(|one| one.what).collect();
    if !settle.is_empty() && worked.design.certainty < Certainty::Confirmed {
        notes.push(format!("would settle it: {}", settle.join(", or ")));
    }
    if worked.device.record.line > 0 && detail != Detail::Explained {
        notes.push(format!("next: whomade explain {}", shell_word(&worked.device.name)));
    }
    notes
}

/// Where its owner says that it stands, and which findings somebody answers for.
fn estate(worked: &Worked<'_>) -> Vec<String> {
    let mut notes = exempted(worked.exempted, worked.rulings);
    if let Some(place) = worked.place {
        let sites = clean(&place.words());
        let open = place.not_known.join(", ");
        notes.push(match (place.sites.len(), open.as_str()) {
            (1, _) => format!("stands at {sites}"),
            (_, "") => format!("claimed by two sites, {sites}, that tell the rules the same"),
            _ => format!("claimed by two sites, {sites}: not known because of that: {open}"),
        });
    }
    notes
}

/// The exempted findings in sentences, with the regimes that name the device all the same: it
/// counts as long as one does.
pub(crate) fn exempted(exempted: &[Exempted], rulings: &[Ruling]) -> Vec<String> {
    let open = rulings.iter().filter(|ruling| {
        names_it(ruling.outcome) && exempted.iter().all(|one| one.regime != ruling.regime)
    });
    let open: Vec<&str> = open.map(|ruling| ruling.regime.as_str()).collect();
    let still = match open.join(", ") {
        none if none.is_empty() => none,
        regimes => format!("; still named by {regimes}"),
    };
    let sentence = |one: &Exempted| clean_to(&one.words(), SENTENCE_CHARS_MAX) + &still;
    exempted.iter().map(sentence).collect()
}

/// What kind of equipment it is. Whether a rule on video surveillance reaches what is no camera
/// or recorder depends on the device and on the rule's own words.
fn equipment(class: EquipmentClass) -> String {
    let what = class.words();
    if class.is_video() {
        format!("equipment: {what}, by its model number: video surveillance equipment")
    } else {
        format!(
            "equipment: {what}, by its model number, which leaves open whether it is video \
             surveillance equipment"
        )
    }
}

/// What spoke, for devices without a record to point at.
fn spoken(base: &Base, worked: &Worked<'_>) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for one in &worked.read.evidence {
        let (field, value) = spoken_of(base, worked.device, one);
        let line =
            format!("{field} {}: {}", clean(value), evidence_label(base, worked.device, one));
        if !said.contains(&line) {
            said.push(line);
        }
    }
    said
}

/// The rulings told in words, and the ids of the rest. Where nobody said who asks, one rule of
/// each of a few countries is enough to see what is at stake.
fn in_full<'r>(asked: &Asked, rulings: &'r [Ruling]) -> (Vec<&'r Ruling>, Vec<&'r Ruling>) {
    if !asked.open {
        return (rulings.iter().collect(), Vec::new());
    }
    let open = |one: &&Ruling| one.outcome == Outcome::Undetermined;
    let barring = rulings.iter().filter(|one| open(one) && bars(one));
    let naming = barring.filter_map(|one| asked.regime(&one.regime));
    let told = told_first(naming);
    let (mut full, mut others) = (Vec::new(), Vec::new());
    for ruling in rulings {
        let id = ruling.regime.as_str();
        if !open(&ruling) || told.contains(id) {
            full.push(ruling);
        } else {
            others.push(ruling);
        }
    }
    (full, others)
}

/// Whether a ruling that waits for facts would bar if they were as the rule wants them.
pub(crate) fn bars(ruling: &Ruling) -> bool {
    ruling.would() == Some(Outcome::Barred)
}

/// Countries of which a rule is told in words where nobody said who asks.
const COUNTRIES_TOLD: usize = 3;

/// Of the countries with most regimes that bar the oldest of each of which words were read.
pub(crate) fn told_first<'r>(regimes: impl Iterator<Item = &'r Regime>) -> BTreeSet<&'r str> {
    type Rank<'r> = (Reverse<Option<Reading>>, Option<Date>, &'r str);
    let mut by_country: BTreeMap<&str, Vec<Rank<'r>>> = BTreeMap::new();
    let barring =
        |one: &&Regime| one.provisions.iter().any(|provision| provision.effect == Effect::Barred);
    for one in regimes.filter(barring) {
        let country = one.id.split('.').next().unwrap_or_default();
        let first = one.provisions.iter().map(|provision| provision.from).min();
        let read = one.provisions.iter().map(|provision| provision.reading).max();
        by_country.entry(country).or_default().push((Reverse(read), first, &one.id));
    }
    let mut all: Vec<_> = by_country.into_values().collect();
    // Those with as many stay in the order of their names.
    all.sort_by_key(|of| Reverse(of.len()));
    let oldest = |of: Vec<Rank<'r>>| Some(of.into_iter().min()?.2);
    all.into_iter().take(COUNTRIES_TOLD).filter_map(oldest).collect()
}

/// The rules in one line each, where their words stand above.
fn brief(asked: &Asked, rulings: &[Ruling]) -> Vec<String> {
    let mut would: Vec<&str> = Vec::new();
    let mut notes = Vec::new();
    for ruling in rulings {
        let id = ruling.regime.as_str();
        match ruling.outcome {
            Outcome::Undetermined if asked.open => would.push(id),
            Outcome::Undetermined => {
                let missing = missing_words(&ruling.missing());
                notes.push(format!("undetermined [{id}]; not known: {missing}"));
            }
            Outcome::NoRule | Outcome::NotYet | Outcome::Expired | Outcome::UnknownMaker => {}
            outcome => {
                let citation = ruling.decisive().map_or("", |step| step.citation.as_str());
                notes.push(format!("{outcome} [{id}] {citation}"));
            }
        }
    }
    if !would.is_empty() {
        notes.insert(0, format!("would be barred, as above: {}", would.join(", ")));
    }
    notes
}

/// What a regime says, in one or two lines.
fn ruling_notes(asked: &Asked, ruling: &Ruling) -> Vec<String> {
    let Some(regime) = asked.regime(&ruling.regime) else { return Vec::new() };
    let step = ruling.decisive();
    let citation = step.map_or("", |step| step.citation.as_str());
    let mut notes = Vec::new();
    match ruling.outcome {
        Outcome::NoRule | Outcome::NotYet | Outcome::Expired | Outcome::UnknownMaker
            if asked.open => {}
        Outcome::Undetermined if asked.open => {
            let what = match ruling.would() {
                Some(Outcome::Barred) => "barred",
                Some(Outcome::Restricted) => "restricted",
                _ => "advised against",
            };
            notes.push(format!("would be {what} for {} [{}]", regime.would_bar, regime.id));
        }
        Outcome::Undetermined => {
            let would = ruling.would().map_or("undetermined", Outcome::word);
            let missing = missing_words(&ruling.missing());
            let id = &regime.id;
            notes.push(format!("may be {would} [{id}] {citation}; not known: {missing}"));
        }
        outcome if asked.unasked(&regime.id, outcome).is_some() => {
            let why = asked.unasked(&regime.id, outcome).unwrap_or_default();
            notes.push(format!("{outcome} [{}]: {why}", regime.id));
        }
        outcome => {
            let text = step.map_or("", |step| step.text.as_str());
            let word = if outcome == Outcome::NotYet { "from" } else { "since" };
            let since = step.map(|step| format!(", {word} {}", step.from)).unwrap_or_default();
            notes.push(format!("{outcome} [{}] {citation}{since}: {text}", regime.id));
        }
    }
    // Where nobody said who asks, nobody is bound.
    for duty in ruling.duties.iter().filter(|_| !asked.open) {
        let by = duty.by.as_ref().map(|by| format!(" ({by})")).unwrap_or_default();
        notes.push(format!("duty{by}: {}", duty.what));
    }
    notes
}

/// What exists but does not speak for this device; leads, which weigh nothing, only where there is
/// room for them.
fn asides(base: &Base, worked: &Worked<'_>, leads: bool) -> Vec<String> {
    use whomade_core::evidence::Aside;
    if worked.design.certainty >= Certainty::Probable {
        return Vec::new();
    }
    let (mut notes, mut supplies) = (Vec::new(), Vec::<Supplies<'_>>::new());
    for aside in &worked.read.asides {
        match aside {
            Aside::Lead { .. } if !leads => {}
            Aside::Lead { label, at } => {
                let facts = base.facts.labels.get(base.id(*label));
                let Some(lead) = facts.and_then(|facts| facts.leads.get(*at)) else { continue };
                let name = base.maker(&lead.maker).map_or(lead.maker.as_str(), |of| base.name(of));
                let of = match lead.models.join(" ") {
                    models if models.is_empty() => String::new(),
                    models => format!(" for {models}"),
                };
                notes.push(format!("lead, not weighed: {name}{of}: {}", lead.why));
            }
            Aside::OtherModels { label, at } => {
                let Some(supply) = base.supply(*label, *at) else { continue };
                let name =
                    base.maker(&supply.maker).map_or(supply.maker.as_str(), |of| base.name(of));
                if supply.models.is_empty() {
                    notes.push(format!(
                        "{name} supplies some of the label, and no source tells which models"
                    ));
                    continue;
                }
                match supplies.iter_mut().find(|one| (one.label, one.name) == (*label, name)) {
                    Some(known) => known.models.extend(&supply.models),
                    None => {
                        let (label, models) = (*label, supply.models.iter().collect());
                        supplies.push(Supplies { label, name, models });
                    }
                }
            }
            Aside::OtherTime { label, at } => {
                let Some(supply) = base.supply(*label, *at) else { continue };
                let name =
                    base.maker(&supply.maker).map_or(supply.maker.as_str(), |of| base.name(of));
                notes.push(format!("{name} supplied this label at another time"));
            }
        }
    }
    notes.extend(supplies.iter().map(|one| one.sentence(base)));
    notes.dedup();
    notes
}

/// Models of a label that are listed where it stands; of more the number helps, and where they are.
const MODELS_LISTED_MAX: usize = 6;

/// What a maker supplies of a label, where this device is none of it for all that is known.
struct Supplies<'b> {
    label: Entity,
    name: &'b str,
    models: Vec<&'b String>,
}

impl Supplies<'_> {
    fn sentence(&self, base: &Base) -> String {
        let Self { label, name, models } = self;
        if models.len() <= MODELS_LISTED_MAX {
            let models: Vec<&str> = models.iter().map(|model| model.as_str()).collect();
            return format!("{name} supplies these models of the label: {}", models.join(" "));
        }
        let (count, id) = (models.len(), base.id(*label));
        format!("{name} supplies some models of the label: whomade kb show {id} has all {count}")
    }
}

/// A word that a shell takes as one.
pub(crate) fn shell_word(name: &str) -> String {
    let name = clean(name);
    let plain = |c: char| c.is_alphanumeric() || "-_./:".contains(c);
    if !name.is_empty() && name.chars().all(plain) {
        name
    } else {
        format!("'{}'", name.replace('\'', "'\\''"))
    }
}

/// What a device is called where there is room for one line.
pub(crate) fn place_of(device: &Device) -> String {
    place_in(&device.record.source, device)
}

/// The same, with a file by what a paper calls it.
pub(crate) fn place_in(file: &str, device: &Device) -> String {
    device.record.place_in(file)
}

/// Where a record stands.
pub(crate) fn place_of_record(record: &Record) -> String {
    record.place()
}
