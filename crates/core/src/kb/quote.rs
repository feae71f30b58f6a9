//! Items as people quote them: the furniture of a list before the make, what the item replaces or
//! is fixed with, and which makes its words offer. Words of a language only; no maker by name.

use super::Base;
use super::glob;
use crate::observation::Field;
use crate::role::Role;

mod furniture;
mod phrases;

pub use furniture::past_furniture;
use phrases::{
    BOTH, COMPATIBLE, EITHER, FEATURES, FITTINGS, GIVES_WAY, NOT, OR_EQUAL, TAKES_OVER, WATCHES,
    WITH,
};

/// A shorter word is no model number.
const MODEL_CHARS_MIN: usize = 4;
/// A shorter name inside a text counts only where its neighbours say that it is one.
const LONE_NAME_CHARS_MIN: usize = 4;
/// So many words may stand between a make and the word that says it is only a mount of that make.
const FITTING_WORDS_MAX: usize = 3;

/// So many words may stand between a word that says what goes, and its name.
const ARTICLE_WORDS_MAX: usize = 3;
/// Marks that part two things.
const MARKS: [char; 6] = [',', ';', '|', '+', '&', '/'];

/// What the words of a quoted item offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The text of each thing that is offered, without what it replaces; one where the words tell
    /// which make is meant.
    pub offered: Vec<String>,
    /// Whether the words let another product come ("or equal").
    pub or_equal: bool,
}

/// A word of a text: letters and digits in a row.
struct Word {
    at: usize,
    end: usize,
    key: String,
}

fn words(text: &str) -> Vec<Word> {
    let mut made: Vec<Word> = Vec::new();
    let mut open = false;
    for (at, c) in text.char_indices() {
        if !c.is_alphanumeric() {
            open = false;
            continue;
        }
        if !open {
            made.push(Word { at, end: at, key: String::new() });
        }
        open = true;
        if let Some(word) = made.last_mut() {
            word.end = at + c.len_utf8();
            word.key.extend(c.to_lowercase());
        }
    }
    made
}

/// How many words from this one on are one of the phrases; the longest counts.
fn phrase(words: &[Word], all: &[&str]) -> Option<usize> {
    let here = |phrase: &&&str| {
        let mut parts = phrase.split(' ');
        words.len() >= phrase.split(' ').count()
            && words.iter().map_while(|word| parts.next().map(|part| part == word.key)).all(|is| is)
    };
    all.iter().filter(here).map(|phrase| phrase.split(' ').count()).max()
}

/// What clings to a word in running text.
fn edge(c: char) -> bool {
    ",;:!?()[]{}\"'".contains(c)
}

/// Whether a word has letters and digits mixed as model numbers have, and is no measure such as
/// `1080p`, `2.8mm` or `12V`.
#[must_use]
pub fn like_a_model(word: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic();
    let unit = word.trim_end_matches(letter);
    let measure = unit.chars().all(|c| c.is_ascii_digit() || ".,x/+-".contains(c));
    let mixed = word.chars().any(|c| c.is_ascii_digit()) && word.chars().any(letter);
    mixed && !measure && word.chars().count() >= MODEL_CHARS_MIN
}

/// The first word of a text that is like a model number.
#[must_use]
pub fn model_in(text: &str) -> Option<&str> {
    let mut all = text.split(char::is_whitespace).map(|word| word.trim_matches(edge));
    all.find(|word| like_a_model(word))
}

impl Base {
    /// Takes a quoted item apart: which things its words offer. Where they tell which make is
    /// offered (`replaces`, `in place of`, `with … mount`, `or equal`) there is one; where they do
    /// not, each make that is named is offered for all that we know.
    #[must_use]
    pub fn quote(&self, item: &str) -> Quote {
        let text = past_furniture(&self.names, item);
        let mut reading = Reading { base: self, text, words: words(text), gone: Vec::new() };
        let or_equal = reading.or_equal();
        reading.features();
        reading.taken_over();
        reading.giving_way();
        reading.denied();
        reading.fittings();
        let beside = reading.bracketed();
        let mut offered = reading.pieces();
        offered.extend(beside);
        if offered.is_empty() {
            offered.push(text.to_owned());
        }
        Quote { offered, or_equal }
    }
}

