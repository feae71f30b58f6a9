//! Words with a number, a name or a day in them.

use jiff::civil::Date;
use whomade_core::observation::Field;
use whomade_core::report::{RecordOf, Untold, clean};
use whomade_core::role::Role as OfDevice;
use whomade_store::{Facet, Job, JobState, JudgementKind, Role, Run, RunState};

use crate::view::count;

/// Numbers of vulnerabilities that are named.
const CVES_MAX: usize = 6;

/// So many of a thing.
fn many(number: u64, one: &str, more: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {more}", count(number)) }
}

pub(crate) fn base(name: &str) -> String {
    format!("Knowledge base {name}. Nothing leaves this machine.")
}

pub(crate) const fn trouble(status: u16) -> &'static str {
    match status {
        400 => "That cannot be read",
        403 => "You may not do this",
        404 => "There is nothing here",
        409 => "Somebody else was quicker",
        413 => "That is too large",
        422 => "That cannot be",
        429 => "Too often",
        503 | 507 => "Not possible at the moment",
        _ => "Something went wrong",
    }
}

pub(crate) fn certainty(word: &str) -> &'static str {
    match word {
        "confirmed" => "confirmed",
        "probable" => "probable",
        "possible" => "possible",
        _ => "unknown",
    }
}

pub(crate) fn ruling(word: &str) -> &'static str {
    match word {
        "barred" => "barred",
        "restricted" => "needs approval",
        "would-be-barred" => "would be barred",
        "might-be-barred" => "might be barred",
        "undetermined" => "facts missing",
        "advised" => "advised against",
        "unknown_maker" => "maker not known",
        "excepted" => "excepted",
        "not_yet" => "not yet",
        "expired" => "rule has ended",
        "not_bound" => "not bound",
        _ => "no rule found",
    }
}

pub(crate) fn hole(word: &str) -> &'static str {
    match word {
        "exploited" => "affected, known exploited",
        "affected" => "affected",
        "cannot-tell" => "cannot tell",
        _ => "none known",
    }
}

pub(crate) fn standing(word: &str) -> &'static str {
    match word {
        "behind-another-label" => "another maker behind the label",
        "another-name-of-its-maker" => "another name of its maker",
        "own-name" => "its maker's own name",
        "contradictory" => "contradictory",
        _ => "not known",
    }
}

pub(crate) const fn facet(facet: Facet) -> &'static str {
    match facet {
        Facet::Place => "Site",
        Facet::Maker => "Made by",
        Facet::Label => "Sold as",
        Facet::Certainty => "Certainty",
        Facet::Ruling => "Ruling",
        Facet::Holes => "Vulnerabilities",
        Facet::Standing => "Label and maker",
        Facet::Settles => "Would settle it",
    }
}

pub(crate) const fn role(role: OfDevice) -> &'static str {
    match role {
        OfDevice::Label => "Label",
        OfDevice::RecordHolder => "Record holder",
        OfDevice::Design => "Design",
        OfDevice::Producer => "Producer",
        OfDevice::Firmware => "Firmware",
        OfDevice::Owner => "Owner",
        OfDevice::Component => "Components",
        OfDevice::Cloud => "Cloud",
    }
}

pub(crate) const fn field(field: Field) -> &'static str {
    match field {
        Field::Label => "Label",
        Field::Model => "Model number",
        Field::Mac => "MAC address",
        Field::Serial => "Serial number",
        Field::Firmware => "Firmware version",
        Field::HttpServer => "Server line of its start page",
        Field::AuthRealm => "Realm of its login",
        Field::HttpTitle => "Title of its start page",
        Field::HttpHeaders => "Headers of its start page",
        Field::Sadp => "SADP discovery",
        Field::Dhip => "DHIP discovery",
        Field::TlsIssuer => "Issuer of its certificate",
        Field::FccId => "FCC ID",
        other => other.id(),
    }
}

pub(crate) const fn field_example(field: Field) -> &'static str {
    match field {
        Field::Label => "LTS",
        Field::Model => "CMIP7422N-28M",
        Field::Mac => "44:19:b6:0a:1c:33",
        Field::Firmware => "V5.5.800 build 210628",
        _ => "",
    }
}

pub(crate) fn lead(all: u64) -> String {
    format!("Of {},", many(all, "device", "devices"))
}

pub(crate) fn behind(number: u64) -> String {
    match number {
        0 => "none is known to have another maker behind its label".to_owned(),
        1 => "1 has another maker behind its label".to_owned(),
        more => format!("{} have another maker behind their label", count(more)),
    }
}

pub(crate) fn asked_as(preset: &str, on: Date) -> String {
    format!("Answered for {preset}, as of {on}.")
}

