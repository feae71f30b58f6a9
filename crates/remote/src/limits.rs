//! How long a server is waited for, and how much is taken from it.

use std::time::Duration;

/// Limits of asking; the usual ones are [`Limits::default`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a page, unpacked.
    pub page_bytes: u64,
    /// Bytes of all pages, unpacked.
    pub all_bytes: u64,
    /// Pages in all.
    pub pages: u64,
    /// Devices in all.
    pub devices: u64,
    /// From asking for a page to its last byte.
    pub page_time: Duration,
    /// From the first question to the last byte.
    pub all_time: Duration,
    /// How often a page is asked for that the server says it cannot give now.
    pub tries: u32,
    /// The wait before the second try; before each further one it is twice as long.
    pub first_wait: Duration,
    /// The longest wait, also where the server asks for a longer one.
    pub longest_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            page_bytes: 64 << 20,
            all_bytes: 8 << 30,
            pages: 50_000,
            devices: 1_000_000,
            page_time: Duration::from_secs(60),
            all_time: Duration::from_secs(60 * 60),
            tries: 4,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(30),
        }
    }
}
