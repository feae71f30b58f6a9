//! Who may come in, and what they may do where. Whoever is removed stays in the store: what they
//! did bears their name.

use serde_json::{Value, json};
use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, Row as _, Transaction};

use crate::audit::{note, now};
use crate::number::take;
use crate::open::{Store, commit_one};
use crate::text::{keep, kept};
use crate::wrong::{Result, Wrong};

/// Signs of a login name.
pub const LOGIN_CHARS_MAX: usize = 64;
/// Signs of the name that others see.
pub const SHOWN_CHARS_MAX: usize = 120;
/// The number of the whole estate among sites.
pub const EVERYWHERE: i64 = 0;

/// What somebody may do. Each role may do what the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Look.
    Viewer,
    /// Import, judge, plan.
    Analyst,
    /// Agree to what others judged, exempt, take runs back.
    Approver,
    /// Say who else may come in.
    Admin,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Analyst, Self::Approver, Self::Admin];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Analyst => "analyst",
            Self::Approver => "approver",
            Self::Admin => "admin",
        }
    }

    /// The role of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// What somebody may do under a site; [`EVERYWHERE`] is the whole estate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seat {
    /// The number of the site.
    pub site: i64,
    /// What they may do there.
    pub role: Role,
}

/// Somebody who may come in, or could.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their number.
    pub id: i64,
    /// What they type.
    pub login: String,
    /// What others see.
    pub shown: String,
    /// The hash of their password as a PHC string; none until they chose one.
    pub password: Option<String>,
    /// The secret of their second factor, in base 32.
    pub totp: Option<String>,
    /// How often in a row a password was wrong.
    pub failed: i64,
    /// The moment before which nobody is let in under this name.
    pub wait_until: Option<String>,
    /// When they were made known.
    pub made_at: String,
    /// When they were removed.
    pub removed_at: Option<String>,
    /// What they may do.
    pub seats: Vec<Seat>,
}

impl Person {
    /// The most they may do anywhere.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        self.seats.iter().map(|seat| seat.role).max()
    }

    /// What they may do in the whole estate.
    #[must_use]
    pub fn role_everywhere(&self) -> Option<Role> {
        self.seats.iter().find(|seat| seat.site == EVERYWHERE).map(|seat| seat.role)
    }
}

const COLUMNS: &str = "id, login, shown, password, totp, failed, wait_until, made_at, removed_at";

fn person_of(row: &AnyRow) -> Result<Person> {
    Ok(Person {
        id: row.try_get(0)?,
        login: kept(row.try_get(1)?),
        shown: kept(row.try_get(2)?),
        password: row.try_get(3)?,
        totp: row.try_get(4)?,
        failed: row.try_get(5)?,
        wait_until: row.try_get(6)?,
        made_at: row.try_get(7)?,
        removed_at: row.try_get(8)?,
        seats: Vec::new(),
    })
}

/// What is bad about a login name, in words.
fn bad_login(login: &str) -> Option<&'static str> {
    let fits = |sign: char| sign.is_alphanumeric() || "._-@+".contains(sign);
    if login.is_empty() || login.chars().count() > LOGIN_CHARS_MAX {
        Some("a login name has 1 to 64 signs")
    } else if !login.chars().all(fits) {
        Some("a login name has letters, digits and . _ - @ + only")
    } else {
        None
    }
}

/// A login name as it is kept: nobody should have to know how it was written.
fn plain(login: &str) -> String {
    login.trim().to_lowercase()
}

