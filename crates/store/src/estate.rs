//! What is known of the estate itself: what it is called, who asks, where its places are.

use serde_json::{Value, json};
use sqlx::Row as _;
use whomade_inquiry::asking::Typed;

use crate::audit::{note, now};
use crate::number::take;
use crate::open::{Store, commit_one};
use crate::text::{keep, kept};
use crate::wrong::{Result, Wrong};

/// Under these keys the estate keeps what is said of it.
const NAME: &str = "name";
const ASKED: &str = "asked";

/// Signs of a name.
const NAME_CHARS_MAX: usize = 200;

/// A place, in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its number.
    pub id: i64,
    /// In which it lies, where it lies in one.
    pub parent: Option<i64>,
    /// What it is called: as registers write it.
    pub name: String,
    /// What kind of place it is, in the words of the rules; empty: not said.
    pub class: String,
}

impl Store {
    /// What the estate is called; empty where nobody said.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn name(&self) -> Result<String> {
        Ok(self.said(NAME).await?.unwrap_or_default())
    }

    /// Who asks and what: what every device is answered by. Of a new estate nothing is told.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn asked(&self) -> Result<Typed> {
        let text = self.said(ASKED).await?.unwrap_or_default();
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// Says what the estate is called.
    ///
    /// # Errors
    /// When the name is too long, or the database cannot be written.
    pub async fn set_name(&self, name: &str, by: &str) -> Result<()> {
        let name = name.trim();
        if name.chars().count() > NAME_CHARS_MAX {
            return Err(Wrong::Refused("the name is too long".to_owned()));
        }
        self.say(NAME, name, ("estate.name", json!({ "name": name })), by).await
    }

    /// Says who asks. Whoever calls it has the devices answered anew.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn set_asked(&self, asked: &Typed, by: &str) -> Result<()> {
        let text = serde_json::to_value(asked).unwrap_or_default();
        self.say(ASKED, &text.to_string(), ("estate.asked", text.clone()), by).await
    }

    async fn said(&self, key: &str) -> Result<Option<String>> {
        let sql = "SELECT value FROM estate WHERE key = $1";
        let row = sqlx::query(sql).bind(key.to_owned()).fetch_optional(&self.read).await?;
        row.map(|row| Ok(kept(row.try_get(0)?))).transpose()
    }

    async fn say(
        &self,
        key: &str,
        value: &str,
        (act, details): (&'static str, Value),
        by: &str,
    ) -> Result<()> {
        let mut within = self.begin().await?;
        note(self.kind, &mut within, by, [act, "estate"], &details).await?;
        sqlx::query(
            "INSERT INTO estate (key, value) VALUES ($1, $2) \
             ON CONFLICT (key) DO UPDATE SET value = $2",
        )
        .bind(key.to_owned())
        .bind(keep(value).into_owned())
        .execute(&mut *within)
        .await?;
        within.commit().await?;
        Ok(())
    }

    /// The places of the estate that are in use, in the order in which they were named.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sites(&self) -> Result<Vec<Site>> {
        let sql = "SELECT id, parent, name, class FROM site WHERE retired_at IS NULL ORDER BY id";
        let rows = sqlx::query(sql).fetch_all(&self.read).await?;
        let site = |row: &sqlx::any::AnyRow| {
            Ok(Site {
                id: row.try_get(0)?,
                parent: row.try_get(1)?,
                name: kept(row.try_get(2)?),
                class: kept(row.try_get(3)?),
            })
        };
        rows.iter().map(site).collect()
    }

    /// Names a place.
    ///
    /// # Errors
    /// When it has no name, or lies in one that is not there; when the database cannot be written.
    pub async fn add_site(
        &self,
        parent: Option<i64>,
        [name, class]: [&str; 2],
        by: &str,
    ) -> Result<i64> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            return Err(Wrong::Refused(format!(
                "a site has a name of 1 to {NAME_CHARS_MAX} signs"
            )));
        }
        let sites = self.sites().await?;
        if parent.is_some_and(|parent| sites.iter().all(|one| one.id != parent)) {
            return Err(Wrong::Nothing("such site for it to lie in".to_owned()));
        }
        let mut within = self.begin().await?;
        let id = take(&mut within, "site", 1).await?;
        let about = format!("site:{id}");
        let details = json!({ "name": name, "parent": parent, "class": class });
        note(self.kind, &mut within, by, ["site.add", &about], &details).await?;
        sqlx::query("INSERT INTO site (id, parent, name, class) VALUES ($1, $2, $3, $4)")
            .bind(id)
            .bind(parent)
            .bind(keep(name).into_owned())
            .bind(keep(class).into_owned())
            .execute(&mut *within)
            .await?;
        within.commit().await?;
        Ok(id)
    }

    /// Takes a place out of use; what happened there stays.
    ///
    /// # Errors
    /// When others lie in it, or it is not in use; when the database cannot be written.
    pub async fn retire_site(&self, id: i64, by: &str) -> Result<()> {
        if self.sites().await?.iter().any(|one| one.parent == Some(id)) {
            return Err(Wrong::Refused("other sites lie in it; take those out first".to_owned()));
        }
        let mut within = self.begin().await?;
        let about = format!("site:{id}");
        note(self.kind, &mut within, by, ["site.retire", &about], &Value::Null).await?;
        let sql = "UPDATE site SET retired_at = $2 WHERE id = $1 AND retired_at IS NULL";
        let changed = sqlx::query(sql).bind(id).bind(now()).execute(&mut *within).await?;
        commit_one(within, &changed, &format!("site {id}")).await
    }

    /// Up to where the store is visible: the last run made visible, and how many were taken back.
    /// Whoever holds a list that was read at another state reads it again.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn state(&self) -> Result<(i64, i64)> {
        let sql = "SELECT COALESCE(MAX(published), 0), \
                   COUNT(CASE WHEN state = 'undone' AND published IS NOT NULL THEN 1 END) \
                   FROM run";
        let row = sqlx::query(sql).fetch_one(&self.read).await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    }
}
