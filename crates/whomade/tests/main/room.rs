//! A room to run commands in: a fresh folder, an environment of its own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_whomade");

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

/// A fresh folder that is gone when it is no longer needed.
pub(crate) struct Room {
    dir: PathBuf,
}

/// What a command printed, and how it ended.
pub(crate) struct Printed {
    /// Standard output and standard error, in order.
    pub(crate) bytes: Vec<u8>,
    /// The exit status; absent when a signal ended it.
    pub(crate) status: Option<i32>,
}

impl Printed {
    /// What was printed, as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

impl Room {
    /// A room of that name, with `examples` and `kb` as links to the repository's.
    pub(crate) fn new(name: &str) -> Self {
        let process = std::process::id();
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{process}"));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(dir.join(".home/.state")).expect("a folder to work in");
        for linked in ["examples", "kb", "calibration", "docs"] {
            symlink(root().join(linked), dir.join(linked)).expect("a link");
        }
        Self { dir }
    }

    /// The folder.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Reads a file that a command wrote.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.dir.join(name)).expect("a file that was written")
    }

    /// Runs a command of the shell, and gives what it printed.
    pub(crate) fn run(&self, command: &str) -> Printed {
        let home = self.dir.join(".home");
        let program = Path::new(PROGRAM).parent().expect("the program's folder");
        let mut path = program.as_os_str().to_owned();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()));
        let output = Command::new("sh")
            .arg("-c")
            .arg(format!("exec 2>&1\n{command}"))
            .current_dir(&self.dir)
            .env_clear()
            .env("PATH", path)
            .env("XDG_STATE_HOME", home.join(".state"))
            .env("HOME", home)
            .envs([("LC_ALL", "C.UTF-8"), ("COLUMNS", "100"), ("NO_COLOR", "1"), ("TZ", "UTC")])
            .stdin(Stdio::null())
            .output()
            .expect("a shell");
        Printed { bytes: output.stdout, status: output.status.code() }
    }

    /// Runs a command, and gives its lines; `[exit N]` is the last when it is not 0.
    pub(crate) fn lines(&self, command: &str) -> Vec<String> {
        let printed = self.run(command);
        let text = String::from_utf8_lossy(&printed.bytes).into_owned();
        // A CSV ends its lines as its standard says.
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        while lines.last().is_some_and(|line| line.trim().is_empty()) {
            lines.pop();
        }
        match printed.status {
            Some(0) => {}
            Some(status) => lines.push(format!("[exit {status}]")),
            None => lines.push("[ended by a signal]".to_owned()),
        }
        lines
    }

    /// What must not stand in any output: raw control bytes, and paths of this machine.
    pub(crate) fn unfit(&self, lines: &[String]) -> Option<String> {
        let here = [self.dir.clone(), root(), PathBuf::from(PROGRAM)];
        let here: Vec<String> = here.iter().map(|path| path.display().to_string()).collect();
        lines.iter().find_map(|line| {
            if let Some(byte) = line.chars().find(|c| c.is_control() && *c != '\t') {
                return Some(format!("a raw control character {byte:?} in {line:?}"));
            }
            let path = here.iter().find(|path| line.contains(path.as_str()))?;
            Some(format!("a path of this machine, {path}, in {line:?}"))
        })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}
