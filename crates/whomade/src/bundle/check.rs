//! The bytes of a bundle, each of them: nothing changed, nothing missing, nothing added.

use std::path::Path;

use minisign::PublicKey;
use serde_json::Value;
use whomade_core::diagnostic::Diagnostic;

use super::bag::{self, PAYLOAD, Sum, Sums};
use super::container::Container;
use super::record::ABOUT;
use super::sign;
use whomade_inquiry::base::sha256;

/// Differences that are told one by one.
const TOLD_MAX: usize = 50;

/// What the signature shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Signed {
    /// There is none.
    No,
    /// It holds for the key that the bundle carries, which anybody may have made.
    ByCarried(String),
    /// It holds for the key that the user named.
    ByNamed(String),
    /// It does not hold.
    Broken,
}

/// A bundle whose bytes were looked at.
pub(crate) struct Checked {
    pub(crate) container: Container,
    /// Every file.
    pub(crate) sums: Sums,
    /// The hash that stands for every byte.
    pub(crate) seal: String,
    pub(crate) signed: Signed,
    /// What is not as it was sealed; empty: every byte is.
    pub(crate) differs: Vec<Diagnostic>,
}

impl Checked {
    /// The payload.
    pub(crate) fn payload(&self) -> Sums {
        let inside = |(name, sum): (&String, &Sum)| {
            name.starts_with(PAYLOAD).then(|| (name.clone(), sum.clone()))
        };
        self.sums.iter().filter_map(inside).collect()
    }
}

/// Looks at every byte of a bundle.
///
/// # Errors
/// When it cannot be opened as one.
pub(crate) fn check(path: &Path, key: Option<&PublicKey>) -> Result<Checked, Box<Diagnostic>> {
    let mut container = Container::open(path)?;
    let shown = path.display().to_string();
    let (sums, unread) = container.sums();
    let mut checked =
        Checked { container, sums, seal: String::new(), signed: Signed::No, differs: Vec::new() };
    for (name, wrong) in unread {
        checked.say("bundle/damaged", format!("{name} cannot be read: {wrong}"));
    }
    checked.files();
    checked.signature(key);
    if checked.differs.is_empty() && !checked.container.is_canonical() {
        let why = "the ZIP around the files is not the one that was written: names, days, spare \
                   fields or the order of the files are others";
        checked.say("bundle/container", why.to_owned());
    }
    let more = checked.differs.len().saturating_sub(TOLD_MAX);
    checked.differs.truncate(TOLD_MAX);
    if more > 0 {
        checked.say("bundle/changed", format!("and {more} further differences"));
    }
    for one in &mut checked.differs {
        *one = one.clone().in_file(shown.clone());
    }
    Ok(checked)
}

impl Checked {
    fn say(&mut self, code: &'static str, why: String) {
        self.differs.push(Diagnostic::new(code, why));
    }

    fn text(&mut self, name: &str) -> String {
        self.container.text(name).unwrap_or_default()
    }

    /// Compares every file with what the manifests note, and the manifests with what follows from
    /// the files.
    fn files(&mut self) {
        let manifest = self.text(bag::MANIFEST);
        let payload = self.payload();
        self.compare(&manifest, &payload);
        let about = self.text(&format!("{PAYLOAD}{ABOUT}"));
        let about: Value = serde_json::from_str(&about).unwrap_or_default();
        let program = about["program"].as_str().unwrap_or_default().to_owned();
        let last = self.text(bag::TAG_MANIFEST);
        self.seal = sha256(last.as_bytes());
        let mut tags = Sums::new();
        for (name, text) in bag::tags(&payload, &program) {
            let expected = Sum { bytes: text.len() as u64, sha256: sha256(text.as_bytes()) };
            match self.sums.get(name) {
                None => self.say("bundle/missing", format!("{name} is missing")),
                // Of what was already told, the manifest and the card only follow.
                Some(sum) if *sum != expected && self.differs.is_empty() => {
                    let why = match name {
                        bag::CARD => self.card_differs(&text),
                        _ => format!("{name} was changed"),
                    };
                    self.say("bundle/changed", why);
                }
                Some(_) => {}
            }
            tags.insert(name.to_owned(), expected);
        }
        if let Some(sum) = self.sums.get(bag::PUBLIC_KEY) {
            tags.insert(bag::PUBLIC_KEY.to_owned(), sum.clone());
        }
        let known = |name: &str| {
            name.starts_with(PAYLOAD)
                || tags.contains_key(name)
                || matches!(name, bag::TAG_MANIFEST | bag::SIGNATURE)
        };
        let extra: Vec<String> = self.sums.keys().filter(|name| !known(name)).cloned().collect();
        for name in extra {
            self.say("bundle/extra", format!("{name} was added"));
        }
        if !self.sums.contains_key(bag::TAG_MANIFEST) {
            self.say("bundle/missing", format!("{} is missing", bag::TAG_MANIFEST));
        } else if last != bag::manifest(&tags) && self.differs.is_empty() {
            self.say("bundle/changed", format!("{} was changed", bag::TAG_MANIFEST));
        }
    }

    /// Why the card is not the one that follows from the payload. Whoever forges the payload and
    /// both manifests is betrayed by the count that the card keeps.
    fn card_differs(&mut self, expected: &str) -> String {
        let card = self.text(bag::CARD);
        let counts = [bag::count(&card), bag::count(expected)];
        match counts {
            [Some((noted, of)), Some((bytes, files))] if (noted, of) != (bytes, files) => format!(
                "the payload does not fit its count: {} counts {noted} bytes in {of} files, there \
                 are {bytes} in {files}; the payload was changed and the manifests with it, or \
                 the count was",
                bag::CARD
            ),
            _ => format!("{} was changed", bag::CARD),
        }
    }

    fn compare(&mut self, manifest: &str, payload: &Sums) {
        let listed = bag::listed(manifest);
        for (name, sum) in &listed {
            match payload.get(*name) {
                // What is there and cannot be read was told already.
                None if self.container.has(name) => {}
                None => self.say("bundle/missing", format!("{name} is missing")),
                Some(there) if there.sha256 != **sum => {
                    self.say("bundle/changed", format!("{name} was changed"));
                }
                Some(_) => {}
            }
        }
        for name in payload.keys().filter(|name| !listed.contains_key(name.as_str())) {
            self.say("bundle/extra", format!("{name} was added"));
        }
    }

    fn signature(&mut self, named: Option<&PublicKey>) {
        let (has, carries) =
            (self.container.has(bag::SIGNATURE), self.container.has(bag::PUBLIC_KEY));
        if !has && !carries {
            if named.is_some() {
                let why = "it bears no signature, but a key was named";
                self.say("bundle/unsigned", why.to_owned());
            }
            return;
        }
        let (signature, last) = (self.text(bag::SIGNATURE), self.text(bag::TAG_MANIFEST));
        let carried = sign::public_key(&self.text(bag::PUBLIC_KEY));
        let held = carried.and_then(|carried| {
            sign::check(&carried, &signature, last.as_bytes())?;
            match named {
                Some(named) if *named != carried => Err(format!(
                    "it was signed with key {}, not with {}",
                    sign::id_of(&carried),
                    sign::id_of(named)
                )),
                Some(named) => Ok(Signed::ByNamed(sign::id_of(named))),
                None => Ok(Signed::ByCarried(sign::id_of(&carried))),
            }
        });
        self.signed = held.unwrap_or_else(|why| {
            self.say("bundle/signature", format!("the signature does not hold: {why}"));
            Signed::Broken
        });
    }
}
