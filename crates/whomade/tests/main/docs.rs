//! The pages under docs/ are those that the base and the fit give, and their links lead somewhere.

use std::fs;
use std::path::{Path, PathBuf};

use crate::room::{Room, root};

#[test]
fn the_pages_are_current() {
    let room = Room::new("docs");
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        fs::create_dir_all(root().join("docs")).unwrap();
        room.lines("whomade kb docs docs");
    }
    let said = room.lines("whomade kb docs docs --check").join("\n");
    let current = said.ends_with("pages, 0 of them written anew");
    assert!(current, "UPDATE=1 writes the pages anew; {said}");
}

#[test]
fn every_regime_has_its_page_and_no_page_is_left_over() {
    let stems = |dir: &str| -> Vec<String> {
        let entries = fs::read_dir(root().join(dir)).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(stems("docs/regimes/"), stems("kb/regimes/"));
}

#[test]
fn the_links_of_the_pages_lead_somewhere() {
    let mut pages: Vec<PathBuf> = vec!["docs/README.md".into(), "docs/how-sure.md".into()];
    let entries = fs::read_dir(root().join("docs/regimes")).unwrap();
    pages.extend(entries.map(|entry| Path::new("docs/regimes").join(entry.unwrap().file_name())));
    let mut links = 0;
    for page in pages {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            links += 1;
            let to = root().join(page.parent().unwrap()).join(link);
            assert!(to.exists(), "{}: {link}", page.display());
        }
    }
    assert!(links > 20, "only {links} links");
}
