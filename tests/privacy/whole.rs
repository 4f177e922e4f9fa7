//! The whole way: many doors put a person in, one command takes the person out.

use cartwright::domain::EmailAddress;
use cartwright::ops;
use cartwright::ops::customers::NewMember;
use serde_json::{Value, json};

use super::support::{KEY, SITE, World};
use super::{all_is_sound, cartwright, erase, exported, holds, line, marked_cart, nouns, with_endpoints};

/// Puts a person into every table that people are in.
fn put(world: &World, name: &str, number: &str) {
    let email = format!("{name}@Example.com");
    world.recovered_cart(&email, 5_000);
    let member = NewMember {
        code: Some(format!("code-{number}")),
        email: Some(EmailAddress::parse(&email).expect("an address")),
        card_number: Some(format!("card-{number}")),
        first_name: Some(name.into()),
        last_name: Some(format!("Of{name}")),
        phone: Some(number.into()),
        custom: [("custom_field_1".to_owned(), format!("lives near {name}"))].into(),
    };
    let site = world.site(SITE);
    world.app.store.write(move |tx| ops::customers::add_member(tx, &site, member)).expect("a member");
    let details = [Some("tea"), Some(&*format!("for {name}")), Some("john")];
    world.record(false, SITE, ("Points", &format!("code-{number}")), 7, details);
    let code = format!("TEN{}", name.len());
    let coupon = json!({ "id": format!("ten-{}", name.len()), "code": code, "type": "percent", "value": 10 });
    assert_eq!(world.rest("POST", "/v1/coupons", &coupon).status, 201);
    let cart = json!({
        "email": email, "customer_id": format!("c-{name}"), "session_id": format!("s-{number}"), "locale": "en-GB",
        "metadata": { "for": email }, "shipping_address": { "street": format!("{name} Street {number}") },
        "items": [{ "product_id": "p", "quantity": 1, "unit_price": 900, "notes": format!("engrave {name}") }],
        "consent": { "given": true, "wording": format!("Write to {name}") },
    });
    let made = marked_cart(world, &format!("once {email}"), &cart);
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let taken = world.rest("POST", &format!("/v1/carts/{id}/coupons"), &json!({ "code": code }));
    assert_eq!(taken.status, 200, "{}", taken.body);
    // The same visit before its address was known.
    let nameless = json!({ "session_id": format!("s-{number}"), "metadata": { "note": format!("{name} was here") }, "items": [line()] });
    assert_eq!(world.rest("POST", "/v1/carts", &nameless).status, 201);
    world.get(&format!("/v1/subscriber-register?k={KEY}&email={email}&phone={number}&name={name}"));
    world.rest("POST", "/v1/suppressions", &json!({ "email": email }));
}

#[test]
fn an_erased_person_is_in_no_byte_and_the_figures_stand() {
    let world = with_endpoints();
    put(&world, "Wilhelmina", "4930111222");
    put(&world, "Bartholomew", "4930333444");
    // A person whose address ends like another's is another.
    put(&world, "Anna-Wilhelmina", "4930555666");
    let data = world.app.config.data.clone();
    let shown = exported(&world, "WILHELMINA@example.com");
    for noun in [
        "cart_items",
        "carts",
        "consents",
        "customers",
        "decisions",
        "loyalty_entries",
        "message_events",
        "messages",
        "named_in",
        "purchases",
        "subscribers",
        "suppressions",
        "webhook_deliveries",
    ] {
        assert!(nouns(&shown).contains(&noun), "no {noun} in {shown:#}");
    }
    let text = shown.to_string();
    for told in ["card-4930111222", "lives near Wilhelmina", "Wilhelmina was here", "engrave Wilhelmina"] {
        assert!(text.contains(told), "{told} is not in the export");
    }
    assert!(!text.contains("Anna-"), "another's rows are in the export");
    let others = ["bartholomew@example.com", "anna-wilhelmina@example.com"];
    let before = others.map(|email| exported(&world, email));
    let dry = cartwright(&data, &["privacy", "erase", "wilhelmina@example.com", "--dry-run"]);
    assert!(dry.contains("nothing was changed") && holds(&world, "lives near wilhelmina"));

    let told = erase(&world, "wilhelmina@example.com");
    assert!(told.contains("the database was written anew"), "{told}");
    // The other's address ends with hers, and is still there.
    assert!(told.contains("as a part of others' texts alone"), "{told}");
    for text in ["4930111222", "OfWilhelmina", "near Wilhelmina", "engrave Wilhelmina", "c-Wilhelmina", "to Wilhelmina"]
    {
        assert!(!holds(&world, text), "{text} is left");
    }
    let after = others.map(|email| exported(&world, email));
    assert_eq!(after, before);
    all_is_sound(&world);
    let left = exported(&world, "wilhelmina@example.com");
    assert_eq!(nouns(&left), ["suppressions"]);
    assert_eq!((&left["suppressions"][0]["email"], &left["suppressions"][0]["ended_at"]), (&Value::Null, &Value::Null));

    let again = erase(&world, "wilhelmina@example.com");
    assert!(again.contains("nothing is kept that names this address"), "{again}");
    erase(&world, "anna-wilhelmina@example.com");
    assert!(!holds(&world, "wilhelmina") && holds(&world, "bartholomew"));
    all_is_sound(&world);
}

