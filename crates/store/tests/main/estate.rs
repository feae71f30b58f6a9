//! What is read becomes part of the estate, and comes back as it was.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::json;
use whomade_core::assembly::Judged;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::Device;
use whomade_formats::read::{Options, Sink, Understood, read_file};
use whomade_inquiry::asking::{Asked, Typed};
use whomade_inquiry::base::{Known, load};
use whomade_store::{
    Address, Facet, Import, Imported, JudgementKind, Listing, NewJudgement, NewRun, Progress,
    Query, RunState, Store, Wrong,
};

use crate::databases::{Fresh, example, on_each};

pub(crate) async fn begin(store: &Store, feed: &str) -> i64 {
    let new = NewRun {
        feed: feed.to_owned(),
        kind: "import".to_owned(),
        who: "tester".to_owned(),
        inputs: json!([feed]),
        base: "of the test".to_owned(),
        asked: json!({}),
        day: "2026-11-22".to_owned(),
    };
    store.begin_run(&new).await.unwrap()
}

/// Reads a file into a run, on a thread of its own as the program does it; stops where `watch`
/// says so.
pub(crate) async fn read(
    store: &Store,
    run: i64,
    file: PathBuf,
    mut watch: impl FnMut(Progress) -> ControlFlow<()> + Send + 'static,
) -> Result<Imported, Wrong> {
    let (store, runtime) = (store.clone(), tokio::runtime::Handle::current());
    let thread = std::thread::spawn(move || {
        let (known, _): (Known, _) = load(None).unwrap();
        let typed = Typed { on: Some("2026-11-22".to_owned()), ..Typed::default() };
        let asked = Asked::check(&known.base, &typed).unwrap();
        let import = Import {
            store: &store,
            runtime,
            known: &known,
            asked: &asked,
            run,
            folder: None,
            watch: &mut watch,
        };
        import.read(&[file], &Options::default(), Judged::default())
    });
    tokio::task::spawn_blocking(move || thread.join().unwrap()).await.unwrap()
}

fn on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[derive(Default)]
struct Devices(Vec<Device>);

impl Sink for Devices {
    fn understood(&mut self, _: Understood) {}

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        self.0.push(*device);
        ControlFlow::Continue(())
    }

    fn diagnostic(&mut self, _: Diagnostic) {}
}

pub(crate) fn devices_in(file: &Path) -> Vec<Device> {
    let mut devices = Devices::default();
    read_file(file, &Options::default(), &mut devices);
    devices.0
}

/// Every device of the estate as it is known now, by its number.
pub(crate) async fn estate(store: &Store) -> BTreeMap<i64, Device> {
    let all: Vec<i64> = (1..=20_000).collect();
    let histories = store.histories(&all, None).await.unwrap();
    histories.into_iter().filter_map(|(id, history)| Some((id, history.now()?))).collect()
}

#[test]
fn what_was_read_comes_back_as_it_was() {
    on_each("back", |Fresh { store, .. }| async move {
        let file = example("council.csv");
        let run = begin(&store, "register").await;
        read(&store, run, file.clone(), on).await.unwrap();
        assert!(estate(&store).await.is_empty(), "a run that is not whole is seen by nobody");
        assert_eq!(store.run(run).await.unwrap().state, RunState::Open);
        store.publish(run, "tester").await.unwrap();
        let was = devices_in(&file);
        let kept: Vec<Device> = estate(&store).await.into_values().collect();
        assert_eq!(was.len(), 308);
        assert_eq!(kept, was);
        let told = store.run(run).await.unwrap();
        assert_eq!((told.devices, told.new_devices, told.state), (308, 308, RunState::Whole));
        let answers = store.answers_of(&(1..=308).collect::<Vec<_>>()).await.unwrap();
        let stated = answers.values().filter(|one| one.certainty == 2).count();
        assert_eq!(stated, 222, "as many as `screen` calls probable");
        // Once it is whole nothing is added any more.
        assert!(matches!(store.publish(run, "tester").await, Err(Wrong::Stale(_))));
        store.undo(run, "tester", "the wrong file").await.unwrap();
        assert!(estate(&store).await.is_empty(), "what was undone is seen by nobody");
        assert!(store.answers_of(&[1, 2, 3]).await.unwrap().is_empty());
    });
}

