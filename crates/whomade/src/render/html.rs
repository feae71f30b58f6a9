//! The report as one file: to be mailed, read without a network, and printed.

use std::collections::BTreeSet;
use std::path::PathBuf;

use maud::{DOCTYPE, Markup, html};
use whomade_core::attribution::Certainty;
use whomade_core::kb::Base;
use whomade_core::observation::{Device, Field};
use whomade_core::report::{Standing, clean, counted, written_label};
use whomade_core::ruling::Outcome;
use whomade_formats::read;
use whomade_formats::write::page::{CLOSED, head};

use crate::baseline::compared::Compared;
use crate::render::csv::cells;
use crate::render::finding::{Detail, exempted, notes, place_in, place_of};
use crate::render::sites::Sites;
use crate::render::summary::{Row, asks, by_maker, contradictory};
use crate::render::{estate, holes};
use crate::run::names::Names;
use crate::tally::Tally;
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::Known;
use whomade_inquiry::worker::Found;

/// Devices listed one by one; a longer list is no reading matter.
const DEVICES_MAX: usize = 5_000;
/// Bars of the picture.
const BARS_MAX: usize = 14;

/// How pages look.
pub(crate) static STYLE: &str = include_str!("report.css");

/// The page, filled while devices pass by.
#[derive(Debug, Default)]
pub(crate) struct Page {
    rows: Vec<DeviceRow>,
    left_out: u64,
    places: read::Sites,
    sites: Sites,
}

#[derive(Debug)]
struct DeviceRow {
    place: String,
    name: String,
    site: String,
    label: String,
    model: String,
    certainty: Certainty,
    outcome: Outcome,
    /// The findings that somebody answers for, in words.
    exempted: Vec<String>,
    cells: [String; 8],
}

impl Page {
    /// Takes a device.
    pub(crate) fn device(&mut self, base: &Base, found: &Found) {
        let named = found.place.as_ref().map(|place| clean(&place.words()));
        let column = || self.places.of(&found.device).map(clean).unwrap_or_default();
        let site = named.unwrap_or_else(column);
        self.sites.add(&site, found);
        if self.rows.len() >= DEVICES_MAX {
            self.left_out += 1;
            return;
        }
        let device = &found.device;
        let first = |one, other| {
            let value = device.first(one).or_else(|| device.first(other));
            value.map(clean).unwrap_or_default()
        };
        let outcomes = found.rulings().iter().map(|ruling| ruling.outcome);
        self.rows.push(DeviceRow {
            place: place_of(device),
            name: clean(&device.name),
            site,
            label: written_label(device, &found.read).map(clean).unwrap_or_default(),
            model: first(Field::Model, Field::Product),
            certainty: found.design().certainty,
            outcome: outcomes.min().unwrap_or(Outcome::NoRule),
            exempted: exempted(&found.exempted, found.rulings()),
            cells: cells(base, found, found.suggestions()),
        });
    }

