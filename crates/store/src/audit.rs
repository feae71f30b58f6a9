//! The audit trail: everything that somebody did, each line bound to the one before by its hash.
//! Whoever changes, removes or adds a line afterwards changes every hash behind it. What nobody
//! can see from the lines alone is that the last ones were cut off: whoever must be sure of that
//! notes the head elsewhere and gives it to [`Store::verify_audit`].

use futures_util::TryStreamExt as _;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sqlx::{Any, Row as _, Transaction};

use crate::open::{Kind, Store};
use crate::text::{keep, kept};
use crate::wrong::Result;

/// What the first line is bound to.
const BEGINNING: &str = "whomade audit trail, form 1";
/// The lock under which one transaction at a time appends, in PostgreSQL; any number, but always
/// the same.
const APPENDING: i64 = 0x77_68_6f_6d_61_64_65;

/// A line of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1 without a gap.
    pub n: i64,
    /// When, by the clock of the machine: RFC 3339 in UTC.
    pub at: String,
    /// Who did it.
    pub who: String,
    /// What was done, such as `run.publish`.
    pub act: String,
    /// To what, such as `run:12`.
    pub about: String,
    /// With what, as JSON.
    pub details: String,
    /// The hash that binds it to all lines before it, as hex digits.
    pub hash: String,
}

impl Line {
    /// The hash that it should have behind that one. Each part is led by its length, so that no
    /// two lines spell the same.
    fn bound_to(&self, before: &str) -> String {
        let mut hash = Sha256::new();
        let n = self.n.to_string();
        for part in [before, &n, &self.at, &self.who, &self.act, &self.about, &self.details] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        whomade_inquiry::base::hex(&hash.finalize())
    }
}

/// What a trail came out as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// Every line is bound to the one before.
    Whole {
        /// Lines.
        lines: i64,
        /// The hash of the last; of an empty trail what the first will be bound to.
        head: String,
        /// Lines whose clock lies before that of the line before: a clock was set back.
        clock_set_back: i64,
    },
    /// A line is not what it was, or was taken out or put in before it.
    Broken {
        /// The first that does not fit.
        at: i64,
    },
    /// Every line is bound, but none has the hash that was noted: the end was cut off, or it is
    /// another trail.
    NotTheNoted {
        /// Lines.
        lines: i64,
    },
}

/// The moment, as it stands in the store.
#[must_use]
pub fn now() -> String {
    moment(jiff::Timestamp::now())
}

/// A moment as it stands in the store: in UTC and always equally long, so that text sorts as time.
#[must_use]
pub fn moment(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// Appends a line within what is being written: it is there if the deed is, and only then.
///
/// # Errors
/// When the database cannot be written.
pub(crate) async fn note(
    kind: Kind,
    within: &mut Transaction<'static, Any>,
    who: &str,
    [act, about]: [&str; 2],
    details: &Value,
) -> Result<i64> {
    if kind == Kind::Postgres {
        let lock = sqlx::query("SELECT 1 FROM pg_advisory_xact_lock($1)").bind(APPENDING);
        lock.fetch_optional(&mut **within).await?;
    }
    let last = sqlx::query("SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1");
    let (n, before) = match last.fetch_optional(&mut **within).await? {
        Some(row) => (row.try_get::<i64, _>(0)? + 1, row.try_get::<String, _>(1)?),
        None => (1, BEGINNING.to_owned()),
    };
    let mut line = Line {
        n,
        at: now(),
        who: who.to_owned(),
        act: act.to_owned(),
        about: about.to_owned(),
        details: details.to_string(),
        hash: String::new(),
    };
    line.hash = line.bound_to(&before);
    sqlx::query(
        "INSERT INTO audit (n, at, who, act, about, details, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(n)
    .bind(&line.at)
    .bind(keep(&line.who).into_owned())
    .bind(&line.act)
    .bind(keep(&line.about).into_owned())
    .bind(&line.details)
    .bind(&line.hash)
    .execute(&mut **within)
    .await?;
    Ok(n)
}

fn line_of(row: &sqlx::any::AnyRow) -> Result<Line> {
    Ok(Line {
        n: row.try_get(0)?,
        at: row.try_get(1)?,
        who: kept(row.try_get(2)?),
        act: row.try_get(3)?,
        about: kept(row.try_get(4)?),
        details: row.try_get(5)?,
        hash: row.try_get(6)?,
    })
}

impl Store {
    /// Goes through the whole trail. With a head that was noted earlier, one of the lines must
    /// have it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn verify_audit(&self, noted: Option<&str>) -> Result<Verified> {
        let mut rows =
            sqlx::query("SELECT n, at, who, act, about, details, hash FROM audit ORDER BY n")
                .fetch(&self.read);
        let (mut lines, mut clock_set_back) = (0, 0);
        let (mut head, mut last) = (BEGINNING.to_owned(), String::new());
        let mut met = noted.is_none_or(|noted| noted == head);
        while let Some(row) = rows.try_next().await? {
            let line = line_of(&row)?;
            if line.n != lines + 1 || line.hash != line.bound_to(&head) {
                return Ok(Verified::Broken { at: lines + 1 });
            }
            clock_set_back += i64::from(line.at < last);
            met |= noted == Some(line.hash.as_str());
            (head, last, lines) = (line.hash, line.at, line.n);
        }
        if !met {
            return Ok(Verified::NotTheNoted { lines });
        }
        Ok(Verified::Whole { lines, head, clock_set_back })
    }

    /// Lines of the trail, the newest first: those before a number, about something if asked.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn audit_lines(
        &self,
        before: Option<i64>,
        about: Option<&str>,
        most: i64,
    ) -> Result<Vec<Line>> {
        let rows = sqlx::query(
            "SELECT n, at, who, act, about, details, hash FROM audit \
             WHERE n < $1 AND ($2 = '' OR about = $2) ORDER BY n DESC LIMIT $3",
        )
        .bind(before.unwrap_or(i64::MAX))
        .bind(about.unwrap_or_default().to_owned())
        .bind(most)
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(line_of).collect()
    }
}
