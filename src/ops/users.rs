//! Adding the people who work for a shop.

use super::ids;
use crate::domain::keys::{check_imported, hash_key, spell_key};
use crate::domain::users::{Campaigns, Role, User, check_user_id};
use crate::domain::{Error, OrNotFound, Result, Site, Zone};
use crate::store::{ReadTx, WriteTx, users};

/// A user to be added.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Letters, digits and underscore, at most 20.
    pub user_id: String,
    /// What the user may do.
    pub role: Role,
    /// The user's own zone.
    pub zone: Option<Zone>,
    /// Loyalty campaigns that the user may see.
    pub campaigns: Campaigns,
    /// A key that the user already has in the loyalty interface; absent, one is made.
    pub key: Option<String>,
}

/// Adds a user and returns the key of the loyalty interface: made here and shown this once, or as brought along.
pub fn add(tx: &WriteTx, site: &Site, new: NewUser) -> Result<(User, String)> {
    check_user_id(&new.user_id)?;
    let key = match new.key {
        Some(key) => {
            check_imported(&key)?;
            key
        }
        None => spell_key(&ids::secret()?),
    };
    if users::by_user_id(tx, site.no, &new.user_id)?.is_some() {
        return Err(Error::Conflict(format!("user `{}` exists already", new.user_id)));
    }
    let mut user = User {
        no: 0,
        site: site.no,
        user_id: new.user_id,
        role: new.role,
        zone: new.zone,
        allowed_campaigns: new.campaigns,
        key_hash: Some(hash_key(&key)),
        password_hash: None,
        created_at: tx.now(),
    };
    user.no = users::insert(tx, &user)?;
    Ok((user, key))
}

/// A site's users, by name.
pub fn list(tx: &ReadTx, site: &Site) -> Result<Vec<User>> {
    users::all(tx, site.no)
}

/// Keeps the hash of a user's password, a PHC string that the caller made: hashing takes longer than a transaction
/// should.
pub fn set_password(tx: &WriteTx, site: &Site, user_id: &str, hash: &str) -> Result<()> {
    users::set_password(tx, site.no, user_id, hash)?.then_some(()).or_not_found("user", user_id)
}
