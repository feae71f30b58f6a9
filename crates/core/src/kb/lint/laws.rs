//! Regimes and the context they are told: their words, and their own cases.

use super::references::is_share;
use super::*;
use crate::deadline::deadlines;
use crate::kb::schema::{Conditions, Duty, Effect, Provision, Regime};
use crate::role::Role;
use crate::ruling;

impl Lint<'_> {
    pub(super) fn laws(&mut self) {
        let facts = self.facts;
        for (id, regime) in &facts.regimes {
            self.regime(&format!("regimes/{id}.toml"), id, regime);
        }
        self.presets();
        self.calendars();
    }

    /// Checks one regime; also used for a body's own policy.
    fn regime(&mut self, path: &str, id: &str, regime: &Regime) {
        if regime.id != id {
            let said = Diagnostic::new("kb/bad-id", format!("the file is called `{id}`"));
            self.say(path, &way!["id"], "another id", said);
        }
        self.cite(path, &way![], &regime.sources);
        for (group, makers) in &regime.groups {
            for (at, maker) in makers.iter().enumerate() {
                self.maker_id(path, &way!["groups", group.as_str(), at], maker);
            }
        }
        for (at, provision) in regime.provisions.iter().enumerate() {
            self.provision(path, &way!["provision", at], regime, provision);
        }
        if regime.provisions.is_empty() != regime.none.is_some() {
            let said = Diagnostic::new(
                "kb/no-provision",
                "a regime has provisions, or says in `none` why there is no rule",
            );
            self.say(path, &way![], "this regime", said.help("write one of both, and not both"));
        }
        self.looks(path, regime);
        for (at, free) in regime.not_bound.iter().enumerate() {
            self.cite(path, &way!["not_bound", at], &free.sources);
            self.conditions(path, &way!["not_bound", at, "when"], &free.when);
        }
        for (at, word) in regime.definitions.iter().enumerate() {
            self.cite(path, &way!["definition", at], &word.sources);
        }
        for (at, duty) in regime.duties.iter().enumerate() {
            self.duty(path, at, duty);
        }
        self.cases(path, regime);
    }

    /// Every provision says how deep it looks; where affiliates count, it looks at the owner.
    fn looks(&mut self, path: &str, regime: &Regime) {
        let known: Vec<&str> = regime.provisions.iter().map(|one| one.id.as_str()).collect();
        for (at, look) in regime.looks.iter().enumerate() {
            for (place, id) in look.provisions.iter().enumerate() {
                if !known.contains(&id.as_str()) {
                    let way = way!["look", at, "provisions", place];
                    self.unknown_id(path, &way, "provision", id, known.clone());
                }
            }
        }
        for (at, provision) in regime.provisions.iter().enumerate() {
            let at_level = |level: Option<Role>| {
                let mut looks = regime.looks.iter().filter(|one| one.is_of(&provision.id));
                looks.any(|one| level.is_none_or(|level| one.level == level))
            };
            let id = &provision.id;
            let message = if !at_level(None) {
                format!("no [[look]] says at which level `{id}` looks")
            } else if provision.makers.affiliates && !at_level(Some(Role::Owner)) {
                format!("`{id}` counts affiliates, and no [[look]] of it names the owner")
            } else {
                continue;
            };
            let said = Diagnostic::new("kb/no-depth", message)
                .help("add a [[look]] with its level and the words that say so");
            self.say(path, &way!["provision", at], "this provision", said);
        }
    }

    fn duty(&mut self, path: &str, at: usize, duty: &Duty) {
        self.conditions(path, &way!["duty", at, "when"], &duty.when);
        self.conditions(path, &way!["duty", at, "unless"], &duty.unless);
        if !duty.sources.is_empty() {
            self.cite(path, &way!["duty", at], &duty.sources);
        }
        for (place, one) in duty.recipients.iter().enumerate() {
            let way = way!["duty", at, "recipient", place, "when"];
            self.conditions(path, &way, &one.when);
        }
        let calendars = &self.known.context.calendars;
        if let Some(id) = duty.clock.as_ref().and_then(|clock| clock.calendar.as_ref())
            && !calendars.iter().any(|one| one.id == *id)
        {
            let known = calendars.iter().map(|one| one.id.as_str()).collect();
            let way = way!["duty", at, "clock", "calendar"];
            self.unknown_id(path, &way, "calendar", id, known);
        }
    }

    fn provision(&mut self, path: &str, way: &Way, regime: &Regime, provision: &Provision) {
        let inner = |key: &str| -> Way { way.iter().cloned().chain([Step::from(key)]).collect() };
        self.cite(path, way, &provision.sources);
        self.order(path, way, Some(provision.from), provision.until);
        self.conditions(path, &inner("bound"), &provision.bound);
        self.conditions(path, &inner("when"), &provision.when);
        for (at, key) in provision.told.iter().enumerate() {
            if !provision.when.contains_key(key) {
                let message = format!("`{key}` is asked for in `told` and not in `when`");
                let to: Way = inner("told").into_iter().chain(way![at]).collect();
                let said = Diagnostic::new("kb/bad-context", message);
                self.say(path, &to, "no condition", said);
            }
        }
        for (at, maker) in provision.makers.any_of.iter().enumerate() {
            let to: Way = inner("makers").into_iter().chain(way!["any_of", at]).collect();
            self.maker_id(path, &to, maker);
        }
        if provision.makers.whoever && provision.effect == Effect::Barred {
            let message = "what bars asks for a maker; `whoever` is for duties and advice";
            let to: Way = inner("makers").into_iter().chain(way!["whoever"]).collect();
            self.say(path, &to, "this test", Diagnostic::new("kb/bad-test", message));
        }
        if let Some(share) = provision.makers.share
            && (!is_share(share) || !provision.makers.affiliates)
        {
            let message = "a share is above 0 and up to 100 percent, and asks for `affiliates`";
            let to: Way = inner("makers").into_iter().chain(way!["share"]).collect();
            self.say(path, &to, "this share", Diagnostic::new("kb/bad-share", message));
        }
        if let Some(group) = &provision.makers.group
            && !regime.groups.contains_key(group)
        {
            let to: Way = inner("makers").into_iter().chain(way!["group"]).collect();
            let known = regime.groups.keys().map(String::as_str).collect();
            self.unknown_id(path, &to, "group", group, known);
        }
        for (at, exception) in provision.exceptions.iter().enumerate() {
            let to: Way = inner("exception").into_iter().chain(way![at]).collect();
            self.order(path, &to, exception.from, exception.until);
            if !exception.sources.is_empty() {
                self.cite(path, &to, &exception.sources);
            }
            let to: Way = to.into_iter().chain(way!["when"]).collect();
            self.conditions(path, &to, &exception.when);
        }
    }

    pub(super) fn conditions(&mut self, path: &str, way: &Way, conditions: &Conditions) {
        let facts = self.known;
        for (key, values) in conditions {
            let to: Way = way.iter().cloned().chain(way![key.as_str()]).collect();
            let Some(known) = facts.context.keys.iter().find(|one| one.id == *key) else {
                let ids = facts.context.keys.iter().map(|one| one.id.as_str());
                let mut said =
                    Diagnostic::new("kb/bad-context", format!("there is no context key `{key}`"));
                said.help = nearest(key, ids).map(|near| format!("did you mean `{near}`?"));
                self.say(path, &to, "not in kb/context.toml", said);
                continue;
            };
            for value in values {
                if known.values.iter().any(|one| one.id == *value) {
                    continue;
                }
                let ids = known.values.iter().map(|one| one.id.as_str());
                let mut said = Diagnostic::new(
                    "kb/bad-context",
                    format!("the context key `{key}` has no value `{value}`"),
                );
                said.help = nearest(value, ids).map(|near| format!("did you mean `{near}`?"));
                self.say(path, &to, "not in kb/context.toml", said);
            }
        }
    }

    fn cases(&mut self, path: &str, regime: &Regime) {
        let facts = self.known;
        if regime.cases.is_empty() {
            let said = Diagnostic::new("kb/no-example", "a regime carries its own cases")
                .help("add at least one [[case]]");
            self.say(path, &way![], "this regime", said);
        }
        for (at, case) in regime.cases.iter().enumerate() {
            if let Some(maker) = &case.maker {
                self.maker_id(path, &way!["case", at, "maker"], maker);
            }
            let told = case.context.iter().map(|(key, value)| (key.clone(), vec![value.clone()]));
            self.conditions(path, &way!["case", at, "context"], &told.collect());
            let ruling = ruling::judge_case(facts, regime, case);
            let decided = ruling.decisive().map(|step| step.provision.clone());
            let missing = ruling.missing();
            let found = case.identified.map(|day| {
                deadlines(facts, regime, ruling.outcome, &case.context, Some(day.into()))
            });
            let due: Vec<_> = found.iter().flatten().map(|one| one.due).collect();
            let lacks = case.missing.iter().find(|key| !missing.contains(key));
            let message = if ruling.outcome != case.expect {
                format!("it comes out {}, not {}", ruling.outcome, case.expect)
            } else if case.by.is_some() && case.by != decided {
                format!("`{}` decides", decided.unwrap_or_else(|| "nothing".to_owned()))
            } else if let Some(key) = lacks {
                format!("`{key}` is not named as missing")
            } else if found.is_some() && due != case.due {
                let due: Vec<String> = due.iter().map(ToString::to_string).collect();
                format!("its duties fall due on {}", due.join(", "))
            } else {
                continue;
            };
            let said = Diagnostic::new("kb/case-failed", format!("`{}`: {message}", case.name));
            self.say(path, &way!["case", at, "expect"], "expected", said);
        }
    }

    fn calendars(&mut self) {
        let facts = self.facts;
        for (at, one) in facts.context.calendars.iter().enumerate() {
            self.cite("context.toml", &way!["calendar", at], &one.sources);
        }
        for (at, one) in facts.context.contradictions.iter().enumerate() {
            self.conditions("context.toml", &way!["contradiction", at, "when"], &one.when);
        }
    }

    fn presets(&mut self) {
        let facts = self.facts;
        for (at, preset) in facts.context.presets.iter().enumerate() {
            let told = preset.context.iter().map(|(key, value)| (key.clone(), vec![value.clone()]));
            self.conditions("context.toml", &way!["preset", at, "context"], &told.collect());
            for (place, regime) in preset.regimes.iter().enumerate() {
                if !self.known.regimes.contains_key(regime) {
                    let known = self.known.regimes.keys().map(String::as_str).collect();
                    let way = way!["preset", at, "regimes", place];
                    self.unknown_id("context.toml", &way, "regime", regime, known);
                }
            }
        }
    }
}