    /// The page as text.
    pub(crate) fn render(
        mut self,
        known: &Known,
        asked: &Asked,
        tally: &Tally,
        files: &[PathBuf],
        compared: Option<&Compared>,
    ) -> String {
        self.rows.sort_by(|one, other| {
            (one.outcome, &one.cells[0], &one.label).cmp(&(
                other.outcome,
                &other.cells[0],
                &other.label,
            ))
        });
        // It is mailed: the folder in which the files lie is nobody's business.
        let short = Names::of(files);
        for row in &mut self.rows {
            if let Some((file, line)) = row.place.rsplit_once(':') {
                row.place = format!("{}:{line}", short.short(file));
            }
        }
        let names = short.all();
        // What a tab has room for: what it is, of how much, and of which day.
        let devices = counted(tally.devices, "device");
        let title = format!("whomade: {devices}, {}", asked.on);
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                (head(&title, CLOSED, STYLE))
                body {
                    header {
                        p.eyebrow { "Who really made it, behind the label" }
                        h1 { (names.join(", ")) }
                        p.lead { (lead(asked)) }
                    }
                    main {
                        (numbers(tally))
                        (picture(tally))
                        (rulings(asked, tally))
                        (estate::section(asked, &known.base, compared))
                        (self.sites.table())
                        (holes::section(&known.base, tally.holes.as_ref()))
                        (settle(tally))
                        (findings(known, asked, tally, &short))
                        (self.devices())
                        (method(known, asked))
                    }
                }
            }
        };
        page.into_string()
    }

    fn devices(&self) -> Markup {
        let files = self.rows.iter().map(|row| row.place.rsplit_once(':').map(|(file, _)| file));
        let several = files.collect::<BTreeSet<_>>().len() > 1;
        html! {
            section {
                h2 { "Every device" }
                table.devices {
                    colgroup {
                        col.place; col.name;
                        @if self.sites.any() { col.site; }
                        col.label; col.model; col.maker; col.certainty; col.why; col.ruling;
                    }
                    thead { tr {
                        th { "Place" } th { "Device" }
                        @if self.sites.any() { th { "Site" } }
                        th { "Sold as" } th { "Model" }
                        th { "Maker" } th { "Certainty" } th { "Why" } th { "Ruling" }
                    } }
                    tbody {
                        @for row in &self.rows {
                            tr {
                                td.place { (place(&row.place, several)) }
                                td { (row.name) }
                                @if self.sites.any() { td { (row.site) } }
                                td { (row.label) }
                                td.code { (row.model) }
                                td { (row.cells[0]) }
                                td { (badge(row.certainty)) }
                                td.why {
                                    (row.cells[2])
                                    @if !row.cells[3].is_empty() {
                                        span.against { " Against: " (row.cells[3]) }
                                    }
                                }
                                td {
                                    (outcome(row.outcome))
                                    @for one in &row.exempted { p.note { (one) } }
                                }
                            }
                        }
                    }
                }
                @if self.left_out > 0 {
                    p.note {
                        "… and " (counted(self.left_out, "further device"))
                        ", which the CSV output lists."
                    }
                }
            }
        }
    }
}

/// Where a record stands, its file by name only.
fn place_under(names: &Names, device: &Device) -> String {
    clean(&place_in(&names.short(&device.record.source), device))
}

/// A place in words; of a single file, which the heading names, the line is enough.
fn place(place: &str, several: bool) -> String {
    match place.rsplit_once(':') {
        Some((_, line)) if !several => format!("line {line}"),
        _ => place.to_owned(),
    }
}

fn lead(asked: &Asked) -> String {
    match (&asked.preset, asked.open) {
        (Some(preset), _) => format!("Asked as {preset}, for {}.", asked.on),
        (None, true) => format!(
            "Asked for {}. Nobody said who asks, so nothing is called barred here; each regime \
             says for whom it would be.",
            asked.on
        ),
        (None, false) => format!("Asked for {}.", asked.on),
    }
}

fn outcome(outcome: Outcome) -> Markup {
    html! { span class={ "outcome " (outcome.word()) } { (outcome.word()) } }
}

fn width(devices: u64, most: u64) -> String {
    format!("width:{:.2}%", 100.0 * devices as f64 / most as f64)
}

fn badge(certainty: Certainty) -> Markup {
    html! { span class={ "badge " (certainty.word()) } { (certainty.word()) } }
}

fn numbers(tally: &Tally) -> Markup {
    let [unknown, possible, probable, confirmed] = tally.certainties;
    let tiles = [
        (tally.devices, if tally.devices == 1 { "device" } else { "devices" }, ""),
        (confirmed, "maker confirmed", "confirmed"),
        (probable, "probable", "probable"),
        (possible, "possible", "possible"),
        (unknown, "unknown", "unknown"),
    ];
    html! {
        section.tiles {
            @for (number, name, class) in tiles {
                div class={ "tile " (class) } { strong { (number) } span { (name) } }
            }
        }
        @if let Some(said) = tally.only.said(tally.devices) { p.note { "Shown: " (said) "." } }
        @for (name, why) in &tally.unread {
            @let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
            p.note { "Not read, or not whole: " (clean(name)) ": " (clean(why)) "." }
        }
        @if tally.contradictions > 0 {
            p.note { (contradictory(tally)) ". It is named beside each device." }
        }
    }
}

