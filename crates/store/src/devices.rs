//! What the estate knows of devices: as it is now, or as it was known on a day.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};
use whomade_core::assembly::{Key, KeyKind, Sort, again::Held, whole};
use whomade_core::observation::{At, Device, Field, Observation, Record};

use crate::bulk::{Holds, rows_of};
use crate::open::Store;
use crate::runs::{MODEL, NewAnswer, kind_number};
use crate::text::{keep, kept};
use crate::wrong::Result;

/// What one run says of one device.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its number.
    pub id: i64,
    /// The device.
    pub device: i64,
    /// The run.
    pub run: i64,
    /// Of which feed it was a reading.
    pub feed: String,
    /// Its place among the runs made visible.
    pub published: i64,
    /// What its records are of.
    pub sort: Sort,
    /// What was observed, as it was read.
    pub seen: Device,
}

/// What was told of a device, the oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Everything that a visible run said of it.
    pub parts: Vec<Part>,
}

impl History {
    /// The device as it is known by the last reading of each feed.
    #[must_use]
    pub fn now(&self) -> Option<Device> {
        let mut last: BTreeMap<&str, &Part> = BTreeMap::new();
        for part in &self.parts {
            last.insert(&part.feed, part);
        }
        let mut parts: Vec<&Part> = last.into_values().collect();
        parts.sort_by_key(|part| (part.published, part.id));
        let records: Vec<_> =
            parts.into_iter().map(|part| (part.sort, part.seen.clone())).collect();
        (!records.is_empty()).then(|| whole(records).0)
    }
}

/// The rows of those numbers, as JSON for one statement.
fn numbers(ids: &[i64]) -> String {
    json!(ids.iter().map(|id| [id]).collect::<Vec<_>>()).to_string()
}

fn key_kind(number: i64) -> Option<KeyKind> {
    [KeyKind::Serial, KeyKind::Mac, KeyKind::Certificate, KeyKind::Name, KeyKind::Address]
        .into_iter()
        .find(|kind| kind_number(*kind) == number)
}

impl Store {
    /// The devices that share a key with one of these, with everything by which they are known: of
    /// runs that are visible, and of the run that is being appended to. Addresses and names are
    /// compared beyond sites; whoever decides looks at the site.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn holders(&self, keys: &[&Key], run: i64) -> Result<BTreeMap<i64, Held>> {
        let asked: Vec<Value> =
            keys.iter().map(|key| json!([kind_number(key.kind), keep(&key.value)])).collect();
        let (selected, from) = rows_of(self.kind, &[Holds::Number, Holds::Text]);
        let sql = format!(
            "WITH asked(kind, value) AS MATERIALIZED (SELECT {selected} FROM {from}), \
             met(device) AS (SELECT DISTINCT k.device FROM asked a \
             CROSS JOIN device_key k JOIN run r ON r.id = k.run \
             WHERE k.kind = a.kind AND k.value = a.value AND (r.state = 'whole' OR r.id = $2)) \
             SELECT k.device, k.kind, k.value, k.site FROM met m \
             CROSS JOIN device_key k JOIN run r ON r.id = k.run \
             WHERE k.device = m.device AND (r.state = 'whole' OR r.id = $2)"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(Value::from(asked).to_string())
            .bind(run)
            .fetch_all(&self.read)
            .await?;
        let mut held: BTreeMap<i64, Held> = BTreeMap::new();
        for row in &rows {
            let of = held.entry(row.try_get(0)?).or_default();
            let (kind, value): (i64, String) = (row.try_get(1)?, kept(row.try_get(2)?));
            let site = kept(row.try_get(3)?);
            if kind == MODEL {
                of.models.insert(value.into());
            } else if let Some(kind) = key_kind(kind) {
                of.keys.insert(Key { kind, value: value.into(), site: site.into() });
            }
        }
        Ok(held)
    }

