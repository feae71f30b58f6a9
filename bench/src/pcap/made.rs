//! A capture as a network of cameras makes it, drawn from a seed. Every device in it is invented.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Cameras of the capture.
pub(crate) const CAMERAS: u64 = 1_000;
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
/// 2026-11-02 at 08:00 UTC.
const MORNING: u64 = 1_793_606_400;
const UDP: u8 = 17;
const TCP: u8 = 6;

/// What was written.
pub(crate) struct Made {
    pub(crate) bytes: u64,
    pub(crate) packets: u64,
}

/// An end of the network.
#[derive(Clone, Copy)]
struct Host {
    mac: [u8; 6],
    ip: [u8; 4],
}

const ROUTER: [u8; 6] = [0x00, 0x1B, 0x21, 0, 0, 1];
const NAMES: Host = Host { mac: ROUTER, ip: [203, 0, 113, 53] };
const GROUP: Host = Host { mac: [1, 0, 0x5E, 0x7F, 0xFF, 0xFA], ip: [239, 255, 255, 250] };

fn camera(number: u64) -> Host {
    let blocks = [[0x44, 0x19, 0xB6], [0x3C, 0xEF, 0x8C], [0xAC, 0xCC, 0x8E], [0x00, 0x09, 0x18]];
    let [a, b, c] = blocks[number as usize % blocks.len()];
    let low = (number as u16).to_be_bytes();
    Host { mac: [a, b, c, 0x10, low[0], low[1]], ip: [10, 20, low[0], low[1]] }
}

fn recorder(number: u64) -> Host {
    let low = (number / 50) as u8;
    Host { mac: [0xB8, 0x27, 0xEB, 0, 0, low], ip: [10, 21, 0, low] }
}

fn cloud(number: u64) -> Host {
    Host { mac: ROUTER, ip: [198, 51, 100, (number % 200) as u8 + 1] }
}

struct Writer {
    out: BufWriter<File>,
    made: Made,
    state: u64,
    frame: Vec<u8>,
}

/// Writes a capture of so many bytes or a little more; so many packets of a stream stand between
/// two other things that a camera does.
pub(crate) fn write(path: &Path, bytes: u64, run: u64) -> io::Result<Made> {
    let out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let made = Made { bytes: 24, packets: 0 };
    let mut writer = Writer { out, made, state: SEED, frame: Vec::new() };
    let head: [u32; 6] = [0xA1B2_C3D4, 4 << 16 | 2, 0, 0, 262_144, 1];
    for word in head {
        writer.out.write_all(&word.to_le_bytes())?;
    }
    for turn in 0_u64.. {
        for number in 0..CAMERAS {
            if writer.made.bytes >= bytes {
                writer.out.flush()?;
                return Ok(writer.made);
            }
            writer.act(number, turn, run)?;
        }
    }
    Ok(writer.made)
}

impl Writer {
    fn draw(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state >> 11
    }

    /// What a camera does in a turn: something of its own, then a run of its streams.
    fn act(&mut self, number: u64, turn: u64, run: u64) -> io::Result<()> {
        let (own, port) = (camera(number), 40_000 + (turn % 20_000) as u16);
        match (number + turn) % 6 {
            0 => self.asks(own, port, number)?,
            1 => self.hides(own, port, number)?,
            2 => self.describes(own, number, port)?,
            3 => self.shows(own, number, port)?,
            _ => self.announces(own, number)?,
        }
        let other = recorder(number);
        // Half of the cameras stream in datagrams, half within the connection that set it up.
        let mut place = 1 + turn as u32 * 100_000;
        for _ in 0..run {
            let size = 700 + self.draw() as usize % 700;
            let body = vec![self.draw() as u8; size];
            if number.is_multiple_of(2) {
                self.udp((own, 6970), (other, 50_000 + number as u16), &body)?;
            } else {
                let ends = ((own, 554), (other, 51_000));
                self.tcp(ends.0, ends.1, place, 0x18, &body)?;
                place = place.wrapping_add(size as u32);
                self.tcp(ends.1, ends.0, 1, 0x10, &[])?;
            }
        }
        Ok(())
    }

