//! Which letters a shop writes about abandoned carts. Templates are checked by whoever hands them in: this floor does
//! not know how letters are written.

use crate::domain::money::MAX_MINOR;
use crate::domain::sequences::{LONGEST_DELAY, MOST_STEPS, Sequence, Step};
use crate::domain::{Error, OrNotFound, Result, Site};
use crate::store::{ReadTx, WriteTx, coupons, sequences};

/// The sequence of a site: its own, else the one that is shipped.
pub fn of_site(tx: &ReadTx, site: &Site) -> Result<Sequence> {
    let steps = sequences::steps(tx, site.no)?;
    let shipped = Sequence::shipped();
    Ok(if steps.is_empty() { shipped } else { Sequence { steps, ..shipped } })
}

/// Writes a step, in the place of the one with its number. The first change of a site makes the shipped sequence its
/// own. Letters that wait keep the time at which they are looked at; what they say is read when they leave.
pub fn put(tx: &WriteTx, site: &Site, step: Step) -> Result<Sequence> {
    if !(1..=MOST_STEPS).contains(&step.number) {
        return Err(Error::refused("step", format!("must lie between 1 and {MOST_STEPS}")));
    }
    if !(0..=LONGEST_DELAY).contains(&step.delay_secs) {
        return Err(Error::refused("delay", "must be at most a year"));
    }
    if !(0..=MAX_MINOR).contains(&step.minimum) {
        return Err(Error::refused("minimum", format!("must lie between 0 and {MAX_MINOR} minor units")));
    }
    if let Some(id) = &step.coupon_id
        && coupons::by_id(tx, site.no, id)?.is_none()
    {
        return Err(Error::refused("coupon", format!("`{id}` is no coupon of this shop")));
    }
    own(tx, site)?;
    sequences::put(tx, site.no, &step, tx.now())?;
    of_site(tx, site)
}

/// Takes a step out. The last one cannot be: a shop that wants no letters switches them off.
pub fn remove(tx: &WriteTx, site: &Site, number: i64) -> Result<Sequence> {
    own(tx, site)?;
    if sequences::steps(tx, site.no)?.len() == 1 {
        return Err(Error::Conflict("the last step stays; `site set … letters off` writes no letters".into()));
    }
    sequences::remove(tx, site.no, number)?.then_some(()).or_not_found("step", &number.to_string())?;
    of_site(tx, site)
}

/// Makes the shipped sequence the site's own where it has none.
fn own(tx: &WriteTx, site: &Site) -> Result<()> {
    if sequences::steps(tx, site.no)?.is_empty() {
        for step in Sequence::shipped().steps {
            sequences::put(tx, site.no, &step, tx.now())?;
        }
    }
    Ok(())
}
