//! Balances kept beside the ledger, and when something of them expires next.

use rusqlite::named_params;

use crate::domain::customers::Customer;
use crate::domain::loyalty::Entry;
use crate::domain::{Result, SiteNo, Timestamp};
use crate::store::{ReadTx, WriteTx, customers};

/// Moves a balance by what an entry moves it. Called with every entry.
pub(super) fn add(tx: &WriteTx, site: SiteNo, entry: &Entry, delta: i64) -> Result<()> {
    tx.run(
        "insert into loyalty_balances (site, campaign, customer, balance) values (:site, :campaign, :customer, :delta)
         on conflict (campaign, customer) do update set balance = balance + excluded.balance",
        named_params! { ":site": site, ":campaign": entry.campaign, ":customer": entry.customer, ":delta": delta },
    )?;
    Ok(())
}

/// Lets the clock look at a balance at an instant, unless it does so before.
pub(super) fn expect_expiry_by(tx: &WriteTx, site: SiteNo, campaign: i64, customer: i64, at: Timestamp) -> Result<()> {
    tx.run(
        "update loyalty_balances set expires_next = :at
         where site = :site and campaign = :campaign and customer = :customer
           and (expires_next is null or expires_next > :at)",
        named_params! { ":site": site, ":campaign": campaign, ":customer": customer, ":at": at },
    )?;
    Ok(())
}

/// Lets the clock look at every balance of a site of which something was earned that expires and that it does not look at
/// yet. It finds out what is left of it.
pub fn expect_expiries(tx: &WriteTx, site: SiteNo) -> Result<()> {
    tx.run(
        "update loyalty_balances set expires_next = (
             select min(e.expires_at) from loyalty_entries e
             where e.site = :site and e.campaign = loyalty_balances.campaign and e.customer = loyalty_balances.customer
               and e.expires_at is not null
         )
         where site = :site and expires_next is null
           and exists (select 1 from loyalty_entries e
                       where e.site = :site and e.campaign = loyalty_balances.campaign
                         and e.customer = loyalty_balances.customer and e.expires_at is not null)",
        named_params! { ":site": site },
    )?;
    Ok(())
}

/// Sets when something of a balance expires next.
pub fn expect_expiry(
    tx: &WriteTx,
    site: SiteNo,
    campaign: i64,
    customer: i64,
    expires_next: Option<Timestamp>,
) -> Result<()> {
    tx.run(
        "update loyalty_balances set expires_next = :expires_next
         where site = :site and campaign = :campaign and customer = :customer",
        named_params! { ":site": site, ":campaign": campaign, ":customer": customer, ":expires_next": expires_next },
    )?;
    Ok(())
}

/// A kept balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Whose shop's.
    pub site: SiteNo,
    /// The campaign's own number.
    pub campaign: i64,
    /// The customer's own number.
    pub customer: i64,
    /// Points, minor units, visits or pieces.
    pub balance: i64,
    /// When something of it expires next, at the earliest.
    pub expires_next: Option<Timestamp>,
}

/// A member's balance in a campaign; nothing booked is nothing there.
pub fn balance(tx: &ReadTx, site: SiteNo, campaign: i64, customer: i64) -> Result<Kept> {
    let found = tx.first(
        "select balance, expires_next from loyalty_balances
         where campaign = :campaign and customer = :customer and site = :site",
        named_params! { ":site": site, ":campaign": campaign, ":customer": customer },
        |row| Ok((row.get("balance")?, row.get("expires_next")?)),
    )?;
    let (balance, expires_next) = found.unwrap_or((0, None));
    Ok(Kept { site, campaign, customer, balance, expires_next })
}

/// A member's balances, by the campaign's own number.
pub fn balances_of_member(tx: &ReadTx, site: SiteNo, customer: i64) -> Result<Vec<(i64, i64)>> {
    tx.all(
        "select campaign, balance from loyalty_balances where customer = :customer and site = :site order by campaign",
        named_params! { ":site": site, ":customer": customer },
        |row| Ok((row.get("campaign")?, row.get("balance")?)),
    )
}

