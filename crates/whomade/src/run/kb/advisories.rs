//! `whomade kb import advisories`: catalogues of holes that the user brings, as advisories of
//! the user's own folder. A record says what it says: what in it cannot be matched to a maker, a
//! model and an order of versions decides nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::names::NameMatch;
use whomade_core::kb::schema::RangeGrade;
use whomade_core::kb::{Base, Entity};
use whomade_core::report::{clean, counted};
use whomade_formats::read::catalogue::{Entry, Hole, Kind, Told, read_catalogue};

use super::import::{Input, write_epss, write_kev};
use crate::out::Out;
use crate::progress::Waiting;
use crate::render::diagnostics;
use crate::run::inputs::Inputs;
use crate::run::names::file_name;
use crate::saved::{hash_of, write_whole};
use whomade_inquiry::base::{load, sha256};

mod written;

use written::{Source, Written};

/// Files that are named one by one where they cannot be read.
const SAID_MAX: usize = 20;
/// Labels that are named where records speak of them.
const LABELS_SHOWN: usize = 8;

/// Why a record became no advisory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    Stranger,
    OfLabel,
    Rejected,
    Unusable,
    ReadHere,
    Weaker,
}

impl Left {
    const ALL: [Self; 6] = [
        Self::Stranger,
        Self::OfLabel,
        Self::Rejected,
        Self::Unusable,
        Self::ReadHere,
        Self::Weaker,
    ];

    const fn words(self) -> &'static str {
        match self {
            Self::Stranger => "name no maker of the base",
            Self::OfLabel => "name a label, which says nothing of whose firmware it is",
            Self::Rejected => "were taken back by their authority",
            Self::Unusable => "have a number that is no CVE number, or a value that cannot be",
            Self::ReadHere => "were read by a person for the base: that stands",
            Self::Weaker => "say less than what was imported already",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Stranger => "no_maker",
            Self::OfLabel => "label_only",
            Self::Rejected => "rejected",
            Self::Unusable => "unusable",
            Self::ReadHere => "read_here",
            Self::Weaker => "said_less",
        }
    }
}

/// What comes together of all files.
#[derive(Default)]
struct Taken {
    /// By number and maker, of which there may be several.
    written: BTreeMap<(String, String), Written>,
    exploited: BTreeMap<String, String>,
    scores: BTreeMap<String, (f64, f64)>,
    left: BTreeMap<Left, u64>,
    labels: BTreeSet<String>,
    files: Vec<(String, Told, String)>,
    /// Numbers of which no range can be compared.
    unranged: BTreeSet<String>,
    kev: Option<(Option<String>, Vec<Input>)>,
    epss: Option<(Option<String>, Option<String>, Vec<Input>)>,
}

impl Taken {
    fn leave(&mut self, why: Left) {
        *self.left.entry(why).or_default() += 1;
    }
}

/// Runs the import.
///
/// # Errors
/// When no file can be read, or the folder cannot be written.
pub(super) fn import(
    out: &mut Out,
    overlay: Option<&Path>,
    (files, dir): (&[PathBuf], &Path),
    as_json: bool,
) -> Result<ExitCode> {
    let (known, _) = load(overlay)?;
    let inputs = Inputs::find(files)?;
    let mut taken = Taken::default();
    let mut unread = 0_usize;
    for path in &inputs.files {
        if let Err(why) = take(out, &known.base, path, &mut taken) {
            unread += 1;
            if unread <= SAID_MAX {
                let said = Diagnostic::new("read/catalogue", clean(&why)).in_file(file_name(path));
                diagnostics::write(&mut out.aside, &said)?;
            }
        }
    }
    if taken.files.is_empty() {
        bail!("nothing was imported");
    }
    let done = write(&known.base, &mut taken, dir)?;
    if as_json {
        out.line(summary(&taken, &done, unread).to_string())?;
    } else {
        tell(out, &taken, &done, dir)?;
    }
    Ok(ExitCode::from(u8::from(unread > 0)))
}

