//! The layout of a bundle: which files beside the payload it has, byte for byte.

use std::collections::BTreeMap;

/// Where the payload lies.
pub(crate) const PAYLOAD: &str = "data/";
/// The declaration that makes a folder a bag.
pub(crate) const DECLARATION: &str = "bagit.txt";
/// What the bag holds, in a few lines.
pub(crate) const CARD: &str = "bag-info.txt";
/// The hashes of the payload.
pub(crate) const MANIFEST: &str = "manifest-sha256.txt";
/// The hashes of the files beside the payload, and with them of everything: its own hash is the
/// seal of the bundle.
pub(crate) const TAG_MANIFEST: &str = "tagmanifest-sha256.txt";
/// The public key, where the bundle is signed.
pub(crate) const PUBLIC_KEY: &str = "minisign.pub";
/// The signature over the last manifest. Nothing can list it.
pub(crate) const SIGNATURE: &str = "tagmanifest-sha256.txt.minisig";

/// What a file is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sum {
    /// Its length.
    pub(crate) bytes: u64,
    /// Its SHA-256, in small hex digits.
    pub(crate) sha256: String,
}

/// Files by name.
pub(crate) type Sums = BTreeMap<String, Sum>;

/// The files beside the payload that follow from it, but for the last manifest.
pub(crate) fn tags(payload: &Sums, program: &str) -> Vec<(&'static str, String)> {
    let octets: u64 = payload.values().map(|sum| sum.bytes).sum();
    vec![
        (DECLARATION, "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n".to_owned()),
        (
            CARD,
            format!(
                "Bag-Software-Agent: whomade {program}\n\
                 External-Description: Evidence of who made equipment; see data/READ-ME.txt\n\
                 Payload-Oxum: {octets}.{}\n",
                payload.len()
            ),
        ),
        (MANIFEST, manifest(payload)),
    ]
}

/// A manifest, as `sha256sum --check` reads it.
pub(crate) fn manifest(files: &Sums) -> String {
    files.iter().map(|(name, sum)| format!("{}  {name}\n", sum.sha256)).collect()
}

/// The names and hashes that a manifest gives; lines of another form are left out, because the
/// whole text is compared anyway.
pub(crate) fn listed(manifest: &str) -> BTreeMap<&str, &str> {
    manifest
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(sum, name)| (name, sum))
        .collect()
}

/// The bytes and the files of the payload that a card counts, if it counts them.
pub(crate) fn count(card: &str) -> Option<(u64, u64)> {
    let noted = card.lines().find_map(|line| line.strip_prefix("Payload-Oxum: "))?;
    let (bytes, files) = noted.trim().split_once('.')?;
    Some((bytes.parse().ok()?, files.parse().ok()?))
}
