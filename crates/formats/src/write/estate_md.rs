//! A screening as Markdown: what was counted, what follows, one finding of each group, what would
//! settle it, and the sources. Read as it is, in a review or a ticket.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};

use serde_json::Value;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::schema::Regime;
use whomade_core::paper::{Block, Fact, Paper, VERSION};
use whomade_core::report::{DeviceReport, Standing, clean, clean_to, counted};
use whomade_core::ruling::{Outcome, Ruling};

use super::format::{Ending, Finding, Format, Run, Sink, Target};
use super::markdown::markdown;
use super::told::{self, COUNTS, MAKER_HEADINGS, NOT_ASKED, standing_words};

pub(crate) const FORMAT: Format = Format {
    word: "markdown",
    title: "a report in Markdown, one finding of each group",
    endings: &[".md", ".markdown"],
    open,
};

/// Groups that are kept; devices of further ones are counted.
const GROUPS_MAX: usize = 5_000;
/// Groups of which a finding is told.
const FINDINGS_MAX: usize = 60;
/// Pieces of evidence of one finding.
const EVIDENCE_MAX: usize = 12;
/// Rows of the table of makers.
const ROWS_MAX: usize = 200;
/// Diagnostics that are listed.
const SAID_MAX: usize = 50;
/// Characters of a value as it stood there.
const VALUE_CHARS_MAX: usize = 120;
/// Stands in an address of the input until the text is Markdown; then it is a backslash, so that no
/// reader makes a link of it.
const NO_LINK: char = '\u{e000}';
/// Characters of a sentence of ours.
const SENTENCE_CHARS_MAX: usize = 2_000;

fn open<'r>(target: Target, run: &'r Run<'r>) -> io::Result<Box<dyn Sink + 'r>> {
    Ok(Box::new(Writing {
        target,
        run,
        groups: BTreeMap::new(),
        left_out: 0,
        said: Vec::new(),
        unsaid: 0,
    }))
}

/// Devices that are told together: the strongest answer of the rules, whether somebody is known to
/// have designed it, how the maker stands to the label, the maker and the label.
type Key = (Outcome, bool, Standing, String, String);

struct Group {
    devices: u64,
    /// Its surest device.
    example: Example,
}

struct Example {
    report: DeviceReport,
    unasked: Vec<Option<String>>,
    would: Vec<&'static str>,
}

struct Writing<'r> {
    target: Target,
    run: &'r Run<'r>,
    groups: BTreeMap<Key, Group>,
    left_out: u64,
    said: Vec<String>,
    unsaid: u64,
}

/// Text of the input, made harmless, in which no address becomes a link.
fn inert(text: &str, chars_max: usize) -> String {
    let text = clean_to(text, chars_max).replace(NO_LINK, "\u{fffd}");
    let no_scheme = format!("{NO_LINK}://");
    let text = text.replace("://", &no_scheme);
    ["www.", "WWW.", "Www."]
        .iter()
        .fold(text, |text, begins| text.replace(begins, &format!("{}{NO_LINK}.", &begins[..3])))
}

/// The place of a certainty among all.
fn sureness(word: &str) -> usize {
    let words = ["unknown", "possible", "probable", "confirmed"];
    words.iter().position(|one| *one == word).unwrap_or(0)
}

