//! `--write`: what was found, in the formats of other tools. Each output is written whole or not
//! at all, and never over what is read.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::document::nearest;
use whomade_core::report::{DeviceReport, clean, record_sentence};
use whomade_formats::write::format::{Ending, Finding, Format, Input, Run, Sink};

use crate::cli::{Screen, ScreenOutput};
use crate::kept::identity;
use crate::out::Out;
use crate::saved::{behind, beside, cannot_write, folder, hash_of, is_stream};
use crate::tally::Tally;
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::Known;
use whomade_inquiry::judgement::Would;
use whomade_inquiry::worker::Found;

/// What was typed behind `--write`.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    format: Format,
    to: To,
}

/// Where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum To {
    Output,
    File(PathBuf),
}

impl Wanted {
    /// Reads `FORMAT=FILE`, or the name of a file whose end can mean one format only.
    ///
    /// # Errors
    /// In words for the user.
    pub(crate) fn parse(typed: &str) -> Result<Self, String> {
        let words = || Format::all().map(|format| format.word);
        let (format, file) = match typed.split_once('=') {
            Some((word, file)) => {
                let Some(format) = Format::from_word(word) else {
                    let near = nearest(word, words());
                    let near = near.map(|near| format!("; did you mean `{near}`?"));
                    return Err(format!(
                        "[write/no-format] there is no format `{}`{}",
                        clean(word),
                        near.unwrap_or_else(|| "; --formats lists them".to_owned())
                    ));
                };
                (format, file)
            }
            None => match Format::from_name(typed) {
                Some(format) => (format, typed),
                None => {
                    let words: Vec<&str> = words().collect();
                    return Err(format!(
                        "[write/no-format] the name does not say which format; write \
                         FORMAT={typed}, with one of {}",
                        words.join(", ")
                    ));
                }
            },
        };
        match file {
            "" => Err("[write/no-format] no file is named behind `=`".to_owned()),
            "-" => Ok(Self { format, to: To::Output }),
            file => Ok(Self { format, to: To::File(file.into()) }),
        }
    }

    /// The file, where it is none of the streams.
    pub(crate) fn file(&self) -> Option<&PathBuf> {
        match &self.to {
            To::Output => None,
            To::File(path) => Some(path),
        }
    }
}

/// Whether an output takes standard output for itself.
pub(crate) fn takes_output(output: &ScreenOutput) -> bool {
    output.write.iter().any(|one| one.to == To::Output)
}

/// Lists the formats.
///
/// # Errors
/// When the stream is closed.
pub(crate) fn list(out: &mut Out) -> Result<()> {
    let wide = Format::all().map(|format| format.word.len()).max().unwrap_or(0);
    for format in Format::all() {
        let endings = format.endings.join(" ");
        let endings = if endings.is_empty() { endings } else { format!("  ({endings})") };
        out.line(format!("{:<wide$}  {}{endings}", format.word, format.title))?;
    }
    out.line("\n--write FORMAT=FILE; where the file ends as one in brackets, its name will do.")?;
    Ok(())
}

/// What the outputs say of the run, where there are any.
#[derive(Debug)]
pub(crate) struct About {
    base_name: String,
    inputs: Vec<Input>,
}

impl About {
    /// Looks up what names the run: the base, and the inputs by their hashes.
    ///
    /// # Errors
    /// When the base cannot be named.
    pub(crate) fn new(known: &Known, typed: &Screen, overlay: Option<&Path>) -> Result<Self> {
        if typed.output.write.is_empty() {
            return Ok(Self { base_name: String::new(), inputs: Vec::new() });
        }
        let input = |file: &PathBuf| match file.to_str() {
            Some("-") => Input { name: "standard input".to_owned(), sha256: None },
            _ => Input { name: file.display().to_string(), sha256: hash_of(file).ok() },
        };
        Ok(Self {
            base_name: identity(known, overlay)?.short(),
            inputs: typed.files.iter().map(input).collect(),
        })
    }

    /// The same with all else that is known before the first device.
    pub(crate) fn run<'a>(
        &'a self,
        known: &'a Known,
        asked: &'a Asked,
        output: &'a ScreenOutput,
    ) -> Run<'a> {
        Run {
            program: env!("CARGO_PKG_VERSION"),
            body: output.body.as_deref(),
            base: &known.base,
            base_name: &self.base_name,
            on: asked.on,
            preset: asked.preset.as_deref(),
            context: &asked.context,
            open: asked.open,
            regimes: &asked.regimes,
            inputs: &self.inputs,
            only: &output.only,
            advisories: output.advisories,
        }
    }
}

/// The outputs that were wanted, begun.
pub(crate) struct Writers<'r> {
    open: Vec<Writing<'r>>,
}

/// One of them.
struct Writing<'r> {
    to: To,
    /// What is written so far: a file without a name, which is gone whatever ends the program.
    part: File,
    sink: Box<dyn Sink + 'r>,
}

