//! Devices are worked out again: because somebody else asks, because the base or the day is
//! another, or because a run was taken back and what it said of them is gone.

use std::ops::ControlFlow;

use tokio::runtime::Handle;
use whomade_core::observation::Device;
use whomade_formats::read::Sites;
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::Known;
use whomade_inquiry::worker::Worker;

use crate::import::{Answers, Progress};
use crate::open::Store;
use crate::runs::{Chunk, NewAnswer, Told, Which};
use crate::wrong::Result;

/// Devices of one piece.
const PIECE: usize = 2_048;

/// How it stands with a device of which nothing is known any more: every run that spoke of it was
/// taken back.
pub(crate) const GONE: &str = "gone";

/// What is needed to work devices out again.
pub struct Rework<'a> {
    /// Where they are.
    pub store: &'a Store,
    /// What waits for the store.
    pub runtime: Handle,
    /// The base.
    pub known: &'a Known,
    /// The question.
    pub asked: &'a Asked,
    /// The run, which is open.
    pub run: i64,
    /// Told how far it is; may stop it.
    pub watch: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
}

impl std::fmt::Debug for Rework<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "rework into run {}", self.run)
    }
}

impl Rework<'_> {
    /// Works these devices out; gives how many have another answer, or nothing where it was
    /// stopped. What an earlier go did is not done again. Afterwards the run is still open.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn devices(self, devices: &[i64]) -> Result<Option<u64>> {
        let Self { store, runtime, known, asked, run, watch } = self;
        let mut taken = runtime.block_on(store.run(run))?.taken;
        let mut worker = Worker::new(known, asked);
        let (mut answers, mut columns) = (Answers::default(), Sites::default());
        let mut changed = 0;
        let done = usize::try_from(taken).unwrap_or_default();
        for piece in devices.get(done..).unwrap_or_default().chunks(PIECE) {
            let histories = runtime.block_on(store.histories(piece, None))?;
            let before = runtime.block_on(store.answers_of(piece))?;
            let mut told = Vec::new();
            for id in piece {
                let now = histories.get(id).and_then(|history| history.now());
                let answer = match now {
                    None => NewAnswer { standing: GONE.to_owned(), ..NewAnswer::default() },
                    Some(device) => again(&mut worker, &mut answers, &mut columns, device),
                };
                if before.get(id) != Some(&answer) {
                    told.push(Told {
                        which: Which::Known(*id),
                        place: String::new(),
                        sort: whomade_core::assembly::Sort::Register,
                        device: None,
                        answer: Some(answer),
                    });
                }
            }
            changed += told.len() as u64;
            let after = taken;
            taken += i64::try_from(piece.len()).unwrap_or_default();
            runtime.block_on(store.append(run, &Chunk { after, taken, told }))?;
            if watch(Progress { devices: taken, ..Progress::default() }).is_break() {
                return Ok(None);
            }
        }
        Ok(Some(changed))
    }
}

fn again(
    worker: &mut Worker<'_>,
    answers: &mut Answers,
    columns: &mut Sites,
    device: Device,
) -> NewAnswer {
    let place = columns.of(&device).unwrap_or_default().trim().to_owned();
    let found = worker.work(device);
    let answer = answers.of(worker, &found, &place);
    worker.take_back(found);
    answer
}
