//! Networks as people type them.

use std::net::IpAddr;

use clap::Args;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// Networks of the user's with public addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Networks {
    /// A network of yours with public addresses: who sends from there in a capture is a device,
    /// as in private networks; as often as you like
    #[arg(long = "network", value_name = "NET", value_parser = network)]
    pub(crate) networks: Vec<IpNet>,
}

/// A network, or one address.
///
/// # Errors
/// When it is none, or has bits behind its length, which may mean another one.
fn network(text: &str) -> Result<IpNet, String> {
    const LIKE: &str = "a network is typed like 198.51.100.0/24 or 2001:db8::/48";
    let text = text.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.into());
    }
    let read: IpNet = text.parse().map_err(|_| LIKE.to_owned())?;
    if read.prefix_len() == 0 {
        return Err("that is every address there is".to_owned());
    }
    match read == read.trunc() {
        true => Ok(read),
        false => Err(format!("{read} has bits behind its length; {} is the network", read.trunc())),
    }
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn networks_are_read_as_people_type_them_and_nothing_else_is() {
        for (text, read) in [
            ("198.51.100.0/24", "198.51.100.0/24"),
            (" 203.0.113.9 ", "203.0.113.9/32"),
            ("2001:db8::/48", "2001:db8::/48"),
        ] {
            assert_eq!(network(text).map(|one| one.to_string()), Ok(read.to_owned()));
        }
        for wrong in ["", "198.51.100/24", "198.51.100.7/24", "0.0.0.0/0", "::/0", "1.2.3.4/33"] {
            assert!(network(wrong).is_err(), "{wrong}");
        }
        assert!(network("198.51.100.7/24").is_err_and(|why| why.contains("198.51.100.0/24")));
    }
}
