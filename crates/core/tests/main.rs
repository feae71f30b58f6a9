//! The tests of the thinking: one binary, so that it links once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot set itself up should stop"
)]

#[path = "main/assembly.rs"]
mod assembly;
#[path = "main/atlas.rs"]
mod atlas;
#[path = "main/baseline.rs"]
mod baseline;
#[path = "main/calibration.rs"]
mod calibration;
#[path = "main/contradiction.rs"]
mod contradiction;
#[path = "main/depth.rs"]
mod depth;
#[path = "main/egress.rs"]
mod egress;
#[path = "main/exposure.rs"]
mod exposure;
#[path = "main/firmware.rs"]
mod firmware;
#[path = "main/glob.rs"]
mod glob;
#[path = "main/hostile.rs"]
mod hostile;
#[path = "main/kb.rs"]
mod kb;
#[path = "main/laws.rs"]
mod laws;
#[path = "main/matching.rs"]
mod matching;
#[path = "main/names.rs"]
mod names;
#[path = "main/near.rs"]
mod near;
#[path = "main/overlay.rs"]
mod overlay;
#[path = "main/packs.rs"]
mod packs;
#[path = "main/papers.rs"]
mod papers;
#[path = "main/perhaps.rs"]
mod perhaps;
#[path = "main/plan.rs"]
mod plan;
#[path = "main/quote.rs"]
mod quote;
#[path = "main/relabel.rs"]
mod relabel;
#[path = "main/removal.rs"]
mod removal;
#[path = "main/rulings.rs"]
mod rulings;
#[path = "main/shape.rs"]
mod shape;
#[path = "main/sums.rs"]
mod sums;
#[path = "main/support.rs"]
mod support;
#[path = "main/tidy.rs"]
mod tidy;
#[path = "main/watch.rs"]
mod watch;
#[path = "main/words.rs"]
mod words;
