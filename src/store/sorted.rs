//! Records that are put in order by their bytes, however many there are: a bounded number is held in memory, the rest lies in
//! files beside the database, which have no name and go with the process, however it ends. docs/adr/0037 says why
//! no library does this.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::domain::{Error, Result};

/// Records that are held in memory before they go to a file: one or two megabytes of them.
pub const HELD: usize = 50_000;

/// So many files of one size are made one, so that of millions of records there are never more than some dozens of files.
const FILES: usize = 16;

/// Bytes that are read of a file at a time.
const READ: usize = 16 * 1024;

/// Takes records of `N` bytes.
#[derive(Debug)]
pub struct Sorter<const N: usize> {
    folder: PathBuf,
    most: usize,
    held: Vec<[u8; N]>,
    files: Vec<Run>,
}

/// A file of records in order.
#[derive(Debug)]
struct Run {
    file: File,
    bytes: u64,
    /// How often its records were written.
    rounds: u32,
}

/// Records in order, to be walked over any number of times.
#[derive(Debug, Default)]
pub struct Sorted<const N: usize> {
    held: Vec<[u8; N]>,
    files: Vec<Run>,
}

impl<const N: usize> Sorter<N> {
    /// Holds at most `most` records in memory, and keeps the others in a folder.
    pub fn new(folder: &Path, most: usize) -> Self {
        Sorter { folder: folder.to_owned(), most, held: Vec::new(), files: Vec::new() }
    }

    /// Takes one more.
    pub fn push(&mut self, record: [u8; N]) -> Result<()> {
        if self.held.len() >= self.most {
            self.put_down().map_err(Error::internal)?;
        }
        self.held.push(record);
        Ok(())
    }

    /// Takes what another one took.
    pub fn append(&mut self, mut other: Sorter<N>) -> Result<()> {
        self.files.append(&mut other.files);
        other.held.into_iter().try_for_each(|record| self.push(record))
    }

    /// What it took so far. What is pushed from here on is of another order.
    pub fn sorted(&mut self) -> Sorted<N> {
        self.held.sort_unstable();
        Sorted { held: std::mem::take(&mut self.held), files: std::mem::take(&mut self.files) }
    }

    fn put_down(&mut self) -> std::io::Result<()> {
        self.held.sort_unstable();
        let run = write(&self.folder, 1, self.held.iter().copied().map(Ok))?;
        self.held.clear();
        self.files.push(run);
        while let Some(small) = self.files.len().checked_sub(FILES)
            && self.files[small].rounds == self.files[self.files.len() - 1].rounds
        {
            let rounds = self.files[small].rounds + 1;
            let run = write(&self.folder, rounds, Walk::<N>::over(&[], &self.files[small..])?)?;
            self.files.truncate(small);
            self.files.push(run);
        }
        Ok(())
    }
}

impl<const N: usize> Sorted<N> {
    /// All of them, from the first on. One walk at a time: they share their files' places.
    pub fn walk(&self) -> Result<Walk<'_, N>> {
        Walk::over(&self.held, &self.files).map_err(Error::internal)
    }
}

fn write<const N: usize>(
    folder: &Path,
    rounds: u32,
    records: impl Iterator<Item = std::io::Result<[u8; N]>>,
) -> std::io::Result<Run> {
    let mut out = BufWriter::with_capacity(READ, tempfile::tempfile_in(folder)?);
    let mut bytes = 0;
    for record in records {
        out.write_all(&record?)?;
        bytes += N as u64;
    }
    let file = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    Ok(Run { file, bytes, rounds })
}

/// Hands records out in order.
pub struct Walk<'a, const N: usize> {
    parts: Vec<Part<'a, N>>,
    /// The next of each part that has one.
    next: BinaryHeap<Reverse<([u8; N], usize)>>,
}

