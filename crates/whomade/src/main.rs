//! `whomade`: who really made this, behind the label, and what follows.

mod baseline;
mod bundle;
mod cli;
mod kept;
mod only;
mod out;
mod packs;
mod progress;
mod render;
mod run;
mod saved;
mod settings;
mod tally;
mod typesetter;
mod workbook;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::cli::{Cli, Command};
use crate::out::Out;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = Out::new(cli.color, cli.quiet);
    match run(&mut out, cli) {
        Ok(code) => code,
        Err(wrong) => {
            use std::io::Write as _;
            // Somebody who closes our output, as `head` does, wants no complaint.
            let closed = wrong.chain().any(|cause| {
                cause
                    .downcast_ref::<std::io::Error>()
                    .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
            });
            // Whatever else is written or read is named beside its error.
            let bare = wrong.chain().count() == 1 && wrong.is::<std::io::Error>();
            if bare && !closed {
                let said = "standard output is not whole; make room there, or write elsewhere";
                let _ = writeln!(out.aside, "error: {said}: {wrong:#}");
            } else if !closed {
                let _ = writeln!(out.aside, "error: {wrong:#}");
            }
            ExitCode::from(2)
        }
    }
}

fn run(out: &mut Out, cli: Cli) -> anyhow::Result<ExitCode> {
    let overlay = cli.kb.as_deref();
    match cli.command {
        Command::Identify(asked) => run::identify::run(out, overlay, asked),
        Command::Check(asked) => run::check::run(out, overlay, &asked),
        Command::Screen(asked) => run::screen::run(out, overlay, asked),
        Command::Capture(asked) => run::screen::run(out, overlay, asked.into()),
        Command::Listen(asked) => run::live::listen(out, overlay, asked),
        Command::Collect(asked) => run::live::collect(out, overlay, asked),
        Command::Scan(asked) => run::scan::run(out, overlay, asked),
        Command::Watch(asked) => run::watch::run(out, overlay, asked),
        Command::Farm(asked) => run::farm::run(out, &asked),
        Command::Init(asked) => run::init::run(out, overlay, asked),
        Command::Read(asked) => run::read::run(out, &asked),
        Command::Devices(asked) => run::devices::run(out, asked),
        Command::Egress(asked) => run::egress::run(out, overlay, &asked),
        Command::Verify(asked) => run::verify::run(out, &asked),
        Command::Rollup(asked) => run::rollup::run(out, overlay, &asked),
        Command::Explain(asked) => run::explain::run(out, overlay, asked),
        Command::Suggest(asked) => run::suggest::run(out, overlay, asked),
        Command::Atlas(asked) => run::atlas::run(out, overlay, &asked),
        Command::Report(asked) => run::report::run(out, overlay, asked),
        Command::Letter(asked) => run::letter::run(out, overlay, asked),
        Command::Plan(asked) => run::plan::run(out, overlay, asked),
        Command::Advise(asked) => run::advise::run(out, overlay, &asked),
        Command::Regimes(asked) => run::regimes::run(out, overlay, &asked),
        Command::Judge(asked) => run::judge::run(out, overlay, &asked),
        Command::Eval(asked) => run::eval::run(out, overlay, &asked),
        Command::Kb(asked) => run::kb::run(out, overlay, asked.command),
        Command::Serve(asked) => run::serve::run(out, overlay, &asked),
        Command::Audit(asked) => run::serve::audit(out, &asked.command),
        Command::Backup(asked) => run::serve::backup(out, &asked),
        Command::Restore(asked) => run::serve::restore(out, &asked),
        Command::Doctor(asked) => run::doctor::run(out, overlay, &asked),
        Command::Completions { shell } => {
            // Into memory first: the library panics where the reader closes early.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "whomade", &mut script);
            std::io::Write::write_all(&mut out.answers, &script)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Man { dir } => {
            std::fs::create_dir_all(&dir)?;
            clap_mangen::generate_to(Cli::command(), &dir)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
