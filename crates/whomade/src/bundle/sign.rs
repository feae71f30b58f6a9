//! Signatures over a bundle, in the form of minisign: one small tool checks them anywhere.

use std::io::Cursor;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use minisign::{PublicKey, PublicKeyBox, SecretKey, SecretKeyBox, SignatureBox};

/// The variable that may hold the password of a key. Never the command line: others see it there.
const PASSWORD_VARIABLE: &str = "WHOMADE_KEY_PASSWORD";
/// A key file is a few lines.
const KEY_BYTES_MAX: u64 = 64 << 10;
/// Letters of a signature with its key's number, and of the one over the comment: the library
/// trusts that they are as long as they should be.
const SIGNATURE_CHARS: usize = 100;
const GLOBAL_CHARS: usize = 88;
/// What stands in a signature beside it. A moment or a name would change with every run.
const TRUSTED: &str = "the seal of an evidence bundle";
const UNTRUSTED: &str = "minisign signature over tagmanifest-sha256.txt";

/// A key to sign with.
pub(crate) struct Signer {
    key: SecretKey,
}

impl Signer {
    /// Opens a key, with the password out of a file or the environment if it has one.
    ///
    /// # Errors
    /// When it is no key, or the password is missing, wrong or too much.
    pub(crate) fn open(path: &Path, password: Option<&Path>) -> Result<Self> {
        let shown = path.display();
        let text = small(path)?;
        let told = match password {
            Some(file) => Some(small(file)?.trim_end_matches(['\r', '\n']).to_owned()),
            None => std::env::var(PASSWORD_VARIABLE).ok(),
        };
        let boxed = || {
            SecretKeyBox::from_string(&text)
                .map_err(|wrong| anyhow!("[bundle/key] {shown} is no minisign key: {wrong}"))
        };
        let open = boxed()?.into_unencrypted_secret_key();
        let key = match (open, told) {
            (Ok(_), Some(_)) if password.is_some() => {
                bail!("[bundle/key] {shown} has no password; leave --sign-password out")
            }
            (Ok(key), _) => key,
            (Err(_), Some(told)) => boxed()?
                .into_secret_key(Some(told))
                .map_err(|wrong| anyhow!("[bundle/key] {shown} does not open: {wrong}"))?,
            (Err(_), None) => bail!(
                "[bundle/key] {shown} has a password; give it with --sign-password FILE or in \
                 {PASSWORD_VARIABLE}"
            ),
        };
        Ok(Self { key })
    }

    /// The public key, as its file has it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn public(&self) -> Result<String> {
        let key = PublicKey::from_secret_key(&self.key).map_err(|wrong| anyhow!("{wrong}"))?;
        let boxed = key.to_box().map_err(|wrong| anyhow!("{wrong}"))?;
        Ok(boxed.into_string())
    }

    /// Signs a text.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub(crate) fn sign(&self, text: &[u8]) -> Result<String> {
        minisign::sign(None, &self.key, Cursor::new(text), Some(TRUSTED), Some(UNTRUSTED))
            .map(SignatureBox::into_string)
            .map_err(|wrong| anyhow!("[bundle/key] cannot sign: {wrong}"))
    }
}

fn small(path: &Path) -> Result<String> {
    let shown = path.display();
    let what = || format!("[bundle/key] cannot read {shown}");
    if path.metadata().with_context(what)?.len() > KEY_BYTES_MAX {
        bail!("[bundle/key] {shown} is no key: it is larger than {KEY_BYTES_MAX} bytes");
    }
    std::fs::read_to_string(path).with_context(what)
}

/// A public key out of its file's text, or out of its one line.
///
/// # Errors
/// When it is none.
pub(crate) fn public_key(text: &str) -> Result<PublicKey, String> {
    let boxed = PublicKeyBox::from_string(text).and_then(PublicKeyBox::into_public_key);
    let key = boxed.or_else(|_| PublicKey::from_base64(text.trim()));
    key.map_err(|wrong| format!("it is no minisign public key: {wrong}"))
}

/// The public key of a file.
///
/// # Errors
/// When it is none.
pub(crate) fn public_key_file(path: &Path) -> Result<PublicKey> {
    public_key(&small(path)?).map_err(|why| anyhow!("[bundle/key] {}: {why}", path.display()))
}

/// The letters by which people compare keys.
pub(crate) fn id_of(key: &PublicKey) -> String {
    let number: [u8; 8] = key.keynum().try_into().unwrap_or_default();
    format!("{:016X}", u64::from_le_bytes(number))
}

/// Checks a signature. Its file is held to the one form in which it is written, because words
/// stand in it that no signature covers.
///
/// # Errors
/// Why it does not hold.
pub(crate) fn check(key: &PublicKey, signature: &str, text: &[u8]) -> Result<(), String> {
    let lengths: Vec<usize> = signature.lines().map(str::len).collect();
    if !matches!(lengths[..], [_, SIGNATURE_CHARS, _, GLOBAL_CHARS]) {
        return Err("its file is not as it was written".to_owned());
    }
    let read = SignatureBox::from_string(signature).map_err(|wrong| wrong.to_string())?;
    let said = read.untrusted_comment().unwrap_or_default();
    if said != UNTRUSTED || read.to_string() != signature {
        return Err("its file is not as it was written".to_owned());
    }
    minisign::verify(key, &read, Cursor::new(text), true, false, false)
        .map_err(|wrong| wrong.to_string())
}
