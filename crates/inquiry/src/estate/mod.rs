//! Between the readers and the thinking: records of several files become devices. What only one
//! register holds passes straight through; all else is put aside, on disk where it is much,
//! until it is known which records are one device.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};
use std::ops::ControlFlow;

use whomade_core::assembly::{
    Assembly, Judged, Key, OBSERVATIONS_MAX, Sort, Traits, called_by_address, join, told_apart,
    whole,
};
use whomade_core::diagnostic::{Diagnostic, leaves_unread};
use whomade_core::observation::Device;
use whomade_core::report::{clean, counted};
use whomade_formats::read::{Sink, Sites, Understood};

mod judged;
mod sorter;
mod spool;

pub use judged::judged;
use sorter::Sorter;
use spool::Spool;

/// Records that share a key with another and are held at once; beyond that nothing is joined.
const JOINED_MAX: usize = 4_000_000;

/// Records that share nothing with others but the end of a serial number; where there are more,
/// nothing is said of those that are nearly the same.
const NEAR_MAX: usize = 200_000;

/// Columns for the name of a file.
const NAME_CHARS_MAX: usize = 48;

/// What became of the records of an estate.
#[derive(Debug, Default)]
pub struct Joined {
    /// What each file was taken for, and what came of it.
    pub files: Vec<FileRead>,
    /// Records that were put aside; none where nothing was joined because one register holds all.
    pub records: u64,
    /// The devices that they are.
    pub devices: u64,
    /// What joined them, and what did not.
    pub assembly: Assembly,
    /// Where the records stand that the assembly speaks of: `scan.xml:12`.
    pub places: BTreeMap<u32, String>,
}

/// What became of a file.
#[derive(Debug, Clone, Default)]
pub struct FileRead {
    /// Its name, as typed.
    pub name: String,
    /// The words of its formats; none where it could not be read.
    pub taken_for: Vec<&'static str>,
    /// The records in it.
    pub records: u64,
    /// What was observed in them.
    pub observations: u64,
    /// The devices of which it says something; what several files speak of counts in each.
    pub devices: u64,
    /// The number of the record put aside that would be its first.
    first: u32,
    /// What was passed over in it, by the words for one and for more.
    passed_over: BTreeMap<[&'static str; 2], u64>,
    /// Why it could not be read, or not all of it.
    pub unread: Option<String>,
    /// Whether it is of a format that is read, and a part of it that may hold devices was not.
    pub cut: bool,
}

/// What is passed over with these codes: of which nothing else is lost, in words for one and more.
const PASSED_OVER: &[(&str, [&str; 2])] = &[
    ("read/bad-line", ["line was skipped", "lines were skipped"]),
    ("read/bad-json", ["further element was skipped", "further elements were skipped"]),
    ("read/long-line", ["line was cut", "lines were cut"]),
    ("read/bad-mac", ["value is no MAC address", "values are no MAC addresses"]),
    ("read/bad-date", ["value is no day", "values are no days"]),
    ("read/archive-entry", ["further entry was passed over", "further entries were passed over"]),
];

impl FileRead {
    /// Takes what was said of it.
    fn said(&mut self, said: &Diagnostic) {
        let cut = leaves_unread(said);
        self.cut |= cut;
        let counts = said.counts();
        // One that is told in full is not counted beside it.
        let told = cut && self.unread.is_none();
        if let Some((_, words)) = PASSED_OVER.iter().find(|(code, _)| *code == said.code) {
            *self.passed_over.entry(*words).or_default() += counts.saturating_sub(u64::from(told));
        }
        if cut || said.code == "read/unknown-format" {
            self.unread.get_or_insert_with(|| said.message.clone());
        }
    }

