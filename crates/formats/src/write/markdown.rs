//! A paper as Markdown: read as it is, and turned into anything else. Text of the input is
//! escaped, so that it cannot become a heading, a link or a cell of its own.

use std::fmt::Write as _;

use whomade_core::paper::{BLANK, Bar, Block, Paper};
use whomade_core::report::{clean, turns_text};

/// Characters of the longest bar.
const BAR_CHARS: u64 = 30;

/// Writes a paper.
#[must_use]
pub fn markdown(paper: &Paper) -> String {
    let mut out = String::new();
    if !paper.over.is_empty() {
        let _ = writeln!(out, "{}\n", escaped(&paper.over));
    }
    let _ = writeln!(out, "# {}\n", escaped(&paper.title));
    if !paper.lead.is_empty() {
        let _ = writeln!(out, "{}\n", escaped(&paper.lead));
    }
    for block in &paper.blocks {
        write(&mut out, block);
    }
    let _ = writeln!(out, "---\n{}, for {}.", escaped(&paper.made_with), paper.on);
    out
}

fn write(out: &mut String, block: &Block) {
    let _ = match block {
        Block::Heading { text } => writeln!(out, "## {}\n", escaped(text)),
        Block::Subheading { text } => writeln!(out, "### {}\n", escaped(text)),
        Block::Paragraph { text } => writeln!(out, "{}\n", value(text)),
        Block::Note { text } => writeln!(out, "*{}*\n", escaped(text.trim())),
        Block::Quote { text, source } => {
            writeln!(out, "> {}\n>\n> {}\n", escaped(text), escaped(source))
        }
        Block::Facts { facts } => {
            for fact in facts {
                let name = escaped(&fact.name);
                let some = if fact.required { "" } else { " (if any)" };
                let _ = writeln!(out, "- **{name}{some}**: {}", value(&fact.shown()));
            }
            writeln!(out)
        }
        Block::Table { caption, columns, rows } => table(out, caption, columns, rows),
        Block::Steps { steps, ticked } => {
            for (at, step) in steps.iter().enumerate() {
                let mark = if *ticked { "- [ ]".to_owned() } else { format!("{}.", at + 1) };
                let _ = writeln!(out, "{mark} {}", value(step));
            }
            writeln!(out)
        }
        Block::Numbers { numbers } => {
            let numbers =
                numbers.iter().map(|(number, name)| format!("**{number}** {}", escaped(name)));
            writeln!(out, "{}\n", numbers.collect::<Vec<_>>().join(" · "))
        }
        // Markdown has no room for a drawing: what it says stands there in words.
        Block::Picture { caption, alt, .. } => {
            writeln!(out, "*{}:* {}\n", escaped(caption), escaped(alt))
        }
        Block::Bars { caption, parts, bars } => picture(out, caption, parts, bars),
        Block::Signature { lines } => {
            for line in lines {
                let shown = line.value.as_deref().map_or_else(|| BLANK.to_owned(), escaped);
                let _ = writeln!(out, "{}: {shown}  ", escaped(&line.name));
            }
            writeln!(out)
        }
        Block::NewPage => Ok(()),
    };
}

fn table(
    out: &mut String,
    caption: &str,
    columns: &[String],
    rows: &[Vec<String>],
) -> std::fmt::Result {
    writeln!(out, "{}\n", escaped(caption))?;
    let line = |cells: &mut dyn Iterator<Item = String>| {
        format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
    };
    writeln!(out, "{}", line(&mut columns.iter().map(|one| escaped(one))))?;
    writeln!(out, "{}", line(&mut columns.iter().map(|_| "---".to_owned())))?;
    for row in rows {
        writeln!(out, "{}", line(&mut row.iter().map(|cell| value(cell))))?;
    }
    writeln!(out)
}

fn picture(out: &mut String, caption: &str, parts: &[String], bars: &[Bar]) -> std::fmt::Result {
    let marks = ['█', '▓', '▒', '░'];
    let most = bars.iter().map(|bar| bar.numbers.iter().sum::<u64>()).max().unwrap_or(1).max(1);
    let wide = bars.iter().map(|bar| clean(&bar.name).chars().count()).max().unwrap_or(0);
    writeln!(out, "{}:\n\n```text", escaped(caption))?;
    for bar in bars {
        let mut drawn = String::new();
        let (mut before, mut until) = (0, 0);
        for (number, mark) in bar.numbers.iter().zip(marks.iter().cycle()) {
            before += number;
            let end = (before * BAR_CHARS).div_ceil(most);
            drawn.extend(std::iter::repeat_n(*mark, usize::try_from(end - until).unwrap_or(0)));
            until = end;
        }
        let name = clean(&bar.name).replace('`', "'");
        writeln!(out, "{name:<wide$}  {drawn} {before}")?;
    }
    let key = parts.iter().zip(marks.iter().cycle());
    let key = key.map(|(part, mark)| format!("{mark} {part}")).collect::<Vec<_>>().join("  ");
    writeln!(out, "\n{key}\n```\n")
}

/// A value, its blanks left as lines to write on.
fn value(text: &str) -> String {
    let parts: Vec<String> = text.split(BLANK).map(escaped).collect();
    parts.join(BLANK)
}

/// Text that stays text: what Markdown or HTML would read as more is escaped, control characters
/// are made visible, line breaks become blanks.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.lines() {
        if !out.is_empty() {
            out.push(' ');
        }
        for (at, c) in word.chars().enumerate() {
            match c {
                '\\' | '`' | '*' | '<' | '>' | '[' | ']' | '|' => {
                    out.push('\\');
                    out.push(c);
                }
                // Inside a word, as in an id, it is text for every reader.
                '_' if !inside(word, at) => out.push_str("\\_"),
                '#' | '+' | '-' | '=' | '~' if at == 0 => {
                    out.push('\\');
                    out.push(c);
                }
                '\t' => out.push(' '),
                c if turns_text(c) || c.is_control() => out.push('\u{fffd}'),
                c => out.push(c),
            }
        }
    }
    out
}

/// Whether a character stands between letters or digits.
fn inside(word: &str, at: usize) -> bool {
    let of = |place: Option<usize>| {
        place.and_then(|place| word.chars().nth(place)).is_some_and(char::is_alphanumeric)
    };
    of(at.checked_sub(1)) && of(at.checked_add(1))
}
