//! The first visit: a site, its first user with a password, and its keys, in one transaction.

use super::sites::NewSite;
use super::users::NewUser;
use super::{keys, passes, sessions, sites, users};
use crate::domain::keys::Scopes;
use crate::domain::users::{Campaigns, Role};
use crate::domain::{Error, OrNotFound, Result, Site};
use crate::store::{WriteTx, users as rows};

/// What the shop's server needs to do all that the vendors' plugins do; not what belongs to an administrator.
const SERVER_SCOPES: &str = "carts:read carts:write purchases:read purchases:write coupons:read stats:read loyalty:read loyalty:write \
     subscribers:read subscribers:write";

/// Which shop is set up.
#[derive(Clone, Debug)]
pub enum Shop {
    /// One that is not there yet.
    New(Box<NewSite>),
    /// One that the command line made, by its public id.
    Existing(String),
}

/// What a set-up made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The shop.
    pub site: Site,
    /// A key for the shop's server, shown this once.
    pub key: String,
    /// The user's key of the loyalty interface, shown this once; absent for a user who was there before.
    pub user_key: Option<String>,
    /// Token of the session in which whoever did this is signed in.
    pub token: String,
}

/// Uses the link and makes everything. `password_hash` is a PHC string.
pub fn run(tx: &WriteTx, link: &str, shop: Shop, user_id: &str, password_hash: &str) -> Result<Made> {
    passes::use_for_set_up(tx, link)?;
    let site = match shop {
        Shop::New(new) => sites::add(tx, *new)?,
        Shop::Existing(id) => sites::find(tx, &id)?,
    };
    let user_key = match rows::by_user_id(tx, site.no, user_id)? {
        Some(user) if matches!(user.role, Role::Owner | Role::Admin) => None,
        Some(user) => return Err(Error::Conflict(format!("user `{user_id}` is there already, as {}", user.role))),
        None => {
            let new = NewUser {
                user_id: user_id.to_owned(),
                role: Role::Owner,
                zone: None,
                campaigns: Campaigns::All,
                key: None,
            };
            Some(users::add(tx, &site, new)?.1)
        }
    };
    users::set_password(tx, &site, user_id, password_hash)?;
    let (_, key) = keys::create(tx, &site, Scopes::parse(SERVER_SCOPES)?, None)?;
    let user = rows::by_user_id(tx, site.no, user_id)?.or_not_found("user", user_id)?;
    let token = sessions::begin(tx, &site, &user)?;
    Ok(Made { site, key, user_key, token })
}
