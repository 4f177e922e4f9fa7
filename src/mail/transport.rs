//! How a letter leaves: captured (nobody gets it but the mailbox in the store), a file, or standard output. What the
//! transport said decides what becomes of the letter.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::envelope::Envelope;

/// Which way letters leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Kept in the store and nowhere else; the default.
    Captured,
    /// One `.eml` file for each letter in this folder, for a mail server's pick-up directory.
    Folder(PathBuf),
    /// Printed, for a look.
    Stdout,
}

/// What a transport said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It has the letter.
    Taken,
    /// Not now; the letter was not handed over.
    NotNow(String),
}

impl Transport {
    /// Whether letters leave the machine's own store.
    pub fn is_real(&self) -> bool {
        *self != Transport::Captured
    }

    /// Hands a letter over.
    pub fn send(&self, envelope: &Envelope) -> Said {
        let outcome = match self {
            Transport::Captured => Ok(()),
            Transport::Folder(folder) => drop_into(folder, envelope),
            Transport::Stdout => {
                let mut out = std::io::stdout().lock();
                out.write_all(envelope.eml().as_bytes()).and_then(|()| out.flush())
            }
        };
        match outcome {
            Ok(()) => Said::Taken,
            Err(e) => Said::NotNow(format!("the letter could not be written: {e}")),
        }
    }
}

/// Writes under a name that nobody picks up, then renames: whoever watches the folder sees whole letters only.
fn drop_into(folder: &Path, envelope: &Envelope) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let (unfinished, name) = (format!(".{}.part", envelope.id), format!("{}.eml", envelope.id));
    let unfinished = folder.join(unfinished);
    let mut file = std::fs::File::create(&unfinished)?;
    file.write_all(envelope.eml().as_bytes())?;
    file.sync_all()?;
    std::fs::rename(unfinished, folder.join(name))
}
