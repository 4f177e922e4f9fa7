//! `cartwright sequence`: which letters a shop writes about abandoned carts, and what they say.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::{Ended, Global, find_site, print_json};
use crate::domain::sequences::{Sequence, Step, Words};
use crate::domain::time::{format_duration, parse_duration};
use crate::domain::{Error, OrNotFound, Result, Site};
use crate::mail::letters::Composed;
use crate::mail::sample::letter;
use crate::mail::template::Template;
use crate::ops::{coupons, sequences};
use crate::store::Store;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cartwright sequence list --site my-shop
  cartwright sequence set --site my-shop --step 2 --delay 2d --subject 'Still yours'
  cartwright sequence set --site my-shop --step 3 --coupon spring
  cartwright sequence preview --site my-shop --step 2 --part text")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the steps
    List {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// One line of JSON for each
        #[arg(long)]
        json: bool,
    },
    /// Change a step, or add one; what is not named stays
    Set(Box<Change>),
    /// Take a step out
    Remove {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// Its number
        #[arg(long)]
        step: i64,
    },
    /// Print a letter as it would be written about a made-up cart
    Preview {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// Its number
        #[arg(long)]
        step: i64,
        /// subject, html or text
        #[arg(long, default_value = "text")]
        part: String,
    },
}

#[derive(clap::Args)]
struct Change {
    /// Public id of the shop
    #[arg(long)]
    site: String,
    /// Its number
    #[arg(long)]
    step: i64,
    /// How long after the abandonment, such as 30m, 1d
    #[arg(long)]
    delay: Option<String>,
    /// on or off
    #[arg(long)]
    active: Option<String>,
    /// The least that a cart must be worth, in minor units of its currency
    #[arg(long)]
    minimum: Option<i64>,
    /// The coupon that its letters show, by id; `none` for no coupon
    #[arg(long, value_name = "ID")]
    coupon: Option<String>,
    /// Template of the subject
    #[arg(long)]
    subject: Option<String>,
    /// File with the template of the HTML part
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// File with the template of the text part
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// Say what is shipped again, before anything else that is named
    #[arg(long)]
    as_shipped: bool,
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let store = global.store()?;
    match args.command {
        Command::List { site, json } => {
            let site = find_site(&store, &site)?;
            show(&store.read(|tx| sequences::of_site(tx, &site))?, json)?;
        }
        Command::Set(change) => {
            let site = find_site(&store, &change.site)?;
            let sequence = store.read(|tx| sequences::of_site(tx, &site))?;
            let step = changed(&sequence, &change)?;
            template(&step).check()?;
            show(&store.write(move |tx| sequences::put(tx, &site, step))?, false)?;
        }
        Command::Remove { site, step } => {
            let site = find_site(&store, &site)?;
            show(&store.write(move |tx| sequences::remove(tx, &site, step))?, false)?;
        }
        Command::Preview { site, step, part } => {
            let site = find_site(&store, &site)?;
            say!("{}", preview(sample(&store, &site, step)?, &part)?);
        }
    }
    Ok(Ended::Done)
}

/// The step as it is to be. A new one needs a delay.
fn changed(sequence: &Sequence, change: &Change) -> Result<Step> {
    let mut step = match sequence.step(change.step) {
        Some(step) => step.clone(),
        None if change.delay.is_none() => return Err(Error::missing("delay")),
        None => Step::new(change.step, 0),
    };
    if change.as_shipped {
        step.words = Words::default();
    }
    if let Some(delay) = &change.delay {
        step.delay_secs = parse_duration(delay).map_err(|e| e.in_field("delay"))?;
    }
    step.active = match change.active.as_deref() {
        None => step.active,
        Some("on") => true,
        Some("off") => false,
        Some(_) => return Err(Error::refused("active", "must be on or off")),
    };
    step.minimum = change.minimum.unwrap_or(step.minimum);
    step.coupon_id = match change.coupon.as_deref() {
        None => step.coupon_id,
        Some("none") => None,
        Some(id) => Some(id.to_owned()),
    };
    step.words.subject = change.subject.clone().or(step.words.subject);
    step.words.html = read(change.html.as_deref())?.or(step.words.html);
    step.words.text = read(change.text.as_deref())?.or(step.words.text);
    Ok(step)
}

fn read(file: Option<&Path>) -> Result<Option<String>> {
    let Some(file) = file else { return Ok(None) };
    std::fs::read_to_string(file)
        .map(Some)
        .map_err(|e| Error::malformed("file", format!("{} cannot be read: {e}", file.display())))
}

fn template(step: &Step) -> Template {
    let Words { subject, html, text } = step.words.clone();
    Template { subject, html, text }
}

/// The letter of a step about a made-up cart, with a code that nobody can use where the step has a coupon.
pub(super) fn sample(store: &Store, site: &Site, step: i64) -> Result<Composed> {
    store.read(|tx| {
        let sequence = sequences::of_site(tx, site)?;
        let step = sequence.step(step).or_not_found("step", &step.to_string())?;
        let coupon = step.coupon_id.as_deref().map(|id| coupons::get(tx, site, id)).transpose()?;
        letter(site, step, coupon.map(|full| full.coupon).as_ref(), tx.now())
    })
}

fn preview(letter: Composed, part: &str) -> Result<String> {
    match part {
        "subject" => Ok(letter.subject),
        "html" => Ok(letter.html),
        "text" => Ok(letter.text),
        _ => Err(Error::refused("part", "must be subject, html or text")),
    }
}

fn show(sequence: &Sequence, as_json: bool) -> anyhow::Result<()> {
    for step in &sequence.steps {
        if as_json {
            print_json(&json!({
                "sequence_id": sequence.id,
                "step": step.number,
                "delay_secs": step.delay_secs,
                "active": step.active,
                "minimum": step.minimum,
                "coupon_id": step.coupon_id,
                "subject": step.words.subject,
                "html": step.words.html,
                "text": step.words.text,
            }))?;
            continue;
        }
        let state = if step.active { "on" } else { "off" };
        let own = if step.words == Words::default() { "as shipped" } else { "in the shop's words" };
        let coupon = step.coupon_id.as_ref().map_or(String::new(), |id| format!("  with coupon {id}"));
        say!(
            "{}  {} after abandonment  {state}  from {} minor units  {own}{coupon}",
            step.number,
            format_duration(step.delay_secs),
            step.minimum
        );
    }
    Ok(())
}