#[test]
fn one_shop_alone_is_erased_from_where_one_is_named() {
    let world = World::new();
    let other = world.add_site("other=", "acct_other", "EUR", "UTC");
    world.add_key(&other, "key-of-other", "all");
    let cart = json!({ "email": "ann@example.com", "items": [line()] });
    for key in [KEY, "key-of-other"] {
        let bearer = format!("Bearer {key}");
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        assert_eq!(world.call("POST", "/v1/carts", &headers, cart.to_string().as_bytes()).status, 201);
    }
    let data = world.app.config.data.clone();
    let told = cartwright(&data, &["privacy", "erase", "ann@example.com", "--site", SITE, "--yes"]);
    assert!(told.contains("other= still keeps something of this person"), "{told}");
    assert!(exported(&world, "ann@example.com").as_object().is_some_and(serde_json::Map::is_empty));
    assert!(holds(&world, "ann@example.com"));
    let told = erase(&world, "ann@example.com");
    assert!(told.contains("stands nowhere") && !holds(&world, "ann@example.com"), "{told}");
}

#[test]
fn a_reader_that_keeps_old_pages_alive_is_told_of() {
    let world = World::new();
    world.recovered_cart("wilhelmina@example.com", 5_000);
    let data = world.app.config.data.clone();
    let reader = rusqlite::Connection::open(data.join("cartwright.db")).expect("a reader");
    reader.execute_batch("begin; select count(*) from carts;").expect("a snapshot");
    let output = super::asked(&data, &["privacy", "erase", "wilhelmina@example.com", "--yes"]);
    let told = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("a reader kept its log") && told.contains("still stands in free space"), "{told}");
    drop(reader);
    assert!(erase(&world, "wilhelmina@example.com").contains("stands nowhere"));
    assert!(!holds(&world, "wilhelmina"));
}

#[test]
fn files_of_the_mail_folder_go_with_their_letters_whatever_the_transport_is_now() {
    let world = World::new();
    world.recovered_cart("wilhelmina@example.com", 5_000);
    let folder = tempfile::TempDir::new().expect("a folder");
    let id = world.rest("GET", "/v1/messages", &Value::Null).json()["data"][0]["id"].clone();
    let id = id.as_str().expect("an id");
    for transport in ["folder", "captured"] {
        if transport == "captured" {
            world.recovered_cart("bertha@example.com", 5_000);
        }
        let email = if transport == "folder" { "wilhelmina@example.com" } else { "bertha@example.com" };
        let rows = exported(&world, email);
        let file = folder.path().join(format!("{}.eml", rows["messages"][0]["id"].as_str().unwrap_or(id)));
        let other = folder.path().join("msg_other.eml");
        std::fs::write(&file, "To: whoever").expect("a letter");
        std::fs::write(&other, "To: another").expect("a letter");
        let config = folder.path().join("cartwright.toml");
        let text = format!("[mail]\ntransport = \"{transport}\"\nfolder = {:?}\n", folder.path().display().to_string());
        std::fs::write(&config, text).expect("a configuration");
        let config = config.display().to_string();
        let told = cartwright(&world.app.config.data, &["privacy", "erase", email, "--yes", "--config", &config]);
        assert!(told.contains("1 files of the mail folder deleted"), "{told}");
        assert!(!file.exists() && other.exists());
    }
    // A file that cannot be deleted keeps the rows by which it is found.
    world.recovered_cart("clara@example.com", 5_000);
    let letter = exported(&world, "clara@example.com")["messages"][0]["id"].clone();
    let stuck = folder.path().join(format!("{}.eml", letter.as_str().expect("an id")));
    std::fs::create_dir(&stuck).expect("what is no file");
    let config = folder.path().join("cartwright.toml").display().to_string();
    let refused = ["privacy", "erase", "clara@example.com", "--yes", "--config", &config];
    assert!(!super::asked(&world.app.config.data, &refused).status.success());
    assert!(nouns(&exported(&world, "clara@example.com")).contains(&"messages"));
}

#[test]
fn copies_and_all_that_was_set_aside_are_listed() {
    let world = World::new();
    let data = world.app.config.data.clone();
    for name in ["20260101T000000Z-restore", "20260202T000000Z-rollback"] {
        let folder = data.join("replaced").join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("cartwright.db"), "").expect("a file");
    }
    let told = erase(&world, "ann@example.com");
    assert!(told.contains("20260101T000000Z-restore") && told.contains("20260202T000000Z-rollback"), "{told}");
}
