//! What is read becomes part of the estate: devices are known again, worked out with everything
//! that was told of them before, and appended piece by piece. A run that broke off goes on behind
//! the last piece: the same input is read in the same order.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::runtime::Handle;
use whomade_core::assembly::again::{Again, Held, again};
use whomade_core::assembly::{Judged, Key, KeyKind, Sort, Traits, whole};
use whomade_core::attribution::Certainty;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::exposure::exposures;
use whomade_core::kb::schema::Verdict;
use whomade_core::observation::{Device, Field};
use whomade_core::report::{maker_fact, standing, written_label};
use whomade_core::ruling::MakerFact;
use whomade_formats::read::{Options, Sink, Sites, Understood, read_file};
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::Known;
use whomade_inquiry::estate::{Joined, Joiner};
use whomade_inquiry::worker::{Found, Worker};

use crate::devices::History;
use crate::listing::words_of;
use crate::open::Store;
use crate::runs::{Chunk, NewAnswer, Told, Which};
use crate::wrong::{Result, Wrong};

/// Devices of one piece: what is lost and done again when the program ends in between.
const PIECE: usize = 2_048;

/// Parts of files of which it is kept what they were taken for: of an archive of thousands of files
/// nobody reads more.
const UNDERSTOOD_MAX: usize = 200;
/// Diagnostics that are kept.
const SAID_MAX: usize = 2_000;

/// A hole reaches the device.
pub const AFFECTED: i64 = 1;
/// A hole reaches it that is known to be exploited.
pub const EXPLOITED: i64 = 2;
/// Of a hole nobody can tell.
pub const CANNOT_TELL: i64 = 4;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Bytes that were read of the file at hand.
    pub bytes: u64,
    /// All its bytes, where that is known.
    pub of: Option<u64>,
    /// Devices that are kept.
    pub devices: i64,
}

/// What came of an import.
#[derive(Debug, Default)]
pub struct Imported {
    /// What became of the files and their records.
    pub joined: Joined,
    /// What each part of the files was taken for.
    pub understood: Vec<(String, Understood)>,
    /// What was said of them, the first of it.
    pub said: Vec<Diagnostic>,
    /// Devices whose keys led to several of the estate, or to one that another device of the same
    /// input had been: they were told apart.
    pub unclear: u64,
    /// Whether it was stopped before its end; its run is still open.
    pub stopped: bool,
}

/// What an import needs.
pub struct Import<'a> {
    /// Where it goes.
    pub store: &'a Store,
    /// What waits for the store: the import itself thinks, and belongs on a thread of its own.
    pub runtime: Handle,
    /// The base.
    pub known: &'a Known,
    /// The question.
    pub asked: &'a Asked,
    /// The run, which is open.
    pub run: i64,
    /// Where the files lie for as long as they are read, each in a folder of its own: of what a
    /// record says of its file, this is left out.
    pub folder: Option<&'a Path>,
    /// Told how far it is; may stop it.
    pub watch: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
}

impl std::fmt::Debug for Import<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "import into run {}", self.run)
    }
}

/// A device that was read and waits for its piece.
struct Waiting {
    sort: Sort,
    place: String,
    device: Box<Device>,
    held: Held,
}

struct Reading<'a> {
    import: Import<'a>,
    worker: Worker<'a>,
    feed: String,
    /// Devices of the input that an earlier go has kept.
    skip: i64,
    taken: i64,
    waiting: Vec<Waiting>,
    /// Devices of the estate that this run has spoken of.
    claimed: HashSet<i64>,
    sorts: HashMap<String, Sort>,
    at: String,
    columns: Sites,
    answers: Answers,
    progress: Progress,
    imported: Imported,
    wrong: Option<Wrong>,
}

impl Import<'_> {
    /// Reads files into the run. Afterwards it is still open, for whoever publishes it.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn read(self, files: &[PathBuf], options: &Options, judged: Judged) -> Result<Imported> {
        let run = self.runtime.block_on(self.store.run(self.run))?;
        let claimed = self.runtime.block_on(self.store.devices_of(self.run))?;
        let mut reading = Reading {
            worker: Worker::new(self.known, self.asked),
            import: self,
            feed: run.feed,
            skip: run.taken,
            taken: run.taken,
            waiting: Vec::new(),
            claimed: claimed.into_iter().collect(),
            sorts: HashMap::new(),
            at: String::new(),
            columns: Sites::default(),
            answers: Answers::default(),
            progress: Progress { devices: run.taken, ..Progress::default() },
            imported: Imported::default(),
            wrong: None,
        };
        let mut joiner = Joiner::new(&mut reading, files.len(), judged);
        for file in files {
            if joiner.is_stopped() {
                break;
            }
            read_file(file, options, &mut joiner);
        }
        let joined = joiner.finish();
        if reading.wrong.is_none() && !reading.imported.stopped {
            reading.wrong = reading.piece().err();
        }
        reading.imported.joined = joined;
        reading.wrong.map_or(Ok(reading.imported), Err)
    }
}