impl Sink for Writing<'_> {
    fn device(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        let report = finding.report;
        let maker = told::makers(report);
        let outcome = told::strongest(finding).outcome.unwrap_or(Outcome::NoRule);
        let unknown = report.standing == Standing::Unknown;
        let label = inert(told::label(report), VALUE_CHARS_MAX);
        let key = (outcome, unknown, report.standing, maker, label.to_lowercase());
        let kept = || Example {
            report: report.clone(),
            unasked: finding.unasked.to_vec(),
            would: finding.would.to_vec(),
        };
        let full = self.groups.len() >= GROUPS_MAX;
        match self.groups.get_mut(&key) {
            Some(group) => {
                group.devices += 1;
                let known = sureness(group.example.report.design.certainty);
                if sureness(report.design.certainty) > known {
                    group.example = kept();
                }
            }
            None if full => self.left_out += 1,
            None => {
                self.groups.insert(key, Group { devices: 1, example: kept() });
            }
        }
        Ok(())
    }

    fn said(&mut self, said: &Diagnostic) -> io::Result<()> {
        if self.said.len() >= SAID_MAX {
            self.unsaid += 1;
            return Ok(());
        }
        let place = said.place.as_ref().map(|place| match place.line {
            0 => format!("{}: ", place.source),
            line => format!("{}:{line}: ", place.source),
        });
        let (word, code) = (said.severity.word(), said.code);
        let place = place.unwrap_or_default();
        self.said
            .push(inert(&format!("{place}{word}, {code}: {}", said.message), SENTENCE_CHARS_MAX));
        Ok(())
    }

    fn finish(mut self: Box<Self>, ending: &Ending<'_>) -> io::Result<Vec<Diagnostic>> {
        let paper = self.paper(ending);
        let text = markdown(&paper).replace(NO_LINK, "\\");
        self.target.write_all(text.as_bytes())?;
        self.target.flush()?;
        let left_out = self.left_out;
        let said = (left_out > 0).then(|| {
            let message = format!(
                "the report keeps {GROUPS_MAX} groups: {} of further ones are counted and not told",
                counted(left_out, "device")
            );
            Diagnostic::new("write/limit", message)
        });
        Ok(said.into_iter().collect())
    }
}

/// The blocks of the report, and the sources that they name.
#[derive(Default)]
struct Blocks<'b>(Vec<Block>, BTreeSet<&'b str>);

impl Blocks<'_> {
    fn heading(&mut self, text: &str) {
        self.0.push(Block::Heading { text: text.to_owned() });
    }

    fn paragraph(&mut self, text: impl Into<String>) {
        self.0.push(Block::Paragraph { text: text.into() });
    }

    fn table(&mut self, caption: &str, columns: &[&str], rows: Vec<Vec<String>>) {
        if !rows.is_empty() {
            let columns = columns.iter().map(|one| (*one).to_owned()).collect();
            self.0.push(Block::Table { caption: caption.to_owned(), columns, rows });
        }
    }
}

impl Writing<'_> {
    fn paper(&self, ending: &Ending<'_>) -> Paper {
        let run = self.run;
        let mut out = Blocks::default();
        numbers(ending, &mut out);
        out.heading("Whose hardware it is, so far as known");
        makers(ending, &mut out);
        out.heading("What follows");
        answers(run, ending, &mut out);
        self.findings(&mut out);
        settles(ending, &mut out);
        self.inputs(&mut out);
        self.sources(&mut out);
        let names: Vec<&str> = run.inputs.iter().map(|input| input.name.as_str()).collect();
        Paper {
            v: VERSION,
            kind: FORMAT.word.to_owned(),
            over: "Who really made it, behind the label".to_owned(),
            title: inert(&names.join(", "), SENTENCE_CHARS_MAX),
            lead: match (run.preset, run.open) {
                (Some(preset), _) => format!("Asked as {preset}, for {}.", run.on),
                (None, true) => format!(
                    "Asked for {}. Nobody said who asks, so nothing is called barred here: each \
                     regime says for whom it would be.",
                    run.on
                ),
                (None, false) => format!("Asked for {}.", run.on),
            },
            on: run.on,
            made_with: format!("whomade {}, base {}", run.program, run.base_name),
            blocks: out.0,
        }
    }

    /// One finding of each group: what the rules say first, then the largest.
    fn findings<'b>(&'b self, out: &mut Blocks<'b>) {
        let mut groups: Vec<(&Key, &Group)> = self.groups.iter().collect();
        groups.sort_by_key(|(key, group)| {
            (key.0, key.1, std::cmp::Reverse(group.devices), (key.2, &key.3, &key.4))
        });
        if !groups.is_empty() {
            out.heading("One finding of each group");
        }
        for (key, group) in groups.iter().take(FINDINGS_MAX) {
            finding(self.run, key.0, group, out);
        }
        if groups.len() > FINDINGS_MAX {
            let rest: u64 = groups[FINDINGS_MAX..].iter().map(|(_, group)| group.devices).sum();
            let more = groups.len() - FINDINGS_MAX;
            out.paragraph(format!(
                "… and {} with {}.",
                counted(more as u64, "further group"),
                counted(rest, "device")
            ));
        }
    }

    fn inputs(&self, out: &mut Blocks<'_>) {
        out.heading("What was read");
        let rows = self.run.inputs.iter().map(|input| {
            let hash = input.sha256.as_deref().unwrap_or("not taken");
            vec![inert(&input.name, VALUE_CHARS_MAX), hash.to_owned()]
        });
        out.table("Files, by their bytes", &["file", "SHA-256"], rows.collect());
        if !self.said.is_empty() {
            out.paragraph("What was said of them:");
            out.0.push(Block::Steps { steps: self.said.clone(), ticked: false });
        }
        if self.unsaid > 0 {
            out.paragraph(format!("… and {} more.", self.unsaid));
        }
    }

    fn sources(&self, out: &mut Blocks<'_>) {
        let facts = &self.run.base.facts.sources;
        let rows = out.1.iter().map(|id| {
            let source = facts.get(*id);
            let text = |text: Option<&String>| text.cloned().unwrap_or_default();
            vec![
                (*id).to_owned(),
                source.map(|source| source.title.clone()).unwrap_or_default(),
                text(source.and_then(|source| source.date.as_ref())),
                text(source.and_then(|source| source.url.as_ref())),
            ]
        });
        let rows: Vec<Vec<String>> = rows.collect();
        if !rows.is_empty() {
            out.heading("Sources");
            out.table("Named above", &["id", "title", "date", "address"], rows);
        }
    }
}

