//! The queue: what was asked for outlives the program, and is done once.

use serde_json::json;
use whomade_store::{JobState, TRIES_MAX, Wrong};

use crate::databases::{Fresh, on_each};
use crate::trail::behind_its_back;

#[test]
fn a_job_is_done_once_and_tells_how_far_it_is() {
    on_each("once", |Fresh { store, .. }| async move {
        let first = store.ask("import", "ann", &json!({ "feed": "a" })).await.unwrap();
        let second = store.ask("import", "ben", &json!({ "feed": "b" })).await.unwrap();
        let held = store.take_job("here").await.unwrap().unwrap();
        assert_eq!((held.id, held.state, held.tries), (first, JobState::Running, 1));
        assert_eq!(held.asked, json!({ "feed": "a" }));
        assert_eq!(store.take_job("there").await.unwrap().unwrap().id, second);
        assert!(store.take_job("anywhere").await.unwrap().is_none());
        assert!(store.hold_job(first, "here", 3, 10).await.unwrap());
        assert!(!store.hold_job(first, "there", 9, 10).await.unwrap(), "it is another's");
        assert_eq!((store.job(first).await.unwrap().done, held.of_all), (3, 0));
        store.end_job(first, "here", JobState::Done, &json!({ "devices": 7 })).await.unwrap();
        let over = store.job(first).await.unwrap();
        assert_eq!((over.state, over.said), (JobState::Done, json!({ "devices": 7 })));
        assert!(over.state.is_over() && over.ended_at.is_some());
        let again = store.end_job(first, "here", JobState::Failed, &json!(null)).await;
        assert!(matches!(again, Err(Wrong::Stale(_))));
        assert!(matches!(store.cancel_job(first, "ann").await, Err(Wrong::Stale(_))));
    });
}

#[test]
fn whoever_works_on_a_job_that_was_called_off_hears_of_it() {
    on_each("off", |Fresh { store, .. }| async move {
        let id = store.ask("import", "ann", &json!({})).await.unwrap();
        store.take_job("here").await.unwrap().unwrap();
        store.job_writes(id, "here", 12).await.unwrap();
        store.cancel_job(id, "ben").await.unwrap();
        assert!(!store.hold_job(id, "here", 1, 2).await.unwrap());
        let end = store.end_job(id, "here", JobState::Done, &json!(null)).await;
        assert!(matches!(end, Err(Wrong::Stale(_))));
        assert!(store.take_job("here").await.unwrap().is_none());
        store.retry_job(id, "ann").await.unwrap();
        let again = store.take_job("here").await.unwrap().unwrap();
        assert_eq!((again.id, again.run), (id, Some(12)), "it goes on with its run");
        assert!(matches!(store.retry_job(id, "ann").await, Err(Wrong::Stale(_))));
    });
}

#[test]
fn a_job_whose_holder_is_silent_is_somebody_elses_but_not_for_ever() {
    on_each("silent", |Fresh { store, address, .. }| async move {
        let id = store.ask("import", "ann", &json!({})).await.unwrap();
        for attempt in 1..=TRIES_MAX {
            let held = store.take_job(&format!("worker {attempt}")).await.unwrap().unwrap();
            assert_eq!((held.id, held.tries), (id, attempt));
            assert!(store.take_job("other").await.unwrap().is_none(), "it is held");
            // As if the holder had been silent for long.
            let sql = "UPDATE job SET held_until = '2000-01-01T00:00:00.000000Z'";
            behind_its_back(&address, sql).await;
        }
        assert!(store.take_job("other").await.unwrap().is_none());
        let over = store.job(id).await.unwrap();
        assert_eq!(over.state, JobState::Failed);
        assert!(over.said["wrong"].as_str().unwrap().contains("3 times"));
    });
}
