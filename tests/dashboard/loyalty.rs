//! Loyalty on the dashboard: campaigns, members, and a member's ledger.

use cartwright::domain::users::{Campaigns, Role};

use crate::support::browser::{Browser, PASSWORD, form_token};
use crate::support::{SITE, World};

const CAMPAIGNS: &str = "/dashboard/loyalty/campaigns/new";
const MEMBERS: &str = "/dashboard/loyalty/members/new";

/// A campaign of points; returns its path.
fn campaign(browser: &mut Browser, name: &str) -> String {
    let fields = [("kind", "points"), ("name", name), ("points_ratio", "2"), ("earns_from_purchases", "on")];
    let added = browser.submit(CAMPAIGNS, CAMPAIGNS, &fields);
    assert_eq!(added.status, 303, "{}", added.body);
    let page = browser.page("/dashboard/loyalty");
    let at = page.find("/dashboard/loyalty/campaigns/camp_").expect("a campaign");
    page[at..].split('"').next().expect("a path").to_owned()
}

/// A member; returns the path.
fn member(browser: &mut Browser, first_name: &str) -> String {
    let added = browser.submit(MEMBERS, MEMBERS, &[("first_name", first_name), ("email", "ann@example.com")]);
    let to = added.header("location").unwrap_or_else(|| panic!("{}", added.body));
    to.split('?').next().expect("a path").to_owned()
}

#[test]
fn something_is_recorded_redeemed_and_undone() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    assert!(browser.page("/dashboard/loyalty").contains("No campaigns yet"));
    let campaign = campaign(&mut browser, "Bean points");
    let id = campaign.rsplit('/').next().expect("an id");
    let member = member(&mut browser, "Ann");
    let entries = format!("{member}/entries");
    let act = |browser: &mut Browser, act: &str, amount: &str| {
        let fields = [("campaign", id), ("act", act), ("amount", amount), ("description", "at the till")];
        browser.submit(&member, &entries, &fields)
    };
    assert_eq!(act(&mut browser, "earn", "12").status, 303);
    let page = browser.page(&member);
    assert!(page.contains("12 points") && page.contains("at the till") && page.contains("by owner"), "{page}");
    let refused = act(&mut browser, "redeem", "13");
    assert!(refused.status == 422 && refused.body.contains("more than there is: 12 points"), "{}", refused.body);
    assert!(refused.body.contains("value=\"13\"") && refused.body.contains("id=\"amount-error\""), "{}", refused.body);
    assert_eq!(act(&mut browser, "earn", "a lot").status, 422);
    assert_eq!(act(&mut browser, "redeem", "5").status, 303);
    let page = browser.page(&member);
    assert!(page.contains("7 points"), "{page}");
    let entry = page.split("name=\"entry\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an entry");
    let undone = browser.submit(&member, &format!("{member}/reverse"), &[("entry", entry)]);
    assert_eq!(undone.status, 303, "{}", undone.body);
    let page = browser.page(&member);
    assert!(page.contains("12 points") && page.contains("Undone"), "{page}");
    let again = browser.submit(&member, &format!("{member}/reverse"), &[("entry", entry)]);
    assert!(again.status == 422 && again.body.contains("cannot be undone again"), "{}", again.body);
    assert!(browser.page("/dashboard/loyalty").contains("Newest transactions"));
    assert!(browser.page("/dashboard/loyalty/members?q=ANN%40example").contains("Ann"));
    assert!(browser.page("/dashboard/loyalty/members?q=bob").contains("Nobody fits"));
}

#[test]
fn a_member_is_found_by_the_beginning_or_a_part_of_what_is_known() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    let fields = [
        ("first_name", "Anneliese"),
        ("last_name", "Vogel"),
        ("email", "Vogel.A@example.com"),
        ("phone", "+1 555 0100"),
        ("card_number", "C-4711"),
    ];
    let added = browser.submit(MEMBERS, MEMBERS, &fields);
    assert_eq!(added.status, 303, "{}", added.body);
    for (text, is_found) in [
        ("anne", true),
        ("VOG", true),
        ("vogel.a%40", true),
        ("C-47", true),
        ("liese+vo", true),
        ("%40example", true),
        ("4711", true),
        ("anna", false),
        ("C-48", false),
    ] {
        let page = browser.page(&format!("/dashboard/loyalty/members?q={text}"));
        assert_eq!(page.contains("Anneliese"), is_found, "{text}: {page}");
        assert_eq!(page.contains("Nobody fits"), !is_found, "{text}");
    }
}

