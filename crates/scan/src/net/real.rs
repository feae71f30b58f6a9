//! The network that there is.
