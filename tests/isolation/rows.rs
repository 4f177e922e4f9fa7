//! The table: for each route one call that succeeds with the right key, and what everybody else is told.

use std::fmt;

/// Status, and a text that stands in the body.
pub type Told = (u16, &'static str);

/// What a dialect says to whoever may not.
#[derive(Clone, Copy)]
pub struct Words {
    /// With a key that is unknown or was taken back.
    pub wrong: Told,
    /// With a key that is for something else.
    pub scopeless: Told,
    /// With none.
    pub none: Told,
}

/// What another shop's key gets.
#[derive(Clone, Copy)]
pub enum Foreign {
    /// An error: the call names the first shop, or a row of it.
    Refused(u16, &'static str),
    /// An answer about its own shop: the call names nobody's.
    ItsOwn,
}

/// How a key is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// Where `{key}` stands in the target or the body.
    InPlace,
    /// It signs the body, as Shopify does.
    Signature,
}

/// One call of one route.
#[derive(Clone, Copy)]
pub struct Row {
    pub method: &'static str,
    /// As it is registered.
    pub path: &'static str,
    /// As it is called: names in braces are the fixture's, and `{key}` is the key.
    pub target: &'static str,
    pub body: &'static str,
    pub credential: Credential,
    pub scope: &'static str,
    pub words: Words,
    pub foreign: Foreign,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.method, self.path, self.target)
    }
}

/// Routes that ask for no key, with the reason.
pub const PUBLIC: &[(&str, &str, &str)] = &[
    ("GET", "/healthz", "says whether the process lives, and nothing of any shop"),
    ("GET", "/readyz", "says whether the process lives, and nothing of any shop"),
    ("GET", "/openapi.json", "the reference, which says nothing of any shop"),
    ("GET", "/docs", "a viewer of the reference"),
    ("GET", "/docs/errors", "a page about error codes"),
    ("GET", "/docs/rapidoc-min.js", "the viewer's script"),
    ("GET", "/js/cartwright.js", "the same script for every shop"),
    ("GET", "/js/cartstack.js", "the same script for every shop"),
    ("GET", "/js/cartstack_utility.js", "the same script for every shop"),
    ("GET", "/js/cs.js", "the same script for every shop"),
    ("GET", "/js/customer-tracking/{name}.js", "the same script for every shop"),
    (
        "POST",
        "/capture",
        "a shop's pages have no secret; origins, limits and the visitor's own cart stand for it (tests/capture)",
    ),
    ("POST", "/demo/clock", "there in a demo only, which listens on loopback only"),
    ("GET", "/demo/shop", "likewise"),
    ("GET", "/demo/shop/shop.js", "likewise"),
    ("GET", "/demo/shop/shop.css", "likewise"),
    ("POST", "/demo/shop/orders", "likewise"),
    ("GET", "/secure/unsubscribe-api.php", "the vendor's call has no key; it can be switched off, and a burst undone"),
    ("GET", "/secure/unsubscribe.php", "a page that changes nothing"),
    ("POST", "/secure/unsubscribe.php", "the button of that page: everybody may unsubscribe an address"),
    ("GET", "/u/{token}", "the token is the secret (tests/letters_links)"),
    ("POST", "/u/{token}", "the token is the secret (tests/letters_links)"),
    ("POST", "/u/{token}/undo", "the token is the secret (tests/letters_links)"),
    ("GET", "/c/{token}/{position}", "the token is the secret (tests/letters_links)"),
    ("GET", "/r/{token}", "the token is the secret (tests/letters_links)"),
    ("GET", "/o/{token}.gif", "the token is the secret (tests/letters_links)"),
];

const REST: Words = Words {
    wrong: (401, "INVALID_API_KEY"),
    scopeless: (403, "INSUFFICIENT_PERMISSIONS"),
    none: (401, "MISSING_AUTH_HEADER"),
};
const NOT_FOUND: Foreign = Foreign::Refused(404, "RESOURCE_NOT_FOUND");

/// A call with a bearer key about the shop's own collection.
const fn rest(method: &'static str, path: &'static str, scope: &'static str, body: &'static str) -> Row {
    Row {
        method,
        path,
        target: path,
        body,
        credential: Credential::Bearer,
        scope,
        words: REST,
        foreign: Foreign::ItsOwn,
    }
}

