//! A device as JSON, to be put aside and read again: every observation with its place.

use std::sync::Arc;

use serde_json::{Value, json};
use whomade_core::observation::{At, Device, Field, KnownBy, Observation, Record, Seen};

/// A device with its observations and where each stood.
pub fn to_json(device: &Device) -> Value {
    let observations: Vec<Value> = device
        .observations
        .iter()
        .map(|seen| {
            let at = &seen.at;
            let mut one = vec![json!(seen.field.id()), json!(seen.value.as_str())];
            one.extend([at.span.start, at.span.end, at.column].map(Value::from));
            one.extend((at.of > 0).then(|| at.of.into()));
            Value::Array(one)
        })
        .collect();
    let mut value = json!({
        "name": device.name.as_str(),
        "source": device.record.source.as_ref(),
        "sheet": device.record.sheet.as_deref(),
        "line": device.record.line,
        "text": device.record.text,
        "installed": device.installed,
        "context": device.context.iter().map(|(k, v)| json!([k.as_ref(), v.as_str()])).collect::<Vec<_>>(),
        "observations": observations,
    });
    if let Some(seen) = device.record.seen {
        value["seen"] = seen_to_json(seen);
    }
    if let Some(origin) = &device.record.origin {
        value["origin"] = json!(origin.as_ref());
    }
    if !device.others.is_empty() {
        value["others"] = device.others.iter().map(record_to_json).collect();
    }
    value
}

fn record_to_json(record: &Record) -> Value {
    let mut value = json!({
        "source": record.source.as_ref(),
        "sheet": record.sheet.as_deref(),
        "line": record.line,
        "text": record.text,
        "seen": record.seen.map(seen_to_json),
    });
    if let Some(origin) = &record.origin {
        value["origin"] = json!(origin.as_ref());
    }
    value
}

fn record_of(value: &Value) -> Option<Record> {
    let text = |key: &str| value.get(key)?.as_str().map(str::to_owned);
    Some(Record {
        source: text("source")?.into(),
        sheet: text("sheet").map(Into::into),
        line: value.get("line")?.as_u64()?,
        text: text("text")?,
        seen: seen_of(value),
        origin: text("origin").map(Into::into),
    })
}

/// When what a record says was so: both ends, and the word `lease` behind those of a lease, whose
/// beginning may be missing.
pub fn seen_to_json(seen: Seen) -> Value {
    match seen.by {
        KnownBy::Sight => json!([seen.from, seen.until]),
        KnownBy::Lease => json!([seen.from, seen.until, LEASE]),
        KnownBy::LeaseEnd => json!([null, seen.until, LEASE]),
    }
}

/// What stands behind the ends of a lease.
const LEASE: &str = "lease";

fn seen_of(value: &Value) -> Option<Seen> {
    seen_from_json(value.get("seen")?)
}

/// The same read again.
#[must_use]
pub fn seen_from_json(seen: &Value) -> Option<Seen> {
    let moment = |at: usize| seen.get(at)?.as_str()?.parse().ok();
    if seen.get(2).and_then(Value::as_str) == Some(LEASE) {
        return Some(Seen::lease(moment(0), moment(1)?));
    }
    Some(Seen::between(moment(0)?, moment(1)?))
}

/// The same read again; none when it is no device.
pub fn from_json(value: &Value) -> Option<Device> {
    let text = |key: &str| value.get(key)?.as_str().map(str::to_owned);
    let list = |key: &str| value.get(key)?.as_array().cloned();
    let observations = list("observations")?
        .iter()
        .filter_map(|seen| {
            let number = |at: usize| u32::try_from(seen.get(at)?.as_u64()?).ok();
            Some(Observation {
                field: Field::from_id(seen.get(0)?.as_str()?)?,
                value: seen.get(1)?.as_str()?.into(),
                at: At {
                    span: number(2)?..number(3)?,
                    column: number(4)?,
                    of: number(5).unwrap_or(0),
                },
            })
        })
        .collect();
    let context = list("context")?
        .iter()
        .filter_map(|pair| {
            let key: Arc<str> = pair.get(0)?.as_str()?.into();
            Some((key, pair.get(1)?.as_str()?.into()))
        })
        .collect();
    Some(Device {
        name: text("name")?.into(),
        record: record_of(value)?,
        others: list("others").unwrap_or_default().iter().filter_map(record_of).collect(),
        observations,
        installed: text("installed").and_then(|day| day.parse().ok()),
        context,
    })
}
