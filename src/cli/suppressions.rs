//! `cartwright suppressions`: take a burst of opt-outs back that somebody made through the call without a key.

use clap::Subcommand;

use super::{Ended, Global, find_site};
use crate::domain::Timestamp;
use crate::domain::suppressions::Source;
use crate::ops::suppressions;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cartwright suppressions undo --site my-shop --source api --since 2026-03-15T12:00:00Z --dry-run
  cartwright suppressions undo --site my-shop --source api --since 2026-03-15T12:00:00Z")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// End every suppression in force that came through one door in one stretch of time; figures stay
    Undo {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// The door: api, page or link
        #[arg(long)]
        source: String,
        /// From this instant on, such as 2026-03-15T12:00:00Z
        #[arg(long, value_name = "TIME")]
        since: String,
        /// Up to this instant [default: now]
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
        /// Only say how many there are
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let Command::Undo { site, source, since, until, dry_run } = args.command;
    let source: Source = source.parse().map_err(|e: crate::domain::Error| e.in_field("--source"))?;
    let since = Timestamp::parse_rfc3339(&since).map_err(|e| e.in_field("--since"))?;
    let until = until.map(|text| Timestamp::parse_rfc3339(&text).map_err(|e| e.in_field("--until"))).transpose()?;
    let store = global.store()?;
    let site = find_site(&store, &site)?;
    if dry_run {
        let count = store.read(|tx| suppressions::burst(tx, &site, source, since, until.unwrap_or(tx.now())))?;
        say!("{}: {count} suppressions in force came through `{source}`; nothing was changed", site.site_id);
        return Ok(Ended::Done);
    }
    let name = site.site_id.clone();
    let count = store.write(move |tx| suppressions::undo_burst(tx, &site, source, since, until.unwrap_or(tx.now())))?;
    say!("{name}: {count} suppressions ended");
    Ok(Ended::Done)
}