/// Bars of devices by maker, the parts by certainty.
fn picture(tally: &Tally) -> Markup {
    let mut makers: Vec<Row> = Vec::new();
    for row in by_maker(tally) {
        match makers.iter_mut().find(|one| one.maker == row.maker) {
            Some(one) => {
                one.devices += row.devices;
                for (sum, more) in one.certainties.iter_mut().zip(row.certainties) {
                    *sum += more;
                }
            }
            None => makers.push(row),
        }
    }
    makers.sort_by(|one, other| {
        (one.maker == "unknown", std::cmp::Reverse(one.devices), &one.maker).cmp(&(
            other.maker == "unknown",
            std::cmp::Reverse(other.devices),
            &other.maker,
        ))
    });
    // What is not known is always shown, however many makers there are.
    let unknown = makers.pop_if(|row| row.maker == "unknown");
    let rest: u64 = makers.iter().skip(BARS_MAX).map(|row| row.devices).sum();
    makers.truncate(BARS_MAX);
    makers.extend(unknown);
    let most = makers.iter().map(|row| row.devices).max().unwrap_or(1).max(1);
    html! {
        section {
            h2 { "Whose hardware it is, so far as known" }
            div.bars role="img" aria-label="Devices by maker, as the table below says in numbers" {
                @for row in &makers {
                    div.bar {
                        span.name { (row.maker) }
                        span.track {
                            @for (devices, class) in row.certainties.iter().zip(
                                ["unknown", "possible", "probable", "confirmed"]
                            ).rev() {
                                @if *devices > 0 {
                                    i class=(class)
                                        style=(width(*devices, most)) {}
                                }
                            }
                        }
                        span.count { (row.devices) }
                    }
                }
            }
            p.legend {
                @for word in ["confirmed", "probable", "possible", "unknown"] {
                    i class=(word) {} (word) " "
                }
                @if rest > 0 {
                    "· " (counted(rest, "device")) " of further makers: see the table"
                }
            }
            (makers_and_labels(tally))
        }
    }
}

