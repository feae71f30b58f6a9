//! A screening as a workbook for whoever has to check it: a summary, a row for each device, a row
//! for each piece of evidence, what each regime says, and the sources with their addresses.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use whomade_core::diagnostic::Diagnostic;
use whomade_core::report::{DeviceReport, EvidenceReport};
use whomade_core::role::Role;
use whomade_core::ruling::Outcome;

use super::book::{Book, Cell, Column, RowAt, SheetId, Tone};
use super::format::{Ending, Finding, Format, Run, Sink, Target};
use super::told::{self, NOT_ASKED};
use super::workbook::WriteError;
use crate::read::Sites;

mod pages;

pub(crate) const FORMAT: Format = Format {
    word: "xlsx",
    title: "a workbook: summary, devices, evidence, rulings, sources",
    endings: &[".xlsx"],
    open,
};

/// Diagnostics of the input that the summary lists; the rest is counted.
const SAID_MAX: usize = 200;

/// How certainties are coloured.
static CERTAINTIES: [(&str, Tone); 4] = [
    ("confirmed", Tone::Firm),
    ("probable", Tone::Likely),
    ("possible", Tone::Warning),
    ("unknown", Tone::Faint),
];

/// How outcomes are coloured.
static OUTCOMES: [(&str, Tone); 13] = [
    (Outcome::Barred.word(), Tone::Grave),
    (Outcome::Restricted.word(), Tone::Grave),
    (Outcome::Undetermined.word(), Tone::Warning),
    (Outcome::Advised.word(), Tone::Warning),
    (Outcome::UnknownMaker.word(), Tone::Warning),
    (Outcome::Excepted.word(), Tone::Likely),
    (Outcome::NotYet.word(), Tone::Likely),
    (Outcome::Expired.word(), Tone::Faint),
    (Outcome::NotBound.word(), Tone::Faint),
    (Outcome::NoRule.word(), Tone::Faint),
    (NOT_ASKED, Tone::Faint),
    ("would-be-barred", Tone::Grave),
    ("might-be-barred", Tone::Warning),
];

/// On which side a piece of evidence stands.
static SIDES: [(&str, Tone); 2] = [("for", Tone::Likely), ("against", Tone::Grave)];

/// The headings of the first columns. No reader takes these sheets for an inventory.
pub(crate) const FIRST_HEADINGS: [&str; 4] =
    ["whomade: device", "whomade: evidence for", "whomade: regime", "whomade: source"];

fn open<'r>(target: Target, run: &'r Run<'r>) -> io::Result<Box<dyn Sink + 'r>> {
    let book = Book::new().map_err(io::Error::other)?;
    Ok(Box::new(Screening::begin(book, target, run).map_err(io::Error::other)?))
}

/// A workbook that is being filled.
struct Screening<'r> {
    target: Target,
    run: &'r Run<'r>,
    book: Book,
    summary: SheetId,
    devices: SheetId,
    evidence: SheetId,
    rulings: SheetId,
    sources: SheetId,
    /// The sources cited, each with its place among them: in the order of their first use.
    cited: BTreeMap<String, u32>,
    places: Sites,
    /// What was said of the input, severity, code and words, and how much more was said.
    said: Vec<[String; 3]>,
    unsaid: u64,
}

impl<'r> Screening<'r> {
    fn begin(mut book: Book, target: Target, run: &'r Run<'r>) -> Result<Self, WriteError> {
        let summary = book.page("Summary", &pages::WIDTHS, pages::TONES)?;
        let devices = book.sheet("Devices", device_columns(run))?;
        let evidence = book.sheet("Evidence", evidence_columns())?;
        let rulings = book.sheet("Rulings", pages::ruling_columns())?;
        let sources = book.sheet("Sources", pages::source_columns())?;
        Ok(Self {
            target,
            run,
            book,
            summary,
            devices,
            evidence,
            rulings,
            sources,
            cited: BTreeMap::new(),
            places: Sites::default(),
            said: Vec::new(),
            unsaid: 0,
        })
    }

    /// Where a source stands, or will stand.
    fn cite(&mut self, id: &str) -> RowAt {
        let next = u32::try_from(self.cited.len()).unwrap_or(u32::MAX);
        let at = match self.cited.get(id) {
            Some(at) => *at,
            None => {
                self.cited.insert(id.to_owned(), next);
                next
            }
        };
        self.book.nth(self.sources, at)
    }

    fn add(&mut self, finding: &Finding<'_>) -> Result<(), WriteError> {
        let report = finding.report;
        let mut first = None;
        for one in &report.evidence {
            let cells = self.evidence_row(report, one);
            let at = self.book.row(self.evidence, &cells)?;
            first.get_or_insert(at);
        }
        let count = report.evidence.len();
        let evidence = match first {
            Some(at) if count == 1 => Cell::To(at, format!("1 piece, row {}", at.row())),
            Some(at) => Cell::To(at, format!("{count} pieces, from row {}", at.row())),
            None => Cell::text("none"),
        };
        let site = self.places.of(finding.device).unwrap_or_default().to_owned();
        let cells = device_row(finding, site, evidence);
        self.book.row(self.devices, &cells)?;
        Ok(())
    }

