//! The estate as a picture: which label hides whose equipment, and who owns the maker. A text for
//! GraphViz, which `dot` draws.
//!
//! A line is whole where the maker is confirmed or probable, dashed where it is only possible,
//! dotted where nobody is known. The picture says so itself, since pictures travel alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write as _};

use jiff::civil::Date;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::schema::Owner;
use whomade_core::report::{Standing, clean_to};

use super::format::{Ending, Finding, Format, Run, Sink, Target};

pub(crate) const FORMAT: Format = Format {
    word: "graphviz",
    title: "a picture of label → maker → owner, for GraphViz (dot)",
    endings: &[".dot", ".gv"],
    open,
};

/// Pairs of label and maker that are drawn; a picture of more is read by nobody. Further labels
/// are drawn as one.
const PAIRS_MAX: usize = 400;
/// Characters of a name in the picture.
const NAME_CHARS_MAX: usize = 48;
/// Characters of a stake or a note on an owner.
const STAKE_CHARS_MAX: usize = 60;
/// How far owners of owners are followed. The base refuses circles, an overlay is checked too.
const OWNERS_DEEP_MAX: usize = 8;

fn open<'r>(target: Target, run: &'r Run<'r>) -> io::Result<Box<dyn Sink + 'r>> {
    Ok(Box::new(Drawing {
        target,
        run,
        labels: BTreeMap::new(),
        pairs: BTreeMap::new(),
        left_out: 0,
    }))
}

/// Whose equipment it is, as far as a picture tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Maker {
    /// Somebody, by id.
    Known(String),
    /// Nobody is known to have designed it.
    Unknown,
}

/// The name on it. What differs in case only is one label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    /// A label of the base, by id.
    Known(String),
    /// As it was written, in lower case.
    Written(String),
    /// None was seen.
    None,
    /// Those beyond the limit.
    Others,
}

/// What is counted of one pair.
#[derive(Debug, Clone, Default)]
struct Pair {
    /// The maker's name.
    maker: String,
    /// Devices by certainty: unknown, possible, probable, confirmed.
    devices: [u64; 4],
    /// Of them, those whose maker cannot be told from another's.
    one_of: u64,
    /// Of them, those whose record contradicts itself: of the possible ones, of the surer ones.
    contradictory: [u64; 2],
}

struct Drawing<'r> {
    target: Target,
    run: &'r Run<'r>,
    /// Each label as it was spelt first, and its devices.
    labels: BTreeMap<Label, (String, u64)>,
    pairs: BTreeMap<(Label, Maker), Pair>,
    /// Devices that were drawn under "other labels".
    left_out: u64,
}

impl Sink for Drawing<'_> {
    fn device(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        let report = finding.report;
        let (label, spelt) = match (&report.label, &report.written.label) {
            (Some(known), _) => (Label::Known(known.id.clone()), known.name.clone()),
            (None, Some(written)) => {
                let spelt = clean_to(written, NAME_CHARS_MAX);
                (Label::Written(spelt.to_lowercase()), spelt)
            }
            (None, None) => (Label::None, "no label seen".to_owned()),
        };
        let design = &report.design;
        let one_of = !design.one_of.is_empty();
        let makers = design.maker.iter().chain(&design.one_of);
        let mut makers: Vec<(Maker, &str)> =
            makers.map(|one| (Maker::Known(one.id.clone()), one.name.as_str())).collect();
        if makers.is_empty() {
            makers.push((Maker::Unknown, "make unknown"));
        }
        let fits = self.pairs.len() + makers.len() <= PAIRS_MAX
            || makers.iter().all(|(of, _)| self.pairs.contains_key(&(label.clone(), of.clone())));
        let (label, spelt) = if fits {
            (label, spelt)
        } else {
            self.left_out += 1;
            (Label::Others, "other labels".to_owned())
        };
        self.labels.entry(label.clone()).or_insert((spelt, 0)).1 += 1;
        let certainty = place_of(design.certainty);
        for (maker, name) in makers {
            let pair = self.pairs.entry((label.clone(), maker)).or_default();
            name.clone_into(&mut pair.maker);
            pair.devices[certainty] += 1;
            pair.one_of += u64::from(one_of);
            let contradictory = report.standing == Standing::Contradictory;
            pair.contradictory[usize::from(certainty > 1)] += u64::from(contradictory);
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, ending: &Ending<'_>) -> io::Result<Vec<Diagnostic>> {
        let text = Picture::new(&self).text(ending);
        self.target.write_all(text.as_bytes())?;
        self.target.flush()?;
        let left_out = self.left_out;
        let said = (left_out > 0).then(|| {
            let message = format!(
                "the picture has more than {PAIRS_MAX} pairs of label and maker: {left_out} \
                 devices are drawn under `other labels`"
            );
            Diagnostic::new("write/limit", message)
        });
        Ok(said.into_iter().collect())
    }
}

