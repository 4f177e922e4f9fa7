//! `cartwright mail`: letters that were held back, or whose fate is unknown.

use clap::Subcommand;

use super::{Ended, Global, clock, find_site};
use crate::ops::{outbox, sites};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cartwright mail resume --site my-shop
  cartwright mail retry --site my-shop msg_0901f083-aa1c-73c5-af5c-0a9d2fc64e30")]
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
    /// Put a letter of unknown fate, or one that failed, back into the queue
    Retry {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// The letter's id, as `cartwright explain` shows it
        letter: String,
    },
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let store = global.store()?;
    let site = match args.command {
        Command::Resume { site } => find_site(&store, &site)?,
        Command::Retry { site, letter } => {
            let site = find_site(&store, &site)?;
            let letter = store.write(move |tx| outbox::retry(tx, &site, &letter))?;
            say!("{} is looked at again within a second of a running server", letter.id);
            return Ok(Ended::Done);
        }
    };
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
