//! What transcripts of the loyalty interface cannot show: long answers, slow callers.

mod support;

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