/// The same about one row, which another shop does not have.
const fn about(
    method: &'static str,
    path: &'static str,
    target: &'static str,
    scope: &'static str,
    body: &'static str,
) -> Row {
    Row { target, foreign: NOT_FOUND, ..rest(method, path, scope, body) }
}

/// A call that has the key as a parameter.
const fn keyed(
    (method, path, target): (&'static str, &'static str, &'static str),
    scope: &'static str,
    wrong: Told,
    none: Told,
    foreign: Foreign,
) -> Row {
    Row {
        method,
        path,
        target,
        body: "",
        credential: Credential::InPlace,
        scope,
        words: Words { wrong, scopeless: wrong, none },
        foreign,
    }
}

const fn partner(path: &'static str, target: &'static str) -> Row {
    let wrong = (200, "Incorrect rest key!");
    keyed(("GET", path, target), "stats:read", wrong, (200, "The rest key field is required."), Foreign::ItsOwn)
}

const fn subscriber(path: &'static str, target: &'static str, foreign: Foreign) -> Row {
    keyed(
        ("GET", path, target),
        "subscribers:write",
        (200, "Incorrect key!"),
        (200, "The k field is required."),
        foreign,
    )
}

const fn confirmation(method: &'static str, path: &'static str, target: &'static str, body: &'static str) -> Row {
    let wrong = (200, r#"{"resp":103,"err_txt":"API Key does not match"}"#);
    let none = (200, r#"{"resp":101,"err_txt":"missing required field"#);
    Row {
        body,
        ..keyed((method, path, target), "purchases:write", wrong, none, Foreign::Refused(200, r#""resp":103"#))
    }
}

/// A call of the loyalty interface, where keys belong to users.
const fn loyalty(method: &'static str, path: &'static str, target: &'static str, body: &'static str) -> Row {
    let wrong = (200, "The password submitted does not match the one on record.");
    let none = (200, "No password provided");
    Row { body, ..keyed((method, path, target), "none", wrong, none, Foreign::Refused(wrong.0, wrong.1)) }
}

/// A message of Shopify's, which shows its secret by a signature.
const fn shopify(path: &'static str, target: &'static str, body: &'static str) -> Row {
    let wrong = (401, "The signature does not match");
    let row = keyed(("POST", path, target), "none", wrong, wrong, Foreign::Refused(wrong.0, wrong.1));
    Row { body, credential: Credential::Signature, ..row }
}

/// The table.
pub fn rows() -> Vec<Row> {
    [cartstack(), stateset(), retargeting(), stickystreet(), native(), coupons(), ledger(), cursors(), filters()]
        .concat()
}

fn cartstack() -> Vec<Row> {
    const FIELDS: &str = "key={key}&siteid={site}&email=marked%40example.com&total=5";
    const CALL: &str = "/ss/v1/?key={key}&siteid={site}&email=marked%40example.com&total=5";
    let figures = |path: &'static str, target: &'static str| {
        let wrong = (401, "API Key does not match");
        keyed(
            ("GET", path, target),
            "stats:read",
            wrong,
            (400, "missing required field"),
            Foreign::Refused(wrong.0, wrong.1),
        )
    };
    vec![
        figures(
            "/secure/cartstack_api_dashboardstats.php",
            "/secure/cartstack_api_dashboardstats.php?siteid={site}&apikey={key}",
        ),
        figures(
            "/secure/cartstack_api_recoveries.php",
            "/secure/cartstack_api_recoveries.php?siteid={site}&apikey={key}",
        ),
        figures(
            "/secure/cartstack_api_weeklyreport.php",
            "/secure/cartstack_api_weeklyreport.php?siteid={site}&apikey={key}",
        ),
        confirmation("GET", "/ss/v1", "/ss/v1?key={key}&siteid={site}&email=marked%40example.com&total=5", ""),
        confirmation("GET", "/ss/v1/", CALL, ""),
        confirmation("POST", "/ss/v1", "/ss/v1", FIELDS),
        confirmation("POST", "/ss/v1/", "/ss/v1/", FIELDS),
        shopify(
            "/wh/{noun:order|cart|checkout}",
            "/wh/cart?platform=shopify&siteid={site}",
            r#"{"token":"t","line_items":[{"product_id":1,"quantity":1,"price":"5.00"}]}"#,
        ),
        shopify(
            "/wh/{noun:order|cart|checkout}/",
            "/wh/order/?platform=shopify&siteid={site}",
            r#"{"id":1,"email":"marked@example.com","currency":"USD","total_price":"5.00","created_at":"2026-03-15T12:02:00Z"}"#,
        ),
    ]
}

fn stateset() -> Vec<Row> {
    const LINE: &str = r#"{"product_id":"q","quantity":1,"unit_price":5}"#;
    vec![
        rest("GET", "/v1/carts", "carts:read", ""),
        rest("POST", "/v1/carts", "carts:write", r#"{"email":"new@example.com"}"#),
        about("GET", "/v1/carts/{id}", "/v1/carts/{cart}", "carts:read", ""),
        about("PATCH", "/v1/carts/{id}", "/v1/carts/{cart}", "carts:write", r#"{"email":"new@example.com"}"#),
        about("DELETE", "/v1/carts/{id}", "/v1/carts/{cart}", "carts:write", ""),
        about("POST", "/v1/carts/{id}/clear", "/v1/carts/{cart}/clear", "carts:write", ""),
        about("POST", "/v1/carts/{id}/convert", "/v1/carts/{cart}/convert", "carts:write", "{}"),
        about("POST", "/v1/carts/{id}/coupons", "/v1/carts/{cart}/coupons", "carts:write", r#"{"code":"marked"}"#),
        about("GET", "/v1/carts/{id}/decisions", "/v1/carts/{cart}/decisions", "carts:read", ""),
        about("POST", "/v1/carts/{id}/items", "/v1/carts/{cart}/items", "carts:write", LINE),
        about(
            "PUT",
            "/v1/carts/{id}/items/{item_id}",
            "/v1/carts/{cart}/items/{item}",
            "carts:write",
            r#"{"quantity":2}"#,
        ),
        about("DELETE", "/v1/carts/{id}/items/{item_id}", "/v1/carts/{cart}/items/{item}", "carts:write", ""),
    ]
}

fn retargeting() -> Vec<Row> {
    const ORDER: &str = "api_key={key}&0[order_no]=1&0[email]=marked%40example.com&0[total]=5";
    let path = "/api/1.0/order/save.json";
    let wrong = (200, "Invalid Authentication Data");
    let not_found = Foreign::Refused(200, "Subscriber not found!");
    vec![
        partner("/v1/partners-api/shopping-carts", "/v1/partners-api/shopping-carts?rest_key={key}"),
        partner("/v1/partners-api/transactions", "/v1/partners-api/transactions?rest_key={key}"),
        partner("/v1/partners-api/aov", "/v1/partners-api/aov?rest_key={key}"),
        partner("/v1/partners-api/traffic-source", "/v1/partners-api/traffic-source?rest_key={key}"),
        partner("/v1/unsubscribed-emails", "/v1/unsubscribed-emails?rest_key={key}"),
        subscriber(
            "/v1/subscriber-register",
            "/v1/subscriber-register?k={key}&email=new%40example.com",
            Foreign::ItsOwn,
        ),
        subscriber(
            "/v1/subscriber-unsubscribe",
            "/v1/subscriber-unsubscribe?k={key}&email=marked%40example.com",
            not_found,
        ),
        subscriber(
            "/v1/subscriber-status",
            "/v1/subscriber-status?k={key}&email=marked-subscriber%40example.com",
            not_found,
        ),
        keyed(
            ("GET", "/v1/discount-codes", "/v1/discount-codes?k={key}&date=2026-03-15"),
            "subscribers:write",
            (200, "Incorrect key"),
            (200, "Incorrect key"),
            Foreign::ItsOwn,
        ),
        Row { body: ORDER, ..keyed(("POST", path, path), "purchases:write", wrong, wrong, Foreign::ItsOwn) },
    ]
}

fn stickystreet() -> Vec<Row> {
    const FIELDS: &str = "user_id=john&user_api_key={key}&account_id={account}&API=1.5&type=dashboard&customer_count=1&last_X_customers=5";
    const CALL: &str = "/?user_id=john&user_api_key={key}&account_id={account}&API=1.5&type=dashboard&customer_count=1&last_X_customers=5";
    const SCRIPT: &str = "/api.php?user_id=john&user_api_key={key}&account_id={account}&API=1.5&type=dashboard&customer_count=1&last_X_customers=5";
    vec![
        loyalty("GET", "/", CALL, ""),
        loyalty("POST", "/", "/", FIELDS),
        loyalty("GET", "/api.php", SCRIPT, ""),
        loyalty("POST", "/api.php", "/api.php", FIELDS),
    ]
    .into_iter()
    .chain(TILL.iter().map(|(fields, _)| {
        let body: &'static str = Box::leak(format!("{OWNER}&{fields}").into_boxed_str());
        loyalty("POST", "/api.php", "/api.php", body)
    }))
    .collect()
}

/// Credentials of the first shop's owner.
const OWNER: &str = "user_id=olga&user_api_key={key}&account_id={account}&API=1.5";

/// Each `type` of the loyalty interface as it succeeds for an owner, and whether it changes something.
pub const TILL: &[(&str, bool)] = &[
    ("type=dashboard&last_X_transactions=5&last_X_customers=5&most_active=5", false),
    ("type=record_customer&customer_action=new&code=77", true),
    ("type=record_customer&customer_action=edit&code=47110815&phone=1", true),
    ("type=customer_info&code=47110815", false),
    ("type=customer_search&code=47110815", false),
    ("type=customer_balance&campaign_id={campaign}&code=47110815", false),
    ("type=campaign_new&campaign_type=points&campaign_name=New", true),
    ("type=campaign_update&campaign_id={campaign}&campaign_name=Other", true),
    ("type=campaign_deactivate&campaign_id={campaign}", true),
    ("type=campaign_reactivate&campaign_id={campaign}", true),
    ("type=campaigns_list", false),
    ("type=campaign_users&campaign_id={campaign}", false),
    ("type=record_activity&campaign_id={campaign}&code=47110815&amount=5", true),
    ("type=redeem&campaign_id={campaign}&code=47110815&amount=1", true),
    ("type=transaction_delete&transaction_id={entry}", true),
    ("type=reports&report=transactions_all", false),
    ("type=reports&report=transactions_redeemed", false),
    ("type=reports&report=customers_all", false),
    ("type=reports&report=customers_new", false),
    ("type=reports&report=customers_balances&campaign_id={campaign}", false),
    ("type=account_info", false),
    ("type=users_list", false),
    ("type=user_new&user_name=nina&user_new_password=key-of-nina&user_role=manager&allowed_campaigns=none", true),
    ("type=user_update&user_name=john&user_role=manager", true),
    ("type=user_delete&user_name=john", true),
];

/// `/v1/coupons`.
fn coupons() -> Vec<Row> {
    let (one, codes) = ("/v1/coupons/{id}", "/v1/coupons/{id}/codes");
    vec![
        rest("GET", "/v1/coupons", "coupons:read", ""),
        rest("POST", "/v1/coupons", "coupons:write", r#"{"type":"percent","value":10}"#),
        about("GET", one, "/v1/coupons/coup-1", "coupons:read", ""),
        about("PATCH", one, "/v1/coupons/coup-1", "coupons:write", r#"{"value":11}"#),
        about("GET", codes, "/v1/coupons/pool-1/codes", "coupons:read", ""),
        about("POST", codes, "/v1/coupons/pool-1/codes", "coupons:write", r#"{"codes":["NEW-1"]}"#),
    ]
}

fn native() -> Vec<Row> {
    const REPORT: &str = r#"{"type":"bounce","email":"marked@example.com"}"#;
    let wrong = (404, "");
    let bounces =
        keyed(("POST", "/v1/bounces/{secret}", "/v1/bounces/{key}"), "bounces:write", wrong, wrong, Foreign::ItsOwn);
    [vec![Row { body: REPORT, ..bounces }], webhooks(), nouns()].concat()
}

fn webhooks() -> Vec<Row> {
    const READ: &str = "webhooks:read";
    const WRITE: &str = "webhooks:write";
    let one = "/v1/webhooks/{id}";
    vec![
        rest("GET", "/v1/webhooks", READ, ""),
        rest("POST", "/v1/webhooks", WRITE, r#"{"url":"https://new.example/"}"#),
        about("GET", one, "/v1/webhooks/{webhook}", READ, ""),
        about("PATCH", one, "/v1/webhooks/{webhook}", WRITE, r#"{"active":false}"#),
        about("DELETE", one, "/v1/webhooks/{webhook}", WRITE, ""),
        about("GET", "/v1/webhooks/{id}/deliveries", "/v1/webhooks/{webhook}/deliveries", READ, ""),
        about("POST", "/v1/webhooks/{id}/replay", "/v1/webhooks/{webhook}/replay", WRITE, ""),
        about(
            "POST",
            "/v1/webhooks/{id}/deliveries/{delivery}/replay",
            "/v1/webhooks/{webhook}/deliveries/{delivery}/replay",
            WRITE,
            "",
        ),
    ]
}

fn nouns() -> Vec<Row> {
    const STEP: &str = r#"{"delay_secs":60}"#;
    const STEPS: &str = r#"{"steps":[{"delay_secs":60}]}"#;
    const BOUGHT: &str = r#"{"email":"new@example.com","total":5}"#;
    let sequence = "/v1/sequences/{id}";
    let step = "/v1/sequences/{id}/steps/{step}";
    let own = |method, path, target, scope, body| Row { target, ..rest(method, path, scope, body) };
    vec![
        rest("GET", "/v1/customers", "customers:read", ""),
        rest("POST", "/v1/customers", "customers:write", r#"{"email":"new@example.com"}"#),
        about("GET", "/v1/customers/{id}", "/v1/customers/c-of-shop", "customers:read", ""),
        about("PATCH", "/v1/customers/{id}", "/v1/customers/c-of-shop", "customers:write", r#"{"phone":"1"}"#),
        about("DELETE", "/v1/customers/{id}", "/v1/customers/c-of-shop", "customers:write", ""),
        rest("GET", "/v1/purchases", "purchases:read", ""),
        rest("POST", "/v1/purchases", "purchases:write", BOUGHT),
        about("GET", "/v1/purchases/{id}", "/v1/purchases/{purchase}", "purchases:read", ""),
        about("POST", "/v1/purchases/{id}/refunds", "/v1/purchases/{purchase}/refunds", "purchases:write", ""),
        rest("GET", "/v1/messages", "messages:read", ""),
        about("GET", "/v1/messages/{id}", "/v1/messages/{message}", "messages:read", ""),
        rest("GET", "/v1/subscribers", "subscribers:read", ""),
        rest("POST", "/v1/subscribers", "subscribers:write", r#"{"email":"new@example.com"}"#),
        about("GET", "/v1/subscribers/{id}", "/v1/subscribers/{subscriber}", "subscribers:read", ""),
        about(
            "POST",
            "/v1/subscribers/{id}/unsubscribe",
            "/v1/subscribers/{subscriber}/unsubscribe",
            "subscribers:write",
            "{}",
        ),
        rest("GET", "/v1/suppressions", "suppressions:read", ""),
        rest("POST", "/v1/suppressions", "suppressions:write", r#"{"email":"new@example.com"}"#),
        about("GET", "/v1/suppressions/{id}", "/v1/suppressions/{suppression}", "suppressions:read", ""),
        about("DELETE", "/v1/suppressions/{id}", "/v1/suppressions/{suppression}", "suppressions:write", ""),
        rest("GET", "/v1/sequences", "sequences:read", ""),
        own("GET", sequence, "/v1/sequences/default", "sequences:read", ""),
        own("PUT", sequence, "/v1/sequences/default", "sequences:write", STEPS),
        own("DELETE", sequence, "/v1/sequences/default", "sequences:write", ""),
        own("PATCH", step, "/v1/sequences/default/steps/2", "sequences:write", STEP),
        own("DELETE", step, "/v1/sequences/default/steps/2", "sequences:write", ""),
        rest("GET", "/v1/stats", "stats:read", ""),
    ]
}

/// `/v1/loyalty`.
fn ledger() -> Vec<Row> {
    const EARN: &str = r#"{"cause":"earn","campaign_id":"{campaign}","member_id":"{member}","amount":1}"#;
    let (read, write) = ("loyalty:read", "loyalty:write");
    let (campaign, member) = ("/v1/loyalty/campaigns/{id}", "/v1/loyalty/members/{id}");
    let entries = "/v1/loyalty/entries";
    vec![
        rest("GET", "/v1/loyalty/campaigns", read, ""),
        rest("POST", "/v1/loyalty/campaigns", write, r#"{"name":"New","kind":"events"}"#),
        about("GET", campaign, "/v1/loyalty/campaigns/{campaign}", read, ""),
        about("PATCH", campaign, "/v1/loyalty/campaigns/{campaign}", write, r#"{"name":"Other"}"#),
        rest("GET", "/v1/loyalty/members", read, ""),
        rest("POST", "/v1/loyalty/members", write, r#"{"first_name":"New"}"#),
        about("GET", member, "/v1/loyalty/members/{member}", read, ""),
        about("PATCH", member, "/v1/loyalty/members/{member}", write, r#"{"first_name":"Other"}"#),
        rest("GET", entries, read, ""),
        about("POST", entries, entries, write, EARN),
        about("GET", "/v1/loyalty/entries/{id}", "/v1/loyalty/entries/{entry}", read, ""),
    ]
}

/// A page behind a row of the first shop, which another shop has not.
fn cursors() -> Vec<Row> {
    let behind = |path: &'static str, target: &'static str, scope| Row {
        target,
        foreign: Foreign::Refused(400, "\"param\":\"after\""),
        ..rest("GET", path, scope, "")
    };
    vec![
        behind("/v1/carts", "/v1/carts?after={cart}", "carts:read"),
        behind("/v1/customers", "/v1/customers?after=c-of-shop", "customers:read"),
        behind("/v1/purchases", "/v1/purchases?after={purchase}", "purchases:read"),
        behind("/v1/messages", "/v1/messages?after={message}", "messages:read"),
        behind("/v1/suppressions", "/v1/suppressions?after={suppression}", "suppressions:read"),
        behind("/v1/subscribers", "/v1/subscribers?after={subscriber}", "subscribers:read"),
        behind("/v1/coupons", "/v1/coupons?after=coup-1", "coupons:read"),
        behind("/v1/webhooks", "/v1/webhooks?after={webhook}", "webhooks:read"),
        behind("/v1/loyalty/campaigns", "/v1/loyalty/campaigns?after={campaign}", "loyalty:read"),
        behind("/v1/loyalty/members", "/v1/loyalty/members?after={member}", "loyalty:read"),
        behind("/v1/loyalty/entries", "/v1/loyalty/entries?after={entry}", "loyalty:read"),
    ]
}

/// Lists of what belongs to rows of the first shop: in another shop nothing does.
fn filters() -> Vec<Row> {
    let of = |path: &'static str, target: &'static str, scope| Row { target, ..rest("GET", path, scope, "") };
    let entries = |target| Row { foreign: NOT_FOUND, ..of("/v1/loyalty/entries", target, "loyalty:read") };
    vec![
        of("/v1/messages", "/v1/messages?cart_id={cart}", "messages:read"),
        of("/v1/messages", "/v1/messages?email=marked-buyer@example.com", "messages:read"),
        of("/v1/purchases", "/v1/purchases?cart_id={cart}", "purchases:read"),
        of("/v1/purchases", "/v1/purchases?email=marked-buyer@example.com", "purchases:read"),
        of("/v1/customers", "/v1/customers?code=47110815", "customers:read"),
        of("/v1/suppressions", "/v1/suppressions?email=marked@example.com", "suppressions:read"),
        of("/v1/loyalty/members", "/v1/loyalty/members?email=marked@example.com", "loyalty:read"),
        entries("/v1/loyalty/entries?campaign_id={campaign}"),
        entries("/v1/loyalty/entries?member_id={member}"),
    ]
}