/// Makers and labels in numbers, apart by how the one stands to the other.
fn makers_and_labels(tally: &Tally) -> Markup {
    let rows = by_maker(tally);
    let of =
        |standing| -> Vec<&Row> { rows.iter().filter(|row| row.standing == standing).collect() };
    html! {
        table {
            thead { tr {
                th { "Maker" } th { "Sold as" } th.n { "Devices" } th.n { "Confirmed" }
                th.n { "Probable" } th.n { "Possible" } th.n { "Unknown" }
            } }
            @for standing in Standing::ALL {
                @let rows = of(standing);
                @if !rows.is_empty() {
                    tbody {
                        tr.part {
                            th colspan="2" scope="rowgroup" { (standing.heading()) }
                            th.n { (rows.iter().map(|row| row.devices).sum::<u64>()) }
                            th colspan="4" {}
                        }
                        @for row in rows {
                            tr {
                                td { (row.maker) } td { (row.label) } td.n { (row.devices) }
                                @for number in row.certainties.iter().rev() {
                                    td.n { @if *number > 0 { (number) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn rulings(asked: &Asked, tally: &Tally) -> Markup {
    html! {
        section {
            h2 { "What follows" }
            @for regime in &asked.regimes {
                article.regime {
                    h3 { (regime.title) span.id { (regime.id) } }
                    p { (regime.summary) }
                    p {
                        @for outcome in Outcome::ALL {
                            @let key = (regime.id.clone(), outcome);
                            @if let Some(devices) = tally.outcomes.get(&key) {
                                span class={ "outcome " (outcome.word()) } {
                                    (outcome.word()) " " b { (devices) }
                                }
                                @let unasked = asked.unasked(&regime.id, outcome);
                                span.means {
                                    (unasked.unwrap_or_else(|| outcome.meaning().to_owned()))
                                } " "
                            }
                        }
                    }
                    @let bound = tally.if_bound.get(&regime.id);
                    @if let Some(words) = bound.and_then(|one| one.words(&regime.would_bar)) {
                        p { "Not bound, but " (words) "." }
                    }
                    @if asked.open {
                        p.note { "Would be barred for " (regime.would_bar) "." }
                    }
                    p.note { (regime.citation) ". Our sources reach to " (regime.read_until) "." }
                }
            }
        }
    }
}

fn settle(tally: &Tally) -> Markup {
    let asks = asks(tally);
    html! {
        @if !asks.is_empty() {
            section {
                h2 { "What would settle most" }
                ol {
                    @for (what, devices) in asks {
                        li {
                            (what) ": the best next step for " b { (counted(devices, "device")) }
                        }
                    }
                }
            }
        }
    }
}

fn findings(known: &Known, asked: &Asked, tally: &Tally, names: &Names) -> Markup {
    let groups = tally.groups();
    let groups: Vec<_> = groups.iter().filter(|group| group.key.ruling.is_some()).collect();
    let mut told = Vec::new();
    html! {
        @if !groups.is_empty() {
            section {
                h2 { "One finding of each kind" }
                @for group in groups.iter().take(40) {
                    @if let Some(found) = group.examples.first() {
                        article.finding {
                            h3 {
                                @match (group.key.standing, group.key.label.as_str()) {
                                    (_, "") => (group.key.maker),
                                    (Standing::Contradictory, label) => {
                                        "Entered as " (label) ", most speaks for "
                                        (group.key.maker)
                                    }
                                    (_, label) => { (label) " → " (group.key.maker) }
                                }
                                span.id {
                                    (group.devices)
                                    @if group.devices == 1 { " device: " } @else { " devices: " }
                                    (group.words())
                                }
                            }
                            p {
                                (badge(found.design().certainty)) " for example "
                                b { (clean(&found.device.name)) } ", "
                                (place_under(names, &found.device))
                            }
                            ul {
                                @let ours = cells(&known.base, found, &[]);
                                @if !ours[2].is_empty() { li { "because: " (ours[2]) } }
                                @for note in paper_notes(known, asked, found, &mut told) {
                                    li { (note) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The lines under a finding, without what only a terminal can use; rules whose words stand above
/// are named only.
fn paper_notes(
    known: &Known,
    asked: &Asked,
    found: &Found,
    told: &mut Vec<Vec<(String, Outcome)>>,
) -> Vec<String> {
    let said = found.rulings_said();
    let detail = if told.contains(&said) { Detail::Brief } else { Detail::Full };
    told.push(said);
    let mut lines = notes(&known.base, asked, (&found.worked(&[]), &[]), detail);
    lines.retain(|line| !line.starts_with("next: "));
    lines
}

fn method(known: &Known, asked: &Asked) -> Markup {
    let fit = &known.weights.fit;
    html! {
        section.method {
            h2 { "How to read this" }
            p {
                "A finding is about a device, by what was seen of it, never about a label. "
                b { "Possible" } ": somebody leads, more cannot be said. "
                b { "Probable" } ": two independent kinds of evidence, one from the device or from a "
                "sourced supply that names the model, and nine in ten labelled observations like it "
                "held. " b { "Confirmed" } ": the device itself writes it in a form that only this "
                "maker's code writes. A rule is said to bar a device only from probable on."
            }
            p {
                "Certainty was fitted on " (fit.observations) " labelled observations in "
                (fit.clusters) " clusters. What could not be read or asked is part of the answer: "
                "“unknown” clears nobody."
            }
            p { "Not legal advice. Made with whomade " (env!("CARGO_PKG_VERSION")) " for " (asked.on) "." }
        }
    }
}
