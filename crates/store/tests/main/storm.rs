//! The program is killed at any moment: nothing that was acknowledged is lost, nothing is half
//! visible, and it goes on where it was.
//!
//! The tests run this very binary as a child that makes a store, imports, publishes and judges, and
//! says on its output what was acknowledged. `WHOMADE_STORM_MOMENTS` asks for more moments.

use std::io::{BufRead as _, BufReader};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use whomade_core::observation::Device;
use whomade_store::{
    Address, JudgementKind, NewJudgement, Progress, RunState, Store, Verified, Wrong,
};

use crate::databases::on_each_unmade;
use crate::estate::{begin, devices_in, estate, large, read};

/// Names the store and the file to a child, one a line.
const CHILD: &str = "WHOMADE_STORM";
/// Moments on each database, unless the environment names others.
const MOMENTS: u64 = 8;
/// Moments at which work on one store is broken off.
const MOMENTS_OF_ONE: u64 = 4;
/// A child that is left alone is through with everything in about this time, in milliseconds.
const LIFE_MS: u64 = 2_500;
/// Rows of the register: several pieces.
const ROWS: u32 = 6_000;
/// Judgements that a child passes at the end.
const JUDGEMENTS: i64 = 40;

fn say(line: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    writeln!(out, "ack {line}").unwrap();
    out.flush().unwrap();
}

/// What the child does; without its names it is a test of nothing and says so.
#[test]
fn child() {
    let Ok(named) = std::env::var(CHILD) else {
        eprintln!("only a child of the storm does something here");
        return;
    };
    let (address, file) = named.split_once('\n').unwrap();
    let (address, file) = (Address::parse(address), PathBuf::from(file));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&address).await.unwrap();
        say("opened 0");
        let run = match store.runs(None, 1).await.unwrap().pop() {
            Some(run) => run.id,
            None => begin(&store, "storm").await,
        };
        if store.run(run).await.unwrap().state == RunState::Open {
            let watch = |at: Progress| {
                say(&format!("taken {}", at.devices));
                ControlFlow::Continue(())
            };
            read(&store, run, file, watch).await.unwrap();
            store.publish(run, "child").await.unwrap();
            say("published 1");
        }
        loop {
            let passed = store.judgements_on(7).await.unwrap();
            let seen = passed.last().map(|one| one.id);
            if passed.len() as i64 >= JUDGEMENTS {
                return;
            }
            let new = NewJudgement {
                device: 7,
                kind: JudgementKind::Dispute,
                about: String::new(),
                reason: "it stands in the cellar".to_owned(),
                until: None,
                who: "child".to_owned(),
                seen,
            };
            let id = store.judge(&new).await.unwrap();
            say(&format!("judged {id}"));
        }
    });
}

/// What a child had acknowledged when it was killed.
#[derive(Debug, Default)]
struct Acknowledged {
    taken: i64,
    published: bool,
    judged: i64,
}

