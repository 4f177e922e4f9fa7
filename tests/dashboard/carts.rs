//! Carts: the list, its filters and pages, the file, one cart's page and what can be done there.

use cartwright::domain::users::Role;
use serde_json::{Value, json};

use crate::support::{SITE, World};

/// A cart of an address with one line; its id.
fn cart(world: &World, email: Option<&str>, product: &str, price: i64) -> String {
    let item = json!({ "product_id": product, "name": product, "quantity": 1, "unit_price": price });
    let mut body = json!({ "items": [item] });
    if let Some(email) = email {
        body["email"] = json!(email);
    }
    world.rest("POST", "/v1/carts", &body).json()["id"].as_str().expect("an id").to_owned()
}

fn state(world: &World, id: &str) -> String {
    world.rest("GET", &format!("/v1/carts/{id}"), &Value::Null).json()["status"].as_str().expect("a state").to_owned()
}

#[test]
fn carts_are_listed_filtered_and_found() {
    let world = World::new();
    let old = cart(&world, Some("ann@example.com"), "beans", 1_000);
    world.advance("1h");
    let new = cart(&world, None, "rice", 250_000);
    let mut browser = world.signed_in(Role::Observer);
    let page = browser.page("/dashboard/carts");
    assert!(page.contains("ann@example.com") && page.contains("$10.00") && page.contains("$2,500.00"), "{page}");
    assert!(page.find(&new) < page.find(&old), "changed last comes first");
    for (query, shows) in [
        ("state=abandoned", "old"),
        ("state=active", "new"),
        ("email=known", "old"),
        ("email=unknown", "new"),
        ("least=2000", "new"),
        ("q=ANN%40exa", "old"),
        ("q=N%40Example", "old"),
        ("state=recovered", ""),
        ("since=2026-03-16", ""),
    ] {
        let page = browser.page(&format!("/dashboard/carts?{query}"));
        let shown =
            if page.contains(&old) { "old" } else { "" }.to_owned() + if page.contains(&new) { "new" } else { "" };
        assert_eq!(shown, shows, "{query}");
    }
    assert!(browser.page(&format!("/dashboard/carts?q={new}")).contains("Not known yet"));
    assert!(browser.page("/dashboard/carts?q=nobody").contains("No cart fits"));
    assert!(browser.page("/dashboard/carts?least=x").contains("An amount is written like"));
    assert_eq!(browser.open("/dashboard/carts?after=nonsense").status, 400);
}

#[test]
fn a_long_list_is_walked_page_by_page_without_missing_any() {
    let world = World::new();
    let mut made: Vec<String> =
        (0..120).map(|n| cart(&world, Some(&format!("a{n}@example.com")), "beans", 100)).collect();
    let mut browser = world.signed_in(Role::Observer);
    let mut path = "/dashboard/carts".to_owned();
    let mut pages = 0;
    loop {
        pages += 1;
        let page = browser.page(&path);
        made.retain(|id| !page.contains(&format!("/dashboard/carts/{id}\"")));
        let Some(link) = page.split("<a class=\"button\" href=\"").find(|part| part.contains("rel=\"next\"")) else {
            break;
        };
        path = format!("/dashboard/carts{}", link.split('"').next().unwrap_or_default().replace("&#38;", "&"));
    }
    assert_eq!((pages, made.len()), (3, 0));
}

#[test]
fn the_file_has_every_cart_and_no_formula() {
    let world = World::new();
    cart(&world, Some("ann@example.com"), "beans", 123_456);
    let body = json!({ "customer_id": "=HYPERLINK(\"http://evil.example\")",
        "items": [{ "product_id": "p", "quantity": 1, "unit_price": 1 }] });
    assert_eq!(world.rest("POST", "/v1/carts", &body).status, 201);
    let mut browser = world.signed_in(Role::Manager);
    let file = browser.open("/dashboard/carts.csv");
    assert_eq!(file.status, 200);
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(file.header("content-disposition").is_some_and(|how| how.contains("carts-2026-03-15.csv")));
    assert!(file.body.contains(",ann@example.com,,active,no,USD,1234.56,1,2026-03-15 12:00:00,"), "{}", file.body);
    assert!(file.body.contains("\"'=HYPERLINK("), "{}", file.body);
    assert_eq!(world.signed_in(Role::Observer).open("/dashboard/carts.csv").status, 403);
}

