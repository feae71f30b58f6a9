//! The list of the formats that can be read: to add one is to add its file and a line here.

use super::bills::{cyclonedx, spdx};
use super::discovery::{avahi, isapi, magicbox, onvif, sadp, ssdp, wsdiscover};
use super::format::Format;
use super::head::Head;
use super::inventory::{home_assistant, netbox, servicenow, snipe_it};
use super::leases::{dhcpd, dnsmasq, kea, neighbours, switches, windows};
use super::logs::{adguard, dnsmasq_log, eve, pihole, zeek};
use super::scan::{
    censys, masscan, nessus, nmap_grepable, nmap_text, nmap_xml, openvas, runzero, rustscan,
    shodan, whomade, zgrab2, zmap,
};
use super::{captures, labelled, list, ndjson, table, workbook};

impl Format {
    /// Those that bear signs of their own, in the order in which they are asked.
    const SIGNED: &'static [Self] = &[
        workbook::FORMAT,
        captures::FORMAT,
        whomade::FORMAT,
        masscan::FORMAT,
        nmap_xml::FORMAT,
        nmap_grepable::FORMAT,
        nmap_text::FORMAT,
        nessus::FORMAT,
        openvas::FORMAT,
        shodan::FORMAT,
        censys::FORMAT,
        runzero::FORMAT,
        zgrab2::FORMAT,
        rustscan::FORMAT,
        zmap::FORMAT,
        eve::FORMAT,
        onvif::FORMAT,
        sadp::FORMAT,
        isapi::FORMAT,
        ssdp::FORMAT,
        avahi::FORMAT,
        wsdiscover::FORMAT,
        magicbox::FORMAT,
        home_assistant::FORMAT,
        servicenow::FORMAT,
        snipe_it::FORMAT,
        cyclonedx::FORMAT,
        spdx::FORMAT,
        netbox::FORMAT,
        kea::FORMAT,
        windows::FORMAT,
        dhcpd::FORMAT,
        dnsmasq::FORMAT,
        neighbours::FORMAT,
        switches::FORMAT,
        zeek::FORMAT,
        adguard::FORMAT,
        dnsmasq_log::FORMAT,
        pihole::FORMAT,
        labelled::FORMAT,
        ndjson::FORMAT,
    ];

    /// What any text can be, the likelier first.
    const TEXTS: &'static [Self] = &[table::FORMAT, list::FORMAT];

    /// Every format, in the order in which they are asked whether an input is theirs.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::SIGNED.iter().chain(Self::TEXTS).copied()
    }

    /// The format of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        // The ends of files' names are what people type first.
        let word = match word {
            "csv" | "tsv" => "table",
            "xlsx" | "xls" | "ods" => "workbook",
            "pcapng" => "pcap",
            other => other,
        };
        Self::all().find(|format| format.word == word)
    }

    /// The format whose signs the first bytes bear.
    pub(crate) fn by_sign(head: &Head<'_>) -> Option<Self> {
        Self::SIGNED.iter().copied().find(|format| (format.recognises)(head))
    }

    /// What a text without signs is likeliest.
    pub(crate) fn of_text(head: &Head<'_>) -> Option<Self> {
        Self::TEXTS.iter().copied().find(|format| (format.recognises)(head))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::path::Path;

    use super::super::{encoding, gzip};
    use super::*;

    /// Formats of which no other may take an input, and which take no other's.
    const APART: [&str; 12] = [
        "pcap",
        "onvif",
        "sadp",
        "isapi",
        "ssdp",
        "avahi",
        "wsdiscover",
        "magicbox",
        "servicenow",
        "snipe-it",
        "cyclonedx",
        "spdx",
    ];

    fn folders(path: &Path) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        let mut all: Vec<_> = entries.filter(|path| path.is_dir()).collect();
        all.sort();
        all
    }

    #[test]
    fn discovery_inventories_and_bills_are_taken_for_nothing_else() {
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        let mut seen = 0;
        for case in folders(&cases).iter().flat_map(|format| folders(format)) {
            let own = case.parent().and_then(Path::file_name).unwrap().to_string_lossy();
            let mut files = std::fs::read_dir(&case).unwrap().map(|entry| entry.unwrap().path());
            let input = files.find(|path| path.file_stem().is_some_and(|stem| stem == "input"));
            let Some(file) = input.and_then(|path| File::open(path).ok()) else { continue };
            let opened = gzip::open(Box::new(file), std::rc::Rc::default()).unwrap();
            let text = encoding::decode_head(&opened.head);
            let head = Head::new(&opened.head, &text);
            // Lines of JSON are the last resort of everything that is JSON.
            let signed = Format::SIGNED.iter().filter(|format| format.word != "ndjson");
            let taken: Vec<_> = signed.filter(|format| (format.recognises)(&head)).collect();
            let words: Vec<&str> = taken.iter().map(|format| format.word).collect();
            if APART.contains(&&*own) {
                seen += 1;
                assert_eq!(words, [&*own], "{}", case.display());
            } else {
                let strange = words.iter().find(|word| APART.contains(word));
                assert!(strange.is_none(), "{}: {words:?}", case.display());
            }
        }
        assert!(seen >= 2 * APART.len(), "only {seen} cases");
    }
}