    /// What could not be read of it, in words; none where all of it was.
    fn not_read(&self) -> Option<String> {
        let over = self.passed_over.iter().filter(|(_, count)| **count > 0);
        let over = over.map(|([one, more], count)| match count {
            1 => format!("1 {one}"),
            count => format!("{count} {more}"),
        });
        let all: Vec<String> = self.unread.iter().map(|why| clean(why)).chain(over).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

impl Joined {
    /// The files that could not be read, or not whole, and why.
    pub fn unread(&self) -> Vec<(String, String)> {
        let unread = |file: &FileRead| Some((file.name.clone(), file.unread.clone()?));
        self.files.iter().filter_map(unread).collect()
    }

    /// Whether a part of a file that is read was not, and may hold devices.
    pub fn is_cut(&self) -> bool {
        self.files.iter().any(|file| file.cut)
    }

    /// Tells what came of several files: of each what it was taken for, then what was joined.
    ///
    /// # Errors
    /// When the stream is closed.
    pub fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.files.len() < 2 {
            return Ok(());
        }
        let shown = |file: &FileRead| clean(&file.name);
        let wide = self.files.iter().map(|file| shown(file).chars().count()).max().unwrap_or(0);
        let wide = wide.min(NAME_CHARS_MAX);
        let [taken, records, seen, devices] = ["taken for", "records", "observations", "devices"];
        writeln!(out, "{:<wide$}  {taken:<16} {records:>8} {seen:>12} {devices:>8}", "file")?;
        for file in &self.files {
            let taken = file.taken_for.join(", ");
            let taken = if taken.is_empty() { "not read" } else { &taken };
            let FileRead { records, observations, devices, .. } = file;
            let name = shown(file);
            write!(out, "{name:<wide$}  {taken:<16} {records:>8} {observations:>12} {devices:>8}")?;
            let why = file.not_read().map(|why| format!("  {why}"));
            writeln!(out, "{}", why.unwrap_or_default())?;
        }
        let refused = match self.assembly.refused.len() {
            0 => String::new(),
            1 => "; 1 key joined nothing".to_owned(),
            many => format!("; {many} keys joined nothing"),
        };
        let perhaps = match self.assembly.perhaps.len() {
            0 => String::new(),
            1 => "; 2 devices are perhaps one".to_owned(),
            many => format!("; {many} pairs of devices are perhaps one each"),
        };
        writeln!(
            out,
            "{} of {}{refused}{perhaps}; `whomade devices` says why\n",
            counted(self.devices, "device"),
            counted(self.records, "record")
        )
    }
}

/// Takes records and gives devices.
pub struct Joiner<'s> {
    sink: &'s mut dyn Sink,
    judged: Judged,
    /// Every key of it.
    judged_keys: BTreeSet<Key>,
    /// Whether records are put aside.
    aside: Option<Aside>,
    sort: Sort,
    source: u32,
    sites: Sites,
    files: Vec<FileRead>,
    broken: bool,
}

/// Records put aside.
#[derive(Default)]
struct Aside {
    spool: Spool,
    keys: Sorter,
    /// Records that have a key of which a person said something.
    judged: Vec<u32>,
    /// The keys of which a person said something and that a record has.
    met: BTreeSet<Key>,
}

impl<'s> Joiner<'s> {
    /// A joiner before a sink, for so many inputs.
    pub fn new(sink: &'s mut dyn Sink, inputs: usize, judged: Judged) -> Self {
        let judged_keys = judged.keys().into_iter().cloned().collect();
        let mut joiner = Self {
            sink,
            judged,
            judged_keys,
            aside: None,
            sort: Sort::Register,
            source: 0,
            sites: Sites::default(),
            files: Vec::new(),
            broken: false,
        };
        // A person may join even rows of one register.
        if inputs > 1 || !joiner.judged.is_nothing() {
            joiner.put_aside();
        }
        joiner
    }

    fn put_aside(&mut self) {
        self.aside = Some(Aside::default());
    }

    /// Whether nobody takes any more.
    pub const fn is_stopped(&self) -> bool {
        self.broken
    }

    fn fail(&mut self, error: &std::io::Error) -> ControlFlow<()> {
        let message = format!("records could not be put aside: {error}");
        let said = Diagnostic::new("estate/no-room", message)
            .help("TMPDIR names a folder with room for as much as the files hold");
        self.sink.diagnostic(said);
        self.broken = true;
        ControlFlow::Break(())
    }

