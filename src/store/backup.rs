//! Copies of the database, made while it is served. A copy has its name only once it was opened, found whole, and held row
//! by row count against the source of the same moment.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, InterruptHandle, OpenFlags, named_params};

use super::{Store, connection, upgrade};
use crate::domain::{Error, Result, Timestamp};

/// What names of copies begin and end with; between them stands the instant.
const PREFIX: &str = "cartwright-";
const SUFFIX: &str = ".db";

/// Kilobytes of a copy that are collected before they are written. The source is held still until the first are.
const COPY_CACHE_KB: i64 = 1_024;

/// How often it is looked whether the copy has begun.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// How often the lock of writers is asked for, and how long.
const LOCK_EVERY: Duration = Duration::from_micros(100);
const LOCK_PATIENCE: Duration = Duration::from_secs(60);

/// A copy that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The file.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// Rows of all tables.
    pub rows: i64,
}

/// A copy that is in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    /// When it was made.
    pub at: Timestamp,
    /// The file.
    pub path: PathBuf,
}

/// What a file was found to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Version of its schema.
    pub version: i64,
    /// Rows of each table, by name.
    pub tables: Vec<(String, i64)>,
}

impl Checked {
    /// Rows of all tables.
    pub fn rows(&self) -> i64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// Lets a process that is told to stop give up a copy in the making, which may take minutes.
#[derive(Default)]
pub(super) struct Copying(Mutex<Works>);

#[derive(Default)]
struct Works {
    given_up: bool,
    handles: Vec<InterruptHandle>,
}

impl Copying {
    fn works(&self) -> std::sync::MutexGuard<'_, Works> {
        // A thread that panicked while holding this left a complete list behind.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn begin(&self) -> Result<()> {
        let mut works = self.works();
        works.handles.clear();
        if works.given_up { Err(Error::Conflict("this process is about to end".into())) } else { Ok(()) }
    }

    /// Opens a connection whose work can be given up.
    fn open(&self, path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
        let conn = Connection::open_with_flags(path, flags)?;
        connection::set_up(&conn)?;
        let mut works = self.works();
        let handle = conn.get_interrupt_handle();
        if works.given_up {
            handle.interrupt();
        }
        works.handles.push(handle);
        Ok(conn)
    }
}

impl Store {
    /// Gives up a copy in the making, and every later one.
    pub fn give_up_copies(&self) {
        let mut works = self.copying.works();
        works.given_up = true;
        for handle in &works.handles {
            handle.interrupt();
        }
    }

    /// Copies the database to a file that is not there yet. Writes go on meanwhile; the copy is of one moment.
    pub fn back_up(&self, target: &Path) -> Result<Copied> {
        if target.exists() {
            return Err(Error::Conflict(format!("{} exists already; name another file", target.display())));
        }
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let about = |e: std::io::Error| Error::internal(format!("cannot write into {}: {e}", folder.display()));
        std::fs::create_dir_all(folder).map_err(about)?;
        // Nobody but its owner reads it, and what a process leaves behind that died here begins with a dot.
        let temporary =
            tempfile::Builder::new().prefix(".cartwright-copy-").tempfile_in(folder).map_err(about)?.into_temp_path();
        self.copying.begin()?;
        let counted = copy(self.path(), &temporary, &self.copying)?;
        let found = check_with(&temporary, &self.copying)?;
        if found.tables != counted {
            let differing = counted.iter().zip(&found.tables).find(|(counted, found)| counted != found);
            return Err(Error::internal(format!("the copy is not what was copied: {differing:?}")));
        }
        let file = File::open(&temporary).map_err(about)?;
        file.sync_all().map_err(about)?;
        let bytes = file.metadata().map_err(about)?.len();
        temporary.persist_noclobber(target).map_err(|e| about(e.error))?;
        sync_folder(folder)?;
        Ok(Copied { path: target.to_owned(), bytes, rows: found.rows() })
    }
}

/// Copies a database and counts the rows of the source as they are in the copy's moment. For that moment the lock of writers is
/// held: it is free again as soon as both the copy and the count have their snapshot, which is after the first page is written.
fn copy(source: &Path, target: &Path, works: &Copying) -> Result<Vec<(String, i64)>> {
    let open = || works.open(source, OpenFlags::default());
    let (gate, counting, copying) = (open()?, open()?, open()?);
    copying.pragma_update(None, "cache_size", -COPY_CACHE_KB)?;
    let name = target.to_str().ok_or_else(|| Error::internal("the name of a copy must be readable text"))?;
    hold_writers(&gate)?;
    counting.execute_batch("begin")?;
    // A snapshot is taken when something is read first.
    tables(&counting)?;
    std::thread::scope(|scope| {
        let copier = scope.spawn(move || copying.execute("vacuum into :name", named_params! { ":name": name }));
        // Its first page is written after its snapshot is taken.
        while !copier.is_finished() && std::fs::metadata(target).map_or(0, |about| about.len()) == 0 {
            std::thread::sleep(LOOK_EVERY);
        }
        gate.execute_batch("rollback")?;
        let counted = count(&counting);
        copier.join().map_err(|_| Error::internal("the copying thread ended in a panic"))??;
        counted
    })
}

