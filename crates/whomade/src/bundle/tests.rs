//! A bundle is made once and then tampered with in every way that we know of.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot set itself up should stop"
)]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use minisign::KeyPair;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::Device;
use whomade_core::report::device_report;
use whomade_formats::read::{Options, Sink, Understood, read_stream};
use whomade_formats::write::archive::ArchiveWriter;

use super::bag::{self, PAYLOAD, Sums};
use super::check::{Signed, check};
use super::container::Container;
use super::record::{ABOUT, ANSWERS, Keeping, OBSERVATIONS, Run};
use super::rework::{Reread, With, rework};
use super::sign::public_key_file;
use crate::cli::{Asking, BundleArgs, Reading};
use crate::kept::identity;
use crate::run::servers::Servers;
use whomade_inquiry::asking::{Asked, Typed};
use whomade_inquiry::base::{load, sha256};
use whomade_inquiry::worker::Worker;

/// Changes of one byte, of each form.
const TAMPERINGS: usize = 1_000;
const ESTATE: &str = "Camera,Make,Model,MAC,Installed\n\
                      A1,HiLook,IPC-B460HA-LU,44:19:b6:2e:90:4d,2021-03-04\n\
                      A2,Dahua,IPC-HDW2431T-AS-S2,,31/31/2020\n\
                      A3,,,,\n";

/// Numbers from a seed: the same on every machine.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, limit: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((word ^ (word >> 31)) % limit as u64).unwrap()
    }

    /// Never the byte that stood there.
    fn other(&mut self, byte: u8) -> u8 {
        byte ^ u8::try_from(1 + self.below(255)).unwrap()
    }
}

/// A folder that is gone when it is no longer needed.
struct Room(PathBuf);

impl Room {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("whomade-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[derive(Default)]
struct Seen {
    devices: Vec<Device>,
    said: Vec<Diagnostic>,
}

impl Sink for Seen {
    fn understood(&mut self, _: Understood) {}

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        self.devices.push(*device);
        ControlFlow::Continue(())
    }

    fn diagnostic(&mut self, said: Diagnostic) {
        self.said.push(said);
    }
}

/// Makes a bundle as `screen` does.
fn make(room: &Room, name: &str, signed: bool) -> PathBuf {
    make_with(room, name, signed, false)
}

fn make_with(room: &Room, name: &str, signed: bool, with_base: bool) -> PathBuf {
    let (input, key) = (room.at("estate.csv"), room.at("key"));
    fs::write(&input, ESTATE).unwrap();
    if signed && !key.exists() {
        let pair = KeyPair::generate_unencrypted_keypair().unwrap();
        fs::write(&key, pair.sk.to_box(None).unwrap().into_string()).unwrap();
        fs::write(room.at("key.pub"), pair.pk.to_box().unwrap().into_string()).unwrap();
    }
    let options = BundleArgs {
        bundle: Some(room.at(name)),
        with_inputs: true,
        with_base,
        sign: signed.then_some(key),
        sign_password: None,
    };
    let asking = Asking {
        preset: Some("uk-department".to_owned()),
        on: Some("2026-11-22".to_owned()),
        ..Asking::default()
    };
    let (known, _) = load(None).unwrap();
    let asked = Asked::check(&known.base, &asking).unwrap();
    let base = identity(&known, None).unwrap();
    let inputs = [input];
    let run = Run {
        command: "screen",
        inputs: &inputs,
        typed: Typed::from(&asking),
        asked: &asked,
        reading: &Reading::default(),
        body: None,
        base: &base,
        overlay: None,
        servers: &Servers::default(),
    };
    let mut keeping = Keeping::new(&options, run).unwrap().unwrap();
    let mut seen = Seen::default();
    let typed = inputs[0].to_string_lossy();
    read_stream(&typed, &mut ESTATE.as_bytes(), &Options::default(), &mut seen);
    seen.said.iter().for_each(|said| keeping.said(said).unwrap());
    let mut worker = Worker::new(&known, &asked);
    for device in seen.devices {
        let found = worker.work(device);
        let worked = found.worked(found.suggestions());
        let report = device_report(&known.base, &known.weights, &worked);
        keeping.device(&found.device, &report).unwrap();
    }
    keeping.finish(&[]).unwrap();
    room.at(name)
}

/// Whether the bundle is found to be other than it was sealed.
fn found(path: &Path) -> bool {
    check(path, None).map_or(true, |checked| !checked.differs.is_empty())
}

/// The codes that are said of a bundle's bytes.
fn codes(path: &Path) -> Vec<&'static str> {
    match check(path, None) {
        Ok(checked) => checked.differs.iter().map(|said| said.code).collect(),
        Err(said) => vec![said.code],
    }
}

