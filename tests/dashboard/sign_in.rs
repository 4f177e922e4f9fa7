//! Signing in and out: what is told, what is not, and what a session is worth.

use cartwright::domain::users::Role;

use crate::support::browser::PASSWORD;
use crate::support::{SITE, World};

#[test]
fn nobody_sees_a_page_without_signing_in_and_comes_back_to_it_afterwards() {
    let world = World::new();
    world.add_person(SITE, "ann", Role::Owner);
    let mut browser = world.browser();
    let sent = browser.open("/dashboard?days=7");
    assert_eq!((sent.status, sent.header("location")), (303, Some("/dashboard/sign-in?next=%2Fdashboard%3Fdays%3D7")));
    let fields = [("user", "ann"), ("password", PASSWORD), ("next", "/dashboard?days=7")];
    let entered = browser.submit("/dashboard/sign-in", "/dashboard/sign-in", &fields);
    assert_eq!((entered.status, entered.header("location")), (303, Some("/dashboard?days=7")));
    assert!(browser.page("/dashboard?days=7").contains("Overview"));
}

#[test]
fn signing_in_leads_to_no_other_host() {
    let world = World::new();
    world.add_person(SITE, "ann", Role::Owner);
    for elsewhere in ["https://evil.example", "//evil.example/dashboard", "/\\evil.example", "/dashboard//evil.example"]
    {
        let fields = [("user", "ann"), ("password", PASSWORD), ("next", elsewhere)];
        let entered = world.browser().submit("/dashboard/sign-in", "/dashboard/sign-in", &fields);
        assert_eq!(entered.header("location"), Some("/dashboard"), "{elsewhere}");
    }
}

#[test]
fn a_wrong_password_an_unknown_user_and_a_user_without_one_are_answered_alike() {
    let world = World::new();
    world.add_person(SITE, "ann", Role::Owner);
    let answers =
        [("ann", "wrong password, sorry"), ("nobody", PASSWORD), ("john", PASSWORD)].map(|(user, password)| {
            let answer = world.browser().sign_in(user, password);
            assert_eq!(answer.status, 422);
            let token = crate::support::browser::form_token(&answer.body);
            answer.body.replace(&token, "").replace(&format!("value=\"{user}\""), "")
        });
    assert!(answers[0].contains("do not belong together"), "{}", answers[0]);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[test]
fn signing_in_gives_a_token_that_nobody_had_before() {
    let world = World::new();
    world.add_person(SITE, "ann", Role::Owner);
    let mut browser = world.browser();
    // Somebody planted this cookie before.
    let planted = format!("cartwright={}", "A".repeat(43));
    browser.cookie = Some(planted.clone());
    assert_eq!(browser.sign_in("ann", PASSWORD).status, 303);
    assert_ne!(browser.cookie.as_deref(), Some(planted.as_str()));
    let mut planter = world.browser();
    planter.cookie = Some(planted);
    assert_eq!(planter.open("/dashboard").status, 303);
}

#[test]
fn the_cookie_is_for_this_host_and_no_script() {
    let world = World::new();
    let cookie = world.get("/dashboard/sign-in").header("set-cookie").expect("a cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    let world = World::with_environment(&[("CARTWRIGHT_PUBLIC_URL", "https://carts.shop.example")]);
    let cookie = world.get("/dashboard/sign-in").header("set-cookie").expect("a cookie").to_owned();
    assert!(cookie.starts_with("__Host-cartwright=") && cookie.contains("Secure"), "{cookie}");
}

#[test]
fn signing_out_ends_the_session_in_the_store() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    let kept = browser.cookie.clone();
    let left = browser.submit("/dashboard", "/dashboard/sign-out", &[]);
    assert_eq!((left.status, left.header("location")), (303, Some("/dashboard/sign-in")));
    assert_eq!(browser.cookie, None);
    browser.cookie = kept;
    assert_eq!(browser.open("/dashboard").status, 303);
}

#[test]
fn a_new_password_ends_the_other_sessions_and_needs_the_old_one() {
    let world = World::new();
    let mut here = world.signed_in(Role::Owner);
    let mut elsewhere = world.browser();
    assert_eq!(elsewhere.sign_in("owner", PASSWORD).status, 303);
    let new = "another good password";
    let change = |browser: &mut crate::support::browser::Browser, current, new| {
        browser.submit("/dashboard/account", "/dashboard/account", &[("current", current), ("new", new)])
    };
    assert_eq!(change(&mut here, "not the old one at all", new).status, 422);
    let short = change(&mut here, PASSWORD, "short");
    assert_eq!(short.status, 422);
    assert!(short.body.contains("must have at least 15 characters"), "{}", short.body);
    assert_eq!(change(&mut here, PASSWORD, new).header("location"), Some("/dashboard/account?done=password"));
    assert!(here.page("/dashboard/account?done=password").contains("Your password is changed"));
    assert_eq!(elsewhere.open("/dashboard").status, 303);
    assert_eq!(elsewhere.sign_in("owner", PASSWORD).status, 422);
    assert_eq!(elsewhere.sign_in("owner", new).status, 303);
}

#[test]
fn a_session_ends_when_it_rests_for_a_week_and_after_a_month_in_any_case() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    world.advance("6d23h");
    assert_eq!(browser.open("/dashboard").status, 200);
    world.advance("6d23h");
    assert_eq!(browser.open("/dashboard").status, 200, "the first request was noted");
    world.advance("7d");
    assert_eq!(browser.open("/dashboard").status, 303);
    assert_eq!(browser.sign_in("owner", PASSWORD).status, 303);
    for _ in 0..4 {
        world.advance("6d");
        assert_eq!(browser.open("/dashboard").status, 200);
    }
    world.advance("6d");
    assert_eq!(browser.open("/dashboard").status, 303);
}