impl Store {
    /// Whether anybody has chosen a password yet: else the program prints a link for the first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn has_people(&self) -> Result<bool> {
        let sql = "SELECT 1 FROM person WHERE password IS NOT NULL AND removed_at IS NULL LIMIT 1";
        Ok(sqlx::query(sql).fetch_optional(&self.read).await?.is_some())
    }

    /// Everybody, in the order in which they were made known.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn people(&self) -> Result<Vec<Person>> {
        self.people_where("id > $1", 0).await
    }

    /// One person.
    ///
    /// # Errors
    /// When there is none, or the database cannot be read.
    pub async fn person(&self, id: i64) -> Result<Person> {
        let found = self.people_where("id = $1", id).await?.pop();
        found.ok_or_else(|| Wrong::Nothing(format!("person {id}")))
    }

    /// The person of that login name who was not removed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn person_called(&self, login: &str) -> Result<Option<Person>> {
        let sql = "SELECT id FROM person WHERE login = $1 AND removed_at IS NULL";
        let row = sqlx::query(sql).bind(keep(&plain(login)).into_owned());
        match row.fetch_optional(&self.read).await? {
            Some(row) => self.person(row.try_get(0)?).await.map(Some),
            None => Ok(None),
        }
    }

    async fn people_where(&self, what: &str, id: i64) -> Result<Vec<Person>> {
        let sql = format!("SELECT {COLUMNS} FROM person WHERE {what} ORDER BY id");
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_all(&self.read).await?;
        let mut people = rows.iter().map(person_of).collect::<Result<Vec<Person>>>()?;
        let seats = sqlx::query("SELECT person, site, role FROM seat ORDER BY person, site");
        for row in seats.fetch_all(&self.read).await? {
            let of: i64 = row.try_get(0)?;
            let Ok(at) = people.binary_search_by_key(&of, |one| one.id) else { continue };
            let role = Role::from_word(row.try_get(2)?);
            people[at].seats.extend(role.map(|role| Seat { site: row.get(1), role }));
        }
        Ok(people)
    }

    /// Makes a person known, who chooses a password by the invitation whose hash is given, until a
    /// moment.
    ///
    /// # Errors
    /// When the name is taken or cannot be; when the database cannot be written.
    pub async fn invite(
        &self,
        [login, shown]: [&str; 2],
        seats: &[Seat],
        [sha256, ends_at]: [&str; 2],
        by: &str,
    ) -> Result<i64> {
        let mut within = self.begin().await?;
        let id = add(&mut within, [login, shown]).await?;
        seat(&mut within, id, seats).await?;
        let about = format!("person:{id}");
        let details = json!({ "login": plain(login), "seats": told(seats) });
        note(self.kind, &mut within, by, ["person.invite", &about], &details).await?;
        invitation(&mut within, Some(id), [sha256, ends_at], by).await?;
        within.commit().await?;
        Ok(id)
    }

    /// Lets a person who is known choose another password; ends every session of theirs.
    ///
    /// # Errors
    /// When there is none; when the database cannot be written.
    pub async fn invite_again(&self, id: i64, link: [&str; 2], by: &str) -> Result<()> {
        let mut within = self.begin().await?;
        let about = format!("person:{id}");
        note(self.kind, &mut within, by, ["person.reset", &about], &Value::Null).await?;
        let changed = sqlx::query(
            "UPDATE person SET password = NULL, totp = NULL, failed = 0, wait_until = NULL \
             WHERE id = $1 AND removed_at IS NULL",
        );
        let changed = changed.bind(id).execute(&mut *within).await?;
        end_all(&mut within, id, false).await?;
        invitation(&mut within, Some(id), link, by).await?;
        commit_one(within, &changed, &format!("person {id}")).await
    }

    /// Keeps the link for the first person; a link that an earlier start printed ends.
    ///
    /// # Errors
    /// When there are people already; when the database cannot be written.
    pub async fn first_link(&self, link: [&str; 2]) -> Result<()> {
        if self.has_people().await? {
            return Err(Wrong::Refused("there are people already; one of them invites".to_owned()));
        }
        let mut within = self.begin().await?;
        let old = "DELETE FROM invitation WHERE person IS NULL AND used_at IS NULL";
        sqlx::query(old).execute(&mut *within).await?;
        invitation(&mut within, None, link, "the program").await?;
        note(self.kind, &mut within, "the program", ["person.first-link", "estate"], &Value::Null)
            .await?;
        within.commit().await?;
        Ok(())
    }

    /// Whom an invitation that holds is for: a person, or nobody yet.
    ///
    /// # Errors
    /// When there is none that holds; when the database cannot be read.
    pub async fn invited(&self, sha256: &str) -> Result<Option<Person>> {
        let sql = "SELECT person FROM invitation \
                   WHERE sha256 = $1 AND used_at IS NULL AND ends_at > $2";
        let row = sqlx::query(sql).bind(sha256.to_owned()).bind(now());
        let row = row.fetch_optional(&self.read).await?;
        let row = row.ok_or_else(|| Wrong::Nothing("invitation that holds".to_owned()))?;
        match row.try_get::<Option<i64>, _>(0)? {
            Some(id) => self.person(id).await.map(Some),
            None => Ok(None),
        }
    }

    /// Uses an invitation up: the person has a password from now on. The first one is made known
    /// under the given names, and may do everything.
    ///
    /// # Errors
    /// When the invitation was used or has ended, or a name cannot be; when the database cannot be
    /// written.
    pub async fn accept(&self, sha256: &str, names: [&str; 2], password: &str) -> Result<i64> {
        let invited = self.invited(sha256).await?;
        let mut within = self.begin().await?;
        let used = sqlx::query(
            "UPDATE invitation SET used_at = $2 \
             WHERE sha256 = $1 AND used_at IS NULL AND ends_at > $2",
        );
        let used = used.bind(sha256.to_owned()).bind(now()).execute(&mut *within).await?;
        let id = match invited {
            Some(person) => person.id,
            None => {
                let id = add(&mut within, names).await?;
                seat(&mut within, id, &[Seat { site: EVERYWHERE, role: Role::Admin }]).await?;
                id
            }
        };
        let about = format!("person:{id}");
        let login: String = sqlx::query("SELECT login FROM person WHERE id = $1")
            .bind(id)
            .fetch_one(&mut *within)
            .await?
            .try_get(0)?;
        note(self.kind, &mut within, &login, ["person.accept", &about], &Value::Null).await?;
        sqlx::query("UPDATE person SET password = $2, failed = 0, wait_until = NULL WHERE id = $1")
            .bind(id)
            .bind(password.to_owned())
            .execute(&mut *within)
            .await?;
        commit_one(within, &used, "the invitation").await?;
        Ok(id)
    }

    /// Says what a person may do from now on.
    ///
    /// # Errors
    /// When nobody would be left who may say so; when there is no such person, or the database
    /// cannot be written.
    pub async fn give_seats(&self, id: i64, seats: &[Seat], by: &str) -> Result<()> {
        let mut within = self.begin().await?;
        let about = format!("person:{id}");
        let details = json!({ "seats": told(seats) });
        note(self.kind, &mut within, by, ["person.seats", &about], &details).await?;
        seat(&mut within, id, seats).await?;
        still_led(&mut within).await?;
        within.commit().await?;
        Ok(())
    }

    /// Removes a person: their sessions and tokens end with it. What they did stays.
    ///
    /// # Errors
    /// When nobody would be left who may invite others; when they were removed before; when the
    /// database cannot be written.
    pub async fn remove_person(&self, id: i64, by: &str) -> Result<()> {
        let mut within = self.begin().await?;
        let about = format!("person:{id}");
        note(self.kind, &mut within, by, ["person.remove", &about], &Value::Null).await?;
        // The name is free again for somebody else; under which name it was done, the trail says.
        let changed = sqlx::query(
            "UPDATE person SET removed_at = $2, password = NULL, totp = NULL, \
             login = login || ' (removed ' || id || ')' WHERE id = $1 AND removed_at IS NULL",
        );
        let changed = changed.bind(id).bind(now()).execute(&mut *within).await?;
        end_all(&mut within, id, true).await?;
        still_led(&mut within).await?;
        commit_one(within, &changed, &format!("person {id}")).await
    }

    /// Notes that a password was wrong, and until when nobody is let in under that name.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn login_failed(&self, id: i64, wait_until: Option<&str>) -> Result<()> {
        let sql = "UPDATE person SET failed = failed + 1, wait_until = $2 WHERE id = $1";
        let mut within = self.begin().await?;
        let about = format!("person:{id}");
        let details = json!({ "wait_until": wait_until });
        note(self.kind, &mut within, "nobody", ["session.refuse", &about], &details).await?;
        sqlx::query(sql).bind(id).bind(wait_until.map(str::to_owned)).execute(&mut *within).await?;
        within.commit().await?;
        Ok(())
    }

    /// Keeps a new password of somebody who gave the old one; other sessions of theirs end.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn set_password(&self, id: i64, password: &str, by: &str) -> Result<()> {
        let mut within = self.begin().await?;
        let about = format!("person:{id}");
        note(self.kind, &mut within, by, ["person.password", &about], &Value::Null).await?;
        let sql = "UPDATE person SET password = $2 WHERE id = $1 AND removed_at IS NULL";
        let changed = sqlx::query(sql).bind(id).bind(password.to_owned());
        let changed = changed.execute(&mut *within).await?;
        end_all(&mut within, id, false).await?;
        commit_one(within, &changed, &format!("person {id}")).await
    }

    /// Sets or takes away the second factor of a person.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn set_totp(&self, id: i64, secret: Option<&str>, by: &str) -> Result<()> {
        let mut within = self.begin().await?;
        let about = format!("person:{id}");
        let details = json!({ "set": secret.is_some() });
        note(self.kind, &mut within, by, ["person.second-factor", &about], &details).await?;
        let sql = "UPDATE person SET totp = $2, totp_step = 0 WHERE id = $1";
        let changed = sqlx::query(sql).bind(id).bind(secret.map(str::to_owned));
        let changed = changed.execute(&mut *within).await?;
        commit_one(within, &changed, &format!("person {id}")).await
    }

    /// Uses a code of the second factor up: none counts twice, and none older than one that did.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn use_totp_step(&self, id: i64, step: i64) -> Result<bool> {
        let sql = "UPDATE person SET totp_step = $2 WHERE id = $1 AND totp_step < $2";
        let mut within = self.begin().await?;
        let changed = sqlx::query(sql).bind(id).bind(step).execute(&mut *within).await?;
        within.commit().await?;
        Ok(changed.rows_affected() == 1)
    }
}

