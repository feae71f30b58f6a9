//! Reading on one thread, working on another: batches of devices go one way, their memory comes
//! back the other. Where the working falls behind, the reading side looks up what the base says of
//! a batch before it sends it. What is told keeps its place among the devices, so that the output
//! is the same as if one thread had done it all.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use whomade_core::assembly::Judged;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::evidence::{Read, Reader};
use whomade_core::kb::Base;
use whomade_core::observation::Device;
use whomade_formats::read::{Options, Sink, Understood, read_file, read_stream};

use crate::run::servers::Servers;
use whomade_inquiry::estate::{Joined, Joiner};

/// Devices of a batch.
const BATCH_DEVICES: usize = 64;
/// Bytes of records after which a batch goes, however few devices it has.
const BATCH_BYTES: usize = 1 << 20;
/// Batches on their way.
const BATCHES: usize = 4;
/// Batches on their way back: room for all that there can be, so that none is let go.
const USED_BATCHES: usize = 2 * BATCHES + 4;
/// A device that held more than this is not used again: a file of long lines is an exception.
const SPARE_BYTES_MAX: usize = 64 << 10;

/// Takes devices as a sink does, some of them with what the base has to say of them.
pub(crate) trait Taker: Sink {
    /// Takes a device.
    fn take(&mut self, device: Box<Device>, read: Option<Box<Read>>) -> ControlFlow<()>;

    /// A reading that is done with, for its memory.
    fn spare_read(&mut self) -> Box<Read>;
}

/// A device, and what the base has to say of it where that was looked up already.
type Looked = (Box<Device>, Option<Box<Read>>);

/// What is told beside the devices.
enum Told {
    Begins(String),
    Opens(usize),
    Understood(Understood),
    Diagnostic(Diagnostic),
    Heard(String),
    Progress(u64, Option<u64>),
}

#[derive(Default)]
struct Batch {
    devices: Vec<Looked>,
    /// Each with the number of devices before it.
    told: Vec<(usize, Told)>,
}

/// Takes what is read and gives it on in batches.
struct Feeder<'b> {
    reader: Reader<'b>,
    batch: Batch,
    bytes: usize,
    spare: Vec<Looked>,
    spare_reads: Vec<Box<Read>>,
    full: SyncSender<Batch>,
    used: Receiver<Vec<Looked>>,
    /// Nobody takes any more.
    closed: bool,
}

impl Feeder<'_> {
    fn send(&mut self) {
        self.bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        self.closed |= match self.full.try_send(batch) {
            Ok(()) => false,
            Err(TrySendError::Disconnected(_)) => true,
            Err(TrySendError::Full(mut batch)) => {
                for (device, read) in &mut batch.devices {
                    let mut looked = self.spare_reads.pop().unwrap_or_default();
                    self.reader.read_into(device, &mut looked);
                    *read = Some(looked);
                }
                self.full.send(batch).is_err()
            }
        };
    }

    fn tell(&mut self, told: Told) {
        self.batch.told.push((self.batch.devices.len(), told));
        if self.batch.told.len() >= BATCH_DEVICES {
            self.send();
        }
    }
}

impl Sink for Feeder<'_> {
    fn begins(&mut self, name: &str) {
        self.tell(Told::Begins(name.to_owned()));
    }

    fn opens(&mut self, files: usize) {
        self.tell(Told::Opens(files));
    }

    fn understood(&mut self, understood: Understood) {
        self.tell(Told::Understood(understood));
    }

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        self.bytes += device.records().map(|record| record.text.len()).sum::<usize>();
        self.batch.devices.push((device, None));
        if self.batch.devices.len() >= BATCH_DEVICES || self.bytes >= BATCH_BYTES {
            self.send();
        }
        if self.closed { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn spare(&mut self) -> Box<Device> {
        if self.spare.is_empty()
            && let Ok(used) = self.used.try_recv()
        {
            self.spare = used;
        }
        let (spare, read) = self.spare.pop().unwrap_or_default();
        self.spare_reads.extend(read);
        if spare.record.text.capacity() > SPARE_BYTES_MAX { Box::default() } else { spare }
    }

    fn diagnostic(&mut self, diagnostic: Diagnostic) {
        self.tell(Told::Diagnostic(diagnostic));
    }

    fn heard(&mut self, addresses: &str) {
        self.tell(Told::Heard(addresses.to_owned()));
        // Somebody waits for it now.
        self.send();
    }

    fn progress(&mut self, bytes_read: u64, bytes_total: Option<u64>) {
        self.tell(Told::Progress(bytes_read, bytes_total));
    }
}

/// Reads files on a thread of their own and gives their devices to a taker on this one. The
/// taker's spare devices are used again. Reading stops when the taker breaks. Tells what was
/// joined.
pub(crate) fn read(
    (files, servers): (&[PathBuf], &Servers),
    options: &Options,
    judged: Judged,
    base: &Base,
    taker: &mut impl Taker,
) -> Joined {
    let (full, batches) = sync_channel::<Batch>(BATCHES);
    let (give_back, used) = sync_channel(USED_BATCHES);
    thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let mut feeder = Feeder {
                reader: Reader::new(base),
                batch: Batch::default(),
                bytes: 0,
                spare: Vec::new(),
                spare_reads: Vec::new(),
                full,
                used,
                closed: false,
            };
            let mut joiner = Joiner::new(&mut feeder, files.len(), judged);
            for file in files {
                read_one(file, servers, options, &mut joiner);
                if joiner.is_stopped() {
                    break;
                }
            }
            let joined = joiner.finish();
            feeder.send();
            joined
        });
        for batch in &batches {
            let looked: Vec<bool> = batch.devices.iter().map(|(_, read)| read.is_some()).collect();
            if give(batch, taker).is_break() {
                break;
            }
            let spare = looked
                .into_iter()
                .map(|looked| (taker.spare(), looked.then(|| taker.spare_read())))
                .collect();
            // When nobody waits for them they are let go.
            let _ = give_back.try_send(spare);
        }
        // Nobody takes any more: the reading side sees it and ends.
        drop(batches);
        reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Reads a file, what a server answered, or standard input for `-`.
pub(crate) fn read_one(file: &Path, servers: &Servers, options: &Options, sink: &mut dyn Sink) {
    if servers.read(file, options, sink) {
        return;
    }
    if file == Path::new("-") {
        read_stream("standard input", &mut std::io::stdin().lock(), options, sink);
    } else {
        read_file(file, options, sink);
    }
}

fn give(batch: Batch, taker: &mut impl Taker) -> ControlFlow<()> {
    let mut told = batch.told.into_iter().peekable();
    for (at, (device, read)) in batch.devices.into_iter().enumerate() {
        while let Some((_, one)) = told.next_if(|(before, _)| *before <= at) {
            tell(one, taker);
        }
        taker.take(device, read)?;
    }
    told.for_each(|(_, one)| tell(one, taker));
    ControlFlow::Continue(())
}

fn tell(told: Told, sink: &mut dyn Sink) {
    match told {
        Told::Begins(name) => sink.begins(&name),
        Told::Opens(files) => sink.opens(files),
        Told::Understood(understood) => sink.understood(understood),
        Told::Diagnostic(diagnostic) => sink.diagnostic(diagnostic),
        Told::Heard(addresses) => sink.heard(&addresses),
        Told::Progress(read, total) => sink.progress(read, total),
    }
}
