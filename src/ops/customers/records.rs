//! Customers as a shop's server keeps them: contacts, with or without a member's number.

use crate::domain::customers::{Custom, Customer, check_code};
use crate::domain::{EmailAddress, Error, OrNotFound, Result, Site};
use crate::ops::listing::{Listed, Wanted};
use crate::ops::{idempotency, ids};
use crate::store::customers::Filter;
use crate::store::{ReadTx, WriteTx, customers};

/// The longest id, in characters.
const LONGEST: usize = 64;

/// A customer to be added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewCustomer {
    /// The shop's own name of the customer; absent, one is made.
    pub id: Option<String>,
    /// What is known.
    pub known: CustomerChange,
}

/// What is known of a customer; in a change, what is absent stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CustomerChange {
    /// The address.
    pub email: Option<EmailAddress>,
    /// The member's number in the loyalty interface.
    pub code: Option<String>,
    /// Number of a printed card.
    pub card_number: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// As given.
    pub phone: Option<String>,
}

/// One page of a site's customers, by the time since when the shop knows them.
pub fn list(tx: &ReadTx, site: &Site, filter: &Filter, wanted: &Wanted) -> Result<Listed<Customer>> {
    let page = wanted.page(|id| Ok(customers::by_id(tx, site.no, id)?.map(|(_, customer)| customer.created_at)))?;
    let rows = customers::page(tx, site.no, filter, &page)?;
    Ok(wanted.listed(rows, customers::count(tx, site.no, filter)?))
}

/// A customer.
pub fn get(tx: &ReadTx, site: &Site, id: &str) -> Result<Customer> {
    Ok(find(tx, site, id)?.1)
}

fn find(tx: &ReadTx, site: &Site, id: &str) -> Result<(i64, Customer)> {
    customers::by_id(tx, site.no, id)?.or_not_found("customer", id)
}

/// Adds a customer. An id and a code are one customer's.
pub fn create(tx: &WriteTx, site: &Site, new: NewCustomer) -> Result<Customer> {
    let id = match new.id {
        Some(id) if id.chars().count() > LONGEST => {
            return Err(Error::refused("id", format!("must be at most {LONGEST} characters")));
        }
        Some(id) if customers::by_id(tx, site.no, &id)?.is_some() => {
            return Err(Error::Conflict("there is a customer with this id".into()));
        }
        Some(id) => id,
        None => ids::fresh("cust", tx.now()),
    };
    let CustomerChange { email, code, card_number, first_name, last_name, phone } = new.known;
    free(tx, site, code.as_deref())?;
    let (custom, created_at) = (Custom::new(), tx.now());
    let customer = Customer { id, email, code, card_number, first_name, last_name, phone, custom, created_at };
    customers::insert(tx, site.no, &customer)?;
    Ok(customer)
}

/// Changes what is known of a customer.
pub fn change_known(tx: &WriteTx, site: &Site, id: &str, change: CustomerChange) -> Result<Customer> {
    let (no, before) = find(tx, site, id)?;
    super::change(tx, site, no, &before, |customer| {
        let CustomerChange { email, code, card_number, first_name, last_name, phone } = change;
        customer.email = email.or(customer.email.take());
        for (kept, told) in [
            (&mut customer.code, code),
            (&mut customer.card_number, card_number),
            (&mut customer.first_name, first_name),
            (&mut customer.last_name, last_name),
            (&mut customer.phone, phone),
        ] {
            *kept = told.or(kept.take());
        }
    })
}

/// Refuses a code that cannot be, or is another's.
fn free(tx: &ReadTx, site: &Site, code: Option<&str>) -> Result<()> {
    match code {
        Some(code) => {
            check_code(code)?;
            match customers::code_is_taken(tx, site.no, code)? {
                true => Err(Error::Conflict("there is a customer with this code".into())),
                false => Ok(()),
            }
        }
        None => Ok(()),
    }
}

/// Deletes a customer, and what kept answers say of one. Whom the loyalty ledger names stays, for the ledger does.
pub fn delete(tx: &WriteTx, site: &Site, id: &str) -> Result<()> {
    let (no, customer) = find(tx, site, id)?;
    if customers::is_in_ledger(tx, site.no, no)? {
        return Err(Error::Conflict("the customer has entries in the loyalty ledger, which are never deleted".into()));
    }
    customers::delete(tx, site.no, no)?;
    idempotency::erase_about(tx, site, &customer.id)
}