/// A make inside a text: its first word and the one behind its last.
#[derive(Debug, Clone, Copy)]
struct Make {
    first: usize,
    next: usize,
}

struct Reading<'b, 't> {
    base: &'b Base,
    text: &'t str,
    words: Vec<Word>,
    /// Spans of the text that are of no thing offered.
    gone: Vec<(usize, usize)>,
}

impl Reading<'_, '_> {
    fn is_gone(&self, word: usize) -> bool {
        let at = self.words[word].at;
        self.gone.iter().any(|(from, to)| (*from..*to).contains(&at))
    }

    /// Whether blanks stand on both sides of a word: the `I` of a number parts nothing.
    fn stands_apart(&self, at: usize) -> bool {
        let word = &self.words[at];
        let before = self.text[..word.at].chars().next_back();
        let behind = self.text[word.end..].chars().next();
        before.is_some_and(char::is_whitespace) && behind.is_some_and(char::is_whitespace)
    }

    /// Whether a word by itself is one of these.
    fn parts(&self, at: usize, all: &[&str]) -> bool {
        self.words.get(at).is_some_and(|word| all.contains(&word.key.as_str()))
            && self.stands_apart(at)
    }

    fn phrases(&self, all: &[&str]) -> Vec<(usize, usize)> {
        let found = (0..self.words.len()).filter_map(|at| {
            let count = phrase(&self.words[at..], all)?;
            Some((at, count))
        });
        found.collect()
    }

    /// Where the text between two words lies, with what clings to them.
    fn forget(&mut self, from: usize, to: usize) {
        self.gone.push((from, to));
    }

    fn or_equal(&mut self) -> bool {
        let all = self.phrases(OR_EQUAL);
        for (at, count) in &all {
            let to = self.words[at + count - 1].end;
            self.forget(self.words[*at].at, to);
        }
        !all.is_empty()
    }

    /// `ONVIF compatible` says nothing about whose it is.
    fn features(&mut self) {
        for (at, _) in self.phrases(COMPATIBLE) {
            let feature = |word: &Word| FEATURES.contains(&word.key.as_str());
            if at > 0 && feature(&self.words[at - 1]) {
                self.forget(self.words[at - 1].at, self.words[at].end);
            }
        }
    }

    /// `… replaced by …`: what stands before goes, if something is named behind.
    fn taken_over(&mut self) {
        for (at, count) in self.phrases(TAKES_OVER) {
            if self.names_something(at + count, self.words.len()) {
                self.forget(0, self.words[at + count - 1].end);
            }
        }
    }

    /// `… replaces …`: what stands behind goes, if something is named before; to the end of its
    /// bracket, or through the makes and numbers that follow.
    fn giving_way(&mut self) {
        for (at, count) in self.phrases(GIVES_WAY) {
            if self.is_gone(at) || !self.names_something(0, at) {
                continue;
            }
            // "Hikvision compatible with …" is no Hikvision: a number must stand between.
            let compatible = COMPATIBLE.contains(&self.words[at].key.as_str());
            if compatible && model_in(&self.text[..self.words[at].at]).is_none() {
                continue;
            }
            let from = self.words[at].at;
            let to = self.bracket_around(from).or_else(|| self.named_run(at + count));
            if let Some(to) = to {
                self.forget(from, to);
            }
        }
    }

    /// Where the bracket closes in which a place lies.
    fn bracket_around(&self, at: usize) -> Option<usize> {
        let before = &self.text[..at];
        let open = before.rfind(['(', '['])?;
        if before[open..].contains([')', ']']) {
            return None;
        }
        Some(self.text[at..].find([')', ']']).map_or(self.text.len(), |close| at + close))
    }

