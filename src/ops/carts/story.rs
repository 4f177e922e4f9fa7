//! All that is known of one cart: its lines, the letters about it with what became of them, why each left or did not, and
//! the purchase that ended it.

use super::{self as cart_ops, FullCart};
use crate::domain::letters::Decision;
use crate::domain::messages::{Event, Message};
use crate::domain::purchases::Purchase;
use crate::domain::{Result, Site};
use crate::store::{ReadTx, decisions, messages, purchases};

/// A cart's story.
#[derive(Clone, Debug)]
pub struct Story {
    /// The cart as it stands now, with its lines.
    pub full: FullCart,
    /// Letters about it, oldest first, each with its evidence.
    pub letters: Vec<(Message, Vec<Event>)>,
    /// Why letters left or did not, oldest first.
    pub decisions: Vec<Decision>,
    /// The purchase that it became.
    pub purchase: Option<Purchase>,
    /// The purchase that won it back, which may be of another cart.
    pub recovered_by: Option<Purchase>,
}

/// The story of a site's cart.
pub fn of(tx: &ReadTx, site: &Site, id: &str) -> Result<Story> {
    let full = cart_ops::get(tx, site, id)?;
    let no = full.cart.no;
    let mut letters = Vec::new();
    for letter in messages::about(tx, no)? {
        let events = messages::events(tx, letter.no)?;
        letters.push((letter, events));
    }
    Ok(Story {
        full,
        letters,
        decisions: decisions::about(tx, site.no, no)?,
        purchase: purchases::of_cart(tx, site.no, no)?,
        recovered_by: purchases::recovering(tx, site.no, no)?,
    })
}
