//! What keeps a process well: copies of its database, where it is measured, and how its log looks.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::domain::time::{format_duration, parse_duration};
use crate::domain::{Error, Result, words};

words! {
    /// How a line of the log looks.
    LogFormat, "log_format" {
        /// For people.
        Text = "text",
        /// An object a line, for a collector.
        Json = "json",
    }
}

/// More copies than this are nobody's intention.
const MOST_COPIES: u32 = 10_000;

/// Copies of the database that are made while it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Seconds between two; absent: none are made.
    pub every: Option<i64>,
    /// How many are kept, at least 1.
    pub keep: usize,
    /// Where they are; absent: beside the database.
    pub folder: Option<PathBuf>,
}

impl Backup {
    /// The age in seconds from which the newest copy is late; absent: none are made. Twice the time between two and an
    /// hour, for a copy takes its time and a machine may have been off.
    pub fn late_after_secs(&self) -> Option<i64> {
        self.every.map(|every| every.saturating_mul(2).saturating_add(3_600))
    }

    /// Reads the keys that begin with `backup.`.
    pub(super) fn read<'a>(
        text: impl Fn(&'static str) -> &'a str,
        number: impl Fn(&'static str) -> Result<u32>,
    ) -> Result<Self> {
        let every = match text("backup.every") {
            "off" => None,
            length => Some(parse_duration(length).map_err(|e| e.in_field("backup.every"))?),
        };
        if every.is_some_and(|secs| secs < 60) {
            return Err(Error::refused("backup.every", "must be at least 1m, or off"));
        }
        let keep = number("backup.keep")?;
        if !(1..=MOST_COPIES).contains(&keep) {
            return Err(Error::refused("backup.keep", format!("must lie between 1 and {MOST_COPIES}")));
        }
        let folder = Some(text("backup.folder")).filter(|folder| !folder.is_empty()).map(PathBuf::from);
        Ok(Backup { every, keep: keep as usize, folder })
    }

    /// `backup.every` as it is written.
    pub(super) fn every_text(&self) -> String {
        self.every.map_or_else(|| "off".to_owned(), format_duration)
    }
}

/// Where Prometheus asks; blank is nowhere.
pub(super) fn metrics_address(text: &str) -> Result<Option<SocketAddr>> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| {
            Error::malformed("metrics.listen", format!("must be address:port such as 127.0.0.1:9464, not `{text}`"))
        }),
    }
}
