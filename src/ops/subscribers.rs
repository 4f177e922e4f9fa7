//! Registering people for a shop's letters and text messages, and letting them go. Letters to them are a matter of
//! suppressions and consents, so that every door tells the same about an address.

use super::listing::{Listed, Wanted};
use super::{consents, ids, suppressions as suppression_ops};
use crate::domain::subscribers::{Channel, Phone, Standing as Stands, Subscriber};
use crate::domain::suppressions::{Consent, Reason, hash_address};
use crate::domain::{EmailAddress, Error, OrNotFound, Result, Site};
use crate::store::subscribers::Filter;
use crate::store::{ReadTx, WriteTx, carts, subscribers, suppressions};

/// Somebody to be registered.
#[derive(Clone, Debug)]
pub struct NewSubscriber {
    /// The address.
    pub email: EmailAddress,
    /// As given.
    pub name: Option<String>,
    /// For text messages.
    pub phone: Option<Phone>,
    /// What was shown to them, where that is known.
    pub wording: Option<String>,
    /// Through which door, for the consent that is kept as evidence.
    pub source: &'static str,
}

/// A subscriber, and where they stand.
pub type Standing = (Subscriber, Stands);

/// What became of a registration.
#[derive(Clone, Debug, PartialEq)]
pub enum Registered {
    /// Somebody new.
    New(Subscriber),
    /// The address is registered already; nothing changed.
    Known,
    /// Another subscriber has the phone number; nothing changed.
    PhoneTaken,
}

/// Registers somebody, and keeps as evidence that the shop says they agreed. An address that is suppressed stays so:
/// a shop that registers everybody anew must not undo what people said themselves.
pub fn register(tx: &WriteTx, site: &Site, new: NewSubscriber) -> Result<Registered> {
    if subscribers::by_address(tx, site.no, &new.email.matched())?.is_some() {
        return Ok(Registered::Known);
    }
    if let Some(phone) = &new.phone
        && subscribers::phone_is_taken(tx, site.no, &phone.matched())?
    {
        return Ok(Registered::PhoneTaken);
    }
    let subscriber = Subscriber {
        id: ids::fresh("sub", tx.now()),
        email: new.email.clone(),
        name: new.name,
        phone: new.phone,
        created_at: tx.now(),
        sms_ended_at: None,
    };
    subscribers::insert(tx, site.no, &subscriber)?;
    let (email, source) = (new.email, new.source.to_owned());
    consents::record(tx, site, Consent { email, given: true, wording: new.wording, at: tx.now(), source })?;
    Ok(Registered::New(subscriber))
}

/// Stops writing to an address at once, and with the subscriber's own number given, stops text messages too. An address
/// that only left a cart here can be let go as well: letters go to it. Returns whether anybody was found; a number that is
/// not the subscriber's finds nobody.
pub fn unsubscribe(tx: &WriteTx, site: &Site, email: &EmailAddress, phone: Option<&Phone>) -> Result<bool> {
    let address = email.matched();
    let found = subscribers::by_address(tx, site.no, &address)?;
    let own = found.as_ref().and_then(|subscriber| subscriber.phone.as_ref()).map(Phone::matched);
    if phone.is_some() && phone.map(Phone::matched) != own {
        return Ok(false);
    }
    if found.is_none() && !carts::address_had_one(tx, site.no, &address)? {
        return Ok(false);
    }
    if let (Some(subscriber), Some(_)) = (&found, phone) {
        subscribers::end_sms(tx, site.no, &subscriber.id, tx.now())?;
    }
    suppression_ops::suppress(tx, site, email, Reason::Unsubscribe, None)?;
    Ok(true)
}

/// Where an address stands; `None` for one that is neither registered nor suppressed.
pub fn standing(tx: &ReadTx, site: &Site, email: &EmailAddress) -> Result<Option<Stands>> {
    let suppressed = suppressions::is_suppressed(tx, site.no, &hash_address(site, email))?;
    Ok(match subscribers::by_address(tx, site.no, &email.matched())? {
        Some(subscriber) => Some(subscriber.standing(suppressed)),
        None if suppressed => Some(Stands { email: false, sms: false }),
        None => None,
    })
}

/// One page of a site's subscribers, by the time of their registration.
pub fn list(tx: &ReadTx, site: &Site, filter: &Filter, wanted: &Wanted) -> Result<Listed<Standing>> {
    let page = wanted.page(|id| Ok(subscribers::by_id(tx, site.no, id)?.map(|found| found.created_at)))?;
    let rows = subscribers::page(tx, site.no, filter, &page)?;
    let standing =
        rows.into_iter().map(|subscriber| with_standing(tx, site, subscriber)).collect::<Result<Vec<_>>>()?;
    Ok(wanted.listed(standing, subscribers::count(tx, site.no, filter)?))
}

/// A subscriber.
pub fn get(tx: &ReadTx, site: &Site, id: &str) -> Result<Standing> {
    with_standing(tx, site, subscribers::by_id(tx, site.no, id)?.or_not_found("subscriber", id)?)
}

fn with_standing(tx: &ReadTx, site: &Site, subscriber: Subscriber) -> Result<Standing> {
    let suppressed = suppressions::is_suppressed(tx, site.no, &hash_address(site, &subscriber.email))?;
    let stands = subscriber.standing(suppressed);
    Ok((subscriber, stands))
}

/// Registers somebody who must be new.
pub fn create(tx: &WriteTx, site: &Site, new: NewSubscriber) -> Result<Standing> {
    match register(tx, site, new)? {
        Registered::New(subscriber) => with_standing(tx, site, subscriber),
        Registered::Known => Err(Error::Conflict("this address is registered already".into())),
        Registered::PhoneTaken => Err(Error::Conflict("another subscriber has this phone number".into())),
    }
}

/// Ends what somebody no longer wants: one way of sending, or all. Saying it again changes nothing.
pub fn leave(tx: &WriteTx, site: &Site, id: &str, channel: Option<Channel>) -> Result<Standing> {
    let (subscriber, _) = get(tx, site, id)?;
    if channel != Some(Channel::Sms) {
        suppression_ops::suppress(tx, site, &subscriber.email, Reason::Unsubscribe, None)?;
    }
    if channel != Some(Channel::Email) {
        subscribers::end_sms(tx, site.no, id, tx.now())?;
    }
    get(tx, site, id)
}
