//! Every column of the schema has a place in the archive, or a reason.

use std::collections::BTreeMap;
use std::path::Path;

use crate::world::*;

/// Where every column of the schema is in an archive, or why it is not. `=` stands for a field of the column's name.
const COLUMNS: &[(&str, &str)] = &[
    (
        "sites",
        "no:- site_id:= account_id:= name:= currency:= timezone:= status:= created_at:= settings:= suppression_key:=",
    ),
    ("api_keys", "no:- site:- id:= key_hash:= scopes:= created_at:= expires_at:= revoked_at:= last_used_at:-"),
    // Another machine has another mail server and another public address: doctor looks at them there.
    ("go_lives", "no:- site:- at:- how:- by:- faults:-"),
    ("users", "no:- site:- user_id:= role:= timezone:= allowed_campaigns:= key_hash:= password_hash:= created_at:="),
    ("webhooks", "no:- site:- id:= url:= format:= events:= secret:= active:= created_at:= failing_since:-"),
    // What is on its way stays: the original sends it.
    (
        "webhook_deliveries",
        "no:- site:- webhook:- id:- event:- format:- body:- address:- status:- created_at:- due_at:- attempts:- tried_at:- \
         answer:- detail:-",
    ),
    // Nobody stays signed in, and no link opens anything, on another machine.
    ("sessions", "token_hash:- site:- user:- created_at:- seen_at:-"),
    ("passes", "token_hash:- purpose:- user:- ends_at:-"),
    (
        "customers",
        "no:- site:- id:= email:= address:email code:= card_number:= first_name:= last_name:= phone:= custom:= created_at:=",
    ),
    (
        "carts",
        "no:- site:- id:= email:= address:email identified:= customer_id:= session_id:= visitor:= channel:= currency:= locale:= \
         subtotal:= discount:= tax:= shipping:= total:= item_count:items unique_item_count:items created_at:= \
         updated_at:= last_activity:= items_changed_at:last_activity first_abandoned_at:= abandoned_at:= status:= \
         expires_at:= due_at:status restore_url:= class:= order_id:= shipping_address:= metadata:= emailed:message \
         recovered:purchase imported:- deleted_at:= has_email:email",
    ),
    (
        "cart_items",
        "cart:- id:= position:items product_id:= variant_id:= name:= sku:= quantity:= unit_price:= image_url:= url:= \
         notes:= metadata:=",
    ),
    (
        "messages",
        "no:- site:- id:= cart:cart_id sequence_id:= step:= email:= address:email subject:= status:= created_at:= \
         due_at:status attempts:status \
         sent_at:= detail:status opened:events clicked:events bounced:events complained:events unsubscribed:events",
    ),
    ("message_bodies", "message:- headers:- html:= text:="),
    // Links of a copy would lead through the copy; the letters that are out there lead through the original.
    ("message_links", "message:- position:- url:-"),
    ("message_events", "no:- message:- kind:= at:= class:= rule:= evidence:="),
    (
        "sequence_steps",
        "site:- step:= delay_secs:= active:= minimum:= coupon_id:= subject:= html:= text:= updated_at:-",
    ),
    (
        "coupons",
        "no:- site:- id:= name:= type:kind value:= currency:= minimum:= starts_at:= ends_at:= code_life_secs:= use_limit:= \
         uses:= active:= pooled:= created_at:=",
    ),
    ("coupon_codes", "no:- site:- coupon:coupon_id code:= matched:code assigned_at:= expires_at:= uses:="),
    ("message_coupons", "message:- site:- code:coupon_code single:pooled at:coupon_at"),
    ("cart_coupons", "cart:- code:= position:coupons discount:= applied_at:="),
    ("purchase_coupons", "purchase:- code:codes"),
    ("decisions", "no:- site:- cart:cart_id sequence_id:= step:= at:= outcome:= reason:= until:= message:message_id"),
    (
        "suppressions",
        "no:- site:- email:= address_hash:email_hash reason:= source:= message:message_id at:= ended_at:=",
    ),
    ("consents", "no:- site:- email:= address:email given:= wording:= at:= source:="),
    (
        "subscribers",
        "no:- site:- id:= email:= address:email name:= phone:= phone_matched:phone created_at:= sms_ended_at:=",
    ),
    (
        "purchases",
        "no:- site:- id:= order_id:= email:= address:email cart:cart_id currency:= total:= at:= source:= verified:= \
         paired:- reply:= last_cart:- recovered_cart:recovered_cart_id message:message_id",
    ),
    // What the set-up page shows is of this machine, and so is whose turn a report is.
    ("confirmation_calls", "no:- site:- at:- code:- refused:- purchase:-"),
    ("weekly_reports", "site:- at:-"),
    // A platform's messages are of days; what they became is in the archive.
    ("platform_names", "site:- name:- cart:- purchase:- told_ms:-"),
    ("taken_messages", "site:- id:- at:-"),
    ("waiting_refunds", "site:- id:- order_id:- amount:- currency:- at:-"),
    ("refunds", "no:- site:- id:= purchase:purchase_id amount:= at:="),
    (
        "loyalty_campaigns",
        "no:- site:- id:= name:= kind:= active:= created_at:= points_ratio:= reward_ratio:= earned_per_event:= \
         product:= buy_quantity:= expires_after_secs:= earns_from_purchases:=",
    ),
    (
        "loyalty_entries",
        "no:- site:- id:= campaign:campaign_id customer:customer_id at:= cause:= amount:= redeemed:= delta:amount expires_at:= \
         item:= description:= user:= reverses:= purchase:purchase_id refund:refund_id shortfall:=",
    ),
    // What was answered yesterday is nobody's question tomorrow.
    ("idempotency_keys", "site:- key:- fingerprint:- status:- body:- created_at:-"),
    // Sums of the entries.
    ("loyalty_balances", "site:- campaign:- customer:- balance:loyalty_entry expires_next:loyalty_entry"),
    // A call that is repeated at a copy is another call.
    ("loyalty_references", "site:- caller:- call:- reference:- made:- at:-"),
    // Counts of other rows, which follow from them on import as everywhere.
    ("cart_counts", "site:- status:- channel:- has_email:- currency:- carts:- ever_abandoned:- recovered:- total:-"),
    ("hourly_counts", "site:- what:- campaign:- hour:- count:-"),
    ("member_counts", "customer:- site:- transactions:-"),
    (
        "daily_stats",
        "site:- day:= currency:= abandoned:= abandoned_identified:= recovered:= recovered_revenue:= purchases:= \
         revenue:= sent:= opened:= clicked:= bounced:= complained:= unsubscribed:= sealed:daily",
    ),
];

