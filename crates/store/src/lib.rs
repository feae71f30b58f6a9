//! The estate over time: what was observed, answered, judged and done. One file of SQLite, or
//! PostgreSQL; the same text of SQL on both.
//!
//! Whatever belongs to a run is seen by nobody before the run is whole, and by nobody after it was
//! undone: a run is made visible, or taken back, by one row. Observations and answers are
//! appended and never changed.

mod audit;
mod backup;
mod blobs;
mod bulk;
mod devices;
mod estate;
mod import;
mod jobs;
mod judgements;
mod listing;
mod number;
mod open;
mod people;
mod rework;
mod runs;
mod sessions;
mod text;
mod wrong;

pub use audit::{Line, Verified, moment, now};
pub use backup::Copied;
pub use blobs::Blob;
pub use devices::{History, Part};
pub use estate::Site;
pub use import::{
    AFFECTED, Answers, CANNOT_TELL, EXPLOITED, Import, Imported, Progress, short_name,
};
pub use jobs::{HELD, Job, JobState, TRIES_MAX};
pub use judgements::{Judgement, JudgementKind, NewJudgement, REASON_CHARS_MAX};
pub use listing::{CERTAINTIES, Counts, Facet, Listed, Listing, Matches, Query, squeezed};
pub use open::{Address, Kind, Store};
pub use people::{EVERYWHERE, LOGIN_CHARS_MAX, Person, Role, SHOWN_CHARS_MAX, Seat};
pub use rework::Rework;
pub use runs::{Chunk, NewAnswer, NewRun, Run, RunState, Told, Which};
pub use sessions::{Session, Token};
pub use text::{keep, kept};
pub use wrong::{Result, Wrong};