#[test]
fn a_closed_account_lets_nobody_in() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    world.set(SITE, "status", "closed");
    assert_eq!(browser.open("/dashboard").status, 303);
    assert_eq!(world.browser().sign_in("owner", PASSWORD).status, 422);
}

#[test]
fn whoever_tries_too_often_has_to_wait() {
    let world = World::new();
    world.add_person(SITE, "ann", Role::Owner);
    let mut browser = world.browser();
    // A try comes back every six seconds, so a slow machine gets a few more.
    let answers = (0..40).map(|_| browser.sign_in("ann", "a wrong password").status);
    let let_through = answers.take_while(|status| *status == 422).count();
    assert!((10..40).contains(&let_through), "{let_through}");
    let refused = browser.sign_in("ann", PASSWORD);
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").is_some());
}

#[test]
fn where_there_are_several_shops_one_has_to_be_named() {
    let world = World::new();
    world.add_site("other", "acct_other", "EUR", "Europe/Paris");
    world.add_person(SITE, "ann", Role::Owner);
    world.add_person("other", "ann", Role::Owner);
    world.set_password("other", "ann", "this is another password");
    let mut browser = world.browser();
    assert!(browser.page("/dashboard/sign-in").contains("Its site id or account id"));
    let mut sign_in = |shop, password| {
        let fields = [("shop", shop), ("user", "ann"), ("password", password)];
        browser.submit("/dashboard/sign-in", "/dashboard/sign-in", &fields).status
    };
    assert_eq!(sign_in("", PASSWORD), 422);
    assert_eq!(sign_in("other", PASSWORD), 422);
    assert_eq!(sign_in("acct_other", "this is another password"), 303);
}

#[test]
fn nobody_guesses_the_password_at_an_open_browser() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    let fields = [("current", "a guess that is wrong"), ("new", "another good password")];
    let answers = (0..40).map(|_| browser.submit("/dashboard/account", "/dashboard/account", &fields).status);
    let let_through = answers.take_while(|status| *status == 422).count();
    assert!((9..40).contains(&let_through), "{let_through}");
}
