//! Prints what a capture shows: `cargo run -p whomade-capture --example stations FILE…`.
#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::fs::File;
use std::ops::ControlFlow;

use whomade_capture::{Capture, each_frame};

fn main() {
    for path in std::env::args().skip(1) {
        let mut capture = Capture::default();
        let Ok(file) = File::open(&path) else { continue };
        let done = each_frame(file, &mut |frame| {
            capture.take(&frame);
            ControlFlow::Continue(())
        });
        let (stations, tally) = capture.finish();
        println!("== {path}: {done:?} {tally:?}");
        for one in stations {
            println!("{:?} {:?} {} packets", one.mac, one.addresses, one.packets);
            for trace in &one.traces {
                println!("   #{} {:.300?}", trace.number, trace.said);
            }
            for peer in &one.peers {
                println!(
                    "   > {}:{} {:?} {:?} {:?} {:?} {}/{}",
                    peer.address,
                    peer.port,
                    peer.names,
                    peer.cover,
                    peer.sign,
                    peer.seen,
                    peer.sent,
                    peer.got
                );
            }
        }
    }
}
