//! How much of a capture is kept at once: whatever it holds, the memory stays within these.

/// Bytes of one frame; links carry at most 64 KiB, some tools record a little more.
pub const FRAME_BYTES_MAX: usize = 1 << 20;
/// Interfaces that one section of a pcapng file may describe.
pub const INTERFACES_MAX: usize = 65_536;
/// Tunnels within one another that are opened.
pub const TUNNELS_MAX: usize = 4;
/// Packets of which fragments wait to be put together.
pub const FRAGMENTED_MAX: usize = 1_024;
/// Bytes of a packet that came in fragments.
pub const FRAGMENTED_BYTES_MAX: usize = 65_535;
/// Bytes of all fragments that wait.
pub const FRAGMENTS_BYTES_MAX: usize = 32 << 20;
/// Flows that are followed at once; the longest silent gives way.
pub const FLOWS_MAX: usize = 262_144;
/// Bytes of one direction of a flow that are kept until its first messages are read.
pub const STREAM_BYTES_MAX: usize = 16 << 10;
/// Bytes of all directions of all flows that are kept at once.
pub const STREAMS_BYTES_MAX: usize = 96 << 20;
/// Pieces of a direction that wait for one before them.
pub const PIECES_MAX: usize = 16;
/// Messages of one direction of a flow that are read.
pub const MESSAGES_MAX: usize = 16;
/// Stations of a capture.
pub const STATIONS_MAX: usize = 200_000;
/// Different things that one station shows of itself.
pub const TRACES_MAX: usize = 256;
/// Different peers of one station.
pub const PEERS_MAX: usize = 4_096;
/// Peers of all stations together; each takes some two hundred bytes.
pub const PEERS_OF_ALL_MAX: usize = 400_000;
/// Bytes of all that all stations show of themselves.
pub const TRACES_BYTES_MAX: usize = 64 << 20;
/// Answers of all stations to what they asked names for.
pub const ANSWERS_MAX: usize = 262_144;
/// Exporters of which is kept what their records look like, each domain of an address one.
pub const EXPORTERS_MAX: usize = 1_024;
/// Bytes of the names of all peers, and as many of those in answers.
pub const NAMES_BYTES_MAX: usize = 32 << 20;
