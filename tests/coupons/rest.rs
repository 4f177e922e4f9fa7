//! `/v1/coupons`, and Retargeting's `GET /v1/discount-codes`.

use serde_json::{Value, json};

use super::support::{KEY, Reply, SITE, World};
use super::{add, fill, leave, pool, ten_percent};

fn code_of(reply: &Reply) -> (u16, String, Value) {
    let error = &reply.json()["error"];
    (reply.status, error["code"].as_str().unwrap_or_default().to_owned(), error["details"]["param"].clone())
}

#[test]
fn a_coupon_is_made_read_changed_and_listed() {
    let world = World::new();
    let body = json!({ "id": "spring", "code": "SPRING10", "type": "percent", "value": 10, "minimum": 5000,
                       "starts_at": "2026-03-01T00:00:00Z", "use_limit": 9, "name": "Spring sale" });
    let made = world.rest("POST", "/v1/coupons", &body);
    assert_eq!(made.status, 201, "{}", made.body);
    let expected = json!({
        "id": "spring", "object": "coupon", "name": "Spring sale", "type": "percent", "value": 10, "currency": "USD",
        "minimum": 5000, "starts_at": "2026-03-01T00:00:00Z", "ends_at": null, "code_life_secs": null, "use_limit": 9,
        "uses": 0, "active": true, "code": "SPRING10", "pooled": false, "code_count": 1, "free_code_count": 0,
        "created_at": "2026-03-15T12:00:00Z",
    });
    assert_eq!(made.json(), expected);
    assert_eq!(world.rest("GET", "/v1/coupons/spring", &Value::Null).json(), expected);
    let change = json!({ "value": 15, "use_limit": null, "ends_at": "2026-04-01T00:00:00Z", "active": false });
    let changed = world.rest("PATCH", "/v1/coupons/spring", &change).json();
    assert_eq!(
        (&changed["value"], &changed["use_limit"], &changed["active"]),
        (&json!(15), &Value::Null, &json!(false))
    );
    assert_eq!((&changed["name"], &changed["ends_at"]), (&json!("Spring sale"), &json!("2026-04-01T00:00:00Z")));
    for number in 0..3 {
        add(&world, ten_percent(&format!("C{number}")));
    }
    let list = world.rest("GET", "/v1/coupons?limit=2&offset=1", &Value::Null).json();
    let ids: Vec<&str> = list["data"].as_array().expect("rows").iter().filter_map(|row| row["id"].as_str()).collect();
    // All of one second, so by id.
    assert_eq!((ids, &list["total_count"], &list["has_more"]), (vec!["c2", "c1"], &json!(4), &json!(true)));
    let made_up = world.rest("POST", "/v1/coupons", &json!({ "type": "fixed", "value": 500 })).json();
    assert!(made_up["id"].as_str().is_some_and(|id| id.starts_with("coup_")), "{made_up}");
    assert_eq!((&made_up["pooled"], &made_up["code"]), (&json!(true), &Value::Null));
}

#[test]
fn codes_are_imported_and_listed_and_twice_is_once() {
    let world = World::new();
    add(&world, pool("thanks"));
    let target = "/v1/coupons/thanks/codes";
    let told = world.rest("POST", target, &json!({ "codes": ["A-1", "A-2", "a-1"] })).json();
    assert_eq!((&told["new"], &told["skipped"], &told["coupon"]["free_code_count"]), (&json!(2), &json!(1), &json!(2)));
    let list = world.rest("GET", &format!("{target}?limit=1&offset=1"), &Value::Null).json();
    let row = json!({ "object": "coupon_code", "code": "A-2", "assigned_at": null, "expires_at": null, "uses": 0 });
    assert_eq!((&list["data"], &list["total_count"], &list["has_more"]), (&json!([row]), &json!(2), &json!(false)));
}

