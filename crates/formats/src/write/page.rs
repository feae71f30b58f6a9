//! A paper as one page of HTML: it loads nothing, runs nothing, and prints on A4 and Letter.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use whomade_core::paper::{BLANK, Bar, Block, Fact, Paper};
use whomade_core::report::turns_text;

static STYLE: &str = include_str!("page.css");

/// Colours of the parts of a bar, the first part first; they differ in lightness, so that they
/// are told apart in print without colour.
const COLOURS: [&str; 4] = ["#12335a", "#3d74ad", "#a3c4e2", "#cfd5dc"];
/// Width of a picture, of its names and of a bar's height, in its own units.
const WIDE: u64 = 720;
const NAMES: u64 = 190;
const HIGH: u64 = 22;
/// Room for the number behind a bar.
const BEHIND: u64 = 60;
/// Columns from which a table is set smaller.
const MANY_COLUMNS: usize = 6;

/// What a page may load and run: nothing but its own style.
pub const CLOSED: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The head of a page in one file. `policy` is what it may load and run, `style` its style as it
/// stands: neither may hold text of the input.
#[must_use]
pub fn head(title: &str, policy: &str, style: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta http-equiv="Content-Security-Policy" content=(policy);
            title { (title) }
            style { (PreEscaped(style)) }
        }
    }
}

/// Writes a paper.
#[must_use]
pub fn page(paper: &Paper) -> String {
    let foot = format!("{}, for {}", paper.made_with, paper.on);
    let style = format!("{STYLE}{}", feet(&foot));
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(&shown(&paper.title), CLOSED, &style))
            body class=(paper.kind) {
                header {
                    p.eyebrow {
                        @if paper.over.is_empty() { "whomade" } @else { (shown(&paper.over)) }
                    }
                    h1 { (shown(&paper.title)) }
                    @if !paper.lead.is_empty() { p.lead { (shown(&paper.lead)) } }
                    p.made { (shown(&foot)) }
                }
                main { @for block in &paper.blocks { (write(block)) } }
                footer { p { (shown(&foot)) } }
            }
        }
    };
    page.into_string()
}

/// What stands under every printed page: with what it was made, and which page it is. Text in a
/// style sheet is not escaped by HTML, so only plain characters pass.
fn feet(foot: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || " .,-:/_".contains(*c);
    let foot: String = foot.chars().filter(plain).collect();
    format!(
        "@page{{@bottom-left{{content:\"{foot}\";font:8px sans-serif;color:#5b6675}}\
         @bottom-right{{content:counter(page) \" of \" counter(pages);font:8px sans-serif;\
         color:#5b6675}}}}"
    )
}

fn write(block: &Block) -> Markup {
    html! {
        @match block {
            Block::Heading { text } => { h2 { (shown(text)) } }
            Block::Subheading { text } => { h3 { (shown(text)) } }
            Block::Paragraph { text } => { p { (blanks(text)) } }
            Block::Note { text } => { p.note { (shown(text.trim())) } }
            Block::Quote { text, source } => {
                blockquote { p { (shown(text)) } footer { (shown(source)) } }
            }
            Block::Facts { facts } => { (list(facts)) }
            Block::Table { caption, columns, rows } => { (table(caption, columns, rows)) }
            Block::Steps { steps, ticked: true } => {
                ul.ticks {
                    @for step in steps {
                        li { span.box aria-hidden="true" {} (blanks(step)) }
                    }
                }
            }
            Block::Steps { steps, ticked: false } => {
                @if let [step] = steps.as_slice() {
                    p.step { (blanks(step)) }
                } @else {
                    ol { @for step in steps { li { (blanks(step)) } } }
                }
            }
            Block::Numbers { numbers } => {
                section.tiles {
                    @for (number, name) in numbers {
                        div.tile { strong { (number) } span { (shown(name)) } }
                    }
                }
            }
            Block::Bars { caption, parts, bars } => { (picture(caption, parts, bars)) }
            Block::Picture { caption, alt: _, svg } => {
                figure.drawn tabindex="0" { (PreEscaped(svg)) figcaption { (shown(caption)) } }
            }
            Block::Signature { lines } => {
                div.signature {
                    @for line in lines {
                        p {
                            span.on { (shown(line.value.as_deref().unwrap_or_default())) }
                            span.what { (shown(&line.name)) }
                        }
                    }
                }
            }
            Block::NewPage => { div.newpage {} }
        }
    }
}

