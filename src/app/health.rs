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

impl App {
    /// Everything that has to be right before this process should get calls. Blocks for as long as a write takes.
    pub fn readiness(&self) -> Vec<Check> {
        let mut checks = vec![self.store_is_writable(), self.schema_is_current()];
        checks.extend(Thread::ALL.iter().map(|thread| self.is_alive(*thread)));
        checks.push(self.backup_is_fresh());
        checks
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
        let (ok, found) = match (self.config.backup.every, self.newest_backup()) {
            (None, _) => (true, "off".to_owned()),
            (Some(_), _) if self.hand.is_some() => (true, "off while time is moved by hand".to_owned()),
            (Some(every), Some(at)) => {
                let age = self.now().secs() - at.secs();
                // Twice, for a copy takes its time and a machine may have been off.
                (age <= every.saturating_mul(2).saturating_add(3_600), format!("{age} s old"))
            }
            (Some(_), None) => (self.heartbeats.uptime() <= FIRST_BACKUP, "none yet".to_owned()),
        };
        Check { name: "backup", ok, found }
    }
}
