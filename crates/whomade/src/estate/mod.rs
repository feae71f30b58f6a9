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
use whomade_core::report::clean;
use whomade_formats::read::{Sink, Sites, Understood};

mod judged;
mod sorter;
mod spool;

use crate::render::finding::place_of;
pub(crate) use judged::judged;
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
pub(crate) struct Joined {
    /// What each file was taken for, and what came of it.
    pub(crate) files: Vec<FileRead>,
    /// Records that were put aside; none where nothing was joined because one register holds all.
    pub(crate) records: u64,
    /// The devices that they are.
    pub(crate) devices: u64,
    /// What joined them, and what did not.
    pub(crate) assembly: Assembly,
    /// Where the records stand that the assembly speaks of: `scan.xml:12`.
    pub(crate) places: BTreeMap<u32, String>,
}

/// What became of a file.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileRead {
    pub(crate) name: String,
    /// The words of its formats; none where it could not be read.
    pub(crate) taken_for: Vec<&'static str>,
    pub(crate) records: u64,
    pub(crate) observations: u64,
    /// Why it could not be read, or not all of it.
    pub(crate) unread: Option<String>,
    /// Whether it is of a format that is read, and a part of it that may hold devices was not.
    pub(crate) cut: bool,
}

impl Joined {
    /// The files that could not be read, or not whole, and why.
    pub(crate) fn unread(&self) -> Vec<(String, String)> {
        let unread = |file: &FileRead| Some((file.name.clone(), file.unread.clone()?));
        self.files.iter().filter_map(unread).collect()
    }

    /// Whether a part of a file that is read was not, and may hold devices.
    pub(crate) fn is_cut(&self) -> bool {
        self.files.iter().any(|file| file.cut)
    }

    /// Tells what came of several files: of each what it was taken for, then what was joined.
    ///
    /// # Errors
    /// When the stream is closed.
    pub(crate) fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.files.len() < 2 {
            return Ok(());
        }
        let shown = |file: &FileRead| clean(&file.name);
        let wide = self.files.iter().map(|file| shown(file).chars().count()).max().unwrap_or(0);
        let wide = wide.min(NAME_CHARS_MAX);
        let heads = ["taken for", "records", "observations"];
        writeln!(out, "{:<wide$}  {:<16} {:>8} {:>12}", "file", heads[0], heads[1], heads[2])?;
        for file in &self.files {
            let taken = file.taken_for.join(", ");
            let taken = if taken.is_empty() { "not read" } else { &taken };
            let counts = (file.records, file.observations);
            write!(out, "{:<wide$}  {taken:<16} {:>8} {:>12}", shown(file), counts.0, counts.1)?;
            let why = file.unread.as_ref().map(|why| format!("  {}", clean(why)));
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
            "{} devices of {} records{refused}{perhaps}; `whomade devices` says why\n",
            self.devices, self.records
        )
    }
}

/// Takes records and gives devices.
pub(crate) struct Joiner<'s> {
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
    pub(crate) fn new(sink: &'s mut dyn Sink, inputs: usize, judged: Judged) -> Self {
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
    pub(crate) const fn is_stopped(&self) -> bool {
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
    pub(crate) fn finish(mut self) -> Joined {
        let files = std::mem::take(&mut self.files);
        let Some(aside) = self.aside.take().filter(|_| !self.broken) else {
            return Joined { files, ..Joined::default() };
        };
        match self.give(aside) {
            Ok(joined) => Joined { files, ..joined },
            Err(error) => {
                let _ = self.fail(&error);
                Joined { files, ..Joined::default() }
            }
        }
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
                    places.insert(number, place_of(&kept.device));
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
                number += 1;
                let mut device = match group {
                    None => kept.device,
                    Some(group) if std::mem::replace(&mut given[group], true) => continue,
                    Some(group) => {
                        let numbers = &joined.assembly.groups[group];
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
    fn begins(&mut self, name: &str) {
        self.files.push(FileRead { name: name.to_owned(), ..FileRead::default() });
        self.sink.begins(name);
    }

    fn opens(&mut self, files: usize) {
        if let Some(file) = self.files.last_mut() {
            file.taken_for.push("zip");
        }
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
            let cut = leaves_unread(&diagnostic);
            file.cut |= cut;
            if cut || diagnostic.code == "read/unknown-format" {
                file.unread.get_or_insert_with(|| diagnostic.message.clone());
            }
        }
        self.sink.diagnostic(diagnostic);
    }

    fn progress(&mut self, bytes_read: u64, bytes_total: Option<u64>) {
        self.sink.progress(bytes_read, bytes_total);
    }
}
