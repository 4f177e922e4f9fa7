//! `/v1/loyalty`: campaigns, members and entries in the style of our own REST interface.

mod support;

use serde_json::{Value, json};
use support::{KEY, SITE, World};

fn ok(reply: &support::Reply, status: u16) -> Value {
    assert_eq!(reply.status, status, "{}", reply.body);
    reply.json()
}

struct Shop {
    world: World,
    campaign: String,
    member: String,
}

fn shop() -> Shop {
    let world = World::new();
    let new = json!({ "name": "Points", "kind": "points", "points_ratio": "2", "expires_after_secs": 2_592_000 });
    let campaign = ok(&world.rest("POST", "/v1/loyalty/campaigns", &new), 201);
    let member =
        ok(&world.rest("POST", "/v1/loyalty/members", &json!({ "code": "4711", "email": "Ann@Example.com" })), 201);
    let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
    Shop { campaign: id(&campaign), member: id(&member), world }
}

impl Shop {
    fn book(&self, cause: &str, amount: i64) -> support::Reply {
        let body = json!({ "cause": cause, "campaign_id": self.campaign, "member_id": self.member, "amount": amount });
        self.world.rest("POST", "/v1/loyalty/entries", &body)
    }
}

#[test]
fn a_campaign_is_set_up_read_changed_and_listed() {
    let shop = shop();
    let path = format!("/v1/loyalty/campaigns/{}", shop.campaign);
    let read = ok(&shop.world.rest("GET", &path, &Value::Null), 200);
    assert_eq!(
        (&read["object"], &read["kind"], &read["active"]),
        (&json!("loyalty_campaign"), &json!("points"), &json!(true))
    );
    let changed = json!({ "name": "Linen points", "expires_after_secs": null, "active": false });
    let changed = ok(&shop.world.rest("PATCH", &path, &changed), 200);
    assert_eq!((&changed["name"], &changed["expires_after_secs"]), (&json!("Linen points"), &Value::Null));
    assert_eq!(changed["points_ratio"], "2");
    let list = |query: &str| ok(&shop.world.rest("GET", &format!("/v1/loyalty/campaigns{query}"), &Value::Null), 200);
    assert_eq!(list("")["total_count"], 1);
    assert_eq!(list("?active=true")["data"], json!([]));
    let fixed = shop.world.rest("PATCH", &path, &json!({ "kind": "events" }));
    assert_eq!((fixed.status, &fixed.json()["error"]["details"]["param"]), (400, &json!("kind")));
    let refused = [
        (json!({ "kind": "points" }), "name"),
        (json!({ "name": "X" }), "kind"),
        (json!({ "name": "X", "kind": "stamps" }), "kind"),
        (json!({ "name": "X", "kind": "points", "points_ratio": "-1" }), "points_ratio"),
        (json!({ "name": "X", "kind": "points", "points_ratio": 1.5 }), "points_ratio"),
        (json!({ "name": "X", "kind": "buyx", "earns_from_purchases": true }), "earns_from_purchases"),
        (json!({ "name": "X", "kind": "points", "expires_after_secs": 1 }), "expires_after_secs"),
    ];
    for (body, field) in refused {
        let reply = shop.world.rest("POST", "/v1/loyalty/campaigns", &body);
        assert_eq!((reply.status, &reply.json()["error"]["details"]["param"]), (400, &json!(field)), "{body}");
    }
}

#[test]
fn a_member_shows_balances_and_what_is_announced_to_expire() {
    let shop = shop();
    ok(&shop.book("earn", 100), 201);
    let path = format!("/v1/loyalty/members/{}", shop.member);
    let read = ok(&shop.world.rest("GET", &path, &Value::Null), 200);
    let expiring = json!([{ "at": "2026-04-14T12:00:00Z", "amount": 100 }]);
    assert_eq!(read["balances"], json!([{ "campaign_id": shop.campaign, "balance": 100, "expiring": expiring }]));
    let changed = ok(&shop.world.rest("PATCH", &path, &json!({ "phone": "555", "custom": { "city": "Paris" } })), 200);
    assert_eq!(
        (&changed["phone"], &changed["code"], &changed["custom"]["city"]),
        (&json!("555"), &json!("4711"), &json!("Paris"))
    );
    let list = |query: &str| ok(&shop.world.rest("GET", &format!("/v1/loyalty/members{query}"), &Value::Null), 200);
    assert_eq!(list("?email=ann@example.com")["total_count"], 1);
    assert_eq!(list("?email=bob@example.com")["total_count"], 0);
    let taken = shop.world.rest("POST", "/v1/loyalty/members", &json!({ "code": "4711" }));
    assert_eq!((taken.status, &taken.json()["error"]["code"]), (409, &json!("RESOURCE_CONFLICT")));
}

