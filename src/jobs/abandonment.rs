//! Idle carts are abandoned and old ones expire.

use std::time::{Duration, Instant};

use crate::app::App;
use crate::domain::Result;
use crate::ops::clockwork;

/// Carts of one transaction at most.
const BATCH: i64 = 200;

/// A transaction takes no more carts once it is this old: whoever writes meanwhile waits behind it and its commit.
const LONGEST: Duration = Duration::from_millis(15);

/// Settles one batch of carts that fell due. Returns whether there may be more.
pub fn tick(app: &App) -> Result<bool> {
    app.store.write(|tx| {
        let began = Instant::now();
        clockwork::settle_due(tx, BATCH, || began.elapsed() >= LONGEST)
    })
}