#[test]
fn every_changed_byte_of_a_zip_is_found() {
    let room = Room::new("zip-tampering");
    let (path, mut seeded, mut missed) = (room.at("evidence.zip"), Seeded(20_231_125), Vec::new());
    for signed in [false, true] {
        make(&room, "evidence.zip", signed);
        let whole = fs::read(&path).unwrap();
        assert!(!found(&path), "untouched: {:?}", codes(&path));
        for at in 0..TAMPERINGS / 2 {
            // Half of them hit the end, where manifests, signature and directory lie.
            let end = whole.len().min(48 << 10);
            let from = if at % 2 == 0 { 0 } else { whole.len() - end };
            let place = from + seeded.below(whole.len() - from);
            let mut bytes = whole.clone();
            bytes[place] = seeded.other(bytes[place]);
            fs::write(&path, &bytes).unwrap();
            if !found(&path) {
                missed.push((place, whole[place], bytes[place]));
            }
        }
    }
    assert_eq!(missed, []);
}

#[test]
fn every_changed_byte_added_and_removed_file_of_a_folder_is_found() {
    let room = Room::new("folder-tampering");
    let path = make(&room, "evidence", true);
    assert!(!found(&path), "untouched: {:?}", codes(&path));
    let files: Vec<String> =
        Container::open(&path).unwrap().files.into_iter().map(|(name, _)| name).collect();
    let mut seeded = Seeded(889);
    let mut missed = Vec::new();
    for _ in 0..TAMPERINGS {
        let name = &files[seeded.below(files.len())];
        let whole = fs::read(path.join(name)).unwrap();
        if whole.is_empty() {
            continue;
        }
        let place = seeded.below(whole.len());
        let mut bytes = whole.clone();
        bytes[place] = seeded.other(bytes[place]);
        fs::write(path.join(name), &bytes).unwrap();
        if !found(&path) {
            missed.push((name.clone(), place));
        }
        fs::write(path.join(name), &whole).unwrap();
    }
    for name in &files {
        let whole = fs::read(path.join(name)).unwrap();
        fs::remove_file(path.join(name)).unwrap();
        if !found(&path) {
            missed.push((format!("{name} removed"), 0));
        }
        fs::write(path.join(name), &whole).unwrap();
        let beside = path.join(format!("{name}.more"));
        fs::write(&beside, &whole).unwrap();
        if !found(&path) {
            missed.push((format!("{name}.more added"), 0));
        }
        fs::remove_file(beside).unwrap();
    }
    assert_eq!(missed, []);
    assert!(!found(&path), "put back: {:?}", codes(&path));
}

#[test]
fn a_whole_bundle_comes_out_the_same() {
    let room = Room::new("whole");
    for name in ["evidence", "evidence.zip"] {
        let path = make(&room, name, true);
        let key = public_key_file(&room.at("key.pub")).unwrap();
        let mut checked = check(&path, Some(&key)).unwrap();
        assert!(matches!(checked.signed, Signed::ByNamed(_)), "{:?}", checked.differs);
        let again = rework(&path, &mut checked).unwrap();
        assert_eq!((again.equal, again.differ, again.with), (3, 0, With::Own));
        assert_eq!(again.files, [] as [&str; 0]);
        assert_eq!(again.inputs, Reread::Equal);
        assert!(again.binding() && again.all_equal());
        let other = KeyPair::generate_unencrypted_keypair().unwrap().pk;
        let checked = check(&path, Some(&other)).unwrap();
        assert_eq!(checked.differs[0].code, "bundle/signature");
    }
    let unsigned = make(&room, "unsigned", false);
    let key = public_key_file(&room.at("key.pub")).unwrap();
    assert_eq!(check(&unsigned, Some(&key)).unwrap().differs[0].code, "bundle/unsigned");
}

