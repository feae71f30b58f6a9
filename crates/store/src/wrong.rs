//! What can go wrong with a store, in words for whoever runs it.

use std::fmt;

/// Why a store did not do what was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum Wrong {
    /// The store was written by a newer program, which this one would not understand.
    Newer {
        /// The step of the newer form that this program does not know.
        step: i64,
    },
    /// A step of its form was changed after it had been taken: it is no store of ours, or damaged.
    Changed {
        /// The step.
        step: i64,
    },
    /// No room is left on the disk.
    Full,
    /// The file, or the disk it lies on, cannot be written.
    ReadOnly,
    /// Nothing of that number or name is there.
    Nothing(String),
    /// It was changed by somebody else since it was read.
    Stale(String),
    /// What was asked cannot be, and why.
    Refused(String),
    /// The database said something else.
    Database(sqlx::Error),
}

impl fmt::Display for Wrong {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer { step } => write!(
                out,
                "[store/newer] the store was written by a newer version of this program (step \
                 {step} of its form); upgrade the program, or restore a backup made before"
            ),
            Self::Changed { step } => write!(
                out,
                "[store/changed] step {step} of the form of the store is not the one this program \
                 took; it is no store of this program, or damaged: restore a backup"
            ),
            Self::Full => write!(
                out,
                "[store/full] no room is left on the disk of the store; nothing of this was kept. \
                 Make room and do it again"
            ),
            Self::ReadOnly => write!(
                out,
                "[store/read-only] the store cannot be written: its file or its disk is read-only"
            ),
            Self::Nothing(what) => write!(out, "[store/nothing] there is no {what}"),
            Self::Stale(what) => {
                write!(out, "[store/stale] {what} was changed by somebody else meanwhile")
            }
            Self::Refused(why) => write!(out, "[store/refused] {why}"),
            Self::Database(wrong) => write!(out, "[store/database] {wrong}"),
        }
    }
}

impl std::error::Error for Wrong {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Database(wrong) => Some(wrong),
            _ => None,
        }
    }
}

/// What SQLite says of a full disk, of a file that cannot be written, and of one in a folder that
/// cannot; what PostgreSQL says of the first two.
const FULL: [&str; 2] = ["13", "53100"];
const READ_ONLY: [&str; 2] = ["8", "25006"];
/// Of a code of SQLite only the lower byte is the kind.
const SQLITE_KINDS: i64 = 256;

impl From<sqlx::Error> for Wrong {
    fn from(wrong: sqlx::Error) -> Self {
        let code = wrong.as_database_error().and_then(|said| said.code().map(|it| it.to_string()));
        let code = code.unwrap_or_default();
        let plain = match code.parse::<i64>() {
            Ok(number) if code.len() < 5 => (number % SQLITE_KINDS).to_string(),
            _ => code,
        };
        if FULL.contains(&plain.as_str()) {
            Self::Full
        } else if READ_ONLY.contains(&plain.as_str()) {
            Self::ReadOnly
        } else {
            Self::Database(wrong)
        }
    }
}

impl From<sqlx::migrate::MigrateError> for Wrong {
    fn from(wrong: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError;
        match wrong {
            MigrateError::VersionMissing(step) => Self::Newer { step },
            MigrateError::VersionMismatch(step) => Self::Changed { step },
            MigrateError::Execute(wrong) | MigrateError::ExecuteMigration(wrong, _) => wrong.into(),
            other => Self::Database(sqlx::Error::Migrate(Box::new(other))),
        }
    }
}

/// What a store gives.
pub type Result<T> = std::result::Result<T, Wrong>;
