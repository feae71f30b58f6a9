//! The steps of support in words, badges and counts: the same wherever the atlas speaks.

use maud::{Markup, html};
use whomade_core::atlas::{Atlas, Filer, House, Standing, Support, houses};
use whomade_core::kb::Entity;

use super::{Seen, View, count};

impl Seen<'_> {
    /// Products shown at that step: where one side contests the relation, all of them are shown
    /// as disputed, and [`Seen::counts`] says what stands behind that.
    pub(super) const fn shown(&self, step: Support) -> u64 {
        match (self.support, step) {
            (Support::Disputed, Support::Disputed) => self.pair.products,
            (Support::Disputed, _) => 0,
            _ => self.pair.with(step),
        }
    }

    /// `31 of 98 by model`, with as many steps as its products have.
    pub(super) fn counts(&self) -> Vec<(Support, String)> {
        // The whole is said once.
        let mut of_all = format!(" of {}", count(self.pair.products));
        let named = [(Support::Model, "by model"), (Support::Label, "by label")];
        let steps = named.into_iter().filter_map(|(step, words)| {
            let some = self.pair.with(step);
            let of_all = if some > 0 { std::mem::take(&mut of_all) } else { String::new() };
            (some > 0).then(|| (step, format!("{}{of_all} {words}", count(some))))
        });
        let disputed = (self.support == Support::Disputed)
            .then(|| (Support::Disputed, Support::Disputed.word().to_owned()));
        let found: Vec<_> = disputed.into_iter().chain(steps).collect();
        if found.is_empty() {
            return vec![(Support::StringOnly, Support::StringOnly.word().to_owned())];
        }
        found
    }

    /// The counts in one line of text.
    pub(super) fn in_words(&self) -> String {
        let counts: Vec<String> = self.counts().into_iter().map(|(_, words)| words).collect();
        counts.join(", ")
    }
}

/// Products of all labels at each step, in the order of [`Support::ALL`].
pub(super) fn totals(view: &View<'_>) -> [u64; 4] {
    let pairs = view.pairs(Standing::Label);
    Support::ALL.map(|step| pairs.iter().map(|one| one.shown(step)).sum())
}

/// The badges of a label with a family, with how many products each is about.
pub(super) fn badges(one: &Seen<'_>) -> Markup {
    html! {
        @for (at, (step, words)) in one.counts().into_iter().enumerate() {
            @if at > 0 { " " }
            span class={ "badge " (class(step)) } { (words) }
        }
    }
}

/// The badge of a step itself, in plain words.
pub(super) fn badge(step: Support) -> Markup {
    html! { span class={ "badge " (class(step)) } { (plain(step)) } }
}

pub(super) const fn class(step: Support) -> &'static str {
    match step {
        Support::Model => "model",
        Support::Label => "by-label",
        Support::StringOnly => "string-only",
        Support::Disputed => "disputed",
    }
}

/// The step for a reader who has seen nothing else of the page.
pub(super) const fn plain(step: Support) -> &'static str {
    match step {
        Support::Model => "model named elsewhere",
        Support::Label => "label named elsewhere",
        Support::StringOnly => "string only",
        Support::Disputed => "disputed",
    }
}

/// What a step means, and what it does not.
pub(super) const fn meaning(step: Support) -> &'static str {
    match step {
        Support::Model => {
            "a second named source, which is not the register, names this very model or a pattern \
             of numbers that takes it in."
        }
        Support::Label => {
            "a second named source names the label, a line of it, or its code inside the string, \
             but not this model: another model of the label may have another maker."
        }
        Support::StringOnly => "the form of the firmware string alone. Nobody is called the maker.",
        Support::Disputed => {
            "one side contests the relation, or denies it in words of its own: read both."
        }
    }
}

/// What made this label and this family one house on some day of its rows.
pub(super) fn houses_of<'v>(view: &View<'v>, one: &Seen<'v>) -> Vec<House<'v>> {
    let Filer::Known(of) = one.filer else { return vec![] };
    let rows = &one.pair.rows;
    houses(view.base, *of, one.family)
        .filter(|house| rows.iter().any(|row| house.holds(row.day)))
        .collect()
}

/// `own house: Dahua was its owner, 2018-02-06 to 2022-11-24`.
pub(super) fn house_words(view: &View<'_>, family: Entity, house: &House<'_>) -> String {
    let maker = view.base.name(family);
    let (from, until) = house.time();
    let ended = until.is_some_and(|until| until < view.on);
    let time = match (from, until) {
        (None, None) => String::new(),
        (Some(from), None) => format!(" since {from}"),
        (None, Some(until)) => format!(" until {until}"),
        (Some(from), Some(until)) => format!(" {from} to {until}"),
    };
    let (is, owns) = if ended { ("was", "owned") } else { ("is", "owns") };
    match house {
        House::Name(_) => format!("own house: the label {is} a name of {maker}’s own{time}"),
        House::Owned(_) => format!("own house: {maker} {is} its owner{time}"),
        House::Owner(_) => format!("own house: it {is} {maker}’s owner{time}"),
        House::Sisters(one, _) => {
            format!("own house: {} {owns} it and {maker}{time}", one.holder)
        }
    }
}

/// How many labels filed another maker's form.
pub(super) fn labels(atlas: &Atlas) -> u64 {
    let files = |label: &&whomade_core::atlas::LabelTally| {
        label.pairs.keys().any(|(standing, _)| *standing == Standing::Label)
    };
    atlas.labels.values().filter(files).count() as u64
}
