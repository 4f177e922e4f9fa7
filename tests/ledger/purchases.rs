//! Purchases earn once, and refunds take back what they earned.

use cartwright::domain::EmailAddress;
use cartwright::domain::loyalty::{Campaign, CampaignKind, Cause};
use cartwright::domain::purchases::Purchase;
use cartwright::ops::{loyalty, purchases};
use serde_json::json;

use crate::shop::{Shop, confirmation};

fn earning(shop: &Shop, kind: CampaignKind) -> Campaign {
    shop.campaign(kind, |new| {
        new.earns_from_purchases = true;
        new.points_ratio = Some("1.5".into());
        new.earned_per_event = Some(250);
        new.product = Some("mug".into());
    })
}

/// What refunds took back, and what they should have taken and did not find.
fn taken(shop: &Shop, campaign: &Campaign) -> (i64, i64) {
    let entries = shop.entries();
    let refunds =
        entries.iter().map(|named| &named.entry).filter(|e| e.cause == Cause::Refund && e.campaign == campaign.no);
    refunds.fold((0, 0), |(taken, short), entry| (taken + entry.amount, short + entry.shortfall))
}

#[test]
fn a_purchase_earns_by_the_arithmetic_of_each_campaign_and_only_where_it_is_switched_on() {
    let shop = Shop::open();
    let [points, events, earned, buyx] =
        [CampaignKind::Points, CampaignKind::Events, CampaignKind::Earned, CampaignKind::Buyx]
            .map(|kind| earning(&shop, kind));
    let silent = shop.campaign(CampaignKind::Points, |_| {});
    let ended = earning(&shop, CampaignKind::Points);
    let id = ended.id.clone();
    shop.write(move |tx, site| loyalty::set_active(tx, site, &id, false)).expect("ended");
    let ann = shop.member("ann@example.com");
    let cart = json!({ "email": "Ann@Example.com", "items": [
        { "product_id": "mug", "quantity": 2, "unit_price": 500 },
        { "product_id": "cup", "sku": "mug", "quantity": 1, "unit_price": 400 },
        { "product_id": "tea", "quantity": 7, "unit_price": 100 },
    ]});
    assert_eq!(shop.world.rest("POST", "/v1/carts", &cart).status, 201);
    shop.buy("ANN@example.com", "A-1", 1_999);
    let balances = [&points, &events, &earned, &buyx, &silent, &ended].map(|campaign| shop.balance(campaign, ann));
    // 19.99 times 1.5 is 29.985: a point is earned when it is paid for.
    assert_eq!(balances, [29, 1, 250, 3, 0, 0]);
    // The same order told again, and by whatever door, earns nothing more.
    shop.buy("ann@example.com", "A-1", 1_999);
    assert_eq!(shop.balance(&points, ann), 29);
    shop.holds();
}

#[test]
fn nobody_is_made_a_member_and_joining_later_earns_nothing_for_before() {
    let shop = Shop::open();
    let points = earning(&shop, CampaignKind::Points);
    shop.buy("bob@example.com", "B-1", 10_000);
    assert!(shop.entries().is_empty());
    let bob = shop.member("bob@example.com");
    shop.buy("bob@example.com", "B-1", 10_000);
    assert_eq!(shop.balance(&points, bob), 0);
    shop.buy("bob@example.com", "B-2", 10_000);
    assert_eq!(shop.balance(&points, bob), 150);
}

#[test]
fn another_currency_earns_visits_and_no_points() {
    let shop = Shop::open();
    let (points, events) = (earning(&shop, CampaignKind::Points), earning(&shop, CampaignKind::Events));
    let ann = shop.member("ann@example.com");
    let cart = json!({ "email": "ann@example.com", "currency": "JPY", "items": [
        { "product_id": "tea", "quantity": 1, "unit_price": 5_000 },
    ]});
    assert_eq!(shop.world.rest("POST", "/v1/carts", &cart).status, 201);
    let bought = shop.buy("ann@example.com", "A-1", 5_000);
    assert_eq!(bought.currency.code(), "JPY");
    assert_eq!((shop.balance(&points, ann), shop.balance(&events, ann)), (0, 1));
}

