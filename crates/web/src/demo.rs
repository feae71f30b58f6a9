//! The demo: example estates with a dispute, ready to click.

use std::io::Write as _;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use serde_json::json;
use whomade_inquiry::asking::Typed;
use whomade_store::{EVERYWHERE, JudgementKind, NewJudgement, Query, Role, Seat};

use crate::app::App;
use crate::secret::{INVITATION_LASTS, Link, first_link, hashed, later};
use crate::work::{self, work_once};

static COUNCIL: &[u8] = include_bytes!("../../../examples/council.csv");
static CAPTURE: &[u8] = include_bytes!("../../../examples/gate.pcap");

/// Signs of the password that everybody in the demo has.
const PASSWORD_CHARS: usize = 16;

/// Fills an estate in memory; gives the password of its people.
///
/// # Errors
/// When the store does not take it.
pub async fn demo(app: &Arc<App>) -> Result<String> {
    let told = |trouble: crate::trouble::Trouble| anyhow!(trouble.detail);
    let store = &app.store;
    let password: String = Link::new().map_err(told)?.secret.chars().take(PASSWORD_CHARS).collect();
    let hash = hashed(password.clone()).await.map_err(told)?;
    let first = first_link(store).await?.context("somebody is there already")?;
    store.accept(&first.sha256, ["ann", "Ann Lee"], &hash).await?;
    let link = Link::new().map_err(told)?;
    let seat = Seat { site: EVERYWHERE, role: Role::Approver };
    let ends = later(INVITATION_LASTS);
    store.invite(["ben", "Ben Osei"], &[seat], [&link.sha256, &ends], "ann").await?;
    store.accept(&link.sha256, ["", ""], &hash).await?;
    store.set_name("Example council", "ann").await?;
    let preset = Some("uk-council".to_owned());
    store.set_asked(&Typed { preset, ..Typed::default() }, "ann").await?;
    app.ask_anew().await.map_err(told)?;
    for (feed, name, bytes) in
        [("register", "council.csv", COUNCIL), ("gate capture", "gate.pcap", CAPTURE)]
    {
        let mut file = tempfile::NamedTempFile::new_in(&app.folder)?;
        file.write_all(bytes)?;
        let blob = store.put_blob(file.path()).await?;
        let input = json!({ "name": name, "sha256": blob.sha256, "size": blob.size });
        let asked = json!({ "feed": feed, "inputs": [input] });
        store.ask(work::IMPORT, "ann", &asked).await?;
        work_once(app, "the demo").await?;
    }
    dispute(app).await?;
    Ok(password)
}

/// Somebody doubts the first answer that is probable.
async fn dispute(app: &Arc<App>) -> Result<()> {
    let listing = app.shelf.listing(&app.store).await?;
    let chosen = vec![(whomade_store::Facet::Certainty, vec!["probable".to_owned()])];
    let found = listing.find(&Query { chosen, ..Query::default() });
    let Some(listed) = found.rows.first().and_then(|row| listing.listed(*row)) else {
        return Ok(());
    };
    let reason = "The installer says that this one was replaced last year; look at its sticker.";
    app.store
        .judge(&NewJudgement {
            device: listed.device,
            kind: JudgementKind::Dispute,
            about: String::new(),
            reason: reason.to_owned(),
            until: None,
            who: "ann".to_owned(),
            seen: None,
        })
        .await?;
    Ok(())
}
