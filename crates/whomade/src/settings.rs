//! `whomade.toml` on disk: found, read, applied to what was typed, and written again without
//! touching what a person wrote in it.

use std::io::{Read as _, Write as _};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use whomade_core::baseline::entry::BEGINS as BEGINS_A_BASELINE;
use whomade_core::baseline::settings::{BYTES_MAX, Dates};
use whomade_core::baseline::{Baseline, Settings};
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::Facts;
use whomade_core::kb::document::{File, Step};
use whomade_core::report::clean;

use crate::cli::{Asking, Configured, Days, Reading};
use crate::out::Out;
use crate::render::diagnostics;
use crate::run::servers::is_server;

/// What the file is called.
pub(crate) const NAME: &str = "whomade.toml";
/// How the baseline beside it ends, which is called as it is but for that.
pub(crate) const BASELINE_ENDING: &str = "baseline";

/// Whether a file is one of these two: they lie among the estate's files and are none of them.
pub(crate) fn is_ours(path: &Path) -> bool {
    if path.extension().is_some_and(|ending| ending == BASELINE_ENDING) {
        let mut head = [0; BEGINS_A_BASELINE.len()];
        let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
        return read.is_ok() && head == *BEGINS_A_BASELINE.as_bytes();
    }
    path.file_name().is_some_and(|name| name == NAME)
}

/// A `whomade.toml` that was read.
#[derive(Debug)]
pub(crate) struct Configuration {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// The folder to which its paths are relative; empty: this one.
    folder: PathBuf,
    file: File,
    pub(crate) settings: Settings,
}

impl Configuration {
    /// The file that was named, or the one in this folder. None where there is none here, or it
    /// is to be left out.
    ///
    /// # Errors
    /// When a file that was named is not there, or what stands in one is not as it should be.
    pub(crate) fn find(
        out: &mut Out,
        configured: &Configured,
        facts: &Facts,
    ) -> Result<Option<Self>> {
        let here = Path::new(NAME);
        match &configured.config {
            _ if configured.no_config => Ok(None),
            Some(path) => Self::load(out, path, facts).map(Some),
            None if here.exists() => Self::load(out, here, facts).map(Some),
            None => Ok(None),
        }
    }

    /// Reads a file and says everything that is wrong in it.
    ///
    /// # Errors
    /// When anything is.
    pub(crate) fn load(out: &mut Out, path: &Path, facts: &Facts) -> Result<Self> {
        let shown = clean(&path.to_string_lossy());
        let seen = path.metadata().with_context(|| format!("cannot read {shown}"))?;
        if !seen.is_file() || seen.len() > BYTES_MAX {
            bail!("{shown} is no plain file, or larger than {BYTES_MAX} bytes");
        }
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
        let file = File { path: shown.clone(), text };
        let settings = match Settings::read(&file) {
            Ok(settings) => settings,
            Err(wrong) => {
                diagnostics::write(&mut out.aside, &wrong)?;
                bail!("{shown} cannot be used; --no-config leaves it out");
            }
        };
        let wrong = settings.lint(&file, facts);
        for one in &wrong {
            diagnostics::write(&mut out.aside, one)?;
        }
        if !wrong.is_empty() {
            bail!("{shown} cannot be used; --no-config leaves it out");
        }
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(Self { path: path.to_owned(), folder, file, settings })
    }

    /// A path of it, as seen from this folder.
    pub(crate) fn beside(&self, path: &str) -> PathBuf {
        if is_server(Path::new(path)) { PathBuf::from(path) } else { self.folder.join(path) }
    }

