//! A farm of devices: modelled after the layouts that are known of real ones, with serial numbers
//! that are made up. The same models answer a scan on a simulated network and over real sockets.
//!
//! What a model says is what its source says that such devices say, and no more; each carries who
//! really made it, so that a scan of the farm can be marked.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the devices of the farm listen and answer, some of them slowly"
)]

pub mod device;
pub mod kinds;
pub mod serve;
