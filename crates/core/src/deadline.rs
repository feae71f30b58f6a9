//! By when: the duties that follow from a ruling, with their clocks counted.
//!
//! A clock runs from the day or the hour that the user names. The holidays are facts of the base.

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Weekday};
use serde::Serialize;

use crate::kb::Facts;
use crate::kb::schema::{Calendar, Clock, ClockUnit, Duty, Holiday, Reading, Regime};
use crate::ruling::{Context, Outcome, holds};

/// When it was found or notified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// The day.
    pub day: Date,
    /// The hour on that day, if it is known.
    pub hour: Option<DateTime>,
    /// The day on which the first report went out, if it did.
    pub reported: Option<Date>,
}

impl From<Date> for Event {
    fn from(day: Date) -> Self {
        Self { day, hour: None, reported: None }
    }
}

/// A day or an hour by which something must have been done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// The form, such as `report.far_52_204_25`; empty where the text names a day only.
    pub form: String,
    /// The part of the form, or the paragraph.
    pub part: String,
    /// What to do.
    pub what: String,
    /// The rule in words.
    pub rule: String,
    /// To whom.
    pub recipient: Option<String>,
    /// The day the clock starts.
    pub start: Option<Date>,
    /// What must have happened for it to start then.
    pub condition: Option<String>,
    /// The last day.
    pub due: Date,
    /// The last minute, where hours are counted and the hour of the event is known.
    pub due_at: Option<DateTime>,
    /// What had to be assumed to count it.
    pub assumes: Option<String>,
    /// How the text was read: `primary`, `secondary`, `recalled`.
    pub confidence: Reading,
    /// Ids of sources.
    pub sources: Vec<String>,
}

/// Whether a duty follows from that outcome in that context.
#[must_use]
pub fn follows(duty: &Duty, outcome: Outcome, context: &Context) -> bool {
    let free = duty
        .unless
        .iter()
        .any(|(key, values)| context.get(key).is_some_and(|value| values.contains(value)));
    duty.on == outcome && !free && holds(&duty.when, context) == Some(true)
}

/// The deadlines of the duties that follow, in the order of the duties. A clock without an event
/// does not run; a day that the text names stands without one.
#[must_use]
pub fn deadlines(
    facts: &Facts,
    regime: &Regime,
    outcome: Outcome,
    context: &Context,
    event: Option<Event>,
) -> Vec<Deadline> {
    let mut all: Vec<Deadline> = Vec::new();
    for duty in regime.duties.iter().filter(|duty| follows(duty, outcome, context)) {
        let blank = blank(regime, duty, context);
        if let Some(due) = duty.due {
            all.push(Deadline { due, ..blank });
            continue;
        }
        let (Some(clock), Some(event)) = (&duty.clock, event) else { continue };
        let calendar = clock
            .calendar
            .as_ref()
            .and_then(|id| facts.context.calendars.iter().find(|one| one.id == *id));
        let mut starts: Vec<(Event, Option<String>)> = match &clock.after {
            None => vec![(event, None)],
            // A part that follows another can be counted from that one's last day, and from the
            // day of the event, when that one goes out at once; or from the day it did go out.
            Some(part) => {
                let before = all.iter().find(|one| one.form == clock.form && one.part == *part);
                let open = event.reported.is_none();
                let early = event.reported.unwrap_or(event.day);
                let last = before.map(|one| one.due).filter(|_| open);
                let days = last.into_iter().chain([early]);
                let said = |day: Date| Some(format!("{part} submitted on {day}"));
                days.map(|day| (Event::from(day), said(day))).collect()
            }
        };
        starts.dedup();
        for (start, condition) in starts {
            let Some((due, due_at)) = run(clock, calendar, start) else { continue };
            let start = Some(start.day);
            all.push(Deadline { start, condition, due, due_at, ..blank.clone() });
        }
    }
    all
}

fn blank(regime: &Regime, duty: &Duty, context: &Context) -> Deadline {
    let to = duty.recipients.iter().find(|one| holds(&one.when, context) == Some(true));
    let first = regime.provisions.first();
    let sources = if duty.sources.is_empty() { &regime.sources } else { &duty.sources };
    Deadline {
        form: duty.clock.as_ref().map_or_else(String::new, |clock| clock.form.clone()),
        part: duty.clock.as_ref().map_or_else(|| duty.citation.clone(), |one| one.part.clone()),
        what: duty.what.clone(),
        rule: duty.by.clone().unwrap_or_default(),
        recipient: to.map(|one| one.to.clone()),
        start: None,
        condition: None,
        due: Date::ZERO,
        due_at: None,
        assumes: duty.clock.as_ref().and_then(|clock| clock.assumes.clone()),
        confidence: duty.reading.or(first.map(|one| one.reading)).unwrap_or(Reading::Recalled),
        sources: sources.clone(),
    }
}

