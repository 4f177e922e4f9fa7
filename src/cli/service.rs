//! What a service manager is told, where one asked (sd_notify(3)): that the process answers, that it lives, and that it ends.

use std::sync::{Arc, Weak};
use std::time::Duration;

use sd_notify::NotifyState;

use crate::app::App;
use crate::domain::{Error, Result};

/// A sign of life is given this often before the manager would miss one.
const SIGNS: u32 = 3;

/// Tells that the process answers, and from then on that it lives. One that hangs says nothing, and is started anew. A full
/// disk is nothing that a new start would mend, so a writer that refuses lives too.
pub(super) fn tell_ready(app: &Arc<App>) -> Result<()> {
    tell(NotifyState::Ready);
    let Some(patience) = sd_notify::watchdog_enabled() else { return Ok(()) };
    let (app, ending) = (Arc::downgrade(app), app.ending.clone());
    let pause = patience / SIGNS;
    let live = move || {
        tell(NotifyState::Watchdog);
        while !ending.wait(pause) {
            if is_alive(&app, pause) {
                tell(NotifyState::Watchdog);
            }
        }
    };
    std::thread::Builder::new().name("watchdog".into()).spawn(live).map(drop).map_err(Error::internal)
}

fn is_alive(app: &Weak<App>, patience: Duration) -> bool {
    let Some(app) = app.upgrade() else { return false };
    if let Some(thread) = app.heartbeats.hanging() {
        log::error!("the thread {} hangs, which the service manager is let know by silence", thread.as_str());
        return false;
    }
    let answers = app.store.answers(patience);
    if !answers {
        log::error!("the writer hangs, which the service manager is let know by silence");
    }
    answers
}

/// Tells that the process ends.
pub(super) fn tell_stopping() {
    tell(NotifyState::Stopping);
}

fn tell(state: NotifyState) {
    if let Err(e) = sd_notify::notify(&[state]) {
        log::warn!("the service manager could not be told: {e}");
    }
}