    /// Where the makes and numbers end that stand from a word on, one or several joined by `and`.
    fn named_run(&self, from: usize) -> Option<usize> {
        let mut to = None;
        let mut at = from;
        while at < self.words.len() {
            let start = at;
            if let Some(make) = self.make_at(at) {
                at = make.next;
                to = Some(self.words[at - 1].end);
            }
            // The number behind the make, or alone.
            if let Some(end) = self.model_at(at) {
                to = Some(end);
                at = self.words.iter().position(|word| word.at >= end).unwrap_or(self.words.len());
            }
            let joined = self.parts(at, BOTH) && self.names_next(at + 1);
            match (at > start, joined) {
                (true, true) => at += 1,
                (true, false) => break,
                // An article or the like before the first name.
                (false, _) if to.is_none() && self.reaches_on(from, at) => at += 1,
                (false, _) => break,
            }
        }
        to
    }

    /// Whether what is said still speaks of the next word: not past a mark, nor far.
    fn reaches_on(&self, from: usize, at: usize) -> bool {
        let next = self.words.get(at + 1);
        let gap = next.map(|next| &self.text[self.words[at].end..next.at]);
        at < from + ARTICLE_WORDS_MAX && gap.is_some_and(|gap| !gap.contains(MARKS))
    }

    fn names_next(&self, at: usize) -> bool {
        at < self.words.len() && (self.make_at(at).is_some() || self.model_at(at).is_some())
    }

    /// The end of the number that begins with this word, if it is like one.
    fn model_at(&self, at: usize) -> Option<usize> {
        let word = self.words.get(at)?;
        let rest = &self.text[word.at..];
        let token = rest.split(char::is_whitespace).next().unwrap_or(rest);
        let token = token.trim_end_matches(edge);
        like_a_model(token).then_some(word.at + token.len())
    }

    /// Whether a make or a number stands in a run of words.
    fn names_something(&self, from: usize, to: usize) -> bool {
        (from..to.min(self.words.len()))
            .any(|at| self.make_at(at).is_some() || self.model_at(at).is_some())
    }

    /// The longest name of the base that begins with this word. Inside a text a short name is one
    /// only beside a number or behind a word that lets it come.
    fn make_at(&self, at: usize) -> Option<Make> {
        if self.is_gone(at) {
            return None;
        }
        let longest = self.base.names.words_max().min(self.words.len() - at);
        for count in (1..=longest).rev() {
            let next = at + count;
            let key: String = self.words[at..next].iter().map(|word| word.key.as_str()).collect();
            if !self.base.names.is_name(&key) {
                continue;
            }
            let beside = self.model_at(next).is_some()
                || at > 0 && EITHER.contains(&self.words[at - 1].key.as_str());
            // A word of a model number is no name: `AXIS-P1`, `DS-RING-4`.
            let inside = at > 0
                && !self.text[self.words[at - 1].end..self.words[at].at]
                    .contains(|c: char| c != '-' && c != '_' && c != '.');
            let long = key.chars().count() >= LONE_NAME_CHARS_MIN;
            if (at == 0 || long || beside) && !inside {
                return Some(Make { first: at, next });
            }
        }
        None
    }

    /// Every make from a word on, none inside another.
    fn makes(&self) -> Vec<Make> {
        let (mut all, mut at) = (Vec::new(), 0);
        while at < self.words.len() {
            match self.make_at(at) {
                Some(make) => {
                    at = make.next;
                    all.push(make);
                }
                None => at += 1,
            }
        }
        all
    }

