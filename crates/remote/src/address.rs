//! The address of a server, as a user types it, and what is the same server.

use std::fmt;

use ureq::http::Uri;

use crate::ask::is_loopback;

/// Bytes of an address; a longer one was not typed.
const ADDRESS_BYTES_MAX: usize = 4096;

/// Parameters that are ours: they say how things are given, not which.
const OURS: [&str; 9] =
    ["limit", "offset", "start", "format", "brief", "fields", "omit", "exclude", "ordering"];

/// Words of parameters that hold a secret, which an address would carry into every record.
const SECRETS: [&str; 6] = ["token", "password", "passwd", "secret", "api_key", "apikey"];

/// Ends of addresses as people copy them from a page of the server, which mean the server.
const ENDS: [&str; 3] = ["api/dcim/devices/", "dcim/devices/", "api/"];

/// A kind of server that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// NetBox, version 3 or 4.
    NetBox,
}

impl Service {
    /// Every kind.
    pub const ALL: [Self; 1] = [Self::NetBox];

    /// The word before an address, which is also that of the format in which it answers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NetBox => "netbox",
        }
    }
}

/// Scheme, host and port: what the token may be shown to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin {
    tls: bool,
    host: String,
    port: u16,
}

impl Origin {
    /// That of an address; none where it has no host, or a scheme that is not asked.
    pub(crate) fn of(uri: &Uri) -> Option<Self> {
        let tls = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        // A name before the host is no part of what is asked, and hides what is.
        let authority = uri.authority().filter(|one| !one.as_str().contains('@'))?;
        let host = authority.host().trim_end_matches('.').to_ascii_lowercase();
        // What is behind the host must be a number, if there is anything.
        let port = match authority.as_str().get(authority.host().len()..) {
            Some("") => {
                if tls {
                    443
                } else {
                    80
                }
            }
            _ => authority.port_u16()?,
        };
        (!host.is_empty()).then_some(Self { tls, host, port })
    }

    /// The host alone.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = if self.tls { ("https", 443) } else { ("http", 80) };
        write!(out, "{scheme}://{}", self.host)?;
        if self.port == usual { Ok(()) } else { write!(out, ":{}", self.port) }
    }
}

/// The address of a server and what is asked of it. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    service: Service,
    origin: Origin,
    /// Where the program lies on the host; begins and ends with `/`.
    folder: String,
    /// What is asked for, as it stands behind the `?`; may be empty.
    filters: String,
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}{}", self.service.word(), self.origin, self.folder)?;
        if self.filters.is_empty() { Ok(()) } else { write!(out, "?{}", self.filters) }
    }
}

impl Address {
    /// The address that was typed; none where it names no server but a file.
    ///
    /// # Errors
    /// What is wrong with it, in words that repeat no part that could be a secret.
    pub fn parse(typed: &str) -> Option<Result<Self, String>> {
        let (word, rest) = typed.split_once(':')?;
        let service = Service::ALL.into_iter().find(|one| one.word() == word)?;
        Some(Self::of(service, rest))
    }

    fn of(service: Service, typed: &str) -> Result<Self, String> {
        let form = format!("write {}:https://HOST/", service.word());
        if typed.len() > ADDRESS_BYTES_MAX {
            return Err(format!("it is too long; {form}"));
        }
        let uri: Uri = typed
            .split('#')
            .next()
            .unwrap_or_default()
            .parse()
            .map_err(|_| format!("it is no address; {form}, blanks in filters as %20"))?;
        if uri.authority().is_some_and(|one| one.as_str().contains('@')) {
            let why = "a name or password stands in it, and other people of the machine can see \
                       what is typed; the token comes from its variable or file";
            return Err(why.to_owned());
        }
        let origin = Origin::of(&uri).ok_or(form)?;
        if !origin.tls && !is_loopback(&origin.host) {
            let why = "without TLS anybody on the way could read the token; write https://";
            return Err(why.to_owned());
        }
        let filters = uri.query().unwrap_or_default().trim_matches('&').to_owned();
        for (key, _) in filters.split('&').filter_map(|one| one.split_once('=')) {
            let key = key.to_ascii_lowercase();
            if SECRETS.iter().any(|word| key.contains(word)) {
                let why = "a secret stands in its filters, and would be kept with them; the token \
                           comes from its variable or file";
                return Err(why.to_owned());
            }
            if OURS.contains(&key.as_str()) {
                let all = OURS.join(", ");
                return Err(format!(
                    "its filters say which devices, not how they are given: {all} \
                                    are not taken"
                ));
            }
        }
        let mut folder = uri.path().to_owned();
        if !folder.ends_with('/') {
            folder.push('/');
        }
        for end in ENDS {
            let parted = folder.strip_suffix(end).filter(|left| left.ends_with('/'));
            if let Some(left) = parted {
                folder = left.to_owned();
            }
        }
        Ok(Self { service, origin, folder, filters })
    }