/// Takes one file.
fn take(out: &Out, base: &Base, path: &Path, taken: &mut Taken) -> Result<(), String> {
    let name = clean(&file_name(path));
    let mut waiting = Waiting::new(out.quiet, &name);
    let mut records = 0;
    let mut holes: Vec<Hole> = Vec::new();
    let told = read_catalogue(path, &mut |entry| {
        records += 1;
        waiting.tick(records, None);
        match entry {
            // What speaks of nobody here is let go at once: a catalogue is larger than a memory.
            Entry::Hole(hole) => match speaks_of(base, &hole) {
                Speaks::Maker => holes.push(*hole),
                Speaks::Label(labels) => {
                    taken.labels.extend(labels);
                    taken.leave(Left::OfLabel);
                }
                Speaks::Nobody => taken.leave(Left::Stranger),
            },
            Entry::Rejected(_) => taken.leave(Left::Rejected),
            Entry::Unusable(_) => taken.leave(Left::Unusable),
            Entry::Exploited(cve, day) => _ = taken.exploited.insert(cve, day),
            Entry::Score(cve, score, rank) => _ = taken.scores.insert(cve, (score, rank)),
        }
    });
    drop(waiting);
    let told = told?;
    let hash = hash_of(path).unwrap_or_default();
    let input = Input { name: name.clone(), sha256: hash.clone() };
    match told.kind {
        Kind::Kev => {
            let (day, inputs) = taken.kev.get_or_insert_with(|| (None, Vec::new()));
            *day = day.take().max(told.day.clone());
            inputs.push(input);
        }
        Kind::Epss => {
            let (day, model, inputs) = taken.epss.get_or_insert_with(|| (None, None, Vec::new()));
            *day = day.take().max(told.day.clone());
            *model = told.edition.clone().or(model.take());
            inputs.push(input);
        }
        Kind::Csaf | Kind::Cve | Kind::Nvd => {
            let source = Source::of(&name, &hash, &told);
            for hole in holes {
                advisory(base, &hole, &source, taken);
            }
        }
    }
    taken.files.push((name, told, hash));
    Ok(())
}

/// Of whom a record speaks.
enum Speaks {
    Maker,
    Label(BTreeSet<String>),
    Nobody,
}

fn speaks_of(base: &Base, hole: &Hole) -> Speaks {
    let mut labels = BTreeSet::new();
    for product in &hole.products {
        match company(base, &product.company) {
            Some(Company::Maker(_)) => return Speaks::Maker,
            Some(Company::Label(id)) => _ = labels.insert(id.to_owned()),
            None => {}
        }
    }
    if labels.is_empty() { Speaks::Nobody } else { Speaks::Label(labels) }
}

/// Who bears a name of a record.
enum Company<'b> {
    Maker(&'b str),
    Label(&'b str),
}

/// The company of that name: exactly as it stands, for a name that is only like somebody's is not
/// somebody's.
fn company<'b>(base: &'b Base, written: &str) -> Option<Company<'b>> {
    let facts = &base.facts;
    let filed = |(_, one): &(&'b String, &whomade_core::kb::schema::Maker)| {
        one.cpe.iter().any(|cpe| cpe == written)
    };
    if let Some((id, _)) = facts.makers.iter().find(filed) {
        return Some(Company::Maker(id));
    }
    let (of, how) = base.names.find(&written.replace('_', " "))?;
    if how != NameMatch::Same {
        return None;
    }
    let id = base.id(of);
    let is_maker = matches!(of, Entity::Maker(_)) || facts.makers.contains_key(id);
    Some(if is_maker { Company::Maker(id) } else { Company::Label(id) })
}

/// Makes an advisory of a record, one for each maker that it names.
fn advisory(base: &Base, hole: &Hole, source: &Source, taken: &mut Taken) {
    let read_here = base
        .facts
        .advisories
        .values()
        .any(|one| one.cve == hole.cve && one.grade == RangeGrade::Read);
    if read_here {
        return taken.leave(Left::ReadHere);
    }
    let mut by_maker: BTreeMap<&str, Vec<&_>> = BTreeMap::new();
    for product in &hole.products {
        if let Some(Company::Maker(id)) = company(base, &product.company) {
            by_maker.entry(id).or_default().push(product);
        }
    }
    // The base keeps one advisory for each number: that of whom the record says most.
    let most = by_maker.into_iter().max_by_key(|(_, products)| products.len());
    let Some((maker, products)) = most else { return taken.leave(Left::Stranger) };
    let written = Written::of(base, hole, (maker, &products), source);
    let key = (hole.cve.clone(), maker.to_owned());
    match taken.written.get(&key) {
        Some(known) if known.rank() >= written.rank() => taken.leave(Left::Weaker),
        Some(_) => {
            taken.leave(Left::Weaker);
            taken.written.insert(key, written);
        }
        None => _ = taken.written.insert(key, written),
    }
}

/// What was written.
#[derive(Default)]
struct Done {
    new: u64,
    changed: u64,
    same: u64,
    ranged: u64,
    exploited: u64,
    /// Those that the base knows and this catalogue does not list.
    unlisted: u64,
    scores: u64,
}

