//! People who work for the shop: roles, and the loyalty campaigns that each may see.

use super::keys::KeyHash;
use super::{Error, Result, SiteNo, Timestamp, Zone, words};

words! {
    /// What a user may do. Owners and admins see all loyalty campaigns, observers change nothing.
    Role, "role" {
        Owner = "owner",
        Admin = "admin",
        Manager = "manager",
        Observer = "observer",
    }
}

/// Which loyalty campaigns a user may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Campaigns {
    /// Every one, also those to come.
    All,
    /// Those with these ids.
    Some(Vec<String>),
    /// Not one.
    None,
}

impl Campaigns {
    /// Reads `all`, `none`, or ids between commas.
    pub fn parse(text: &str) -> Result<Self> {
        match text.trim() {
            "all" => Ok(Campaigns::All),
            "none" => Ok(Campaigns::None),
            list => {
                let ids = list.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
                match Campaigns::listed(ids) {
                    Campaigns::None => {
                        Err(Error::refused("campaigns", "must be all, none, or campaign ids between commas"))
                    }
                    campaigns => Ok(campaigns),
                }
            }
        }
    }

    /// Exactly these ids, in order and once each.
    pub fn listed(ids: impl Iterator<Item = String>) -> Self {
        let mut ids: Vec<String> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() { Campaigns::None } else { Campaigns::Some(ids) }
    }

    /// Whether the campaign with this id is among them.
    pub fn contain(&self, id: &str) -> bool {
        match self {
            Campaigns::All => true,
            Campaigns::Some(ids) => ids.iter().any(|allowed| allowed == id),
            Campaigns::None => false,
        }
    }
}

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// Our own number.
    pub no: i64,
    /// Whose user it is.
    pub site: SiteNo,
    /// By which the user signs in: letters, digits and underscore, at most 20.
    pub user_id: String,
    /// What the user may do.
    pub role: Role,
    /// The user's own zone; absent, the shop's.
    pub zone: Option<Zone>,
    /// As given; [`User::campaigns`] is what counts.
    pub allowed_campaigns: Campaigns,
    /// Hash of the key of the loyalty interface.
    pub key_hash: Option<KeyHash>,
    /// PHC string of the dashboard's password.
    pub password_hash: Option<String>,
    /// When the user was added.
    pub created_at: Timestamp,
}

impl User {
    /// The campaigns that this user sees: all for owners and admins, else those allowed.
    pub fn campaigns(&self) -> Campaigns {
        match self.role {
            Role::Owner | Role::Admin => Campaigns::All,
            Role::Manager | Role::Observer => self.allowed_campaigns.clone(),
        }
    }
}

/// Shortest password that is taken: NIST SP 800-63B-4, section 3.1.1.2, for a password that stands alone.
pub const LEAST_PASSWORD: usize = 15;
/// Longest one, in bytes: more is no password, and costs.
const LONGEST_PASSWORD: usize = 1_000;

/// Checks a new password. Nothing is asked of it but length, as the same source advises.
pub fn check_password(text: &str) -> Result<()> {
    if text.chars().count() < LEAST_PASSWORD {
        return Err(Error::refused("password", format!("must have at least {LEAST_PASSWORD} characters")));
    }
    if text.len() > LONGEST_PASSWORD {
        return Err(Error::refused("password", format!("must have at most {LONGEST_PASSWORD} bytes")));
    }
    Ok(())
}

/// Checks a user id: letters, digits and underscore, 1 to 20.
pub fn check_user_id(text: &str) -> Result<()> {
    if (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        Ok(())
    } else {
        Err(Error::refused("user_id", "must be 1 to 20 letters, digits or underscores"))
    }
}
