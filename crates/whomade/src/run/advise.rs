//! `whomade advise`: a table of models, firmware and vulnerabilities, judged one by one and
//! scored where the table says what to expect.

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use whomade_core::exposure::{Target, foreign, is_rebadge, record_says, verdict};
use whomade_core::kb::names::NameMatch;
use whomade_core::kb::schema::Verdict;
use whomade_core::kb::{Base, Entity};
use whomade_core::report::clean;

use crate::cli::Advise;
use crate::out::Out;
use crate::render::diagnostics;
use whomade_inquiry::base::load;

/// A longer table is no table of cases.
const TABLE_BYTES_MAX: u64 = 64 << 20;
/// Rows that are judged.
const ROWS_MAX: usize = 1_000_000;

/// One row, judged.
#[derive(Debug, Serialize)]
struct Judged {
    line: usize,
    model: String,
    firmware: String,
    cve: String,
    verdict: &'static str,
    why: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agrees: Option<bool>,
    /// Whether plain matching of the record's own field says affected; absent: not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<bool>,
}

/// How well `affected` was said.
#[derive(Debug, Default, Serialize)]
struct Score {
    n: usize,
    affected: usize,
    said_affected: usize,
    right: usize,
    precision: Option<f64>,
    recall: Option<f64>,
}

#[derive(Debug, Default, Serialize)]
struct Totals {
    rows: usize,
    expected: usize,
    agrees: usize,
    said: std::collections::BTreeMap<&'static str, usize>,
    ours: Score,
    /// `fixed`, `probably_fixed` or `not_affected`, said of one that is affected.
    cleared_but_affected: usize,
    fixed_but_affected: usize,
    /// The same rows, as far as the form of the record is known, by plain matching and by us.
    record: Score,
    ours_on_the_same: Score,
}

/// Runs `whomade advise`.
///
/// # Errors
/// When the table cannot be read or lacks a column.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: &Advise) -> Result<ExitCode> {
    let (known, said) = load(overlay)?;
    for one in &said {
        diagnostics::write(&mut out.aside, one)?;
    }
    let judged = judge(&known.base, &text_of(&typed.file)?)?;
    let totals = totals(&judged);
    if typed.json {
        let rows: Vec<&Judged> =
            judged.iter().filter(|one| !typed.brief || one.agrees == Some(false)).collect();
        let all = serde_json::json!({ "v": 1, "cases": rows, "totals": totals });
        out.line(all.to_string())?;
    } else {
        for one in judged.iter().filter(|one| !typed.brief || one.agrees == Some(false)) {
            out.line(line_of(one))?;
        }
        for line in totals_lines(&totals) {
            out.line(line)?;
        }
    }
    Ok(ExitCode::from(u8::from(totals.agrees < totals.expected)))
}

fn text_of(file: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    let limit = TABLE_BYTES_MAX + 1;
    if file == Path::new("-") {
        std::io::stdin().take(limit).read_to_end(&mut bytes)?;
    } else {
        let opened = std::fs::File::open(file);
        let opened = opened.with_context(|| format!("cannot read {}", file.display()))?;
        opened.take(limit).read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > TABLE_BYTES_MAX {
        bail!("[read/many-cases] {} holds more than {TABLE_BYTES_MAX} bytes", file.display());
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
}

fn judge(base: &Base, text: &str) -> Result<Vec<Judged>> {
    let mut lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let header = lines.next().map(|(line, _)| line).unwrap_or_default();
    let names: Vec<String> =
        header.split('\t').map(|name| name.trim().to_ascii_lowercase()).collect();
    let column = |name: &str| names.iter().position(|one| one == name);
    let (Some(model), Some(firmware), Some(cve)) =
        (column("model"), column("firmware"), column("cve"))
    else {
        bail!(
            "[read/no-case-columns] the first line names no columns model, firmware and cve; they are \
             parted by tabs"
        );
    };
    let expected = column("expected");
    let mut judged = Vec::new();
    for (line, number) in lines {
        if judged.len() == ROWS_MAX {
            bail!("[read/many-cases] more than {ROWS_MAX} rows; split the table");
        }
        let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
        let expected = expected.map(cell).filter(|cell| !cell.is_empty());
        let row = Row { model: cell(model), firmware: cell(firmware), cve: cell(cve) };
        judged.push(row.judge(base, number, expected));
    }
    Ok(judged)
}

/// One row as written.
struct Row<'t> {
    model: &'t str,
    firmware: &'t str,
    cve: &'t str,
}

impl Row<'_> {
    fn judge(&self, base: &Base, line: usize, expected: Option<&str>) -> Judged {
        let cve = self.cve.to_ascii_uppercase();
        let found = base.facts.advisories.values().find(|one| one.cve == cve);
        let (model, sold_as) = parted(base, self.model);
        let (verdict, why, record) = match found.filter(|one| one.withdrawn.is_none()) {
            None => (Verdict::CannotTell, "the base has no such advisory".to_owned(), None),
            Some(one) => {
                let label = sold_as.map(|of| base.id(of));
                let target = Target {
                    model,
                    firmware: self.firmware,
                    label,
                    rebadge: label.is_some_and(|label| is_rebadge(base, label, &one.maker)),
                    foreign: foreign(base, self.firmware, &one.maker),
                };
                let (verdict, why) = verdict(one, &target);
                (verdict, why, record_says(one, model, self.firmware))
            }
        };
        let expected = expected.map(|word| word.to_ascii_lowercase().replace([' ', '-'], "_"));
        Judged {
            line,
            model: self.model.to_owned(),
            firmware: self.firmware.to_owned(),
            cve,
            verdict: verdict.id(),
            why,
            agrees: expected.as_ref().map(|word| word == verdict.id()),
            expected,
            record,
        }
    }
}

