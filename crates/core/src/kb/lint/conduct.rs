//! What is said of companies, and what was taken back: each with its side, day and reason.

use jiff::civil::Date;

use super::*;
use crate::kb::schema::{Conduct, ConductKind, ConductStatus, Statement};

/// The statuses that a kind of conduct may have.
const fn allowed(kind: ConductKind) -> &'static [ConductStatus] {
    use ConductStatus::{Alleged, Decided, Denied, Listed, Withdrawn};
    match kind {
        ConductKind::Case => &[Alleged, Decided],
        ConductKind::Listing => &[Listed, Withdrawn],
        ConductKind::WithdrawnClaim => &[Withdrawn],
        ConductKind::Exclusion => &[Decided, Denied, Withdrawn],
        ConductKind::Finding => &[Alleged, Decided, Denied, Withdrawn],
    }
}

impl Lint<'_> {
    pub(super) fn conduct(&mut self) {
        let facts = self.facts;
        for (id, one) in &facts.conduct {
            let path = format!("conduct/{id}.toml");
            self.about(&path, one);
            self.standing(&path, one);
            self.when(&path, one);
            self.cite(&path, &way![], &one.sources);
            for (at, answer) in one.answers.iter().enumerate() {
                self.cite(&path, &way!["answer", at], &answer.sources);
                self.dated(&path, &way!["answer", at, "date"], answer.date.as_deref());
            }
            let (day, why) = (one.withdrawn, one.withdrawn_because.as_deref());
            self.taken_back(&path, &way![], day, why);
        }
        self.statement_dates();
        self.withdrawn_facts();
    }

    fn about(&mut self, path: &str, one: &Conduct) {
        if one.about.is_empty() {
            let said = Diagnostic::new("kb/no-subject", "it is about nobody")
                .help("name makers or labels: about = [\"…\"]");
            self.say(path, &way!["about"], "nobody", said);
        }
        let known = self.known;
        let ids = || known.makers.keys().chain(known.labels.keys()).map(String::as_str);
        for (at, id) in one.about.iter().enumerate() {
            if !known.makers.contains_key(id) && !known.labels.contains_key(id) {
                self.unknown_id(path, &way!["about", at], "maker or label", id, ids().collect());
            }
        }
    }

    fn standing(&mut self, path: &str, one: &Conduct) {
        let is_case = one.kind == ConductKind::Case;
        let court = one.court.as_deref().map_or("", str::trim);
        if is_case && court.is_empty() {
            let said = Diagnostic::new("kb/no-court", "a case names its court or authority")
                .help("add `court = \"…\"`; where the sources do not name it, say that");
            self.say(path, &way![], "this case", said);
        }
        let may = allowed(one.kind);
        let words: Vec<&str> = may.iter().map(|status| status.word()).collect();
        let help = format!("a {} is {}", one.kind.word(), words.join(" or "));
        match one.stands() {
            None => {
                let what = format!("a {} says how it stands", one.kind.word());
                let said = Diagnostic::new("kb/no-status", what).help(help);
                self.say(path, &way![], "no status", said);
            }
            Some(status) if !may.contains(&status) => {
                let what = format!("a {} cannot be {}", one.kind.word(), status.word());
                let said = Diagnostic::new("kb/odd-status", what).help(help);
                self.say(path, &way!["status"], "this status", said);
            }
            Some(_) => {}
        }
    }

    fn when(&mut self, path: &str, one: &Conduct) {
        let from = self.dated(path, &way!["date"], Some(&one.date));
        let until = self.dated(path, &way!["until"], one.until.as_deref());
        if let (Some((from, _)), Some((_, until))) = (from, until)
            && until < from
        {
            let said = Diagnostic::new(
                "kb/date-order",
                format!("{} lies before {}", one.until.as_deref().unwrap_or_default(), one.date),
            );
            self.say(path, &way!["until"], "ends before it begins", said);
        }
    }

    /// The first and the last day of a date in words, or a diagnostic.
    fn dated(&mut self, path: &str, way: &Way, written: Option<&str>) -> Option<(Date, Date)> {
        let written = written?;
        let span = span_of(written);
        if span.is_none() {
            let said = Diagnostic::new("kb/bad-date", format!("`{written}` is no date"))
                .help("write 2024, 2024-06 or 2024-06-30");
            self.say(path, way, "this date", said);
        }
        span
    }

    fn statement_dates(&mut self) {
        let facts = self.facts;
        let makers = facts.makers.iter().map(|(id, one)| ("makers", id, &one.statements));
        let labels = facts.labels.iter().map(|(id, one)| ("labels", id, &one.statements));
        let all: Vec<(&str, &String, &Vec<Statement>)> = makers.chain(labels).collect();
        for (folder, id, statements) in all {
            for (at, one) in statements.iter().enumerate() {
                let path = format!("{folder}/{id}.toml");
                self.dated(&path, &way!["statement", at, "date"], one.date.as_deref());
            }
        }
    }

    /// What was withdrawn says why, so that old reports can be understood.
    fn withdrawn_facts(&mut self) {
        let facts = self.facts;
        for (id, label) in &facts.labels {
            for (at, one) in label.supplies.iter().enumerate() {
                let path = format!("labels/{id}.toml");
                let why = one.withdrawn_because.as_deref();
                self.taken_back(&path, &way!["supply", at], one.withdrawn, why);
            }
        }
        for (id, file) in &facts.signatures {
            for (at, one) in file.signatures.iter().enumerate() {
                let path = format!("signatures/{id}.toml");
                let why = one.withdrawn_because.as_deref();
                self.taken_back(&path, &way!["signature", at], one.withdrawn, why);
            }
        }
        for (id, one) in &facts.endpoints {
            let why = one.withdrawn_because.as_deref();
            self.taken_back(&format!("endpoints/{id}.toml"), &way![], one.withdrawn, why);
        }
        for (id, one) in &facts.advisories {
            let why = one.withdrawn_because.as_deref();
            self.taken_back(&format!("advisories/{id}.toml"), &way![], one.withdrawn, why);
        }
        for (id, file) in &facts.models {
            let groups =
                [("model", &file.models), ("serial", &file.serials), ("firmware", &file.firmwares)];
            for (key, list) in groups {
                for (at, one) in list.iter().enumerate() {
                    let path = format!("models/{id}.toml");
                    let why = one.withdrawn_because.as_deref();
                    self.taken_back(&path, &way![key, at], one.withdrawn, why);
                }
            }
        }
    }

    fn taken_back(&mut self, path: &str, way: &Way, day: Option<Date>, why: Option<&str>) {
        let (code, what, help) = match (day, why.map(str::trim).filter(|why| !why.is_empty())) {
            (Some(_), None) => (
                "kb/withdrawn-silent",
                "a fact was withdrawn and nobody says why",
                "add `withdrawn_because = \"…\"`",
            ),
            (None, Some(_)) => (
                "kb/withdrawn-silent",
                "a reason for withdrawing it, but no day",
                "add `withdrawn = 2026-01-31`, or take the reason away",
            ),
            _ => return,
        };
        self.say(path, way, "this fact", Diagnostic::new(code, what).help(help));
    }
}

/// The days that a year, a month or a day reaches over.
fn span_of(written: &str) -> Option<(Date, Date)> {
    let parts: Vec<&str> = written.split('-').collect();
    let digits = |text: &str, count: usize| {
        text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let whole = parts.iter().zip([4, 2, 2]).all(|(part, count)| digits(part, count));
    if !whole || parts.len() > 3 {
        return None;
    }
    let year: i16 = parts.first()?.parse().ok()?;
    let number = |at: usize| parts.get(at).map(|part| part.parse::<i8>().ok());
    match (number(1), number(2)) {
        (None, _) => Some((Date::new(year, 1, 1).ok()?, Date::new(year, 12, 31).ok()?)),
        (Some(month), None) => {
            let first = Date::new(year, month?, 1).ok()?;
            Some((first, first.last_of_month()))
        }
        (Some(month), Some(day)) => {
            let day = Date::new(year, month?, day?).ok()?;
            Some((day, day))
        }
    }
}
