//! What stands in the queue is done here: files are read into runs, devices worked out again. A
//! reader that comes to grief takes only its job along.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use whomade_core::assembly::Judged;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::report::clean;
use whomade_formats::read::{Options, Understood};
use whomade_store::{Import, Imported, Job, JobState, NewRun, Progress, Rework, short_name};

use crate::app::{App, Shared};
use crate::serve::log;

/// Files are read into a run.
pub(crate) const IMPORT: &str = "import";
/// Devices are worked out again.
pub(crate) const REWORK: &str = "rework";

/// How often a job says how far it is: its holder must not seem silent.
const SAY: Duration = Duration::from_millis(700);
/// How long nobody looks into the queue where nobody rang.
const LOOK: Duration = Duration::from_secs(3);
/// Diagnostics that are kept with a job.
const SAID_MAX: usize = 300;

/// What became of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worked {
    /// There was nothing to do.
    Nothing,
    /// A job was done, or came to nothing.
    One,
}

/// Works through the queue for as long as the program runs.
pub(crate) async fn work(app: Shared) {
    let holder = format!("{}", std::process::id());
    loop {
        match work_once(&app, &holder).await {
            Ok(Worked::One) => {}
            Ok(Worked::Nothing) => {
                let _ = tokio::time::timeout(LOOK, app.bell.notified()).await;
            }
            Err(wrong) => {
                log("queue", &format!("{wrong:#}"));
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// Takes a job and does it.
///
/// # Errors
/// When the store cannot be read or written; what goes wrong with the job itself is kept with it.
pub async fn work_once(app: &Arc<App>, holder: &str) -> Result<Worked> {
    let Some(job) = app.store.take_job(holder).await? else { return Ok(Worked::Nothing) };
    let (id, own) = (job.id, holder.to_owned());
    let (shared, runtime) = (Arc::clone(app), Handle::current());
    let done = tokio::task::spawn_blocking(move || {
        // The stack of a thread of ours is as large as that of the command line's reader.
        let thread = std::thread::Builder::new().stack_size(STACK).name("reader".to_owned());
        let run = move || {
            let todo = Todo { app: &shared, runtime, job: &job, holder: &own };
            catch_unwind(AssertUnwindSafe(|| todo.done()))
        };
        match thread.spawn(run) {
            Ok(thread) => thread.join().ok().and_then(Result::ok),
            Err(_) => None,
        }
    });
    let (state, said) = match done.await.ok().flatten() {
        Some(Ok(Some(said))) => (JobState::Done, said),
        // Somebody called it off, and has said so.
        Some(Ok(None)) => return Ok(Worked::One),
        Some(Err(wrong)) => (JobState::Failed, json!({ "wrong": clean(&format!("{wrong:#}")) })),
        None => (JobState::Failed, json!({ "wrong": crate::words::READER_DIED })),
    };
    match app.store.end_job(id, holder, state, &said).await {
        // It was called off at the last moment, or is somebody else's by now.
        Err(whomade_store::Wrong::Stale(_)) | Ok(()) => Ok(Worked::One),
        Err(wrong) => Err(wrong.into()),
    }
}

const STACK: usize = 16 << 20;

/// A job that is being done.
struct Todo<'a> {
    app: &'a Shared,
    runtime: Handle,
    job: &'a Job,
    holder: &'a str,
}

impl Todo<'_> {
    /// Does it; nothing where it was called off.
    fn done(&self) -> Result<Option<Value>> {
        match self.job.kind.as_str() {
            IMPORT => self.import(),
            REWORK => self.rework(),
            kind => bail!("this program does not know jobs of the kind `{kind}`"),
        }
    }

    /// The run of the job: the one that an earlier go has begun, or a new one.
    fn run(&self, kind: &str, feed: &str, inputs: &Value) -> Result<i64> {
        if let Some(run) = self.job.run {
            return Ok(run);
        }
        let thinker = self.runtime.block_on(self.app.thinker()).map_err(told)?;
        let new = NewRun {
            feed: feed.to_owned(),
            kind: kind.to_owned(),
            who: self.job.who.clone(),
            inputs: inputs.clone(),
            base: self.app.base_name.clone(),
            asked: serde_json::to_value(&thinker.asked.typed)?,
            day: thinker.asked.on.to_string(),
        };
        let store = &self.app.store;
        let run = self.runtime.block_on(store.begin_run(&new))?;
        self.runtime.block_on(store.job_writes(self.job.id, self.holder, run))?;
        Ok(run)
    }

    /// Says how far it is now and then; breaks off where it was called off.
    fn watch(&self, of_all: i64) -> impl FnMut(Progress) -> ControlFlow<()> + '_ {
        let mut last = crate::clock::now();
        move |at: Progress| {
            if last.elapsed() < SAY {
                return ControlFlow::Continue(());
            }
            last = crate::clock::now();
            let (done, of) = match at.of {
                Some(of) if of_all == 0 => (at.bytes, of),
                _ => (u64::try_from(at.devices).unwrap_or_default(), of_all.unsigned_abs()),
            };
            let number = |many: u64| i64::try_from(many).unwrap_or(i64::MAX);
            let held = self.app.store.hold_job(self.job.id, self.holder, number(done), number(of));
            match self.runtime.block_on(held) {
                Ok(true) => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            }
        }
    }

    fn import(&self) -> Result<Option<Value>> {
        let asked = &self.job.asked;
        let feed = asked["feed"].as_str().context("the job names no feed")?;
        let folder = tempfile::tempdir_in(&self.app.folder)?;
        let mut files: Vec<PathBuf> = Vec::new();
        for (at, input) in asked["inputs"].as_array().into_iter().flatten().enumerate() {
            let name = input["name"].as_str().unwrap_or("file");
            let hash = input["sha256"].as_str().unwrap_or_default();
            // Two files may bear one name.
            let own = folder.path().join(at.to_string());
            std::fs::create_dir(&own)?;
            let path = own.join(name);
            let mut file = std::fs::File::create(&path)?;
            self.runtime.block_on(self.app.store.copy_blob(hash, &mut file))?;
            files.push(path);
        }
        let run = self.run(IMPORT, feed, &asked["inputs"])?;
        let thinker = self.runtime.block_on(self.app.thinker()).map_err(told)?;
        let question = thinker.asked.asked(&self.app.known)?;
        let mut watch = self.watch(0);
        let import = Import {
            store: &self.app.store,
            runtime: self.runtime.clone(),
            known: &self.app.known,
            asked: &question,
            run,
            folder: Some(folder.path()),
            watch: &mut watch,
        };
        let imported = import.read(&files, &Options::default(), Judged::default())?;
        if imported.stopped {
            let undo = self.app.store.undo(run, &self.job.who, "the job was called off");
            self.runtime.block_on(undo)?;
            return Ok(None);
        }
        let kept = self.runtime.block_on(self.app.store.run(run))?;
        let said = came(&imported, folder.path(), kept.devices);
        if kept.devices == 0 {
            let undo = self.app.store.undo(run, &self.job.who, "no device was in it");
            self.runtime.block_on(undo)?;
        } else {
            self.runtime.block_on(self.app.store.publish(run, &self.job.who))?;
        }
        Ok(Some(said))
    }

    fn rework(&self) -> Result<Option<Value>> {
        let store = &self.app.store;
        let of_run = self.job.asked["of_run"].as_i64();
        let mut devices = match of_run {
            Some(run) => self.runtime.block_on(store.devices_of(run))?,
            None => self.runtime.block_on(self.app.listing()).map_err(told)?.devices().to_vec(),
        };
        devices.sort_unstable();
        devices.dedup();
        let run = self.run(REWORK, REWORK, &self.job.asked)?;
        let thinker = self.runtime.block_on(self.app.thinker()).map_err(told)?;
        let question = thinker.asked.asked(&self.app.known)?;
        let mut watch = self.watch(i64::try_from(devices.len()).unwrap_or(i64::MAX));
        let rework = Rework {
            store,
            runtime: self.runtime.clone(),
            known: &self.app.known,
            asked: &question,
            run,
            watch: &mut watch,
        };
        let Some(changed) = rework.devices(&devices)? else {
            self.runtime.block_on(store.undo(run, &self.job.who, "the job was called off"))?;
            return Ok(None);
        };
        self.runtime.block_on(store.publish(run, &self.job.who))?;
        Ok(Some(json!({ "devices": devices.len(), "changed": changed })))
    }
}

fn told(trouble: crate::trouble::Trouble) -> anyhow::Error {
    anyhow::anyhow!(trouble.detail)
}

/// What came of an import, for people: without the way to a folder that is gone.
fn came(imported: &Imported, folder: &std::path::Path, devices: i64) -> Value {
    let short = |text: &str| short_name(text, Some(folder)).to_owned();
    let folder = format!("{}/", folder.display());
    let files = imported.joined.files.iter().map(|file| {
        json!({
            "name": short(&file.name), "taken_for": file.taken_for.join(", "),
            "records": file.records, "devices": file.devices, "observations": file.observations,
            "unread": file.unread.as_ref().map(|why| why.replace(&folder, "")),
        })
    });
    let said = imported.said.iter().take(SAID_MAX).map(|one| diagnostic(one, &short));
    let columns = imported.understood.iter().filter(|(_, one)| !one.columns.is_empty());
    json!({
        "files": files.collect::<Vec<_>>(),
        "columns": columns.map(|(name, one)| uses(&short(name), one)).collect::<Vec<_>>(),
        "said": said.collect::<Vec<_>>(),
        "devices": devices, "unclear": imported.unclear,
    })
}

fn uses(name: &str, one: &Understood) -> Value {
    let columns = one.columns.iter().map(|column| json!([column.header, column.used_as.word()]));
    let of = match &one.sheet {
        Some(sheet) => format!("{name}, {sheet}"),
        None => name.to_owned(),
    };
    json!({ "of": of, "uses": columns.collect::<Vec<_>>() })
}

fn diagnostic(one: &Diagnostic, short: &dyn Fn(&str) -> String) -> Value {
    let at = one.place.as_ref().map(|place| match place.line {
        0 => short(&place.source),
        line => format!("{}:{line}", short(&place.source)),
    });
    json!({
        "code": one.code, "severity": one.severity.word(), "message": clean(&one.message),
        "at": at, "help": one.help,
    })
}
