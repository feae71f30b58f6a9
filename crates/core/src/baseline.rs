//! An estate over time: what its owner says of it, where its devices stand, which findings are
//! exempted, and what changed since a day that was taken as the baseline.
//!
//! Only the thinking: the files `whomade.toml` and `whomade.baseline` are read and written
//! elsewhere.

pub mod cause;
pub mod change;
pub mod entry;
pub mod exemption;
pub mod observed;
pub mod places;
pub mod settings;
pub mod tell;

pub use cause::{Cause, Turned};
pub use change::{Change, changes};
pub use entry::{Entry, Header};
pub use exemption::{Exempted, Exemption, Exemptions, Subject};
pub use observed::Otherwise;
pub use places::{Place, Places, Site};
pub use settings::{Baseline, Estate, Settings};
pub use tell::{Told, Unclear, tell};
