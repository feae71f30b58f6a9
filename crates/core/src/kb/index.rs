//! The base made fast: signatures by field, supplies by label, names, the address registry.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::facts::Facts;
use super::glob;
use super::matcher::{Matcher, Pattern};
use super::names::{Entity, Names};
use super::registry::Registry;
use super::schema::{
    Advisory, DateForm, EquipmentClass, Grade, Grammar, Polarity, Relation, Supply, Support,
};
use crate::evidence::Reach;
use crate::exposure::Prepared;
use crate::observation::Field;
use crate::role::Role;

/// A signature or grammar as the weighing needs it.
#[derive(Debug, Clone)]
pub struct Signature {
    /// Its id.
    pub id: String,
    /// The field it reads.
    pub field: Field,
    /// The role it claims.
    pub role: Role,
    /// Who it claims stands there.
    pub of: Entity,
    /// For or against.
    pub polarity: Polarity,
    /// Its prior.
    pub grade: Grade,
    /// Others copy it.
    pub copied: bool,
    /// Why it says that.
    pub why: String,
    /// Ids of its sources.
    pub sources: Vec<String>,
    /// How its `date` group is written.
    pub date: Option<DateForm>,
    /// Whether its expression has a `model` group.
    pub names_model: bool,
    /// What a device of this model is.
    pub class: Option<EquipmentClass>,
    /// Its file, such as `signatures/http-server.toml`.
    pub file: String,
}

/// A supply with its patterns squeezed.
#[derive(Debug, Clone)]
pub struct IndexedSupply {
    /// The maker.
    pub maker: Entity,
    /// The supply's place in the label's file.
    pub at: usize,
    /// First day, if known.
    pub from: Option<Date>,
    /// Last day, if it ended.
    pub until: Option<Date>,
    /// The kind of relation.
    pub relation: Relation,
    /// How well it is supported.
    pub support: Support,
    globs: Vec<String>,
    /// Those of the patterns that a source names which is no register.
    named: Vec<String>,
}

/// Patterns as they are compared with squeezed numbers.
fn squeezed(models: &[String]) -> Vec<String> {
    models.iter().map(|model| glob::squeeze(model)).collect()
}

impl IndexedSupply {
    /// How far it reaches towards this squeezed model, if it does: a supply of the whole label
    /// names none.
    #[must_use]
    pub fn reach(&self, squeezed: &str) -> Option<Reach> {
        if !self.globs.iter().any(|glob| glob::matches(glob, squeezed)) {
            return None;
        }
        let named = self.globs.iter().chain(&self.named).any(|one| one == squeezed);
        Some(if named { Reach::Model } else { Reach::Line })
    }

    /// Its patterns, squeezed; none: it speaks of no certain models.
    #[must_use]
    pub fn globs(&self) -> &[String] {
        &self.globs
    }

    /// Whether a source of it that is no register names this squeezed model.
    #[must_use]
    pub fn is_named_elsewhere(&self, squeezed: &str) -> bool {
        self.named.iter().any(|glob| glob::matches(glob, squeezed))
    }

    /// Whether it speaks of the label as a whole. One of some lines only, or of lines that ended,
    /// or one that is contested, does not, whether or not somebody told which lines they are.
    #[must_use]
    pub fn is_whole_label(&self) -> bool {
        let some =
            matches!(self.relation, Relation::Partial | Relation::Former | Relation::Disputed);
        self.globs.is_empty() && !some
    }
}

/// A base ready to be asked.
#[derive(Debug)]
pub struct Base {
    /// The facts as read.
    pub facts: Facts,
    /// The address registry.
    pub registry: Registry,
    /// Names of makers and labels.
    pub names: Names,
    /// Every signature and grammar, sorted by id.
    pub signatures: Vec<Signature>,
    /// By the field's place in [`Field::ALL`].
    matchers: Vec<Option<Matcher>>,
    /// By maker and code: the signatures that say whose code it is.
    customers: BTreeMap<Entity, BTreeMap<String, Vec<u32>>>,
    supplies: Vec<Vec<IndexedSupply>>,
    /// The models that each lead of each label speaks of; none: the label.
    leads: Vec<Vec<Vec<String>>>,
    makers: Vec<String>,
    labels: Vec<String>,
    /// By maker: the advisories that stand, made ready to be asked.
    advisories: BTreeMap<String, Vec<(String, Prepared)>>,
}

