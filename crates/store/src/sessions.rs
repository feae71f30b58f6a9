//! With what people and their programs come in: sessions of browsers, and tokens. The store has
//! only their hashes, so that whoever reads it can come in with none of them.

use serde_json::json;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};

use crate::audit::{note, now};
use crate::number::take;
use crate::open::{Store, commit_one};
use crate::people::{Person, Role};
use crate::text::{keep, kept};
use crate::wrong::{Result, Wrong};

/// Signs of the name of a token, and of what a browser calls itself.
const NAME_CHARS_MAX: usize = 200;

/// A browser that somebody came in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub person: i64,
    /// What the browser calls itself.
    pub agent: String,
    /// When it was begun.
    pub made_at: String,
    /// When it was last used, to the minute.
    pub seen_at: String,
    /// When it ends.
    pub ends_at: String,
}

/// What a program comes in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its number.
    pub id: i64,
    /// On whose behalf.
    pub person: i64,
    /// What it is for.
    pub name: String,
    /// What it may do at most; never more than the person may.
    pub role: Role,
    /// When it was made.
    pub made_at: String,
    /// When it was last used, to the minute.
    pub seen_at: Option<String>,
    /// When it ends.
    pub ends_at: String,
    /// When somebody ended it.
    pub ended_at: Option<String>,
}

const SESSION: &str = "id, person, agent, made_at, seen_at, ends_at";
const TOKEN: &str = "id, person, name, role, made_at, seen_at, ends_at, ended_at";

fn session_of(row: &AnyRow) -> Result<Session> {
    Ok(Session {
        id: row.try_get(0)?,
        person: row.try_get(1)?,
        agent: kept(row.try_get(2)?),
        made_at: row.try_get(3)?,
        seen_at: row.try_get(4)?,
        ends_at: row.try_get(5)?,
    })
}

fn token_of(row: &AnyRow) -> Result<Token> {
    Ok(Token {
        id: row.try_get(0)?,
        person: row.try_get(1)?,
        name: kept(row.try_get(2)?),
        role: Role::from_word(row.try_get(3)?).unwrap_or(Role::Viewer),
        made_at: row.try_get(4)?,
        seen_at: row.try_get(5)?,
        ends_at: row.try_get(6)?,
        ended_at: row.try_get(7)?,
    })
}

fn short(text: &str) -> String {
    keep(&text.chars().take(NAME_CHARS_MAX).collect::<String>()).into_owned()
}

/// Whether something was last used before the minute of now: to note every use would be to write
/// at every look.
fn is_older(seen: Option<&str>, now: &str) -> bool {
    // Up to the minute: `2026-11-22T10:11`.
    const MINUTE: usize = 16;
    seen.is_none_or(|seen| seen.get(..MINUTE) != now.get(..MINUTE))
}

