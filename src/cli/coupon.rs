//! `cartwright coupon`: what letters and carts may take off, and the codes for it.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::{Ended, Global, find_site, print_json};
use crate::domain::time::{format_duration, parse_duration};
use crate::domain::{Currency, Error, Result, Timestamp};
use crate::ops::coupons::{self, Change, FullCoupon, MOST_CODES, NewCoupon};
use crate::ops::listing::Wanted;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cartwright coupon add --site my-shop --id spring --code SPRING10 --type percent --value 10
  cartwright coupon add --site my-shop --id thanks --type fixed --value 500 --code-life 3d
  cartwright coupon import --site my-shop --id thanks codes.txt
  cartwright coupon set --site my-shop --id spring --ends 2026-04-01T00:00:00Z")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a coupon: with one code for all, or with a pool that `import` fills
    Add(Box<Add>),
    /// List a shop's coupons
    List {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// One line of JSON for each
        #[arg(long)]
        json: bool,
    },
    /// Put codes into a pool, one a line; those that it has already are passed over
    Import {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// The coupon
        #[arg(long)]
        id: String,
        /// File with the codes; `-` is standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// One line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Change a coupon; what is not named stays, and `none` takes a value away
    Set(Box<Set>),
}

#[derive(clap::Args)]
struct Add {
    /// Public id of the shop
    #[arg(long)]
    site: String,
    /// By which steps and scripts name it [default: one is made up]
    #[arg(long)]
    id: Option<String>,
    /// The one code for all; without it the coupon has a pool
    #[arg(long)]
    code: Option<String>,
    /// One line that letters show [default: what it takes off]
    #[arg(long)]
    name: Option<String>,
    /// percent or fixed
    #[arg(long = "type", value_name = "TYPE")]
    kind: String,
    /// Per cent, or minor units
    #[arg(long)]
    value: i64,
    /// Currency of a fixed amount and of the minimum [default: the shop's]
    #[arg(long)]
    currency: Option<String>,
    /// The least that a cart's lines must add up to, in minor units
    #[arg(long, default_value_t = 0)]
    minimum: i64,
    /// From when on it is valid, RFC 3339
    #[arg(long, value_name = "TIME")]
    starts: Option<String>,
    /// From when on it is not valid any more, RFC 3339
    #[arg(long, value_name = "TIME")]
    ends: Option<String>,
    /// How long a code of the pool lives once a letter got it, such as 3d
    #[arg(long, value_name = "LENGTH")]
    code_life: Option<String>,
    /// How many purchases may use it, all its codes together
    #[arg(long)]
    use_limit: Option<i64>,
    /// One line of JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct Set {
    /// Public id of the shop
    #[arg(long)]
    site: String,
    /// The coupon
    #[arg(long)]
    id: String,
    /// One line that letters show, or none
    #[arg(long)]
    name: Option<String>,
    /// Per cent, or minor units
    #[arg(long)]
    value: Option<i64>,
    /// In minor units
    #[arg(long)]
    minimum: Option<i64>,
    /// The currency of its carts, or none
    #[arg(long)]
    currency: Option<String>,
    /// RFC 3339, or none
    #[arg(long, value_name = "TIME")]
    starts: Option<String>,
    /// RFC 3339, or none
    #[arg(long, value_name = "TIME")]
    ends: Option<String>,
    /// Such as 3d, or none
    #[arg(long, value_name = "LENGTH")]
    code_life: Option<String>,
    /// A number, or none
    #[arg(long)]
    use_limit: Option<String>,
    /// on or off
    #[arg(long)]
    active: Option<String>,
    /// One line of JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let store = global.store()?;
    match args.command {
        Command::Add(args) => {
            let (site, as_json) = (find_site(&store, &args.site)?, args.json);
            let new = new(*args)?;
            show(&store.write(move |tx| coupons::add(tx, &site, new))?, as_json)?;
        }
        Command::List { site, json } => {
            let site = find_site(&store, &site)?;
            let list = store.read(|tx| coupons::list(tx, &site, &Wanted::newest(u32::MAX.into())))?;
            list.rows.iter().try_for_each(|coupon| show(coupon, json))?;
        }
        Command::Import { site, id, file, json } => {
            let site = find_site(&store, &site)?;
            let codes = read_codes(&file)?;
            let (mut new, count) = (0, codes.len());
            // In pieces, so that a server beside this command keeps writing.
            for piece in codes.chunks(MOST_CODES / 10) {
                let (site, id, piece) = (site.clone(), id.clone(), piece.to_vec());
                new += store.write(move |tx| coupons::import_codes(tx, &site, &id, &piece))?;
            }
            let free = store.read(|tx| coupons::get(tx, &site, &id))?.free;
            match json {
                true => print_json(&json!({ "id": id, "new": new, "skipped": count - new, "free": free }))?,
                false => say!("{id}: {new} new, {} skipped, {free} free", count - new),
            }
        }
        Command::Set(args) => {
            let (site, as_json) = (find_site(&store, &args.site)?, args.json);
            let (id, change) = changed(*args)?;
            show(&store.write(move |tx| coupons::change(tx, &site, &id, change))?, as_json)?;
        }
    }
    Ok(Ended::Done)
}

