//! The page of one regime.

use std::collections::BTreeSet;

use jiff::civil::Date;
use whomade_core::kb::Facts;
use whomade_core::kb::schema::{
    Case, ClockUnit, Duty, Effect, MakerTest, Provision, Reading, Regime,
};

use super::{WRITTEN, conditions, span, table, timeline};

/// Writes the page.
pub(super) fn page(facts: &Facts, regime: &Regime) -> String {
    let mut text = format!("{WRITTEN}\n# {}\n\n", regime.title);
    let (id, from) = (&regime.id, &regime.jurisdiction);
    text += &format!("`{id}` · {from} · {}\n\n{}\n\n", regime.citation, regime.summary);
    let bars = match &regime.none {
        Some(_) => "It bars nothing.".to_owned(),
        None => format!("It would bar equipment for {}.", regime.would_bar),
    };
    text += &format!(
        "{bars} Not legal advice. Ask of it with `whomade screen estate.csv --under {id}`.\n\n\
         [All regimes](../README.md) · [kb/regimes/{id}.toml](../../kb/regimes/{id}.toml)\n\n",
    );
    match &regime.none {
        Some(why) => text += &format!("## There is no rule\n\n{why}\n"),
        None => text += &reaches(facts, regime),
    }
    for provision in &regime.provisions {
        text += &provision_text(facts, regime, provision);
    }
    text += &words(regime);
    text += &duties(regime);
    text += &cases(regime);
    text += &reach(regime);
    text += &sources(facts, regime);
    if let Some(note) = &regime.note {
        text += "\n## What a reader should mind\n\n";
        for line in note.lines().filter(|line| !line.trim().is_empty()) {
            text += &format!("- {}\n", line.trim());
        }
    }
    text
}

/// Since when it holds, whom it binds, and how deep it looks.
fn reaches(facts: &Facts, regime: &Regime) -> String {
    let mut text = "## Since when\n\n".to_owned();
    text += &timeline::of(regime);
    text += &days(regime);
    text += "\n## Whom it binds\n\n";
    text += &bound(facts, regime);
    text += "\n## At which level it looks\n\n";
    let looks = regime.looks().into_iter().map(|look| {
        let of = if look.provisions.is_empty() { "all".into() } else { look.provisions.join(", ") };
        vec![look.level.word().to_owned(), of, look.words]
    });
    text + &table(&["level", "provisions", "its words"], looks)
}

/// Every day of the regime in its order.
fn days(regime: &Regime) -> String {
    let mut all: BTreeSet<(Date, String)> = BTreeSet::new();
    for one in &regime.provisions {
        all.insert((one.from, format!("`{}` begins", one.id)));
        all.extend(one.until.map(|day| (day, format!("`{}` ends", one.id))));
        for exception in &one.exceptions {
            let (id, of) = (&exception.id, &one.id);
            // An exception that begins with its provision needs no line of its own.
            let from = exception.from.filter(|day| *day != one.from);
            all.extend(from.map(|day| (day, format!("exception `{id}` of `{of}` begins"))));
            let until = exception.until;
            all.extend(until.map(|day| (day, format!("exception `{id}` of `{of}` ends"))));
        }
    }
    for duty in &regime.duties {
        all.extend(duty.due.map(|day| (day, format!("due: {}", duty.what))));
    }
    all.insert((regime.read_until, "the newest day of which our sources speak".to_owned()));
    let rows = all.into_iter().map(|(day, what)| vec![day.to_string(), what]);
    format!("\n{}", table(&["day", "what"], rows))
}

/// Every holder that a provision binds, and who is expressly free.
fn bound(facts: &Facts, regime: &Regime) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for key in &facts.context.keys {
        for value in &key.values {
            let binds = |one: &&Provision| {
                one.bound.get(&key.id).is_some_and(|values| values.contains(&value.id))
            };
            let of: Vec<&str> =
                regime.provisions.iter().filter(binds).map(|one| one.id.as_str()).collect();
            if !of.is_empty() {
                let all = of.len() == regime.provisions.len();
                let of = if all { "all".to_owned() } else { of.join(", ") };
                rows.push(vec![format!("{} = {}", key.id, value.id), value.meaning.clone(), of]);
            }
        }
    }
    let mut text = table(&["who", "meaning", "by provisions"], rows.into_iter());
    let free = regime.not_bound.iter();
    let free = free.map(|one| vec![conditions(&one.when), one.why.clone(), one.sources.join(", ")]);
    let free = table(&["who", "why", "sources"], free);
    if !free.is_empty() {
        text += &format!("\nExpressly not bound:\n\n{free}");
    }
    text
}