impl Store {
    /// Begins a session of somebody whose password was right.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn begin_session(
        &self,
        person: &Person,
        [sha256, ends_at, agent]: [&str; 3],
    ) -> Result<i64> {
        let mut within = self.begin().await?;
        let id = take(&mut within, "session", 1).await?;
        let about = format!("session:{id}");
        let details = json!({ "agent": short(agent) });
        note(self.kind, &mut within, &person.login, ["session.begin", &about], &details).await?;
        sqlx::query("UPDATE person SET failed = 0, wait_until = NULL WHERE id = $1")
            .bind(person.id)
            .execute(&mut *within)
            .await?;
        sqlx::query(
            "INSERT INTO session (id, sha256, person, agent, made_at, seen_at, ends_at) \
             VALUES ($1, $2, $3, $4, $5, $5, $6)",
        )
        .bind(id)
        .bind(sha256.to_owned())
        .bind(person.id)
        .bind(short(agent))
        .bind(now())
        .bind(ends_at.to_owned())
        .execute(&mut *within)
        .await?;
        within.commit().await?;
        Ok(id)
    }

    /// The session of that hash and whose it is, if it holds.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn session(&self, sha256: &str) -> Result<Option<(Session, Person)>> {
        let Some(row) = self.holding(("session", SESSION), sha256).await? else { return Ok(None) };
        let session = session_of(&row)?;
        let used = ("session", session.id, Some(session.seen_at.as_str()));
        Ok(self.owner(session.person, used).await?.map(|person| (session, person)))
    }

    /// The sessions of a person that hold, the newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sessions_of(&self, person: i64) -> Result<Vec<Session>> {
        let sql = format!(
            "SELECT {SESSION} FROM session WHERE person = $1 AND ended_at IS NULL \
             AND ends_at > $2 ORDER BY id DESC"
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(person).bind(now());
        rows.fetch_all(&self.read).await?.iter().map(session_of).collect()
    }

    /// Ends a session of a person.
    ///
    /// # Errors
    /// When they have none of that number that holds; when the database cannot be written.
    pub async fn end_session(&self, id: i64, person: i64, by: &str) -> Result<()> {
        let mut within = self.begin().await?;
        let about = format!("session:{id}");
        note(self.kind, &mut within, by, ["session.end", &about], &json!({})).await?;
        let sql = "UPDATE session SET ended_at = $3 \
                   WHERE id = $1 AND person = $2 AND ended_at IS NULL";
        let changed = sqlx::query(sql).bind(id).bind(person).bind(now());
        let changed = changed.execute(&mut *within).await?;
        commit_one(within, &changed, &format!("session {id}")).await
    }

    /// Makes a token that acts on behalf of a person with no more than a role.
    ///
    /// # Errors
    /// When its end is no moment to come, or the database cannot be written.
    pub async fn make_token(
        &self,
        person: &Person,
        (name, role): (&str, Role),
        [sha256, ends_at]: [&str; 2],
    ) -> Result<i64> {
        if *ends_at <= *now() {
            return Err(Wrong::Refused("a token ends on a day to come".to_owned()));
        }
        let mut within = self.begin().await?;
        let id = take(&mut within, "token", 1).await?;
        let about = format!("token:{id}");
        let details = json!({ "name": short(name), "role": role.word(), "ends_at": ends_at });
        note(self.kind, &mut within, &person.login, ["token.make", &about], &details).await?;
        sqlx::query(
            "INSERT INTO token (id, sha256, person, name, role, made_at, ends_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id)
        .bind(sha256.to_owned())
        .bind(person.id)
        .bind(short(name))
        .bind(role.word())
        .bind(now())
        .bind(ends_at.to_owned())
        .execute(&mut *within)
        .await?;
        within.commit().await?;
        Ok(id)
    }

    /// The token of that hash and on whose behalf it acts, if it holds.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn token(&self, sha256: &str) -> Result<Option<(Token, Person)>> {
        let Some(row) = self.holding(("token", TOKEN), sha256).await? else { return Ok(None) };
        let token = token_of(&row)?;
        let used = ("token", token.id, token.seen_at.as_deref());
        Ok(self.owner(token.person, used).await?.map(|person| (token, person)))
    }

    /// What of a table holds under a hash.
    async fn holding(
        &self,
        (table, columns): (&'static str, &'static str),
        sha256: &str,
    ) -> Result<Option<AnyRow>> {
        let sql = format!(
            "SELECT {columns} FROM {table} \
             WHERE sha256 = $1 AND ended_at IS NULL AND ends_at > $2"
        );
        let row = sqlx::query(AssertSqlSafe(sql)).bind(sha256.to_owned()).bind(now());
        Ok(row.fetch_optional(&self.read).await?)
    }

    /// Whose that is, unless they were removed; notes that it was used.
    async fn owner(
        &self,
        person: i64,
        (table, id, seen): (&'static str, i64, Option<&str>),
    ) -> Result<Option<Person>> {
        let person = self.person(person).await?;
        if person.removed_at.is_some() {
            return Ok(None);
        }
        let moment = now();
        if is_older(seen, &moment) {
            self.seen(table, id, &moment).await;
        }
        Ok(Some(person))
    }

    /// Every token, the newest first; of a person if one is given.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn tokens(&self, person: Option<i64>) -> Result<Vec<Token>> {
        let sql =
            format!("SELECT {TOKEN} FROM token WHERE ($1 = 0 OR person = $1) ORDER BY id DESC");
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(person.unwrap_or(0));
        rows.fetch_all(&self.read).await?.iter().map(token_of).collect()
    }

    /// Ends a token.
    ///
    /// # Errors
    /// When there is none that holds; when the database cannot be written.
    pub async fn end_token(&self, id: i64, by: &str) -> Result<()> {
        let mut within = self.begin().await?;
        let about = format!("token:{id}");
        note(self.kind, &mut within, by, ["token.end", &about], &json!({})).await?;
        let sql = "UPDATE token SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
        let changed = sqlx::query(sql).bind(id).bind(now()).execute(&mut *within).await?;
        commit_one(within, &changed, &format!("token {id}")).await
    }

    /// Notes when something was last used. That this cannot be written keeps nobody out.
    async fn seen(&self, table: &'static str, id: i64, moment: &str) {
        let sql = format!("UPDATE {table} SET seen_at = $2 WHERE id = $1");
        let _ = sqlx::query(AssertSqlSafe(sql))
            .bind(id)
            .bind(moment.to_owned())
            .execute(&self.write)
            .await;
    }
}
