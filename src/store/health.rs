//! Whether the store does its work.

use std::time::{Duration, Instant};

use tokio::sync::oneshot::error::TryRecvError;

use super::{Store, WriteTx, upgrade, writer};
use crate::domain::{Error, Result};

/// How often it is looked whether a probe is answered.
const LOOK_EVERY: Duration = Duration::from_millis(5);

impl Store {
    /// Writes a page that says what it said before, and waits until it is on disk. The writer waits for nothing but this.
    pub fn probe(&self, patience: Duration) -> Result<()> {
        let silent = || Error::internal(format!("the writer did not answer in {} s", patience.as_secs()));
        self.ask_writer(patience, |tx| tx.rewrite_version()).ok_or_else(silent)?
    }

    /// Whether the writer answers at all, be it with a refusal.
    pub fn answers(&self, patience: Duration) -> bool {
        self.ask_writer(patience, |_| Ok(())).is_some()
    }

    fn ask_writer(
        &self,
        patience: Duration,
        ask: impl FnOnce(&WriteTx) -> Result<()> + Send + 'static,
    ) -> Option<Result<()>> {
        let begun = Instant::now();
        let mut answer = self.writer.submit(ask);
        loop {
            match answer.try_recv() {
                Ok(answer) => return Some(answer),
                Err(TryRecvError::Closed) => return Some(Err(writer::gone())),
                Err(TryRecvError::Empty) if begun.elapsed() > patience => return None,
                Err(TryRecvError::Empty) => std::thread::sleep(LOOK_EVERY),
            }
        }
    }

    /// Whether the schema is the one that this program writes: another process may have brought it further.
    pub fn is_current(&self) -> Result<bool> {
        self.read(|tx| Ok(tx.version()? == upgrade::current()))
    }

    /// Bytes of the database and of its log.
    pub fn sizes(&self) -> (u64, u64) {
        let mut log = self.path.as_os_str().to_owned();
        log.push("-wal");
        let length = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |about| about.len());
        (length(&self.path), length(log.as_ref()))
    }
}
