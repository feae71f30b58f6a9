//! The day, asked of the system once. Everything else is told the day.

use jiff::civil::Date;

/// Today, where this machine is.
pub fn today() -> Date {
    jiff::Zoned::now().date()
}