#[test]
fn what_cannot_be_is_refused_with_its_field_and_nothing_is_written() {
    let world = World::new();
    let post = |body: Value| code_of(&world.rest("POST", "/v1/coupons", &body));
    let refused = |code: &str, param: &str| (400, code.to_owned(), json!(param));
    assert_eq!(post(json!({ "value": 10 })), refused("MISSING_REQUIRED_FIELD", "type"));
    assert_eq!(post(json!({ "type": "percent" })), refused("MISSING_REQUIRED_FIELD", "value"));
    assert_eq!(post(json!({ "type": "half", "value": 10 })), refused("VALIDATION_ERROR", "type"));
    assert_eq!(post(json!({ "type": "percent", "value": 101 })), refused("VALIDATION_ERROR", "value"));
    assert_eq!(post(json!({ "type": "percent", "value": 1.5 })), refused("INVALID_FIELD_FORMAT", "value"));
    assert_eq!(post(json!({ "type": "percent", "value": 5, "id": "a b" })), refused("VALIDATION_ERROR", "id"));
    assert_eq!(post(json!({ "type": "percent", "value": 5, "code": "a b" })), refused("VALIDATION_ERROR", "code"));
    assert_eq!(
        post(json!({ "type": "percent", "value": 5, "currency": "XXQ" })),
        refused("VALIDATION_ERROR", "currency")
    );
    assert_eq!(
        post(json!({ "type": "percent", "value": 5, "ends_at": "soon" })),
        refused("INVALID_FIELD_FORMAT", "ends_at")
    );
    add(&world, ten_percent("TEN"));
    add(&world, pool("thanks"));
    let conflict = (409, "RESOURCE_CONFLICT".to_owned(), Value::Null);
    assert_eq!(post(json!({ "type": "percent", "value": 5, "id": "ten" })), conflict);
    assert_eq!(post(json!({ "type": "percent", "value": 5, "code": "ten" })), conflict);
    let patch = |body: Value| code_of(&world.rest("PATCH", "/v1/coupons/ten", &body));
    assert_eq!(patch(json!({ "type": "fixed" })), refused("VALIDATION_ERROR", "type"));
    assert_eq!(patch(json!({})), refused("MISSING_REQUIRED_FIELD", "value"));
    assert_eq!(patch(json!({ "code_life_secs": 60 })), refused("VALIDATION_ERROR", "code_life_secs"));
    let import = |id: &str, body: Value| code_of(&world.rest("POST", &format!("/v1/coupons/{id}/codes"), &body));
    assert_eq!(import("ten", json!({ "codes": ["A"] })), conflict);
    assert_eq!(import("thanks", json!({})), refused("MISSING_REQUIRED_FIELD", "codes"));
    assert_eq!(import("thanks", json!({ "codes": "A" })), refused("INVALID_FIELD_FORMAT", "codes"));
    assert_eq!(import("thanks", json!({ "codes": ["A", 7] })), refused("INVALID_FIELD_FORMAT", "codes[1]"));
    assert_eq!(import("thanks", json!({ "codes": ["A", "TEN"] })), refused("VALIDATION_ERROR", "codes[1]"));
    assert_eq!(import("thanks", json!({ "codes": vec!["A"; 10_001] })), refused("VALIDATION_ERROR", "codes"));
    assert_eq!(super::coupon(&world, "thanks").codes, 0);
    assert_eq!(code_of(&world.rest("GET", "/v1/coupons/none", &Value::Null)).0, 404);
    assert_eq!(code_of(&world.rest("DELETE", "/v1/coupons/ten", &Value::Null)).0, 405);
}

#[test]
fn a_key_reads_and_writes_what_its_scopes_say_of_its_own_shop() {
    let world = World::new();
    add(&world, ten_percent("TEN"));
    world.add_key(&world.site(SITE), "reader", "coupons:read");
    let other = world.add_site("other", "acct_other", "USD", "UTC");
    world.add_key(&other, "stranger", "all");
    let call = |method: &str, target: &str, key: &str| {
        let bearer = format!("Bearer {key}");
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let body: &[u8] = if method == "GET" { b"" } else { b"{\"value\":50}" };
        world.call(method, target, &headers, body).status
    };
    assert_eq!(call("GET", "/v1/coupons/ten", "reader"), 200);
    assert_eq!(call("PATCH", "/v1/coupons/ten", "reader"), 403);
    assert_eq!((call("GET", "/v1/coupons/ten", "stranger"), call("PATCH", "/v1/coupons/ten", "stranger")), (404, 404));
    assert_eq!(super::coupon(&world, "ten").coupon.value, 10);
}

