//! Writes the captures that the tests read: `cargo run -p whomade-capture --example cases FOLDER`,
//! where the folder is `crates/formats/tests/data/pcap`. Always the same bytes.

#![expect(clippy::expect_used, reason = "what does not fit is a mistake of these lines")]

mod all;
mod bytes;
mod said;

use std::fs;
use std::io;
use std::path::PathBuf;

fn main() -> io::Result<()> {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        return Err(io::Error::other("name the folder to write to"));
    };
    for (case, ending, bytes) in all::all() {
        let case = folder.join(case);
        fs::create_dir_all(&case)?;
        fs::write(case.join("input").with_extension(ending), bytes)?;
    }
    Ok(())
}
