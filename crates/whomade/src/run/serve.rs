//! `whomade serve`, and what is done with an estate beside it: `audit verify`, `backup`,
//! `restore`.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, bail};
use serde_json::json;
use tokio::runtime::Runtime;
use whomade_inquiry::base::load;
use whomade_store::{Address, Store, Verified};
use whomade_web::{App, Doors, Serving, demo, first_link, serve};

use crate::cli::{At, AuditCommand, Backup, Restore, Serve};
use crate::kept::identity;
use crate::out::Out;
use crate::render::diagnostics;

/// Names the estate where nobody types it.
const STORE: &str = "WHOMADE_STORE";
/// The estate of a folder.
const FILE: &str = "whomade.db";

fn address(at: &At) -> Address {
    let named = at.store.clone().or_else(|| std::env::var(STORE).ok());
    Address::parse(named.as_deref().unwrap_or(FILE))
}

fn runtime() -> Result<Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Serves until it is told to end.
///
/// # Errors
/// When the store cannot be opened, or nobody can listen there.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: &Serve) -> Result<ExitCode> {
    let (known, said) = load(overlay)?;
    for one in said.iter().filter(|_| !out.quiet) {
        diagnostics::write(&mut out.aside, one)?;
    }
    let base = identity(&known, overlay)?.short();
    let doors = doors(typed)?;
    let store_at = if typed.demo { Address::Memory } else { address(&typed.at) };
    let folder = tempfile::tempdir()?;
    let runtime = runtime()?;
    runtime.block_on(async {
        let store = Store::open(&store_at).await?;
        let app = App::new(store.clone(), known, base, doors, folder.path().to_owned()).await?;
        let entry = match typed.demo {
            true => Entry::Demo(demo(&app).await?),
            false => Entry::Link(first_link(&store).await?.map(|link| link.secret)),
        };
        let answers = &mut out.answers;
        serve(Arc::clone(&app), Serving { listen: typed.listen }, |at| {
            let _ = told(answers, &home(typed, at), &store_at, &entry);
        })
        .await
    })?;
    Ok(ExitCode::SUCCESS)
}

/// How somebody comes in first.
enum Entry {
    Link(Option<String>),
    Demo(String),
}

/// Where browsers find it.
fn home(typed: &Serve, at: SocketAddr) -> String {
    match typed.name.first() {
        Some(name) if typed.behind_https => format!("https://{name}"),
        _ => format!("http://{at}"),
    }
}

fn told(
    out: &mut impl std::io::Write,
    home: &str,
    store: &Address,
    entry: &Entry,
) -> std::io::Result<()> {
    match entry {
        Entry::Demo(password) => {
            writeln!(out, "the demo is at {home}/ and is kept nowhere")?;
            writeln!(out, "sign in as ann (admin) or ben (approver), password: {password}")?;
        }
        Entry::Link(link) => {
            writeln!(out, "the estate in {store} is at {home}/")?;
            if let Some(secret) = link {
                writeln!(out, "nobody has come in yet; the first admin follows this link, once:")?;
                writeln!(out, "  {home}/join/{secret}")?;
            }
        }
    }
    out.flush()
}

/// By which names it is called.
fn doors(typed: &Serve) -> Result<Doors> {
    let mut hosts = typed.name.clone();
    let at = typed.listen.ip();
    if at.is_loopback() || at.is_unspecified() {
        hosts.extend(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
    }
    if !at.is_unspecified() {
        hosts.push(match at {
            std::net::IpAddr::V4(at) => at.to_string(),
            std::net::IpAddr::V6(at) => format!("[{at}]"),
        });
    }
    if !at.is_loopback() && !typed.behind_https {
        bail!(
            "[serve/plain] passwords would go over the network for everybody to read; put a proxy \
             that speaks https before it and say --behind-https, or listen on 127.0.0.1"
        );
    }
    Ok(Doors { hosts, is_secure: typed.behind_https })
}

/// Opens an estate that is there: a name typed wrong must not make a new one.
async fn opened(at: &Address) -> Result<Store> {
    if let Address::File(path) = at
        && !path.exists()
    {
        bail!("[store/none] there is no estate in {at}; name it with --store");
    }
    Ok(Store::open(at).await?)
}

/// Verifies the audit trail.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn audit(out: &mut Out, typed: &AuditCommand) -> Result<ExitCode> {
    let AuditCommand::Verify { at, head, json } = typed;
    let verified = runtime()?.block_on(async {
        let store = opened(&address(at)).await?;
        let verified = store.verify_audit(head.as_deref()).await?;
        store.close().await;
        anyhow::Ok(verified)
    })?;
    let (words, value) = match &verified {
        Verified::Whole { lines, head, clock_set_back } => {
            let mut words = format!("the trail is whole: {lines} lines, head {head}");
            if *clock_set_back > 0 {
                let lines = clock_set_back;
                words += &format!("\n{lines} bear an earlier time than the one before");
            }
            let value = json!({
                "v": 1, "state": "whole", "lines": lines, "head": head,
                "clock_set_back": clock_set_back,
            });
            (words, value)
        }
        Verified::Broken { at } => (
            format!("line {at} is not what it was, or a line before it was taken out or put in"),
            json!({ "v": 1, "state": "broken", "at": at }),
        ),
        Verified::NotTheNoted { lines } => (
            format!("{lines} lines, and none has the head that was noted: the end was cut off"),
            json!({ "v": 1, "state": "not-the-noted", "lines": lines }),
        ),
    };
    if *json {
        writeln!(out.answers, "{value}")?;
    } else {
        writeln!(out.answers, "{words}")?;
    }
    Ok(ExitCode::from(u8::from(!matches!(verified, Verified::Whole { .. }))))
}

/// Copies an estate into one file.
///
/// # Errors
/// When either cannot be read or written, or the file is there already.
pub(crate) fn backup(out: &mut Out, typed: &Backup) -> Result<ExitCode> {
    let copied = runtime()?.block_on(async {
        let store = opened(&address(&typed.at)).await?;
        let copied = store.backup(&typed.file).await?;
        store.close().await;
        anyhow::Ok(copied)
    })?;
    let file = typed.file.display();
    writeln!(out.answers, "{} rows in {file}, {} lines of the trail", copied.rows, copied.lines)?;
    Ok(ExitCode::SUCCESS)
}

/// Brings an estate back.
///
/// # Errors
/// When either cannot be read or written, or something is in the store already.
pub(crate) fn restore(out: &mut Out, typed: &Restore) -> Result<ExitCode> {
    let at = address(&typed.at);
    let copied = runtime()?.block_on(async {
        let from = opened(&Address::File(typed.file.clone())).await?;
        let store = Store::open(&at).await?;
        let copied = store.restore(&from).await?;
        from.close().await;
        store.close().await;
        anyhow::Ok(copied)
    })?;
    let (rows, lines) = (copied.rows, copied.lines);
    writeln!(out.answers, "{rows} rows in {at}, {lines} lines of the trail")?;
    Ok(ExitCode::SUCCESS)
}
