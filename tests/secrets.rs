//! Every route is called with secrets and an address in every place where one can stand, and then everything that was written
//! is searched for them: each line of the log down to the most talkative, and the metrics.

#[path = "support/source.rs"]
mod source;
mod support;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;

use log::kv::{Error, Key, Value, VisitSource};
use log::{LevelFilter, Metadata, Record};
use source::{Token, tokens};
use support::{SITE, World};

/// A part of every secret.
const MARK: &str = "s3cr3tmark";

/// A key that is in force, and one that is nobody's.
const GOOD_KEY: &str = "good-s3cr3tmark-key";
const BAD_KEY: &str = "bad-s3cr3tmark-key";
const ADDRESS: &str = "s3cr3tmark.person@example.com";

/// Routes that stand for their dialects: without these the list was not found.
const KNOWN: &[&str] = &[
    "/ss/v1/",
    "/secure/cartstack_api_dashboardstats.php",
    "/v1/carts/{id}",
    "/v1/partners-api/shopping-carts",
    "/api.php",
    "/capture",
    "/u/{token}",
    "/v1/bounces/{secret}",
    "/readyz",
    "/dashboard",
];

/// Everything that is logged, with the values that came with it.
struct Everything(Mutex<String>);

static WRITTEN: Everything = Everything(Mutex::new(String::new()));

impl log::Log for Everything {
    fn enabled(&self, _: &Metadata) -> bool {
        true
    }

    fn log(&self, record: &Record) {
        let mut line = format!("{} {} {}", record.level(), record.target(), record.args());
        drop(record.key_values().visit(&mut Values(&mut line)));
        let mut all = self.0.lock().expect("the log");
        all.push_str(&line);
        all.push('\n');
    }

    fn flush(&self) {}
}

struct Values<'a>(&'a mut String);

impl<'kvs> VisitSource<'kvs> for Values<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        self.0.push_str(&format!(" {key}={value}"));
        Ok(())
    }
}

/// Every text of the doors that can be a route: it begins with a slash and has no blank. Some are no routes; calling what
/// is not there does no harm.
fn routes() -> BTreeSet<String> {
    let folders = [("src/dialects", ""), ("src/dashboard", "/dashboard"), ("src/server", "")];
    let mut routes = BTreeSet::new();
    for (folder, scope) in folders {
        for (_, text) in source::files(folder, "rs") {
            for token in source::without_tests(&tokens(&text)) {
                match token {
                    Token::Text(text)
                        if text.starts_with('/')
                            && !text.contains([' ', '\\', '"', '?', '(', '#'])
                            && !text.contains("{}")
                            && text != "/**/" =>
                    {
                        // The dashboard's routes are written without the scope that they stand in.
                        let scoped = text.starts_with(scope);
                        routes.insert(if scoped { text } else { format!("{scope}{text}") });
                    }
                    _ => {}
                }
            }
        }
    }
    routes
}

/// A route's path with something in the place of each parameter: an id, and else a secret.
fn filled(route: &str) -> String {
    let mut path = String::new();
    let mut rest = route;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').expect("a parameter's end");
        path.push_str(before);
        path.push_str(match name.split_once(':') {
            Some((_, words)) => words.split('|').next().expect("a word"),
            // What `http/observe.rs` shows: ids, and words of which there are few.
            None if name.ends_with("id") || ["hash", "noun"].contains(&name) => "x1",
            None if ["position", "step"].contains(&name) => "1",
            None => "s3cr3tmark-in-the-path",
        });
        rest = behind;
    }
    path + rest
}

const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"];

fn call_everything(world: &World, key: &str) -> usize {
    let mut calls = 0;
    let query = format!(
        "siteid={SITE}&key={key}&apikey={key}&api_key={key}&rest_key={key}&user_api_key={key}&user_id=john\
         &account_id=acct_shop&API=1.5&type=dashboard&customer_count=Y&email={ADDRESS}&mail={ADDRESS}&total=5\
         &token={MARK}&key_token={MARK}&q={ADDRESS}&password={MARK}&callback={MARK}&output=JSONP&uid={MARK}"
    );
    let json = format!(
        r#"{{"email":"{ADDRESS}","password":"{MARK}","token":"{MARK}","customer":{{"email":"{ADDRESS}"}},"order_id":"o1","total":500,
            "items":[{{"product_id":"p","quantity":1,"unit_price":500}}]}}"#
    );
    let bearer = format!("Bearer {key}");
    let cookie = format!("cartwright_session={MARK}; id={MARK}; session={MARK}");
    for route in routes() {
        let path = filled(&route);
        for method in METHODS {
            for (content_type, body) in
                [("application/json", json.as_str()), ("application/x-www-form-urlencoded", &query)]
            {
                let headers = [
                    ("Authorization", bearer.as_str()),
                    ("api_access_key", key),
                    ("X-Api-Key", key),
                    ("Cookie", &cookie),
                    ("Idempotency-Key", MARK),
                    ("User-Agent", "Mozilla/5.0 (s3cr3tmark)"),
                    ("Referer", "https://shop.example/?token=s3cr3tmark"),
                    ("Content-Type", content_type),
                ];
                let reply = world.call(method, &format!("{path}?{query}"), &headers, body.as_bytes());
                assert!(reply.status < 600, "{reply:?}");
                calls += 1;
            }
        }
    }
    calls
}

