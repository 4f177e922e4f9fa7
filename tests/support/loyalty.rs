//! Loyalty data for a world: members, campaigns by name, and entries of the ledger.

use cartwright::domain::Site;
use cartwright::domain::loyalty::Campaign;
use cartwright::domain::users::Campaigns;
use cartwright::ops;
use cartwright::ops::customers::NewMember;
use cartwright::ops::loyalty::{NewCampaign, NewEntry};

use super::World;

impl World {
    /// Sets a campaign up. Campaigns of the same second have no order of their own: let time pass between them.
    pub fn add_campaign(&self, site_id: &str, name: &str, kind: &str) {
        let (site, kind) = (self.site(site_id), kind.parse().expect("a kind of campaign"));
        let new = NewCampaign::named(name, kind);
        self.app.store.write(move |tx| ops::loyalty::add_campaign(tx, &site, new)).expect("a campaign");
    }

    /// Ends a campaign.
    pub fn deactivate_campaign(&self, site_id: &str, name: &str) {
        let (site, id) = (self.site(site_id), self.campaign(site_id, name).id);
        self.app.store.write(move |tx| ops::loyalty::set_active(tx, &site, &id, false)).expect("a campaign");
    }

    /// Adds a loyalty member.
    pub fn add_member(
        &self,
        site_id: &str,
        code: Option<&str>,
        card_number: Option<&str>,
        first_name: Option<&str>,
        last_name: Option<&str>,
    ) {
        let site = self.site(site_id);
        let new = NewMember {
            code: code.map(str::to_owned),
            card_number: card_number.map(str::to_owned),
            first_name: first_name.map(str::to_owned),
            last_name: last_name.map(str::to_owned),
            ..NewMember::default()
        };
        self.app.store.write(move |tx| ops::customers::add_member(tx, &site, new)).expect("a member");
    }

    /// Adds many members at once, with the codes `1`, `2` and so on.
    pub fn add_members(&self, site_id: &str, count: u32) {
        let site = self.site(site_id);
        let add = move |tx: &cartwright::store::WriteTx| {
            (1..=count).try_for_each(|number| {
                let new = NewMember { code: Some(number.to_string()), ..NewMember::default() };
                ops::customers::add_member(tx, &site, new).map(drop)
            })
        };
        self.app.store.write(add).expect("members");
    }

    /// Puts an entry into the ledger: campaign by name and member by code; then item, description and user.
    pub fn record(
        &self,
        redeemed: bool,
        site_id: &str,
        (campaign, code): (&str, &str),
        amount: i64,
        details: [Option<&str>; 3],
    ) {
        let site = self.site(site_id);
        let [item, description, user] = details.map(|detail| detail.map(str::to_owned));
        let new = NewEntry {
            campaign_id: self.campaign(site_id, campaign).id,
            customer: self.member(&site, code),
            amount,
            item,
            description,
            user,
        };
        let write = if redeemed { ops::loyalty::redeem } else { ops::loyalty::earn };
        self.app.store.write(move |tx| write(tx, &site, new)).expect("an entry");
    }

    /// Undoes the newest transaction of a member in a campaign.
    pub fn reverse_newest(&self, site_id: &str, campaign: &str, code: &str) {
        let (site, campaign) = (self.site(site_id), self.campaign(site_id, campaign));
        let newest = self.app.store.read(|tx| ops::loyalty::newest_transactions(tx, &site, &[campaign], 1_000));
        let of_member = newest.expect("transactions").into_iter().find(|row| row.code.as_deref() == Some(code));
        let id = of_member.expect("a transaction").entry.id;
        self.app.store.write(move |tx| ops::loyalty::reverse(tx, &site, &id, None)).expect("a reversal");
    }

    fn campaign(&self, site_id: &str, name: &str) -> Campaign {
        let site = self.site(site_id);
        let all = self.app.store.read(|tx| ops::loyalty::visible_campaigns(tx, &site, &Campaigns::All));
        all.expect("campaigns").into_iter().find(|campaign| campaign.name == name).expect("the campaign")
    }

    fn member(&self, site: &Site, code: &str) -> i64 {
        let newest = self.app.store.read(|tx| ops::loyalty::newest_customers(tx, site, 10_000)).expect("customers");
        let id = newest.into_iter().find(|member| member.code.as_deref() == Some(code)).expect("the member").id;
        let found = self.app.store.read(|tx| cartwright::store::customers::by_id(tx, site.no, &id));
        found.expect("customers").expect("the member").0
    }
}