#[test]
fn the_same_register_read_again_adds_no_device_and_no_answer() {
    on_each("twice", |Fresh { store, .. }| async move {
        let file = example("council.csv");
        for _ in 0..2 {
            let run = begin(&store, "register").await;
            read(&store, run, file.clone(), on).await.unwrap();
            store.publish(run, "tester").await.unwrap();
        }
        let second = store.run(2).await.unwrap();
        // Rows that have nothing but a place and a label tell nobody which they were.
        let unnamed = devices_in(&file).len() as i64 - (second.devices - second.new_devices);
        assert_eq!(second.new_devices, unnamed);
        assert!(second.new_devices <= 2, "{} devices were not known again", second.new_devices);
        let answers: i64 = store.answers_in(2).await.unwrap();
        assert_eq!(answers, second.new_devices, "an answer that is the same is not kept twice");
    });
}

/// A register of many cameras; the seed of each number is its row.
pub(crate) fn large(folder: &Path, rows: u32) -> PathBuf {
    let mut text = String::from("Asset,Label,Model,Serial\n");
    for row in 0..rows {
        writeln!(text, "CAM-{row:05},LTS,CMIP7422N-28M,E{:08}", 10_000_000 + row * 7).unwrap();
    }
    let file = folder.join("large.csv");
    std::fs::write(&file, text).unwrap();
    file
}

#[test]
fn an_import_that_broke_off_goes_on_behind_its_last_piece() {
    on_each("goes_on", |Fresh { store, folder, .. }| async move {
        let file = large(&folder, 5_000);
        let run = begin(&store, "large").await;
        let stop = |at: Progress| match at.devices {
            0 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        };
        let imported = read(&store, run, file.clone(), stop).await.unwrap();
        assert!(imported.stopped);
        let half = store.run(run).await.unwrap();
        assert!(half.taken > 0 && half.taken < 5_000, "{}", half.taken);
        assert!(estate(&store).await.is_empty());
        let imported = read(&store, run, file.clone(), on).await.unwrap();
        assert!(!imported.stopped);
        store.publish(run, "tester").await.unwrap();
        let kept: Vec<Device> = estate(&store).await.into_values().collect();
        assert_eq!(kept, devices_in(&file));
    });
}

#[test]
fn a_camera_on_the_old_nail_is_another_device() {
    on_each("nail", |Fresh { store, folder, .. }| async move {
        let file = folder.join("register.csv");
        let first = "Asset,Site,Label,Model,Serial\nCAM-1,North,LTS,CMIP7422N-28M,E11111111\n";
        let second = "Asset,Site,Label,Model,Serial\nCAM-1,North,Axis,P3245-LV,ACCC8E123456\n";
        for text in [first, second] {
            std::fs::write(&file, text).unwrap();
            let run = begin(&store, "register").await;
            read(&store, run, file.clone(), on).await.unwrap();
            store.publish(run, "tester").await.unwrap();
        }
        let kept = estate(&store).await;
        assert_eq!(kept.len(), 2);
        // What was known before the second reading.
        let then = store.run(1).await.unwrap().ended_at;
        let histories = store.histories(&[1, 2], then.as_deref()).await.unwrap();
        assert_eq!(histories.keys().copied().collect::<Vec<_>>(), [1]);
    });
}

