//! What a paper calls the files: their names. In which folder they lie is nobody's business.

use std::path::{Path, PathBuf};

use whomade_core::report::clean;

use crate::run::servers::is_server;

/// The files of a run, each with what it is called.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(Vec<(String, String)>);

impl Names {
    /// Each by its name; where two have the same, all by their path below the folder that they
    /// share, so that they can be told apart.
    pub(crate) fn of(paths: &[PathBuf]) -> Self {
        let alone: Vec<String> = paths.iter().map(|path| file_name(path)).collect();
        let twice = alone.iter().enumerate().any(|(at, one)| alone[..at].contains(one));
        let shared = twice.then(|| shared(paths)).flatten();
        let called = |path: &PathBuf, name: String| match &shared {
            Some(folder) => {
                let below = path.strip_prefix(folder).unwrap_or(path);
                below.display().to_string()
            }
            None => name,
        };
        let named = paths.iter().zip(alone);
        Self(named.map(|(path, name)| (path.display().to_string(), called(path, name))).collect())
    }

    /// What each file is called.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.iter().map(|(_, name)| clean(name)).collect()
    }

    /// What a record's source is called: a file, or something inside one.
    pub(crate) fn short(&self, source: &str) -> String {
        let inside = |(path, name): &(String, String)| {
            let rest = source.strip_prefix(path.as_str())?;
            let ends = rest.is_empty() || rest.starts_with(|c: char| !c.is_alphanumeric());
            ends.then(|| format!("{name}{rest}"))
        };
        self.0.iter().find_map(inside).unwrap_or_else(|| file_name(Path::new(source)))
    }
}

/// The folder that all paths share.
fn shared(paths: &[PathBuf]) -> Option<PathBuf> {
    let first = paths.first()?;
    let mut folders = first.ancestors().skip(1);
    let holds = |folder: &&Path| paths.iter().all(|path| path.starts_with(folder));
    folders.find(holds).map(Path::to_path_buf)
}

/// The last part of a path.
pub(crate) fn file_name(path: &Path) -> String {
    // A server has no folders above it that would tell of who asked.
    if is_server(path) {
        return path.display().to_string();
    }
    path.file_name()
        .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_its_name_unless_two_have_it() {
        let paths = |all: &[&str]| all.iter().map(PathBuf::from).collect::<Vec<_>>();
        let one = Names::of(&paths(&["/home/jane/secret/estate.csv", "/srv/north.xlsx"]));
        assert_eq!(one.all(), ["estate.csv", "north.xlsx"]);
        assert_eq!(one.short("/srv/north.xlsx"), "north.xlsx");
        assert_eq!(one.short("/srv/north.xlsx/inner.csv"), "north.xlsx/inner.csv");
        assert_eq!(one.short("/elsewhere/kept.csv"), "kept.csv");
        let two = Names::of(&paths(&["/home/jane/a/x.csv", "/home/jane/b/x.csv"]));
        assert_eq!(two.all(), ["a/x.csv", "b/x.csv"]);
    }
}
