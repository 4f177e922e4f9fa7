//! The database is copied as often as configured, and old copies go.

use crate::app::App;
use crate::domain::{Error, Result};

/// Copies when the newest copy is old enough. Returns whether it did.
pub fn tick(app: &App) -> Result<bool> {
    let Some(every) = app.config.backup.every else { return Ok(false) };
    let now = app.now();
    // A clock that was set back must not stop copies until it is there again.
    if app.newest_backup().is_some_and(|at| (0..every).contains(&(now.secs() - at.secs()))) {
        return Ok(false);
    }
    match app.back_up() {
        Ok(copied) => log::info!("{} is written and checked: {} rows", copied.path.display(), copied.rows),
        // Somebody made one by hand within this second.
        Err(Error::Conflict(text)) => log::warn!("no copy was made: {text}"),
        Err(e) => return Err(e),
    }
    Ok(true)
}
