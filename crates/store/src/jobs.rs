//! What the program has to do, one after the other: a queue in the store, so that what was asked
//! for outlives the program. Whoever works on a job holds it for a while and says so again and
//! again; a job whose holder is silent is somebody else's.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};

use crate::audit::{moment, note, now};
use crate::number::take;
use crate::open::{Store, commit_one};
use crate::text::{keep, kept};
use crate::wrong::{Result, Wrong};

/// How long a job is held without a word.
pub const HELD: SignedDuration = SignedDuration::from_secs(60);
/// How often a job is begun: what ends the program each time is not tried for ever.
pub const TRIES_MAX: i64 = 3;

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Nobody has begun it.
    Waiting,
    /// Somebody works on it.
    Running,
    /// It is done.
    Done,
    /// It could not be done.
    Failed,
    /// Somebody called it off.
    Cancelled,
}

impl JobState {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    fn from_word(word: &str) -> Self {
        [Self::Running, Self::Done, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|state| state.word() == word)
            .unwrap_or(Self::Waiting)
    }

    /// Whether nothing more comes of it.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its number.
    pub id: i64,
    /// What it is: `import`, `rework`, `paper`.
    pub kind: String,
    /// How far it is.
    pub state: JobState,
    /// Who asked for it.
    pub who: String,
    /// What was asked.
    pub asked: Value,
    /// When.
    pub made_at: String,
    /// How often it was begun.
    pub tries: i64,
    /// How much of it is done.
    pub done: i64,
    /// Of how much; 0 where nobody knows.
    pub of_all: i64,
    /// What came of it, as JSON.
    pub said: Value,
    /// The run that it writes.
    pub run: Option<i64>,
    /// When it was over.
    pub ended_at: Option<String>,
}

const COLUMNS: &str = "id, kind, state, who, asked, made_at, tries, done, of_all, said, run, \
                       ended_at";

fn job_of(row: &AnyRow) -> Result<Job> {
    let json = |at: usize| -> Result<Value> {
        Ok(serde_json::from_str(&row.try_get::<String, _>(at)?).unwrap_or_default())
    };
    Ok(Job {
        id: row.try_get(0)?,
        kind: row.try_get(1)?,
        state: JobState::from_word(row.try_get(2)?),
        who: kept(row.try_get(3)?),
        asked: json(4)?,
        made_at: row.try_get(5)?,
        tries: row.try_get(6)?,
        done: row.try_get(7)?,
        of_all: row.try_get(8)?,
        said: json(9)?,
        run: row.try_get(10)?,
        ended_at: row.try_get(11)?,
    })
}

/// The moment until which somebody who holds a job now holds it.
fn until() -> String {
    moment(Timestamp::now().saturating_add(HELD).unwrap_or(Timestamp::MAX))
}