fn new(args: Add) -> Result<NewCoupon> {
    Ok(NewCoupon {
        id: args.id,
        code: args.code,
        name: args.name,
        kind: args.kind.parse()?,
        value: args.value,
        currency: args.currency.as_deref().map(Currency::parse).transpose()?,
        minimum: args.minimum,
        starts_at: args.starts.as_deref().map(|text| instant("starts", text)).transpose()?,
        ends_at: args.ends.as_deref().map(|text| instant("ends", text)).transpose()?,
        code_life_secs: args.code_life.as_deref().map(life).transpose()?,
        use_limit: args.use_limit,
        active: true,
    })
}

fn changed(args: Set) -> Result<(String, Change)> {
    let change = Change {
        name: or_none(args.name, |text| Ok(text.to_owned()))?,
        value: args.value,
        minimum: args.minimum,
        currency: or_none(args.currency, Currency::parse)?,
        starts_at: or_none(args.starts, |text| instant("starts", text))?,
        ends_at: or_none(args.ends, |text| instant("ends", text))?,
        code_life_secs: or_none(args.code_life, life)?,
        use_limit: or_none(args.use_limit, |text| {
            text.parse().map_err(|_| Error::malformed("use_limit", "must be a whole number or none"))
        })?,
        active: match args.active.as_deref() {
            None => None,
            Some("on") => Some(true),
            Some("off") => Some(false),
            Some(_) => return Err(Error::refused("active", "must be on or off")),
        },
    };
    if change == Change::default() {
        return Err(Error::missing("at least one of the values to change"));
    }
    Ok((args.id, change))
}

/// What a flag sets, with `none` for taking the value away.
fn or_none<T>(flag: Option<String>, read: impl FnOnce(&str) -> Result<T>) -> Result<Option<Option<T>>> {
    match flag.as_deref() {
        None => Ok(None),
        Some("none") => Ok(Some(None)),
        Some(text) => read(text).map(|value| Some(Some(value))),
    }
}

fn instant(field: &str, text: &str) -> Result<Timestamp> {
    Timestamp::parse_rfc3339(text).map_err(|e| e.in_field(field))
}

fn life(text: &str) -> Result<i64> {
    parse_duration(text).map_err(|e| e.in_field("code-life"))
}

/// The codes of a file, one a line; blank lines are none.
fn read_codes(file: &Path) -> Result<Vec<String>> {
    let unreadable = |e: std::io::Error| Error::malformed("file", format!("{} cannot be read: {e}", file.display()));
    let text = match file.as_os_str() == "-" {
        true => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(unreadable)?;
            text
        }
        false => std::fs::read_to_string(file).map_err(unreadable)?,
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let codes: Vec<String> = text.lines().map(str::trim).filter(|code| !code.is_empty()).map(str::to_owned).collect();
    for (number, code) in (1..).zip(&codes) {
        crate::domain::coupons::parse_code(code).map_err(|e| e.in_field(format!("code {number}")))?;
    }
    if codes.is_empty() { Err(Error::missing("at least one code in the file")) } else { Ok(codes) }
}

fn show(full: &FullCoupon, as_json: bool) -> anyhow::Result<()> {
    let FullCoupon { coupon, code, codes, free } = full;
    if as_json {
        return print_json(&json!({
            "id": coupon.id,
            "code": code,
            "name": coupon.name,
            "type": coupon.kind.as_str(),
            "value": coupon.value,
            "currency": coupon.currency.map(Currency::code),
            "minimum": coupon.minimum,
            "starts_at": coupon.starts_at.map(Timestamp::rfc3339),
            "ends_at": coupon.ends_at.map(Timestamp::rfc3339),
            "code_life_secs": coupon.code_life_secs,
            "use_limit": coupon.use_limit,
            "uses": coupon.uses,
            "active": coupon.active,
            "codes": codes,
            "free": free,
        }));
    }
    let state = if coupon.active { "on" } else { "off" };
    let currency = coupon.currency.map_or(String::new(), |currency| format!(" {currency}"));
    let which = match code {
        Some(code) => format!("code {code}"),
        None => format!("a pool of {codes} codes, {free} free"),
    };
    let life = coupon.code_life_secs.map_or(String::new(), |secs| format!(", each for {}", format_duration(secs)));
    let until = coupon.ends_at.map_or(String::new(), |at| format!("  until {at}"));
    let limit = coupon.use_limit.map_or(String::new(), |limit| format!(" of {limit}"));
    say!(
        "{}  {} {}{currency} from {}  {which}{life}{until}  {} uses{limit}  {state}",
        coupon.id,
        coupon.kind,
        coupon.value,
        coupon.minimum,
        coupon.uses
    );
    Ok(())
}
