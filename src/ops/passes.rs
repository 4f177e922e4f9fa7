//! Links that open one thing once: the set-up of the first user, a demo's dashboard, the choice of a password.

use super::sessions;
use crate::domain::keys::hash_key;
use crate::domain::passes::{LASTS_SECS, PASSWORD_LASTS_SECS, Pass, Purpose};
use crate::domain::users::User;
use crate::domain::{OrNotFound, Result, Site, Timestamp};
use crate::store::{ReadTx, WriteTx, passes, sites, users};

/// Makes the link by which the first user gets in, where nobody has a password yet. Earlier ones end.
pub fn for_set_up(tx: &WriteTx) -> Result<Option<String>> {
    passes::delete_ended(tx, Purpose::SetUp, Timestamp::MAX)?;
    if users::any_has_password(tx)? {
        return Ok(None);
    }
    make(tx, Purpose::SetUp, None, LASTS_SECS).map(Some)
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
    make(tx, Purpose::SignIn, Some(user.no), LASTS_SECS)
}

/// Uses a link that signs somebody in. Returns the token of the new session; `None` when the link opens nothing.
pub fn sign_in(tx: &WriteTx, token: &str) -> Result<Option<String>> {
    let hash = hash_key(token);
    let pass = passes::by_hash(tx, &hash)?.filter(|pass| pass.opens(Purpose::SignIn, tx.now()));
    let Some(user) = pass.and_then(|pass| pass.user) else { return Ok(None) };
    passes::delete(tx, &hash)?;
    match whose(tx, user)? {
        Some((site, user)) => sessions::begin(tx, &site, &user).map(Some),
        None => Ok(None),
    }
}

/// Makes a link by which a user chooses a password.
pub fn for_password(tx: &WriteTx, site: &Site, user_id: &str) -> Result<String> {
    let user = users::by_user_id(tx, site.no, user_id)?.or_not_found("user", user_id)?;
    passes::delete_ended(tx, Purpose::Password, tx.now())?;
    make(tx, Purpose::Password, Some(user.no), PASSWORD_LASTS_SECS)
}

/// Whose password a link sets, and at which shop.
pub fn whose_password(tx: &ReadTx, token: &str) -> Result<Option<(Site, User)>> {
    let pass = passes::by_hash(tx, &hash_key(token))?.filter(|pass| pass.opens(Purpose::Password, tx.now()));
    match pass.and_then(|pass| pass.user) {
        Some(user) => Ok(whose(tx, user)?.filter(|(site, _)| !site.status.is_closed())),
        None => Ok(None),
    }
}

/// Uses a link: keeps the hash of the chosen password, ends the user's sessions and makes a new one, whose token is
/// returned. `None` when the link opens nothing.
pub fn choose_password(tx: &WriteTx, token: &str, hash: &str) -> Result<Option<String>> {
    let Some((site, user)) = whose_password(tx, token)? else { return Ok(None) };
    passes::delete(tx, &hash_key(token))?;
    users::set_password(tx, site.no, &user.user_id, hash)?;
    sessions::end_all(tx, &site, &user)?;
    sessions::begin(tx, &site, &user).map(Some)
}

/// The user of our own number, of whichever shop.
fn whose(tx: &ReadTx, no: i64) -> Result<Option<(Site, User)>> {
    for site in sites::all(tx)? {
        if let Some(user) = users::by_no(tx, site.no, no)? {
            return Ok(Some((site, user)));
        }
    }
    Ok(None)
}

fn make(tx: &WriteTx, purpose: Purpose, user: Option<i64>, lasts_secs: i64) -> Result<String> {
    let token = sessions::token()?;
    passes::insert(tx, &Pass { hash: hash_key(&token), purpose, user, ends_at: tx.now().plus(lasts_secs) })?;
    Ok(token)
}
