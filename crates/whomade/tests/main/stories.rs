//! The scenarios and the README are true: every command prints what stands there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::compare::{matches, trimmed, updated};
use crate::room::{Room, root};
use crate::story::{Run, Step, Story};

/// Whether the expected outputs are to be written anew: UPDATE=1.
fn updating() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

/// The scenarios, in the order of their names.
fn stories() -> Vec<Story> {
    let dir = root().join("scenarios");
    let entries = fs::read_dir(&dir).expect("the folder of the scenarios");
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    let texts = names.iter().filter(|name| name.to_string_lossy().ends_with(".md"));
    texts
        .map(|name| {
            let text = fs::read_to_string(dir.join(name)).unwrap();
            Story::new(&Path::new("scenarios").join(name), &text)
        })
        .collect()
}

/// Plays a story; gives what is wrong with it.
fn play(story: &Story) -> Vec<String> {
    let name = story.path.file_stem().unwrap().to_string_lossy().into_owned();
    let room = Room::new(&name);
    let mut wrong = Vec::new();
    let mut lines = story.lines.clone();
    // From the end, so that what is written anew does not move what is still to be written.
    let mut anew: Vec<(std::ops::Range<usize>, Vec<String>)> = Vec::new();
    for step in &story.steps {
        match step {
            Step::File { name, text } => room.write(name, text.as_bytes()),
            Step::Setup { line, command } => {
                let printed = room.lines(command);
                if !printed.is_empty() {
                    let place = format!("{}:{line}", story.path.display());
                    wrong.push(format!("{place}: a setup said\n{}", printed.join("\n")));
                }
            }
            Step::Run(run) => {
                let actual = room.lines(&run.command);
                if let Some(unfit) = room.unfit(&actual) {
                    wrong.push(format!("{}:{}: {unfit}", story.path.display(), run.line));
                }
                let (expected, now) = (trimmed(&run.expected), trimmed(&actual));
                if matches(&expected, &now) {
                    continue;
                }
                wrong.push(told(story, run, &expected, &now));
                anew.push((run.span.clone(), updated(&expected, &now)));
            }
        }
    }
    if updating() && !anew.is_empty() {
        for (span, with) in anew.into_iter().rev() {
            lines.splice(span, with);
        }
        let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        fs::write(root().join(&story.path), text).unwrap();
    }
    wrong
}

/// A difference in words.
fn told(story: &Story, run: &Run, expected: &[&str], actual: &[&str]) -> String {
    let same = expected.iter().zip(actual).take_while(|(one, other)| one == other).count();
    let place = format!("{}:{}", story.path.display(), run.span.start + same + 1);
    format!(
        "{place}: $ {}\n--- expected\n{}\n--- actual\n{}\n",
        run.command,
        expected.join("\n"),
        actual.join("\n")
    )
}

fn report(wrong: &[String]) {
    let hint = if updating() {
        "the expected outputs were written anew: read the difference"
    } else {
        "UPDATE=1 writes the outputs anew"
    };
    assert!(wrong.is_empty(), "{}\n{} differences; {hint}", wrong.join("\n"), wrong.len());
}

#[test]
fn every_scenario_is_true() {
    let stories = stories();
    assert!(stories.len() > 10, "only {} scenarios", stories.len());
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            stories.iter().map(|story| scope.spawn(move || play(story))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    report(&wrong);
}

#[test]
fn readme_output_is_true() {
    let text = fs::read_to_string(root().join("README.md"));
    let text = text.expect("README.md: it is the first thing that people read; write it");
    let story = Story::new(Path::new("README.md"), &text);
    assert!(story.runs().next().is_some(), "README.md shows no command with its output");
    report(&play(&story));
}

#[test]
fn every_command_and_option_occurs_in_a_scenario() {
    let stories = stories();
    let commands: Vec<&str> =
        stories.iter().flat_map(Story::runs).map(|run| run.command.as_str()).collect();
    let room = Room::new("commands");
    let mut open = vec![String::from("whomade")];
    let mut missing = BTreeSet::new();
    while let Some(command) = open.pop() {
        let help = room.lines(&format!("{command} --help")).join("\n");
        for name in listed(&help) {
            open.push(format!("{command} {name}"));
        }
        let told = |text: &str| commands.iter().any(|shown| shown.contains(text));
        if !told(&command) {
            missing.insert(command.clone());
        }
        for option in options(&help) {
            let with = |shown: &&&str| shown.contains(&command) && shown.contains(&option);
            if !commands.iter().any(|shown| with(&shown)) && !told(&option) {
                missing.insert(format!("{command} {option}"));
            }
        }
    }
    assert!(missing.is_empty(), "no scenario shows: {missing:#?}");
}

/// The commands that a help text lists.
fn listed(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    lines
        .take_while(|line| !line.trim().is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// The long options that a help text lists.
fn options(help: &str) -> Vec<String> {
    let starts = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    starts
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with("--")))
        .map(|word| word.trim_end_matches(',').to_owned())
        .filter(|option| option != "--help" && option != "--version")
        .collect()
}
