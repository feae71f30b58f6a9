//! Who hands out addresses, and who has written down whose they are: leases, tables of neighbours,
//! tables of switches.

pub(crate) mod dhcpd;
pub(crate) mod dnsmasq;
pub(crate) mod kea;
pub(crate) mod neighbours;
pub(crate) mod switches;
pub(crate) mod windows;

use super::mac;

/// Bytes of a whole hardware address in its normal form.
const WHOLE: usize = 17;

/// The hardware address of a station that a text consists of: none where it is a group's, or the
/// one of zeros that stands for none.
pub(crate) fn station(text: &str) -> Option<String> {
    let address = mac::exact(text)?;
    let second = address.chars().nth(1).and_then(|digit| digit.to_digit(16))?;
    let is_one = address.len() == WHOLE && address != "00:00:00:00:00:00" && second & 1 == 0;
    is_one.then_some(address)
}

/// The Ethernet address in a client's identifier (DUID) of the kinds that hold one: RFC 8415,
/// sections 11.2 and 11.4. `None` for every other.
fn of_duid(duid: &str) -> Option<String> {
    let octets: Vec<&str> = duid.split([':', '-']).collect();
    let address = match octets.get(..4)? {
        ["00", "01", "00", "01"] => octets.get(8..14),
        ["00", "03", "00", "01"] => octets.get(4..10),
        _ => None,
    }?;
    station(&address.join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_of_two_kinds_hold_an_address() {
        let with_time = "00:01:00:01:2c:8f:11:22:44:19:b6:0a:1c:33";
        assert_eq!(of_duid(with_time).as_deref(), Some("44:19:b6:0a:1c:33"));
        assert_eq!(of_duid("00:03:00:01:44:19:b6:0a:1c:33").as_deref(), Some("44:19:b6:0a:1c:33"));
        assert_eq!(of_duid("00:02:00:00:ab:11:44:19:b6:0a:1c:33:01:02"), None);
        assert_eq!(of_duid("00:03"), None);
    }

    #[test]
    fn groups_and_zeros_are_no_station() {
        assert_eq!(station("4419.b60a.1c33").as_deref(), Some("44:19:b6:0a:1c:33"));
        for none in ["01:00:5e:00:00:fb", "ff-ff-ff-ff-ff-ff", "00:00:00:00:00:00", "44:19:b6"] {
            assert_eq!(station(none), None, "{none}");
        }
    }
}
