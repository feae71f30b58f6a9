//! The kinds of devices: what each is, who really made it, and where what it says was learnt.

mod controls;
mod dahua;
mod hikvision;
mod hostile;
mod others;
mod said;

use std::fmt;

use crate::device::Stand;

/// A kind of device.
pub struct Kind {
    /// Its name: `dahua-relabelled`.
    pub id: &'static str,
    /// What it is, in words.
    pub title: &'static str,
    /// Who really made it, by the name under which the base knows the maker; none where it is no
    /// camera of a maker that is tried.
    pub maker: Option<&'static str>,
    /// Under whose name it is sold, as it says itself.
    pub label: Option<&'static str>,
    /// What a scan has to say is odd about it: a word of its log.
    pub odd: Option<&'static str>,
    /// Whether it does what no device should.
    pub is_hostile: bool,
    /// Where what it says was learnt.
    pub source: &'static str,
    /// Makes one, with numbers of its own.
    pub(crate) make: fn(&mut Stand, &mut fastrand::Rng),
}

impl fmt::Debug for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Kind").field("id", &self.id).finish_non_exhaustive()
    }
}

/// All kinds: makers, then those that are none of theirs, then hostile ones.
pub static KINDS: &[&Kind] = &[
    &hikvision::CAMERA,
    &hikvision::RELABELLED,
    &dahua::CAMERA,
    &dahua::INTELBRAS,
    &dahua::AMCREST,
    &dahua::LOREX,
    &others::UNIVIEW,
    &others::TVT,
    &others::XIONGMAI,
    &others::REOLINK,
    &others::AXIS,
    &others::HANWHA,
    &others::BOSCH,
    &others::VIVOTEK,
    &controls::PRINTER,
    &controls::NAS,
    &controls::ROUTER,
    &controls::WEB,
    &controls::GUARDED,
    &controls::WEAK,
    &hostile::ENDLESS,
    &hostile::SLOW,
    &hostile::BOMB,
    &hostile::HEAD,
    &hostile::TLS,
    &hostile::LENGTHS,
    &hostile::ESCAPES,
    &hostile::ELSEWHERE,
    &hostile::STORM,
    &hostile::BREAKS,
    &hostile::TARPIT,
];

/// The kind of a name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.id == id)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_something_to_say() {
        let mut random = fastrand::Rng::with_seed(1);
        for (at, kind) in KINDS.iter().enumerate() {
            assert!(KINDS[..at].iter().all(|other| other.id != kind.id), "{}", kind.id);
            assert!(!kind.source.is_empty() && !kind.title.is_empty(), "{}", kind.id);
            let stand = Stand::new(kind, IpAddr::V4(Ipv4Addr::LOCALHOST), &mut random);
            let says = !stand.services.is_empty() || !stand.ears.is_empty() || stand.is_tarpit;
            assert!(says, "{}", kind.id);
            assert!(stand.ears.iter().all(|ear| ear.port > 0), "{}", kind.id);
        }
        assert!(find("printer").is_some() && find("nothing").is_none());
    }
}
