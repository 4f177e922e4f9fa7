//! The store's promises: one instant per transaction, all or nothing, one failure undoing nobody else's work.

mod support;

use std::sync::Arc;

use cartwright::domain::{Clock, Error, Timestamp};
use cartwright::ops::{self, dashboard};
use cartwright::store::Store;
use support::World;
use tempfile::TempDir;

fn store(folder: &TempDir) -> Store {
    let clock: Clock = Arc::new(|| Timestamp::from_secs(1_700_000_000));
    Store::open(folder.path(), clock).expect("a store")
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let world = World::new();
    let site = world.site(support::SITE);
    let outcome: Result<(), Error> = world.app.store.write(move |tx| {
        ops::sites::set(tx, &site, "name", "Another name")?;
        Err(Error::Conflict("changed my mind".into()))
    });
    assert!(matches!(outcome, Err(Error::Conflict(_))));
    assert_eq!(world.site(support::SITE).name, "A shop");
}

#[test]
fn a_panicking_write_is_undone_and_the_writer_goes_on() {
    let world = World::new();
    let site = world.site(support::SITE);
    let panicking = site.clone();
    let outcome: Result<(), Error> = world.app.store.write(move |tx| {
        ops::sites::set(tx, &panicking, "name", "Another name")?;
        panic!("on purpose");
    });
    assert!(matches!(outcome, Err(Error::Internal(_))));
    assert_eq!(world.site(support::SITE).name, "A shop");
    world
        .app
        .store
        .write(move |tx| ops::sites::set(tx, &site, "name", "A third name"))
        .expect("the writer still works");
    assert_eq!(world.site(support::SITE).name, "A third name");
}

#[test]
fn one_failure_among_many_concurrent_writes_undoes_itself_alone() {
    let world = World::new();
    let site = world.site(support::SITE);
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let (world, site) = (&world, site.clone());
            scope.spawn(move || {
                for turn in 0..25 {
                    let site = site.clone();
                    let kept = turn % 5 != 0;
                    let outcome = world.app.store.write(move |tx| {
                        let scopes = cartwright::domain::keys::Scopes::parse("all")?;
                        ops::keys::import(tx, &site, &format!("key-{worker}-{turn}"), scopes, None)?;
                        if kept { Ok(()) } else { Err(Error::Conflict("not this one".into())) }
                    });
                    assert_eq!(outcome.is_ok(), kept);
                }
            });
        }
    });
    let keys = world.app.store.read(|tx| ops::keys::list(tx, &site)).expect("keys");
    // 8 workers keep 20 of 25, and the world's own key is there.
    assert_eq!(keys.len(), 8 * 20 + 1);
}

#[test]
fn a_transaction_has_one_instant_and_history_can_be_replayed_at_another() {
    let folder = TempDir::new().expect("a folder");
    let store = store(&folder);
    let (now, then) = store.write(|tx| Ok((tx.now(), tx.at(Timestamp::from_secs(5)).now()))).expect("a write");
    assert_eq!((now.secs(), then.secs()), (1_700_000_000, 5));
}

#[test]
fn what_was_written_is_there_after_opening_again() {
    let folder = TempDir::new().expect("a folder");
    let first = store(&folder);
    let new = ops::sites::NewSite {
        site_id: "kept".into(),
        account_id: "kept_1".into(),
        name: "Kept".into(),
        currency: cartwright::domain::Currency::parse("EUR").expect("a currency"),
        zone: cartwright::domain::Zone::UTC,
        status: cartwright::domain::sites::SiteStatus::Paid,
        settings: cartwright::domain::settings::Settings::default(),
    };
    first.write(move |tx| ops::sites::add(tx, new)).expect("a site");
    drop(first);
    let site = store(&folder).read(|tx| ops::sites::find(tx, "kept")).expect("the site");
    assert_eq!(site.name, "Kept");
}

#[test]
fn a_reader_sees_one_snapshot_while_others_write() {
    let world = World::new();
    let site = world.site(support::SITE);
    let store = &world.app.store;
    let (before, after) = store
        .read(|tx| {
            let before = ops::keys::list(tx, &site)?.len();
            let other = site.clone();
            let scopes = cartwright::domain::keys::Scopes::parse("all")?;
            store.write(move |tx| ops::keys::import(tx, &other, "made-meanwhile", scopes, None))?;
            Ok((before, ops::keys::list(tx, &site)?.len()))
        })
        .expect("a read");
    assert_eq!(before, after);
    let (abandoned, _) =
        store.read(|tx| dashboard::carts_in_window(tx, &site, Timestamp::MIN, Timestamp::MAX)).expect("counts");
    assert_eq!(abandoned, 0);
}

#[test]
fn what_a_reader_remembers_is_gone_with_the_next_commit_of_any_process() {
    let folder = TempDir::new().expect("a temporary folder");
    let (store, elsewhere) = (store(&folder), store(&folder));
    let asked = std::cell::Cell::new(0);
    let ask = |key: i64| {
        let answer = store.read(|tx| {
            tx.remember("a test", key, |_| {
                asked.set(asked.get() + 1);
                Ok((key > 0).then_some(asked.get()))
            })
        });
        answer.expect("an answer")
    };
    assert_eq!((ask(1), ask(1), ask(2), ask(1)), (Some(1), Some(1), Some(2), Some(1)));
    // What is not there is asked for every time.
    assert_eq!((ask(0), ask(0)), (None, None));
    add_a_site(&store, "here");
    assert_eq!((ask(1), ask(1)), (Some(5), Some(5)));
    add_a_site(&elsewhere, "elsewhere");
    assert_eq!((ask(1), ask(1)), (Some(6), Some(6)));
}

fn add_a_site(store: &Store, name: &str) {
    let new = ops::sites::NewSite {
        site_id: name.into(),
        account_id: format!("acct_{name}"),
        name: name.into(),
        currency: cartwright::domain::Currency::parse("USD").expect("a currency"),
        zone: cartwright::domain::Zone::UTC,
        status: cartwright::domain::sites::SiteStatus::Paid,
        settings: cartwright::domain::settings::Settings::default(),
    };
    store.write(|tx| ops::sites::add(tx, new)).expect("a site");
}
