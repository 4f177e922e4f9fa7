//! What SQLite leaves behind. Every connection that writes overwrites what it deletes (`secure_delete`), so what is erased is
//! no text of a page any more; but where rows once moved from page to page, the page that they left may still show them, and
//! only a file that is written anew is without that.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use crate::domain::{Error, Result};
use crate::store::{Store, connection};

/// How often the write-ahead log is tried to be emptied, and how long each time readers are waited for.
const TRUNCATIONS: u32 = 20;
const PATIENCE: Duration = Duration::from_millis(125);

/// A file of at most so many bytes is written anew beside a running server: that takes less than a second, and who writes
/// waits for five. It is done in memory; a bigger one needs room in the folder for temporary files.
const SMALL: u64 = 64 * 1024 * 1024;

/// What was done about the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scrubbed {
    /// Whether the file was written anew.
    pub rewritten: bool,
    /// Whether the log is empty. A reader of another process, such as a copy in the making, keeps old pages in it.
    pub log_emptied: bool,
}

impl Store {
    /// Writes the file anew without what was deleted in it, and empties the write-ahead log. `served`: another process, or this
    /// one, serves it, so that writers must not be kept waiting; a big file is left as it is then.
    pub fn scrub(&self, served: bool) -> Result<Scrubbed> {
        scrub(self.path(), served)
    }

    /// Closes the store, and says whether the bytes of its file or of its log hold a text, in whichever case. What another
    /// process has open is read beside it; what this one has open must not be, for the locks on a file go with the first
    /// handle that is closed.
    pub fn close_and_search(self, text: &str) -> Result<bool> {
        let file = self.path().to_owned();
        drop(self);
        let mut log = file.as_os_str().to_owned();
        log.push("-wal");
        Ok(holds(&file, text)? || holds(Path::new(&log), text)?)
    }
}

/// Whether a file holds a text, letters of ASCII in whichever case. A file that is not there holds nothing.
fn holds(path: &Path, text: &str) -> Result<bool> {
    let cannot = |e: std::io::Error| Error::internal(format!("cannot read {}: {e}", path.display()));
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(cannot(e)),
    };
    let sought = text.to_ascii_lowercase().into_bytes();
    let (mut seen, mut some) = (Vec::new(), vec![0; 1024 * 1024]);
    loop {
        let read = file.read(&mut some).map_err(cannot)?;
        if read == 0 {
            return Ok(false);
        }
        seen.extend(some[..read].iter().map(u8::to_ascii_lowercase));
        if seen.windows(sought.len().max(1)).any(|window| window == sought) {
            return Ok(true);
        }
        // The beginning of the text may have been read with this, and its end comes with the next.
        seen.drain(..seen.len() - seen.len().min(sought.len().saturating_sub(1)));
    }
}

fn scrub(path: &Path, served: bool) -> Result<Scrubbed> {
    let conn = Connection::open(path).map_err(Error::internal)?;
    connection::set_up(&conn)?;
    conn.pragma_update(None, "secure_delete", true)?;
    let number = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let bytes = number("page_count")?.saturating_mul(number("page_size")?);
    let small = bytes.unsigned_abs() <= SMALL;
    if !small {
        conn.pragma_update(None, "temp_store", "file")?;
    }
    let rewritten = small || !served;
    if rewritten {
        conn.execute_batch("vacuum")?;
    }
    // SQLite itself waits so long for those who read.
    conn.busy_timeout(PATIENCE)?;
    for _ in 0..TRUNCATIONS {
        let busy: i64 = conn.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))?;
        if busy == 0 {
            return Ok(Scrubbed { rewritten, log_emptied: true });
        }
        // For another checkpoint it does not wait at all.
        std::thread::sleep(PATIENCE);
    }
    Ok(Scrubbed { rewritten, log_emptied: false })
}
