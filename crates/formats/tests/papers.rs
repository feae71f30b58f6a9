//! Papers written, and letters read back.

use jiff::civil::date;
use whomade_core::diagnostic::Severity;
use whomade_core::paper::answer::{Answered, Asks};
use whomade_core::paper::{BLANK, Bar, Block, Fact, Paper};
use whomade_formats::read::letter;
use whomade_formats::write::markdown::{escaped, markdown};
use whomade_formats::write::page::page;

const HOSTILE: &str = "<script>alert(1)</script> | [x](y) \u{1b}[31m *b*\n# `c`";

fn paper(text: &str) -> Paper {
    let text = || text.to_owned();
    let blocks = vec![
        Block::Heading { text: text() },
        Block::Subheading { text: text() },
        Block::Paragraph { text: text() },
        Block::Note { text: text() },
        Block::Quote { text: text(), source: text() },
        Block::Facts { facts: vec![Fact::known(text(), text()), Fact::blank(text(), text())] },
        Block::Table {
            caption: text(),
            columns: vec![text(), "Devices".to_owned()],
            rows: vec![vec![text(), "3".to_owned()], vec![BLANK.to_owned(), "4".to_owned()]],
        },
        Block::Steps { steps: vec![text(), text()], ticked: false },
        Block::Steps { steps: vec![text()], ticked: true },
        Block::Numbers { numbers: vec![(7, text())] },
        Block::Bars {
            caption: text(),
            parts: vec!["one".to_owned(), "two".to_owned()],
            bars: vec![Bar { name: text(), numbers: vec![3, 0] }],
        },
        Block::NewPage,
        Block::Signature { lines: vec![Fact::blank("Name", "")] },
    ];
    Paper {
        v: 1,
        kind: "summary".to_owned(),
        over: text(),
        title: text(),
        lead: text(),
        on: date(2026, 11, 22),
        made_with: text(),
        blocks,
    }
}

#[test]
fn text_of_the_input_stays_text_in_a_page() {
    let page = page(&paper(HOSTILE));
    assert!(!page.contains("<script"), "{page}");
    assert!(!page.chars().any(|c| c.is_control() && c != '\n'));
    // It loads nothing: no address of anything stands where one would be fetched.
    assert!(!page.contains("src=") && !page.contains("href=") && !page.contains("url("));
    assert!(page.contains("default-src 'none'"));
    assert!(page.contains("scope=\"col\"") && page.contains("<caption>"), "tables are accessible");
    assert!(page.contains("role=\"img\"") && page.contains("aria-label="), "pictures are told");
    assert!(page.contains("@page") && page.contains("class=\"newpage\""));
}

#[test]
fn text_of_the_input_stays_text_in_markdown() {
    let text = markdown(&paper(HOSTILE));
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text}");
    for line in text.lines() {
        let bars = line.replace("\\|", "").matches('|').count();
        assert!(!line.starts_with('|') || bars == 3, "a cell more: {line}");
    }
    // Inside the fence of a picture everything is text already.
    let fenced: Vec<&str> = text.split("```").collect();
    assert_eq!(fenced.len(), 3, "no text opens or closes a fence: {text}");
    for outside in [fenced[0], fenced[2]] {
        assert!(!outside.replace("\\<", "").contains('<'), "{outside}");
    }
    assert!(!text.lines().any(|line| line.starts_with("# `")), "a line of its own: {text}");
    assert_eq!(escaped("# a_b *c*"), "\\# a_b \\*c\\*");
}

#[test]
fn what_stands_under_every_page_cannot_leave_its_style_sheet() {
    let mut paper = paper("x");
    paper.made_with = "</style><script>\"}*{display:none".to_owned();
    let page = page(&paper);
    assert_eq!(page.matches("</style>").count(), 1, "{page}");
    assert!(page.contains("@bottom-left{content:\"/stylescriptdisplay:none, for 2026-11-22\""));
}

#[test]
fn blanks_are_lines_to_write_on() {
    let paper = paper("x");
    assert!(markdown(&paper).contains("- **x**: ________ (not known: ask x)"));
    assert!(page(&paper).contains("class=\"blank\""));
}