enum Part<'a, const N: usize> {
    Held(std::slice::Iter<'a, [u8; N]>),
    File { run: &'a Run, read: u64, buffer: Vec<u8>, place: usize },
}

impl<'a, const N: usize> Walk<'a, N> {
    fn over(held: &'a [[u8; N]], files: &'a [Run]) -> std::io::Result<Self> {
        let of_file = |run| Part::File { run, read: 0, buffer: Vec::new(), place: 0 };
        let mut parts: Vec<_> = [Part::Held(held.iter())].into_iter().chain(files.iter().map(of_file)).collect();
        let mut next = BinaryHeap::new();
        for (place, part) in parts.iter_mut().enumerate() {
            next.extend(part.next()?.map(|record| Reverse((record, place))));
        }
        Ok(Walk { parts, next })
    }

    fn advance(&mut self) -> std::io::Result<Option<[u8; N]>> {
        let Some(mut least) = self.next.peek_mut() else { return Ok(None) };
        let (record, place) = least.0;
        match self.parts[place].next()? {
            Some(following) => least.0.0 = following,
            None => drop(PeekMut::pop(least)),
        }
        Ok(Some(record))
    }
}

impl<const N: usize> Iterator for Walk<'_, N> {
    type Item = std::io::Result<[u8; N]>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}

impl<const N: usize> Part<'_, N> {
    fn next(&mut self) -> std::io::Result<Option<[u8; N]>> {
        let (run, read, buffer, place) = match self {
            Part::Held(held) => return Ok(held.next().copied()),
            Part::File { run, read, buffer, place } => (run, read, buffer, place),
        };
        if *place == buffer.len() {
            let bytes = (run.bytes - *read).min((READ / N * N) as u64);
            buffer.resize(bytes as usize, 0);
            let mut file = &run.file;
            file.seek(SeekFrom::Start(*read))?;
            file.read_exact(buffer)?;
            *read += bytes;
            *place = 0;
        }
        let record = buffer[*place..].first_chunk().copied();
        *place += record.map_or(0, |_| N);
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from 0 on in some other order, each as often as it is said.
    fn pushed(most: usize, numbers: u64, times: usize) -> (tempfile::TempDir, Sorted<12>) {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let mut sorter = Sorter::new(folder.path(), most);
        for number in (0..numbers).cycle().take(numbers as usize * times).map(|n| n * 7_919 % numbers) {
            let mut record = [7; 12];
            record[..8].copy_from_slice(&number.to_be_bytes());
            sorter.push(record).expect("a push");
            assert!(sorter.held.len() <= most && sorter.files.len() < 3 * FILES);
        }
        (folder, sorter.sorted())
    }

    fn numbers(sorted: &Sorted<12>) -> Vec<u64> {
        let of = |record: [u8; 12]| u64::from_be_bytes(record[..8].try_into().expect("8 bytes"));
        sorted.walk().expect("a walk").map(|record| of(record.expect("a record"))).collect()
    }

    #[test]
    fn records_come_back_in_order_whether_they_fit_or_not() {
        let wanted: Vec<u64> = (0..10_000).flat_map(|number| [number; 2]).collect();
        for most in [1_000_000, 20_000, 19_999, 5_000, 300, 33] {
            let (folder, sorted) = pushed(most, 10_000, 2);
            assert_eq!(sorted.files.is_empty(), most >= 20_000, "{most}");
            assert_eq!(numbers(&sorted), wanted, "{most}");
            assert_eq!(numbers(&sorted), wanted, "once more, {most}");
            // Whatever becomes of the process, nothing is left.
            assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
        }
    }

    #[test]
    fn nothing_is_in_order() {
        assert_eq!(numbers(&pushed(10, 1, 0).1), Vec::<u64>::new());
        assert_eq!(numbers(&pushed(1, 3, 1).1), [0, 1, 2]);
    }

    #[test]
    fn where_nothing_can_be_written_it_is_said() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let mut sorter = Sorter::new(&folder.path().join("nowhere"), 1);
        sorter.push([0; 3]).expect("it fits");
        assert!(sorter.push([1; 3]).is_err());
    }
}
