//! Customers and loyalty members.

mod found;
mod records;

pub use found::{Found, NEWEST, search_members};
pub use records::{CustomerChange, NewCustomer, change_known, create, delete, get, list};

use super::ids;
use crate::domain::customers::{Custom, Customer, check_code};
use crate::domain::{EmailAddress, Error, OrNotFound, Result, Site};
use crate::store::customers::Known;
use crate::store::{ReadTx, WriteTx, customers};

/// A member to be added.
#[derive(Clone, Debug, Default)]
pub struct NewMember {
    /// The member's number: any text up to 64 characters; absent, 16 digits are made.
    pub code: Option<String>,
    /// The address.
    pub email: Option<EmailAddress>,
    /// Number of a printed card.
    pub card_number: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// As given.
    pub phone: Option<String>,
    /// Further texts by name.
    pub custom: Custom,
}

/// Adds a loyalty member and returns it with our own number.
pub fn add_member(tx: &WriteTx, site: &Site, new: NewMember) -> Result<(i64, Customer)> {
    let code = match new.code {
        Some(code) => {
            check_code(&code)?;
            if customers::code_is_taken(tx, site.no, &code)? {
                return Err(Error::Conflict(format!("code `{code}` is taken")));
            }
            code
        }
        None => free_code(tx, site)?,
    };
    let customer = Customer {
        id: ids::fresh("cust", tx.now()),
        email: new.email,
        code: Some(code),
        card_number: new.card_number,
        first_name: new.first_name,
        last_name: new.last_name,
        phone: new.phone,
        custom: new.custom,
        created_at: tx.now(),
    };
    customer.check()?;
    Ok((customers::insert(tx, site.no, &customer)?, customer))
}

/// 16 random digits that no member of the site has.
fn free_code(tx: &ReadTx, site: &Site) -> Result<String> {
    loop {
        let random = ids::secret()?;
        let number = random.iter().take(8).fold(0_u64, |n, byte| n << 8 | u64::from(*byte));
        let code = format!("{:016}", number % 10_u64.pow(16));
        if !customers::code_is_taken(tx, site.no, &code)? {
            return Ok(code);
        }
    }
}

/// Changes a customer. A contact that gets a code becomes a member; a member keeps one.
pub fn change(
    tx: &WriteTx,
    site: &Site,
    no: i64,
    before: &Customer,
    change: impl FnOnce(&mut Customer),
) -> Result<Customer> {
    let mut changed = before.clone();
    change(&mut changed);
    let customer = Customer { id: before.id.clone(), created_at: before.created_at, ..changed };
    customer.check()?;
    if let Some(code) = customer.code.as_ref().filter(|code| Some(*code) != before.code.as_ref())
        && customers::code_is_taken(tx, site.no, code)?
    {
        return Err(Error::Conflict(format!("code `{code}` is taken")));
    }
    customers::update(tx, site.no, no, &customer)?;
    Ok(customer)
}

/// A customer of a site by public id, with our own number.
pub fn find(tx: &ReadTx, site: &Site, id: &str) -> Result<(i64, Customer)> {
    customers::by_id(tx, site.no, id)?.or_not_found("member", id)
}

/// The customers whom everything that is known at the till fits: none, one, or two, which stands for several.
pub fn known(tx: &ReadTx, site: &Site, by: &Known) -> Result<Vec<(i64, Customer)>> {
    customers::known(tx, site.no, by)
}

/// The first `limit` customers that `fits` says yes to, the first known first, with our own numbers.
pub fn search(
    tx: &ReadTx,
    site: &Site,
    limit: usize,
    fits: impl Fn(&Customer) -> bool,
) -> Result<Vec<(i64, Customer)>> {
    let mut found = Vec::new();
    customers::search(tx, site.no, |no, customer| {
        if fits(&customer) {
            found.push((no, customer));
        }
        Ok(found.len() >= limit)
    })?;
    Ok(found)
}
