//! Purchases, the calls that told of them, subscribers and webhooks on the dashboard.

use cartwright::domain::users::Role;

use crate::support::browser::form_token;
use crate::support::{KEY, SITE, World};

const HERE: &[(&str, &str)] = &[("Sec-Fetch-Site", "same-origin")];
const EVIL: &str = "<script>alert(1)</script>\"'>";

/// The first link on a page that begins so.
fn link(page: &str, start: &str) -> String {
    let at = page.find(&format!("href=\"{start}")).unwrap_or_else(|| panic!("no {start} in {page}"));
    page[at + 6..].split('"').next().expect("a path").to_owned()
}

#[test]
fn a_purchase_shows_what_it_recovered_and_what_was_given_back() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Manager);
    assert!(browser.page("/dashboard/purchases").contains("No purchases yet"));
    world.recovered_cart("ann@example.com", 10_000);
    let list = browser.page("/dashboard/purchases?kind=recovered");
    assert!(
        list.contains("ann@example.com") && list.contains("Recovered a cart") && list.contains("$100.00"),
        "{list}"
    );
    let path = link(&list, "/dashboard/purchases/pur");
    let page = browser.page(&path);
    assert!(page.contains("/dashboard/carts/cart_") && page.contains("/dashboard/letters/messages/msg_"), "{page}");
    let refund = format!("{path}/refund");
    let refused = browser.submit(&path, &refund, &[("amount", "200")]);
    assert!([400, 422].contains(&refused.status), "{}", refused.body);
    assert_eq!(browser.submit(&path, &refund, &[("amount", "40.50")]).status, 303);
    let page = browser.page(&path);
    assert!(page.contains("$59.50") && page.contains("Refunded in part"), "{page}");
    assert_eq!(browser.submit(&path, &refund, &[("amount", "")]).status, 303);
    assert!(!browser.page(&path).contains("Note a refund"));
    assert!(browser.page("/dashboard/purchases?email=bob%40example.com").contains("No purchase fits"));
    assert!(browser.page("/dashboard/purchases?email=bob").contains("This is no e-mail address."));
}

#[test]
fn confirmation_calls_are_listed_with_their_codes() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Observer);
    assert!(browser.page("/dashboard/purchases/calls").contains("No call yet"));
    world.get(&format!("/ss/v1/?key={KEY}&siteid={SITE}&email=ann@example.com&total=10"));
    world.get(&format!("/ss/v1/?key=wrong&siteid={SITE}&email=ann@example.com&total=10"));
    // A refusal is put into the list behind its answer; what is written after it waits for it.
    world.app.store.write(|_| Ok(())).expect("a write");
    let page = browser.page("/dashboard/purchases/calls");
    assert!(page.contains(">102<") && page.contains("the address had no open cart"), "{page}");
    assert!(page.contains(">103<") && page.contains("the key is not this shop"), "{page}");
}

#[test]
fn subscribers_are_added_searched_and_let_go() {
    const PATH: &str = "/dashboard/subscribers";
    let world = World::new();
    let mut browser = world.signed_in(Role::Manager);
    assert!(browser.page(PATH).contains("No subscribers yet"));
    let refused = browser.submit(PATH, PATH, &[("email", "ann@example.com"), ("name", "Ann"), ("phone", "12")]);
    assert!(refused.status == 422 && refused.body.contains("id=\"phone-error\""), "{}", refused.body);
    assert!(refused.body.contains("value=\"Ann\""), "{}", refused.body);
    assert_eq!(browser.submit(PATH, PATH, &[("email", "ann@example.com"), ("name", EVIL)]).status, 303);
    let twice = browser.submit(PATH, PATH, &[("email", "ann@example.com")]);
    assert!(twice.status == 422 && twice.body.contains("registered already"), "{}", twice.body);
    let page = browser.page(&format!("{PATH}?q=ANN%40example.com"));
    assert!(
        page.contains("Subscribed") && page.contains("&#60;script&#62;") && !page.contains("<script>alert"),
        "{page}"
    );
    let left = browser.submit(PATH, &format!("{PATH}/unsubscribe"), &[("email", "ann@example.com")]);
    assert_eq!(left.status, 303, "{}", left.body);
    let page = browser.page(PATH);
    assert!(page.contains("Left") && !page.contains("/unsubscribe\""), "{page}");
}

#[test]
fn a_webhook_is_added_by_an_owner_and_its_deliveries_are_sent_again() {
    const PATH: &str = "/dashboard/webhooks";
    let world = World::new();
    let mut owner = world.signed_in(Role::Owner);
    assert!(owner.page(PATH).contains("Nobody is told"));
    let refused =
        owner.submit(PATH, PATH, &[("url", "http://127.0.0.1/x"), ("format", "json"), ("events", "cart.abandoned")]);
    assert!(refused.status == 422 && refused.body.contains("id=\"url-error\""), "{}", refused.body);
    assert!(refused.body.contains("value=\"http://127.0.0.1/x\""), "{}", refused.body);
    let none = owner.submit(PATH, PATH, &[("url", "https://hooks.example/x"), ("format", "json")]);
    assert!(none.status == 422 && none.body.contains("at least one"), "{}", none.body);
    let fields = [("url", "https://hooks.example/x"), ("format", "json"), ("events", "email.captured")];
    let added = owner.submit(PATH, PATH, &fields);
    let path = added.header("location").and_then(|to| to.split('?').next()).expect("a path").to_owned();
    assert!(owner.page(&path).contains("whsec_"));
    owner.submit(&path, &format!("{path}/active"), &[("active", "off")]);
    assert!(owner.page(PATH).contains("Off"));
    owner.submit(&path, &format!("{path}/replay"), &[]);
    assert_eq!(world.signed_in(Role::Manager).open(PATH).status, 403);
    owner.submit(&path, &format!("{path}/remove"), &[]);
    assert!(owner.page(PATH).contains("Nobody is told"));
}

#[test]
fn observers_change_nothing_of_it() {
    let world = World::new();
    world.recovered_cart("ann@example.com", 10_000);
    let mut observer = world.signed_in(Role::Observer);
    let path = link(&observer.page("/dashboard/purchases"), "/dashboard/purchases/pur");
    let page = observer.page(&path);
    assert!(!page.contains("/refund\""), "{page}");
    let token = form_token(&page);
    for action in [format!("{path}/refund"), "/dashboard/subscribers".into(), "/dashboard/webhooks".into()] {
        assert_eq!(observer.post(&action, &[("csrf", &token)], HERE).status, 403, "{action}");
    }
}
