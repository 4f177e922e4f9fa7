//! What transcripts of the loyalty interface cannot show: long answers, slow callers.

mod support;

use cartwright::domain::users::{Campaigns, Role};
use support::{ACCOUNT, KEY, SITE, World};

fn dashboard(world: &World, sections: &str) -> serde_json::Value {
    let credentials = format!("API=1.6&user_id=john&user_api_key={KEY}&account_id={ACCOUNT}");
    world.get(&format!("/?type=dashboard&output=JSON&condensed=1&{credentials}&{sections}")).json()
}

#[test]
fn no_list_is_longer_than_a_thousand_rows_nor_a_period_longer_than_a_leap_year() {
    let world = World::new();
    world.add_campaign(SITE, "Points", "points");
    world.add_members(SITE, 1_001);
    world.record(false, SITE, ("Points", "7"), 1, [None, None, None]);
    let answer = dashboard(&world, "last_X_customers=5000&customer_count=1&campaigns_per_day_activity=5000");
    assert_eq!(answer["last_X_customers"].as_array().map(Vec::len), Some(1_000));
    assert_eq!(answer["total_customers"]["all_time"], "1001");
    let days = answer["campaigns_per_day_activity"][0]["day"].as_array().expect("days");
    assert_eq!(days.len(), 366);
    assert_eq!((&days[0]["date"], &days[365]["date"]), (&"2025-03-15".into(), &"2026-03-15".into()));
    assert_eq!(days[365]["quantity"], "1");
}

#[test]
fn a_caller_who_does_not_finish_the_body_is_told_so_in_the_format_of_the_query() {
    let world = World::with_environment(&[("CARTWRIGHT_LIMITS_BODY_SECONDS", "1")]);
    let request = "POST /api.php?output=JSON&condensed=yes HTTP/1.1\r\nHost: test\r\n\
                   Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ntype=dash";
    let reply = world.send(request.as_bytes());
    assert_eq!((reply.status, reply.body.as_str()), (408, "{\"status\":\"error\",\"error\":\"Request timed out\"}"));
}

/// Names that break whoever writes XML, JSON or a script by hand.
fn hostile_names() -> Vec<String> {
    vec![
        "<b>&amp;\"'</customer>]]>".into(),
        "\u{1}\u{8}\u{b}\u{1f}\u{fffe}x".into(),
        "😀\u{2028}\u{2029}\u{202e}ß".into(),
        "</script><script>alert(1)</script>".into(),
        "ж".repeat(5_120),
        "x".repeat(10_240),
    ]
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn post(world: &World, call: &str) -> support::Reply {
    let body = format!("{call}&user_id=john&user_api_key={KEY}&account_id={ACCOUNT}");
    world.call("POST", "/api.php", &[("Content-Type", "application/x-www-form-urlencoded")], body.as_bytes())
}

#[test]
fn hostile_names_come_back_as_they_went_in_and_every_format_stays_well_formed() {
    let world = World::new();
    for (at, name) in hostile_names().iter().enumerate() {
        let new = format!("type=record_customer&customer_action=new&code={at}&first_name={}", encoded(name));
        let json = post(&world, &format!("{new}&output=JSON")).json();
        assert_eq!(json["customer"]["first_name"].as_str(), Some(name.as_str()));
        let info = format!("type=customer_info&code={at}");
        let xml = post(&world, &info).body;
        let mut reader = quick_xml::Reader::from_str(&xml);
        while reader.read_event().expect("well-formed XML") != quick_xml::events::Event::Eof {}
        let script = post(&world, &format!("{info}&callback=f")).body;
        let inside = script.strip_prefix("/**/f(").and_then(|rest| rest.strip_suffix(");")).expect("one call");
        let parsed: serde_json::Value = serde_json::from_str(inside).expect("JSON");
        assert_eq!(parsed["customer"]["first_name"].as_str(), Some(name.as_str()));
        let line_ends = ['\u{2028}', '\u{2029}'];
        assert!(!inside.contains(line_ends));
    }
    let too_long = format!("type=record_customer&customer_action=new&code=long&first_name={}", "x".repeat(10_241));
    assert!(post(&world, &too_long).body.contains("first_name must be at most 10240 characters."));
}

#[test]
fn nested_names_duplicates_and_forty_thousand_parameters_do_no_harm() {
    let world = World::new();
    let nested = format!("code{}=9&code{}=8", "[".repeat(1_000), "[a]".repeat(1_000));
    let made = post(&world, &format!("{nested}&type=record_customer&customer_action=new&code=1&code=2&output=JSON"));
    assert_eq!(made.json()["customer"]["code"], "2");
    let many: String = (0..40_000).map(|number| format!("custom_field_{}=x&", number % 30_000)).collect();
    let refused = post(&world, &format!("{many}type=record_customer&customer_action=new&code=3&output=JSON"));
    assert_eq!(refused.json()["error"], "custom must be at most 100 texts.");
}

#[test]
fn two_who_redeem_the_same_points_at_once_get_them_once() {
    let world = World::new();
    world.add_campaign(SITE, "Points", "points");
    world.add_member(SITE, Some("7"), None, None, None);
    world.record(false, SITE, ("Points", "7"), 10, [None, None, None]);
    let list = post(&world, "type=campaigns_list&output=JSON").json();
    let id = list["campaigns"][0]["id"].as_str().expect("an id").to_owned();
    let call = format!("type=redeem&campaign_id={id}&code=7&amount=6&output=JSON");
    let answers: Vec<String> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..4).map(|_| scope.spawn(|| post(&world, &call).body)).collect();
        tries.into_iter().map(|thread| thread.join().expect("a thread")).collect()
    });
    let won = answers.iter().filter(|body| body.contains("success")).count();
    let lost = answers.iter().filter(|body| body.contains("The amount entered exceeds the available balance")).count();
    assert_eq!((won, lost), (1, 3), "{answers:?}");
}

#[test]
fn a_code_that_is_made_here_has_sixteen_digits() {
    let world = World::new();
    let made = post(&world, "type=record_customer&customer_action=new&first_name=Ann&output=JSON").json();
    let code = made["customer"]["code"].as_str().expect("a code");
    assert!(code.len() == 16 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
}

/// An error names a field as its caller does, and not as the ledger inside.
#[test]
fn an_error_calls_a_field_by_its_name_in_this_interface() {
    let world = World::new();
    world.add_user(&world.site(SITE), "jane", Role::Owner, Campaigns::All, KEY);
    let told = |call: &str| {
        let who = format!("output=JSON&condensed=1&user_id=jane&user_api_key={KEY}&account_id={ACCOUNT}");
        world.get(&format!("/api.php?{who}&{call}")).json()["error"].as_str().expect("an error").to_owned()
    };
    assert_eq!(told("type=campaign_new&campaign_type=points"), "campaign_name is required.");
    let refused = told("type=user_new&user_role=manager&user_name=no%20blanks!");
    assert!(refused.starts_with("user_name must be "), "{refused}");
}
