//! A page of the handbook as a paper: its headings, tables and lists as blocks, so that it is
//! given in every form in which papers are.

use jiff::civil::Date;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use whomade_core::paper::{Block, Paper, VERSION};

/// Reads a page of ours.
pub(super) fn paper(text: &str, kind: &str, on: Date, made_with: String) -> Paper {
    let mut leaf = Leaf::default();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        leaf.take(event);
    }
    leaf.end_paragraph();
    Paper {
        v: VERSION,
        kind: kind.to_owned(),
        over: "Rules on surveillance equipment".to_owned(),
        title: leaf.title,
        lead: String::new(),
        on,
        made_with,
        blocks: leaf.blocks,
    }
}

/// A page while it is read.
#[derive(Default)]
struct Leaf {
    title: String,
    blocks: Vec<Block>,
    /// The text that is being read.
    text: String,
    /// The table that is being read: its headings, then its rows.
    rows: Vec<Vec<String>>,
    in_table: bool,
    /// The points of the list that is being read.
    steps: Vec<String>,
    in_list: bool,
    in_quote: bool,
    in_code: bool,
    in_link: bool,
    /// Whether the paragraph that is being read holds more than links: others lead through the
    /// handbook, and a paper is none.
    says: bool,
    /// A drawing was left out, and what explains its signs stands next.
    drawn: bool,
}

impl Leaf {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.begin(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) if !self.in_code => {
                self.says |= !self.in_link && text.chars().any(char::is_alphanumeric);
                self.text += &text;
            }
            Event::SoftBreak | Event::HardBreak => self.text.push(' '),
            _ => {}
        }
    }

    fn begin(&mut self, tag: &Tag<'_>) {
        match tag {
            // The paragraph of a point is the point.
            Tag::Paragraph if self.in_list => {}
            Tag::Link { .. } => self.in_link = true,
            Tag::Paragraph => (self.says, self.text) = (false, String::new()),
            Tag::Heading { .. } | Tag::Item | Tag::TableCell => self.text.clear(),
            Tag::Table(_) => (self.in_table, self.rows) = (true, Vec::new()),
            Tag::TableHead | Tag::TableRow => self.rows.push(Vec::new()),
            Tag::List(_) => (self.in_list, self.steps) = (true, Vec::new()),
            Tag::BlockQuote(_) => self.in_quote = true,
            // A drawing in letters of one width; the table below it says the same.
            Tag::CodeBlock(_) => self.in_code = true,
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        let text = || self.text.trim().to_owned();
        match tag {
            TagEnd::Heading(HeadingLevel::H1) => self.title = text(),
            TagEnd::Heading(HeadingLevel::H2) => {
                let text = text();
                self.blocks.push(Block::Heading { text });
            }
            TagEnd::Heading(_) => {
                let text = text();
                self.blocks.push(Block::Subheading { text });
            }
            TagEnd::Paragraph if !self.in_list => self.end_paragraph(),
            TagEnd::Item => {
                let text = text();
                self.steps.push(text);
            }
            TagEnd::List(_) => {
                self.in_list = false;
                let steps = std::mem::take(&mut self.steps);
                self.blocks.push(Block::Steps { steps, ticked: false });
                self.text.clear();
            }
            TagEnd::Link => self.in_link = false,
            TagEnd::TableCell => {
                let text = text();
                if let Some(row) = self.rows.last_mut() {
                    row.push(text);
                }
                self.text.clear();
            }
            TagEnd::Table => self.end_table(),
            TagEnd::BlockQuote(_) => self.in_quote = false,
            TagEnd::CodeBlock => (self.in_code, self.drawn) = (false, true),
            _ => {}
        }
    }

    fn end_paragraph(&mut self) {
        let text = std::mem::take(&mut self.text).trim().to_owned();
        let only_links = !std::mem::take(&mut self.says);
        if text.is_empty() || only_links || self.in_table || std::mem::take(&mut self.drawn) {
            return;
        }
        self.blocks.push(match self.in_quote {
            true => Block::Quote { text, source: String::new() },
            false => Block::Paragraph { text },
        });
    }

    fn end_table(&mut self) {
        self.in_table = false;
        let mut rows = std::mem::take(&mut self.rows).into_iter();
        let columns = rows.next().unwrap_or_default();
        let caption = String::new();
        self.blocks.push(Block::Table { caption, columns, rows: rows.collect() });
    }
}
