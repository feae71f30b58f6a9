//! The program as a server: it listens, works through the queue, and ends when it is told to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;
use crate::routes::router;
use crate::work;

/// Where it listens.
#[derive(Debug, Clone, Copy)]
pub struct Serving {
    /// The address and port.
    pub listen: SocketAddr,
}

/// Writes a line of the program's own log, for whoever runs it.
#[expect(clippy::print_stderr, reason = "the log of a server goes to standard error")]
pub(crate) fn log(part: &str, words: &str) {
    let at = whomade_store::now();
    let words = whomade_core::report::clean(words);
    eprintln!("{}", serde_json::json!({ "at": at, "part": part, "said": words }));
}

/// Serves until the program is told to end; `ready` hears at which address.
///
/// # Errors
/// When nobody can listen there.
pub async fn serve(app: Arc<App>, serving: Serving, ready: impl FnOnce(SocketAddr)) -> Result<()> {
    let listener = TcpListener::bind(serving.listen)
        .await
        .with_context(|| format!("cannot listen on {}", serving.listen))?;
    ready(listener.local_addr()?);
    let worker = tokio::spawn(work::work(Arc::clone(&app)));
    let service = router(&app).into_make_service_with_connect_info::<SocketAddr>();
    let (told, hears) = tokio::sync::oneshot::channel();
    let server = axum::serve(listener, service).with_graceful_shutdown(async {
        ended().await;
        let _ = told.send(());
    });
    tokio::select! {
        served = server.into_future() => served?,
        () = late(hears) => log("server", "what was under way took too long to end"),
    }
    worker.abort();
    let _ = tokio::time::timeout(PATIENCE, app.store.close()).await;
    Ok(())
}

/// How long whoever is served last is waited for.
const PATIENCE: Duration = Duration::from_secs(8);

/// Comes back some time after the program was told to end.
async fn late(hears: tokio::sync::oneshot::Receiver<()>) {
    if hears.await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(PATIENCE).await;
}

/// Comes back once the program is to end.
async fn ended() {
    let Ok(mut term) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = term.recv() => {}
    }
}
