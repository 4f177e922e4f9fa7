//! `cartwright bounce`: the pipe of a mail server that takes letters to the return path.

use std::io::Read;

use super::{Ended, Global, find_site};
use crate::domain::Error;
use crate::mail::reports;
use crate::ops::bounces;

/// Nobody's report is larger; what a stranger pipes in is not read to its end.
const MOST_BYTES: u64 = 16 << 20;

#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cartwright bounce --site my-shop < report.eml

In a mail server's aliases, for letters.return_path = bounce@my-shop.example:
  bounce: \"|/usr/local/bin/cartwright bounce --site my-shop --data /var/lib/cartwright\"

A letter that is no report changes nothing and is no failure: a mail server would send it back.")]
pub(super) struct Args {
    /// Public id of the shop
    #[arg(long)]
    site: String,
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let store = global.store()?;
    let site = find_site(&store, &args.site)?;
    let mut letter = Vec::new();
    std::io::stdin()
        .lock()
        .take(MOST_BYTES)
        .read_to_end(&mut letter)
        .map_err(|e| Error::malformed("standard input", format!("could not be read: {e}")))?;
    let found = reports::read(&letter);
    if found.is_empty() {
        say!("this is no report; nothing was changed");
    }
    for report in found {
        let site = site.clone();
        let told = format!("{} {}", report.kind, report.status.as_deref().unwrap_or_default());
        let recorded = store.write(move |tx| bounces::record(tx, &site, &report))?;
        let told = told.trim();
        match (&recorded.letter, recorded.is_new) {
            (None, _) => say!("{told}: about no letter of this shop; nothing was changed"),
            (Some(letter), false) => say!("{told}: {letter}, known already"),
            (Some(letter), true) if recorded.suppresses => say!("{told}: {letter}; its address gets no more letters"),
            (Some(letter), true) => say!("{told}: {letter}; noted"),
        }
    }
    Ok(Ended::Done)
}
