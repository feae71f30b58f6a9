//! Runs: one reading of one feed each, appended in pieces and made visible at once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};
use whomade_core::assembly::{KeyKind, Sort, Traits};
use whomade_core::observation::{Device, Field, Record};

use crate::audit::{note, now};
use crate::bulk::{Holds, Table};
use crate::number::take;
use crate::open::{Store, commit_one};
use crate::text::keep;
use crate::wrong::{Result, Wrong};

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// Being appended to, or left so by a program that ended: it can be gone on with.
    Open,
    /// Made visible.
    Whole,
    /// Taken back, or given up.
    Undone,
}

impl RunState {
    /// The word of the state.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Whole => "whole",
            Self::Undone => "undone",
        }
    }

    fn from_word(word: &str) -> Self {
        match word {
            "whole" => Self::Whole,
            "undone" => Self::Undone,
            _ => Self::Open,
        }
    }
}

/// What is begun.
#[derive(Debug, Clone, Default)]
pub struct NewRun {
    /// Of which register, scan or folder it is a reading: a later run of the same feed takes the
    /// place of an earlier one, device by device.
    pub feed: String,
    /// `import`, or why devices are worked out again.
    pub kind: String,
    /// Who has it done.
    pub who: String,
    /// What is read, as JSON.
    pub inputs: Value,
    /// The base by which it is answered.
    pub base: String,
    /// What was asked of the rules, as JSON.
    pub asked: Value,
    /// The day about which it was asked.
    pub day: String,
}

/// A run as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its number.
    pub id: i64,
    /// Its feed.
    pub feed: String,
    /// Its kind.
    pub kind: String,
    /// How far it is.
    pub state: RunState,
    /// When it was begun.
    pub began_at: String,
    /// When it was made whole or undone.
    pub ended_at: Option<String>,
    /// Who had it done.
    pub who: String,
    /// What was read.
    pub inputs: Value,
    /// The base by which it was answered.
    pub base: String,
    /// The day about which it was asked.
    pub day: String,
    /// Devices of the input that are done.
    pub taken: i64,
    /// Devices of which it says something.
    pub devices: i64,
    /// Those of them that the estate did not have.
    pub new_devices: i64,
    /// What it observed.
    pub observations: i64,
    /// Its place among those made visible.
    pub published: Option<i64>,
}

/// Which device of the estate something is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// One that the estate has.
    Known(i64),
    /// One that it did not have.
    New,
}

/// What was answered of a device, as lists and facets show it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewAnswer {
    /// What it is called.
    pub name: String,
    /// Where it hangs, as its record has it.
    pub place: String,
    /// The name it is sold under.
    pub label: String,
    /// Its model number.
    pub model: String,
    /// The id of its maker; several, parted by blanks, where they cannot be told apart.
    pub maker: String,
    /// How sure that is: 0 unknown, 1 possible, 2 probable, 3 confirmed.
    pub certainty: i64,
    /// What the regimes say, as JSON.
    pub rulings: String,
    /// What the advisories say: bits, as their reader has them.
    pub holes: i64,
    /// How label and maker stand to each other, in a word.
    pub standing: String,
    /// What would settle it best: the id of an ask; empty where nothing has to be settled.
    pub settles: String,
    /// By which words it is found.
    pub words: String,
}

/// What a run says of one device.
#[derive(Debug, Clone)]
pub struct Told {
    /// Of which.
    pub which: Which,
    /// Where it hangs, as its record has it; names tell within a place only.
    pub place: String,
    /// What its records are of.
    pub sort: Sort,
    /// What was observed, as it was read.
    pub device: Option<Box<Device>>,
    /// What was answered, if that is otherwise than before.
    pub answer: Option<NewAnswer>,
}

/// A piece of a run.
#[derive(Debug, Clone, Default)]
pub struct Chunk {
    /// Devices of the input that were done before it.
    pub after: i64,
    /// Devices of the input that are done with it.
    pub taken: i64,
    /// What is told.
    pub told: Vec<Told>,
}

impl Which {
    /// Its number, if the estate has it.
    #[must_use]
    pub const fn known(self) -> Option<i64> {
        match self {
            Self::Known(id) => Some(id),
            Self::New => None,
        }
    }
}

/// The number under which a kind of key is kept.
pub(crate) const fn kind_number(kind: KeyKind) -> i64 {
    match kind {
        KeyKind::Serial => 1,
        KeyKind::Mac => 2,
        KeyKind::Certificate => 3,
        KeyKind::Name => 4,
        KeyKind::Address => 5,
    }
}

/// Under this number stand model numbers: they join nothing and part much.
pub(crate) const MODEL: i64 = 0;

use Holds::{Number, Text};

const DEVICES: Table =
    Table { name: "device", columns: &[("id", Number), ("run", Number)], behind: "" };
