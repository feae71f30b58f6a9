//! What may be typed behind every command that meets stations of a network: `capture`, `listen`,
//! `scan`.

use std::path::PathBuf;

use clap::Args;

use super::{Asking, Configured, Lists, Networks, PackArgs, Reading, Screen, ScreenOutput};
use crate::run::live::Live;

/// What is asked about stations, and how it is told.
#[derive(Debug, Args)]
pub(crate) struct Stations {
    /// Tell of every station, also of those that show nothing of a camera
    #[arg(long = "stations")]
    pub(crate) every_station: bool,
    /// Treat every warning as an error
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) asking: Asking,
    #[command(flatten)]
    pub(crate) packs: PackArgs,
    #[command(flatten)]
    pub(crate) configured: Configured,
    #[command(flatten)]
    pub(crate) output: ScreenOutput,
}

impl Stations {
    /// The same asked of files of a format.
    pub(crate) fn of_files(self, files: Vec<PathBuf>, own: Networks, format: &str) -> Screen {
        self.screen(files, None, Reading { from: Some(format.to_owned()), own, ..<_>::default() })
    }

    /// The same asked of what is heard while it is read, where anything is.
    pub(crate) fn of_live(self, live: Option<Live>, own: Networks) -> Screen {
        self.screen(Vec::new(), live, Reading { own, ..<_>::default() })
    }

    fn screen(self, files: Vec<PathBuf>, live: Option<Live>, reading: Reading) -> Screen {
        let Self { every_station, strict, asking, packs, configured, output } = self;
        let reading = Reading { strict, ..reading };
        let output = ScreenOutput { cameras: !every_station, ..output };
        let lists = Lists::default();
        Screen { files, live, asking, reading, packs, configured, output, lists }
    }
}