pub(crate) fn asked_open(on: Date) -> String {
    format!("Nobody said who asks, so nothing is called barred. As of {on}.")
}

pub(crate) fn asked_told(on: Date) -> String {
    format!("Answered for what the settings say, as of {on}.")
}

pub(crate) fn flow(all: u64) -> String {
    format!(
        "From the names on {} to those who made them; the list of devices has the same by label \
         and maker.",
        many(all, "device", "devices")
    )
}

pub(crate) fn ribbon(label: &str, maker: &str, certainty: &str, devices: u64) -> String {
    format!("{label} by {maker}, {certainty}: {}", many(devices, "device", "devices"))
}

pub(crate) fn rest(number: usize) -> String {
    format!("{} others", count(number as u64))
}

pub(crate) fn more(number: usize) -> String {
    format!("{} more", count(number as u64))
}

pub(crate) fn more_sites(number: usize) -> String {
    format!("{}; the list of devices has them all.", more(number))
}

pub(crate) fn devices(number: u64) -> String {
    many(number, "device", "devices")
}

pub(crate) fn devices_of(name: &str) -> String {
    format!("Devices of this estate that speak of {name}")
}

pub(crate) fn range(from: usize, to: usize) -> String {
    format!("{} to {} on this page", count(from as u64), count(to as u64))
}

pub(crate) fn take_out(what: &str) -> String {
    format!("Take out: {what}")
}

pub(crate) fn as_known_on(day: &str) -> String {
    format!("As it was known at the end of {day}, by the rules of today.")
}

pub(crate) fn record(record: &RecordOf) -> String {
    let RecordOf { right, of, clusters, .. } = record;
    format!(
        "Evidence like this was right in {right} of {of} labelled observations ({clusters} \
         clusters)."
    )
}

pub(crate) fn minutes(minutes: u32) -> String {
    many(u64::from(minutes), "minute", "minutes")
}

pub(crate) fn asides(number: usize) -> String {
    format!("{} that do not speak for this device", many(number as u64, "lead", "leads"))
}

pub(crate) fn other_regimes(number: usize) -> String {
    format!("{} that find no rule or do not bind", many(number as u64, "regime", "regimes"))
}

pub(crate) fn exploited(day: &str) -> String {
    format!("Known exploited since {day}.")
}

pub(crate) fn cannot_tell(one: &Untold) -> String {
    let mut named: Vec<String> = one.cves.iter().take(CVES_MAX).cloned().collect();
    let rest = one.cves.len() - named.len();
    named.extend((rest > 0).then(|| more(rest)));
    format!("Cannot tell of {}: {}.", named.join(", "), one.why)
}

pub(crate) fn not_affected(number: usize) -> String {
    format!("{} do not concern it.", many(number as u64, "advisory", "advisories"))
}

pub(crate) fn run_number(run: i64) -> String {
    format!("Import {run}")
}

pub(crate) fn observations(number: usize) -> String {
    many(number as u64, "observation", "observations")
}

pub(crate) const fn judgement(kind: JudgementKind) -> &'static str {
    match kind {
        JudgementKind::Confirm => "Confirmed:",
        JudgementKind::Dispute => "Disputed",
        JudgementKind::Exempt => "Answered for under",
    }
}

pub(crate) fn until(day: &str) -> String {
    format!("until {day}")
}

pub(crate) const fn unknown_about(kind: JudgementKind) -> &'static str {
    match kind {
        JudgementKind::Confirm => "A confirmation is about a maker of the base, by its id.",
        _ => "An exemption is about a regime of the base, by its id.",
    }
}

pub(crate) fn too_many(most: usize) -> String {
    format!("At most {} are judged at once.", many(most as u64, "device", "devices"))
}

pub(crate) fn too_many_files(most: usize) -> String {
    format!("At most {} come at once; pack them into one archive.", count(most as u64))
}

pub(crate) fn upload_large(most: u64) -> String {
    format!("At most {} MiB are uploaded at once.", count(most >> 20))
}

pub(crate) fn run_title(run: &Run) -> String {
    match run.kind.as_str() {
        "import" => clean(&run.feed),
        _ => "Worked out again".to_owned(),
    }
}

pub(crate) fn run_gist(run: &Run) -> String {
    let devices = devices(run.devices.unsigned_abs());
    match (run.kind.as_str(), run.new_devices) {
        ("import", 0) => format!("{devices}, none of them new"),
        ("import", new) => format!("{devices}, {} of them new", count(new.unsigned_abs())),
        _ => format!("{devices} with another answer"),
    }
}