#[test]
fn a_carts_page_tells_its_story() {
    let world = World::new();
    world.recovered_cart("ann@example.com", 5_000);
    let mut browser = world.signed_in(Role::Manager);
    let list = browser.page("/dashboard/carts?state=recovered");
    let path = list.split("href=\"").find(|part| part.starts_with("/dashboard/carts/cart_")).expect("a cart");
    let page = browser.page(path.split('"').next().unwrap_or_default());
    for told in
        ["Cart made", "Abandoned", "Letter 1 sent", "Letter 1 opened", "by a person", "Bought for $50.00", "Recovered"]
    {
        assert!(page.contains(told), "no {told:?} in {page}");
    }
    assert_eq!(browser.open("/dashboard/carts/cart_of_nobody").status, 404);
}

#[test]
fn letters_about_a_cart_are_paused_and_go_on_by_hand() {
    let world = World::new();
    let id = cart(&world, Some("ann@example.com"), "beans", 1_000);
    world.advance("31m");
    let mut browser = world.signed_in(Role::Manager);
    let path = format!("/dashboard/carts/{id}");
    let act = |browser: &mut crate::support::browser::Browser, what: &str| {
        browser.submit(&path, &format!("{path}/{what}"), &[]).status
    };
    assert!(browser.page(&path).contains("Pause letters"));
    assert_eq!(act(&mut browser, "stop"), 303);
    let page = browser.page(&path);
    assert!(page.contains("Somebody of the shop stopped the letters") && page.contains("Let letters go on"), "{page}");
    assert_eq!(act(&mut browser, "stop"), 400, "nothing waits any more");
    world.advance("10d");
    assert!(!browser.open(&path).body.contains("Letter 1 sent"), "nothing was sent");
    assert_eq!(browser.sign_in("manager", crate::support::browser::PASSWORD).status, 303);

    let id = cart(&world, Some("bob@example.com"), "beans", 1_000);
    world.advance("31m");
    let path = format!("/dashboard/carts/{id}");
    assert_eq!(browser.submit(&path, &format!("{path}/stop"), &[]).status, 303);
    assert_eq!(browser.submit(&path, &format!("{path}/go-on"), &[]).status, 303);
    assert_eq!(browser.submit(&path, &format!("{path}/send-now"), &[]).status, 303);
    world.advance("0s");
    let page = browser.page(&path);
    assert!(page.contains("Letter 1 sent"), "{page}");
}

#[test]
fn a_purchase_can_be_told_by_hand_once() {
    let world = World::new();
    let id = cart(&world, Some("ann@example.com"), "beans", 1_000);
    let mut browser = world.signed_in(Role::Manager);
    let path = format!("/dashboard/carts/{id}");
    let told = |total: &'static str| [("total", total), ("order_id", "1001")];
    let wrong = browser.submit(&path, &format!("{path}/bought"), &told("much"));
    assert_eq!((wrong.status, state(&world, &id).as_str()), (400, "active"));
    let done = browser.submit(&path, &format!("{path}/bought"), &told("9.50"));
    assert_eq!(done.header("location"), Some(format!("{path}?done=bought").as_str()));
    assert_eq!(state(&world, &id), "converted");
    assert!(browser.page(&path).contains("Bought for $9.50"));
    assert_eq!(browser.post(&format!("{path}/bought"), &told("9.50"), &[]).status, 403, "without a token");
}

#[test]
fn an_observer_has_no_buttons_and_no_acts() {
    let world = World::new();
    let id = cart(&world, Some("ann@example.com"), "beans", 1_000);
    world.advance("31m");
    let mut browser = world.signed_in(Role::Observer);
    let path = format!("/dashboard/carts/{id}");
    let page = browser.page(&path);
    assert!(!page.contains("Mark bought") && !page.contains("Pause letters"), "{page}");
    for act in ["stop", "go-on", "send-now", "bought"] {
        assert_eq!(browser.submit("/dashboard", &format!("{path}/{act}"), &[]).status, 403, "{act}");
    }
    assert_eq!(state(&world, &id), "abandoned");
}

