//! What people keep of their devices in programs made for it.

pub(crate) mod home_assistant;
