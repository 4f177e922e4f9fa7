//! How a letter leaves: captured (nobody gets it but the mailbox in the store), to a mail server, a file, or standard
//! output. What the transport said decides what becomes of the letter.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::envelope::Envelope;
use crate::config::Smtp;

/// Which way letters leave.
#[derive(Clone, Debug, PartialEq)]
pub enum Transport {
    /// Kept in the store and nowhere else; the default.
    Captured,
    /// Handed to this mail server, in a conversation that [`super::mailer::Mailer`] keeps.
    Smtp(Box<Smtp>),
    /// One `.eml` file for each letter in this folder, for a mail server's pick-up directory.
    Folder(PathBuf),
    /// Printed, for a look.
    Stdout,
}

/// What a transport said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It has the letter; what it answered.
    Taken(String),
    /// There was nobody to hand anything to, or nobody that let us in: no letter's fault.
    Unreachable(String),
    /// Not now; the letter was not handed over.
    NotNow(String),
    /// Never, and not for the address's sake.
    Refused(String),
    /// Never, for there is no such address.
    NoSuchAddress(String),
    /// It was handed over and no answer came: it may have been taken.
    Unknown(String),
    /// It was held back at the last moment.
    Withdrawn,
}

impl Said {
    /// In one word, for counting.
    pub fn word(&self) -> &'static str {
        match self {
            Said::Taken(_) => "taken",
            Said::Unreachable(_) => "unreachable",
            Said::NotNow(_) => "not_now",
            Said::Refused(_) => "refused",
            Said::NoSuchAddress(_) => "no_such_address",
            Said::Unknown(_) => "unknown",
            Said::Withdrawn => "withdrawn",
        }
    }
}

impl Transport {
    /// Whether letters leave the machine's own store.
    pub fn is_real(&self) -> bool {
        *self != Transport::Captured
    }

    /// Hands a letter over to what is on this machine.
    pub(super) fn send(&self, envelope: &Envelope) -> Said {
        let outcome = match self {
            Transport::Captured => Ok("kept in the store"),
            Transport::Smtp(_) => Err(std::io::Error::other("a mail server is no file")),
            Transport::Folder(folder) => drop_into(folder, envelope).map(|()| "written to the folder"),
            Transport::Stdout => {
                let mut out = std::io::stdout().lock();
                out.write_all(envelope.eml().as_bytes()).and_then(|()| out.flush()).map(|()| "printed")
            }
        };
        match outcome {
            Ok(done) => Said::Taken(done.to_owned()),
            Err(e) => Said::NotNow(format!("the letter could not be written: {e}")),
        }
    }
}

/// The file of a letter in a folder, and the one that it has while it is written.
fn names(id: &str) -> (String, String) {
    (format!("{id}.eml"), format!(".{id}.part"))
}

/// Deletes letters' files from a folder that this transport wrote into, by the letters' ids. Returns how many were there.
pub fn delete_files(folder: &Path, letters: &[String]) -> std::io::Result<usize> {
    let mut count = 0;
    for (name, unfinished) in letters.iter().map(|id| names(id)) {
        for path in [folder.join(name), folder.join(unfinished)] {
            match std::fs::remove_file(&path) {
                Ok(()) => count += 1,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(e) => return Err(std::io::Error::new(e.kind(), format!("cannot delete {}: {e}", path.display()))),
            }
        }
    }
    Ok(count)
}

/// Writes under a name that nobody picks up, then renames: whoever watches the folder sees whole letters only.
fn drop_into(folder: &Path, envelope: &Envelope) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let (name, unfinished) = names(&envelope.id);
    let unfinished = folder.join(unfinished);
    let mut file = std::fs::File::create(&unfinished)?;
    file.write_all(envelope.eml().as_bytes())?;
    file.sync_all()?;
    std::fs::rename(unfinished, folder.join(name))
}