impl Store {
    /// Puts a job into the queue.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn ask(&self, kind: &str, who: &str, asked: &Value) -> Result<i64> {
        let mut within = self.begin().await?;
        let id = take(&mut within, "job", 1).await?;
        sqlx::query(
            "INSERT INTO job (id, kind, state, who, asked, made_at, tries, done, of_all, said) \
             VALUES ($1, $2, 'waiting', $3, $4, $5, 0, 0, 0, 'null')",
        )
        .bind(id)
        .bind(kind.to_owned())
        .bind(keep(who).into_owned())
        .bind(asked.to_string())
        .bind(now())
        .execute(&mut *within)
        .await?;
        let about = format!("job:{id}");
        let details = json!({ "kind": kind, "asked": asked });
        note(self.kind, &mut within, who, ["job.ask", &about], &details).await?;
        within.commit().await?;
        Ok(id)
    }

    /// Takes the first job that nobody works on: one that waits, or one whose holder is silent.
    /// What was begun too often fails here.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn take_job(&self, holder: &str) -> Result<Option<Job>> {
        loop {
            let mut within = self.begin().await?;
            let sql = sqlx::query(
                "SELECT id, tries FROM job WHERE state = 'waiting' \
                 OR state = 'running' AND held_until < $1 ORDER BY id LIMIT 1",
            );
            let found = sql.bind(now()).fetch_optional(&mut *within).await?;
            let Some(row) = found else { return Ok(None) };
            let (id, tries): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
            if tries >= TRIES_MAX {
                let said =
                    json!({ "wrong": format!("it was begun {tries} times and never ended") });
                self.over(&mut within, id, JobState::Failed, &said).await?;
                within.commit().await?;
                continue;
            }
            let changed = sqlx::query(
                "UPDATE job SET state = 'running', held_by = $2, held_until = $3, \
                 tries = tries + 1 WHERE id = $1 \
                 AND (state = 'waiting' OR state = 'running' AND held_until < $4)",
            )
            .bind(id)
            .bind(holder.to_owned())
            .bind(until())
            .bind(now())
            .execute(&mut *within)
            .await?;
            if changed.rows_affected() != 1 {
                // Somebody else was quicker.
                continue;
            }
            let job = job_in(&mut within, id).await?;
            within.commit().await?;
            return Ok(Some(job));
        }
    }

    /// Says how far a job is, and that it is still worked on; gives whether it is to go on.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn hold_job(&self, id: i64, holder: &str, done: i64, of_all: i64) -> Result<bool> {
        let mut within = self.begin().await?;
        let changed = sqlx::query(
            "UPDATE job SET done = $3, of_all = $4, held_until = $5 \
             WHERE id = $1 AND held_by = $2 AND state = 'running'",
        )
        .bind(id)
        .bind(holder.to_owned())
        .bind(done)
        .bind(of_all)
        .bind(until())
        .execute(&mut *within)
        .await?;
        within.commit().await?;
        Ok(changed.rows_affected() == 1)
    }

    /// Says which run a job writes, so that whoever goes on with the job goes on with that run.
    ///
    /// # Errors
    /// When somebody else holds it, or the database cannot be written.
    pub async fn job_writes(&self, id: i64, holder: &str, run: i64) -> Result<()> {
        let mut within = self.begin().await?;
        let changed = sqlx::query(
            "UPDATE job SET run = $3 WHERE id = $1 AND held_by = $2 AND state = 'running'",
        )
        .bind(id)
        .bind(holder.to_owned())
        .bind(run)
        .execute(&mut *within)
        .await?;
        commit_one(within, &changed, &format!("job {id}")).await
    }

    /// Ends a job that somebody holds.
    ///
    /// # Errors
    /// When somebody else holds it, or it was called off; when the database cannot be written.
    pub async fn end_job(
        &self,
        id: i64,
        holder: &str,
        state: JobState,
        said: &Value,
    ) -> Result<()> {
        let mut within = self.begin().await?;
        let held = sqlx::query(
            "UPDATE job SET held_by = NULL WHERE id = $1 AND held_by = $2 AND state = 'running'",
        );
        let held = held.bind(id).bind(holder.to_owned()).execute(&mut *within).await?;
        if held.rows_affected() != 1 {
            return Err(Wrong::Stale(format!("job {id}")));
        }
        self.over(&mut within, id, state, said).await?;
        within.commit().await?;
        Ok(())
    }

    /// Calls a job off. Whoever works on it hears of it when it next says how far it is.
    ///
    /// # Errors
    /// When it is over already; when the database cannot be written.
    pub async fn cancel_job(&self, id: i64, who: &str) -> Result<()> {
        let mut within = self.begin().await?;
        let about = format!("job:{id}");
        note(self.kind, &mut within, who, ["job.cancel", &about], &Value::Null).await?;
        let changed = sqlx::query(
            "UPDATE job SET state = 'cancelled', held_by = NULL, ended_at = $2 \
             WHERE id = $1 AND state IN ('waiting', 'running')",
        );
        let changed = changed.bind(id).bind(now()).execute(&mut *within).await?;
        commit_one(within, &changed, &format!("job {id}")).await
    }

    /// Puts a job that failed or was called off back into the queue.
    ///
    /// # Errors
    /// When it did neither; when the database cannot be written.
    pub async fn retry_job(&self, id: i64, who: &str) -> Result<()> {
        let mut within = self.begin().await?;
        let about = format!("job:{id}");
        note(self.kind, &mut within, who, ["job.retry", &about], &Value::Null).await?;
        let changed = sqlx::query(
            "UPDATE job SET state = 'waiting', tries = 0, said = 'null', ended_at = NULL \
             WHERE id = $1 AND state IN ('failed', 'cancelled')",
        );
        let changed = changed.bind(id).execute(&mut *within).await?;
        commit_one(within, &changed, &format!("job {id}")).await
    }

    async fn over(
        &self,
        within: &mut Transaction<'static, Any>,
        id: i64,
        state: JobState,
        said: &Value,
    ) -> Result<()> {
        let about = format!("job:{id}");
        let details = json!({ "state": state.word() });
        note(self.kind, within, "the program", ["job.end", &about], &details).await?;
        sqlx::query("UPDATE job SET state = $2, said = $3, ended_at = $4 WHERE id = $1")
            .bind(id)
            .bind(state.word())
            .bind(said.to_string())
            .bind(now())
            .execute(&mut **within)
            .await?;
        Ok(())
    }

    /// One job.
    ///
    /// # Errors
    /// When there is none, or the database cannot be read.
    pub async fn job(&self, id: i64) -> Result<Job> {
        let jobs = self.jobs(id.checked_add(1), 1).await?;
        let found = jobs.into_iter().find(|job| job.id == id);
        found.ok_or_else(|| Wrong::Nothing(format!("job {id}")))
    }

    /// Jobs, the newest first: those before a number.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn jobs(&self, before: Option<i64>, most: i64) -> Result<Vec<Job>> {
        let sql = format!("SELECT {COLUMNS} FROM job WHERE id < $1 ORDER BY id DESC LIMIT $2");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(before.unwrap_or(i64::MAX))
            .bind(most)
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(job_of).collect()
    }
}

async fn job_in(within: &mut Transaction<'static, Any>, id: i64) -> Result<Job> {
    let sql = format!("SELECT {COLUMNS} FROM job WHERE id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_one(&mut **within).await?;
    job_of(&row)
}
