//! People who work for the shop.

use rusqlite::{Row, named_params};

use super::{ReadTx, WriteTx};
use crate::domain::users::User;
use crate::domain::{Result, SiteNo};

const COLUMNS: &str = "no, site, user_id, role, timezone, allowed_campaigns, key_hash, password_hash, created_at";

fn from_row(row: &Row) -> rusqlite::Result<User> {
    Ok(User {
        no: row.get("no")?,
        site: row.get("site")?,
        user_id: row.get("user_id")?,
        role: row.get("role")?,
        zone: row.get("timezone")?,
        allowed_campaigns: row.get("allowed_campaigns")?,
        key_hash: row.get("key_hash")?,
        password_hash: row.get("password_hash")?,
        created_at: row.get("created_at")?,
    })
}

/// A site's user by name, which is case-sensitive.
pub fn by_user_id(tx: &ReadTx, site: SiteNo, user_id: &str) -> Result<Option<User>> {
    tx.remember("user by id", (site, user_id.to_owned()), |tx| {
        tx.first(
            sql!("select {COLUMNS} from users where site = :site and user_id = :user_id"),
            named_params! { ":site": site, ":user_id": user_id },
            from_row,
        )
    })
}

/// A site's user by our own number.
pub fn by_no(tx: &ReadTx, site: SiteNo, no: i64) -> Result<Option<User>> {
    tx.first(
        sql!("select {COLUMNS} from users where site = :site and no = :no"),
        named_params! { ":site": site, ":no": no },
        from_row,
    )
}

/// Whether anybody, of whichever site, can sign in with a password.
pub fn any_has_password(tx: &ReadTx) -> Result<bool> {
    tx.one("select exists (select 1 from users where password_hash is not null) as there", [], |row| row.get("there"))
}

/// A site's users, by name.
pub fn all(tx: &ReadTx, site: SiteNo) -> Result<Vec<User>> {
    tx.all(
        sql!("select {COLUMNS} from users where site = :site order by user_id"),
        named_params! { ":site": site },
        from_row,
    )
}

/// Adds a user; its `no` is given by the store.
pub fn insert(tx: &WriteTx, user: &User) -> Result<i64> {
    tx.insert(
        "insert into users (site, user_id, role, timezone, allowed_campaigns, key_hash, password_hash, created_at)
         values (:site, :user_id, :role, :timezone, :allowed_campaigns, :key_hash, :password_hash, :created_at)",
        named_params! {
            ":site": user.site,
            ":user_id": user.user_id,
            ":role": user.role,
            ":timezone": user.zone,
            ":allowed_campaigns": user.allowed_campaigns,
            ":key_hash": user.key_hash,
            ":password_hash": user.password_hash,
            ":created_at": user.created_at,
        },
    )
}

/// Sets the hash of a user's password. Returns whether there is such a user.
pub fn set_password(tx: &WriteTx, site: SiteNo, user_id: &str, hash: &str) -> Result<bool> {
    let changed = tx.run(
        "update users set password_hash = :hash where site = :site and user_id = :user_id",
        named_params! { ":site": site, ":user_id": user_id, ":hash": hash },
    )?;
    Ok(changed > 0)
}

/// Writes what can change of a user, but for the password.
pub fn update(tx: &WriteTx, user: &User) -> Result<()> {
    tx.run(
        "update users
         set role = :role, timezone = :timezone, allowed_campaigns = :allowed_campaigns, key_hash = :key_hash
         where site = :site and no = :no",
        named_params! {
            ":site": user.site,
            ":no": user.no,
            ":role": user.role,
            ":timezone": user.zone,
            ":allowed_campaigns": user.allowed_campaigns,
            ":key_hash": user.key_hash,
        },
    )?;
    Ok(())
}

/// Removes a user.
pub fn delete(tx: &WriteTx, site: SiteNo, user_id: &str) -> Result<()> {
    tx.run(
        "delete from users where site = :site and user_id = :user_id",
        named_params! { ":site": site, ":user_id": user_id },
    )?;
    Ok(())
}