    /// What kind of server it is.
    #[must_use]
    pub const fn service(&self) -> Service {
        self.service
    }

    /// The host, for whoever waits.
    #[must_use]
    pub fn host(&self) -> &str {
        self.origin.host()
    }

    /// A short name that is a good one for a file.
    #[must_use]
    pub fn file_name(&self) -> String {
        let whole = format!("{}-{}{}", self.service.word(), self.origin, self.folder);
        let whole = whole.replace("https://", "").replace("http://", "");
        let whole = format!("{} {}", whole.trim_end_matches('/'), self.filters);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '=');
        whole.trim_end().chars().map(|c| if plain(c) { c } else { '_' }).collect()
    }

    pub(crate) const fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(crate) fn filters(&self) -> &str {
        &self.filters
    }

    /// The whole address of something below the folder.
    pub(crate) fn below(&self, path: &str) -> String {
        format!("{}{}{path}", self.origin, self.folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(typed: &str) -> Result<Address, String> {
        Address::parse(typed).expect("the address of a server")
    }

    #[test]
    fn an_address_is_kept_in_one_form() {
        for (typed, kept) in [
            ("netbox:https://netbox.example", "netbox:https://netbox.example/"),
            ("netbox:https://NetBox.example:443/", "netbox:https://netbox.example/"),
            ("netbox:https://n.example/nb/?site=hq&", "netbox:https://n.example/nb/?site=hq"),
            ("netbox:https://n.example/dcim/devices/?a=b#c", "netbox:https://n.example/?a=b"),
            ("netbox:https://n.example/nb/api", "netbox:https://n.example/nb/"),
            ("netbox:https://n.example/api/dcim/devices", "netbox:https://n.example/"),
            ("netbox:http://127.0.0.1:8000/", "netbox:http://127.0.0.1:8000/"),
            ("netbox:http://[::1]/", "netbox:http://[::1]/"),
        ] {
            assert_eq!(parse(typed).map(|one| one.to_string()), Ok(kept.to_owned()), "{typed}");
        }
        assert!(Address::parse("estate.csv").is_none());
        assert!(Address::parse("C:\\estate.csv").is_none());
    }

    #[test]
    fn what_would_show_a_secret_is_refused_and_not_repeated() {
        for (typed, secret) in [
            ("netbox:https://jane:hunter22@netbox.example/", "hunter22"),
            ("netbox:https://netbox.example/?token=hunter22", "hunter22"),
            ("netbox:https://netbox.example/?API_KEY=hunter22", "hunter22"),
            ("netbox:http://netbox.example/", "netbox.example"),
            ("netbox:http://127.0.0.1.netbox.example/", "netbox.example"),
            ("netbox:ftp://netbox.example/", "netbox.example"),
            ("netbox:netbox.example", "netbox.example"),
            ("netbox:https://netbox.example/?limit=7", "7"),
            ("netbox:https://netbox.example:port/", "port"),
            ("netbox:https:///", "///x"),
            ("netbox:", "::"),
        ] {
            let why = parse(typed).expect_err(typed);
            assert!(!why.contains(secret), "{typed}: {why}");
        }
    }

    #[test]
    fn a_name_for_a_file_holds_nothing_odd() {
        let address = parse("netbox:https://n.example:8443/nb/?site=hq&role=a%20b").unwrap();
        assert_eq!(address.file_name(), "netbox-n.example_8443_nb_site=hq_role=a_20b");
    }

    #[test]
    fn another_host_port_or_scheme_is_another_server() {
        let of = |text: &str| Origin::of(&text.parse().unwrap());
        let own = of("https://netbox.example/").unwrap();
        for (other, same) in [
            ("https://netbox.example:443/x", true),
            ("https://NETBOX.example./x", true),
            ("http://netbox.example/x", false),
            ("https://netbox.example:8443/x", false),
            ("https://netbox.example.evil.example/x", false),
            ("https://netbox.example@evil.example/x", false),
            ("https://x@netbox.example/x", false),
        ] {
            assert_eq!(of(other).is_some_and(|other| other == own), same, "{other}");
        }
    }
}