const KEYS: Table = Table {
    name: "device_key",
    columns: &[
        ("kind", Number),
        ("value", Text),
        ("site", Text),
        ("device", Number),
        ("run", Number),
    ],
    behind: "ON CONFLICT DO NOTHING",
};
const PARTS: Table = Table {
    name: "part",
    columns: &[
        ("id", Number),
        ("device", Number),
        ("run", Number),
        ("sort", Text),
        ("name", Text),
        ("installed", Text),
        ("notes", Text),
    ],
    behind: "",
};
const RECORDS: Table = Table {
    name: "record",
    columns: &[
        ("part", Number),
        ("n", Number),
        ("source", Text),
        ("sheet", Text),
        ("line", Number),
        ("text", Text),
        ("seen", Text),
        ("origin", Text),
    ],
    behind: "",
};
const OBSERVATIONS: Table = Table {
    name: "observation",
    columns: &[
        ("part", Number),
        ("n", Number),
        ("field", Number),
        ("value", Text),
        ("record", Number),
        ("at_from", Number),
        ("at_to", Number),
        ("col", Number),
    ],
    behind: "",
};
const ANSWERS: Table = Table {
    name: "answer",
    columns: &[
        ("id", Number),
        ("device", Number),
        ("run", Number),
        ("name", Text),
        ("place", Text),
        ("label", Text),
        ("model", Text),
        ("maker", Text),
        ("certainty", Number),
        ("rulings", Number),
        ("holes", Number),
        ("standing", Text),
        ("settles", Text),
        ("words", Text),
    ],
    behind: "",
};

/// The rows of a piece, before they go out.
#[derive(Default)]
struct Rows {
    devices: Vec<(i64, i64)>,
    keys: Vec<(i64, String, String, i64, i64)>,
    parts: Vec<Value>,
    records: Vec<Value>,
    observations: Vec<Value>,
    answers: Vec<Value>,
}

