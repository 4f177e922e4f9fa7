//! Who may make which call of the loyalty interface, and what of it reaches campaigns that are not allowed.

mod support;

use cartwright::domain::users::{Campaigns, Role};
use support::{ACCOUNT, SITE, World};

const NO_PERMISSION: &str = "User does not have permission";
const OWNERS_ONLY: &str = "Only account owners can access this information";

/// Every call, as it would succeed for somebody who may make it, with the text that refuses an observer, a manager and an
/// administrator; blank is allowed. `C` stands for the campaign, `T` for a transaction in it, `N` for a fresh number.
const CALLS: &[(&str, [&str; 3])] = &[
    ("type=dashboard&API=1.6&most_active=5", ["", "", ""]),
    ("type=record_customer&customer_action=new&code=N", [NO_PERMISSION, "", ""]),
    ("type=record_customer&customer_action=edit&code=4711&phone=N", [NO_PERMISSION, "", ""]),
    ("type=customer_info&code=4711", ["", "", ""]),
    ("type=customer_search&code=4711", ["", "", ""]),
    ("type=customer_balance&code=4711&campaign_id=C", ["", "", ""]),
    ("type=campaign_new&campaign_type=points&campaign_name=N", [NO_PERMISSION, NO_PERMISSION, ""]),
    ("type=campaign_update&campaign_id=C&campaign_name=Points", [NO_PERMISSION, "", ""]),
    ("type=campaign_deactivate&campaign_id=C", [NO_PERMISSION, "", ""]),
    ("type=campaign_reactivate&campaign_id=C", [NO_PERMISSION, "", ""]),
    ("type=campaigns_list", ["", "", ""]),
    ("type=campaign_users&campaign_id=C", [OWNERS_ONLY, OWNERS_ONLY, OWNERS_ONLY]),
    ("type=record_activity&campaign_id=C&code=4711&amount=5", [NO_PERMISSION, "", ""]),
    ("type=redeem&campaign_id=C&code=4711&amount=1", [NO_PERMISSION, "", ""]),
    ("type=transaction_delete&transaction_id=T", [NO_PERMISSION, "", ""]),
    ("type=reports&report=transactions_all", ["", "", ""]),
    ("type=reports&report=transactions_redeemed", ["", "", ""]),
    ("type=reports&report=customers_all", ["", "", ""]),
    ("type=reports&report=customers_new", ["", "", ""]),
    ("type=reports&report=customers_balances&campaign_id=C", ["", "", ""]),
    ("type=account_info", [OWNERS_ONLY, OWNERS_ONLY, OWNERS_ONLY]),
    ("type=users_list", [OWNERS_ONLY, OWNERS_ONLY, OWNERS_ONLY]),
    ("type=user_new&user_name=uN&user_new_password=kN&user_role=manager&allowed_campaigns=none", [OWNERS_ONLY; 3]),
    ("type=user_update&user_name=till&user_role=manager", [OWNERS_ONLY; 3]),
    ("type=user_delete&user_name=uN", [OWNERS_ONLY; 3]),
];

struct Till {
    world: World,
    seen: String,
    hidden: String,
    number: std::cell::Cell<u32>,
}

impl Till {
    fn open() -> Self {
        let world = World::new();
        world.add_campaign(SITE, "Points", "points");
        world.advance("1m");
        world.add_campaign(SITE, "Hidden", "points");
        world.add_member(SITE, Some("4711"), Some("1212"), Some("John"), Some("Smith"));
        for campaign in ["Points", "Hidden"] {
            world.record(false, SITE, (campaign, "4711"), 1_000, [None, None, None]);
        }
        let till = Till { world, seen: String::new(), hidden: String::new(), number: 100.into() };
        let campaigns = till.call("john", "key-of-shop", "type=campaigns_list");
        let ids: Vec<String> =
            (0..2).map(|at| campaigns["campaigns"][at]["id"].as_str().expect("an id").to_owned()).collect();
        let site = till.world.site(SITE);
        let some = || Campaigns::listed([ids[0].clone()].into_iter());
        till.world.add_user(&site, "olga", Role::Owner, Campaigns::None, "key-olga");
        till.world.add_user(&site, "adam", Role::Admin, Campaigns::None, "key-adam");
        till.world.add_user(&site, "mary", Role::Manager, some(), "key-mary");
        till.world.add_user(&site, "till", Role::Manager, Campaigns::None, "key-till");
        till.world.add_user(&site, "otto", Role::Observer, some(), "key-otto");
        Till { seen: ids[0].clone(), hidden: ids[1].clone(), ..till }
    }

    fn call(&self, user: &str, key: &str, call: &str) -> serde_json::Value {
        let credentials = format!("user_id={user}&user_api_key={key}&account_id={ACCOUNT}");
        let reply = self.world.get(&format!("/api.php?output=JSON&condensed=yes&{credentials}&{call}"));
        assert_eq!(reply.status, 200, "{call}: {}", reply.body);
        reply.json()
    }

