//! What was read out of values: the parts of a firmware version, the shape of a reply.

use serde::Serialize;

use super::{Named, clean, join_or, named};
use crate::firmware::Firmware;
use crate::kb::Base;
use crate::observation::{Device, Field};
use crate::shape;

/// The parts of one firmware version, by one grammar.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FirmwareReport {
    /// The version as it stood there.
    pub value: String,
    /// Id of the grammar.
    pub grammar: String,
    /// Whose grammar it is.
    pub of: Named,
    /// Its numbers, the one that counts most first.
    pub version: Vec<u64>,
    /// The day of the build, `yyyy-mm-dd`.
    pub build: Option<String>,
    /// The code of the customer for whom it was built.
    pub customer: Option<CustomerReport>,
    /// The family of hardware or branch of code.
    pub branch: Option<String>,
    /// The model number in it.
    pub model: Option<String>,
}

/// A customer's code in a firmware version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CustomerReport {
    /// The code.
    pub code: String,
    /// Whose it is; empty where the base does not know.
    pub of: Vec<Named>,
}

/// The shape of a reply.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShapeReport {
    /// The field that it is, such as `http-header-order`.
    pub field: &'static str,
    /// The field from which it was derived; the same where the shape itself was observed.
    pub from: &'static str,
    /// The shape.
    pub value: String,
    /// A short name for it.
    pub hash: String,
}

/// What was read out of the values of a device.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Readings {
    /// Out of firmware versions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub firmware: Vec<FirmwareReport>,
    /// Out of raw replies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shapes: Vec<ShapeReport>,
}

impl Readings {
    /// Reads a device's firmware versions and replies.
    #[must_use]
    pub fn of(base: &Base, device: &Device) -> Self {
        let mut readings = Self::default();
        for seen in &device.observations {
            if seen.field == Field::Firmware {
                let read = Firmware::read(base, &seen.value);
                readings.firmware.extend(read.iter().map(|one| firmware_report(base, one)));
            }
            let from = seen.field.id();
            if shape::is_shape(seen.field) {
                readings.shapes.push(shape_report(seen.field, from, seen.value.to_string()));
            }
            for (field, shape) in shape::derived(seen.field) {
                let value = shape(&seen.value);
                readings.shapes.extend(value.map(|value| shape_report(*field, from, value)));
            }
        }
        readings
    }

    /// Whether nothing was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.firmware.is_empty() && self.shapes.is_empty()
    }

    /// One line for each reading of a firmware version that says more than its form.
    #[must_use]
    pub fn firmware_lines(&self) -> Vec<String> {
        let each = self.firmware.iter().filter_map(|one| {
            let said = firmware_words(one);
            let value = clean(&one.value);
            (!said.is_empty()).then(|| format!("firmware {value} says: {}", said.join(", ")))
        });
        each.collect()
    }

    /// One line for each shape.
    #[must_use]
    pub fn shape_lines(&self) -> Vec<String> {
        let each = self.shapes.iter();
        each.map(|one| format!("{} {}: {}", one.field, one.hash, clean(&one.value))).collect()
    }
}

fn shape_report(field: Field, from: &'static str, value: String) -> ShapeReport {
    ShapeReport { field: field.id(), from, hash: shape::short_hash(&value), value }
}

fn firmware_report(base: &Base, one: &Firmware) -> FirmwareReport {
    let customer = one.customer.as_ref().map(|code| CustomerReport {
        code: code.clone(),
        of: base.customers_of(one.of, code).map(|of| named(base, of)).collect(),
    });
    FirmwareReport {
        value: one.raw.clone(),
        grammar: one.grammar.clone(),
        of: named(base, one.of),
        version: one.version.clone(),
        build: one.build.map(|day| day.to_string()),
        customer,
        branch: one.branch.clone(),
        model: one.model.clone(),
    }
}

fn firmware_words(one: &FirmwareReport) -> Vec<String> {
    let mut said = Vec::new();
    if !one.version.is_empty() {
        let parts: Vec<String> = one.version.iter().map(u64::to_string).collect();
        said.push(format!("version {}", parts.join(".")));
    }
    said.extend(one.build.as_ref().map(|day| format!("built {day}")));
    said.extend(one.branch.as_ref().map(|branch| format!("branch {}", clean(branch))));
    said.extend(one.model.as_ref().map(|model| format!("model {}", clean(model))));
    if let Some(customer) = &one.customer {
        let names: Vec<&str> = customer.of.iter().map(|of| of.name.as_str()).collect();
        let code = clean(&customer.code);
        said.push(if names.is_empty() {
            format!("customer code {code}, not known whose")
        } else {
            format!("customer code {code}, known as that of {}", join_or(&names))
        });
    }
    said
}