fn told(seats: &[Seat]) -> Vec<Value> {
    seats.iter().map(|one| json!({ "site": one.site, "role": one.role.word() })).collect()
}

async fn add(within: &mut Transaction<'static, Any>, [login, shown]: [&str; 2]) -> Result<i64> {
    let (login, shown) = (plain(login), shown.trim());
    if let Some(why) = bad_login(&login) {
        return Err(Wrong::Refused(why.to_owned()));
    }
    if shown.chars().count() > SHOWN_CHARS_MAX {
        return Err(Wrong::Refused("the name is too long".to_owned()));
    }
    let taken = sqlx::query("SELECT 1 FROM person WHERE login = $1").bind(login.clone());
    if taken.fetch_optional(&mut **within).await?.is_some() {
        return Err(Wrong::Refused("somebody has that login name already".to_owned()));
    }
    let id = take(within, "person", 1).await?;
    sqlx::query(
        "INSERT INTO person (id, login, shown, totp_step, failed, made_at) \
         VALUES ($1, $2, $3, 0, 0, $4)",
    )
    .bind(id)
    .bind(login.clone())
    .bind(keep(if shown.is_empty() { &login } else { shown }).into_owned())
    .bind(now())
    .execute(&mut **within)
    .await?;
    Ok(id)
}

