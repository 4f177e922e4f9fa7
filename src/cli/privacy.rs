//! `cartwright privacy`: a copy of everything that is kept about a person, and its erasure.

use std::io::{IsTerminal, Write as _};
use std::path::Path;

use clap::Subcommand;
use serde_json::{Map, Value, json};

use super::{Ended, Global, clock, find_site, restore};
use crate::domain::{EmailAddress, Error, Result, Site};
use crate::mail::transport::delete_files;
use crate::ops::{privacy, retention, sites};
use crate::store::privacy::{Cell, Scrubbed};
use crate::store::{self, Store};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cartwright privacy export ann@example.com > ann.json
  cartwright privacy erase ann@example.com --dry-run
  cartwright privacy retention --dry-run
  cartwright privacy erase ann@example.com --site my-shop --yes")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print everything that is kept about a person, as one JSON document
    Export {
        /// The person's e-mail address
        email: String,
        /// Public id of the shop [default: all of them]
        #[arg(long)]
        site: Option<String>,
    },
    /// Erase a person: sums stay, and the hash by which an opt-out holds
    Erase {
        /// The person's e-mail address
        email: String,
        /// Public id of the shop [default: all of them]
        #[arg(long)]
        site: Option<String>,
        /// Only say what it would reach
        #[arg(long)]
        dry_run: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Strip what is older than `retention.after` of a shop, as the server does once a day
    Retention {
        /// Public id of the shop [default: all of them]
        #[arg(long)]
        site: Option<String>,
        /// Only say what it would reach
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    match args.command {
        Command::Export { email, site } => {
            let store = global.store()?;
            let email = EmailAddress::parse(&email)?;
            export(&store, &email, &shops(&store, site.as_deref())?)
        }
        Command::Erase { email, site, dry_run, yes } => {
            let email = EmailAddress::parse(&email)?;
            erase(global, &email, site.as_deref(), dry_run, yes)
        }
        Command::Retention { site, dry_run } => retain(global, site.as_deref(), dry_run),
    }
}

fn shops(store: &Store, site: Option<&str>) -> Result<Vec<Site>> {
    match site {
        Some(name) => Ok(vec![find_site(store, name)?]),
        None => store.read(sites::all),
    }
}

fn export(store: &Store, email: &EmailAddress, shops: &[Site]) -> anyhow::Result<Ended> {
    let mut of_shops = Map::new();
    for site in shops {
        let kept = store.read(|tx| privacy::kept(tx, site, email))?;
        let mut nouns = Map::new();
        for (noun, rows) in kept.rows {
            let rows = rows
                .into_iter()
                .map(|facts| Value::Object(facts.into_iter().map(|(name, cell)| (name, value(cell))).collect()));
            nouns.insert(noun.to_owned(), rows.collect());
        }
        if !kept.named_in.is_empty() {
            // What rows of others say stays with them; that they name the person is said.
            nouns.insert("named_in".into(), json!(kept.named_in));
        }
        of_shops.insert(site.site_id.clone(), Value::Object(nouns));
    }
    let document = json!({
        "about": email.matched(),
        "units": "amounts are minor units of their currency; times are seconds since 1970-01-01 UTC",
        "shops": of_shops,
    });
    say!("{document:#}");
    Ok(Ended::Done)
}

fn value(cell: Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Number(number) => number.into(),
        Cell::Text(text) => text.into(),
    }
}

fn erase(global: &Global, email: &EmailAddress, site: Option<&str>, dry_run: bool, yes: bool) -> anyhow::Result<Ended> {
    let config = global.load(&[])?;
    restore::not_beneath_a_server(&config.data)?;
    let store = Store::open(&config.data, clock::system())?;
    let shops = shops(&store, site)?;
    let mut reached = 0;
    for site in &shops {
        for (noun, count) in store.read(|tx| privacy::kept(tx, site, email))?.reached() {
            say!("{}: {count} of {noun}", site.site_id);
            reached += count;
        }
    }
    if reached == 0 {
        say!("nothing is kept that names this address");
    }
    if dry_run {
        say!("nothing was changed");
        return Ok(Ended::Done);
    }
    if reached > 0 && !yes && !agreed()? {
        return Err(Error::refused("yes", "is needed where nobody agrees: what is erased does not come back").into());
    }
    let mut files = 0;
    for site in &shops {
        files += erase_from(&store, site, email, &config.mail_folder)?;
    }
    if files > 0 {
        say!("{files} files of the mail folder deleted");
    }
    // Also when nothing was reached: an earlier run may have been kept from it.
    let ended = scrub(store, &config.data, email)?;
    tell_copies(&config);
    Ok(ended)
}

