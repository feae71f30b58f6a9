//! `whomade verify`: every byte of an evidence bundle, and every conclusion in it, once more.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::report::clean;

use crate::bundle::beside::{Became, papers};
use crate::bundle::check::{Checked, Signed, check};
use crate::bundle::rework::{Reread, Reworked, With, rework};
use crate::bundle::sign::public_key_file;
use crate::cli::Verify;
use crate::out::Out;
use crate::render::diagnostics;

/// What is said in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Equal,
    Differs,
    CannotTell,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Differs => "differs",
            Self::CannotTell => "cannot_tell",
        }
    }

    const fn exit(self) -> u8 {
        match self {
            Self::Equal => 0,
            Self::Differs => 1,
            Self::CannotTell => 2,
        }
    }
}

/// Everything that was found out.
struct Outcome {
    verdict: Verdict,
    checked: Option<Checked>,
    reworked: Option<Reworked>,
    /// What became of each paper that was written with it.
    papers: Vec<Became>,
    said: Vec<Diagnostic>,
}

/// Runs `whomade verify`.
///
/// # Errors
/// When the key cannot be read.
pub(crate) fn run(out: &mut Out, typed: &Verify) -> Result<ExitCode> {
    let key = typed.key.as_deref().map(public_key_file).transpose()?;
    let outcome = look(&typed.bundle, key.as_ref());
    for one in &outcome.said {
        if one.severity == Severity::Error || !out.quiet {
            diagnostics::write(&mut out.aside, one)?;
        }
    }
    if typed.json {
        out.line(as_json(&outcome).to_string())?;
    } else {
        tell(out, &outcome)?;
    }
    Ok(ExitCode::from(outcome.verdict.exit()))
}

fn look(path: &Path, key: Option<&minisign::PublicKey>) -> Outcome {
    let mut outcome = Outcome {
        verdict: Verdict::CannotTell,
        checked: None,
        reworked: None,
        papers: Vec::new(),
        said: Vec::new(),
    };
    let mut checked = match check(path, key) {
        Ok(checked) => checked,
        Err(said) => {
            outcome.said.push(*said);
            return outcome;
        }
    };
    if !checked.differs.is_empty() {
        outcome.said.append(&mut checked.differs);
        outcome.verdict = Verdict::Differs;
        outcome.checked = Some(checked);
        return outcome;
    }
    match rework(path, &mut checked) {
        Ok(reworked) => {
            outcome.verdict = judge(&reworked);
            outcome.said = said_of(path, &reworked);
            outcome.papers = papers(path, &reworked.about.outputs);
            for (paper, _) in others(&reworked, &outcome.papers) {
                let why = format!("{paper} beside it is not the paper that was written with it");
                let said = Diagnostic::new("bundle/paper", why);
                outcome.said.push(said.in_file(path.display().to_string()));
            }
            if outcome.papers.contains(&Became::Other) && outcome.verdict == Verdict::Equal {
                outcome.verdict = Verdict::Differs;
            }
            outcome.reworked = Some(reworked);
        }
        Err(wrong) => {
            let text = format!("{wrong:#}");
            let newer = text.strip_prefix("[bundle/newer] ");
            let code = if newer.is_some() { "bundle/newer" } else { "bundle/unworkable" };
            let why = newer.unwrap_or(&text).to_owned();
            outcome.said.push(Diagnostic::new(code, why).in_file(path.display().to_string()));
        }
    }
    outcome.checked = Some(checked);
    outcome
}

/// The papers that are not those that were written.
fn others<'r>(
    reworked: &'r Reworked,
    papers: &'r [Became],
) -> impl Iterator<Item = (String, Became)> + 'r {
    let all = reworked.about.outputs.iter().zip(papers);
    all.filter(|(_, became)| **became == Became::Other)
        .map(|(output, became)| (clean(&output.name), *became))
}

fn judge(reworked: &Reworked) -> Verdict {
    match (reworked.binding(), reworked.all_equal()) {
        (true, true) => Verdict::Equal,
        (true, false) => Verdict::Differs,
        // The same base and another program that comes to the same end is as good.
        (false, true) if reworked.with != With::Another => Verdict::Equal,
        (false, _) => Verdict::CannotTell,
    }
}

