//! Letters that go nowhere but into the store. Claimed and settled in one transaction they cannot be lost on the way, so
//! they are never written down as being on it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{Claim, Looked, Means, Written, keep_written, look, plan_in, site_of};
use crate::domain::sequences::Sequence;
use crate::domain::{Result, Site, SiteNo};
use crate::ops::{messages as letters, sequences};
use crate::store::{ReadTx, WriteTx};

/// The shops whose letters are looked at in one transaction, as they are in it: it changes none, and nobody else can.
#[derive(Default)]
pub struct Shops(BTreeMap<SiteNo, Shop>);

/// A shop, with what it writes to its shoppers.
pub(super) struct Shop {
    pub(super) site: Site,
    pub(super) sequence: Sequence,
}

impl Shops {
    pub(super) fn of(&mut self, tx: &ReadTx, no: SiteNo) -> Result<&Shop> {
        Ok(match self.0.entry(no) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let site = site_of(tx, no)?;
                let sequence = sequences::of_site(tx, &site)?;
                entry.insert(Shop { site, sequence })
            }
        })
    }
}

/// Looks at the letter that has been due longest, and keeps it as sent, as `write` writes it, unless something stands
/// against it. Returns whether there may be more.
pub fn capture(tx: &WriteTx, means: Means, shops: &mut Shops, write: impl FnOnce(&Claim) -> Written) -> Result<bool> {
    let mut claim = match look(tx, means, shops)? {
        Looked::Nothing => return Ok(false),
        Looked::Decided => return Ok(true),
        Looked::Claimed(claim) => claim,
    };
    let written = write(&claim);
    let Claim { site, message, cart, .. } = &mut *claim;
    keep_written(tx, message, &written)?;
    letters::taken_about(tx, site, message, Some(cart))?;
    plan_in(tx, site, &shops.of(tx, site.no)?.sequence, cart, message.step)?;
    Ok(true)
}
