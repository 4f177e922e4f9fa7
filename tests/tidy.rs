//! Rules of the house that a machine can hold: heads and lengths of files, words that do not stay, statements that
//! name their shop, and files that must say the same.

#[path = "support/source.rs"]
mod source;

use std::path::Path;
use std::process::Command;

use cartwright::config::Config;
use source::{Token, holds, tokens, without_tests};

/// A file of more lines is two files. STYLE's mark is 400; this is where it stops being a matter of taste.
const MOST_LINES: usize = 500;

/// The dialects, each a folder with a README that says what it answers.
const DIALECTS: &[&str] = &["cartstack", "native", "retargeting", "stateset", "stickystreet"];

/// Statements of the store that do not say `site = :site`, by file and beginning, with the reason.
const WITHOUT_SITE: &[(&str, &str, &str)] = &[
    ("backup.rs", "", "a copy is of all shops"),
    ("carts.rs", "select site, {COLUMNS} from carts where due_at", "the clock's job goes through all shops"),
    ("carts.rs", "select due_at from carts", "the clock's job goes through all shops"),
    ("carts.rs", "select coalesce(max(no), 0)", "a mark in the order of all carts, which says nothing about any"),
    (
        "carts/changes.rs",
        "select {COLUMNS}, due_at from carts where no",
        "by primary key of a row that was read by site",
    ),
    ("carts/changes.rs", "update carts set", "as above"),
    (
        "carts/list.rs",
        "select {columns} from carts {index} where {} and {condition}",
        "the conditions begin with the site",
    ),
    ("carts/slices.rs", "select status, first_abandoned_at is not null", "the conditions begin with the site"),
    (
        "coupons.rs",
        "select k.coupon, k.no, k.code, k.assigned_at, k.expires_at, k.uses, t.discount",
        "a cart's codes have its number, of a row that was read by site",
    ),
    ("coupons.rs", "delete from cart_coupons", "as above"),
    ("coupons.rs", "insert into cart_coupons", "as above"),
    ("coupons.rs", "insert into purchase_coupons", "by a purchase's own number"),
    ("coupons.rs", "select k.no, k.code, k.assigned_at, k.expires_at, k.uses from purchase_coupons", "as above"),
    (
        "counts/bulk.rs",
        "select coalesce((select max(no) from carts)",
        "marks in the order of all rows, which say nothing about any",
    ),
    ("counts.rs", "insert into {table} {counted}", "what is counted is of the site"),
    ("engagement.rs", "select no, kind, at", "events have their letter's number, of a row that was read by site"),
    ("engagement.rs", "update message_events", "by primary key of a row that was read by its letter"),
    ("engagement.rs", "delete from message_links", "links have their letter's number, of a row that was read by site"),
    ("engagement.rs", "insert into message_links", "as above"),
    ("engagement.rs", "select position, url from message_links", "as above"),
    ("idempotency.rs", "select exists (select 1 from idempotency_keys", "the clock's job goes through all shops"),
    ("idempotency.rs", "delete from idempotency_keys", "the clock's job goes through all shops"),
    ("items.rs", "", "lines have their cart's number, of a row that was read by site"),
    ("keys.rs", "select {COLUMNS} from api_keys where key_hash", "this is how a caller's site becomes known"),
    (
        "loyalty.rs",
        "select exists (select 1 from loyalty_entries where reverses",
        "by primary key of a row that was read by site",
    ),
    (
        "loyalty/balances.rs",
        "select site, campaign, customer, balance, expires_next",
        "the clock's job goes through all shops",
    ),
    ("loyalty/balances.rs", "select min(expires_next)", "the clock's job goes through all shops"),
    ("loyalty/named.rs", "select e.no, e.id, e.campaign,", "its uses add the site"),
    ("loyalty/transactions.rs", "select e.no, e.id, e.campaign,", "its uses add the site"),
    ("messages.rs", "select {COLUMNS} from messages where cart", "by primary key of a row that was read by site"),
    ("messages.rs", "select no from messages indexed by messages_engaged where cart", "as above"),
    ("messages.rs", "update messages set status = :status", "by primary key of a row that was read by site"),
    ("messages.rs", "insert into message_bodies", "bodies have their letter's number, of a row that was read by site"),
    ("messages.rs", "select html, text from message_bodies", "as above"),
    ("messages/list.rs", "select headers, html, text from message_bodies", "as above"),
    ("messages.rs", "insert into message_events", "events have their letter's number, of a row that was read by site"),
    ("messages.rs", "select {EVENT_COLUMNS} from message_events", "as above"),
    ("messages.rs", "select currency, class from carts where no", "by the reference of a row that was read by site"),
    ("messages.rs", "update messages set status = 'cancelled'", "by the cart's number, of a row that was read by site"),
    (
        "messages.rs",
        "select site, {COLUMNS} from messages where status = 'queued'",
        "the clock's job goes through all shops",
    ),
    ("messages.rs", "select due_at from messages", "the clock's job goes through all shops"),
    (
        "messages.rs",
        "select site, {COLUMNS} from messages where status = 'sending'",
        "what a dead process left behind is of all shops",
    ),
    (
        "messages.rs",
        "update messages set due_at = :until",
        "how many leave in a minute is of the process, for all shops",
    ),
    ("passes.rs", "", "a link is of nobody until it is used; its token's hash is the look-up"),
    ("privacy/nouns.rs", "update message_events set evidence", "letters of one person, which were read by site"),
    ("privacy/nouns.rs", "delete from message_links", "as above"),
    ("privacy/nouns.rs", "delete from message_bodies", "as above"),
    ("privacy/texts.rs", "update cart_items set metadata", "lines of a cart that was read by site"),
    ("privacy/texts.rs", "delete from message_bodies", "by the number of a letter that was read by site"),
    ("privacy/texts.rs", "delete from message_links", "as above"),
    ("privacy/texts.rs", "update message_events set evidence", "by primary key of a row that was read by its letter"),
    ("purchases.rs", "update purchases set order_id", "by primary key of a row that was read by site"),
    ("purchases.rs", "select coalesce(sum(amount), 0)", "by primary key of a row that was read by site"),
    ("sessions.rs", "select {COLUMNS} from sessions where token_hash", "this is how a browser's site becomes known"),
    ("sites.rs", "", "this table is the shops"),
    ("webhooks.rs", "select d.site, d.webhook, d.no", "the senders go through all shops"),
    ("webhooks.rs", "select min(( select q.due_at", "the senders go through all shops"),
    (
        "webhooks.rs",
        "update webhook_deliveries set status = 'queued', due_at = :now where status = 'sending'",
        "what a dead process left behind is of all shops",
    ),
    ("users.rs", "select exists", "whether the process has any user with a password, of whichever shop"),
];