    /// Gives the devices of what was put aside.
    pub fn finish(mut self) -> Joined {
        let aside = self.aside.take().filter(|_| !self.broken);
        let joined = aside.map_or(Ok(Joined::default()), |aside| self.give(aside));
        let joined = joined.unwrap_or_else(|error| {
            let _ = self.fail(&error);
            Joined::default()
        });
        Joined { files: self.files, ..joined }
    }

    fn give(&mut self, aside: Aside) -> std::io::Result<Joined> {
        let Aside { mut spool, keys, judged, met } = aside;
        for said in judged::unmatched(&self.judged, &met) {
            self.sink.diagnostic(said);
        }
        let (mut shared, near) = keys.shared(spool.records())?;
        judged.into_iter().for_each(|number| shared.insert(number));
        if shared.len() > JOINED_MAX {
            let message = format!("more than {JOINED_MAX} records share a key with another");
            let said = Diagnostic::new("estate/many-shared", message)
                .note("no records were joined")
                .help("screen the sites one by one");
            self.sink.diagnostic(said);
            shared.clear();
        } else if !shared.add(&near, NEAR_MAX) {
            let message =
                format!("serial numbers of more than {NEAR_MAX} records have an end in common");
            let said = Diagnostic::new("estate/many-near", message)
                .note("of devices whose serial numbers are nearly the same only some are said")
                .help("screen the sites one by one");
            self.sink.diagnostic(said);
        }
        let mut traits: Vec<(u32, Traits)> = Vec::with_capacity(shared.len());
        let mut offsets: HashMap<u32, u64> = HashMap::new();
        let (mut places, mut called) = (BTreeMap::new(), BTreeMap::new());
        if !shared.is_empty() {
            spool.each(|number, offset, kept| {
                if shared.contains(number) {
                    offsets.insert(number, offset);
                    places.insert(number, kept.device.record.place());
                    let address = called_by_address(&kept.device);
                    called.extend(address.map(|address| (number, address.into())));
                    traits.push((number, kept.traits()));
                }
                ControlFlow::Continue(())
            })?;
        }
        let assembly = join(&traits, &self.judged);
        let names = told_apart(&traits, &assembly.groups, &called, &places);
        drop(traits);
        let mut joined =
            Joined { records: u64::from(spool.records()), assembly, places, ..Joined::default() };
        self.emit(&mut spool, &offsets, &names, &mut joined)?;
        Ok(joined)
    }

    /// Counts a device of these records in every file that holds one of them.
    fn count_device(&mut self, numbers: &[u32]) {
        // Of files that begin with one number only the last has a record.
        let file_of = |number: &u32| {
            self.files.partition_point(|file| file.first <= *number).saturating_sub(1)
        };
        let files: BTreeSet<usize> = numbers.iter().map(file_of).collect();
        for at in files {
            if let Some(file) = self.files.get_mut(at) {
                file.devices += 1;
            }
        }
    }

