//! Many new rows at once, counted together. A trigger moves up to four rows of counts for one that is counted, and has its
//! statement keep copies of all pages that it changes, so that it can be undone by itself; for the thousands of rows that an import
//! writes in a transaction, that takes as long as the rows (docs/adr/0035).

use rusqlite::named_params;

use super::{ReadTx, WriteTx};
use crate::domain::{Result, SiteNo};

/// The newest row of each table whose new rows are counted.
struct Before {
    cart: i64,
    customer: i64,
    entry: i64,
}

impl Before {
    fn of(tx: &ReadTx) -> Result<Self> {
        tx.one(
            "select coalesce((select max(no) from carts), 0) as cart, coalesce((select max(no) from customers), 0) as customer,
                    coalesce((select max(no) from loyalty_entries), 0) as entry",
            [],
            |row| Ok(Before { cart: row.get("cart")?, customer: row.get("customer")?, entry: row.get("entry")? }),
        )
    }
}

/// Runs `f` while no trigger runs, and then counts the rows that it added, balances among them. Of what is counted it may add
/// carts of the site, customers, and entries of the ledger that undo no other; what is there it must leave alone.
pub fn adding<T>(tx: &WriteTx, site: SiteNo, f: impl FnOnce() -> Result<T>) -> Result<T> {
    let before = Before::of(tx)?;
    let _quiet = tx.without_triggers()?;
    let done = f()?;
    for (sql, after) in COUNTS {
        tx.run(sql, named_params! { ":site": site, ":after": after(&before) })?;
    }
    Ok(done)
}

/// Behind which row each statement counts.
type After = fn(&Before) -> i64;

/// What the triggers do for one row, for all rows of a site behind one.
const COUNTS: [(&str, After); 6] = [
    (
        "insert into cart_counts (site, status, channel, has_email, currency, carts, ever_abandoned, recovered, total)
         select :site, status, channel, has_email, currency, count(*), count(first_abandoned_at), sum(recovered), sum(total)
         from carts not indexed where no > :after and site = :site and class <> 'machine' and deleted_at is null
         group by status, channel, has_email, currency
         on conflict do update set carts = carts + excluded.carts, ever_abandoned = ever_abandoned + excluded.ever_abandoned,
             recovered = recovered + excluded.recovered, total = total + excluded.total",
        |before| before.cart,
    ),
    (
        "insert into hourly_counts (site, what, campaign, hour, count)
         select :site, 'abandoned', 0, (first_abandoned_at + 62135596800) / 3600 as at_hour, count(*)
         from carts not indexed where no > :after and site = :site and first_abandoned_at is not null and class <> 'machine'
         group by at_hour
         on conflict do update set count = count + excluded.count",
        |before| before.cart,
    ),
    (
        "insert into hourly_counts (site, what, campaign, hour, count)
         select :site, 'customers', 0, (created_at + 62135596800) / 3600 as at_hour, count(*)
         from customers not indexed where no > :after and site = :site group by at_hour
         on conflict do update set count = count + excluded.count",
        |before| before.customer,
    ),
    (
        "insert into hourly_counts (site, what, campaign, hour, count)
         select :site, 'transactions', campaign, (at + 62135596800) / 3600 as at_hour, count(*)
         from loyalty_entries not indexed where no > :after and site = :site and cause in ('earn', 'redeem')
         group by campaign, at_hour
         on conflict do update set count = count + excluded.count",
        |before| before.entry,
    ),
    (
        "insert into member_counts (customer, site, transactions)
         select customer, :site, count(*)
         from loyalty_entries not indexed where no > :after and site = :site and cause in ('earn', 'redeem')
         group by customer
         on conflict do update set transactions = transactions + excluded.transactions",
        |before| before.entry,
    ),
    (
        "insert into loyalty_balances (site, campaign, customer, balance)
         select :site, campaign, customer, sum(delta)
         from loyalty_entries not indexed where no > :after and site = :site
         group by campaign, customer
         on conflict (campaign, customer) do update set balance = balance + excluded.balance",
        |before| before.entry,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Error, Timestamp};
    use crate::store::Store;

    #[test]
    fn triggers_run_again_afterwards_whatever_happened() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let store = Store::open(folder.path(), std::sync::Arc::new(|| Timestamp::from_secs(0))).expect("a store");
        let run = |store: &Store| store.write(|tx| tx.has_triggers()).expect("a look");
        let during = store.write(|tx| adding(tx, SiteNo(1), || tx.has_triggers()));
        assert!(matches!(during, Ok(false)));
        assert!(run(&store));
        let failed = store.write(|tx| adding(tx, SiteNo(1), || Err::<(), _>(Error::internal("a failure"))));
        assert!(failed.is_err() && run(&store));
        let panicked = store.write(|tx| adding::<()>(tx, SiteNo(1), || panic!("a fault of ours")));
        assert!(panicked.is_err() && run(&store));
    }
}
