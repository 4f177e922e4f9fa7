//! Letting a shop's letters out to real people: after `doctor` found no fault, or in the name of somebody who answers for it.

use crate::domain::go_lives::{GoLive, How};
use crate::domain::{Error, Result, Site};
use crate::store::{ReadTx, WriteTx, go_lives};

/// No name is longer.
const LONGEST_NAME: usize = 200;

/// Lets the letters of a shop out.
pub fn go_live(tx: &WriteTx, site: &Site, how: How, by: &str, faults: &[String]) -> Result<GoLive> {
    let by = by.trim();
    if by.is_empty() {
        return Err(Error::missing("by"));
    }
    if by.chars().count() > LONGEST_NAME || by.chars().any(char::is_control) {
        return Err(Error::refused("by", format!("must be a name of at most {LONGEST_NAME} characters")));
    }
    let live = GoLive { at: tx.now(), how, by: by.to_owned(), faults: faults.join("\n") };
    go_lives::insert(tx, site.no, &live)?;
    Ok(live)
}

/// When and by whom they were let out last, if ever.
pub fn newest(tx: &ReadTx, site: &Site) -> Result<Option<GoLive>> {
    go_lives::newest(tx, site.no)
}
