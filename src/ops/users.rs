//! Adding the people who work for a shop.

use super::{ids, sessions};
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

/// Whether anybody can sign in to the dashboard with a password.
pub fn anybody_signs_in(tx: &ReadTx) -> Result<bool> {
    users::any_has_password(tx)
}

/// A site's users, by name.
pub fn list(tx: &ReadTx, site: &Site) -> Result<Vec<User>> {
    users::all(tx, site.no)
}

/// Keeps the hash of a user's password, a PHC string that the caller made: hashing takes longer than a transaction
/// should. Whoever is signed in by the old one is signed out.
pub fn set_password(tx: &WriteTx, site: &Site, user_id: &str, hash: &str) -> Result<()> {
    let user = find(tx, site, user_id)?;
    users::set_password(tx, site.no, user_id, hash)?;
    sessions::end_all(tx, site, &user)
}

/// A site's user by name.
pub fn find(tx: &ReadTx, site: &Site, user_id: &str) -> Result<User> {
    users::by_user_id(tx, site.no, user_id)?.or_not_found("user", user_id)
}

/// What of a user is to change.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// What the user may do.
    pub role: Option<Role>,
    /// The user's own zone.
    pub zone: Option<Zone>,
    /// Loyalty campaigns that the user may see.
    pub campaigns: Option<Campaigns>,
    /// A new key of the loyalty interface; the old one opens nothing any more.
    pub key: Option<String>,
}

/// Changes a user; what is not named stays. The last owner stays one.
pub fn change(tx: &WriteTx, site: &Site, user_id: &str, changes: Changes) -> Result<User> {
    let mut user = find(tx, site, user_id)?;
    if changes.role.is_some_and(|role| role != Role::Owner) {
        check_not_last_owner(tx, site, &user)?;
    }
    if let Some(key) = &changes.key {
        check_imported(key)?;
        user.key_hash = Some(hash_key(key));
    }
    user.role = changes.role.unwrap_or(user.role);
    user.zone = changes.zone.or(user.zone);
    user.allowed_campaigns = changes.campaigns.unwrap_or(user.allowed_campaigns);
    users::update(tx, &user)?;
    Ok(user)
}

/// Removes a user. What the user recorded stays in the ledger under the name. The last owner stays.
pub fn remove(tx: &WriteTx, site: &Site, user_id: &str) -> Result<User> {
    let user = find(tx, site, user_id)?;
    check_not_last_owner(tx, site, &user)?;
    users::delete(tx, site.no, &user.user_id)?;
    Ok(user)
}

fn check_not_last_owner(tx: &ReadTx, site: &Site, user: &User) -> Result<()> {
    let owners = users::all(tx, site.no)?.iter().filter(|other| other.role == Role::Owner).count();
    match user.role == Role::Owner && owners == 1 {
        true => Err(Error::Conflict(format!("`{}` is the last owner", user.user_id))),
        false => Ok(()),
    }
}