/// How often what is kept is looked for anew: a server beside this may have written meanwhile.
const ROUNDS: usize = 5;

/// Erases until nothing is found. Files of letters go first, so that a run that fails can be said again and still finds them,
/// and once more afterwards, for a letter may just have left. Returns how many files there were.
fn erase_from(store: &Store, site: &Site, email: &EmailAddress, folder: &Path) -> Result<usize> {
    let mut files = 0;
    for _ in 0..ROUNDS {
        let kept = store.read(|tx| privacy::kept(tx, site, email))?;
        if kept.reached().is_empty() {
            return Ok(files);
        }
        let letters = kept.letters();
        files += delete_files(folder, &letters).map_err(Error::internal)?;
        let (site, person) = (site.clone(), email.clone());
        store.write(move |tx| privacy::erase(tx, &site, &person, &kept))?;
        files += delete_files(folder, &letters).map_err(Error::internal)?;
    }
    Err(Error::Conflict("the shop goes on writing about this address; stop what does, and run this again".into()))
}

/// Nothing but rows is in the bytes.
const CLEAN: Scrubbed = Scrubbed { rewritten: true, log_emptied: true };

/// Has nothing left in the bytes, and says what is.
fn scrub(store: Store, data: &Path, email: &EmailAddress) -> anyhow::Result<Ended> {
    let scrubbed = store.scrub(store::is_served(data))?;
    if scrubbed.rewritten {
        say!("the database was written anew");
    }
    if !scrubbed.log_emptied {
        say!("a reader kept its log from being emptied");
    }
    let others = store.read(sites::all)?;
    for site in others {
        if !store.read(|tx| privacy::kept(tx, &site, email))?.reached().is_empty() {
            say!("{} still keeps something of this person", site.site_id);
            return Ok(Ended::Done);
        }
    }
    if !store.close_and_search(&email.matched())? {
        say!("the address stands nowhere in the bytes of the database and its log");
        return Ok(Ended::Done);
    }
    if scrubbed == CLEAN {
        // Only rows are left, and these were looked through.
        say!("its letters stand in the bytes as a part of others' texts alone, such as a longer address");
        return Ok(Ended::Done);
    }
    say!("the address still stands in free space or in the log: stop the server, and run this again");
    Ok(Ended::Found)
}

/// Rows of each noun in one transaction.
const BATCH: i64 = 50;

fn retain(global: &Global, site: Option<&str>, dry_run: bool) -> anyhow::Result<Ended> {
    let config = global.load(&[])?;
    restore::not_beneath_a_server(&config.data)?;
    let store = Store::open(&config.data, clock::system())?;
    for site in shops(&store, site)? {
        let name = site.site_id.clone();
        let Some(counts) = store.read(|tx| retention::count(tx, &site))? else {
            say!("{name}: retention.after is not set, so people are kept until they are erased");
            continue;
        };
        for (noun, count) in counts {
            say!("{name}: {count} of {noun}");
        }
        while !dry_run && store.read(|tx| retention::is_due(tx, &site))? {
            let of = site.clone();
            store.write(move |tx| retention::strip(tx, &of, BATCH))?;
        }
    }
    if dry_run {
        say!("nothing was changed");
    } else if !store.scrub(store::is_served(&config.data))?.log_emptied {
        say!("a reader kept the log from being emptied; say this again");
    }
    Ok(Ended::Done)
}

fn agreed() -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    eprint!("Erase this for good? Type yes, then Enter: ");
    std::io::stderr().flush().map_err(Error::internal)?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(Error::internal)?;
    Ok(line.trim() == "yes")
}

/// Copies that were made before hold what they held.
fn tell_copies(config: &crate::config::Config) {
    let copies = store::backup::list(&config.backup_folder()).into_iter().map(|copy| copy.path);
    let copies: Vec<_> = copies.chain(store::restore::asides(&config.data)).collect();
    say!(
        "copies and archives that were made earlier still hold the person; delete them, or erase again after a restore"
    );
    for path in copies {
        say!("  {}", path.display());
    }
}