/// A copy of a bundle's folder: making one takes longer.
fn copied(room: &Room, from: &Path, name: &str) -> PathBuf {
    let to = room.at(name);
    for (name, _) in Container::open(from).unwrap().files {
        fs::create_dir_all(to.join(&name).parent().unwrap()).unwrap();
        fs::copy(from.join(&name), to.join(&name)).unwrap();
    }
    to
}

/// Changes a file of a bundle's folder and makes all its hashes fit again, as a forger would.
fn forge(path: &Path, name: &str, change: impl FnOnce(String) -> String) {
    let file = path.join(PAYLOAD).join(name);
    let before = fs::read_to_string(&file).unwrap_or_default();
    let after = change(before.clone());
    assert_ne!(before, after, "nothing was forged");
    fs::write(&file, after).unwrap();
    let (sums, _) = Container::open(path).unwrap().sums();
    let payload: Sums = sums.into_iter().filter(|(name, _)| name.starts_with(PAYLOAD)).collect();
    let about = fs::read_to_string(path.join(PAYLOAD).join(ABOUT)).unwrap();
    let about: serde_json::Value = serde_json::from_str(&about).unwrap_or_default();
    let mut tags = Sums::new();
    for (name, text) in bag::tags(&payload, about["program"].as_str().unwrap_or_default()) {
        let sum = bag::Sum { bytes: text.len() as u64, sha256: sha256(text.as_bytes()) };
        tags.insert(name.to_owned(), sum);
        fs::write(path.join(name), text).unwrap();
    }
    fs::write(path.join(bag::TAG_MANIFEST), bag::manifest(&tags)).unwrap();
}

#[test]
fn a_forged_answer_is_found_though_every_hash_fits() {
    let room = Room::new("forged");
    let forgeries: [(&str, &str, &str); 7] = [
        ("inputs/more.csv", "", "nobody speaks for it"),
        ("more.txt", "", "nobody speaks for it"),
        ("inputs/estate.csv", "HiLook", "HiWatch"),
        (ANSWERS, "\"certainty\":\"probable\"", "\"certainty\":\"confirmed\""),
        (ANSWERS, "undetermined", "barred"),
        (OBSERVATIONS, "44:19:b6:2e:90:4d", "44:19:b6:2e:90:4e"),
        ("counts.json", "\"devices\": 3", "\"devices\": 4"),
    ];
    let whole = make(&room, "whole", false);
    for (at, (name, from, to)) in forgeries.into_iter().enumerate() {
        let path = copied(&room, &whole, &format!("forged-{at}"));
        forge(&path, name, |text| text.replacen(from, to, 1));
        let mut checked = check(&path, None).unwrap();
        assert!(checked.differs.is_empty(), "{name}: {:?}", checked.differs);
        let again = rework(&path, &mut checked).unwrap();
        assert!(again.binding() && !again.all_equal(), "{name}: {from} became {to}");
        let told = again.differ > 0 || !again.files.is_empty();
        assert!(told || again.inputs != Reread::Equal);
    }
}

#[test]
fn whatever_stands_in_a_bundle_nothing_breaks() {
    let room = Room::new("hostile");
    let whole = make(&room, "whole", false);
    let mut seeded = Seeded(47);
    for at in 0..16 {
        let path = copied(&room, &whole, &format!("hostile-{at}"));
        let name = [OBSERVATIONS, ANSWERS, ABOUT, "said.ndjson"][at % 4];
        let pieces =
            ["null", "-1", "1e99", "\"\\u001b[31m\"", "[]", "{}", "\n", "\u{202e}", "9999-99-99"];
        forge(&path, name, |text| {
            let mut place = seeded.below(text.len());
            while !text.is_char_boundary(place) {
                place -= 1;
            }
            format!("{}{}{}", &text[..place], pieces[at % pieces.len()], &text[place..])
        });
        let Ok(mut checked) = check(&path, None) else { continue };
        match rework(&path, &mut checked) {
            Ok(again) => assert!(!again.binding() || !again.all_equal(), "{name} in round {at}"),
            Err(wrong) => assert!(!wrong.to_string().is_empty()),
        }
    }
}

