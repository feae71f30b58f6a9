//! What people say of a device: that an answer is right, that it is not, that a finding is answered
//! for. A judgement needs a reason, is withdrawn and never deleted, and changes no evidence: it
//! stands beside the answer.

use serde_json::json;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, AssertSqlSafe, Row as _, Transaction};

use crate::audit::{note, now};
use crate::number::take;
use crate::open::{Store, commit_one};
use crate::text::{keep, kept};
use crate::wrong::{Result, Wrong};

/// Signs of a reason: what is longer is a report, and belongs into a file.
pub const REASON_CHARS_MAX: usize = 4_000;

/// What settles a judgement; neither does where somebody settled it meanwhile.
const SECOND: &str = "UPDATE judgement SET seconded_by = $2, seconded_at = $3 \
                      WHERE id = $1 AND seconded_by IS NULL AND withdrawn_by IS NULL";
const WITHDRAW: &str = "UPDATE judgement SET withdrawn_by = $2, withdrawn_at = $3 \
                        WHERE id = $1 AND withdrawn_by IS NULL";

/// What somebody says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgementKind {
    /// The maker is the one that is named.
    Confirm,
    /// The answer is wrong or not good enough to act on.
    Dispute,
    /// A finding under a regime is answered for, until a day.
    Exempt,
}

impl JudgementKind {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Dispute => "dispute",
            Self::Exempt => "exempt",
        }
    }

    /// The kind of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Confirm, Self::Dispute, Self::Exempt].into_iter().find(|kind| kind.word() == word)
    }
}

/// A judgement before it is passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJudgement {
    /// The device.
    pub device: i64,
    /// What is said.
    pub kind: JudgementKind,
    /// About what: the id of a maker, or of a regime.
    pub about: String,
    /// Why.
    pub reason: String,
    /// The day behind which it holds no more; of exemptions always.
    pub until: Option<String>,
    /// Who says it.
    pub who: String,
    /// The last judgement on the device that this person saw; nothing where there was none.
    pub seen: Option<i64>,
}

/// A judgement as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Its number.
    pub id: i64,
    /// The device.
    pub device: i64,
    /// What is said.
    pub kind: JudgementKind,
    /// About what.
    pub about: String,
    /// Why.
    pub reason: String,
    /// The day behind which it holds no more.
    pub until: Option<String>,
    /// Who said it, and when.
    pub passed: (String, String),
    /// Who agreed to it, and when.
    pub seconded: Option<(String, String)>,
    /// Who took it back, and when.
    pub withdrawn: Option<(String, String)>,
}

/// What is bad about a judgement whatever the estate holds, in words.
fn bad(new: &NewJudgement) -> Option<&'static str> {
    let lasts = new.until.as_deref().map(str::parse::<jiff::civil::Date>);
    if new.reason.trim().is_empty() {
        Some("a judgement needs a reason: whoever reads it later was not there")
    } else if new.reason.chars().count() > REASON_CHARS_MAX {
        Some("the reason is too long; put it into a file and name that")
    } else if new.about.trim().is_empty() && new.kind != JudgementKind::Dispute {
        Some("it has to say about what: a maker, or a regime")
    } else if matches!(lasts, Some(Err(_))) {
        Some("the day until which it holds is no day; write YYYY-MM-DD")
    } else if new.kind == JudgementKind::Exempt && lasts.is_none() {
        Some("an exemption ends on a day; write until when it holds")
    } else {
        None
    }
}

