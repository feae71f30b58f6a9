//! Clouds: whose they are, and names that are no names.

use super::*;
use crate::kb::schema::is_domain;

impl Lint<'_> {
    pub(super) fn endpoints(&mut self) {
        let facts = self.facts;
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for (id, one) in &facts.endpoints {
            let path = format!("endpoints/{id}.toml");
            if !facts.labels.contains_key(&one.operator) {
                self.maker_id(&path, &way!["operator"], &one.operator);
            }
            self.domains(&path, &way!["hosts"], &one.hosts);
            for (at, lead) in one.leads.iter().enumerate() {
                self.domains(&path, &way!["lead", at, "hosts"], &lead.hosts);
                if !lead.sources.is_empty() {
                    self.cite(&path, &way!["lead", at], &lead.sources);
                }
            }
            let led = one.leads.iter().flat_map(|lead| &lead.hosts);
            for host in one.hosts.iter().chain(led) {
                if let Some(first) = seen.insert(host, id) {
                    let what = format!("`{host}` stands in kb/endpoints/{first}.toml already");
                    let said = Diagnostic::new("kb/duplicate-host", what)
                        .help("a host belongs to one cloud, and is a fact or a lead");
                    self.say(&path, &way!["hosts"], "again", said);
                }
            }
            if one.hosts.is_empty() {
                // With hosts it is checked as a pattern, sources and examples too.
                self.cite(&path, &way![], &one.sources);
            }
            let nothing = one.hosts.is_empty() && one.leads.is_empty();
            if nothing {
                let said = Diagnostic::new("kb/no-pattern", format!("`{id}` has no host"))
                    .help("give hosts = [\"…\"], or a [[lead]] with its hosts");
                self.say(&path, &way!["hosts"], "no host", said);
            }
        }
    }

    fn domains(&mut self, path: &str, way: &Way, hosts: &[String]) {
        for (at, host) in hosts.iter().enumerate().filter(|(_, host)| !is_domain(host)) {
            let to: Way = way.iter().cloned().chain(way![at]).collect();
            let said = Diagnostic::new("kb/bad-host", format!("`{host}` is no domain name"))
                .help("write it in lower case, without port, path, star or address");
            self.say(path, &to, "this host", said);
        }
    }
}