fn list(facts: &[Fact]) -> Markup {
    html! {
        dl {
            @for fact in facts {
                dt { (shown(&fact.name)) @if !fact.required { span.some { " (if any)" } } }
                dd {
                    @match &fact.value {
                        Some(value) => { (blanks(value)) }
                        None => {
                            span.blank { "\u{a0}" }
                            @if !fact.hint.is_empty() {
                                span.ask { "not known: ask " (shown(&fact.hint)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn table(caption: &str, columns: &[String], rows: &[Vec<String>]) -> Markup {
    let class = if columns.len() >= MANY_COLUMNS { "many" } else { "few" };
    let number = |at: usize| {
        let cells = || rows.iter().filter_map(move |row| row.get(at));
        cells().any(|cell| !cell.is_empty())
            && cells().all(|cell| cell.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let numbers: Vec<bool> = (0..columns.len()).map(number).collect();
    let align = |at: usize| numbers.get(at).copied().unwrap_or(false).then_some("n");
    // A column without a word is one to write in.
    let empty = |at: usize| {
        !rows.is_empty() && rows.iter().all(|row| row.get(at).is_none_or(String::is_empty))
    };
    let kind = |at: usize| if empty(at) { Some("fill") } else { align(at) };
    html! {
        table class=(class) {
            caption { (shown(caption)) }
            thead {
                tr {
                    @for (at, column) in columns.iter().enumerate() {
                        th scope="col" class=[kind(at)] { (shown(column)) }
                    }
                }
            }
            tbody {
                @for row in rows {
                    tr {
                        @for (at, cell) in row.iter().enumerate() {
                            td class=[align(at)] { (blanks(cell)) }
                        }
                    }
                }
            }
        }
    }
}

/// Bars as a drawing that says in words what it shows.
fn picture(caption: &str, parts: &[String], bars: &[Bar]) -> Markup {
    let sum = |bar: &Bar| bar.numbers.iter().sum::<u64>();
    let most = bars.iter().map(sum).max().unwrap_or(1).max(1);
    let room = WIDE - NAMES - BEHIND;
    let high = HIGH * bars.len() as u64;
    let said: Vec<String> = bars.iter().map(|bar| format!("{} {}", bar.name, sum(bar))).collect();
    let said = format!("{caption}: {}", said.join(", "));
    html! {
        figure {
            figcaption { (shown(caption)) }
            svg viewBox={ "0 0 " (WIDE) " " (high) } role="img" aria-label=(shown(&said)) {
                @for (at, bar) in bars.iter().enumerate() {
                    @let top = HIGH * at as u64;
                    text x=(NAMES - 10) y=(top + 15) text-anchor="end" { (short(&bar.name)) }
                    @for (before, number, colour) in pieces(bar) {
                        rect x=(NAMES + before * room / most) y=(top + 3)
                            width=(((before + number) * room / most)
                                .saturating_sub(before * room / most).max(1))
                            height=(HIGH - 6) fill=(colour) {}
                    }
                    text.count x=(NAMES + sum(bar) * room / most + 8) y=(top + 15) { (sum(bar)) }
                }
            }
            p.legend {
                @for (part, colour) in parts.iter().zip(COLOURS) {
                    span {
                        svg viewBox="0 0 10 10" aria-hidden="true" {
                            rect width="10" height="10" fill=(colour) {}
                        }
                        (shown(part))
                    }
                }
            }
        }
    }
}

/// The parts of a bar that are not empty: what stands before, the number, the colour.
fn pieces(bar: &Bar) -> Vec<(u64, u64, &'static str)> {
    let mut before = 0;
    let mut all = Vec::new();
    for (number, colour) in bar.numbers.iter().zip(COLOURS.iter().cycle()) {
        if *number > 0 {
            all.push((before, *number, *colour));
        }
        before += number;
    }
    all
}

/// A name that fits beside its bar.
fn short(name: &str) -> String {
    const CHARS_MAX: usize = 28;
    let name = shown(name);
    if name.chars().count() <= CHARS_MAX {
        return name;
    }
    name.chars().take(CHARS_MAX - 1).chain(['…']).collect()
}

/// Text whose blanks are lines to write on.
fn blanks(text: &str) -> Markup {
    let parts: Vec<&str> = text.split(BLANK).collect();
    html! {
        @for (at, part) in parts.iter().enumerate() {
            @if at > 0 { span.blank { "\u{a0}" } }
            @for (at, piece) in breakable(&shown(part)).iter().enumerate() {
                @if at > 0 { wbr; }
                @for word in piece.split_inclusive(' ') {
                    @if is_moment(word.trim_end()) { span.nb { (word) } } @else { (word) }
                }
            }
        }
    }
}

/// Letters of a word that stand together; a longer one may be broken after its signs.
const WORD_CHARS: usize = 18;

/// The pieces between which a line may break, beside its blanks: an address or a path without
/// blanks would be wider than its column.
fn breakable(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for word in text.split_inclusive(' ') {
        let long = word.chars().count() > WORD_CHARS && !is_moment(word.trim_end());
        let mut since = 0;
        for c in word.chars() {
            piece.push(c);
            since += 1;
            let sign = "/#-_.:,=&?|".contains(c) && since > 3;
            if long && (sign || since > WORD_CHARS + 6) {
                pieces.push(std::mem::take(&mut piece));
                since = 0;
            }
        }
    }
    pieces.push(piece);
    pieces
}

/// Whether a word is a moment as the papers write it: `2026-11-02T08:00:06Z`.
fn is_moment(word: &str) -> bool {
    const LIKE: &[u8] = b"0000-00-00T00:00:00Z";
    word.len() == LIKE.len()
        && word.bytes().zip(LIKE).all(|(byte, like)| match like {
            b'0' => byte.is_ascii_digit(),
            sign => byte == *sign,
        })
}

/// Text as it may be shown: control characters and overrides of direction are made visible.
fn shown(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' | '\n' | '\r' => ' ',
            c if turns_text(c) || c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}
