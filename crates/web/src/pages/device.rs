//! One device: the answer in a sentence, and everything behind it.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use whomade_core::kb::schema::Verdict;
use whomade_core::observation::Device;
use whomade_core::report::{DeviceReport, EvidenceReport, clean, device_report};
use whomade_core::ruling::{Outcome, Ruling};
use whomade_store::{History, Judgement, Line, Role};

use crate::app::{App, Shared};
use crate::frame::{self, Here};
use crate::pages::judge;
use crate::trouble::Trouble;
use crate::view::{Asks, Id, certainty, ruling, shown, when};
use crate::who::Who;
use crate::words;

/// Lines of the trail that are shown with a device.
const LINES_MAX: i64 = 30;
/// Signs of a value that are shown: a whole reply is long.
const VALUE_CHARS_MAX: usize = 400;

/// A device, worked out.
pub(crate) struct Worked {
    pub(crate) report: DeviceReport,
    pub(crate) device: Device,
    /// Why a regime finds no rule because it was not asked, in the order of the rulings.
    unasked: Vec<Option<String>>,
}

/// What is known of a device, as far as somebody may see it.
pub(crate) struct Known {
    pub(crate) history: History,
    pub(crate) worked: Worked,
    pub(crate) judgements: Vec<Judgement>,
    /// Where it hangs, as its record has it.
    pub(crate) place: String,
}

/// Works a device out.
pub(crate) async fn worked(app: &App, device: Device) -> Result<Worked, Trouble> {
    let thinker = app.thinker().await?;
    thinker
        .think(move |worker| {
            let found = worker.work(device);
            let known = worker.known;
            let report =
                device_report(&known.base, &known.weights, &found.worked(found.suggestions()));
            let unasked = found.unasked().to_vec();
            Worked { report, unasked, device: *found.device }
        })
        .await
}

/// What is known of a device now, or was on a day.
pub(crate) async fn known(
    app: &App,
    who: &Who,
    id: i64,
    until: Option<&str>,
) -> Result<Known, Trouble> {
    let nothing = || Trouble::nothing("such device");
    let listing = app.listing().await?;
    let listed = listing.row_of(id).and_then(|row| listing.listed(row)).ok_or_else(nothing)?;
    let place = listed.values[0].to_string();
    // What somebody may not see is as little there for them as what does not exist.
    who.scope.role_at(&place).ok_or_else(nothing)?;
    let history = app.store.histories(&[id], until).await?.remove(&id).ok_or_else(nothing)?;
    let device = history.now().ok_or_else(nothing)?;
    let worked = worked(app, device).await?;
    let judgements = app.store.judgements_on(id).await?;
    Ok(Known { history, worked, judgements, place })
}

/// The page.
pub(crate) async fn page(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Id(id): Id,
    Asks(asks): Asks,
) -> Result<Response, Trouble> {
    let day = asks.told("on");
    let until = match day {
        Some(day) => {
            let day: jiff::civil::Date = day.parse().map_err(|_| Trouble::bad(words::NO_DAY))?;
            Some(format!("{day}T23:59:59.999999Z"))
        }
        None => None,
    };
    let known = known(&app, &who, id, until.as_deref()).await?;
    let lines = app.store.audit_lines(None, Some(&format!("device:{id}")), LINES_MAX).await?;
    let report = &known.worked.report;
    let name = if report.device.is_empty() { words::NAMELESS } else { &report.device };
    let body = html! {
        p.crumbs { a href="/devices" { (words::DEVICES) } " / " (shown(name)) }
        h1 { (shown(name)) }
        p.lead { (shown(&report.headline)) }
        p.marks {
            (certainty(report.design.certainty))
            @if let Some(worst) = report.rulings.iter().map(|one| one.outcome).min() {
                (ruling(worst.word()))
            }
            @if !known.place.is_empty() { span.mark { (shown(&known.place)) } }
        }
        @if let Some(day) = day {
            p.note { (words::as_known_on(day)) " " a href={ "/devices/" (id) } { (words::AS_NOW) } }
        }
        @if let Some(record) = &report.design.record {
            p.note { (words::record(record)) }
        } @else if !report.design.held_back.is_empty() {
            p.note { (shown(report.design.held_back)) }
        }
        div.columns.two {
            div {
                (roles(&app, report))
                (settles(report))
            }
            (judge::section(&app, &who, id, &known))
        }
        (evidence(&app, &known.worked))
        (contradictions(report))
        (rulings(&app, &known.worked))
        (advisories(report))
        (history(id, &known, day))
        @if who.may_everywhere(Role::Approver) { (trail(&lines)) }
    };
    Ok(frame::page(&app, &who, Here::Devices, &clean(name), &body))
}

