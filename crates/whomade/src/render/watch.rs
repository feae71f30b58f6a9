//! What is otherwise in a network: a line a change for people, and one of JSON for programs.

use serde_json::json;
use whomade_core::attribution::Certainty;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::report::{clean_to, counted, join_or};
use whomade_core::watch::{
    Change, Conclusion, Manner, Missed, Presence, Seen, Sign, Told, What, Who,
};

use crate::run::watch::Summary;

/// Signs that a line for people names.
const SIGNS_SHOWN_MAX: usize = 3;

/// Letters of a line for people.
const LINE_CHARS_MAX: usize = 4_000;

/// Whether it tells only that somebody is there.
pub(crate) fn is_present(told: &Told) -> bool {
    matches!(told.what, What::Device(Presence::Present(_)))
}

/// A change as a line of JSON.
pub(crate) fn json(told: &Told, summary: &Summary) -> String {
    let mut line = json!(told);
    line["v"] = 1.into();
    line["at"] = json!(summary.held.at);
    line["round"] = summary.number.into();
    line.to_string()
}

/// What a round came to, as a line of JSON.
pub(crate) fn json_sum(summary: &Summary, changes: usize, hidden: usize) -> String {
    let held = &summary.held;
    json!({
        "v": 1,
        "at": held.at,
        "round": summary.number,
        "summary": {
            "manner": held.manner,
            "finished": held.over,
            "lost": held.lost,
            "nobody": summary.silence,
            "devices": summary.there,
            "waited_for": summary.waited_for,
            "changes": changes,
            "not_shown": hidden,
        },
    })
    .to_string()
}

/// What a round came to, in words.
pub(crate) fn sum(summary: &Summary, changes: usize, hidden: usize) -> String {
    let held = &summary.held;
    let mut words = vec![match changes {
        0 => "nothing is otherwise".to_owned(),
        _ => counted(changes as u64, "change"),
    }];
    words.push(format!("{} known to be there", counted(summary.there as u64, "device")));
    if summary.waited_for > 0 {
        words.push(format!("{} missed, and waited for", summary.waited_for));
    }
    if hidden > 0 {
        let all = counted(hidden as u64, "line");
        words.push(format!("{all} of stations that show nothing of a camera (--stations)"));
    }
    format!("{}  round {}: {}", held.at, summary.number, words.join("; "))
}

/// What a round does not prove.
pub(crate) fn notes(summary: &Summary) -> Vec<Diagnostic> {
    let held = &summary.held;
    let mut all = Vec::new();
    if !held.over {
        let message = format!("round {} did not come to its end", summary.number);
        all.push(
            Diagnostic::new("watch/unfinished", message)
                .note("who is missing from it may be there: it counts for nobody's absence"),
        );
    }
    if let Some(lost) = &held.lost {
        all.push(
            Diagnostic::new("watch/lost", lost.clone())
                .note("what it did not see counts for nothing: nobody's absence, no closed port")
                .help("a lower --rate, or a machine nearer to the devices"),
        );
    }
    if summary.silence {
        let message = "nobody answered at all, and several were known to be there";
        all.push(
            Diagnostic::new("watch/nobody", message)
                .note("the way there may be down: the round counts for nobody's absence"),
        );
    }
    all
}

/// A change as a line for people.
pub(crate) fn text(told: &Told, summary: &Summary) -> String {
    let at = summary.held.at;
    let who = who(&told.device);
    let said = match &told.what {
        What::Device(presence) => presence_words(presence, &told.device, &who, summary),
        What::Change(change) => change_words(change, &who),
    };
    clean_to(&format!("{at}  {said}"), LINE_CHARS_MAX)
}

/// What a device is called: its addresses, and what tells it where that is more.
fn who(device: &Who) -> String {
    let addresses = device.addresses.join(", ");
    match device.known_by.as_deref() {
        // An address alone may be another's tomorrow.
        Some(key) if key.starts_with("ip:") => format!("the device at {addresses}"),
        Some(key) if addresses.is_empty() => key.to_owned(),
        Some(key) => format!("{addresses} ({key})"),
        None => "a device without a name".to_owned(),
    }
}

fn maker(of: &Conclusion) -> String {
    let names: Vec<&str> = of.makers.iter().map(|one| one.name.as_str()).collect();
    let names = join_or(&names);
    match of.certainty {
        Certainty::Possible if !names.is_empty() => format!("possibly {names}"),
        Certainty::Unknown | Certainty::Possible => "unknown".to_owned(),
        sure => format!("{names} ({sure})"),
    }
}

