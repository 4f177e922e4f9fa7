//! `webhooks`.

use super::Folder;

const KEYS: &[&str] = &["id", "url", "format", "events", "active", "created_at", "failing_since", "waiting", "dead"];

#[test]
fn an_endpoint_is_added_listed_changed_and_removed() {
    let folder = Folder::with_shop();
    let url = "https://my-shop.example/hooks";
    let added = folder.run(&["webhooks", "add", "--site", "my-shop", url, "--json"]).expect_code(0);
    let added = added.json(&["id", "url", "secret"]);
    let secret = added["secret"].as_str().expect("a secret").to_owned();
    assert!(secret.starts_with("whsec_"), "{secret}");
    let id = added["id"].as_str().expect("an id").to_owned();
    let listed = folder.run(&["webhooks", "list", "--site", "my-shop", "--json"]).expect_code(0);
    assert!(!listed.out.contains(&secret));
    let listed = listed.json(KEYS);
    assert_eq!((&listed["url"], &listed["format"], &listed["dead"]), (&url.into(), &"json".into(), &0.into()));
    let set = [
        "webhooks",
        "set",
        "--site",
        "my-shop",
        &id,
        "--format",
        "form",
        "--events",
        "order.recovered",
        "--active",
        "false",
        "--json",
    ];
    let changed = folder.run(&set).expect_code(0).json(KEYS);
    assert_eq!((&changed["format"], &changed["active"]), (&"form".into(), &false.into()));
    assert!(folder.run(&["webhooks", "list", "--site", "my-shop"]).expect_code(0).out.contains("off"));
    assert_eq!(folder.run(&["webhooks", "deliveries", "--site", "my-shop", &id]).expect_code(0).out, "");
    let replayed = folder.run(&["webhooks", "replay", "--site", "my-shop", "--dead", &id]).expect_code(0).out;
    assert!(replayed.starts_with("0 dead letters"), "{replayed}");
    folder.run(&["webhooks", "remove", "--site", "my-shop", &id]).expect_code(0);
    assert_eq!(folder.run(&["webhooks", "list", "--site", "my-shop"]).expect_code(0).out, "");
    folder.refuses(&["webhooks", "remove", "--site", "my-shop", &id], "webhook");
}

#[test]
fn what_is_wrong_with_an_endpoint_is_said() {
    let folder = Folder::with_shop();
    let add = |url: &'static str| ["webhooks", "add", "--site", "my-shop", url];
    folder.refuses(&add("http://127.0.0.1:8080/"), "webhooks.allow_private");
    folder.refuses(&add("my-shop.example"), "must be an address");
    let mut odd = add("https://my-shop.example/").to_vec();
    odd.extend(["--events", "everything"]);
    folder.refuses(&odd, "must be one of");
    folder.refuses(&["webhooks", "replay", "--site", "my-shop", "evt_1"], "evt_1");
    folder.run_with(&add("http://127.0.0.1:8080/"), &[("CARTWRIGHT_WEBHOOKS_ALLOW_PRIVATE", "on")], "").expect_code(0);
}