fn numbers(ending: &Ending<'_>, out: &mut Blocks<'_>) {
    let count = |word: &str| ending.summary["certainty"][word].as_u64().unwrap_or_default();
    let numbers = vec![
        (ending.devices, if ending.devices == 1 { "device" } else { "devices" }.to_owned()),
        (count("confirmed"), "maker confirmed".to_owned()),
        (count("probable"), "probable".to_owned()),
        (count("possible"), "possible".to_owned()),
        (count("unknown"), "unknown".to_owned()),
    ];
    out.0.push(Block::Numbers { numbers });
    if let Some(said) = ending.said {
        out.paragraph(format!("Shown: {said}."));
    }
    let odd = ending.summary["contradictions"].as_u64().unwrap_or_default();
    if odd > 0 {
        out.paragraph(format!(
            "Something does not fit together in the records of {odd} of them; it is named beside \
             each."
        ));
    }
}

fn text_of<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn makers(ending: &Ending<'_>, out: &mut Blocks<'_>) {
    let all = list(ending.summary, "groups");
    let rows = all.iter().take(ROWS_MAX).map(|row| {
        let mut cells = vec![
            standing_words(row),
            clean(text_of(row, "maker")),
            inert(text_of(row, "label"), VALUE_CHARS_MAX),
        ];
        cells.extend(COUNTS.map(|key| row[key].as_u64().unwrap_or_default().to_string()));
        cells
    });
    out.table("Devices by maker and label", &MAKER_HEADINGS, rows.collect());
    if all.len() > ROWS_MAX {
        out.paragraph(format!("… and {} further rows.", all.len() - ROWS_MAX));
    }
}

fn answers<'b>(run: &'b Run<'b>, ending: &Ending<'_>, out: &mut Blocks<'b>) {
    let mut rows = Vec::new();
    for regime in run.regimes {
        let of_it = |row: &&Value| text_of(row, "regime") == regime.id;
        for row in list(ending.summary, "rulings").iter().filter(of_it) {
            let word = text_of(row, "outcome");
            let outcome = Outcome::ALL.into_iter().find(|one| one.word() == word);
            let because = row["because"].as_str();
            let means = because.or(outcome.map(Outcome::meaning)).unwrap_or_default();
            rows.push(vec![
                regime.id.clone(),
                if because.is_some() { NOT_ASKED } else { word }.to_owned(),
                row["devices"].as_u64().unwrap_or_default().to_string(),
                means.to_owned(),
                regime.citation.clone(),
                regime.read_until.to_string(),
            ]);
            out.1.extend(regime.sources.first().map(String::as_str));
        }
    }
    let columns =
        ["regime", "answer", "devices", "what that means", "citation", "our sources reach to"];
    out.table("Devices by what each regime says", &columns, rows);
}

