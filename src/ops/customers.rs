//! Customers and loyalty members.

use super::ids;
use crate::domain::customers::Customer;
use crate::domain::{EmailAddress, Error, Result, Site};
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
}

/// Adds a loyalty member and returns it with our own number.
pub fn add_member(tx: &WriteTx, site: &Site, new: NewMember) -> Result<(i64, Customer)> {
    let code = match new.code {
        Some(code) => {
            if code.is_empty() || code.chars().count() > 64 {
                return Err(Error::refused("code", "must be 1 to 64 characters"));
            }
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
        created_at: tx.now(),
    };
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
