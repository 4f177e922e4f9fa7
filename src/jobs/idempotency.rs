//! Answers to marked writes are forgotten once their day is over.

use crate::app::App;
use crate::domain::Result;
use crate::ops::idempotency;

/// Answers forgotten in one transaction.
const BATCH: i64 = 500;

/// Forgets one batch. Returns whether there may be more.
pub fn tick(app: &App) -> Result<bool> {
    if !app.store.read(idempotency::has_old)? {
        return Ok(false);
    }
    Ok(app.store.write_patiently(|tx| idempotency::sweep(tx, BATCH))? as i64 == BATCH)
}
