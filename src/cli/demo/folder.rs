//! Where a demo lives: a temporary folder that goes with it, or one of the operator's that is empty or a demo's. A
//! marker file says that a folder is a demo's, and remembers its keys.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::Access;
use crate::domain::{Error, Result, Timestamp};
use crate::store::FILE_NAME;

/// Its presence makes a folder a demo's.
const MARKER: &str = "demo.json";

/// May stand in an empty folder: whoever served it is gone.
const LOCK: &str = "serve.lock";

/// What is remembered of a demo between two runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Marker {
    pub(super) seed: u64,
    pub(super) carts: u64,
    pub(super) days: u32,
    /// RFC 3339. Nothing in the folder is younger.
    pub(super) until: String,
    /// Absent while history is being made: such a folder is made anew.
    pub(super) access: Option<Access>,
}

/// The folder of a demo.
pub(super) struct Folder {
    path: PathBuf,
    /// Removed when this is dropped.
    temporary: Option<TempDir>,
}

impl Folder {
    /// The folder that was asked for, else a temporary one. One that holds anything but a demo is refused.
    pub(super) fn choose(asked: Option<&Path>) -> Result<Self> {
        match asked {
            Some(path) => {
                check(path)?;
                Ok(Folder { path: path.to_owned(), temporary: None })
            }
            None => {
                let made = tempfile::Builder::new()
                    .prefix("cartwright-demo-")
                    .tempdir()
                    .map_err(|e| Error::internal(format!("cannot make a temporary folder: {e}")))?;
                Ok(Folder { path: made.path().to_owned(), temporary: Some(made) })
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_temporary(&self) -> bool {
        self.temporary.is_some()
    }

    /// What an earlier run remembered here.
    pub(super) fn marker(&self) -> Result<Option<Marker>> {
        read_marker(&self.path)
    }

    /// Remembers. Only the owner may read it, since it holds keys.
    pub(super) fn remember(&self, marker: &Marker) -> Result<()> {
        let path = self.path.join(MARKER);
        let text = serde_json::to_string_pretty(marker).map_err(Error::internal)?;
        open_private(&path)
            .and_then(|mut file| writeln!(file, "{text}"))
            .map_err(|e| Error::internal(format!("cannot write {}: {e}", path.display())))
    }

    /// Removes what a run left that was ended before its history was.
    pub(super) fn clear(&self) -> Result<()> {
        for suffix in ["", "-wal", "-shm"] {
            let path = self.path.join(format!("{FILE_NAME}{suffix}"));
            match std::fs::remove_file(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::internal(format!("cannot remove {}: {e}", path.display())));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes a temporary folder now, where a failure can still be told.
    pub(super) fn close(self) -> Result<()> {
        let shown = self.path.display().to_string();
        match self.temporary {
            Some(made) => made.close().map_err(|e| Error::internal(format!("cannot remove {shown}: {e}"))),
            None => Ok(()),
        }
    }
}

fn check(path: &Path) -> Result<()> {
    let shown = path.display();
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(Error::refused("data", format!("cannot be {shown}: {e}"))),
    };
    let mut foreign = false;
    for entry in entries {
        let entry = entry.map_err(|e| Error::internal(format!("cannot read {shown}: {e}")))?;
        foreign |= entry.file_name() != LOCK;
    }
    if foreign && read_marker(path)?.is_none() {
        return Err(Error::refused(
            "data",
            format!("is {shown}, which holds something that is no demo's; name an empty folder, or leave --data out"),
        ));
    }
    Ok(())
}

fn read_marker(folder: &Path) -> Result<Option<Marker>> {
    let path = folder.join(MARKER);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Error::internal(format!("cannot read {}: {e}", path.display()))),
    };
    let flaw =
        |e: String| Error::refused("data", format!("has a {MARKER} that no demo wrote ({e}); name another folder"));
    let marker: Marker = serde_json::from_str(&text).map_err(|e| flaw(e.to_string()))?;
    Timestamp::parse_rfc3339(&marker.until).map_err(|e| flaw(e.to_string()))?;
    Ok(Some(marker))
}

#[cfg(unix)]
fn open_private(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn open_private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).open(path)
}
