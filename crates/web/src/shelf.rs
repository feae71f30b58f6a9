//! The list of all devices in memory, read again when something became visible or was taken back.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;
use whomade_store::{Listing, Result, Store};

/// How long a request waits for the list to be read again before it gets the one from before: a
/// small estate is read at once, and of a large one nobody waits for seconds.
const PATIENCE: Duration = Duration::from_millis(400);

/// The list and at which state of the store it was read.
type Held = (Arc<Listing>, (i64, i64));

/// Holds the list.
pub(crate) struct Shelf {
    held: Arc<RwLock<Held>>,
    /// Held by whoever reads it again, so that one does.
    reading: Arc<Mutex<()>>,
}

impl Shelf {
    pub(crate) async fn new(store: &Store) -> Result<Self> {
        let state = store.state().await?;
        let listing = Arc::new(Listing::load(store).await?);
        let held = Arc::new(RwLock::new((listing, state)));
        Ok(Self { held, reading: Arc::new(Mutex::new(())) })
    }

    fn at_hand(&self) -> Held {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        (Arc::clone(&held.0), held.1)
    }

    /// The list; the one from before where a newer one takes long to be read.
    pub(crate) async fn listing(&self, store: &Store) -> Result<Arc<Listing>> {
        let (listing, at) = self.at_hand();
        let now = store.state().await?;
        if at == now {
            return Ok(listing);
        }
        let (held, reading, store) =
            (Arc::clone(&self.held), Arc::clone(&self.reading), store.clone());
        let anew = tokio::spawn(async move {
            let _one = reading.lock().await;
            let was = held.read().unwrap_or_else(PoisonError::into_inner).1;
            if was == now {
                return Result::Ok(());
            }
            let listing = Arc::new(Listing::load(&store).await?);
            *held.write().unwrap_or_else(PoisonError::into_inner) = (listing, now);
            Result::Ok(())
        });
        match tokio::time::timeout(PATIENCE, anew).await {
            Ok(Ok(read)) => {
                read?;
                Ok(self.at_hand().0)
            }
            _ => Ok(listing),
        }
    }
}