    fn evidence_row(&mut self, report: &DeviceReport, one: &EvidenceReport) -> Vec<Cell> {
        let mut sources = one.sources.iter();
        let source = match sources.next() {
            Some(id) => Cell::To(self.cite(id), id.clone()),
            None => Cell::Blank,
        };
        let others: Vec<&str> = sources.map(String::as_str).collect();
        for id in &others {
            self.cite(id);
        }
        let place = match one.record.checked_sub(1) {
            Some(of) => report.others.get(of as usize).map(told::place).unwrap_or_default(),
            None => told::place(&report.source),
        };
        let yes = |holds: bool| if holds { Cell::text("yes") } else { Cell::Blank };
        vec![
            Cell::text(report.device.as_str()),
            Cell::text(one.field),
            Cell::text(one.value.as_str()),
            Cell::text(one.derived.as_deref().unwrap_or_default()),
            Cell::text(one.polarity),
            Cell::text(one.of.name.as_str()),
            Cell::text(Role::word(one.role)),
            one.decibans.map_or(Cell::Blank, Cell::Number),
            yes(one.fitted),
            yes(one.structural),
            yes(one.contradicts),
            Cell::text(one.why.as_str()),
            Cell::text(one.fact.as_str()),
            source,
            Cell::text(others.join(", ")),
            Cell::text(place),
        ]
    }

    fn end(mut self, ending: &Ending<'_>) -> Result<(), WriteError> {
        self.rulings(ending)?;
        self.sources()?;
        self.summary(ending)?;
        self.book.save(&mut self.target)?;
        Ok(self.target.flush()?)
    }
}

impl Sink for Screening<'_> {
    fn device(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        self.add(finding).map_err(io::Error::other)
    }

    fn said(&mut self, said: &Diagnostic) -> io::Result<()> {
        if self.said.len() < SAID_MAX {
            let place = said.place.as_ref().map(|place| match place.line {
                0 => format!("{}: ", place.source),
                line => format!("{}:{line}: ", place.source),
            });
            let words = format!("{}{}", place.unwrap_or_default(), said.message);
            self.said.push([said.severity.word().to_owned(), said.code.to_owned(), words]);
        } else {
            self.unsaid += 1;
        }
        Ok(())
    }

    fn finish(self: Box<Self>, ending: &Ending<'_>) -> io::Result<Vec<Diagnostic>> {
        self.end(ending).map_err(io::Error::other)?;
        Ok(Vec::new())
    }
}

fn device_columns(run: &Run<'_>) -> Vec<Column> {
    let mut columns = vec![
        Column::new(FIRST_HEADINGS[0], 18),
        Column::new("site", 16),
        Column::new("sold as", 16),
        Column::new("model", 20),
        Column::new("designed by", 20),
        Column::new("certainty", 12).toned(&CERTAINTIES),
        Column::new("right in", 8),
        Column::new("of labelled observations like it", 14),
        Column::new("in one sentence", 46),
        Column::new("strongest answer of the rules", 15).toned(&OUTCOMES),
        Column::new("under", 44),
        Column::new("would be", 16).toned(&OUTCOMES),
        Column::new("who answers for it", 24),
        Column::new("facts missing", 40),
        Column::new("does not fit together", 36),
        Column::new("would settle it", 30),
        Column::new("installed or bought", 12),
        Column::new("evidence", 20),
        Column::new("stands in", 26),
        Column::new("line or row", 8),
    ];
    let of_regime = |regime: &whomade_core::kb::schema::Regime| {
        Column::new(regime.id.as_str(), 14).toned(&OUTCOMES)
    };
    columns.extend(run.regimes.iter().map(of_regime));
    columns
}

fn evidence_columns() -> Vec<Column> {
    vec![
        Column::new(FIRST_HEADINGS[1], 18),
        Column::new("field", 16),
        Column::new("value as it stood there", 36),
        Column::new("read out of it", 22),
        Column::new("speaks", 9).toned(&SIDES),
        Column::new("whom it speaks of", 18),
        Column::new("as", 13),
        Column::new("weight in decibans", 11),
        Column::new("weight fitted", 8),
        Column::new("only its maker writes it", 11),
        Column::new("contradicts the answer", 11),
        Column::new("why it says that", 54),
        Column::new("fact of the base", 34),
        Column::new("source", 22),
        Column::new("further sources", 28),
        Column::new("stands in", 26),
    ]
}

fn device_row(finding: &Finding<'_>, site: String, evidence: Cell) -> Vec<Cell> {
    let report = finding.report;
    let strongest = told::strongest(finding);
    let record = report.design.record.as_ref();
    let number = |count: Option<u32>| count.map_or(Cell::Blank, |count| Cell::count(count.into()));
    let against: Vec<String> =
        report.contradictions.iter().map(|one| format!("{}: {}", one.kind, one.says)).collect();
    let source = &report.source;
    let file = match &source.sheet {
        Some(sheet) => format!("{} [{sheet}]", source.file),
        None => source.file.clone(),
    };
    let mut cells = vec![
        Cell::text(report.device.as_str()),
        Cell::text(site),
        Cell::text(told::label(report)),
        Cell::text(report.written.model.as_deref().unwrap_or_default()),
        Cell::text(told::makers(report)),
        Cell::text(report.design.certainty),
        number(record.map(|record| record.right)),
        number(record.map(|record| record.of)),
        Cell::text(report.headline.as_str()),
        Cell::text(strongest.word),
        Cell::text(strongest.regimes),
        Cell::text(strongest.would),
        Cell::text(told::exempted(report)),
        Cell::text(strongest.missing),
        Cell::text(against.join("; ")),
        Cell::text(report.would_settle.first().map(|one| one.what).unwrap_or_default()),
        report.installed.map_or(Cell::Blank, Cell::Day),
        evidence,
        Cell::text(file),
        if source.line > 0 { Cell::count(source.line) } else { Cell::Blank },
    ];
    let unasked = finding.unasked.iter().map(Option::as_deref).chain(std::iter::repeat(None));
    let words = report.rulings.iter().zip(unasked);
    cells.extend(words.map(|(ruling, unasked)| Cell::text(told::word(ruling, unasked))));
    cells
}