#[test]
fn a_campaign_is_changed_ended_and_resumed_and_says_what_is_wrong_with_it() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    let wrong = [("kind", "points"), ("name", "Beans"), ("points_ratio", "many"), ("expires_after_secs", "1y")];
    let refused = browser.submit(CAMPAIGNS, CAMPAIGNS, &wrong);
    assert!(refused.status == 422 && refused.body.contains("value=\"many\""), "{}", refused.body);
    let path = campaign(&mut browser, "Bean points");
    let saved =
        browser.submit(&path, &path, &[("name", "Beans"), ("points_ratio", "3"), ("expires_after_secs", "365d")]);
    assert_eq!(saved.status, 303, "{}", saved.body);
    let page = browser.page(&path);
    assert!(page.contains("value=\"3\"") && page.contains("value=\"365d\""), "{page}");
    browser.submit(&path, &format!("{path}/active"), &[("active", "off")]);
    assert!(browser.page("/dashboard/loyalty").contains("Ended"));
    browser.submit(&path, &format!("{path}/active"), &[("active", "on")]);
    assert!(browser.page("/dashboard/loyalty").contains("Active"));
}

#[test]
fn whoever_may_see_no_campaign_sees_none_and_books_in_none() {
    let world = World::new();
    let mut owner = world.signed_in(Role::Owner);
    let campaign = campaign(&mut owner, "Secret beans");
    let member = member(&mut owner, "Ann");
    let site = world.site(SITE);
    world.add_user(&site, "till", Role::Manager, Campaigns::None, "key-of-the-till");
    world.set_password(SITE, "till", PASSWORD);
    let mut till = world.browser();
    till.sign_in("till", PASSWORD);
    assert!(!till.page("/dashboard/loyalty").contains("Secret beans"));
    assert_eq!(till.open(&campaign).status, 404);
    let token = form_token(&till.page(&member));
    let id = campaign.rsplit('/').next().expect("an id");
    let fields = [("csrf", token.as_str()), ("campaign", id), ("act", "earn"), ("amount", "5")];
    let refused = till.post(&format!("{member}/entries"), &fields, &[("Sec-Fetch-Site", "same-origin")]);
    assert!(refused.status == 422 && !refused.body.contains("Secret beans"), "{}", refused.body);
    let mut observer = world.signed_in(Role::Observer);
    let page = observer.page(&member);
    assert!(!page.contains("/entries\"") && !page.contains("/reverse\""), "{page}");
    let token = form_token(&page);
    for action in [format!("{member}/entries"), format!("{member}/reverse"), MEMBERS.to_owned(), campaign] {
        assert_eq!(observer.post(&action, &[("csrf", &token)], &[]).status, 403, "{action}");
    }
}

#[test]
fn names_notes_and_further_texts_of_members_stay_words() {
    const EVIL: &str = "<script>alert(1)</script>\"'>";
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    let campaign = campaign(&mut browser, EVIL);
    let member = member(&mut browser, EVIL);
    let id = campaign.rsplit('/').next().expect("an id").to_owned();
    let fields = [("campaign", id.as_str()), ("act", "earn"), ("amount", "5"), ("description", EVIL)];
    browser.submit(&member, &format!("{member}/entries"), &fields);
    world.add_custom_text(member.rsplit('/').next().expect("an id"), EVIL, EVIL);
    for path in ["/dashboard/loyalty", "/dashboard/loyalty/members", campaign.as_str(), member.as_str()] {
        let page = browser.page(path);
        assert!(!page.contains("<script>alert") && page.contains("&#60;script&#62;"), "{path}: {page}");
    }
}

#[test]
fn an_owner_erases_a_member_and_the_ledger_goes_on_adding_up() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    let path = member(&mut browser, "Ann");
    assert!(browser.page(&path).contains("Erase the person"));
    let done = browser.submit(&path, &format!("{path}/erase"), &[]);
    assert_eq!(done.header("location"), Some("/dashboard/loyalty/members?done=erased"), "{}", done.body);
    assert!(!browser.page("/dashboard/loyalty/members").contains("ann@example.com"));
    assert_eq!(browser.open(&path).status, 404);
}
