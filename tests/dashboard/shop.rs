//! Settings, keys, users and the first steps.

use cartwright::domain::users::Role;
use serde_json::json;

use crate::support::browser::{PASSWORD, form_token};
use crate::support::{SITE, World};

#[test]
fn every_setting_is_on_the_page_with_its_meaning() {
    let world = World::new();
    let page = world.signed_in(Role::Owner).page("/dashboard/settings");
    for setting in cartwright::domain::settings::ALL {
        assert!(page.contains(&format!("<code>{}</code>", setting.name)), "{}", setting.name);
        assert!(page.contains(&format!("name=\"{}\"", setting.name)), "{}", setting.name);
    }
}

#[test]
fn settings_are_kept_together_or_not_at_all() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    let save = |browser: &mut crate::support::browser::Browser, fields: &[(&str, &str)]| {
        browser.submit("/dashboard/settings", "/dashboard/settings/recovery", fields)
    };
    let wrong = save(&mut browser, &[("abandon_after", "45m"), ("attribution.window", "soon")]);
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("must be a length of time") && wrong.body.contains("value=\"soon\""), "{}", wrong.body);
    assert!(wrong.body.contains("value=\"45m\""), "what was typed stays");
    assert_eq!(world.site(SITE).settings.get("abandon_after"), "30m");

    let saved = save(&mut browser, &[("abandon_after", "45m"), ("attribution.window", "14d")]);
    assert_eq!(saved.header("location"), Some("/dashboard/settings?done=settings"));
    assert!(browser.page("/dashboard/settings?done=settings").contains("The settings are saved"));
    assert!(!browser.page("/dashboard/settings?done=You+are+hacked").contains("hacked"));
    let settings = world.site(SITE).settings;
    assert_eq!((settings.get("abandon_after"), settings.get("attribution.window")), ("45m", "14d"));
    assert_eq!(save(&mut browser, &[("abandon_after", ""), ("attribution.requires", "open")]).status, 303);
    assert_eq!(world.site(SITE).settings.pairs().collect::<Vec<_>>(), [("attribution.window", "14d")]);
}

#[test]
fn name_currency_and_zone_are_checked_and_changed() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    let mut save = |name: &str, currency: &str, zone: &str| {
        let fields = [("name", name), ("currency", currency), ("timezone", zone)];
        browser.submit("/dashboard/settings", "/dashboard/settings/shop", &fields).status
    };
    assert_eq!(save("", "EUR", "Europe/Paris"), 422);
    assert_eq!(save("Shop", "EURO", "Europe/Paris"), 422);
    assert_eq!(save("Shop", "EUR", "Paris"), 422);
    assert_eq!(save("Shop", "EUR", "Europe/Paris"), 303);
    let site = world.site(SITE);
    assert_eq!((site.name.as_str(), site.currency.code(), site.zone.name()), ("Shop", "EUR", "Europe/Paris"));
}

#[test]
fn a_secret_of_the_settings_is_shown_to_nobody_and_stays_when_its_field_is_blank() {
    let world = World::new();
    world.set(SITE, "bounces.mailgun_signing_key", "very-secret-indeed");
    let mut browser = world.signed_in(Role::Owner);
    assert!(!browser.page("/dashboard/settings").contains("very-secret-indeed"));
    let save = |browser: &mut crate::support::browser::Browser, key: &str| {
        let fields = [("bounces.mailgun_signing_key", key), ("breaker.bounces_percent", "7")];
        browser.submit("/dashboard/settings", "/dashboard/settings/more", &fields).status
    };
    assert_eq!(save(&mut browser, ""), 303);
    assert_eq!(world.site(SITE).settings.get("bounces.mailgun_signing_key"), "very-secret-indeed");
    assert_eq!(save(&mut browser, "-"), 303);
    assert_eq!(world.site(SITE).settings.get("bounces.mailgun_signing_key"), "");
}

#[test]
fn a_key_is_shown_once_does_what_it_may_and_is_dead_once_revoked() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    let none = browser.submit("/dashboard/keys", "/dashboard/keys", &[]);
    assert_eq!(none.status, 422);
    assert!(none.body.contains("must name at least one"), "{}", none.body);
    let made =
        browser.submit("/dashboard/keys", "/dashboard/keys", &[("scopes", "carts:read"), ("scopes", "stats:read")]);
    assert_eq!(made.status, 200);
    let key = made.body.split("<pre>").nth(1).and_then(|rest| rest.split('<').next()).expect("a key").to_owned();
    assert!(key.starts_with("cw_"), "{key}");
    let page = browser.page("/dashboard/keys");
    assert!(!page.contains(&key) && page.contains("carts:read, stats:read") && page.contains("never"), "{page}");

    let bearer = format!("Bearer {key}");
    let call = || world.call("GET", "/v1/carts", &[("Authorization", &bearer)], b"").status;
    assert_eq!(call(), 200);
    let post =
        world.call("POST", "/v1/carts", &[("Authorization", &bearer), ("Content-Type", "application/json")], b"{}");
    assert_eq!(post.status, 403);

    let site = world.site(SITE);
    let keys = world.app.store.read(|tx| cartwright::ops::keys::list(tx, &site)).expect("keys");
    let id = keys.last().expect("the key").id.clone();
    assert_eq!(browser.submit("/dashboard/keys", &format!("/dashboard/keys/{id}/revoke"), &[]).status, 303);
    assert_eq!(call(), 401);
    assert!(browser.page("/dashboard/keys").contains("Revoked"));
}

