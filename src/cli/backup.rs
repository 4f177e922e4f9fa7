//! `cartwright backup`: a checked copy of the database, beside a running server or without one.

use std::path::PathBuf;

use serde_json::json;

use super::{Ended, Global, clock, print_json};
use crate::store::{Store, backup};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cartwright backup
  cartwright backup /mnt/usb/cartwright.db

A copy holds addresses, hashes of keys and the secret of suppressions: keep it as you keep the database.
`cartwright restore` puts one in the place of the database.")]
pub(super) struct Args {
    /// Where to, a file that is not there yet [default: one with the time in its name, in backup.folder]
    file: Option<PathBuf>,
    /// One line of JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let config = global.load(&[])?;
    super::restore::not_beneath_a_server(&config.data)?;
    let store = Store::open(&config.data, clock::system())?;
    let target = args.file.unwrap_or_else(|| config.backup_folder().join(backup::name(clock::system()())));
    let copied = store.back_up(&target)?;
    if args.json {
        print_json(&json!({ "file": copied.path, "bytes": copied.bytes, "rows": copied.rows }))?;
    } else {
        say!("{} is written and checked: {} rows, {} bytes", copied.path.display(), copied.rows, copied.bytes);
    }
    Ok(Ended::Done)
}
