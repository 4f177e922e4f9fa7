//! What a running process holds: configuration, store and clock. It does not know HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::config::Config;
use crate::domain::{Clock, Result, Timestamp};
use crate::mail::mailer::Mailer;
use crate::mail::sns::Sns;
use crate::store::Store;

/// The process.
pub struct App {
    /// As loaded at the start.
    pub config: Config,
    /// The one database.
    pub store: Store,
    /// How letters leave.
    pub mailer: Mailer,
    /// Whose messages of Amazon SNS are Amazon's.
    pub sns: Sns,
    /// Where "now" comes from.
    pub clock: Clock,
    /// The same clock's hand, where it is set by hand: in a demo or a test.
    pub hand: Option<ManualClock>,
}

impl App {
    /// Opens the store of the configured folder under a clock that runs by itself.
    pub fn open(config: Config, clock: Clock) -> Result<Self> {
        let store = Store::open(&config.data, clock.clone())?;
        let mailer = Mailer::of(&config);
        Ok(App { config, store, mailer, sns: Sns::default(), clock, hand: None })
    }

    /// Opens the store under a clock that stands until it is set.
    pub fn open_with_manual_clock(config: Config, hand: ManualClock) -> Result<Self> {
        let clock = hand.clock();
        let store = Store::open(&config.data, clock.clone())?;
        let mailer = Mailer::of(&config);
        Ok(App { config, store, mailer, sns: Sns::default(), clock, hand: Some(hand) })
    }

    /// Now, by this process's clock.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

/// A clock that stands until it is set.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// Stands at `start`.
    pub fn starting_at(start: Timestamp) -> Self {
        ManualClock(Arc::new(AtomicI64::new(start.secs())))
    }

    /// Sets it.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.secs(), Ordering::SeqCst);
    }

    /// The clock that shows this hand.
    pub fn clock(&self) -> Clock {
        let hand = self.0.clone();
        Arc::new(move || Timestamp::from_secs(hand.load(Ordering::SeqCst)))
    }
}