    /// The estate's files.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        self.settings.estate.files.iter().map(|path| self.beside(path)).collect()
    }

    /// Asks as it says, where nothing was typed; its sites and exemptions hold in any case.
    pub(crate) fn ask(&self, asking: &mut Asking) {
        let estate = &self.settings.estate;
        if asking.is_blank() {
            asking.preset.clone_from(&estate.preset);
            asking.under.clone_from(&estate.under);
            asking.policy = estate.policy.iter().map(|path| self.beside(path)).collect();
            let pairs = estate.context.iter().map(|(key, value)| format!("{key}={value}"));
            asking.context = pairs.collect();
        }
        asking.sites.clone_from(&self.settings.sites);
        asking.exemptions.clone_from(&self.settings.exemptions);
    }

    /// Reads as it says, where nothing was typed.
    pub(crate) fn read(&self, reading: &mut Reading) {
        let estate = &self.settings.estate;
        if reading.map.is_empty() {
            let pairs = estate.map.iter().map(|(field, column)| format!("{field}={column}"));
            reading.map = pairs.collect();
        }
        reading.dates = reading.dates.or(estate.dates.map(|dates| match dates {
            Dates::DayFirst => Days::DayFirst,
            Dates::MonthFirst => Days::MonthFirst,
        }));
        if reading.apart.is_empty() {
            reading.apart.clone_from(&estate.apart);
        }
        if reading.together.is_empty() {
            reading.together.clone_from(&estate.together);
        }
    }

    /// Says that sites, exemptions and question come from it, where files were named beside it.
    ///
    /// # Errors
    /// When the stream is closed.
    pub(crate) fn tell(&self, out: &mut Out) -> Result<()> {
        if out.quiet {
            return Ok(());
        }
        let shown = clean(&self.path.to_string_lossy());
        let message = format!(
            "sites, exemptions and what is asked are taken from {shown}; its files and its \
             baseline are left out"
        );
        let said = Diagnostic::new("estate/settings", message);
        Ok(diagnostics::write(&mut out.aside, &said)?)
    }

    /// Its text with another baseline, and nothing else changed.
    pub(crate) fn with_baseline(&self, baseline: &Baseline) -> String {
        let mut text = self.file.text.clone();
        if self.settings.baseline.is_none() {
            let gap = if text.ends_with('\n') { "\n" } else { "\n\n" };
            return text + gap + &table(baseline);
        }
        let Baseline { file, sha256, base, on, devices } = baseline;
        let mut places = [
            ("file", quoted(file)),
            ("sha256", quoted(sha256)),
            ("base", quoted(base)),
            ("on", on.to_string()),
            ("devices", devices.to_string()),
        ]
        .map(|(key, value)| (self.file.span(&[Step::from("baseline"), Step::from(key)]), value));
        // From the end, so that what is written anew does not move what is still to be written.
        places.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
        for (span, value) in places {
            text.replace_range(span, &value);
        }
        text
    }
}

/// A text as TOML writes it. JSON escapes as TOML does, but for one sign.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

fn list(all: impl Iterator<Item = impl AsRef<str>>) -> String {
    format!("[{}]", all.map(|one| quoted(one.as_ref())).collect::<Vec<_>>().join(", "))
}

fn pairs<'p>(all: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    let pairs = all.map(|(key, value)| format!("{} = {}", quoted(key), quoted(value)));
    format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
}

fn table(baseline: &Baseline) -> String {
    let Baseline { file, sha256, base, on, devices } = baseline;
    format!(
        "# Written by `whomade init`; `whomade init --update` takes the present instead.\n\
         [baseline]\nfile = {}\nsha256 = {}\nbase = {}\non = {on}\ndevices = {devices}\n",
        quoted(file),
        quoted(sha256),
        quoted(base)
    )
}

const BEGINS: &str = "\
# The estate that `whomade screen` reads where no file is named, and what it is held against.
# Yours to edit: docs/whomade.toml.md tells every key, and a key that there is not is refused.
version = 1

[estate]
";

const EXAMPLES: &str = "
# A place of the estate, how its devices are told, and what the rules are told there:
#
# [[site]]
# name = \"Town hall\"
# values = [\"Town hall*\"]               # what the column of sites says
# addresses = [\"10.1.0.0/16\"]           # or where its devices are met in the network
# names = [\"TH-*\"]                      # or what they are called
# context = { site-class = \"sensitive\" }
#
# A finding that somebody answers for until a day. It stays what it is, is shown as exempted, and
# counts again afterwards:
#
# [[exemption]]
# device = \"serial:D12345678\"           # or label, model, site
# regime = \"uk.co.2022_11_24\"
# reason = \"Goes with the refit of the gate\"
# by = \"Head of estates\"
# until = 2027-03-31

";

/// A new `whomade.toml`.
///
/// # Errors
/// When a path cannot be told from the folder in which it will lie.
pub(crate) fn new(
    folder: &Path,
    body: Option<&str>,
    files: &[PathBuf],
    asking: &Asking,
    reading: &Reading,
    baseline: &Baseline,
) -> Result<String> {
    let mut text = BEGINS.to_owned();
    let mut line = |key: &str, value: String| text += &format!("{key} = {value}\n");
    if let Some(body) = body {
        line("name", quoted(body));
    }
    let paths = |all: &[PathBuf]| -> Result<String> {
        let all: Vec<String> = all.iter().map(|one| from(folder, one)).collect::<Result<_>>()?;
        Ok(list(all.iter()))
    };
    line("files", paths(files)?);
    if let Some(preset) = &asking.preset {
        line("as", quoted(preset));
    }
    if !asking.under.is_empty() {
        line("under", list(asking.under.iter()));
    }
    if !asking.policy.is_empty() {
        line("policy", paths(&asking.policy)?);
    }
    let split = |all: &[String]| -> Vec<(String, String)> {
        let pairs = all.iter().filter_map(|pair| pair.split_once('='));
        pairs.map(|(k, v)| (k.trim().to_owned(), v.trim_matches('"').to_owned())).collect()
    };
    for (key, all) in [("context", &asking.context), ("map", &reading.map)] {
        let all = split(all);
        if !all.is_empty() {
            line(key, pairs(all.iter().map(|(k, v)| (k.as_str(), v.as_str()))));
        }
    }
    if let Some(dates) = reading.dates {
        let word = if dates == Days::DayFirst { "day-first" } else { "month-first" };
        line("dates", quoted(word));
    }
    for (key, all) in [("apart", &reading.apart), ("together", &reading.together)] {
        if !all.is_empty() {
            line(key, list(all.iter()));
        }
    }
    Ok(text + EXAMPLES + &table(baseline))
}