pub(crate) const fn run_state(state: RunState) -> &'static str {
    match state {
        RunState::Open => "under way",
        RunState::Whole => "in",
        RunState::Undone => "taken back",
    }
}

pub(crate) fn answers(number: i64) -> String {
    many(number.unsigned_abs(), "became otherwise", "became otherwise")
}

pub(crate) fn job_title(job: &Job) -> String {
    match job.asked["feed"].as_str() {
        Some(feed) if job.kind == "import" => format!("Import of {}", clean(feed)),
        _ => "Working devices out again".to_owned(),
    }
}

pub(crate) const fn job_state(state: JobState) -> &'static str {
    match state {
        JobState::Waiting => "Waiting.",
        JobState::Running => "Under way.",
        JobState::Done => "Done.",
        JobState::Failed => "Failed.",
        JobState::Cancelled => "Called off.",
    }
}

pub(crate) fn job_gist(job: &Job) -> String {
    let devices_in = job.said["devices"].as_u64();
    match (devices_in, job.of_all) {
        (Some(number), _) => format!("{}.", devices(number)),
        (None, 0) => String::new(),
        (None, all) => format!("{} %", (100 * job.done / all).min(100)),
    }
}

pub(crate) fn no_field(name: &str) -> String {
    format!("There is no field `{}`.", clean(name))
}

pub(crate) fn about(name: &str) -> String {
    format!("What the base knows of {name}")
}

pub(crate) fn knowledge(makers: usize, labels: usize, sources: usize) -> String {
    format!("{makers} makers, {labels} labels, {sources} sources. Every fact has one, to be read.")
}

pub(crate) fn from_day(day: Date) -> String {
    format!("from {day}")
}

pub(crate) fn to_day(day: Date) -> String {
    format!("until {day}")
}

pub(crate) fn withdrawn_on(day: Date) -> String {
    format!("Withdrawn on {day}.")
}

pub(crate) fn whole(lines: i64) -> String {
    let lines = many(lines.unsigned_abs(), "line is", "lines are");
    format!("The trail is whole: {lines} bound to the one before.")
}

pub(crate) fn set_back(number: i64) -> String {
    let lines = many(number.unsigned_abs(), "line bears", "lines bear");
    format!("{lines} an earlier time than the one before: a clock was set back.")
}

pub(crate) fn broken_at(line: i64) -> String {
    format!("Line {line} is not what it was, or a line before it was taken out or put in.")
}

pub(crate) fn not_noted(lines: i64) -> String {
    let lines = many(lines.unsigned_abs(), "line", "lines");
    format!("{lines}, and none has the head that was noted: the end was cut off.")
}

pub(crate) fn removed(number: usize) -> String {
    format!("{} who may no longer come in", count(number as u64))
}

pub(crate) const fn seat(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Analyst => "analyst",
        Role::Approver => "approver",
        Role::Admin => "admin",
    }
}

pub(crate) const fn seat_means(role: Role) -> &'static str {
    match role {
        Role::Viewer => "looks",
        Role::Analyst => "imports and judges",
        Role::Approver => "agrees and exempts",
        Role::Admin => "invites",
    }
}

pub(crate) fn joins(name: &str) -> String {
    format!("{}, choose a password, and you are in.", clean(name))
}

pub(crate) fn password_hint(least: usize) -> String {
    format!("at least {least} signs; several words are easy to remember")
}

pub(crate) fn retire(site: &str) -> String {
    format!("Take out {}", clean(site))
}

pub(crate) fn days(days: i64) -> String {
    many(days.unsigned_abs(), "day", "days")
}

pub(crate) fn act(act: &str) -> String {
    let known = match act {
        "run.begin" => "began an import",
        "run.publish" => "brought it in",
        "run.undo" => "took it back",
        "judgement.pass" => "judged",
        "judgement.second" => "agreed",
        "judgement.withdraw" => "took a judgement back",
        "job.ask" => "asked for",
        "job.end" => "ended",
        "job.cancel" => "called off",
        "job.retry" => "tried again",
        "person.invite" => "invited",
        "person.accept" => "came in for the first time",
        "person.seats" => "changed what they may",
        "person.remove" => "removed",
        "person.reset" => "gave a new link",
        "person.password" => "changed the password",
        "person.second-factor" => "changed the second factor",
        "person.first-link" => "printed the first link",
        "session.begin" => "signed in",
        "session.end" => "signed out",
        "session.refuse" => "was not let in",
        "token.make" => "made a token",
        "token.end" => "ended a token",
        "site.add" => "added a site",
        "site.retire" => "took a site out",
        "estate.name" => "named the estate",
        "estate.asked" => "said who asks",
        other => return clean(other),
    };
    known.to_owned()
}
