//! Links that open one thing once: the set-up of the first user, and a demo's dashboard.

use super::sessions;
use crate::domain::keys::hash_key;
use crate::domain::passes::{LASTS_SECS, Pass, Purpose};
use crate::domain::{OrNotFound, Result, Site, Timestamp};
use crate::store::{ReadTx, WriteTx, passes, sites, users};

/// Makes the link by which the first user gets in, where nobody has a password yet. Earlier ones end.
pub fn for_set_up(tx: &WriteTx) -> Result<Option<String>> {
    passes::delete_ended(tx, Purpose::SetUp, Timestamp::MAX)?;
    if users::any_has_password(tx)? {
        return Ok(None);
    }
    make(tx, Purpose::SetUp, None).map(Some)
}

/// Whether a link opens the set-up, which it does until it is used or somebody has a password.
pub fn opens_set_up(tx: &ReadTx, token: &str) -> Result<bool> {
    let pass = passes::by_hash(tx, &hash_key(token))?;
    Ok(pass.is_some_and(|pass| pass.opens(Purpose::SetUp, tx.now())) && !users::any_has_password(tx)?)
}

/// Uses the link of a set-up. Whoever comes second finds none.
pub(super) fn use_for_set_up(tx: &WriteTx, token: &str) -> Result<()> {
    opens_set_up(tx, token)?.then_some(()).or_not_found("set-up link", "of this address")?;
    passes::delete(tx, &hash_key(token))
}

/// Makes a link that signs a user in. For demos, whose users are nobody.
pub fn for_sign_in(tx: &WriteTx, site: &Site, user_id: &str) -> Result<String> {
    let user = users::by_user_id(tx, site.no, user_id)?.or_not_found("user", user_id)?;
    passes::delete_ended(tx, Purpose::SignIn, tx.now())?;
    make(tx, Purpose::SignIn, Some(user.no))
}

/// Uses a link that signs somebody in. Returns the token of the new session; `None` when the link opens nothing.
pub fn sign_in(tx: &WriteTx, token: &str) -> Result<Option<String>> {
    let hash = hash_key(token);
    let pass = passes::by_hash(tx, &hash)?.filter(|pass| pass.opens(Purpose::SignIn, tx.now()));
    let Some(user) = pass.and_then(|pass| pass.user) else { return Ok(None) };
    passes::delete(tx, &hash)?;
    for site in sites::all(tx)? {
        if let Some(user) = users::by_no(tx, site.no, user)? {
            return sessions::begin(tx, &site, &user).map(Some);
        }
    }
    Ok(None)
}

fn make(tx: &WriteTx, purpose: Purpose, user: Option<i64>) -> Result<String> {
    let token = sessions::token()?;
    passes::insert(tx, &Pass { hash: hash_key(&token), purpose, user, ends_at: tx.now().plus(LASTS_SECS) })?;
    Ok(token)
}
