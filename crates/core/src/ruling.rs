//! Attribution × provision × day × context → ruling with its steps.

use serde::{Deserialize, Serialize};

/// What a regime says about a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Prohibited.
    Barred,
    /// The facts named as missing decide.
    Undetermined,
    /// Needs an approval.
    Restricted,
    /// Advice, not an order.
    Advised,
    /// An exception or a waiver applies.
    Excepted,
    /// Who made it is not known: never clear.
    UnknownMaker,
    /// The rule does not begin until later.
    NotYet,
    /// The rule has ended.
    Expired,
    /// The rule does not bind this holder.
    NotBound,
    /// No provision reaches this.
    NoRule,
}