/// Columns per table, read from the text of the schema: a line of a table that begins with a name and a type.
fn columns_of_the_schema() -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.sql")).expect("the schema");
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut table = None;
    for line in text.lines() {
        let mut words = line.split_whitespace();
        if let Some(name) = line.strip_prefix("create table ").and_then(|rest| rest.split_whitespace().next()) {
            table = Some(name.to_owned());
        } else if line.starts_with(')') {
            table = None;
        } else if let (Some(table), Some(name), Some(kind)) = (&table, words.next(), words.next())
            && ["integer", "text", "blob", "real", "any"].contains(&kind.trim_end_matches(','))
        {
            tables.entry(table.clone()).or_default().push(name.to_owned());
        }
    }
    tables
}

#[test]
fn every_column_of_the_schema_is_exported_or_follows_from_what_is() {
    let listed: BTreeMap<String, Vec<String>> = COLUMNS
        .iter()
        .map(|(table, columns)| {
            let names = columns.split_whitespace().filter_map(|column| column.split(':').next());
            ((*table).to_owned(), names.map(str::to_owned).collect())
        })
        .collect();
    assert_eq!(columns_of_the_schema(), listed);
    // And what the list calls exported does stand in an export of a shop in which everything happened.
    let exported = String::from_utf8(lively().export("out.ndjson")).expect("text");
    let absent: Vec<&str> = COLUMNS
        .iter()
        .flat_map(|(_, columns)| columns.split_whitespace())
        .filter_map(|column| column.strip_suffix(":="))
        .filter(|name| !exported.contains(&format!("\"{name}\":")))
        .collect();
    assert_eq!(absent, Vec::<&str>::new());
}