fn provision_text(facts: &Facts, regime: &Regime, one: &Provision) -> String {
    let effect = match (one.reading, one.effect) {
        (Reading::Recalled, _) => "nobody read its words: at most undetermined",
        (_, Effect::Barred) => "bars",
        (_, Effect::Restricted) => "asks for an approval",
        (_, Effect::Advised) => "advises",
    };
    let mut text = format!("\n## Provision `{}`\n\n> {}\n\n", one.id, one.text);
    let mut rows = vec![
        vec!["what it does".to_owned(), effect.to_owned()],
        vec!["where it stands".to_owned(), one.citation.clone()],
        vec!["when".to_owned(), span(Some(one.from), one.until)],
        vec!["whom it binds".to_owned(), conditions(&one.bound)],
        vec!["which makers".to_owned(), makers(facts, regime, &one.makers)],
    ];
    for (key, values) in &one.when {
        let ask = facts.context.keys.iter().find(|known| known.id == *key);
        let ask = ask.map_or(key.as_str(), |known| known.ask.as_str());
        rows.push(vec![ask.to_owned(), format!("{key}: {}", values.join(" or "))]);
    }
    if !one.told.is_empty() {
        rows.push(vec!["speaks only where it is told".to_owned(), one.told.join(", ")]);
    }
    let read = match one.reading {
        Reading::Recalled => "recalled: nobody read its words, so it rules at most undetermined",
        reading => reading.word(),
    };
    rows.push(vec!["how it was read".to_owned(), read.to_owned()]);
    rows.push(vec!["sources".to_owned(), one.sources.join(", ")]);
    text += &table(&["", ""], rows.into_iter());
    let exceptions = one.exceptions.iter().map(|it| {
        let when = conditions(&it.when);
        vec![it.id.clone(), it.text.clone(), when, span(it.from, it.until), it.citation.clone()]
    });
    let exceptions = table(&["exception", "its words", "applies if", "when", "where"], exceptions);
    if !exceptions.is_empty() {
        text += &format!("\n{exceptions}");
    }
    if let Some(note) = &one.note {
        text += &format!("\n{note}\n");
    }
    text
}

/// Which makers a provision reaches, by the way in which it names them.
fn makers(facts: &Facts, regime: &Regime, test: &MakerTest) -> String {
    let name =
        |id: &String| facts.makers.get(id).map_or_else(|| id.clone(), |maker| maker.name.clone());
    let list = |ids: &[String]| ids.iter().map(name).collect::<Vec<_>>().join(", ");
    let mut all = Vec::new();
    if test.whoever {
        all.push("whoever made it, also where nobody knows".to_owned());
    }
    if test.any {
        all.push("any maker: it looks at something else".to_owned());
    }
    if !test.any_of.is_empty() {
        all.push(format!("named: {}", list(&test.any_of)));
    }
    if let Some(group) = &test.group {
        let ids = regime.groups.get(group).map(Vec::as_slice).unwrap_or_default();
        all.push(format!("the group {group}: {}", list(ids)));
    }
    if let Some(exposure) = &test.subject_to {
        let of = facts.makers.values().filter(|maker| maker.subject_to.contains(exposure));
        let of: Vec<&str> = of.map(|maker| maker.name.as_str()).collect();
        all.push(format!("whoever is subject to {exposure}; of the base: {}", of.join(", ")));
    }
    if !test.seated_in.is_empty() {
        all.push(format!("whoever is seated in {}", test.seated_in.join(" or ")));
    }
    if test.affiliates {
        all.push(match test.share {
            Some(share) => format!("and whom these hold to {share} percent or more, together"),
            None => "and whom these own".to_owned(),
        });
    }
    all.join("; ")
}

fn words(regime: &Regime) -> String {
    let rows = regime.definitions.iter().map(|one| {
        let read = one.reading.word().to_owned();
        vec![one.term.clone(), one.text.clone(), one.citation.clone(), read]
    });
    match table(&["word", "what it means there", "where", "read"], rows) {
        none if none.is_empty() => none,
        rows => format!("\n## Words that it defines\n\n{rows}"),
    }
}