impl Base {
    /// Indexes facts. Facts that name unknown ids are left out: the linter says so.
    #[must_use]
    pub fn new(facts: Facts, registry: Registry) -> Self {
        let names = Names::new(&facts);
        let makers: Vec<String> = facts.makers.keys().cloned().collect();
        let labels: Vec<String> = facts.labels.keys().cloned().collect();
        let mut base = Self {
            names,
            registry,
            signatures: Vec::new(),
            matchers: Vec::new(),
            customers: BTreeMap::new(),
            supplies: Vec::new(),
            leads: facts
                .labels
                .values()
                .map(|label| label.leads.iter().map(|lead| squeezed(&lead.models)).collect())
                .collect(),
            makers,
            labels,
            advisories: BTreeMap::new(),
            facts,
        };
        for (id, one) in base.facts.advisories.iter().filter(|(_, one)| one.withdrawn.is_none()) {
            let of_maker = base.advisories.entry(one.maker.clone()).or_default();
            of_maker.push((id.clone(), Prepared::of(one)));
        }
        base.index_signatures();
        base.supplies = base.facts.labels.values().map(|l| base.supplies_of(&l.supplies)).collect();
        base
    }

    /// The advisories of a maker that stand, by id, ready to be asked.
    pub fn advisories_of(&self, maker: &str) -> impl Iterator<Item = (&str, &Advisory, &Prepared)> {
        let all = self.advisories.get(maker).into_iter().flatten();
        all.filter_map(|(id, ready)| Some((id.as_str(), self.facts.advisories.get(id)?, ready)))
    }

    fn index_signatures(&mut self) {
        let mut all = self.signatures_of_fields();
        all.extend(self.hosts_of_clouds());
        all.extend(self.grammars_of_makers());
        all.sort_by(|one, other| one.0.id.cmp(&other.0.id));
        // Of two with one id the first stands; the linter points at the second.
        all.dedup_by(|second, first| second.0.id == first.0.id);
        let mut by_field: BTreeMap<Field, Vec<(u32, Pattern)>> = BTreeMap::new();
        for (number, (signature, mut pattern)) in all.into_iter().enumerate() {
            if signature.field == Field::Model {
                squeeze_plain(&mut pattern);
            }
            by_field.entry(signature.field).or_default().push((number as u32, pattern));
            self.signatures.push(signature);
        }
        let matcher = |field: &Field| by_field.remove(field).map(Matcher::new);
        self.matchers = Field::ALL.iter().map(matcher).collect();
        self.index_customers();
    }

    fn index_customers(&mut self) {
        let all = self.facts.signatures.get(Field::Firmware.id()).into_iter();
        let mut customers: BTreeMap<Entity, BTreeMap<String, Vec<u32>>> = BTreeMap::new();
        for one in all.flat_map(|file| &file.signatures) {
            let Some(codes) = &one.customer else { continue };
            let number = self.signatures.binary_search_by(|known| known.id.cmp(&one.id));
            let (Ok(number), Some(of)) = (number, self.maker(&codes.of)) else { continue };
            for code in &codes.is {
                let by_code = customers.entry(of).or_default();
                by_code.entry(code.clone()).or_default().push(number as u32);
            }
        }
        self.customers = customers;
    }

    fn signatures_of_fields(&self) -> Vec<(Signature, Pattern)> {
        let mut all = Vec::new();
        for (name, file) in &self.facts.signatures {
            let Some(field) = Field::from_id(name) else { continue };
            for one in file.signatures.iter().filter(|one| one.withdrawn.is_none()) {
                let Some(of) = self.claimed(one.claim.role, &one.claim.of) else { continue };
                let signature = Signature {
                    id: one.id.clone(),
                    field,
                    role: one.claim.role,
                    of,
                    polarity: one.polarity,
                    grade: one.grade,
                    copied: one.copied,
                    why: one.why.clone(),
                    sources: one.sources.clone(),
                    date: None,
                    names_model: has_group(one.regex.as_deref(), "model"),
                    class: None,
                    file: format!("signatures/{name}.toml"),
                };
                let pattern = Pattern {
                    equals: one.equals.clone(),
                    prefix: one.prefix.clone(),
                    contains: one.contains.clone(),
                    regex: one.regex.clone(),
                    ignore_case: one.ignore_case,
                };
                all.push((signature, pattern));
            }
        }
        all
    }

