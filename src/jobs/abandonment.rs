//! Idle carts are abandoned and old ones expire.

use std::time::{Duration, Instant};

use crate::app::App;
use crate::domain::Result;
use crate::ops::clockwork;

/// Carts of one transaction at most.
const BATCH: i64 = 200;

/// A transaction takes no more carts once it is this old: whoever writes meanwhile waits behind it and its commit, which
/// takes about twice as long, for a cart is a dozen pages of the log.
const LONGEST: Duration = Duration::from_millis(4);

/// Settles one batch of carts that fell due. Returns whether there may be more.
pub fn tick(app: &App) -> Result<bool> {
    app.store.write_patiently(|tx| {
        let began = Instant::now();
        clockwork::settle_due(tx, BATCH, || began.elapsed() >= LONGEST)
    })
}