    /// Gives every device where its first record stood.
    fn emit(
        &mut self,
        spool: &mut Spool,
        offsets: &HashMap<u32, u64>,
        names: &BTreeMap<u32, String>,
        joined: &mut Joined,
    ) -> std::io::Result<()> {
        let mut group_of: HashMap<u32, usize> = HashMap::new();
        for (at, group) in joined.assembly.groups.iter().enumerate() {
            group_of.extend(group.iter().map(|number| (*number, at)));
        }
        let mut given = vec![false; joined.assembly.groups.len()];
        let mut left_out = 0;
        let (mut offset, mut number) = (0, 0);
        while number < spool.records() {
            // Devices are made whole a batch at a time: all of them together may fill a memory.
            let (batch, behind) = spool.batch(offset)?;
            offset = behind;
            for kept in batch {
                let group = group_of.get(&number).copied();
                let name = names.get(&number);
                let own = number;
                number += 1;
                let mut device = match group {
                    None => {
                        self.count_device(&[own]);
                        kept.device
                    }
                    Some(group) if std::mem::replace(&mut given[group], true) => continue,
                    Some(group) => {
                        let numbers = &joined.assembly.groups[group];
                        self.count_device(numbers);
                        let (device, left) = whole(records_of(numbers, offsets, spool)?);
                        left_out += left;
                        device
                    }
                };
                if let Some(name) = name {
                    device.name = name.as_str().into();
                }
                joined.devices += 1;
                if self.sink.device(Box::new(device)).is_break() {
                    return Ok(());
                }
            }
        }
        if left_out > 0 {
            let message =
                format!("{left_out} observations had no room: a device keeps {OBSERVATIONS_MAX}");
            self.sink.diagnostic(Diagnostic::new("estate/many-observations", message));
        }
        Ok(())
    }
}

/// The records of these numbers, out of where they were put aside.
fn records_of(
    numbers: &[u32],
    offsets: &HashMap<u32, u64>,
    spool: &mut Spool,
) -> std::io::Result<Vec<(Sort, Device)>> {
    let mut records = Vec::with_capacity(numbers.len());
    for offset in numbers.iter().filter_map(|number| offsets.get(number)) {
        records.extend(spool.at(*offset)?.map(|kept| (kept.sort, kept.device)));
    }
    Ok(records)
}

impl Sink for Joiner<'_> {
    fn heard(&mut self, addresses: &str) {
        self.sink.heard(addresses);
    }

    fn begins(&mut self, name: &str) {
        let first = self.aside.as_ref().map_or(0, |aside| aside.spool.records());
        self.files.push(FileRead { name: name.to_owned(), first, ..FileRead::default() });
        self.sink.begins(name);
    }

    fn opens(&mut self, files: usize) {
        if let Some(file) = self.files.last_mut() {
            file.taken_for.push("zip");
        }
        self.sink.opens(files);
        // One input, and as many sources as there are files in it.
        if files > 1 && self.aside.is_none() {
            self.put_aside();
        }
    }

    fn understood(&mut self, understood: Understood) {
        self.source += 1;
        self.sort = understood.format.sort;
        if let Some(file) = self.files.last_mut()
            && !file.taken_for.contains(&understood.format.word)
        {
            file.taken_for.push(understood.format.word);
        }
        // A file of observations that names its records may hold others further on.
        let mixed = understood.format.word == "ndjson" && understood.header_line.is_some();
        if (self.sort != Sort::Register || mixed) && self.aside.is_none() {
            self.put_aside();
        }
        self.sink.understood(understood);
    }

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        if let Some(file) = self.files.last_mut() {
            file.records += 1;
            file.observations += device.observations.len() as u64;
            file.devices += u64::from(self.aside.is_none());
        }
        let Some(aside) = &mut self.aside else {
            let taken = self.sink.device(device);
            self.broken |= taken.is_break();
            return taken;
        };
        let site = self.sites.of(&device).map(str::to_owned);
        let traits = Traits::of(&device, self.sort, self.source, site.as_deref());
        let number = aside.spool.records();
        let kept = aside
            .spool
            .push(&device, self.sort, self.source, site.as_deref())
            .and_then(|()| traits.numbers().try_for_each(|key| aside.keys.push(key, number)))
            .and_then(|()| {
                traits.end_numbers().try_for_each(|end| aside.keys.push_end(end, number))
            });
        if !self.judged_keys.is_empty() {
            // Nobody types a site.
            let bare = |key: &Key| Key { site: Default::default(), ..key.clone() };
            let met = traits.keys.iter().map(bare);
            for key in met.filter(|key| self.judged_keys.contains(key)) {
                aside.judged.push(number);
                aside.met.insert(key);
            }
        }
        match kept {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => self.fail(&error),
        }
    }

    fn spare(&mut self) -> Box<Device> {
        if self.aside.is_some() { Box::default() } else { self.sink.spare() }
    }

    fn diagnostic(&mut self, diagnostic: Diagnostic) {
        if let Some(file) = self.files.last_mut() {
            file.said(&diagnostic);
        }
        self.sink.diagnostic(diagnostic);
    }

    fn progress(&mut self, bytes_read: u64, bytes_total: Option<u64>) {
        self.sink.progress(bytes_read, bytes_total);
    }
}