fn scrape(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).expect("the server of metrics");
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

/// The links of the letters that were captured, each as its path.
fn links(world: &World) -> Vec<String> {
    let path = world.app.store.path().to_owned();
    let conn = rusqlite::Connection::open(path).expect("the database");
    let mut statement =
        conn.prepare("select coalesce(html, '') || coalesce(text, '') from message_bodies").expect("bodies");
    let bodies: Vec<String> =
        statement.query_map([], |row| row.get(0)).expect("rows").map(|row| row.expect("a text")).collect();
    let mut found = BTreeSet::new();
    for body in bodies {
        for door in ["/u/", "/r/", "/c/", "/o/"] {
            for (at, _) in body.match_indices(door) {
                let path: String =
                    body[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "/_-.~".contains(*c)).collect();
                found.insert(path);
            }
        }
    }
    found.into_iter().collect()
}

#[test]
fn no_secret_and_no_address_is_in_any_log_or_metric() {
    log::set_logger(&WRITTEN).expect("the only logger");
    log::set_max_level(LevelFilter::Trace);
    // Every write is slow by this, so every write is told.
    let world =
        World::with_environment(&[("CARTWRIGHT_METRICS_LISTEN", "127.0.0.1:0"), ("CARTWRIGHT_SLOW_WRITE_MS", "1")]);
    let site = world.add_shop();
    world.add_key(&site, GOOD_KEY, "all");
    world.add_user(
        &site,
        "jane",
        cartwright::domain::users::Role::Owner,
        cartwright::domain::users::Campaigns::All,
        GOOD_KEY,
    );
    world.set(SITE, "origins", "https://shop.example");
    let metrics = cartwright::server::metrics::start(&world.app).expect("a server").expect("it is configured");

    let routes = routes();
    for known in KNOWN {
        assert!(routes.contains(*known), "{known} was not found among {routes:?}");
    }
    let cart =
        serde_json::json!({ "email": ADDRESS, "items": [{ "product_id": "p", "quantity": 1, "unit_price": 500 }] });
    assert_eq!(world.rest("POST", "/v1/carts", &cart).status, 201);
    world.advance("5d");
    let links = links(&world);
    assert!(links.len() >= 2, "no links were found: {links:?}");
    for link in &links {
        world.get(link);
        world.call(
            "POST",
            link,
            &[("Content-Type", "application/x-www-form-urlencoded")],
            b"List-Unsubscribe=One-Click",
        );
        world.get(&format!("{link}/typo"));
    }
    let calls = call_everything(&world, GOOD_KEY) + call_everything(&world, BAD_KEY);
    world.advance("30d");
    let shown = scrape(metrics.address);
    drop(metrics);

    let written = WRITTEN.0.lock().expect("the log").clone();
    assert!(written.matches(" access ").count() >= calls, "not every call is in the log");
    assert!(written.contains("a slow write: ") && written.contains("TRACE"), "the log is not all there is");
    assert!(shown.contains(r#"route="/v1/carts/{id}""#) && shown.contains("cartwright_commit_seconds"), "{shown}");
    assert!(!shown.contains("x1") && !shown.contains("BREW"), "{shown}");
    let lines =
        written.lines().map(|line| format!("log: {line}")).chain(shown.lines().map(|line| format!("metrics: {line}")));
    let tokens: Vec<&str> = links.iter().filter_map(|link| link.split('/').nth(2)).collect();
    let telling: Vec<String> = lines
        .filter(|line| line.to_lowercase().contains(MARK) || tokens.iter().any(|token| line.contains(token)))
        .take(5)
        .collect();
    assert!(telling.is_empty(), "{}", telling.join("\n"));
}
