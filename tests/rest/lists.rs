//! Every list of the interface: one envelope, and one way to ask for a part of it.

use serde_json::{Value, json};

use crate::support::World;

/// A shop in which every list has at least three rows, none of the same second, and the lists by path.
fn shop() -> (World, Vec<String>) {
    // Nobody listens at port 9, so deliveries are tried and wait.
    let world = World::with_environment(&[("CARTWRIGHT_WEBHOOKS_ALLOW_PRIVATE", "on")]);
    world.add_shop();
    let post = |path: &str, body: Value| {
        let reply = world.rest("POST", path, &body);
        assert!(reply.status < 300, "{path}: {}", reply.body);
        reply.json()
    };
    let named = |made: &Value| made["id"].as_str().expect("an id").to_owned();
    post("/v1/coupons", json!({ "id": "pool", "type": "percent", "value": 10 }));
    let (mut hook, mut campaign, mut cart) = (String::new(), String::new(), String::new());
    for number in 0..3 {
        world.advance("1m");
        let email = format!("person{number}@example.com");
        hook = named(&post("/v1/webhooks", json!({ "url": format!("http://127.0.0.1:9/{number}") })));
        post("/v1/customers", json!({ "email": email }));
        post("/v1/coupons", json!({ "code": format!("C-{number}"), "type": "percent", "value": 10 }));
        post("/v1/coupons/pool/codes", json!({ "codes": [format!("P-{number}")] }));
        post("/v1/subscribers", json!({ "email": email }));
        post("/v1/suppressions", json!({ "email": format!("other{number}@example.com") }));
        let item = json!({ "product_id": "p", "quantity": 1, "unit_price": 500 });
        cart = named(&post("/v1/carts", json!({ "email": email, "items": [item] })));
        campaign = named(&post("/v1/loyalty/campaigns", json!({ "name": email, "kind": "points" })));
        let member = named(&post("/v1/loyalty/members", json!({ "email": email })));
        let earned = json!({ "cause": "earn", "campaign_id": campaign, "member_id": member, "amount": 5 });
        post("/v1/loyalty/entries", earned);
    }
    world.advance("2h");
    for number in 0..3 {
        world.advance("1m");
        post("/v1/purchases", json!({ "email": format!("buyer{number}@example.com"), "total": 5 }));
        post("/v1/carts", json!({ "email": format!("later{number}@example.com") }));
    }
    let nouns = "carts customers coupons webhooks messages purchases subscribers suppressions loyalty/campaigns \
                 loyalty/members loyalty/entries";
    let mut paths: Vec<String> = nouns.split_whitespace().map(|noun| format!("/v1/{noun}")).collect();
    paths.push("/v1/coupons/pool/codes".into());
    paths.push(format!("/v1/webhooks/{hook}/deliveries"));
    assert!(!cart.is_empty() && !campaign.is_empty());
    (world, paths)
}

fn get(world: &World, target: &str) -> Value {
    let reply = world.rest("GET", target, &Value::Null);
    assert_eq!(reply.status, 200, "{target}: {}", reply.body);
    reply.json()
}

/// What a row is named by when it is a cursor.
fn cursors(list: &Value) -> Vec<String> {
    let name = |row: &Value| row["id"].as_str().or(row["code"].as_str()).expect("a name").to_owned();
    list["data"].as_array().expect("rows").iter().map(name).collect()
}

#[test]
fn every_list_has_one_envelope_and_is_walked_in_one_way() {
    let (world, paths) = shop();
    for path in paths {
        let whole = get(&world, &format!("{path}?limit=100"));
        let keys: Vec<&str> = whole.as_object().expect("an object").keys().map(String::as_str).collect();
        let envelope = ["object", "data", "has_more", "total_count", "url"];
        assert_eq!(keys[..5], envelope, "{path}");
        assert_eq!(keys[5..], if path == "/v1/carts" { vec!["summary"] } else { Vec::new() }, "{path}");
        let all = cursors(&whole);
        let said = (&whole["object"], &whole["has_more"], &whole["total_count"], &whole["url"]);
        assert_eq!(said, (&json!("list"), &json!(false), &json!(all.len()), &json!(path)), "{path}");
        assert!(all.len() >= 3, "{path} has {all:?}");

        let (mut walked, mut target) = (Vec::new(), format!("{path}?limit=1"));
        loop {
            let page = get(&world, &target);
            let found = cursors(&page);
            assert_eq!((found.len(), &page["total_count"]), (1, &json!(all.len())), "{target}");
            walked.extend(found);
            if page["has_more"] == json!(false) {
                break;
            }
            target = format!("{path}?limit=1&after={}", walked.last().expect("a row"));
        }
        assert_eq!(walked, all, "{path}");
        assert_eq!(cursors(&get(&world, &format!("{path}?limit=1&offset=1"))), all[1..2], "{path}");

        let other = if path.ends_with("/codes") { "desc" } else { "asc" };
        let mut turned = cursors(&get(&world, &format!("{path}?limit=100&sort_order={other}")));
        turned.reverse();
        assert_eq!(turned, all, "{path} in the other order");
        let behind = get(&world, &format!("{path}?limit=100&sort_order={other}&after={}", all[1]));
        assert_eq!(cursors(&behind), all[..1], "{path} in the other order, behind its last but one");
    }
}

#[test]
fn a_part_that_cannot_be_is_refused_by_every_list_in_one_way() {
    let (world, paths) = shop();
    for path in paths {
        let one = cursors(&get(&world, &path)).remove(0);
        for (query, code, param) in [
            ("limit=0".to_owned(), "VALIDATION_ERROR", "limit"),
            ("limit=101".to_owned(), "VALIDATION_ERROR", "limit"),
            ("limit=ten".to_owned(), "INVALID_FIELD_FORMAT", "limit"),
            ("offset=-1".to_owned(), "VALIDATION_ERROR", "offset"),
            ("sort_order=up".to_owned(), "VALIDATION_ERROR", "sort_order"),
            ("after=nothing".to_owned(), "VALIDATION_ERROR", "after"),
            (format!("after={one}&offset=1"), "VALIDATION_ERROR", "after"),
        ] {
            let reply = world.rest("GET", &format!("{path}?{query}"), &Value::Null);
            let error = &reply.json()["error"];
            let told = (reply.status, error["code"].as_str(), error["details"]["param"].as_str());
            assert_eq!(told, (400, Some(code), Some(param)), "{path}?{query}: {}", reply.body);
        }
        assert!(get(&world, &path)["data"].as_array().is_some_and(|rows| rows.len() <= 10), "{path}");
    }
}

#[test]
fn the_decisions_about_a_cart_are_told_whole_and_in_parts() {
    let (world, _) = shop();
    let carts = get(&world, "/v1/carts?status=abandoned&limit=1");
    let path = format!("/v1/carts/{}/decisions", carts["data"][0]["id"].as_str().expect("an id"));
    world.advance("5d");
    let all = get(&world, &path);
    let rows = all["data"].as_array().expect("rows");
    assert!(rows.len() >= 2, "{all}");
    assert_eq!((&all["has_more"], &all["total_count"]), (&json!(false), &json!(rows.len())));
    let second = get(&world, &format!("{path}?limit=1&offset=1"));
    assert_eq!((&second["data"], &second["has_more"]), (&json!([rows[1]]), &json!(rows.len() > 2)));
    let newest = get(&world, &format!("{path}?limit=1&sort_order=desc"));
    assert_eq!(newest["data"], json!([rows[rows.len() - 1]]));
    assert_eq!(world.rest("GET", &format!("{path}?after=x"), &Value::Null).status, 400);
}