    /// `… with Axis mount`: a fitting of another make is no thing that is asked about.
    fn fittings(&mut self) {
        for make in self.makes().into_iter().skip(1) {
            let near = make.next..(make.next + FITTING_WORDS_MAX).min(self.words.len());
            let fits = |at: &usize| FITTINGS.contains(&self.words[*at].key.as_str());
            let Some(fitting) = near.clone().find(fits) else { continue };
            let between = &self.text[self.words[make.next - 1].end..self.words[fitting].at];
            let either = |at: usize| self.parts(at, EITHER);
            let joined = make.first > 0 && either(make.first - 1)
                || (make.next..fitting).any(|at| either(at) || self.parts(at, BOTH));
            // A surface mount dome is a dome.
            let of = self.words.get(fitting + 1).map(|word| word.key.as_str());
            let watches = of.is_some_and(|of| WATCHES.contains(&of));
            if model_in(between).is_none() && !joined && !watches && !between.contains(MARKS) {
                self.forget(self.words[make.first].at, self.words[fitting].end);
            }
        }
    }

    /// The stretches between the words and marks that part two things: each with whether a word
    /// that lets only one of them come stands before it.
    fn stretches(&self) -> Vec<Stretch> {
        let mut made = vec![Stretch { first: 0, next: 0, at: 0, end: 0, either: false }];
        for (at, word) in self.words.iter().enumerate() {
            if self.is_gone(at) {
                continue;
            }
            let either = self.parts(at, EITHER);
            let parts = either || self.parts(at, BOTH);
            let gap = match at.checked_sub(1) {
                Some(before) => &self.text[self.words[before].end..word.at],
                None => "",
            };
            let marked = gap.contains([',', ';', '|', '+', '&'])
                || gap.contains('/') && (gap.contains(' ') || self.make_at(at).is_some());
            if parts {
                made.push(Stretch {
                    first: at + 1,
                    next: at + 1,
                    at: word.end,
                    end: word.end,
                    either,
                });
                continue;
            }
            if marked {
                let open = made.last().is_some_and(|last| last.next > last.first);
                if open {
                    let at_char = word.at;
                    made.push(Stretch {
                        first: at,
                        next: at,
                        at: at_char,
                        end: at_char,
                        either: false,
                    });
                }
            }
            if let Some(last) = made.last_mut() {
                last.next = at + 1;
                last.end = word.end;
            }
        }
        made
    }

    /// `… (not Hikvision)`: what it is not. Behind a number `no` counts.
    fn denied(&mut self) {
        for make in self.makes() {
            let said = make.first.checked_sub(1).filter(|at| {
                NOT.contains(&self.words[*at].key.as_str())
                    && !at
                        .checked_sub(1)
                        .is_some_and(|at| self.words[at].key.bytes().all(|c| c.is_ascii_digit()))
            });
            if let Some(at) = said.filter(|at| *at > 0) {
                self.forget(self.words[at].at, self.words[make.next - 1].end);
            }
        }
    }

    /// `Lorex (Dahua OEM) LNB8973B`: a make in brackets parts no label from its number.
    fn bracketed(&mut self) -> Vec<String> {
        let mut made = Vec::new();
        for make in self.makes().into_iter().skip(1) {
            let at = self.words[make.first].at;
            let Some(close) = self.bracket_around(at).filter(|_| !self.is_gone(make.first)) else {
                continue;
            };
            let open = self.text[..at].rfind(['(', '[']).unwrap_or(at);
            let whole = Piece { spans: vec![(at, close)], ..Piece::default() };
            made.push(self.text_of(&whole));
            self.forget(open, (close + 1).min(self.text.len()));
        }
        made
    }

