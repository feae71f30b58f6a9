//! Devices are worked out again: for another question, and when a run was taken back.

use std::ops::ControlFlow;

use whomade_inquiry::asking::{Asked, Typed};
use whomade_inquiry::base::load;
use whomade_store::{Listing, NewRun, Query, Rework, Store, Wrong};

use crate::databases::{Fresh, example, on_each};
use crate::estate::{begin, read};

/// Works devices out again as `preset` asks; gives how many have another answer.
async fn rework(
    store: &Store,
    devices: Vec<i64>,
    preset: Option<&str>,
) -> Result<Option<u64>, Wrong> {
    let new = NewRun { feed: "rework".to_owned(), kind: "rework".to_owned(), ..NewRun::default() };
    let run = store.begin_run(&new).await.unwrap();
    let (own, runtime) = (store.clone(), tokio::runtime::Handle::current());
    let preset = preset.map(str::to_owned);
    let thread = std::thread::spawn(move || {
        let (known, _) = load(None).unwrap();
        let typed = Typed { preset, on: Some("2026-11-22".to_owned()), ..Typed::default() };
        let asked = Asked::check(&known.base, &typed).unwrap();
        let watch = &mut |_| ControlFlow::Continue(());
        let rework = Rework { store: &own, runtime, known: &known, asked: &asked, run, watch };
        rework.devices(&devices)
    });
    let changed = tokio::task::spawn_blocking(move || thread.join().unwrap()).await.unwrap()?;
    store.publish(run, "tester").await?;
    Ok(changed)
}

fn rulings(listing: &Listing) -> Vec<String> {
    let found = listing.find(&Query::default());
    let rulings = found.rows.iter().filter_map(|row| listing.listed(*row));
    rulings.map(|one| one.values[4].to_string()).collect()
}

#[test]
fn another_question_gives_other_answers_and_the_first_one_the_first_again() {
    on_each("asks", |Fresh { store, .. }| async move {
        let run = begin(&store, "register").await;
        read(&store, run, example("council.csv"), |_| ControlFlow::Continue(())).await.unwrap();
        store.publish(run, "tester").await.unwrap();
        let before = Listing::load(&store).await.unwrap();
        let devices = before.devices().to_vec();
        let changed = rework(&store, devices.clone(), Some("us-agency")).await.unwrap();
        assert_eq!(changed, Some(308), "every device is answered by other regimes");
        let other = Listing::load(&store).await.unwrap();
        assert_ne!(rulings(&other), rulings(&before));
        assert_eq!(rework(&store, devices.clone(), Some("us-agency")).await.unwrap(), Some(0));
        rework(&store, devices, None).await.unwrap();
        let again = Listing::load(&store).await.unwrap();
        assert_eq!(rulings(&again), rulings(&before));
    });
}

#[test]
fn what_only_a_run_knew_that_was_taken_back_is_gone_and_comes_back_as_new() {
    on_each("gone", |Fresh { store, .. }| async move {
        let on = |_| ControlFlow::Continue(());
        let first = begin(&store, "register").await;
        read(&store, first, example("council.csv"), on).await.unwrap();
        store.publish(first, "tester").await.unwrap();
        let devices = store.devices_of(first).await.unwrap();
        rework(&store, devices.clone(), Some("uk-council")).await.unwrap();
        store.undo(first, "tester", "the wrong file").await.unwrap();
        assert_eq!(rework(&store, devices, Some("uk-council")).await.unwrap(), Some(308));
        assert!(Listing::load(&store).await.unwrap().is_empty());
        let second = begin(&store, "register").await;
        read(&store, second, example("council.csv"), on).await.unwrap();
        store.publish(second, "tester").await.unwrap();
        assert_eq!(store.run(second).await.unwrap().new_devices, 308);
        assert_eq!(Listing::load(&store).await.unwrap().len(), 308);
    });
}
