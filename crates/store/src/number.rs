//! Numbers of things: given out in blocks, never twice.

use sqlx::{Any, Row as _, Transaction};

use crate::wrong::Result;

/// Takes so many numbers of a kind of thing; gives the first.
pub(crate) async fn take(
    within: &mut Transaction<'static, Any>,
    name: &'static str,
    many: usize,
) -> Result<i64> {
    let many = i64::try_from(many).unwrap_or(i64::MAX);
    let row = sqlx::query(
        "INSERT INTO counter (name, next) VALUES ($1, $2 + 1) \
         ON CONFLICT (name) DO UPDATE SET next = counter.next + $2 RETURNING next",
    )
    .bind(name)
    .bind(many)
    .fetch_one(&mut **within)
    .await?;
    Ok(row.try_get::<i64, _>(0)? - many)
}
