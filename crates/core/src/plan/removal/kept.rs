//! A plan that is kept, so that later runs are held against it: a header and a line a device.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::baseline::Entry;

/// The version of the form.
pub const VERSION: u32 = 1;
/// Bytes of a line; the longest holds the terms and what was asked.
pub const LINE_BYTES_MAX: u64 = 16 << 20;
/// The form in which devices are kept: without all that was seen of them.
const ENTRY_FORM: u32 = 1;

/// What a plan was made with, and what it promises.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The version of the form.
    pub v: u32,
    /// What this file is: `plan`.
    pub kind: String,
    /// The day asked about.
    pub on: Date,
    /// The base, by its short name.
    pub base: String,
    /// What was asked, as the program reads it again.
    pub asked: Value,
    /// The files with their SHA-256, where they have one.
    pub inputs: Vec<(String, Option<String>)>,
    /// The SHA-256 of the terms.
    pub terms: String,
    /// The first and the last day of the plan.
    pub days: (Date, Date),
    /// Risk days of the plan.
    pub risk_days: f64,
    /// What it costs.
    pub cost: f64,
    /// How many devices it holds.
    pub devices: usize,
}

impl Kept {
    /// The first line of the file.
    ///
    /// # Errors
    /// Why it is none: no such line, or one of a newer form.
    pub fn parse(line: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(line).map_err(|_| "it is no plan".to_owned())?;
        let version = value.get("v").and_then(Value::as_u64);
        if version.is_some_and(|v| v > u64::from(VERSION)) && value["kind"] == "plan" {
            return Err(format!(
                "it has form {}, and this program knows up to {VERSION}",
                value["v"]
            ));
        }
        match serde_json::from_value::<Self>(value) {
            Ok(kept) if kept.kind == "plan" => Ok(kept),
            _ => Err("it is no plan that `whomade plan --save` wrote".to_owned()),
        }
    }
}

/// A device of a plan that was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptDevice {
    /// What it is told again by.
    pub entry: Entry,
    /// Where it stood.
    pub site: String,
    /// The period in which it goes; none: the plan leaves it.
    pub wave: Option<(Date, Date)>,
    /// What a day with it weighs.
    pub risk: f64,
    /// What replacing it costs, without the way.
    pub cost: f64,
}

/// The same as it is written.
#[derive(Serialize, Deserialize)]
struct Line {
    device: String,
    site: String,
    wave: Option<(Date, Date)>,
    risk: f64,
    cost: f64,
}

impl KeptDevice {
    /// As a line, without its end.
    ///
    /// # Errors
    /// When a number is none that can be written.
    pub fn line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Line {
            device: self.entry.line_in(ENTRY_FORM),
            site: self.site.clone(),
            wave: self.wave,
            risk: self.risk,
            cost: self.cost,
        })
    }

    /// The same read again; none when it is no such line.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let Line { device, site, wave, risk, cost } = serde_json::from_str(line).ok()?;
        let sound = |number: f64| number.is_finite() && number >= 0.0;
        let entry = Entry::parse(&device).filter(|_| sound(risk) && sound(cost))?;
        Some(Self { entry, site, wave, risk, cost })
    }
}