/// The model and who sells it: `N48PBW (Annke)`, `Amcrest IP2M-841B`. A bracket that names nobody
/// and stands apart is a remark.
fn parted<'t>(base: &Base, written: &'t str) -> (&'t str, Option<Entity>) {
    let named = |text: &str| match base.names.find(text) {
        Some((of, NameMatch::Same)) => Some(of),
        _ => None,
    };
    if let Some((model, rest)) = written.split_once(" (")
        && let Some(inside) = rest.strip_suffix(')')
    {
        return (model.trim(), named(inside));
    }
    match base.names.split(written) {
        Some((of, rest)) if written.contains(' ') && !rest.trim().is_empty() => {
            (rest.trim(), Some(of))
        }
        _ => (written, None),
    }
}

fn totals(judged: &[Judged]) -> Totals {
    let mut totals = Totals { rows: judged.len(), ..Totals::default() };
    for one in judged {
        *totals.said.entry(one.verdict).or_default() += 1;
        let Some(expected) = &one.expected else { continue };
        let (truth, ours) = (expected == "affected", one.verdict == "affected");
        totals.expected += 1;
        totals.agrees += usize::from(one.agrees == Some(true));
        totals.ours.add(truth, ours);
        if truth {
            totals.fixed_but_affected += usize::from(one.verdict.ends_with("fixed"));
            totals.cleared_but_affected += usize::from(!ours && one.verdict != "cannot_tell");
        }
        if let Some(record) = one.record {
            totals.record.add(truth, record);
            totals.ours_on_the_same.add(truth, ours);
        }
    }
    totals
}

impl Score {
    fn add(&mut self, truth: bool, said: bool) {
        self.n += 1;
        self.affected += usize::from(truth);
        self.said_affected += usize::from(said);
        self.right += usize::from(truth && said);
        let share = |of: usize| {
            let share = self.right as f64 / of as f64;
            (of > 0).then_some((share * 1000.0).round() / 1000.0)
        };
        (self.precision, self.recall) = (share(self.said_affected), share(self.affected));
    }

    fn words(&self) -> String {
        let share = |one: Option<f64>| one.map_or("none".to_owned(), |one| format!("{one:.3}"));
        format!(
            "precision {} ({} of {}), recall {} ({} of {}), n {}",
            share(self.precision),
            self.right,
            self.said_affected,
            share(self.recall),
            self.right,
            self.affected,
            self.n
        )
    }
}

fn line_of(one: &Judged) -> String {
    let agrees = match (&one.expected, one.agrees) {
        (Some(_), Some(true)) => " (as expected)".to_owned(),
        (Some(expected), _) => format!(" (DIFFERS: {} expected)", clean(expected)),
        _ => String::new(),
    };
    let firmware = if one.firmware.is_empty() { "firmware not known" } else { &one.firmware };
    let verdict = one.verdict.replace('_', " ");
    format!(
        "{verdict:<14} {} {}, {}{agrees}\n{:15}{}",
        clean(&one.cve),
        clean(&one.model),
        clean(firmware),
        "",
        clean(&one.why)
    )
}

fn totals_lines(totals: &Totals) -> Vec<String> {
    let said: Vec<String> =
        totals.said.iter().map(|(word, n)| format!("{n} {}", word.replace('_', " "))).collect();
    let mut lines = vec![format!("{} rows: {}", totals.rows, said.join(", "))];
    if totals.expected > 0 {
        lines.push(format!("{} of {} as expected", totals.agrees, totals.expected));
        lines.push(format!("affected: {}", totals.ours.words()));
        lines.push(format!(
            "of the affected ones: {} called fixed or probably fixed, {} cleared in any way",
            totals.fixed_but_affected, totals.cleared_but_affected
        ));
    }
    if totals.record.n > 0 {
        lines.push("where the form of the CVE record's own field is known:".to_owned());
        lines.push(format!("  plain matching of it: {}", totals.record.words()));
        lines.push(format!("  whomade:              {}", totals.ours_on_the_same.words()));
    }
    lines
}