fn said_of(path: &Path, reworked: &Reworked) -> Vec<Diagnostic> {
    let mut said = Vec::new();
    let (about, own) = (&reworked.about, env!("CARGO_PKG_VERSION"));
    if !reworked.same_program() {
        let program = clean(&about.program);
        let why = format!("whomade {program} made the bundle; this is {own}");
        said.push(Diagnostic::new("bundle/other-program", why));
    }
    match reworked.with {
        With::Own => {}
        With::Carried => {
            let why = "worked out with the base that the bundle carries";
            said.push(Diagnostic::new("bundle/carried-base", why));
        }
        With::Another => {
            let (made, here) = (about.base.short(), reworked.base.short());
            let why = format!("it was made with base {made}; this program has base {here}");
            said.push(
                Diagnostic::new("bundle/other-base", why)
                    .help("verify it with the program of its day, or have it made --with-base"),
            );
        }
    }
    if reworked.binding() {
        for one in &reworked.differences {
            let parts = one.parts.join(", ");
            let why = format!("{} (device {}) comes out otherwise: {parts}", one.device, one.line);
            said.push(Diagnostic::new("bundle/answer", why));
        }
        for name in &reworked.files {
            let why = format!("{name} comes out otherwise");
            said.push(Diagnostic::new("bundle/answer", why));
        }
        if let Reread::Differs(line) = reworked.inputs {
            let why = format!("the inputs in it give other observations, first at device {line}");
            said.push(Diagnostic::new("bundle/answer", why));
        }
    }
    let shown = path.display().to_string();
    said.into_iter().map(|one| one.in_file(shown.clone())).collect()
}

fn signature(signed: &Signed) -> String {
    match signed {
        Signed::No => "none: who made it is not shown".to_owned(),
        Signed::ByCarried(id) => format!(
            "holds, by key {id}, which the bundle brings itself; --key says whose you expect"
        ),
        Signed::ByNamed(id) => format!("holds, by the key that you named, {id}"),
        Signed::Broken => "does not hold".to_owned(),
    }
}

fn tell(out: &mut Out, outcome: &Outcome) -> Result<()> {
    if let Some(checked) = &outcome.checked {
        let form = if checked.container.is_zip() { "ZIP" } else { "folder" };
        let bytes: u64 = checked.sums.values().map(|sum| sum.bytes).sum();
        let sealed = outcome.reworked.is_some();
        let state = if sealed { "every one as it was sealed" } else { "not as they were sealed" };
        out.line(format!("bytes: {form} of {} files, {bytes} bytes, {state}", checked.sums.len()))?;
        out.line(format!("seal: {}", checked.seal))?;
        out.line(format!("signature: {}", signature(&checked.signed)))?;
    }
    if let Some(reworked) = &outcome.reworked {
        again(out, reworked, &outcome.papers)?;
    }
    let bundle_holds =
        outcome.reworked.as_ref().is_some_and(|again| judge(again) == Verdict::Equal);
    let unseen = outcome.papers.contains(&Became::NotLookedAt);
    let last = match outcome.verdict {
        Verdict::Equal if unseen => {
            "equal: every byte of the bundle and every conclusion; a paper was not looked at"
        }
        Verdict::Equal => "equal: every byte and every conclusion",
        Verdict::Differs if bundle_holds => {
            "differs: the bundle holds, a paper beside it is not the one written with it"
        }
        Verdict::Differs if outcome.reworked.is_none() => {
            "differs: the bytes; no conclusion was worked out again"
        }
        Verdict::Differs => {
            "differs: the bytes agree with each other, the conclusions do not follow"
        }
        Verdict::CannotTell if outcome.reworked.is_some() => {
            "cannot tell: the bytes agree; the conclusions need the base and program of their day"
        }
        Verdict::CannotTell => "cannot tell: it could not be worked out",
    };
    Ok(out.line(last)?)
}