#[test]
fn a_cart_that_comes_after_its_purchase_earns_its_pieces() {
    let shop = Shop::open();
    let (points, buyx) = (earning(&shop, CampaignKind::Points), earning(&shop, CampaignKind::Buyx));
    let ann = shop.member("ann@example.com");
    shop.buy("ann@example.com", "A-1", 1_000);
    assert_eq!((shop.balance(&points, ann), shop.balance(&buyx, ann)), (15, 0));
    let cart = json!({ "email": "ann@example.com", "order_id": "A-1", "items": [
        { "product_id": "mug", "quantity": 2, "unit_price": 500 },
    ]});
    assert_eq!(shop.world.rest("POST", "/v1/carts", &cart).status, 201);
    assert_eq!((shop.balance(&points, ann), shop.balance(&buyx, ann)), (15, 2));
    shop.holds();
}

fn unverified(shop: &Shop, total: i64) -> Purchase {
    shop.world.set(crate::support::SITE, "origins", "https://shop.example");
    let price = format!("{}.{:02}", total / 100, total % 100);
    let items = json!([{ "productID": "mug", "productName": "Mug", "quantity": "9", "productPrice": price }]);
    let headers = [
        ("Origin", "https://shop.example"),
        ("Content-Type", "text/plain;charset=UTF-8"),
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ];
    for (command, more) in [("tracking", items), ("confirmation", json!([]))] {
        let mut body = json!({ "site": "shop=", "visitor": "visitor-ann----------------", "command": command,
                               "human": true, "email": "ann@example.com" });
        if command == "tracking" {
            body["items"] = more;
        }
        let reply = shop.world.call("POST", "/capture", &headers, body.to_string().as_bytes());
        assert_eq!((reply.status, reply.body.as_str()), (204, ""), "{command}");
        shop.world.advance("1m");
    }
    let address = EmailAddress::parse("ann@example.com").expect("an address").matched();
    let kept = shop.world.app.store.read(|tx| {
        cartwright::store::purchases::of_address_since(tx, shop.site.no, &address, cartwright::domain::Timestamp::MIN)
    });
    kept.expect("purchases").into_iter().next().expect("what the browser told")
}

#[test]
fn a_browsers_word_earns_nothing_until_a_server_confirms_it_and_then_its_total_counts() {
    let shop = Shop::open();
    let (points, buyx) = (earning(&shop, CampaignKind::Points), earning(&shop, CampaignKind::Buyx));
    let ann = shop.member("ann@example.com");
    let told = unverified(&shop, 1_000);
    assert!(!told.verified);
    assert_eq!(shop.balance(&points, ann), 0);
    let confirmed = shop.buy("ann@example.com", "A-1", 4_000);
    assert_eq!(confirmed.id, told.id, "one sale, told by two");
    // Nine mugs in a browser's cart prove nothing.
    assert_eq!((shop.balance(&points, ann), shop.balance(&buyx, ann)), (60, 0));
    shop.holds();
}

#[test]
fn a_refund_before_the_confirmation_leaves_only_what_was_kept() {
    let shop = Shop::open();
    let points = earning(&shop, CampaignKind::Points);
    let ann = shop.member("ann@example.com");
    let told = unverified(&shop, 1_000);
    shop.refund(&told, told.total / 2);
    let confirmed = shop.buy("ann@example.com", "A-1", told.total);
    assert_eq!(confirmed.id, told.id);
    let whole = points.points_for(told.total, 2);
    assert_eq!(shop.balance(&points, ann), whole - whole / 2);
    shop.holds();
}

#[test]
fn a_full_refund_in_parts_takes_back_exactly_all() {
    for parts in [vec![1_999], vec![1, 1_998], vec![667, 666, 666], vec![1, 1, 1, 1_996]] {
        let shop = Shop::open();
        let (points, events) = (earning(&shop, CampaignKind::Points), earning(&shop, CampaignKind::Events));
        let ann = shop.member("ann@example.com");
        shop.earn(&points, ann, 1_000).expect("other points");
        let bought = shop.buy("ann@example.com", "A-1", 1_999);
        assert_eq!(shop.balance(&points, ann), 1_029);
        for (at, part) in parts.iter().enumerate() {
            shop.refund(&bought, *part);
            let whole = at + 1 == parts.len();
            assert_eq!(shop.balance(&events, ann), i64::from(!whole), "a visit goes with the whole of its purchase");
        }
        assert_eq!(shop.balance(&points, ann), 1_000, "{parts:?}");
        assert_eq!(taken(&shop, &points), (29, 0));
        shop.holds();
    }
}

