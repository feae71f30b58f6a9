//! The fonts: those that the program carries, and for letters that these lack one of this machine.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use typst::foundations::Bytes;
use typst::text::Font;

/// Folders in which fonts lie.
const FOLDERS: [&str; 3] = ["/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts"];
/// Files that are looked at.
const FILES_MAX: usize = 4_000;
/// Bytes of a font.
const FONT_BYTES_MAX: u64 = 64 << 20;
/// Folders within one another.
const DEPTH_MAX: usize = 8;

/// What papers are set in.
#[derive(Debug, Clone)]
pub struct Fonts {
    pub(crate) all: Vec<Font>,
    /// Where to look for what these lack.
    folders: Vec<PathBuf>,
}

impl Fonts {
    /// Those that the program carries, and no others: the same everywhere.
    #[must_use]
    pub fn carried() -> Self {
        let fonts = typst_assets::fonts().flat_map(|bytes| Font::iter(Bytes::new(bytes)));
        Self { all: fonts.collect(), folders: Vec::new() }
    }

    /// The same, and for letters that they lack those of this machine.
    #[must_use]
    pub fn of_this_machine() -> Self {
        Self { folders: FOLDERS.iter().map(PathBuf::from).collect(), ..Self::carried() }
    }

    /// With what a text needs: fonts of this machine are read only for letters that are lacking,
    /// in the order of their paths.
    pub(crate) fn for_text(mut self, letters: &BTreeSet<char>) -> Self {
        let mut lacking: BTreeSet<char> = self.missing(letters).into_iter().collect();
        if lacking.is_empty() || self.folders.is_empty() {
            return self;
        }
        let mut files = Vec::new();
        for folder in &self.folders {
            walk(folder, 0, &mut files);
        }
        files.sort();
        for file in files {
            if lacking.is_empty() {
                break;
            }
            let Ok(bytes) = std::fs::read(&file) else { continue };
            for font in Font::iter(Bytes::new(bytes)) {
                let has: Vec<char> =
                    lacking.iter().copied().filter(|c| covers(&font, *c)).collect();
                if !has.is_empty() {
                    has.iter().for_each(|c| _ = lacking.remove(c));
                    self.all.push(font);
                }
            }
        }
        self
    }

    /// Letters that no font has.
    pub(crate) fn missing(&self, letters: &BTreeSet<char>) -> Vec<char> {
        let lacks = |c: &&char| !c.is_control() && !self.all.iter().any(|font| covers(font, **c));
        letters.iter().filter(lacks).copied().collect()
    }
}

fn covers(font: &Font, c: char) -> bool {
    c.is_whitespace() || font.info().coverage.contains(u32::from(c))
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    if depth > DEPTH_MAX {
        return;
    }
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(about) = entry.metadata() else { continue };
        if about.is_dir() {
            walk(&path, depth + 1, files);
            continue;
        }
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let is_font = matches!(ending.to_ascii_lowercase().as_str(), "ttf" | "otf" | "ttc" | "otc");
        if is_font && about.is_file() && about.len() <= FONT_BYTES_MAX && files.len() < FILES_MAX {
            files.push(path);
        }
    }
}
