//! Scores of EPSS: `#model_version:v2025.03.14,score_date:2026-11-01T12:55:00Z`, a line of names,
//! then a number, its score and its percentile a line.

use std::io::BufRead;

use super::{Each, Entry, Kind, Told, is_cve, unknown};

/// Bytes of a line.
const LINE_BYTES_MAX: u64 = 4096;

/// Reads a table.
pub(super) fn read(mut input: impl BufRead, each: Each<'_>) -> Result<Told, String> {
    let mut told = Told { kind: Kind::Epss, day: None, edition: None, records: 0 };
    let (mut line, mut named) = (String::new(), false);
    loop {
        line.clear();
        let mut limited = std::io::Read::take(&mut input, LINE_BYTES_MAX);
        let count =
            limited.read_line(&mut line).map_err(|wrong| format!("it is damaged: {wrong}"))?;
        if count == 0 {
            break;
        }
        let text = line.trim();
        if let Some(head) = text.strip_prefix('#') {
            for pair in head.split(',') {
                match pair.trim().split_once(':') {
                    Some(("model_version", model)) => told.edition = Some(model.to_owned()),
                    Some(("score_date", time)) => told.day = time.get(..10).map(str::to_owned),
                    _ => {}
                }
            }
            continue;
        }
        let mut cells = text.split(',').map(str::trim);
        let (Some(cve), Some(score)) = (cells.next(), cells.next()) else { return Err(unknown()) };
        if !named {
            if (cve, score) != ("cve", "epss") {
                return Err(unknown());
            }
            named = true;
            continue;
        }
        told.records += 1;
        let share = |text: Option<&str>| {
            let number: f64 = text?.parse().ok()?;
            (0.0..=1.0).contains(&number).then_some(number)
        };
        if let (true, Some(score), Some(rank)) =
            (is_cve(cve), share(Some(score)), share(cells.next()))
        {
            each(Entry::Score(cve.to_owned(), score, rank));
        } else {
            each(Entry::Unusable(cve.to_owned()));
        }
    }
    if named { Ok(told) } else { Err(unknown()) }
}