/// What is seen of a device that is told for the first time.
fn seen(device: &Who, seen: &Seen) -> String {
    let mut words = vec![format!("maker {}", maker(&device.maker))];
    for (text, what) in [(&device.label, "label"), (&device.model, "model")] {
        if !text.is_empty() {
            words.push(format!("{what} {text}"));
        }
    }
    if !seen.firmware.is_empty() {
        words.push(format!("firmware {}", seen.firmware.join(", ")));
    }
    if let Some(open) = seen.open.as_ref().filter(|open| !open.is_empty()) {
        words.push(format!("open {}", ports(open)));
    }
    if !seen.odd.is_empty() {
        words.push(format!("odd: {}", seen.odd.join(", ")));
    }
    words.join("; ")
}

fn ports(all: &[u16]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn presence_words(presence: &Presence, device: &Who, called: &str, summary: &Summary) -> String {
    let rounds = |missed: &Missed| counted(u64::from(missed.rounds), "round");
    match presence {
        Presence::Present(what) => format!("there: {called}: {}", seen(device, what)),
        Presence::NewDevice(what) => {
            // Who was silent before may have been there.
            let heard = summary.held.manner == Manner::Heard;
            let new = if heard { "new device, not heard before" } else { "new device" };
            format!("{new}: {called}: {}", seen(device, what))
        }
        Presence::FirstSeen(what) => format!(
            "first seen, where no earlier round asked to its end: {called}: {}",
            seen(device, what)
        ),
        Presence::OtherDevice { address, was, seen: what } => format!(
            "another device at {address}: {called}, which was {}: {}",
            was.known_by.as_deref().unwrap_or("another"),
            seen(device, what)
        ),
        Presence::PerhapsOtherDevice { was, seen: what } => format!(
            "perhaps another device: {called}, where {} stood, whose maker was {}: {}; it shows \
             nothing of what told that one",
            was.known_by.as_deref().unwrap_or("another"),
            maker(&was.maker),
            seen(device, what)
        ),
        Presence::Gone(missed) => format!(
            "gone: {called}: asked in {} and not met; last seen {}",
            rounds(missed),
            missed.last
        ),
        Presence::NotHeard(missed) => {
            format!(
                "not heard: {called}: {} without it, and it may be silent; last heard {}",
                rounds(missed),
                missed.last
            )
        }
        Presence::Back { last } => format!("back: {called}: last seen {last}"),
        Presence::Unclear { key, devices: [before, now] } => format!(
            "unclear: {key} was borne by {before} and is by {now}; which device is which cannot \
             be told"
        ),
    }
}

fn change_words(change: &Change, who: &str) -> String {
    match change {
        Change::AddressChanged { from, to } => {
            format!("address changed: {who}: from {} to {}", from.join(", "), to.join(", "))
        }
        Change::MakerChanged { from, to, signs, missing } => format!(
            "maker signs changed: {who}: maker from {} to {}; {}",
            maker(from),
            maker(to),
            because(signs, missing)
        ),
        Change::LabelChanged { from, to } => {
            format!("label changed: {who}: from {from} to {to}")
        }
        Change::ModelChanged { from, to } => {
            format!("model changed: {who}: from {from} to {to}")
        }
        Change::FirmwareChanged { from, to } => {
            format!("firmware changed: {who}: from {} to {}", from.join(", "), to.join(", "))
        }
        Change::PortsChanged { opened, closed } => {
            let parts = [("opened", opened), ("no longer open", closed)];
            let parts = parts.iter().filter(|(_, all)| !all.is_empty());
            let parts: Vec<String> =
                parts.map(|(word, all)| format!("{word} {}", ports(all))).collect();
            format!("ports changed: {who}: {}", parts.join("; "))
        }
        Change::MannerChanged { odd, .. } => {
            format!("hostile manner: {who}: newly {}", odd.join(", "))
        }
    }
}

/// On what a change of the maker rests.
fn because(signs: &[Sign], missing: &[Sign]) -> String {
    let words = |all: &[Sign], word: &str| {
        if all.is_empty() {
            return None;
        }
        let named = all.iter().take(SIGNS_SHOWN_MAX).map(|one| {
            let Sign { field, value, fact, .. } = one;
            format!("{field} `{value}` ({fact})")
        });
        let mut text = format!("{word} {}", named.collect::<Vec<_>>().join(", "));
        if all.len() > SIGNS_SHOWN_MAX {
            text += &format!(" and {} more", all.len() - SIGNS_SHOWN_MAX);
        }
        Some(text)
    };
    let parts = [words(signs, "new:"), words(missing, "not seen this time:")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    match parts.is_empty() {
        true => "the same signs, with other values or by another base".to_owned(),
        false => parts.join("; "),
    }
}
