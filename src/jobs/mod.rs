//! The clock's door: what has to happen when its time comes, on plain threads. Each job is a bounded, repeatable
//! tick; only the loop knows how time passes.

mod abandonment;
mod backup;
mod caller;
mod idempotency;
mod links;
mod loyalty;
mod mail;
mod webhooks;

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, TryRecvError, channel};
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
    Ok(())
}

/// The same, unless it is told to stop. Carts are settled between letters, for a mail server may be slow.
fn run_until(app: &App, stop: impl Fn() -> bool) -> Result<()> {
    loop {
        app.heartbeats.beat(Thread::Jobs);
        while abandonment::tick(app)? {}
        while idempotency::tick(app)? {}
        while loyalty::tick(app)? {}
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

/// The jobs of a running process. Dropping it stops them after the tick that they are in.
pub struct Jobs {
    app: Arc<App>,
    threads: Vec<(Sender<()>, JoinHandle<()>)>,
    _senders: webhooks::Senders,
}

impl Jobs {
    /// Starts them. What keeps the store well goes by a clock that runs by itself: a demo that leaps a month needs no copies.
    pub fn start(app: Arc<App>) -> Result<Self> {
        let senders = webhooks::Senders::start(&app)?;
        let mut jobs = Jobs { app: app.clone(), threads: Vec::new(), _senders: senders };
        jobs.spawn(Thread::Jobs, EVERY, |app, stop| run_until(app, stop))?;
        if app.hand.is_none() {
            jobs.spawn(Thread::Upkeep, UPKEEP_EVERY, |app, _| backup::tick(app).map(drop))?;
        }
        Ok(jobs)
    }

    /// Starts a thread that runs `tick` now and after each pause.
    fn spawn(
        &mut self,
        thread: Thread,
        pause: Duration,
        tick: impl Fn(&App, &dyn Fn() -> bool) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        let (stop, stopped) = channel::<()>();
        let app = self.app.clone();
        let handle = std::thread::Builder::new()
            .name(thread.as_str().into())
            .spawn(move || {
                let told_to_stop = || !matches!(stopped.try_recv(), Err(TryRecvError::Empty));
                loop {
                    app.heartbeats.beat(thread);
                    if let Err(e) = tick(&app, &told_to_stop) {
                        log::error!("a job failed and will be tried again: {}", e.chain());
                    }
                    app.heartbeats.beat(thread);
                    if !matches!(stopped.recv_timeout(pause), Err(RecvTimeoutError::Timeout)) {
                        return;
                    }
                }
            })
            .map_err(Error::internal)?;
        self.threads.push((stop, handle));
        Ok(())
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        self.app.store.give_up_copies();
        let threads: Vec<_> = self.threads.drain(..).map(|(stop, thread)| (drop(stop), thread).1).collect();
        for thread in threads {
            if thread.join().is_err() {
                log::error!("a thread of the jobs ended in a panic");
            }
        }
    }
}
