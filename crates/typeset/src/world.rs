//! What the typesetter may look at: the layout, the paper, its pictures, its fonts. No file, no
//! network, no clock.

use std::collections::BTreeMap;

use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Smart};
use typst::layout::PagedDocument;
use typst::syntax::{FileId, Source, VirtualPath};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt as _, World};
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::shape::Shaped;
use crate::{Fonts, PAGES_MAX, Wrong};

/// The layout.
const LAYOUT: &str = include_str!("paper.typ");

struct Desk {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    main: Source,
    files: BTreeMap<FileId, Bytes>,
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(&id).cloned().ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<i64>) -> Option<Datetime> {
        None
    }
}

/// Sets a paper: the PDF and how many pages it has.
pub(crate) fn set(shaped: &Shaped, fonts: Fonts) -> Result<(Vec<u8>, usize), Wrong> {
    let id = |name: &str| FileId::new(None, VirtualPath::new(name));
    let text =
        serde_json::to_vec(&shaped.paper).map_err(|wrong| Wrong::NoPaper(wrong.to_string()))?;
    let mut files = BTreeMap::from([(id("paper.json"), Bytes::new(text))]);
    for (name, svg) in &shaped.pictures {
        files.insert(id(name), Bytes::from_string(svg.clone()));
    }
    let fonts = fonts.all;
    let desk = Desk {
        library: LazyHash::new(Library::default()),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        fonts,
        main: Source::new(id("paper.typ"), LAYOUT.to_owned()),
        files,
    };
    let told = |all: &[SourceDiagnostic]| {
        let said: Vec<&str> = all.iter().map(|one| one.message.as_str()).take(3).collect();
        Wrong::Layout(said.join("; "))
    };
    let document: PagedDocument = typst::compile(&desk).output.map_err(|wrong| told(&wrong))?;
    let pages = document.pages.len();
    if pages > PAGES_MAX {
        return Err(Wrong::TooLong(pages));
    }
    let standards = PdfStandards::new(&[PdfStandard::Ua_1])
        .map_err(|wrong| Wrong::Layout(wrong.to_string()))?;
    let options = PdfOptions { ident: Smart::Auto, standards, ..PdfOptions::default() };
    let pdf = typst_pdf::pdf(&document, &options).map_err(|wrong| told(&wrong))?;
    Ok((pdf, pages))
}
