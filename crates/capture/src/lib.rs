//! Packets to what devices show of themselves, and to whom they talk.
//!
//! Nothing here sends, and nothing of what people say or show is kept: of a message the parts that
//! tell who made a device stay, names and passwords that it carries are dropped where it is read.

pub mod flowrecords;
mod flows;
mod following;
mod fragment;
mod frames;
pub mod limits;
mod packet;
mod reading;
mod station;
mod stream;
pub mod trials;

pub use fragment::{Fragments, carried};
pub use frames::{Frame, Trouble, each_frame, is_capture};
pub use packet::{Body, Ip, Mac, Packet, Piece, Segment, Transport, is_known_link, packet};
pub use stream::Stream;
pub mod wire;
pub use reading::{Capture, Tally};
pub use station::{Answer, Cover, Networks, Peer, Seen, Station, Trace};
