//! What somebody of the shop does about the letters of one cart. Everything that forbids a letter holds all the same.

use super::{carts as cart_ops, outbox};
use crate::domain::carts::{Cart, CartStatus};
use crate::domain::letters::{Decision, Outcome, Why};
use crate::domain::messages::{Message, MessageStatus};
use crate::domain::{Error, Result, Site};
use crate::store::{WriteTx, decisions, messages};

/// Stops the letters about a cart, until its shopper leaves it once more or somebody lets them go on.
pub fn stop(tx: &WriteTx, site: &Site, cart_id: &str) -> Result<()> {
    let cart = settled(tx, site, cart_id)?;
    let waiting = waiting(tx, &cart)?;
    if waiting.is_empty() {
        return Err(Error::Conflict("no letter about this cart waits to be sent".into()));
    }
    for letter in waiting {
        decisions::insert(tx, site.no, cart.no, &Decision::about(&letter, tx.now(), Outcome::Skip, Why::Stopped))?;
    }
    messages::cancel_queued_about(tx, cart.no, Why::Stopped.as_str())?;
    Ok(())
}

/// Whether somebody stopped the letters about a cart and nothing was planned since.
pub fn is_stopped(letters: &[Message]) -> bool {
    let stopped = |letter: &Message| {
        letter.status == MessageStatus::Cancelled && letter.detail.as_deref() == Some(Why::Stopped.as_str())
    };
    letters.last().is_some_and(stopped)
}

/// Lets letters go on with the one that was stopped.
pub fn go_on(tx: &WriteTx, site: &Site, cart_id: &str) -> Result<()> {
    let cart = settled(tx, site, cart_id)?;
    let letters = messages::about(tx, cart.no)?;
    match letters.last() {
        Some(letter) if is_stopped(&letters) => plan(tx, site, &cart, letter.step - 1).map(drop),
        _ => Err(Error::Conflict("the letters about this cart were not stopped".into())),
    }
}

/// Has the next letter about an abandoned cart looked at now instead of at its time.
pub fn send_now(tx: &WriteTx, site: &Site, cart_id: &str) -> Result<()> {
    let cart = settled(tx, site, cart_id)?;
    if cart.status != CartStatus::Abandoned {
        return Err(Error::Conflict(format!("the cart is {}; letters are about abandoned ones", cart.status)));
    }
    let letters = messages::about(tx, cart.no)?;
    let mut next = match waiting(tx, &cart)?.pop() {
        Some(letter) => letter,
        None if is_stopped(&letters) => {
            let step = letters.last().map_or(0, |letter| letter.step - 1);
            plan(tx, site, &cart, step)?
        }
        None => plan(tx, site, &cart, letters.iter().map(|letter| letter.step).max().unwrap_or(0))?,
    };
    next.due_at = Some(tx.now());
    messages::update(tx, &next)
}

/// Plans the letter after a step; that there is none to plan is told.
fn plan(tx: &WriteTx, site: &Site, cart: &Cart, after_step: i64) -> Result<Message> {
    outbox::plan(tx, site, cart, after_step)?;
    waiting(tx, cart)?.pop().ok_or_else(|| {
        let why = if cart.email.is_none() {
            "no e-mail address of its shopper is known"
        } else if !site.settings.letters() {
            "letters are switched off in the settings"
        } else if cart.imported {
            "an archive brought this cart, and nobody is written to about it"
        } else if cart.status != CartStatus::Abandoned {
            "the cart is not abandoned"
        } else {
            "the sequence has no further letter"
        };
        Error::Conflict(why.into())
    })
}

fn settled(tx: &WriteTx, site: &Site, cart_id: &str) -> Result<Cart> {
    let mut cart = cart_ops::find(tx, site, cart_id)?;
    cart_ops::settle(tx, site, &mut cart, tx.now())?;
    Ok(cart)
}

fn waiting(tx: &WriteTx, cart: &Cart) -> Result<Vec<Message>> {
    let letters = messages::about(tx, cart.no)?;
    Ok(letters.into_iter().filter(|letter| letter.status == MessageStatus::Queued).collect())
}
