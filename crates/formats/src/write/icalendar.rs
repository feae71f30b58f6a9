//! Calendars (iCalendar, RFC 5545): whole days, one event each.

use jiff::civil::Date;
use sha2::{Digest as _, Sha256};
use whomade_core::report::turns_text;

/// Octets of a line; longer ones are folded (RFC 5545, 3.1).
const LINE_MAX: usize = 75;
/// Signs of an event's number.
const ID_CHARS: usize = 32;

/// Something that takes whole days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What it is told again by in another calendar.
    pub id: String,
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
    /// What it is called.
    pub title: String,
    /// Where it is.
    pub place: String,
    /// What else is said, in lines.
    pub words: String,
}

/// A calendar.
#[derive(Debug, Clone)]
pub struct Calendar {
    text: String,
    /// The moment that stands on every event: that of the day asked about, for no clock is read.
    stamp: String,
}

impl Calendar {
    /// An empty calendar of that name, as of a day.
    #[must_use]
    pub fn new(name: &str, on: Date) -> Self {
        let stamp = format!("{}T000000Z", compact(on));
        let mut calendar = Self { text: String::new(), stamp };
        calendar.line("BEGIN:VCALENDAR");
        calendar.line("VERSION:2.0");
        calendar.line("PRODID:-//whomade//removal plan//EN");
        calendar.line("CALSCALE:GREGORIAN");
        calendar.line("METHOD:PUBLISH");
        calendar.line(&format!("X-WR-CALNAME:{}", escaped(name)));
        calendar
    }

    /// Adds an event.
    pub fn add(&mut self, event: Event) {
        let hash = Sha256::digest(event.id.as_bytes());
        let mut id: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        id.truncate(ID_CHARS);
        // The end of whole days is the day behind the last (RFC 5545, 3.6.1).
        let end = event.last.tomorrow().unwrap_or(event.last);
        let stamp = self.stamp.clone();
        self.line("BEGIN:VEVENT");
        self.line(&format!("UID:{id}@whomade.invalid"));
        self.line(&format!("DTSTAMP:{stamp}"));
        self.line(&format!("DTSTART;VALUE=DATE:{}", compact(event.first)));
        self.line(&format!("DTEND;VALUE=DATE:{}", compact(end)));
        self.line(&format!("SUMMARY:{}", escaped(&event.title)));
        if !event.place.is_empty() {
            self.line(&format!("LOCATION:{}", escaped(&event.place)));
        }
        if !event.words.is_empty() {
            self.line(&format!("DESCRIPTION:{}", escaped(&event.words)));
        }
        self.line("TRANSP:TRANSPARENT");
        self.line("END:VEVENT");
    }

    /// The calendar as text.
    #[must_use]
    pub fn text(mut self) -> String {
        self.line("END:VCALENDAR");
        self.text
    }

    /// Writes a line, folded between characters.
    fn line(&mut self, line: &str) {
        let mut room = LINE_MAX;
        for c in line.chars() {
            if c.len_utf8() > room {
                self.text.push_str("\r\n ");
                room = LINE_MAX - 1;
            }
            room -= c.len_utf8();
            self.text.push(c);
        }
        self.text.push_str("\r\n");
    }
}

/// A day without dashes.
fn compact(day: Date) -> String {
    day.strftime("%Y%m%d").to_string()
}

/// A text as a value: what parts values is escaped, what is obeyed is left out (RFC 5545, 3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() || turns_text(c) => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_lines_folded_and_the_end_is_the_day_behind() {
        let mut calendar = Calendar::new("A; B", "2027-01-02".parse().unwrap());
        calendar.add(Event {
            id: "one".to_owned(),
            first: "2027-02-27".parse().unwrap(),
            last: "2027-02-28".parse().unwrap(),
            title: "é".repeat(60),
            place: "Hall,\r\nSUMMARY:x\u{202e}".to_owned(),
            words: String::new(),
        });
        let text = calendar.text();
        assert!(text.contains("DTEND;VALUE=DATE:20270301\r\n"), "{text}");
        assert!(text.contains("LOCATION:Hall\\,\\nSUMMARY:x\r\n"), "{text}");
        assert!(text.contains("X-WR-CALNAME:A\\; B\r\n"), "{text}");
        assert!(text.split("\r\n").all(|line| line.len() <= LINE_MAX), "{text}");
        assert_eq!(text.replace("\r\n ", "").matches(&"é".repeat(60)).count(), 1);
    }
}
