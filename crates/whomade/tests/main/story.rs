//! A story: Markdown whose blocks are files to make, commands to run and what they print.

use std::path::{Path, PathBuf};

/// A Markdown file, taken apart.
pub(crate) struct Story {
    /// Where it is, from the root of the repository.
    pub(crate) path: PathBuf,
    /// Its lines.
    pub(crate) lines: Vec<String>,
    /// What it does, in order.
    pub(crate) steps: Vec<Step>,
}

/// One thing that a story does.
pub(crate) enum Step {
    /// Makes a file.
    File { name: String, text: String },
    /// Runs something whose output nobody reads.
    Setup { line: usize, command: String },
    /// Runs a command and compares what it prints.
    Run(Run),
}

/// A command and what it should print.
pub(crate) struct Run {
    /// The line of the command, from 1.
    pub(crate) line: usize,
    /// The command.
    pub(crate) command: String,
    /// The lines, counted from 0, that the expected output takes.
    pub(crate) span: std::ops::Range<usize>,
    /// The expected output.
    pub(crate) expected: Vec<String>,
}

impl Story {
    /// Takes a text apart.
    pub(crate) fn new(path: &Path, text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut steps = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            let ticks = lines[at].bytes().take_while(|byte| *byte == b'`').count();
            if ticks < 3 {
                at += 1;
                continue;
            }
            let (fence, info) = lines[at].split_at(ticks);
            let begin = at + 1;
            let end = (begin..lines.len())
                .find(|end| lines[*end].trim_end() == fence)
                .unwrap_or(lines.len());
            block(info.trim(), &lines, begin..end, &mut steps);
            at = end + 1;
        }
        Self { path: path.to_owned(), lines, steps }
    }

    /// The commands of the story.
    pub(crate) fn runs(&self) -> impl Iterator<Item = &Run> {
        self.steps.iter().filter_map(|step| match step {
            Step::Run(run) => Some(run),
            _ => None,
        })
    }
}

fn block(info: &str, lines: &[String], span: std::ops::Range<usize>, steps: &mut Vec<Step>) {
    let inside = &lines[span.clone()];
    let file = info.split(' ').find_map(|word| word.strip_prefix("file="));
    if info == "console" {
        console(lines, span, steps);
    } else if info == "sh setup" {
        steps.push(Step::Setup { line: span.start + 1, command: inside.join("\n") });
    } else if let Some(name) = file {
        let text = inside.iter().map(|line| format!("{line}\n")).collect();
        steps.push(Step::File { name: name.to_owned(), text });
    }
}

/// Commands begin with `$ ` and go on with `> `; the rest is what they print.
fn console(lines: &[String], span: std::ops::Range<usize>, steps: &mut Vec<Step>) {
    let mut at = span.start;
    while at < span.end {
        let Some(command) = lines[at].strip_prefix("$ ") else {
            at += 1;
            continue;
        };
        let line = at + 1;
        let mut command = command.to_owned();
        at += 1;
        while let Some(more) = lines[at..span.end].first().and_then(|line| line.strip_prefix("> "))
        {
            command.push('\n');
            command += more;
            at += 1;
        }
        let begin = at;
        while at < span.end && !lines[at].starts_with("$ ") {
            at += 1;
        }
        let expected = lines[begin..at].to_vec();
        steps.push(Step::Run(Run { line, command, span: begin..at, expected }));
    }
}
