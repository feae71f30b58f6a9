//! The rows of answers that were kept are those of answers worked out anew.

use std::ops::ControlFlow;
use std::path::Path;

use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::Device;
use whomade_formats::read::{Options, Sink, Understood, read_file};
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::{Known, load};
use whomade_inquiry::worker::{Found, Worker};

use crate::cli::Asking;
use crate::render::csv::Table;
use crate::render::line::Lines;

#[derive(Default)]
struct Devices(Vec<Box<Device>>);

impl Sink for Devices {
    fn understood(&mut self, _: Understood) {}

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        self.0.push(device);
        ControlFlow::Continue(())
    }

    fn diagnostic(&mut self, _: Diagnostic) {}
}

fn written(found: &Found, known: &Known, asked: &Asked) -> Vec<u8> {
    let mut out = Vec::new();
    Table::new(asked, false).row(&mut out, &known.base, found).unwrap();
    Lines::default().write(&mut out, &known.base, found, &[]).unwrap();
    out
}

#[test]
fn an_answer_that_was_kept_is_the_one_that_would_be_worked_out_anew() {
    let (known, _) = load(None).unwrap();
    let asked = Asked::check(&known.base, &Asking::default()).unwrap();
    let mut devices = Devices::default();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    for file in ["council.csv", "observations.ndjson"] {
        read_file(&examples.join(file), &Options::default(), &mut devices);
    }
    assert!(devices.0.len() > 300);
    // Backwards too, so that each device meets what others left behind.
    let all: Vec<Box<Device>> = devices.0.iter().chain(devices.0.iter().rev()).cloned().collect();
    let mut worker = Worker::new(&known, &asked);
    for device in all {
        let anew = Worker::new(&known, &asked).work(device.clone());
        let kept = worker.work(device);
        assert_eq!(*kept.read, *anew.read);
        let [kept_rows, rows] = [&kept, &anew].map(|one| written(one, &known, &asked));
        assert_eq!(String::from_utf8_lossy(&kept_rows), String::from_utf8_lossy(&rows));
        worker.take_back(kept);
    }
}
