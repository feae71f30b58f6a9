//! What the label's own manual says.

use super::{Feature, Read, Reader};
use crate::observation::Field;

/// Stream addresses that are looked at in one manual.
const PATHS_MAX: usize = 64;

impl Reader<'_> {
    /// A manual speaks of the label's supply in general, so all it says is of the supply's family.
    /// The stream addresses in it have the same forms as those that a device answers.
    pub(super) fn manual(&mut self, read: &mut Read, at: usize, value: &str) {
        self.fire(read, at, Field::LabelManual, value, None);
        let before = read.evidence.len();
        for path in stream_paths(value).take(PATHS_MAX) {
            self.base.fire(Field::RtspPath, path, &mut self.hits);
            self.push(read, at, Field::LabelManual, Some(path));
        }
        let mut seen: Vec<Feature> = Vec::new();
        let mut number = 0;
        read.evidence.retain(|one| {
            number += 1;
            let again = number > before && seen.contains(&one.feature);
            seen.extend((number > before).then_some(one.feature));
            !again
        });
    }
}

/// The paths of the stream addresses in a text.
fn stream_paths(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("rtsp://").filter_map(|(at, mark)| {
        let rest = text[at + mark.len()..].split(char::is_whitespace).next()?;
        let path = rest.get(rest.find('/')?..)?.trim_end_matches(['.', ',', ';', ')', '"']);
        (path.len() > 1).then_some(path)
    })
}
