//! The dashboard's pages, all of them: a page that is added is tried by itself. Whoever is not signed in, is no more, or
//! never was, is sent to sign in; another shop's owner sees and changes nothing; an observer changes nothing.

use cartwright::domain::users::Role;
use cartwright::ops;

use super::fixture::{FOREIGN, Fixture, MARKS};
use super::routes;
use super::support::browser::Browser;
use super::support::{Reply, SITE};

/// What is open to whoever is not signed in, with the reason.
pub const OPEN: &[(&str, &str, &str)] = &[
    ("GET", "/dashboard/assets/{hash}/{name}", "style and script, the same for every shop"),
    ("GET", "/dashboard/enter/{token}", "the token is the secret, and good once (tests/dashboard)"),
    ("GET", "/dashboard/password/{token}", "the token is the secret, and good once (tests/dashboard)"),
    ("POST", "/dashboard/password/{token}", "the token is the secret, and good once (tests/dashboard)"),
    ("GET", "/dashboard/set-up/{token}", "the token is the secret, and good once (tests/dashboard)"),
    ("POST", "/dashboard/set-up/{token}", "the token is the secret, and good once (tests/dashboard)"),
    ("GET", "/dashboard/sign-in", "where a password is asked for"),
    ("POST", "/dashboard/sign-in", "where a password is given (tests/dashboard)"),
];

/// What is everybody's own affair, also an observer's.
const OWN: &[&str] = &["/dashboard/account", "/dashboard/sign-out"];

/// Pages for those who are signed in, signing out as the last; with every id of the first shop in the place of each part
/// that is a page's own.
fn pages(fixture: &Fixture) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (method, path) in actix_web::rt::System::new().block_on(routes()) {
        if !path.starts_with("/dashboard") || OPEN.iter().any(|(m, p, _)| (*m, *p) == (method.as_str(), path.as_str()))
        {
            continue;
        }
        for id in fixture.ids() {
            let mut filled = path.clone();
            while let (Some(begin), Some(end)) = (filled.find('{'), filled.find('}')) {
                filled.replace_range(begin..=end, id);
            }
            found.push((method.clone(), filled));
        }
    }
    found.sort_by_key(|(_, path)| path == "/dashboard/sign-out");
    found.dedup();
    assert!(found.len() > 3, "only {} pages were found", found.len());
    found
}

/// A browser in which somebody of a site is signed in; the password is nobody's, so that none has to be hashed.
fn signed_in<'w>(fixture: &'w Fixture, site_id: &str, user_id: &str) -> Browser<'w> {
    let (site, user) = (fixture.world.site(site_id), user_id.to_owned());
    let opened = fixture.world.app.store.write(move |tx| {
        ops::users::set_password(tx, &site, &user, "not a hash")?;
        ops::sessions::open(tx, &site, &user, "not a hash")
    });
    let mut browser = fixture.world.browser();
    browser.cookie = Some(format!("cartwright={}", opened.expect("a session").expect("the user")));
    browser
}

fn visit(browser: &mut Browser, method: &str, path: &str) -> Reply {
    match method {
        "GET" => browser.open(path),
        _ => browser.submit("/dashboard/account", path, &[]),
    }
}

/// The same without a page that would have given the form its token.
fn intrude(browser: &mut Browser, method: &str, path: &str) -> Reply {
    match method {
        "GET" => browser.open(path),
        _ => browser.post(path, &[], &[("Sec-Fetch-Site", "same-origin")]),
    }
}

fn told(reply: &Reply) -> Option<&&str> {
    MARKS.iter().find(|mark| reply.body.contains(**mark))
}

#[test]
fn whoever_is_not_signed_in_is_sent_to_sign_in_from_every_page() {
    let fixture = Fixture::new("none");
    let mut left = signed_in(&fixture, SITE, "john");
    assert_eq!(left.open("/dashboard/account").status, 200);
    let cookie = left.cookie.clone();
    assert_eq!(visit(&mut left, "POST", "/dashboard/sign-out").status, 303);
    let before = fixture.everything();
    let mut faults = Vec::new();
    for (method, path) in pages(&fixture) {
        for cookie in [None, cookie.clone(), Some(format!("cartwright={}", "A".repeat(43)))] {
            let mut browser = fixture.world.browser();
            browser.cookie = cookie.clone();
            let reply = intrude(&mut browser, &method, &path);
            let sent = reply.header("location").is_some_and(|to| to.starts_with("/dashboard/sign-in"));
            if !(reply.status == 303 && sent || reply.status == 403) || told(&reply).is_some() {
                faults.push(format!("{method} {path} with {cookie:?}: {} {}", reply.status, reply.body));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(fixture.everything(), before);
}

#[test]
fn another_shops_owner_sees_and_changes_nothing_on_any_page() {
    let fixture = Fixture::new("none");
    let before = fixture.export();
    let mut browser = signed_in(&fixture, "other", "john");
    let mut faults = Vec::new();
    for (method, path) in pages(&fixture) {
        let reply = visit(&mut browser, &method, &path);
        if let Some(mark) = told(&reply) {
            faults.push(format!("{method} {path} tells another shop of {mark}: {}", reply.body));
        }
        if reply.status >= 500 || fixture.export() != before {
            faults.push(format!("{method} {path}: {}, or something changed", reply.status));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // Its own key opens no page either.
    browser.cookie = Some(format!("cartwright={FOREIGN}"));
    assert_eq!(browser.open("/dashboard").status, 303);
}

#[test]
fn an_observer_changes_nothing_on_any_page() {
    let fixture = Fixture::new("none");
    fixture.world.add_user(
        &fixture.world.site(SITE),
        "oscar",
        Role::Observer,
        cartwright::domain::users::Campaigns::All,
        "key-of-oscar",
    );
    let mut browser = signed_in(&fixture, SITE, "oscar");
    let before = fixture.export();
    let mut faults = Vec::new();
    for (method, path) in
        pages(&fixture).into_iter().filter(|(method, path)| method != "GET" && !OWN.contains(&path.as_str()))
    {
        let reply = visit(&mut browser, &method, &path);
        if reply.status != 403 || fixture.export() != before {
            faults.push(format!("{method} {path}: {} {}", reply.status, reply.body));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
