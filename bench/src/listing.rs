//! The questions of the device list, asked of a store that the bench `store` filled: search as
//! somebody types, facets, a page of a device with everything told of it. Beside them stands what
//! the database itself takes for the same question.
//!
//! `cargo run --release -p whomade-bench --bin listing -- FILE [ROUNDS]`

use std::io::{self, Write};
use std::time::Duration;

use sqlx::Row as _;
use whomade_bench::passed;
use whomade_inquiry::asking::{Asked, Typed};
use whomade_inquiry::base::load;
use whomade_inquiry::worker::Worker;
use whomade_store::{Address, Facet, Listing, Query, Store};

type Anyhow<T> = Result<T, Box<dyn std::error::Error>>;

/// What people type, one sign after the other.
const TYPED: [&str; 6] =
    ["CAM-0412345", "hikvision", "44:19:b6:07", "Site 212", "axis site 17", "x417-3"];

/// The most and the usual of how long something took.
fn told(out: &mut dyn Write, name: &str, mut took: Vec<Duration>, found: usize) -> io::Result<()> {
    took.sort();
    let at = |share: usize| took[(took.len() * share / 100).min(took.len() - 1)].as_secs_f64();
    writeln!(
        out,
        "{name:<44} {:>5} asked  p50 {:>8.2} ms  p99 {:>8.2} ms  most {:>8.2} ms  {found} found",
        took.len(),
        1e3 * at(50),
        1e3 * at(99),
        1e3 * at(100),
    )?;
    out.flush()
}

fn main() -> Anyhow<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().ok_or("which store?")?;
    let rounds: usize = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(40);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let store = runtime.block_on(Store::open(&Address::parse(&address)))?;
    let mut out = io::stdout().lock();
    let (took, listing) = passed(|| runtime.block_on(Listing::load(&store)));
    let listing = listing?;
    writeln!(out, "{} devices loaded in {:.1} s", listing.len(), took.as_secs_f64())?;
    let (mut took, mut found) = (Vec::new(), 0);
    for _ in 0..rounds {
        for typed in TYPED {
            for end in 1..=typed.len() {
                let query = Query { words: typed[..end].to_owned(), ..Query::default() };
                let (passed, matches) = passed(|| listing.find(&query));
                took.push(passed);
                found = matches.rows.len();
            }
        }
    }
    told(&mut out, "search as one types, with facets", took, found)?;
    let (mut took, mut found) = (Vec::new(), 0);
    let chosen = [
        vec![],
        vec![(Facet::Maker, vec!["hikvision".to_owned()])],
        vec![
            (Facet::Certainty, vec!["probable".to_owned()]),
            (Facet::Label, vec!["LTS".to_owned()]),
        ],
        vec![(Facet::Place, vec!["Site 212".to_owned(), "Site 017".to_owned()])],
    ];
    for _ in 0..rounds {
        for chosen in &chosen {
            let query = Query { chosen: chosen.clone(), ..Query::default() };
            let (passed, matches) = passed(|| listing.find(&query));
            took.push(passed);
            found = matches.rows.len();
        }
    }
    told(&mut out, "facets", took, found)?;
    let (known, _) = load(None)?;
    let asked = Asked::check(&known.base, Typed::default())?;
    let mut worker = Worker::new(&known, &asked);
    let (mut took, mut found) = (Vec::new(), 0);
    for number in 0..rounds * 25 {
        let device = (number * 7_919 % listing.len()) as i64 + 1;
        let (passed, seen) = passed(|| -> Anyhow<usize> {
            let histories = runtime.block_on(store.histories(&[device], None))?;
            let now = histories.get(&device).and_then(|history| history.now());
            let found = worker.work(now.ok_or("no device")?);
            Ok(found.device.observations.len())
        });
        took.push(passed);
        found = seen?;
    }
    told(&mut out, "a device with its history, worked out", took, found)?;
    beside(&mut out, &runtime, &address)
}

/// The same questions as the database answers them.
fn beside(out: &mut dyn Write, runtime: &tokio::runtime::Runtime, address: &str) -> Anyhow<()> {
    if address.contains("://") {
        return Ok(());
    }
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(address);
    let pool = runtime.block_on(sqlx::SqlitePool::connect_with(options))?;
    for (name, sql) in [
        ("floor, SQL: search", "SELECT COUNT(*) FROM answer WHERE words LIKE '%hikvision%'"),
        (
            "floor, SQL: one facet",
            "SELECT COUNT(*) FROM (SELECT maker, COUNT(*) FROM answer GROUP BY maker)",
        ),
        (
            "floor, SQL: observations of a device",
            "SELECT COUNT(*) FROM part p JOIN observation o ON o.part = p.id WHERE p.device = 77777",
        ),
    ] {
        let (mut took, mut found) = (Vec::new(), 0);
        for _ in 0..5 {
            let (passed, row) = passed(|| runtime.block_on(sqlx::query(sql).fetch_one(&pool)));
            took.push(passed);
            found = usize::try_from(row?.try_get::<i64, _>(0)?)?;
        }
        told(out, name, took, found)?;
    }
    Ok(())
}