/// A cell that the table of models holds for a model: producer, main chip.
fn said<'a>(answered: &'a Answered, model: &str) -> (Option<&'a str>, Option<&'a str>) {
    let one = answered.models.iter().find(|one| one.model == model).expect("the model");
    (one.producer.as_deref(), one.soc.as_deref())
}

fn pair(answered: &Answered, asks: Asks) -> Option<&str> {
    answered.pairs.iter().find(|(one, _)| *one == asks).map(|(_, value)| value.as_str())
}

const MARKDOWN: &str = "\
- **Written on**: 2026-11-22

| Question | Answer |
| --- | --- |
| Supplier | Ashlow F&S |
| Date | 1 December 2026 |
| Signed by | J. Doe |
| Valid until | 2027-11-30 |

| Model | Sold as | Devices | Producer | Design and firmware | Main chip | Radio module |
| --- | --- | --- | --- | --- | --- | --- |
| A\\|1 | LTS | 2 | Maker \\<One\\> | | chip X | none |
| B-2 | LTS | 1 | not known | | | |

Name: ________
";

#[test]
fn an_answer_is_read_from_markdown() {
    let (answered, diagnostics) = letter("answer.md", MARKDOWN.as_bytes());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(pair(&answered, Asks::Supplier), Some("Ashlow F&S"));
    assert_eq!(pair(&answered, Asks::Date), Some("2026-12-01"));
    assert_eq!(pair(&answered, Asks::Signer), Some("J. Doe"), "a line to sign on is no answer");
    assert_eq!(said(&answered, "A|1"), (Some("Maker <One>"), Some("chip X")));
    assert_eq!(said(&answered, "B-2"), (None, None), "not known is no producer");
}

#[test]
fn an_answer_is_read_from_csv_in_any_dress() {
    for delimiter in [',', ';', '\t'] {
        let text = "\u{feff}Supplier,\"Ashlow, Ltd\"\r\nDate,2026-12-01\r\n\r\n\
                    Model Number,Manufacturer,SoC\r\nA-1,\"One, Two\",X\r\n";
        let quoted = text.replace("\"Ashlow, Ltd\"", "Ashlow").replace("\"One, Two\"", "One");
        let text = if delimiter == ',' {
            text.to_owned()
        } else {
            quoted.replace(',', &delimiter.to_string())
        };
        let (answered, diagnostics) = letter("answer.csv", text.as_bytes());
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        assert!(pair(&answered, Asks::Supplier).is_some_and(|name| name.starts_with("Ashlow")));
        let (producer, soc) = said(&answered, "A-1");
        assert!(producer.is_some_and(|name| name.starts_with("One")), "{answered:?}");
        assert_eq!(soc, Some("X"));
    }
}

#[test]
fn an_answer_is_read_from_lines_of_text() {
    let text = "Dear all,\nSupplier: Ashlow\nDated: 2026-12-01\nModels: A-1, A-2\n\
                Producer: One\nSoC: X\nKind regards";
    let (answered, _) = letter("answer.txt", text.as_bytes());
    assert_eq!(said(&answered, "A-1"), (Some("One"), Some("X")));
    assert_eq!(said(&answered, "A-2"), (Some("One"), Some("X")));
    assert_eq!(pair(&answered, Asks::Date), Some("2026-12-01"));
}

#[test]
fn a_day_with_two_readings_is_left_as_it_stands() {
    let (answered, _) = letter("a.txt", b"Date: 03/04/2026\nValid until: April 3, 2027\n");
    assert_eq!(pair(&answered, Asks::Date), Some("03/04/2026"));
    assert_eq!(pair(&answered, Asks::Expires), Some("2027-04-03"));
}

#[test]
fn a_day_with_one_reading_is_taken_in_any_order() {
    for (written, day) in [
        ("12/31/2027", "2027-12-31"),
        ("24/11/2026", "2026-11-24"),
        ("24-11-2026", "2026-11-24"),
        ("3.5.2026", "2026-05-03"),
        ("4/4/2026", "2026-04-04"),
        ("2026-05-03", "2026-05-03"),
    ] {
        let (answered, _) = letter("a.txt", format!("Date: {written}\n").as_bytes());
        assert_eq!(pair(&answered, Asks::Date), Some(day), "{written}");
    }
    for written in ["03/04/2026", "24/11/26", "soon"] {
        let (answered, _) = letter("a.txt", format!("Date: {written}\n").as_bytes());
        assert_eq!(pair(&answered, Asks::Date), Some(written));
    }
}

