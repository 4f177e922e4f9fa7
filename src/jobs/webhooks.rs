//! Webhooks that fell due are sent, on threads of their own: one endpoint that does not answer holds up neither the others nor
//! letters.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;

use super::EVERY;
use super::caller::{Bounds, PATIENCE, call};
use crate::app::App;
use crate::domain::webhooks::sign;
use crate::domain::{Error, Result};
use crate::ops::webhooks::{self, Claim};

/// Endpoints that are called at the same time. Each has one delivery on its way at most, so as many would have to hang at once
/// before another waits, and that for one time-out.
const SENDERS: usize = 4;

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

/// What an earlier process of this store left on its way waits again: called once, before anything is sent.
pub(super) fn requeue_in_flight(app: &App) -> Result<()> {
    let lost = app.store.write(webhooks::requeue_in_flight)?;
    if lost > 0 {
        log::info!(
            "{lost} webhooks were on their way when the last process ended; they are sent again under the same ids"
        );
    }
    Ok(())
}

/// The senders of a running process. Dropping it stops them after the deliveries that they are at.
pub(super) struct Senders {
    stops: Vec<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl Senders {
    pub(super) fn start(app: &Arc<App>) -> Result<Self> {
        let mut senders = Senders { stops: Vec::new(), threads: Vec::new() };
        for number in 0..SENDERS {
            let (stop, stopped) = channel();
            let app = Arc::clone(app);
            let thread = std::thread::Builder::new()
                .name(format!("webhooks-{number}"))
                .spawn(move || run(&app, &stopped))
                .map_err(Error::internal)?;
            senders.stops.push(stop);
            senders.threads.push(thread);
        }
        Ok(senders)
    }
}

impl Drop for Senders {
    fn drop(&mut self) {
        self.stops.clear();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                log::error!("a thread of the webhooks ended in a panic");
            }
        }
    }
}

fn run(app: &App, stopped: &Receiver<()>) {
    let mut pause = EVERY;
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(pause) {
        // Looking costs a reader nothing; the writer is asked when there is something to claim.
        let due = app.store.read(webhooks::is_due);
        let sent = due.and_then(|due| if due { tick(app) } else { Ok(false) });
        pause = match sent {
            Ok(true) => std::time::Duration::ZERO,
            Ok(false) => EVERY,
            Err(e) => {
                log::error!("webhooks failed and will be tried again: {}", e.chain());
                EVERY
            }
        };
    }
}