/// Writes what was taken into the user's folder.
fn write(base: &Base, taken: &mut Taken, dir: &Path) -> Result<Done> {
    let mut done = Done::default();
    let folder = dir.join("advisories");
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    for ((cve, _), written) in std::mem::take(&mut taken.written) {
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        let path = folder.join(format!("{}.toml", cve.to_lowercase()));
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        if !before.is_empty() && !before.contains(written::MARK) {
            // Somebody wrote it: it is theirs.
            taken.leave(Left::ReadHere);
            continue;
        }
        if written::rank_of(&before) > written.rank() {
            taken.leave(Left::Weaker);
            continue;
        }
        if written.rank().0 > 0 {
            done.ranged += 1;
        } else {
            taken.unranged.insert(cve.clone());
        }
        sources.insert(written.source.id.clone(), written.source.text());
        let text = written.text();
        if before == text {
            done.same += 1;
            continue;
        }
        *(if before.is_empty() { &mut done.new } else { &mut done.changed }) += 1;
        write_whole(&path, text.as_bytes())?;
    }
    for (id, text) in sources {
        let folder = dir.join("sources");
        std::fs::create_dir_all(&folder)?;
        write_whole(&folder.join(format!("{id}.toml")), text.as_bytes())?;
    }
    if let Some((day, inputs)) = &taken.kev {
        let day = day.clone().context("the catalogue tells no day")?;
        done.exploited = write_kev(dir, &day, &taken.exploited, inputs)?;
        let known = base.facts.kev.added.keys();
        done.unlisted = known.filter(|cve| !taken.exploited.contains_key(*cve)).count() as u64;
    }
    if let Some((day, model, inputs)) = &taken.epss {
        let day = day.clone().context("the scores tell no day")?;
        let known = numbers(base, &folder);
        taken.scores.retain(|cve, _| known.contains(cve));
        done.scores = write_epss(dir, (&day, model.as_deref()), &taken.scores, inputs)?;
    }
    Ok(done)
}

/// The numbers of which the base or the folder has an advisory.
fn numbers(base: &Base, folder: &Path) -> BTreeSet<String> {
    let mut all: BTreeSet<String> =
        base.facts.advisories.values().map(|one| one.cve.clone()).collect();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) {
            all.insert(stem.to_uppercase());
        }
    }
    all
}

fn tell(out: &mut Out, taken: &Taken, done: &Done, dir: &Path) -> Result<()> {
    for (name, told, _) in &taken.files {
        let of = told.day.as_ref().map(|day| format!(" of {}", clean(day))).unwrap_or_default();
        let records = counted(told.records, "record");
        out.line(format!("{name}: {}{of}, {records}", told.kind.words()))?;
    }
    let all = done.new + done.changed + done.same;
    if all > 0 {
        out.line(format!(
            "{} of makers of the base: {} new, {} changed, {} as they were",
            counted(all, "advisory").replace("advisorys", "advisories"),
            done.new,
            done.changed,
            done.same
        ))?;
        out.line(format!("  {} with a range that can be compared", done.ranged))?;
        if !taken.unranged.is_empty() {
            let named = taken.unranged.iter().take(LABELS_SHOWN).map(String::as_str);
            let named: Vec<&str> = named.collect();
            let more = taken.unranged.len() - named.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            out.line(format!(
                "  {} without: no model, no range, or versions whose order the base does not know; \
                 of these it cannot tell whom they reach: {}{more}",
                taken.unranged.len(),
                named.join(", ")
            ))?;
        }
    }
    for why in Left::ALL {
        if let Some(count) = taken.left.get(&why) {
            out.line(format!("  {count} {}", why.words()))?;
        }
    }
    if !taken.labels.is_empty() {
        let named: Vec<&str> = taken.labels.iter().take(LABELS_SHOWN).map(String::as_str).collect();
        let more = taken.labels.len().saturating_sub(LABELS_SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        out.line(format!("    those labels: {}{more}", named.join(", ")))?;
    }
    if taken.kev.is_some() {
        out.line(format!("{} known to be exploited", counted(done.exploited, "number")))?;
        if done.unlisted > 0 {
            out.line(format!(
                "  {} that the base knows to be exploited are not among them, and stay so: is this \
                 the whole catalogue?",
                done.unlisted
            ))?;
        }
    }
    if taken.epss.is_some() {
        out.line(format!(
            "{} of EPSS, of those that the base knows",
            counted(done.scores, "score")
        ))?;
    }
    out.line(format!("  = next: whomade --kb {} screen … --advisories", dir.display()))?;
    Ok(())
}

fn summary(taken: &Taken, done: &Done, unread: usize) -> Value {
    let left: serde_json::Map<String, Value> = Left::ALL
        .iter()
        .map(|why| (why.word().to_owned(), json!(taken.left.get(why).copied().unwrap_or(0))))
        .collect();
    json!({
        "v": 1,
        "import": {
            "files": taken.files.iter().map(|(name, told, hash)| json!({
                "name": name, "kind": told.kind.word(), "day": told.day, "edition": told.edition,
                "records": told.records, "sha256": hash,
            })).collect::<Vec<_>>(),
            "files_not_read": unread,
            "new": done.new, "changed": done.changed, "unchanged": done.same,
            "with_a_range": done.ranged, "left_out": left,
            "labels": taken.labels,
            "exploited": taken.kev.is_some().then_some(done.exploited),
            "scores": taken.epss.is_some().then_some(done.scores),
        },
    })
}

/// A short number of a text.
fn short_hash(text: &str) -> String {
    sha256(text.as_bytes()).get(..8).unwrap_or_default().to_owned()
}
