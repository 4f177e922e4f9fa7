//! `site` and `key`.

use super::Folder;

const SITE_KEYS: &[&str] = &["site_id", "account_id", "name", "currency", "timezone", "status", "settings"];
const KEY_KEYS: &[&str] = &["id", "scopes", "created_at", "expires_at", "revoked_at"];

#[test]
fn a_site_is_added_listed_and_told_apart() {
    let folder = Folder::new();
    let added = folder
        .run(&[
            "site",
            "add",
            "--site-id",
            "c2hvcA==",
            "--account-id",
            "my_shop",
            "--name",
            "My shop",
            "--currency",
            "eur",
            "--timezone",
            "Europe/Paris",
            "--status",
            "payment_error",
            "--json",
        ])
        .expect_code(0)
        .json(SITE_KEYS);
    let expected = serde_json::json!({
        "site_id": "c2hvcA==", "account_id": "my_shop", "name": "My shop", "currency": "EUR",
        "timezone": "Europe/Paris", "status": "payment_error", "settings": {},
    });
    assert_eq!(added, expected);
    let listed = folder.run(&["site", "list", "--json"]).expect_code(0).json(SITE_KEYS);
    assert_eq!(listed, expected);
    folder.run(&["site", "add", "--site-id", "other", "--account-id", "other_shop"]).expect_code(0);
    let lines = folder.run(&["site", "list"]).expect_code(0).out;
    assert_eq!(lines.lines().count(), 2, "{lines}");
    assert!(lines.contains("other  account other_shop  \"other\"  USD  UTC  paid"), "{lines}");
}

#[test]
fn a_site_that_exists_is_not_added_again() {
    let folder = Folder::with_shop();
    folder
        .refuses(&["site", "add", "--site-id", "my-shop", "--account-id", "another"], "site `my-shop` exists already");
    folder.refuses(&["site", "add", "--site-id", "another", "--account-id", "my_shop"], "account `my_shop` exists");
    assert_eq!(folder.run(&["site", "list"]).out.lines().count(), 1);
}

#[test]
fn a_site_that_cannot_be_is_refused_with_what_would_be_right() {
    let folder = Folder::new();
    let add = |more: &[&str], told: &str| {
        let mut args = vec!["site", "add", "--site-id", "s", "--account-id", "acct1"];
        args.extend(more);
        folder.refuses(&args, told);
    };
    add(&["--currency", "EURO"], "currency: must be an ISO 4217 code");
    add(&["--timezone", "Mars/Olympus"], "timezone: knows no zone `Mars/Olympus`; use a name such as Europe/Paris");
    add(&["--status", "open"], "status: must be one of paid, payment_error, suspended, inactive, closed");
    add(&["--name", " "], "name: is required");
    folder.refuses(&["site", "add", "--site-id", "a b", "--account-id", "acct1"], "site_id: must be 1 to 64");
    folder.refuses(&["site", "add", "--site-id", "s", "--account-id", "abc"], "account_id: must be 5 to 20");
    assert_eq!(folder.run(&["site", "list"]).expect_code(0).out, "");
}

#[test]
fn what_can_change_of_a_site_is_set() {
    let folder = Folder::with_shop();
    let set = |key: &str, value: &str| {
        folder.run(&["site", "set", "--site", "my-shop", key, value, "--json"]).expect_code(0).json(SITE_KEYS)
    };
    assert_eq!(set("abandon_after", "45m")["settings"], serde_json::json!({ "abandon_after": "45m" }));
    assert_eq!(set("currency", "JPY")["currency"], "JPY");
    assert_eq!(set("timezone", "America/New_York")["timezone"], "America/New_York");
    assert_eq!(set("status", "suspended")["status"], "suspended");
    assert_eq!(set("name", "Renamed")["name"], "Renamed");
    assert_eq!(set("abandon_after", "")["settings"], serde_json::json!({}), "blank is the default again");
    let kept = folder.run(&["site", "list", "--json"]).json(SITE_KEYS);
    assert_eq!((&kept["name"], &kept["status"]), (&"Renamed".into(), &"suspended".into()));
}

#[test]
fn an_unknown_or_impossible_setting_is_refused() {
    let folder = Folder::with_shop();
    let set = |key: &str, value: &str, told: &str| {
        folder.refuses(&["site", "set", "--site", "my-shop", key, value], told);
    };
    set("abandon_afer", "45m", "is not a setting; did you mean `abandon_after`?");
    set("curency", "EUR", "did you mean `currency`?");
    set("time_zone", "UTC", "did you mean `timezone`?");
    set("abandon_after", "soon", "abandon_after: must be a length of time such as 30m, 24h or 4d");
    set("abandon_after", "1s", "abandon_after: must lie between 1m and 30d");
    set("limits.per_key_per_minute", "-1", "must be a whole number");
    set("attribution.requires", "hope", "must be one of open, click, sent");
    folder.refuses(&["site", "set", "--site", "absent", "abandon_after", "45m"], "cartwright site list");
    folder.run(&["site", "set", "--site", "my-shop", "abandon_after"]).expect_code(2);
}

