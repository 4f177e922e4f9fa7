//! Points run out of time when it was announced, never before.

use cartwright::domain::loyalty::{CampaignKind, Cause};
use cartwright::ops::loyalty;

use crate::shop::Shop;

const DAY: i64 = 86_400;

#[test]
fn points_expire_at_the_instant_that_was_announced_and_the_clock_writes_the_entry() {
    let shop = Shop::open();
    let campaign = shop.campaign(CampaignKind::Points, |new| new.expires_after_secs = Some(30 * DAY));
    let ann = shop.member("ann@example.com");
    shop.earn(&campaign, ann, 100).expect("earned");
    assert_eq!(shop.announced(&campaign, ann), [("2026-04-14T12:00:00Z".to_owned(), 100)]);
    shop.world.advance("10d");
    shop.earn(&campaign, ann, 50).expect("earned");
    shop.redeem(&campaign, ann, 30).expect("redeemed");
    let both = [("2026-04-14T12:00:00Z".to_owned(), 70), ("2026-04-24T12:00:00Z".to_owned(), 50)];
    assert_eq!(shop.announced(&campaign, ann), both);
    shop.world.set_clock("2026-04-14T11:59:59Z");
    assert_eq!(shop.balance(&campaign, ann), 120);
    shop.world.set_clock("2026-04-14T12:00:00Z");
    assert_eq!(shop.balance(&campaign, ann), 50);
    let expired = shop.entries().into_iter().find(|named| named.entry.cause == Cause::Expire).expect("an entry");
    assert_eq!((expired.entry.amount, expired.entry.at.rfc3339().as_str()), (70, "2026-04-14T12:00:00Z"));
    shop.world.advance("30d");
    assert_eq!(shop.balance(&campaign, ann), 0);
    assert_eq!(shop.announced(&campaign, ann), []);
    shop.holds();
}

#[test]
fn a_changed_setting_changes_nothing_that_was_announced() {
    let shop = Shop::open();
    let campaign = shop.campaign(CampaignKind::Points, |_| {});
    let ann = shop.member("ann@example.com");
    shop.earn(&campaign, ann, 100).expect("earned");
    let set = |secs: Option<i64>| {
        let id = campaign.id.clone();
        shop.write(move |tx, site| {
            loyalty::change_campaign(tx, site, &id, |campaign| campaign.expires_after_secs = secs)
        })
        .expect("changed");
    };
    set(Some(60 * DAY));
    shop.earn(&campaign, ann, 20).expect("earned");
    set(Some(DAY));
    shop.earn(&campaign, ann, 3).expect("earned");
    let announced = [("2026-03-16T12:00:00Z".to_owned(), 3), ("2026-05-14T12:00:00Z".to_owned(), 20)];
    assert_eq!(shop.announced(&campaign, ann), announced);
    shop.world.advance("1d");
    assert_eq!(shop.balance(&campaign, ann), 120);
    set(None);
    shop.world.advance("100d");
    // What was earned before there was a setting never expires.
    assert_eq!(shop.balance(&campaign, ann), 100);
    shop.holds();
}

#[test]
fn what_a_wrong_redemption_took_comes_back_to_where_it_was() {
    let shop = Shop::open();
    let campaign = shop.campaign(CampaignKind::Points, |new| new.expires_after_secs = Some(10 * DAY));
    let ann = shop.member("ann@example.com");
    shop.earn(&campaign, ann, 100).expect("earned");
    shop.world.advance("5d");
    shop.earn(&campaign, ann, 100).expect("earned");
    let wrong = shop.redeem(&campaign, ann, 150).expect("redeemed");
    shop.reverse(&wrong).expect("undone");
    assert_eq!(shop.announced(&campaign, ann).iter().map(|(_, amount)| *amount).collect::<Vec<_>>(), [100, 100]);
    let late = shop.redeem(&campaign, ann, 80).expect("redeemed");
    shop.world.advance("5d");
    assert_eq!(shop.balance(&campaign, ann), 100);
    // Points whose time is over come back, and go with the next look of the clock.
    shop.reverse(&late).expect("undone");
    shop.holds();
    shop.world.advance("1s");
    assert_eq!(shop.balance(&campaign, ann), 100);
    shop.holds();
}

#[test]
fn nobody_redeems_what_is_over_though_the_clock_has_not_looked_yet() {
    let shop = Shop::open();
    let campaign = shop.campaign(CampaignKind::Points, |new| new.expires_after_secs = Some(DAY));
    let ann = shop.member("ann@example.com");
    let earned = shop.earn(&campaign, ann, 100).expect("earned");
    let new = crate::shop::entry(&campaign, ann, 1);
    let late = shop.write(move |tx, site| {
        let tomorrow = tx.at(tx.now().plus(DAY));
        Ok(loyalty::redeem(&tomorrow, site, new).map(drop).map_err(|e| e.to_string()))
    });
    assert_eq!(late.expect("tried"), Err("the balance is 0".to_owned()));
    let refused = shop.reverse(&earned).expect_err("expired");
    assert_eq!(refused.to_string(), "some of it has expired");
    shop.holds();
}

#[test]
fn a_wrong_balance_is_found_and_mended() {
    let shop = Shop::open();
    let campaign = shop.campaign(CampaignKind::Points, |new| new.expires_after_secs = Some(DAY));
    let ann = shop.member("ann@example.com");
    shop.earn(&campaign, ann, 100).expect("earned");
    let file = rusqlite::Connection::open(shop.world.app.store.path()).expect("the file");
    file.execute("update loyalty_balances set balance = 7, expires_next = null", []).expect("an accident");
    let wrong = shop.world.app.store.read(|tx| loyalty::verify(tx, &shop.site)).expect("verified");
    let found: Vec<(&str, i64, i64)> = wrong.iter().map(|w| (w.figure, w.kept, w.recomputed)).collect();
    assert_eq!(found[0], ("balance", 7, 100));
    assert_eq!(found[1].0, "expires_next");
    assert_eq!(shop.write(loyalty::rebuild).expect("mended"), 1);
    shop.holds();
    shop.world.advance("1d");
    assert_eq!(shop.balance(&campaign, ann), 0);
    shop.holds();
}
