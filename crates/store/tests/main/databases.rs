//! A store in a file, and one in PostgreSQL where the environment names a server for tests.

use std::future::Future;
use std::path::PathBuf;

use tempfile::TempDir;
use whomade_store::{Address, Store};

/// Names a server on which the tests may make databases; `./test` starts one.
const SERVER: &str = "WHOMADE_POSTGRES";

/// A store of its own, gone with the test.
pub(crate) struct Fresh {
    pub(crate) store: Store,
    pub(crate) address: Address,
    /// A folder that is there as long as the test runs.
    pub(crate) folder: PathBuf,
}

/// Runs a test on every database that is there, in a store of its own.
pub(crate) fn on_each<F: Future<Output = ()>>(name: &str, test: impl Fn(Fresh) -> F) {
    on_each_unmade(name, |address, folder| {
        let test = &test;
        async move {
            let store = Store::open(&address).await.unwrap();
            test(Fresh { store: store.clone(), address, folder }).await;
            store.close().await;
        }
    });
}

/// The same where no store was made yet; with a folder that is there as long as the test runs.
pub(crate) fn on_each_unmade<F: Future<Output = ()>>(
    name: &str,
    test: impl Fn(Address, PathBuf) -> F,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = TempDir::new().unwrap();
    let address = Address::File(folder.path().join("the estate.db"));
    runtime.block_on(test(address, folder.path().to_owned()));
    let Ok(server) = std::env::var(SERVER) else {
        eprintln!("skipped on PostgreSQL: {SERVER} is not set, ./test sets it");
        return;
    };
    runtime.block_on(async {
        let database = format!("whomade_{name}_{}", std::process::id());
        let admin = sqlx::PgPool::connect(&server).await.unwrap();
        let make = format!("CREATE DATABASE {database}");
        sqlx::query(sqlx::AssertSqlSafe(make)).execute(&admin).await.unwrap();
        let (front, _) = server.rsplit_once('/').unwrap();
        let address = Address::Postgres(format!("{front}/{database}"));
        test(address, folder.path().to_owned()).await;
        let drop = format!("DROP DATABASE {database} WITH (FORCE)");
        sqlx::query(sqlx::AssertSqlSafe(drop)).execute(&admin).await.unwrap();
    });
}

/// One of the examples that ship.
pub(crate) fn example(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}
