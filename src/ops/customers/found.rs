//! Members as people look for them: by the beginning of anything they are known by, over indexes, and by a part of it
//! among those who came last, so that a search costs as much at a million members as at ten thousand.

use crate::domain::customers::Customer;
use crate::domain::{Result, Site};
use crate::store::customers::Filter;
use crate::store::listing::Page;
use crate::store::{ReadTx, customers};

/// How many of the newest customers are looked at for a part of a text.
pub const NEWEST: i64 = 20_000;

/// Customers that are read at once.
const PIECE: i64 = 2_000;

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Members, the newest first.
    pub members: Vec<Customer>,
    /// Whether there are older customers, who were not looked at for a part of the text.
    pub has_older: bool,
}

/// Members that a text may mean, `limit` at most: those of whom something begins with it, then those of the newest
/// customers of whom something has it, in either case.
pub fn search_members(tx: &ReadTx, site: &Site, text: &str, limit: usize) -> Result<Found> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut members: Vec<Customer> = Vec::new();
    for member in customers::members_beginning(tx, site.no, text, most)? {
        if !members.iter().any(|known| known.id == member.id) {
            members.push(member);
        }
    }
    let lower = text.to_lowercase();
    let (mut after, mut seen, mut has_older) = (None, 0, false);
    while members.len() < limit {
        if seen >= NEWEST {
            has_older = true;
            break;
        }
        let page = Page { descending: true, limit: PIECE, offset: 0, after };
        let piece = customers::page(tx, site.no, &Filter::default(), &page)?;
        let Some(last) = piece.last() else { break };
        after = Some((last.created_at, last.id.clone()));
        seen += PIECE;
        let more: Vec<Customer> = piece
            .into_iter()
            .filter(|customer| has(customer, &lower) && !members.iter().any(|known| known.id == customer.id))
            .collect();
        members.extend(more);
    }
    members.sort_by(|one, other| (other.created_at, &other.id).cmp(&(one.created_at, &one.id)));
    members.truncate(limit);
    Ok(Found { members, has_older })
}

/// Whether a member has a text, in lower case, in anything that a person would search by.
fn has(customer: &Customer, text: &str) -> bool {
    let names = [customer.first_name.as_deref(), customer.last_name.as_deref()];
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let address = customer.email.as_ref().map(|email| email.matched());
    let known = [&customer.code, &address, &customer.card_number, &customer.phone, &Some(name)];
    customer.code.is_some() && known.into_iter().flatten().any(|known| known.to_lowercase().contains(text))
}
