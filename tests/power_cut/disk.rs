//! A disk that forgets what was not synced: per file what is certainly on it, and what may be.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::trace::Event;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// One file.
#[derive(Clone, Default)]
struct File {
    /// Certainly there.
    synced: Vec<u8>,
    /// Whether its name is.
    is_named: bool,
    /// Written since, in order, each with its number among all events.
    pending: Vec<(usize, Change)>,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Cut(usize),
    Remove,
}

/// The files of one folder.
pub struct Disk {
    files: BTreeMap<PathBuf, File>,
    events: usize,
}

/// What happens to a change that was not synced.
#[derive(Clone, Copy)]
enum Fate {
    Kept,
    Dropped,
    Short,
    Torn,
}

impl Disk {
    /// A disk on which these files are synced.
    pub fn holding(files: &[(PathBuf, Vec<u8>)]) -> Self {
        let file = |synced: &Vec<u8>| File { synced: synced.clone(), is_named: true, pending: Vec::new() };
        Disk { files: files.iter().map(|(path, synced)| (path.clone(), file(synced))).collect(), events: 0 }
    }

    /// Something happened to a file.
    pub fn take(&mut self, event: &Event) {
        let at = self.events;
        self.events += 1;
        match event {
            Event::Written { file, offset, bytes } => self.change(at, file, Change::Write(*offset, bytes.clone())),
            Event::Cut { file, length } => self.change(at, file, Change::Cut(*length)),
            Event::Removed { file } => self.change(at, file, Change::Remove),
            Event::Synced { file, began } => {
                let file = self.files.entry(file.clone()).or_default();
                let later = file.pending.iter().position(|(at, _)| at >= began).unwrap_or(file.pending.len());
                for (_, change) in file.pending.drain(..later) {
                    apply(&mut file.synced, &change);
                }
                file.is_named = true;
            }
            Event::Acknowledged(_) => {}
        }
    }

    fn change(&mut self, at: usize, file: &Path, change: Change) {
        self.files.entry(file.to_owned()).or_default().pending.push((at, change));
    }

    /// Writes the files as they may be found when the power comes back.
    pub fn as_found_after_a_cut(&self, dice: &mut ChaCha8Rng, folder: &Path) {
        // Nothing that was not synced, everything up to some moment, or each write for itself.
        let manner = dice.random_range(0..4);
        for (path, file) in &self.files {
            let mut found = file.synced.clone();
            let kept_up_to = dice.random_range(0..=file.pending.len());
            let mut is_named = file.is_named;
            for (at, (_, change)) in file.pending.iter().enumerate() {
                let fate = match manner {
                    0 => Fate::Dropped,
                    1 if at < kept_up_to => Fate::Kept,
                    1 => Fate::Dropped,
                    _ => [Fate::Kept, Fate::Dropped, Fate::Short, Fate::Torn][dice.random_range(0..4)],
                };
                let Some(change) = suffer(change, fate, dice) else { continue };
                is_named = !change.iter().any(|change| matches!(change, Change::Remove));
                change.iter().for_each(|change| apply(&mut found, change));
            }
            if is_named {
                let name = path.file_name().expect("files have names");
                std::fs::write(folder.join(name), &found).expect("the file is written");
            }
        }
    }
}

/// What is left of a change.
fn suffer(change: &Change, fate: Fate, dice: &mut ChaCha8Rng) -> Option<Vec<Change>> {
    match (fate, change) {
        (Fate::Dropped, _) => None,
        (Fate::Short, Change::Write(offset, bytes)) => {
            let length = dice.random_range(0..=bytes.len());
            Some(vec![Change::Write(*offset, bytes[..length].to_vec())])
        }
        (Fate::Torn, Change::Write(offset, bytes)) => {
            let sectors = bytes.chunks(SECTOR).enumerate().filter(|_| dice.random_bool(0.5));
            Some(sectors.map(|(at, sector)| Change::Write(offset + at * SECTOR, sector.to_vec())).collect())
        }
        _ => Some(vec![change.clone()]),
    }
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write(offset, written) => {
            let end = offset + written.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[*offset..end].copy_from_slice(written);
        }
        Change::Cut(length) => bytes.resize(*length, 0),
        Change::Remove => bytes.clear(),
    }
}
