//! What a running process holds: configuration, store and clock. It does not know HTTP.

pub mod certificates;
pub mod disk;
pub mod ending;
pub mod health;
pub mod heartbeats;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::app::certificates::Certificates;
use crate::app::ending::Ending;
use crate::app::heartbeats::Heartbeats;
use crate::config::Config;
use crate::domain::{Clock, Result, Timestamp};
use crate::mail::mailer::Mailer;
use crate::mail::sns::Sns;
use crate::store::Store;
use crate::store::backup::{self, Copied};

/// The process.
pub struct App {
    /// As loaded at the start.
    pub config: Config,
    /// The one database.
    pub store: Store,
    /// What it shows to those who connect, where it speaks TLS by itself.
    pub certificates: Option<Arc<Certificates>>,
    /// How letters leave.
    pub mailer: Mailer,
    /// Whose messages of Amazon SNS are Amazon's.
    pub sns: Sns,
    /// Where "now" comes from.
    pub clock: Clock,
    /// The same clock's hand, where it is set by hand: in a demo or a test.
    pub hand: Option<ManualClock>,
    /// Whether it was told to stop.
    pub ending: Arc<Ending>,
    /// Signs of life of its threads.
    pub heartbeats: Heartbeats,
    /// What was found about the disk last.
    pub probed: health::Probed,
    /// Public id of the shop of a demo, which has pages to walk through. Absent in any other process.
    pub demo: Option<String>,
}

impl App {
    /// Opens the store of the configured folder under a clock that runs by itself.
    pub fn open(config: Config, clock: Clock) -> Result<Self> {
        App::open_with(config, clock, None)
    }

    /// Opens the store under a clock that stands until it is set.
    pub fn open_with_manual_clock(config: Config, hand: ManualClock) -> Result<Self> {
        App::open_with(config, hand.clock(), Some(hand))
    }

    fn open_with(config: Config, clock: Clock, hand: Option<ManualClock>) -> Result<Self> {
        let certificates = config.tls.clone().map(Certificates::open).transpose()?;
        let store = Store::open(&config.data, clock.clone())?;
        store.tell_slow_writes(config.slow_write_ms);
        let mailer = Mailer::of(&config);
        Ok(App {
            config,
            store,
            certificates,
            mailer,
            sns: Sns::default(),
            clock,
            hand,
            ending: Arc::default(),
            heartbeats: Heartbeats::default(),
            probed: health::Probed::default(),
            demo: None,
        })
    }

    /// Copies the database into the configured folder, checks the copy, and lets the oldest copies go.
    pub fn back_up(&self) -> Result<Copied> {
        let folder = self.config.backup_folder();
        let copied = self.store.back_up(&folder.join(backup::name(self.now())))?;
        backup::prune(&folder, self.config.backup.keep)?;
        Ok(copied)
    }

    /// When the newest copy was made.
    pub fn newest_backup(&self) -> Option<Timestamp> {
        backup::list(&self.config.backup_folder()).last().map(|copy| copy.at)
    }

    /// Now, by this process's clock.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

/// A clock that is set by hand: it stands until then, or it runs and is put forward.
#[derive(Clone)]
pub struct ManualClock {
    /// What it shows; beside a clock that runs, by how much it is ahead.
    shown: Arc<AtomicI64>,
    running: Option<Clock>,
}

impl ManualClock {
    /// Stands at `start`.
    pub fn starting_at(start: Timestamp) -> Self {
        ManualClock { shown: Arc::new(AtomicI64::new(start.secs())), running: None }
    }

    /// Runs as another clock does, until it is put forward.
    pub fn running(clock: Clock) -> Self {
        ManualClock { shown: Arc::new(AtomicI64::new(0)), running: Some(clock) }
    }

    /// Sets it.
    pub fn set(&self, now: Timestamp) {
        let base = self.running.as_ref().map_or(0, |clock| clock().secs());
        self.shown.store(now.secs() - base, Ordering::SeqCst);
    }

    /// The clock that shows this hand.
    pub fn clock(&self) -> Clock {
        let ManualClock { shown, running } = self.clone();
        Arc::new(move || {
            let base = running.as_ref().map_or(0, |clock| clock().secs());
            Timestamp::from_secs(base + shown.load(Ordering::SeqCst))
        })
    }
}