#[test]
fn a_bundle_of_another_base_or_a_newer_form_says_so() {
    let room = Room::new("other");
    let path = make(&room, "base", false);
    let (packed, _) = whomade_inquiry::base::embedded();
    let own = sha256(packed);
    forge(&path, ABOUT, |text| text.replace(&own, &sha256(b"another base")));
    let mut checked = check(&path, None).unwrap();
    let again = rework(&path, &mut checked).unwrap();
    assert_eq!(again.with, With::Another);
    assert!(!again.binding());
    assert_eq!(again.equal, 3, "with the same facts under another name");

    let path = make(&room, "program", false);
    let own_program = format!("\"program\": \"{}\"", env!("CARGO_PKG_VERSION"));
    forge(&path, ABOUT, |text| text.replace(&own_program, "\"program\": \"0.0.9\""));
    let again = rework(&path, &mut check(&path, None).unwrap()).unwrap();
    assert!(!again.binding() && again.all_equal() && again.with == With::Own);

    // The same facts written otherwise are another base, and the bundle brings it.
    let path = make_with(&room, "carried", false, true);
    let pretty = |text: String| {
        let base: serde_json::Value = serde_json::from_str(&text).unwrap();
        serde_json::to_string_pretty(&base).unwrap()
    };
    forge(&path, super::record::BASE, pretty);
    let carried = fs::read(path.join(PAYLOAD).join(super::record::BASE)).unwrap();
    forge(&path, ABOUT, |text| text.replace(&own, &sha256(&carried)));
    let again = rework(&path, &mut check(&path, None).unwrap()).unwrap();
    assert_eq!((again.with, again.equal), (With::Carried, 3));
    assert!(again.binding() && again.all_equal(), "{:?}", again.files);

    let path = make(&room, "newer", false);
    forge(&path, ABOUT, |text| text.replace("\"v\": 1", "\"v\": 3"));
    let wrong = rework(&path, &mut check(&path, None).unwrap()).unwrap_err();
    assert!(wrong.to_string().contains("[bundle/newer]"), "{wrong}");
}

#[test]
fn what_no_bundle_is_ends_with_its_code() {
    let room = Room::new("unfit");
    let path = make(&room, "evidence", false);
    std::os::unix::fs::symlink("/etc/hostname", path.join("data/link")).unwrap();
    assert_eq!(codes(&path), ["bundle/no-file"]);
    fs::remove_file(path.join("data/link")).unwrap();
    fs::create_dir(path.join("data/empty")).unwrap();
    assert_eq!(codes(&path), ["bundle/extra"]);
    fs::remove_dir(path.join("data/empty")).unwrap();
    fs::remove_file(path.join("data").join(ANSWERS)).unwrap();
    assert_eq!(codes(&path), ["bundle/missing"]);

    let zip = make(&room, "evidence.zip", false);
    let whole = fs::read(&zip).unwrap();
    fs::write(&zip, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(codes(&zip), ["bundle/damaged"]);
    fs::write(&zip, [&whole[..], b"more"].concat()).unwrap();
    assert!(found(&zip));
    fs::write(&zip, [b"PK\x03\x04".as_slice(), &[0; 40]].concat()).unwrap();
    assert_eq!(codes(&zip), ["bundle/damaged"]);
    fs::write(&zip, ESTATE).unwrap();
    assert_eq!(codes(&zip), ["bundle/not-a-bundle"]);
    assert_eq!(codes(&room.0), ["bundle/not-a-bundle"]);
    assert_eq!(codes(&room.at("nowhere")), ["bundle/not-a-bundle"]);

    let names: [(&str, &str); 4] = [
        ("evidence/../../passwd", "bundle/bad-name"),
        ("/etc/passwd", "bundle/bad-name"),
        ("evidence/a\\b", "bundle/bad-name"),
        ("loose.txt", "bundle/not-a-bundle"),
    ];
    for (name, code) in names {
        let mut archive = ArchiveWriter::new(Vec::new());
        archive.file(name, 0, 0, &mut std::io::empty()).unwrap();
        fs::write(&zip, archive.finish().unwrap()).unwrap();
        assert_eq!(codes(&zip), [code], "{name}");
    }
}

#[test]
fn a_place_that_is_taken_is_left_alone() {
    let room = Room::new("taken");
    fs::create_dir(room.at("mine")).unwrap();
    let taken = super::shelf::Making::new(&room.at("mine"), None).err().unwrap();
    assert!(taken.to_string().contains("[bundle/exists]"), "{taken}");
    drop(super::shelf::Making::new(&room.at("dropped"), None).unwrap());
    let left: Vec<_> = fs::read_dir(&room.0).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert_eq!(left, ["mine"], "a bundle that was not finished leaves nothing");
}