/// The place of a certainty's count.
fn place_of(word: &str) -> usize {
    ["unknown", "possible", "probable", "confirmed"]
        .iter()
        .position(|one| *one == word)
        .unwrap_or(0)
}

/// The picture while it is put together.
struct Picture<'d> {
    drawing: &'d Drawing<'d>,
    /// Each maker's name, and the devices that lead to it.
    makers: BTreeMap<&'d Maker, (&'d str, u64)>,
}

impl<'d> Picture<'d> {
    fn new(drawing: &'d Drawing<'d>) -> Self {
        let mut makers: BTreeMap<&Maker, (&str, u64)> = BTreeMap::new();
        for ((_, maker), pair) in &drawing.pairs {
            let devices: u64 = pair.devices.iter().sum();
            makers.entry(maker).or_insert((&pair.maker, 0)).1 += devices;
        }
        Self { drawing, makers }
    }

    fn text(&self, ending: &Ending<'_>) -> String {
        let mut out = String::new();
        out.push_str(
            "digraph estate {\n  graph [rankdir=LR, ranksep=1.4, nodesep=0.22, fontname=\"Helvetica\", \
             fontsize=13, labelloc=t, labeljust=l, pad=0.4, bgcolor=\"#ffffff\"",
        );
        let _ = writeln!(out, ", label=\"{}\"];", self.title(ending));
        out.push_str(
            "  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=12, \
             color=\"#5b6770\", fillcolor=\"#ffffff\", margin=\"0.16,0.09\"];\n  \
             edge [fontname=\"Helvetica\", fontsize=10, color=\"#3f4a52\", fontcolor=\"#3f4a52\", \
             arrowsize=0.7];\n",
        );
        self.labels(&mut out);
        self.makers(&mut out);
        self.owners(&mut out);
        for ((label, maker), pair) in &self.drawing.pairs {
            self.lines(&mut out, label, maker, pair);
        }
        out.push_str("}\n");
        out
    }

    /// What stands over the picture: what it is of, and how it is read.
    fn title(&self, ending: &Ending<'_>) -> String {
        let run = self.drawing.run;
        let plural = if ending.devices == 1 { "" } else { "s" };
        let mut lines = vec![
            format!("{} device{plural}: sold as → designed by → owned by", ending.devices),
            format!("whomade {}, base {}, as of {}", run.program, run.base_name, run.on),
        ];
        lines.extend(ending.said.map(str::to_owned));
        lines.push(
            "whole line: confirmed or probable; dashed: only possible; dotted: nobody known, and \
             cleared of nothing"
                .to_owned(),
        );
        lines.iter().map(|line| escaped(line, usize::MAX) + "\\l").collect()
    }

    fn labels(&self, out: &mut String) {
        out.push_str("  { rank=same;\n");
        for (at, (name, devices)) in self.drawing.labels.values().enumerate() {
            let text = node_text(name, *devices);
            let _ = writeln!(
                out,
                "    l{at} [label=\"{text}\", fillcolor=\"#e8f1f8\", color=\"#4a7ba6\", {}];",
                size(*devices)
            );
        }
        out.push_str("  }\n");
    }

    fn makers(&self, out: &mut String) {
        out.push_str("  { rank=same;\n");
        for (at, (maker, (name, devices))) in self.makers.iter().enumerate() {
            let text = node_text(name, *devices);
            let look = match maker {
                Maker::Known(_) => "fillcolor=\"#fff3d6\", color=\"#b5842b\"",
                Maker::Unknown => {
                    "fillcolor=\"#f4f4f4\", color=\"#8a8a8a\", style=\"rounded,filled,dashed\""
                }
            };
            let _ = writeln!(out, "    m{at} [label=\"{text}\", {look}, {}];", size(*devices));
        }
        out.push_str("  }\n");
    }

    /// The owners of the makers and the owners of these, as far as the base has them.
    fn owners(&self, out: &mut String) {
        let mut nodes: BTreeMap<String, usize> = BTreeMap::new();
        let mut drawn: BTreeSet<(String, String)> = BTreeSet::new();
        let known = self.makers.keys().enumerate().filter_map(|(at, maker)| match maker {
            Maker::Known(id) => Some((id.as_str(), format!("m{at}"))),
            Maker::Unknown => None,
        });
        let shown: BTreeMap<&str, String> = known.collect();
        let mut open: Vec<(&str, String, usize)> =
            shown.iter().map(|(id, node)| (*id, node.clone(), 0)).collect();
        while let Some((id, node, deep)) = open.pop() {
            let Some(maker) = self.drawing.run.base.facts.makers.get(id) else { continue };
            for owner in &maker.owners {
                let same = owner.maker.as_deref().and_then(|id| shown.get(id));
                let holder = same.cloned().unwrap_or_else(|| {
                    let next = nodes.len();
                    let number = *nodes.entry(owner.holder.clone()).or_insert(next);
                    if number == next {
                        let text = escaped(&owner.holder, 2 * NAME_CHARS_MAX);
                        let _ =
                            writeln!(out, "  o{number} [label=\"{text}\", fillcolor=\"#eeeeee\"];");
                    }
                    format!("o{number}")
                });
                let line = owner_line(owner, self.drawing.run.on);
                if drawn.insert((node.clone(), format!("{holder} {line}"))) {
                    let _ = writeln!(out, "  {node} -> {holder} [{line}];");
                    let further = owner.maker.as_deref().filter(|_| same.is_none());
                    if let Some(id) = further.filter(|_| deep < OWNERS_DEEP_MAX) {
                        open.push((id, holder, deep + 1));
                    }
                }
            }
        }
    }