/// Letters with both kinds of codes, one of them used.
fn with_letters() -> World {
    let world = World::new();
    world.set(SITE, "timezone", "America/New_York");
    world.set(SITE, "letters.cap_gap", "0s");
    add(&world, ten_percent("SPRING10"));
    add(&world, pool("thanks"));
    fill(&world, "thanks", &["T-1", "T-2"]);
    super::letters::with_coupon(&world, "thanks", Default::default());
    let cart = leave(&world, "Ann@example.com");
    world.advance("2h");
    world.rest("POST", &format!("/v1/carts/{cart}/coupons"), &json!({ "code": "T-1" }));
    world.get(&format!("/ss/v1/?key={KEY}&siteid={SITE}&email=ann@example.com"));
    super::letters::with_coupon(&world, "spring10", Default::default());
    leave(&world, "bob@example.com");
    world.advance("2h");
    world
}

#[test]
fn the_codes_of_a_day_are_told_as_the_vendor_tells_them() {
    let world = with_letters();
    let codes = |date: &str| world.get(&format!("/v1/discount-codes?k={KEY}&date={date}")).json();
    let expected = json!({ "status": "success", "data": [
        { "email": "Ann@example.com", "code": "T-1", "used": true, "type": "unique", "date": "2026-03-15 09:00:00",
          "expire_date": "2026-03-18 09:00:00",
          "discount_type": { "token": "unique_fixed_5.00", "type": "unique_fixed", "value": "5.00", "name": "thanks" } },
        { "email": "bob@example.com", "code": "SPRING10", "used": null, "type": "multiuse", "date": "2026-03-15 11:00:00",
          "expire_date": "",
          "discount_type": { "token": "multiuse_percentage_10", "type": "multiuse_percentage", "value": "10",
                             "name": "spring10" } },
    ]});
    assert_eq!(codes("2026-03-15"), expected);
    assert_eq!(codes("2026-03-16"), json!({ "status": "success", "data": [] }));
}

#[test]
fn a_call_for_codes_that_is_wrong_gets_one_of_two_words() {
    let world = World::new();
    let told = |query: &str| {
        let reply = world.get(&format!("/v1/discount-codes?{query}"));
        (reply.status, reply.json())
    };
    let (key, date) = (json!({ "status": "Incorrect key" }), json!({ "status": "Incorrect date" }));
    assert_eq!(told("date=2026-03-15"), (200, key.clone()));
    assert_eq!(told("k=nope&date=2026-03-15"), (200, key.clone()));
    world.add_key(&world.site(SITE), "figures-only", "stats:read");
    assert_eq!(told("k=figures-only&date=2026-03-15"), (200, key));
    for wrong in ["", "&date=", "&date=2026-02-30", "&date=15.03.2026", "&date=2026-3-15", "&date=99999-01-01"] {
        assert_eq!(told(&format!("k={KEY}{wrong}")), (200, date.clone()), "{wrong}");
    }
}

/// A shop whose till or checkout took the code says so with the order. Each spelling is one that a client sends.
#[test]
fn the_codes_that_an_order_was_saved_with_are_uses() {
    let world = World::new();
    for code in ["A1", "B2", "C3"] {
        add(&world, ten_percent(code));
    }
    let save = |number: u32, codes: &str| {
        let form = format!("api_key={KEY}&0[order_no]={number}&0[email]=x{number}@example.com&0[total]=9{codes}");
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        assert!(world.call("POST", "/api/1.0/order/save.json", &headers, form.as_bytes()).body.contains("OK"));
    };
    save(1, "&0[discount_code]=a1");
    save(1, "&0[discount_code]=a1");
    save(2, "&0[discount_code]=A1,%20B2");
    save(3, "&0%5Bdiscount_code%5D%5B0%5D=B2&0[discount_code][]=C3");
    save(4, "&0[discount_code]=nobodys&1[discount_code]=C3");
    let uses = |id: &str| world.rest("GET", &format!("/v1/coupons/{id}"), &Value::Null).json()["uses"].clone();
    assert_eq!((uses("a1"), uses("b2"), uses("c3")), (json!(2), json!(2), json!(1)));
}