fn duties(regime: &Regime) -> String {
    let rows = regime.duties.iter().map(|one| {
        let when = match (one.when.is_empty(), one.unless.is_empty()) {
            (true, true) => "everybody bound".to_owned(),
            (_, true) => conditions(&one.when),
            (true, _) => format!("everybody bound but {}", conditions(&one.unless)),
            _ => format!("{}; but not {}", conditions(&one.when), conditions(&one.unless)),
        };
        let to: Vec<&str> = one.recipients.iter().map(|to| to.to.as_str()).collect();
        let on = one.on.word().to_owned();
        vec![one.what.clone(), on, when, clock(one), to.join("; else "), one.citation.clone()]
    });
    let heads = ["what to do", "once it is", "who", "by when", "to whom", "where"];
    match table(&heads, rows) {
        none if none.is_empty() => none,
        rows => format!("\n## Duties and their clocks\n\n{rows}"),
    }
}

/// By when: the clock, the day, or the words.
fn clock(duty: &Duty) -> String {
    let mut all: Vec<String> = duty.by.iter().cloned().collect();
    if let Some(clock) = &duty.clock {
        let unit = match clock.unit {
            ClockUnit::BusinessDay => "business day",
            ClockUnit::Day => "day",
            ClockUnit::Hour => "hour",
        };
        let plural = if clock.within == 1 { "" } else { "s" };
        let start = clock
            .after
            .as_deref()
            .map_or("the finding".to_owned(), |part| format!("the submission of {part}"));
        all.push(format!("{} {unit}{plural} from {start}", clock.within));
        all.extend(clock.assumes.clone());
    }
    all.extend(duty.due.map(|day| format!("last day {day}")));
    all.join("; ")
}

fn cases(regime: &Regime) -> String {
    let row = |case: &Case| {
        let told = case.context.iter().map(|(key, value)| format!("{key}={value}"));
        let told: Vec<String> = told.collect();
        let maker = case.maker.clone().unwrap_or_else(|| "not known".to_owned());
        let missing = case.missing.join(", ");
        let outcome = match missing.as_str() {
            "" => format!("**{}**", case.expect),
            missing => format!("**{}**; missing: {missing}", case.expect),
        };
        vec![
            case.name.clone(),
            maker,
            case.on.to_string(),
            told.join(", "),
            outcome,
            case.by.clone().unwrap_or_default(),
            case.why.clone(),
        ]
    };
    let heads = ["case", "maker", "day", "told", "comes out", "by", "why"];
    let rows = table(&heads, regime.cases.iter().map(row));
    format!(
        "\n## The cases on which it is tried\n\nEvery change of the file, the program or the base \
         is tried on these {}.\n\n{rows}",
        regime.cases.len()
    )
}

/// How far the sources reach, and what nobody read.
fn reach(regime: &Regime) -> String {
    let read = |reading: Reading| {
        let of = regime.provisions.iter().filter(move |one| one.reading == reading);
        of.map(|one| format!("`{}`", one.id)).collect::<Vec<_>>().join(", ")
    };
    let mut text = format!(
        "\n## How far our sources reach\n\nTo {}. A ruling on a later day says so.\n\n",
        regime.read_until
    );
    for (reading, what) in [
        (Reading::Primary, "official text, read"),
        (Reading::Secondary, "law firm, trade press or a court's summary, read"),
        (Reading::Quoted, "known through somebody else's quotation"),
        (Reading::Recalled, "only recalled: nobody read it, and it decides nothing"),
    ] {
        let of = read(reading);
        if !of.is_empty() {
            text += &format!("- {what}: {of}\n");
        }
    }
    text
}

/// Every source that the file names, once.
fn sources(facts: &Facts, regime: &Regime) -> String {
    let mut ids: BTreeSet<&String> = regime.sources.iter().collect();
    for one in &regime.provisions {
        ids.extend(&one.sources);
        ids.extend(one.exceptions.iter().flat_map(|it| &it.sources));
    }
    ids.extend(regime.definitions.iter().flat_map(|one| &one.sources));
    ids.extend(regime.not_bound.iter().flat_map(|one| &one.sources));
    ids.extend(regime.duties.iter().flat_map(|one| &one.sources));
    let rows = ids.into_iter().map(|id| {
        let Some(source) = facts.sources.get(id) else { return vec![id.clone()] };
        let title = match &source.url {
            Some(url) => format!("[{}]({url})", source.title.replace(['[', ']'], "")),
            None => source.title.clone(),
        };
        let (by, date) = (source.by.clone().unwrap_or_default(), source.date.clone());
        let (date, read) = (date.unwrap_or_default(), source.reading.word().to_owned());
        vec![id.clone(), title, by, date, read, source.note.clone().unwrap_or_default()]
    });
    let rows = table(&["id", "title", "by", "date", "read", "mind"], rows);
    format!("\n## Sources\n\n{rows}")
}
