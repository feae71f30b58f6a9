//! A whole store goes into one file, and comes out of it, into either database. What is copied is
//! one moment of the store, whatever is written meanwhile; and it is there as a whole or not at
//! all.

use std::path::Path;

use futures_util::TryStreamExt as _;
use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, Executor as _, Row as _, Transaction};

use crate::audit::Verified;
use crate::bulk::{Holds, Table};
use crate::open::{Address, Kind, Store};
use crate::wrong::{Result, Wrong};

use Holds::{Bytes, Number, Text};

/// Rows that are held at once; of parts of evidence, which are large, a few.
const ROWS_MAX: usize = 4_096;
const PARTS_MAX: usize = 8;

const fn table(name: &'static str, columns: &'static [(&'static str, Holds)]) -> Table {
    Table { name, columns, behind: "" }
}

/// Every table of the store, with every column; the key stands in front.
#[rustfmt::skip]
const TABLES: [Table; 21] = [
    table("estate", &[("key", Text), ("value", Text)]),
    table("counter", &[("name", Text), ("next", Number)]),
    table("field", &[("id", Number), ("name", Text)]),
    table("blob", &[("sha256", Text), ("size", Number), ("made_at", Text), ("redacted_at", Text)]),
    table("blob_part", &[("sha256", Text), ("n", Number), ("bytes", Bytes)]),
    table("site", &[("id", Number), ("parent", Number), ("name", Text), ("class", Text),
        ("retired_at", Text)]),
    table("run", &[("id", Number), ("feed", Text), ("kind", Text), ("state", Text),
        ("began_at", Text), ("ended_at", Text), ("who", Text), ("inputs", Text), ("base", Text),
        ("asked", Text), ("day", Text), ("taken", Number), ("devices", Number),
        ("new_devices", Number), ("observations", Number), ("said", Text),
        ("published", Number)]),
    table("device", &[("id", Number), ("run", Number)]),
    table("device_key", &[("kind", Number), ("value", Text), ("site", Text), ("device", Number),
        ("run", Number)]),
    table("part", &[("id", Number), ("device", Number), ("run", Number), ("sort", Text),
        ("name", Text), ("installed", Text), ("notes", Text)]),
    table("record", &[("part", Number), ("n", Number), ("source", Text), ("sheet", Text),
        ("line", Number), ("text", Text), ("seen", Text), ("origin", Text)]),
    table("observation", &[("part", Number), ("n", Number), ("field", Number), ("value", Text),
        ("record", Number), ("at_from", Number), ("at_to", Number), ("col", Number)]),
    table("answer", &[("id", Number), ("device", Number), ("run", Number), ("name", Text),
        ("place", Text), ("label", Text), ("model", Text), ("maker", Text),
        ("certainty", Number), ("rulings", Number), ("holes", Number), ("standing", Text),
        ("settles", Text), ("words", Text)]),
    table("rulings", &[("id", Number), ("sha256", Text), ("said", Text)]),
    table("judgement", &[("id", Number), ("device", Number), ("kind", Text), ("about", Text),
        ("reason", Text), ("until", Text), ("who", Text), ("at", Text), ("seconded_by", Text),
        ("seconded_at", Text), ("withdrawn_by", Text), ("withdrawn_at", Text)]),
    table("person", &[("id", Number), ("login", Text), ("shown", Text), ("password", Text),
        ("totp", Text), ("totp_step", Number), ("failed", Number), ("wait_until", Text),
        ("made_at", Text), ("removed_at", Text)]),
    table("seat", &[("person", Number), ("site", Number), ("role", Text)]),
    table("invitation", &[("sha256", Text), ("person", Number), ("made_by", Text),
        ("made_at", Text), ("ends_at", Text), ("used_at", Text)]),
    table("session", &[("id", Number), ("sha256", Text), ("person", Number), ("agent", Text),
        ("made_at", Text), ("seen_at", Text), ("ends_at", Text), ("ended_at", Text)]),
    table("token", &[("id", Number), ("sha256", Text), ("person", Number), ("name", Text),
        ("role", Text), ("made_at", Text), ("seen_at", Text), ("ends_at", Text),
        ("ended_at", Text)]),
    table("audit", &[("n", Number), ("at", Text), ("who", Text), ("act", Text), ("about", Text),
        ("details", Text), ("hash", Text)]),
];

/// The queue is copied too, but nobody holds a job of a store that was restored.
#[rustfmt::skip]
const JOBS: Table = table("job", &[("id", Number), ("kind", Text), ("state", Text), ("who", Text),
    ("asked", Text), ("made_at", Text), ("held_by", Text), ("held_until", Text),
    ("tries", Number), ("done", Number), ("of_all", Number), ("said", Text), ("run", Number),
    ("ended_at", Text)]);

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Rows of all tables.
    pub rows: u64,
    /// Lines of the audit trail, every one bound to the one before.
    pub lines: i64,
}

impl Store {
    /// Writes the whole store into a new file.
    ///
    /// # Errors
    /// When the file is there already or cannot be written; when the audit trail of the store is
    /// broken: a copy of it would hide when that came about.
    pub async fn backup(&self, file: &Path) -> Result<Copied> {
        if file.exists() {
            let shown = file.display();
            return Err(Wrong::Refused(format!("{shown} is there already; name a new file")));
        }
        let beside = file.with_extension("part");
        let _ = std::fs::remove_file(&beside);
        let copy = Self::open(&Address::File(beside.clone())).await?;
        let copied = self.copy_into(&copy).await;
        // One file without anything beside it, which takes its last connection.
        copy.read.close().await;
        let closed = copy.write.execute("PRAGMA journal_mode = DELETE").await;
        copy.close().await;
        let copied = copied.and_then(|copied| {
            closed?;
            Ok(copied)
        });
        match copied {
            Ok(copied) => match std::fs::rename(&beside, file) {
                Ok(()) => Ok(copied),
                Err(wrong) => Err(Wrong::Refused(format!("{}: {wrong}", file.display()))),
            },
            Err(wrong) => {
                let _ = std::fs::remove_file(&beside);
                Err(wrong)
            }
        }
    }

    /// Takes everything over from another store, such as a backup; this one must be empty.
    ///
    /// # Errors
    /// When something is in it already, the other's audit trail is broken, or either cannot be
    /// read or written. Then nothing was taken over.
    pub async fn restore(&self, from: &Self) -> Result<Copied> {
        from.copy_into(self).await
    }

    async fn copy_into(&self, to: &Self) -> Result<Copied> {
        let trail = self.verify_audit(None).await?;
        let Verified::Whole { lines, .. } = trail else {
            return Err(Wrong::Refused(format!("the audit trail is not whole: {trail:?}")));
        };
        let one_moment = match self.kind {
            Kind::Sqlite => "BEGIN",
            Kind::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        let mut from = self.read.begin_with(one_moment).await?;
        let mut within = to.begin().await?;
        let has = sqlx::query("SELECT 1 FROM audit LIMIT 1").fetch_optional(&mut *within).await?;
        if has.is_some() {
            let why = "the store that is restored into is not empty";
            return Err(Wrong::Refused(why.to_owned()));
        }
        let mut rows = 0;
        for table in TABLES.iter().chain([&JOBS]) {
            rows += table.copy((self.kind, &mut from), (to.kind, &mut within)).await?;
        }
        sqlx::query(
            "UPDATE job SET state = 'waiting', held_by = NULL, held_until = NULL \
             WHERE state = 'running'",
        )
        .execute(&mut *within)
        .await?;
        within.commit().await?;
        Ok(Copied { rows, lines })
    }
}

impl Table {
    async fn copy(
        &self,
        (kind, from): (Kind, &mut Transaction<'static, Any>),
        (to_kind, to): (Kind, &mut Transaction<'static, Any>),
    ) -> Result<u64> {
        let one = |(name, holds): &(&str, Holds)| match (kind, holds) {
            (Kind::Sqlite, Bytes) => format!("hex({name})"),
            (Kind::Postgres, Bytes) => format!("encode({name}, 'hex')"),
            _ => (*name).to_owned(),
        };
        let columns: Vec<String> = self.columns.iter().map(one).collect();
        let sql = format!("SELECT {} FROM {} ORDER BY 1", columns.join(", "), self.name);
        let large = self.columns.iter().any(|(_, holds)| matches!(holds, Bytes));
        let most = if large { PARTS_MAX } else { ROWS_MAX };
        let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut **from);
        let (mut waiting, mut count): (Vec<Vec<Value>>, u64) = (Vec::new(), 0);
        while let Some(row) = rows.try_next().await? {
            waiting.push(self.cells(&row)?);
            count += 1;
            if waiting.len() == most {
                self.insert(to_kind, to, &waiting).await?;
                waiting.clear();
            }
        }
        self.insert(to_kind, to, &waiting).await?;
        Ok(count)
    }

    fn cells(&self, row: &AnyRow) -> Result<Vec<Value>> {
        let cell = |(at, (_, holds)): (usize, &(&str, Holds))| -> Result<Value> {
            Ok(match holds {
                Number => Value::from(row.try_get::<Option<i64>, _>(at)?),
                Text | Bytes => Value::from(row.try_get::<Option<String>, _>(at)?),
            })
        };
        self.columns.iter().enumerate().map(cell).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns of each table as the steps of the form make them.
    fn made() -> Vec<(String, Vec<String>)> {
        let text = include_str!("../migrations/0001_estate.sql");
        let bare: String = text.lines().filter(|line| !line.starts_with("--")).collect();
        let tables = bare.split("CREATE TABLE ").skip(1);
        tables
            .map(|text| {
                let (name, rest) = text.split_once('(').unwrap();
                let body = rest.split(';').next().unwrap();
                let columns = body.split(',').map(str::trim);
                let columns = columns.take_while(|column| !column.starts_with("PRIMARY KEY ("));
                let first = |column: &str| column.split_whitespace().next().unwrap().to_owned();
                (name.trim().to_owned(), columns.map(first).collect())
            })
            .collect()
    }

    #[test]
    fn every_table_is_copied_with_every_column() {
        let mut copied: Vec<(String, Vec<String>)> = TABLES
            .iter()
            .chain([&JOBS])
            .map(|table| {
                let columns = table.columns.iter().map(|(name, _)| (*name).to_owned());
                (table.name.to_owned(), columns.collect())
            })
            .collect();
        let mut made = made();
        copied.sort();
        made.sort();
        assert_eq!(copied, made);
    }
}
