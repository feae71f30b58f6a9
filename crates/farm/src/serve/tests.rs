//! Each kind over real sockets of this machine, asked by hand.

use std::net::{Ipv4Addr, TcpStream, UdpSocket as Plain};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::*;
use crate::kinds;

/// A farm of these kinds at addresses of the loopback network, until the asking is over.
fn served<T: Send>(
    network: u8,
    all: &[&str],
    ask: impl FnOnce(&[IpAddr]) -> T + Send,
) -> (T, Vec<Count>) {
    let mut random = fastrand::Rng::with_seed(7);
    let mut stands = Vec::new();
    for (at, id) in all.iter().enumerate() {
        let address = Ipv4Addr::new(127, 77, network, 1 + u8::try_from(at).unwrap());
        stands.push(Stand::new(kinds::find(id).unwrap(), address.into(), &mut random));
    }
    for stand in &mut stands {
        // Nobody has to be anybody to open these.
        let services = std::mem::take(&mut stand.services);
        stand.services = services.into_iter().map(|(port, one)| (20_000 + port, one)).collect();
    }
    let addresses: Vec<IpAddr> = stands.iter().map(|stand| stand.address).collect();
    let mut farm = Farm::open(stands, None).unwrap();
    let stop = AtomicBool::new(false);
    let answer = thread::scope(|scope| {
        let serving = scope.spawn(|| farm.run(&|| stop.load(Ordering::Relaxed)));
        let answer = ask(&addresses);
        stop.store(true, Ordering::Relaxed);
        serving.join().unwrap().unwrap();
        answer
    });
    (answer, farm.counts().map(|(.., count)| count).collect())
}

fn ask(address: IpAddr, port: u16, asked: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect((address, 20_000 + port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.write_all(asked).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

fn packet(id: &str, address: IpAddr) -> Vec<u8> {
    probe::find(id).unwrap().packet(address, 80, 1).bytes().to_vec()
}

#[test]
fn pages_and_searches_are_answered_and_counted() {
    let (answers, counts) = served(1, &["hikvision", "dahua", "breaks"], |all| {
        let page = ask(all[0], 80, &packet("http-start-page", all[0]));
        let strange = ask(all[0], 80, b"GET /doc/page/login.asp HTTP/1.1\r\n\r\n");
        let broken = ask(all[2], 80, &packet("http-start-page", all[2]));
        let asking = Plain::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        asking.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        asking.send_to(&packet("dhip-search", all[1]), (all[1], 37_810)).unwrap();
        let mut buffer = [0; 4_096];
        let (count, from) = asking.recv_from(&mut buffer).unwrap();
        assert_eq!(from, (all[1], 37_810).into());
        (page, strange, broken, buffer[..count].to_vec())
    });
    let (page, strange, broken, search) = answers;
    assert!(String::from_utf8_lossy(&page).contains("Server: App-webs/"));
    assert!(strange.starts_with(b"HTTP/1.1 404"));
    assert!(broken.is_empty());
    assert!(String::from_utf8_lossy(&search).contains("client.notifyDevInfo"));
    let [hikvision, dahua, breaks] = counts[..] else { panic!("{counts:?}") };
    assert_eq!((hikvision.connections, hikvision.asked, hikvision.strange), (2, 2, 1));
    assert_eq!((dahua.asked, dahua.strange, breaks.connections), (1, 0, 1));
}

#[test]
fn what_never_ends_waits_for_who_reads_and_a_weak_device_says_that_it_was_pushed() {
    let (count, counts) = served(2, &["endless", "weak"], |all| {
        let mut stream = TcpStream::connect((all[0], 20_080)).unwrap();
        stream.write_all(&packet("http-start-page", all[0])).unwrap();
        let mut buffer = vec![0; 1 << 16];
        let mut count = 0;
        while count < 1 << 20 {
            count += stream.read(&mut buffer).unwrap();
        }
        drop(stream);
        let first = TcpStream::connect((all[1], 20_080)).unwrap();
        thread::sleep(Duration::from_millis(100));
        let mut second = TcpStream::connect((all[1], 20_554)).unwrap();
        second.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        assert!(second.read(&mut buffer).is_err(), "it breaks off");
        drop(first);
        count
    });
    assert!(count >= 1 << 20);
    assert_eq!((counts[1].resets, counts[1].connections), (1, 1));
}