impl<'r> Writers<'r> {
    /// Begins them.
    ///
    /// # Errors
    /// When two would be written to one place, or one over what is read, or cannot be written.
    pub(crate) fn open(run: &'r Run<'r>, typed: &Screen) -> Result<Self> {
        let output = &typed.output;
        check(typed)?;
        let open = output.write.iter().map(|wanted| {
            let to = wanted.to.clone();
            let part = nameless(&to).with_context(|| cannot(&to))?;
            let target = BufWriter::new(part.try_clone().with_context(|| cannot(&to))?);
            let sink = wanted.format.open(target, run).with_context(|| cannot(&to))?;
            Ok(Writing { to, part, sink })
        });
        Ok(Self { open: open.collect::<Result<_>>()? })
    }

    /// Whether there are any.
    pub(crate) fn any(&self) -> bool {
        !self.open.is_empty()
    }

    /// Takes a device.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn device(&mut self, found: &Found, report: &DeviceReport) -> Result<()> {
        let judgement = &found.answer.judgement;
        let would: Vec<&str> = judgement.would.iter().copied().map(Would::word).collect();
        let certainty = record_sentence(found.design());
        let finding = Finding {
            device: &found.device,
            report,
            certainty: &certainty,
            would: &would,
            unasked: &judgement.unasked,
        };
        for one in &mut self.open {
            one.sink.device(&finding).with_context(|| cannot(&one.to))?;
        }
        Ok(())
    }

    /// Takes what is said of the input.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn said(&mut self, said: &Diagnostic) -> Result<()> {
        for one in &mut self.open {
            one.sink.said(said).with_context(|| cannot(&one.to))?;
        }
        Ok(())
    }

    /// Ends them: each takes its name, or goes to standard output. Gives what should be said.
    ///
    /// # Errors
    /// When one cannot be written; then it is not there.
    pub(crate) fn finish(
        self,
        tally: &Tally,
        summary: impl FnOnce() -> Value,
        rows: &mut impl Write,
    ) -> Result<Vec<Diagnostic>> {
        if !self.any() {
            return Ok(Vec::new());
        }
        let summary = summary();
        let said = tally.only.said(tally.devices);
        let ending = Ending {
            devices: tally.devices,
            hidden: tally.only.hidden,
            said: said.as_deref(),
            summary: &summary,
        };
        let mut limits = Vec::new();
        for one in self.open {
            let mut said = one.sink.finish(&ending).with_context(|| cannot(&one.to))?;
            if let To::File(path) = &one.to {
                let place = |one: Diagnostic| one.in_file(path.display().to_string());
                said = said.into_iter().map(place).collect();
            }
            limits.extend(said);
            put(&one.to, one.part, rows).with_context(|| cannot(&one.to))?;
        }
        Ok(limits)
    }
}

fn cannot(to: &To) -> String {
    match to {
        To::Output => "cannot write to standard output".to_owned(),
        To::File(path) => cannot_write(path),
    }
}

/// A new file without a name where the whole one will stand, so that a folder that cannot be
/// written to is found at once.
fn nameless(to: &To) -> io::Result<File> {
    match to {
        To::File(path) if !is_stream(path) => tempfile::tempfile_in(folder(path)),
        _ => tempfile::tempfile(),
    }
}

/// Puts what was written where it belongs; a file takes its name in one step.
fn put(to: &To, mut part: File, rows: &mut impl Write) -> io::Result<()> {
    let mut copy = |into: &mut dyn Write| {
        part.rewind()?;
        io::copy(&mut part, into)?;
        into.flush()
    };
    match to {
        To::Output => copy(rows),
        To::File(path) if is_stream(path) => copy(&mut File::options().write(true).open(path)?),
        To::File(path) => {
            let path = behind(path);
            let mut whole = beside(&path)?;
            copy(&mut whole)?;
            whole.persist(path).map(drop).map_err(|wrong| wrong.error)
        }
    }
}

/// That no two outputs go to one place, and none over a policy that is read.
fn check(typed: &Screen) -> Result<()> {
    let output = &typed.output;
    let streams = output.write.iter().filter(|one| one.to == To::Output).count();
    if streams > 1 || streams > 0 && (output.json || output.csv) {
        bail!("[write/same-file] standard output takes one output; name files for the others");
    }
    if output.csv && output.advisories {
        bail!(
            "[write/count-in-rows] --csv prints rows of devices, and has no place for a count of \
             advisories; write the rows beside it: --advisories --write devices.csv"
        );
    }
    let bundle = &output.bundle.bundle;
    let others = [&output.html, &output.lists.xlsx, &output.save, bundle].into_iter().flatten();
    let mut taken: Vec<PathBuf> = others.chain(&typed.asking.policy).map(|one| real(one)).collect();
    for path in output.write.iter().filter_map(Wanted::file) {
        if path.is_dir() {
            bail!("{} is a folder; name a file in it", path.display());
        }
        let to = real(path);
        if taken.contains(&to) {
            bail!("[write/same-file] {} is read or written already; name another", path.display());
        }
        taken.push(to);
    }
    Ok(())
}

/// A path by which one file is known, whether it is there or not.
fn real(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    match (folder(path).canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}