    fn asks(&mut self, own: Host, port: u16, number: u64) -> io::Result<()> {
        let name = format!("\x07device{}\x05cloud\x07example\0", number % 10);
        let question = [&[0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], name.as_bytes(), &[0, 1, 0, 1]];
        let mut answer = question.concat();
        self.udp((own, port), (NAMES, 53), &answer)?;
        (answer[2], answer[3], answer[7]) = (0x81, 0x80, 1);
        answer.extend([0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        answer.extend(cloud(number).ip);
        self.udp((NAMES, 53), (own, port), &answer)
    }

    /// A beginning of TLS as those with keys against quantum computers are: in two segments.
    fn hides(&mut self, own: Host, port: u16, number: u64) -> io::Result<()> {
        let (here, there) = ((own, port), (cloud(number), 443));
        let hello = client_hello(&format!("device{}.cloud.example", number % 10));
        self.tcp(here, there, 0, 2, &[])?;
        self.tcp(there, here, 0, 0x12, &[])?;
        let (one, two) = hello.split_at(hello.len() / 2);
        self.tcp(here, there, 1, 0x10, one)?;
        self.tcp(here, there, 1 + one.len() as u32, 0x18, two)?;
        let mut place = 1 + hello.len() as u32;
        for _ in 0..4 {
            let body = [&[23, 3, 3, 2, 0][..], &[7; 512]].concat();
            self.tcp(here, there, place, 0x18, &body)?;
            self.tcp(there, here, 1, 0x10, &[])?;
            place += body.len() as u32;
        }
        self.tcp(here, there, place, 0x11, &[])
    }

    /// The setting up of a stream.
    fn describes(&mut self, own: Host, number: u64, port: u16) -> io::Result<()> {
        let (here, there) = ((recorder(number), port), (own, 554));
        let asked = format!("DESCRIBE rtsp://10.20.0.1/{number} RTSP/1.0\r\nCSeq: 2\r\n\r\n");
        let sdp =
            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=Media Presentation\r\nm=video 0 RTP/AVP 96\r\n";
        let told = format!(
            "RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\n\
             Content-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        );
        self.tcp(here, there, 0, 2, &[])?;
        self.tcp(there, here, 0, 0x12, &[])?;
        self.tcp(here, there, 1, 0x18, asked.as_bytes())?;
        self.tcp(there, here, 1, 0x18, told.as_bytes())?;
        self.tcp(here, there, 1 + asked.len() as u32, 0x11, &[])
    }

    /// The start page of a camera, asked for without a name and a password.
    fn shows(&mut self, own: Host, number: u64, port: u16) -> io::Result<()> {
        let (here, there) = ((recorder(number), port), (own, 80));
        let servers = ["DNVRS-Webs", "Webs", "lighttpd", "none"];
        let told = format!(
            "HTTP/1.1 401 Unauthorized\r\nServer: {}\r\nWWW-Authenticate: Digest \
             realm=\"camera\", nonce=\"{number}\"\r\nContent-Length: 0\r\n\r\n",
            servers[number as usize % servers.len()]
        );
        self.tcp(here, there, 0, 2, &[])?;
        self.tcp(there, here, 0, 0x12, &[])?;
        self.tcp(here, there, 1, 0x18, b"GET / HTTP/1.1\r\nHost: 10.20.0.1\r\n\r\n")?;
        self.tcp(there, here, 1, 0x18, told.as_bytes())
    }

    fn announces(&mut self, own: Host, number: u64) -> io::Result<()> {
        let told = format!(
            "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: upnp:rootdevice\r\n\
             NTS: ssdp:alive\r\nSERVER: Linux, UPnP/1.0\r\nUSN: uuid:{number:032x}\r\n\r\n"
        );
        self.udp((own, 1900), (GROUP, 1900), told.as_bytes())
    }

    fn udp(&mut self, from: (Host, u16), to: (Host, u16), body: &[u8]) -> io::Result<()> {
        self.head(from.0, to.0, UDP, 8 + body.len());
        self.frame.extend(from.1.to_be_bytes());
        self.frame.extend(to.1.to_be_bytes());
        self.frame.extend((8 + body.len() as u16).to_be_bytes());
        self.frame.extend([0, 0]);
        self.frame(body)
    }

    fn tcp(
        &mut self,
        from: (Host, u16),
        to: (Host, u16),
        place: u32,
        flags: u8,
        body: &[u8],
    ) -> io::Result<()> {
        self.head(from.0, to.0, TCP, 20 + body.len());
        self.frame.extend(from.1.to_be_bytes());
        self.frame.extend(to.1.to_be_bytes());
        self.frame.extend(place.to_be_bytes());
        self.frame.extend([0, 0, 0, 0, 0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
        self.frame(body)
    }

    /// The headers of the link and of the network.
    fn head(&mut self, from: Host, to: Host, protocol: u8, inside: usize) {
        self.frame.clear();
        self.frame.extend(to.mac);
        self.frame.extend(from.mac);
        self.frame.extend([8, 0, 0x45, 0]);
        self.frame.extend((20 + inside as u16).to_be_bytes());
        self.frame.extend([0, 0, 0x40, 0, 64, protocol, 0, 0]);
        self.frame.extend(from.ip);
        self.frame.extend(to.ip);
    }

    fn frame(&mut self, body: &[u8]) -> io::Result<()> {
        self.frame.extend(body);
        let length = self.frame.len() as u32;
        let second = MORNING + self.made.packets / 100_000;
        let part = self.made.packets % 100_000 * 10;
        for word in [second as u32, part as u32, length, length] {
            self.out.write_all(&word.to_le_bytes())?;
        }
        self.out.write_all(&self.frame)?;
        self.made.packets += 1;
        self.made.bytes += 16 + u64::from(length);
        Ok(())
    }
}

/// A client's hello for a host, with a share of a key as long as those of today.
fn client_hello(host: &str) -> Vec<u8> {
    let counted = |inside: &[u8]| [&(inside.len() as u16).to_be_bytes()[..], inside].concat();
    let name = counted(&[&[0][..], &counted(host.as_bytes())].concat());
    let all = [&[0, 51][..], &counted(&[7; 1_216]), &[0, 0], &counted(&name)].concat();
    let body = [&[3, 3][..], &[9; 32], &[0, 0, 2, 0x13, 1, 1, 0], &counted(&all)].concat();
    let message = [&[1, 0][..], &counted(&body)].concat();
    [&[22, 3, 1][..], &counted(&message)].concat()
}
