//! `cartwright stats`: hold the kept figures and balances against the rows, make them anew, or judge opens and clicks again.

use clap::Subcommand;

use super::{Ended, Global, find_site};
use crate::domain::{Result, Site};
use crate::ops::{engagement, loyalty, stats};
use crate::store::{self, Store};

#[derive(clap::Args)]
#[command(after_help = "Example:\n  cartwright stats verify || cartwright stats rebuild")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Recompute every figure and every loyalty balance from the rows and name each that differs; ends with 1 when one does
    Verify {
        /// Only this shop [default: all]
        #[arg(long)]
        site: Option<String>,
    },
    /// Make the figures of every day whose rows are still there anew, and every loyalty balance
    Rebuild {
        /// Only this shop [default: all]
        #[arg(long)]
        site: Option<String>,
    },
    /// Run the rules on who opens and clicks over the stored evidence again, and move the figures
    Reclassify {
        /// Only this shop [default: all]
        #[arg(long)]
        site: Option<String>,
    },
}

/// Letters judged in one transaction: a running shop keeps answering in between.
const BATCH: i64 = 100;

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let store = global.store()?;
    let mut ended = Ended::Done;
    match args.command {
        Command::Verify { site } => {
            for site in chosen(&store, site)? {
                let (differences, machines, balances) = store.read(|tx| {
                    Ok((stats::verify(tx, &site)?, stats::machine_carts(tx, &site)?, loyalty::verify(tx, &site)?))
                })?;
                let counts = store.read(|tx| stats::verify_counts(tx, &site))?;
                for d in &counts {
                    say!("{} {}: kept {}, by the rows {}", site.site_id, d.what, d.kept, d.counted);
                }
                for d in &differences {
                    say!(
                        "{} {} {} {}: kept {}, by the rows {}",
                        site.site_id,
                        d.day,
                        d.currency,
                        d.figure,
                        d.kept,
                        d.recomputed
                    );
                }
                for w in &balances {
                    say!(
                        "{} {} {} {}: kept {}, by the ledger {}",
                        site.site_id,
                        w.campaign_id,
                        w.customer_id,
                        w.figure,
                        w.kept,
                        w.recomputed
                    );
                }
                if machines > 0 {
                    say!("{}: {machines} carts that machines made are in no figure", site.site_id);
                }
                if differences.is_empty() && balances.is_empty() && counts.is_empty() {
                    say!("{}: every figure is what the rows say", site.site_id);
                } else {
                    ended = Ended::Found;
                }
            }
        }
        Command::Rebuild { site } => {
            for site in chosen(&store, site)? {
                let name = site.site_id.clone();
                let (days, balances) =
                    store.write(move |tx| Ok((stats::rebuild(tx, &site)?, loyalty::rebuild(tx, &site)?)))?;
                say!("{name}: {days} days made anew");
                if balances > 0 {
                    say!("{name}: {balances} loyalty balances made anew");
                }
            }
        }
        Command::Reclassify { site } => {
            for site in chosen(&store, site)? {
                say!("{}: {} verdicts changed", site.site_id, reclassify(&store, &site)?);
            }
        }
    }
    Ok(ended)
}

fn reclassify(store: &Store, site: &Site) -> Result<usize> {
    let (mut changed, mut after) = (0, Some(0));
    while let Some(from) = after {
        let site = site.clone();
        let (more, last) = store.write(move |tx| engagement::reclassify(tx, &site, from, BATCH))?;
        changed += more;
        after = last;
    }
    Ok(changed)
}

fn chosen(store: &Store, site: Option<String>) -> Result<Vec<Site>> {
    match site {
        Some(site) => Ok(vec![find_site(store, &site)?]),
        None => store.read(store::sites::all),
    }
}
