//! The form of a store, and its audit trail.

use serde_json::json;
use sqlx::AssertSqlSafe;
use whomade_store::{Address, NewRun, Store, Verified, Wrong};

use crate::databases::{Fresh, on_each};

/// Does something to the database behind the program's back.
pub(crate) async fn behind_its_back(address: &Address, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    match address {
        Address::File(path) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
            sqlx::query(sql).execute(&pool).await.unwrap();
            pool.close().await;
        }
        Address::Postgres(url) => {
            let pool = sqlx::PgPool::connect(url).await.unwrap();
            sqlx::query(sql).execute(&pool).await.unwrap();
            pool.close().await;
        }
        Address::Memory => unreachable!("nothing else reaches it"),
    }
}

async fn deeds(store: &Store) {
    for feed in ["one", "two", "three"] {
        let new = NewRun { feed: feed.into(), inputs: json!([feed]), ..NewRun::default() };
        let run = store.begin_run(&new).await.unwrap();
        store.publish(run, "somebody").await.unwrap();
    }
}

#[test]
fn whoever_changes_the_trail_breaks_it() {
    let deeds_done = [
        ("UPDATE audit SET who = 'nobody' WHERE n = 3", Verified::Broken { at: 3 }),
        ("DELETE FROM audit WHERE n = 2", Verified::Broken { at: 2 }),
        ("UPDATE audit SET details = '{}' WHERE n = 1", Verified::Broken { at: 1 }),
    ];
    for (number, (sql, expected)) in deeds_done.into_iter().enumerate() {
        on_each(&format!("trail{number}"), |Fresh { store, address, .. }| {
            let expected = expected.clone();
            async move {
                deeds(&store).await;
                let Verified::Whole { lines: 6, head, .. } =
                    store.verify_audit(None).await.unwrap()
                else {
                    panic!("the trail is whole before")
                };
                let same = store.verify_audit(Some(&head)).await.unwrap();
                assert!(matches!(same, Verified::Whole { .. }));
                behind_its_back(&address, sql).await;
                assert_eq!(store.verify_audit(None).await.unwrap(), expected);
            }
        });
    }
}

#[test]
fn an_end_that_was_cut_off_shows_against_the_head_that_was_noted() {
    on_each("cut", |Fresh { store, address, .. }| async move {
        deeds(&store).await;
        let Verified::Whole { head, .. } = store.verify_audit(None).await.unwrap() else {
            panic!("the trail is whole before")
        };
        behind_its_back(&address, "DELETE FROM audit WHERE n = 6").await;
        assert!(matches!(
            store.verify_audit(None).await.unwrap(),
            Verified::Whole { lines: 5, .. }
        ));
        let noted = store.verify_audit(Some(&head)).await.unwrap();
        assert_eq!(noted, Verified::NotTheNoted { lines: 5 });
    });
}

#[test]
fn a_store_of_a_newer_program_is_left_alone() {
    on_each("newer", |Fresh { store, address, .. }| async move {
        deeds(&store).await;
        store.close().await;
        let again = Store::open(&address).await.unwrap();
        assert!(matches!(again.verify_audit(None).await, Ok(Verified::Whole { lines: 6, .. })));
        again.close().await;
        behind_its_back(
            &address,
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, \
             execution_time) SELECT 99, 'later', success, checksum, 0 FROM _sqlx_migrations",
        )
        .await;
        let wrong = Store::open(&address).await.unwrap_err();
        assert!(matches!(wrong, Wrong::Newer { step: 99 }), "{wrong}");
    });
}

#[test]
fn a_database_that_may_not_be_written_is_said_to_be_so() {
    on_each("readonly", |Fresh { store, address, .. }| async move {
        deeds(&store).await;
        store.close().await;
        let Address::Postgres(url) = &address else {
            // A disk that is read-only has a test of its own, with the disks.
            return;
        };
        let name = url.rsplit_once('/').unwrap().1;
        let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
        behind_its_back(&address, &sql).await;
        let wrong = match Store::open(&address).await {
            Err(wrong) => wrong,
            Ok(store) => {
                let new = NewRun { feed: "four".into(), ..NewRun::default() };
                let wrong = store.begin_run(&new).await.unwrap_err();
                let trail = store.verify_audit(None).await.unwrap();
                assert!(matches!(trail, Verified::Whole { lines: 6, .. }), "{trail:?}");
                wrong
            }
        };
        assert!(matches!(wrong, Wrong::ReadOnly), "{wrong}");
    });
}

#[test]
fn an_address_shows_no_secret() {
    let address = Address::parse("postgres://me:s3cret@db.example/estate?password=s3cret");
    assert_eq!(address.to_string(), "postgres://db.example/estate");
    assert_eq!(format!("{address:?}"), "postgres://db.example/estate");
}
