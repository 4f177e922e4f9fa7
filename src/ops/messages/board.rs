//! Letters as a shop's people look at them: what waits, what left, what one said, and what each step brings.

use std::collections::BTreeMap;

use crate::domain::messages::{Event, Message};
use crate::domain::time::{MAX_SECONDS, day_plus};
use crate::domain::{Currency, Day, OrNotFound, Result, Site, Timestamp};
use crate::ops::coupons;
use crate::store::messages::Said;
use crate::store::messages::board::{self, OfStep};
use crate::store::{ReadTx, messages};

/// A letter with its cart's public id.
pub type WithCart = (Message, Option<String>);

/// A letter with everything that is kept about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Full {
    /// The letter and its cart.
    pub letter: WithCart,
    /// What it said; nothing where it was not written yet, or is not kept any more.
    pub said: Said,
    /// What is known of its reader, oldest first.
    pub events: Vec<Event>,
    /// The code that it showed.
    pub coupon_code: Option<String>,
}

/// A letter by its public id.
pub fn full(tx: &ReadTx, site: &Site, id: &str) -> Result<Full> {
    let letter = messages::shown(tx, site.no, id)?.or_not_found("letter", id)?;
    Ok(Full {
        said: messages::said(tx, letter.0.no)?,
        events: messages::events(tx, letter.0.no)?,
        coupon_code: coupons::of_letter(tx, site, &letter.0)?,
        letter,
    })
}

/// Letters that wait, those that leave first before the others, after the letter of a public id. One that left meanwhile
/// begins the list anew.
pub fn waiting(tx: &ReadTx, site: &Site, after: Option<&str>, limit: i64) -> Result<Vec<WithCart>> {
    let after = after.map(|id| messages::by_id(tx, site.no, id)?.or_not_found("letter", id)).transpose()?;
    let after = after.and_then(|letter| Some((letter.due_at?, letter.no)));
    board::waiting(tx, site.no, after, limit)
}

/// How many letters wait.
pub fn count_waiting(tx: &ReadTx, site: &Site) -> Result<i64> {
    board::count_waiting(tx, site.no)
}

/// Letters that were sent and can still be read, all or those to a matched address, the newest first, before the letter
/// of a public id.
pub fn mailbox(
    tx: &ReadTx,
    site: &Site,
    address: Option<&str>,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<WithCart>> {
    let before = before.map(|id| messages::by_id(tx, site.no, id)?.or_not_found("letter", id)).transpose()?;
    let before = before.and_then(|letter| Some((letter.sent_at?, letter.no)));
    board::readable(tx, site.no, address, before, limit)
}

/// What a step's letters won back in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Won {
    /// Of `revenue`.
    pub currency: Currency,
    /// Purchases.
    pub recovered: i64,
    /// Their totals less their refunds, minor units.
    pub revenue: i64,
}

/// What became of the letters of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepResults {
    /// Counts of letters.
    pub letters: OfStep,
    /// What they won back, by currency.
    pub won: Vec<Won>,
}

/// What became of the letters that were sent from one day up to and including another, by step: a purchase counts with
/// the letter that it followed, on whichever day it was made. Machines' carts are not counted.
pub fn by_step(tx: &ReadTx, site: &Site, from: Day, to: Day) -> Result<BTreeMap<i64, StepResults>> {
    let next = day_plus(to, 1);
    let last = if next > to { site.zone.start_of(next).plus(-1) } else { Timestamp::from_secs(MAX_SECONDS) };
    let first = site.zone.start_of(from);
    let mut steps: BTreeMap<i64, StepResults> = BTreeMap::new();
    for letters in board::by_step(tx, site.no, first, last)? {
        steps.entry(letters.step).or_default().letters = letters;
    }
    for (step, currency, recovered, revenue) in board::won_by_step(tx, site.no, first, last)? {
        steps.entry(step).or_default().won.push(Won { currency, recovered, revenue });
    }
    Ok(steps)
}
