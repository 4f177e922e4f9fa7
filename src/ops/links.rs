//! What the links of letters do. A link is known by its token alone: whoever holds it is nobody in particular, so it
//! tells nothing about a person and logs nobody in.

use super::{engagement, sites, suppressions};
use crate::domain::carts::{Cart, Item};
use crate::domain::engagement::{Evidence, Link};
use crate::domain::links::{is_web_link, with_parameter};
use crate::domain::messages::{EventKind, Message};
use crate::domain::suppressions::{Reason, Source};
use crate::domain::tokens::{Token, Use, hash_named, name_of, spell};
use crate::domain::{EmailAddress, Error, OrNotFound, Result, Site};
use crate::store::{ReadTx, WriteTx, carts, engagement as hits, items, messages, suppressions as kept};

/// How long an unsubscribe can be taken back by whoever made it.
const UNDO_FOR: i64 = 3_600;
/// What a token is about that only tries the way: no letter has such an id.
const TRIAL: &str = "~trial";
/// The parameter by which the shop's page learns which cart to restore.
const CART_PARAMETER: &str = "cartwright_cart";

/// The site that made a token, where it holds for a use.
fn opened(tx: &ReadTx, text: &str, purpose: Use) -> Result<(Site, Token)> {
    let unknown = || Error::NotFound { what: "link", id: "of this token".to_owned() };
    let token = Token::read(text).ok_or_else(unknown)?;
    match sites::find(tx, token.site_id()) {
        Ok(site) if token.holds(&site, purpose, tx.now()) => Ok((site, token)),
        Ok(_) | Err(Error::NotFound { .. }) => Err(unknown()),
        Err(e) => Err(e),
    }
}

/// The site and the letter of a token that holds for a use.
fn letter(tx: &ReadTx, text: &str, purpose: Use) -> Result<(Site, Message)> {
    let (site, token) = opened(tx, text, purpose)?;
    let message = messages::by_id(tx, site.no, token.about())?.or_not_found("link", "of this token")?;
    Ok((site, message))
}

/// Looks at an unsubscribe link and changes nothing. Returns the shop.
pub fn look_at_unsubscribe(tx: &ReadTx, token: &str) -> Result<Site> {
    letter(tx, token, Use::Unsubscribe).map(|(site, _)| site)
}

/// An unsubscribe token of a shop that is about no letter: whoever shows it gets the answer that a mailbox provider gets, and
/// nobody is unsubscribed.
pub fn trial_token(site: &Site) -> String {
    spell(site, Use::Unsubscribe, TRIAL, None)
}

/// What an unsubscribe led to.
#[derive(Clone, Debug)]
pub struct Unsubscribed {
    /// The shop.
    pub site: Site,
    /// Takes it back for a while; absent where there is nothing to take back.
    pub undo: Option<String>,
}

/// Ends letters to the address of a letter, now. Said again, nothing changes. A letter whose address was erased has
/// nobody to write to any more.
pub fn unsubscribe(tx: &WriteTx, token: &str) -> Result<Unsubscribed> {
    let (site, opened) = opened(tx, token, Use::Unsubscribe)?;
    if opened.about() == TRIAL {
        return Ok(Unsubscribed { site, undo: None });
    }
    let message = messages::by_id(tx, site.no, opened.about())?.or_not_found("link", "of this token")?;
    let undo = match &message.email {
        Some(email) => {
            suppressions::suppress_through(tx, &site, email, Reason::Unsubscribe, Some(&message.id), Source::Link)?;
            undo_token(tx, &site, email, |kept| kept == (Some(Source::Link), Some(message.no)))?
        }
        None => None,
    };
    Ok(Unsubscribed { site, undo })
}

/// Ends letters to an address, from the vendor's page. A letter that the page's link named gets it counted.
pub fn unsubscribe_by_page(
    tx: &WriteTx,
    site: Site,
    email: &EmailAddress,
    message_id: Option<&str>,
) -> Result<Unsubscribed> {
    let named = message_id.map(|id| messages::by_id(tx, site.no, id)).transpose()?.flatten();
    let own = named.filter(|message| message.email.as_ref().is_some_and(|to| to.matched() == email.matched()));
    let id = own.as_ref().map(|message| message.id.as_str());
    suppressions::suppress_through(tx, &site, email, Reason::Unsubscribe, id, Source::Page)?;
    let undo = undo_token(tx, &site, email, |(source, _)| source == Some(Source::Page))?;
    Ok(Unsubscribed { site, undo })
}

