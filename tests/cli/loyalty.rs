//! `loyalty`, and what `stats` says of balances.

use rusqlite::Connection;

use super::Folder;

/// Adds a campaign and returns its id.
fn add(folder: &Folder, more: &[&str]) -> String {
    let mut call = vec!["loyalty", "add", "--site", "my-shop", "--name", "Linen points", "--json"];
    call.extend(more);
    let out = folder.run(&call).expect_code(0).out;
    let added: serde_json::Value = serde_json::from_str(&out).expect("one line of JSON");
    added["id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_campaign_is_added_listed_and_changed() {
    let folder = Folder::with_shop();
    let id = add(&folder, &["--kind", "points", "--points-ratio", "2", "--earns-from-purchases", "on"]);
    let listed = folder.run(&["loyalty", "list", "--site", "my-shop"]).expect_code(0).out;
    assert_eq!(listed, format!("{id}  points  Linen points  active  purchases earn\n"));
    let set = ["loyalty", "set", "--site", "my-shop", &id, "--active", "off", "--expires-after", "365d"];
    let changed = folder.run(&set).expect_code(0).out;
    assert_eq!(changed, format!("{id}  points  Linen points  ended  purchases earn  expires after 365d\n"));
    let never =
        folder.run(&["loyalty", "set", "--site", "my-shop", &id, "--expires-after", "never"]).expect_code(0).out;
    assert_eq!(never, format!("{id}  points  Linen points  ended  purchases earn\n"));
    for wrong in [
        vec!["--kind", "stamps"],
        vec!["--kind", "giftcard", "--earns-from-purchases", "on"],
        vec!["--kind", "points", "--points-ratio", "many"],
        vec!["--kind", "points", "--earns-from-purchases", "maybe"],
        vec!["--kind", "points", "--expires-after", "soon"],
    ] {
        let mut call = vec!["loyalty", "add", "--site", "my-shop", "--name", "X"];
        call.extend(&wrong);
        folder.run(&call).expect_code(2);
    }
}

#[test]
fn a_balance_that_is_not_its_sum_is_found_named_and_mended() {
    let folder = Folder::with_shop();
    let id = add(&folder, &["--kind", "points"]);
    let conn = Connection::open(folder.path().join("data/cartwright.db")).expect("the file");
    conn.execute_batch(
        "insert into customers (no, site, id, code, created_at) values (1, 1, 'cust-1', '4711', 0);
         insert into loyalty_entries (no, site, id, campaign, customer, at, cause, amount, redeemed, delta)
         values (1, 1, 'txn-1', 1, 1, 0, 'earn', 5, 0, 5);
         insert into loyalty_balances (site, campaign, customer, balance) values (1, 1, 1, 6);",
    )
    .expect("an accident");
    let found = folder.run(&["stats", "verify"]).expect_code(1).out;
    assert_eq!(found, format!("my-shop {id} cust-1 balance: kept 6, by the ledger 5\n"));
    let mended = folder.run(&["stats", "rebuild"]).expect_code(0).out;
    assert_eq!(mended, "my-shop: 0 days made anew\nmy-shop: 1 loyalty balances made anew\n");
    folder.run(&["stats", "verify"]).expect_code(0);
}
