//! Who is calling. Every door ends here: a key or a user's key goes in, a [`Caller`] with one site comes out.

use std::borrow::Cow;
use std::sync::Arc;

use subtle::ConstantTimeEq;

use crate::domain::keys::{ApiKey, Scope, hash_key};
use crate::domain::origins::Origin;
use crate::domain::users::User;
use crate::domain::{Result, Site};
use crate::store::{ReadTx, Store, keys, sites, users};

/// Somebody with a key, and the one site that it belongs to.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The site whose rows this caller sees, and no other's.
    pub site: Site,
    /// The key that was shown.
    pub key: ApiKey,
}

/// Why a key opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody has this key, or it was taken back.
    UnknownKey,
    /// Its time is over.
    ExpiredKey,
    /// Its site's account is inactive or closed. Doors that take keys as parameters look at the scope before that.
    ClosedAccount {
        /// Whether the key would be for this.
        allowed: bool,
    },
    /// It is not for this.
    MissingScope(Scope),
}

/// The holder of a key, who must be allowed `scope`. The outer error is ours, the inner one the caller's.
pub fn by_key(tx: &ReadTx, key: &str, scope: Scope) -> Result<Result<Caller, Refusal>> {
    let found = holder(tx, key, scope)?;
    if let Ok(caller) = &found {
        note_use(tx, caller);
    }
    Ok(found)
}

fn holder(tx: &ReadTx, key: &str, scope: Scope) -> Result<Result<Caller, Refusal>> {
    let Some(key) = keys::by_hash(tx, &hash_key(key))?.filter(|key| !key.is_revoked()) else {
        return Ok(Err(Refusal::UnknownKey));
    };
    if key.is_expired(tx.now()) {
        return Ok(Err(Refusal::ExpiredKey));
    }
    let Some(site) = sites::by_no(tx, key.site)? else { return Ok(Err(Refusal::UnknownKey)) };
    if site.status.is_closed() {
        return Ok(Err(Refusal::ClosedAccount { allowed: key.scopes.allow(scope) }));
    }
    if !key.scopes.allow(scope) {
        return Ok(Err(Refusal::MissingScope(scope)));
    }
    Ok(Ok(Caller { site, key }))
}

/// Has it noted, after this transaction, that the key was used; at most once in a while.
fn note_use(tx: &ReadTx, caller: &Caller) {
    if caller.key.is_use_news(tx.now()) {
        tx.note_key(caller.site.no, caller.key.no);
    }
}

/// Why a site id and a key together open nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteRefusal {
    /// There is no such site.
    UnknownSite,
    /// The key is not one of this site's that may do this, or the account is closed.
    WrongKey,
}

/// The holder of a key of a named site, for interfaces whose callers name both. Another site's key is a wrong key.
pub fn by_site_and_key(tx: &ReadTx, site_id: &str, key: &str, scope: Scope) -> Result<Result<Caller, SiteRefusal>> {
    let Some(site) = sites::by_site_id(tx, site_id)? else { return Ok(Err(SiteRefusal::UnknownSite)) };
    let caller = holder(tx, key, scope)?.ok().filter(|caller| caller.site.no == site.no);
    if let Some(caller) = &caller {
        note_use(tx, caller);
    }
    Ok(caller.ok_or(SiteRefusal::WrongKey))
}

/// The site of a public id, for what a shop's pages tell without a key. A closed account's is none.
pub fn by_public_id(tx: &ReadTx, site_id: &str) -> Result<Option<Site>> {
    Ok(sites::by_site_id(tx, site_id)?.filter(|site| !site.status.is_closed()))
}

/// A shop as its pages are heard: asked for by every call of a browser, and worked out once after a commit.
#[derive(Debug)]
pub struct Heard {
    /// The shop.
    pub site: Site,
    /// Where its pages are.
    pub origins: Vec<Origin>,
}

impl Heard {
    /// The page that a browser's `Origin` header names. One that is spelled as the shop's own is not read anew.
    pub fn page(&self, named: &str) -> Option<Cow<'_, Origin>> {
        match self.origins.iter().find(|origin| origin.as_text() == named) {
            Some(origin) => Some(Cow::Borrowed(origin)),
            None => Origin::parse(named).ok().map(Cow::Owned),
        }
    }
}

/// The kind of what is remembered of shops that are heard.
const HEARD: &str = "heard by site_id";

/// What [`heard`] said a moment ago, where no shop was changed since.
pub fn heard_just_now(store: &Store, site_id: &String) -> Option<Arc<Heard>> {
    store.recall(HEARD, site_id)
}

/// The same shop as [`by_public_id`] has, for what its pages tell.
pub fn heard(tx: &ReadTx, site_id: &str) -> Result<Option<Arc<Heard>>> {
    tx.remember_of_shop(HEARD, site_id.to_owned(), |tx| {
        let heard = |site: Site| Arc::new(Heard { origins: site.settings.origins(), site });
        Ok(by_public_id(tx, site_id)?.map(heard))
    })
}

/// Whether any shop's pages are of an origin, for a browser that asks before it says whose page it shows.
pub fn is_origin_of_any(tx: &ReadTx, origin: &Origin) -> Result<bool> {
    Ok(sites::all(tx)?.iter().any(|site| !site.status.is_closed() && site.settings.origins().contains(origin)))
}

/// The user of an account who shows this key, with the site. An unknown account, an unknown user and a wrong key are
/// told apart neither by the answer nor by how long it takes.
pub fn by_user(tx: &ReadTx, account_id: &str, user_id: &str, key: &str) -> Result<Option<(Site, User)>> {
    let shown = hash_key(key);
    let site = sites::by_account_id(tx, account_id)?;
    let user = match &site {
        Some(site) => users::by_user_id(tx, site.no, user_id)?,
        None => None,
    };
    let kept = user.as_ref().and_then(|user| user.key_hash).unwrap_or([0; 32]);
    let equal = bool::from(shown.ct_eq(&kept));
    Ok(site.zip(user).filter(|(_, user)| equal && user.key_hash.is_some()))
}
