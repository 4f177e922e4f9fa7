//! `cartwright sequence`: which letters a shop writes about abandoned carts, and what they say.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::{Ended, Global, find_site, print_json};
use crate::domain::carts::Item;
use crate::domain::sequences::{Sequence, Step, Words};
use crate::domain::time::{format_duration, parse_duration};
use crate::domain::{Error, OrNotFound, Result, Site};
use crate::mail::letters::{Facts, Reminder};
use crate::mail::template::{Extra, Template};
use crate::ops::sequences;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cartwright sequence list --site my-shop
  cartwright sequence set --site my-shop --step 2 --delay 2d --subject 'Still yours'
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
            let sequence = store.read(|tx| sequences::of_site(tx, &site))?;
            let step = sequence.step(step).or_not_found("step", &step.to_string())?;
            say!("{}", preview(&site, step, &part)?);
        }
    }
    Ok(Ended::Done)
}

/// The step as it is to be. A new one needs a delay.
fn changed(sequence: &Sequence, change: &Change) -> Result<Step> {
    let mut step = match sequence.step(change.step) {
        Some(step) => step.clone(),
        None if change.delay.is_none() => return Err(Error::missing("delay")),
        None => Step { number: change.step, delay_secs: 0, active: true, minimum: 0, words: Words::default() },
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

fn preview(site: &Site, step: &Step, part: &str) -> Result<String> {
    let line = |id: &str, name: &str, quantity: i64, unit_price: i64| Item {
        id: id.into(),
        product_id: id.into(),
        variant_id: None,
        name: Some(name.into()),
        sku: None,
        quantity,
        unit_price,
        image_url: None,
        url: None,
        notes: None,
        metadata: None,
    };
    let items = [line("mug", "Stoneware mug", 2, 1_450), line("towel", "Linen towel", 1, 1_900)];
    let facts = Facts {
        shop_name: &site.name,
        postal_address: site.settings.postal_address().unwrap_or_default(),
        first_name: Some("Ann"),
        items: &items,
        total_minor: 4_800,
        currency: site.currency,
        restore_url: Some("https://example.com/cart"),
        unsubscribe_url: "https://example.com/unsubscribe",
        honeypot_url: None,
        pixel_url: None,
    };
    let extra = Extra { email: "ann@example.com", site_id: &site.site_id, step: step.number, data: &[] };
    let reminder = Reminder::of_step(step.number).unwrap_or(Reminder::Third);
    let letter = template(step).compose(reminder, &facts, &extra)?;
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
                "subject": step.words.subject,
                "html": step.words.html,
                "text": step.words.text,
            }))?;
            continue;
        }
        let state = if step.active { "on" } else { "off" };
        let own = if step.words == Words::default() { "as shipped" } else { "in the shop's words" };
        say!(
            "{}  {} after abandonment  {state}  from {} minor units  {own}",
            step.number,
            format_duration(step.delay_secs),
            step.minimum
        );
    }
    Ok(())
}
