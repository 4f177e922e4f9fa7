//! `stats`.

use super::Folder;
use rusqlite::Connection;

fn tamper(folder: &Folder, sql: &str) {
    let conn = Connection::open(folder.path().join("data/cartwright.db")).expect("the file");
    assert_eq!(conn.execute(sql, []).expect("a change"), 1);
}

#[test]
fn an_empty_store_verifies() {
    let folder = Folder::new();
    assert_eq!(folder.run(&["stats", "verify"]).expect_code(0).out, "");
    let folder = Folder::with_shop();
    let out = folder.run(&["stats", "verify"]).expect_code(0).out;
    assert_eq!(out, "my-shop: every figure is what the rows say\n");
}

#[test]
fn a_figure_without_its_rows_is_found_named_and_mended() {
    let folder = Folder::with_shop();
    tamper(&folder, "insert into daily_stats (site, day, currency, abandoned) values (1, '2026-03-15', 'USD', 7)");
    let found = folder.run(&["stats", "verify"]).expect_code(1);
    assert_eq!(found.out, "my-shop 2026-03-15 USD abandoned: kept 7, by the rows 0\n");
    folder.run(&["stats", "verify", "--site", "my-shop"]).expect_code(1);
    folder.run(&["stats", "rebuild"]).expect_code(0);
    folder.run(&["stats", "verify"]).expect_code(0);
}

#[test]
fn a_row_without_its_figure_is_found_and_mended() {
    let folder = Folder::with_shop();
    tamper(
        &folder,
        "insert into purchases (site, id, currency, total, at, source, verified, reply, last_cart)
         values (1, 'p', 'EUR', 1250, 1773576000, 'server', 1, 'recorded', 0)",
    );
    let found = folder.run(&["stats", "verify"]).expect_code(1).out;
    assert!(found.contains("my-shop 2026-03-15 EUR purchases: kept 0, by the rows 1\n"), "{found}");
    assert!(found.contains("my-shop 2026-03-15 EUR revenue: kept 0, by the rows 1250\n"), "{found}");
    assert_eq!(folder.run(&["stats", "rebuild"]).expect_code(0).out, "my-shop: 1 days made anew\n");
    folder.run(&["stats", "verify"]).expect_code(0);
}

#[test]
fn a_count_that_is_not_what_the_rows_say_is_found_and_mended() {
    let folder = Folder::with_shop();
    tamper(&folder, "insert into cart_counts values (1, 'active', 'web', 1, 'USD', 2, 0, 0, 500)");
    tamper(&folder, "insert into hourly_counts values (1, 'customers', 0, 17000000, 1)");
    let found = folder.run(&["stats", "verify"]).expect_code(1).out;
    assert!(found.contains("my-shop cart_counts active web 1 USD: kept 2 0 0 500, by the rows none\n"), "{found}");
    assert!(found.contains("my-shop hourly_counts customers 0 17000000: kept 1, by the rows none\n"), "{found}");
    folder.run(&["stats", "rebuild"]).expect_code(0);
    folder.run(&["stats", "verify"]).expect_code(0);
    // A row moves its count whoever writes it.
    tamper(&folder, "insert into customers (site, id, created_at) values (1, 'c', 1773576000)");
    folder.run(&["stats", "verify"]).expect_code(0);
}

#[test]
fn a_sealed_day_is_taken_as_given() {
    let folder = Folder::with_shop();
    tamper(
        &folder,
        "insert into daily_stats (site, day, currency, sent, sealed) values (1, '2020-01-01', 'USD', 3, 1)",
    );
    folder.run(&["stats", "verify"]).expect_code(0);
    folder.run(&["stats", "rebuild"]).expect_code(0);
    let conn = Connection::open(folder.path().join("data/cartwright.db")).expect("the file");
    let kept: i64 = conn.query_row("select sent from daily_stats", [], |row| row.get(0)).expect("the day");
    assert_eq!(kept, 3);
}

#[test]
fn verdicts_on_clicks_are_given_again_by_the_rules_of_now() {
    let folder = Folder::with_shop();
    tamper(
        &folder,
        "insert into messages (no, site, id, step, subject, status, created_at, sent_at, clicked)
         values (1, 1, 'm', 1, 'Hello', 'sent', 1773576000, 1773576000, 1)",
    );
    tamper(
        &folder,
        r#"insert into message_events (message, kind, at, class, rule, evidence)
           values (1, 'click', 1773576100, 'human', 'browser', '{"method":"GET","user_agent":"NewBot/1.0","link":"1"}')"#,
    );
    // An archive's verdict, without evidence of ours, stands.
    tamper(
        &folder,
        "insert into message_events (message, kind, at, class, rule) values (1, 'open', 1773576100, 'human', 'theirs')",
    );
    folder.run(&["stats", "rebuild"]).expect_code(0);
    assert_eq!(folder.run(&["stats", "reclassify"]).expect_code(0).out, "my-shop: 1 verdicts changed\n");
    folder.run(&["stats", "verify"]).expect_code(0);
    let conn = Connection::open(folder.path().join("data/cartwright.db")).expect("the file");
    let kept: (i64, i64) = conn
        .query_row("select opened, clicked from daily_stats", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("the day");
    assert_eq!(kept, (1, 0));
    let again = folder.run(&["stats", "reclassify", "--site", "my-shop"]).expect_code(0);
    assert_eq!(again.out, "my-shop: 0 verdicts changed\n");
}

#[test]
fn only_the_named_shop_is_looked_at() {
    let folder = Folder::with_shop();
    folder.run(&["site", "add", "--site-id", "other", "--account-id", "other_shop"]).expect_code(0);
    tamper(&folder, "insert into daily_stats (site, day, currency, abandoned) values (1, '2026-03-15', 'USD', 7)");
    folder.run(&["stats", "verify", "--site", "other"]).expect_code(0);
    folder.run(&["stats", "rebuild", "--site", "other"]).expect_code(0);
    folder.run(&["stats", "verify", "--site", "my-shop"]).expect_code(1);
    folder.refuses(&["stats", "verify", "--site", "absent"], "cartwright site list");
}
