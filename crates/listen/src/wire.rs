//! A raw socket on one interface of Linux. It receives every frame that passes, also those for
//! others and for groups that this machine is in none of: the interface is told to hand them on,
//! which nobody on the network can see, and is told otherwise when the socket is closed.

use std::io::{self, Read};

use pnet_datalink::{Channel, Config, DataLinkReceiver, NetworkInterface};

use crate::pcap::{ETHERNET, FRAME_BYTES_MAX, RAW, Written};
use crate::until::LOOK;
use crate::{Silence, Until};

/// Listens on one interface; reads as a capture of all that it hears.
pub struct Wire {
    name: String,
    own: Option<String>,
    receiver: Box<dyn DataLinkReceiver>,
    written: Written,
    until: Until,
}

/// The kinds of interfaces, by the system's numbers (`linux/if_arp.h`).
mod kind {
    pub(super) const ETHERNET: u32 = 1;
    pub(super) const LOOPBACK: u32 = 772;
    /// No link at all, as tunnels have it.
    pub(super) const NONE: u32 = 65_534;
}

impl Wire {
    /// Opens a socket that only receives.
    ///
    /// # Errors
    /// Why nothing can be heard there.
    pub fn open(name: &str, until: Until) -> Result<Self, Silence> {
        let interface = find(name).ok_or(Silence::NoInterface)?;
        if !interface.is_up() {
            return Err(Silence::Down);
        }
        let link = match kind_of(name) {
            None | Some(kind::ETHERNET | kind::LOOPBACK) => ETHERNET,
            Some(kind::NONE) => RAW,
            Some(other) => return Err(Silence::UnknownKind(other)),
        };
        let config = Config {
            read_buffer_size: FRAME_BYTES_MAX,
            // Nothing is ever written.
            write_buffer_size: 0,
            read_timeout: Some(LOOK),
            promiscuous: true,
            ..Config::default()
        };
        let receiver = match pnet_datalink::channel(&interface, config) {
            // The half that could send is let go before anything is heard.
            Ok(Channel::Ethernet(_, receiver)) => receiver,
            Ok(_) => return Err(Silence::OtherSystem),
            Err(error) => {
                return Err(match error.kind() {
                    io::ErrorKind::PermissionDenied => Silence::NoPermission,
                    io::ErrorKind::NetworkDown => Silence::Down,
                    _ => Silence::System(error),
                });
            }
        };
        let own = interface.mac.filter(|mac| !mac.is_zero()).map(|mac| mac.to_string());
        Ok(Self { name: name.to_owned(), own, receiver, written: Written::new(link), until })
    }

    /// The interface's own hardware address, `44:19:b6:00:00:01`; none where it has none.
    #[must_use]
    pub fn own(&self) -> Option<&str> {
        self.own.as_deref()
    }

    /// Why nothing comes any more; nothing where the interface is as it should be.
    fn gone(&self) -> Option<io::Error> {
        let said = match find(&self.name) {
            None => format!("the interface {} is gone", self.name),
            Some(interface) if !interface.is_up() => {
                format!("the interface {} went down", self.name)
            }
            Some(_) => return None,
        };
        Some(io::Error::new(io::ErrorKind::NetworkDown, said))
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let given = self.written.give(buffer);
            if given > 0 || buffer.is_empty() || self.until.is_over() {
                return Ok(given);
            }
            match self.receiver.next() {
                Ok(frame) => self.written.put(&[frame]),
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock => {}
                    io::ErrorKind::TimedOut => {
                        if let Some(gone) = self.gone() {
                            return Err(gone);
                        }
                    }
                    _ => return Err(self.gone().unwrap_or(error)),
                },
            }
        }
    }
}

/// The interfaces that there are.
#[must_use]
pub fn interfaces() -> Vec<String> {
    let mut names: Vec<String> =
        pnet_datalink::interfaces().into_iter().map(|interface| interface.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn find(name: &str) -> Option<NetworkInterface> {
    pnet_datalink::interfaces().into_iter().find(|interface| interface.name == name)
}

/// Of what kind an interface is, where the system shows it.
fn kind_of(name: &str) -> Option<u32> {
    let path = std::path::Path::new("/sys/class/net").join(name).join("type");
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}