fn roles(app: &App, report: &DeviceReport) -> Markup {
    let design = match (&report.design.maker, report.design.one_of.is_empty()) {
        (Some(maker), _) => html! { a href={ "/knowledge/" (maker.id) } { (maker.name) } },
        (None, false) => html! {
            @for (at, maker) in report.design.one_of.iter().enumerate() {
                @if at > 0 { " " (words::OR) " " }
                a href={ "/knowledge/" (maker.id) } { (maker.name) }
            }
        },
        (None, true) => html! { span.dim { (words::NOT_KNOWN) } },
    };
    html! {
        section {
            h2 { (words::ROLES) }
            table.pairs {
                tbody {
                    tr {
                        th scope="row" { (words::role(whomade_core::role::Role::Design)) }
                        td { (design) " " (certainty(report.design.certainty)) }
                    }
                    @for role in &report.roles {
                        tr {
                            th scope="row" { (words::role(role.role)) }
                            td {
                                @if role.who.is_empty() && role.written.is_none() {
                                    span.dim { (words::NOT_KNOWN) }
                                }
                                @for (at, named) in role.who.iter().enumerate() {
                                    @if at > 0 { ", " }
                                    @if app.known.base.facts.makers.contains_key(&named.id) ||
                                        app.known.base.facts.labels.contains_key(&named.id) {
                                        a href={ "/knowledge/" (named.id) } { (named.name) }
                                    } @else { (shown(&named.name)) }
                                }
                                @if let Some(written) = &role.written { (shown(written)) }
                                span.ground { (shown(&role.ground)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn settles(report: &DeviceReport) -> Markup {
    html! {
        @if !report.would_settle.is_empty() {
            section {
                h2 { (words::WOULD_SETTLE) }
                ul.asks {
                    @for one in &report.would_settle {
                        li {
                            strong { (one.what) } " " (one.how) " "
                            span.dim { (words::minutes(one.minutes)) }
                        }
                    }
                }
            }
        }
    }
}

fn evidence(app: &App, worked: &Worked) -> Markup {
    let all = &worked.report.evidence;
    html! {
        section {
            h2 { (words::EVIDENCE) }
            @if all.is_empty() { p.note { (words::NO_EVIDENCE) } }
            @for (polarity, title) in [("for", words::FOR), ("against", words::AGAINST)] {
                @let some: Vec<&EvidenceReport> =
                    all.iter().filter(|one| one.polarity == polarity).collect();
                @if !some.is_empty() {
                    h3 { (title) }
                    div.scroll tabindex="0" role="region" aria-label=(title) {
                        table.list.evidence {
                            thead { tr {
                                th scope="col" { (words::OBSERVED) }
                                th scope="col" { (words::SAYS) }
                                th scope="col" { (words::WHY) }
                                th.n scope="col" title=(words::WEIGHT_HINT) { (words::WEIGHT) }
                            } }
                            tbody { @for one in some { (piece(app, worked, one)) } }
                        }
                    }
                }
            }
            (asides(&worked.report))
        }
    }
}

fn piece(app: &App, worked: &Worked, one: &EvidenceReport) -> Markup {
    let record = worked.device.records().nth(one.record as usize);
    html! {
        tr.contradicts[one.contradicts] {
            td {
                span.dim { (one.field) } br;
                code { (shown(&cut(&one.value))) }
                @if let Some(derived) = &one.derived { br; span.dim { "→ " (shown(derived)) } }
                @if let Some(record) = record {
                    br;
                    span.origin { (shown(&origin(record, one.span))) }
                }
            }
            td {
                a href={ "/knowledge/" (one.of.id) } { (one.of.name) }
                br; span.dim { (words::role(one.role)) }
                @if one.contradicts { br; strong { (words::CONTRADICTS) } }
            }
            td {
                (shown(&one.why))
                br; span.origin { (shown(&one.fact)) }
                @if !one.sources.is_empty() {
                    ul.sources { @for id in &one.sources { (source(app, id)) } }
                }
            }
            td.n {
                @match one.decibans {
                    Some(weight) => (format!("{weight:+.1}")),
                    None => "–",
                }
                @if one.structural { br; span.dim { (words::STRUCTURAL) } }
                @else if one.decibans.is_some() && !one.fitted {
                    br;
                    span.dim { (words::UNFITTED) }
                }
            }
        }
    }
}

/// A source, by its title and where it is to be read.
pub(crate) fn source(app: &App, id: &str) -> Markup {
    let found = app.known.base.facts.sources.get(id);
    html! {
        @if let Some(source) = found {
            li {
                @match source.url.as_deref().filter(|url| leads_out(url)) {
                    Some(url) => a href=(url) rel="noreferrer noopener" { (shown(&source.title)) },
                    None => (shown(&source.title)),
                }
            }
        }
    }
}

/// Whether an address is one that a browser may be led to.
fn leads_out(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

fn cut(value: &str) -> String {
    whomade_core::report::clean_to(value, VALUE_CHARS_MAX)
}

/// Where a value stood: file, line, and behind which byte of the record.
fn origin(record: &whomade_core::observation::Record, span: Option<(u32, u32)>) -> String {
    let place = record.origin.as_ref().map_or_else(|| record.place(), ToString::to_string);
    match span {
        Some((from, _)) => format!("{place}:{}", from + 1),
        None => place,
    }
}

fn asides(report: &DeviceReport) -> Markup {
    html! {
        @if !report.asides.is_empty() {
            details {
                summary { (words::asides(report.asides.len())) }
                ul { @for one in &report.asides { li { (shown(&one.says)) } } }
            }
        }
    }
}

fn contradictions(report: &DeviceReport) -> Markup {
    html! {
        @if !report.contradictions.is_empty() {
            section.alarm {
                h2 { (words::CONTRADICTIONS) }
                ul { @for one in &report.contradictions { li { (shown(&one.says)) } } }
            }
        }
    }
}

fn rulings(app: &App, worked: &Worked) -> Markup {
    let report = &worked.report;
    let spoken = |one: &&(usize, &Ruling)| {
        !matches!(one.1.outcome, Outcome::NoRule | Outcome::NotBound | Outcome::Expired)
    };
    let all: Vec<(usize, &Ruling)> = report.rulings.iter().enumerate().collect();
    let (first, rest): (Vec<_>, Vec<_>) = all.iter().partition(spoken);
    html! {
        section {
            h2 { (words::RULINGS) }
            @for (at, one) in &first { (ruled(app, one, worked.unasked.get(*at))) }
            @if !rest.is_empty() {
                details {
                    summary { (words::other_regimes(rest.len())) }
                    @for (at, one) in &rest { (ruled(app, one, worked.unasked.get(*at))) }
                }
            }
        }
    }
}

fn ruled(app: &App, one: &Ruling, unasked: Option<&Option<String>>) -> Markup {
    let regime = app.known.base.facts.regimes.get(&one.regime);
    html! {
        article.ruled {
            h3 {
                (ruling(one.outcome.word())) " "
                (regime.map_or(one.regime.as_str(), |regime| regime.title.as_str()))
                " " span.dim { (one.regime) }
            }
            @if let Some(Some(why)) = unasked { p.note { (shown(why)) } }
            ol.steps {
                @for step in &one.steps {
                    li {
                        span.cite { (step.citation) } " "
                        (shown(&step.text))
                        @if !step.relied_on.is_empty() {
                            span.ground { (words::RELIED_ON) " " (shown(&pairs(&step.relied_on))) }
                        }
                        @if !step.missing.is_empty() {
                            span.ground.missing {
                                (words::MISSING) " "
                                (shown(&step.missing.join(", ")))
                            }
                        }
                    }
                }
            }
            @for duty in &one.duties {
                p.duty { strong { (words::DUTY) } " " (shown(&duty.what))
                    @if let Some(by) = &duty.by { " " (shown(by)) }
                    " " span.cite { (duty.citation) } }
            }
        }
    }
}

fn pairs(pairs: &[(String, String)]) -> String {
    let all = pairs.iter().map(|(key, value)| format!("{key}={value}"));
    all.collect::<Vec<_>>().join(", ")
}

fn advisories(report: &DeviceReport) -> Markup {
    let all = &report.exposures;
    html! {
        @if !all.is_empty() {
            section {
                h2 { (words::ADVISORIES) }
                @if !all.stated.is_empty() {
                    table.list {
                        tbody {
                            @for one in &all.stated {
                                tr.bad[one.verdict == Verdict::Affected] {
                                    th scope="row" { (one.cve) }
                                    td { (one.verdict.words()) }
                                    td {
                                        (shown(&one.why))
                                        @if let Some(day) = &one.exploited_since {
                                            " " strong { (words::exploited(day)) }
                                        }
                                    }
                                    td.n {
                                        @if let Some(score) = one.score {
                                            "CVSS " (format!("{score:.1}"))
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                ul.note {
                    @for one in &all.untold { li { (words::cannot_tell(one)) } }
                    @if all.not_affected > 0 { li { (words::not_affected(all.not_affected)) } }
                }
            }
        }
    }
}

fn history(id: i64, known: &Known, day: Option<&str>) -> Markup {
    html! {
        section {
            h2 { (words::HISTORY) }
            form.inline method="get" action={ "/devices/" (id) } {
                label {
                    (words::KNOWN_ON)
                    input type="date" name="on" value=(day.unwrap_or_default());
                }
                button type="submit" { (words::SHOW) }
            }
            @for part in known.history.parts.iter().rev() {
                details open[known.history.parts.len() == 1] {
                    summary {
                        (shown(&part.feed)) ", " (words::observations(part.seen.observations.len()))
                    }
                    p { a href={ "/runs/" (part.run) } { (words::run_number(part.run)) } }
                    table.pairs {
                        tbody {
                            @for seen in &part.seen.observations {
                                tr {
                                    th scope="row" { (seen.field.id()) }
                                    td { code { (shown(&cut(&seen.value))) } }
                                }
                            }
                            @for (heading, value) in &part.seen.context {
                                tr {
                                    th.dim scope="row" { (shown(heading)) }
                                    td { (shown(&cut(value))) }
                                }
                            }
                            @for record in part.seen.records() {
                                tr {
                                    th.dim scope="row" { (words::ORIGIN) }
                                    td { span.origin { (shown(&record.place())) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn trail(lines: &[Line]) -> Markup {
    html! {
        @if !lines.is_empty() {
            section {
                h2 { (words::TRAIL) }
                ul.changes {
                    @for line in lines {
                        li { (when(&line.at)) " " (shown(&line.who)) " " (words::act(&line.act)) }
                    }
                }
            }
        }
    }
}
