//! Ids, sources, dates and support of makers, labels and sources.

use super::*;

/// All of a company, in percent, and what is lost where shares are rounded.
const WHOLE: f64 = 100.5;

/// Whether a number is a share in percent.
pub(super) fn is_share(percent: f64) -> bool {
    percent > 0.0 && percent <= 100.0
}

impl Lint<'_> {
    pub(super) fn references(&mut self) {
        self.makers();
        self.labels();
        self.signature_claims();
        self.owner_cycles();
    }

    fn makers(&mut self) {
        let facts = self.facts;
        for (id, maker) in &facts.makers {
            let path = format!("makers/{id}.toml");
            self.cite(&path, &way![], &maker.sources);
            self.owners(&path, &maker.owners);
            for (at, statement) in maker.statements.iter().enumerate() {
                self.cite(&path, &way!["statement", at], &statement.sources);
                for (place, label) in statement.disputes.iter().enumerate() {
                    self.label_id(&path, &way!["statement", at, "disputes", place], label);
                }
            }
        }
        for id in facts.models.keys() {
            self.maker_id(&format!("models/{id}.toml"), &way![], id);
        }
    }

    fn owners(&mut self, path: &str, owners: &[Owner]) {
        for (at, owner) in owners.iter().enumerate() {
            self.cite(path, &way!["owner", at], &owner.sources);
            if let Some(holder) = &owner.maker {
                self.maker_id(path, &way!["owner", at, "maker"], holder);
            }
            self.order(path, &way!["owner", at], owner.from, owner.until);
            if owner.percent.is_some_and(|share| !is_share(share)) {
                let said = Diagnostic::new("kb/bad-share", "a share is above 0 and up to 100");
                self.say(path, &way!["owner", at, "percent"], "this share", said);
            }
        }
        // Shares change on the first days of owners; those that have none hold from the beginning.
        let days = owners.iter().map(|owner| owner.from.unwrap_or(jiff::civil::Date::MIN));
        for (at, day) in days.enumerate() {
            let held = owners.iter().filter(|owner| owner.holds_on(day));
            let sum: f64 =
                held.filter_map(|owner| owner.percent.filter(|one| is_share(*one))).sum();
            if sum > WHOLE {
                let since = owners[at].from.map(|day| format!(" since {day}")).unwrap_or_default();
                let message = format!("the owners hold {sum} percent together{since}");
                let said = Diagnostic::new("kb/bad-share", message)
                    .help("give each share its days: from, until");
                self.say(path, &way!["owner", at, "percent"], "with this share", said);
                break;
            }
        }
    }

    pub(super) fn order(
        &mut self,
        path: &str,
        way: &Way,
        from: Option<jiff::civil::Date>,
        until: Option<jiff::civil::Date>,
    ) {
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            let mut to = way.clone();
            to.push(Step::from("until"));
            let said =
                Diagnostic::new("kb/date-order", format!("{until} lies before {from}, its start"));
            self.say(path, &to, "ends before it begins", said);
        }
    }

    fn labels(&mut self) {
        let facts = self.facts;
        for (id, label) in &facts.labels {
            let path = format!("labels/{id}.toml");
            self.owners(&path, &label.owners);
            for (at, supply) in label.supplies.iter().enumerate() {
                self.supply(&path, &way!["supply", at], supply);
            }
            for (at, lead) in label.leads.iter().enumerate() {
                self.maker_id(&path, &way!["lead", at, "maker"], &lead.maker);
                if lead.unnamed && lead.sources.is_empty() {
                    continue;
                }
                self.cite(&path, &way!["lead", at], &lead.sources);
            }
            for (at, statement) in label.statements.iter().enumerate() {
                self.cite(&path, &way!["statement", at], &statement.sources);
                for (place, maker) in statement.disputes.iter().enumerate() {
                    self.maker_id(&path, &way!["statement", at, "disputes", place], maker);
                }
            }
        }
    }

    fn supply(&mut self, path: &str, way: &Way, supply: &Supply) {
        self.maker_id(path, &extend(way, "maker"), &supply.maker);
        self.cite(path, way, &supply.sources);
        self.order(path, way, supply.from, supply.until);
        if supply.support == Support::Low {
            let said = Diagnostic::new("kb/low-supply", "a low supply cannot support a finding")
                .help("write it as a [[lead]]");
            self.say(path, &extend(way, "support"), "low", said);
        }
        let read = supply.sources.iter().filter_map(|id| self.known.sources.get(id));
        if !supply.sources.is_empty() && !read.clone().any(|one| one.reading > Reading::Recalled) {
            let said = Diagnostic::new("kb/weak-ground", "nobody read any source of this supply")
                .help("read one, or write it as a [[lead]]");
            self.say(path, way, "this supply", said);
        }
        self.supply_examples(path, way, supply);
    }

    fn supply_examples(&mut self, path: &str, way: &Way, supply: &Supply) {
        let globs: Vec<String> = supply.models.iter().map(|one| glob::squeeze(one)).collect();
        if globs.is_empty() {
            return;
        }
        let hit = |model: &str| globs.iter().any(|one| glob::matches(one, &glob::squeeze(model)));
        if supply.example.is_empty() {
            let said = Diagnostic::new("kb/no-example", "no model stands as an example");
            self.say(path, way, "this supply", said);
        }
        let open = globs.iter().any(|one| one.contains(['*', '#', '@', '?']));
        if supply.counter_example.is_empty() && open {
            let said = Diagnostic::new("kb/no-counter-example", "no model stands against it");
            self.say(path, way, "this supply", said);
        }
        for (at, model) in supply.example.iter().enumerate().filter(|(_, model)| !hit(model)) {
            let said = Diagnostic::new("kb/example-missed", format!("`{model}` is not matched"));
            let to: Way = way.iter().cloned().chain(way!["example", at]).collect();
            self.say(path, &to, "none of the models", said);
        }
        for (at, model) in supply.named.iter().enumerate().filter(|(_, model)| !hit(model)) {
            let said = Diagnostic::new("kb/example-missed", format!("`{model}` is not matched"))
                .help("a source can name only a model that the supply speaks of");
            let to: Way = way.iter().cloned().chain(way!["named", at]).collect();
            self.say(path, &to, "none of the models", said);
        }
        for (at, model) in supply.counter_example.iter().enumerate().filter(|(_, one)| hit(one)) {
            let said = Diagnostic::new("kb/counter-example-hit", format!("`{model}` is matched"));
            let to: Way = way.iter().cloned().chain(way!["counter_example", at]).collect();
            self.say(path, &to, "one of the models", said);
        }
    }

    fn signature_claims(&mut self) {
        let facts = self.facts;
        for (field, file) in &facts.signatures {
            let path = format!("signatures/{field}.toml");
            for (at, one) in file.signatures.iter().enumerate() {
                let to = way!["signature", at, "claim", "of"];
                let is_label = one.claim.role == Role::Label;
                if is_label && self.known.labels.contains_key(&one.claim.of) {
                    continue;
                }
                if is_label && !self.known.makers.contains_key(&one.claim.of) {
                    let known = self.known.labels.keys().map(String::as_str).collect();
                    self.unknown_id(&path, &to, "label", &one.claim.of, known);
                } else {
                    self.maker_id(&path, &to, &one.claim.of);
                }
            }
        }
    }

    /// Each circle of owners is said once, at the holder that closes it.
    fn owner_cycles(&mut self) {
        let (facts, known) = (self.facts, self.known);
        let mut told: BTreeSet<&str> = BTreeSet::new();
        for (id, maker) in &facts.makers {
            if told.contains(id.as_str()) {
                continue;
            }
            for (at, owner) in maker.owners.iter().enumerate() {
                let Some(holder) = owner.maker.as_deref() else { continue };
                let held_by = holders(known, holder);
                if !held_by.contains(id.as_str()) {
                    continue;
                }
                let round = |one: &&str| holders(known, one).contains(id.as_str());
                told.extend(held_by.into_iter().filter(round));
                let said = Diagnostic::new("kb/owner-cycle", format!("`{id}` owns itself"))
                    .note(format!("through `{holder}`"));
                let path = format!("makers/{id}.toml");
                self.say(&path, &way!["owner", at, "maker"], "back to itself", said);
                break;
            }
        }
    }
}

/// A company and all that hold it, at any distance.
fn holders<'f>(known: &'f Facts, of: &str) -> BTreeSet<&'f str> {
    let start = known.makers.get_key_value(of).map(|(id, _)| id.as_str());
    let mut seen: BTreeSet<&str> = start.into_iter().collect();
    let mut open: Vec<&str> = start.into_iter().collect();
    while let Some(next) = open.pop() {
        let owners = known.makers.get(next).map(|maker| maker.owners.as_slice());
        for holder in owners.unwrap_or_default().iter().filter_map(|one| one.maker.as_deref()) {
            if seen.insert(holder) {
                open.push(holder);
            }
        }
    }
    seen
}

fn extend(way: &Way, key: &str) -> Way {
    let mut to = way.clone();
    to.push(Step::from(key));
    to
}
