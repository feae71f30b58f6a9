//! What an overlay takes the place of: nothing built in goes away without a word.

use super::*;

impl Lint<'_> {
    /// Says of each fact of the base under this one that it no longer counts.
    pub(super) fn redefined(&mut self, under: &Facts) {
        let (facts, mut files) = (self.facts, Vec::new());
        let labels = facts.labels.keys().filter_map(|id| {
            let gone = under.labels.get(id)?.supplies.len();
            Some((format!("labels/{id}.toml"), format!("its supplies too, {gone} of them")))
        });
        files.extend(labels);
        let whole = |note: &str| note.to_owned();
        let makers = facts.makers.keys().filter(|id| under.makers.contains_key(*id));
        files.extend(makers.map(|id| (format!("makers/{id}.toml"), whole("its owners too"))));
        let regimes = facts.regimes.keys().filter(|id| under.regimes.contains_key(*id));
        files.extend(regimes.map(|id| (format!("regimes/{id}.toml"), whole("its provisions too"))));
        let forms = facts.forms.keys().filter(|id| under.forms.contains_key(*id));
        files.extend(forms.map(|id| (format!("forms/{id}.toml"), whole("its fields too"))));
        let conduct = facts.conduct.keys().filter(|id| under.conduct.contains_key(*id));
        files.extend(conduct.map(|id| (format!("conduct/{id}.toml"), whole("its answers too"))));
        let sources = facts.sources.keys().filter(|id| under.sources.contains_key(*id));
        let note = "facts of the built-in base may cite it";
        files.extend(sources.map(|id| (format!("sources/{id}.toml"), whole(note))));
        for (path, note) in files {
            let said = Diagnostic::new("kb/redefined", format!("{path} is built in"))
                .note(format!("what the built-in file says no longer counts: {note}"))
                .help("take over from `whomade kb show` what should still hold");
            self.say(&path, &way![], "this file takes its place", said);
        }
        self.redefined_patterns(under);
    }

    /// Names that two makers or two labels bear.
    pub(super) fn names(&mut self) {
        let known = self.known;
        let makers =
            known.makers.iter().map(|(id, one)| (id.as_str(), one.name.as_str(), &one.also));
        self.same_names("makers", makers.collect());
        let labels =
            known.labels.iter().map(|(id, one)| (id.as_str(), one.name.as_str(), &one.also));
        self.same_names("labels", labels.collect());
    }

    /// A name that two files of a kind bear is found for the first of them only.
    fn same_names(&mut self, folder: &str, all: Vec<(&str, &str, &Vec<String>)>) {
        let mut bearers: BTreeMap<String, (&str, &str)> = BTreeMap::new();
        for (id, name, also) in all {
            for (at, name) in
                std::iter::once(name).chain(also.iter().map(String::as_str)).enumerate()
            {
                let key: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
                let (first, _) = *bearers.entry(key.to_lowercase()).or_insert((id, name));
                if key.is_empty() || first == id {
                    continue;
                }
                // The overlay is told of its own files, whichever of the two comes first.
                let (path, way) = match self.files.get(format!("{folder}/{id}.toml").as_str()) {
                    Some(file) if at == 0 => (file.path.clone(), way!["name"]),
                    Some(file) => (file.path.clone(), way!["also", at - 1]),
                    None => (format!("{folder}/{first}.toml"), way!["name"]),
                };
                let said =
                    Diagnostic::new("kb/same-name", format!("`{name}` is a name of two files"))
                        .note(format!("{folder}/{first}.toml and {folder}/{id}.toml bear it"))
                        .note(format!("only {folder}/{first}.toml is found by it"))
                        .help("leave the name to one of them");
                self.say(&path, &way, "this name", said);
            }
        }
    }

    fn redefined_patterns(&mut self, under: &Facts) {
        let built_in: BTreeSet<&str> = under.pattern_ids().collect();
        for (path, way, id) in patterns::ids(self.facts) {
            if built_in.contains(id) {
                let said = Diagnostic::new("kb/redefined", format!("`{id}` is built in"))
                    .note("this one takes its place, and nothing that was fitted stands behind it")
                    .help("give it an id of its own, and both count");
                self.say(&path, &way, "this id", said);
            }
        }
    }
}
