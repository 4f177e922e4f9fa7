//! People who came through the vendors' doors, and sales that are told again after their buyer is gone.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::support::{ACCOUNT, KEY, SITE, World};
use super::{all_is_sound, erase, exported, holds, line, nouns};

fn count(world: &World) -> i64 {
    world.rest("GET", "/v1/purchases", &Value::Null).json()["total_count"].as_i64().expect("a count")
}

fn shopify(world: &World, topic: &str, body: &Value) {
    let bytes = body.to_string().into_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(b"hush-hush").expect("a key");
    mac.update(&bytes);
    let signature = BASE64.encode(&mac.finalize().into_bytes());
    let headers = [
        ("Content-Type", "application/json"),
        ("X-Shopify-Topic", topic),
        ("X-Shopify-Hmac-Sha256", signature.as_str()),
    ];
    let reply = world.call("POST", "/wh/order/?platform=shopify&siteid=shop%3D", &headers, &bytes);
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[test]
fn an_order_of_a_platform_that_is_told_again_is_no_second_sale() {
    let world = World::new();
    world.set(SITE, "shopify_secret", "hush-hush");
    let order = |at: &str| {
        json!({
            "id": 450_789_469, "name": "#1001", "email": "Ann@Example.com", "cart_token": "c-tok", "checkout_token": "k-tok",
            "currency": "USD", "presentment_currency": "USD", "total_price": "25.00", "buyer_accepts_marketing": true,
            "created_at": "2026-03-15T12:02:00+00:00", "updated_at": at,
            "line_items": [{ "id": 1, "product_id": 2, "variant_id": 3, "title": "Beans", "sku": "B", "quantity": 2,
                             "price": "12.50", "line_price": "25.00" }],
        })
    };
    shopify(&world, "orders/create", &order("2026-03-15T12:02:00+00:00"));
    assert!(nouns(&exported(&world, "ann@example.com")).contains(&"platform_names"));
    let told = erase(&world, "ann@example.com");
    assert!(told.contains("stands nowhere"), "{told}");
    for text in ["ann@example.com", "450789469", "c-tok"] {
        assert!(!holds(&world, text), "{text} is left");
    }
    assert_eq!(count(&world), 1);
    shopify(&world, "orders/paid", &order("2026-03-15T12:05:00+00:00"));
    assert_eq!(count(&world), 1, "it was counted twice");
    let refund = json!({
        "id": 9, "order_id": 450_789_469, "created_at": "2026-03-16T12:00:00Z",
        "transactions": [{ "id": 1, "kind": "refund", "status": "success", "amount": "5.00", "currency": "USD" }],
    });
    shopify(&world, "refunds/create", &refund);
    let sales = world.rest("GET", "/v1/purchases", &Value::Null).json();
    assert_eq!(sales["data"][0]["refunded"], 500, "{sales}");
    all_is_sound(&world);
}

#[test]
fn a_confirmation_that_is_told_again_is_known_by_the_hash_of_its_order() {
    let world = World::new();
    let convert = |id: &str, order: &str| {
        let told = json!({ "order_id": order, "total": 900 });
        world.rest("POST", &format!("/v1/carts/{id}/convert"), &told).status
    };
    let cart = json!({ "email": "ann@example.com", "items": [line()] });
    let id = world.rest("POST", "/v1/carts", &cart).json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(convert(&id, "A-1001"), 200);
    erase(&world, "ann@example.com");
    assert!(!holds(&world, "A-1001"));
    let kept = world.rest("GET", "/v1/purchases", &Value::Null).json();
    let name = kept["data"][0]["order_id"].as_str().expect("a name").to_owned();
    assert!(name.starts_with("erased_") && name.len() == 71, "{name}");
    // The same order, told of another cart, is that sale.
    let next = world.rest("POST", "/v1/carts", &cart).json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(convert(&next, "A-1001"), 409);
    assert_eq!(count(&world), 1);
    assert_eq!(convert(&next, "A-1002"), 200);
    assert_eq!(count(&world), 2);
    all_is_sound(&world);
}

#[test]
fn who_came_through_the_oldest_doors_goes_too() {
    let world = World::new();
    world.add_campaign(SITE, "Points", "points");
    let credentials = format!("API=1.6&user_id=john&user_api_key={KEY}&account_id={ACCOUNT}&output=JSON");
    let member = "type=record_customer&customer_action=new&code=77&email=ann@example.com&phone=4930111222\
                  &first_name=Annabella&card_number=9000&custom_field_1=likes+tea+of+Annabella";
    let made = world.get(&format!("/?{credentials}&{member}")).json();
    assert_eq!(made["status"], "success", "{made}");
    let campaigns = world.get(&format!("/?{credentials}&type=campaigns_list")).json();
    let id = campaigns["campaigns"][0]["id"].as_str().unwrap_or_default().to_owned();
    let earn =
        format!("type=record_activity&campaign_id={id}&code=77&amount=5&client_reference=till/ann%40example.com");
    let told = world.get(&format!("/?{credentials}&{earn}")).json();
    assert_eq!(told["status"], "success", "{told}");
    let cartstack = format!("/ss/v1/?key={KEY}&siteid={SITE}&email=ann@example.com&total=12.00");
    world.get(&cartstack);
    let shown = exported(&world, "ann@example.com").to_string();
    for text in ["Annabella", "9000", "4930111222"] {
        assert!(shown.contains(text), "{text} is not in {shown}");
    }
    let told = erase(&world, "ann@example.com");
    assert!(told.contains("stands nowhere"), "{told}");
    for text in ["ann@example.com", "ann%40example.com", "Annabella", "4930111222"] {
        assert!(!holds(&world, text), "{text} is left");
    }
    all_is_sound(&world);
}
