//! The report that a shop can have once in 7 days: the queue as it stands, and what happened in the last 7 days.

use crate::domain::reports::{Turn, WEEK};
use crate::domain::suppressions::Suppression;
use crate::domain::{Result, Site};
use crate::store::messages::Listed;
use crate::store::purchases::Recovery;
use crate::store::{ReadTx, WriteTx, messages, purchases, reports, suppressions};

/// What the report says.
#[derive(Clone, Debug)]
pub struct Weekly {
    /// Letters that wait, the next one first.
    pub queue: Vec<Listed>,
    /// Letters that were sent, the newest first.
    pub archive: Vec<Listed>,
    /// Recovered orders, the newest first.
    pub orders: Vec<Recovery>,
    /// Unsubscribes that are in force, the newest first.
    pub unsubscribes: Vec<Suppression>,
}

/// Whether the report is given now. It uses nothing up.
pub fn turn(tx: &ReadTx, site: &Site) -> Result<Turn> {
    Ok(Turn::after(reports::last_weekly(tx, site.no)?, tx.now()))
}

/// Takes the turn, if it is somebody's now: the next 7 days begin.
pub fn take_turn(tx: &WriteTx, site: &Site) -> Result<Turn> {
    let turn = turn(tx, site)?;
    if turn == Turn::Yours {
        reports::set_last_weekly(tx, site.no)?;
    }
    Ok(turn)
}

/// The report itself.
pub fn weekly(tx: &ReadTx, site: &Site) -> Result<Weekly> {
    // The instant of the report before this one is not told again.
    let (since, now) = (tx.now().plus(1 - WEEK), tx.now());
    Ok(Weekly {
        queue: messages::list_waiting(tx, site.no)?,
        archive: messages::list_sent(tx, site.no, since, now)?,
        orders: purchases::newest_recoveries(tx, site.no, since, now, i64::MAX)?,
        unsubscribes: suppressions::list_unsubscribes(tx, site.no, since, now)?,
    })
}
