//! What the program says about its input: one shape, documented codes, a place, a next step.

use std::ops::Range;
use std::sync::Arc;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// For information.
    Note,
    /// Something was not read or not certain; the rest goes on.
    Warning,
    /// The question could not be answered.
    Error,
}

impl Severity {
    /// The word as printed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A piece of text that a diagnostic points at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The file.
    pub source: Arc<str>,
    /// The line on which `text` begins, counted from 1; 0: the whole file is meant.
    pub line: u64,
    /// The text shown, a line or a few; may be empty.
    pub text: String,
    /// The bytes of `text` that are meant.
    pub span: Range<usize>,
    /// What is said at these bytes.
    pub label: String,
}

/// One diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its code: an entry of [`CODES`].
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was found, in one sentence without a full stop.
    pub message: String,
    /// Where.
    pub place: Option<Box<Place>>,
    /// What else is known.
    pub notes: Vec<String>,
    /// The next step.
    pub help: Option<String>,
    /// Of one that closes a row of others, "and so many more": how many it stands for.
    pub more: Option<u64>,
}

impl Diagnostic {
    /// A diagnostic of that code with the severity the code usually has.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        let severity = find(code).map_or(Severity::Error, |known| known.severity);
        let message = message.into();
        Self { code, severity, message, place: None, notes: vec![], help: None, more: None }
    }

    /// For how many it stands among what was not read as it should be: none where it is a note.
    /// One that closes a row of others is said as a note and counts as they do.
    #[must_use]
    pub fn counts(&self) -> u64 {
        counts(self.code, self.severity.word(), self.more)
    }

    /// The same, pointing at a place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(Box::new(place));
        self
    }

    /// The same, pointing at a whole file.
    #[must_use]
    pub fn in_file(self, source: impl Into<Arc<str>>) -> Self {
        self.at(Place { source: source.into(), ..Place::default() })
    }

    /// The same with one more note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The same with the next step.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// What stands in the handbook about a code.
#[derive(Debug)]
pub struct Code {
    /// The code.
    pub id: &'static str,
    /// Its usual severity.
    pub severity: Severity,
    /// What it means and what to do, in a few sentences.
    pub meaning: &'static str,
}

/// The entry of a code.
#[must_use]
pub fn find(id: &str) -> Option<&'static Code> {
    CODES.iter().flat_map(|list| list.iter()).find(|code| code.id == id)
}

/// The same of a diagnostic that was kept: by its code, the word of its severity, and how many
/// more it closes a row with.
#[must_use]
pub fn counts(code: &str, severity: &str, more: Option<u64>) -> u64 {
    let closes = more.is_some();
    let usual = find(code).map_or(severity, |known| known.severity.word());
    let note = if closes { usual } else { severity } == Severity::Note.word();
    if note { 0 } else { more.unwrap_or(1) }
}

/// Codes after which a part of a file stayed unread that may hold devices.
const UNREAD: &[&str] = &[
    "read/empty",
    "read/damaged-gz",
    "read/bad-xml",
    "read/bad-json",
    "read/many-cells",
    "read/large-record",
    "read/nested-archive",
    "read/archive-entry",
    "read/cut-capture",
    "read/damaged-capture",
    "read/unknown-link",
    "read/many-stations",
    "read/untold-flows",
    "read/unfinished-scan",
    "read/many-exporters",
    "listen/many-exporters",
];

/// Whether a part of a file stayed unread that may hold devices.
#[must_use]
pub fn leaves_unread(said: &Diagnostic) -> bool {
    said.severity == Severity::Error || UNREAD.contains(&said.code)
}

/// Every code, by the room that says it. Unique across rooms; a test holds that.
pub static CODES: &[&[Code]] =
    &[READ, KB, ASK, WRITE, BUNDLE, ROLLUP, REMOTE, LISTEN, SCAN, WATCH, FARM, ESTATE, PLAN, STORE];

