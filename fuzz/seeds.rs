//! Writes what the targets begin with: the inputs of the golden cases, cut to what each eats.
//! The same cases give the same files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use whomade_formats::read::trials::TRIALS;

fn main() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    inputs(&here.join("../crates/formats/tests/data"), &mut files)?;
    files.sort();
    let files = files.iter().map(fs::read).collect::<io::Result<Vec<_>>>()?;
    for trial in TRIALS {
        let folder = here.join("corpus").join(trial.name);
        fs::create_dir_all(&folder)?;
        for (at, seed) in trial.eats.seeds(&files).iter().enumerate() {
            fs::write(folder.join(format!("seed-{at:04}")), seed)?;
        }
    }
    Ok(())
}

fn inputs(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            inputs(&path, files)?;
        } else if path.file_stem().is_some_and(|stem| stem == "input") {
            files.push(path);
        }
    }
    Ok(())
}
