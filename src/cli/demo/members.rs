//! Loyalty members: when they join, and what happens at the till. Balances are kept here too, so that nobody redeems
//! what is not there.

use std::collections::BTreeMap;

use rand::RngExt;

use super::dice::{Dice, Topic, dice, wait, weighted};
use super::words::person;
use super::{Scenario, shop};
use crate::domain::loyalty::{Campaign, CampaignKind, Entry};
use crate::domain::{Currency, Result, Site, Timestamp};
use crate::ops::customers::{self, NewMember};
use crate::ops::loyalty::{self, NewEntry};
use crate::store::WriteTx;

/// How many members a shop of so many carts has.
const LEAST: u64 = 30;
const MOST: u64 = 5_000;

const HOUR_SECS: i64 = 3_600;

/// What somebody does at the till, by kind of campaign: how often, and from which balance on something is redeemed.
const AT_THE_TILL: &[(CampaignKind, u32)] = &[
    (CampaignKind::Points, 38),
    (CampaignKind::Events, 18),
    (CampaignKind::Buyx, 20),
    (CampaignKind::Earned, 14),
    (CampaignKind::Giftcard, 10),
];

/// An entry that may be undone later.
#[derive(Clone, Debug)]
pub(super) struct Undoable {
    member: u64,
    kind: CampaignKind,
    entry_id: String,
    amount: i64,
}

/// All members of the demo, and the campaigns that they are in.
#[derive(Debug)]
pub(super) struct Members {
    seed: u64,
    campaigns: BTreeMap<CampaignKind, Campaign>,
    /// Our own numbers of those who joined. A member's number is that of the person.
    joined: BTreeMap<u64, i64>,
    balances: BTreeMap<(u64, CampaignKind), i64>,
    receipts: u64,
}

impl Members {
    /// The members of a scenario, none of whom has joined yet.
    pub(super) fn new(scenario: &Scenario, campaigns: Vec<Campaign>) -> Self {
        Members {
            seed: scenario.seed,
            campaigns: campaigns.into_iter().map(|campaign| (campaign.kind, campaign)).collect(),
            joined: BTreeMap::new(),
            balances: BTreeMap::new(),
            receipts: 0,
        }
    }

    /// Who joins, and when: many in the first days, the others over all the time. Most frequent visitors first.
    pub(super) fn joining(scenario: &Scenario) -> Vec<(Timestamp, u64)> {
        let length = i64::from(scenario.days) * 24 * HOUR_SECS;
        (0..(scenario.carts / 20).clamp(LEAST, MOST))
            .map(|member| {
                let mut dice = dice(scenario.seed, Topic::Member, member);
                let reach = if dice.random_bool(0.4) { length / 12 } else { length };
                // The campaigns are set up in the first minutes.
                (scenario.begins().plus(600 + dice.random_range(0..reach.max(1))), member)
            })
            .collect()
    }

    /// Somebody joins. Returns how long it takes until the next visit.
    pub(super) fn join(&mut self, tx: &WriteTx, site: &Site, member: u64) -> Result<Timestamp> {
        let mut dice = dice(self.seed, Topic::Member, member + MOST);
        let who = person(self.seed, member)?;
        let new = NewMember {
            code: Some(format!("{:016}", dice.random_range(10_u64.pow(15)..10_u64.pow(16)))),
            email: dice.random_bool(0.9).then_some(who.email),
            card_number: dice.random_bool(0.5).then(|| format!("LL{:08}", 20_000_000 + member)),
            first_name: Some(who.first_name.to_owned()),
            last_name: Some(who.last_name.to_owned()),
            phone: dice.random_bool(0.3).then(|| format!("+1 518 555 {:04}", 100 + member % 100)),
            ..NewMember::default()
        };
        let (no, _) = customers::add_member(tx, site, new)?;
        self.joined.insert(member, no);
        Ok(next_visit(&mut dice, site, tx.now()))
    }

    /// A member comes to the till: earns, now and then redeems. Returns the next visit, and an entry that somebody
    /// will find to be wrong.
    pub(super) fn visit(&mut self, tx: &WriteTx, site: &Site, member: u64) -> Result<(Timestamp, Option<Undoable>)> {
        let mut dice = dice(self.seed, Topic::Member, tx.now().secs().unsigned_abs() << 16 | member);
        let kind = weighted(&mut dice, AT_THE_TILL);
        self.receipts += 1;
        let balance = self.balances.get(&(member, kind)).copied().unwrap_or(0);
        let mut wrong = None;
        if balance >= redeemed_from(kind) && dice.random_bool(0.5) {
            let amount = if kind.is_money() { dice.random_range(1..=balance / 100) * 100 } else { redeemed_from(kind) };
            let entry = self.entry(member, kind, amount, Some("Redeemed at the till"), Some(shop::ADMIN));
            if let Some(entry) = entry {
                loyalty::redeem(tx, site, entry)?;
                self.move_by(member, kind, -amount);
            }
        } else {
            let amount = self.earned(&mut dice, kind);
            let receipt = format!("Receipt {}", 41_000 + self.receipts);
            let by = if dice.random_bool(0.6) { shop::ADMIN } else { shop::MANAGER };
            let done = self.earn(tx, site, member, kind, amount, &receipt, Some(by))?;
            wrong = done.filter(|_| dice.random_bool(0.02));
        }
        Ok((next_visit(&mut dice, site, tx.now()), wrong))
    }

