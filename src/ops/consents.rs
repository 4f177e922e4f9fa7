//! Keeping what the owners of addresses said about being written to.

use crate::domain::suppressions::Consent;
use crate::domain::{Result, Site};
use crate::store::{WriteTx, consents};

/// Keeps a word on consent as evidence. The same word told twice is kept once.
pub fn record(tx: &WriteTx, site: &Site, consent: Consent) -> Result<()> {
    if consents::is_kept(tx, site.no, &consent)? {
        return Ok(());
    }
    consents::insert(tx, site.no, &consent)
}
