//! Patterns of signatures and grammars: their own examples, and everybody else's.

use super::*;

/// A signature or a grammar, as both are checked in the same way.
struct Pattern<'p> {
    path: String,
    way: Way,
    field: Field,
    id: &'p str,
    of: &'p str,
    is_label: bool,
    grade: Grade,
    plain: [&'p [String]; 3],
    regex: Option<&'p str>,
    ignore_case: bool,
    customer: Option<&'p CustomerCode>,
    example: &'p [String],
    counter_example: &'p [String],
    also_matches: &'p [String],
    sources: &'p [String],
    withdrawn: bool,
}

impl Lint<'_> {
    pub(super) fn patterns(&mut self) {
        let facts = self.facts;
        let patterns = collect(facts);
        let again = self.unique_ids(&patterns);
        for one in &patterns {
            self.cite(&one.path, &one.way, one.sources);
            self.form(one);
            self.customer(one);
        }
        let base = Base::new(self.known.clone(), Registry::default());
        let numbers: BTreeMap<&str, u32> =
            base.signatures.iter().zip(0..).map(|(one, at)| (one.id.as_str(), at)).collect();
        // The second of two with one id is not in the base, so its examples cannot be tried.
        let tried = |at: &usize, one: &Pattern<'_>| !one.withdrawn && !again.contains(at);
        for (_, one) in patterns.iter().enumerate().filter(|(at, one)| tried(at, one)) {
            if let Some(number) = numbers.get(one.id) {
                self.examples(&base, one, *number);
            }
        }
    }

    /// Says which ids are taken, and gives the places in `patterns` of those that came second.
    fn unique_ids(&mut self, patterns: &[Pattern<'_>]) -> BTreeSet<usize> {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        let mut again = BTreeSet::new();
        for (at, one) in patterns.iter().enumerate() {
            if let Some(first) = seen.get(one.id).copied() {
                again.insert(at);
                let said = Diagnostic::new("kb/duplicate-id", format!("`{}` is taken", one.id))
                    .note(format!("it stands in kb/{first} too"));
                self.say(&one.path, &to(one, "id", None), "again", said);
            } else {
                seen.insert(one.id, &one.path);
            }
        }
        again
    }

    fn form(&mut self, one: &Pattern<'_>) {
        let plain = one.plain.iter().any(|list| !list.is_empty());
        if !plain && one.regex.is_none() && one.customer.is_none() {
            let said = Diagnostic::new("kb/no-pattern", format!("`{}` matches nothing", one.id))
                .help("give equals, prefix, contains, regex or customer");
            self.say(&one.path, &one.way, "no pattern", said);
        }
        if one.example.is_empty() {
            let said = Diagnostic::new("kb/no-example", format!("`{}` has no example", one.id));
            self.say(&one.path, &one.way, "this one", said);
        }
        if one.counter_example.is_empty() {
            let said = Diagnostic::new("kb/no-counter-example", format!("`{}` has none", one.id));
            self.say(&one.path, &one.way, "this one", said);
        }
        let Some(expression) = one.regex else { return };
        if let Err(wrong) = compile(expression, one.ignore_case) {
            let said = Diagnostic::new("kb/bad-regex", format!("`{}` does not compile", one.id))
                .note(wrong.to_string());
            self.say(&one.path, &to(one, "regex", None), "this expression", said);
        } else if let Some(plainer) = plainer(expression) {
            let said = Diagnostic::new("kb/plainer-pattern", "no expression is needed")
                .help(format!("write {plainer}"));
            self.say(&one.path, &to(one, "regex", None), "this expression", said);
        } else if let Some(group) = unknown_group(expression) {
            let mut said = Diagnostic::new(
                "kb/unknown-group",
                format!("nobody reads a group named `{group}`"),
            );
            let near = nearest(&group, GROUPS.iter().map(|(name, _)| *name));
            said.help = near.map(|near| format!("did you mean `{near}`?"));
            self.say(&one.path, &to(one, "regex", None), "this expression", said);
        }
    }

    /// Codes of customers are found by a maker's firmware grammars, so there must be such.
    fn customer(&mut self, one: &Pattern<'_>) {
        let Some(codes) = one.customer else { return };
        let way = to(one, "customer", None);
        self.maker_id(&one.path, &way, &codes.of);
        let known = self.known.models.get(&codes.of);
        let found = known.is_some_and(|file| {
            let grammars = file.firmwares.iter().filter_map(|one| one.regex.as_deref());
            grammars.into_iter().any(|expression| expression.contains("(?P<customer"))
        });
        if one.field != Field::Firmware || !found || codes.is.is_empty() {
            let said = Diagnostic::new("kb/customer-without-grammar", "nothing finds these codes")
                .note("a firmware grammar with a group `customer` in kb/models/<maker>.toml does")
                .note("and only values of the field firmware are looked at");
            self.say(&one.path, &way, "these codes", said);
        }
    }

    fn examples(&mut self, base: &Base, one: &Pattern<'_>, number: u32) {
        let mut hits = Vec::new();
        for (at, value) in one.counter_example.iter().enumerate() {
            base.fire(one.field, &as_matched(one.field, value), &mut hits);
            if hits.contains(&number) {
                let said = Diagnostic::new(
                    "kb/counter-example-hit",
                    format!("`{}` matches its counter-example", one.id),
                );
                self.say(&one.path, &to(one, "counter_example", Some(at)), "matched", said);
            }
        }
        for (at, value) in one.example.iter().enumerate() {
            base.fire(one.field, &as_matched(one.field, value), &mut hits);
            if !hits.contains(&number) {
                let said = Diagnostic::new(
                    "kb/example-missed",
                    format!("`{}` does not match its example", one.id),
                );
                self.say(&one.path, &to(one, "example", Some(at)), "not matched", said);
            }
            self.cross(base, one, at, &hits);
        }
    }

    /// An example that speaks for two makers is a trap, unless the base says that it knows.
    fn cross(&mut self, base: &Base, one: &Pattern<'_>, at: usize, hits: &[u32]) {
        for hit in hits {
            let other = &base.signatures[*hit as usize];
            let speaks = |role: Role| matches!(role, Role::Design | Role::Firmware);
            let same = base.id(other.of) == one.of
                || one.is_label
                || !matches!(other.of, Entity::Maker(_))
                || !speaks(other.role);
            let listed = one.also_matches.contains(&other.id);
            if same || listed || one.grade == Grade::Weak || other.grade == Grade::Weak {
                continue;
            }
            let said = Diagnostic::new(
                "kb/cross-match",
                format!("an example of `{}` also speaks for {}", one.id, base.name(other.of)),
            )
            .note(format!("`{}` in kb/{} matches it", other.id, other.file))
            .help("narrow one of the two, or list the other under also_matches and say why");
            self.say(&one.path, &to(one, "example", Some(at)), "matched by both", said);
        }
    }
}

