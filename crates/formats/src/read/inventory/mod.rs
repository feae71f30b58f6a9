//! What people keep of their devices in programs made for it.

pub(crate) mod home_assistant;
pub(crate) mod netbox;
mod netbox_table;
pub(crate) mod servicenow;
pub(crate) mod snipe_it;
