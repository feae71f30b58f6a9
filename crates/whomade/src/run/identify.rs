//! `whomade identify`: one device, by what its owner knows of it.

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::json;
use whomade_core::attribution::{Certainty, attribute};
use whomade_core::contradiction::contradictions;
use whomade_core::diagnostic::Severity;
use whomade_core::evidence::Reader;
use whomade_core::kb::document::nearest;
use whomade_core::observation::{Device, Field, Observation, Record};
use whomade_core::pack::PackSaid;
use whomade_core::report::{Worked, depth, device_report, maker_fact};
use whomade_core::suggest::Suggester;
use whomade_formats::read::{FoundMac, find_mac, observed_as, observed_text};

use crate::cli::{Deep, Identify};
use crate::out::Out;
use crate::packs::heard;
use crate::render::{self, diagnostics, finding};
use whomade_inquiry::asking::{Asked, names_it};
use whomade_inquiry::base::{Known, load};

/// Longer input is no list of values that a person typed.
const STDIN_BYTES_MAX: u64 = 1 << 20;

/// Runs `whomade identify`.
///
/// # Errors
/// When nothing was given, or something that cannot be understood.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: Identify) -> Result<ExitCode> {
    if typed.fields {
        for field in Field::ALL {
            out.line(format!("{:<20} {}", field.id(), field.meaning()))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let (known, said) = load(overlay)?;
    for one in &said {
        diagnostics::write(&mut out.aside, one)?;
    }
    let asked = Asked::check(&known.base, &typed.asking)?;
    let device = device_of(&typed)?;
    for one in asked.diagnostics().iter().filter(|_| !out.quiet) {
        diagnostics::write(&mut out.aside, one)?;
    }
    let packs = heard(out, &typed.packs)?.said_of(&device);
    let code = answer(out, &known, &asked, (&device, packs), (typed.deep, typed.json))?;
    // With facts of the overlay missing, "names none" would say too much.
    let broken = said.iter().any(|one| one.severity == Severity::Error);
    Ok(if broken && code == ExitCode::SUCCESS { ExitCode::from(2) } else { code })
}

fn answer(
    out: &mut Out,
    known: &Known,
    asked: &Asked,
    (device, packs): (&Device, Vec<PackSaid>),
    (deep, as_json): (Deep, bool),
) -> Result<ExitCode> {
    let base = &known.base;
    let read = Reader::new(base).read(device);
    let design = attribute(base, &known.weights, &read);
    let against = contradictions(base, device, &read, &design);
    let rulings = asked.judge(base, &maker_fact(base, &design));
    let suggestions = Suggester::new(base, &known.weights).suggest(device, &read, &design);
    let worked = Worked {
        device,
        read: &read,
        design: &design,
        contradictions: &against,
        rulings: &rulings,
        suggestions: &suggestions,
        place: None,
        exempted: &[],
    };
    let deep = deep.depth.map(|to| depth(base, &worked, &asked.regimes, asked.on, to.role()));
    if as_json {
        let mut report = device_report(base, &known.weights, &worked);
        report.packs = packs;
        let mut answer = json!({ "v": 1, "on": asked.on, "device": report });
        if let Some(deep) = deep {
            answer["depth"] = json!(deep);
        }
        out.line(answer.to_string())?;
    } else {
        let detail = finding::Detail::Full;
        finding::write(&mut out.answers, base, asked, (&worked, &packs), detail)?;
        for line in deep.iter().flat_map(|deep| render::depth::lines(base, asked, deep)) {
            out.line(line)?;
        }
    }
    let named = design.certainty >= Certainty::Possible
        && rulings.iter().any(|ruling| names_it(ruling.outcome));
    Ok(ExitCode::from(u8::from(named)))
}

/// The device that was typed.
fn device_of(typed: &Identify) -> Result<Device> {
    for value in &typed.mac {
        if let FoundMac::Damaged(_) | FoundMac::Nothing = find_mac(value) {
            bail!("[read/bad-mac] `{value}` is no MAC address; write it as 44:19:b6:0a:1c:33");
        }
    }
    let mut observations = Vec::new();
    let mut add = |field: Field, value: &str| {
        if !value.trim().is_empty() {
            observations.push(Observation::new(field, value.trim()));
        }
    };
    for value in typed.label.iter() {
        add(Field::Label, value);
    }
    for value in &typed.model {
        add(Field::Model, value);
    }
    for value in &typed.mac {
        add(Field::Mac, value);
    }
    for (field, value) in [
        (Field::Serial, &typed.serial),
        (Field::Firmware, &typed.firmware),
        (Field::FccId, &typed.fcc_id),
    ] {
        for value in value.iter() {
            add(field, value);
        }
    }
    for pair in &typed.banner {
        // People paste the banner as it stands: `Server: App-webs/`.
        let plain = pair.split_once('=').is_none_or(|(id, _)| Field::from_id(id).is_none());
        let read = if plain && pair.contains(':') { observed_text(pair) } else { vec![] };
        if !read.is_empty() {
            observations.extend(read);
            continue;
        }
        let Some((id, value)) = pair.split_once('=') else {
            bail!("[read/unknown-field] `{pair}` is no FIELD=VALUE; --fields lists the fields");
        };
        let Some(field) = Field::from_id(id) else {
            let near = nearest(id, Field::ALL.iter().map(|field| field.id()));
            let help = near.map(|near| format!("did you mean `{near}`?"));
            let help = help.unwrap_or_else(|| "--fields lists the fields".to_owned());
            bail!("[read/unknown-field] there is no field `{id}`; {help}");
        };
        if !value.trim().is_empty() {
            observations.extend(observed_as(field, value.trim()));
        }
    }
    let mut record = Record { source: "command line".into(), ..Record::default() };
    if observations.is_empty() {
        let text = standard_input()?;
        observations = observed_text(&text);
        if observations.is_empty() && !text.trim().is_empty() {
            bail!("[ask/nothing-given] nothing on standard input is an observation of a device");
        }
        record.source = "standard input".into();
    }
    if observations.is_empty() {
        bail!("[ask/nothing-given] nothing was given; try: whomade identify --help");
    }
    Ok(Device { name: "this device".into(), record, observations, ..Device::default() })
}

fn standard_input() -> Result<String> {
    use std::io::IsTerminal as _;
    let input = std::io::stdin();
    if input.is_terminal() {
        return Ok(String::new());
    }
    let mut bytes = Vec::new();
    input.take(STDIN_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
