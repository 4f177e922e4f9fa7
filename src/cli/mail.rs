//! `cartwright mail`: letters that were held back.

use clap::Subcommand;

use super::{Ended, Global, clock, find_site};
use crate::ops::{outbox, sites};

#[derive(clap::Args)]
#[command(after_help = "Example:\n  cartwright mail resume --site my-shop")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the breaker count from now on; letters that it held back are looked at within the hour
    Resume {
        /// Public id of the shop
        #[arg(long)]
        site: String,
    },
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let store = global.store()?;
    let Command::Resume { site } = args.command;
    let site = find_site(&store, &site)?;
    let now = clock::system()().rfc3339();
    let was_open = store.write(move |tx| {
        let was_open = outbox::breaker_is_open(tx, &site)?;
        sites::set(tx, &site, "breaker.reset_at", &now)?;
        Ok(was_open)
    })?;
    match was_open {
        true => say!("letters leave again; those that were held back within the hour"),
        false => say!("nothing was held back; the breaker counts from now on"),
    }
    Ok(Ended::Done)
}