/// Takes the lock of writers. Others may hold it nearly all the time, so this looks more often than SQLite would.
fn hold_writers(gate: &Connection) -> Result<()> {
    gate.pragma_update(None, "busy_timeout", 0)?;
    let begun = Instant::now();
    while let Err(e) = gate.execute_batch("begin immediate") {
        if e.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) || begun.elapsed() > LOCK_PATIENCE {
            return Err(e.into());
        }
        std::thread::sleep(LOCK_EVERY);
    }
    Ok(())
}

/// Opens a file that nobody writes to, reads all of it, and says what it holds. Refuses what is damaged, no database of ours,
/// or of a newer version.
pub fn check(path: &Path) -> Result<Checked> {
    check_with(path, &Copying::default())
}

fn check_with(path: &Path, works: &Copying) -> Result<Checked> {
    let damaged = |what: String| Error::Conflict(format!("{} cannot be used: {what}", path.display()));
    let unreadable = |e: rusqlite::Error| damaged(e.to_string());
    let conn = works.open(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(unreadable)?;
    let version = upgrade::user_version(&conn).map_err(unreadable)?;
    if version > upgrade::current() {
        return Err(upgrade::too_new(path));
    }
    if version == 0 || !tables(&conn).map_err(|e| damaged(e.to_string()))?.iter().any(|table| table == "sites") {
        return Err(damaged("it is no database of cartwright's".into()));
    }
    let verdict: String = conn.query_row("pragma integrity_check(1)", [], |row| row.get(0)).map_err(unreadable)?;
    if verdict != "ok" {
        return Err(damaged(format!("it is damaged ({verdict})")));
    }
    let mut orphans = conn.prepare("pragma foreign_key_check").map_err(unreadable)?;
    if orphans.exists([]).map_err(unreadable)? {
        return Err(damaged("rows in it refer to rows that are not there".into()));
    }
    drop(orphans);
    Ok(Checked { version, tables: count(&conn).map_err(|e| damaged(e.to_string()))? })
}

/// The copies in a folder, the oldest first. Other files are passed over.
pub fn list(folder: &Path) -> Vec<Kept> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let mut found: Vec<Kept> =
        entries.filter_map(|path| Some(Kept { at: instant(path.file_name()?.to_str()?)?, path })).collect();
    found.sort();
    found
}

/// Deletes all copies in a folder but the newest few. Returns how many went.
pub fn prune(folder: &Path, keep: usize) -> Result<usize> {
    let copies = list(folder);
    let surplus = copies.len().saturating_sub(keep);
    for copy in copies.iter().take(surplus) {
        std::fs::remove_file(&copy.path)
            .map_err(|e| Error::internal(format!("cannot delete {}: {e}", copy.path.display())))?;
    }
    Ok(surplus)
}

/// The file name of a copy that is made at an instant.
pub fn name(at: Timestamp) -> String {
    format!("{PREFIX}{}{SUFFIX}", stamp(at))
}

/// An instant as it stands in names of files, such as `20260315T120000Z`.
pub(super) fn stamp(at: Timestamp) -> String {
    at.rfc3339().replace(['-', ':'], "")
}

fn instant(name: &str) -> Option<Timestamp> {
    let stamp = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    let (day, time) = stamp.split_once('T')?;
    let part = |text: &str, from: usize, to: usize| text.get(from..to).map(str::to_owned);
    let day = [part(day, 0, 4)?, part(day, 4, 6)?, part(day, 6, 8)?].join("-");
    let time = [part(time, 0, 2)?, part(time, 2, 4)?, part(time, 4, 7)?].join(":");
    let at = Timestamp::parse_rfc3339(&format!("{day}T{time}")).ok()?;
    (self::name(at) == name).then_some(at)
}

fn tables(conn: &Connection) -> Result<Vec<String>> {
    let mut statement =
        conn.prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name")?;
    let names = statement.query_map([], |row| row.get("name"))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

fn count(conn: &Connection) -> Result<Vec<(String, i64)>> {
    let count_of = |table: String| -> Result<(String, i64)> {
        let rows =
            conn.query_row(&format!(r#"select count(*) as count from "{table}""#), [], |row| row.get("count"))?;
        Ok((table, rows))
    };
    tables(conn)?.into_iter().map(count_of).collect()
}

/// Makes sure that a folder's names are on disk.
pub(super) fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|e| Error::internal(format!("cannot write {} to disk: {e}", folder.display())))
}