    /// The call about this campaign, with everything filled in.
    fn filled(&self, call: &str, campaign: &str) -> String {
        let number = self.number.get();
        if call.contains("user_delete") {
            // Whom the call before made.
            return call.replace('N', &number.to_string());
        }
        if call.contains("=N") || call.contains("uN") {
            self.number.set(number + 1);
        }
        let mut call = call.replace("=N", &format!("={}", number + 1)).replace("uN", &format!("u{}", number + 1));
        call = call.replace("kN", &format!("key-{}", number + 1));
        if call.contains("transaction_id=T") {
            let earned = self.call(
                "john",
                "key-of-shop",
                &format!("type=record_activity&campaign_id={campaign}&code=4711&amount=2"),
            );
            call = call.replace("=T", &format!("={}", earned["receipt"]["transaction_id"].as_str().expect("an id")));
        }
        call.replace("campaign_id=C", &format!("campaign_id={campaign}"))
    }

    fn error(&self, user: &str, call: &str) -> String {
        let answer = self.call(user, &format!("key-{user}"), call);
        assert_eq!(answer["status"] == "error", answer["error"].is_string(), "{answer}");
        answer["error"].as_str().unwrap_or_default().to_owned()
    }
}

#[test]
fn each_role_makes_the_calls_that_it_may_and_no_other() {
    let till = Till::open();
    for (call, refusals) in CALLS {
        for (user, expected) in ["otto", "mary", "adam"].into_iter().zip(refusals) {
            let filled = till.filled(call, &till.seen);
            assert_eq!(till.error(user, &filled), *expected, "{user}: {filled}");
        }
        let filled = till.filled(call, &till.seen);
        assert_eq!(till.error("olga", &filled), "", "olga: {filled}");
        // Whatever a call did to the campaign, the next one finds it as it was.
        till.error("olga", &format!("type=campaign_reactivate&campaign_id={}", till.seen));
    }
}

#[test]
fn a_campaign_that_is_not_allowed_is_reached_by_no_call() {
    let till = Till::open();
    let about = CALLS.iter().filter(|(call, _)| call.contains("=C") || call.contains("=T"));
    for (call, [observer, manager, _]) in about {
        for (user, refused_anyway) in [("otto", observer), ("mary", manager)] {
            let filled = till.filled(call, &till.hidden);
            let expected = if refused_anyway.is_empty() { NO_PERMISSION } else { refused_anyway };
            assert_eq!(till.error(user, &filled), expected, "{user}: {filled}");
        }
        // One that there is not is told apart from one that is hidden by nobody who sees only some.
        let filled = till.filled(call, &till.hidden).replace(&till.hidden, "camp_none");
        if filled.contains("camp_none") {
            assert_ne!(till.error("mary", &filled), "", "{filled}");
            let expected = if till.error("mary", &filled) == OWNERS_ONLY { OWNERS_ONLY } else { NO_PERMISSION };
            assert_eq!(till.error("mary", &filled), expected, "{filled}");
        }
    }
    let balance = till
        .world
        .app
        .store
        .read(|tx| cartwright::store::loyalty::campaign_by_id(tx, till.world.site(SITE).no, &till.hidden));
    assert!(balance.expect("the campaign").expect("the campaign").active);
}

#[test]
fn lists_reports_and_balances_are_cut_to_the_campaigns_that_are_allowed() {
    let till = Till::open();
    for user in ["mary", "otto", "till"] {
        for call in [
            "type=campaigns_list&include_deactivated=1",
            "type=customer_info&code=4711",
            "type=customer_search&code=4711&include_balances=Y",
            "type=reports&report=transactions_all",
            "type=reports&report=transactions_redeemed",
            "type=dashboard&API=1.5&last_X_transactions=10&campaigns_per_day_activity=5",
        ] {
            let answer = till.call(user, &format!("key-{user}"), call).to_string();
            assert!(answer.contains("\"status\":\"success\""), "{answer}");
            assert!(!answer.contains(&till.hidden) && !answer.contains("Hidden"), "{user}: {call}: {answer}");
            assert_eq!(
                answer.contains(&till.seen),
                user != "till" && !call.contains("redeemed"),
                "{user}: {call}: {answer}"
            );
        }
    }
    // A list of campaigns makes no difference to owners and administrators.
    for user in ["olga", "adam"] {
        let answer = till.call(user, &format!("key-{user}"), "type=reports&report=transactions_all").to_string();
        assert!(answer.contains(&till.hidden) && answer.contains(&till.seen), "{answer}");
    }
}

#[test]
fn a_reference_is_the_callers_own_and_shows_nothing_that_is_not_allowed() {
    let till = Till::open();
    let record = |user: &str| {
        let call = format!("type=record_activity&campaign_id={}&code=4711&amount=5&client_reference=r1", till.seen);
        let answer = till.call(user, &format!("key-{user}"), &call);
        answer["receipt"]["transaction_id"].as_str().unwrap_or_default().to_owned()
    };
    let (first, again, other) = (record("mary"), record("mary"), record("adam"));
    assert_eq!(first, again);
    assert_ne!(first, other, "another user's reference is another's");
    till.error("olga", "type=user_update&user_name=mary&allowed_campaigns=none");
    let call = format!("type=record_activity&campaign_id={}&code=4711&amount=5&client_reference=r1", till.seen);
    assert_eq!(till.error("mary", &call), NO_PERMISSION);
}

#[test]
fn a_head_does_nothing() {
    let till = Till::open();
    let credentials = format!("user_id=john&user_api_key=key-of-shop&account_id={ACCOUNT}");
    let target = format!("/api.php?type=record_customer&customer_action=new&code=77&{credentials}");
    assert_eq!(till.world.call("HEAD", &target, &[], b"").status, 405);
    assert_eq!(till.error("olga", "type=customer_info&code=77"), "No customer matches data provided.");
}
