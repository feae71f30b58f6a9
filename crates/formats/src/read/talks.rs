//! With whom the stations of a capture talked, as the thinking takes it.

use std::sync::Arc;

use jiff::Timestamp;
use whomade_capture as capture;
use whomade_core::egress::{Answer, Counted, Cover, Flow, Recording};
use whomade_core::observation::{CLOCK_FROM_SECOND, CLOCK_UNTIL_SECOND, Seen};

/// What a station exchanged, one peer and service after the other.
pub(crate) fn flows(
    (source, own): (&Arc<str>, &capture::Networks),
    peers: Vec<capture::Peer>,
) -> impl Iterator<Item = Flow> {
    peers.into_iter().map(move |peer| Flow {
        first: (Arc::clone(source), peer.first),
        names: peer.names,
        unsure: false,
        address: peer.address,
        port: peer.port,
        protocol: peer.protocol,
        serves: peer.serves,
        guessed: peer.guessed,
        unanswered: peer.unanswered,
        local: own.is_local(peer.address) || is_for_many(peer.address),
        cover: match peer.cover {
            capture::Cover::Unknown => Cover::Unknown,
            capture::Cover::Plain => Cover::Plain,
            capture::Cover::Tls => Cover::Tls,
            capture::Cover::Quic => Cover::Quic,
        },
        sign: peer.sign,
        sent: peer.sent,
        got: peer.got,
        packets: peer.packets,
        seen: peer
            .time
            .and_then(|(from, until)| Some(Seen::between(moment(from)?, moment(until)?))),
        counted: match peer.seen {
            capture::Seen::Packets => Counted::Packets,
            capture::Seen::Reported(Some(1)) => Counted::Reported,
            capture::Seen::Reported(Some(one_in)) => Counted::OneOf(one_in),
            capture::Seen::Reported(None) => Counted::Unsaid,
        },
    })
}

/// What a station was answered when it asked for names.
pub(crate) fn answers(all: Vec<capture::Answer>) -> impl Iterator<Item = Answer> {
    all.into_iter().map(|one| Answer {
        address: one.address,
        name: one.name,
        at: one.time.and_then(moment),
        unasked: one.unasked,
    })
}

/// What a capture covers; `broken`: its end could not be read.
pub(crate) fn recording(source: &str, tally: &capture::Tally, broken: bool) -> Recording {
    let seen = |(from, until): (i64, i64)| Some(Seen::between(moment(from)?, moment(until)?));
    let seen_all = tally.time.and_then(seen);
    Recording {
        source: source.to_owned(),
        seen: seen_all,
        stretches: tally.stretches.iter().copied().filter_map(seen).collect(),
        odd_clock: tally.time.is_some() && seen_all.is_none(),
        packets: tally.frames,
        cut: tally.cut,
        lacks: broken
            || tally.left + tally.peers_left + tally.pieces_let_go + tally.strange + tally.unread
                > 0
            || tally.untold + tally.crowded + tally.odd + tally.answers_left > 0
            || tally.gaps + tally.nobody + tally.pieces_missing > 0,
    }
}

/// Whether an address is of a group or of all: routers at the edge do not pass these on.
fn is_for_many(address: std::net::IpAddr) -> bool {
    address.is_multicast()
        || address.is_loopback()
        || matches!(address, std::net::IpAddr::V4(four) if four.is_broadcast())
}

/// A moment; what no right clock tells is none.
fn moment(nanoseconds: i64) -> Option<Timestamp> {
    let told = Timestamp::from_nanosecond(i128::from(nanoseconds)).ok()?;
    (CLOCK_FROM_SECOND..CLOCK_UNTIL_SECOND).contains(&told.as_second()).then_some(told)
}
