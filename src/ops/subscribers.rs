//! Registering people for a shop's letters and text messages, and letting them go. Letters to them are a matter of
//! suppressions and consents, so that every door tells the same about an address.

use super::{consents, ids, suppressions as suppression_ops};
use crate::domain::subscribers::{Phone, Standing, Subscriber};
use crate::domain::suppressions::{Consent, Reason, hash_address};
use crate::domain::{EmailAddress, Result, Site};
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
    /// Through which door, for the consent that is kept as evidence.
    pub source: &'static str,
}

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
    consents::record(tx, site, Consent { email, given: true, wording: None, at: tx.now(), source })?;
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
pub fn standing(tx: &ReadTx, site: &Site, email: &EmailAddress) -> Result<Option<Standing>> {
    let suppressed = suppressions::is_suppressed(tx, site.no, &hash_address(site, email))?;
    Ok(match subscribers::by_address(tx, site.no, &email.matched())? {
        Some(subscriber) => Some(subscriber.standing(suppressed)),
        None if suppressed => Some(Standing { email: false, sms: false }),
        None => None,
    })
}
