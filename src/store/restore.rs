//! A database in the place of another. What was there is kept aside, in `replaced/` of the data folder, and can be taken back.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, named_params};

use super::backup::{self, Checked, stamp, sync_folder};
use super::{FILE_NAME, ServeLock, connection, upgrade};
use crate::domain::{Error, Result, Timestamp};

/// The folder of databases that were replaced, inside of the data folder; each has a folder of its own.
const ASIDE: &str = "replaced";

/// The files that are one database.
const FILES: [&str; 3] = ["", "-wal", "-shm"];

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What the new database holds.
    pub found: Checked,
    /// Where the one before is; absent: there was none.
    pub aside: Option<PathBuf>,
}

/// A copy of a file that can take a database's place, in the data folder, gone when it is dropped.
pub struct Prepared {
    file: tempfile::TempPath,
    /// What it holds.
    pub found: Checked,
}

/// Copies a file into the data folder and checks the copy, so that the file itself is only read. A log that lies beside it is
/// taken along.
pub fn prepare(folder: &Path, file: &Path) -> Result<Prepared> {
    let cannot = |e: std::io::Error| Error::Conflict(format!("cannot read {}: {e}", file.display()));
    let about = |e: std::io::Error| Error::internal(format!("cannot write into {}: {e}", folder.display()));
    std::fs::create_dir_all(folder).map_err(about)?;
    let mut source = File::open(file).map_err(cannot)?;
    let mut temporary = tempfile::Builder::new().prefix(".cartwright-restore-").tempfile_in(folder).map_err(about)?;
    std::io::copy(&mut source, temporary.as_file_mut()).map_err(cannot)?;
    let temporary = temporary.into_temp_path();
    let log = beside(file, "-wal");
    if log.exists() {
        std::fs::copy(&log, beside(&temporary, "-wal")).map_err(cannot)?;
    }
    let folded = fold(&temporary);
    for suffix in ["-wal", "-shm"] {
        drop(std::fs::remove_file(beside(&temporary, suffix)));
    }
    folded.map_err(|e| Error::Conflict(format!("{} cannot be used: {e}", file.display())))?;
    let found = backup::check(&temporary).map_err(|e| match e {
        Error::Conflict(text) => {
            Error::Conflict(text.replace(&temporary.display().to_string(), &file.display().to_string()))
        }
        other => other,
    })?;
    File::open(&temporary).and_then(|file| file.sync_all()).map_err(about)?;
    Ok(Prepared { file: temporary, found })
}

/// Puts a prepared database in the place of the one that is there, which is kept aside. The lock says that nobody serves it.
pub fn restore(_lock: &ServeLock, folder: &Path, prepared: Prepared, now: Timestamp) -> Result<Restored> {
    close_log(folder)?;
    let aside = set_aside(folder, "restore", now)?;
    let target = folder.join(FILE_NAME);
    let about = |e: std::io::Error| Error::internal(format!("cannot write {}: {e}", target.display()));
    prepared.file.persist(&target).map_err(|e| about(e.error))?;
    sync_folder(folder)?;
    Ok(Restored { found: prepared.found, aside })
}

/// Takes back the database that was kept aside last, and keeps aside the one that is there.
pub fn roll_back(_lock: &ServeLock, folder: &Path, now: Timestamp) -> Result<Restored> {
    let kept = newest_aside(folder).ok_or_else(|| {
        Error::Conflict(format!(
            "nothing was kept in {}, so there is nothing to take back",
            folder.join(ASIDE).display()
        ))
    })?;
    // What is kept may have its log beside it, for it can be what nothing could open.
    let prepared = prepare(folder, &kept.join(FILE_NAME))?;
    close_log(folder)?;
    let aside = set_aside(folder, "rollback", now)?;
    let target = folder.join(FILE_NAME);
    let about = |e: std::io::Error| Error::internal(format!("cannot write {}: {e}", target.display()));
    prepared.file.persist(&target).map_err(|e| about(e.error))?;
    sync_folder(folder)?;
    std::fs::remove_dir_all(&kept).map_err(|e| Error::internal(format!("cannot delete {}: {e}", kept.display())))?;
    Ok(Restored { found: prepared.found, aside })
}

