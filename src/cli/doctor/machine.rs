//! The machine: its clock, its disk, the database's journal, and copies of it.

use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{Check, fault, ok, warning};
use crate::app::disk::{Disk, MB, Room};
use crate::config::Config;
use crate::domain::Result;
use crate::store::Store;

/// A journal grows beyond its limit of 64 MiB while something keeps reading an old state.
const LARGE_WAL: u64 = 128 * MB;
/// From here on reading is slow and the disk in danger.
const HUGE_WAL: u64 = 1_024 * MB;

/// How far a clock may be behind what it said before.
const CLOCK_SLACK: Duration = Duration::from_secs(60);

/// When this program was written, so that a clock before it is wrong: 2026-01-01.
const NO_EARLIER: u64 = 1_767_225_600;

/// Where nothing makes copies by itself, one that is older than this is none that anybody wants to go back to.
const OLD_BACKUP_SECS: i64 = 3 * 86_400;

pub(super) fn look(config: &Config, store: &Store) -> Result<Vec<Check>> {
    let database = store.path();
    Ok(vec![
        ok("config", "it was read, and every key is known"),
        clock(database),
        disk(database),
        wal(&database.with_file_name(format!("{}-wal", crate::store::FILE_NAME))),
        backup(&config.backup_folder(), config.backup.late_after_secs().unwrap_or(OLD_BACKUP_SECS)),
    ])
}

fn size(path: &Path) -> u64 {
    path.metadata().map_or(0, |file| file.len())
}

/// The time of the last change of a file, by the same clock, is never ahead of a clock that goes right.
fn clock(database: &Path) -> Check {
    let now = SystemTime::now();
    if now < SystemTime::UNIX_EPOCH + Duration::from_secs(NO_EARLIER) {
        return fault("clock", "it stands before this program was written: set it, and keep it right with NTP");
    }
    let written = database.metadata().and_then(|file| file.modified()).unwrap_or(now);
    match written.duration_since(now) {
        Ok(ahead) if ahead > CLOCK_SLACK => fault(
            "clock",
            format!(
                "it was {} s ahead when the database was written last: set it, and keep it right with NTP",
                ahead.as_secs()
            ),
        ),
        _ => ok("clock", "it is not behind the last write"),
    }
}

fn disk(database: &Path) -> Check {
    let found = match Disk::of(database) {
        Ok(found) => found,
        Err(e) => return warning("disk", format!("the space left could not be read ({e}): look with `df`")),
    };
    let folder = database.parent().unwrap_or(database);
    let told = format!("{} MB are free in {}", found.free / MB, folder.display());
    match found.room() {
        Room::None => fault("disk", format!("{told}: make room before writes fail")),
        Room::Little => {
            warning("disk", format!("{told}: a copy and the journal want twice the database and 1 GB, so make room"))
        }
        Room::Enough => ok("disk", told),
    }
}

fn wal(path: &Path) -> Check {
    let size = size(path);
    let told = format!("the journal has {} MB", size / MB);
    if size > HUGE_WAL {
        fault("wal", format!("{told}: something has read an old state for long; end it, or start the server anew"))
    } else if size > LARGE_WAL {
        warning("wal", format!("{told}: something reads an old state; look again in an hour"))
    } else {
        ok("wal", told)
    }
}

fn backup(folder: &Path, late_after_secs: i64) -> Check {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let newest = files.filter_map(|file| file.metadata().ok()?.modified().ok()).max();
    match newest.map(|at| SystemTime::now().duration_since(at).unwrap_or_default()) {
        None => warning("backup", format!("there is no copy in {}: `cartwright backup` makes one", folder.display())),
        Some(age) if i64::try_from(age.as_secs()).unwrap_or(i64::MAX) > late_after_secs => fault(
            "backup",
            format!(
                "the newest copy is {} h old: see in the log why, and make one with `cartwright backup`",
                age.as_secs() / 3_600
            ),
        ),
        Some(age) => ok("backup", format!("the newest copy is {} h old", age.as_secs() / 3_600)),
    }
}