#[test]
fn every_module_says_what_it_is_for() {
    let mut faults = Vec::new();
    for (path, text) in code() {
        let head = text.strip_prefix("//! ").and_then(|text| text.lines().next()).unwrap_or_default();
        if head.len() < 5 {
            faults.push(format!("{path} does not begin with what it is for (`//! …`)"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_file_is_too_long() {
    for (path, text) in code() {
        let lines = text.lines().count();
        assert!(lines <= MOST_LINES, "{path} has {lines} lines: it is usually two things");
    }
}

#[test]
fn nothing_is_left_for_later() {
    for (path, text) in code() {
        let tokens = tokens(&text);
        for at in 0..tokens.len() {
            for left in ["todo", "unimplemented", "dbg"] {
                assert!(!holds(&tokens, at, &[left, "!"]), "{path} has {left}!");
            }
            assert!(!holds(&tokens, at, &["#", "[", "ignore"]), "{path} has a test that does not run");
        }
    }
}

#[test]
fn only_the_command_line_prints() {
    for (path, text) in source::files("src", "rs").iter().filter(|(path, _)| !path.starts_with("src/cli/")) {
        let tokens = without_tests(&tokens(text));
        for at in 0..tokens.len() {
            for printer in ["print", "println", "eprint", "eprintln"] {
                assert!(!holds(&tokens, at, &[printer, "!"]), "{path} has {printer}!: log it, or return it");
            }
        }
    }
}

#[test]
fn no_input_can_make_the_program_panic_by_unwrapping() {
    for (path, text) in source::files("src", "rs") {
        let tokens = without_tests(&tokens(&text));
        for at in 0..tokens.len() {
            for wrong in [[".", "unwrap", "("], [".", "expect", "("], [".", "unwrap_err", "("]] {
                assert!(!holds(&tokens, at, &wrong), "{path} has .{}()", wrong[1]);
            }
        }
    }
}

#[test]
fn code_that_only_tests_use_is_told_apart() {
    let text = "fn a() {} #[cfg(test)] mod tests { fn b() { x.unwrap(); } } fn c() { \"it's\".len(); '\\''; }";
    let kept = without_tests(&tokens(text));
    let words: Vec<&str> = kept.iter().filter_map(Token::word).collect();
    assert_eq!(words, ["fn", "a", "fn", "c", "len"]);
}

#[test]
fn the_example_configuration_has_every_key_with_its_default() {
    let file = std::fs::read_to_string(source::root().join("config.example.toml")).expect("config.example.toml");
    assert_eq!(file, Config::example(), "write it anew: cartwright config init config.example.toml");
    let path = source::root().join("config.example.toml");
    let read = Config::load(&[], |_| None, Some(&path)).expect("the example is a configuration");
    for (key, value) in read.values() {
        assert_eq!(value, key.default, "{}", key.name);
    }
}

#[test]
fn every_statement_is_lower_case_and_names_its_shop() {
    let mut used = vec![false; WITHOUT_SITE.len()];
    let mut faults = Vec::new();
    let mut count = 0;
    for (path, sql) in source::statements() {
        count += 1;
        let bare = without_placeholders(&sql);
        if bare.chars().any(|c| c.is_ascii_uppercase()) {
            faults.push(format!("{path}: not in lower case: {sql}"));
        }
        // A row that is replaced goes without a trigger of its deletion, so the ledger could be changed like this.
        if bare.contains("replace into") || bare.contains("or replace") {
            faults.push(format!("{path}: replaces rows: {sql}"));
        }
        if names_site(&sql) {
            continue;
        }
        let file = path.trim_start_matches("src/store/");
        let listed = WITHOUT_SITE.iter().position(|(known, begin, _)| *known == file && sql.starts_with(begin));
        match listed {
            Some(at) => used[at] = true,
            None => faults.push(format!("{path}: a statement that names no shop: {sql}")),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 60, "only {count} statements were found");
    for ((file, begin, reason), used) in WITHOUT_SITE.iter().zip(used) {
        assert!(used, "{file}: `{begin}` needs no exception any more ({reason})");
    }
}

#[test]
fn every_dialect_says_what_it_answers() {
    for dialect in DIALECTS {
        let path = source::root().join("src/dialects").join(dialect).join("README.md");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{dialect}/README.md: {e}"));
        assert!(text.starts_with("# "), "{dialect}/README.md has no title");
    }
    let folders = std::fs::read_dir(source::root().join("src/dialects")).expect("the dialects");
    for folder in folders.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        assert!(DIALECTS.contains(&name.as_str()), "{name} is not in the list of this test");
    }
}

#[test]
fn no_file_names_a_machine() {
    // Put together here, so that this file does not hold what it looks for.
    let machines = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/tmp", "/w/"), concat!("/ho", "me/")];
    for path in tracked() {
        let Ok(bytes) = std::fs::read(source::root().join(&path)) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        for machine in machines {
            assert!(!text.contains(machine), "{path} names {machine}");
        }
    }
}

/// All that we wrote in Rust.
fn code() -> Vec<(String, String)> {
    ["src", "tests", "benches"].iter().flat_map(|folder| source::files(folder, "rs")).collect()
}

/// Whether a statement says which shop's rows it is about: as a condition, or as a column of what it inserts.
fn names_site(sql: &str) -> bool {
    if sql.starts_with("insert") {
        let columns = sql.split(['(', ')']).nth(1).unwrap_or_default();
        return columns.split(',').any(|column| column.trim() == "site");
    }
    sql.match_indices("site = :site").any(|(at, found)| {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !sql[..at].ends_with(word) && !sql[at + found.len()..].starts_with(word)
    })
}

fn without_placeholders(sql: &str) -> String {
    let mut bare = String::new();
    let mut depth = 0;
    for c in sql.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            c if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    bare
}

/// The files that are kept: git's list, or all of an unpacked archive.
fn tracked() -> Vec<String> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(source::root()).output();
    if let Ok(output) = listed
        && output.status.success()
    {
        let names = String::from_utf8_lossy(&output.stdout);
        return names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    }
    let mut found = Vec::new();
    let mut folders = vec![source::root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let skipped = ["target", ".git", "data"].iter().any(|name| path.ends_with(Path::new(name)));
            match path.is_dir() {
                true if !skipped => folders.push(path),
                true => {}
                false => found.push(path.strip_prefix(source::root()).expect("below").display().to_string()),
            }
        }
    }
    found
}
