//! The file of an archive, which is read several times over: opened once, so that every walk sees the same file, and
//! put aside first where it can be read only once.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use indicatif::ProgressBar;

use crate::domain::{Error, Result};

/// An archive that can be read from its beginning any number of times.
pub(super) struct Source {
    path: PathBuf,
    file: File,
    packed: bool,
    /// Bytes of the file.
    pub(super) size: u64,
}

impl Source {
    /// Opens a file. A pipe, and whatever else is no regular file, is written to a temporary one, which has no name and
    /// goes with the process: there are secrets in it.
    pub(super) fn open(path: &Path, bar: &ProgressBar) -> Result<Self> {
        let flaw = |e| unreadable(path, &e);
        let mut file = File::open(path).map_err(flaw)?;
        let about = file.metadata().map_err(flaw)?;
        let mut size = about.len();
        if !about.is_file() {
            let mut spooled = tempfile::tempfile().map_err(Error::internal)?;
            size = std::io::copy(&mut bar.wrap_read(file), &mut spooled).map_err(flaw)?;
            file = spooled;
        }
        Ok(Source { path: path.to_owned(), file, packed: is_packed(path), size })
    }

    /// Begins anew, unpacked where the name says that it is packed.
    pub(super) fn read(&self, bar: &ProgressBar) -> Result<Box<dyn BufRead + Send>> {
        let flaw = |e| unreadable(&self.path, &e);
        // A copy of the handle shares its place in the file, and only one walk at a time uses it.
        let mut file = self.file.try_clone().map_err(flaw)?;
        file.rewind().map_err(flaw)?;
        let reader = bar.wrap_read(file);
        Ok(match self.packed {
            true => Box::new(BufReader::new(MultiGzDecoder::new(BufReader::new(reader)))),
            false => Box::new(BufReader::with_capacity(64 * 1024, reader)),
        })
    }
}

fn unreadable(path: &Path, cause: &std::io::Error) -> Error {
    Error::malformed("file", format!("{} cannot be read: {cause}", path.display()))
}

/// Whether a file of this name is gzip.
pub(super) fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"))
}