#[test]
fn words_of_shoppers_stay_words() {
    let world = World::new();
    let evil = "<img src=x onerror=alert(1)>\"'";
    let item = json!({ "product_id": evil, "name": evil, "variant_id": evil, "sku": evil, "quantity": 1, "unit_price": 1,
        "url": "https://shop.example/\"onmouseover=alert(1)//" });
    let body = json!({ "customer_id": evil, "session_id": evil, "items": [item] });
    let made = world.rest("POST", "/v1/carts", &body);
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let letter = cartwright::ops::messages::NewMessage {
        cart_id: id.clone(),
        sequence_id: "default".into(),
        step: 1,
        email: cartwright::domain::EmailAddress::parse("ann@example.com").expect("an address"),
        subject: evil.into(),
        html: None,
        text: None,
    };
    let site = world.site(SITE);
    let kept = world.app.store.write(move |tx| {
        let letter = cartwright::ops::messages::enqueue(tx, &site, letter)?;
        cartwright::ops::messages::mark_sent(tx, &site, &letter.id)
    });
    assert_eq!(kept.expect("a letter").subject, evil);
    let mut browser = world.signed_in(Role::Owner);
    for path in ["/dashboard/carts".to_owned(), format!("/dashboard/carts/{id}"), format!("/dashboard/carts?q={id}")] {
        let page = browser.page(&path);
        assert!(!page.contains("<img src=x") && !page.contains("\"onmouseover"), "{path}: {page}");
        assert!(page.contains("&#60;img src=x"), "{path}: {page}");
    }
}

#[test]
fn another_shops_cart_is_not_there() {
    let world = World::new();
    let id = cart(&world, Some("ann@example.com"), "beans", 1_000);
    world.add_site("other", "acct_other", "EUR", "Europe/Paris");
    world.add_person("other", "eve", Role::Owner);
    let mut eve = world.browser();
    let fields = [("shop", "other"), ("user", "eve"), ("password", crate::support::browser::PASSWORD)];
    assert_eq!(eve.submit("/dashboard/sign-in", "/dashboard/sign-in", &fields).status, 303);
    let path = format!("/dashboard/carts/{id}");
    assert_eq!(eve.open(&path).status, 404);
    assert_eq!(eve.submit("/dashboard", &format!("{path}/bought"), &[]).status, 404);
    assert!(!eve.page("/dashboard/carts?q=ann%40example.com").contains(&id));
    assert!(eve.page("/dashboard/carts").contains("No carts yet"));
}

#[test]
fn an_owner_erases_the_person_of_a_cart_and_nobody_else_does() {
    let world = World::new();
    let id = cart(&world, Some("ann@example.com"), "beans", 1_000);
    let other = cart(&world, Some("joann@example.com"), "beans", 1_000);
    world.advance("31m");
    let path = format!("/dashboard/carts/{id}");
    for role in [Role::Admin, Role::Manager, Role::Observer] {
        let mut browser = world.signed_in(role);
        assert!(!browser.page(&path).contains("Erase the person"));
        assert_eq!(browser.submit("/dashboard", &format!("{path}/erase"), &[]).status, 403);
    }
    let mut browser = world.signed_in(Role::Owner);
    assert!(browser.page(&path).contains("Erase the person"));
    assert_eq!(browser.post(&format!("{path}/erase"), &[], &[]).status, 403, "without a token");
    let done = browser.submit(&path, &format!("{path}/erase"), &[]);
    assert_eq!(done.header("location"), Some("/dashboard/carts?done=erased"), "{}", done.body);
    assert!(browser.page("/dashboard/carts?done=erased").contains("The person is erased"));
    assert_eq!(browser.open(&path).status, 404);
    assert_eq!(state(&world, &other), "abandoned");
}