macro_rules! codes {
    ($(#[doc = $doc:literal])* $name:ident: $($id:literal $severity:ident $meaning:literal;)+) => {
        $(#[doc = $doc])*
        pub static $name: &[Code] =
            &[$(Code { id: $id, severity: Severity::$severity, meaning: $meaning },)+];
    };
}

codes! {
    /// Said while reading files.
    READ:
    "read/empty" Warning "The file holds no record. Check that the export was finished and that the right file was named.";
    "read/catalogue" Error "A file that was to be imported is no catalogue of holes in a form that is known, is damaged, or is past a limit. The others were read.";
    "read/not-a-file" Error "A directory or a device was named where a file is wanted. Name the files in it.";
    "read/cannot-open" Error "The file does not exist or may not be read. The system's own words are given.";
    "read/unknown-format" Error "The content is none of the formats that can be read, which `whomade read --formats` lists. A picture, a PDF or a program named .csv ends here. Export the sheet as CSV or XLSX.";
    "read/long-line" Warning "A line is longer than any sheet's and was cut there; the rest of it was skipped. The file may have lost its line breaks.";
    "read/many-columns" Warning "A row has more cells than any sheet's; the cells beyond the limit were skipped.";
    "read/open-quote" Warning "A quote opens and never closes. That line was read without quoting, so that it does not swallow the lines after it.";
    "read/nul" Warning "The text holds NUL bytes, which no text table has; they were taken out. The file may be damaged or a binary.";
    "read/encoding" Warning "Some bytes are no text in the encoding the file seems to have; they were replaced. Save the file as UTF-8 to be sure.";
    "read/ragged" Note "Some rows have more or fewer cells than the header. Missing cells are taken as blank, further ones are kept without a heading.";
    "read/no-header" Note "No row looks like a header, so the columns were recognised by their content.";
    "read/maybe-model" Warning "No column of model numbers was found, but some cells of another column look like them. Say so with --map if they are; otherwise only the name on the devices speaks.";
    "read/no-columns" Warning "No column was recognised as label, model, MAC address, serial number or firmware, so no device can be identified. Say which is which with --map.";
    "read/no-case-columns" Error "A table of cases whose first line does not name the columns model, firmware and cve, parted by tabs.";
    "read/many-cases" Error "A table of cases is larger than the limit. Split it.";
    "read/two-columns" Warning "Two columns claim to be the same field. The fuller one was taken; --map chooses the other.";
    "read/bad-map" Error "--map names a field or a column that does not exist. The fields and the file's columns are listed.";
    "read/bad-mac" Warning "A value in the address column is not a MAC address: wrong length or a character that is no hex digit. It was kept as text and not used.";
    "read/private-mac" Note "The address is locally administered or a group address: the registry says nothing about it.";
    "read/open-day-order" Warning "Every date of a column could be read with the day first and with the month first. They are read day first. `--dates month-first` says otherwise.";
    "read/mixed-day-order" Warning "In one column some dates have the day first and some the month. Those that could be either are read in one way, which may be wrong for some of them. Write dates as 2019-08-13.";
    "read/bad-date" Warning "A date could not be read; the device is judged without it.";
    "read/formula" Note "The cell holds a formula; the value that the workbook stored with it was read.";
    "read/unwrapped" Note "Cells are written as `=\"00123\"`, so that Excel leaves them as they are. The text within was read, in every column.";
    "read/encrypted" Error "The workbook is protected with a password. Save a copy without one.";
    "read/broken-workbook" Error "The workbook cannot be read: it is damaged or not what its name says. Open it and save it again.";
    "read/bomb" Error "The file unpacks to more than the limit, or to more for each of its bytes than any honest one. It was not read further, because such files are made to fill a machine's memory; what was read of it before stays read.";
    "read/bad-archive" Error "An archive of files is damaged or has more files than are read at once.";
    "read/archive-entry" Warning "An entry of an archive was passed over: a link, an encrypted file, a name that leads out of the archive, a packing that is not read, or one that unpacks to too much. The others were read.";
    "read/nested-archive" Warning "An archive lies within an archive and was not opened. Unpack the outer one.";
    "read/many-cells" Warning "A sheet holds more cells than the limit; the rows beyond it were not read. Split the workbook.";
    "read/bad-json" Warning "A line or element is not the JSON that it should be and was skipped, or a document is broken and what stands behind that place was not read. Of a document of no form that is known, line and column are said: whole, it may be of one that is.";
    "read/no-format" Error "--from names a format that does not exist. `whomade read --formats` lists them.";
    "estate/no-room" Error "Records of several files are put aside until it is known which are one device, and there was no room for them. TMPDIR names a folder with more.";
    "estate/many-shared" Warning "So many records share a key with another that none were joined: the same addresses are used at many sites. Screen the sites one by one.";
    "ask/bad-other" Error "--other, or `other` of whomade.toml, takes the heading under which a list says what a thing is and a pattern of what it says there: type=switch*.";
    "ask/unmatched-key" Warning "A key of --apart or --together, or of the same lists in whomade.toml, that no record has: nothing is joined or parted by it. It is written otherwise in the files, or what had it is no longer there.";
    "estate/many-near" Warning "The serial numbers of so many records end alike that no devices are said to be perhaps one. Screen the sites one by one.";
    "estate/many-observations" Warning "A device joined of many records has more observations than are kept of one; those seen later were left out.";
    "ask/no-files" Error "A folder holds no file, or a pattern matches none.";
    "ask/many-files" Error "More files were named than are read at once.";
    "ask/bad-mmdb" Error "What --mmdb names is no table in the MaxMind DB format, or too large.";
    "ask/mmdb-kind" Error "What --mmdb names is such a table, and tells neither in which country an address is registered nor who holds it; a table of where addresses are used tells another thing.";
    "ask/unknown-country" Error "--here names no country by two letters.";
    "ask/mud-url" Error "--mud-url is no address of a folder that begins with https://, as a MUD file needs one.";
    "ask/bad-key" Error "--apart or --together names what is no key. A key is a kind and a value: serial:, mac:, certificate:, name: or ip:.";
    "read/odd-clock" Warning "Records are dated before 2000 or after 2100: the clock of what wrote them was not set. They are read, and no address is given to a device by such a time.";
    "read/bad-line" Warning "A line is none of those that a file of its format has, and was skipped.";
    "read/says-nothing" Note "The file is of a format that is read, and nothing that it holds speaks of a device: a log of connections, a table of neighbours none of whom answered.";
    "read/software-parts" Note "A bill of materials lists programs and libraries beside equipment, or nothing else. They were passed over: only devices and what is built into them are read.";
    "read/repeats" Note "A log says the same of one host again and again. It was taken once, with the time at which it was first said.";
    "read/bad-xml" Warning "An XML document is broken or ends early. The records before that place were read; those behind it were not.";
    "read/entities" Warning "An XML document declares entities of its own, which can be made to fill a machine's memory or to name files. None of them is expanded.";
    "read/large-record" Warning "A record of a document is larger than the limits and was left out; the others were read.";
    "read/many-observations" Warning "One device has more observations than the limit; those beyond it were skipped.";
    "read/unknown-kind" Note "An observation of a kind that this program does not know was kept out of the evaluation of evidence.";
    "read/no-cluster" Warning "A labelled observation names no cluster. It was counted as a device of its own, so a fit may be asked about a device that it has seen.";
    "read/same-id" Warning "Two labelled observations have the same id.";
    "read/split-cluster" Warning "Rows of one cluster name different folds or halves. They are not independent, so the cluster was kept whole; its name alone chooses its fold.";
    "read/same-text" Note "The same observation stands in two clusters. If it is one device, a fit learns in one fold what it is asked in another, and the score is too good.";
    "read/no-such-maker" Warning "A labelled observation names a true maker that the base does not have. It can never be answered right.";
    "read/bad-features" Warning "A line of features.tsv is not what `whomade kb fit` writes; it was left out of the fit.";
    "read/unknown-field" Warning "An observation names a field that does not exist; it was skipped. `whomade identify --help` lists the fields.";
    "read/long-value" Warning "A value is longer than the limit and was cut.";
    "read/letter-says" Note "What a supplier's answer covers, leaves out or contradicts, in one sentence each.";
    "read/letter-left-out" Warning "A letter of the folder stands in no dossier here: it says nobody's name, or another's than the supplier asked for.";
    "read/no-answer" Error "A supplier's answer in which no question of the letter is answered. It is read as the tables of the letter: Markdown, CSV, or lines of `question: answer`.";
    "read/long-letter" Warning "A supplier's answer has more rows than the limit; those beyond it were not read.";
    "read/cut-capture" Warning "A capture ends within a packet: it was copied while it was still written, or a disk was full. All packets before that one were read.";
    "read/damaged-capture" Warning "What follows in a capture is no packet, or one longer than any link carries. All packets before that place were read; those behind it were not.";
    "read/unknown-link" Warning "Packets of a capture were recorded on a kind of link that is not read, such as the frames of a radio. They were passed over: what their stations show is not known. Record on the wire, or on the other side of the access point.";
    "read/short-snaplen" Warning "Of some packets only the beginning was recorded, so that what devices say of themselves may be missing. Record whole packets: `tcpdump -s 0`.";
    "read/unread-packets" Note "Packets of a capture are damaged, or wrapped in more tunnels than are opened, and were passed over.";
    "read/clock-backwards" Note "Packets of a capture are older than one before them: several recordings were put together, or a clock was set. They were read in the order in which they stand, each with its own time.";
    "read/many-stations" Warning "A capture has more stations than are kept apart. Those beyond are left out: split the capture by network.";
    "read/untold-flows" Warning "Exporters reported flows and never said what their records look like, so that these could not be read. They say it every few minutes: record longer, or let them say it more often.";
    "read/many-exporters" Warning "Exporters, or what they say of the form of their records, are more than are kept: of each there is a share, and one that delivered flows gives way to nobody. What was left out is not known. A sender is easily forged: take only what your own exporters send (`whomade collect --exporter`), and record their port alone.";
    "read/repeated-flows" Note "A network doubled messages of exporters, or a mirror saw them twice: byte for byte the same, with the same number and moment. Each is counted once.";
    "read/several-exporters" Note "Several exporters report. A flow that passes more than one of them, or that one reports where it comes in and where it goes out, is counted each time.";
    "read/lost-packets" Warning "Many ports of hosts that refuse at others were silent in a scan: packets were lost on the way. Hosts may be missing, and what some said is not whole.";
    "read/lost-flows" Warning "The numbers of exporters' messages have gaps: some were lost on the way, and what they reported is not known.";
    "read/missing-pieces" Warning "Packets came in pieces, and some of these never came. Nothing of such a packet is counted.";
    "read/nobodys-packets" Warning "Packets passed between two addresses of which none is known to be a station's of the network that was recorded: neither is private, and nobody said there that it is his. What they exchanged is counted nowhere.";
    "read/packets-twice" Note "A capture holds packets more than once: a mirror copied what came and what went, or the same packet was recorded before and behind a router. They are known by their number, checksum and place, and count once.";
    "read/unasked-names" Note "A capture holds answers about names of which nobody was seen to ask. They name nobody with whom a device talks: anybody on a network can send such an answer.";
    "read/odd-names" Note "Names that were asked for have letters that no name of a host has. They are told nowhere, so that nobody can write into an answer what was never there.";
    "read/behind-another" Note "Packets of several addresses came from one hardware address, as through a router or what extends a wireless network. Of these stations the hardware address, and what it tells of the maker, is not known.";
    "read/odd-flows" Warning "Exporters sent records with more or fewer bytes than so many packets can carry, or with more than any link carries in a day. Nothing of these is counted, so that what is counted is a lower bound.";
    "read/unnamed-flows" Note "Exporters sent records that do not say between whom, such as counts of interfaces.";
    "read/many-names" Warning "A capture holds more answers about names than are kept. With whom devices talk may stand without the name that was asked for: split the capture.";
    "read/many-peers" Warning "Stations of a capture talk with more peers than are listed of one or of all. What they exchanged with the others is counted nowhere: split the capture.";
    "read/many-flows" Note "A capture has more flows at once than are followed. Of those that were let go the bytes are counted, and names that are said late in them may be missing.";
    "read/unfinished-scan" Warning "The log of a scan ends before the scan was over: it was stopped, or is still going on. What stands in it was read; the addresses that it had not come to were not asked.";
    "read/newer-scan" Warning "The log of a scan was written by a later release. What is known of its lines was read.";
    "read/many-pieces" Warning "More packets of a capture came in pieces than wait for their rest at once. Those given up are counted nowhere.";
    "read/late-interfaces" Warning "Interfaces of a NetBox stand behind their devices in one file, so that their hardware addresses were left out. Put them before the devices, or into a file of their own.";
    "read/many-interfaces" Warning "More interfaces of a NetBox wait for their devices than there is room for; the addresses of the others were left out. Split the file by site.";
    "read/same-file" Warning "A file was given twice, or two files hold the same bytes. It is read once.";
    "read/damaged-gz" Warning "The compressed file (.gz, .zst, or an entry of a .zip) ends early or is damaged; what could be unpacked was read.";
}

codes! {
    /// Said by the linter of the knowledge base.
    KB:
    "kb/syntax" Error "The file is not valid TOML.";
    "kb/unknown-key" Error "A key that the format does not have, or a value of the wrong type. The keys are listed in kb/README.md.";
    "kb/unknown-file" Error "A file in a folder or with a name that the base does not have.";
    "kb/bad-id" Error "Ids are lower-case letters, digits, dashes and dots, and a file is called as its id.";
    "kb/unknown-id" Error "An id that no file has. A likely one is suggested.";
    "kb/duplicate-id" Error "Two facts have the same id.";
    "kb/redefined" Warning "A fact of an overlay takes the place of a built-in one with the same id. What was fitted for the built-in one does not hold for it.";
    "kb/same-name" Warning "Two makers, or two labels, bear one name. What is sold under it is looked up in one of the two files only.";
    "kb/unreadable" Error "A file of a base that is no UTF-8 text, is larger than the limit, lies too deep, or may not be read. The rest was loaded.";
    "kb/no-source" Error "A fact without a source.";
    "kb/unused-source" Warning "A source that no fact cites.";
    "kb/no-example" Error "A fact without an example.";
    "kb/no-counter-example" Error "A fact without a counter-example: a likely value that it must not match.";
    "kb/example-missed" Error "An example that its own pattern does not match.";
    "kb/counter-example-hit" Error "A counter-example that the pattern matches.";
    "kb/cross-match" Error "An example that another maker's signature matches too. Narrow one of them, or list the other under also_matches and say in `why` how that comes.";
    "kb/date-order" Error "A span of time that ends before it begins.";
    "kb/plainer-pattern" Error "An expression where equals, prefix or contains would do.";
    "kb/bad-regex" Error "An expression that does not compile or would need too much memory.";
    "kb/no-pattern" Error "A signature or grammar without any pattern.";
    "kb/unknown-group" Error "A named group of an expression is none of those that are read: date, model, version, customer, branch, each also with a number behind it. A misspelt one would be ignored in silence.";
    "kb/customer-without-grammar" Error "A signature gives codes of customers, but no firmware grammar of that maker has a group named customer, or the signature does not stand on the field firmware; so nothing would ever match it.";
    "kb/low-supply" Error "A supply that is only low: write it as a lead.";
    "kb/weak-ground" Error "A high or medium supply none of whose sources was read or quoted from a named work.";
    "kb/case-failed" Error "A case of a regime or an advisory comes out differently from what its own file expects.";
    "kb/bad-range" Error "A bound of an advisory that is no bare version of its form: a sentence, a bracket, a version of another maker. It could not be compared.";
    "kb/no-range" Error "An advisory or one of its entries without models, without a range, or with two kinds of range at once.";
    "kb/bad-cve" Error "A number that is not written as CVE, year and digits.";
    "kb/bad-score" Error "A CVSS vector that cannot be read, or a score that does not follow from it.";
    "kb/bad-field" Error "A field of a form whose value has no place to come from: a context key without from = \"context\", or a blank that nobody is named to fill.";
    "kb/no-depth" Warning "A provision of which no [[look]] of its regime says at which level it looks, or one whose look leaves out what its test of makers asks for.";
    "kb/bad-context" Error "A context key or value that kb/context.toml does not have.";
    "kb/no-provision" Error "A regime without a provision that does not say why there is no rule, or one that says so and has provisions.";
    "kb/bad-test" Error "A provision that bars whoever made a device: what nobody knows to be of a maker is never barred.";
    "kb/bad-share" Error "A share in a company that is none, or shares of one day that come to more than the whole.";
    "kb/owner-cycle" Error "A company that owns itself through others.";
    "kb/lock" Error "An imported table does not have the hash that lock.toml gives it.";
    "kb/bad-host" Error "A host of a cloud that is no domain name: a port, a path, a star or an address stands in it.";
    "kb/duplicate-host" Error "A host that two clouds claim, or that is a fact and a lead at once.";
    "kb/no-subject" Error "A finding, case or listing that is about no maker and no label.";
    "kb/no-court" Error "A case without its court or authority. Where the sources do not name it, say so in `court`.";
    "kb/no-status" Error "A finding, exclusion or case that does not say how it stands: alleged, decided, denied, withdrawn.";
    "kb/odd-status" Error "A status that its kind cannot have: a case is alleged or decided, a listing is listed or withdrawn, a claim that was withdrawn is withdrawn.";
    "kb/bad-date" Error "A date that is no year, month or day. Write 2024, 2024-06 or 2024-06-30, as exactly as the source has it.";
    "kb/withdrawn-silent" Error "A fact that was withdrawn without a reason, or a reason without the day. Old reports must stay understandable.";
    "kb/pack-file" Error "A file of a pack that is no XML of recog's form, declares a type or entities of its own, or is larger than the limit. The others of the pack are used.";
    "kb/pack-pattern" Warning "An expression of a pack that does not compile, would need too much memory, or asks for what a linear engine does not do: to look ahead or behind, to refer back. That fingerprint is left out, so a later one may speak in its place.";
    "kb/pack-param" Warning "A fingerprint of a pack gives a name twice, or asks for a group that its expression does not have. The later one counts; what cannot be read is left out.";
    "kb/pack-example" Warning "An example of a pack is not matched by its own fingerprint, or what is read out of it is not what the pack says.";
    "kb/pack-large" Warning "A pack has more files, fingerprints, examples or bytes than the limits. What lies beyond is not used.";
    "kb/pack-key" Note "Files of a pack are about texts that are no field here. They are not used.";
    "kb/typed-weight" Error "A weight typed by hand. Weights are fitted: see calibration/.";
}

codes! {
    /// Said about what the user asked.
    ASK:
    "ask/rows-to-output" Warning "A file that does not exist was named behind --csv or --json. These write to standard output; redirect it.";
    "ask/unknown-preset" Error "--as names a preset that does not exist.";
    "ask/unknown-regime" Error "--under names a regime that does not exist.";
    "ask/unknown-context" Error "--context names a key or value that does not exist. `whomade regimes` lists them.";
    "ask/contradictory-context" Error "The context gives a key twice with different values, or two values that cannot both be true. The base says which and why; of cases, both values are taken as not known.";
    "ask/both-clauses" Warning "A contract carries FAR 52.204-25 and 52.240-91. Each is answered for itself, with its own clock.";
    "ask/day-before-rules" Warning "The day lies before the first of the rules that were asked: nothing can bind then.";
    "ask/case-form" Error "A file of cases is a JSON list of cases, or an object with `cases`; a case has `facts`, or `context` and `device`. What is none of these was left out.";
    "ask/case-key" Warning "A case has a key that no rule is told. It was left out; the rest of the case was judged.";
    "ask/case-value" Warning "A case has a value that is none of those a rule knows. It was taken as not known; the rest of the case was judged.";
    "ask/day-out-of-range" Error "--on is not a day, or lies outside the years 1990 to 2100.";
    "ask/day-beyond-sources" Warning "The day lies after the newest source of a regime: what changed since is not in the base. Of several regimes the one whose sources end first is named.";
    "ask/same-name" Warning "Several devices of the files bear the name that was asked for. The first is shown; its place, FILE:LINE, chooses another.";
    "ask/unknown-device" Error "No device of that name is in the files.";
    "ask/unknown-paper" Error "There is no form, kind of form or paper of that name. `whomade report --help` lists them.";
    "ask/like-supplier" Note "The records name other suppliers whose names are close to the one asked for: they may be one firm, and their devices are not in this letter.";
    "ask/unknown-supplier" Error "Neither a column of suppliers nor a label of the records bears that name.";
    "ask/late-event" Warning "The day on which it was found or reported lies behind the day that is asked about.";
    "ask/other-detail" Note "--details holds keys of other papers; this one leaves them out.";
    "ask/unknown-detail" Error "--set or --details names a key that is no field of the paper, one whose value is worked out from the records, or something that is no single value.";
    "ask/no-device" Error "The files hold no device. No paper is written, because an empty one would look like a clearance.";
    "ask/form-not-asked" Error "--as or --under asks about none of the regimes by which the form is filled in.";
    "ask/paper-ending" Error "A paper is written as Markdown, HTML or JSON, a letter's record as TOML or JSON: the ending of the file says which.";
    "ask/no-run" Error "No file was given and nothing was screened in this folder before.";
    "ask/input-changed" Warning "A file has changed since it was screened.";
    "ask/nothing-given" Error "Nothing to identify was given.";
    "ask/long-item" Error "An item that was to be checked is too long to be a label and a model number.";
    "ask/policy" Error "The policy file cannot be read as a regime.";
}

codes! {
    /// Said about what `--write` writes.
    WRITE:
    "write/no-advisories" Warning "A VEX document says which holes reach the devices, and they were not held against any. Add --advisories.";
    "write/no-typesetter" Error "PDF is set by a helper of its own, whomade-typeset, which was not found beside the program or on the PATH. `cargo install --path crates/typeset` builds it; HTML needs nothing and prints as well.";
    "write/typesetter" Error "The helper that sets PDF failed, took too long, or gave no PDF. What it said stands beside. HTML needs no helper.";
    "write/limit" Warning "An output holds less than was found, because its format's writer keeps only so much: the message says what was left out. Other outputs have it, such as --csv and --json.";
    "write/no-format" Error "--write names no format that there is, or a file whose name does not say which. `whomade screen --formats` lists them.";
    "write/count-in-rows" Error "--csv prints rows of devices, and --advisories a count: one output cannot be both. `--advisories --write devices.csv` gives both.";
    "write/same-file" Error "Two outputs were to be written to one place, or one over what is read. Give each a name of its own.";
}

codes! {
    /// Said about an evidence bundle.
    BUNDLE:
    "bundle/not-a-bundle" Error "It is neither the folder nor the ZIP of an evidence bundle. `whomade screen FILE --bundle evidence.zip` makes one.";
    "bundle/exists" Error "The folder of the bundle is there already. Name a new one; nothing is laid over a bundle.";
    "bundle/key" Error "A minisign key, its password, or a signature with it is not as it should be.";
    "bundle/damaged" Error "The ZIP is cut short or damaged: not all of it can be read. Ask for it again.";
    "bundle/too-large" Error "The bundle has more files, lies deeper, or unpacks to more than the limits. It was not read further, because such files are made to fill a machine.";
    "bundle/bad-name" Error "A file of the bundle has a name that leads out of it, stands there twice, or that two systems would read differently. Nobody's honest bundle has one.";
    "bundle/no-file" Error "Something in the bundle is a link, a device, or locked with a password, and no plain file.";
    "bundle/newer" Error "The bundle was made by a newer version of the program, in a form that this one does not know.";
    "bundle/missing" Error "A file that the manifest names is not there.";
    "bundle/extra" Error "A file, or an empty folder, is there that the manifest does not name.";
    "bundle/changed" Error "A file is not the one whose hash was noted. Whoever changed it also changed what it shows; ask for the bundle again where it came from.";
    "bundle/paper" Error "The bundle is as it was sealed, but a paper that was written with it lies beside it and is another: it was changed, or written again. Ask for the paper again where it came from.";
    "bundle/container" Error "The files are as they were, but the ZIP around them is not the one that was written: it was packed again, or something was hidden between them.";
    "bundle/signature" Error "The signature does not hold, or is of another key than the one named.";
    "bundle/unsigned" Error "A key was named, but the bundle bears no signature: it may come from anybody.";
    "bundle/answer" Error "A conclusion comes out otherwise when it is worked out again with the same base and program: the bundle was made to say something else.";
    "bundle/unworkable" Error "The bytes agree with each other, but what they say cannot be worked out again: it is not in the form in which this program writes it, or asks what this base does not know.";
    "bundle/other-base" Warning "The bundle was made with a base that this program does not have and that it does not carry. Its bytes were checked; its conclusions can be compared, not checked. Use the program of its version, or ask for it with --with-base.";
    "bundle/other-program" Warning "Another version of the program made the bundle. What comes out otherwise may be the program's doing.";
    "bundle/carried-base" Warning "The conclusions were worked out with the base that the bundle carries, which is not this program's. Whoever made the bundle could have changed it; a signature shows who answers for it.";
}

codes! {
    /// Said when runs of many bodies are put together.
    ROLLUP:
    "rollup/unreadable" Error "A run or bundle that cannot be read, or is not as it was sealed. Its body is not in any sum.";
    "rollup/ask" Error "Runs that are worked out again need one day and one question. Without --again they keep the answers to their own.";
    "rollup/cut-short" Error "A run that does not end as a whole one does: the program was stopped while it wrote. Screen again.";
    "rollup/not-comparable" Warning "Runs were made with different bases, programs, days or questions. Each group is summed for itself. `--again` works all of them out with this program's base, for one day and one question.";
    "rollup/no-base" Warning "A run does not say with which base it was made, because an older program kept it. It is summed for itself; use --again, or screen again.";
    "rollup/same-run" Warning "The same run was given twice. It counts once.";
    "rollup/same-devices" Warning "Two runs of the same devices that were asked otherwise. They stand in different sums.";
    "rollup/same-body" Warning "Two runs of one body hold different devices. Neither is in a sum: give them two names with `screen --body`, or leave the older one out.";
    "rollup/no-answer" Note "A run without a device: the body answered nothing. It is a row, with nothing in it.";
}

codes! {
    /// Said of a server that the user named.
    REMOTE:
    "remote/address" Error "What was typed is no address of a server that is read: `netbox:https://HOST/`, with filters behind a `?`. Names and passwords do not belong into it, and without TLS only this machine itself is asked.";
    "remote/token" Error "A token that cannot be one, or a file of it that cannot be read. It is a single word; WHOMADE_NETBOX_TOKEN holds it, or the file that --token-file names. It is never typed as an argument, because other people of the machine can see those.";
    "remote/certificates" Error "The file of --ca holds no certificate (PEM), or cannot be read.";
    "remote/denied" Error "The server did not let us look. The token is missing, wrong, expired, or may not be used from this machine; or its owner has no permission to view devices (`dcim | device`, view).";
    "remote/no-interfaces" Warning "The devices were read, but not their interfaces, so that their hardware addresses are missing: who made a device may show there alone. The token's owner needs the permission to view interfaces (`dcim | interface`, view).";
    "remote/unreachable" Error "There is no way to the server: its name is not known, nobody listens there, or the connection broke. What was received before is read.";
    "remote/untrusted" Error "The server shows a certificate that this machine does not trust, or that is not of that name. If it is your own authority's, --ca names the authority's certificate.";
    "remote/elsewhere" Error "The server sends us to another host, port or scheme. It is not followed, because the token would go there. Behind a proxy, a NetBox that is not told under which address it is reached says so in its pages.";
    "remote/slow" Error "The server took longer than the limit for a page, or for all. What was received before is read.";
    "remote/large" Error "The server gave more than a limit: of bytes in a page or in all, of pages, or of devices. What was received before is read. Filters behind the address ask for less.";
    "remote/busy" Error "The server answered that it cannot, as often as it was asked. Try again later.";
    "remote/status" Error "The server answered with a status that is none of a page that is there. Look whether the address is that of the program, with the folder that it may lie in.";
    "remote/no-json" Error "The server answered with a web page or with something else that is no JSON. A page to log in, or another program's address, looks so.";
    "remote/cut" Error "A page is cut short or is not built as the server's interface builds them. What was received before is read.";
    "remote/loop" Error "The server leads from page to page without giving anything that is new. The reading was ended.";
    "remote/miscounted" Error "The server counts other than it gives. Where it gave less, devices are missing; where it gave more, some came while it was asked. Ask again.";
    "remote/echo" Warning "The server wrote the token into its answer. It was taken out before anything was kept; whoever runs that server should know.";
    "remote/nothing" Warning "The server answered, and has no device that the filters of the address let through, or none that the token's owner may view.";
}

codes! {
    /// Said while a network or exporters are listened to.
    LISTEN:
    "listen/no-interface" Error "There is no interface of that name, or the name that was typed can be none. Those that there are are listed; `ip link` says more of them.";
    "listen/interface-down" Error "The interface is down, went down, or was taken away while it was listened on. What was heard until then is told, and what came later is not known.";
    "listen/no-permission" Error "Listening opens a raw socket, which takes a right (CAP_NET_RAW) that this user has not. An administrator can give it to the program, or record with tcpdump; `whomade capture` reads the recording without any right.";
    "listen/unknown-kind" Error "The interface gives frames of a kind that is not read, such as those of a radio that monitors. Listen on the wire.";
    "listen/other-system" Error "Listening is there on Linux only. On other systems record with tcpdump, dumpcap or Wireshark; `whomade capture` reads the recording.";
    "egress/doubted" Warning "Captures overlap, or one has a gap or a clock that jumped: amounts or times may be otherwise than they seem. It is said on its own with --strict, which counts it as an error.";
    "listen/nothing" Warning "No packet came while it was listened. That says nothing of what is there: listen longer, and look whether it is the right interface or address.";
    "listen/failed" Error "The system would not open the socket, or closed it, and says why.";
    "listen/no-address" Error "The collector cannot wait at the address that --bind names: it is not of this machine, something else waits there, or the port needs more rights.";
    "listen/many-exporters" Warning "More exporters sent reports than are kept apart. One that is new takes the place of one of which no flow was read, and of nobody else; those beyond were not read. A sender is easily forged: name your exporters (--exporter), and let only them reach the collector.";
    "listen/no-report" Warning "Datagrams came that are no flow records of NetFlow 5 or 9, IPFIX or sFlow 5, or of which the length, the counts and the lengths of the parts do not add up. They were passed over, and who sent them is no exporter for that.";
    "listen/other-exporters" Note "Datagrams came of others than those that --exporter names. They were counted and not read.";
}

codes! {
    /// Said about a scan.
    SCAN:
    "scan/bad-target" Error "A target is no address, network, range or name. They are typed like 10.20.0.7, 10.20.0.0/24, 10.20.0.5-90, gate-cam.council.example.";
    "scan/unknown-name" Warning "This machine's resolver knows no address of a name; it was passed over.";
    "scan/many-targets" Error "More addresses or targets were named than one scan asks. Scan network by network.";
    "scan/nobody" Error "Nothing that was named may be asked, or nothing was named and this machine is attached to no private network. A scope file says who answers for other networks.";
    "scan/outside" Warning "Some of what was named may not be asked: it is in no private network of this machine and in no scope file, its entry has expired, it was excluded, or it is no address of one host. It was passed over.";
    "scan/bad-scope" Error "A scope file cannot be read, an entry says neither who answers for the network nor why, or it holds more public addresses than one entry may.";
    "scan/cannot-read" Error "A file of targets or a scope file cannot be read.";
    "scan/no-log" Error "The log cannot be written or gone on with: it is there already, it is no log of a scan, or the folder may not be written.";
    "scan/is-over" Error "The scan of a log that was to be gone on with is over.";
    "scan/twice" Error "Another scan is asking the same addresses, or writes the same log. Two at once would ask each device twice, at twice the rate.";
    "scan/link-down" Error "The link on which addresses were to be asked is down, or this machine's own address there is gone. The scan was broken off, and can be gone on with; what was heard until then is told.";
    "scan/no-way" Error "This machine has no way to some addresses: no route leads there, or its link is down. They were not asked, and the scan is not over.";
    "scan/not-searched" Note "Not all of a local link was named, so that nobody on it is searched by broadcast or multicast. Some devices tell who made them to a search alone.";
    "scan/no-sockets" Error "The system gives the program no socket to ask with: it may open too few files at once. The scan was broken off; what was heard until then is told.";
    "scan/failed" Error "The system gave no sockets, or does not tell its networks, and says why.";
}

codes! {
    /// Said about rounds over a network.
    WATCH:
    "watch/bad-state" Error "The file of --state is there and cannot be read: it is damaged, of a newer program, or none of a watch. It is left as it is. Move it away to begin anew, or name another.";
    "watch/other-state" Error "The file of --state is of another kind of watch: of listening at another interface, or of listening where this one asks. What is heard and what is asked are not compared. Name another file.";
    "watch/state-changed" Error "Somebody else wrote the file of --state while a round was held, such as a second watch. It is left as it is, and this round was told and is not kept. Two watches need a file each.";
    "watch/other-base" Note "The last round was worked out with another knowledge base or program. Another maker without another sign comes from there.";
    "watch/late" Warning "A round took longer than --every; the next began right after it, and those behind it keep to the times that were planned.";
    "watch/round-failed" Warning "A round could not be held, and says why. Nothing is known of it; the next is waited for.";
    "watch/unfinished" Warning "A round was broken off. Who is missing from it may be there: it counts for nobody's absence.";
    "watch/lost" Warning "Hosts that refuse at some ports were silent at others: packets were lost on the way, or more devices were met than a round holds. The round counts for nobody's absence, and for no port that closed.";
    "watch/nobody" Warning "Nobody answered, and several were known to be there. The way there may be down; the round counts for nobody's absence.";
    "watch/turned" Warning "What --before names was heard later than what --after names.";
    "watch/no-log" Error "A file of --before or --after shows no device: it is no log of a scan and no capture, or nobody answered and nobody was met.";
    "watch/no-folder" Error "The folder of --logs cannot be made.";
    "watch/failed" Error "The system gave no place to put a scan aside, or takes no signal, and says why.";
}

codes! {
    /// Said of the farm of modelled devices.
    FARM:
    "farm/serves" Note "The modelled devices answer. They are models after what is known of real ones, with numbers that are made up; none of them is a real device.";
    "farm/kind" Error "There is no kind of modelled device of that name; `whomade farm --list` names them.";
    "farm/network" Error "Modelled devices stand in a private network or on this machine's own, and in one that has room for them.";
    "farm/no-sockets" Error "Each port of a modelled device takes a socket, and the system gives this program fewer than that. Raise the limit (`ulimit -n`), or serve fewer.";
    "farm/refused" Error "The system refuses an address or a port of a modelled device: ports below 1024 are an administrator's, and the address must be this machine's.";
    "farm/failed" Error "The system gives nothing to serve with.";
}

codes! {
    /// Said about `whomade.toml`, the baseline beside it, and what changed since.
    ESTATE:
    "estate/syntax" Error "whomade.toml is not valid TOML.";
    "estate/unknown-key" Error "whomade.toml has a key that the form does not have; docs/whomade.toml.md lists them. A misspelt one would be ignored in silence.";
    "estate/missing-key" Error "A key that must be there is not. An exemption without reason, by and until is none.";
    "estate/bad-value" Error "A value of whomade.toml names nothing that there is: a preset, a regime, a context key, a day, a key of a device, a stretch of addresses.";
    "estate/newer" Error "whomade.toml, or its baseline, was written by a newer version of the program, in a form that this one does not know.";
    "estate/exists" Error "There is a whomade.toml already. `whomade init --update` takes the present as its baseline and leaves the rest of it as it is.";
    "estate/no-settings" Error "There is no whomade.toml here, and no file was named. `whomade init FILES` writes one.";
    "estate/not-read" Error "A file of the estate could not be read, so nothing was taken as its baseline: what is missing would look as if it were gone.";
    "estate/no-baseline" Warning "The baseline that whomade.toml names cannot be read, so that nothing is compared. `whomade init --update` takes the present as the new one.";
    "estate/edited" Warning "The baseline is not the file whose hash whomade.toml has: it was edited, or comes from another day. What changed is told against what stands in it.";
    "estate/settings" Note "Sites, exemptions and what is asked were taken from whomade.toml. --no-config leaves them out.";
    "estate/two-sites" Warning "Two sites of whomade.toml claim one device. Of what they say differently nothing is known until one of them lets go of it.";
    "estate/exemption" Warning "An exemption has expired, or matches nothing: no device, or none of which its regime finds anything. Renew it or take it out.";
    "estate/many-changes" Warning "More devices changed than are compared one by one; they were counted. Screen the sites one by one.";
}

codes! {
    /// Said about a removal plan and its terms.
    PLAN:
    "plan/syntax" Error "The terms are not valid TOML.";
    "plan/unknown-key" Error "The terms have a key that the form does not have; docs/plan.toml.md lists them. A misspelt one would be ignored in silence.";
    "plan/bad-value" Error "A value of the terms is none that a plan can be reckoned with: an amount below 0, a day that does not exist, an end before a beginning, a field that there is not.";
    "plan/newer" Error "The terms were written for a newer version of the program, in a form that this one does not know.";
    "plan/no-terms" Error "Nobody said how much money there is, how many crews, which days. `whomade plan --example > plan.toml` writes terms to begin with.";
    "plan/what-if" Error "What stands behind --what-if is no KEY=VALUE of the terms: budget=80000, crews=+1, budget=-20%, visit.cost=90.";
    "plan/who-asks" Error "Where nobody says who asks, no rule bars anything, and nothing has to go. --as, --under with --context, or --policy say it.";
    "plan/too-many" Error "More devices have to go than one plan holds. Plan site by site.";
    "plan/no-plan" Error "The file behind --against is no plan that --save wrote, or not the whole of one.";
    "plan/later" Error "The plan behind --against was made for a later day than the one that is asked about.";
    "plan/over" Error "All periods of the terms have begun before the day asked about. Give them more periods, or a later first day.";
    "plan/otherwise" Note "Since the earlier plan who asks, the base or the terms changed. What has to go is told by the present ones, the waves by the plan.";
    "plan/empty-due" Warning "The terms have a day for a regime that was not asked: it asks for nothing of anything.";
    "plan/like-sites" Note "One site bears the name of another and more: they may be one, and are two visits.";
    "plan/empty-site" Warning "The terms speak of a site at which no device stands that has to go: its name may be spelt otherwise in the list.";
    "plan/no-site" Warning "Nobody told where devices stand, so each is a visit of its own, and the plan costs more than it has to.";
    "plan/no-price" Warning "For devices that no candidate replaces the terms name no price, so that the plan costs less than it will.";
    "plan/overdue" Warning "The day by which devices must be gone passes before the plan begins. No plan can keep it; they weigh more by a factor of the terms.";
}

codes! {
    /// Said about an estate that is kept over time, and by what serves it.
    STORE:
    "store/newer" Error "The store was written by a newer version of the program, in a form that this one does not know. Upgrade, or restore a backup made before.";
    "store/changed" Error "A step of the form of the store is not the one that this program took: it is no store of ours, or damaged.";
    "store/full" Error "No room is left on the disk. Nothing of what was under way was kept.";
    "store/read-only" Error "The file of the store, or the disk it lies on, cannot be written.";
    "store/nothing" Error "There is nothing of that number or name in the store.";
    "store/stale" Error "It was changed by somebody else since it was read; nothing was overwritten.";
    "store/refused" Error "What was asked cannot be, and why is said with it.";
    "store/database" Error "The database said something that has no words of ours: it is said as it came.";
    "store/none" Error "No estate is where one was named. A name typed wrong makes no new one; `whomade serve` does.";
    "serve/plain" Error "Passwords would go over a network unencrypted. A proxy before the program speaks https, or it listens on this machine only.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_say_something() {
        let all: Vec<_> = CODES.iter().flat_map(|list| list.iter()).collect();
        for (place, code) in all.iter().enumerate() {
            assert!(code.meaning.len() > 20, "{} says too little", code.id);
            assert!(code.id.contains('/'), "{} names no room", code.id);
            assert!(all[place + 1..].iter().all(|other| other.id != code.id), "{} twice", code.id);
        }
    }
}