#[test]
fn entries_earn_redeem_and_reverse_and_never_change() {
    let shop = shop();
    let earned = ok(&shop.book("earn", 100), 201);
    assert_eq!(
        (&earned["balance"], &earned["cause"], &earned["redeemed"]),
        (&json!(100), &json!("earn"), &json!(false))
    );
    let redeemed = ok(&shop.book("redeem", 60), 201);
    assert_eq!(redeemed["balance"], 40);
    let too_much = shop.book("redeem", 41);
    assert_eq!((too_much.status, &too_much.json()["error"]["message"]), (409, &json!("The balance is 40.")));
    let undo =
        |id: &Value| shop.world.rest("POST", "/v1/loyalty/entries", &json!({ "cause": "reverse", "reverses": id }));
    let spent = undo(&earned["id"]);
    assert_eq!(spent.status, 409, "{}", spent.body);
    let undone = ok(&undo(&redeemed["id"]), 201);
    assert_eq!((&undone["balance"], &undone["reverses"]), (&json!(100), &redeemed["id"]));
    assert_eq!(undo(&redeemed["id"]).status, 409);
    let of = |query: &str| ok(&shop.world.rest("GET", &format!("/v1/loyalty/entries?{query}"), &Value::Null), 200);
    assert_eq!(of(&format!("member_id={}", shop.member))["total_count"], 3);
    assert_eq!(of(&format!("campaign_id={}&limit=1", shop.campaign))["has_more"], true);
    let path = format!("/v1/loyalty/entries/{}", earned["id"].as_str().expect("an id"));
    assert_eq!(ok(&shop.world.rest("GET", &path, &Value::Null), 200)["amount"], 100);
    for method in ["PUT", "PATCH", "DELETE"] {
        assert_eq!(shop.world.rest(method, &path, &json!({ "amount": 5 })).status, 405);
    }
    for (cause, amount, status) in [("expire", 5, 400), ("earn", 0, 400), ("earn", -5, 400), ("redeem", 0, 400)] {
        assert_eq!(shop.book(cause, amount).status, status, "{cause} {amount}");
    }
    let ended = json!({ "active": false });
    ok(&shop.world.rest("PATCH", &format!("/v1/loyalty/campaigns/{}", shop.campaign), &ended), 200);
    assert_eq!(shop.book("earn", 5).status, 404);
}

#[test]
fn a_walk_with_a_cursor_sees_every_entry_once() {
    let shop = shop();
    for amount in 1..=25 {
        ok(&shop.book("earn", amount), 201);
        if amount % 5 == 0 {
            shop.world.advance("1s");
        }
    }
    for order in ["desc", "asc"] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let target = format!("/v1/loyalty/entries?limit=7&order={order}{after}");
            let page = ok(&shop.world.rest("GET", &target, &Value::Null), 200);
            seen.extend(
                page["data"].as_array().expect("rows").iter().map(|row| row["amount"].as_i64().expect("an amount")),
            );
            if page["has_more"] == false {
                break;
            }
            after = format!("&after={}", page["data"][6]["id"].as_str().expect("an id"));
        }
        let sorted: Vec<i64> = if order == "asc" { (1..=25).collect() } else { (1..=25).rev().collect() };
        assert_eq!(seen, sorted, "{order}");
    }
    let both = shop.world.rest("GET", "/v1/loyalty/entries?after=x&offset=1", &Value::Null);
    assert_eq!((both.status, &both.json()["error"]["details"]["param"]), (400, &json!("after")));
}

#[test]
fn another_shops_rows_and_keys_without_the_scope_reach_nothing() {
    let shop = shop();
    let entry = ok(&shop.book("earn", 5), 201)["id"].as_str().expect("an id").to_owned();
    let other = shop.world.add_site("other", "acct_other", "USD", "UTC");
    shop.world.add_key(&other, "key-of-other", "all");
    shop.world.add_key(&shop.world.site(SITE), "reader", "loyalty:read");
    let call = |key: &str, method: &str, target: &str, body: &Value| {
        let bearer = format!("Bearer {key}");
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        shop.world.call(method, target, &headers, body.as_bytes()).status
    };
    let book = json!({ "cause": "earn", "campaign_id": shop.campaign, "member_id": shop.member, "amount": 5 });
    let of = [
        format!("/v1/loyalty/campaigns/{}", shop.campaign),
        format!("/v1/loyalty/members/{}", shop.member),
        format!("/v1/loyalty/entries/{entry}"),
        format!("/v1/loyalty/entries?campaign_id={}", shop.campaign),
    ];
    for target in &of {
        assert_eq!(call("key-of-other", "GET", target, &Value::Null), 404, "{target}");
        assert_eq!(call("reader", "GET", target, &Value::Null), 200, "{target}");
    }
    assert_eq!(call("key-of-other", "POST", "/v1/loyalty/entries", &book), 404);
    assert_eq!(call("reader", "POST", "/v1/loyalty/entries", &book), 403);
    assert_eq!(call(KEY, "POST", "/v1/loyalty/entries", &book), 201);
    let reverse = json!({ "cause": "reverse", "reverses": entry });
    assert_eq!(call("key-of-other", "POST", "/v1/loyalty/entries", &reverse), 404);
}