fn finding<'b>(run: &Run<'_>, outcome: Outcome, group: &'b Group, out: &mut Blocks<'b>) {
    let Example { report, unasked, would } = &group.example;
    let sentence = |text: &str| inert(text, SENTENCE_CHARS_MAX);
    // What no rule names is not thereby cleared: then its certainty leads.
    let word = match outcome {
        Outcome::NoRule | Outcome::NotBound | Outcome::NotYet | Outcome::Expired => {
            report.design.certainty
        }
        outcome => outcome.word(),
    };
    let text = format!("{word}: {}", sentence(&report.headline));
    out.0.push(Block::Subheading { text });
    let like = match group.devices {
        1 => "the only one of its kind here".to_owned(),
        devices => format!("one of {devices} devices of its kind here, the surest"),
    };
    let mut facts = vec![
        Fact::known("Stands in", sentence(&told::place(&report.source))),
        Fact::known("Group", like),
        Fact::known("Certainty", format!("{}; {}", report.design.certainty, told::counted(report))),
    ];
    let rulings = report.rulings.iter().zip(unasked).zip(would);
    facts.extend(rulings.filter_map(|((ruling, unasked), would)| {
        let regime = run.regimes.iter().find(|regime| regime.id == ruling.regime)?;
        let said = said_by(run, regime, ruling, unasked.as_deref(), would)?;
        Some(Fact::known(regime.id.as_str(), said))
    }));
    facts.extend(
        report
            .exempted
            .iter()
            .map(|one| Fact::known("Somebody answers for it", sentence(&one.words()))),
    );
    facts.extend(report.contradictions.iter().map(|one| {
        Fact::known(format!("Does not fit together ({})", one.kind), sentence(&one.says))
    }));
    let settles: Vec<&str> = report.would_settle.iter().take(2).map(|one| one.what).collect();
    if !settles.is_empty() {
        facts.push(Fact::known("Would settle it", settles.join(", or ")));
    }
    out.0.push(Block::Facts { facts });
    let rows = report.evidence.iter().take(EVIDENCE_MAX).map(|one| {
        out.1.extend(one.sources.iter().map(String::as_str));
        vec![
            one.field.to_owned(),
            inert(&one.value, VALUE_CHARS_MAX),
            format!("{} {}", one.polarity, one.of.name),
            one.why.clone(),
            one.sources.join(", "),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let columns = ["field", "value as it stood there", "speaks", "why", "sources"];
    out.table("What speaks in it", &columns, rows);
    if report.evidence.len() > EVIDENCE_MAX {
        out.paragraph(format!("… and {} further pieces.", report.evidence.len() - EVIDENCE_MAX));
    }
}

/// What a regime says of a device; nothing where it neither names it nor misses anything.
fn said_by(
    run: &Run<'_>,
    regime: &Regime,
    ruling: &Ruling,
    unasked: Option<&str>,
    would: &str,
) -> Option<String> {
    if let Some(why) = unasked {
        return Some(format!("{NOT_ASKED}: {why}"));
    }
    let step = ruling.decisive();
    let word = ruling.outcome.word();
    let would = match would {
        "would-be-barred" => {
            "; it would be barred if the rule bound the holder or what is missing were so"
        }
        "might-be-barred" => {
            "; it might be barred if the rule bound the holder or what is missing were so"
        }
        _ => "",
    };
    match ruling.outcome {
        Outcome::NoRule => None,
        Outcome::Undetermined if run.open => {
            Some(format!("{word}: would concern it for {}", regime.would_bar))
        }
        Outcome::Undetermined => {
            Some(format!("{word}; not known: {}{would}", told::missing(ruling)))
        }
        _ => {
            let since = step.map(|step| format!(" {}, from {}", step.citation, step.from));
            let words = step.map(|step| format!(": {}", step.text));
            let (since, words) = (since.unwrap_or_default(), words.unwrap_or_default());
            Some(format!("{word}{since}{words}{would}"))
        }
    }
}

fn settles(ending: &Ending<'_>, out: &mut Blocks<'_>) {
    let rows = list(ending.summary, "would_settle_most").iter().map(|ask| {
        let devices = ask["devices"].as_u64().unwrap_or_default();
        vec![text_of(ask, "what").to_owned(), devices.to_string()]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    if !rows.is_empty() {
        out.heading("What would settle most");
        out.table("The best next step, and for how many", &["what to look at", "devices"], rows);
    }
}