#[test]
fn what_is_spent_cannot_be_taken_back_and_the_ledger_says_how_much_that_was() {
    let shop = Shop::open();
    let points = earning(&shop, CampaignKind::Points);
    let ann = shop.member("ann@example.com");
    let bought = shop.buy("ann@example.com", "A-1", 10_000);
    shop.redeem(&points, ann, 100).expect("redeemed");
    shop.refund(&bought, 5_000);
    assert_eq!((shop.balance(&points, ann), taken(&shop, &points)), (0, (50, 25)));
    // What is earned later is not taken for it.
    shop.earn(&points, ann, 500).expect("earned");
    shop.refund(&bought, 5_000);
    assert_eq!((shop.balance(&points, ann), taken(&shop, &points)), (425, (125, 25)));
    shop.holds();
}

#[test]
fn what_has_expired_or_was_voided_is_not_taken_a_second_time() {
    let shop = Shop::open();
    let points = shop.campaign(CampaignKind::Points, |new| {
        new.earns_from_purchases = true;
        new.expires_after_secs = Some(86_400);
    });
    let ann = shop.member("ann@example.com");
    let lapsed = shop.buy("ann@example.com", "A-1", 10_000);
    shop.world.advance("1d");
    let voided = shop.buy("ann@example.com", "A-2", 3_000);
    let entry =
        shop.entries().into_iter().find(|named| named.purchase_id.as_ref() == Some(&voided.id)).expect("earned");
    shop.reverse(&entry.entry).expect("undone");
    shop.buy("ann@example.com", "A-3", 5_000);
    shop.refund(&lapsed, 10_000);
    shop.refund(&voided, 3_000);
    assert_eq!((shop.balance(&points, ann), taken(&shop, &points)), (50, (0, 0)));
    shop.holds();
}

#[test]
fn what_a_refund_touched_is_not_voided_at_the_till() {
    let shop = Shop::open();
    let points = earning(&shop, CampaignKind::Points);
    let ann = shop.member("ann@example.com");
    let bought = shop.buy("ann@example.com", "A-1", 10_000);
    shop.refund(&bought, 1_000);
    let earned = shop.entries().into_iter().find(|named| named.entry.cause == Cause::Earn).expect("earned").entry;
    let refused = shop.reverse(&earned).expect_err("refunded in part").to_string();
    assert_eq!(refused, "a refund took some of it back; refund the rest of the purchase instead");
    assert_eq!(shop.balance(&points, ann), 135);
}

#[test]
fn a_refund_that_fails_takes_nothing_back() {
    let shop = Shop::open();
    let points = earning(&shop, CampaignKind::Points);
    let ann = shop.member("ann@example.com");
    let bought = shop.buy("ann@example.com", "A-1", 1_000);
    let id = bought.id.clone();
    shop.write(move |tx, site| purchases::refund(tx, site, &id, 1_001)).expect_err("more than was paid");
    assert_eq!(shop.balance(&points, ann), 15);
    let told = confirmation("ann@example.com", "A-1", 1_000);
    shop.write(|tx, site| purchases::confirm(tx, site, told)).expect("told again");
    assert_eq!(shop.balance(&points, ann), 15);
}

#[test]
fn a_cart_that_the_shops_server_converts_earns_once() {
    let shop = Shop::open();
    let (points, buyx) = (earning(&shop, CampaignKind::Points), earning(&shop, CampaignKind::Buyx));
    let ann = shop.member("ann@example.com");
    let cart =
        json!({ "email": "ann@example.com", "items": [{ "product_id": "mug", "quantity": 2, "unit_price": 500 }] });
    let cart = shop.world.rest("POST", "/v1/carts", &cart).json();
    let path = format!("/v1/carts/{}/convert", cart["id"].as_str().expect("an id"));
    for _ in 0..2 {
        let told = shop.world.rest("POST", &path, &json!({ "order_id": "A-1" }));
        assert_eq!(told.status, 200, "{}", told.body);
        assert_eq!((shop.balance(&points, ann), shop.balance(&buyx, ann)), (15, 2));
    }
    shop.buy("ann@example.com", "A-1", 1_000);
    assert_eq!((shop.balance(&points, ann), shop.balance(&buyx, ann)), (15, 2));
    shop.holds();
}
