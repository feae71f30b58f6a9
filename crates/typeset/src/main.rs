//! `whomade-typeset`: a paper as JSON on standard input, the PDF on standard output.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use whomade_typeset::{Fonts, PAPER_BYTES_MAX, typeset};

/// Characters that are named of those that no font has.
const NAMED_MAX: usize = 20;

const HELP: &str = "Papers as PDF: `whomade report … -o paper.pdf` runs this program by itself.

Usage: whomade-typeset < paper.json > paper.pdf

The paper is what `whomade report … --json` prints. The PDF is tagged (PDF/UA-1), with its fonts
inside, and the same for the same paper. Exit status: 0 set; 2 not.";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            let _ = writeln!(std::io::stderr(), "error: {wrong}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut typed = std::env::args().skip(1);
    match typed.next().as_deref() {
        None => {}
        Some("-V" | "--version") => {
            writeln!(std::io::stdout(), "whomade-typeset {}", env!("CARGO_PKG_VERSION"))?;
            return Ok(());
        }
        Some(_) => {
            writeln!(std::io::stdout(), "{HELP}")?;
            return Ok(());
        }
    }
    let mut text = Vec::new();
    std::io::stdin().lock().take(PAPER_BYTES_MAX + 1).read_to_end(&mut text)?;
    if text.len() as u64 > PAPER_BYTES_MAX {
        return Err(format!("a paper has {PAPER_BYTES_MAX} bytes at most").into());
    }
    let set = typeset(&text, Fonts::of_this_machine())?;
    let mut aside = std::io::stderr();
    if !set.missing.is_empty() {
        let named = set.missing.iter().take(NAMED_MAX);
        let named: Vec<String> = named.map(|c| format!("U+{:04X}", u32::from(*c))).collect();
        writeln!(
            aside,
            "warning: no font has {} of the characters ({}); install one that does, such as \
             Debian's fonts-noto-cjk",
            set.missing.len(),
            named.join(", ")
        )?;
    }
    if set.left_out > 0 {
        writeln!(aside, "warning: {} rows of tables are left out", set.left_out)?;
    }
    std::io::stdout().lock().write_all(&set.pdf)?;
    Ok(())
}