impl Store {
    /// Passes a judgement.
    ///
    /// # Errors
    /// When it lacks something, there is no such device, or somebody judged the device since this
    /// person looked. When the database cannot be written.
    pub async fn judge(&self, new: &NewJudgement) -> Result<i64> {
        if let Some(why) = bad(new) {
            return Err(Wrong::Refused(why.to_owned()));
        }
        let mut within = self.begin().await?;
        let about = format!("device:{}", new.device);
        let details = json!({
            "kind": new.kind.word(), "about": new.about, "reason": new.reason, "until": new.until,
        });
        // The trail is one behind the other: whoever else judges now waits, and is told.
        note(self.kind, &mut within, &new.who, ["judgement.pass", &about], &details).await?;
        let known = sqlx::query(
            "SELECT 1 FROM part p JOIN run r ON r.id = p.run \
             WHERE p.device = $1 AND r.state = 'whole' LIMIT 1",
        );
        if known.bind(new.device).fetch_optional(&mut *within).await?.is_none() {
            return Err(Wrong::Nothing(format!("device {}", new.device)));
        }
        let last = sqlx::query("SELECT COALESCE(MAX(id), 0) FROM judgement WHERE device = $1");
        let last: i64 = last.bind(new.device).fetch_one(&mut *within).await?.try_get(0)?;
        if last != new.seen.unwrap_or(0) {
            return Err(Wrong::Stale(format!("the judgement on device {}", new.device)));
        }
        let id = take(&mut within, "judgement", 1).await?;
        sqlx::query(
            "INSERT INTO judgement (id, device, kind, about, reason, until, who, at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id)
        .bind(new.device)
        .bind(new.kind.word())
        .bind(keep(&new.about).into_owned())
        .bind(keep(&new.reason).into_owned())
        .bind(new.until.clone())
        .bind(keep(&new.who).into_owned())
        .bind(now())
        .execute(&mut *within)
        .await?;
        within.commit().await?;
        Ok(id)
    }

    /// Agrees to a judgement, as a second person.
    ///
    /// # Errors
    /// When it is one's own, or is settled already; when the database cannot be written.
    pub async fn second(&self, id: i64, who: &str) -> Result<()> {
        let mut within = self.begin().await?;
        let judgement = open_judgement(&mut within, id).await?;
        if judgement.passed.0 == who {
            let why = "a second person has to agree, not whoever said it";
            return Err(Wrong::Refused(why.to_owned()));
        }
        if judgement.seconded.is_some() {
            return Err(Wrong::Stale(format!("judgement {id}")));
        }
        let act = ("judgement.second", SECOND);
        self.settle(within, judgement, who, act, "").await
    }

    /// Takes a judgement back; it stays to be seen.
    ///
    /// # Errors
    /// When it was taken back before; when the database cannot be written.
    pub async fn withdraw(&self, id: i64, who: &str, reason: &str) -> Result<()> {
        let mut within = self.begin().await?;
        let judgement = open_judgement(&mut within, id).await?;
        let act = ("judgement.withdraw", WITHDRAW);
        self.settle(within, judgement, who, act, reason).await
    }

    async fn settle(
        &self,
        mut within: Transaction<'static, Any>,
        judgement: Judgement,
        who: &str,
        (act, sql): (&'static str, &'static str),
        reason: &str,
    ) -> Result<()> {
        let about = format!("device:{}", judgement.device);
        let details = json!({ "judgement": judgement.id, "reason": reason });
        note(self.kind, &mut within, who, [act, &about], &details).await?;
        let changed = sqlx::query(sql)
            .bind(judgement.id)
            .bind(keep(who).into_owned())
            .bind(now())
            .execute(&mut *within)
            .await?;
        commit_one(within, &changed, &format!("judgement {}", judgement.id)).await
    }

    /// One judgement, taken back or not.
    ///
    /// # Errors
    /// When there is none, or the database cannot be read.
    pub async fn judgement(&self, id: i64) -> Result<Judgement> {
        let row = selected("id = $1");
        let row = row.bind(id).fetch_optional(&self.read).await?;
        judgement_of(&row.ok_or_else(|| Wrong::Nothing(format!("judgement {id}")))?)
    }

    /// Every judgement on a device, the oldest first, those that were taken back among them.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn judgements_on(&self, device: i64) -> Result<Vec<Judgement>> {
        let rows = selected("device = $1 ORDER BY id").bind(device).fetch_all(&self.read).await?;
        rows.iter().map(judgement_of).collect()
    }
}

/// Judgements of which something holds.
fn selected(what: &str) -> sqlx::query::Query<'static, Any, AnyArguments> {
    sqlx::query(AssertSqlSafe(format!(
        "SELECT id, device, kind, about, reason, until, who, at, seconded_by, seconded_at, \
         withdrawn_by, withdrawn_at FROM judgement WHERE {what}"
    )))
}

async fn open_judgement(within: &mut Transaction<'static, Any>, id: i64) -> Result<Judgement> {
    let row = selected("id = $1");
    let row = row.bind(id).fetch_optional(&mut **within).await?;
    let row = row.ok_or_else(|| Wrong::Nothing(format!("judgement {id}")))?;
    let judgement = judgement_of(&row)?;
    match judgement.withdrawn {
        None => Ok(judgement),
        Some(_) => Err(Wrong::Stale(format!("judgement {id}"))),
    }
}

fn judgement_of(row: &AnyRow) -> Result<Judgement> {
    let pair = |at: usize| -> Result<Option<(String, String)>> {
        let who: Option<String> = row.try_get(at)?;
        let when: Option<String> = row.try_get(at + 1)?;
        Ok(who.map(kept).zip(when))
    };
    Ok(Judgement {
        id: row.try_get(0)?,
        device: row.try_get(1)?,
        kind: JudgementKind::from_word(row.try_get(2)?).unwrap_or(JudgementKind::Dispute),
        about: kept(row.try_get(3)?),
        reason: kept(row.try_get(4)?),
        until: row.try_get(5)?,
        passed: pair(6)?.unwrap_or_default(),
        seconded: pair(8)?,
        withdrawn: pair(10)?,
    })
}
