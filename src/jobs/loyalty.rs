//! Loyalty points expire at the instant that was announced when they were earned.

use crate::app::App;
use crate::domain::Result;
use crate::ops::{clockwork, loyalty};

/// Balances of one transaction: few enough that a confirmation waiting behind it does not notice.
const BATCH: i64 = 50;

/// Lets expire what fell due of one batch of balances. Returns whether there may be more.
pub fn tick(app: &App) -> Result<bool> {
    if !app.store.read(clockwork::points_are_due)? {
        return Ok(false);
    }
    let settled = app.store.write_patiently(|tx| loyalty::settle_due(tx, BATCH))?;
    Ok(settled as i64 == BATCH)
}