/// Runs a child, and kills it after so many milliseconds if that is asked and it lives so long.
fn killed(address: &str, file: &Path, after_ms: Option<u64>) -> Acknowledged {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "storm::child", "--nocapture", "--test-threads", "1"])
        .env(CHILD, format!("{address}\n{}", file.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let reading = std::thread::spawn(move || {
        let mut seen = Acknowledged::default();
        for line in out.lines().map_while(Result::ok) {
            // The first may stand behind the name of the test.
            let Some((_, line)) = line.split_once("ack ") else { continue };
            let Some((what, number)) = line.split_once(' ') else { continue };
            let Ok(number) = number.parse() else { continue };
            match what {
                "taken" => seen.taken = number,
                "published" => seen.published = true,
                "judged" => seen.judged = number,
                _ => {}
            }
        }
        seen
    });
    if let Some(after) = after_ms {
        std::thread::sleep(Duration::from_millis(after));
        child.kill().unwrap();
    }
    child.wait().unwrap();
    reading.join().unwrap()
}

/// What holds of the store whenever it is looked at.
async fn holds(store: &Store, seen: &Acknowledged) {
    let trail = store.verify_audit(None).await.unwrap();
    assert!(matches!(trail, Verified::Whole { .. }), "{trail:?}");
    let visible = estate(store).await.len();
    let Some(run) = store.runs(None, 1).await.unwrap().pop() else {
        assert!(!seen.published && seen.taken == 0, "what was acknowledged is gone: {seen:?}");
        assert_eq!(visible, 0);
        return;
    };
    assert!(run.taken >= seen.taken, "{} devices of {seen:?}", run.taken);
    match run.state {
        RunState::Whole => assert_eq!(visible, ROWS as usize, "a run is visible as a whole"),
        _ => {
            assert!(!seen.published, "what was published is not");
            assert_eq!(visible, 0, "a run is visible as a whole");
        }
    }
    let judged = store.judgements_on(7).await.unwrap();
    assert!(judged.last().map_or(0, |one| one.id) >= seen.judged, "{seen:?}");
}

fn typed(address: &Address) -> String {
    match address {
        Address::File(path) => path.display().to_string(),
        Address::Postgres(url) => url.clone(),
        Address::Memory => unreachable!("a child has a memory of its own"),
    }
}

#[test]
fn killed_at_any_moment_it_loses_nothing_and_goes_on() {
    let moments = std::env::var("WHOMADE_STORM_MOMENTS").ok().and_then(|text| text.parse().ok());
    let moments: u64 = moments.unwrap_or(MOMENTS);
    // A store that is through is left alone by further children: the next ones get a new one.
    for round in 0..moments.div_ceil(MOMENTS_OF_ONE) {
        on_each_unmade(&format!("storm{round}"), |address, folder| async move {
            let file = large(&folder, ROWS);
            for moment in 0..MOMENTS_OF_ONE {
                let seed = 1 + round * MOMENTS_OF_ONE + moment;
                let after = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
                let seen = killed(&typed(&address), &file, Some(after % LIFE_MS));
                let store = Store::open(&address).await.unwrap();
                holds(&store, &seen).await;
                store.close().await;
            }
            let seen = killed(&typed(&address), &file, None);
            let store = Store::open(&address).await.unwrap();
            holds(&store, &seen).await;
            let judged = store.judgements_on(7).await.unwrap().len() as i64;
            assert_eq!(judged, JUDGEMENTS, "left alone it comes to its end: {seen:?}");
            let kept: Vec<Device> = estate(&store).await.into_values().collect();
            assert_eq!(kept, devices_in(&file), "as if nobody had killed it");
            store.close().await;
        });
    }
}

/// The folder of a small disk, and the register that does not fit on it, for a child.
const SMALL: &str = "WHOMADE_SMALL_DISK";
/// The folder of a disk that is read-only when the child comes again.
const BOTH: &str = "WHOMADE_DISK_OF_BOTH_KINDS";
/// A disk on which the empty store has room and a register of some thousands has none.
const SMALL_DISK: &str = "3m";

/// What the child does on the small disk.
#[test]
fn child_on_a_small_disk() {
    let Ok(named) = std::env::var(SMALL) else {
        eprintln!("only a child does something here");
        return;
    };
    let (folder, file) = named.split_once('\n').unwrap();
    let address = Address::File(Path::new(folder).join("estate.db"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&address).await.unwrap();
        let run = begin(&store, "storm").await;
        let go = |_: Progress| ControlFlow::Continue(());
        let wrong = read(&store, run, file.into(), go).await.unwrap_err();
        assert!(matches!(wrong, Wrong::Full), "{wrong}");
        // What was there before is there still, and can be read on the full disk.
        let trail = store.verify_audit(None).await.unwrap();
        assert!(matches!(trail, Verified::Whole { lines: 1, .. }), "{trail:?}");
        assert_eq!(store.run(run).await.unwrap().state, RunState::Open);
        assert!(estate(&store).await.is_empty());
        say("full 1");
    });
}

/// What the child does on the disk that is first written and then read-only.
#[test]
fn child_on_a_disk_of_both_kinds() {
    let Ok(folder) = std::env::var(BOTH) else {
        eprintln!("only a child does something here");
        return;
    };
    let address = Address::File(Path::new(&folder).join("estate.db"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        if std::fs::write(Path::new(&folder).join("note"), "x").is_ok() {
            let store = Store::open(&address).await.unwrap();
            begin(&store, "storm").await;
            store.close().await;
            return;
        }
        let wrong = match Store::open(&address).await {
            Err(wrong) => wrong,
            Ok(store) => store.undo(1, "somebody", "").await.unwrap_err(),
        };
        assert!(matches!(wrong, Wrong::ReadOnly), "{wrong}");
        say("read-only 1");
    });
}

/// Runs a test of this binary on a disk of its own, made by this script; gives what it wrote.
fn on_a_disk(script: &str, test: &str, named: (&str, String), at: &Path) -> Option<String> {
    std::fs::create_dir(at).unwrap();
    let ran = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-ec", script])
        .arg(at)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(named.0, named.1)
        .output();
    let Ok(ran) = ran else {
        eprintln!("skipped: no unshare on this machine");
        return None;
    };
    let out = String::from_utf8_lossy(&ran.stdout).into_owned();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    if said.contains("unshare failed") || said.contains("mount: ") {
        eprintln!("skipped: this machine lets nobody mount a disk of his own: {said}");
        return None;
    }
    assert!(ran.status.success(), "{out}\n{said}");
    Some(out)
}

#[test]
fn a_full_disk_loses_nothing_that_was_there() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = large(folder.path(), 3 * ROWS);
    let at = folder.path().join("small");
    let script = format!("mount -t tmpfs -o size={SMALL_DISK} none \"$0\"; exec \"$@\"");
    let named = (SMALL, format!("{}\n{}", at.display(), file.display()));
    let out = on_a_disk(&script, "storm::child_on_a_small_disk", named, &at);
    assert!(out.is_none_or(|out| out.contains("ack full 1")));
}

#[test]
fn a_disk_that_is_read_only_is_said_to_be_so() {
    let folder = tempfile::TempDir::new().unwrap();
    let at = folder.path().join("both");
    let script = "mount -t tmpfs none \"$0\"; \"$@\"; mount -o remount,ro \"$0\"; exec \"$@\"";
    let named = (BOTH, at.display().to_string());
    let out = on_a_disk(script, "storm::child_on_a_disk_of_both_kinds", named, &at);
    assert!(out.is_none_or(|out| out.contains("ack read-only 1")));
}