    /// A host of a cloud is a sign of who operates it.
    fn hosts_of_clouds(&self) -> Vec<(Signature, Pattern)> {
        let mut all = Vec::new();
        for (id, one) in self.facts.endpoints.iter().filter(|(_, one)| one.withdrawn.is_none()) {
            let (Some(of), Some(regex)) = (self.operator(&one.operator), one.expression()) else {
                continue;
            };
            let signature = Signature {
                id: id.clone(),
                field: Field::DnsName,
                role: Role::Cloud,
                of,
                polarity: Polarity::For,
                grade: one.grade,
                copied: false,
                why: one.why.clone(),
                sources: one.sources.clone(),
                date: None,
                names_model: false,
                class: None,
                file: format!("endpoints/{id}.toml"),
            };
            let nothing = Vec::new;
            let pattern = Pattern {
                equals: nothing(),
                prefix: nothing(),
                contains: nothing(),
                regex: Some(regex),
                ignore_case: true,
            };
            all.push((signature, pattern));
        }
        all
    }

    fn grammars_of_makers(&self) -> Vec<(Signature, Pattern)> {
        let mut all = Vec::new();
        for (maker, file) in &self.facts.models {
            let Some(of) = self.maker(maker) else { continue };
            let groups = [
                (Field::Model, Role::Design, &file.models),
                (Field::Serial, Role::Design, &file.serials),
                (Field::Firmware, Role::Firmware, &file.firmwares),
            ];
            for (field, role, grammars) in groups {
                for one in grammars.iter().filter(|one| one.withdrawn.is_none()) {
                    all.push(from_grammar(one, field, role, of, maker));
                }
            }
        }
        all
    }

    fn supplies_of(&self, supplies: &[Supply]) -> Vec<IndexedSupply> {
        supplies
            .iter()
            .enumerate()
            .filter(|(_, supply)| supply.withdrawn.is_none())
            .filter_map(|(at, supply)| {
                let source = |id: &String| self.facts.sources.get(id);
                let register = supply.sources.iter().filter_map(source).any(|one| one.register);
                let named = if register { &supply.named } else { &supply.models };
                Some(IndexedSupply {
                    maker: self.maker(&supply.maker)?,
                    at,
                    from: supply.from,
                    until: supply.until,
                    relation: supply.relation,
                    support: supply.support,
                    globs: squeezed(&supply.models),
                    named: squeezed(named),
                })
            })
            .collect()
    }

    fn claimed(&self, role: Role, id: &str) -> Option<Entity> {
        match role {
            Role::Label => self.label(id).or_else(|| self.maker(id)),
            _ => self.maker(id),
        }
    }

    /// Who operates a cloud: a maker, or a house that sells under a name of its own.
    #[must_use]
    pub fn operator(&self, id: &str) -> Option<Entity> {
        self.maker(id).or_else(|| self.label(id))
    }

    /// The maker with this id.
    #[must_use]
    pub fn maker(&self, id: &str) -> Option<Entity> {
        self.makers.binary_search_by(|known| known.as_str().cmp(id)).ok().map(maker_at)
    }

    /// The label with this id.
    #[must_use]
    pub fn label(&self, id: &str) -> Option<Entity> {
        self.labels.binary_search_by(|known| known.as_str().cmp(id)).ok().map(label_at)
    }

    /// How many makers the base knows.
    #[must_use]
    pub fn maker_count(&self) -> usize {
        self.makers.len()
    }

    /// The id of a maker or label.
    #[must_use]
    pub fn id(&self, of: Entity) -> &str {
        match of {
            Entity::Maker(at) => &self.makers[at as usize],
            Entity::Label(at) => &self.labels[at as usize],
        }
    }

    /// The name of a maker or label.
    #[must_use]
    pub fn name(&self, of: Entity) -> &str {
        let id = self.id(of);
        match of {
            Entity::Maker(_) => self.facts.makers.get(id).map_or(id, |maker| &maker.name),
            Entity::Label(_) => self.facts.labels.get(id).map_or(id, |label| &label.name),
        }
    }

    /// The supplies of a label.
    #[must_use]
    pub fn supplies(&self, label: Entity) -> &[IndexedSupply] {
        match label {
            Entity::Label(at) => &self.supplies[at as usize],
            Entity::Maker(_) => &[],
        }
    }

    /// Whether two makers are one, or one holds or held the other.
    #[must_use]
    pub fn kin(&self, one: Entity, other: Entity) -> bool {
        let holds = |of: Entity, holder: Entity| {
            let maker = self.facts.makers.get(self.id(of));
            let holder = Some(self.id(holder));
            maker.is_some_and(|maker| maker.owners.iter().any(|o| o.maker.as_deref() == holder))
        };
        one == other || holds(one, other) || holds(other, one)
    }

    /// For each lead of a label the squeezed models that it speaks of; none: the whole label.
    #[must_use]
    pub fn leads(&self, label: Entity) -> &[Vec<String>] {
        match label {
            Entity::Label(at) => &self.leads[at as usize],
            Entity::Maker(_) => &[],
        }
    }

