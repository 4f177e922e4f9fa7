//! `user`.

use super::Folder;
use serde_json::json;

const USER_KEYS: &[&str] = &["user_id", "role", "timezone", "allowed_campaigns", "has_password"];

fn add<'a>(user_id: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["user", "add", "--site", "my-shop", "--user-id", user_id];
    args.extend(more);
    args
}

#[test]
fn a_user_is_added_with_a_key_that_is_shown_once() {
    let folder = Folder::with_shop();
    let added = folder.run(&add("john1970", &["--role", "admin", "--json"])).expect_code(0);
    let added = added.json(&["user_id", "user_api_key"]);
    assert_eq!(added["user_id"], "john1970");
    let key = added["user_api_key"].as_str().expect("a key");
    assert!(key.starts_with("cw_"), "{key}");
    let listed = folder.run(&["user", "list", "--site", "my-shop", "--json"]).expect_code(0);
    assert!(!listed.out.contains(key));
    let expected = json!({
        "user_id": "john1970", "role": "admin", "timezone": null, "allowed_campaigns": "all", "has_password": false,
    });
    assert_eq!(listed.json(USER_KEYS), expected);
}

#[test]
fn campaigns_are_all_none_or_listed() {
    let folder = Folder::with_shop();
    for (given, kept) in [("all", json!("all")), ("none", json!("none")), ("b, a,b", json!(["a", "b"]))] {
        let folder = Folder::with_shop();
        folder.run(&add("u", &["--role", "manager", "--campaigns", given])).expect_code(0);
        let listed = folder.run(&["user", "list", "--site", "my-shop", "--json"]).json(USER_KEYS);
        assert_eq!(listed["allowed_campaigns"], kept);
    }
    for bad in ["", " ", ",", " , "] {
        folder.refuses(&add("u", &["--role", "manager", "--campaigns", bad]), "campaigns: must be all, none, or");
    }
}

#[test]
fn a_user_brings_a_key_and_a_zone_along() {
    let folder = Folder::with_shop();
    let args = add("till_1", &["--role", "manager", "--key-stdin", "--timezone", "Asia/Kathmandu"]);
    let told = folder.run_with(&args, &[], "the-old-key\n").expect_code(0);
    assert_eq!(told.out, "added till_1\n");
    let args = add("till_2", &["--role", "manager", "--key-stdin", "--json"]);
    let told = folder.run_with(&args, &[], "another-old-key\n").expect_code(0);
    assert_eq!(told.json(&["user_id", "user_api_key"])["user_api_key"], "another-old-key");
    let out = folder.run(&["user", "list", "--site", "my-shop", "--json"]).expect_code(0).out;
    let first: serde_json::Value = serde_json::from_str(out.lines().next().unwrap_or_default()).expect("JSON");
    assert_eq!(first["timezone"], "Asia/Kathmandu");
    let args = add("till_3", &["--role", "manager", "--key-stdin"]);
    folder.run_with(&args, &[], "").expect_refusal("key: must be 1 to 256 characters");
}

#[test]
fn a_user_that_cannot_be_is_refused() {
    let folder = Folder::with_shop();
    folder.run(&add("u", &["--role", "owner"])).expect_code(0);
    folder.refuses(&add("u", &["--role", "owner"]), "user `u` exists already");
    folder.refuses(&add("v", &["--role", "boss"]), "role: must be one of owner, admin, manager, observer");
    folder.refuses(&add("v v", &["--role", "owner"]), "user_id: must be 1 to 20");
    folder.refuses(&add("v", &["--role", "owner", "--timezone", "Nowhere"]), "timezone: knows no zone");
    folder.refuses(&["user", "list", "--site", "absent"], "cartwright site list");
    assert_eq!(folder.run(&["user", "list", "--site", "my-shop"]).out.lines().count(), 1);
}

#[test]
fn a_password_is_set_when_it_is_long_enough() {
    let folder = Folder::with_shop();
    folder.run(&add("owner", &["--role", "owner"])).expect_code(0);
    let passwd = ["user", "passwd", "--site", "my-shop", "owner"];
    folder.run_with(&passwd, &[], "fourteen chars\n").expect_refusal("password: must have at least 15 characters");
    let told = folder.run_with(&passwd, &[], "correct horse battery staple\n").expect_code(0);
    assert_eq!(told.out, "the password is set\n");
    let listed = folder.run(&["user", "list", "--site", "my-shop", "--json"]).json(USER_KEYS);
    assert_eq!(listed["has_password"], true);
    let unknown = ["user", "passwd", "--site", "my-shop", "nobody"];
    folder.run_with(&unknown, &[], "correct horse battery staple\n").expect_refusal("no user `nobody`");
    let kept = std::fs::read(folder.path().join("data/cartwright.db")).expect("the file");
    assert!(!String::from_utf8_lossy(&kept).contains("horse"), "the password itself is nowhere");
}
