//! The calls of the loyalty interface, all of them: they share one route, so `rows.rs` has a row for each `type`. Besides
//! what holds for every row, another shop's own user reaches nothing by naming this shop's rows, an observer changes nothing,
//! and a user who was removed is nobody.

use std::collections::BTreeSet;

use cartwright::domain::users::{Campaigns, Role};

use super::fixture::{FOREIGN, Fixture, MARKS, RIGHT};
use super::rows::TILL;
use super::support::{ACCOUNT, Reply, SITE};

const OBSERVER: &str = "key-of-otto";

/// A call by some user of some account.
fn call(fixture: &Fixture, (account, user, key): (&str, &str, &str), fields: &str) -> Reply {
    let fields = fixture.fill(fields, key);
    fixture.world.get(&format!("/api.php?user_id={user}&user_api_key={key}&account_id={account}&API=1.5&{fields}"))
}

fn type_of(fields: &str) -> &str {
    fields.strip_prefix("type=").and_then(|rest| rest.split('&').next()).expect("a type")
}

#[test]
fn every_type_of_call_has_a_row() {
    let source = include_str!("../../src/dialects/stickystreet/call.rs");
    let served: BTreeSet<&str> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("(\"")?.split_once("\", Needs::"))
        .map(|(name, _)| name)
        .collect();
    assert!(served.len() >= 20, "only {served:?} were found");
    let tried: BTreeSet<&str> = TILL.iter().map(|(fields, _)| type_of(fields)).collect();
    assert_eq!(tried, served);
}

#[test]
fn another_shops_owner_reaches_nothing_by_naming_this_shops_rows() {
    for (fields, _) in TILL {
        let fixture = Fixture::new("none");
        let before = fixture.export();
        let reply = call(&fixture, ("acct_other", "john", FOREIGN), fields);
        let told = MARKS.iter().find(|mark| reply.body.contains(**mark));
        assert_eq!((reply.status, told), (200, None), "{fields}: {}", reply.body);
        assert!(fixture.export() == before, "{fields}: another shop changed something");
    }
}

#[test]
fn an_observer_is_refused_every_call_that_writes_and_changes_nothing() {
    let fixture = Fixture::new("none");
    fixture.world.add_user(&fixture.world.site(SITE), "otto", Role::Observer, Campaigns::All, OBSERVER);
    let before = fixture.everything();
    for (fields, writes) in TILL {
        let reply = call(&fixture, (ACCOUNT, "otto", OBSERVER), fields);
        let texts = ["User does not have permission", "Only account owners can access this information"];
        let refused = texts.iter().any(|text| reply.body.contains(text));
        assert!(refused || !writes, "{fields}: {}", reply.body);
        assert!(fixture.everything() == before, "{fields} changed something");
    }
}

#[test]
fn a_user_who_was_removed_is_nobody_in_every_call() {
    let fixture = Fixture::new("none");
    let site = fixture.world.site(SITE);
    fixture.world.add_user(&site, "otto", Role::Owner, Campaigns::All, OBSERVER);
    assert!(call(&fixture, (ACCOUNT, "otto", OBSERVER), "type=users_list").body.contains("otto"));
    let removed = call(&fixture, (ACCOUNT, "olga", RIGHT), "type=user_delete&user_name=otto");
    assert!(removed.body.contains("status=\"success\""), "{}", removed.body);
    let before = fixture.everything();
    for (fields, _) in TILL {
        let reply = call(&fixture, (ACCOUNT, "otto", OBSERVER), fields);
        let text = "The password submitted does not match the one on record.";
        assert!(reply.body.contains(text), "{fields}: {}", reply.body);
        assert!(fixture.everything() == before, "{fields} changed something");
    }
}
