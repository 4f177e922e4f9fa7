//! Whether a process can do its work: what `/readyz` answers and the metrics show.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::App;
use super::heartbeats::Thread;

/// How long what was found about the disk is taken as still true, so that whoever asks often costs nothing.
const PROBE_EVERY: Duration = Duration::from_secs(5);

/// How long a write may take to reach the disk.
const PROBE_PATIENCE: Duration = Duration::from_secs(5);

/// How long a process may run before its first copy of the database is there.
const FIRST_BACKUP: Duration = Duration::from_secs(30 * 60);

/// One thing that has to be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// Whether it is.
    pub ok: bool,
    /// What was found, for whoever asks: no path, no address, no error's text.
    pub found: String,
}

/// What was found about the disk last.
#[derive(Debug, Default)]
pub struct Probed(Mutex<Option<(Instant, bool)>>);

/// How the copies of the database stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// The process makes none: so it is configured, or time is moved by hand.
    Off,
    /// The newest is as young as it should be.
    Fresh {
        /// Since it was made.
        age_secs: i64,
    },
    /// The newest is older than it should be.
    Old {
        /// Since it was made.
        age_secs: i64,
    },
    /// There is none, and the process has just begun.
    Awaited,
    /// There is none, and should be.
    Missing,
}

impl App {
    /// Everything that has to be right before this process should get calls. Blocks for as long as a write takes.
    pub fn readiness(&self) -> Vec<Check> {
        let mut checks = vec![self.goes_on(), self.store_is_writable(), self.schema_is_current()];
        checks.extend(Thread::ALL.iter().map(|thread| self.is_alive(*thread)));
        checks.push(self.backup_is_fresh());
        checks
    }

    /// A process that ends answers who asks by an open connection, and should get nothing more.
    fn goes_on(&self) -> Check {
        let ends = self.ending.is_told();
        Check { name: "process", ok: !ends, found: if ends { "told to end" } else { "goes on" }.into() }
    }

    fn store_is_writable(&self) -> Check {
        // A thread that panicked while holding this left the last finding behind.
        let mut last = self.probed.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let ok = match *last {
            Some((at, ok)) if at.elapsed() < PROBE_EVERY => ok,
            _ => {
                let probed = self.store.probe(PROBE_PATIENCE);
                if let Err(e) = &probed {
                    log::error!("a write did not reach the disk: {}", e.chain());
                }
                *last = Some((Instant::now(), probed.is_ok()));
                probed.is_ok()
            }
        };
        Check { name: "store", ok, found: if ok { "writes reach the disk" } else { "a write failed" }.into() }
    }

    fn schema_is_current(&self) -> Check {
        let current = self.store.is_current().unwrap_or_else(|e| {
            log::error!("the version of the schema could not be read: {}", e.chain());
            false
        });
        let found = if current { "as this program writes it" } else { "not as this program writes it; start it anew" };
        Check { name: "schema", ok: current, found: found.into() }
    }

    fn is_alive(&self, thread: Thread) -> Check {
        let (ok, found) = match self.heartbeats.age(thread) {
            Some(age) => (age <= thread.patience(), format!("heard of {} s ago", age.as_secs())),
            // Where time is moved by hand, so are they.
            None if self.hand.is_some() => (true, "moved by hand".to_owned()),
            None => (false, "never heard of".to_owned()),
        };
        Check { name: thread.as_str(), ok, found }
    }

    fn backup_is_fresh(&self) -> Check {
        let (ok, found) = match self.copies() {
            Copies::Off if self.hand.is_some() => (true, "off while time is moved by hand".to_owned()),
            Copies::Off => (true, "off".to_owned()),
            Copies::Fresh { age_secs } => (true, format!("{age_secs} s old")),
            Copies::Old { age_secs } => (false, format!("{age_secs} s old")),
            Copies::Awaited => (true, "none yet".to_owned()),
            Copies::Missing => (false, "none yet".to_owned()),
        };
        Check { name: "backup", ok, found }
    }

    /// How old the newest copy of the database is, against how often there should be one.
    pub fn copies(&self) -> Copies {
        match (self.config.backup.late_after_secs().filter(|_| self.hand.is_none()), self.newest_backup()) {
            (None, _) => Copies::Off,
            (Some(late), Some(at)) => {
                let age_secs = self.now().secs() - at.secs();
                if age_secs > late { Copies::Old { age_secs } } else { Copies::Fresh { age_secs } }
            }
            (Some(_), None) if self.heartbeats.uptime() <= FIRST_BACKUP => Copies::Awaited,
            (Some(_), None) => Copies::Missing,
        }
    }
}
