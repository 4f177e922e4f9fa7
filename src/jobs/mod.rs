//! The clock's door: what has to happen when its time comes, on plain threads. Each job is a bounded, repeatable
//! tick; only the loop knows how time passes.

mod abandonment;
mod backup;
mod caller;
mod idempotency;
mod links;
mod loyalty;
mod mail;
mod retention;
mod webhooks;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::app::App;
use crate::app::heartbeats::Thread;
use crate::domain::{Error, Result, Timestamp};
use crate::ops::clockwork;

/// How often the loop looks whether anything fell due.
const EVERY: Duration = Duration::from_secs(1);

/// The same for what keeps the store well and need not be on time.
const UPKEEP_EVERY: Duration = Duration::from_secs(30);

/// Runs everything that fell due by now, in order.
pub fn run_due(app: &App) -> Result<()> {
    run_until(app, || false)?;
    while webhooks::tick(app)? {}
    retention::run(app)
}

/// The same, unless it is told to stop. Carts are settled between letters, for a mail server may be slow.
fn run_until(app: &App, stop: impl Fn() -> bool) -> Result<()> {
    loop {
        app.heartbeats.beat(Thread::Jobs);
        while abandonment::tick(app)? && !stop() {}
        while idempotency::tick(app)? && !stop() {}
        while loyalty::tick(app)? && !stop() {}
        if !mail::tick(app)? || stop() {
            return Ok(());
        }
    }
}

/// What has to be done once, before a process serves a store that another served before it.
pub fn begin(app: &App) -> Result<()> {
    mail::give_up_in_flight(app)?;
    webhooks::requeue_in_flight(app)?;
    if app.mailer.is_real() {
        // Letters leave beside the serving: nobody who asks waits for a mail server. Nor for an endpoint.
        while abandonment::tick(app)? {}
        while loyalty::tick(app)? {}
        return Ok(());
    }
    run_until(app, || false)
}

/// Moves a clock that is set by hand to `target`, stopping at every instant on the way at which something falls due
/// and running it there. Going back is refused: what happened cannot be undone.
pub fn advance(app: &App, target: Timestamp) -> Result<Timestamp> {
    let Some(hand) = &app.hand else {
        return Err(Error::Conflict("this clock runs by itself".into()));
    };
    if target < app.now() {
        return Err(Error::refused("set", "must not lie before the present"));
    }
    run_due(app)?;
    while let Some(due) = app.store.read(clockwork::next_due)?.filter(|due| *due <= target) {
        hand.set(due.max(app.now()));
        run_due(app)?;
    }
    // A clock that runs went on meanwhile, and does not go back.
    hand.set(target.max(app.now()));
    run_due(app)?;
    Ok(app.now())
}

/// How often it is looked whether a thread that was told to stop has.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The jobs of a running process. They stop once it is told to ([`crate::app::ending`]), each after the tick that it is in.
pub struct Jobs {
    app: Arc<App>,
    threads: Vec<JoinHandle<()>>,
}

impl Jobs {
    /// Starts them. What keeps the store well goes by a clock that runs by itself: a demo that leaps a month needs no copies.
    pub fn start(app: Arc<App>) -> Result<Self> {
        let mut jobs = Jobs { app: app.clone(), threads: Vec::new() };
        for number in 0..webhooks::SENDERS {
            jobs.spawn(format!("webhooks-{number}"), move |app| webhooks::run(app, number))?;
        }
        jobs.repeat(Thread::Jobs, EVERY, |app| run_until(app, || app.ending.is_told()))?;
        if app.hand.is_none() {
            let last = retention::Last::default();
            // A copy that fails keeps nobody's rows.
            jobs.repeat(Thread::Upkeep, UPKEEP_EVERY, move |app| {
                let copied = backup::tick(app).map(drop);
                last.tick(app).and(copied)
            })?;
        }
        Ok(jobs)
    }

    fn spawn(&mut self, name: String, run: impl FnOnce(&App) + Send + 'static) -> Result<()> {
        let app = self.app.clone();
        let thread = std::thread::Builder::new().name(name).spawn(move || run(&app)).map_err(Error::internal)?;
        self.threads.push(thread);
        Ok(())
    }

    /// Starts a thread that runs `tick` now and after each pause.
    fn repeat(
        &mut self,
        thread: Thread,
        pause: Duration,
        tick: impl Fn(&App) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        self.spawn(thread.as_str().into(), move |app| {
            loop {
                app.heartbeats.beat(thread);
                if let Err(e) = tick(app) {
                    log::error!("a job failed and will be tried again: {}", e.chain());
                }
                app.heartbeats.beat(thread);
                if app.ending.wait(pause) {
                    return;
                }
            }
        })
    }

    /// Tells the process to stop, and waits until they did, at most for what is left of this long since it was told. A
    /// mail server or an endpoint that does not answer is left alone then, and nothing is left claimed. Returns whether all did.
    pub fn end(mut self, patience: Duration) -> Result<bool> {
        self.tell();
        while !self.threads.iter().all(JoinHandle::is_finished) {
            if self.app.ending.left(patience).is_zero() {
                log::warn!("a mail server or an endpoint takes too long; what was on its way is settled without it");
                // Dropped, a thread goes on until the process is over.
                self.threads.clear();
                mail::settle_in_flight(&self.app)?;
                webhooks::requeue_in_flight(&self.app)?;
                return Ok(false);
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(true)
    }

    fn tell(&self) {
        self.app.ending.tell();
        self.app.store.give_up_copies();
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        self.tell();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                log::error!("a thread of the jobs ended in a panic");
            }
        }
    }
}
