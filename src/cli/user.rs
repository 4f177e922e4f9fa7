//! `cartwright user`: people who work for a shop.

use clap::Subcommand;
use serde_json::json;

use super::{Ended, Global, find_site, print_json, read_secret};
use crate::domain::Zone;
use crate::domain::users::{Campaigns, Role, User, check_password};
use crate::ops::users::{self, NewUser};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cartwright user add --site my-shop --user-id john1970 --role admin --campaigns all
  cartwright user add --site my-shop --user-id till_1 --role manager --campaigns none
  printf %s \"$OLD_KEY\" | cartwright user add --site my-shop --user-id ann --role owner --key-stdin
  cartwright user passwd --site my-shop john1970")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Add a user; the key of the loyalty interface is shown this once
    Add {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// Letters, digits and underscores, at most 20
        #[arg(long)]
        user_id: String,
        /// owner, admin, manager or observer
        #[arg(long)]
        role: String,
        /// Loyalty campaigns that the user sees: all, none, or ids between commas
        #[arg(long, default_value = "all")]
        campaigns: String,
        /// The user's own zone [default: the shop's]
        #[arg(long)]
        timezone: Option<String>,
        /// Read a key that the user already has from standard input
        #[arg(long)]
        key_stdin: bool,
        /// One line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Set a user's password, read from standard input
    Passwd {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// Whose
        user_id: String,
    },
    /// List a shop's users
    List {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// One line of JSON for each
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let store = global.store()?;
    match args.command {
        Command::Add { site, user_id, role, campaigns, timezone, key_stdin, json } => {
            let site = find_site(&store, &site)?;
            let new = NewUser {
                user_id,
                role: role.parse::<Role>()?,
                zone: timezone.map(|name| Zone::parse(&name)).transpose()?,
                campaigns: Campaigns::parse(&campaigns)?,
                key: key_stdin.then(|| read_secret("Paste the key")).transpose()?,
            };
            let (user, key) = store.write(move |tx| users::add(tx, &site, new))?;
            if json {
                print_json(&json!({ "user_id": user.user_id, "user_api_key": key }))?;
            } else if key_stdin {
                say!("added {}", user.user_id);
            } else {
                say!("{key}\n\nThis key of {} is shown this once.", user.user_id);
            }
        }
        Command::Passwd { site, user_id } => {
            let site = find_site(&store, &site)?;
            let password = read_secret("Type the new password")?;
            check_password(&password)?;
            let hash = password_auth::generate_hash(password.as_bytes());
            store.write(move |tx| users::set_password(tx, &site, &user_id, &hash))?;
            say!("the password is set");
        }
        Command::List { site, json } => {
            let site = find_site(&store, &site)?;
            for user in store.read(|tx| users::list(tx, &site))? {
                show(&user, json)?;
            }
        }
    }
    Ok(Ended::Done)
}

fn show(user: &User, as_json: bool) -> anyhow::Result<()> {
    let (text, value) = match &user.allowed_campaigns {
        Campaigns::All => ("all".to_owned(), json!("all")),
        Campaigns::None => ("none".to_owned(), json!("none")),
        Campaigns::Some(ids) => (ids.join(","), json!(ids)),
    };
    if as_json {
        return print_json(&json!({
            "user_id": user.user_id,
            "role": user.role.as_str(),
            "timezone": user.zone.as_ref().map(Zone::name),
            "allowed_campaigns": value,
            "has_password": user.password_hash.is_some(),
        }));
    }
    say!("{}  {}  campaigns {text}", user.user_id, user.role);
    Ok(())
}