    /// The devices of which a run says something.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn devices_of(&self, run: i64) -> Result<Vec<i64>> {
        let rows = sqlx::query("SELECT device FROM part WHERE run = $1").bind(run);
        let rows = rows.fetch_all(&self.read).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// How many answers a run brought: those that became otherwise.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn answers_in(&self, run: i64) -> Result<i64> {
        let row = sqlx::query("SELECT COUNT(*) FROM answer WHERE run = $1").bind(run);
        Ok(row.fetch_one(&self.read).await?.try_get(0)?)
    }

    /// What holds of these devices: the last answer of a visible run.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn answers_of(&self, devices: &[i64]) -> Result<BTreeMap<i64, NewAnswer>> {
        let (selected, from) = rows_of(self.kind, &[Holds::Number]);
        let sql = format!(
            "WITH asked(id) AS MATERIALIZED (SELECT {selected} FROM {from}) \
             SELECT a.device, a.name, a.place, a.label, a.model, a.maker, a.certainty, \
             u.said, a.holes, a.standing, a.settles, a.words FROM asked d CROSS JOIN answer a \
             JOIN run r ON r.id = a.run JOIN rulings u ON u.id = a.rulings \
             WHERE a.device = d.id AND r.state = 'whole' ORDER BY r.published, a.id"
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(numbers(devices));
        let mut answers = BTreeMap::new();
        for row in rows.fetch_all(&self.read).await? {
            let text = |at: usize| -> Result<String> { Ok(kept(row.try_get(at)?)) };
            let answer = NewAnswer {
                name: text(1)?,
                place: text(2)?,
                label: text(3)?,
                model: text(4)?,
                maker: text(5)?,
                certainty: row.try_get(6)?,
                rulings: row.try_get(7)?,
                holes: row.try_get(8)?,
                standing: text(9)?,
                settles: text(10)?,
                words: text(11)?,
            };
            answers.insert(row.try_get(0)?, answer);
        }
        Ok(answers)
    }

    /// What visible runs said of these devices, up to a moment where one is given. A device of
    /// which nothing was said then is not among them.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn histories(
        &self,
        devices: &[i64],
        until: Option<&str>,
    ) -> Result<BTreeMap<i64, History>> {
        let (selected, from) = rows_of(self.kind, &[Holds::Number]);
        let sql = format!(
            "WITH asked(id) AS MATERIALIZED (SELECT {selected} FROM {from}) \
             SELECT p.id, p.device, p.run, p.sort, p.name, p.installed, p.notes, r.feed, \
             r.published FROM asked a CROSS JOIN part p JOIN run r ON r.id = p.run \
             WHERE p.device = a.id AND r.state = 'whole' AND ($2 = '' OR r.ended_at <= $2) \
             ORDER BY r.published, p.id"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(numbers(devices))
            .bind(until.unwrap_or_default().to_owned())
            .fetch_all(&self.read)
            .await?;
        let mut parts = rows.iter().map(part_of).collect::<Result<Vec<Part>>>()?;
        self.fill(&mut parts).await?;
        let mut histories: BTreeMap<i64, History> = BTreeMap::new();
        for part in parts {
            histories.entry(part.device).or_default().parts.push(part);
        }
        Ok(histories)
    }

    /// Fills in the records and observations of parts.
    async fn fill(&self, parts: &mut [Part]) -> Result<()> {
        let ids: Vec<i64> = parts.iter().map(|part| part.id).collect();
        let at: BTreeMap<i64, usize> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let (selected, from) = rows_of(self.kind, &[Holds::Number]);
        let asked = format!("WITH asked(id) AS MATERIALIZED (SELECT {selected} FROM {from})");
        let sql = format!(
            "{asked} SELECT r.part, r.source, r.sheet, r.line, r.text, r.seen, r.origin \
             FROM asked a CROSS JOIN record r WHERE r.part = a.id ORDER BY r.part, r.n"
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(numbers(&ids));
        let mut filled = vec![false; parts.len()];
        for row in rows.fetch_all(&self.read).await? {
            let Some(at) = at.get(&row.try_get::<i64, _>(0)?) else { continue };
            let (record, seen) = (record_of(&row)?, &mut parts[*at].seen);
            if std::mem::replace(&mut filled[*at], true) {
                seen.others.push(record);
            } else {
                seen.record = record;
            }
        }
        let sql = format!(
            "{asked} SELECT o.part, f.name, o.value, o.record, o.at_from, o.at_to, o.col \
             FROM asked a CROSS JOIN observation o JOIN field f ON f.id = o.field \
             WHERE o.part = a.id ORDER BY o.part, o.n"
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(numbers(&ids));
        for row in rows.fetch_all(&self.read).await? {
            let Some(at) = at.get(&row.try_get::<i64, _>(0)?) else { continue };
            let Some(field) = Field::from_id(row.try_get(1)?) else { continue };
            let number = |column: usize| -> Result<u32> {
                Ok(u32::try_from(row.try_get::<i64, _>(column)?).unwrap_or(u32::MAX))
            };
            let span = number(4)?..number(5)?;
            parts[*at].seen.observations.push(Observation {
                field,
                value: kept(row.try_get(2)?).into(),
                at: At { of: number(3)?, span, column: number(6)? },
            });
        }
        Ok(())
    }
}

fn part_of(row: &AnyRow) -> Result<Part> {
    let installed: Option<String> = row.try_get(5)?;
    let notes: Vec<[String; 2]> =
        serde_json::from_str(&row.try_get::<String, _>(6)?).unwrap_or_default();
    let context = notes
        .into_iter()
        .map(|[heading, value]| (Arc::from(kept(heading)), kept(value).into()))
        .collect();
    Ok(Part {
        id: row.try_get(0)?,
        device: row.try_get(1)?,
        run: row.try_get(2)?,
        sort: Sort::from_word(row.try_get(3)?).unwrap_or(Sort::Register),
        feed: kept(row.try_get(7)?),
        published: row.try_get(8)?,
        seen: Device {
            name: kept(row.try_get(4)?).into(),
            installed: installed.and_then(|day| day.parse().ok()),
            context,
            ..Device::default()
        },
    })
}

fn record_of(row: &AnyRow) -> Result<Record> {
    let [sheet, seen, origin] = [2, 5, 6].map(|at| row.try_get::<Option<String>, _>(at));
    let seen = seen?.and_then(|text| serde_json::from_str(&text).ok());
    Ok(Record {
        source: kept(row.try_get(1)?).into(),
        sheet: sheet?.map(|text| kept(text).into()),
        line: u64::try_from(row.try_get::<i64, _>(3)?).unwrap_or_default(),
        text: kept(row.try_get(4)?),
        seen: seen.as_ref().and_then(whomade_inquiry::spelled::seen_from_json),
        origin: origin?.map(|text| kept(text).into()),
    })
}