#[test]
fn a_code_that_the_cart_took_here_and_the_order_names_is_one_use() {
    let world = World::new();
    add(&world, ten_percent("A1"));
    let item = json!({ "product_id": "p", "quantity": 1, "unit_price": 1_000 });
    let cart = world.rest("POST", "/v1/carts", &json!({ "email": "ann@example.com", "items": [item] })).json();
    let path = format!("/v1/carts/{}/coupons", cart["id"].as_str().expect("an id"));
    assert_eq!(world.rest("POST", &path, &json!({ "code": "a1" })).status, 200);
    let form = format!("api_key={KEY}&0[order_no]=7&0[email]=ann@example.com&0[discount_code]=A1");
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    world.call("POST", "/api/1.0/order/save.json", &headers, form.as_bytes());
    assert_eq!(world.rest("GET", "/v1/coupons/a1", &Value::Null).json()["uses"], json!(1));
}

/// One door tells of the sale, another of the codes that it was made with: each counts once, and the letter's is told as used.
#[test]
fn a_sale_that_several_doors_tell_of_counts_each_of_its_codes_once() {
    let world = World::new();
    add(&world, pool("thanks"));
    fill(&world, "thanks", &["T-1", "T-2"]);
    super::letters::with_coupon(&world, "thanks", Default::default());
    leave(&world, "ann@example.com");
    world.advance("2h");
    let used = || {
        let codes = world.get(&format!("/v1/discount-codes?k={KEY}&date=2026-03-15")).json();
        let uses = super::coupon(&world, "thanks").coupon.uses;
        (codes["data"][0]["code"].clone(), codes["data"][0]["used"].clone(), uses)
    };
    let sale = json!({ "email": "ann@example.com", "order_id": "7", "total": 1_350 });
    assert_eq!(world.rest("POST", "/v1/purchases", &sale).status, 201);
    assert_eq!(used(), (json!("T-1"), Value::Null, 0));
    let save = |codes: &str| {
        let form = format!("api_key={KEY}&0[order_no]=7&0[email]=ann@example.com&0[total]=9&0[discount_code]={codes}");
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        let reply = world.call("POST", "/api/1.0/order/save.json", &headers, form.as_bytes()).json();
        assert_eq!(reply["data"]["error"], "Order number exists", "{reply}");
    };
    for _ in 0..2 {
        save("t-1");
        assert_eq!(used(), (json!("T-1"), json!(true), 1));
    }
    save("T-1,T-2");
    assert_eq!(used().2, 2);
    assert_eq!(world.rest("POST", "/v1/purchases", &sale).status, 200);
    assert_eq!(used().2, 2);
    super::figures_are_what_the_rows_say(&world);
}

#[test]
fn the_list_can_be_walked_by_the_id_of_the_last_row_seen() {
    let world = World::new();
    for code in ["A", "B", "C"] {
        add(&world, ten_percent(code));
    }
    let page = |query: &str| {
        let reply = world.rest("GET", &format!("/v1/coupons?{query}"), &Value::Null).json();
        let ids = reply["data"].as_array().map(|rows| rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>());
        (json!(ids), reply["has_more"].clone(), reply["total_count"].clone())
    };
    assert_eq!(page("limit=2"), (json!(["c", "b"]), json!(true), json!(3)));
    assert_eq!(page("limit=2&after=b"), (json!(["a"]), json!(false), json!(3)));
    assert_eq!(page("limit=1&offset=1"), (json!(["b"]), json!(true), json!(3)));
    let refused = |query: &str| code_of(&world.rest("GET", &format!("/v1/coupons?{query}"), &Value::Null));
    assert_eq!(refused("after=nobody"), (400, "VALIDATION_ERROR".into(), json!("after")));
    assert_eq!(refused("after=b&offset=1"), (400, "VALIDATION_ERROR".into(), json!("after")));
}
