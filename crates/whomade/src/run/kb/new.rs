//! `whomade kb new`: the skeleton of a fact, with every key and what it wants.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::cli::NewKind;
use crate::out::Out;

/// Writes the skeleton; refuses to write over a file.
///
/// # Errors
/// When the file exists or cannot be written.
pub(crate) fn new(out: &mut Out, kind: NewKind, id: &str, dir: &Path) -> Result<ExitCode> {
    let (folder, text) = match kind {
        NewKind::Maker => ("makers", MAKER),
        NewKind::Label => ("labels", LABEL),
        NewKind::Models => ("models", MODELS),
        NewKind::Signatures => ("signatures", SIGNATURES),
        NewKind::Regime => ("regimes", REGIME),
        NewKind::Advisory => ("advisories", ADVISORY),
        NewKind::Endpoint => ("endpoints", ENDPOINT),
        NewKind::Conduct => ("conduct", CONDUCT),
        NewKind::Source => ("sources", SOURCE),
    };
    let path = dir.join(folder).join(format!("{id}.toml"));
    if path.exists() {
        bail!("{} exists; write into it", path.display());
    }
    std::fs::create_dir_all(dir.join(folder))?;
    std::fs::write(&path, text.replace("ID", id))?;
    out.line(format!(
        "{} written; fill it in, then: whomade kb lint {}",
        path.display(),
        dir.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

const MAKER: &str = r#"name = ""
# legal_name = ""
# local_names = []
# also = []                       # other spellings, as they stand in registers
# country = ""                    # ISO 3166-1 alpha-2
kind = "maker"                    # maker | control | component | platform
sources = []                      # ids of kb/sources
"#;

const LABEL: &str = r#"name = ""
# also = []                       # other spellings and company names
# country = ""

[[supply]]                        # at least medium; anything less is a [[lead]]
maker = ""                        # id of kb/makers
relation = "rebrand"              # own | rebrand | partial | former | disputed
models = []                       # `*` any run, `#` a digit, `@` a letter; empty: the whole label
# from = 2000-01-01
# until = 2000-12-31
support = "medium"                # high | medium
why = ""                          # one sentence of ours: what the source shows
sources = []
example = []                      # model numbers that exist and belong to this supply
counter_example = []              # model numbers of this label that do not
"#;

const MODELS: &str = r#"[[model]]
id = "ID-model"
prefix = []                       # equals | prefix | regex: the plainest that will do
grade = "strong"                  # a prior only: structural | strong | medium | weak
class = "camera"                  # camera | thermal | recorder | intercom | access-control | …
why = ""
sources = []
example = []
counter_example = []
"#;

const SIGNATURES: &str = r#"[[signature]]
id = ""
equals = []                       # equals | prefix | contains | regex: the plainest that will do
claim = { role = "firmware", of = "" }
grade = "strong"                  # a prior only: structural | strong | medium | weak
why = ""
sources = []
example = []
counter_example = []
"#;

const REGIME: &str = r#"id = "ID"
title = ""
jurisdiction = ""
citation = ""
summary = ""
would_bar = ""                    # ends the sentence "would be barred for …"
depth = "producer"
read_until = 2000-01-01           # the newest day that the sources speak of
sources = []

[[look]]
level = "producer"                # at which level the provisions look
words = ""                        # the words that say so

[[provision]]
id = ""
citation = ""
text = ""                         # the deciding words
effect = "barred"                 # barred | restricted | advised
from = 2000-01-01
bound = { holder = [] }
when = {}
makers = { any_of = [] }
reading = "primary"
sources = []

[[case]]
name = ""
maker = ""
on = 2000-01-01
context = {}
expect = "barred"
why = ""
"#;

const ADVISORY: &str = r#"cve = "CVE-2000-0000"
title = ""                        # what somebody may do, in our words; never how
maker = ""                        # id of kb/makers: whose firmware it lies in
form = "build"                    # build | fields | platform | whole
# score = 0.0                     # the CVSS base score that a source prints
# cvss = ""                       # its vector
# published = 2000-01-01
grade = "read"                    # read | recalled: a recalled range decides nothing
# prefix = []                     # what a model number may begin with that the list leaves out
# record = "sentence"             # nothing | sentence | exact | range: the CVE record's own field
sources = []                      # ids of kb/sources

[[affected]]                      # one for each range
models = []                       # `*` any run, `#` a digit, `@` a letter, `?` either
# except = []
# labels = []                     # the labels that it names, or that published it
# from = ""                       # the first affected version; before, until: the end
until = ""
# built_from, built_before, built_until = 2000-01-01
# exact = []                      # or only these; or: all = true; or: unstated = true
# some = true                     # only some of the models, and it is not said which
# after = "fixed"                 # fixed | not-affected | unknown
# fixed = []                      # the first fixed versions, where a gap is left
# fixed_built = 2000-01-01

[[case]]                          # one at each edge
model = ""
firmware = ""
expect = "affected"               # affected | fixed | probably_fixed | not_affected | cannot_tell
"#;

const ENDPOINT: &str = r#"name = ""
operator = ""                     # id of kb/makers, or of kb/labels
hosts = []                        # domain names: each and all under it
# sends = ""                      # what devices send there, one sentence of ours
grade = "strong"                  # a prior only: structural | strong | medium | weak
why = ""
sources = []
example = []
counter_example = []

# [[port]]
# number = 443
# over = "tcp"                    # tcp | udp
# does = ""

# [[lead]]                        # hosts without enough support: shown, never weighed
# hosts = []
# why = ""
# sources = []
"#;

const CONDUCT: &str = r#"title = ""
kind = "case"                     # case | listing | exclusion | finding | withdrawn-claim
about = []                        # ids of makers and labels
by = ""                           # who says it
court = ""                        # of a case; where the sources do not name it, say so
date = ""                         # 2024, 2024-06 or 2024-06-30, as exactly as the source has it
status = "alleged"                # a case: alleged | decided; see kb/README.md for the others
says = ""                         # one sentence of ours
# outcome = ""
sources = []

[[answer]]                        # the other side; none found: say so in a note
by = ""
says = ""
sources = []
"#;

const SOURCE: &str = r#"title = ""
# url = ""
# by = ""
# date = ""
reading = "primary"               # primary | secondary | quoted | recalled
"#;