#[test]
fn models_in_a_sentence_are_parted_and_nothing_turns_the_text() {
    let text = "Models: A-1, B-2 and C-3\nProducer: Foo\u{202e}Bar\n";
    let (answered, said) = letter("a.txt", text.as_bytes());
    assert!(said.is_empty(), "{said:?}");
    let models: Vec<&str> = answered.models.iter().map(|one| one.model.as_str()).collect();
    assert_eq!(models, ["A-1", "B-2", "C-3"]);
    assert_eq!(said_of(&answered), Some("FooBar"));
}

fn said_of(answered: &Answered) -> Option<&str> {
    answered.models.first().and_then(|one| one.producer.as_deref())
}

#[test]
fn a_blanket_claim_is_an_answer_that_covers_nothing() {
    let text = "Hello,\n\nAll that we sell is compliant, none of it is on a list.\n";
    let (answered, said) = letter("a.txt", text.as_bytes());
    assert!(answered.models.is_empty());
    assert!(said.iter().all(|one| one.severity == Severity::Warning), "{said:?}");
    let record = whomade_core::paper::record(&answered, None, date(2026, 12, 1));
    assert!(record.lacks.iter().any(|one| one.starts_with("no model number is named")));
    assert!(record.leaves_open(date(2026, 12, 1)));
    let (_, said) = letter("a.bin", &[0, 7, 159, 146, 150, 0, 1]);
    assert!(said.iter().any(|one| one.severity == Severity::Error), "{said:?}");
}

#[test]
fn what_is_no_answer_is_said() {
    for bytes in [b"".as_slice(), b"\x00\xff\xfe|||\n", b"Thank you for your letter.\n"] {
        let (_, diagnostics) = letter("odd", bytes);
        assert_eq!(diagnostics.first().map(|one| one.code), Some("read/no-answer"));
    }
}

#[test]
fn a_letter_that_was_written_is_read_back() {
    let rows = vec![vec!["CMIP-1|x".to_owned(), "LTS".to_owned(), "One <b>".to_owned()]];
    let columns = ["Model", "Sold as", "Producer"].map(str::to_owned).to_vec();
    let mut paper = paper("x");
    paper.blocks = vec![Block::Table { caption: String::new(), columns, rows }];
    let (answered, _) = letter("letter.md", markdown(&paper).as_bytes());
    assert_eq!(said(&answered, "CMIP-1|x").0, Some("One <b>"));
}

#[test]
fn any_bytes_give_an_answer_or_say_that_there_is_none() {
    let mut seed = 0x2545_f491_u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for _ in 0..2_000 {
        let mut bytes = MARKDOWN.as_bytes().to_vec();
        for _ in 0..1 + next() % 8 {
            if bytes.len() < 2 {
                break;
            }
            let at = usize::try_from(next()).unwrap_or_default() % bytes.len();
            match next() % 4 {
                0 => bytes[at] = next().to_le_bytes()[0],
                1 => _ = bytes.remove(at),
                2 => bytes.insert(at, b"|\\\n:,\"\0\xff"[at % 8]),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let (answered, diagnostics) = letter("mutated", &bytes);
        let empty = answered.pairs.is_empty() && answered.models.is_empty();
        assert_eq!(empty, diagnostics.iter().any(|one| one.code == "read/no-answer"));
        let cells = answered.models.iter().flat_map(|one| [Some(&one.model), one.soc.as_ref()]);
        assert!(cells.flatten().all(|cell| !cell.chars().any(char::is_control)));
    }
}

#[test]
fn an_answer_of_too_many_rows_is_cut_and_says_so() {
    let mut text = "Model,Producer\n".to_owned();
    for row in 0..10_100 {
        text += &format!("M-{row},One\n");
    }
    let (answered, diagnostics) = letter("long.csv", text.as_bytes());
    assert_eq!(answered.models.len(), 10_000);
    assert_eq!(diagnostics[0].code, "read/long-letter");
}
