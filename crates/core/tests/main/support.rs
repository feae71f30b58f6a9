//! The repository's own base and fit, and devices made from its examples.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::sample::Index;
use whomade_core::attribution::{Design, attribute};
use whomade_core::evidence::{Read, Reader};
use whomade_core::kb::schema::Grammar;
use whomade_core::kb::{Base, Facts, File, Registry};
use whomade_core::observation::{Device, Field, Observation};
use whomade_core::weights::{Fit, Weights};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file beside the repository, when it lies there.
#[expect(clippy::print_stderr, reason = "a test that was skipped says so")]
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let path = root().join("../shared").join(name);
    if !path.is_file() {
        eprintln!("skipped: no ../shared");
        return None;
    }
    Some(path)
}

/// The TOML files of a base, in the order of their paths.
pub(crate) fn files_of(dir: &Path) -> Vec<File> {
    let mut files = Vec::new();
    collect(dir, dir, &mut files);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

fn collect(root: &Path, dir: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(dir).expect("a folder of the base") {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            if name != "imported" {
                collect(root, &path, files);
            }
        } else if name.ends_with(".toml") {
            files.push(File { path: name, text: fs::read_to_string(&path).unwrap() });
        }
    }
}

/// The files of the repository's base.
pub(crate) fn files() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(|| files_of(&root().join("kb")))
}

/// The repository's base.
pub(crate) fn base() -> &'static Base {
    static BASE: OnceLock<Base> = OnceLock::new();
    BASE.get_or_init(|| {
        let (facts, said) = Facts::read(files());
        assert!(said.is_empty(), "the base does not load: {said:?}");
        let table = fs::read(root().join("kb/imported/oui.tsv")).expect("the address registry");
        Base::new(facts, Registry::new(table))
    })
}

/// The fit as it stands in the repository.
pub(crate) fn committed_fit() -> Fit {
    let text = fs::read_to_string(root().join("calibration/weights.toml")).expect("the weights");
    toml::from_str(&text).expect("weights in the form of a fit")
}

/// The fit laid over the base.
pub(crate) fn weights() -> &'static Weights {
    static WEIGHTS: OnceLock<Weights> = OnceLock::new();
    WEIGHTS.get_or_init(|| Weights::new(base(), committed_fit()))
}

pub(crate) fn device(observations: Vec<Observation>) -> Device {
    Device { name: "it".into(), observations, ..Device::default() }
}

/// Reads and attributes.
pub(crate) fn answer(device: &Device) -> (Read, Design) {
    let read = Reader::new(base()).read(device);
    let design = attribute(base(), weights(), &read);
    (read, design)
}

/// Every example of the base as an observation of its field, and every name as a label.
pub(crate) fn pool() -> &'static [Observation] {
    static POOL: OnceLock<Vec<Observation>> = OnceLock::new();
    POOL.get_or_init(|| {
        let facts = &base().facts;
        let mut pool = Vec::new();
        for (field, file) in &facts.signatures {
            let field = Field::from_id(field).expect("a field");
            let examples = file.signatures.iter().flat_map(|one| &one.example);
            pool.extend(examples.map(|value| Observation::new(field, value)));
        }
        for file in facts.models.values() {
            pool.extend(examples(Field::Model, &file.models));
            pool.extend(examples(Field::Serial, &file.serials));
            pool.extend(examples(Field::Firmware, &file.firmwares));
        }
        for label in facts.labels.values() {
            pool.push(Observation::new(Field::Label, &label.name));
            let models = label.supplies.iter().flat_map(|one| &one.example);
            pool.extend(models.map(|value| Observation::new(Field::Model, value)));
            pool.push(Observation::new(Field::Company, &label.name));
        }
        for maker in facts.makers.values() {
            pool.push(Observation::new(Field::Label, &maker.name));
            pool.push(Observation::new(Field::OnvifManufacturer, &maker.name));
        }
        for block in ["4419B6", "3CEF8C", "00408C", "9C8ECD", "001B17", "C056E3", "B0C554"] {
            pool.push(Observation::new(Field::Mac, format!("{block}010203")));
        }
        assert!(pool.len() > 1000, "only {} observations", pool.len());
        pool
    })
}

fn examples(field: Field, grammars: &[Grammar]) -> Vec<Observation> {
    let values = grammars.iter().flat_map(|one| &one.example);
    values.map(|value| Observation::new(field, value)).collect()
}

/// Some observations of the pool.
pub(crate) fn some_observations(most: usize) -> impl Strategy<Value = Vec<Observation>> {
    prop::collection::vec(any::<Index>(), 0..=most)
        .prop_map(|picked| picked.iter().map(|index| index.get(pool()).clone()).collect())
}