/// Every signature and grammar: its file, the way to its id, and the id.
pub(super) fn ids(facts: &Facts) -> Vec<(String, Way, &str)> {
    let all = collect(facts).into_iter();
    all.map(|one| (one.path.clone(), to(&one, "id", None), one.id)).collect()
}

fn as_matched(field: Field, value: &str) -> String {
    if field == Field::Model { glob::squeeze(value) } else { value.to_owned() }
}

fn to(one: &Pattern<'_>, key: &str, item: Option<usize>) -> Way {
    let mut way = one.way.clone();
    way.push(Step::from(key));
    way.extend(item.map(Step::from));
    way
}

fn collect(facts: &Facts) -> Vec<Pattern<'_>> {
    let mut all = Vec::new();
    for (name, file) in &facts.signatures {
        let Some(field) = Field::from_id(name) else { continue };
        let path = format!("signatures/{name}.toml");
        let each = file.signatures.iter().enumerate();
        all.extend(each.map(|(at, one)| of_signature(&path, at, field, one)));
    }
    let clouds = facts.endpoints.iter();
    all.extend(clouds.filter(|(_, one)| !one.hosts.is_empty()).map(|(id, one)| of_cloud(id, one)));
    for (maker, file) in &facts.models {
        let path = format!("models/{maker}.toml");
        let groups = [
            ("model", Field::Model, &file.models),
            ("serial", Field::Serial, &file.serials),
            ("firmware", Field::Firmware, &file.firmwares),
        ];
        for (key, field, list) in groups {
            for (at, one) in list.iter().enumerate() {
                all.push(of_grammar(&path, way![key, at], field, maker, one));
            }
        }
    }
    all
}

