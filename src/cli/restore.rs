//! `cartwright restore`: puts a copy in the place of the database, or takes the last such step back.

use std::path::PathBuf;

use super::{Ended, Global, clock};
use crate::domain::{Error, Result};
use crate::store::backup::Checked;
use crate::store::{ServeLock, restore};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cartwright restore data/backups/cartwright-20260315T120000Z.db --dry-run
  cartwright restore data/backups/cartwright-20260315T120000Z.db
  cartwright restore --rollback

The copy is checked before anything is touched. What it replaces is kept in the data folder, under `replaced`, and so is the
database as it was before an upgrade: `--rollback` takes back whichever was kept last. After an upgrade, put the old program
back first. A letter that left after the copy was made is due again: look at `cartwright explain` before you serve.")]
pub(super) struct Args {
    /// The copy
    #[arg(required_unless_present = "rollback", conflicts_with = "rollback")]
    file: Option<PathBuf>,
    /// Take back what was kept aside last
    #[arg(long)]
    rollback: bool,
    /// Check, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let folder = global.load(&[])?.data;
    // A copy is looked at beside a server: an owner who had to stop the shop for it would not look.
    let lock = if args.dry_run { None } else { Some(ServeLock::take(&folder)?) };
    let file = match args.file {
        Some(file) => file,
        None => restore::newest_aside(&folder)
            .map(|kept| kept.join(crate::store::FILE_NAME))
            .ok_or_else(|| Error::Conflict("nothing was kept aside here, so there is nothing to take back".into()))?,
    };
    let Some(lock) = lock else {
        let prepared = restore::prepare(&folder, &file)?;
        say!("{} is whole: {}", file.display(), told(&prepared.found));
        say!("nothing was changed");
        return Ok(Ended::Done);
    };
    let now = clock::system()();
    let restored = if args.rollback {
        restore::roll_back(&lock, &folder, now)
    } else {
        restore::prepare(&folder, &file).and_then(|prepared| restore::restore(&lock, &folder, prepared, now))
    }?;
    say!("{} is in place: {}", file.display(), told(&restored.found));
    if let Some(aside) = restored.aside {
        say!("what it replaced is in {}; `cartwright restore --rollback` takes it back", aside.display());
    }
    Ok(Ended::Done)
}

fn told(found: &Checked) -> String {
    let of = |name: &str| found.tables.iter().find(|(table, _)| table == name).map_or(0, |(_, rows)| *rows);
    format!(
        "schema {}, {} rows, among them {} shops, {} carts, {} purchases, {} letters",
        found.version,
        found.rows(),
        of("sites"),
        of("carts"),
        of("purchases"),
        of("messages")
    )
}

/// Refuses to open a database for a command that would bring it up to date beside a server that does not know what is new.
pub(super) fn not_beneath_a_server(folder: &std::path::Path) -> Result<()> {
    if restore::is_older(folder) && ServeLock::take(folder).is_err() {
        return Err(Error::Conflict(format!(
            "an older cartwright serves {}; stop it before a newer one brings its database up to date",
            folder.display()
        )));
    }
    Ok(())
}
