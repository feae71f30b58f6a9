//! Reading on one thread, working on another: batches of devices go one way, their memory comes
//! back the other. What is told keeps its place among the devices, so that the output is the same
//! as if one thread had done it all.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::Device;
use whomade_formats::read::{Options, Sink, Understood, read_file, read_stream};

/// Devices of a batch.
const BATCH_DEVICES: usize = 256;
/// Bytes of records after which a batch goes, however few devices it has.
const BATCH_BYTES: usize = 1 << 20;
/// Batches on their way.
const BATCHES: usize = 4;
/// A device that held more than this is not used again: a file of long lines is an exception.
const SPARE_BYTES_MAX: usize = 64 << 10;

/// What is told beside the devices.
enum Told {
    Understood(Understood),
    Diagnostic(Diagnostic),
    Progress(u64, Option<u64>),
}

#[derive(Default)]
struct Batch {
    devices: Vec<Box<Device>>,
    /// Each with the number of devices before it.
    told: Vec<(usize, Told)>,
}

/// Takes what is read and gives it on in batches.
struct Feeder {
    batch: Batch,
    bytes: usize,
    spare: Vec<Box<Device>>,
    full: SyncSender<Batch>,
    used: Receiver<Vec<Box<Device>>>,
    /// Nobody takes any more.
    closed: bool,
}

impl Feeder {
    fn send(&mut self) {
        self.bytes = 0;
        self.closed |= self.full.send(std::mem::take(&mut self.batch)).is_err();
    }

    fn tell(&mut self, told: Told) {
        self.batch.told.push((self.batch.devices.len(), told));
        if self.batch.told.len() >= BATCH_DEVICES {
            self.send();
        }
    }
}

impl Sink for Feeder {
    fn understood(&mut self, understood: Understood) {
        self.tell(Told::Understood(understood));
    }

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        self.bytes += device.record.text.len();
        self.batch.devices.push(device);
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
        let spare = self.spare.pop().unwrap_or_default();
        if spare.record.text.capacity() > SPARE_BYTES_MAX { Box::default() } else { spare }
    }

    fn diagnostic(&mut self, diagnostic: Diagnostic) {
        self.tell(Told::Diagnostic(diagnostic));
    }

    fn progress(&mut self, bytes_read: u64, bytes_total: Option<u64>) {
        self.tell(Told::Progress(bytes_read, bytes_total));
    }
}

/// Reads files on a thread of their own and gives everything to a sink on this one. The sink's
/// spare devices are used again. Reading stops when the sink breaks.
pub(crate) fn read(files: &[PathBuf], options: &Options, sink: &mut dyn Sink) {
    let (full, batches) = sync_channel::<Batch>(BATCHES);
    let (give_back, used) = sync_channel(BATCHES);
    thread::scope(|scope| {
        scope.spawn(move || {
            let batch = Batch::default();
            let spare = Vec::new();
            let mut feeder = Feeder { batch, bytes: 0, spare, full, used, closed: false };
            for file in files {
                read_one(file, options, &mut feeder);
                if feeder.closed {
                    return;
                }
            }
            feeder.send();
        });
        for batch in batches {
            let count = batch.devices.len();
            if give(batch, sink).is_break() {
                break;
            }
            let spare = (0..count).map(|_| sink.spare()).collect();
            // When nobody waits for them they are let go.
            let _ = give_back.try_send(spare);
        }
    });
}

fn read_one(file: &Path, options: &Options, sink: &mut dyn Sink) {
    if file == Path::new("-") {
        read_stream("standard input", &mut std::io::stdin().lock(), options, sink);
    } else {
        read_file(file, options, sink);
    }
}

fn give(batch: Batch, sink: &mut dyn Sink) -> ControlFlow<()> {
    let mut told = batch.told.into_iter().peekable();
    for (at, device) in batch.devices.into_iter().enumerate() {
        while let Some((_, one)) = told.next_if(|(before, _)| *before <= at) {
            tell(one, sink);
        }
        sink.device(device)?;
    }
    told.for_each(|(_, one)| tell(one, sink));
    ControlFlow::Continue(())
}

fn tell(told: Told, sink: &mut dyn Sink) {
    match told {
        Told::Understood(understood) => sink.understood(understood),
        Told::Diagnostic(diagnostic) => sink.diagnostic(diagnostic),
        Told::Progress(read, total) => sink.progress(read, total),
    }
}
