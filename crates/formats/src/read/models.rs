//! Model numbers under headings that do not say so.

use std::collections::HashSet;

use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::Field;

use super::columns::{Draft, alike, column_letter, values};
use super::records::OwnedRow;
use super::words::{self, Claim};
use super::{Because, Use, content};

/// Of ten cells so many must look like model numbers for a column to be named as a likely one.
const MAYBE_OF_TEN: usize = 3;

const MODEL: Use = Use::Field(Field::Model);

/// "Typ", "Type", "Tipo" stand over model numbers as often as over sorts of devices, and
/// "Reference" as often over those as over names.
pub(super) fn settle_types(drafts: &mut [Draft], rows: &[OwnedRow]) {
    if drafts.iter().any(|draft| draft.is(MODEL)) {
        return;
    }
    let named = drafts.iter().filter(|draft| draft.is(Use::Name)).count();
    for (index, draft) in drafts.iter_mut().enumerate() {
        let is_name = draft.is(Use::Name);
        let open = draft.because != Because::Map
            && draft.claim.is_none_or(|c| c.used_as == Use::Context || is_name && c.weak);
        if !open || !words::may_be_model(&draft.heading) {
            continue;
        }
        let values: Vec<&str> = values(rows, index).collect();
        // What may be the devices' only name stays it, unless it stands for several of them.
        let free = !is_name || if named > 1 { !is_series(&values) } else { repeats(&values) };
        if free && alike(&values, content::is_model) {
            draft.claim = Some(Claim { used_as: MODEL, weak: true });
            draft.because = Because::Content;
        }
    }
}

fn repeats(values: &[&str]) -> bool {
    values.iter().collect::<HashSet<_>>().len() < values.len()
}

/// Whether the values differ in their numbers only: `CAM1-A2`, `CAM2-A2`.
fn is_series(values: &[&str]) -> bool {
    let letters = |value: &str| value.replace(|c: char| c.is_ascii_digit(), "");
    let Some(first) = values.first().map(|value| letters(value)) else { return false };
    values.len() > 1 && !repeats(values) && values.iter().all(|value| letters(value) == first)
}

/// What to say where no column holds model numbers and another may.
pub(super) fn maybe(drafts: &[Draft], rows: &[OwnedRow]) -> Option<Diagnostic> {
    let holds = |draft: &Draft| draft.is(MODEL) || draft.is(Use::Field(Field::Product));
    if drafts.iter().any(holds) {
        return None;
    }
    let counted = drafts.iter().enumerate().filter(|(_, draft)| may_hold(draft));
    let counted = counted.filter_map(|(index, draft)| {
        let values: Vec<&str> = values(rows, index).collect();
        let hits = values.iter().filter(|value| content::is_model(value)).count();
        let named = draft.is(Use::Name) && is_series(&values);
        let enough = hits > 0 && hits * 10 >= values.len() * MAYBE_OF_TEN && !named;
        enough.then_some((hits, values.len(), index))
    });
    // Of equal ones the first.
    let (hits, of, index) =
        counted.max_by_key(|(hits, _, index)| (*hits, std::cmp::Reverse(*index)))?;
    let heading = drafts[index].heading.as_str();
    let letter = column_letter(index);
    let again = drafts.iter().filter(|one| words::fold(&one.heading) == words::fold(heading));
    let plain =
        |c: char| c.is_alphanumeric() || matches!(c, ' ' | '.' | '-' | '_' | '/' | '\u{b0}');
    let (shown, typed) = match heading {
        "" => (format!("column {letter}"), letter),
        // A comma parts two entries of --map, and of two headings alike the first is taken.
        odd if !odd.chars().all(plain) || again.count() > 1 => {
            (format!("\u{201C}{odd}\u{201D}"), letter)
        }
        heading => (format!("\u{201C}{heading}\u{201D}"), heading.to_owned()),
    };
    let typed = match typed.contains(' ') {
        true => format!("--map \"model={typed}\""),
        false => format!("--map model={typed}"),
    };
    let message = format!(
        "no column of model numbers was found, but {hits} of {of} cells under {shown} look like \
         them"
    );
    Some(Diagnostic::new("read/maybe-model", message).help(format!("if they are: {typed}")))
}

/// Whether models may stand in a column that was not taken for them: not where a place, a person
/// or a number of the network is written.
fn may_hold(draft: &Draft) -> bool {
    const NONE: [&str; 18] = [
        "ip", "ipv4", "ipv6", "subnet", "vlan", "port", "switch", "network", "room", "floor",
        "position", "zone", "raum", "postcode", "zip", "phone", "street", "contract",
    ];
    let heading = &draft.heading;
    let folded = words::fold(heading);
    let elsewhere = folded.split(' ').any(|word| NONE.contains(&word))
        || words::site_rank(heading).is_some()
        || words::supplier_rank(heading).is_some();
    let open = draft.claim.is_none_or(|claim| match claim.used_as {
        Use::Context => true,
        Use::Name => words::may_be_model(heading),
        _ => false,
    });
    draft.because != Because::Map && open && !elsewhere
}
