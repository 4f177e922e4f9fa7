//! Our answers beside the vendors' published samples: the same names in the same order and nesting. Values are not
//! compared, for the samples contradict themselves. One test for each vendor; a sample stands beside the transcripts.

mod support;

use std::fs;
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::Event;
use support::{ACCOUNT, KEY, SITE, World};

#[test]
fn the_loyalty_dashboard_is_built_like_the_vendors_sample() {
    let world = World::new();
    world.add_campaign(SITE, "Points Campaign", "points");
    world.add_member(SITE, Some("12345678900123456"), Some("16846"), Some("John"), Some("Smith"));
    for _ in 0..2 {
        let campaign_and_member = ("Points Campaign", "12345678900123456");
        world.record(false, SITE, campaign_and_member, 1_500, [None, Some("Smith"), Some("cashier123")]);
    }
    let reply = world.get(&format!(
        "/api.php?type=dashboard&API=1.5&user_id=john&user_api_key={KEY}&account_id={ACCOUNT}&most_active=10&\
         customer_count=10&total_customers_this_month=10&total_transactions_this_month=10&active_campaigns_count=10&\
         campaigns_per_day_activity=10&last_X_transactions=10&last_X_customers=10"
    ));
    assert_eq!(outline_of_xml(&reply.body), outline_of_xml(&sample("stickystreet/vendor-sample.xml")));
}

fn sample(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts").join(file);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The elements of a document, each once where several of the same name and build follow each other, with their
/// attributes' names and without any text.
fn outline_of_xml(xml: &str) -> String {
    let mut reader = Reader::from_str(xml);
    // What stands open, each with its head and the outlines of what it holds.
    let mut open: Vec<(String, Vec<String>)> = vec![(String::new(), Vec::new())];
    loop {
        match reader.read_event().unwrap_or_else(|e| panic!("{e}: {xml}")) {
            Event::Start(tag) => {
                let mut head = tag.name().as_ref().to_owned();
                for attribute in tag.attributes() {
                    head.push_str(&format!(" @{}", attribute.expect("an attribute").key.as_ref()));
                }
                open.push((head, Vec::new()));
            }
            Event::End(_) => {
                let (head, inner) = open.pop().expect("an open element");
                let outline = format!("{head}\n{}", inner.concat().replace('\n', "\n  "));
                let outer = &mut open.last_mut().expect("what it stands in").1;
                if outer.last() != Some(&outline) {
                    outer.push(outline);
                }
            }
            Event::Eof => return open.remove(0).1.concat(),
            _ => {}
        }
    }
}
