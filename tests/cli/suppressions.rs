//! `suppressions`.

use super::Folder;
use rusqlite::Connection;

/// Opt-outs through the call without a key at these seconds after the 15th of March 2026, noon, and one by the page.
fn burst(folder: &Folder) {
    let conn = Connection::open(folder.path().join("data/cartwright.db")).expect("the file");
    for (number, (secs, source)) in [(0, "api"), (10, "api"), (20, "page"), (60, "api")].into_iter().enumerate() {
        conn.execute_batch(&format!(
            "insert into suppressions (site, email, address_hash, reason, source, at)
             values (1, 'p{number}@example.com', unhex('{number:064x}'), 'unsubscribe', '{source}', 1773576000 + {secs})"
        ))
        .expect("an opt-out");
    }
}

#[test]
fn a_burst_is_looked_at_and_then_undone() {
    let folder = Folder::with_shop();
    burst(&folder);
    let undo = ["suppressions", "undo", "--site", "my-shop", "--source", "api", "--since", "2026-03-15T12:00:00Z"];
    let until = ["--until", "2026-03-15T12:00:30Z"];
    let looked = folder.run(&[&undo[..], &until[..], &["--dry-run"]].concat()).expect_code(0).out;
    assert_eq!(looked, "my-shop: 2 suppressions in force came through `api`; nothing was changed\n");
    assert_eq!(folder.run(&[&undo[..], &until[..]].concat()).expect_code(0).out, "my-shop: 2 suppressions ended\n");
    assert_eq!(folder.run(&undo).expect_code(0).out, "my-shop: 1 suppressions ended\n");
    assert_eq!(folder.run(&undo).expect_code(0).out, "my-shop: 0 suppressions ended\n");
}

#[test]
fn a_source_or_a_time_that_is_none_is_refused() {
    let folder = Folder::with_shop();
    let undo = ["suppressions", "undo", "--site", "my-shop"];
    let with =
        |source: &'static str, since: &'static str| [&undo[..], &["--source", source, "--since", since]].concat();
    folder.refuses(&with("telephone", "2026-03-15T12:00:00Z"), "must be one of link, page, api");
    folder.refuses(&with("api", "yesterday"), "--since");
}