fn again(out: &mut Out, reworked: &Reworked, papers: &[Became]) -> Result<()> {
    let about = &reworked.about;
    let body = about.body.as_deref().map(|body| format!(" for {}", clean(body)));
    out.line(format!(
        "made by: whomade {} {}{}, on {}, with base {}",
        clean(&about.program),
        clean(&about.command),
        body.unwrap_or_default(),
        about.on,
        about.base.short()
    ))?;
    let with = match reworked.with {
        With::Own => "this program's base, which is the same",
        With::Carried => "the base in the bundle; this program has another",
        With::Another => "this program's base, which is another",
    };
    let own =
        if about.base.overlay.is_some() { ", under the facts that the bundle brings" } else { "" };
    out.line(format!("worked out again with: {with}{own}"))?;
    let devices = reworked.equal + reworked.differ;
    out.line(format!(
        "devices: {devices}, of which {} come out the same and {} otherwise",
        reworked.equal, reworked.differ
    ))?;
    for input in &about.inputs {
        let sum = input.sha256.as_deref().unwrap_or("no hash");
        let inside = match (&reworked.inputs, input.carried) {
            (Reread::Equal, true) => "inside, read again: the same observations",
            (Reread::Differs(_), true) => "inside, read again: other observations",
            (_, true) => "inside",
            (_, false) => "not inside",
        };
        out.line(format!("input: {}, {inside}; SHA-256 {sum}", clean(&input.name)))?;
    }
    for (output, became) in about.outputs.iter().zip(papers) {
        let sum = output.sha256.as_deref().unwrap_or("no hash");
        let (name, says) = (clean(&output.name), became.says());
        out.line(format!("written with it: {name}, {says}; SHA-256 {sum}"))?;
    }
    Ok(())
}

fn as_json(outcome: &Outcome) -> Value {
    let checked = outcome.checked.as_ref();
    let signed = checked.map(|checked| match &checked.signed {
        Signed::No => json!({ "is": "none" }),
        Signed::ByCarried(id) => json!({ "is": "by_carried_key", "key": id }),
        Signed::ByNamed(id) => json!({ "is": "by_named_key", "key": id }),
        Signed::Broken => json!({ "is": "broken" }),
    });
    let again = outcome.reworked.as_ref().map(|reworked| {
        let with = match reworked.with {
            With::Own => "own",
            With::Carried => "carried",
            With::Another => "another",
        };
        let differences = reworked
            .differences
            .iter()
            .map(|one| json!({ "line": one.line, "device": one.device, "parts": one.parts }));
        let inputs = match reworked.inputs {
            Reread::NotCarried => "not_carried",
            Reread::Equal => "equal",
            Reread::Differs(_) => "differs",
        };
        json!({
            "run": reworked.about,
            "base_used": with,
            "base": reworked.base,
            "devices_equal": reworked.equal,
            "devices_differ": reworked.differ,
            "differences": differences.collect::<Vec<_>>(),
            "files": reworked.files,
            "inputs": inputs,
        })
    });
    let outputs = outcome.reworked.iter().flat_map(|reworked| &reworked.about.outputs);
    let papers = outputs
        .zip(&outcome.papers)
        .map(|(output, became)| json!({ "name": output.name, "is": became.word() }));
    json!({
        "v": 1,
        "verdict": outcome.verdict.word(),
        "seal": checked.map(|checked| checked.seal.as_str()),
        "bytes_agree": checked.is_some() && outcome.said.iter().all(|one| !is_bytes(one)),
        "signature": signed,
        "worked_out_again": again,
        "papers": papers.collect::<Vec<_>>(),
        "said": outcome.said.iter().map(diagnostics::json).collect::<Vec<_>>(),
    })
}

/// Whether something was said of the bytes rather than of the conclusions.
fn is_bytes(said: &Diagnostic) -> bool {
    !matches!(
        said.code,
        "bundle/answer"
            | "bundle/paper"
            | "bundle/other-base"
            | "bundle/other-program"
            | "bundle/carried-base"
            | "bundle/newer"
            | "bundle/unworkable"
    )
}