    /// A purchase earns points where the buyer is a member: one for each dollar or its like.
    pub(super) fn bought(
        &mut self,
        tx: &WriteTx,
        site: &Site,
        person: u64,
        total: (i64, Currency),
        order: &str,
    ) -> Result<Option<Undoable>> {
        let (minor, currency) = total;
        let unit = if currency.decimals() == 0 { 150 } else { 10_i64.pow(currency.decimals()) };
        self.earn(tx, site, person, CampaignKind::Points, minor / unit, order, None)
    }

    /// Undoes an entry, unless what it gave was spent since.
    pub(super) fn undo(&mut self, tx: &WriteTx, site: &Site, undo: &Undoable) -> Result<()> {
        if self.balances.get(&(undo.member, undo.kind)).copied().unwrap_or(0) < undo.amount {
            return Ok(());
        }
        loyalty::reverse(tx, site, &undo.entry_id, Some(shop::ADMIN.to_owned()))?;
        self.move_by(undo.member, undo.kind, -undo.amount);
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "one entry of the ledger has as many sides")]
    fn earn(
        &mut self,
        tx: &WriteTx,
        site: &Site,
        member: u64,
        kind: CampaignKind,
        amount: i64,
        description: &str,
        user: Option<&str>,
    ) -> Result<Option<Undoable>> {
        let Some(entry) = self.entry(member, kind, amount, Some(description), user).filter(|_| amount > 0) else {
            return Ok(None);
        };
        let Entry { id, .. } = loyalty::earn(tx, site, entry)?;
        self.move_by(member, kind, amount);
        Ok(Some(Undoable { member, kind, entry_id: id, amount }))
    }

    /// An entry for somebody who is a member.
    fn entry(
        &self,
        member: u64,
        kind: CampaignKind,
        amount: i64,
        description: Option<&str>,
        user: Option<&str>,
    ) -> Option<NewEntry> {
        let campaign = self.campaigns.get(&kind)?;
        let item = match kind {
            CampaignKind::Buyx => Some("Stoneware mug"),
            CampaignKind::Events => Some("Workshop evening"),
            CampaignKind::Earned => Some("Refill"),
            CampaignKind::Points | CampaignKind::Giftcard => None,
        };
        Some(NewEntry {
            campaign_id: campaign.id.clone(),
            customer: *self.joined.get(&member)?,
            amount,
            item: item.map(str::to_owned),
            description: description.map(str::to_owned),
            user: user.map(str::to_owned),
        })
    }

    fn earned(&self, dice: &mut Dice, kind: CampaignKind) -> i64 {
        match kind {
            CampaignKind::Points => dice.random_range(9..160),
            CampaignKind::Giftcard => weighted(dice, &[(2_500, 5), (5_000, 4), (10_000, 1)]),
            CampaignKind::Events => 1,
            CampaignKind::Earned => {
                self.campaigns.get(&kind).and_then(|campaign| campaign.earned_per_event).unwrap_or(250)
            }
            CampaignKind::Buyx => weighted(dice, &[(1, 70), (2, 22), (4, 8)]),
        }
    }

    fn move_by(&mut self, member: u64, kind: CampaignKind, amount: i64) {
        *self.balances.entry((member, kind)).or_default() += amount;
    }
}

/// From which balance on something is redeemed.
fn redeemed_from(kind: CampaignKind) -> i64 {
    match kind {
        CampaignKind::Points => 100,
        CampaignKind::Giftcard => 1_000,
        CampaignKind::Events => 3,
        CampaignKind::Earned => 500,
        CampaignKind::Buyx => 4,
    }
}

/// Some days later, while the shop is open.
fn next_visit(dice: &mut Dice, site: &Site, now: Timestamp) -> Timestamp {
    let day = site.day_of(now.plus(24 * HOUR_SECS + wait(dice, 5.0 * 86_400.0, 60 * 86_400)));
    site.zone.start_of(day).plus(9 * HOUR_SECS + dice.random_range(0..10 * HOUR_SECS))
}
