//! A shop with a loyalty programme, and short words for what happens in it.

use cartwright::domain::loyalty::{Campaign, CampaignKind, Entry};
use cartwright::domain::purchases::Purchase;
use cartwright::domain::{EmailAddress, Result, Site};
use cartwright::ops::customers::NewMember;
use cartwright::ops::loyalty::{NewCampaign, NewEntry};
use cartwright::ops::purchases::{Confirmation, Stated};
use cartwright::ops::{self, loyalty};
use cartwright::store::WriteTx;
use cartwright::store::loyalty::NamedEntry;

use crate::support::{SITE, World};

pub struct Shop {
    pub world: World,
    pub site: Site,
}

impl Shop {
    pub fn open() -> Self {
        let world = World::new();
        let site = world.site(SITE);
        Shop { world, site }
    }

    pub fn write<T: Send + 'static>(&self, f: impl FnOnce(&WriteTx, &Site) -> Result<T> + Send + 'static) -> Result<T> {
        let site = self.site.clone();
        self.world.app.store.write(move |tx| f(tx, &site))
    }

    pub fn campaign(&self, kind: CampaignKind, set: impl FnOnce(&mut NewCampaign) + Send + 'static) -> Campaign {
        let mut new = NewCampaign::named(kind.as_str(), kind);
        set(&mut new);
        self.write(|tx, site| loyalty::add_campaign(tx, site, new)).expect("a campaign")
    }

    /// A member by address; the address is the code, too.
    pub fn member(&self, address: &str) -> i64 {
        let new = NewMember {
            code: Some(address.to_owned()),
            email: Some(EmailAddress::parse(address).expect("an address")),
            ..NewMember::default()
        };
        self.write(|tx, site| ops::customers::add_member(tx, site, new)).expect("a member").0
    }

    pub fn earn(&self, campaign: &Campaign, customer: i64, amount: i64) -> Result<Entry> {
        let new = entry(campaign, customer, amount);
        self.write(|tx, site| loyalty::earn(tx, site, new))
    }

    pub fn redeem(&self, campaign: &Campaign, customer: i64, amount: i64) -> Result<Entry> {
        let new = entry(campaign, customer, amount);
        self.write(|tx, site| loyalty::redeem(tx, site, new))
    }

    pub fn reverse(&self, entry: &Entry) -> Result<Entry> {
        let id = entry.id.clone();
        self.write(move |tx, site| loyalty::reverse(tx, site, &id, None))
    }

    pub fn buy(&self, address: &str, order_id: &str, total: i64) -> Purchase {
        let told = confirmation(address, order_id, total);
        self.write(|tx, site| ops::purchases::confirm(tx, site, told)).expect("a purchase").purchase
    }

    pub fn refund(&self, purchase: &Purchase, amount: i64) {
        let id = purchase.id.clone();
        self.write(move |tx, site| ops::purchases::refund(tx, site, &id, amount)).expect("a refund");
    }

    pub fn balance(&self, campaign: &Campaign, customer: i64) -> i64 {
        self.world.app.store.read(|tx| loyalty::balance(tx, &self.site, campaign, customer)).expect("a balance")
    }

    pub fn announced(&self, campaign: &Campaign, customer: i64) -> Vec<(String, i64)> {
        let announced = self.world.app.store.read(|tx| loyalty::announced(tx, &self.site, campaign.no, customer));
        announced.expect("what expires").into_iter().map(|(at, amount)| (at.rfc3339(), amount)).collect()
    }

    pub fn entries(&self) -> Vec<NamedEntry> {
        let mut entries = Vec::new();
        let walk = self.world.app.store.read(|tx| {
            cartwright::store::loyalty::walk_entries(tx, self.site.no, |entry| {
                entries.push(entry);
                Ok(())
            })
        });
        walk.expect("the ledger");
        entries
    }

    /// Everything that must be true of a ledger at any time.
    pub fn holds(&self) {
        let wrong = self.world.app.store.read(|tx| loyalty::verify(tx, &self.site)).expect("verified");
        assert_eq!(wrong, [], "kept is not what the ledger says");
        let mut sums = std::collections::BTreeMap::new();
        let mut undone = std::collections::BTreeSet::new();
        let entries = self.entries();
        for named in &entries {
            let moved = named.reverses_id.as_ref().map(|id| {
                assert!(undone.insert(id.clone()), "{id} is undone twice");
                let of = entries.iter().find(|other| other.entry.id == *id).expect("what is undone");
                assert!(of.reverses_id.is_none(), "an undoing is undone");
                of.entry.delta(None)
            });
            *sums.entry((named.entry.campaign, named.entry.customer)).or_insert(0) += named.entry.delta(moved);
        }
        for ((campaign, customer), sum) in sums {
            assert!(sum >= 0, "customer {customer} has {sum} in campaign {campaign}");
            let kept = self
                .world
                .app
                .store
                .read(|tx| cartwright::store::loyalty::balance(tx, self.site.no, campaign, customer));
            assert_eq!(kept.expect("a balance").balance, sum);
        }
    }
}

pub fn entry(campaign: &Campaign, customer: i64, amount: i64) -> NewEntry {
    NewEntry { campaign_id: campaign.id.clone(), customer, amount, item: None, description: None, user: None }
}

pub fn confirmation(address: &str, order_id: &str, total: i64) -> Confirmation {
    Confirmation {
        email: EmailAddress::parse(address).expect("an address"),
        order_id: Some(order_id.to_owned()),
        total: Stated::Minor(total),
        codes: Vec::new(),
        source: "test",
    }
}