#[test]
fn settings_are_listed_with_what_they_mean() {
    let folder = Folder::with_shop();
    let out = folder.run(&["site", "set", "--site", "my-shop"]).expect_code(0).out;
    assert!(out.contains("abandon_after = 30m  # How long a cart is idle"), "{out}");
    folder.run(&["site", "set", "--site", "my-shop", "--json"]).expect_code(0).json(SITE_KEYS);
}

#[test]
fn a_key_is_made_listed_and_revoked() {
    let folder = Folder::with_shop();
    let made = folder.run(&["key", "create", "--site", "my-shop", "--json"]).expect_code(0).json(&["id", "key"]);
    let (id, key) = (made["id"].as_str().expect("an id"), made["key"].as_str().expect("a key"));
    assert!(key.starts_with("cw_") && key.len() > 50, "{key}");
    let listed = folder.run(&["key", "list", "--site", "my-shop", "--json"]).expect_code(0);
    assert!(!listed.out.contains(key), "a key's text is shown once");
    let listed = listed.json(KEY_KEYS);
    assert_eq!(listed["scopes"], serde_json::json!(["purchases:write", "stats:read"]));
    assert_eq!((&listed["expires_at"], &listed["revoked_at"]), (&serde_json::Value::Null, &serde_json::Value::Null));
    let revoked = folder.run(&["key", "revoke", "--site", "my-shop", id, "--json"]).expect_code(0).json(KEY_KEYS);
    assert!(revoked["revoked_at"].is_string());
    folder.run(&["key", "revoke", "--site", "my-shop", id]).expect_code(0);
    folder.refuses(&["key", "revoke", "--site", "my-shop", "key_absent"], "no key `key_absent`");
    assert!(folder.run(&["key", "list", "--site", "my-shop"]).out.contains("  revoked 20"));
}

#[test]
fn a_key_comes_along_from_standard_input() {
    let folder = Folder::with_shop();
    let import = ["key", "import", "--site", "my-shop", "--scopes", "all", "--key-stdin"];
    let json = [&import[..], &["--json"]].concat();
    let imported = folder.run_with(&json, &[], "old-key-of-the-plugin\r\n").expect_code(0);
    assert!(!imported.out.contains("old-key"), "{imported:?}");
    assert_eq!(imported.json(KEY_KEYS)["scopes"], serde_json::json!(["all"]));
    folder.run_with(&import, &[], "old-key-of-the-plugin").expect_refusal("in use already");
    for bad in ["", "\n", "two words", "two\nlines", &"x".repeat(257)] {
        folder.run_with(&import, &[], bad).expect_refusal("key: must be 1 to 256 characters");
    }
    folder.run(&["key", "import", "--site", "my-shop"]).expect_code(2);
}

#[test]
fn a_key_that_could_do_nothing_is_not_made() {
    let folder = Folder::with_shop();
    let create = |more: &[&str], told: &str| {
        let mut args = vec!["key", "create", "--site", "my-shop"];
        args.extend(more);
        folder.refuses(&args, told);
    };
    create(&["--scopes", "stats"], "scopes: must be one of carts:read");
    create(&["--scopes", ","], "scopes: must name at least one");
    create(&["--expires", "2001-01-01T00:00:00Z"], "expires: must lie in the future");
    create(&["--expires", "tomorrow"], "expires: must be an RFC 3339 time");
    folder.refuses(&["key", "create", "--site", "absent"], "`cartwright site add` adds one");
    assert_eq!(folder.run(&["key", "list", "--site", "my-shop"]).expect_code(0).out, "");
    let expires = ["key", "create", "--site", "my-shop", "--expires", "2999-01-01T00:00:00+02:00", "--json"];
    folder.run(&expires).expect_code(0).json(&["id", "key"]);
    let listed = folder.run(&["key", "list", "--site", "my-shop", "--json"]).json(KEY_KEYS);
    assert_eq!(listed["expires_at"], "2998-12-31T22:00:00Z");
}

#[test]
fn the_secret_of_a_platform_is_read_from_standard_input_and_shown_nowhere() {
    let folder = Folder::with_shop();
    let set = ["site", "set", "--site", "my-shop", "--shopify-secret-stdin", "--json"];
    let told = folder.run_with(&set, &[], "hush-hush\n").expect_code(0);
    assert!(!told.out.contains("hush-hush") && told.out.contains("(hidden)"), "{}", told.out);
    for args in [&["site", "set", "--site", "my-shop"][..], &["site", "list", "--json"]] {
        let told = folder.run(args).expect_code(0);
        assert!(!told.out.contains("hush-hush"), "{}", told.out);
    }
}
