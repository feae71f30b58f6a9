//! Packs in recog's form: `<fingerprints matches="http_header.server" preference="0.90">` with a
//! `<fingerprint pattern="…" flags="REG_ICASE">` for each expression, in it a `<description>`,
//! `<example>`s and `<param pos="1" name="service.version"/>`s. Source: recog's `fingerprints.xsd`
//! and its readers.

use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use whomade_core::diagnostic::{Diagnostic, Place};
use whomade_core::pack::{Example, Fingerprint, PackFile, Param};

use super::certificate::of_base64;
use super::xml::{Watched, resolved};

/// Bytes of a file; recog's largest has half a million.
pub const PACK_FILE_BYTES_MAX: u64 = 32 << 20;
/// Fingerprints of a file.
const FINGERPRINTS_MAX: usize = 100_000;
/// Examples of one fingerprint, and names that it gives.
const PARTS_MAX: usize = 1_000;
/// Elements within one another; recog's are three deep.
const DEPTH_MAX: usize = 16;
/// How often the same is said of one file.
const SAID_MAX: usize = 5;
/// The preference of a file that gives none, by recog.
const PREFERENCE: f64 = 0.10;

/// Reads one file of a pack. What of it cannot be used is said; a file that is no XML of that form
/// or declares entities is refused as a whole.
///
/// # Errors
/// Why the file is refused.
pub fn pack_file(
    name: &str,
    stem: &str,
    stream: impl Read,
) -> Result<(PackFile, Vec<Diagnostic>), Box<Diagnostic>> {
    let refuse = |why: String| Box::new(Diagnostic::new("kb/pack-file", why).in_file(name));
    let mut reader = Reader::from_reader(Watched::new(stream.take(PACK_FILE_BYTES_MAX + 1)));
    let mut reading = Reading::new(name, stem);
    let mut event = Vec::new();
    let mut total = 0_u64;
    loop {
        event.clear();
        let watched = reader.get_mut();
        watched.begin_event();
        let line = watched.line();
        let next = reader.read_event_into(&mut event);
        total = total.max(reader.buffer_position());
        let done = match next {
            _ if total > PACK_FILE_BYTES_MAX => {
                Err(format!("it is larger than {PACK_FILE_BYTES_MAX} bytes"))
            }
            Ok(Event::Eof) => break,
            Ok(event) => reading.event(&event, line),
            Err(wrong) => Err(wrong.to_string()),
        };
        done.map_err(|why| refuse(format!("line {line}: {why}")))?;
    }
    if !reading.rooted {
        return Err(refuse("no element `fingerprints` stands in it".to_owned()));
    }
    if !reading.within.is_empty() {
        return Err(refuse("the document ends within an element".to_owned()));
    }
    Ok((reading.file, reading.said))
}

/// Where in a document a reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Root,
    Fingerprint,
    Description,
    Example,
    /// An element that this form does not have.
    Other,
}

struct Reading {
    file: PackFile,
    said: Vec<Diagnostic>,
    counts: Vec<(&'static str, usize)>,
    within: Vec<Within>,
    rooted: bool,
    now: Fingerprint,
    /// Whether the fingerprint at hand can be used.
    usable: bool,
    text: String,
    example: Vec<(String, String)>,
    example_line: u64,
}

impl Reading {
    fn new(name: &str, stem: &str) -> Self {
        let file = PackFile {
            name: Arc::from(name),
            key: stem.to_owned(),
            preference: PREFERENCE,
            ..PackFile::default()
        };
        Self {
            file,
            said: Vec::new(),
            counts: Vec::new(),
            within: Vec::new(),
            rooted: false,
            now: Fingerprint::default(),
            usable: false,
            text: String::new(),
            example: Vec::new(),
            example_line: 0,
        }
    }