impl Sink for Reading<'_> {
    fn begins(&mut self, name: &str) {
        self.at = name.to_owned();
    }

    fn understood(&mut self, understood: Understood) {
        self.sorts.insert(self.at.clone(), understood.format.sort);
        if self.imported.understood.len() < UNDERSTOOD_MAX {
            self.imported.understood.push((self.at.clone(), understood));
        }
    }

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        if self.skip > 0 {
            self.skip -= 1;
            return ControlFlow::Continue(());
        }
        let named = self.sorts.get(device.record.source.as_ref());
        let sort = named.or_else(|| self.sorts.get(&self.at)).copied();
        let sort = sort.unwrap_or(Sort::Register);
        let device = named_shortly(device, self.import.folder);
        let place = self.columns.of(&device).unwrap_or_default().trim().to_owned();
        let held = Held::of(&Traits::of(&device, sort, 0, Some(&place)));
        self.waiting.push(Waiting { sort, place, device, held });
        if self.waiting.len() < PIECE {
            return ControlFlow::Continue(());
        }
        if let Err(wrong) = self.piece() {
            self.wrong = Some(wrong);
            return ControlFlow::Break(());
        }
        self.watched()
    }

    fn diagnostic(&mut self, said: Diagnostic) {
        if self.imported.said.len() < SAID_MAX {
            self.imported.said.push(said);
        }
    }

    fn progress(&mut self, bytes_read: u64, bytes_total: Option<u64>) {
        (self.progress.bytes, self.progress.of) = (bytes_read, bytes_total);
        // Whoever stops it is heard at the next piece at the latest.
        let _ = self.watched();
    }
}

impl Reading<'_> {
    fn watched(&mut self) -> ControlFlow<()> {
        let flow = (self.import.watch)(self.progress);
        self.imported.stopped |= flow.is_break();
        flow
    }

    /// Keeps what waits.
    fn piece(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        let which = self.known_again(&waiting)?;
        let known: Vec<i64> = which.iter().filter_map(|one| one.known()).collect();
        let (store, runtime) = (self.import.store, self.import.runtime.clone());
        let mut histories = runtime.block_on(store.histories(&known, None))?;
        let before = runtime.block_on(store.answers_of(&known))?;
        let count = i64::try_from(waiting.len()).unwrap_or(i64::MAX);
        let mut told = Vec::with_capacity(waiting.len());
        for (one, which) in waiting.into_iter().zip(which) {
            let history = which.known().and_then(|id| histories.remove(&id));
            let whole = match history {
                None => one.device.clone(),
                Some(history) => Box::new(with(&history, &self.feed, &one)),
            };
            let found = self.worker.work(whole);
            let answer = self.answers.of(&self.worker, &found, &one.place);
            self.worker.take_back(found);
            let same = which.known().and_then(|id| before.get(&id)) == Some(&answer);
            told.push(Told {
                which,
                place: one.place,
                sort: one.sort,
                device: Some(one.device),
                answer: (!same).then_some(answer),
            });
        }
        let chunk = Chunk { after: self.taken, taken: self.taken + count, told };
        let numbers = runtime.block_on(store.append(self.import.run, &chunk))?;
        self.claimed.extend(numbers);
        self.taken = chunk.taken;
        self.progress.devices = self.taken;
        Ok(())
    }

    /// Which devices of the estate those are that wait.
    fn known_again(&mut self, waiting: &[Waiting]) -> Result<Vec<Which>> {
        let keys: BTreeSet<&Key> = waiting.iter().flat_map(|one| &one.held.keys).collect();
        let keys: Vec<&Key> = keys.into_iter().collect();
        let holders = self.import.store.holders(&keys, self.import.run);
        let holders = self.import.runtime.block_on(holders)?;
        let mut under: HashMap<(KeyKind, &str), Vec<i64>> = HashMap::new();
        for (id, held) in &holders {
            for key in &held.keys {
                under.entry((key.kind, key.value.as_str())).or_default().push(*id);
            }
        }
        let mut all = Vec::with_capacity(waiting.len());
        for one in waiting {
            let sharing = one.held.keys.iter();
            let sharing = sharing.filter_map(|key| under.get(&(key.kind, key.value.as_str())));
            let ids: BTreeSet<i64> = sharing.flatten().copied().collect();
            let near: BTreeMap<i64, &Held> =
                ids.iter().filter_map(|id| Some((*id, holders.get(id)?))).collect();
            let near = near.iter().map(|(id, held)| (id, *held));
            let which = match again(&one.held, near) {
                Again::Same(id) if self.claimed.insert(id) => Which::Known(id),
                Again::New => Which::New,
                Again::Same(_) | Again::Unclear(_) => {
                    self.imported.unclear += 1;
                    Which::New
                }
            };
            all.push(which);
        }
        Ok(all)
    }
}