impl Store {
    /// Begins a run; it is seen by nobody yet.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn begin_run(&self, new: &NewRun) -> Result<i64> {
        let mut within = self.begin().await?;
        let id = take(&mut within, "run", 1).await?;
        sqlx::query(
            "INSERT INTO run (id, feed, kind, state, began_at, who, inputs, base, asked, day, \
             taken, devices, new_devices, observations, said) \
             VALUES ($1, $2, $3, 'open', $4, $5, $6, $7, $8, $9, 0, 0, 0, 0, '[]')",
        )
        .bind(id)
        .bind(keep(&new.feed).into_owned())
        .bind(&new.kind)
        .bind(now())
        .bind(keep(&new.who).into_owned())
        .bind(new.inputs.to_string())
        .bind(&new.base)
        .bind(new.asked.to_string())
        .bind(&new.day)
        .execute(&mut *within)
        .await?;
        let details = json!({ "feed": new.feed, "inputs": new.inputs, "base": new.base });
        let about = format!("run:{id}");
        note(self.kind, &mut within, &new.who, ["run.begin", &about], &details).await?;
        within.commit().await?;
        Ok(id)
    }

    /// Appends a piece; gives the numbers of its devices, in their order. What was appended is
    /// there for good once this comes back, and a run that broke off goes on behind it.
    ///
    /// # Errors
    /// When the run is not open, or is not as far as the piece takes it to be: somebody else goes
    /// on with it. When the database cannot be written.
    pub async fn append(&self, run: i64, chunk: &Chunk) -> Result<Vec<i64>> {
        let mut within = self.begin().await?;
        let told = &chunk.told;
        let new = told.iter().filter(|one| one.which == Which::New).count();
        let parts = told.iter().filter(|one| one.device.is_some()).count();
        let answers = told.iter().filter(|one| one.answer.is_some()).count();
        let observations: usize =
            told.iter().filter_map(|one| one.device.as_ref()).map(|it| it.observations.len()).sum();
        let count = |many: usize| i64::try_from(many).unwrap_or(i64::MAX);
        let changed = sqlx::query(
            "UPDATE run SET taken = $2, devices = devices + $3, new_devices = new_devices + $4, \
             observations = observations + $5 WHERE id = $1 AND state = 'open' AND taken = $6",
        )
        .bind(run)
        .bind(chunk.taken)
        .bind(count(told.len()))
        .bind(count(new))
        .bind(count(observations))
        .bind(chunk.after)
        .execute(&mut *within)
        .await?;
        if changed.rows_affected() != 1 {
            return Err(Wrong::Stale(format!("run {run}")));
        }
        let mut next_device = take(&mut within, "device", new).await?;
        let mut next_part = take(&mut within, "part", parts).await?;
        let mut next_answer = take(&mut within, "answer", answers).await?;
        let fields = self.fields(&mut within, told).await?;
        let rulings = self.rulings(&mut within, told).await?;
        let mut rows = Rows::default();
        let mut numbers = Vec::with_capacity(told.len());
        for one in told {
            let device = match one.which {
                Which::Known(id) => id,
                Which::New => {
                    rows.devices.push((next_device, run));
                    next_device += 1;
                    next_device - 1
                }
            };
            numbers.push(device);
            if let Some(seen) = &one.device {
                part_rows(&mut rows, [next_part, device, run], (one, seen), &fields);
                next_part += 1;
            }
            if let Some(answer) = &one.answer {
                let said = rulings.get(answer.rulings.as_str()).copied().unwrap_or_default();
                rows.answers.push(answer_row([next_answer, device, run, said], answer));
                next_answer += 1;
            }
        }
        self.write(&mut within, &rows).await?;
        within.commit().await?;
        Ok(numbers)
    }

    async fn write(&self, within: &mut Transaction<'static, Any>, rows: &Rows) -> Result<()> {
        DEVICES.insert(self.kind, within, &rows.devices).await?;
        KEYS.insert(self.kind, within, &rows.keys).await?;
        PARTS.insert(self.kind, within, &rows.parts).await?;
        RECORDS.insert(self.kind, within, &rows.records).await?;
        OBSERVATIONS.insert(self.kind, within, &rows.observations).await?;
        ANSWERS.insert(self.kind, within, &rows.answers).await
    }

    /// The numbers of the fields that are told of; those this store has not met get one.
    async fn fields(
        &self,
        within: &mut Transaction<'static, Any>,
        told: &[Told],
    ) -> Result<BTreeMap<Field, i64>> {
        let devices = told.iter().filter_map(|one| one.device.as_ref());
        let met: BTreeSet<Field> =
            devices.flat_map(|it| it.observations.iter().map(|seen| seen.field)).collect();
        let rows = sqlx::query("SELECT id, name FROM field").fetch_all(&mut **within).await?;
        let mut known: BTreeMap<Field, i64> = BTreeMap::new();
        let mut last = 0;
        for row in &rows {
            let id = row.try_get(0)?;
            last = last.max(id);
            known.extend(Field::from_id(row.try_get(1)?).map(|field| (field, id)));
        }
        for field in met {
            if let std::collections::btree_map::Entry::Vacant(room) = known.entry(field) {
                last += 1;
                sqlx::query("INSERT INTO field (id, name) VALUES ($1, $2)")
                    .bind(last)
                    .bind(field.id())
                    .execute(&mut **within)
                    .await?;
                room.insert(last);
            }
        }
        Ok(known)
    }

    /// The numbers of what the regimes say, each text once.
    async fn rulings<'t>(
        &self,
        within: &mut Transaction<'static, Any>,
        told: &'t [Told],
    ) -> Result<BTreeMap<&'t str, i64>> {
        let texts: BTreeSet<&str> =
            told.iter().filter_map(|one| Some(one.answer.as_ref()?.rulings.as_str())).collect();
        let mut known = BTreeMap::new();
        for text in texts {
            let hash = whomade_inquiry::base::sha256(text.as_bytes());
            let found = sqlx::query("SELECT id FROM rulings WHERE sha256 = $1").bind(&hash);
            let id = match found.fetch_optional(&mut **within).await? {
                Some(row) => row.try_get(0)?,
                None => {
                    let id = take(within, "rulings", 1).await?;
                    sqlx::query("INSERT INTO rulings (id, sha256, said) VALUES ($1, $2, $3)")
                        .bind(id)
                        .bind(&hash)
                        .bind(text.to_owned())
                        .execute(&mut **within)
                        .await?;
                    id
                }
            };
            known.insert(text, id);
        }
        Ok(known)
    }

    /// Makes a run visible, all of it at once.
    ///
    /// # Errors
    /// When it is not open, or the database cannot be written.
    pub async fn publish(&self, run: i64, who: &str) -> Result<()> {
        let mut within = self.begin().await?;
        let about = format!("run:{run}");
        note(self.kind, &mut within, who, ["run.publish", &about], &Value::Null).await?;
        let changed = sqlx::query(
            "UPDATE run SET state = 'whole', ended_at = $2, \
             published = (SELECT COALESCE(MAX(published), 0) + 1 FROM run) \
             WHERE id = $1 AND state = 'open'",
        )
        .bind(run)
        .bind(now())
        .execute(&mut *within)
        .await?;
        commit_one(within, &changed, &format!("run {run}")).await
    }

    /// Takes a run back, or gives one up that was never whole: from now on nobody sees anything
    /// of it. It stays in the store.
    ///
    /// # Errors
    /// When there is none, it was taken back before, or the database cannot be written.
    pub async fn undo(&self, run: i64, who: &str, reason: &str) -> Result<()> {
        let mut within = self.begin().await?;
        let about = format!("run:{run}");
        let details = json!({ "reason": reason });
        note(self.kind, &mut within, who, ["run.undo", &about], &details).await?;
        let changed = sqlx::query(
            "UPDATE run SET state = 'undone', ended_at = $2 WHERE id = $1 AND state <> 'undone'",
        )
        .bind(run)
        .bind(now())
        .execute(&mut *within)
        .await?;
        if changed.rows_affected() != 1 {
            return Err(Wrong::Nothing(format!("run {run} that could be undone")));
        }
        within.commit().await?;
        Ok(())
    }

    /// Runs, the newest first: those before a number.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn runs(&self, before: Option<i64>, most: i64) -> Result<Vec<Run>> {
        let rows = sqlx::query(
            "SELECT id, feed, kind, state, began_at, ended_at, who, inputs, base, day, taken, \
             devices, new_devices, observations, published FROM run \
             WHERE id < $1 ORDER BY id DESC LIMIT $2",
        )
        .bind(before.unwrap_or(i64::MAX))
        .bind(most)
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(run_of).collect()
    }

    /// One run.
    ///
    /// # Errors
    /// When there is none, or the database cannot be read.
    pub async fn run(&self, id: i64) -> Result<Run> {
        let found = self.runs(id.checked_add(1), 1).await?.pop().filter(|run| run.id == id);
        found.ok_or_else(|| Wrong::Nothing(format!("run {id}")))
    }
}

