//! Devices by the place where they stand, as the user's own table names it.

use std::collections::BTreeMap;

use maud::{Markup, html};
use whomade_core::ruling::Outcome;

use whomade_inquiry::judgement::Would;
use whomade_inquiry::worker::Found;

/// Sites counted one by one; a column of notes taken for one must not fill the memory.
const SITES_MAX: usize = 1_000;
/// What stands for further sites.
const OTHERS: &str = "further sites";

/// The counts of one site.
#[derive(Debug, Clone, Copy, Default)]
struct Site {
    devices: u64,
    /// Unknown, possible, probable, confirmed.
    certainties: [u64; 4],
    /// By the strongest outcome of each device.
    barred: u64,
    /// Barred if a rule bound the holder or its missing facts were so.
    would: u64,
    named: u64,
}

/// All sites.
#[derive(Debug, Default)]
pub(crate) struct Sites {
    /// By their letters: the spelling seen first stands for all that differ in case only.
    sites: BTreeMap<String, (String, Site)>,
}

impl Sites {
    /// Counts a device; without a name it stands nowhere that is known.
    pub(crate) fn add(&mut self, name: &str, found: &Found) {
        let key = name.to_lowercase();
        let full = self.sites.len() >= SITES_MAX && !self.sites.contains_key(&key);
        let (key, name) = if full { (OTHERS.to_owned(), OTHERS) } else { (key, name) };
        let first = || (name.to_owned(), Site::default());
        let (_, site) = self.sites.entry(key).or_insert_with(first);
        site.devices += 1;
        site.certainties[found.design().certainty as usize] += 1;
        let barred = found.rulings().iter().any(|ruling| ruling.outcome == Outcome::Barred);
        site.barred += u64::from(barred);
        site.would += u64::from(!barred && found.answer.judgement.any(Would::Barred));
        site.named += u64::from(found.answer.named);
    }

    /// Whether any device names its site.
    pub(crate) fn any(&self) -> bool {
        self.sites.keys().any(|name| !name.is_empty())
    }

    /// The table, the sites with most devices that a rule names first.
    pub(crate) fn table(&self) -> Markup {
        let mut rows: Vec<&(String, Site)> = self.sites.values().collect();
        rows.sort_by_key(|(name, site)| {
            use std::cmp::Reverse;
            let grave = (Reverse(site.barred), Reverse(site.would), Reverse(site.named));
            (grave, Reverse(site.devices), name)
        });
        html! {
            @if self.any() {
                section {
                    h2 { "Where they stand" }
                    table.sites {
                        thead { tr {
                            th { "Site" } th.n { "Devices" } th.n { "Barred" }
                            th.n { "Would be barred" }
                            th.n { "Named by a rule" } th.n { "Confirmed" } th.n { "Probable" }
                            th.n { "Possible" } th.n { "Unknown" }
                        } }
                        tbody {
                            @for (name, site) in rows {
                                tr {
                                    td { @if name.is_empty() { "(no site)" } @else { (name) } }
                                    td.n { (site.devices) }
                                    td.n { @if site.barred > 0 { (site.barred) } }
                                    td.n { @if site.would > 0 { (site.would) } }
                                    td.n { @if site.named > 0 { (site.named) } }
                                    @for number in site.certainties.iter().rev() {
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
}