    fn event(&mut self, event: &Event<'_>, line: u64) -> Result<(), String> {
        match event {
            Event::Start(tag) => self.open(tag, line)?,
            Event::Empty(tag) => {
                self.open(tag, line)?;
                self.close(line);
            }
            Event::End(_) => self.close(line),
            Event::Text(text) => self.text.push_str(&text.replace("\r\n", "\n")),
            Event::CData(text) => self.text.push_str(text),
            Event::GeneralRef(name) => {
                let text = resolved(name);
                if text.len() > 1 && text.starts_with('&') {
                    return Err(format!("nobody says what {text} stands for"));
                }
                self.text.push_str(&text);
            }
            Event::DocType(_) => {
                return Err("it declares a type of its own, which a pack does not need".to_owned());
            }
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, tag: &BytesStart<'_>, line: u64) -> Result<(), String> {
        if self.within.len() == DEPTH_MAX {
            return Err(format!("more than {DEPTH_MAX} elements stand within one another"));
        }
        let name = tag.local_name();
        let next = match (self.within.last(), name.as_ref()) {
            (None, "fingerprints") if !self.rooted => Within::Root,
            (None, other) => return Err(format!("`{other}` is no element of a pack's own")),
            (Some(Within::Root), "fingerprint") => Within::Fingerprint,
            (Some(Within::Fingerprint), "description") => Within::Description,
            (Some(Within::Fingerprint), "example") => Within::Example,
            (Some(Within::Fingerprint), "param") => {
                self.param(&attributes(tag)?, line);
                Within::Other
            }
            _ => Within::Other,
        };
        match next {
            Within::Root => self.root(&attributes(tag)?),
            Within::Fingerprint => self.fingerprint(&attributes(tag)?, line),
            Within::Example => {
                self.example = attributes(tag)?;
                self.example_line = line;
            }
            Within::Description | Within::Other => {}
        }
        if matches!(next, Within::Description | Within::Example) {
            self.text.clear();
        }
        self.within.push(next);
        Ok(())
    }

    fn root(&mut self, given: &[(String, String)]) {
        self.rooted = true;
        if let Some(key) = one(given, "matches") {
            key.clone_into(&mut self.file.key);
        }
        let preference = one(given, "preference").and_then(|text| text.trim().parse().ok());
        self.file.preference =
            preference.filter(|number: &f64| number.is_finite()).unwrap_or(PREFERENCE);
    }

    fn fingerprint(&mut self, given: &[(String, String)], line: u64) {
        let flags = one(given, "flags").unwrap_or_default().to_owned();
        let pattern = one(given, "pattern");
        self.usable = pattern.is_some();
        if pattern.is_none() {
            let said = Diagnostic::new("kb/pack-pattern", "a fingerprint has no expression");
            self.say(said, line);
        }
        let pattern = pattern.unwrap_or_default().to_owned();
        self.now = Fingerprint { line, pattern, flags, ..Fingerprint::default() };
    }

    fn param(&mut self, given: &[(String, String)], line: u64) {
        let position = one(given, "pos").unwrap_or("0").trim().parse();
        let (Some(name), Ok(position)) = (one(given, "name"), position) else {
            let said = "a param has no name, or a place that is no number";
            self.say(Diagnostic::new("kb/pack-param", said), line);
            return;
        };
        if self.now.params.len() == PARTS_MAX {
            let said = format!("a fingerprint gives more than {PARTS_MAX} names");
            self.say(Diagnostic::new("kb/pack-large", said), line);
            return;
        }
        let value = one(given, "value").unwrap_or_default().to_owned();
        self.now.params.push(Param { position, name: name.to_owned(), value });
    }

    fn close(&mut self, line: u64) {
        match self.within.pop() {
            Some(Within::Description) if self.now.description.is_empty() => {
                let words: Vec<&str> = self.text.split_whitespace().collect();
                self.now.description = words.join(" ");
            }
            Some(Within::Example) => self.end_example(),
            Some(Within::Fingerprint) if self.usable => {
                if self.file.fingerprints.len() == FINGERPRINTS_MAX {
                    let said = format!("the file has more than {FINGERPRINTS_MAX} fingerprints");
                    self.say(Diagnostic::new("kb/pack-large", said), line);
                    return;
                }
                self.file.fingerprints.push(std::mem::take(&mut self.now));
            }
            _ => {}
        }
    }

    fn end_example(&mut self) {
        let given = std::mem::take(&mut self.example);
        let line = self.example_line;
        if one(&given, "_filename").is_some() {
            // A name out of a pack opens no file here.
            self.file.examples_elsewhere += 1;
            return;
        }
        if self.now.examples.len() == PARTS_MAX {
            let said = format!("a fingerprint has more than {PARTS_MAX} examples");
            self.say(Diagnostic::new("kb/pack-large", said), line);
            return;
        }
        let value = match one(&given, "_encoding") {
            None => Some(std::mem::take(&mut self.text).into_bytes()),
            Some("base64") => of_base64(&self.text),
            Some(_) => None,
        };
        let Some(value) = value else {
            self.say(Diagnostic::new("kb/pack-example", "an example cannot be decoded"), line);
            return;
        };
        let expects = given.into_iter().filter(|(name, _)| !name.starts_with('_')).collect();
        self.now.examples.push(Example { line, value, expects });
    }

    fn say(&mut self, said: Diagnostic, line: u64) {
        let place = self.counts.iter().position(|(code, _)| *code == said.code);
        let place = place.unwrap_or_else(|| {
            self.counts.push((said.code, 0));
            self.counts.len() - 1
        });
        self.counts[place].1 += 1;
        if self.counts[place].1 <= SAID_MAX {
            let source = Arc::clone(&self.file.name);
            self.said.push(said.at(Place { source, line, ..Place::default() }));
        }
    }
}

fn one<'a>(given: &'a [(String, String)], name: &str) -> Option<&'a str> {
    given.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// The attributes of a tag with their references resolved, line breaks in them as blanks.
fn attributes(tag: &BytesStart<'_>) -> Result<Vec<(String, String)>, String> {
    let mut all = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|wrong| wrong.to_string())?;
        let raw: Cow<'_, str> = match attribute.value.contains(['\n', '\r', '\t']) {
            true => attribute.value.replace(['\n', '\r', '\t'], " ").into(),
            false => Cow::Borrowed(&attribute.value),
        };
        let value = quick_xml::escape::unescape(&raw).map_err(|wrong| wrong.to_string())?;
        all.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
    }
    Ok(all)
}