fn run_of(row: &AnyRow) -> Result<Run> {
    let inputs: String = row.try_get(7)?;
    Ok(Run {
        id: row.try_get(0)?,
        feed: crate::text::kept(row.try_get(1)?),
        kind: row.try_get(2)?,
        state: RunState::from_word(row.try_get(3)?),
        began_at: row.try_get(4)?,
        ended_at: row.try_get(5)?,
        who: crate::text::kept(row.try_get(6)?),
        inputs: serde_json::from_str(&inputs).unwrap_or_default(),
        base: row.try_get(8)?,
        day: row.try_get(9)?,
        taken: row.try_get(10)?,
        devices: row.try_get(11)?,
        new_devices: row.try_get(12)?,
        observations: row.try_get(13)?,
        published: row.try_get(14)?,
    })
}

fn record_row(part: i64, n: usize, record: &Record) -> Value {
    let seen = record.seen.map(|seen| whomade_inquiry::spelled::seen_to_json(seen).to_string());
    let sheet = record.sheet.as_deref().map(keep);
    let origin = record.origin.as_deref().map(keep);
    let (source, text) = (keep(&record.source), keep(&record.text));
    json!([part, n, source, sheet, record.line, text, seen, origin])
}

fn part_rows(
    rows: &mut Rows,
    [part, device, run]: [i64; 3],
    (told, seen): (&Told, &Device),
    fields: &BTreeMap<Field, i64>,
) {
    let sort = told.sort;
    let traits = Traits::of(seen, sort, 0, Some(&told.place));
    for key in &traits.keys {
        let (value, site) = (keep(&key.value).into_owned(), keep(&key.site).into_owned());
        rows.keys.push((kind_number(key.kind), value, site, device, run));
    }
    let models = traits.models.iter().map(|model| keep(model).into_owned());
    rows.keys.extend(models.map(|model| (MODEL, model, String::new(), device, run)));
    let notes: Vec<[String; 2]> = seen
        .context
        .iter()
        .map(|(heading, value)| [keep(heading).into_owned(), keep(value).into_owned()])
        .collect();
    let (name, notes) = (keep(&seen.name), json!(notes).to_string());
    rows.parts.push(json!([part, device, run, sort.word(), name, seen.installed, notes]));
    rows.records.extend(seen.records().enumerate().map(|(n, one)| record_row(part, n, one)));
    for (n, one) in seen.observations.iter().enumerate() {
        let field = fields.get(&one.field);
        let (at, value) = (&one.at, keep(&one.value));
        rows.observations.push(json!([
            part,
            n,
            field,
            value,
            at.of,
            at.span.start,
            at.span.end,
            at.column
        ]));
    }
}

fn answer_row([id, device, run, rulings]: [i64; 4], answer: &NewAnswer) -> Value {
    let NewAnswer { certainty, holes, standing, settles, maker, .. } = answer;
    let NewAnswer { name, place, label, model, words, .. } = answer;
    let [name, place, label] = [name, place, label].map(|text| keep(text));
    let [model, words] = [model, words].map(|text| keep(text));
    json!([
        id, device, run, name, place, label, model, maker, certainty, rulings, holes, standing,
        settles, words
    ])
}