#[test]
fn a_keys_last_use_is_seen_and_noted_now_and_then_only() {
    let world = World::new();
    let used = || {
        // Whatever was queued before is on disk once this is.
        world.app.store.write(|_| Ok(())).expect("a write");
        let site = world.site(SITE);
        let keys = world.app.store.read(|tx| cartwright::ops::keys::list(tx, &site)).expect("keys");
        keys[0].last_used_at.map(|at| at.rfc3339())
    };
    assert_eq!(used(), None);
    world.rest("GET", "/v1/carts", &serde_json::Value::Null);
    assert_eq!(used().as_deref(), Some("2026-03-15T12:00:00Z"));
    world.advance("4m59s");
    world.rest("GET", "/v1/carts", &serde_json::Value::Null);
    assert_eq!(used().as_deref(), Some("2026-03-15T12:00:00Z"));
    world.advance("1s");
    world.rest("GET", "/v1/carts", &serde_json::Value::Null);
    assert_eq!(used().as_deref(), Some("2026-03-15T12:05:00Z"));
    let page = world.signed_in(Role::Owner).page("/dashboard/keys");
    assert!(page.contains("15 Mar 2026, 12:05"), "{page}");
}

#[test]
fn a_user_is_added_and_chooses_a_password_by_a_link_that_works_once() {
    let world = World::new();
    let mut owner = world.signed_in(Role::Owner);
    let fields = [("user_id", "bea"), ("role", "observer"), ("campaigns", "none")];
    let added = owner.submit("/dashboard/users", "/dashboard/users", &fields);
    assert_eq!(added.status, 200, "{}", added.body);
    let link = added.body.split("<pre>http://test").nth(1).and_then(|rest| rest.split('<').next()).expect("a link");
    assert!(!owner.page("/dashboard/users").contains(link));
    assert_eq!(owner.submit("/dashboard/users", "/dashboard/users", &fields).status, 422, "there is one already");
    let bad = owner.submit(
        "/dashboard/users",
        "/dashboard/users",
        &[("user_id", "bea!"), ("role", "observer"), ("campaigns", "none")],
    );
    assert!(bad.status == 422 && bad.body.contains("must be 1 to 20"), "{}", bad.body);

    let mut bea = world.browser();
    assert!(bea.page(link).contains("For bea"));
    assert_eq!(bea.submit(link, link, &[("password", "short")]).status, 422);
    let chosen = bea.submit(link, link, &[("password", PASSWORD)]);
    assert_eq!(chosen.header("location"), Some("/dashboard"));
    assert!(bea.page("/dashboard").contains("bea"));
    assert_eq!(world.browser().open(link).status, 404);
    assert_eq!(world.browser().sign_in("bea", PASSWORD).status, 303);
}

#[test]
fn a_role_changes_at_once_and_a_removed_user_is_out() {
    let world = World::new();
    let mut owner = world.signed_in(Role::Owner);
    let mut manager = world.signed_in(Role::Manager);
    assert_eq!(manager.open("/dashboard/users").status, 403);
    let base = "/dashboard/users/manager";
    assert_eq!(owner.submit("/dashboard/users", &format!("{base}/role"), &[("role", "admin")]).status, 303);
    assert_eq!(manager.open("/dashboard/users").status, 200);
    assert_eq!(owner.submit("/dashboard/users", &format!("{base}/remove"), &[]).status, 303);
    assert_eq!(manager.open("/dashboard").status, 303);
    assert_eq!(manager.sign_in("manager", PASSWORD).status, 422);
}

#[test]
fn nobody_takes_their_own_rights_away() {
    let world = World::new();
    let mut owner = world.signed_in(Role::Owner);
    for (act, fields) in [("role", [("role", "observer")]), ("remove", [("role", "")])] {
        let refused = owner.submit("/dashboard/users", &format!("/dashboard/users/owner/{act}"), &fields);
        assert_eq!(refused.status, 400, "{act}");
    }
    assert_eq!(owner.open("/dashboard/users").status, 200);
}

#[test]
fn what_is_for_owners_is_for_no_other() {
    let world = World::new();
    let mut manager = world.signed_in(Role::Manager);
    let mut observer = world.signed_in(Role::Observer);
    for path in ["/dashboard/settings", "/dashboard/keys", "/dashboard/users"] {
        assert_eq!((manager.open(path).status, observer.open(path).status), (403, 403), "{path}");
        assert!(!manager.page("/dashboard").contains(&format!("href=\"{path}\"")), "{path} is in the navigation");
    }
    let token = form_token(&manager.page("/dashboard"));
    let fields = [("csrf", token.as_str()), ("scopes", "all")];
    assert_eq!(manager.post("/dashboard/keys", &fields, &[]).status, 403);
}

#[test]
fn the_first_steps_wait_for_the_first_cart_and_purchase() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Observer);
    let page = browser.page("/dashboard/start");
    assert!(page.contains("Waiting for the first cart") && page.contains("data-siteid=\"shop=\""), "{page}");
    let waiting = |browser: &mut crate::support::browser::Browser, what: &str| {
        browser.open(&format!("/dashboard/start/waiting.json?for={what}")).json()["done"].clone()
    };
    assert_eq!(waiting(&mut browser, "cart"), json!(false));
    world.recovered_cart("ann@example.com", 100);
    assert_eq!((waiting(&mut browser, "cart"), waiting(&mut browser, "purchase")), (json!(true), json!(true)));
    for platform in ["html", "woocommerce", "nopcommerce", "shopify", "server"] {
        assert!(browser.page(&format!("/dashboard/start/{platform}")).contains("A cart arrived"), "{platform}");
    }
    assert_eq!(browser.open("/dashboard/start/other").status, 404);
}
