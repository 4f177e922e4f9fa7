//! What is asked for over HTTP: the routes that are measured, and the bare ones that they are held against.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::load::{Request, get, ok, post};
use crate::shop::{self, ACCOUNT, KEY, ORIGIN, SITE, USER};

/// The bare route that a route is held against.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Floor {
    Fixed,
    Page,
    Confirm,
    Insert,
}

impl Floor {
    pub fn name(self) -> &'static str {
        match self {
            Floor::Fixed => "bare: fixed reply",
            Floor::Page => "bare: 20 rows",
            Floor::Confirm => "bare: confirmation",
            Floor::Insert => "bare: insert",
        }
    }

    pub fn writes(self) -> bool {
        self >= Floor::Confirm
    }
}

/// Whether an answer is as it should be.
pub type Good = fn(&[u8]) -> bool;

pub struct Route {
    pub name: &'static str,
    pub floor: Floor,
    /// The share of the bare route that is asked for; 0: it is only shown.
    pub goal: f64,
    /// Whether it may cost at most 1.5 times as much over the large shop.
    pub flat: bool,
    /// Whether the small shop has what is asked for.
    pub small: bool,
    pub request: Request,
    pub good: Good,
}

/// All routes, in the order of the table. `deep` is the id of the cart before the last page.
pub fn all(addresses: &Arc<Vec<String>>, deep: &str) -> Vec<Route> {
    let page = |name, query: &str, flat| Route {
        name,
        floor: Floor::Page,
        goal: 0.6,
        flat,
        small: !query.contains("after="),
        request: list(query),
        good: ok,
    };
    let read = |name, goal, target: String| Route {
        name,
        floor: Floor::Page,
        goal,
        flat: true,
        small: true,
        request: Arc::new(move |_, out: &mut Vec<u8>| get(out, &target, "")),
        good: ok,
    };
    let health = Arc::new(|_, out: &mut Vec<u8>| get(out, "/healthz", ""));
    let sections = format!(
        "/api.php?type=dashboard&API=1.6&account_id={ACCOUNT}&user_id={USER}&user_api_key={KEY}&most_active=10&customer_count=Y\
         &total_customers_this_month=Y&total_transactions_this_month=Y&active_campaigns_count=Y&campaigns_per_day_activity=30\
         &last_X_transactions=10&last_X_customers=10"
    );
    let recent = shop::clock()().plus(-7 * 86_400).rfc3339();
    vec![
        Route {
            name: "GET /healthz",
            floor: Floor::Fixed,
            goal: 0.0,
            flat: true,
            small: true,
            request: health,
            good: ok,
        },
        page("GET /v1/carts", "", true),
        page("GET /v1/carts?status", "?status=abandoned", true),
        page("GET /v1/carts?channel", "?channel=mobile", true),
        page("GET /v1/carts?has_email", "?has_email=false", true),
        page("GET /v1/carts?status&channel&has_email", "?status=converted&channel=web&has_email=true", true),
        page("GET /v1/carts?sort_by=total", "?sort_by=total&order=desc", true),
        page("GET /v1/carts?after (page 50 000)", &format!("?after={deep}"), true),
        page("GET /v1/carts?customer_id", "?customer_id=customer-3", false),
        page("GET /v1/carts?created_after (7 days)", &format!("?created_after={recent}"), false),
        page("GET /v1/carts?min_total", "?min_total=20900", false),
        read(
            "CartStack dashboard, 30 days",
            0.6,
            format!("/secure/cartstack_api_dashboardstats.php?siteid={SITE}&apikey={KEY}&days=30"),
        ),
        read("Retargeting shopping-carts, 30 days", 0.6, format!("/v1/partners-api/shopping-carts?rest_key={KEY}")),
        read("Sticky Street dashboard, XML", 0.1, sections.clone()),
        read("Sticky Street dashboard, JSON", 0.1, format!("{sections}&output=JSON")),
        Route {
            name: "GET /ss/v1/ (confirmation)",
            floor: Floor::Confirm,
            goal: 0.7,
            flat: true,
            small: true,
            request: confirmation(addresses),
            good: |answer| ok(answer) && answer.ends_with(b"{\"resp\":100,\"err_txt\":\"\"}"),
        },
        Route {
            name: "POST /capture",
            floor: Floor::Insert,
            goal: 0.6,
            flat: true,
            small: true,
            request: capture(),
            good: |answer| answer.starts_with(b"HTTP/1.1 204"),
        },
    ]
}

/// The bare routes.
pub fn floors(addresses: &Arc<Vec<String>>) -> BTreeMap<Floor, Request> {
    BTreeMap::from([
        (Floor::Fixed, Arc::new(|_, out: &mut Vec<u8>| get(out, "/fixed", "")) as Request),
        (Floor::Page, Arc::new(|_, out: &mut Vec<u8>| get(out, "/page", "")) as Request),
        (Floor::Confirm, bare_confirmation(addresses)),
        (
            Floor::Insert,
            Arc::new(|number, out: &mut Vec<u8>| post(out, "/insert", "", &format!("bench{number}@example.com")))
                as Request,
        ),
    ])
}

/// A page of carts.
pub fn list(query: &str) -> Request {
    let (target, bearer) = (format!("/v1/carts{query}"), format!("Authorization: Bearer {KEY}\r\n"));
    Arc::new(move |_, out: &mut Vec<u8>| get(out, &target, &bearer))
}

/// A purchase of each address in turn.
pub fn confirmation(addresses: &Arc<Vec<String>>) -> Request {
    of_each(addresses, |address| format!("/ss/v1/?key={KEY}&siteid={SITE}&email={address}"))
}

/// The same of the bare route.
pub fn bare_confirmation(addresses: &Arc<Vec<String>>) -> Request {
    of_each(addresses, |address| format!("/confirm?{}", address.to_lowercase()))
}

/// Asks for the target of each address: each once, then from the beginning. It has its own numbers, so that each is of another address
/// however often others counted.
fn of_each(addresses: &Arc<Vec<String>>, target: fn(&str) -> String) -> Request {
    let (addresses, own) = (addresses.clone(), AtomicU64::new(0));
    Arc::new(move |_, out: &mut Vec<u8>| {
        let at = own.fetch_add(1, Ordering::Relaxed) % addresses.len() as u64;
        get(out, &target(&addresses[at as usize]), "");
    })
}

/// A new visitor's cart of one line.
pub fn capture() -> Request {
    let headers = format!(
        "Origin: {ORIGIN}\r\nContent-Type: text/plain\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0\r\n"
    );
    Arc::new(move |number, out: &mut Vec<u8>| {
        let body = format!(
            r#"{{"site":"{SITE}","visitor":"visitor-of-the-bench-{number}","command":"tracking","human":true,"email":"bench{number}@example.com","items":[{{"id":"product-1","name":"A thing of some length","quantity":1,"price":"19.99"}}],"total":"19.99"}}"#
        );
        post(out, "/capture", &headers, &body);
    })
}
