//! What a model number that nothing speaks of may be near to. Asked, never weighed: a dash is
//! never made up for an answer, and a label that nobody wrote is nobody's.

use super::Base;
use super::glob;
use super::names::Entity;
use super::quote::like_a_model;
use super::schema::Grade;
use crate::evidence::Read;
use crate::observation::{Device, Field};
use crate::report::clean;

/// Longer numbers are not tried with dashes: each place for one is a try.
const CHARS_MAX: usize = 24;
/// A shorter beginning with a dash in it is of too many forms: `TC60` is nobody's `TC-60`.
const FORM_CHARS_MIN: usize = 6;
/// A pattern of a supply that begins with fewer plain letters says too little without its label.
const HEAD_CHARS_MIN: usize = 4;

/// What a number may be, that nobody wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Near {
    /// With a dash put in it would be of one maker's form.
    Dash {
        /// The number as written.
        written: String,
        /// The maker.
        of: Entity,
        /// How numbers of that form begin.
        begins: String,
    },
    /// Numbers like it are sold under one label, and no label was written.
    SoldAs {
        /// The number as written.
        written: String,
        /// The label.
        label: Entity,
        /// The supply's place in the label's file.
        at: usize,
        /// Who supplies them to the label.
        maker: Entity,
    },
}

impl Near {
    /// Whether both say the same of one number and of the words around it.
    fn says_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Dash { of, .. }, Self::Dash { of: other, .. }) => of == other,
            (Self::SoldAs { label, .. }, Self::SoldAs { label: other, .. }) => label == other,
            _ => false,
        }
    }
}

impl Base {
    /// What the numbers of a device may be near to; nothing where anything speaks of its design,
    /// or a label is known.
    #[must_use]
    pub fn near(&self, device: &Device, read: &Read) -> Vec<Near> {
        if read.evidence.iter().any(|one| one.speaks_to_design()) {
            return Vec::new();
        }
        let labelled = device.first(Field::Label).is_some();
        let models = device.observations.iter().filter(|seen| seen.field == Field::Model);
        let mut numbers: Vec<&str> = models.map(|seen| seen.value.as_str()).collect();
        // Of a number and of the words around it the number says it in fewer.
        numbers.sort_by_key(|number| number.len());
        let mut found: Vec<Near> = Vec::new();
        for written in numbers {
            let number = glob::squeeze(written);
            if !like_a_model(&number) {
                continue;
            }
            let sold = || (!labelled).then(|| self.sold_as(written, &number)).flatten();
            let near = self.dash(written, &number).or_else(sold);
            found.extend(near.filter(|near| !found.iter().any(|other| other.says_as(near))));
        }
        found
    }

    /// The one maker of whose form the number would be with one dash or two put in.
    fn dash(&self, written: &str, number: &str) -> Option<Near> {
        if !number.is_ascii() || number.contains('-') || number.len() > CHARS_MAX {
            return None;
        }
        let with = |at: usize, text: &str| format!("{}-{}", &text[..at], &text[at..]);
        let once: Vec<String> = (1..number.len()).map(|at| with(at, number)).collect();
        let twice = once.iter().enumerate().flat_map(|(at, text)| {
            // Behind the dash that stands there already.
            (at + 3..text.len()).map(move |next| with(next, text))
        });
        self.of_one_form(written, &once).or_else(|| {
            let twice: Vec<String> = twice.collect();
            self.of_one_form(written, &twice)
        })
    }

    fn of_one_form(&self, written: &str, tries: &[String]) -> Option<Near> {
        let mut found: Option<(Entity, &str)> = None;
        for text in tries {
            match (self.whose(text), found) {
                (None, _) => {}
                (Some(Err(())), _) => return None,
                (Some(Ok(of)), Some((other, _))) if of != other => return None,
                (Some(Ok(of)), None) => found = Some((of, text)),
                (Some(Ok(_)), Some(_)) => {}
            }
        }
        let (of, text) = found?;
        let enough = |end: &usize| self.whose(&text[..*end]) == Some(Ok(of));
        let end = (1..=text.len()).find(enough).unwrap_or(text.len());
        let begins = &text[..end];
        // Letters, a dash and digits is a form that too many number by.
        let own = begins
            .rsplit('-')
            .next()
            .is_some_and(|behind| behind.bytes().any(|c| c.is_ascii_alphabetic()));
        let (written, begins) = (written.to_owned(), begins.to_owned());
        (end >= FORM_CHARS_MIN && own).then_some(Near::Dash { written, of, begins })
    }

    /// Of whose form a number is: one maker's, several makers', or nobody's.
    fn whose(&self, number: &str) -> Option<Result<Entity, ()>> {
        let mut hits = Vec::new();
        self.fire(Field::Model, number, &mut hits);
        let mut all = hits.iter().map(|hit| &self.signatures[*hit as usize]);
        let first = all.next()?;
        let plain = |grade: Grade| matches!(grade, Grade::Structural | Grade::Strong);
        let one = plain(first.grade) && all.all(|other| other.of == first.of);
        Some(if one { Ok(first.of) } else { Err(()) })
    }

    /// The one label under which numbers like it are sold.
    fn sold_as(&self, written: &str, number: &str) -> Option<Near> {
        let mut found: Option<Near> = None;
        for id in self.facts.labels.keys() {
            let label = self.label(id)?;
            for supply in self.supplies(label) {
                let plain = |glob: &&String| glob::literal_head(glob).len() >= HEAD_CHARS_MIN;
                let mut globs = supply.globs().iter().filter(plain);
                if !globs.any(|glob| glob::matches(glob, number)) {
                    continue;
                }
                let (maker, at) = (supply.maker, supply.at);
                match &found {
                    None => {
                        let written = written.to_owned();
                        found = Some(Near::SoldAs { written, label, at, maker });
                    }
                    Some(Near::SoldAs { label: other, maker: of, .. })
                        if *other == label && *of == maker => {}
                    Some(_) => return None,
                }
            }
        }
        found
    }

    /// The same in words.
    #[must_use]
    pub fn near_words(&self, near: &Near) -> String {
        match near {
            Near::Dash { written, of, begins } => {
                let written = clean(written);
                let name = self.name(*of);
                format!(
                    "{written} is of nobody's form as it stands; {begins}… would be of {name}'s: \
                     is a dash missing?"
                )
            }
            Near::SoldAs { written, label, maker, .. } => {
                let written = clean(written);
                let (label, maker) = (self.name(*label), self.name(*maker));
                format!(
                    "numbers like {written} are sold as {label}, supplied by {maker}: is it one?"
                )
            }
        }
    }
}
