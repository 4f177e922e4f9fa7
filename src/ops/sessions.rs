//! Signing in to the dashboard and out of it.

use data_encoding::BASE64URL_NOPAD;

use super::ids;
use crate::domain::keys::hash_key;
use crate::domain::sessions::{IDLE_SECS, LONGEST_SECS, Session};
use crate::domain::users::User;
use crate::domain::{Result, Site};
use crate::store::{ReadTx, WriteTx, sessions, sites, users};

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// In which browser, since when.
    pub session: Session,
    /// The site that is shown.
    pub site: Site,
    /// Who it is.
    pub user: User,
}

/// A random token as it stands in a cookie or a link.
pub fn token() -> Result<String> {
    Ok(BASE64URL_NOPAD.encode(&ids::secret()?))
}

/// The user whose password somebody claims to know, with the site. Several shops are told apart by a site's or an
/// account's public id; where there is one shop, none needs to be named.
pub fn claimed(tx: &ReadTx, shop: &str, user_id: &str) -> Result<Option<(Site, User)>> {
    let shop = shop.trim();
    let site = if shop.is_empty() {
        let mut all = sites::all(tx)?;
        if all.len() == 1 { all.pop() } else { None }
    } else {
        match sites::by_site_id(tx, shop)? {
            Some(site) => Some(site),
            None => sites::by_account_id(tx, shop)?,
        }
    };
    let Some(site) = site.filter(|site| !site.status.is_closed()) else { return Ok(None) };
    let user = users::by_user_id(tx, site.no, user_id.trim())?.filter(|user| user.password_hash.is_some());
    Ok(user.map(|user| (site, user)))
}

/// How many shops there are, which decides whether one has to be named.
pub fn shops(tx: &ReadTx) -> Result<usize> {
    Ok(sites::all(tx)?.len())
}

/// Signs somebody in whose password was checked against `proven`, under a token that nobody had before. `None` when
/// the password was changed, or the user went, in the meantime.
pub fn open(tx: &WriteTx, site: &Site, user_id: &str, proven: &str) -> Result<Option<String>> {
    let Some(user) = users::by_user_id(tx, site.no, user_id)? else { return Ok(None) };
    if user.password_hash.as_deref() != Some(proven) {
        return Ok(None);
    }
    begin(tx, site, &user).map(Some)
}

/// Makes a session and returns its token.
pub(super) fn begin(tx: &WriteTx, site: &Site, user: &User) -> Result<String> {
    let now = tx.now();
    sessions::delete_old(tx, site.no, user.no, now.plus(-LONGEST_SECS), now.plus(-IDLE_SECS))?;
    let token = token()?;
    let session = Session { hash: hash_key(&token), site: site.no, user: user.no, created_at: now, seen_at: now };
    sessions::insert(tx, &session)?;
    Ok(token)
}

/// Who shows this token. A session that is over, of a user who is gone or of a closed account is none.
pub fn find(tx: &ReadTx, token: &str) -> Result<Option<SignedIn>> {
    let Some(session) = sessions::by_hash(tx, &hash_key(token))?.filter(|session| !session.is_over(tx.now())) else {
        return Ok(None);
    };
    let Some(site) = sites::by_no(tx, session.site)?.filter(|site| !site.status.is_closed()) else { return Ok(None) };
    let user = users::by_no(tx, site.no, session.user)?;
    Ok(user.map(|user| SignedIn { session, site, user }))
}

/// Notes that somebody was here.
pub fn see(tx: &WriteTx, session: &Session) -> Result<()> {
    sessions::see(tx, session.site, &session.hash, tx.now())
}

/// Signs somebody out: the token opens nothing from here on.
pub fn close(tx: &WriteTx, session: &Session) -> Result<()> {
    sessions::delete(tx, session.site, &session.hash)
}

/// Ends every session of a user.
pub(super) fn end_all(tx: &WriteTx, site: &Site, user: &User) -> Result<()> {
    sessions::delete_others(tx, site.no, user.no, None).map(drop)
}

/// Keeps a new password's hash for whoever is signed in, and ends their other sessions. Returns how many ended.
pub fn change_password(tx: &WriteTx, signed_in: &SignedIn, hash: &str) -> Result<usize> {
    let (site, user) = (&signed_in.site, &signed_in.user);
    users::set_password(tx, site.no, &user.user_id, hash)?;
    sessions::delete_others(tx, site.no, user.no, Some(&signed_in.session.hash))
}
