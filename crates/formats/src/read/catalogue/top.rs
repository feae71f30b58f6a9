//! The outermost object of a catalogue, key by key: whatever comes first tells what it is.

use std::cell::Cell;
use std::fmt;
use std::io::Read;
use std::rc::Rc;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Each, Entry, Kind, PRODUCTS_MAX, Told, csaf, cve, is_cve, nvd, unknown};

/// Holes of one advisory that are kept until its products are known.
const HOLES_MAX: usize = 10_000;

/// What the object has told so far.
#[derive(Default)]
struct Seen {
    day: Option<String>,
    edition: Option<String>,
    records: u64,
    kind: Option<Kind>,
    containers: Option<cve::Containers>,
    metadata: Option<cve::Metadata>,
    document: Option<csaf::Document>,
    tree: Option<csaf::Tree>,
    holes: Vec<csaf::Hole>,
    bare: nvd::Record,
}

/// Reads the object.
pub(super) fn read(
    input: impl Read,
    record: &Rc<Cell<u64>>,
    each: Each<'_>,
) -> Result<Told, String> {
    let mut from = serde_json::Deserializer::from_reader(input);
    let top = Top { record, each: &mut *each };
    let seen = top.deserialize(&mut from).map_err(|wrong| format!("it is damaged: {wrong}"))?;
    from.end().map_err(|wrong| format!("it is damaged: {wrong}"))?;
    tell(seen, each)
}

/// Tells what the object as a whole is.
fn tell(seen: Seen, each: Each<'_>) -> Result<Told, String> {
    let Seen { day, edition, mut records, kind, .. } = seen;
    if let (Some(containers), Some(metadata)) = (seen.containers, seen.metadata) {
        let day = metadata.day();
        each(cve::entry(containers, metadata));
        return Ok(Told { kind: Kind::Cve, day, edition, records: 1 });
    }
    if let Some(document) = seen.document {
        let tree = seen.tree.unwrap_or_default();
        let products = csaf::products(&tree);
        for hole in &seen.holes {
            if let Some(entry) = csaf::entry(hole, &products, &document) {
                each(entry);
                records += 1;
            }
        }
        let (day, edition) = (document.day(), document.edition());
        return Ok(Told { kind: Kind::Csaf, day, edition, records });
    }
    if !seen.bare.id.is_empty() {
        let day = seen.bare.modified.get(..10).map(str::to_owned);
        let entry = match seen.bare.entry() {
            // A file of which not even the number can be read is none of these.
            Entry::Unusable(_) => return Err(unknown()),
            entry => entry,
        };
        each(entry);
        return Ok(Told { kind: Kind::Nvd, day, edition, records: 1 });
    }
    let kind = kind.ok_or_else(unknown)?;
    Ok(Told { kind, day, edition, records })
}

struct Top<'t, 'e> {
    record: &'t Rc<Cell<u64>>,
    each: Each<'e>,
}

impl<'de> DeserializeSeed<'de> for Top<'_, '_> {
    type Value = Seen;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Seen, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = Seen;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Seen, A::Error> {
        let mut seen = Seen::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "vulnerabilities" | "cve_items" => {
                    let list = List { record: self.record, each: &mut *self.each, seen: &mut seen };
                    map.next_value_seed(list)?;
                }
                "containers" => seen.containers = Some(map.next_value()?),
                "cveMetadata" => seen.metadata = Some(map.next_value()?),
                "document" => seen.document = Some(map.next_value()?),
                "product_tree" => seen.tree = Some(map.next_value()?),
                "timestamp" | "dateReleased" => {
                    let time: String = map.next_value()?;
                    seen.day = time.get(..10).map(str::to_owned);
                }
                "catalogVersion" => seen.edition = Some(map.next_value()?),
                "id" => seen.bare.id = map.next_value()?,
                "vulnStatus" => seen.bare.status = map.next_value()?,
                "published" => seen.bare.published = map.next_value()?,
                "lastModified" => seen.bare.modified = map.next_value()?,
                "metrics" => seen.bare.metrics = map.next_value()?,
                "configurations" => seen.bare.configurations = map.next_value()?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            self.record.set(0);
        }
        Ok(seen)
    }
}

/// A list of records: of NVD, of CISA, or the holes of an advisory.
struct List<'t, 'e> {
    record: &'t Rc<Cell<u64>>,
    each: Each<'e>,
    seen: &'t mut Seen,
}

/// One of the three.
#[derive(Deserialize)]
#[serde(untagged)]
enum Item {
    /// `{"cve": {…}}`: the database.
    Wrapped {
        cve: Box<nvd::Record>,
    },
    /// `{"cveID": …}`: the catalogue.
    Exploited(Exploited),
    /// `{"cve": "CVE-…"}`: an advisory.
    Hole(Box<csaf::Hole>),
    /// `{"id": …}`: a feed of the database's records. Nothing of it must be there, so it stands
    /// behind those of which something must.
    Bare(Box<nvd::Record>),
    Else(IgnoredAny),
}

#[derive(Deserialize)]
struct Exploited {
    #[serde(rename = "cveID")]
    cve: String,
    #[serde(rename = "dateAdded", default)]
    added: String,
}

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(item) = list.next_element::<Item>()? {
            self.record.set(0);
            match item {
                Item::Bare(record) if record.id.is_empty() => {}
                Item::Wrapped { cve: record } | Item::Bare(record) => {
                    self.seen.kind = Some(Kind::Nvd);
                    self.seen.records += 1;
                    (self.each)(record.entry());
                }
                Item::Exploited(one) => {
                    self.seen.kind = Some(Kind::Kev);
                    self.seen.records += 1;
                    if is_cve(&one.cve) && super::day_of(&one.added).is_some() {
                        (self.each)(Entry::Exploited(one.cve, one.added));
                    } else {
                        (self.each)(Entry::Unusable(one.cve));
                    }
                }
                Item::Hole(hole) if self.seen.holes.len() < HOLES_MAX => {
                    self.seen.holes.push(*hole);
                }
                Item::Hole(_) | Item::Else(_) => {}
            }
        }
        // What a list is of that holds nothing is told by what stands beside it.
        if self.seen.kind.is_none() && self.seen.holes.is_empty() {
            self.seen.kind = Some(Kind::Nvd);
        }
        Ok(())
    }
}

/// The first so many of a list.
pub(super) fn first<T>(mut all: Vec<T>) -> Vec<T> {
    all.truncate(PRODUCTS_MAX);
    all
}
