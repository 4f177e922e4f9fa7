//! Webhooks that fell due are sent, on threads of their own: one endpoint that does not answer holds up neither the others nor
//! letters.

use std::time::Duration;

use super::EVERY;
use super::caller::{Bounds, PATIENCE, call};
use crate::app::App;
use crate::app::heartbeats::Thread;
use crate::domain::Result;
use crate::domain::webhooks::sign;
use crate::ops::webhooks::{self, Claim};

// Endpoints that are called at the same time. Each has one delivery on its way at most, so as many would have to hang at once
// before another waits, and that for one time-out.
pub(super) use crate::app::heartbeats::SENDERS;

/// Sends the delivery that has been due longest. Returns whether there was one. No transaction is open while the endpoint is at
/// work.
pub(super) fn tick(app: &App) -> Result<bool> {
    let Some(claim) = app.store.write(webhooks::claim)? else { return Ok(false) };
    let outcome = send(app, &claim);
    app.store.write(move |tx| webhooks::settle(tx, &claim, outcome))?;
    Ok(true)
}

fn send(app: &App, claim: &Claim) -> webhooks::Outcome {
    let Claim { webhook, delivery, .. } = claim;
    let at = delivery.tried_at.unwrap_or_else(|| app.now());
    let signature = sign(&webhook.secret, &delivery.id, at, delivery.body.as_bytes());
    let time = at.secs().to_string();
    let headers =
        [("webhook-id", delivery.id.as_str()), ("webhook-timestamp", &time), ("webhook-signature", &signature)];
    let bounds = Bounds { allow_private: app.config.webhooks_allow_private, patience: PATIENCE };
    call(&webhook.url, delivery.format, &headers, &delivery.body, bounds)
}

/// What is claimed waits again: called before anything is sent, and when a process ends without the answer of an endpoint.
pub(super) fn requeue_in_flight(app: &App) -> Result<()> {
    let lost = app.store.write(webhooks::requeue_in_flight)?;
    if lost > 0 {
        log::info!("{lost} webhooks were on their way when the process ended; they are sent again under the same ids");
    }
    Ok(())
}

/// Sends until the process is told to stop: at once after a delivery, else after a look a second.
pub(super) fn run(app: &App, number: usize) {
    let mut pause = EVERY;
    app.heartbeats.beat_of(Thread::Webhooks, number);
    while !app.ending.wait(pause) {
        app.heartbeats.beat_of(Thread::Webhooks, number);
        // Looking costs a reader nothing; the writer is asked when there is something to claim.
        let due = app.store.read(webhooks::is_due);
        let sent = due.and_then(|due| if due { tick(app) } else { Ok(false) });
        pause = match sent {
            Ok(true) => Duration::ZERO,
            Ok(false) => EVERY,
            Err(e) => {
                log::error!("webhooks failed and will be tried again: {}", e.chain());
                EVERY
            }
        };
    }
}