#[test]
fn two_who_go_on_with_one_run_do_not_both() {
    on_each("both", |Fresh { store, folder, .. }| async move {
        let file = large(&folder, 10);
        let run = begin(&store, "large").await;
        read(&store, run, file.clone(), on).await.unwrap();
        let again = whomade_store::Chunk { after: 0, taken: 10, told: Vec::new() };
        assert!(matches!(store.append(run, &again).await, Err(Wrong::Stale(_))));
    });
}

#[test]
fn two_who_judge_one_device_do_not_talk_past_each_other() {
    on_each("judge", |Fresh { store, folder, .. }| async move {
        let file = large(&folder, 3);
        let run = begin(&store, "large").await;
        read(&store, run, file, on).await.unwrap();
        let new = |who: &str, seen| NewJudgement {
            device: 2,
            kind: JudgementKind::Exempt,
            about: "uk.co.2022_11_24".to_owned(),
            reason: "no network reaches it".to_owned(),
            until: Some("2027-03-31".to_owned()),
            who: who.to_owned(),
            seen,
        };
        let early = store.judge(&new("ann", None)).await.unwrap_err();
        assert!(matches!(early, Wrong::Nothing(_)), "nobody sees the device yet: {early}");
        store.publish(run, "tester").await.unwrap();
        let first = store.judge(&new("ann", None)).await.unwrap();
        let stale = store.judge(&new("ben", None)).await.unwrap_err();
        assert!(matches!(stale, Wrong::Stale(_)), "{stale}");
        let own = store.second(first, "ann").await.unwrap_err();
        assert!(matches!(own, Wrong::Refused(_)), "{own}");
        store.second(first, "ben").await.unwrap();
        assert!(matches!(store.second(first, "cleo").await, Err(Wrong::Stale(_))));
        store.withdraw(first, "ann", "it was moved").await.unwrap();
        assert!(matches!(store.withdraw(first, "ben", "").await, Err(Wrong::Stale(_))));
        let second = store.judge(&new("ben", Some(first))).await.unwrap();
        let on_it = store.judgements_on(2).await.unwrap();
        let ids: Vec<i64> = on_it.iter().map(|one| one.id).collect();
        assert_eq!(ids, [first, second]);
        assert_eq!(on_it[0].seconded.as_ref().map(|(who, _)| who.as_str()), Some("ben"));
        assert!(on_it[0].withdrawn.is_some());
        for (reason, until) in [(" ", Some("2027-03-31")), ("x", None), ("x", Some("2027-02-30"))] {
            let bad = NewJudgement {
                reason: reason.to_owned(),
                until: until.map(str::to_owned),
                ..new("ann", Some(second))
            };
            assert!(matches!(store.judge(&bad).await, Err(Wrong::Refused(_))));
        }
        // What was refused left no line in the trail.
        let lines = store.audit_lines(None, Some("device:2"), 10).await.unwrap();
        let acts: Vec<&str> = lines.iter().map(|line| line.act.as_str()).collect();
        let passed = "judgement.pass";
        assert_eq!(acts, [passed, "judgement.withdraw", "judgement.second", passed]);
    });
}

