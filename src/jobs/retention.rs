//! Rows that are older than a shop wants to keep people for are stripped to skeletons.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::app::App;
use crate::app::heartbeats::Thread;
use crate::domain::Result;
use crate::ops::{retention, sites};

/// Rows of each noun in one transaction: few enough that a confirmation waiting behind it does not notice.
const BATCH: i64 = 50;

/// How often it is looked for them, in seconds: who keeps months is not late by a day.
const EVERY: i64 = 86_400;

/// When it was looked for old rows last.
#[derive(Debug)]
pub(super) struct Last(AtomicI64);

impl Default for Last {
    fn default() -> Self {
        Last(AtomicI64::new(i64::MIN))
    }
}

impl Last {
    fn is_due(&self, now: i64) -> bool {
        !(0..EVERY).contains(&now.saturating_sub(self.0.load(Ordering::Relaxed)))
    }

    /// Looks, if the last time is long enough ago. A clock that was set back does not stop it.
    pub(super) fn tick(&self, app: &App) -> Result<()> {
        let now = app.now().secs();
        if !self.is_due(now) {
            return Ok(());
        }
        run(app)?;
        self.0.store(now, Ordering::Relaxed);
        Ok(())
    }
}

/// Strips all that is too old, of all shops.
pub(super) fn run(app: &App) -> Result<()> {
    let mut stripped = false;
    for site in app.store.read(sites::all)? {
        while app.store.read(|tx| retention::is_due(tx, &site))? && !app.ending.is_told() {
            let of = site.clone();
            app.store.write_patiently(move |tx| retention::strip(tx, &of, BATCH))?;
            app.heartbeats.beat(Thread::Upkeep);
            stripped = true;
        }
    }
    if stripped && !app.store.scrub(true)?.log_emptied {
        log::info!("old rows were stripped; a reader kept the log from being emptied, which it is when it begins anew");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_looked_for_at_once_then_once_a_day_and_also_when_the_clock_was_set_back() {
        let last = Last::default();
        assert!(last.is_due(0) && last.is_due(1_800_000_000));
        last.0.store(1_800_000_000, Ordering::Relaxed);
        assert!(!last.is_due(1_800_000_000) && !last.is_due(1_800_086_399));
        assert!(last.is_due(1_800_086_400) && last.is_due(1_799_999_999));
    }
}