/// The token that takes back the unsubscribe in force, where it is one that was just made here. It ends with the hour,
/// however often the unsubscribe is said again.
fn undo_token(
    tx: &ReadTx,
    site: &Site,
    email: &EmailAddress,
    is_this: impl FnOnce((Option<Source>, Option<i64>)) -> bool,
) -> Result<Option<String>> {
    let hash = crate::domain::suppressions::hash_address(site, email);
    let Some(found) = kept::in_force(tx, site.no, &hash, Reason::Unsubscribe)? else { return Ok(None) };
    let ends = found.at.plus(UNDO_FOR);
    if tx.now() >= ends || !is_this((found.source, found.message)) {
        return Ok(None);
    }
    Ok(Some(spell(site, Use::Undo, &name_of(&hash), Some(ends))))
}

/// Takes an unsubscribe back, and plans the letters again that it took out of the queue. What it counted stays counted. Said again, nothing changes.
pub fn undo(tx: &WriteTx, token: &str) -> Result<Site> {
    let (site, token) = opened(tx, token, Use::Undo)?;
    let hash = hash_named(token.about()).or_not_found("link", "of this token")?;
    let begun_at = token.ends().plus(-UNDO_FOR);
    let found = kept::in_force(tx, site.no, &hash, Reason::Unsubscribe)?.filter(|found| found.at == begun_at);
    if let Some(found) = found {
        suppressions::end(tx, &site, &found)?;
    }
    Ok(site)
}

/// A link of a letter was followed. Returns where it leads: to the shop, and nowhere else. The link that no reader
/// sees leads nowhere.
pub fn click(tx: &WriteTx, token: &str, position: i64, mut evidence: Evidence) -> Result<Option<String>> {
    let (site, message) = letter(tx, token, Use::Click)?;
    let target = hits::links(tx, message.no)?.into_iter().find(|(at, _)| *at == position).map(|(_, url)| url);
    if position != 0 && target.is_none() {
        return Err(Error::NotFound { what: "link", id: position.to_string() });
    }
    evidence.link = Some(if position == 0 { Link::Honeypot } else { Link::Numbered(position) });
    if site.settings.tracks_clicks() {
        engagement::record(tx, &site, &message, EventKind::Click, &evidence)?;
    }
    Ok(target)
}

/// A letter was shown, where the shop wants to know.
pub fn open(tx: &WriteTx, token: &str, evidence: &Evidence) -> Result<()> {
    let (site, message) = letter(tx, token, Use::Open)?;
    if site.settings.tracks_opens() {
        engagement::record(tx, &site, &message, EventKind::Open, evidence)?;
    }
    Ok(())
}

/// Where a shopper who comes back goes on.
#[derive(Clone, Debug)]
pub enum Restored {
    /// To the shop's own page, told which cart it is.
    At(String),
    /// The shop has none: what is in the cart is all that is shown.
    Here(Site, Vec<Item>),
}

/// A letter's way back to its cart was followed. The cart stays as it is until its shopper does something in the shop.
pub fn restore(tx: &WriteTx, token: &str, mut evidence: Evidence) -> Result<Restored> {
    let (site, message) = letter(tx, token, Use::Restore)?;
    let cart: Option<Cart> = message.cart.map(|no| carts::by_no(tx, site.no, no)).transpose()?.flatten();
    let cart = cart.filter(|cart| cart.deleted_at.is_none()).or_not_found("cart", "of this link")?;
    evidence.link = Some(Link::Restore);
    if site.settings.tracks_clicks() {
        engagement::record(tx, &site, &message, EventKind::Click, &evidence)?;
    }
    match cart.restore_url.filter(|url| is_web_link(url)) {
        Some(url) => Ok(Restored::At(with_parameter(&url, CART_PARAMETER, &cart.id))),
        None => Ok(Restored::Here(site, items::of_cart(tx, cart.no)?)),
    }
}