async fn seat(within: &mut Transaction<'static, Any>, id: i64, seats: &[Seat]) -> Result<()> {
    let known = sqlx::query("SELECT 1 FROM person WHERE id = $1 AND removed_at IS NULL").bind(id);
    if known.fetch_optional(&mut **within).await?.is_none() {
        return Err(Wrong::Nothing(format!("person {id}")));
    }
    sqlx::query("DELETE FROM seat WHERE person = $1").bind(id).execute(&mut **within).await?;
    for one in seats {
        sqlx::query(
            "INSERT INTO seat (person, site, role) VALUES ($1, $2, $3) \
             ON CONFLICT (person, site) DO UPDATE SET role = $3",
        )
        .bind(id)
        .bind(one.site)
        .bind(one.role.word())
        .execute(&mut **within)
        .await?;
    }
    Ok(())
}

async fn invitation(
    within: &mut Transaction<'static, Any>,
    person: Option<i64>,
    [sha256, ends_at]: [&str; 2],
    by: &str,
) -> Result<()> {
    if person.is_some() {
        let old = "UPDATE invitation SET used_at = $2 WHERE person = $1 AND used_at IS NULL";
        sqlx::query(old).bind(person).bind(now()).execute(&mut **within).await?;
    }
    sqlx::query(
        "INSERT INTO invitation (sha256, person, made_by, made_at, ends_at) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(sha256.to_owned())
    .bind(person)
    .bind(keep(by).into_owned())
    .bind(now())
    .bind(ends_at.to_owned())
    .execute(&mut **within)
    .await?;
    Ok(())
}

/// Ends every session of a person, and every token if they go for good.
async fn end_all(within: &mut Transaction<'static, Any>, id: i64, tokens: bool) -> Result<()> {
    let sql = "UPDATE session SET ended_at = $2 WHERE person = $1 AND ended_at IS NULL";
    sqlx::query(sql).bind(id).bind(now()).execute(&mut **within).await?;
    if tokens {
        let sql = "UPDATE token SET ended_at = $2 WHERE person = $1 AND ended_at IS NULL";
        sqlx::query(sql).bind(id).bind(now()).execute(&mut **within).await?;
    }
    Ok(())
}

/// That somebody is left who may say who may come in.
async fn still_led(within: &mut Transaction<'static, Any>) -> Result<()> {
    let sql = "SELECT 1 FROM person p JOIN seat s ON s.person = p.id \
               WHERE p.removed_at IS NULL AND p.password IS NOT NULL \
               AND s.site = 0 AND s.role = 'admin' LIMIT 1";
    match sqlx::query(sql).fetch_optional(&mut **within).await? {
        Some(_) => Ok(()),
        None => Err(Wrong::Refused(
            "nobody would be left who may invite others; make somebody else admin first".to_owned(),
        )),
    }
}