fn of_signature<'p>(path: &str, at: usize, field: Field, one: &'p Signature) -> Pattern<'p> {
    Pattern {
        path: path.to_owned(),
        way: way!["signature", at],
        field,
        id: &one.id,
        of: &one.claim.of,
        is_label: !matches!(one.claim.role, Role::Design | Role::Firmware),
        grade: one.grade,
        plain: [&one.equals, &one.prefix, &one.contains],
        regex: one.regex.as_deref(),
        ignore_case: one.ignore_case,
        customer: one.customer.as_ref(),
        example: &one.example,
        counter_example: &one.counter_example,
        also_matches: &one.also_matches,
        sources: &one.sources,
        withdrawn: one.withdrawn.is_some(),
    }
}

fn of_cloud<'p>(id: &'p str, one: &'p Endpoint) -> Pattern<'p> {
    Pattern {
        path: format!("endpoints/{id}.toml"),
        way: way![],
        field: Field::DnsName,
        id,
        of: &one.operator,
        is_label: true,
        grade: one.grade,
        plain: [&one.hosts, &[], &[]],
        regex: None,
        customer: None,
        ignore_case: true,
        example: &one.example,
        counter_example: &one.counter_example,
        also_matches: &[],
        sources: &one.sources,
        withdrawn: one.withdrawn.is_some(),
    }
}

fn of_grammar<'p>(
    path: &str,
    way: Way,
    field: Field,
    maker: &'p str,
    one: &'p Grammar,
) -> Pattern<'p> {
    Pattern {
        path: path.to_owned(),
        way,
        field,
        id: &one.id,
        of: maker,
        is_label: false,
        grade: one.grade,
        plain: [&one.equals, &one.prefix, &[]],
        regex: one.regex.as_deref(),
        ignore_case: false,
        customer: None,
        example: &one.example,
        counter_example: &one.counter_example,
        also_matches: &one.also_matches,
        sources: &one.sources,
        withdrawn: one.withdrawn.is_some(),
    }
}

/// A named group that nobody reads.
fn unknown_group(expression: &str) -> Option<String> {
    let compiled = compile(expression, false).ok()?;
    let read = |name: &&str| {
        let plain = name.strip_suffix(|c: char| c.is_ascii_digit()).unwrap_or(name);
        GROUPS.iter().any(|(known, _)| *known == plain)
    };
    compiled.capture_names().flatten().find(|name| !read(name)).map(str::to_owned)
}

/// The plainer form of an expression that is only a literal, if it is one.
fn plainer(expression: &str) -> Option<String> {
    let (start, rest) = match expression.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, expression),
    };
    let (end, body) = match rest.strip_suffix('$') {
        Some(body) if !body.ends_with('\\') => (true, body),
        _ => (false, rest),
    };
    let mut literal = String::new();
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c) if !c.is_ascii_alphanumeric() => literal.push(c),
                _ => return None,
            },
            c if ".+*?()|[]{}^$".contains(c) => return None,
            c => literal.push(c),
        }
    }
    let form = match (start, end) {
        (true, true) => "equals",
        (true, false) => "prefix",
        (false, false) => "contains",
        (false, true) => return None,
    };
    debug_assert!(matcher::VALUE_BYTES_MAX > literal.len());
    Some(format!("{form} = [\"{literal}\"]"))
}
