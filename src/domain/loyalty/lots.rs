//! What is left of each thing earned, worked out from a member's entries in one campaign. What expires soonest is used
//! first, so a redemption never leaves points to die that could have been used.

use std::collections::{BTreeMap, BTreeSet};

use super::Cause;
use crate::domain::Timestamp;

/// An entry as far as this looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booked {
    /// Our own number.
    pub no: i64,
    /// When.
    pub at: Timestamp,
    /// What it did.
    pub cause: Cause,
    /// Never negative.
    pub amount: i64,
    /// When what it earned expires.
    pub expires_at: Option<Timestamp>,
    /// The entry that it undoes.
    pub reverses: Option<i64>,
    /// The purchase that earned it, or whose refund took it back.
    pub purchase: Option<i64>,
}

/// Something earned, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The entry that earned it.
    pub entry: i64,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// Still there.
    pub remaining: i64,
    /// Ran out of time.
    pub expired: i64,
    purchase: Option<i64>,
}

/// All lots of a member in a campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lots {
    lots: Vec<Lot>,
    /// From which lots an entry took, so that undoing it gives back to them.
    uses: BTreeMap<i64, Vec<(usize, i64)>>,
    /// What was taken while nothing was there, as an archive may have it; it is taken from what comes next.
    owed: BTreeMap<i64, i64>,
    booked: BTreeSet<i64>,
    /// Undoings of entries that are still to come: within a second, an archive from elsewhere may have any order.
    early: BTreeMap<i64, Booked>,
}

impl Lots {
    /// Works them out from entries in the order in which they were made.
    pub fn of(entries: &[Booked]) -> Self {
        let mut lots = Lots::default();
        for entry in entries {
            lots.book(entry);
        }
        lots
    }

    /// The lot of an entry that earned.
    pub fn of_entry(&self, entry: i64) -> Option<&Lot> {
        self.lots.iter().find(|lot| lot.entry == entry)
    }

    /// What has to expire by an instant.
    pub fn due(&self, now: Timestamp) -> i64 {
        self.lots.iter().filter(|lot| lot.expires_at.is_some_and(|at| at <= now)).map(|lot| lot.remaining).sum()
    }

    /// What is announced to expire, by instant, the soonest first.
    pub fn announced(&self) -> Vec<(Timestamp, i64)> {
        let mut by_instant: BTreeMap<Timestamp, i64> = BTreeMap::new();
        for lot in self.lots.iter().filter(|lot| lot.remaining > 0) {
            if let Some(at) = lot.expires_at {
                *by_instant.entry(at).or_default() += lot.remaining;
            }
        }
        by_instant.into_iter().collect()
    }

    /// The next instant at which something expires.
    pub fn next(&self) -> Option<Timestamp> {
        self.announced().first().map(|(at, _)| *at)
    }

    fn book(&mut self, entry: &Booked) {
        self.booked.insert(entry.no);
        match (entry.cause, entry.reverses) {
            (Cause::Earn, _) => self.earn(entry),
            (Cause::Redeem, _) => self.take(entry.no, entry.amount, |_| true),
            (Cause::Expire, _) => self.expire(entry),
            (Cause::Refund, _) => self.refund(entry),
            (Cause::Reverse, Some(undone)) if self.booked.contains(&undone) => self.undo(entry, undone),
            (Cause::Reverse, Some(undone)) => drop(self.early.insert(undone, *entry)),
            (Cause::Reverse, None) => {}
        }
        if let Some(undoing) = self.early.remove(&entry.no) {
            self.undo(&undoing, entry.no);
        }
    }

    fn earn(&mut self, entry: &Booked) {
        let at = self.lots.len();
        let mut remaining = entry.amount;
        for (debtor, owed) in &mut self.owed {
            let paid = (*owed).min(remaining);
            *owed -= paid;
            remaining -= paid;
            if paid > 0 {
                self.uses.entry(*debtor).or_default().push((at, paid));
            }
        }
        self.owed.retain(|_, owed| *owed > 0);
        let (expires_at, purchase) = (entry.expires_at, entry.purchase);
        self.lots.push(Lot { entry: entry.no, expires_at, remaining, expired: 0, purchase });
    }

    /// Takes from the lots that are meant, what expires soonest first, then what was earned first.
    fn take(&mut self, entry: i64, amount: i64, meant: impl Fn(&Lot) -> bool) {
        let left = self.take_from(entry, amount, meant);
        if left > 0 {
            *self.owed.entry(entry).or_default() += left;
        }
    }

    fn take_from(&mut self, entry: i64, amount: i64, meant: impl Fn(&Lot) -> bool) -> i64 {
        let mut order: Vec<usize> = (0..self.lots.len()).filter(|at| meant(&self.lots[*at])).collect();
        order.sort_by_key(|at| (self.lots[*at].expires_at.is_none(), self.lots[*at].expires_at, *at));
        let mut left = amount;
        for at in order {
            let taken = self.lots[at].remaining.min(left);
            if taken > 0 {
                self.lots[at].remaining -= taken;
                left -= taken;
                self.uses.entry(entry).or_default().push((at, taken));
            }
        }
        left
    }

    fn expire(&mut self, entry: &Booked) {
        self.take(entry.no, entry.amount, |lot| lot.expires_at.is_some_and(|at| at <= entry.at));
        for (at, taken) in self.uses.get(&entry.no).into_iter().flatten() {
            self.lots[*at].expired += taken;
        }
    }

    /// What a purchase had earned is taken from that, and the rest, if it was spent, from what else there is.
    fn refund(&mut self, entry: &Booked) {
        let left =
            self.take_from(entry.no, entry.amount, |lot| lot.purchase.is_some() && lot.purchase == entry.purchase);
        self.take(entry.no, left, |_| true);
    }

    fn undo(&mut self, entry: &Booked, undone: i64) {
        if self.lots.iter().any(|lot| lot.entry == undone) {
            let left = self.take_from(entry.no, entry.amount, |lot| lot.entry == undone);
            return self.take(entry.no, left, |_| true);
        }
        self.owed.remove(&undone);
        for (at, taken) in self.uses.remove(&undone).unwrap_or_default() {
            self.lots[at].remaining += taken;
        }
    }
}
