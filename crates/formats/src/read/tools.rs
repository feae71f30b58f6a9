//! Tables that a tool or program exports, in which a heading means something else than it does in
//! a list that people keep: the `Device Type` of SADP is a model number, the `Company` of an
//! inventory its owner.
//!
//! Such a table is known by headings that stand together in no other. It stays a table that
//! anybody can edit: nothing in it is taken for a reply of a device.

use whomade_core::observation::Field;

use super::columns::{Draft, alike, values};
use super::records::OwnedRow;
use super::words::{self, Claim};
use super::{Because, Use, ip};

/// A tool's table.
struct Tool {
    /// Headings, folded, that all stand there; of some a bar parts what other languages say.
    has: &'static [&'static str],
    /// What its columns hold, where that is not what their headings say elsewhere.
    uses: &'static [(&'static str, Use)],
}

const MODEL: Use = Use::Field(Field::Model);
const IP: Use = Use::Field(Field::Ip);
const FIRMWARE: Use = Use::Field(Field::Firmware);
const PRODUCT: Use = Use::Field(Field::Product);

/// Over the model number in SADP.
const SADP_TYPE: &str = "device type|geratetyp|type d appareil|type de peripherique|\
     tipo de dispositivo|tipo di dispositivo|tipo dispositivo|apparaattype|typ urzadzenia";

/// Over the version of the encoder's part in SADP; nobody else has such a column.
const SADP_DSP: &str = "dsp version|version dsp|version de dsp|version du dsp|versione dsp|\
     versao dsp|versao do dsp|dsp versie|wersja dsp";

static TOOLS: &[Tool] = &[
    // Hikvision's SADP. Its ID counts the rows; DSP is the version of the encoder's part.
    Tool {
        has: &[SADP_TYPE, SADP_DSP],
        uses: &[
            ("id|no|nr|n|kennung", Use::Context),
            (SADP_TYPE, MODEL),
            ("software version|softwareversion|version software|versione software", FIRMWARE),
            (SADP_DSP, Use::Context),
            ("encoding channels|start time|startzeit", Use::Context),
            ("ipv6 address|ipv6 adresse|adresse ipv6|direccion ipv6|indirizzo ipv6", Use::Context),
        ],
    },
    // Dahua's ConfigTool. Its type is the sort of device.
    Tool {
        has: &["no", "type", "model", "ip", "mac", "version"],
        uses: &[("no", Use::Context), ("type", Use::Context), ("version", FIRMWARE)],
    },
    // The camera report of Milestone's PowerShell tools. The driver is what the software chose.
    Tool {
        has: &["hardwarename", "mac", "driver"],
        uses: &[
            ("hardwarename", Use::Context),
            ("address", IP),
            ("driver", Use::Context),
            ("driverfamily", Use::Context),
            ("driverversion", Use::Context),
            ("recordername", Use::Context),
        ],
    },
    // What Milestone imports hardware from.
    Tool {
        has: &["hardwareaddress", "hardwaredriverid"],
        uses: &[("hardwareaddress", IP), ("hardwaredriverid", Use::Context)],
    },
    // Reports of Genetec's Security Center on the entities that run on its units: a unit is what
    // serves them, such as an encoder with four cameras.
    Tool {
        has: &["entity|camera", "unit", "manufacturer", "product type"],
        uses: &[
            ("entity|camera", Use::Name),
            ("unit", Use::Context),
            ("product type", MODEL),
            ("firmware version", FIRMWARE),
            ("proposed firmware version", Use::Context),
        ],
    },
    // Its hardware inventory, which lists the units alone.
    Tool {
        has: &["unit", "manufacturer", "product type", "firmware version"],
        uses: &[
            ("unit", Use::Name),
            ("product type", MODEL),
            ("firmware version", FIRMWARE),
            ("proposed firmware version", Use::Context),
        ],
    },
    // ServiceNow by the names of its columns. A model's name begins with its manufacturer's.
    Tool { has: &["sys class name"], uses: SERVICE_NOW },
    // The same by their labels.
    Tool { has: &["asset tag", "serial number", "model id"], uses: SERVICE_NOW },
    // Snipe-IT. A model has a name and a number.
    Tool {
        has: &["asset tag", "category", "model", "model no"],
        uses: &[("company", Use::Context), ("model no", MODEL), ("model", PRODUCT)],
    },
    Tool {
        has: &["asset tag", "category", "model", "manufacturer"],
        uses: &[("company", Use::Context)],
    },
];

const SERVICE_NOW: &[(&str, Use)] = &[
    ("vendor", Use::Context),
    ("company", Use::Context),
    ("model id", PRODUCT),
    ("model number", MODEL),
    ("sys id", Use::Context),
];

/// Gives the columns of a tool's table what they hold.
pub(super) fn settle(drafts: &mut [Draft]) {
    let headings: Vec<String> = drafts.iter().map(|draft| words::fold(&draft.heading)).collect();
    let is = |words: &str, heading: &str| words.split('|').any(|word| word == heading);
    let has = |words: &str| headings.iter().any(|heading| is(words, heading));
    let Some(tool) = TOOLS.iter().find(|tool| tool.has.iter().all(|one| has(one))) else { return };
    for (draft, heading) in drafts.iter_mut().zip(&headings) {
        if let Some((_, used_as)) = tool.uses.iter().find(|(own, _)| is(own, heading)) {
            draft.claim = Some(Claim { used_as: *used_as, weak: false });
            draft.because = Because::Header;
        }
    }
}

/// An address is a street in one list and one of the network in another; its cells tell.
pub(super) fn settle_addresses(drafts: &mut [Draft], rows: &[OwnedRow]) {
    if drafts.iter().any(|draft| draft.is(IP)) {
        return;
    }
    let is_ip = |value: &str| ip::usual(value).is_some();
    for (index, draft) in drafts.iter_mut().enumerate() {
        let open = draft.is(Use::Context) && draft.because != Because::Map;
        if !open || !words::is_address(&draft.heading) {
            continue;
        }
        let values: Vec<&str> = values(rows, index).collect();
        if alike(&values, is_ip) {
            draft.claim = Some(Claim { used_as: IP, weak: true });
            draft.because = Because::Content;
            return;
        }
    }
}

/// The columns of words by which somebody logs in: they are neither read nor kept.
pub(super) fn secrets(drafts: &[Draft]) -> Vec<usize> {
    let secret = |draft: &Draft| draft.is(Use::Ignored) && words::is_secret(&draft.heading);
    (0..drafts.len()).filter(|index| secret(&drafts[*index])).collect()
}