    /// The lines from a label to a maker: one for the devices of which it can be stated, one for
    /// those of which it is only possible. Together they would look surer than they are.
    fn lines(&self, out: &mut String, label: &Label, maker: &Maker, pair: &Pair) {
        let from = self.drawing.labels.keys().take_while(|one| *one != label).count();
        let to = self.makers.keys().take_while(|one| **one != maker).count();
        let [unknown, possible, probable, confirmed] = pair.devices;
        let firm = words(&[(confirmed, "confirmed"), (probable, "probable")]);
        let [of_possible, of_firm] =
            pair.contradictory.map(|devices| (devices, "contradicting themselves"));
        let beside = |counts: &[(u64, &str)]| {
            let said = words(counts);
            if said.is_empty() { said } else { format!("\\n{said}") }
        };
        let firm_beside = beside(&[of_firm]);
        let possible_beside = beside(&[(pair.one_of, "one of several makers"), of_possible]);
        let mut line = |devices: u64, text: &str, look: &str| {
            if devices > 0 {
                let width = width(devices);
                let _ = writeln!(
                    out,
                    "  l{from} -> m{to} [label=\"{text}\", penwidth={width}, {look}];"
                );
            }
        };
        line(confirmed + probable, &format!("{firm}{firm_beside}"), "style=solid");
        line(possible, &format!("{possible} possible{possible_beside}"), "style=dashed");
        line(unknown, &format!("{unknown} unknown"), "style=dotted, color=\"#8a8a8a\"");
    }
}

/// `3 confirmed, 5 probable`: the counts that are not zero.
fn words(counts: &[(u64, &str)]) -> String {
    let some = counts.iter().filter(|(count, _)| *count > 0);
    some.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

/// A name and how many devices.
fn node_text(name: &str, devices: u64) -> String {
    let plural = if devices == 1 { "" } else { "s" };
    format!("{}\\n{devices} device{plural}", escaped(name, NAME_CHARS_MAX))
}

/// The size of a box: it grows with the digits of the count, so that one device is still seen
/// beside ten thousand.
fn size(devices: u64) -> String {
    let tenths = 4 + 2 * u64::from(devices.max(1).ilog2());
    format!("height={}.{}, fontsize={}", tenths / 10, tenths % 10, 12 + tenths / 8)
}

/// The width of a line, in the same way.
fn width(devices: u64) -> String {
    let tenths = 10 + 3 * devices.max(1).ilog2();
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// How an owner's line looks and what stands on it: the stake and the days.
fn owner_line(owner: &Owner, on: Date) -> String {
    let mut said = Vec::new();
    said.extend(owner.stake.as_ref().map(|stake| escaped(stake, STAKE_CHARS_MAX)));
    let days = match (owner.from, owner.until) {
        (Some(from), Some(until)) => Some(format!("{from} to {until}")),
        (Some(from), None) => Some(format!("since {from}")),
        (None, Some(until)) => Some(format!("until {until}")),
        (None, None) => None,
    };
    said.extend(days);
    let look = if owner.holds_on(on) {
        "color=\"#7a7a7a\""
    } else {
        "color=\"#b0b0b0\", fontcolor=\"#8a8a8a\", style=dotted"
    };
    format!("label=\"{}\", {look}, arrowhead=open", said.join("\\n"))
}

/// Text of the input or the base between quotation marks: nothing in it ends the string or is
/// taken for an escape of the language.
fn escaped(text: &str, chars_max: usize) -> String {
    clean_to(text, chars_max).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_ends_the_string() {
        assert_eq!(escaped("a\"];evil\\N\nb\u{1b}", 40), "a\\\"];evil\\\\N b\u{fffd}");
    }

    #[test]
    fn a_box_grows_with_the_digits_of_its_count() {
        assert_eq!(size(1), "height=0.4, fontsize=12");
        assert_eq!(size(1000), "height=2.2, fontsize=14");
    }
}