/// The members of a campaign with their balances, by the customer's age; also those with nothing left.
pub fn balances_of_campaign(
    tx: &ReadTx,
    site: SiteNo,
    campaign: i64,
    offset: i64,
    limit: i64,
) -> Result<Vec<(Customer, i64)>> {
    tx.all(
        "select c.no, c.id, c.email, c.code, c.card_number, c.first_name, c.last_name, c.phone, c.custom, c.created_at,
                b.balance
         from loyalty_balances b join customers c on c.no = b.customer
         where b.site = :site and b.campaign = :campaign
         order by c.created_at, c.id limit :limit offset :offset",
        named_params! { ":site": site, ":campaign": campaign, ":limit": limit, ":offset": offset },
        |row| Ok((customers::from_row(row)?, row.get("balance")?)),
    )
}

/// Up to `limit` balances of any shop of which something may have expired by an instant, the earliest first.
pub fn due(tx: &ReadTx, now: Timestamp, limit: i64) -> Result<Vec<Kept>> {
    tx.all(
        "select site, campaign, customer, balance, expires_next from loyalty_balances where expires_next <= :now
         order by expires_next limit :limit",
        named_params! { ":now": now, ":limit": limit },
        |row| {
            Ok(Kept {
                site: row.get("site")?,
                campaign: row.get("campaign")?,
                customer: row.get("customer")?,
                balance: row.get("balance")?,
                expires_next: row.get("expires_next")?,
            })
        },
    )
}

/// The next instant at which something may expire, in any shop.
pub fn next_due(tx: &ReadTx) -> Result<Option<Timestamp>> {
    tx.one("select min(expires_next) as next from loyalty_balances where expires_next is not null", [], |row| {
        row.get("next")
    })
}

/// Hands to `each` every balance of a site that is kept or that entries make: campaign and customer by public id and by
/// our own number, kept, by the entries, when something expires next, and whether anything can expire.
pub fn walk_balances(
    tx: &ReadTx,
    site: SiteNo,
    mut each: impl FnMut(Names, Kept, i64, bool) -> Result<()>,
) -> Result<()> {
    tx.walk(
        "select g.id as campaign_id, c.id as customer_id, s.campaign, s.customer, sum(s.kept) as kept, sum(s.delta) as total,
                min(s.expires_next) as expires_next, max(s.expires) as expires
         from (
             select campaign, customer, balance as kept, 0 as delta, expires_next, 0 as expires
             from loyalty_balances where site = :site
             union all
             select campaign, customer, 0, sum(delta), null, max(expires_at is not null)
             from loyalty_entries where site = :site group by campaign, customer
         ) s
         join loyalty_campaigns g on g.no = s.campaign
         join customers c on c.no = s.customer
         group by s.campaign, s.customer",
        named_params! { ":site": site },
        |row| {
            let kept = Kept {
                site,
                campaign: row.get("campaign")?,
                customer: row.get("customer")?,
                balance: row.get("kept")?,
                expires_next: row.get("expires_next")?,
            };
            let names = Names { campaign_id: row.get("campaign_id")?, customer_id: row.get("customer_id")? };
            each(names, kept, row.get("total")?, row.get("expires")?)
        },
    )
}

/// Whose balance it is, by public ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The campaign's.
    pub campaign_id: String,
    /// The customer's.
    pub customer_id: String,
}

/// Makes every balance of a site anew from its entries; when something expires next is set to the earliest that it can
/// be, and the clock's job finds out.
pub fn rebuild_balances(tx: &WriteTx, site: SiteNo) -> Result<usize> {
    tx.run("delete from loyalty_balances where site = :site", named_params! { ":site": site })?;
    tx.run(
        "insert into loyalty_balances (site, campaign, customer, balance, expires_next)
         select :site, campaign, customer, sum(delta), min(expires_at)
         from loyalty_entries where site = :site group by campaign, customer",
        named_params! { ":site": site },
    )
}
