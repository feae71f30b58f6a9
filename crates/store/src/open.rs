//! A store is opened: where it lies, its form brought up to date, its connections.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use sqlx::any::{AnyPoolOptions, AnyQueryResult, install_default_drivers};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{
    Any, AnyConnection, AnyPool, AssertSqlSafe, Connection as _, Executor as _, SqlSafeStr as _,
    Transaction,
};

use crate::wrong::{Result, Wrong};

/// The steps of the form, each taken once and never changed.
const STEPS: [(i64, &str, &str); 1] =
    [(1, "estate", include_str!("../migrations/0001_estate.sql"))];

/// Connections that read, of SQLite: two for each of a few cores are enough for hundreds of people.
const READERS: u32 = 8;
/// Connections to PostgreSQL, which other programs share.
const CONNECTIONS: u32 = 16;
/// How long somebody waits for a connection before being told so.
const WAIT: Duration = Duration::from_secs(30);
/// How long SQLite waits for another program that writes, in milliseconds.
const BUSY_MS: u32 = 10_000;

/// Where a store lies.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// In a file.
    File(PathBuf),
    /// In memory, and gone with the program.
    Memory,
    /// In PostgreSQL, by URL.
    Postgres(String),
}

impl Address {
    /// The address as typed: a URL of PostgreSQL, `:memory:`, or a file.
    #[must_use]
    pub fn parse(typed: &str) -> Self {
        match typed {
            ":memory:" => Self::Memory,
            url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Self::Postgres(url.to_owned())
            }
            path => Self::File(path.into()),
        }
    }
}

impl fmt::Display for Address {
    /// The address without what is secret in it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(out, "{}", path.display()),
            Self::Memory => out.write_str("memory"),
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let behind = rest.rsplit_once('@').map_or(rest, |(_, behind)| behind);
                let plain = behind.split('?').next().unwrap_or_default();
                write!(out, "postgres://{plain}")
            }
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// An estate over time.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) kind: Kind,
    pub(crate) read: AnyPool,
    pub(crate) write: AnyPool,
}

impl Store {
    /// Opens a store, which is made where there is none, and brings its form up to date.
    ///
    /// # Errors
    /// When it cannot be reached, is newer than this program, or was changed by somebody else.
    pub async fn open(address: &Address) -> Result<Self> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(install_default_drivers);
        let (kind, write) = match address {
            Address::File(path) => {
                writable(path)?;
                (Kind::Sqlite, sqlite(&format!("{}?mode=rwc", url_of(path)), 1, false).await?)
            }
            Address::Memory => (Kind::Sqlite, sqlite(MEMORY, 1, false).await?),
            Address::Postgres(url) => {
                let options = AnyPoolOptions::new().max_connections(CONNECTIONS);
                (Kind::Postgres, options.acquire_timeout(WAIT).connect(url).await?)
            }
        };
        migrate(&write, kind).await?;
        let read = match address {
            Address::File(path) => {
                sqlite(&format!("{}?mode=rw", url_of(path)), READERS, true).await?
            }
            Address::Memory | Address::Postgres(_) => write.clone(),
        };
        Ok(Self { kind, read, write })
    }

    /// Which database it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Begins to write. What is written is there as a whole, once it is committed, or not at all.
    ///
    /// # Errors
    /// When the database cannot be reached or written.
    pub async fn begin(&self) -> Result<Transaction<'static, Any>> {
        Ok(match self.kind {
            // Whoever reads first and writes later would be refused when somebody wrote between.
            Kind::Sqlite => self.write.begin_with("BEGIN IMMEDIATE").await?,
            Kind::Postgres => self.write.begin().await?,
        })
    }

    /// Ends all connections; what is under way is waited for.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// Commits what changed one thing; where it changed none, somebody else was there before, and
/// nothing is kept.
pub(crate) async fn commit_one(
    within: Transaction<'static, Any>,
    changed: &AnyQueryResult,
    what: &str,
) -> Result<()> {
    if changed.rows_affected() != 1 {
        return Err(Wrong::Stale(what.to_owned()));
    }
    within.commit().await?;
    Ok(())
}

/// Whether a file that is there may be written: SQLite says no more than that it cannot open it.
fn writable(path: &Path) -> Result<()> {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    match std::fs::File::options().append(true).open(path) {
        Err(wrong) if matches!(wrong.kind(), PermissionDenied | ReadOnlyFilesystem) => {
            Err(Wrong::ReadOnly)
        }
        _ => Ok(()),
    }
}

/// A path as a URL of SQLite.
fn url_of(path: &Path) -> String {
    use fmt::Write as _;
    let mut url = String::from("sqlite:");
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte) {
            url.push(char::from(*byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url
}

async fn sqlite(url: &str, most: u32, only_reads: bool) -> Result<AnyPool> {
    // A pool tries again until its time is up, and then says no more than that.
    if most == 1 && url != MEMORY {
        let mut first = AnyConnection::connect(url).await?;
        first.execute("PRAGMA journal_mode = WAL").await?;
        first.close().await?;
    }
    let options = AnyPoolOptions::new().max_connections(most).acquire_timeout(WAIT);
    // One connection is the whole store where it lies in memory.
    let options = options.min_connections(1).idle_timeout(None).max_lifetime(None);
    let options = options.after_connect(move |connection, _| {
        Box::pin(async move {
            // What was committed outlives the power, not only the program.
            connection.execute("PRAGMA journal_mode = WAL").await?;
            connection.execute("PRAGMA synchronous = FULL").await?;
            connection.execute("PRAGMA temp_store = MEMORY").await?;
            connection.execute("PRAGMA cache_size = -65536").await?;
            connection.execute("PRAGMA mmap_size = 1073741824").await?;
            connection.execute(AssertSqlSafe(format!("PRAGMA busy_timeout = {BUSY_MS}"))).await?;
            if only_reads {
                connection.execute("PRAGMA query_only = ON").await?;
            }
            Ok(())
        })
    });
    Ok(options.connect(url).await?)
}

/// Where the whole store is one connection.
const MEMORY: &str = "sqlite::memory:";

/// What the databases write differently, in the text of a step.
fn spelled(step: &str, kind: Kind) -> String {
    let [id, bytes, packed] = match kind {
        Kind::Sqlite => ["INTEGER PRIMARY KEY", "BLOB", "WITHOUT ROWID"],
        Kind::Postgres => ["BIGINT PRIMARY KEY", "BYTEA", ""],
    };
    step.replace("{id}", id).replace("{bytes}", bytes).replace("{packed}", packed)
}

async fn migrate(pool: &AnyPool, kind: Kind) -> Result<()> {
    let steps = STEPS.iter().map(|(number, name, text)| {
        let text = AssertSqlSafe(spelled(text, kind)).into_sql_str();
        Migration::new(*number, (*name).into(), MigrationType::Simple, text, false)
    });
    Migrator::with_migrations(steps.collect()).run(pool).await.map_err(Wrong::from)
}