/// The database that `roll_back` takes back, if there is one.
pub fn newest_aside(folder: &Path) -> Option<PathBuf> {
    asides(folder).pop()
}

/// All databases that were kept aside, each in a folder of its own, the newest last.
pub fn asides(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join(ASIDE)).into_iter().flatten();
    let mut kept: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    kept.retain(|kept| kept.join(FILE_NAME).exists());
    kept.sort();
    kept
}

/// Keeps a copy of a database that is about to be upgraded.
pub(super) fn keep_before_upgrade(conn: &Connection, path: &Path, version: i64, now: Timestamp) -> Result<PathBuf> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let kept = new_aside(folder, &format!("upgrade-from-{version}"), now)?;
    let target = kept.join(FILE_NAME);
    let name = target.to_str().ok_or_else(|| Error::internal("the name of the data folder must be readable text"))?;
    conn.execute("vacuum into :name", named_params! { ":name": name })?;
    File::open(&target)
        .and_then(|file| file.sync_all())
        .map_err(|e| Error::internal(format!("cannot keep {}: {e}", target.display())))?;
    sync_folder(&kept)?;
    Ok(kept)
}

/// Whether the schema of a folder's database is older than this program's, without changing anything.
pub fn is_older(folder: &Path) -> bool {
    let path = folder.join(FILE_NAME);
    let version = Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|conn| upgrade::user_version(&conn));
    version.is_ok_and(|version| version > 0 && version < upgrade::current())
}

/// Brings all that a log holds into the file, so that it is one file. Fails for what is no database.
fn fold(path: &Path) -> rusqlite::Result<()> {
    let conn = Connection::open(path)?;
    connection::set_up(&conn)?;
    conn.query_row("pragma journal_mode = delete", [], |_| Ok(()))
}

/// Brings the present database's log into its file, and refuses while another process has it open. A database that cannot be
/// opened is no obstacle: it is kept aside as it is.
fn close_log(folder: &Path) -> Result<()> {
    let path = folder.join(FILE_NAME);
    if !path.exists() {
        return Ok(());
    }
    let opened = Connection::open(&path).and_then(|conn| {
        connection::set_up(&conn)?;
        conn.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
    });
    // Whoever closes a database last deletes its log.
    if opened.is_ok() && beside(&path, "-wal").exists() {
        return Err(Error::Conflict(format!(
            "another process has {} open; wait until it is done, or end it",
            path.display()
        )));
    }
    Ok(())
}

/// Moves the present database aside. Returns where it is.
fn set_aside(folder: &Path, why: &str, now: Timestamp) -> Result<Option<PathBuf>> {
    let path = folder.join(FILE_NAME);
    if !path.exists() {
        return Ok(None);
    }
    let kept = new_aside(folder, why, now)?;
    for suffix in FILES {
        let (from, to) = (beside(&path, suffix), beside(&kept.join(FILE_NAME), suffix));
        if from.exists() {
            std::fs::rename(&from, &to)
                .map_err(|e| Error::internal(format!("cannot move {} to {}: {e}", from.display(), to.display())))?;
        }
    }
    sync_folder(&kept)?;
    Ok(Some(kept))
}

/// Makes a folder for a database that is kept aside. Within one second a number tells them apart, in their order.
fn new_aside(folder: &Path, why: &str, now: Timestamp) -> Result<PathBuf> {
    let aside = folder.join(ASIDE);
    let about = |e: std::io::Error| Error::internal(format!("cannot make a folder in {}: {e}", aside.display()));
    std::fs::create_dir_all(&aside).map_err(about)?;
    let taken = |stamp: &str| {
        let names = std::fs::read_dir(&aside).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.file_name()));
        names.filter_map(|name| name.to_str().map(str::to_owned)).any(|name| name.starts_with(&format!("{stamp}-")))
    };
    let mut stamp = stamp(now);
    let mut number = 1;
    while taken(&stamp) {
        number += 1;
        stamp = format!("{}.{number:03}", self::stamp(now));
    }
    let kept = aside.join(format!("{stamp}-{why}"));
    std::fs::create_dir(&kept).map_err(about)?;
    sync_folder(&aside)?;
    sync_folder(folder)?;
    Ok(kept)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
