//! The room that is left where the database is, and whether it is enough. `doctor` and the dashboard say it in their words.

use std::path::Path;

use super::App;

/// A mebibyte, in which room is told.
pub const MB: u64 = 1 << 20;

/// Below this nothing can be relied on; a full disk refuses every write.
const LEAST_FREE: u64 = 100 * MB;

/// What was found where a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Bytes that this process may still write.
    pub free: u64,
    /// Bytes of the database.
    pub database: u64,
}

/// Whether what is free is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// A copy and the journal have room.
    Enough,
    /// Less than twice the database and 1 GB, which a copy and the journal want.
    Little,
    /// Writes are about to fail.
    None,
}

impl Disk {
    /// Looks where a database is. An error is the system's own.
    pub fn of(database: &Path) -> std::io::Result<Disk> {
        let found = rustix::fs::statvfs(database.parent().unwrap_or(database))?;
        Ok(Disk {
            free: found.f_bavail.saturating_mul(found.f_frsize),
            database: database.metadata().map_or(0, |file| file.len()),
        })
    }

    /// Whether there is enough.
    pub fn room(&self) -> Room {
        if self.free < LEAST_FREE {
            Room::None
        } else if self.free < self.database.saturating_mul(2).saturating_add(10 * LEAST_FREE) {
            Room::Little
        } else {
            Room::Enough
        }
    }
}

impl App {
    /// The room that is left for this process, where that can be read.
    pub fn disk(&self) -> Option<Disk> {
        Disk::of(self.store.path()).inspect_err(|e| log::warn!("the space left could not be read: {e}")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_and_the_journal_want_twice_the_database_and_a_gigabyte() {
        let room = |free, database| Disk { free: free * MB, database: database * MB }.room();
        assert_eq!((room(99, 0), room(100, 0), room(999, 0), room(1_000, 0)), {
            (Room::None, Room::Little, Room::Little, Room::Enough)
        });
        assert_eq!((room(4_999, 2_000), room(5_000, 2_000)), (Room::Little, Room::Enough));
    }

    #[test]
    fn what_is_free_here_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let found = Disk::of(&folder.path().join("none.db")).expect("a file system");
        assert!(found.free > 0 && found.database == 0, "{found:?}");
    }
}
