//! What every request needs: the store, the base, who thinks, the list of all devices.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::{Context as _, Result};
use tokio::sync::Notify;
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::Known;
use whomade_inquiry::today::today;
use whomade_store::{Listing, Matches, Query, Store};

use crate::secret::Throttle;
use crate::shelf::Shelf;
use crate::thinker::Thinker;
use crate::trouble::Trouble;

/// By which names the program is called, and whether what it says is heard by nobody else.
#[derive(Debug, Clone, Default)]
pub struct Doors {
    /// Names of hosts under which it is called, without a port; a request for another is refused,
    /// so that no page on the web can make a browser speak to it under a name of its own.
    pub hosts: Vec<String>,
    /// Whether browsers reach it by https: then cookies are sent by https only.
    pub is_secure: bool,
}

/// What every request needs.
pub struct App {
    pub(crate) store: Store,
    pub(crate) known: Arc<Known>,
    /// A short name of the base, for people.
    pub(crate) base_name: String,
    pub(crate) doors: Doors,
    pub(crate) shelf: Shelf,
    pub(crate) throttle: Throttle,
    /// Rung where there is something to do.
    pub(crate) bell: Notify,
    /// Where files lie until they are read.
    pub(crate) folder: PathBuf,
    /// Bytes of one upload.
    pub(crate) upload_bytes_max: u64,
    thinker: RwLock<Arc<Thinker>>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "the estate, by base {}", self.base_name)
    }
}

/// What a handler is given.
pub(crate) type Shared = Arc<App>;

/// Bytes of one upload where nobody said otherwise: captures are large.
pub(crate) const UPLOAD_BYTES_MAX: u64 = 2 << 30;

impl App {
    /// Everything that requests need, over a store that is open.
    ///
    /// # Errors
    /// When the store cannot be read, or what it was asked is not understood by this base.
    pub async fn new(
        store: Store,
        known: Known,
        base_name: String,
        doors: Doors,
        folder: PathBuf,
    ) -> Result<Arc<Self>> {
        let known = Arc::new(known);
        let thinker = thinker_of(&store, &known).await?;
        let shelf = Shelf::new(&store).await?;
        Ok(Arc::new(Self {
            store,
            known,
            base_name,
            doors,
            shelf,
            throttle: Throttle::default(),
            bell: Notify::new(),
            folder,
            upload_bytes_max: UPLOAD_BYTES_MAX,
            thinker: RwLock::new(Arc::new(thinker)),
        }))
    }

    /// The list of all devices, as new as what is visible.
    pub(crate) async fn listing(&self) -> Result<Arc<Listing>, Trouble> {
        Ok(self.shelf.listing(&self.store).await?)
    }

    /// What a query finds, and something made of it, on a thread that may take its time: of a
    /// million devices it takes a tenth of a second, and others are not to wait for it.
    pub(crate) async fn found<T: Send + 'static>(
        &self,
        query: Query,
        make: impl FnOnce(&Listing, Matches) -> T + Send + 'static,
    ) -> Result<T, Trouble> {
        let listing = self.listing().await?;
        let made = tokio::task::spawn_blocking(move || {
            let found = listing.find(&query);
            make(&listing, found)
        });
        made.await.map_err(|_| Trouble::broken())
    }

    /// Who thinks, by today's day.
    pub(crate) async fn thinker(&self) -> Result<Arc<Thinker>, Trouble> {
        let held = Arc::clone(&self.thinker.read().unwrap_or_else(PoisonError::into_inner));
        if held.asked.on == today() || held.asked.day_named {
            return Ok(held);
        }
        self.ask_anew().await
    }

    /// Reads again what is asked, as somebody changed it.
    pub(crate) async fn ask_anew(&self) -> Result<Arc<Thinker>, Trouble> {
        let made = thinker_of(&self.store, &self.known).await.map_err(|wrong| {
            Trouble::unprocessable(format!("what is asked is not understood: {wrong:#}"))
        })?;
        let made = Arc::new(made);
        *self.thinker.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&made);
        Ok(made)
    }

    /// The name of a maker of the base.
    pub(crate) fn maker_name<'a>(&'a self, id: &'a str) -> &'a str {
        self.known.base.facts.makers.get(id).map_or(id, |maker| maker.name.as_str())
    }

    /// The names behind what a list has of makers: one, several that cannot be told apart, or none.
    pub(crate) fn maker_names(&self, ids: &str) -> String {
        let names: Vec<&str> = ids.split_whitespace().map(|id| self.maker_name(id)).collect();
        names.join(" or ")
    }
}

async fn thinker_of(store: &Store, known: &Arc<Known>) -> Result<Thinker> {
    let typed = store.asked().await?;
    let asked = Asked::check(&known.base, typed).context("what the estate asks")?;
    Ok(Thinker::new(known, asked))
}
