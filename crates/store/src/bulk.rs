//! Many rows at once: one statement takes a JSON array of rows, in either database. A statement a
//! row would spend its time on the way.

use serde::Serialize;
use sqlx::{Any, AssertSqlSafe, Transaction};

use crate::open::Kind;
use crate::wrong::Result;

/// Rows of one statement; more go out in several.
const ROWS_MAX: usize = 4_096;

/// What a column holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Holds {
    Number,
    Text,
    /// Raw bytes, in hex digits on the way.
    Bytes,
}

/// A table and the columns that are filled.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [(&'static str, Holds)],
    /// What stands behind the insertion.
    pub(crate) behind: &'static str,
}

/// The columns of rows that were sent as JSON, to be selected in that order, and where from.
pub(crate) fn rows_of(kind: Kind, columns: &[Holds]) -> (String, &'static str) {
    let one = |(at, holds): (usize, &Holds)| match (kind, holds) {
        (Kind::Sqlite, Holds::Bytes) => format!("unhex(json_extract(j.value, '$[{at}]'))"),
        (Kind::Sqlite, _) => format!("json_extract(j.value, '$[{at}]')"),
        (Kind::Postgres, Holds::Bytes) => format!("decode(j.value->>{at}, 'hex')"),
        (Kind::Postgres, Holds::Number) => format!("(j.value->>{at})::bigint"),
        (Kind::Postgres, Holds::Text) => format!("j.value->>{at}"),
    };
    let selected: Vec<String> = columns.iter().enumerate().map(one).collect();
    let from = match kind {
        Kind::Sqlite => "json_each($1) AS j",
        Kind::Postgres => "json_array_elements($1::json) AS j(value)",
    };
    (selected.join(", "), from)
}

impl Table {
    fn statement(&self, kind: Kind) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        let holds: Vec<Holds> = self.columns.iter().map(|(_, holds)| *holds).collect();
        let (selected, from) = rows_of(kind, &holds);
        let Self { name, behind, .. } = self;
        // SQLite takes `ON CONFLICT` behind a selection only where a condition parts the two.
        format!(
            "INSERT INTO {name} ({}) SELECT {selected} FROM {from} WHERE true {behind}",
            names.join(", ")
        )
    }

    /// Inserts rows, each as long as there are columns.
    pub(crate) async fn insert<R: Serialize>(
        &self,
        kind: Kind,
        within: &mut Transaction<'static, Any>,
        rows: &[R],
    ) -> Result<()> {
        for some in rows.chunks(ROWS_MAX) {
            let text = serde_json::to_string(some).unwrap_or_default();
            sqlx::query(AssertSqlSafe(self.statement(kind)))
                .bind(text)
                .execute(&mut **within)
                .await?;
        }
        Ok(())
    }
}
