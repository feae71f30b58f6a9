//! The thinking of `whomade`: observation → evidence → attribution → ruling.
//!
//! Pure: no file, socket, clock or random number; a day is an argument. It knows no maker and
//! no law by name: both are facts of the knowledge base.

pub mod assembly;
pub mod atlas;
pub mod attribution;
pub mod baseline;
pub mod calibration;
pub mod contradiction;
pub mod deadline;
pub mod diagnostic;
pub mod egress;
pub mod evidence;
pub mod exposure;
pub mod firmware;
pub mod kb;
pub mod observation;
pub mod pack;
pub mod paper;
pub mod plan;
pub mod report;
pub mod role;
pub mod ruling;
pub mod shape;
pub mod suggest;
pub mod watch;
pub mod weights;