/// The name of a file that lies in a folder of its own in that folder, as it was uploaded.
#[must_use]
pub fn short_name<'n>(name: &'n str, folder: Option<&Path>) -> &'n str {
    let inside = folder.and_then(Path::to_str).and_then(|folder| name.strip_prefix(folder));
    let own = inside.and_then(|rest| rest.trim_start_matches('/').split_once('/'));
    own.map_or(name, |(_, rest)| rest)
}

/// The same device with the names of its files as they were uploaded.
fn named_shortly(mut device: Box<Device>, folder: Option<&Path>) -> Box<Device> {
    let record = &mut device.record;
    for one in std::iter::once(record).chain(&mut device.others) {
        let short = short_name(&one.source, folder);
        if short.len() != one.source.len() {
            one.source = short.into();
        }
    }
    device
}

/// A device with all that was told of it, what its feed told before left out.
fn with(history: &History, feed: &str, now: &Waiting) -> Device {
    let mut last: BTreeMap<&str, _> = BTreeMap::new();
    for part in history.parts.iter().filter(|part| part.feed != feed) {
        last.insert(&part.feed, part);
    }
    let mut parts: Vec<_> = last.into_values().collect();
    parts.sort_by_key(|part| (part.published, part.id));
    let records = parts.into_iter().map(|part| (part.sort, part.seen.clone()));
    let now = std::iter::once((now.sort, (*now.device).clone()));
    whole(records.chain(now).collect()).0
}

/// Answers as the store keeps them.
#[derive(Debug, Default)]
pub struct Answers {
    /// What the regimes say, by the number of the judgement: some hundreds of texts for all.
    rulings: HashMap<usize, Arc<str>>,
}

impl Answers {
    /// The answer about a device that was worked out.
    pub fn of(&mut self, worker: &Worker<'_>, found: &Found, place: &str) -> NewAnswer {
        let base = &worker.known.base;
        let (device, design) = (&found.device, found.design());
        let maker = match maker_fact(base, design) {
            MakerFact::Unknown => String::new(),
            MakerFact::Firm(id) => id.to_owned(),
            MakerFact::Tentative(ids) => ids.join(" "),
        };
        let written = written_label(device, &found.read).unwrap_or_default();
        // However it is written, it is one label.
        let label = found.read.label.as_ref().map_or(written, |label| base.name(label.of));
        let judgement = &found.answer.judgement;
        let rulings = self.rulings.entry(judgement.number).or_insert_with(|| {
            let said = judgement.rulings.iter().zip(&judgement.would);
            let said: Vec<Value> = said
                .map(|(one, would)| json!([one.regime, one.outcome.to_string(), would.word()]))
                .collect();
            Value::from(said).to_string().into()
        });
        NewAnswer {
            name: device.name.to_string(),
            place: place.to_owned(),
            label: label.to_owned(),
            model: device.first(Field::Model).unwrap_or_default().to_owned(),
            maker,
            certainty: match design.certainty {
                Certainty::Unknown => 0,
                Certainty::Possible => 1,
                Certainty::Probable => 2,
                Certainty::Confirmed => 3,
            },
            rulings: rulings.to_string(),
            holes: holes(worker, found),
            standing: standing(base, &found.read, design, &found.contradictions).word().to_owned(),
            settles: found.suggestions().first().map_or("", |one| one.id).to_owned(),
            words: words(device, place, [label, written]),
        }
    }
}

fn holes(worker: &Worker<'_>, found: &Found) -> i64 {
    let base = &worker.known.base;
    let all = exposures(base, &found.device, &found.read, found.design());
    all.iter().fold(0, |bits, one| match one.verdict {
        Verdict::Affected if base.facts.kev.added.contains_key(&one.cve) => {
            bits | AFFECTED | EXPLOITED
        }
        Verdict::Affected => bits | AFFECTED,
        Verdict::CannotTell => bits | CANNOT_TELL,
        _ => bits,
    })
}

/// By which words a device is found: what people have in hand when they look for one.
fn words(device: &Device, place: &str, [label, written]: [&str; 2]) -> String {
    let sought = [Field::Model, Field::Product, Field::Serial, Field::Mac, Field::Ip];
    let seen = device.observations.iter().filter(|seen| sought.contains(&seen.field));
    let own = [device.name.as_str(), place, label, written];
    words_of(own.into_iter().chain(seen.map(|seen| seen.value.as_str())))
}