    /// A supply's own words.
    #[must_use]
    pub fn supply(&self, label: Entity, at: usize) -> Option<&Supply> {
        self.facts.labels.get(self.id(label))?.supplies.get(at)
    }

    /// The signatures that a value fires; `value` of a model must be squeezed.
    pub fn fire(&self, field: Field, value: &str, hits: &mut Vec<u32>) {
        hits.clear();
        if let Some(matcher) = self.matcher(field) {
            matcher.fire(value, hits);
            if field == Field::Firmware {
                self.fire_customers(matcher, value, hits);
            }
        }
    }

    /// Adds the signatures that say for whom a firmware was built, by the code in its version.
    fn fire_customers(&self, matcher: &Matcher, value: &str, hits: &mut Vec<u32>) {
        for at in 0..hits.len() {
            let of = self.signatures[hits[at] as usize].of;
            let Some(codes) = self.customers.get(&of) else { continue };
            let code = matcher.group(hits[at], value, "customer");
            for number in code.and_then(|code| codes.get(code)).into_iter().flatten() {
                if !hits.contains(number) {
                    hits.push(*number);
                }
            }
        }
        hits.sort_unstable();
    }

    /// Whose code that is in the firmware of a maker, as far as the base knows.
    pub fn customers_of(&self, maker: Entity, code: &str) -> impl Iterator<Item = Entity> {
        let numbers = self.customers.get(&maker).and_then(|codes| codes.get(code));
        numbers.into_iter().flatten().map(|number| self.signatures[*number as usize].of)
    }

    /// What a named group of a signature's expression holds, and its numbered companions; see
    /// [`Matcher::parts`].
    #[must_use]
    pub fn parts<'v>(&self, signature: u32, value: &'v str, name: &str) -> Vec<Option<&'v str>> {
        let field = self.signatures.get(signature as usize).map(|one| one.field);
        let matcher = field.and_then(|field| self.matcher(field));
        matcher.map_or_else(Vec::new, |matcher| matcher.parts(signature, value, name))
    }

    fn matcher(&self, field: Field) -> Option<&Matcher> {
        self.matchers.get(field as usize)?.as_ref()
    }

    /// What a named group of a signature's expression holds.
    #[must_use]
    pub fn group<'v>(&self, signature: u32, value: &'v str, name: &str) -> Option<&'v str> {
        let field = self.signatures.get(signature as usize)?.field;
        self.matcher(field)?.group(signature, value, name)
    }

    /// What several named groups of a signature's expression hold, by one search.
    #[must_use]
    pub fn groups<'v, const N: usize>(
        &self,
        signature: u32,
        value: &'v str,
        names: [&str; N],
    ) -> [Option<&'v str>; N] {
        let field = self.signatures.get(signature as usize).map(|one| one.field);
        match field.and_then(|field| self.matcher(field)) {
            Some(matcher) => matcher.groups(signature, value, names),
            None => [None; N],
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a base has fewer than 65,536 makers")]
const fn maker_at(at: usize) -> Entity {
    Entity::Maker(at as u16)
}

#[expect(clippy::cast_possible_truncation, reason = "a base has fewer than 65,536 labels")]
const fn label_at(at: usize) -> Entity {
    Entity::Label(at as u16)
}

/// Whether an expression has a group of this name.
fn has_group(expression: Option<&str>, name: &str) -> bool {
    let group = format!("<{name}>");
    expression.is_some_and(|expression| expression.contains(&group))
}

fn squeeze_plain(pattern: &mut Pattern) {
    for value in pattern.equals.iter_mut().chain(&mut pattern.prefix).chain(&mut pattern.contains) {
        *value = glob::squeeze(value);
    }
}

fn from_grammar(
    one: &Grammar,
    field: Field,
    role: Role,
    of: Entity,
    maker: &str,
) -> (Signature, Pattern) {
    let signature = Signature {
        id: one.id.clone(),
        field,
        role,
        of,
        polarity: Polarity::For,
        grade: one.grade,
        copied: one.copied,
        why: one.why.clone(),
        sources: one.sources.clone(),
        date: one.date,
        names_model: has_group(one.regex.as_deref(), "model"),
        class: one.class,
        file: format!("models/{maker}.toml"),
    };
    let pattern = Pattern {
        equals: one.equals.clone(),
        prefix: one.prefix.clone(),
        contains: vec![],
        regex: one.regex.clone(),
        ignore_case: false,
    };
    (signature, pattern)
}