#[test]
fn the_list_finds_and_counts_what_is_there() {
    on_each("list", |Fresh { store, .. }| async move {
        let run = begin(&store, "register").await;
        read(&store, run, example("council.csv"), on).await.unwrap();
        assert!(Listing::load(&store).await.unwrap().is_empty());
        store.publish(run, "tester").await.unwrap();
        let listing = Listing::load(&store).await.unwrap();
        assert_eq!(listing.len(), 308);
        let count = |words: &str, chosen: &[(Facet, &[&str])]| {
            let all = |values: &[&str]| values.iter().map(ToString::to_string).collect();
            let chosen = chosen.iter().map(|(facet, values)| (*facet, all(values))).collect();
            listing.find(&Query { words: words.to_owned(), chosen, places: None }).rows.len()
        };
        assert_eq!(count("", &[]), 308);
        assert_eq!(count("NBC-002", &[]), 1);
        assert_eq!(count("b4:a3:82:22:95:ab", &[]), 1);
        assert_eq!(count("B4A382 2295ab hikvision", &[]), 1);
        assert_eq!(count("b4a38222%", &[]), 1, "signs that SQL obeys are none here");
        assert_eq!(count("nobody has this", &[]), 0);
        assert_eq!(count("", &[(Facet::Certainty, &["probable"])]), 222);
        let chosen: [(Facet, &[&str]); 2] =
            [(Facet::Maker, &["hikvision"]), (Facet::Certainty, &["probable", "possible"])];
        let found = listing.find(&Query {
            chosen: chosen
                .map(|(facet, all)| (facet, all.iter().map(ToString::to_string).collect()))
                .to_vec(),
            ..Query::default()
        });
        assert!(
            found.rows.iter().all(|row| &*listing.listed(*row).unwrap().values[1] == "hikvision")
        );
        // Other makers stand beside the chosen one with what they would show.
        let (_, makers) = found.facets.iter().find(|(facet, _)| *facet == Facet::Maker).unwrap();
        assert!(makers.len() > 5);
        let own = makers.iter().find(|(maker, _)| &**maker == "hikvision").unwrap().1;
        assert_eq!(own, found.rows.len() as u64);
        let sure = count("", &[(Facet::Certainty, &["probable", "possible"])]) as u64;
        assert_eq!(makers.iter().map(|(_, count)| count).sum::<u64>(), sure);
    });
}

#[test]
fn hostile_text_is_kept_as_it_came() {
    on_each("hostile", |Fresh { store, folder, .. }| async move {
        let file = folder.join("hostile.csv");
        let text = "Asset,Label,Model\n\"'; DROP TABLE device; --\",<script>alert(1)</script>,\
                    =cmd|' /C calc'!A0\nB2,\u{1b}[31mred\u{202e},\"a\"\"b\\\u{fdd0}\"\n";
        std::fs::write(&file, text).unwrap();
        let run = begin(&store, "'; DELETE FROM run; --").await;
        read(&store, run, file.clone(), on).await.unwrap();
        store.publish(run, "tester").await.unwrap();
        let kept: Vec<Device> = estate(&store).await.into_values().collect();
        assert_eq!(kept, devices_in(&file));
        assert_eq!(store.run(run).await.unwrap().feed, "'; DELETE FROM run; --");
    });
}

#[test]
fn a_backup_holds_everything_and_comes_back_into_either_database() {
    on_each("backup", |Fresh { store, folder, .. }| async move {
        let run = begin(&store, "register").await;
        read(&store, run, example("council.csv"), on).await.unwrap();
        store.publish(run, "tester").await.unwrap();
        store.ask("import", "ann", &json!({})).await.unwrap();
        store.take_job("here").await.unwrap().unwrap();
        let file = folder.join(format!("{:?}.backup", store.kind()));
        let copied = store.backup(&file).await.unwrap();
        assert!(copied.rows > 1_000 && copied.lines == 3, "{copied:?}");
        assert!(matches!(store.backup(&file).await, Err(Wrong::Refused(_))), "it is there already");
        let from = Store::open(&Address::File(file)).await.unwrap();
        let mine = estate(&store).await;
        assert_eq!(estate(&from).await, mine);
        // A store that holds something takes nothing over.
        assert!(matches!(store.restore(&from).await, Err(Wrong::Refused(_))));
        let into = Store::open(&Address::Memory).await.unwrap();
        assert_eq!(into.restore(&from).await.unwrap(), copied);
        assert_eq!(estate(&into).await, mine);
        assert_eq!(into.verify_audit(None).await.unwrap(), store.verify_audit(None).await.unwrap());
        assert!(into.take_job("there").await.unwrap().is_some(), "nobody holds it any more");
        // Numbers go on behind those that were given out.
        let next = begin(&into, "register").await;
        assert_eq!(next, run + 1);
        from.close().await;
    });
}