/// A path as it is seen from a folder.
///
/// # Errors
/// When it is not relative: a path of one machine means nothing on another.
fn from(folder: &Path, path: &Path) -> Result<String> {
    let shown = clean(&path.to_string_lossy());
    if is_server(path) {
        return Ok(shown);
    }
    if path == Path::new("-") || path.is_absolute() {
        bail!("`{shown}` cannot stand in {NAME}: name files by paths that are relative");
    }
    let plain = |path: &Path| {
        let parts = path.components().filter(|one| *one != Component::CurDir);
        parts.map(|one| one.as_os_str().to_owned()).collect::<Vec<_>>()
    };
    let (folder, path) = (plain(folder), plain(path));
    let same = folder.iter().zip(&path).take_while(|(one, other)| one == other).count();
    if folder[same..].iter().any(|part| part == "..") {
        bail!("`{shown}` cannot be told from the folder of {NAME}; run `whomade init` there");
    }
    let up = folder[same..].iter().map(|_| "..".into());
    let parts: Vec<String> = up
        .chain(path[same..].iter().map(|part| part.to_string_lossy()))
        .map(|part| part.into_owned())
        .collect();
    Ok(parts.join("/"))
}

/// Says what was written.
///
/// # Errors
/// When the stream is closed.
pub(crate) fn written(out: &mut Out, path: &Path) -> Result<()> {
    if !out.quiet {
        writeln!(out.aside, "written: {}", clean(&path.to_string_lossy()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(devices: u64) -> Baseline {
        Baseline {
            file: "whomade.baseline".to_owned(),
            sha256: "ab\"c".to_owned(),
            base: "0123".to_owned(),
            on: "2026-10-01".parse().unwrap(),
            devices,
        }
    }

    fn read(text: &str) -> Configuration {
        let file = File { path: NAME.to_owned(), text: text.to_owned() };
        let settings = Settings::read(&file).unwrap();
        Configuration { path: NAME.into(), folder: PathBuf::new(), file, settings }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let asking = Asking {
            preset: Some("uk-council".to_owned()),
            context: vec!["site-class=sensitive".to_owned()],
            policy: vec!["rules/motion.toml".into()],
            ..Asking::default()
        };
        let reading = Reading { map: vec!["label=\"Réf. \u{7f}\"".to_owned()], ..<_>::default() };
        let files = ["exports/*.csv".into()];
        let folder = Path::new("rules");
        let text = new(folder, Some("A\"B"), &files, &asking, &reading, &baseline(3)).unwrap();
        let read = read(&text);
        assert_eq!(read.settings.estate.name.as_deref(), Some("A\"B"));
        assert_eq!(read.settings.estate.files, ["../exports/*.csv"]);
        assert_eq!(read.settings.estate.policy, ["motion.toml"]);
        assert_eq!(read.settings.baseline, Some(baseline(3)));
        let mut again = Reading::default();
        read.read(&mut again);
        assert_eq!(again.map, ["label=Réf. \u{7f}"]);
        for wrong in ["/etc/estate.csv", "-"] {
            let files = [PathBuf::from(wrong)];
            assert!(new(folder, None, &files, &asking, &reading, &baseline(3)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_example_of_the_handbook_is_sound() {
        let page = include_str!("../../../docs/whomade.toml.md");
        let (_, rest) = page.split_once("```toml\n").unwrap();
        let (example, _) = rest.split_once("```").unwrap();
        let read = read(example);
        let (known, _) = whomade_inquiry::base::load(None).unwrap();
        assert_eq!(read.settings.lint(&read.file, &known.base.facts), []);
        let Settings { sites, exemptions, baseline, .. } = read.settings;
        assert_eq!((sites.len(), exemptions.len(), baseline.is_some()), (1, 1, true));
    }

    #[test]
    fn a_new_baseline_leaves_every_other_byte_as_it_is() {
        let text = "version = 1 # mine\r\n\n[baseline]   # theirs\non = 2026-01-02 # a day\n\
                    devices=1\nbase = 'x'\nsha256 = '''y'''\nfile = \"z\" # end\n\n[estate]\n\
                    # a comment\nfiles = [ 'a.csv' ,]";
        let with = read(text).with_baseline(&baseline(7));
        let expected = text
            .replace("2026-01-02", "2026-10-01")
            .replace("devices=1", "devices=7")
            .replace("'x'", "\"0123\"")
            .replace("'''y'''", "\"ab\\\"c\"")
            .replace("\"z\"", "\"whomade.baseline\"");
        assert_eq!(with, expected);
        let without = read("version = 1\n[estate]\nfiles = ['a']");
        assert_eq!(read(&without.with_baseline(&baseline(2))).settings.baseline, Some(baseline(2)));
    }
}