/// The end of a clock; none beyond the calendar that dates can have.
fn run(
    clock: &Clock,
    calendar: Option<&Calendar>,
    start: Event,
) -> Option<(Date, Option<DateTime>)> {
    match clock.unit {
        ClockUnit::Hour => {
            let span = i64::from(clock.within).hours();
            if let Some(hour) = start.hour {
                let end = hour.checked_add(span).ok()?;
                return Some((end.date(), Some(end)));
            }
            // Without the hour the whole day may have run already: the first hour is counted.
            let end = start.day.at(0, 0, 0, 0).checked_add(span).ok()?;
            Some((end.date(), None))
        }
        ClockUnit::Day => Some((start.day.checked_add(i64::from(clock.within).days()).ok()?, None)),
        ClockUnit::BusinessDay => {
            let mut day = start.day;
            let mut left = clock.within;
            while left > 0 {
                day = day.tomorrow().ok()?;
                if is_business_day(calendar, day) {
                    left -= 1;
                }
            }
            Some((day, None))
        }
    }
}

/// Whether the day is neither Saturday, Sunday nor a holiday of the calendar.
#[must_use]
pub fn is_business_day(calendar: Option<&Calendar>, day: Date) -> bool {
    let free = |holiday: &Holiday| {
        // A holiday of the first of January may be kept in the year before.
        [day.year(), day.year().saturating_add(1)]
            .into_iter()
            .any(|year| kept(holiday, year) == Some(day))
    };
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
        && !calendar.is_some_and(|calendar| calendar.holidays.iter().any(free))
}

/// The day on which a holiday is kept in that year.
fn kept(holiday: &Holiday, year: i16) -> Option<Date> {
    if holiday.since.is_some_and(|since| year < since) {
        return None;
    }
    if let (Some(weekday), Some(nth)) = (holiday.weekday, holiday.nth) {
        let first = Date::new(year, holiday.month, 1).ok()?;
        let weekday = Weekday::from_monday_one_offset(weekday).ok()?;
        return first.nth_weekday_of_month(nth, weekday).ok();
    }
    let day = Date::new(year, holiday.month, holiday.day?).ok()?;
    match day.weekday() {
        Weekday::Saturday => day.yesterday().ok(),
        Weekday::Sunday => day.tomorrow().ok(),
        _ => Some(day),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn calendar() -> Calendar {
        let holiday = |month, day, weekday, nth, since| Holiday {
            name: String::new(),
            month,
            day,
            weekday,
            nth,
            since,
        };
        let holidays = vec![
            holiday(1, Some(1), None, None, None),
            holiday(6, Some(19), None, None, Some(2021)),
            holiday(5, None, Some(1), Some(-1), None),
            holiday(10, None, Some(1), Some(2), None),
        ];
        Calendar { id: "xx".to_owned(), holidays, sources: vec![] }
    }

    fn end(unit: ClockUnit, within: u32, start: Date) -> Date {
        let clock = Clock {
            form: String::new(),
            part: String::new(),
            within,
            unit,
            after: None,
            calendar: None,
            assumes: None,
        };
        run(&clock, Some(&calendar()), start.into()).expect("a day of the calendar").0
    }

    #[test]
    fn business_days_leave_out_weekends_and_holidays() {
        assert_eq!(end(ClockUnit::BusinessDay, 1, date(2026, 10, 9)), date(2026, 10, 13));
        assert_eq!(end(ClockUnit::BusinessDay, 10, date(2026, 10, 13)), date(2026, 10, 27));
        assert_eq!(end(ClockUnit::BusinessDay, 10, date(2026, 10, 9)), date(2026, 10, 26));
        assert_eq!(end(ClockUnit::Day, 3, date(2026, 10, 9)), date(2026, 10, 12));
        assert_eq!(end(ClockUnit::Hour, 72, date(2026, 10, 9)), date(2026, 10, 12));
    }

    #[test]
    fn a_holiday_on_a_weekend_is_kept_beside_it() {
        let calendar = calendar();
        // The first of January 2022 was a Saturday: kept on the last day of the year before.
        assert!(!is_business_day(Some(&calendar), date(2021, 12, 31)));
        assert!(!is_business_day(Some(&calendar), date(2023, 1, 2)));
        assert!(is_business_day(Some(&calendar), date(2020, 6, 19)), "not kept then");
        assert!(!is_business_day(Some(&calendar), date(2024, 6, 19)));
        assert!(!is_business_day(Some(&calendar), date(2025, 5, 26)), "the last Monday");
        assert!(is_business_day(None, date(2025, 5, 26)));
    }
}
