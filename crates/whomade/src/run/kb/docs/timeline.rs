//! Provisions on a line of time, in letters that stand in a column each.

use jiff::civil::Date;
use whomade_core::kb::Facts;
use whomade_core::kb::schema::{Effect, Provision, Reading, Regime};

/// Columns of a year.
const COLUMNS_A_YEAR: i32 = 2;

/// Years before the last that are shown.
const SHOWN_MAX: i16 = 12;

/// The years that are shown, the last one excluded.
struct Years {
    from: i16,
    until: i16,
}

impl Years {
    fn of<'r>(regimes: impl Iterator<Item = &'r Regime>) -> Self {
        let (mut from, mut until) = (i16::MAX, i16::MIN);
        for regime in regimes {
            until = until.max(regime.read_until.year());
            for one in &regime.provisions {
                from = from.min(one.from.year());
                until = until.max(one.until.unwrap_or(one.from).year());
            }
        }
        // The year after shows what is thought to go on; what is older than all others is cut.
        Self { from: from.min(until).max(until - SHOWN_MAX), until: until + 2 }
    }

    fn columns(&self) -> usize {
        usize::try_from(i32::from(self.until - self.from) * COLUMNS_A_YEAR).unwrap_or(0)
    }

    /// The column in which a day lies.
    fn column(&self, day: Date) -> usize {
        let half = i32::from(day.month() > 6);
        let column = i32::from(day.year() - self.from) * COLUMNS_A_YEAR + half;
        usize::try_from(column).unwrap_or(0).min(self.columns())
    }

    fn head(&self, wide: usize) -> String {
        let years = (self.from..self.until).map(|year| format!("{:02}", year % 100));
        format!("{:wide$}  {}\n", "", years.collect::<String>())
    }

    /// Draws a provision, with lighter letters behind the day to which its sources were read.
    fn bar(&self, line: &mut [char], one: &Provision, read_until: Date) {
        let known = self.column(read_until);
        // What nobody read rules undetermined at most, whatever its effect would be.
        let mark = match (one.reading, one.effect) {
            (Reading::Recalled, _) => '░',
            (_, Effect::Barred) => '█',
            _ => '▒',
        };
        let (from, all) = (self.column(one.from), self.columns());
        let until = one.until.map_or(all, |day| self.column(day) + 1).min(all);
        for (at, column) in line.iter_mut().enumerate().take(until).skip(from) {
            let mark = if at > known { '─' } else { mark };
            let read = matches!(*column, '█' | '▒');
            if *column != '█' && !(read && mark == '░') {
                *column = mark;
            }
        }
        for column in line.iter_mut().skip(until).filter(|column| **column == ' ') {
            *column = '·';
        }
    }
}

/// Every regime a line.
pub(super) fn of_all(facts: &Facts) -> String {
    let years = Years::of(facts.regimes.values());
    let rows = facts.regimes.values().map(|one| Row {
        name: &one.id,
        provisions: &one.provisions,
        read_until: one.read_until,
    });
    drawn(&years, &rows.collect::<Vec<_>>())
}

/// Every provision of a regime a line.
pub(super) fn of(regime: &Regime) -> String {
    let years = Years::of(std::iter::once(regime));
    let rows = regime.provisions.iter().map(|one| Row {
        name: &one.id,
        provisions: std::slice::from_ref(one),
        read_until: regime.read_until,
    });
    drawn(&years, &rows.collect::<Vec<_>>())
}

/// A line of the picture.
struct Row<'f> {
    name: &'f str,
    provisions: &'f [Provision],
    read_until: Date,
}

fn drawn(years: &Years, rows: &[Row<'_>]) -> String {
    let wide = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
    let mut text = format!("```text\n{}", years.head(wide));
    for Row { name, provisions, read_until } in rows {
        let mut line = vec![' '; years.columns()];
        for one in *provisions {
            years.bar(&mut line, one, *read_until);
        }
        let line: String = line.into_iter().collect();
        text += format!("{name:wide$}  {line}").trim_end();
        text.push('\n');
    }
    text += "```\n\n`█` a provision that bars is in force; `▒` one that asks for an approval or \
             advises; `░` nobody here read its words: at \
             most undetermined; `·` it has ended; `─` it goes on as far as is known, behind the \
             day to which our sources were read. The numbers are years, a column is half of one.\n";
    text
}
