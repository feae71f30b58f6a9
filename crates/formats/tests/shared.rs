//! The real observations, when they lie beside the repository.

use std::path::{Path, PathBuf};

use whomade_core::diagnostic::Severity;
use whomade_core::observation::Field;
use whomade_formats::read::{Options, read_file, read_labelled};

use crate::show::Show;

fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    if path.is_file() {
        return Some(path);
    }
    // Tests may print; this is how they say that they did not run.
    eprintln_skipped();
    None
}

#[expect(clippy::print_stderr, reason = "a test that was skipped says so")]
fn eprintln_skipped() {
    eprintln!("skipped: no ../shared");
}

#[test]
fn the_open_set_reads_without_a_diagnostic() {
    let Some(path) = shared("truth/dev.jsonl") else { return };
    let (all, said) = read_labelled(&path);
    assert_eq!(all.len(), 520);
    assert!(said.is_empty(), "{said:?}");
    let silent: Vec<&str> = all
        .iter()
        .filter(|labelled| labelled.device.observations.is_empty())
        .map(|labelled| labelled.raw.as_str())
        .collect();
    assert!(silent.len() <= 3, "{} records say nothing: {silent:?}", silent.len());
    let isapi = all.iter().filter(|labelled| labelled.kind == "isapi");
    for labelled in isapi {
        assert!(labelled.device.first(Field::Mac).is_none());
        assert!(labelled.device.first(Field::Firmware).is_some());
    }
    let mut show = Show::default();
    read_file(&path, &Options::default(), &mut show);
    assert_eq!(show.devices.len(), 520);
}

#[test]
fn the_register_reads_without_an_error() {
    let Some(path) = shared("samples/onvif-register/products.tsv.gz") else { return };
    let mut show = Show::default();
    read_file(&path, &Options::default(), &mut show);
    let errors = show.diagnostics.iter().filter(|said| said.severity == Severity::Error);
    assert_eq!(errors.count(), 0, "{:?}", show.codes());
    assert_eq!(show.devices.len(), 31_755);
    let with = |field: Field| show.devices.iter().filter(|d| d.first(field).is_some()).count();
    assert_eq!(with(Field::Company), 31_755);
    assert_eq!(with(Field::Model), 31_755);
    assert_eq!(with(Field::Firmware), 28_317);
    assert!(show.devices.iter().filter(|device| device.installed.is_some()).count() > 31_000);
}
