//! Who holds an address, and where it is registered: tables in the MaxMind DB format that the user
//! supplies. The format is described at <https://maxmind.github.io/MaxMind-DB/>.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use maxminddb::{Reader, WithinOptions};
use serde_json::Value;
use whomade_core::egress::Recipient;
use whomade_core::report::clean;

/// A larger table is none of countries or holders; it is read into memory.
const TABLE_BYTES_MAX: u64 = 1 << 30;
/// Networks of a table that are looked at to see what it tells.
const TRIED_MAX: usize = 1_000;
/// Headings of a table that are named where it is of no use.
const KEYS_MAX: usize = 8;
/// Addresses of one recipient that are looked up.
const ADDRESSES_MAX: usize = 64;

/// What the tables say of addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// Where they are registered: codes of ISO 3166.
    pub(crate) countries: BTreeSet<String>,
    /// Who holds them.
    pub(crate) holders: BTreeSet<String>,
}

impl Held {
    /// In words; none when the tables say nothing.
    pub(crate) fn words(&self) -> Option<String> {
        let all = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(", ");
        match (self.holders.is_empty(), self.countries.is_empty()) {
            (true, true) => None,
            (true, false) => Some(format!("registered in {}", all(&self.countries))),
            (false, true) => Some(format!("registered to {}", all(&self.holders))),
            (false, false) => {
                Some(format!("registered to {} in {}", all(&self.holders), all(&self.countries)))
            }
        }
    }
}

/// The tables.
pub(crate) struct Tables(Vec<Reader<Vec<u8>>>);

impl Tables {
    /// Opens tables.
    ///
    /// # Errors
    /// When one cannot be read, or tells neither a country nor a holder.
    pub(crate) fn open(paths: &[PathBuf]) -> Result<Self> {
        paths.iter().map(|path| open(path)).collect::<Result<_>>().map(Self)
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What they say of an address.
    pub(crate) fn of(&self, address: IpAddr) -> Held {
        let mut held = Held::default();
        for table in &self.0 {
            // A table of the fourth version knows nothing of the sixth, and says so as an error.
            let row = table.lookup(address).ok().and_then(|found| found.decode::<Value>().ok());
            if let Some(row) = row.flatten() {
                add(&row, &mut held);
            }
        }
        held
    }

    /// What they say of the addresses of a recipient.
    pub(crate) fn of_recipient(&self, one: &Recipient) -> Held {
        let mut all = Held::default();
        for address in one.addresses().into_iter().take(ADDRESSES_MAX) {
            let held = self.of(address);
            all.countries.extend(held.countries);
            all.holders.extend(held.holders);
        }
        all
    }
}

/// What a row says, under the names that tables of countries and of autonomous systems use. A
/// country beside which none of registration stands (`country.iso_code`) is where an address is
/// thought to be used: that is another thing, and not taken for it.
fn add(row: &Value, held: &mut Held) {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(clean);
    let countries = [&row["registered_country"]["iso_code"], &row["country_code"], &row["country"]];
    // `None` and `ZZ` say that nobody knows; a name in words is no code.
    let code = |text: &String| {
        text.len() == 2 && text.bytes().all(|one| one.is_ascii_uppercase()) && text != "ZZ"
    };
    held.countries.extend(countries.into_iter().filter_map(text).find(code));
    let holders = [&row["autonomous_system_organization"], &row["as_name"], &row["name"]];
    held.holders.extend(holders.into_iter().find_map(text));
}

fn open(path: &Path) -> Result<Reader<Vec<u8>>> {
    const NEXT: &str = "give a table of countries or of autonomous systems as .mmdb; the README \
                        names one in the public domain";
    let shown = clean(&path.to_string_lossy());
    let size = path.metadata().with_context(|| shown.clone())?.len();
    if size > TABLE_BYTES_MAX {
        bail!("[ask/bad-mmdb] {shown} has more than {TABLE_BYTES_MAX} bytes; {NEXT}");
    }
    let bytes = std::fs::read(path).with_context(|| shown.clone())?;
    let Ok(table) = Reader::from_source(bytes) else {
        bail!("[ask/bad-mmdb] {shown} is no MaxMind DB; {NEXT}");
    };
    let (mut held, mut used, mut keys) = (Held::default(), false, BTreeSet::new());
    if let Ok(networks) = table.networks(WithinOptions::default()) {
        for network in networks.take(TRIED_MAX) {
            let row = network.ok().and_then(|found| found.decode::<Value>().ok()).flatten();
            if let Some(row) = row {
                add(&row, &mut held);
                used |= row["country"]["iso_code"].is_string();
                let named = row.as_object().into_iter().flatten().map(|(key, _)| clean(key));
                keys.extend(named.take(KEYS_MAX));
            }
        }
    }
    if held == Held::default() {
        let sort = clean(&table.metadata().database_type);
        if used {
            bail!(
                "[ask/mmdb-kind] {shown} (`{sort}`) tells in which country an address is thought to \
                 be used, not where it is registered; {NEXT}"
            );
        }
        let keys: Vec<String> = keys.into_iter().take(KEYS_MAX).collect();
        let has = if keys.is_empty() {
            "no row of it has headings".to_owned()
        } else {
            format!("it has {}", keys.join(", "))
        };
        bail!("[ask/mmdb-kind] {shown} (`{sort}`) tells neither country nor holder: {has}; {NEXT}");
    }
    Ok(table)
}
