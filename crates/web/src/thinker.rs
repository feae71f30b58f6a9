//! Threads that think: a worker keeps what it has worked out, and belongs on one thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;
use tokio::sync::oneshot;
use whomade_inquiry::asking::{Asked, Typed};
use whomade_inquiry::base::Known;
use whomade_inquiry::worker::Worker;

use crate::trouble::Trouble;

/// Threads: what is asked of them takes a fraction of a millisecond.
const THREADS: usize = 2;

type Thought = Box<dyn FnOnce(&mut Worker<'_>) + Send>;

/// What is asked, as far as pages tell it.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// As it was typed.
    pub(crate) typed: Typed,
    /// The day, and whether somebody named it.
    pub(crate) on: Date,
    pub(crate) day_named: bool,
    /// The preset, in words.
    pub(crate) preset: Option<String>,
    /// Whether nobody said who asks.
    pub(crate) open: bool,
}

impl Question {
    /// The same as the inquiry takes it. It counts what it answers, and belongs on one thread.
    pub(crate) fn asked(&self, known: &Known) -> anyhow::Result<Asked> {
        let on = self.typed.on.clone().or_else(|| Some(self.on.to_string()));
        Asked::check(&known.base, Typed { on, ..self.typed.clone() })
    }
}

/// Threads that work devices out by one question.
pub(crate) struct Thinker {
    /// The question.
    pub(crate) asked: Question,
    thoughts: Mutex<Sender<Thought>>,
}

impl Thinker {
    pub(crate) fn new(known: &Arc<Known>, asked: Asked) -> Self {
        let question = Question {
            typed: asked.typed.clone(),
            on: asked.on,
            day_named: asked.day_named,
            preset: asked.preset.clone(),
            open: asked.open,
        };
        let (thoughts, waiting) = channel::<Thought>();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..THREADS {
            let (known, asked) = (Arc::clone(known), asked.clone());
            let waiting = Arc::clone(&waiting);
            std::thread::spawn(move || run(&known, &asked, &waiting));
        }
        Self { asked: question, thoughts: Mutex::new(thoughts) }
    }

    /// Has something thought through; the threads end once nobody asks any more.
    pub(crate) async fn think<T: Send + 'static>(
        &self,
        thought: impl FnOnce(&mut Worker<'_>) -> T + Send + 'static,
    ) -> Result<T, Trouble> {
        let (answer, came) = oneshot::channel();
        let thought: Thought = Box::new(move |worker| {
            // Whoever asked may have gone meanwhile.
            let _ = answer.send(thought(worker));
        });
        let sent = self.thoughts.lock().unwrap_or_else(PoisonError::into_inner).send(thought);
        sent.map_err(|_| Trouble::broken())?;
        came.await.map_err(|_| Trouble::broken())
    }
}

fn run(known: &Known, asked: &Asked, waiting: &Mutex<Receiver<Thought>>) {
    let mut worker = Worker::new(known, asked);
    loop {
        let thought = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(thought) = thought else { return };
        // Input that ends a thought must not end the thread: the next one is somebody else's.
        if catch_unwind(AssertUnwindSafe(|| thought(&mut worker))).is_err() {
            worker = Worker::new(known, asked);
        }
    }
}
