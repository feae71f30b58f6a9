//! Servers among the inputs. Each is asked once, before anything is read; what it answered lies in
//! a file of ours until the end, and is read, hashed and kept as a file of the user's is.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, bail};
use tempfile::NamedTempFile;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::report::clean;
use whomade_formats::read::{Format, Options, Sink, read_stream};
use whomade_remote::{Access, Address, Authorities, TOKEN_BYTES_MAX, Token, receive};

use crate::cli;
use crate::out::Out;
use crate::progress::Waiting;
use crate::run::gather::small;
use crate::run::live::Live;

/// The variable that may hold the token. Never the command line: others see it there.
const TOKEN_VARIABLE: &str = "WHOMADE_NETBOX_TOKEN";

/// A file of authorities: every one that a system trusts is half a megabyte.
const CA_BYTES_MAX: u64 = 16 << 20;

/// What servers answered, each by its address as it is kept; or what is heard just now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Servers {
    answers: Arc<BTreeMap<PathBuf, Answer>>,
    live: Option<Live>,
}

/// What a server answered.
#[derive(Debug)]
struct Answer {
    address: Address,
    file: NamedTempFile,
    said: Vec<Diagnostic>,
}

/// The address of a server, if an input is one; a file that is called so comes first.
pub(crate) fn address_of(input: &Path) -> Option<Result<Address, String>> {
    let address = Address::parse(input.to_str()?)?;
    (!input.exists()).then_some(address)
}

/// Whether an input is a server.
pub(crate) fn is_server(input: &Path) -> bool {
    matches!(address_of(input), Some(Ok(_)))
}

/// What is typed of a server, in the form in which it is kept; none where it is none.
///
/// # Errors
/// When it is no address.
pub(crate) fn typed(input: &Path) -> Result<Option<PathBuf>> {
    match address_of(input) {
        None => Ok(None),
        Some(Ok(address)) => Ok(Some(PathBuf::from(address.to_string()))),
        // The address is not repeated: a secret may stand in it.
        Some(Err(why)) => bail!("[remote/address] this is no address that is asked: {why}"),
    }
}

impl Servers {
    /// Asks every server among the inputs.
    ///
    /// # Errors
    /// When what was typed about them cannot be used, or there is no room for the answers. What a
    /// server does wrong is said when it is read.
    pub(crate) fn ask(out: &mut Out, inputs: &[PathBuf], access: &cli::Access) -> Result<Self> {
        let addresses = inputs.iter().filter_map(|input| match address_of(input) {
            Some(Ok(address)) => Some((input, address)),
            _ => None,
        });
        let mut answers = BTreeMap::new();
        let mut with: Option<Access> = None;
        for (input, address) in addresses {
            let with = match &mut with {
                Some(with) => with,
                none => none.insert(opened(access)?),
            };
            let no_room = "the answer of a server cannot be put aside";
            let mut file = NamedTempFile::new().context(no_room)?;
            let mut waiting = Waiting::new(out.quiet, &clean(address.host()));
            let mut to = BufWriter::new(file.as_file_mut());
            let received = receive(&address, with, &mut to, &mut |devices, of| {
                waiting.tick(devices, of);
            });
            let received = received.and_then(|received| to.flush().map(|()| received));
            let said = received.context(no_room)?.said;
            drop(to);
            answers.insert(input.clone(), Answer { address, file, said });
        }
        Ok(Self { answers: Arc::new(answers), live: None })
    }

    /// The one input that is heard while it is read; else every server among the inputs, asked.
    ///
    /// # Errors
    /// As those of [`Self::ask`].
    pub(crate) fn heard_or_asked(
        out: &mut Out,
        live: Option<Live>,
        inputs: &[PathBuf],
        access: &cli::Access,
    ) -> Result<Self> {
        match live {
            Some(live) => Ok(Self { answers: Arc::default(), live: Some(live) }),
            None => Self::ask(out, inputs, access),
        }
    }

    /// Whether an input was heard and kept nowhere: nobody can read it a second time.
    pub(crate) fn is_gone(&self) -> bool {
        self.live.as_ref().is_some_and(|live| !live.kept)
    }

    /// Where the bytes of an input lie: what a server answered, or the file itself.
    pub(crate) fn place<'p>(&'p self, input: &'p Path) -> &'p Path {
        self.answers.get(input).map_or(input, |answer| answer.file.path())
    }

    /// The address of an input that is a server.
    pub(crate) fn address(&self, input: &Path) -> Option<String> {
        self.answers.get(input).map(|answer| answer.address.to_string())
    }

    /// Reads what a server answered or what is heard, and says what was not as it should be;
    /// `false` where the input is neither.
    pub(crate) fn read(&self, input: &Path, options: &Options, sink: &mut dyn Sink) -> bool {
        if let Some(live) = self.live.as_ref().filter(|live| live.name == input) {
            live.read(options, sink);
            return true;
        }
        let Some(answer) = self.answers.get(input) else { return false };
        let name = input.display().to_string();
        let file = File::open(answer.file.path());
        match file {
            Ok(mut file) if file.metadata().is_ok_and(|about| about.len() > 0) => {
                let from = Format::from_word(answer.address.service().word());
                let options = Options { from, map: Vec::new(), ..options.clone() };
                read_stream(&name, &mut file, &options, sink);
            }
            // That nothing came is said below.
            _ => sink.begins(&name),
        }
        for said in &answer.said {
            sink.diagnostic(said.clone().in_file(name.as_str()));
        }
        true
    }
}

/// The token and the authorities, as typed.
fn opened(typed: &cli::Access) -> Result<Access> {
    let bad = |from: &str, why: &str| anyhow!("[remote/token] the token of {from}: {why}");
    let (token, token_from) = match &typed.token_file {
        Some(path) => {
            let from = format!("the file {}", clean(&path.to_string_lossy()));
            let next = "[remote/token] no token was read; --token-file names a plain file that you may read, with \
                        the token and nothing else in it";
            let bytes = small(path, 2 * TOKEN_BYTES_MAX as u64).context(next)?;
            let text = std::str::from_utf8(&bytes).map_err(|_| bad(&from, "it is no text"))?;
            (Some(Token::new(text).map_err(|why| bad(&from, why))?), from)
        }
        None => {
            let from = format!("the variable {TOKEN_VARIABLE}");
            let told = std::env::var_os(TOKEN_VARIABLE).filter(|told| !told.is_empty());
            let text = told.map(|told| told.into_string().map_err(|_| bad(&from, "it is no text")));
            let token = text.transpose()?.map(|text| Token::new(&text));
            let token = token.transpose().map_err(|why| bad(&from, why))?;
            let or_file = if token.is_none() { ", or a file named by --token-file" } else { "" };
            (token, from + or_file)
        }
    };
    let authorities = match &typed.ca {
        Some(path) => {
            let bytes = small(path, CA_BYTES_MAX).context(
                "[remote/certificates] --ca names a plain file that you may read, with \
                 certificates in PEM",
            )?;
            Authorities::of_pem(&bytes).map_err(|why| {
                anyhow!("[remote/certificates] {}: {why}", clean(&path.to_string_lossy()))
            })?
        }
        None => Authorities::default(),
    };
    Ok(Access { token, token_from, authorities, ..Access::default() })
}
