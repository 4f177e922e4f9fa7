//! Idle carts are abandoned and old ones expire.

use crate::app::App;
use crate::domain::Result;
use crate::ops::clockwork;

/// Carts of one transaction: few enough that a confirmation waiting behind it does not notice.
const BATCH: i64 = 200;

/// Settles one batch of carts that fell due. Returns whether there may be more.
pub fn tick(app: &App) -> Result<bool> {
    let settled = app.store.write(|tx| clockwork::settle_due(tx, BATCH))?;
    Ok(settled as i64 == BATCH)
}