    /// Where one thing ends and the next begins: at a further make, or behind a word or a mark
    /// between two things at a number of somebody's form.
    fn pieces(&self) -> Vec<String> {
        let makes = self.makes();
        let mut made: Vec<Piece> = vec![Piece::default()];
        for (nth, one) in self.stretches().into_iter().enumerate() {
            let inside = |make: &&Make| (one.first..one.next).contains(&make.first);
            let own: Vec<&Make> = makes.iter().filter(inside).collect();
            let numbered = (one.first..one.next).any(|at| self.begins_number(at));
            let Some(piece) = made.last_mut() else { break };
            let begun = piece.make || piece.number;
            let Some(first) = own.first() else {
                let somebodys = (one.first..one.next).any(|at| self.is_somebodys(at));
                let other = somebodys || one.either && numbered;
                if begun && piece.number && other {
                    made.push(Piece { spans: vec![(one.at, one.end)], make: false, number: true });
                } else if nth == 0 || !one.either {
                    piece.spans.push((one.at, one.end));
                    piece.number |= numbered;
                }
                continue;
            };
            // `…, Hikvision` behind a number is whose number it is.
            let before = (one.first..first.first).any(|at| self.begins_number(at));
            let names_piece = !piece.make && (!begun || !numbered);
            let mut from = one.at;
            if !names_piece {
                if !before {
                    let start = self.words[first.first].at;
                    piece.spans.push((one.at, start));
                    from = start;
                }
                made.push(Piece::default());
            }
            for (make, next) in own.iter().zip(own.iter().skip(1).map(Some).chain([None])) {
                let to = next.map_or(one.end, |next| self.words[next.first].at);
                let until = next.map_or(one.next, |next| next.first);
                if let Some(piece) = made.last_mut() {
                    piece.spans.push((from, to));
                    piece.make = true;
                    piece.number |= (make.next..until).any(|at| self.begins_number(at)) || before;
                }
                from = to;
                if next.is_some() {
                    made.push(Piece::default());
                }
            }
        }
        let texts = made.iter().map(|piece| self.text_of(piece));
        texts.filter(|text| text.chars().any(char::is_alphanumeric)).collect()
    }

    /// Whether a number like a model's begins with this word.
    fn begins_number(&self, at: usize) -> bool {
        let before = self.text[..self.words[at].at].chars().next_back();
        !self.is_gone(at)
            && before.is_none_or(|c| c.is_whitespace() || edge(c) || "/+|&".contains(c))
            && self.model_at(at).is_some()
    }

    /// Whether it is a number of a maker's form.
    fn is_somebodys(&self, at: usize) -> bool {
        let Some(end) = self.model_at(at).filter(|_| self.begins_number(at)) else { return false };
        let mut hits = Vec::new();
        let number = glob::squeeze(&self.text[self.words[at].at..end]);
        self.base.fire(Field::Model, &number, &mut hits);
        hits.iter().any(|hit| self.base.signatures[*hit as usize].role == Role::Design)
    }

    /// The text of a piece without what is of no thing offered.
    fn text_of(&self, piece: &Piece) -> String {
        let mut text = String::new();
        for (from, to) in &piece.spans {
            let mut at = *from;
            // A blank or mark between two spans is kept where it stood.
            if !text.is_empty() {
                text.push(' ');
            }
            let mut gone: Vec<(usize, usize)> = self.gone.clone();
            gone.sort_unstable();
            for (start, end) in gone {
                if start < *to && end > at {
                    text += &self.text[at..start.max(at)];
                    at = end.min(*to).max(at);
                }
            }
            text += &self.text[at..*to];
        }
        for empty in ["()", "[]", "( )", "[ ]"] {
            text = text.replace(empty, "");
        }
        let loose = |c: char| c.is_whitespace() || ",;:/|+&([".contains(c);
        let mut text = past_furniture(&self.base.names, text.trim_matches(loose));
        while let Some((before, last)) = text.rsplit_once(char::is_whitespace)
            && WITH.contains(&last.to_lowercase().trim_end_matches('.'))
        {
            text = before.trim_end_matches(loose);
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Words between two that part things.
struct Stretch {
    first: usize,
    next: usize,
    /// Its first and last byte.
    at: usize,
    end: usize,
    /// Whether only one of the two things comes.
    either: bool,
}

/// A thing that is offered.
#[derive(Default)]
struct Piece {
    spans: Vec<(usize, usize)>,
    /// Whether a make stands in it.
    make: bool,
    /// Whether a number stands in it.
    number: bool,
}
